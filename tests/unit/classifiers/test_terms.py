"""Terms and their weights: the same rows as scikit-learn's, which finds the terms but is not imported in service."""

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifiers import artifact
from classifiers.corpus_files import questions_of, read_corpus
from classifiers.features import text_of
from classifiers.terms import Pieces, Terms, Words
from classifiers.training import vectorizers
from classifiers.weights import Weights
from triage.settings import SHIPPED_MODEL

ODD = [
    "",
    " ",
    "a",
    "it's 'quoted' o''clock",
    "one\u2003two\x1cthree\x85four\nfive\t\tsix",
    "x" * 3000 + " visa " + "y" * 41,
    "日本語のメール visa ﷺ 👩\u200d🚒",
    "the the the The THE",
]


@pytest.fixture(scope="module")
def weights() -> Weights:
    """Those of the shipped model."""
    return artifact.load(SHIPPED_MODEL).weights


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """All of the corpus as the model sees it, and texts that no letter is."""
    return [*(text_of(question) for question in questions_of(read_corpus())), *ODD]


def dense(terms: Terms, texts: Sequence[str]) -> NDArray[np.float32]:
    """A matrix as it is."""
    found = terms.matrix(texts)
    result: NDArray[np.float32] = csr_matrix(
        (found.values, (found.rows, found.columns)), (len(texts), len(terms))
    ).toarray()
    return result


@pytest.mark.parametrize(("kind", "number"), [(Words, 0), (Pieces, 1)])
def test_terms_weigh_what_scikit_learn_says(kind: type[Terms], number: int, texts: list[str]) -> None:
    """Terms found in a half of the corpus; weights in all of it, and in texts that no letter is."""
    found = vectorizers()[number].fit(texts[::2])
    ours = kind(found.get_feature_names_out().tolist(), found.idf_)
    for start in range(0, len(texts), 200):
        some = texts[start : start + 200]
        np.testing.assert_allclose(dense(ours, some), found.transform(some).toarray(), rtol=1e-6)


def test_each_occurrence_of_a_known_term_is_told(weights: Weights) -> None:
    """In the order of scikit-learn's analyzer, unknown terms left out; evidence shares weights out by them."""
    for terms, finder in zip((weights.words, weights.pieces), vectorizers(), strict=True):
        for text in ["please look at the the visa", *ODD]:
            known = [term for term in finder.build_analyzer()(text) if term in terms.terms]
            assert [terms.terms[column] for column in terms.columns(text)] == known


def test_service_loads_no_machine_learning_library() -> None:
    """What reads mail starts in half a second, since it imports neither scikit-learn nor scipy."""
    asked = "import sys, classifiers.artifact, triage.reading; print(*{'sklearn', 'scipy', 'skops'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == ""
