"""What `opinions.json` must show before an opinion may settle anything."""

from datetime import date
from pathlib import Path

import pytest

from classifiers.opinions import NOTHING, Opinion
from classifiers.opinions.record import MAY_BE_SETTLED, Record, load_or_say, measured, save, within_budget
from tests.unit.opinions.test_settling import CALM, FEARED, URGENT_OR_NOT, opinion, unsure
from triage.core.labels import Label

URGENT, ERROR, AGAIN, WEBFORM = Label
GOOD = Record(
    said_by="oracle-1",
    model="linear-1",
    urgent_at_most=0.05,
    measured=date(2026, 11, 25),
    messages=400,
    urgent=100,
    urgent_decided_otherwise=0,
    unsure=60,
    answered=60,
    settled={URGENT: {URGENT: 12, WEBFORM: 1}, ERROR: {ERROR: 9}, AGAIN: {AGAIN: 7}},
)


def changed(**values: object) -> Record:
    """The good record with other values."""
    return Record.model_validate(GOOD.model_dump() | values)


@pytest.mark.parametrize(
    ("record", "labels"),
    [
        pytest.param(GOOD, {URGENT, ERROR, AGAIN}, id="all three"),
        pytest.param(changed(settled={}), set(), id="nothing was settled"),
        pytest.param(changed(settled={WEBFORM: {WEBFORM: 90}}), set(), id="web form never"),
        pytest.param(changed(settled={ERROR: {ERROR: 3}}), set(), id="three right ones show nothing"),
        pytest.param(changed(settled={URGENT: {URGENT: 12, WEBFORM: 3}}), set(), id="urgent, too often wrong"),
        pytest.param(
            changed(settled={ERROR: {ERROR: 40, URGENT: 1}, AGAIN: {AGAIN: 7}}),
            {ERROR, AGAIN},
            id="one of a hundred urgent ones lost: within two percent",
        ),
        pytest.param(
            changed(settled={ERROR: {ERROR: 40, URGENT: 2}, AGAIN: {AGAIN: 7}}),
            {AGAIN},
            id="two of a hundred lost: not that label, and the other still",
        ),
        pytest.param(
            changed(settled={ERROR: {ERROR: 40, URGENT: 1}, AGAIN: {AGAIN: 40, URGENT: 1}}),
            {ERROR},
            id="one lost by each of two labels: not both",
        ),
        pytest.param(
            changed(urgent=40, settled={ERROR: {ERROR: 40, URGENT: 1}}), set(), id="too few urgent ones to tell"
        ),
        pytest.param(
            changed(urgent_decided_otherwise=2, settled={ERROR: {ERROR: 9}}),
            {ERROR},
            id="the model has used up the budget, and the opinion adds nothing to it",
        ),
    ],
)
def test_what_a_record_allows(record: Record, labels: set[Label]) -> None:
    """The labels that are right often enough, as many as lose no more urgent messages than the budget has left."""
    assert within_budget(record, 0.02) == labels


def test_a_wider_budget_allows_more() -> None:
    """The department's own budget counts, as triage.yaml states it."""
    record = changed(settled={ERROR: {ERROR: 40, URGENT: 3}})
    assert [within_budget(record, budget) for budget in (0.02, 0.05)] == [frozenset(), {ERROR}]


def test_a_record_is_kept_and_read(tmp_path: Path) -> None:
    """What was measured is what is allowed, for that opinion beside that model."""
    save(GOOD, tmp_path / "opinions.json")
    allowed, why = load_or_say(tmp_path / "opinions.json", model="linear-1", urgent_at_most=0.9, urgent_as_other=0.02)
    assert (allowed.said_by, allowed.labels, allowed.urgent_at_most) == ("oracle-1", frozenset(MAY_BE_SETTLED), 0.05)
    assert why == ""


def test_the_stricter_limit_of_urgency_holds(tmp_path: Path) -> None:
    """A budget that was tightened after the measuring is not undone by its record."""
    save(GOOD, tmp_path / "opinions.json")
    allowed, _ = load_or_say(tmp_path / "opinions.json", model="linear-1", urgent_at_most=0.01, urgent_as_other=0.02)
    assert allowed.urgent_at_most == 0.01


@pytest.mark.parametrize(
    ("content", "model", "why"),
    [
        pytest.param(None, "linear-1", "there is no opinions.json yet", id="missing"),
        pytest.param("{", "linear-1", "cannot be read as a record", id="broken"),
        pytest.param(
            GOOD.model_dump_json().replace('"urgent":12', '"urgent":-1'), "linear-1", "cannot be read", id="senseless"
        ),
        pytest.param(
            GOOD.model_dump_json(), "linear-2", "was measured beside the model linear-1, and this is linear-2", id="old"
        ),
        pytest.param(
            changed(settled={}).model_dump_json(), "linear-1", "shows no label that it may settle", id="no good"
        ),
    ],
)
def test_without_a_good_record_nothing_is_allowed(tmp_path: Path, content: str | None, model: str, why: str) -> None:
    """A record that is missing, broken or of another model allows nothing, and says why."""
    file = tmp_path / "opinions.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    allowed, found = load_or_say(file, model=model, urgent_at_most=0.9, urgent_as_other=0.02)
    assert allowed == NOTHING
    assert why in found


def test_measuring_counts_what_would_be_settled() -> None:
    """By the very rule that settles in service: what the model fears, is sure of, or holds unlikely is not counted."""
    sure = unsure(0.0, 0.9, 0.05, 0.05, decision=ERROR)
    cases: list[tuple[Label, object, Opinion | None]] = [
        (ERROR, CALM, opinion(ERROR)),
        (URGENT, CALM, opinion(ERROR)),
        (ERROR, FEARED, opinion(ERROR)),
        (WEBFORM, URGENT_OR_NOT, opinion(URGENT)),
        (WEBFORM, CALM, opinion(WEBFORM)),
        (WEBFORM, CALM, None),
        (URGENT, sure, None),
    ]
    labels, before, opinions = zip(*cases, strict=True)
    found = measured(labels, before, opinions, urgent_at_most=0.05, on=date(2026, 11, 25))
    assert found is not None
    assert found.settled == {URGENT: {WEBFORM: 1}, ERROR: {ERROR: 1, URGENT: 1}, AGAIN: {}}
    assert (found.said_by, found.model, found.messages) == ("oracle-1", "linear-1", 7)
    assert (found.urgent, found.urgent_decided_otherwise) == (2, 1)
    assert (found.unsure, found.answered) == (6, 5)


def test_nothing_is_measured_where_nothing_was_answered() -> None:
    """A server that was down makes no record."""
    assert measured([ERROR], [CALM], [None], urgent_at_most=0.05, on=date(2026, 11, 25)) is None
