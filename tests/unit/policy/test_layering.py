"""What one office does otherwise: what comes of it, where each part is written, and what is refused."""

from dataclasses import replace

import pytest

from tests.unit.policy.cases import OFFICE
from tests.unit.policy.layers import DEFAULT, at_delhi, book, told
from triage.core.located_yaml import Problem
from triage.core.office import Role
from triage.core.policy.book_checking import everywhere, unused_parameters, without_effect
from triage.core.policy.fitting import check_against, unheard_contacts
from triage.core.policy.loading import RuleSet
from triage.core.working_time import WorkingTime

NEW = "{id: NAME, description: A rule of a test., when: {all: [{topic: medical}]}, then: {folder: review, reply: none}}"


def new(name: str) -> str:
    """A rule of an office's own."""
    return NEW.replace("NAME", name)


def test_an_office_without_a_file_has_the_rules_of_the_default() -> None:
    """The very same set, and so the same digest."""
    rules = book(delhi="overrides: [{id: late, then: {flag: true}}]")
    assert rules.for_office("paris") is rules.default
    assert rules.for_office("delhi").digest != rules.default.digest
    assert rules.default.digest == book().default.digest


def test_what_is_done_is_merged_key_by_key() -> None:
    """A key that is given replaces the default's, one without a value is taken out, the others stay."""
    (early, late) = at_delhi("overrides: [{id: early, then: {folder: review, notify: null, flag: true}}]").rules
    assert (early.then.folder, early.then.notify, early.then.flag) == ("review", (), True)
    assert (early.then.reply, str(early.then.respond_within)) == ("answer", "2 working days")
    assert late == book().default.rules[1]


def test_conditions_are_replaced_whole() -> None:
    """Half of somebody else's conditions is nobody's intention."""
    (early, _) = at_delhi("overrides: [{id: early, when: {any: [{topic: medical}]}}]").rules
    assert early.when is not None
    assert (early.when.all, [one.written for one in early.when.any]) == ((), ["topic: medical"])


def test_a_parameter_is_set_wherever_rules_name_it() -> None:
    """In every rule of the default, and in the office's own."""
    layer = (
        f"parameters: {{answer_within: 4 working hours, marks: $One}}\ninsert: [{{after: late, rules: [{new('own')}]}}]"
    )
    layer = layer.replace("reply: none}", 'reply: none, respond_within: "${answer_within}"}')
    rules = at_delhi(layer).rules
    assert [str(rule.then.respond_within) for rule in rules] == ["4 working hours"] * 3
    assert rules[0].then.keywords == ("$One",)
    assert [str(rule.then.respond_within) for rule in book().default.rules] == ["2 working days"] * 2


def test_a_parameter_may_stand_in_a_condition() -> None:
    """The one beside it stays as it is."""
    default = DEFAULT.replace("rules:", "  near: 5\nrules:", 1)
    default = default.replace("[{label: urgent}]", '[{deadline_within_days: "${near}"}, {label: urgent}]')
    rules = book(default, delhi="parameters: {near: 9}")
    for rule_set, days in ((rules.default, 5), (rules.for_office("delhi"), 9)):
        when = rule_set.rules[0].when
        assert when is not None
        assert [one.written for one in when.all] == [f"deadline_within_days: {days}", "label: urgent"]


def test_rules_of_an_office_stand_where_it_says_in_their_order() -> None:
    """Before and after a rule, also one that is disabled: that is how a rule is replaced."""
    layer = f"""\
insert:
  - {{before: early, rules: [{new("a")}]}}
  - {{after: early, rules: [{new("b").replace("medical", "litigation")}]}}
  - {{before: early, rules: [{new("c").replace("medical", "biometrics")}]}}
disable: [{{id: early, reason: Others see to these.}}]
"""
    rule_set = at_delhi(layer)
    assert [rule.id for rule in rule_set.rules] == ["a", "c", "b", "late"]
    (gone,) = rule_set.disabled
    assert (gone.rule, gone.reason, gone.source.place) == (
        "early",
        "Others see to these.",
        "rules/offices/delhi.yaml:5",
    )


LAYER = """\
parameters:
  answer_within: 1 working day
overrides:
  - id: early
    when:
      all:
        - label: [urgent, unsure]
    then:
      folder: review
      notify:
insert:
  - before: late
    rules:
      - id: own
        description: A rule of a test.
        when: {all: [{topic: medical}]}
        then:
          folder: review
          reply: none
"""
PLACES = {
    "the id": (0, ("id",), "default.yaml:5"),
    "what was replaced": (0, ("when", "all", 0, "label"), "offices/delhi.yaml:7"),
    "a key that was given": (0, ("then", "folder"), "offices/delhi.yaml:9"),
    "a key that was not": (0, ("then", "reply"), "default.yaml:10"),
    "a key that was taken out": (0, ("then", "notify"), "offices/delhi.yaml:10"),
    "the default's parameter": (0, ("then", "keywords", 1), "default.yaml:3"),
    "the office's parameter": (0, ("then", "respond_within"), "offices/delhi.yaml:2"),
    "a rule of its own": (1, ("then", "reply"), "offices/delhi.yaml:19"),
    "what was left": (2, ("when", "none", 0), "default.yaml:19"),
    "its parameter": (2, ("then", "respond_within"), "offices/delhi.yaml:2"),
}


@pytest.mark.parametrize(("number", "path", "place"), PLACES.values(), ids=PLACES.keys())
def test_every_part_knows_where_it_is_written(number: int, path: tuple[str | int, ...], place: str) -> None:
    """In the default, in the office's file, or where the parameter has its value."""
    assert at_delhi(LAYER).written[number].source(path).place == f"rules/{place}"


def test_a_problem_is_placed_at_the_parameter_and_names_it() -> None:
    """The rule that names it is well."""
    problem = at_delhi(LAYER).problem(2, ("then", "respond_within"), "too long")
    assert str(problem) == (
        "rules/offices/delhi.yaml:2:3: parameters.answer_within: too long (the value of ${answer_within})"
    )
    of_a_list = at_delhi(LAYER).problem(0, ("then", "keywords", 1), "too long")
    assert str(of_a_list) == "rules/default.yaml:3:3: parameters.marks: too long (the value of ${marks})"


WRONG = {
    "an empty file": ("", "1:1: expected keys and values, such as 'parameters: …'"),
    "an empty mapping": (
        "{}",
        "1:1: this layer says nothing; an office without a file of its own has the rules of default.yaml",
    ),
    "an empty list": (
        "overrides: []",
        "1:1: 'overrides' says nothing; an office without a file of its own has the rules of default.yaml",
    ),
    "a syntax error": (
        "overrides: [",
        "1:13: not valid YAML: while parsing a flow node expected the node content, but found '<stream end>'",
    ),
    "an unknown key": ("override: []", "1:1: override: unknown key; did you mean 'overrides'?"),
    "an unknown rule": (
        "overrides: [{id: erly, then: {flag: true}}]",
        "1:14: overrides.0.id: default.yaml has no rule 'erly'; did you mean 'early'?",
    ),
    "an unknown place": (
        f"insert: [{{before: lat, rules: [{new('own')}]}}]",
        "1:11: insert.0.before: default.yaml has no rule 'lat'; did you mean 'late'?",
    ),
    "an unknown rule disabled": (
        "disable: [{id: lte, reason: Nobody needs it.}]",
        "1:12: disable.0.id: default.yaml has no rule 'lte'; did you mean 'late'?",
    ),
    "an unknown parameter": (
        "parameters: {answer_witin: 1 working day}",
        "1:14: parameters.answer_witin: default.yaml has no parameter 'answer_witin'; did you mean 'answer_within'?",
    ),
    "no reason": ("disable: [{id: late}]", "1:11: disable.0: required key 'reason' is missing"),
    "no change": (
        "overrides: [{id: late}]",
        "1:13: overrides.0: nothing is changed; expected 'when', 'then' or another key of the rule",
    ),
    "the same again": (
        "overrides: [{id: late, then: {folder: review, flag: false}}]",
        "1:13: overrides.0: changes nothing: 'late' is the same in default.yaml",
    ),
    "the same value": (
        "parameters: {answer_within: 2 working days}",
        "1:14: parameters.answer_within: changes nothing: this is the default's value",
    ),
    "what is required taken out": (
        "overrides: [{id: late, then: {folder: null}}]",
        "1:31: overrides.0.then.folder: 'folder' cannot be taken out; give it a value",
    ),
    "conditions without any": (
        "overrides: [{id: late, when: null}]",
        "1:24: overrides.0.when: 'when' cannot be taken out; give it a value",
    ),
    "an unknown action": (
        "overrides: [{id: late, then: {foldr: urgent}}]",
        "1:31: overrides.0.then.foldr: unknown key; did you mean 'folder'?",
    ),
    "an unknown key of a rule": (
        "overrides: [{id: late, whem: {all: [{label: urgent}]}}]",
        "1:24: overrides.0.whem: unknown key; did you mean 'when'?",
    ),
    "a wrong value": (
        "overrides: [{id: late, when: {all: [{label: urgnt}]}}]",
        "1:38: overrides.0.when.all.0.label: 'urgnt' is not a label, nor unsure; did you mean 'urgent'?",
    ),
    "a wrong value of a parameter": (
        "parameters: {answer_within: soon}",
        "1:14: parameters.answer_within: 'soon' is no working time; expected one like '4 working hours' or "
        "'2 working days' (the value of ${answer_within})",
    ),
    "a value that is none": (
        "parameters: {marks: {a: b}}",
        "1:14: parameters.marks: expected one value, or a list of values",
    ),
    "a parameter in a parameter": (
        "parameters: {marks: '${answer_within}'}",
        "1:14: parameters.marks: a parameter's value cannot name another parameter",
    ),
    "an unknown parameter named": (
        "overrides: [{id: late, then: {respond_within: '${answer_in}'}}]",
        "1:31: overrides.0.then.respond_within: no parameter 'answer_in'; did you mean 'answer_within'?",
    ),
    "a parameter in a text": (
        "overrides: [{id: late, then: {respond_within: 'about ${answer_within}'}}]",
        "1:31: overrides.0.then.respond_within: 'about ${answer_within}': a parameter is the whole value of a key, "
        "such as 'respond_within: ${name}'",
    ),
    "twice": (
        "overrides:\n  - {id: late, then: {flag: true}}\n  - {id: late, then: {reply: answer}}",
        "3:6: overrides.1.id: 'late' is changed or disabled in line 2 already",
    ),
    "changed and disabled": (
        "overrides:\n  - {id: late, then: {flag: true}}\ndisable:\n  - {id: late, reason: Nobody needs it.}",
        "2:6: overrides.0.id: 'late' is changed or disabled in line 4 already",
    ),
    "two places": (
        f"insert: [{{before: late, after: early, rules: [{new('own')}]}}]",
        "1:10: insert.0: expected the place of these rules: either 'before' or 'after' one of default.yaml",
    ),
    "no place": (
        f"insert: [{{rules: [{new('own')}]}}]",
        "1:10: insert.0: expected the place of these rules: either 'before' or 'after' one of default.yaml",
    ),
    "an id of the default": (
        f"insert: [{{before: late, rules: [{new('early')}]}}]",
        "1:34: insert.0.rules.0.id: 'early' is a rule of default.yaml: change that under 'overrides', or give this "
        "another id",
    ),
    "an id of its own twice": (
        f"insert: [{{before: late, rules: [{new('own')}, {new('own').replace('medical', 'litigation')}]}}]",
        "1:147: insert.0.rules.1.id: 'own' is the id of an earlier rule too",
    ),
    "a template": (
        "overrides: [{id: late, then: {reply: anser}}]",
        "1:31: overrides.0.then.reply: no template 'anser'; did you mean 'answer'?",
    ),
}


@pytest.mark.parametrize(("layer", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_in_a_layer_is_told_at_its_place(layer: str, expected: str) -> None:
    """The very words that an operator reads; nothing else is told."""
    assert told(delhi=layer) == [f"rules/offices/delhi.yaml:{expected}"]


def test_all_mistakes_of_all_offices_are_told_at_once() -> None:
    """And those of the default beside them, as far as they do not hang on each other."""
    wrong = "overrides: [{id: erly, then: {flag: true}}, {id: late, then: {flag: maybe}}]"
    assert [line.partition(": ")[0] for line in told(delhi=wrong, paris=wrong, amman="overrides: [")] == [
        "rules/offices/delhi.yaml:1:14",
        "rules/offices/delhi.yaml:1:63",
        "rules/offices/paris.yaml:1:14",
        "rules/offices/paris.yaml:1:63",
        "rules/offices/amman.yaml:1:13",
    ]
    assert [line.partition(": ")[0] for line in told(default=DEFAULT.replace("then:", "than:", 1), delhi="{}")] == [
        "rules/default.yaml:5:5",
        "rules/default.yaml:8:5",
        "rules/offices/delhi.yaml:1:1",
    ]


def test_what_a_layer_makes_of_the_default_names_the_office() -> None:
    """The line is the default's, which is well at other offices."""
    rule = "{id: all, description: Takes everything., then: {folder: review, reply: none}}"
    layer = f"insert: [{{before: early, rules: [{rule}]}}]"
    assert told(delhi=layer) == [
        "rules/default.yaml:5:5: rules.0.id: at delhi: can never win: the earlier rule 'all' matches every message",
        "rules/default.yaml:15:5: rules.1.id: at delhi: can never win: the earlier rule 'all' matches every message",
    ]


def test_a_parameter_that_no_rule_uses_is_told_where_it_is_set() -> None:
    """At the default, and at an office whose rules no longer name it."""
    spare = DEFAULT.replace("rules:", "  spare: 1 working day\nrules:", 1)
    layer = """\
parameters: {marks: $One}
overrides: [{id: early, then: {keywords: $Two}}]
"""
    assert [str(one) for one in unused_parameters(book(spare, delhi=layer))] == [
        "rules/default.yaml:4:3: parameters.spare: no rule uses this parameter",
        "rules/offices/delhi.yaml:1:14: parameters.marks: no rule uses this parameter",
    ]


def test_what_is_found_at_every_office_is_told_once() -> None:
    """What the default has, once; what a layer makes of it, with the office; what is the layer's own, at its line."""

    def slow(_office: str, rule_set: RuleSet) -> list[Problem]:
        within = [rule.then.respond_within for rule in rule_set.rules]
        slow = [number for number, one in enumerate(within) if one != WorkingTime(1, "days")]
        return [rule_set.problem(number, ("then", "respond_within"), "slow") for number in slow]

    layers = {
        "delhi": "overrides: [{id: late, then: {respond_within: null}}]",
        "paris": "overrides: [{id: late, then: {flag: true}}]",
        "amman": "parameters: {answer_within: 2 working hours}",
    }
    assert [str(one) for one in everywhere(book(**layers), slow)] == [
        "rules/default.yaml:2:3: parameters.answer_within: slow (the value of ${answer_within})",
        "rules/offices/delhi.yaml:1:31: overrides.0.then.respond_within: slow",
        "rules/offices/amman.yaml:1:14: parameters.answer_within: slow (the value of ${answer_within})",
    ]


def without(*ids: str, **layers: str) -> tuple[list[str], list[str]]:
    """Rules that can do nothing: at every office, and at some."""
    nowhere, somewhere = without_effect(book(**layers), ids)
    return [str(one) for found in nowhere.values() for one in found], [str(one) for one in somewhere]


def test_a_rule_that_some_offices_leave_nothing_to_is_a_warning_that_names_them() -> None:
    """It wins elsewhere, so it is no mistake of the default's."""
    layers = {
        name: f"insert: [{{before: late, rules: [{new('own').replace('topic: medical', f'office: {name}')}]}}]"
        for name in ("delhi", "paris")
    }
    shadowed = "can never win: the earlier rule 'own' matches whatever this one matches"
    warning = f"rules/default.yaml:15:5: rules.1.id: at delhi, paris: {shadowed}"
    assert without("delhi", "paris", "amman", **layers) == ([], [warning])


def test_a_rule_that_is_meant_for_other_offices_is_no_mistake() -> None:
    """It can win at the office that it is for."""
    default = DEFAULT.replace("all: [{label: urgent}]", "all: [{label: urgent}, {office: delhi}]")
    rules = book(default, delhi="overrides: [{id: late, then: {flag: true}}]")
    assert without_effect(rules, ["delhi", "paris"]) == ({}, [])


def test_a_rule_that_can_do_nothing_at_any_office_that_has_it_is_a_mistake() -> None:
    """Also where only one office has it."""
    layer = f"insert: [{{after: late, rules: [{new('own')}]}}]"
    shadowed = "can never win: one of the earlier rules 'early', 'late' matches whatever this one matches"
    assert without("delhi", "paris", delhi=layer) == (
        [f"rules/offices/delhi.yaml:1:33: insert.0.rules.0.id: {shadowed}"],
        [],
    )


def test_a_file_for_no_office_of_the_settings_is_refused() -> None:
    """Its rules would hold nowhere, and nobody would know."""
    rules = book(delhj="parameters: {answer_within: 2 working hours}")
    assert [str(one) for one in check_against(rules, [OFFICE])] == [
        "rules/offices/delhj.yaml: is for no office of the settings: there is no 'delhj'; did you mean 'delhi'?"
    ]


def test_names_are_held_against_the_office_whose_rules_they_are() -> None:
    """A folder and a contact that another office lacks are nothing to it."""
    layer = "overrides: [{id: late, then: {folder: biometrics, notify: chief}}]"
    paris = replace(OFFICE, id="paris", folders={role.value: role.value for role in Role})
    rules = book(delhi=layer)
    assert check_against(rules, [OFFICE, paris]) == []
    assert [str(one) for one in unheard_contacts(rules, [OFFICE, paris])] == [
        "rules/offices/delhi.yaml:1:51: overrides.0.then.notify: no contact 'chief' at delhi, so nobody there is told; "
        "known here: duty"
    ]
    both = book(delhi=layer, paris=layer)
    assert [one.file for one in check_against(both, [OFFICE, paris])] == ["rules/offices/paris.yaml"]
