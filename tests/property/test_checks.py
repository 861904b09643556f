"""What the check of rules claims is true: what it calls impossible never happens, and what it does not, does."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import combinations, product
from typing import Any

import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_policy import cases, loaded, rule_files
from tests.unit.policy.cases import DEADLINE, NOW, OFFICE, SPAN, a_case
from triage.core.facts.record import Authentication, DecisionKind, DecisionMentioned
from triage.core.labels import UNSURE, Label
from triage.core.message import Address, Language
from triage.core.policy.case import Case
from triage.core.policy.checks import findings
from triage.core.policy.evaluation import evaluate
from triage.core.policy.patterns import matches_everything, matches_nothing
from triage.core.policy.reasoning import And, Formula, Is, Or, impossible, least, negated
from triage.core.policy.schema import Rule
from triage.core.policy.schema_values import compiled
from triage.core.screening import MachineKind
from triage.core.working_time import OfficeTime, working_days_left

DOMAINS = {name: frozenset(range(3)) for name in "abc"}
LITERALS = st.builds(Is, st.sampled_from("abc"), st.frozensets(st.integers(0, 2), max_size=3))
FORMULAS = st.recursive(
    LITERALS,
    lambda parts: st.lists(parts, max_size=3).map(tuple).flatmap(lambda some: st.sampled_from([And(some), Or(some)])),
    max_leaves=12,
)


def holds(formula: Formula, world: dict[str, int]) -> bool:
    """Whether it holds where each variable has the value given."""
    match formula:
        case Is(variable, among):
            return world[variable] in among
        case And(parts):
            return all(holds(part, world) for part in parts)
        case Or(parts):
            return any(holds(part, world) for part in parts)


WORLDS = [dict(zip("abc", values, strict=True)) for values in product(range(3), repeat=3)]


@given(st.lists(FORMULAS, max_size=5))
def test_impossible_is_what_no_world_has(formulas: Sequence[Formula]) -> None:
    """Against a search of all worlds, both ways; what is left of it by `least` is impossible, and nothing to spare."""
    possible = any(all(holds(one, world) for one in formulas) for world in WORLDS)
    assert impossible(formulas, DOMAINS) is not possible
    if not possible:
        kept = least(formulas, DOMAINS)
        assert impossible([formulas[place] for place in kept], DOMAINS)
        for place in kept:
            assert not impossible([formulas[one] for one in kept if one != place], DOMAINS)


@given(FORMULAS)
def test_a_negation_holds_where_the_formula_does_not(formula: Formula) -> None:
    """In every world."""
    for world in WORLDS:
        assert holds(negated(formula, DOMAINS), world) is not holds(formula, world)


def is_real(case: Case) -> bool:
    """As the pipeline makes cases: machine mail and what cannot be read are not classified."""
    return case.classification is None or not (case.screening.kind or case.message.unparseable)


@given(rule_files(), st.lists(cases().filter(is_real), min_size=1, max_size=5))
def test_a_rule_that_can_never_win_never_does(data: dict[str, Any], several: list[Case]) -> None:
    """Whatever the rules, whatever arrives, at any office."""
    rule_set = loaded(data)
    if rule_set is None:
        return
    dead = {rule_set.rules[one.rule].id for one in findings(rule_set.rules, []) if one.path[-1] != "matches"}
    for case in several:
        winner, _ = evaluate(rule_set.rules, case)
        assert winner is None or winner.id not in dead


def names(values: Any) -> st.SearchStrategy[list[str]]:
    """Some of the names."""
    return st.lists(st.sampled_from([str(value) for value in values]), min_size=1, max_size=3)


SIMPLE = st.one_of(
    names([*Label, UNSURE]).map(lambda some: {"label": some}),
    st.sampled_from(["any", "bounce"]).map(lambda kind: {"machine": kind}),
    names(Authentication).map(lambda some: {"authentication": some}),
    names(Language).map(lambda some: {"language": some}),
    st.sampled_from(["our-reply", "an-exchange"]).map(lambda what: {"answers": what}),
    st.booleans().map(lambda broken: {"unparseable": broken}),
)
WHENS = st.dictionaries(st.sampled_from(["all", "any", "none"]), st.lists(SIMPLE, min_size=1, max_size=3), min_size=1)


@cache
def everything() -> tuple[Case, ...]:
    """Every case that these conditions can tell apart."""
    mail: list[dict[str, Any]] = [{"label": label} for label in (*Label, None)]
    mail.append({"label": None, "message": {"unparseable": True}})
    for machine in (MachineKind.BOUNCE, MachineKind.LIST):
        mail += [{"label": None, "machine": machine, "message": {"unparseable": broken}} for broken in (True, False)]
    return tuple(
        a_case(
            **one,
            facts={"authentication": authentication, "language": language},
            history={"answers": "DEL-0000-0000" if exchange else None, "answers_our_reply": ours},
        )
        for one, authentication, language, exchange, ours in product(
            mail, Authentication, Language, (True, False), (True, False)
        )
    )


@settings(max_examples=60)
@given(st.lists(WHENS, min_size=1, max_size=4))
def test_every_rule_that_can_never_win_is_found(whens: list[dict[str, Any]]) -> None:
    """Where conditions are of a few values, a rule is told exactly where no case at all lets it win."""
    rules = rules_asking(whens)
    assert never_winning(rules) == {rule.id for rule in rules} - winners(rules, everything())


def rules_asking(whens: list[dict[str, Any]]) -> list[Rule]:
    """One rule for each."""
    then = {"folder": "review", "reply": "none"}
    return [
        Rule.model_validate({"id": f"r{number}", "description": "A rule of a test.", "when": when, "then": then})
        for number, when in enumerate(whens)
    ]


def winners(rules: list[Rule], several: Sequence[Case]) -> set[str]:
    """Rules that win some case."""
    return {winner.id for case in several if (winner := evaluate(rules, case)[0])}


def never_winning(rules: list[Rule]) -> set[str]:
    """Rules that are told."""
    return {rules[one.rule].id for one in findings(rules, ["delhi"])}


# What has many values: numbers at and beside every bound that is asked for, and all kinds of a fact.
WITH_HOLIDAYS = replace(OFFICE, hours=replace(OFFICE.hours, holidays="IN"))
OTHER = st.one_of(
    st.integers(0, 2).map(lambda days: {"deadline_within_days": days}),
    st.integers(0, 2).map(lambda days: {"deadline_within_working_days": days}),
    names(OfficeTime).map(lambda some: {"time": some}),
    st.sampled_from(["deadline", "decision"]).map(lambda name: {"has": name}),
    names(DecisionKind).map(lambda some: {"decision": some}),
)
OTHER_WHENS = st.dictionaries(
    st.sampled_from(["all", "any", "none"]), st.lists(OTHER, min_size=1, max_size=3), min_size=1
)
OTHER_STILL = st.one_of(
    st.integers(2, 5).map(lambda least: {"sender_messages_this_week": {"at_least": least}}),
    st.integers(1, 5).map(lambda most: {"sender_messages_this_week": {"at_most": most}}),
    st.sampled_from(["a@x.example", "b@x.example", "b@mail.x.example"]).map(lambda one: {"sender": {"address": one}}),
    st.sampled_from(["x.example", "mail.x.example", "y.example"]).map(lambda one: {"sender": {"domain": one}}),
)
OTHER_STILL_WHENS = st.dictionaries(
    st.sampled_from(["all", "any", "none"]), st.lists(OTHER_STILL, min_size=1, max_size=3), min_size=1
)


@cache
def every_sender() -> tuple[Case, ...]:
    """Every case that conditions on senders can tell apart, with one address of each domain that none names."""
    domains = ("x.example", "mail.x.example", "y.example", "mail.example")
    addresses = [f"{name}@{domain}" for name, domain in product("abz", domains)]
    senders = [None, *(Address(name="", addr=address) for address in addresses)]
    return tuple(
        a_case(message={"from_": sender}, history={"messages_this_week": number})
        for sender, number in product(senders, [None, *range(1, 8)])
    )


@settings(max_examples=60)
@given(st.lists(OTHER_STILL_WHENS, min_size=1, max_size=4))
def test_every_rule_on_senders_that_can_never_win_is_found(whens: list[dict[str, Any]]) -> None:
    """Addresses belong to their domains and these to those above; numbers are ranges that may meet."""
    rules = rules_asking(whens)
    assert never_winning(rules) == {rule.id for rule in rules} - winners(rules, every_sender())


@cache
def everything_else() -> tuple[Case, ...]:
    """Every case that these other conditions can tell apart."""
    working, night, holiday = (NOW + timedelta(days=days, hours=hours) for days, hours in ((0, 0), (0, 9), (62, 0)))
    kinds = [some for count in range(5) for some in combinations(DecisionKind, count)]
    # By the day of the deadline there are from none to three working days left, whatever the message's own date was.
    deadlines = [None, *product(range(-1, 4), range(4))]
    return tuple(
        a_case(
            office=WITH_HOLIDAYS,
            now=now,
            facts={
                "deadline": ahead and replace(DEADLINE, days_away=ahead[0], date=_after(now, ahead[1])),
                "decisions": tuple(DecisionMentioned(kind=kind, span=SPAN) for kind in some),
            },
        )
        for now, ahead, some in product((working, night, holiday), deadlines, kinds)
    )


def _after(now: datetime, working_days: int) -> date:
    days = (now.date() + timedelta(days=ahead) for ahead in range(30))
    return next(day for day in days if working_days_left(now, day, WITH_HOLIDAYS.hours, OFFICE.zone) == working_days)


@settings(max_examples=40, deadline=None)  # each example tries a thousand cases
@given(st.lists(OTHER_WHENS, min_size=1, max_size=4))
def test_every_rule_on_days_times_and_kinds_that_can_never_win_is_found(whens: list[dict[str, Any]]) -> None:
    """Neither more nor less: the days of the calendar and those of the office go each their own way."""
    rules = rules_asking(whens)
    assert never_winning(rules) == {rule.id for rule in rules} - winners(rules, everything_else())


PIECES = st.sampled_from(["a", "b", ".", "a*", "b?", "^", "$", "(a|b)", "(^a|b)", "(a$|b)*", "[ab]", r"\$", r"\b", "|"])
PATTERNS = st.lists(PIECES, min_size=1, max_size=5).map("".join).filter(lambda text: not re.search(r"[*?]{2}", text))
VALUES = ["", *("".join(some) for length in (1, 2, 3, 4) for some in product("ab$c", repeat=length))]


@settings(max_examples=300)
@given(PATTERNS)
def test_what_is_said_of_patterns_is_so(pattern: str) -> None:
    """Against all short values: a pattern said to match everything does, and one said to match nothing does not."""
    try:
        found = [compiled(pattern).search(value) is not None for value in VALUES]
    except re2.error:
        return
    if matches_everything(pattern):
        assert all(found)
    if matches_nothing(pattern):
        assert not any(found)
