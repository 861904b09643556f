"""Trains the shipped classifier and measures it on authors that it has not seen; deterministic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from classifiers.budget import LABELS, Budget, Calibration, Probabilities, calibration, limits
from classifiers.corpus_files import Labelled, corpus_digest, questions_of
from classifiers.evaluation import measures, truth
from classifiers.features import FACT_SCALE, fact_names, text_of
from classifiers.linear import LinearClassifier, calibrated, decide
from classifiers.terms import PIECE, WORD, Pieces, Words
from classifiers.weights import Weights, matrix
from triage.core.classification import Question
from triage.core.labels import UNSURE, Label, Unsure

STRENGTH = 100.0  # C of the regression; chosen on authors held back, flat between 30 and 300

Progress = Callable[[str], None]
Labels = NDArray[np.int_]  # places in LABELS
# Questions and labels to train on, questions to answer: scores, one column a label.
Candidate = Callable[[Sequence[Question], Labels, Sequence[Question]], Probabilities]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A classifier and what is known of it."""

    classifier: LinearClassifier
    card: dict[str, Any]


def train(records: Sequence[Labelled], *, progress: Progress = lambda _: None) -> Trained:
    """Train on all records; calibrate and measure on each author in turn, held back from a model of the others."""
    progress(f"reading {len(records)} messages and their facts")
    questions = questions_of(records)
    labels = truth(records)
    authors = np.array([record.author for record in records])
    scores = held_back_scores(questions, labels, authors, progress)
    probabilities, decisions = as_if_unseen(scores, labels, authors)
    calibrated_on = _calibration(scores, labels)
    progress("training on all authors")
    weights = fit(questions, labels)
    digest = corpus_digest(records)
    made_with = f"{digest}{FACT_SCALE}{STRENGTH}{fact_names()}{calibrated_on}"
    classifier = LinearClassifier(
        version=f"linear-{sha256(made_with.encode()).hexdigest()[:8]}",
        weights=weights,
        calibrated_on=calibrated_on,
        limits=limits(calibrated_on, Budget()),
    )
    card = {
        "made_from": {"messages": len(records), "authors": sorted(set(authors)), "digest": digest},
        "how_measured": "each author held back in turn, and temperature and limits set on the others",
        "held_back": measures(records, probabilities, decisions),
    }
    return Trained(classifier=classifier, card=card)


def fit(questions: Sequence[Question], labels: Labels) -> Weights:
    """Find the terms, and fit the regression."""
    texts = [text_of(question) for question in questions]
    by_words, by_pieces = vectorizers()
    by_words.fit(texts)
    by_pieces.fit(texts)
    words = Words(by_words.get_feature_names_out().tolist(), by_words.idf_)
    pieces = Pieces(by_pieces.get_feature_names_out().tolist(), by_pieces.idf_)
    seen = matrix(words, pieces, questions)
    rows = csr_matrix(
        (seen.values, (seen.rows, seen.columns)), (len(questions), len(words) + len(pieces) + len(fact_names()))
    )
    regression = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000).fit(rows, labels)
    return Weights(words=words, pieces=pieces, coefficients=regression.coef_, intercepts=regression.intercept_)


def vectorizers() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    """Make scikit-learn's finders of the terms that `terms` weighs: words and pairs of words, and pieces of words."""
    words = TfidfVectorizer(
        lowercase=False, token_pattern=WORD, ngram_range=(1, 2), min_df=2, sublinear_tf=True, dtype=np.float32
    )
    pieces = TfidfVectorizer(
        lowercase=False, analyzer="char_wb", ngram_range=(PIECE, PIECE), min_df=3, sublinear_tf=True, dtype=np.float32
    )
    return words, pieces


def answers_of(known: Sequence[Question], labels: Labels, asked: Sequence[Question]) -> Probabilities:
    """Train as the shipped model is, and give the scores of other messages."""
    return fit(known, labels).scores(asked)


def held_back_scores(
    questions: Sequence[Question],
    labels: Labels,
    authors: NDArray[np.str_],
    progress: Progress = lambda _: None,
    *,
    candidate: Candidate = answers_of,
) -> Probabilities:
    """Give each message's scores (one column a label) by a model that has seen nothing by its author."""
    scores = np.zeros((len(questions), len(LABELS)))
    for author in sorted(set(authors)):
        progress(f"holding back {author}")
        held, rest = np.flatnonzero(authors == author).tolist(), np.flatnonzero(authors != author).tolist()
        scores[held] = candidate([questions[n] for n in rest], labels[rest], [questions[n] for n in held])
    return scores


def _calibration(scores: Probabilities, labels: Labels) -> Calibration:
    """Set the temperature by likelihood, and note what would go wrong at it."""
    fitted = minimize_scalar(
        lambda t: log_loss(labels, calibrated(scores, t), labels=range(len(LABELS))),
        bounds=(0.2, 5),
        method="bounded",
    )
    return calibration(calibrated(scores, float(fitted.x)), labels, float(fitted.x))


def as_if_unseen(
    scores: Probabilities, labels: Labels, authors: NDArray[np.str_]
) -> tuple[Probabilities, list[Label | Unsure]]:
    """Give probabilities and decisions for each author with temperature and limits that the others alone have set."""
    probabilities = np.zeros_like(scores)
    decisions: list[Label | Unsure] = [UNSURE] * len(labels)
    for author in sorted(set(authors)):
        held, rest = np.flatnonzero(authors == author), np.flatnonzero(authors != author)
        set_by_others = limits(_calibration(scores[rest], labels[rest]), Budget())
        probabilities[held] = calibrated(scores[held], set_by_others.temperature)
        for number in held:
            row = dict(zip(LABELS, map(float, probabilities[number]), strict=True))
            decisions[number] = decide(row, set_by_others)[0]
    return probabilities, decisions
