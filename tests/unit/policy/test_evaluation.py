"""Which rule wins, what is told of those that did not, and the reason that is recorded."""

import pytest

from tests.unit.policy.cases import SPAN, a_case, rules_of
from triage.core.facts.record import Authentication
from triage.core.policy.case import Case
from triage.core.policy.decision import Reason
from triage.core.policy.evaluation import evaluate, reason_for
from triage.core.screening import MachineKind

THEN = "then: {folder: review, reply: none}"


def rule(name: str, when: str = "") -> str:
    """One rule's text."""
    conditions = f"when: {when}, " if when else ""
    return f"  - {{id: {name}, description: A rule of a test., {conditions}{THEN}}}\n"


def winner(text: str, case: Case) -> str | None:
    """The id of the rule that wins."""
    found, _ = evaluate(rules_of("rules:\n" + text).rules, case)
    return found.id if found else None


def test_the_first_that_matches_wins() -> None:
    """Order decides, not how much a rule asks for."""
    both = rule("first", "{all: [{office: delhi}]}") + rule("second", "{all: [{office: delhi}, {label: urgent}]}")
    assert winner(both, a_case()) == "first"


def test_a_rule_without_conditions_matches_everything() -> None:
    """Leaving `when` out means always."""
    assert winner(rule("named", "{all: [{label: webform}]}") + rule("rest"), a_case()) == "rest"


def test_nothing_may_win() -> None:
    """Where no rule matches, there is no winner, and every rule was tried."""
    text = rule("one", "{all: [{label: webform}]}") + rule("two", "{all: [{label: unsure}]}")
    found, trials = evaluate(rules_of("rules:\n" + text).rules, a_case())
    assert found is None
    assert [(trial.rule, trial.matched) for trial in trials] == [("one", False), ("two", False)]


GROUPS = {
    "all: both hold": ("{all: [{label: urgent}, {office: delhi}]}", True),
    "all: one does not": ("{all: [{label: urgent}, {office: paris}]}", False),
    "any: one holds": ("{any: [{label: webform}, {office: delhi}]}", True),
    "any: none holds": ("{any: [{label: webform}, {office: paris}]}", False),
    "none: none holds": ("{none: [{label: webform}, {office: paris}]}", True),
    "none: one holds": ("{none: [{label: webform}, {office: delhi}]}", False),
    "all and any": ("{all: [{label: urgent}], any: [{office: paris}, {office: delhi}]}", True),
    "all, but no any": ("{all: [{label: urgent}], any: [{office: paris}]}", False),
    "all, but one of none": ("{all: [{label: urgent}], none: [{office: delhi}]}", False),
    "any, but one of none": ("{any: [{label: urgent}], none: [{office: delhi}]}", False),
    "all three": ("{all: [{label: urgent}], any: [{office: delhi}], none: [{language: fr}]}", True),
}


@pytest.mark.parametrize(("when", "matches"), GROUPS.values(), ids=GROUPS.keys())
def test_the_three_groups_each_mean_one_thing(when: str, matches: bool) -> None:
    """`all` must hold, one of `any`, nothing of `none` (pitfalls users 11)."""
    assert (winner(rule("asked", when), a_case()) == "asked") is matches


def test_every_condition_is_shown_with_what_was_found() -> None:
    """A person sees why a rule did not match, also what comes after the condition that settled it."""
    text = "rules:\n" + rule("one", "{all: [{label: webform}, {office: delhi}], none: [{language: en}]}") + rule("two")
    _, trials = evaluate(rules_of(text).rules, a_case())
    assert [(trial.condition, trial.matched, trial.found) for trial in trials[0].conditions] == [
        ("label: webform", False, "urgent"),
        ("office: delhi", True, "delhi"),
        ("not language: en", False, "en"),
    ]
    assert (trials[-1].rule, trials[-1].matched, trials[-1].conditions) == ("two", True, ())


FAILING = {"authentication": Authentication.FAIL}
REASONS: dict[str, tuple[str, Case, Reason]] = {
    "a label": ("{all: [{label: urgent}]}", a_case(), Reason.LABEL),
    "unsure": ("{all: [{label: unsure}]}", a_case("unsure"), Reason.UNSURE),
    "no model": ("{all: [{label: unsure}]}", a_case(None), Reason.NO_MODEL),
    "unsure since unreadable": (
        "{all: [{label: unsure}]}",
        a_case(None, message={"unparseable": True}),
        Reason.UNPARSEABLE,
    ),
    "a machine": ("{all: [{machine: any}]}", a_case(None, machine=MachineKind.BULK), Reason.AUTOMATED),
    "unreadable": (
        "{all: [{unparseable: true}]}",
        a_case(None, message={"unparseable": True}),
        Reason.UNPARSEABLE,
    ),
    "readable is no reason": ("{all: [{unparseable: false}]}", a_case(), Reason.FACT),
    "denied": ("{all: [{authentication: fail}, {label: urgent}]}", a_case(facts=FAILING), Reason.SUSPECT_SENDER),
    "vouched for is no suspicion": (
        "{all: [{authentication: pass}]}",
        a_case(facts={"authentication": Authentication.PASS}),
        Reason.FACT,
    ),
    "an exchange": (
        "{all: [{answers: an-exchange}, {label: urgent}]}",
        a_case(history={"answers": "DEL-1"}),
        Reason.ANSWERS_US,
    ),
    "a fact": ("{all: [{has: prior_enquiry}]}", a_case(facts={"prior_enquiry": SPAN}), Reason.FACT),
    "an alternative that does not hold": ("{any: [{machine: any}, {label: urgent}]}", a_case(), Reason.LABEL),
    "something ruled out": ("{all: [{label: urgent}], none: [{machine: any}]}", a_case(), Reason.LABEL),
    "always": ("", a_case(), Reason.FACT),
}


@pytest.mark.parametrize(("when", "case", "reason"), REASONS.values(), ids=REASONS.keys())
def test_the_reason_is_the_strongest_thing_asked_and_found(when: str, case: Case, reason: Reason) -> None:
    """The recorded reason names what was found, never what was only asked about."""
    found, _ = evaluate(rules_of("rules:\n" + rule("asked", when)).rules, case)
    assert found is not None
    assert reason_for(found, case) is reason


def test_without_a_winner_the_reason_says_so() -> None:
    """No rule is a reason of its own."""
    assert reason_for(None, a_case()) is Reason.NO_RULE


def test_every_reason_has_a_sentence_for_people() -> None:
    """Codes are stored, sentences are shown."""
    assert all(reason.sentence.endswith(".") and reason == reason.value for reason in Reason)
    assert len({reason.sentence for reason in Reason}) == len(Reason)
