"""The shipped classifier: words, pieces of words and facts, weighed by logistic regression.

Linear, so that each decision can be taken apart into the words and facts that carried it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifiers.features import fact_names, matrix
from triage.core.attached import only_points, points_to_attachment
from triage.core.classification import Classification, Evidence, Question
from triage.core.labels import UNSURE, Label, Unsure

LABELS = tuple(Label)
Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where the model stops being sure; set in training so that the promised errors hold on authors held back."""

    temperature: float  # divides the log-odds (Guo et al. 2017, On Calibration of Modern Neural Networks)
    webform_at_most: float  # of "not web form", for a message to be decided web form
    urgent_at_most: float  # of "urgent", for a message to be decided anything but urgent
    best_at_least: float  # of the best label, for any decision


@dataclass(frozen=True, kw_only=True)
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
        ends = rows.indptr
        return [
            self._answer(
                question,
                rows.indices[ends[number] : ends[number + 1]],
                rows.data[ends[number] : ends[number + 1]],
                probabilities[number],
            )
            for number, question in enumerate(questions)
        ]

    def _answer(
        self, question: Question, columns: NDArray[Any], values: NDArray[Any], probabilities: Probabilities
    ) -> Classification:
        by_label = {label: float(p) for label, p in zip(LABELS, probabilities, strict=True)}
        label = max(by_label, key=lambda one: by_label[one])
        decision, why = decide(by_label, self.limits)
        if not (question.newest.strip() or question.forwarded.strip() or question.attached):
            decision, why = UNSURE, "the sender wrote no new text"
            if question.unread:
                why += f", and what is attached could not be read: {'; '.join(dict.fromkeys(question.unread))}"
        elif left := _left_unread(question, decision):
            decision, why = UNSURE, left
        return Classification(
            label=label,
            decision=decision,
            probabilities=by_label,
            evidence=self._evidence(columns, values, label),
            why_unsure=why,
            model=self.version,
        )

    def _evidence(self, columns: NDArray[Any], values: NDArray[Any], label: Label) -> tuple[Evidence, ...]:
        """The words and facts that moved the message towards the label most, against the other labels' mean."""
        shown = self.shown[columns]  # pieces of words mean nothing to a person
        columns, values = columns[shown], values[shown]
        moved = values * self.towards[LABELS.index(label), columns]
        strongest = np.argsort(-np.abs(moved))[:6]
        return tuple(
            Evidence(text=str(self.names[columns[at]]), label=label, weight=round(float(moved[at]), 3))
            for at in strongest
        )

    @cached_property
    def towards(self) -> NDArray[np.float64]:
        """For each label: how far each column moves a message towards it, against the mean of the other labels."""
        weights = self.weights.coef_
        return np.array([weights[at] - np.delete(weights, at, axis=0).mean(axis=0) for at in range(len(LABELS))])

    @cached_property
    def names(self) -> NDArray[np.object_]:
        """What each column that can be shown to a person is called."""
        names = np.empty(self.weights.n_features_in_, dtype=object)
        names[: len(self.words.vocabulary_)] = self.words.get_feature_names_out()
        names[-len(fact_names()) :] = [f"[{name.replace('-', ' ')}]" for name in fact_names()]
        return names

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """Which columns are words or facts."""
        shown: NDArray[np.bool_] = np.array([name is not None for name in self.names])
        return shown


def _left_unread(question: Question, decision: Label | Unsure) -> str:
    """Why a decision can't rest on a short text that points to an attachment: the ask may stand where nobody read."""
    pointing = bool(question.unread) or points_to_attachment(question.newest)
    if decision is UNSURE or not pointing or (question.attached and not question.unread):
        return ""
    says_nothing = not question.attached and question.facts.likely_deadline is None and only_points(question.newest)
    if decision is not Label.WEBFORM and (not says_nothing or question.facts.asks_to_reopen):
        return ""
    why = "; ".join(dict.fromkeys(question.unread))
    return "what is asked seems to stand in an attachment, which was not read" + (f": {why}" if why else "")


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
