"""What is surely wrong with rules, each told at its place; and what is not sure, not told."""

import pytest

from tests.unit.policy.cases import rules_of
from triage.core.policy.checks import findings
from triage.core.policy.patterns import matches_everything, matches_nothing
from triage.core.policy.reasoning import MOST_STEPS, Is, Or, impossible


def found(*whens: str, offices: tuple[str, ...] = ("delhi", "paris")) -> list[tuple[int, str, str]]:
    """Rule, place within it, and message, for rules with these conditions."""
    rules = "".join(
        f"  - id: r{number}\n    description: A rule of a test.\n    when: {when}\n"
        "    then: {folder: a, reply: none}\n"
        for number, when in enumerate(whens)
    )
    told = findings(rules_of(f"rules:\n{rules}").rules, offices)
    return [(one.rule, ".".join(map(str, one.path)), one.message) for one in told]


CONTRADICTIONS = {
    "machine mail has no label": (
        "{all: [{machine: any}, {label: urgent}]}",
        "all.1",
        "all: machine: any; all: label: urgent",
    ),
    "what cannot be read is unsure": (
        "{all: [{unparseable: true}, {label: urgent}]}",
        "all.1",
        "all: unparseable: true; all: label: urgent",
    ),
    "two languages": ("{all: [{language: fr}, {language: en}]}", "all.1", "all: language: fr; all: language: en"),
    "none of what is asked": ("{all: [{has: harm}], none: [{has: harm}]}", "none.0", "all: has: harm; none: has: harm"),
    "a deadline that is none": (
        "{all: [{deadline_within_days: 5}], none: [{has: deadline}]}",
        "none.0",
        "all: deadline_within_days: 5; none: has: deadline",
    ),
    "all alternatives": (
        "{all: [{language: fr}], any: [{language: en}, {language: mixed}]}",
        "any",
        "all: language: fr; any: language: en or language: mixed",
    ),
    "probabilities": (
        "{all: [{probability: {of: urgent, at_least: 0.3}}, {probability: {of: urgent, at_most: 0.2}}]}",
        "all.1",
        "all: probability: of urgent, at_least 0.3; all: probability: of urgent, at_most 0.2",
    ),
    "time": (
        "{all: [{time: office-hours}, {time: [outside-hours, holiday]}]}",
        "all.1",
        "all: time: office-hours; all: time: outside-hours, holiday",
    ),
    "working days to no deadline": (
        "{all: [{deadline_within_working_days: 5}], none: [{has: deadline}]}",
        "none.0",
        "all: deadline_within_working_days: 5; none: has: deadline",
    ),
    "a harm that is none": (
        "{all: [{harm: lapse}], none: [{has: harm}]}",
        "none.0",
        "all: harm: lapse; none: has: harm",
    ),
    "two senders": (
        "{all: [{sender: {address: a@x.example}}, {sender: {domain: y.example}}]}",
        "all.1",
        "all: sender: address a@x.example; all: sender: domain y.example",
    ),
    "a sender that the pattern does not match": (
        "{all: [{sender: {address: a@x.example}}, {sender: {matches: '^b'}}]}",
        "all.1",
        "all: sender: address a@x.example; all: sender: matches ^b",
    ),
    "numbers of messages": (
        "{all: [{sender_messages_this_week: {at_least: 4}}, {sender_messages_this_week: {at_most: 3}}]}",
        "all.1",
        "all: sender_messages_this_week: at_least 4; all: sender_messages_this_week: at_most 3",
    ),
    "two offices": ("{all: [{office: delhi}, {office: paris}]}", "all.1", "all: office: delhi; all: office: paris"),
    "the same header": (
        "{all: [{header: {name: Subject, matches: a}}], none: [{header: {name: subject, matches: a}}]}",
        "none.0",
        "all: header: name Subject, matches a; none: header: name subject, matches a",
    ),
    "what cannot be read has no probability": (
        "{all: [{unparseable: true}, {probability: {at_least: 0}}]}",
        "all.1",
        "all: unparseable: true; all: probability: at_least 0.0",
    ),
    "what is not classified has no probability": (
        "{all: [{machine: list}, {probability: {at_least: 0.1}}]}",
        "all.1",
        "all: machine: list; all: probability: at_least 0.1",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_conditions_that_can_never_hold_together_are_told(name: str) -> None:
    """Only those that contradict, at the last of them; a condition that has no part in it is left out."""
    when, place, asked = CONTRADICTIONS[name]
    (told,) = found(when)
    assert told == (0, f"when.{place}", f"these conditions can never hold together: {asked}")
    beside = when.replace("{all: [", "{all: [{topic: medical}, ", 1)
    ((_, _, message),) = found(beside)
    assert message == f"these conditions can never hold together: {asked}"


SHADOWED = {
    "a narrower rule": (["{all: [{label: [urgent, webform]}]}", "{all: [{label: urgent}, {language: fr}]}"], ["r0"]),
    "days": (["{all: [{deadline_within_days: 15}]}", "{all: [{deadline_within_days: 15}, {has: harm}]}"], ["r0"]),
    "a deadline is one": (["{all: [{has: deadline}]}", "{all: [{deadline_within_days: 9}]}"], ["r0"]),
    "a fact": (["{all: [{has: [date, identifier]}]}", "{all: [{has: date}, {language: fr}]}"], ["r0"]),
    "kinds of machine mail": (["{all: [{machine: [bulk, list]}]}", "{all: [{machine: list}]}"], ["r0"]),
    "working days": (
        ["{all: [{deadline_within_working_days: 5}]}", "{all: [{deadline_within_working_days: 3}]}"],
        ["r0"],
    ),
    "a holiday is outside": (["{all: [{time: outside-hours}]}", "{all: [{time: holiday}]}"], ["r0"]),
    "all day long": (
        ["{all: [{time: office-hours}]}", "{all: [{time: outside-hours}]}", "{all: [{topic: medical}]}"],
        ["r0", "r1"],
    ),
    "an error of a kind": (["{all: [{has: office-error}]}", "{all: [{office_error: [fee, wrong-name]}]}"], ["r0"]),
    "all decisions": (
        [
            "{all: [{decision: [refusal, return]}]}",
            "{all: [{decision: [cancellation, finding]}]}",
            "{all: [{has: decision}]}",
        ],
        ["r0", "r1"],
    ),
    "an address of a domain": (
        ["{all: [{sender: {domain: x.example}}]}", "{all: [{sender: {address: a@mail.x.example}}]}"],
        ["r0"],
    ),
    "a domain below another": (
        ["{all: [{sender: {domain: x.example}}]}", "{all: [{sender: {domain: mail.x.example}}]}"],
        ["r0"],
    ),
    "an address that a pattern matches": (
        ["{all: [{sender: {matches: '@x'}}]}", "{all: [{sender: {address: a@x.example}}]}"],
        ["r0"],
    ),
    "more messages": (
        [
            "{all: [{sender_messages_this_week: {at_least: 3}}]}",
            "{all: [{sender_messages_this_week: {at_least: 5}}]}",
        ],
        ["r0"],
    ),
    "numbers one beside the other": (
        [
            "{all: [{sender_messages_this_week: {at_most: 3}}]}",
            "{all: [{sender_messages_this_week: {at_least: 4, at_most: 6}}]}",
            "{all: [{sender_messages_this_week: {at_least: 2, at_most: 5}}]}",
        ],
        ["r0", "r1"],
    ),
    "both sides": (
        ["{all: [{has: harm}]}", "{none: [{has: harm}]}", "{all: [{language: fr}]}"],
        ["r0", "r1"],
    ),
    "all offices": (["{all: [{office: delhi}]}", "{all: [{office: paris}]}", "{all: [{label: urgent}]}"], ["r0", "r1"]),
    "every kind of mail": (
        [
            "{all: [{label: [urgent, unsure]}]}",
            "{all: [{has: date}]}",
            "{all: [{label: [serious_error, reconsideration, webform]}]}",
            "{all: [{machine: any}]}",
            "{all: [{topic: medical}]}",
        ],
        ["r0", "r2", "r3"],
    ),
    "a range of probability": (
        [
            "{all: [{probability: {of: urgent, at_least: 0.2, at_most: 0.5}}]}",
            "{all: [{probability: {of: urgent, at_least: 0.3, at_most: 0.5}}]}",
        ],
        ["r0"],
    ),
}


@pytest.mark.parametrize("name", SHADOWED)
def test_a_rule_that_earlier_ones_leave_nothing_to_is_told(name: str) -> None:
    """With those that take all of it, and no others."""
    whens, names = SHADOWED[name]
    ((rule, place, message),) = found(*whens)
    assert (rule, place) == (len(whens) - 1, "id")
    for number in range(len(whens)):
        assert (f"'r{number}'" in message) is (f"r{number}" in names)


NOT_SURE = {
    "patterns": ["{all: [{header: {name: Subject, matches: a}}]}", "{all: [{header: {name: Subject, matches: ab}}]}"],
    "headers": ["{all: [{header: {name: From, matches: a}}]}", "{all: [{header: {name: To, matches: a}}]}"],
    "facts": ["{all: [{has: date}]}", "{all: [{has: identifier}]}"],
    "another kind of machine mail": ["{all: [{machine: bulk}]}", "{all: [{machine: list}]}"],
    "a probability between": [
        "{all: [{probability: {of: urgent, at_most: 0.5}}]}",
        "{all: [{probability: {of: urgent, at_least: 0.6}}]}",
        "{all: [{probability: {of: urgent, at_most: 1}}]}",
    ],
    "patterns of senders": ["{all: [{sender: {matches: a}}]}", "{all: [{sender: {matches: b}}]}"],
    "certain": ["{all: [{probability: {at_most: 0.9}}]}", "{all: [{probability: {at_least: 1}}]}"],
    "topics": ["{all: [{topic: medical}]}", "{all: [{topic: biometrics}]}"],
    "a wider rule below": ["{all: [{label: urgent}, {language: fr}]}", "{all: [{label: urgent}]}"],
    "today": ["{all: [{deadline_within_days: 0}]}"],
    "one day more": ["{all: [{deadline_within_days: 5}]}", "{all: [{deadline_within_days: 6}]}"],
    "one working day more": [
        "{all: [{deadline_within_working_days: 5}]}",
        "{all: [{deadline_within_working_days: 6}]}",
    ],
    "days and working days": [
        "{all: [{deadline_within_days: 5}]}",
        "{all: [{deadline_within_working_days: 0}]}",
    ],
    "working days and days": [
        "{all: [{deadline_within_working_days: 260}]}",
        "{all: [{deadline_within_days: 0}]}",
    ],
    "a deadline beyond all working days": [
        "{all: [{deadline_within_working_days: 260}]}",
        "{all: [{has: deadline}]}",
    ],
    "nobody knows how many": [
        "{all: [{sender_messages_this_week: {at_most: 3}}]}",
        "{all: [{sender_messages_this_week: {at_least: 4}}]}",
        "{all: [{topic: medical}]}",
    ],
    "a number between": [
        "{all: [{sender_messages_this_week: {at_most: 2}}]}",
        "{all: [{sender_messages_this_week: {at_least: 4}}]}",
        "{all: [{sender_messages_this_week: {at_most: 4}}]}",
    ],
    "another address of the domain": [
        "{all: [{sender: {address: a@x.example}}]}",
        "{all: [{sender: {domain: mail.x.example}}]}",
        "{all: [{sender: {domain: x.example}}]}",
    ],
    "nobody": ["{all: [{sender: {matches: a}}]}", "{none: [{sender: {matches: a}}]}"],
    "a pattern and another sender": ["{all: [{sender: {domain: x.example}}, {sender: {matches: '^b'}}]}"],
    "two kinds": ["{all: [{harm: lapse}, {harm: stranded}]}", "{all: [{harm: [lapse, danger]}]}"],
    "night": ["{all: [{time: holiday}]}", "{all: [{time: outside-hours}]}"],
    "a deadline far off": ["{all: [{deadline_within_days: 365}]}", "{all: [{has: deadline}]}"],
    "an exchange": ["{all: [{answers: our-reply}]}", "{all: [{answers: an-exchange}]}"],
    "one of two facts": ["{all: [{has: harm}]}", "{all: [{has: [harm, decision]}]}"],
    "broken machine mail": ["{all: [{label: unsure}]}", "{all: [{unparseable: true}]}"],
    "bounds meet": [
        "{all: [{probability: {of: urgent, at_least: 0.3}}, {probability: {of: urgent, at_most: 0.3}}]}",
    ],
    "two labels": [
        "{all: [{probability: {of: urgent, at_least: 0.6}}, {probability: {of: webform, at_least: 0.6}}]}",
    ],
    "without a model": [
        "{all: [{probability: {at_least: 0}}]}",
        "{all: [{machine: any}]}",
        "{all: [{unparseable: true}]}",
        "{all: [{label: unsure}]}",
    ],
}


@pytest.mark.parametrize("name", NOT_SURE)
def test_what_is_not_sure_is_not_told(name: str) -> None:
    """Nothing is supposed of patterns, topics and probabilities, nor of what may be."""
    assert found(*NOT_SURE[name]) == []


def test_where_the_offices_are_not_known_there_may_be_others() -> None:
    """Rules for two offices leave the rest to the rule below."""
    whens = ["{all: [{office: delhi}]}", "{all: [{office: paris}]}", "{all: [{label: urgent}]}"]
    assert found(*whens, offices=()) == []


def test_what_a_contradiction_asks_takes_nothing_from_rules_below() -> None:
    """And each is told once."""
    assert [rule for rule, _, _ in found("{all: [{language: fr}, {language: en}]}", "{all: [{language: fr}]}")] == [0]


def test_a_rule_below_two_that_take_it_is_told_of_the_one_that_can_win() -> None:
    """A rule that can never win is no reason for another."""
    told = found(
        "{all: [{label: urgent}]}", "{all: [{label: urgent}, {has: harm}]}", "{all: [{label: urgent}, {has: date}]}"
    )
    assert [(rule, "'r0'" in message, "'r1'" in message) for rule, _, message in told] == [
        (1, True, False),
        (2, True, False),
    ]


@pytest.mark.parametrize(
    "pattern", ["a*", ".*", "^.*$", "^(.*)$", "^", "$", "a*$", "^a?", "x?", "a|", "(a|)", "(?i)b*"]
)
def test_a_pattern_that_matches_everything_is_known(pattern: str) -> None:
    """It asks only that the header is there."""
    assert matches_everything(pattern)
    assert [path for _, path, _ in found(f"{{all: [{{header: {{name: Subject, matches: '{pattern}'}}}}]}}")] == [
        "when.all.0.header.matches"
    ]


@pytest.mark.parametrize("pattern", ["a^", "$a", "(a)^b", "x^|$y", "a$b", "(?:a^)+", ".$.", r"a\Ab", "(a|b)^c", "ab?^"])
def test_a_pattern_that_matches_nothing_is_known(pattern: str) -> None:
    """An anchor stands where it cannot."""
    assert matches_nothing(pattern)
    assert not matches_everything(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a",
        "^a",
        "a$",
        "^$",
        r"\b",
        "^a|",
        "a|b^",
        "(?m)a^b",
        "(a^)*",
        "(a^)?b",
        "a?^b",
        "(a|)^b",
        r"\$a",
        "[$]a",
        "[^a]",
        "a[^b]",
    ],
)
def test_a_pattern_that_may_match_is_left_alone(pattern: str) -> None:
    """Neither is said of it."""
    assert not matches_everything(pattern)
    assert not matches_nothing(pattern)


def pigeons(holes: int) -> tuple[list[Or], dict[str, frozenset[int]]]:
    """One pigeon more than there are holes, no two in one: impossible, which no search of this kind sees at once."""
    domains = {f"pigeon {number}": frozenset(range(holes)) for number in range(holes + 1)}
    apart = [
        Or(
            (
                Is(f"pigeon {one}", frozenset(range(holes)) - {hole}),
                Is(f"pigeon {two}", frozenset(range(holes)) - {hole}),
            )
        )
        for one in range(holes + 1)
        for two in range(one)
        for hole in range(holes)
    ]
    return apart, domains


def test_what_takes_too_long_to_find_out_is_not_told() -> None:
    """With eight holes the search gives up."""
    assert MOST_STEPS < 100_000
    assert not impossible(*pigeons(8))


def test_no_case_is_looked_at_again() -> None:
    """Else six holes would take more steps than there may be."""
    assert impossible(*pigeons(6))
