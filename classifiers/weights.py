"""What training found: terms, and how far each term and fact moves a message towards each label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.budget import Probabilities
from classifiers.features import FACT_SCALE, fact_row, text_of
from classifiers.terms import Matrix, Pieces, Words
from triage.core.classification import Question


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """A logistic regression over words, pieces of words, and facts, side by side."""

    words: Words
    pieces: Pieces
    coefficients: NDArray[np.float32]  # one row a label, one column a term or fact
    intercepts: NDArray[np.float32]  # one a label

    def scores(self, questions: Sequence[Question]) -> Probabilities:
        """Give log-odds that are not calibrated yet, one row a message, one column a label."""
        seen, count = matrix(self.words, self.pieces, questions), len(questions)
        by_label = [
            np.bincount(seen.rows, weights=seen.values * weights[seen.columns], minlength=count) + intercept
            for weights, intercept in zip(self.coefficients, self.intercepts, strict=True)
        ]
        scores: Probabilities = np.column_stack(by_label)
        return scores


def matrix(words: Words, pieces: Pieces, questions: Sequence[Question]) -> Matrix:
    """One row a question: words, pieces, facts, side by side; the same in training and in service."""
    texts = [text_of(question) for question in questions]
    facts = np.array([fact_row(question.facts) for question in questions], dtype=np.float32) * np.float32(FACT_SCALE)
    rows, columns = np.nonzero(facts)
    named = Matrix(rows, columns, facts[rows, columns])
    return words.matrix(texts).beside(pieces.matrix(texts).beside(named, len(pieces)), len(words))
