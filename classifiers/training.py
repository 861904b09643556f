"""Trains the shipped classifier and measures it on authors that it has not seen; deterministic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from classifiers.corpus_files import Labelled, corpus_digest, questions_of
from classifiers.features import FACT_SCALE, fact_names, matrix, text_of, vectorizers
from classifiers.linear import LABELS, Limits, LinearClassifier, Probabilities, calibrated, decide
from triage.core.classification import Question
from triage.core.labels import UNSURE, Label

# The error budget: of messages that need a person, so many may be decided web form; of urgent ones, so many may be
# decided anything else than urgent or unsure.
NEED_A_PERSON_AS_WEBFORM = 0.01
URGENT_AS_OTHER = 0.02
BEST_AT_LEAST = 0.45
STRENGTH = 30.0  # C of the regression; chosen on authors held back, flat between 10 and 40

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A classifier and what is known of it."""

    classifier: LinearClassifier
    card: dict[str, Any]


def train(records: Sequence[Labelled], *, progress: Progress = lambda _: None) -> Trained:
    """Train on all records; calibrate and measure on each author in turn, held back from a model of the others."""
    progress(f"reading {len(records)} messages and their facts")
    questions = questions_of(records)
    labels = np.array([LABELS.index(record.label) for record in records])
    scores = _held_back_scores(records, questions, labels, progress)
    limits = _limits(scores, labels)
    progress("training on all authors")
    words, pieces, weights = _fit(questions, labels)
    digest = corpus_digest(records)
    made_with = f"{digest}{FACT_SCALE}{STRENGTH}{fact_names()}"
    classifier = LinearClassifier(
        version=f"linear-{sha256(made_with.encode()).hexdigest()[:8]}",
        words=words,
        pieces=pieces,
        weights=weights,
        limits=limits,
    )
    card = {
        "made_from": {"messages": len(records), "authors": sorted({r.author for r in records}), "digest": digest},
        "held_back": _measures(records, labels, scores, limits),
    }
    return Trained(classifier=classifier, card=card)


def _fit(questions: Sequence[Question], labels: NDArray[np.int_]) -> tuple[Any, Any, LogisticRegression]:
    words, pieces = vectorizers()
    texts = [text_of(question) for question in questions]
    words.fit(texts)
    pieces.fit(texts)
    weights = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
    weights.fit(matrix(words, pieces, questions), labels)
    return words, pieces, weights


def _held_back_scores(
    records: Sequence[Labelled], questions: Sequence[Question], labels: NDArray[np.int_], progress: Progress
) -> Probabilities:
    """Each message's scores by a model that has seen nothing by its author."""
    authors = np.array([record.author for record in records])
    scores = np.zeros((len(records), len(LABELS)))
    for author in sorted(set(authors)):
        progress(f"holding back {author}")
        held = np.flatnonzero(authors == author)
        rest = np.flatnonzero(authors != author)
        words, pieces, weights = _fit([questions[int(n)] for n in rest], labels[rest])
        scores[held] = weights.decision_function(matrix(words, pieces, [questions[int(n)] for n in held]))
    return scores


def _limits(scores: Probabilities, labels: NDArray[np.int_]) -> Limits:
    """Set the temperature by likelihood, then the loosest limits that keep to the error budget."""
    fitted = minimize_scalar(
        lambda t: log_loss(labels, calibrated(scores, t), labels=range(len(LABELS))),
        bounds=(0.2, 5),
        method="bounded",
    )
    temperature = float(fitted.x)
    probabilities = calibrated(scores, temperature)
    best = probabilities.argmax(axis=1)
    urgent, webform = LABELS.index(Label.URGENT), LABELS.index(Label.WEBFORM)
    # What the two kinds of error would look like: truly one thing, and the best label another.
    lost = np.sort(1 - probabilities[(labels != webform) & (best == webform), webform])
    delayed = np.sort(probabilities[(labels == urgent) & (best != urgent), urgent])
    return Limits(
        temperature=round(temperature, 4),
        webform_at_most=_loosest(lost, int(NEED_A_PERSON_AS_WEBFORM * (labels != webform).sum()), at_most=0.5),
        urgent_at_most=_loosest(delayed, int(URGENT_AS_OTHER * (labels == urgent).sum()), at_most=0.4),
        best_at_least=BEST_AT_LEAST,
    )


def _loosest(doubts: NDArray[np.float64], allowed: int, *, at_most: float) -> float:
    """Give the largest doubt that may be decided against, so that no more than `allowed` errors pass."""
    if len(doubts) <= allowed:
        return at_most
    return round(min(float(doubts[allowed]) * 0.999, at_most), 5)


def _measures(
    records: Sequence[Labelled], labels: NDArray[np.int_], scores: Probabilities, limits: Limits
) -> dict[str, Any]:
    probabilities = calibrated(scores, limits.temperature)
    best = probabilities.argmax(axis=1)
    decided = [decide(dict(zip(LABELS, map(float, row), strict=True)), limits)[0] for row in probabilities]
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, best, labels=range(len(LABELS)), zero_division=0.0
    )
    urgent = [d for d, record in zip(decided, records, strict=True) if record.label is Label.URGENT]
    needy = [d for d, record in zip(decided, records, strict=True) if record.label is not Label.WEBFORM]
    by_author = {}
    for author in sorted({record.author for record in records}):
        own = [number for number, record in enumerate(records) if record.author == author]
        by_author[author] = round(float(f1_score(labels[own], best[own], average="macro", zero_division=0.0)), 3)
    return {
        "how": "each author held back in turn; nothing of theirs seen in training",
        "macro_f1": round(float(f1.mean()), 3),
        "by_label": {
            label.value: {"precision": round(float(p), 3), "recall": round(float(r), 3), "f1": round(float(f), 3)}
            for label, p, r, f in zip(LABELS, precision, recall, f1, strict=True)
        },
        "by_author": by_author,
        "unsure": round(decided.count(UNSURE) / len(decided), 3),
        "urgent_caught_or_unsure": round(sum(d in {Label.URGENT, UNSURE} for d in urgent) / max(len(urgent), 1), 3),
        "need_a_person_decided_webform": round(needy.count(Label.WEBFORM) / max(len(needy), 1), 4),
        "confusion": confusion_matrix(labels, best, labels=range(len(LABELS))).tolist(),
    }
