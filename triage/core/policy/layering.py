"""The rules of one office, made of the default's and its layer's: overridden, inserted, disabled. Pure.

`when` is replaced whole, since half of somebody else's conditions is nobody's intention; `then` is merged key by key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage.core.located_yaml import Document, Path, Problem, nearest
from triage.core.policy.layer_schema import LayerFile
from triage.core.policy.schema import Then
from triage.core.policy.written import Parameter, Source, WrittenRule, filled, refilled

_REQUIRED = frozenset(name for name, about in Then.model_fields.items() if about.is_required())


@dataclass(frozen=True, slots=True)
class Disabled:
    """A rule of the default that an office does without."""

    rule: str  # id
    reason: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """What a layer makes of the default's rules."""

    rules: tuple[WrittenRule, ...]  # in the order in which they are tried
    always: tuple[WrittenRule, ...]  # the default's, then the layer's, which can add some and take none away
    parameters: Mapping[str, Parameter]
    overrides: Mapping[str, Path] = field(default_factory=dict)  # by id of the rule: where it is overridden
    disabled: tuple[Disabled, ...] = ()
    problems: tuple[Problem, ...] = ()


def layered(
    default: Sequence[WrittenRule],
    always: Sequence[WrittenRule],
    parameters: Mapping[str, Parameter],
    document: Document,
    layer: LayerFile,
) -> Layered:
    """Lay an office's file over what is in the default, which is sound; what does not fit is told."""
    laying = _Laying({rule.id: rule for rule in default}, document)
    set_here = {
        name: Parameter(document.data["parameters"][name], Source(document, ("parameters", name)))
        for name in layer.parameters
        if laying.known(("parameters", name), "parameter", name, parameters)
    }
    disabled = [
        Disabled(one.id, one.reason, Source(document, ("disable", number)))
        for number, one in enumerate(layer.disable)
        if laying.known(("disable", number, "id"), "rule", one.id, laying.default)
        and laying.once(("disable", number, "id"), one.id)
    ]
    for number, override in enumerate(layer.overrides):
        path: Path = ("overrides", number)
        if laying.known((*path, "id"), "rule", override.id, laying.default) and laying.once((*path, "id"), override.id):
            laying.override(override.id, path)
    for number, insertion in enumerate(layer.insert):
        side = "before" if insertion.before is not None else "after"
        anchor = insertion.before or insertion.after or ""
        if laying.known(("insert", number, side), "rule", anchor, laying.default):
            laying.insert(side, anchor, ("insert", number, "rules"), len(insertion.rules))
    rules = []
    for rule in laying.in_order(frozenset(one.rule for one in disabled)):
        # A rule that the layer left as it is has its parameters in it already.
        usual = rule is laying.default.get(rule.id)
        whole, wrong = (rule, []) if usual else filled(rule, {**parameters, **set_here})
        laying.problems += wrong
        rules.append(refilled(whole, set_here))
    additions = [refilled(one, set_here) for one in always]
    for number in range(len(layer.always)):
        whole, wrong = filled(WrittenRule.at(document, ("always", number)), {**parameters, **set_here})
        laying.problems += wrong
        additions.append(whole)
    laying.problems += [
        document.problem(one.source.path, "changes nothing: this is the default's value")
        for name, one in set_here.items()
        if one.value == parameters[name].value
    ]
    return Layered(
        rules=tuple(rules),
        always=tuple(additions),
        parameters={**parameters, **set_here},
        overrides=laying.overrides,
        disabled=tuple(disabled),
        problems=tuple(laying.problems),
    )


class _Laying:
    """A layer being laid over the default."""

    def __init__(self, default: Mapping[str, WrittenRule], document: Document) -> None:
        self.default = default
        self.document = document
        self.overrides: dict[str, Path] = {}
        self.problems: list[Problem] = []
        self._changed: dict[str, WrittenRule] = {}
        self._beside: dict[tuple[str, str], list[WrittenRule]] = {}
        self._met: dict[str, Path] = {}

    def known(self, path: Path, what: str, name: str, names: Mapping[str, object]) -> bool:
        """Whether the default has it; told where not."""
        if name not in names:
            self.problems.append(
                self.document.problem(path, f"default.yaml has no {what} '{name}'{nearest(name, names)}")
            )
        return name in names

    def once(self, path: Path, name: str) -> bool:
        """Whether the layer changes or disables a rule for the first time; told where not."""
        if (first := self._met.setdefault(name, path)) is not path:
            line, _ = self.document.place(first)
            self.problems.append(self.document.problem(path, f"'{name}' is changed or disabled in line {line} already"))
        return first is path

    def override(self, name: str, path: Path) -> None:
        """Change a rule of the default by what is written at `path`."""
        rule, said = self.default[name], WrittenRule.at(self.document, path).data
        for key, value in said.items():
            if key == "then" and isinstance(value, dict) and value:
                for inner, action in value.items():
                    rule = self._set(rule, ("then", inner), action, (*path, "then", inner), required=inner in _REQUIRED)
            elif key != "id":
                rule = self._set(rule, (key,), value, (*path, key), required=key in {"description", "when", "then"})
        self._changed[name] = rule
        self.overrides[name] = path

    def _set(self, rule: WrittenRule, at: Path, value: Any, path: Path, *, required: bool) -> WrittenRule:
        if value is not None:
            return rule.changed(at, value, Source(self.document, path))
        if required:
            self.problems.append(self.document.problem(path, f"'{at[-1]}' cannot be taken out; give it a value"))
            return rule
        return rule.without(at, Source(self.document, path))

    def insert(self, side: str, anchor: str, path: Path, count: int) -> None:
        """Put rules of the office's own beside one of the default."""
        for number in range(count):
            rule = WrittenRule.at(self.document, (*path, number))
            if rule.id in self.default:
                message = (
                    f"'{rule.id}' is a rule of default.yaml: change that under 'overrides', or give this another id"
                )
                self.problems.append(rule.problem(("id",), message))
            else:
                self._beside.setdefault((side, anchor), []).append(rule)

    def in_order(self, disabled: frozenset[str]) -> list[WrittenRule]:
        """All rules of the office, in the order in which they are tried."""
        rules = []
        for name, rule in self.default.items():
            rules += self._beside.get(("before", name), [])
            rules += [] if name in disabled else [self._changed.get(name, rule)]
            rules += self._beside.get(("after", name), [])
        return rules
