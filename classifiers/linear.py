"""The shipped classifier: words, pieces of words and facts, weighed by logistic regression.

Linear, so that each decision can be taken apart into the words and facts that carried it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifiers.features import fact_names, matrix
from triage.core.classification import Classification, Evidence, Question
from triage.core.labels import UNSURE, Label, Unsure
from triage.core.language import fold

LABELS = tuple(Label)
SHORT = 30  # words, greeting and closing included
_ATTACHED = re.compile(
    r"\b(?:attach\w*|enclos\w*|ci-?jointe?s?|pieces? jointes?|en annexe|see (?:the |our |my )?letter)\b"
)
Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where the model stops being sure; set in training so that the promised errors hold on authors held back."""

    temperature: float  # divides the log-odds (Guo et al. 2017, On Calibration of Modern Neural Networks)
    webform_at_most: float  # of "not web form", for a message to be decided web form
    urgent_at_most: float  # of "urgent", for a message to be decided anything but urgent
    best_at_least: float  # of the best label, for any decision


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearClassifier:
    """A trained model, ready to answer; shared by all threads, never changed."""

    version: str
    words: TfidfVectorizer
    pieces: TfidfVectorizer
    weights: LogisticRegression
    limits: Limits

    def classify(self, questions: Sequence[Question]) -> list[Classification]:
        """Answer each question; deterministic."""
        if not questions:
            return []
        rows = matrix(self.words, self.pieces, questions)
        probabilities = calibrated(self.weights.decision_function(rows), self.limits.temperature)
        names = self._names()
        return [
            self._answer(question, rows[number], probabilities[number], names)
            for number, question in enumerate(questions)
        ]

    def _answer(
        self, question: Question, row: csr_matrix, probabilities: Probabilities, names: NDArray[np.object_]
    ) -> Classification:
        by_label = {label: float(p) for label, p in zip(LABELS, probabilities, strict=True)}
        label = max(by_label, key=lambda one: by_label[one])
        decision, why = decide(by_label, self.limits)
        if not (question.newest.strip() or question.forwarded.strip()):
            decision, why = UNSURE, "the sender wrote no new text"
        elif decision is Label.WEBFORM and _points_elsewhere(question):
            decision, why = UNSURE, "what is asked seems to stand in an attachment, which was not read"
        return Classification(
            label=label,
            decision=decision,
            probabilities=by_label,
            evidence=self._evidence(row, label, names),
            why_unsure=why,
            model=self.version,
        )

    def _evidence(self, row: csr_matrix, label: Label, names: NDArray[np.object_]) -> tuple[Evidence, ...]:
        """The words and facts that moved the message towards the label most, against the other labels' mean."""
        coefficients = self.weights.coef_
        mine = LABELS.index(label)
        shown = np.flatnonzero(self._shown(row))
        columns, values = row.indices[shown], row.data[shown]
        against = np.delete(coefficients[:, columns], mine, axis=0).mean(axis=0)
        moved = values * (coefficients[mine, columns] - against)
        strongest = np.argsort(-np.abs(moved))[:6]
        return tuple(
            Evidence(text=str(names[columns[at]]), label=label, weight=round(float(moved[at]), 3)) for at in strongest
        )

    def _shown(self, row: csr_matrix) -> NDArray[np.bool_]:
        """Which of the row's columns are words or facts: pieces of words mean nothing to a person."""
        first_piece = len(self.words.vocabulary_)
        first_fact = first_piece + len(self.pieces.vocabulary_)
        shown: NDArray[np.bool_] = (row.indices < first_piece) | (row.indices >= first_fact)
        return shown

    def _names(self) -> NDArray[np.object_]:
        names = np.empty(self.weights.n_features_in_, dtype=object)
        names[: len(self.words.vocabulary_)] = self.words.get_feature_names_out()
        names[-len(fact_names()) :] = [f"[{name.replace('-', ' ')}]" for name in fact_names()]
        return names


def _points_elsewhere(question: Question) -> bool:
    """Whether a short text only points to an attachment."""
    return len(question.newest.split()) <= SHORT and bool(_ATTACHED.search(fold(question.newest)))


def decide(probabilities: Mapping[Label, float], limits: Limits) -> tuple[Label | Unsure, str]:
    """Give the label, or "unsure" and a sentence why: the harm of each error decides how sure is sure enough."""
    best = max(probabilities, key=lambda one: probabilities[one])
    second = max((label for label in probabilities if label is not best), key=lambda one: probabilities[one])
    between = f"{best.value} ({probabilities[best]:.0%}) or {second.value} ({probabilities[second]:.0%})"
    if best is not Label.URGENT and probabilities[Label.URGENT] > limits.urgent_at_most:
        return UNSURE, f"it may be urgent ({probabilities[Label.URGENT]:.0%}); {between}"
    if best is Label.WEBFORM and 1 - probabilities[best] > limits.webform_at_most:
        return UNSURE, f"it may be more than a web-form matter; {between}"
    if probabilities[best] < limits.best_at_least:
        return UNSURE, f"no label stands out; {between}"
    return best, ""


def calibrated(scores: Any, temperature: float) -> Probabilities:
    """Softmax of the scores (one row a message, one column a label) after division by the temperature."""
    scaled = np.asarray(scores, dtype=np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    odds = np.exp(scaled)
    result: Probabilities = odds / odds.sum(axis=1, keepdims=True)
    return result
