"""A rule that looks at who the sender is says why, or is refused; what it means to look is told apart."""

import pytest

from tests.unit.policy.cases import rules_of, shipped
from triage.core.policy.fairness import justified, needless, unjustified

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
    rules = rules_of(a_rule(when, why=WHY)).rules
    assert (unjustified(rules), needless(rules), [rule.id for rule in justified(rules)]) == ([], [], ["one"])


ABOUT_THE_MESSAGE = [
    "{all: [{header: {name: Subject, matches: a}}]}",
    "{all: [{header: {name: x-priority, matches: '1'}}]}",
    "{all: [{header: {name: List-Id, matches: a}}]}",
    "{all: [{header: {name: Content-Type, matches: pdf}}]}",
    "{all: [{authentication: fail}, {office: delhi}, {answers: our-reply}]}",
    "{all: [{has: [harm, identifier]}], any: [{label: urgent}, {topic: medical}], none: [{machine: any}]}",
]


@pytest.mark.parametrize("when", ABOUT_THE_MESSAGE)
def test_a_rule_about_the_message_needs_no_justification_and_is_warned_of_one(when: str) -> None:
    """Those that matter would be hard to find among needless ones."""
    assert unjustified(rules_of(a_rule(when)).rules) == []
    rules = rules_of(a_rule(when, why=WHY)).rules
    (found,) = needless(rules)
    assert (found.path, justified(rules)) == (("justification",), [])
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
    assert (unjustified(shipped().rules), needless(shipped().rules), justified(shipped().rules)) == ([], [], [])
