"""The rules of an office written out, and the differences of two: true to the rules, line by line."""

from dataclasses import replace

import pytest

from tests.unit.policy.layers import DEFAULT, TEMPLATES, at_delhi, book
from triage.core.located_yaml import Document, parse_yaml
from triage.core.policy.differing import Side, differences
from triage.core.policy.effective import as_json, as_yaml
from triage.core.policy.loading import RuleSet, load_rules

LAYER = """\
parameters:
  answer_within: 2 working hours
overrides:
  - id: early
    when:
      any:
        - header: {name: Subject, matches: '# not a comment: "x" '}
        - label: urgent
insert:
  - after: late
    rules:
      - id: own
        description: >-
          This is so long a text that it would never fit in a line beside the place that it comes from, and so it is
          folded, which must not change a word of it.
        then: {folder: review, reply: none, keywords: [$One, $Two]}
disable:
  - id: late
    reason: Others see to these.
"""


def test_what_is_written_out_is_read_again_as_the_same_rules() -> None:
    """Parameters filled in, nothing lost."""
    rule_set = at_delhi(LAYER)
    templates = {name.removeprefix("templates/"): text for name, text in TEMPLATES.items()}
    again = load_rules(as_yaml(rule_set, "rules"), templates, file="again.yaml")
    assert isinstance(again, RuleSet), "\n".join(map(str, again))
    assert (again.rules, again.digest) == (rule_set.rules, rule_set.digest)


def test_every_line_names_its_own_place() -> None:
    """Each key with its comment; a folded text at its first line; what is disabled is told below."""
    lines = as_yaml(at_delhi(LAYER), "rules").splitlines()
    told = {line.partition("  #")[0].strip(): line.rpartition("  # ")[2] for line in lines if "  # " in line}
    assert told["- id: early"] == "default.yaml:5"
    assert told["- label: urgent"] == "offices/delhi.yaml:8"
    assert told["folder: urgent"] == "default.yaml:9"
    assert told["respond_within: 2 working hours"] == "offices/delhi.yaml:2 ${answer_within}"
    assert told["keywords: [$Early, $Seen]"] == "default.yaml:3 ${marks}"
    assert told["description: >-"] == "offices/delhi.yaml:13"
    assert lines[-1] == "# without 'late', offices/delhi.yaml:18: Others see to these."
    untold = [line for line in lines if "  # " not in line and line.strip() and not line.startswith("#")]
    assert untold[0] == "rules:"
    assert [line.startswith(" " * 6) for line in untold[1:]] == [True] * (len(untold) - 1), "only folded texts"


def test_as_values_each_part_of_a_rule_has_its_place() -> None:
    """For programs."""
    told = as_json(at_delhi(LAYER), "rules")
    early, own = told["rules"]
    assert early["rule"]["then"]["respond_within"] == "2 working hours"
    assert early["places"]["then.respond_within"] == "offices/delhi.yaml:2 ${answer_within}"
    assert early["places"]["when.any.0.header.name"] == "offices/delhi.yaml:7"
    assert own["places"]["then.keywords.1"] == "offices/delhi.yaml:16"
    assert told["disabled"] == [{"rule": "late", "reason": "Others see to these.", "place": "offices/delhi.yaml:18"}]


def test_what_is_always_added_is_written_out_and_compared_too() -> None:
    """That of the default and that of the office, parameters filled in."""
    item = "{id: ID, description: Courts are told of., when: {all: [{topic: litigation}]}, then: {keywords: TAG}}"
    added = f"always: [{item}]"
    default = f"{DEFAULT}\n{added}\n".replace("ID", "court").replace("TAG", "'${marks}'")
    own = added.replace("ID", "own").replace("TAG", "$Court")
    rules = book(default, delhi=f"parameters: {{marks: $One}}\n{own}")
    document = parse_yaml(as_yaml(rules.for_office("delhi"), "rules"), file="again.yaml")
    assert isinstance(document, Document)
    tags = {one["id"]: one["then"]["keywords"] for one in document.data["always"]}
    assert tags == {"court": "$One", "own": "$Court"}
    sides = [Side(name=name, rule_set=rules.for_office(name)) for name in ("delhi", "paris")]
    assert [(one.rule, one.key) for one in differences(*sides)] == [
        ("early", "then.keywords"),
        ("court", "then.keywords"),
        ("own", "rule"),
    ]


def test_floors_are_written_out_too() -> None:
    """They hold at the office as well."""
    floor = "{id: seen, description: What is urgent is seen., when: {all: [{label: urgent}]}, must: {flag: true}}"
    document = parse_yaml(as_yaml(book(f"{DEFAULT}\nfloors: [{floor}]\n").default, "rules"), file="again.yaml")
    assert isinstance(document, Document)
    assert document.data["floors"][0]["must"] == {"flag": True}


# What Delhi does otherwise, and what is then said of Delhi and Nairobi, whose rules are the default's.
SENTENCES = {
    "time": (
        "parameters: {answer_within: 2 working hours}",
        "Delhi answers urgent messages within 2 working hours; Nairobi within 2 working days.",
    ),
    "no time": (
        "overrides: [{id: early, then: {respond_within: null}}]",
        "Delhi sets no time for an answer to urgent messages; Nairobi answers them within 2 working days.",
    ),
    "folder": (
        "overrides: [{id: early, then: {folder: review}}]",
        "Delhi files urgent messages under 'review'; Nairobi under 'urgent'.",
    ),
    "reply": (
        "overrides: [{id: early, then: {reply: none}}]",
        "Delhi does not reply to urgent messages; Nairobi replies to them with 'answer'.",
    ),
    "flag": (
        "overrides: [{id: early, then: {flag: true}}]",
        "Delhi flags urgent messages; Nairobi does not flag them.",
    ),
    "keywords": (
        "parameters: {marks: $One}",
        "Delhi marks urgent messages as $One; Nairobi as $Early, $Seen.",
    ),
    "unit": (
        "overrides: [{id: late, then: {forward: court}}]",
        "Delhi forwards what the rule 'late' takes to the unit 'court'; Nairobi does not forward them.",
    ),
    "contacts": (
        "overrides: [{id: early, then: {notify: null}}]",
        "Delhi tells nobody of urgent messages; Nairobi tells duty of them.",
    ),
    "conditions": (
        "overrides: [{id: early, when: {all: [{label: urgent}, {has: harm}]}}]",
        "Delhi applies the rule 'early' where all: label: urgent; all: has: harm; Nairobi where all: label: urgent.",
    ),
    "words": (
        "overrides: [{id: early, description: What is urgent here.}]",
        "Delhi has for 'description' of the rule 'early': What is urgent here; Nairobi: What is urgent comes first.",
    ),
    "a rule of its own": (
        "insert: [{before: late, rules: [{id: own, description: A rule of a test., when: {all: [{topic: medical}]},"
        " then: {folder: review, reply: none}}]}]",
        "Only Delhi has the rule 'own': A rule of a test.",
    ),
    "a rule disabled": (
        "disable: [{id: late, reason: Others see to these.}]",
        "Only Nairobi has the rule 'late': Everything else comes after it. Delhi does without it: Others see to these.",
    ),
}


@pytest.mark.parametrize(("layer", "sentence"), SENTENCES.values(), ids=SENTENCES.keys())
def test_a_difference_is_said_in_a_sentence(layer: str, sentence: str) -> None:
    """Of the first rule that differs."""
    rules = book(delhi=layer)
    delhi, nairobi = (Side(name=name.title(), rule_set=rules.for_office(name)) for name in ("delhi", "nairobi"))
    assert differences(delhi, nairobi)[0].sentence == sentence
    back = differences(nairobi, delhi)
    assert [one.values for one in back] == [one.values[::-1] for one in differences(delhi, nairobi)]


def test_both_places_of_a_difference_are_told() -> None:
    """Where each office has it from; nowhere, for a rule that one of them lacks."""
    rules = book(
        delhi="parameters: {answer_within: 2 working hours}\ndisable: [{id: late, reason: Others see to these.}]"
    )
    sides = [Side(name=name, rule_set=rules.for_office(name)) for name in ("delhi", "paris")]
    assert [one.places for one in differences(*sides)] == [
        ("rules/offices/delhi.yaml:1", "rules/default.yaml:2"),
        ("", "rules/default.yaml:15"),
    ]
    assert differences(sides[1], replace(sides[1], name="amman")) == []
