"""The shipped classifier: words, pieces of words and facts, weighed by logistic regression.

Linear, so that each decision can be taken apart into the words and facts that carried it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.budget import LABELS, Calibration, Limits, Probabilities
from classifiers.evidence import weigh
from classifiers.weights import Weights
from triage.core.attached import only_points, points_to_attachment
from triage.core.classification import Classification, Evidence, Question
from triage.core.labels import UNSURE, Label, Unsure


@dataclass(frozen=True, kw_only=True)
class LinearClassifier:
    """A trained model, ready to answer; shared by all threads, never changed."""

    version: str
    weights: Weights
    calibrated_on: Calibration
    limits: Limits

    def classify(self, questions: Sequence[Question]) -> list[Classification]:
        """Answer each question; deterministic."""
        if not questions:
            return []
        probabilities = calibrated(self.weights.scores(questions), self.limits.temperature)
        return [self._answer(question, row) for question, row in zip(questions, probabilities, strict=True)]

    def evidence(self, question: Question, label: Label) -> tuple[Evidence, ...]:
        """Give the sentences and facts that moved a message towards a label or away from it, strongest first."""
        return weigh(question, self.weights, self.towards[LABELS.index(label)], label)

    def _answer(self, question: Question, probabilities: NDArray[np.float64]) -> Classification:
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
            why_unsure=why,
            model=self.version,
        )

    @cached_property
    def towards(self) -> NDArray[np.float64]:
        """For each label: how far each column moves a message towards it, against the mean of the other labels."""
        weights = self.weights.coefficients
        return np.array([weights[at] - np.delete(weights, at, axis=0).mean(axis=0) for at in range(len(LABELS))])


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
