"""A rule that looks at who the sender is says why, or is refused; what it means to look is told apart."""

import pytest

from tests.unit.policy.cases import rules_of, shipped
from tests.unit.policy.layers import book
from triage.core.policy.fairness import NEUTRAL_KINDS, Justified, justified, needless, personal, unjustified
from triage.core.policy.loading import Rulebook
from triage.core.policy.safeguards import dangers
from triage.core.policy.schema import Condition

WHY = "The tribunal sets time limits that bind the department."


def a_rule(when: str, *, why: str = "") -> str:
    """A file with one rule."""
    justification = f"    justification: {why}\n" if why else ""
    return (
        f"rules:\n  - id: one\n    description: A rule of a test.\n{justification}    when: {when}\n"
        "    then: {folder: a, reply: none}\n"
    )


ABOUT_THE_SENDER = {
    "{all: [{header: {name: From, matches: a}}]}": "the header From",
    "{all: [{sender: {domain: firm.example}}]}": "the sender",
    "{all: [{header: {name: reply-to, matches: a}}]}": "the header reply-to",
    "{all: [{header: {name: X-Mailer, matches: a}}]}": "the header X-Mailer",
    "{all: [{header: {name: Date, matches: '\\+0530'}}]}": "the header Date",
    "{all: [{header: {name: Content-Language, matches: hi}}]}": "the header Content-Language",
    "{all: [{header: {name: Listing, matches: a}}]}": "the header Listing",
    "{all: [{language: fr}]}": "the language",
    "{any: [{label: urgent}, {language: [en, mixed]}]}": "the language",
    "{none: [{language: en}]}": "the language",
    "{all: [{has: representative}]}": "whether somebody acts for them",
    "{none: [{has: [harm, representative]}]}": "whether somebody acts for them",
}


@pytest.mark.parametrize("when", ABOUT_THE_SENDER)
def test_a_rule_about_the_sender_is_refused_unless_it_says_why(when: str) -> None:
    """Wherever it asks; once it says why, it is listed."""
    (found,) = unjustified(rules_of(a_rule(when)).rules)
    assert found.message.startswith(f"asks about the sender ({ABOUT_THE_SENDER[when]}): a rule that looks at who")
    assert "write 'justification: …'" in found.message
    rule_set = rules_of(a_rule(when, why=WHY))
    assert (unjustified(rule_set.rules), needless(rule_set.rules)) == ([], [])
    (listed,) = justified(Rulebook(default=rule_set))
    assert listed == Justified(rule="one", asks=ABOUT_THE_SENDER[when], justification=WHY, place="rules.yaml:4")


ABOUT_THE_MESSAGE = [
    "{all: [{header: {name: Subject, matches: a}}]}",
    "{all: [{sender_messages_this_week: {at_least: 4}}]}",
    "{all: [{header: {name: x-priority, matches: '1'}}]}",
    "{all: [{header: {name: List-Id, matches: a}}]}",
    "{all: [{header: {name: Content-Type, matches: pdf}}]}",
    "{all: [{authentication: fail}, {office: delhi}, {answers: our-reply}]}",
    "{all: [{sender_messages_this_week: {at_least: 5}}]}",
    "{all: [{has: [harm, identifier]}], any: [{label: urgent}, {topic: medical}], none: [{machine: any}]}",
]


@pytest.mark.parametrize("when", ABOUT_THE_MESSAGE)
def test_a_rule_about_the_message_needs_no_justification_and_is_warned_of_one(when: str) -> None:
    """Those that matter would be hard to find among needless ones."""
    assert unjustified(rules_of(a_rule(when)).rules) == []
    rule_set = rules_of(a_rule(when, why=WHY))
    (found,) = needless(rule_set.rules)
    assert (found.path, justified(Rulebook(default=rule_set))) == (("justification",), [])
    assert found.message.startswith("justifies nothing")


def test_a_rule_that_asks_twice_is_told_once_at_the_first_place() -> None:
    """With all that it asks."""
    (found,) = unjustified(
        rules_of(
            a_rule("{all: [{label: urgent}, {language: fr}], none: [{has: representative}, {language: en}]}")
        ).rules
    )
    assert found.path == ("when", "all", 1)
    assert "(the language, whether somebody acts for them)" in found.message


def test_the_shipped_rules_look_at_nobody() -> None:
    """So they justify nothing."""
    assert (unjustified(shipped().rules), needless(shipped().rules)) == ([], [])
    assert justified(Rulebook(default=shipped())) == []


def test_a_condition_of_a_new_kind_is_about_the_sender_until_it_is_said_not_to_be() -> None:
    """Whoever adds one decides; `has` and `header` are told apart by what they name."""
    kinds = set(Condition.model_fields) - NEUTRAL_KINDS
    assert kinds == {"header", "has", "language", "sender"}
    assert personal(Condition.model_construct({"new_kind"})) == "the new kind"


DEFAULT = """\
rules:
  - id: tribunal
    description: What the tribunal writes is looked at first.
    justification: The tribunal sets time limits that bind the department.
    when: {all: [{header: {name: From, matches: tribunal}}]}
    then: {folder: review, reply: none, respond_within: 1 working day}
  - id: others
    description: All the rest comes after it.
    then: {folder: review, reply: none, respond_within: 2 working days}
"""
OWN = "    justification: The consulate next door shares our counter and its letters are ours.\n"


def layer(when: str, why: str = "") -> str:
    """An office that asks for something else in the default's rule."""
    return f"overrides:\n  - id: tribunal\n{why}    when: {{all: [{when}]}}\n"


def unfair(**layers: str) -> list[str]:
    """What is refused as unjustified."""
    problems = [str(problem) for problem in dangers(book(DEFAULT, **layers), [])]
    return [one for one in problems if "asks about the sender" in one]


def test_an_office_does_not_inherit_a_justification_for_other_conditions() -> None:
    """It says why itself, in its own file; where it changes only what is done, the default's holds."""
    consulate = "{header: {name: From, matches: consulate}}"
    (problem,) = unfair(delhi=layer(consulate))
    assert problem.startswith("rules/offices/delhi.yaml:3:")
    assert problem.endswith("; the default's was for other conditions")
    assert unfair(delhi=layer(consulate, OWN)) == []
    assert unfair(delhi=layer("{label: urgent}")) == []
    assert unfair(delhi="overrides:\n  - {id: tribunal, then: {flag: true}}\n") == []


def test_a_rule_of_an_office_is_refused_like_one_of_the_default() -> None:
    """With the office's line."""
    rule = (
        "{id: french, description: French comes first., when: {all: [{language: fr}]}, then: {folder: a, reply: none}}"
    )
    (problem,) = unfair(delhi=f"insert:\n  - before: others\n    rules:\n      - {rule}\n")
    assert problem.startswith("rules/offices/delhi.yaml:4:")


def test_each_justified_rule_is_listed_once_with_the_offices_that_have_it_otherwise() -> None:
    """The default's, and an office's own; not again where an office has the default's."""
    consulate = layer("{header: {name: Reply-To, matches: consulate}}", OWN)
    found = justified(book(DEFAULT, delhi=consulate, nairobi="overrides:\n  - {id: others, then: {flag: true}}\n"))
    assert [(one.place, one.asks, one.offices) for one in found] == [
        ("rules/default.yaml:4", "the header From", ()),
        ("rules/offices/delhi.yaml:3", "the header Reply-To", ("delhi",)),
    ]
