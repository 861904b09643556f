"""What is added whichever rule wins, rules on trial, and mail that is held."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.unit.policy.cases import OFFICE, a_case, load, rules_of
from tests.unit.policy.layers import DEFAULT, book
from tests.unit.policy.layers import told as problems_told
from triage.core.effects import AddFlags, Forward, Notify, Reply
from triage.core.facts.record import Authentication
from triage.core.policy.case import Case
from triage.core.policy.checks import findings, findings_of_always
from triage.core.policy.coverage import cover
from triage.core.policy.deciding import decide, fail_open
from triage.core.policy.decision import Decision, OnTrial
from triage.core.policy.effective import as_json, as_yaml
from triage.core.policy.fitting import check_against, unheard_contacts
from triage.core.policy.judging import why_not, why_not_on_trial
from triage.core.policy.loading import Rulebook
from triage.core.policy.simulation import Change, Comparison, Past
from triage.core.screening import MachineKind

RULES = """\
rules:
  - id: urgent
    description: The rule for urgent messages.
    when: {all: [{label: urgent}]}
    then: {folder: urgent, reply: answer, keywords: $Urgent, notify: duty}
  - id: machine
    description: The rule for machine mail.
    when: {all: [{machine: any}]}
    then: {folder: automated, reply: none}
"""
ALWAYS = """\
always:
  - id: english
    description: Marks what is in English.
    when: {all: [{language: en}]}
    then: {keywords: [$English, $Urgent], notify: [duty, nobody]}
  - id: french
    description: Marks what is in French.
    when: {all: [{language: fr}]}
    then: {keywords: $French}
  - id: everything
    description: Marks everything there is.
    then: {keywords: $Seen}
"""
BOTH = rules_of(RULES + ALWAYS)


def a_rule(name: str, when: str, then: str = "folder: review, reply: none", **keys: str) -> str:
    """One rule's text."""
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"  - {{id: {name}, description: A rule of a test., when: {{{when}}}, then: {{{then}}}{more}}}\n"


def flags(decision: Decision) -> tuple[str, ...]:
    """What is set on the message."""
    return next((effect.flags for effect in decision.plan if isinstance(effect, AddFlags)), ())


def told(decision: Decision) -> list[str]:
    """Contacts that are notified."""
    return [effect.contact for effect in decision.plan if isinstance(effect, Notify)]


def test_all_that_matches_is_added_in_order_and_once() -> None:
    """Beside what the winner does: a keyword or a person that both name is not set or told twice."""
    decision = decide(BOTH, a_case("urgent"))
    assert (decision.rule, decision.always) == ("urgent", ("english", "everything"))
    assert flags(decision) == ("$Urgent", "$English", "$Seen")
    assert told(decision) == ["duty"]
    assert decision.notes == ("nobody is notified as 'nobody': the office names no such contact",)
    tried = [(one.rule, one.matched, one.enforced) for one in decision.always_tried]
    assert tried == [("english", True, True), ("french", False, True), ("everything", True, True)]


def test_it_is_added_where_no_rule_matches_too() -> None:
    """A person decides, and finds the marks; deciding that failed adds nothing, whatever it was."""
    decision = decide(BOTH, a_case("webform"))
    assert (decision.rule, decision.always) == ("none", ("english", "everything"))
    assert flags(decision) == ("\\Flagged", "$English", "$Urgent", "$Seen")
    case = a_case()
    assert fail_open(case.message, case.office, "why").always == ()


@pytest.mark.parametrize("kind", MachineKind)
def test_nobody_is_told_of_machine_mail_for_what_is_always_added(kind: MachineKind) -> None:
    """A contact's absence notice would be machine mail that sets off the next notice, for ever."""
    decision = decide(BOTH, a_case(None, machine=kind))
    assert (decision.rule, decision.always, told(decision)) == ("machine", ("english", "everything"), [])
    assert flags(decision) == ("$English", "$Urgent", "$Seen")
    assert decision.notes == ("nobody is notified for 'english': a machine wrote it",)


def test_a_rule_for_machine_mail_may_still_notify() -> None:
    """Who writes such a rule means it."""
    text = "rules:\n" + a_rule("bounces", "all: [machine: bounce]", "folder: review, reply: none, notify: duty")
    assert told(decide(rules_of(text + ALWAYS), a_case(None, machine=MachineKind.BOUNCE))) == ["duty"]


TRIAL = a_rule(
    "tried",
    "all: [label: urgent]",
    "folder: biometrics, reply: answer, notify: duty, respond_within: 4 working hours",
    enforce="false",
)
WATCHED = rules_of(RULES.replace("rules:\n", "rules:\n" + TRIAL))


def test_a_rule_on_trial_is_recorded_and_the_rules_below_it_act() -> None:
    """The whole plan is the same as without it."""
    decision, without = (decide(one, a_case("urgent")) for one in (WATCHED, rules_of(RULES)))
    due_at = datetime(2026, 11, 25, 10, tzinfo=UTC)
    assert decision.on_trial == OnTrial(rule="tried", folder="Biometrics", reply="answer", due_at=due_at)
    assert (decision.rule, decision.plan, decision.due_at) == (without.rule, without.plan, without.due_at)
    assert without.on_trial is None
    assert [(one.rule, one.matched, one.enforced) for one in decision.trials] == [
        ("tried", True, False),
        ("urgent", True, True),
    ]


def test_only_the_first_on_trial_above_the_winner_counts() -> None:
    """One below the winner would not have won, nor would one below another on trial."""
    second = a_rule("second", "all: [language: en]", enforce="false")
    above = rules_of("rules:\n" + TRIAL + second + RULES.removeprefix("rules:\n"))
    below = rules_of(RULES + second)
    on_trial = decide(above, a_case("urgent")).on_trial
    assert on_trial is not None
    assert on_trial.rule == "tried"
    assert decide(below, a_case("urgent")).on_trial is None
    of_webform = decide(above, a_case("webform"))
    assert (of_webform.rule, of_webform.on_trial) == ("none", OnTrial(rule="second", folder="Review", reply="none"))


def test_what_a_rule_on_trial_would_have_answered_keeps_to_what_may_be_answered() -> None:
    """Nobody would have had a reply whose domain denies the message."""
    on_trial = decide(WATCHED, a_case("urgent", facts={"authentication": Authentication.FAIL})).on_trial
    assert on_trial is not None
    assert on_trial.reply == "none"


def test_a_rule_on_trial_for_a_folder_that_the_office_lacks_stops_nothing() -> None:
    """What is only tried is recorded under the name that the rule gives."""
    elsewhere = a_case(office=replace(OFFICE, folders={"urgent": "Urgent"}))
    decision = decide(WATCHED, elsewhere)
    assert (decision.rule, decision.folder) == ("urgent", "Urgent")
    assert decision.on_trial is not None
    assert decision.on_trial.folder == "biometrics"


HELD = "rules:\n" + a_rule(
    "held", "all: [label: urgent]", "folder: review, reply: answer, forward: biometrics, notify: duty, hold: true"
)


def test_reply_and_forward_wait_and_people_are_told_at_once() -> None:
    """Filing goes on as the rule says."""
    plan = decide(rules_of(HELD), a_case("urgent")).plan
    assert [effect.held for effect in plan if isinstance(effect, (Reply, Forward))] == [True, True]
    assert any(isinstance(effect, Notify) for effect in plan)
    unheld = decide(rules_of(HELD.replace(", hold: true", "")), a_case("urgent")).plan
    assert not any(effect.held for effect in unheld if isinstance(effect, (Reply, Forward)))


PROBLEMS = {
    "nothing to hold": (
        "rules:\n" + a_rule("one", "all: [label: urgent]", "folder: review, reply: none, hold: true"),
        "rules.0.then.hold: there is nothing to hold: the rule neither replies nor forwards",
    ),
    "same id": (
        RULES + ALWAYS.replace("id: english", "id: urgent"),
        "always.0.id: 'urgent' is the id of an earlier rule too",
    ),
    "reserved id": (RULES + ALWAYS.replace("id: english", "id: none"), "always.0.id: 'none' is recorded where no rule"),
    "adds nothing": (RULES + ALWAYS.replace("keywords: $Seen", ""), "expected keywords, notify, or both"),
    "moves": (RULES + ALWAYS.replace("keywords: $Seen", "folder: urgent"), "folder"),
    "wrong keyword": (RULES + ALWAYS.replace("$Seen", "'two words'"), "always.2.then.keywords"),
    "second trial": (
        "rules:\n" + TRIAL + TRIAL.replace("id: tried", "id: again"),
        "can never win: the earlier rule 'tried' has the same conditions",
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_cannot_be_meant_is_refused(name: str) -> None:
    """With its place."""
    text, message = PROBLEMS[name]
    problems = load(text)
    assert isinstance(problems, list)
    assert any(message in str(problem) for problem in problems), "\n".join(map(str, problems))


def test_a_rule_on_trial_takes_nothing_from_those_that_act() -> None:
    """Above a rule with the same conditions it may stand; what is enforced takes from it as from any."""
    assert findings(WATCHED.rules, ["delhi"]) == []
    below = rules_of(RULES + a_rule("late", "all: [label: urgent, language: en]", enforce="false"))
    (found,) = findings(below.rules, ["delhi"])
    assert found.message == "can never win: the earlier rule 'urgent' matches whatever this one matches"
    first = a_rule("first", "all: [language: en]", enforce="false")
    second = a_rule("second", "all: [language: en, label: urgent]", enforce="false")
    (found,) = findings(rules_of("rules:\n" + first + second).rules, ["delhi"])
    assert "'first'" in found.message


def test_what_is_always_added_is_checked_like_rules() -> None:
    """Conditions that never hold, patterns that match everything, offices and contacts that nobody has."""
    rule_set = rules_of(
        RULES
        + """\
always:
  - id: never
    description: Contradicts itself, so nothing is added.
    when: {all: [{label: urgent}, {machine: any}]}
    then: {keywords: $Never}
  - id: empty
    description: Has a pattern that matches everything.
    when: {all: [{header: {name: Subject, matches: 'a*'}}, {office: dehli}]}
    then: {notify: dutty}
"""
    )
    found = findings_of_always(rule_set.always, ["delhi"])
    assert [(one.part, one.rule) for one in found] == [("always", 0), ("always", 1), ("always", 1)]
    (problem,) = check_against(Rulebook(default=rule_set), [OFFICE])
    assert problem.key.startswith("always.1.when.all.1.office")
    elsewhere = [one.key for one in unheard_contacts(Rulebook(default=rule_set), [OFFICE])]
    assert elsewhere == []  # the office does not come into it
    here = rules_of(RULES + ALWAYS)
    assert [one.key for one in unheard_contacts(Rulebook(default=here), [OFFICE])] == ["always.0.then.notify"]


def test_coverage_counts_what_was_added_and_what_would_have_won() -> None:
    """Under the same measure as rules, in their own words."""
    tried = rules_of("rules:\n" + TRIAL + RULES.removeprefix("rules:\n") + ALWAYS)
    covered = {one.rule: one for one in cover([(tried, a_case("urgent")), (tried, a_case("webform"))])}
    assert [(name, one.kind, one.won) for name, one in covered.items()] == [
        ("tried", "trial", 1),
        ("urgent", "rule", 1),
        ("machine", "rule", 0),
        ("english", "always", 2),
        ("french", "always", 0),
        ("everything", "always", 2),
    ]
    assert covered["french"].gaps[0] == "never added: no test matches it"
    late = rules_of(RULES + a_rule("late", "all: [language: en]", enforce="false"))
    (*_, below) = cover([(late, a_case("urgent"))])
    assert below.gaps[0] == "never would have won: where it matched, an earlier rule did: 'urgent' (1)"


def test_a_test_that_expects_a_rule_on_trial_to_win_is_told_why_it_does_not() -> None:
    """And where it is to be expected."""
    case = a_case("urgent")
    assert why_not("tried", WATCHED.rules, case, decide(WATCHED, case)) == (
        "'tried' matches, but it is on trial (enforce: false): expect it under 'on_trial'",
    )


def test_a_test_that_expects_a_rule_on_trial_is_told_why_it_is_not() -> None:
    """What did not hold; that it is not on trial; or what stands above it."""
    late = rules_of(RULES + a_rule("late", "all: [label: urgent, language: en]", enforce="false"))
    case, other = a_case("urgent"), a_case("webform")
    for rule, at, said in (
        ("late", other, "it asks for  label: urgent  and found: webform"),
        ("urgent", case, "'urgent' matches, and is not on trial: expect it under 'rule'"),
        ("late", case, "'late' matches too, but 'urgent' stands above it and matches first"),
    ):
        assert why_not_on_trial(rule, late.rules, at, decide(late, at)) == (said,)


def past(case: Case) -> Past:
    """A message to try versions on, known whole."""
    return Past(case=case, reference="DEL", unanswerable=decide(BOTH, case).unanswerable)


def test_simulation_knows_what_is_added_and_what_is_held() -> None:
    """A person who is told no more, and a reply that is held back, are losses."""
    case, plain = a_case("urgent"), rules_of(RULES.replace(", notify: duty", ""))
    added = rules_of(RULES.replace(", notify: duty", "") + ALWAYS)
    found = Comparison(added, plain).compare(past(case))
    assert isinstance(found, Change)
    assert found.losses() == ("fewer people told",)
    assert found.differences()["keywords"] == ("$Urgent, $English, $Seen", "$Urgent")
    held = Comparison(plain, rules_of(RULES.replace("reply: answer", "reply: answer, hold: true"))).compare(past(case))
    assert isinstance(held, Change)
    assert held.losses() == ("held back",)


def test_simulation_lets_a_rule_on_trial_change_nothing() -> None:
    """It is compared by enforcing it."""
    assert Comparison(rules_of(RULES), WATCHED).compare(past(a_case("urgent"))) is None
    enforced = rules_of("rules:\n" + TRIAL.replace(", enforce: false", ""))
    assert isinstance(Comparison(WATCHED, enforced).compare(past(a_case("urgent"))), Change)


def test_a_key_that_is_not_used_does_not_change_the_digest() -> None:
    """What is written out as it is anyway is the same set of rules."""
    said = RULES.replace("description: The rule for urgent", "enforce: true\n    description: The rule for urgent")
    assert rules_of(said).digest == rules_of(RULES).digest != BOTH.digest


LAYER = """\
always:
  - id: own
    description: An addition of an office's own.
    when: {all: [{topic: litigation}]}
    then: {keywords: "${marks}"}
"""


def test_an_office_adds_more_and_takes_nothing_away() -> None:
    """After the default's, with its own values of parameters; another office has only the default's."""
    usual = "always: [{id: all, description: An addition for every office., then: {keywords: $All}}]"
    rules = book(default=f"{DEFAULT}{usual}\n", delhi=f"parameters: {{marks: $Mine}}\n{LAYER}")
    here, there = rules.for_office("delhi"), rules.for_office("paris")
    assert [(one.id, one.then.keywords) for one in here.always] == [("all", ("$All",)), ("own", ("$Mine",))]
    assert [one.id for one in there.always] == ["all"]
    assert here.digest != there.digest
    assert here.problem(1, ("then",), "x", part="always").file.endswith("delhi.yaml")
    written = as_yaml(here, "rules")
    assert "default.yaml:" in written.partition("- id: all")[2].partition("\n")[0]
    assert "offices/delhi.yaml:" in written.partition("- id: own")[2].partition("\n")[0]
    assert [one["rule"]["id"] for one in as_json(here, "rules")["always"]] == ["all", "own"]


REFUSED = {
    "an id of the default": (LAYER.replace("id: own", "id: early"), "'early' is the id of an earlier rule too"),
    "no such parameter": (LAYER.replace("${marks}", "${mark}"), "no parameter 'mark'"),
    "moves": (LAYER.replace('keywords: "${marks}"', "folder: review"), "folder"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_an_office_cannot_add_is_refused_with_its_line(name: str) -> None:
    """In its own file."""
    text, message = REFUSED[name]
    (problem, *_) = problems_told(delhi=text)
    assert message in problem
    assert problem.startswith("rules/offices/delhi.yaml:")
