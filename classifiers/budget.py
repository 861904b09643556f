"""How sure is sure enough: the loosest limits that keep a stated error budget on messages by authors never seen.

Conformal risk control (Angelopoulos, Bates, Fisch, Lei and Schuster, 2024, theorem 1): of n calibration messages that a
model scored without having seen their authors, at most alpha * (n + 1) - 1 may go wrong at a limit, for the expected
share of wrong ones among new messages to be at most alpha. The promise holds for messages like those calibrated on;
authors differ, so training also checks it on each author with limits set on the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.core.labels import Label

LABELS = tuple(Label)
URGENT, WEBFORM = LABELS.index(Label.URGENT), LABELS.index(Label.WEBFORM)
# No decision below this, whatever the budget: a label that is not clearly the best is none.
BEST_AT_LEAST = 0.45
# Where nothing goes wrong in calibration at any limit, the best label still says no more than that it is the best.
MOST_DOUBT, MOST_URGENT = 0.5, 0.4

Probabilities = NDArray[np.float64]  # one row a message, one column a label


class ErrorBudget(Protocol):
    """The errors that a department allows, as its settings say."""

    @property
    def as_webform(self) -> float:
        """Of messages that are urgent, errors or reconsiderations: the share that may be decided web form."""
        ...

    @property
    def urgent_as_other(self) -> float:
        """Of urgent messages: the share that may be decided anything else than urgent or unsure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The budget that models are measured with, where no other is given."""

    as_webform: float = 0.01
    urgent_as_other: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the limits for any budget are set by; part of the model."""

    temperature: float  # divides the log-odds (Guo et al. 2017, On Calibration of Modern Neural Networks)
    needing_a_person: int  # calibration messages whose label is not web form
    urgent: int  # of which urgent
    lost: tuple[float, ...]  # doubt of each that web form was best for nevertheless: 1 - its probability; ascending
    delayed: tuple[float, ...]  # of each urgent one that something else was best for: its probability; ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where the model stops being sure."""

    temperature: float
    webform_at_most: float  # of "not web form", for a message to be decided web form
    urgent_at_most: float  # of "urgent", for a message to be decided anything but urgent
    best_at_least: float = BEST_AT_LEAST  # of the best label, for any decision


def calibration(probabilities: Probabilities, labels: NDArray[np.int_], temperature: float) -> Calibration:
    """Note what would go wrong; `probabilities` are calibrated, each by a model that has not seen the author."""
    best = probabilities.argmax(axis=1)
    needy, urgent = labels != WEBFORM, labels == URGENT
    lost = np.sort(1 - probabilities[needy & (best == WEBFORM), WEBFORM])
    delayed = np.sort(probabilities[urgent & (best != URGENT), URGENT])
    return Calibration(
        temperature=round(temperature, 4),
        needing_a_person=int(needy.sum()),
        urgent=int(urgent.sum()),
        lost=tuple(round(float(doubt), 5) for doubt in lost),
        delayed=tuple(round(float(chance), 5) for chance in delayed),
    )


def limits(calibrated_on: Calibration, budget: ErrorBudget) -> Limits:
    """Give the loosest limits that keep to the budget; 0 where so few messages can promise nothing so small."""
    lost, delayed = calibrated_on.lost, calibrated_on.delayed
    needing, urgent = calibrated_on.needing_a_person, calibrated_on.urgent
    return Limits(
        temperature=calibrated_on.temperature,
        webform_at_most=_loosest(lost, needing, budget.as_webform, MOST_DOUBT),
        urgent_at_most=_loosest(delayed, urgent, budget.urgent_as_other, MOST_URGENT),
    )


def _loosest(doubts: Sequence[float], count: int, alpha: float, at_most: float) -> float:
    """Give the largest doubt that may be decided against: just under that of the first error too many."""
    allowed = floor(alpha * (count + 1)) - 1
    if allowed < 0:
        return 0.0
    if len(doubts) <= allowed:
        return at_most
    return round(max(min(doubts[allowed] - 1e-5, at_most), 0.0), 5)
