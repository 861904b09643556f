"""How the rules of two offices differ: what each does, where it is written, and a sentence for people. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from triage.core.labels import UNSURE, Label
from triage.core.located_yaml import Path
from triage.core.policy.loading import RuleSet
from triage.core.policy.schema import NO_REPLY, Always, Rule, When
from triage.core.policy.written import WrittenRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One office in a comparison."""

    name: str  # as people call it
    rule_set: RuleSet

    def rule(self, rule_id: str) -> tuple[WrittenRule, Rule | Always] | None:
        """The rule of that id, or what is always added under it, also as it is written; None: the office has none."""
        parts = self.rule_set.parts()
        return next(((self.rule_set.as_written(part)[at], one) for part, at, one in parts if one.id == rule_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two offices do differently."""

    rule: str  # id
    key: str  # "when", "then.folder", …; "rule": only one has it at all
    values: tuple[str, ...]  # as either has it, in words
    places: tuple[str, ...]  # of either, file:line; empty: nowhere
    sentence: str


def differences(one: Side, other: Side) -> list[Difference]:
    """Every difference, in the order of the rules; none: both treat all mail alike."""
    ids = dict.fromkeys(rule.id for side in (one, other) for _, _, rule in side.rule_set.parts())
    return [found for rule_id in ids for found in _of_rule(rule_id, one, other)]


def _of_rule(rule_id: str, one: Side, other: Side) -> Iterator[Difference]:
    mine, theirs = one.rule(rule_id), other.rule(rule_id)
    if mine is None or theirs is None:
        has, lacks = (one, other) if mine else (other, one)
        found = mine or theirs
        assert found is not None, rule_id
        place, description = found[0].source(()).place, found[1].description
        why = next((gone.reason for gone in lacks.rule_set.disabled if gone.rule == rule_id), "")
        sentence = f"Only {has.name} has the rule '{rule_id}': {description}"
        yield Difference(
            rule=rule_id,
            key="rule",
            values=("yes", "no") if mine else ("no", "yes"),
            places=(place, "") if mine else ("", place),
            sentence=f"{sentence} {lacks.name} does without it: {why}" if why else sentence,
        )
        return
    for path in _paths(mine[1], theirs[1]):
        values = (_value(mine[1], path), _value(theirs[1], path))
        yield Difference(
            rule=rule_id,
            key=".".join(map(str, path)),
            values=(_worded(values[0]), _worded(values[1])),
            places=tuple(written.source(path).place for written, _ in (mine, theirs)),
            sentence=_sentence(path, (one.name, other.name), (mine[1], theirs[1]), values),
        )


def _paths(mine: Rule | Always, theirs: Rule | Always) -> Iterator[Path]:
    for key in type(mine).model_fields:
        if key != "then" and getattr(mine, key) != getattr(theirs, key):
            yield (key,)
    for key in type(mine.then).model_fields:
        if getattr(mine.then, key) != getattr(theirs.then, key):
            yield "then", key


def _value(rule: Rule | Always, path: Path) -> object:
    return getattr(rule.then if len(path) > 1 else rule, str(path[-1]))


# What an office does with messages {n}, with a value and without one.
_DOES: Mapping[str, tuple[str, str]] = {
    "respond_within": ("answers {n} within {v}", "sets no time for an answer to {n}"),
    "folder": ("files {n} under '{v}'", ""),
    "reply": ("replies to {n} with '{v}'", "does not reply to {n}"),
    "flag": ("flags {n}", "does not flag {n}"),
    "keywords": ("marks {n} as {v}", "does not mark {n}"),
    "forward": ("forwards {n} to the unit '{v}'", "does not forward {n}"),
    "notify": ("tells {v} of {n}", "tells nobody of {n}"),
}
_LABELLED = {
    Label.URGENT.value: "urgent messages",
    Label.SERIOUS_ERROR.value: "messages about a serious error",
    Label.RECONSIDERATION.value: "requests for reconsideration",
    Label.WEBFORM.value: "messages for the web form",
    UNSURE: "messages that it is unsure of",
}


def _sentence(
    path: Path, names: tuple[str, str], rules: tuple[Rule | Always, Rule | Always], values: tuple[object, object]
) -> str:
    does = _DOES.get(str(path[-1])) if len(path) > 1 else None
    if path == ("when",):
        mine, theirs = (f"where {_worded(value)}" if value else "always" for value in values)
        return f"{names[0]} applies the rule '{rules[0].id}' {mine}; {names[1]} {theirs}."
    if does is None:
        key = ".".join(map(str, path))
        mine, theirs = (_worded(value).rstrip(".") for value in values)
        return f"{names[0]} has for '{key}' of the rule '{rules[0].id}': {mine}; {names[1]}: {theirs}."
    first = _done(does, values[0], _messages(rules[0]))
    second = _done(does, values[1], "them")
    rest = does[0].partition("{n} ")[2]
    if rest and not (_none(values[0]) or _none(values[1])):
        second = rest.format(v=_worded(values[1]))  # the verb was said
    return f"{names[0]} {first}; {names[1]} {second}."


def _done(does: tuple[str, str], value: object, messages: str) -> str:
    return (does[1] if _none(value) else does[0]).format(n=messages, v=_worded(value))


def _none(value: object) -> bool:
    return not value or value == NO_REPLY


def _messages(rule: Rule | Always) -> str:
    """What the rule takes, in words: by its label, where it asks for one and for nothing else."""
    when = rule.when
    if when and len(when.all) == 1 and not when.any and not when.none and len(when.all[0].label or ()) == 1:
        return _LABELLED[(when.all[0].label or ())[0]]
    return f"what the rule '{rule.id}' takes"


def _worded(value: object) -> str:
    match value:
        case None | () | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value))
        case When():
            groups = {group: getattr(value, group) for group in ("all", "any", "none")}
            return "; ".join(f"{group}: {one.written}" for group, some in groups.items() for one in some)
    return str(value)
