"""What goes under a floor is refused with both lines, and what was changed; the shipped rules keep to theirs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time

import pytest

from tests.unit.policy.cases import OFFICE, RULES, shipped, shipped_templates
from triage.core.office import Office
from triage.core.policy.floors import Breach, breaches
from triage.core.policy.loading import Rulebook, RuleSet, load_book, load_rules
from triage.core.policy.safeguards import dangers
from triage.core.policy.schema import Rule
from triage.core.working_time import no_later, parse_working_time

DEFAULT = (RULES / "default.yaml").read_text(encoding="utf-8")
FLOORS = DEFAULT.split("\nfloors:\n")[1]


def loaded(text: str) -> RuleSet:
    """Rules with the shipped templates."""
    found = load_rules(text, shipped_templates(), file="default.yaml")
    assert isinstance(found, RuleSet), "\n".join(map(str, found))
    return found


def told(text: str, offices: Sequence[Office] = (OFFICE,)) -> list[str]:
    """What endangers people in these rules."""
    return [str(problem) for problem in dangers(Rulebook(default=loaded(text)), offices)]


def line_of(text: str, wanted: str) -> int:
    """The first line with these words."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if wanted in line)


def test_the_shipped_rules_endanger_nobody() -> None:
    """At an office, and where none is known."""
    assert dangers(Rulebook(default=shipped()), [OFFICE]) == []
    assert dangers(Rulebook(default=shipped()), []) == []
    assert len(shipped().floors) == 6


# What is written in the shipped rules instead of what; then the key that is named, and the floor with what it asks.
BELOW = {
    "an urgent message unanswered": (
        "reply: acknowledge-urgent",
        "reply: none",
        "rules.6.then.reply",
        "urgent-is-answered",
        "gets 'reply: any': rule 'urgent' may win for one and does not do so",
    ),
    "an urgent message late": (
        "      respond_within: ${urgent_answer_within}\n\n  - id: answers",
        "      respond_within: 5 working hours\n\n  - id: answers",
        "rules.6.then.respond_within",
        "urgent-is-seen",
        "gets 'respond_within: 4 working hours': rule 'urgent' may win for one and does not do so",
    ),
    "a suspect one unflagged, with nobody told": (
        "      flag: true\n      keywords: [$SuspectSender, $Urgent]\n      reply: none\n      notify: duty\n",
        "      keywords: [$SuspectSender, $Urgent]\n      reply: none\n",
        "rules.4.then.flag",
        "urgent-is-seen",
        "gets 'flag: true', 'notify: duty': rule 'suspect-urgent' may win for one",
    ),
    "an urgent message set aside": (
        "folder: urgent",
        "folder: automated",
        "rules.6.then.folder",
        "urgent-is-seen",
        "gets 'not_in: automated': rule 'urgent' may win for one and does not do so; set that under 'then'",
    ),
    "what is unsure put off": (
        "reply: acknowledge-unsure\n      respond_within: ${review_within}\n\n  - id: follow-up",
        "reply: acknowledge-unsure\n      respond_within: 3 working days\n\n  - id: follow-up",
        "rules.10.then.respond_within",
        "unsure-is-seen",
        "gets 'respond_within: 2 working days': rule 'unsure' may win for one",
    ),
    "a mistake that waits for ever": (
        "      respond_within: ${error_answer_within}\n",
        "",
        "rules.8.then.respond_within",
        "a-person-answers",
        "gets 'respond_within: 10 working days': rule 'serious-error' may win for one",
    ),
    "answers sent to the web form": (
        "reply: acknowledge-answer",
        "reply: redirect-webform",
        "rules.7.then.reply",
        "webform-is-for-the-sure",
        "'redirect-webform' is only sent where all: label: webform; none: answers: our-reply; none: answers: "
        "an-exchange: rule 'answers-our-reply' may win for another message; ask for all that under 'when'",
    ),
}


@pytest.mark.parametrize("name", BELOW)
def test_a_rule_that_goes_under_a_floor_is_refused_with_both_lines(name: str) -> None:
    """The key of the rule, the line of the floor, what it asks for and what to do."""
    old, new, key, floor, says = BELOW[name]
    assert DEFAULT.count(old) == 1
    text = DEFAULT.replace(old, new)
    (problem,) = [one for one in told(text) if "goes under" in one]
    assert (
        f": {key}: goes under the floor '{floor}' (default.yaml:{line_of(text, f'id: {floor}')}), by which" in problem
    )
    assert says in problem
    rule, _, what = key.removeprefix("rules.").partition(".then.")
    place = loaded(text).document.place(("rules", int(rule), "then", what))
    assert problem.startswith(f"default.yaml:{place[0]}:{place[1]}: ")


def test_what_no_rule_takes_is_held_to_the_floors_too() -> None:
    """A person gets it in a working day, flagged, unanswered: too little for an urgent message."""
    when = "{all: [{machine: bounce}]}"
    rule = f"{{id: bounces, description: Bounces go nowhere., when: {when}, then: {{folder: a, reply: none}}}}"
    found = told(f"floors:\n{FLOORS}\nrules:\n  - {rule}\n")
    assert len(found) == 2
    assert all(one.startswith(f"default.yaml:{len(FLOORS.splitlines()) + 3}:1: rules: goes under") for one in found)
    assert all(one.endswith("no rule may match one, and then it is not done; add a rule that does") for one in found)


def changed(rules: Sequence[Rule], **by_id: str) -> list[Rule]:
    """Rules with one of them written anew, or left out where nothing is written."""
    return [
        loaded(f"rules:\n  - {{id: {rule.id}, description: Changed by an office., {by_id[rule.id]}}}\n").rules[0]
        if rule.id in by_id
        else rule
        for rule in rules
        if by_id.get(rule.id) != ""
    ]


def causes(rules: Sequence[Rule]) -> list[tuple[str | None, tuple[str, ...], str | None]]:
    """What is named as changed, and a rule that would win."""
    found = breaches(rules, shipped().floors, ["delhi"], OFFICE.hours, before=shipped().rules)
    return [(one.rule, one.path, one.winner) for one in found]


def test_where_rules_were_made_of_others_what_was_changed_is_named() -> None:
    """A `then` that does less, a `when` that takes less or more, a rule that is no longer there."""
    rules = shipped().rules
    urgent = "then: {folder: urgent, reply: none, flag: true, notify: duty, respond_within: 4 working hours}"
    less = "when: {all: [{label: urgent}, {topic: medical}]}"
    more = "when: {all: [{label: [reconsideration, unsure]}]}"
    do = "then: {folder: urgent, reply: acknowledge-urgent, flag: true, notify: duty, respond_within: 4 working hours}"
    slow = "then: {folder: reconsideration, reply: acknowledge-reconsideration, respond_within: 5 working days}"
    assert causes(changed(rules, urgent=f"when: {{all: [{{label: urgent}}]}}, {urgent}")) == [
        ("urgent", ("then", "reply"), "urgent")
    ]
    assert causes(changed(rules, urgent=f"{less}, {do}")) == [
        ("urgent", ("when",), "answers-our-reply"),
        ("urgent", ("when",), "follow-up"),
    ]
    assert causes(changed(rules, reconsideration=f"{more}, {slow}")) == [
        ("reconsideration", ("when",), "reconsideration")
    ]
    assert causes([rule for rule in rules if rule.id != "urgent"]) == [
        ("urgent", (), "answers-our-reply"),
        ("urgent", (), "follow-up"),
    ]
    assert causes(rules) == []


def test_of_a_rule_that_takes_more_and_does_less_what_it_does_less_is_named() -> None:
    """That is mended in one place, though another rule is gone too; what it never did is not what was changed."""
    then = "then: {folder: webform, reply: none, respond_within: 9 working days}"
    rules = changed(shipped().rules, urgent="", webform=f"when: {{all: [{{label: [webform, urgent]}}]}}, {then}")
    named = {path for rule, path, winner in causes(rules) if rule == winner == "webform"}
    assert named == {("then", "reply"), ("then", "respond_within")}


def test_of_several_changes_the_one_that_took_such_messages_is_named() -> None:
    """A change above it that is about other mail is not what lets them through."""
    then = "then: {folder: review, reply: none, flag: true, respond_within: 1 working day}"
    rules = shipped().rules
    assert rules[1].id == "automated"
    both = changed(rules, **{rules[1].id: f"when: {{all: [{{machine: bulk}}]}}, {then}", "urgent": ""})
    assert {(rule, path) for rule, path, _ in causes(both)} == {("urgent", ())}


def test_what_was_left_as_it_was_is_named_by_what_it_does() -> None:
    """Where an office's hours make a day too long for rules that it did not change."""
    sound = loaded(
        DEFAULT.replace(
            "respond_within: 2 working days\n\n  - id: a-p", "respond_within: 4 working hours\n\n  - id: a-p"
        )
    )
    found = breaches(sound.rules, sound.floors, ["delhi"], OFFICE.hours, before=sound.rules)
    assert {(one.rule, one.path) for one in found} == {(one.winner, ("then", "respond_within")) for one in found}
    assert found


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (("then", "flag"), "rule 'urgent' may win for one and does not do so; set that under 'then', or leave such"),
        (("then", "hold"), "rule 'urgent' may win for one and does not do so; take 'hold' out, or leave such"),
        (("when",), "with this, rule 'urgent' may win for one and does not do so; leave such messages to it"),
        ((), "without 'gone', rule 'urgent' may win for one and does not do so; leave such messages to it"),
    ],
)
def test_the_sentence_says_what_was_changed_and_what_to_do(path: tuple[str, ...], says: str) -> None:
    """In one sentence, whatever it was."""
    breach = Breach(floor=0, asked="'flag: true'", winner="urgent", rule="gone", path=path)
    sentence = breach.sentence(shipped().floors, "default.yaml:31")
    assert sentence.startswith("goes under the floor 'urgent-is-seen' (default.yaml:31), by which such a message gets ")
    assert says in sentence


def test_days_and_hours_are_compared_by_the_length_of_the_offices_day() -> None:
    """Four hours are within a day of four hours, and beyond one of three; told once for offices that are alike."""
    hours = DEFAULT.replace(
        "respond_within: 2 working days\n\n  - id: a-person", "respond_within: 4 working hours\n\n  - id: a-person"
    )
    assert hours != DEFAULT
    short = replace(OFFICE, hours=replace(OFFICE.hours, closes=time(10, 30)))  # a day and the rest of this: 3 hours
    assert told(hours, [short, replace(short, id="nairobi")]) == []
    found = told(hours, [OFFICE, replace(OFFICE, id="nairobi"), short])
    assert found
    assert len(found) == len(set(found))
    assert all("gets 'respond_within: 4 working hours'" in one for one in found)


def test_what_cannot_be_proved_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search gives up, nothing is supposed."""
    monkeypatch.setattr("triage.core.policy.reasoning.MOST_STEPS", 0)
    found = breaches(shipped().rules, shipped().floors, ["delhi"], OFFICE.hours)
    assert {one.winner for one in found} >= {"automated", "webform"}


URGENT = "  - id: urgent\n"
OFFICES = {
    "what is done": (
        f"overrides:\n{URGENT}    then:\n      reply: none\n",
        4,
        "overrides.0.then.reply: goes under the floor 'urgent-is-answered'",
        "rule 'urgent' may win for one and does not do so",
    ),
    "what is asked": (
        f"overrides:\n{URGENT}    when:\n      all:\n        - label: urgent\n        - topic: medical\n",
        3,
        "overrides.0.when: goes under the floor 'urgent-is-seen'",
        "with this, rule 'answers-our-reply' may win for one and does not do so",
    ),
    "a rule that is gone": (
        f"disable:\n{URGENT}    reason: The duty officer reads it all anyway.\n",
        2,
        "disable.0: goes under the floor 'urgent-is-seen'",
        "without 'urgent', rule 'answers-our-reply' may win for one and does not do so",
    ),
    "a rule on trial": (
        f"overrides:\n{URGENT}    enforce: false\n",
        3,
        "overrides.0.enforce: goes under the floor 'urgent-is-seen'",
        "without 'urgent', rule 'answers-our-reply' may win for one and does not do so",
    ),
    "an answer held back": (
        f"overrides:\n{URGENT}    then:\n      hold: true\n",
        4,
        "overrides.0.then.hold: goes under the floor 'urgent-is-answered'",
        "gets 'reply: any': rule 'urgent' may win for one and does not do so",
    ),
    "a rule before it": (
        "insert:\n  - before: urgent\n    rules:\n      - id: medical\n        description: Illness goes to a unit.\n"
        "        when: {all: [{topic: medical}]}\n"
        "        then: {folder: review, flag: true, reply: acknowledge-unsure, respond_within: 1 working day}\n",
        7,
        "insert.0.rules.0.then.notify: goes under the floor 'urgent-is-seen'",
        "gets 'notify: duty', 'respond_within: 4 working hours': rule 'medical' may win for one",
    ),
    "a parameter": (
        "parameters:\n  urgent_answer_within: 6 working hours\n",
        2,
        "parameters.urgent_answer_within: goes under the floor 'urgent-is-seen'",
        "(the value of ${urgent_answer_within})",
    ),
}


@pytest.mark.parametrize("name", OFFICES)
def test_no_office_goes_under_a_floor_of_the_default(name: str) -> None:
    """Both lines are named: the office's, by what it changed, and the floor's."""
    layer, line, begins, says = OFFICES[name]
    texts = {"default.yaml": DEFAULT, "offices/delhi.yaml": layer}
    texts |= {f"templates/{file}": text for file, text in shipped_templates().items()}
    found = load_book(texts, folder="rules")
    assert isinstance(found, Rulebook), found
    problems = [one for one in dangers(found, [OFFICE, replace(OFFICE, id="paris")]) if "goes under" in one.message]
    assert {one.file for one in problems} == {"rules/offices/delhi.yaml"}
    assert line in {one.line for one in problems}
    (problem, *_) = [str(one) for one in problems if begins in str(one)]
    assert f"(rules/default.yaml:{line_of(DEFAULT, 'id: ' + begins.rsplit(chr(39), 2)[1])})" in problem
    assert says in problem


@pytest.mark.parametrize(
    ("span", "limit", "holds"),
    [
        ("8 working hours", "1 working day", True),  # begun after closing: the whole of the next day
        ("9 working hours", "1 working day", False),
        ("480 working minutes", "8 working hours", True),
        ("1 working day", "16 working hours", True),  # begun at opening: this day and the next
        ("1 working day", "15 working hours", False),
        ("2 working days", "2 working days", True),
        ("3 working days", "2 working days", False),
    ],
)
def test_times_are_compared_in_a_day_of_eight_hours(span: str, limit: str, *, holds: bool) -> None:
    """At the last moment that makes a difference, on both sides of it."""
    assert no_later(parse_working_time(span), parse_working_time(limit), OFFICE.hours) is holds


def test_a_floor_may_ask_what_no_rule_asks() -> None:
    """Two contacts, of whom a rule tells one; a probability; an office."""
    rule = "{id: all, description: A person looks at it all., then: {folder: a, reply: none, notify: duty}}"
    floors = {
        "{all: [{label: urgent}]}, must: {notify: [duty, deputy]}": "notify: deputy",
        "{all: [{probability: {of: urgent, at_least: 0.4}}]}, must: {flag: true}": "flag: true",
        "{all: [{office: delhi}]}, must: {reply: any}": "reply: any",
    }
    for floor, asked in floors.items():
        text = f"floors:\n  - {{id: one, description: A floor of a test., when: {floor}}}\nrules:\n  - {rule}\n"
        assert [one for one in told(text) if f"gets '{asked}'" in one]


BAD_FLOORS = {
    "the id of a rule": ("id: urgent-is-seen", "id: urgent", "floors.0.id: 'urgent' is the id of a rule, or"),
    "the id of another": (
        "id: urgent-is-seen",
        "id: unsure-is-seen",
        "is the id of a rule, or of an earlier floor, too",
    ),
    "no such template": (
        "reply: redirect-webform\n    only",
        "reply: redirect\n    only",
        "no template 'redirect'; did",
    ),
    "not for everybody": (
        "- authentication: fail\n    must",
        "- language: fr\n    must",
        "floors.1.when.none.0: asks about the sender (the language): a floor holds for everybody",
    ),
    "for nobody": (
        "- authentication: fail\n    must",
        "- label: urgent\n    must",
        "floors.1.when: these conditions can never hold together",
    ),
}


@pytest.mark.parametrize("name", BAD_FLOORS)
def test_a_floor_that_does_not_hold_what_it_says_is_refused(name: str) -> None:
    """With its own line."""
    old, new, says = BAD_FLOORS[name]
    assert DEFAULT.count(old) == 1
    assert [one for one in told(DEFAULT.replace(old, new)) if says in one]
