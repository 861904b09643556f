"""Figures of a model's answers, each on cases small enough to reckon by hand."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from classifiers import evaluation
from classifiers.budget import LABELS, Budget, Calibration, Probabilities
from classifiers.corpus_files import Example
from classifiers.evaluation import Bin, Decision
from triage.core.labels import UNSURE, Label

URGENT, ERROR, AGAIN, WEBFORM = LABELS
CALIBRATION = Calibration(temperature=1.0, needing_a_person=999, urgent=499, lost=(0.05, 0.1, 0.3), delayed=(0.2, 0.3))


def example(number: int, label: Label, **fields: Any) -> Example:
    """A record of which only the label matters, unless `fields` says more."""
    said: dict[str, Any] = {"author": "a", "lang": "en", "hard": False, "date": None}
    said |= {"from_name": "", "from_addr": "", "to": "", "subject": "", "body": ""}
    return Example(**(said | {"id": f"m{number}", "label": label} | fields))


def sure_of(labels: Sequence[Label]) -> Probabilities:
    """Probabilities of a model that is certain of these."""
    found: Probabilities = np.eye(len(LABELS))[[LABELS.index(label) for label in labels]]
    return found


def measured(pairs: Sequence[tuple[Label, Decision]]) -> dict[str, Any]:
    """Measures of messages by true label and decision; the best label is the decision, or right where unsure."""
    records = [example(number, label) for number, (label, _) in enumerate(pairs)]
    best = [label if decision == UNSURE else Label(decision) for label, decision in pairs]
    return evaluation.measures(records, sure_of(best), [decision for _, decision in pairs])


def test_unsure_counts_as_caught_but_not_as_decided() -> None:
    """Of four urgent ones, one is decided, two are unsure and one is lost: three are caught, one of them surely."""
    found = measured([(URGENT, URGENT), (URGENT, UNSURE), (URGENT, UNSURE), (URGENT, ERROR), (WEBFORM, WEBFORM)])
    assert (found["urgent_caught_or_unsure"], found["urgent_caught"], found["urgent_decided_other"]) == (
        0.75,
        0.25,
        0.25,
    )
    assert found["unsure"] == 0.4


def test_each_broken_promise_is_listed_by_id() -> None:
    """An urgent message sent to the web form breaks both promises; an error taken for urgent breaks none."""
    found = measured([(URGENT, WEBFORM), (ERROR, WEBFORM), (URGENT, AGAIN), (ERROR, URGENT), (WEBFORM, URGENT)])
    assert found["breaches"] == {"need_a_person_decided_webform": ["m0", "m1"], "urgent_decided_other": ["m0", "m2"]}
    assert found["need_a_person_decided_webform"] == 0.5


def test_rows_are_the_truth_and_columns_what_it_was_taken_for() -> None:
    """In both tables; the second has a column more, for unsure."""
    found = measured([(URGENT, WEBFORM), (URGENT, UNSURE), (WEBFORM, WEBFORM)])
    assert found["confusion"] == [[1, 0, 0, 1], [0] * 4, [0] * 4, [0, 0, 0, 1]]
    assert found["decisions"] == [[0, 0, 0, 1, 1], [0] * 5, [0] * 5, [0, 0, 0, 1, 0]]
    assert found["by_label"]["urgent"] == {"precision": 1.0, "recall": 0.5, "f1": 0.667, "support": 2}


def test_figures_are_given_for_each_language_and_hand_and_for_the_hard_ones() -> None:
    """What a record does not say has a group of its own; labels that a group lacks do not count against it."""
    records = [
        example(1, URGENT, lang="fr", author="x", hard=True),
        example(2, WEBFORM, lang="fr", author="x", hard=False),
        example(3, ERROR, lang="", author="", hard=None),
    ]
    found = evaluation.measures(records, sure_of([URGENT, WEBFORM, AGAIN]), [URGENT, UNSURE, AGAIN])
    assert found["by_language"] == {
        "fr": {"messages": 2, "macro_f1": 1.0, "unsure": 0.5},
        "not said": {"messages": 1, "macro_f1": 0.0, "unsure": 0.0},
    }
    assert [*found["by_hard"]] == ["hard", "not hard", "not said"]
    assert [*found["by_author"]] == ["not said", "x"]


def test_the_calibration_error_is_the_mean_distance_of_said_and_true() -> None:
    """Ten said 0.85 of which seven came: 0.15 off; ten said 0.1 of which one came: right. 0.075 between them."""
    chances = np.array([0.85] * 10 + [0.1] * 10)
    happened = np.array([True] * 7 + [False] * 3 + [True] + [False] * 9)
    bins = evaluation.reliability(chances, happened)
    assert [(one.count, round(one.said, 6), one.came) for one in bins] == [(10, 0.1, 0.1), (10, 0.85, 0.7)]
    assert evaluation.calibration_error(bins) == pytest.approx(0.075)


def test_certainty_falls_into_the_last_bin() -> None:
    """A probability of one is no eleventh bin."""
    bins = evaluation.reliability(np.array([1.0, 0.95]), np.array([True, True]))
    assert bins == [Bin(count=2, said=0.975, came=1.0)]


def test_a_model_that_is_surely_right_has_no_loss_and_one_surely_wrong_has_all() -> None:
    """Brier's score goes from 0 to 2; the log loss of a certain error is large and finite."""
    right, wrong = measured([(URGENT, URGENT)]), measured([(URGENT, WEBFORM)])
    assert (right["brier"], right["log_loss"], right["ece"]["top"]) == (0, 0, 0)
    assert (wrong["brier"], wrong["ece"]["top"], wrong["ece"]["mean"]) == (2, 1, 0.5)
    assert 30 < wrong["log_loss"] < 40


def test_measures_can_be_written_as_json() -> None:
    """Into a card, and by --json."""
    found = measured([(URGENT, WEBFORM), (ERROR, UNSURE)])
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("lost", "of", "sentences"),
    [
        pytest.param(0, 50, 0, id="none"),
        pytest.param(1, 50, 0, id="just what is allowed"),
        pytest.param(2, 50, 1, id="one too many"),
        pytest.param(1, 49, 1, id="one of too few"),
    ],
)
def test_a_promise_is_broken_where_more_went_wrong_than_is_allowed(lost: int, of: int, sentences: int) -> None:
    """Two in a hundred urgent ones may be decided otherwise."""
    found = measured([(URGENT, ERROR)] * lost + [(URGENT, URGENT)] * (of - lost))
    broken = evaluation.over_budget(found, Budget(urgent_as_other=0.02))
    assert len(broken) == sentences
    assert all(f"{lost} of {of} urgent messages" in sentence for sentence in broken)


def test_without_any_message_that_needs_a_person_no_promise_is_broken() -> None:
    """Nor is anything divided by nothing."""
    assert evaluation.over_budget(measured([(WEBFORM, WEBFORM)]), Budget()) == []


def test_a_larger_budget_leaves_less_unsure_and_lets_more_go_wrong() -> None:
    """Along the curve both only go one way, and each point's breaches are those of its limits."""
    doubts = np.linspace(0.02, 0.48, 24)
    rows = np.array([[doubt / 3, doubt / 3, doubt / 3, 1 - doubt] for doubt in doubts])
    records = [example(number, ERROR if number % 8 == 7 else WEBFORM) for number in range(24)]
    curve = evaluation.prices(CALIBRATION, records, rows)
    assert [one["alpha"] for one in curve] == list(evaluation.ALPHAS)
    unsure, wrong = ([one[name] for one in curve] for name in ("unsure", "need_a_person_decided_webform"))
    assert unsure == sorted(unsure, reverse=True)
    assert wrong == sorted(wrong)
    assert (wrong[0], wrong[-1]) == (0, 1)
    assert curve[-1]["breaches"]["need_a_person_decided_webform"] == ["m7", "m15", "m23"]


def test_the_two_budgets_of_the_curve_keep_their_proportion() -> None:
    """Twice as many where nothing else is said; never more than all; and a budget of none has none to keep."""
    one = [example(1, URGENT)]
    for budget, alpha, urgent in (
        (Budget(), 0.05, 0.1),
        (Budget(as_webform=0.01, urgent_as_other=0.005), 0.1, 0.05),
        (Budget(as_webform=0.001, urgent_as_other=0.02), 0.1, 1.0),
        (Budget(as_webform=0.0, urgent_as_other=0.0), 0.1, 0.2),
    ):
        found = evaluation.prices(CALIBRATION, one, sure_of([URGENT]), budget=budget, alphas=[alpha])
        assert found[0]["urgent_as_other"] == urgent


def test_what_was_not_read_stays_unsure_at_any_price() -> None:
    """No limit makes a decision out of a text that nobody has read."""
    records = [example(1, WEBFORM), example(2, WEBFORM)]
    found = evaluation.prices(CALIBRATION, records, sure_of([WEBFORM] * 2), unread=[True, False], alphas=[0.1])
    assert found[0]["unsure"] == 0.5


def test_changes_are_listed_worst_first() -> None:
    """An urgent message lost, then one sent away, then a wrong label, then one no longer decided; mended ones last."""
    truth_before_after: list[tuple[Label, Decision, Decision]] = [
        (ERROR, ERROR, UNSURE),
        (URGENT, WEBFORM, URGENT),
        (ERROR, ERROR, AGAIN),
        (AGAIN, AGAIN, WEBFORM),
        (WEBFORM, WEBFORM, WEBFORM),
        (URGENT, UNSURE, ERROR),
        (URGENT, URGENT, WEBFORM),
    ]
    records = [example(number, label) for number, (label, _, _) in enumerate(truth_before_after)]
    before, after = ([row[at] for row in truth_before_after] for at in (1, 2))
    found = evaluation.changes(records, before, after)
    assert [one.id for one in found] == ["m6", "m5", "m3", "m2", "m0", "m1"]
    assert [one.worse > 0 for one in found] == [True] * 5 + [False]


def test_mcnemar_counts_only_messages_that_one_of_the_two_got_right() -> None:
    """Six against none is 2 * (1/2)^6; none against none is no difference at all."""
    records = [example(number, URGENT) for number in range(9)]
    right, wrong = sure_of([URGENT] * 9), sure_of([WEBFORM] * 6 + [URGENT] * 3)
    by_chance = 2 / 2**6
    for one, other, counts, p in (
        (right, wrong, (6, 0), by_chance),
        (wrong, right, (0, 6), by_chance),
        (wrong, wrong, (0, 0), 1.0),
    ):
        *found, found_p = evaluation.mcnemar(records, one, other)
        assert tuple(found) == counts
        assert found_p == pytest.approx(p)
