"""No rules that are accepted go under a floor, whatever arrives; and none are refused that cannot."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_checks import WHENS, everything, is_real
from tests.property.test_policy import HOURS, SPANS, cases, rule_files
from tests.unit.policy.cases import OFFICE, TEMPLATE
from triage.core.office import WorkingHours
from triage.core.policy.case import Case
from triage.core.policy.deciding import OTHERWISE
from triage.core.policy.evaluation import evaluate
from triage.core.policy.floors import breaches
from triage.core.policy.loading import load_book
from triage.core.policy.safeguards import dangers
from triage.core.policy.schema import Floor, Rule, Then, When
from triage.core.working_time import WorkingTime, due, no_later

TIMES = ["7 working hours", "8 working hours", "16 working hours", "1 working day", "2 working days"]
REPLIES = ["none", "answer", "redirect"]
THENS = st.fixed_dictionaries(
    {"folder": st.sampled_from(["review", "automated"]), "reply": st.sampled_from(REPLIES)},
    optional={
        "flag": st.booleans(),
        "hold": st.booleans(),
        "notify": st.sampled_from(["duty", ["duty", "deputy"]]),
        "respond_within": st.sampled_from(TIMES),
    },
)
MUSTS = st.fixed_dictionaries(
    {},
    optional={
        "reply": st.just("any"),
        "flag": st.just(True),
        "not_in": st.sampled_from(["automated", ["webform", "automated"]]),
        "notify": st.sampled_from(["duty", ["duty", "deputy"]]),
        "respond_within": st.sampled_from(TIMES),
    },
).filter(bool)
FLOORS = st.one_of(
    st.fixed_dictionaries({"when": WHENS, "must": MUSTS}),
    st.fixed_dictionaries({"reply": st.sampled_from(REPLIES[1:]), "only_when": WHENS}),
).map(lambda parts: Floor.model_validate({"id": "floor", "description": "A floor of a test.", **parts}))
# A Monday: at opening, within the day, and after closing.
STARTS = [datetime(2026, 11, 23, hour, 30, tzinfo=ZoneInfo("Asia/Kolkata")).astimezone(UTC) for hour in (8, 12, 18)]


def rules_with(whens: Sequence[dict[str, Any]], thens: Sequence[dict[str, Any]]) -> list[Rule]:
    """Rules of a test, in order."""
    return [
        Rule.model_validate({"id": f"r{number}", "description": "A rule of a test.", "when": when, "then": then})
        for number, (when, then) in enumerate(zip(whens, thens, strict=True))
    ]


def holds(when: When | None, case: Case) -> bool:
    """Whether conditions hold, as evaluation sees it."""
    asked = Rule(id="asked", description="A rule of a test.", when=when, then=OTHERWISE)
    return evaluate([asked], case)[0] is not None


def goes_under(floor: Floor, then: Then, case: Case) -> bool:
    """Whether what is done with the case is less than the floor asks, whenever it comes; told apart from the proof."""
    if floor.must is None:
        return then.reply == floor.reply and not holds(floor.only_when, case)
    must = floor.must
    return holds(floor.when, case) and not (
        (not must.reply or (then.reply != "none" and not then.hold))
        and (not must.flag or then.flag)
        and then.folder not in must.not_in
        and set(must.notify) <= set(then.notify)
        and (must.respond_within is None or (then.respond_within and never_later(then.respond_within, floor)))
    )


def never_later(given: WorkingTime, floor: Floor) -> bool:
    """By the calendar."""
    assert floor.must
    assert floor.must.respond_within
    limit = floor.must.respond_within
    times = [[due(start, span, OFFICE.hours, OFFICE.zone) for span in (given, limit)] for start in STARTS]
    return all(one <= other for one, other in times)


def under(rules: Sequence[Rule], floor: Floor, several: Sequence[Case]) -> Iterator[str | None]:
    """The rule that wins for each case that goes under."""
    for case in several:
        winner, _ = evaluate(rules, case)
        if goes_under(floor, winner.then if winner else OTHERWISE, case):
            yield winner.id if winner else None


@settings(max_examples=200)
@given(st.lists(st.tuples(WHENS, THENS), min_size=1, max_size=4), FLOORS)
def test_a_rule_is_told_exactly_where_some_message_goes_under(parts: list[tuple[Any, Any]], floor: Floor) -> None:
    """Where conditions are of a few values, all cases are tried: nothing is let through, nor refused for nothing."""
    rules = rules_with([when for when, _ in parts], [then for _, then in parts])
    told = breaches(rules, [floor], [OFFICE.id], OFFICE.hours)
    assert {one.winner for one in told} == set(under(rules, floor, everything()))


ABOUT = {"description": "A rule of a test."}
WHY = "A justification of a test, of some length."
OPERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "overrides": st.lists(
            st.tuples(st.integers(0, 2), st.none() | WHENS, st.none() | THENS),
            min_size=1,
            max_size=2,
            unique_by=lambda parts: parts[0],
        ).map(
            lambda some: [
                {
                    "id": f"r{number}",
                    **({"when": when} if when else {}),
                    **({"then": then} if then else {"enforce": False}),
                }
                for number, when, then in some
            ]
        ),
        "insert": st.tuples(st.sampled_from(["before", "after"]), st.integers(0, 2), WHENS, THENS).map(
            lambda parts: [
                {
                    parts[0]: f"r{parts[1]}",
                    "rules": [{**ABOUT, "id": "own", "when": parts[2], "then": parts[3], "justification": WHY}],
                }
            ]
        ),
        "disable": st.integers(0, 2).map(lambda number: [{"id": f"r{number}", "reason": "A reason of a test."}]),
    },
).filter(bool)
TEMPLATE_FILES = {f"templates/{name}.{code}.txt": TEMPLATE for name in REPLIES[1:] for code in ("en", "fr")}


@settings(max_examples=150)
@given(st.lists(st.tuples(WHENS, THENS), min_size=3, max_size=3), FLOORS, OPERATIONS)
def test_a_layer_is_accepted_exactly_where_no_message_goes_under(
    parts: list[tuple[Any, Any]], floor: Floor, layer: dict[str, Any]
) -> None:
    """Whatever an office overrides, inserts and disables, as far as it can be read at all."""
    rules = [
        {**ABOUT, "id": f"r{number}", "when": when, "then": then, "justification": WHY}
        for number, (when, then) in enumerate(parts)
    ]
    default = json.dumps(
        {"rules": rules, "floors": [floor.model_dump(mode="json", exclude_defaults=True)]}, default=str
    )
    book = load_book(
        {"default.yaml": default, "offices/delhi.yaml": json.dumps(layer), **TEMPLATE_FILES}, folder="rules"
    )
    if isinstance(book, list):
        return
    accepted = not any("goes under" in problem.message for problem in dangers(book, [OFFICE]))

    below = [one for _, rule_set in book.by_layer() for one in under(rule_set.rules, floor, everything())]
    assert accepted is not bool(below)


@given(rule_files(), FLOORS, st.lists(cases(), min_size=1, max_size=5))
def test_what_is_accepted_goes_under_for_no_message_of_any_kind(
    data: dict[str, Any], floor: Floor, several: list[Case]
) -> None:
    """With every kind of condition, and cases as the pipeline makes them."""
    rules = [Rule.model_validate(rule) for rule in data["rules"]]
    real = [case for case in several if is_real(case)]
    told = {one.winner for one in breaches(rules, [floor], [OFFICE.id], OFFICE.hours)}
    assert set(under(rules, floor, real)) <= told


@given(SPANS, SPANS, HOURS)
def test_a_time_is_no_later_than_another_exactly_if_it_never_ends_later(
    span: WorkingTime, limit: WorkingTime, hours: WorkingHours
) -> None:
    """Whenever both begin: at opening, where days last longest, or after closing, where hours do."""
    place = ZoneInfo("Asia/Kolkata")
    week = [datetime(2026, 11, day, tzinfo=place) for day in range(23, 30)]
    starts = [datetime.combine(day, at, tzinfo=place) for day in week for at in (hours.opens, hours.closes)]
    later = any(due(start, span, hours, place) > due(start, limit, hours, place) for start in starts)
    assert no_later(span, limit, hours) is not later
