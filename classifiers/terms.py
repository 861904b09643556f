"""The terms of a text, and what each weighs (TF-IDF): words and pairs of words, and pieces of words.

The weights are those of scikit-learn's TfidfVectorizer, which finds the terms in training; to import it for this would
take a second of each start and 100 MB of memory.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

WORD = r"[a-z0-9']+"
PIECE = 4  # letters; as good on authors held back as 3 to 5, and a third of the time

_WORD = re.compile(WORD)
# Letters write the same words again and again: the pieces of so many are kept, and none of the longest ones, which
# nobody but an attacker sends.
_KEPT_WORDS, _LONGEST_KEPT = 20_000, 40


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sparse matrix with a row for each text: value by value, in the order of columns within each row."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: NDArray[np.float32]

    def beside(self, other: Self, width: int) -> "Matrix":
        """Put another matrix of the same rows behind this one, which has `width` columns."""
        return Matrix(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.columns, other.columns + width]),
            np.concatenate([self.values, other.values]),
        )


class Terms:
    """A vocabulary: terms in the order of their columns, and how rare each is."""

    def __init__(self, terms: Sequence[str], idf: NDArray[np.float32]) -> None:
        """Take what training found."""
        self.terms = tuple(terms)
        self.idf = idf
        self._column_of = {term: column for column, term in enumerate(terms)}

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.terms)

    def columns(self, text: str) -> list[int]:
        """Columns of the known terms of a folded text, each as often as the term stands there."""
        raise NotImplementedError

    def matrix(self, texts: Sequence[str]) -> Matrix:
        """Weigh the terms of each text: 1 + log of how often, times rarity, to rows of length 1."""
        found = [self.columns(text) for text in texts]
        row_of = np.repeat(np.arange(len(texts)), [len(columns) for columns in found])
        column_of = np.fromiter(chain.from_iterable(found), dtype=np.intp, count=len(row_of))
        cells, often = np.unique(row_of * len(self) + column_of, return_counts=True)
        rows, columns = np.divmod(cells, len(self))
        values: NDArray[Any] = (np.log(often.astype(np.float32)) + np.float32(1)) * self.idf[columns]
        lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=len(texts)))
        return Matrix(rows, columns, (values / lengths[rows]).astype(np.float32))


class Words(Terms):
    """Words and pairs of words."""

    def columns(self, text: str) -> list[int]:
        """See Terms."""
        words, get = _WORD.findall(text), self._column_of.get
        both = chain(map(get, words), [get(f"{one} {two}") for one, two in pairwise(words)])
        return [column for column in both if column is not None]


class Pieces(Terms):
    """Each four letters of a word, a blank at both its ends counted in; they forgive typing errors."""

    def __init__(self, terms: Sequence[str], idf: NDArray[np.float32]) -> None:
        """Take what training found."""
        super().__init__(terms, idf)
        self._kept = lru_cache(_KEPT_WORDS)(self._of_word)

    def columns(self, text: str) -> list[int]:
        """See Terms."""
        kept, made = self._kept, self._of_word
        each = (kept(word) if len(word) <= _LONGEST_KEPT else made(word) for word in text.split())
        return list(chain.from_iterable(each))

    def _of_word(self, word: str) -> tuple[int, ...]:
        padded, get = f" {word} ", self._column_of.get
        found = (get(padded[start : start + PIECE]) for start in range(max(len(padded) - PIECE, 0) + 1))
        return tuple(column for column in found if column is not None)
