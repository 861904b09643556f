"""The schema, its words and examples, and what is made of them: all the same, and all true."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from tests.unit.policy.cases import RULES, shipped_templates
from triage.core.located_yaml import Problem
from triage.core.policy.explanations import EXPLAINED
from triage.core.policy.layer_schema import Disabling, Insertion, LayerFile, Override
from triage.core.policy.loading import Rulebook, RuleSet, load_book, load_rules
from triage.core.policy.reference import schema_of_layer, schema_of_rules, schema_of_tests
from triage.core.policy.schema import (
    Always,
    AlwaysThen,
    Condition,
    CountCondition,
    Floor,
    HeaderCondition,
    Must,
    ProbabilityCondition,
    Rule,
    RulesFile,
    SenderCondition,
    Then,
    When,
)
from triage.rules_reference import BEGIN, END, made, made_anew

ROOT = RULES.parent
CONDITIONS = (Condition, ProbabilityCondition, HeaderCondition, SenderCondition, CountCondition)
OF_RULES = (RulesFile, Rule, Always, AlwaysThen, When, Floor, Must, *CONDITIONS, Then)
OF_LAYERS = (LayerFile, Override, Insertion, Disabling)
MODELS = (*OF_RULES, *OF_LAYERS)
KEYS = [f"{model.__name__}.{key}" for model in MODELS for key in model.model_fields]
EXAMPLES = [(key, text) for key, explained in EXPLAINED.items() for text in explained.examples]
LAYER_KEYS = {f"{model.__name__}.{key}" for model in OF_LAYERS for key in model.model_fields}
A_RULE = {"id": "one", "description": "A rule of a test.", "then": {"folder": "review", "reply": "none"}}
# Every parameter of the example, in use.
USES = {"respond_within": "${urgent_answer_within}", "keywords": "${night_keywords}"}


ONE = {"all": [{"label": "urgent"}]}
PROTECTED = {"when": ONE, "must": {"flag": True}}
RARE = {"reply": "redirect-webform", "only_when": ONE}


def read(text: str) -> Any:
    """YAML as plain data; times stay text."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


def a_rule(**parts: Any) -> dict[str, Any]:
    """A file with one rule."""
    then = {"folder": "review", "reply": "none"}
    rule = {"id": "one", "description": "A rule of a test.", "then": then}
    return {"rules": [{**rule, **parts, "then": then | parts.get("then", {})}]}


def a_floor(**parts: Any) -> dict[str, Any]:
    """A file with a floor."""
    return {**a_rule(), "floors": [{"id": "floor", "description": "A floor of a test.", **parts}]}


AN_ADDITION = {"id": "tag", "description": "An addition of a test.", "then": {"keywords": "$Tag"}}


def as_file(key: str, value: Any) -> dict[str, Any]:
    """A file of rules in which a key has a value."""
    model, _, name = key.partition(".")
    files: dict[str, dict[str, Any]] = {
        "RulesFile": {**a_rule(then=USES if name == "parameters" else {}), name: value},
        "Floor": a_floor(**({**RARE, name: value} if name in RARE else {**PROTECTED, name: value})),
        "Must": a_floor(when=ONE, must={name: value}),
        "Always": {**a_rule(), "always": [{**AN_ADDITION, name: value}]},
        "AlwaysThen": {**a_rule(), "always": [{**AN_ADDITION, "then": {name: value}}]},
        "Rule": a_rule(**{name: value}),
        "When": a_rule(when={name: value}),
        "Condition": a_rule(when={"all": [{name: value}]}),
        "ProbabilityCondition": a_rule(when={"all": [{"probability": {"at_least": 0.1, name: value}}]}),
        "HeaderCondition": a_rule(when={"all": [{"header": {"name": "Subject", "matches": "visa", name: value}}]}),
        "SenderCondition": a_rule(when={"all": [{"sender": {name: value}}]}),
        "CountCondition": a_rule(when={"all": [{"sender_messages_this_week": {"at_least": 2, name: value}}]}),
    }
    if key == "Then.hold":
        return a_rule(then={name: value, "forward": "biometrics"})
    return a_rule(then={name: value}) if model == "Then" else files[model]


def as_layer(key: str, value: Any) -> dict[str, Any]:
    """An office's own file in which a key has a value."""
    model, _, name = key.partition(".")
    place = {"before": "webform"} if name == "rules" else {}
    rules = [A_RULE | {"when": {"all": [{"topic": "privacy-breach"}]}}]
    files: dict[str, dict[str, Any]] = {
        "LayerFile": {name: value},
        "Override": {"overrides": [{"id": "urgent", "then": {"flag": False}, name: value}]},
        "Insertion": {"insert": [{**place, "rules": rules, name: value}]},
        "Disabling": {"disable": [{"id": "urgent", "reason": "Nobody is there at night.", name: value}]},
    }
    return files[model]


def laid(layer: Mapping[str, Any]) -> Rulebook | list[Problem]:
    """The shipped rules, with the file of one office."""
    templates = {f"templates/{name}": text for name, text in shipped_templates().items()}
    default = {"default.yaml": (RULES / "default.yaml").read_text(encoding="utf-8")}
    return load_book({**default, **templates, "offices/delhi.yaml": json.dumps(layer)}, folder="rules")


def valid(schema: Mapping[str, Any], data: Any) -> bool:
    """Whether JSON Schema takes it."""
    return bool(jsonschema.Draft202012Validator(schema).is_valid(data))


def test_every_key_is_explained_with_an_example_and_nothing_else_is() -> None:
    """A key that is added to the schema, or goes from it, is noticed here."""
    assert sorted(EXPLAINED) == sorted(KEYS)
    assert all(explained.text and explained.examples for explained in EXPLAINED.values())


@pytest.mark.parametrize(("key", "text"), EXAMPLES, ids=[f"{key}: {text}" for key, text in EXAMPLES])
def test_every_example_is_taken_by_the_service_and_by_the_schema(key: str, text: str) -> None:
    """As the value of its key, in a rule that asks and does nothing else, or in an office's own file."""
    if key in LAYER_KEYS:
        layer = as_layer(key, read(text))
        assert isinstance(found := laid(layer), Rulebook), "\n".join(map(str, found))
        assert valid(schema_of_layer(), layer)
        return
    data = as_file(key, read(text))
    assert isinstance(load_rules(json.dumps(data), shipped_templates(), file="example"), RuleSet)
    assert valid(schema_of_rules(), data)


def test_every_value_that_is_explained_is_one() -> None:
    """The tables name exactly the values that the key may have; `any` is told above."""
    for key, explained in EXPLAINED.items():
        if explained.values:
            said = json.dumps(schema_of_rules()["$defs"]["Condition"]["properties"][key.partition(".")[2]])
            names = [name for name in schema_of_rules()["$defs"] if f"#/$defs/{name}" in said]
            known = [value for name in names for value in schema_of_rules()["$defs"][name]["enum"]]
            if not known:
                known = schema_of_rules()["$defs"]["Condition"]["properties"][key.partition(".")[2]]["anyOf"][0]["enum"]
            assert list(explained.values) == known


WRONG: tuple[Mapping[str, Any], ...] = (
    {"rules": []},
    {"rule": []},
    a_rule(when={}),
    a_rule(when={"all": []}),
    a_rule(when={"all": [{}]}),
    a_rule(when={"all": [{"label": "urgent", "language": "en"}]}),
    a_rule(when={"all": [{"label": "urgnt"}]}),
    a_rule(when={"all": [{"label": None}]}),
    a_rule(when={"all": [{"probability": {"of": "urgent"}}]}),
    a_rule(then={"respond_within": "2 days"}),
    a_rule(then={"keywords": "two words"}),
    a_rule(colour="red"),
    a_floor(**PROTECTED, **RARE),
    a_floor(when=ONE),
    a_floor(when=ONE, must={}),
    a_floor(when=ONE, must={"flag": False}),
    a_floor(when=ONE, must={"reply": "answer"}),
    a_floor(**(RARE | {"when": ONE})),
    {**a_rule(), "always": [{**AN_ADDITION, "then": {}}]},
    {**a_rule(), "always": [{**AN_ADDITION, "then": {"keywords": "$Tag", "folder": "urgent"}}]},
)


@pytest.mark.parametrize("data", WRONG, ids=str)
def test_what_the_service_refuses_editors_refuse_too(data: Mapping[str, Any]) -> None:
    """Wrong keys, empty lists, two questions in one condition, values that do not exist."""
    assert isinstance(load_rules(json.dumps(data), shipped_templates(), file="example"), list)
    assert not valid(schema_of_rules(), data)


WRONG_LAYERS: tuple[Mapping[str, Any], ...] = (
    {},
    {"colour": "red"},
    {"parameters": {"urgent_answer_within": {"then": 1}}},
    {"overrides": []},
    {"overrides": [{"id": "urgent"}]},
    {"overrides": [{"then": {"flag": False}}]},
    {"overrides": [{"id": "urgent", "whem": {"all": [{"label": "urgent"}]}}]},
    {"overrides": [{"id": "urgent", "then": {"folder": None}}]},
    {"overrides": [{"id": "urgent", "then": {"colour": "red"}}]},
    {"insert": [{"rules": [A_RULE]}]},
    {"insert": [{"before": "webform", "after": "urgent", "rules": [A_RULE]}]},
    {"insert": [{"before": "webform", "rules": []}]},
    {"insert": [{"before": "webform", "rules": [{**A_RULE, "then": {"folder": "review"}}]}]},
    {"disable": [{"id": "urgent"}]},
)


@pytest.mark.parametrize("layer", WRONG_LAYERS, ids=str)
def test_what_the_service_refuses_of_an_office_editors_refuse_too(layer: Mapping[str, Any]) -> None:
    """Nothing said, nothing changed, no reason, no place or two, keys that do not exist."""
    assert isinstance(laid(layer), list)
    assert not valid(schema_of_layer(), layer)


@pytest.mark.parametrize("file", sorted(RULES.glob("tests/*.yaml")), ids=lambda file: file.name)
def test_the_shipped_tests_are_valid_by_their_schema(file: Path) -> None:
    """All but the settings of offices, which have a schema of their own."""
    if file.name != "offices.yaml":
        jsonschema.Draft202012Validator(schema_of_tests()).validate(read(file.read_text(encoding="utf-8")))


def test_the_shipped_rules_are_valid_by_the_schema() -> None:
    """And the file names it, for editors."""
    text = (RULES / "default.yaml").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(schema_of_rules()).validate(read(text))
    assert text.startswith("# yaml-language-server: $schema=rules.schema.json\n")


@pytest.mark.parametrize("test", [{"given": {}}, {"expect": {}}, {"now": 3}, {"message": {"colour": "red"}}], ids=str)
def test_a_wrong_test_is_refused_by_the_schema(test: Mapping[str, Any]) -> None:
    """Missing keys, empty expectations, times that are none."""
    whole = {"name": "A test", "given": {"label": "urgent"}, "expect": {"rule": "urgent"}}
    assert valid(schema_of_tests(), {"tests": [whole]})
    assert not valid(schema_of_tests(), {"tests": [{**whole, **test} if "given" not in test else test]})


@pytest.mark.parametrize("path", [str(path) for path in made(ROOT)])
def test_what_is_made_from_the_schema_is_as_it_should_be(path: str) -> None:
    """The reference in docs/rules.md, and the schemas beside the rules; `make docs` writes them."""
    assert (ROOT / path).read_text(encoding="utf-8") == made(ROOT)[Path(path)], "run: make docs"


def test_a_page_without_the_two_comments_has_no_place_for_the_reference() -> None:
    """It is not written over."""
    for page in ("# Rules\n", BEGIN, END):
        with pytest.raises(ValueError, match="no place"):
            made_anew(page)
