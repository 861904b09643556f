"""What is refused in rules and templates: every problem at once, each with its place and what was expected."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.policy.cases import OFFICE, RULES, TEMPLATE, load, rules_of, shipped, shipped_templates
from triage.core.office import Role, WorkingHours
from triage.core.policy.fitting import check_against, unheard_contacts
from triage.core.policy.loading import Rulebook, RuleSet, load_rules

HEAD = "rules:\n  - id: one\n    description: A rule of a test.\n"
THEN = "    then: {folder: review, reply: none}\n"


def problems(text: str, **more: Any) -> list[str]:
    """Every problem of a rules file, as it is printed."""
    loaded = load(text, **more)
    return [str(problem) for problem in loaded] if isinstance(loaded, list) else []


def condition(text: str) -> list[str]:
    """Every problem of one condition, which stands in line 6."""
    found = problems(f"{HEAD}    when:\n      all:\n        - {text}\n{THEN}")
    return [problem.removeprefix("rules.yaml:6:11: rules.0.when.all.0") for problem in found]


CONDITIONS = {
    "unknown key": ("lable: urgent", [".lable: unknown key; did you mean 'label'?"]),
    "unknown label": ("label: urgnt", [".label: 'urgnt' is not a label, nor unsure; did you mean 'urgent'?"]),
    "unknown label in a list": (
        "label: [urgent, webfrom]",
        [".label: 'webfrom' is not a label, nor unsure; did you mean 'webform'?"],
    ),
    "empty list": ("label: []", [".label: the list is empty; expected at least one that is a label, nor unsure"]),
    "unknown machine": (
        "machine: bounces",
        [".machine: 'bounces' is not a kind of machine mail; did you mean 'bounce'?"],
    ),
    "unknown fact": ("has: identifer", [".has: 'identifer' is not a fact; did you mean 'identifier'?"]),
    "unknown language": (
        "language: french",
        [".language: 'french' is not a language; known here: en, fr, mixed, unknown"],
    ),
    "unknown result": (
        "authentication: failed",
        [".authentication: 'failed' is not a result of authentication; did you mean 'fail'?"],
    ),
    "no number": (
        "deadline_within_days: soon",
        [".deadline_within_days: Input should be a valid integer, unable to parse string as an integer"],
    ),
    "two keys": (
        "{label: urgent, office: delhi}",
        [": a condition has exactly one key; this one has label and office: write one condition for each"],
    ),
    "no key": ("{}", [": a condition has exactly one key; this one has none: write one condition for each"]),
    "no value": ("'label':", [": 'label' needs a value"]),
    "no value at all": ("'header':", [": 'header' needs a value"]),
    "a word": ("urgent", [": expected keys and values, such as 'label: …'"]),
    "no bound": ("probability: {of: urgent}", [".probability: expected at_least, at_most, or both"]),
    "bounds crossed": (
        "probability: {at_least: 0.9, at_most: 0.1}",
        [".probability: at_least is more than at_most, so this can never hold"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_a_wrong_condition_is_refused_with_the_nearest_word(text: str, expected: list[str]) -> None:
    """One sentence for each mistake, at its line and key."""
    assert condition(text) == expected


def test_a_wrong_pattern_is_refused_at_its_own_column() -> None:
    """The pattern's line and column, and what RE2 says."""
    found = problems(f"{HEAD}    when:\n      all:\n        - header: {{name: Subject, matches: '((('}}\n{THEN}")
    assert found == [
        "rules.yaml:6:35: rules.0.when.all.0.header.matches: not a pattern of RE2 (missing ): (((); "
        "look-around and back-references do not exist there"
    ]


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(a)\1", "a" * 501, "", r"((((a{99}){99}){99}){99})"])
def test_a_pattern_that_could_cost_too_much_is_refused(pattern: str) -> None:
    """Look-around, back-references, lengths and repetitions without bound, and the empty pattern."""
    assert len(condition(f"header: {{name: Subject, matches: '{pattern}'}}")) == 1


FILES: dict[str, tuple[str, list[str]]] = {
    "not YAML": (
        "rules: [",
        [
            "rules.yaml:1:9: not valid YAML: while parsing a flow node expected the node content, "
            "but found '<stream end>'"
        ],
    ),
    "empty": ("", ["rules.yaml:1:1: expected keys and values, such as 'rules: …'"]),
    "a rule that is a word": ("rules: [one]", ["rules.yaml:1:9: rules.0: expected keys and values, such as 'id: …'"]),
    "a list": ("- id: one", ["rules.yaml:1:1: expected keys and values, such as 'rules: …'"]),
    "no rules": ("rules: []", ["rules.yaml:1:1: rules: expected at least one rule"]),
    "unknown key at the top": (
        f"{HEAD}{THEN}rule: x",
        ["rules.yaml:5:1: rule: unknown key; did you mean 'rules'?"],
    ),
    "key given twice": (
        f"{HEAD}    id: two\n{THEN}",
        [
            'rules.yaml:4:5: not valid YAML: while constructing a mapping found duplicate key "id" '
            'with value "two" (original value: "one")'
        ],
    ),
    "unknown key of a rule": (
        f"{HEAD}    them: x\n{THEN}",
        ["rules.yaml:4:5: rules.0.them: unknown key; did you mean 'then'?"],
    ),
    "unknown group": (
        f"{HEAD}    when: {{al: [{{label: urgent}}]}}\n{THEN}",
        ["rules.yaml:4:12: rules.0.when.al: unknown key; did you mean 'all'?"],
    ),
    "empty when": (
        f"{HEAD}    when: {{}}\n{THEN}",
        ["rules.yaml:4:5: rules.0.when: 'when' has no conditions; leave 'when' out for a rule that always matches"],
    ),
    "empty group": (
        f"{HEAD}    when: {{all: []}}\n{THEN}",
        ["rules.yaml:4:5: rules.0.when: 'all' has no conditions; leave 'when' out for a rule that always matches"],
    ),
    "no then": (HEAD, ["rules.yaml:2:5: rules.0: required key 'then' is missing"]),
    "nothing said of the reply": (
        f"{HEAD}    then: {{folder: review}}",
        ["rules.yaml:4:5: rules.0.then: required key 'reply' is missing"],
    ),
    "a folder's name": (
        f"{HEAD}    then: {{folder: To review, reply: none}}",
        [
            "rules.yaml:4:12: rules.0.then.folder: 'To review' is not a name: "
            "lower-case letters, digits, - and _, a letter first"
        ],
    ),
    "not working time": (
        f"{HEAD}    then: {{folder: review, reply: none, respond_within: 4 hours}}",
        [
            "rules.yaml:4:41: rules.0.then.respond_within: '4 hours' is no working time; "
            "expected one like '4 working hours' or '2 working days'"
        ],
    ),
    "unknown template": (
        f"{HEAD}    then: {{folder: review, reply: anser}}",
        ["rules.yaml:4:28: rules.0.then.reply: no template 'anser'; did you mean 'answer'?"],
    ),
    "same id": (
        f"{HEAD}    when: {{all: [{{label: urgent}}]}}\n{THEN}{HEAD[7:]}{THEN}",
        ["rules.yaml:6:5: rules.1.id: 'one' is the id of an earlier rule too"],
    ),
    "id of no rule": (
        "rules:\n  - {id: none, description: A rule of a test., then: {folder: review, reply: none}}",
        ["rules.yaml:2:6: rules.0.id: 'none' is recorded where no rule decides"],
    ),
    "after one that always matches": (
        f"{HEAD}{THEN}{HEAD[7:].replace('one', 'two')}{THEN}",
        ["rules.yaml:5:5: rules.1.id: can never win: the earlier rule 'one' matches every message"],
    ),
    "the same conditions again": (
        "rules:\n"
        "  - {id: one, description: A rule of a test., when: {any: [{label: urgent}]}, "
        "then: {folder: review, reply: none}}\n"
        "  - {id: two, description: A rule of a test., when: {any: [{label: [urgent]}]}, "
        "then: {folder: urgent, reply: none}}\n",
        ["rules.yaml:3:6: rules.1.id: can never win: the earlier rule 'one' has the same conditions"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), FILES.values(), ids=FILES.keys())
def test_a_wrong_file_is_refused_at_the_line_to_mend(text: str, expected: list[str]) -> None:
    """The very words that an operator reads."""
    assert problems(text) == expected


def test_all_problems_are_told_at_once() -> None:
    """Nobody mends a file one error at a time: rules and templates are both looked through."""
    text = "rules:\n  - id: One\n    description: short\n    then: {folder: Review, replly: x}\n"
    found = load_rules(text, {"a.en.txt": "Re: {{ refrence }}\nHello {{ x", "readme": ""}, file="rules.yaml")
    assert isinstance(found, list)
    assert [(problem.file, problem.key) for problem in found] == [
        ("rules.yaml", "rules.0.id"),
        ("rules.yaml", "rules.0.description"),
        ("rules.yaml", "rules.0.then.folder"),
        ("rules.yaml", "rules.0.then"),
        ("rules.yaml", "rules.0.then.replly"),
        ("a.en.txt", ""),
        ("readme", ""),
    ]


def test_the_shipped_rules_have_no_problem() -> None:
    """What is delivered loads, and fits an office with the usual folders."""
    assert check_against(Rulebook(default=shipped()), [OFFICE]) == []
    assert unheard_contacts(Rulebook(default=shipped()), [OFFICE]) == []


NEEDY = """\
rules:
  - id: one
    description: A rule of a test.
    when: {all: [{office: [delhi, nairobi, nairobbi]}], none: [{office: pariss}]}
    then: {folder: biometrics, reply: none, forward: biometrics, notify: [duty, chief]}
"""
PARIS = replace(OFFICE, id="paris", folders={role.value: role.value for role in Role}, units={}, contacts={})
NAIROBI = replace(PARIS, id="nairobi", units={"biometric": "b@nairobi.example"})


def test_what_offices_lack_is_told_at_the_rule_that_needs_it() -> None:
    """Folders, units and offices that rules name must be there at every office where the rule can win."""
    found = [str(problem) for problem in check_against(Rulebook(default=rules_of(NEEDY)), [OFFICE, NAIROBI, PARIS])]
    assert found == [
        "rules.yaml:4:19: rules.0.when.all.0.office: no office 'nairobbi'; did you mean 'nairobi'?",
        "rules.yaml:4:65: rules.0.when.none.0.office: no office 'pariss'; did you mean 'paris'?",
        "rules.yaml:5:12: rules.0.then.folder: office 'nairobi' has no folder 'biometrics'; "
        "known here: automated, reconsideration, review, sent, serious_error, urgent, webform",
        "rules.yaml:5:45: rules.0.then.forward: office 'nairobi' has no unit 'biometrics'; did you mean 'biometric'?",
    ]


def test_a_contact_that_an_office_lacks_is_a_warning() -> None:
    """Nobody to tell is not a reason to stop the mail; it is said for each office where the rule can win."""
    found = [str(problem) for problem in unheard_contacts(Rulebook(default=rules_of(NEEDY)), [OFFICE, NAIROBI, PARIS])]
    assert found == [
        "rules.yaml:5:66: rules.0.then.notify: no contact 'duty' at nairobi, so nobody there is told",
        "rules.yaml:5:66: rules.0.then.notify: no contact 'chief' at delhi, nairobi, so nobody there is told; "
        "known here: duty",
    ]


def test_an_unknown_holiday_calendar_is_refused() -> None:
    """Else every due time of that office would fail, and with it every decision."""
    hours = WorkingHours(days=OFFICE.hours.days, opens=OFFICE.hours.opens, closes=OFFICE.hours.closes, holidays="XX")
    found = check_against(Rulebook(default=shipped()), [replace(OFFICE, hours=hours)])
    assert [str(problem) for problem in found] == [
        "triage.yaml: office delhi: hours.holidays: no public holidays are known for 'XX'; "
        "expected an ISO 3166 code such as IN"
    ]


def test_the_digest_is_of_what_is_meant() -> None:
    """Comments, quotes, the order of keys and of files do not change it; rules, their order, and templates do."""
    text = f"{HEAD}{THEN}"
    same = "# why\nrules:\n- then: {reply: 'none', folder: \"review\"}\n  description: A rule of a test.\n  id: one\n"
    other = text.replace("review", "urgent")
    first, again, changed = rules_of(text), rules_of(same), rules_of(other)
    assert first.digest == again.digest != changed.digest
    assert len(first.digest) == 64
    files = {f"answer.{language}.txt": TEMPLATE for language in ("en", "fr")}
    turned = load_rules(text, dict(reversed(files.items())), file="rules.yaml")
    assert isinstance(turned, RuleSet)
    assert turned.digest == first.digest
    worded = load_rules(text, files | {"answer.en.txt": TEMPLATE + "Goodbye.\n"}, file="rules.yaml")
    assert isinstance(worded, RuleSet)
    assert worded.digest != first.digest


def test_the_guide_at_the_head_of_the_shipped_rules_is_true() -> None:
    """Every key of a condition and of `then` that the guide names exists, and none is left out."""
    from triage.core.policy.schema import Condition, Then

    guide = (RULES / "default.yaml").read_text(encoding="utf-8").partition("\nrules:")[0]
    for key in (*Condition.model_fields, *Then.model_fields):
        assert key in guide, key


def test_templates_that_no_rule_uses_are_checked_too() -> None:
    """A template is wrong whether or not a rule names it today."""
    files = dict(shipped_templates()) | {"unused.en.txt": "Re: {{ nothing }}\nHello\n"}
    found = load_rules((RULES / "default.yaml").read_text(encoding="utf-8"), files, file="default.yaml")
    assert isinstance(found, list)
    assert [problem.file for problem in found] == ["unused.en.txt", "unused.en.txt"]
