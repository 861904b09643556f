"""Rule files and templates, as text → the rules of every office, or every problem at once, each with its line. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, TypeVar

from triage.core.located_yaml import Document, Path, Problem, checked, nearest, parse_yaml, validate
from triage.core.policy.evaluation import takes_from
from triage.core.policy.layer_schema import LayerFile
from triage.core.policy.layering import Disabled, layered
from triage.core.policy.schema import NO_REPLY, Always, Floor, Matching, Rule, RulesFile
from triage.core.policy.written import Parameter, Source, WrittenRule, filled
from triage.core.replies.rendering import Templates, read_templates

# Recorded instead of a rule's id where no rule matched, and where deciding failed.
NO_RULE, FAIL_OPEN = "none", "fail-open"
RESERVED = frozenset({NO_RULE, FAIL_OPEN})
# Where things stand in a rules folder.
DEFAULT = "default.yaml"
OFFICES = "offices"
TEMPLATES = "templates"
Part = Literal["rules", "always"]
PARTS: tuple[Part, ...] = ("rules", "always")
_M = TypeVar("_M", bound=Matching)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules and templates in force together at an office; never changed, replaced whole."""

    rules: tuple[Rule, ...]
    always: tuple[Always, ...]
    floors: tuple[Floor, ...]  # what the rules may not go under: `safeguards`
    templates: Templates
    digest: str  # SHA-256 of rules and templates, however they are written: recorded with each decision
    # What it was read from, by path in the rules folder: kept in the ledger, so that old decisions can be explained.
    texts: Mapping[str, str]
    written: tuple[WrittenRule, ...]  # the rules in the same order, as files say them
    written_always: tuple[WrittenRule, ...]  # so too
    parameters: Mapping[str, Parameter]  # with the values that hold at the office
    document: Document  # the default, in which floors stand
    layer: Document | None = None  # the office's own file; None: the default alone
    disabled: tuple[Disabled, ...] = ()  # rules of the default that the office does without

    def problem(self, rule: int, path: Path, message: str, *, part: Part = "rules") -> Problem:
        """Say what is wrong with a rule, by its number in its list, at a path within it: where that is written."""
        return self.as_written(part)[rule].problem(path, message)

    def as_written(self, part: Part) -> tuple[WrittenRule, ...]:
        """Give one of the lists as files say it."""
        return self.written if part == "rules" else self.written_always

    def parts(self) -> Iterator[tuple[Part, int, Rule | Always]]:
        """Every rule, and all that is always added, each with its list and its number there."""
        yield from (("rules", number, rule) for number, rule in enumerate(self.rules))
        yield from (("always", number, one) for number, one in enumerate(self.always))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules of all offices; never changed, replaced whole."""

    default: RuleSet
    layers: Mapping[str, RuleSet] = field(default_factory=dict)  # by id of the office that has a file of its own
    texts: Mapping[str, str] = field(default_factory=dict)  # all that it was read from, by path in the rules folder

    def for_office(self, office: str) -> RuleSet:
        """Give the rules that hold at an office."""
        return self.layers.get(office, self.default)

    def texts_of(self, offices: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
        """What the rules of these offices were read from, by digest: those of one digest say the same."""
        return {self.for_office(office).digest: self.for_office(office).texts for office in offices}

    def enforced(self) -> "Rulebook":
        """The same with every rule acting, those on trial too: for trying out, not for use."""
        layers = {office: _enforced(rule_set) for office, rule_set in self.layers.items()}
        return replace(self, default=_enforced(self.default), layers=layers)

    def by_layer(self) -> Iterator[tuple[str, RuleSet]]:
        """The default's rules, under no name, and those of each office that has a file of its own."""
        yield "", self.default
        yield from self.layers.items()


def _enforced(rule_set: RuleSet) -> RuleSet:
    return replace(rule_set, rules=tuple(rule.model_copy(update={"enforce": True}) for rule in rule_set.rules))


def load_book(texts: Mapping[str, str], *, folder: str) -> Rulebook | list[Problem]:
    """Read all texts of a rules folder, by path there; `folder` is named in problems."""
    templates = {path.removeprefix(f"{TEMPLATES}/"): texts[path] for path in texts if path.startswith(f"{TEMPLATES}/")}
    default = load_rules(texts[DEFAULT], templates, file=f"{folder}/{DEFAULT}")
    problems = default if isinstance(default, list) else []
    layers: dict[str, RuleSet] = {}
    for path in (path for path in texts if path.startswith(f"{OFFICES}/")):
        layer = _read_layer(texts[path], f"{folder}/{path}")
        if isinstance(layer, list):
            problems += layer
        elif isinstance(default, RuleSet):
            made = _lay(default, *layer)
            if isinstance(made, RuleSet):
                layers[office_of(path)] = replace(made, texts={**default.texts, path: texts[path]})
            else:
                problems += [at_office(office_of(path), one, layer[0]) for one in made]
    return problems if problems or isinstance(default, list) else Rulebook(default=default, layers=layers, texts=texts)


def office_of(path: str) -> str:
    """The id of the office whose layer is called so in the rules folder."""
    return path.removeprefix(f"{OFFICES}/").removesuffix(".yaml")


def at_office(office: str, problem: Problem, layer: Document) -> Problem:
    """Name the office in a problem that its layer makes of a line which is not the layer's."""
    if problem.file == layer.file:
        return problem
    return replace(problem, message=f"at {office}: {problem.message}")


def load_rules(text: str, templates: Mapping[str, str], *, file: str) -> RuleSet | list[Problem]:
    """Read the default; `templates` are texts by file name ("redirect-webform.en.txt"), `file` is named in problems."""
    document = parse_yaml(text, file=file)
    if isinstance(document, Problem):
        return [document]
    lists, parameters, problems = _filled_in(document)
    filled_in = {part: [one.data for one in written] for part, written in lists.items() if written}
    data = {**document.data, **filled_in} if filled_in else document.data

    def problem(path: Path, message: str) -> Problem:
        if len(path) > 1 and path[0] in lists and isinstance(path[1], int):
            return lists[path[0]][path[1]].problem(path[2:], message)
        return document.problem(path, message)

    parsed = checked(data, RulesFile, problem)
    read = read_templates(templates)
    if isinstance(parsed, list) or isinstance(read, list):
        problems += _elsewhere(problems, parsed if isinstance(parsed, list) else ())
        return [*problems, *(read if isinstance(read, list) else ())]
    problems += _unsound(parsed.rules, parsed.always, lists["rules"], lists["always"], read)
    if problems:
        return problems
    texts = {DEFAULT: text, **{f"{TEMPLATES}/{name}": template for name, template in templates.items()}}
    return RuleSet(
        rules=parsed.rules,
        always=parsed.always,
        floors=parsed.floors,
        templates=read,
        digest=_digest(parsed.rules, parsed.always, texts),
        texts=texts,
        written=lists["rules"],
        written_always=lists["always"],
        parameters=parameters,
        document=document,
    )


def _filled_in(
    document: Document,
) -> tuple[Mapping[Any, tuple[WrittenRule, ...]], Mapping[str, Parameter], list[Problem]]:
    """The default's lists of rules and additions, with its parameters in them; of whatever shape they are."""
    data = document.data if isinstance(document.data, dict) else {}
    given = data.get("parameters")
    parameters = {
        name: Parameter(value, Source(document, ("parameters", name)))
        for name, value in (given.items() if isinstance(given, dict) else ())
    }
    lists, problems = {}, []
    for part in PARTS:
        items = data.get(part)
        found = [
            filled(WrittenRule.at(document, (part, number)), parameters)
            for number in range(len(items) if isinstance(items, list) else 0)
        ]
        lists[part] = tuple(one for one, _ in found)
        problems += [problem for _, wrong in found for problem in wrong]
    return lists, parameters, problems


@lru_cache(maxsize=4096)  # of hundreds of offices, one is edited at a time: the others are not parsed again
def _read_layer(text: str, file: str) -> tuple[Document, LayerFile] | list[Problem]:
    document = parse_yaml(text, file=file)
    if isinstance(document, Problem):
        return [document]
    layer = validate(document, LayerFile)
    return layer if isinstance(layer, list) else (document, layer)


def _lay(default: RuleSet, document: Document, layer: LayerFile) -> RuleSet | list[Problem]:
    """Make the rules of an office; those that its layer leaves as they are were checked before."""
    made = layered(default.written, default.written_always, default.parameters, document, layer)
    problems: list[Problem] = []
    rules = _made(made.rules, Rule, default.written, default.rules, problems)
    always = _made(made.always, Always, default.written_always, default.always, problems)
    if problems or made.problems:
        return [*made.problems, *_elsewhere(made.problems, problems)]
    before = {rule.id: rule for rule in default.rules}
    problems += [
        document.problem(made.overrides[rule.id], f"changes nothing: '{rule.id}' is the same in {DEFAULT}")
        for rule in rules
        if rule.id in made.overrides and rule == before[rule.id]
    ]
    problems += _unsound(rules, always, made.rules, made.always, default.templates)
    return problems or replace(
        default,
        rules=tuple(rules),
        always=tuple(always),
        digest=_digest(rules, always, default.texts),
        written=made.rules,
        written_always=made.always,
        parameters=made.parameters,
        layer=document,
        disabled=made.disabled,
    )


def _made(
    written: Sequence[WrittenRule],
    model: type[_M],
    usual: Sequence[WrittenRule],
    known: Sequence[_M],
    problems: list[Problem],
) -> list[_M]:
    """Check what a layer makes; what it leaves as `usual` is `known`. Problems are added to those told."""
    before = {id(one): rule for one, rule in zip(usual, known, strict=True)}
    found = []
    for one in written:
        rule = before.get(id(one)) or checked(one.data, model, one.problem)
        if isinstance(rule, list):
            problems += rule
        else:
            found.append(rule)
    return found


def _elsewhere(told: Iterable[Problem], more: Iterable[Problem]) -> list[Problem]:
    """Of more problems, each once, those at other places: ${name} that stands for nothing is no mistake of its own."""
    places = {(one.file, one.line, one.key) for one in told}
    return [one for one in dict.fromkeys(more) if (one.file, one.line, one.key) not in places]


def _digest(rules: Sequence[Rule], always: Sequence[Always], texts: Mapping[str, str]) -> str:
    templates = {path.removeprefix(f"{TEMPLATES}/"): text for path, text in texts.items() if path != DEFAULT}
    # Without defaults: a key that a later version knows does not change the digest of rules that do not use it.
    said = {
        part: [one.model_dump(mode="json", exclude_defaults=True) for one in items]
        for part, items in zip(PARTS, (rules, always), strict=True)
    }
    content = [said, templates]
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _unsound(
    rules: Sequence[Rule],
    always: Sequence[Always],
    written: Sequence[WrittenRule],
    written_always: Sequence[WrittenRule],
    templates: Templates,
) -> list[Problem]:
    return [
        *_same_ids([*rules, *always], [*written, *written_always]),
        *_never_reached(rules, written),
        *_unknown_templates(rules, written, templates),
        *_nothing_held(rules, written),
    ]


def _same_ids(rules: Sequence[Matching], written: Sequence[WrittenRule]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for rule, place in zip(rules, written, strict=True):
        if rule.id in seen:
            problems.append(place.problem(("id",), f"'{rule.id}' is the id of an earlier rule too"))
        if rule.id in RESERVED:
            problems.append(place.problem(("id",), f"'{rule.id}' is recorded where no rule decides"))
        seen.add(rule.id)
    return problems


def _never_reached(rules: Sequence[Rule], written: Sequence[WrittenRule]) -> list[Problem]:
    """A rule after one that always matches, or after one with the very same conditions, can never win."""
    problems = []
    for number, rule in enumerate(rules):
        for earlier in rules[:number]:
            if takes_from(earlier, rule) and (earlier.when is None or earlier.when == rule.when):
                why = "matches every message" if earlier.when is None else "has the same conditions"
                message = f"can never win: the earlier rule '{earlier.id}' {why}"
                problems.append(written[number].problem(("id",), message))
                break
    return problems


def _nothing_held(rules: Sequence[Rule], written: Sequence[WrittenRule]) -> list[Problem]:
    message = "there is nothing to hold: the rule neither replies nor forwards"
    return [
        place.problem(("then", "hold"), message)
        for rule, place in zip(rules, written, strict=True)
        if rule.then.hold and rule.then.reply == NO_REPLY and rule.then.forward is None
    ]


def _unknown_templates(rules: Sequence[Rule], written: Sequence[WrittenRule], templates: Templates) -> list[Problem]:
    known = {NO_REPLY, *templates.names()}
    return [
        place.problem(("then", "reply"), f"no template '{rule.then.reply}'{nearest(rule.then.reply, known)}")
        for rule, place in zip(rules, written, strict=True)
        if rule.then.reply not in known
    ]
