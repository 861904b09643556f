"""Tests beside the rules: what they may say, the case that is made of it, and how a failure is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.unit.policy.cases import NOW, OFFICE, rules_of, shipped
from triage.core.labels import UNSURE, Label
from triage.core.located_yaml import Document, parse_yaml, validate
from triage.core.message import Language
from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.deciding import decide
from triage.core.policy.judging import differences, why_not
from triage.core.policy.rule_tests import Expected, Given, RuleTestsFile
from triage.core.policy.schema import Condition
from triage.core.policy.schema_values import FACT_NAMES
from triage.core.policy.staging import blank_case, staged


def a_case(**given: Any) -> Case:
    """The case that a test with these things given makes."""
    return staged(blank_case(OFFICE, NOW), Given.model_validate(given))


def wrong(test: str) -> list[str]:
    """Every problem of a file with one test, whose keys begin in line 3."""
    document = parse_yaml(f"tests:\n  - name: A test\n{test}", file="tests.yaml")
    assert isinstance(document, Document)
    found = validate(document, RuleTestsFile)
    return [str(one) for one in found] if isinstance(found, list) else []


@pytest.mark.parametrize("name", FACT_NAMES)
def test_every_fact_can_be_given(name: str) -> None:
    """A fact that rules may ask for is found where a test gives it, and no other fact is but what it implies."""
    implied = {"deadline": {"date"}}.get(name, set())
    for other in FACT_NAMES:
        found = try_condition(Condition.model_validate({"has": other}), a_case(has=[name])).matched
        assert found is (other == name or other in implied)


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"label": "urgent"}, {"label": "urgent"}),
        ({"label": "urgent", "probability": 0.7}, {"probability": {"of": "urgent", "at_least": 0.69, "at_most": 0.71}}),
        (
            {"label": "unsure", "probability": {"urgent": 0.6, "webform": 0.4}},
            {"probability": {"of": "urgent", "at_least": 0.6}},
        ),
        ({"machine": "bounce"}, {"machine": "bounce"}),
        ({"unparseable": True}, {"unparseable": True}),
        ({"authentication": "fail"}, {"authentication": "fail"}),
        ({"language": "fr"}, {"language": "fr"}),
        ({"deadline_in_days": 9}, {"deadline_within_days": 9}),
        ({"deadline_in_days": 7}, {"deadline_within_working_days": 5}),
        ({"topic": "medical"}, {"topic": "medical"}),
        ({"harm": "lapse"}, {"harm": "lapse"}),
        ({"sender": "clerk@courts.example"}, {"sender": {"domain": "courts.example"}}),
        ({"sender_messages_this_week": 4}, {"sender_messages_this_week": {"at_least": 4}}),
        ({"topic": "medical"}, {"sender_messages_this_week": {"at_most": 1}}),
        ({"office_error": "fee"}, {"office_error": "fee"}),
        ({"decision": "return"}, {"decision": "return"}),
        ({"answers": "our-reply"}, {"answers": "our-reply"}),
        ({"answers": "an-exchange"}, {"answers": "an-exchange"}),
    ],
    ids=str,
)
def test_what_is_given_is_what_a_rule_finds(given: Mapping[str, Any], condition: Mapping[str, Any]) -> None:
    """Each thing that can be given makes the condition that asks for it hold, which does not hold without it."""
    asked = Condition.model_validate(condition)
    assert try_condition(asked, a_case(**given)).matched
    assert not try_condition(asked, blank_case(OFFICE, NOW)).matched


def test_a_deadline_further_off_is_not_within_the_days() -> None:
    """A deadline given for the tenth day is not within nine days."""
    assert not try_condition(Condition.model_validate({"deadline_within_days": 9}), a_case(deadline_in_days=10)).matched


def test_probabilities_are_of_all_four_labels_and_add_up() -> None:
    """Whatever is given: nothing, one number, or one for each label."""
    for given in (None, 0.7, {"urgent": 0.5, "webform": 0.5}):
        for label in (*Label, UNSURE):
            answer = a_case(label=str(label), **({} if given is None else {"probability": given})).classification
            assert answer is not None
            assert set(answer.probabilities) == set(Label)
            assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_the_likeliest_of_the_labels_given_is_the_one_that_an_unsure_answer_names() -> None:
    """As the classifier's own answers do; what is sure names the label that was decided."""
    shares = {"urgent": 0.6, "webform": 0.4}
    unsure = a_case(label="unsure", probability=shares).classification
    sure = a_case(label="webform", probability=shares).classification
    assert unsure is not None
    assert sure is not None
    assert (unsure.label, unsure.decision, sure.label) == (Label.URGENT, UNSURE, Label.WEBFORM)


@pytest.mark.parametrize("given", [{"machine": "list"}, {"unparseable": True}], ids=str)
def test_what_is_given_as_never_classified_has_no_answer(given: Mapping[str, Any]) -> None:
    """Though the text that the test holds was put to the classifier."""
    answered = staged(blank_case(OFFICE, NOW), Given(label="urgent"))
    assert staged(answered, Given.model_validate(given)).classification is None
    assert staged(answered, Given(language=Language.FRENCH)).classification is not None


WRONG = {
    "nothing given": ("    expect: {rule: one}\n", "expected a 'message', an 'eml', or what is 'given'"),
    "two messages": ("    message: {}\n    eml: a.eml\n    expect: {rule: one}\n", "'message' or 'eml', not both"),
    "nothing expected": ("    given: {label: urgent}\n    expect: {}\n", "expected at least one of the things"),
    "zone": ("    given: {label: urgent}\n    now: 2026-11-25T10:00:00Z\n    expect: {rule: one}\n", "without a zone"),
    "no time": ("    given: {label: urgent}\n    now: soon\n    expect: {rule: one}\n", "'soon' is no time"),
    "a number": ("    given: {label: urgent}\n    now: 3\n    expect: {rule: one}\n", "'3' is no time"),
    "label of machine": ("    given: {label: urgent, machine: list}\n    expect: {rule: one}\n", "never classified"),
    "probability alone": ("    given: {probability: 0.3}\n    expect: {rule: one}\n", "'probability' needs 'label'"),
    "sum": (
        "    given: {label: unsure, probability: {urgent: 0.5}}\n    expect: {rule: one}\n",
        "must add up to 1",
    ),
    "near name": ("    given: {lable: urgent}\n    expect: {rule: one}\n", "did you mean 'label'?"),
    "fact": ("    given: {has: prior-enquiry}\n    expect: {rule: one}\n", "did you mean 'prior_enquiry'?"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_test_that_cannot_be_meant_is_refused(name: str) -> None:
    """With its place and what was expected."""
    text, message = WRONG[name]
    (problem,) = wrong(text)
    assert message in problem
    assert problem.startswith("tests.yaml:")


EXPECT_ALL = {
    "rule": "urgent",
    "folder": "urgent",
    "reply": "acknowledge-urgent",
    "flag": True,
    "keywords": ["$Urgent"],
    "forward": "none",
    "notify": "duty",
    "respond_within": "4 working hours",
    "due": datetime(2026, 11, 25, 15, 30),  # noqa: DTZ001 - the office's own time
    "hold": False,
    "always": "none",
    "on_trial": "none",
    "reason": "label",
}
OTHERWISE: Mapping[str, Any] = {
    "rule": ("webform", "urgent"),
    "folder": ("review", "urgent"),
    "reply": ("none", "acknowledge-urgent"),
    "flag": (False, "true"),
    "keywords": ("none", "$Urgent"),
    "forward": ("biometrics", "none"),
    "notify": ("none", "duty"),
    "respond_within": ("5 working hours", "Wed 2026-11-25 15:30"),
    "due": ("none", "Wed 2026-11-25 15:30"),
    "hold": (True, "false"),
    "always": ("court", "none"),
    "on_trial": ("urgent", "none"),
    "reason": ("fact", "label"),
}


def test_what_is_as_expected_has_no_difference() -> None:
    """An urgent message against everything that is true of it."""
    case = a_case(label="urgent")
    assert differences(Expected.model_validate(EXPECT_ALL), decide(shipped(), case), case) == ()


@pytest.mark.parametrize("what", EXPECT_ALL)
def test_each_thing_that_is_otherwise_is_a_difference(what: str) -> None:
    """And the only one, told with what was got."""
    wanted, got = OTHERWISE[what]
    case = a_case(label="urgent")
    (found,) = differences(Expected.model_validate({**EXPECT_ALL, what: wanted}), decide(shipped(), case), case)
    assert (found.what, found.got) == (what, got)


def test_every_thing_that_can_be_expected_is_compared() -> None:
    """A key under `expect` that nothing compares would always pass."""
    assert list(Expected.model_fields) == list(EXPECT_ALL) == list(OTHERWISE)


def test_a_reply_that_may_not_go_out_is_told_with_the_reason() -> None:
    """The rule asks for it, the daily limit forbids it."""
    case = a_case(label="urgent", replies_today=4)
    (found,) = differences(Expected(reply="acknowledge-urgent"), decide(shipped(), case), case)
    assert found.got == "none (not answered: the sender has had 4 automatic replies in 24 hours)"


RULES = """
rules:
  - id: first
    description: A rule that stands above.
    when: {all: [{label: urgent}]}
    then: {folder: urgent, reply: none}
  - id: second
    description: A rule with all three lists.
    when:
      all: [{label: urgent}]
      any: [{language: fr}, {has: deadline}]
      none: [{topic: medical}]
    then: {folder: review, reply: none}
"""


def why(**given: Any) -> tuple[str, ...]:
    """Why the rule `second` did not win."""
    rules, case = rules_of(RULES), a_case(**given)
    return why_not("second", rules.rules, case, decide(rules, case))


def test_the_conditions_that_did_not_hold_are_told_with_what_was_found() -> None:
    """Those under `any` each, since none of them held; what held is not told."""
    assert why(label="webform", topic="medical") == (
        "it asks for  label: urgent  and found: webform",
        "it asks for  one of any, language: fr  and found: en",
        "it asks for  one of any, has: deadline  and found: not found",
        "it asks for  not topic: medical  and found: medical",
    )


def test_alternatives_of_which_one_holds_are_not_told() -> None:
    """Where one under `any` held, the others are no reason."""
    assert why(label="webform", language=Language.FRENCH) == ("it asks for  label: urgent  and found: webform",)


def test_a_rule_that_matches_below_the_winner_is_told_so() -> None:
    """Order is the reason, and no condition is."""
    (sentence,) = why(label="urgent", language="fr")
    assert sentence == "'second' matches too, but 'first' stands above it and matches first, on label: urgent"


def test_a_rule_that_the_office_does_not_have_is_told_so() -> None:
    """Another office may have it."""
    rules, case = rules_of(RULES), a_case(label="urgent")
    assert why_not("third", rules.rules, case, decide(rules, case)) == ("this office has no rule 'third'",)
