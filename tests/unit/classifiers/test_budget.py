"""The error budget: how limits follow from it, and that it holds for messages never seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.budget import LABELS, MOST_DOUBT, URGENT, WEBFORM, Budget, Calibration, calibration, limits

NONE_WRONG = Calibration(temperature=1.0, needing_a_person=1000, urgent=300, lost=(), delayed=())


def test_what_would_go_wrong_is_noted() -> None:
    """Only where web form was best for one that needs a person, or something else for an urgent one; ascending."""
    probabilities = np.array(
        [
            [0.1, 0.1, 0.1, 0.7],  # an error taken for web form: doubt 0.3
            [0.05, 0.0, 0.0, 0.95],  # urgent taken for web form: both
            [0.3, 0.4, 0.2, 0.1],  # urgent taken for an error
            [0.9, 0.1, 0.0, 0.0],  # urgent, and right
            [0.0, 0.1, 0.0, 0.9],  # web form, and right
        ]
    )
    found = calibration(probabilities, np.array([1, URGENT, URGENT, URGENT, WEBFORM]), 0.70001)
    assert (found.needing_a_person, found.urgent, found.temperature) == (4, 3, 0.7)
    assert found.lost == (0.05, 0.3)
    assert found.delayed == (0.05, 0.3)


def test_limits_let_as_many_errors_pass_as_the_theorem_allows() -> None:
    """Of 1,000 messages at 1 %, alpha * (n + 1) - 1 = 9.01: nine may pass, and the tenth's doubt is too much."""
    lost = tuple(round(0.01 * number, 5) for number in range(1, 21))
    found = limits(Calibration(temperature=1.0, needing_a_person=1000, urgent=300, lost=lost, delayed=()), Budget())
    assert sum(doubt <= found.webform_at_most for doubt in lost) == 9


def test_without_an_error_a_best_label_is_enough() -> None:
    """Where calibration shows nothing wrong, there is no reason to doubt more."""
    assert limits(NONE_WRONG, Budget()).webform_at_most == MOST_DOUBT


def test_few_messages_can_promise_nothing_small() -> None:
    """With 50 messages nobody can promise one in a hundred: nothing is decided web form."""
    few = Calibration(temperature=1.0, needing_a_person=50, urgent=20, lost=(), delayed=())
    assert limits(few, Budget()).webform_at_most == 0
    assert limits(few, Budget()).urgent_at_most == 0


@given(
    st.lists(st.floats(0, 1), max_size=60).map(sorted),
    st.floats(0, 0.2),
    st.floats(0, 0.2),
)
def test_a_stricter_budget_never_decides_more(doubts: list[float], one: float, other: float) -> None:
    """Limits grow with the budget, whatever the calibration."""
    made = Calibration(temperature=1.0, needing_a_person=100, urgent=100, lost=tuple(doubts), delayed=tuple(doubts))
    strict, loose = (limits(made, Budget(as_webform=a, urgent_as_other=a)) for a in sorted((one, other)))
    assert strict.webform_at_most <= loose.webform_at_most
    assert strict.urgent_at_most <= loose.urgent_at_most


@pytest.mark.parametrize("alpha", [0.01, 0.02, 0.05])
def test_the_budget_holds_on_messages_like_those_calibrated_on(alpha: float) -> None:
    """Over many draws of calibration and new messages, the mean share lost keeps to alpha, and uses most of it."""
    random = np.random.default_rng(7)
    lost = []
    for _ in range(200):
        calibrated, new = (_draw(random, 800) for _ in range(2))
        found = limits(calibration(*calibrated, 1.0), Budget(as_webform=alpha))
        probabilities, labels = new
        decided = (probabilities.argmax(axis=1) == WEBFORM) & (1 - probabilities[:, WEBFORM] <= found.webform_at_most)
        lost.append((decided & (labels != WEBFORM)).sum() / (labels != WEBFORM).sum())
    assert alpha * 0.4 <= np.mean(lost) <= alpha * 1.1


def _draw(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Messages with labels, and probabilities that are often right."""
    labels = random.integers(0, len(LABELS), count)
    scores = random.normal(size=(count, len(LABELS)))
    scores[np.arange(count), labels] += 2
    odds = np.exp(scores)
    return odds / odds.sum(axis=1, keepdims=True), labels
