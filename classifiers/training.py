"""Trains the shipped classifier and measures it on authors that it has not seen; deterministic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from classifiers.budget import LABELS, Budget, Calibration, Probabilities, calibration, limits
from classifiers.corpus_files import Labelled, corpus_digest, questions_of
from classifiers.evaluation import measures, truth
from classifiers.features import FACT_SCALE, fact_names, matrix, text_of, vectorizers
from classifiers.linear import LinearClassifier, calibrated, decide
from triage.core.classification import Question
from triage.core.labels import UNSURE, Label, Unsure

STRENGTH = 100.0  # C of the regression; chosen on authors held back, flat between 30 and 300

Progress = Callable[[str], None]
Labels = NDArray[np.int_]  # places in LABELS
# Questions and labels to train on, questions to answer: scores, one column a label.
Candidate = Callable[[Sequence[Question], Labels, Sequence[Question]], Probabilities]
Fitted = tuple[TfidfVectorizer, TfidfVectorizer, LogisticRegression]  # words, pieces, weights


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
    words, pieces, weights = fit(questions, labels)
    digest = corpus_digest(records)
    made_with = f"{digest}{FACT_SCALE}{STRENGTH}{fact_names()}{calibrated_on}"
    classifier = LinearClassifier(
        version=f"linear-{sha256(made_with.encode()).hexdigest()[:8]}",
        words=words,
        pieces=pieces,
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


def fit(questions: Sequence[Question], labels: Labels) -> Fitted:
    """Fit the two vectorizers and the regression."""
    words, pieces = vectorizers()
    texts = [text_of(question) for question in questions]
    words.fit(texts)
    pieces.fit(texts)
    weights = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
    weights.fit(matrix(words, pieces, questions), labels)
    return words, pieces, weights


def scores_of(fitted: Fitted, questions: Sequence[Question]) -> Probabilities:
    """Give log-odds that are not calibrated yet, one row a message, one column a label."""
    words, pieces, weights = fitted
    scores: Probabilities = weights.decision_function(matrix(words, pieces, questions))
    return scores


def answers_of(known: Sequence[Question], labels: Labels, asked: Sequence[Question]) -> Probabilities:
    """Train as the shipped model is, and give the scores of other messages."""
    return scores_of(fit(known, labels), asked)


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
