"""The published JSON Schema of rules, with a meaning and an example for each key; and the reference made from it. Pure.

What people read in docs/rules.md and what their editors show come from here, so that neither can say what the other,
or the service, does not: a test holds each key to its entry, and each example is loaded.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from triage.core.located_yaml import Document, parse_yaml
from triage.core.policy.explanations import EXPLAINED, Explained
from triage.core.policy.layer_schema import LayerFile
from triage.core.policy.rule_tests import RuleTestsFile
from triage.core.policy.schema import RulesFile
from triage.core.policy.schema_values import PARAMETER

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# What a model asks beyond its fields, which JSON Schema can say too.
_ALSO: Mapping[str, Mapping[str, Any]] = {
    "Condition": {"minProperties": 1, "maxProperties": 1},
    "When": {"minProperties": 1},
    "AlwaysThen": {"minProperties": 1},
    "SenderCondition": {"minProperties": 1, "maxProperties": 1},
    "CountCondition": {"minProperties": 1},
    "ProbabilityCondition": {"anyOf": [{"required": ["at_least"]}, {"required": ["at_most"]}]},
    "Expected": {"minProperties": 1},
    "Must": {"minProperties": 1},
    "Floor": {
        "oneOf": [
            {"required": ["when", "must"], "not": {"anyOf": [{"required": ["reply"]}, {"required": ["only_when"]}]}},
            {"required": ["reply", "only_when"], "not": {"anyOf": [{"required": ["when"]}, {"required": ["must"]}]}},
        ]
    },
    "LayerFile": {"minProperties": 1},
    "Insertion": {"oneOf": [{"required": ["before"]}, {"required": ["after"]}]},
}
# The parts of a rule in which a parameter may be the value of a key.
_WITH_PARAMETERS = ("Condition", "ProbabilityCondition", "HeaderCondition", "Then")
WORKING_TIME = r"^\d{1,3} working (minute|hour|day)s?$"


def schema_of_rules() -> dict[str, Any]:
    """JSON Schema of a file of rules."""
    schema = _schema_of_rules()
    for model in _WITH_PARAMETERS:
        for field in schema["$defs"][model]["properties"].values():
            _allow(field, {"type": "string", "pattern": f"^{PARAMETER.pattern}$"})
    return schema


def schema_of_layer() -> dict[str, Any]:
    """JSON Schema of an office's own file; a change of `then` may leave out any key, and take out what is optional."""
    schema = _schema_of_layer()
    own, parts = schema["$defs"], schema_of_rules()["$defs"]
    changes = {**deepcopy(parts["Then"]), "title": "Changes", "minProperties": 1}
    required = changes.pop("required")
    for key, field in changes["properties"].items():
        if key not in required:
            _allow(field, {"type": "null"})
    keys = {**deepcopy(parts["Rule"]["properties"]), **own["Override"]["properties"]}
    keys["then"]["$ref"] = "#/$defs/Changes"
    own["Override"] |= {"properties": keys, "additionalProperties": False, "minProperties": 2}
    own["Insertion"]["properties"]["rules"]["items"] = {"$ref": "#/$defs/Rule"}
    schema["$defs"] = {**parts, **own, "Changes": changes}
    return schema


def _schema_of_rules() -> dict[str, Any]:
    return _published(RulesFile.model_json_schema(by_alias=True), title="Rules of the manager inboxes")


def _schema_of_layer() -> dict[str, Any]:
    return _published(LayerFile.model_json_schema(by_alias=True), title="What one office does otherwise")


def schema_of_tests() -> dict[str, Any]:
    """JSON Schema of a file of tests beside the rules."""
    return _published(RuleTestsFile.model_json_schema(by_alias=True), title="Tests beside the rules")


def reference() -> str:
    """Give the reference part of docs/rules.md, from the keys of a rule to those of an office's own file."""
    schema = _schema_of_rules()
    layer = ("LayerFile", "Override", "Insertion", "Disabling")
    parts = [
        _keys(schema, "## Keys of a rule", ("RulesFile", "Rule", "When")),
        _keys(schema, f"## Floors\n\n{_FLOORS}", ("Floor", "Must")),
        _headings(schema, "## Conditions", "Condition", _CONDITIONS, item=True),
        _headings(schema, "## Actions", "Then", _ACTIONS, item=False),
        _keys(schema, "## Keys under `always`", ("Always", "AlwaysThen")),
        _keys(_schema_of_layer(), "## Keys of an office's own file", layer),
    ]
    return "\n\n".join(parts) + "\n"


_FLOORS = """\
What no rule goes under, of the department or of an office: `floors` stand in `default.yaml` only. A floor says what
messages of a kind get at the least (`when` and `must`), or whom alone a template may be sent to (`reply` and
`only_when`). Loading proves that the rules keep to it, whatever arrives; where they may not, or where that cannot be
proved, they are refused, with the lines of the floor and of what goes under it."""
_CONDITIONS = "One condition asks one question, with one key. **A list of values means: any one of them.**"
_ACTIONS = "Nothing is done that is not written under `then`. `folder` and `reply` are required."


def example(key: str, explained: Explained, *, item: bool) -> str:
    """The examples of a key as they stand in a rule: items of a list of conditions, or keys."""
    mark = "- " if item else ""
    return "\n".join(f"{mark}{key}: {value}" for value in explained.examples)


def _published(schema: dict[str, Any], *, title: str) -> dict[str, Any]:
    for name, part in {**schema.get("$defs", {}), schema["title"]: schema}.items():
        for key, field in part.get("properties", {}).items():
            _tidy(field)
            if key == "respond_within":
                _add_form(field)
            if explained := EXPLAINED.get(f"{name}.{key}"):
                field["description"] = explained.text
                field["examples"] = [_value(text) for text in explained.examples]
        part.update(_ALSO.get(name, {}))
    return {"$schema": DRAFT, **schema, "title": title}


def _add_form(field: dict[str, Any]) -> None:
    """Say what a working time looks like, wherever one may stand."""
    for option in field.get("anyOf", [field]):
        if option.get("type") == "string" and "const" not in option:
            option["pattern"] = WORKING_TIME


def _tidy(field: dict[str, Any]) -> None:
    """Leave out what no rule writes: null, the names that pydantic makes up, and defaults that are no value."""
    field.pop("title", None)
    if field.get("default") in (None, [], {}):
        field.pop("default", None)
    options = [one for one in field.get("anyOf", ()) if one.get("type") != "null"]
    if len(options) == 1:
        del field["anyOf"]
        field |= options[0]
    elif options:
        field["anyOf"] = options
    for one in (*options, field):
        if one.get("type") == "array" and "prefixItems" not in one:
            one["minItems"] = 1


def _allow(field: dict[str, Any], option: Mapping[str, Any]) -> None:
    """Let a key have another kind of value too."""
    if "anyOf" not in field:
        kept = {key: field.pop(key) for key in list(field) if key not in {"description", "examples", "default"}}
        field["anyOf"] = [kept]
    field["anyOf"].append(dict(option))


def _value(text: str) -> Any:
    document = parse_yaml(f"value: {text}", file="example")
    assert isinstance(document, Document), text
    return document.data["value"]


def _properties(schema: Mapping[str, Any], model: str) -> Mapping[str, Mapping[str, Any]]:
    part = schema["$defs"].get(model, schema)
    found: Mapping[str, Mapping[str, Any]] = part["properties"]
    return found


def _keys(schema: Mapping[str, Any], heading: str, models: Sequence[str]) -> str:
    rows = ["| key | what it is | example |", "| --- | --- | --- |"]
    for model in models:
        for key, field in _properties(schema, model).items():
            shown = EXPLAINED[f"{model}.{key}"].examples[0]
            rows.append(f"| `{key}` | {_line(field['description'])} | `{key}: {_line(shown)}` |")
    return "\n".join([heading, "", *rows])


def _headings(schema: Mapping[str, Any], heading: str, model: str, intro: str, *, item: bool) -> str:
    parts = [heading, intro]
    for key, field in _properties(schema, model).items():
        explained = EXPLAINED[f"{model}.{key}"]
        parts += [f"### `{key}`", field["description"], *_nested(schema, field)]
        if explained.values:
            rows = [f"| `{value}` | {meaning} |" for value, meaning in explained.values.items()]
            parts.append("\n".join([f"| {explained.kind} | what it is |", "| --- | --- |", *rows]))
        parts.append(f"```yaml\n{example(key, explained, item=item)}\n```")
        if explained.note:
            parts.append(explained.note)
    return "\n\n".join(parts)


def _nested(schema: Mapping[str, Any], field: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a condition that has keys of its own."""
    model = str(field.get("$ref", "")).rsplit("/", 1)[-1]
    if any(key.startswith(f"{model}.") for key in EXPLAINED):
        rows = [f"| `{key}` | {_line(inner['description'])} |" for key, inner in _properties(schema, model).items()]
        yield "\n".join(["| key | what it is |", "| --- | --- |", *rows])


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
