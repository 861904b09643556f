"""A rule as files say it: data whose every part knows the file and line it comes from, parameters filled in. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from triage.core.located_yaml import Document, Path, Problem, nearest
from triage.core.policy.schema_values import PARAMETER

# The parts of a rule in which a parameter may stand: its id and what it says to people are its own.
_FILLED = ("when", "then")


@dataclass(frozen=True, slots=True)
class Source:
    """Where something is written."""

    document: Document
    path: Path  # in the document
    parameter: str = ""  # the parameter whose value it is, written there and not in the rule

    @property
    def place(self) -> str:
        """Give `file:line`."""
        return f"{self.document.file}:{self.document.place(self.path)[0]}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that rules name as ${name}."""

    value: Any
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRule:
    """One rule, before or after it was checked; never changed, each change makes another."""

    data: Any  # as YAML says it, of any shape; with the values of parameters
    sources: Mapping[Path, Source]  # by path in the rule: what stands below a path comes from there too

    @classmethod
    def at(cls, document: Document, path: Path) -> "WrittenRule":
        """Take the rule that is written at a place of a document."""
        data: Any = document.data
        for step in path:
            data = data[step]
        return cls(data=data, sources={(): Source(document, path)})

    @property
    def id(self) -> str:
        """Its id, or empty where it has none."""
        return str(self.data.get("id", "")) if isinstance(self.data, dict) else ""

    def source(self, path: Path) -> Source:
        """Where the part at `path` is written: what the longest known beginning of the path tells."""
        for length in range(len(path), -1, -1):
            if (found := self.sources.get(path[:length])) is not None:
                return found if found.parameter else replace(found, path=(*found.path, *path[length:]))
        raise KeyError(path)

    def problem(self, path: Path, message: str) -> Problem:
        """Say what is wrong at `path` of the rule, where it is written."""
        source = self.source(path)
        told = f"{message} (the value of ${{{source.parameter}}})" if source.parameter else message
        return source.document.problem(source.path, told)

    def changed(self, path: Path, value: Any, source: Source) -> "WrittenRule":
        """Give the rule with another value at `path`, written elsewhere."""
        below = {known: found for known, found in self.sources.items() if known[: len(path)] != path}
        return WrittenRule(data=_put(self.data, path, value), sources={**below, path: source})

    def without(self, path: Path, source: Source) -> "WrittenRule":
        """Give the rule without what stands at `path`; `source` says where that was taken out."""
        return self.changed(path, _ABSENT, source)

    def named(self) -> set[str]:
        """The parameters whose values stand in it."""
        return {source.parameter for source in self.sources.values() if source.parameter}


def filled(rule: WrittenRule, parameters: Mapping[str, Parameter]) -> tuple[WrittenRule, list[Problem]]:
    """Put values in place of every ${name}; what is no parameter's whole value is told."""
    problems = []
    for path, text in _naming(rule.data):
        name = PARAMETER.fullmatch(text)
        if name is None or not isinstance(path[-1], str):
            whole = "a parameter is the whole value of a key, such as 'respond_within: ${name}'"
            problems.append(rule.problem(path, f"'{text}': {whole}"))
        elif name[1] not in parameters:
            problems.append(rule.problem(path, f"no parameter '{name[1]}'{nearest(name[1], parameters)}"))
        else:
            rule = _with(rule, path, name[1], parameters)
    return rule, problems


def refilled(rule: WrittenRule, parameters: Mapping[str, Parameter]) -> WrittenRule:
    """Put other values in place of those that the parameters had before."""
    for path, source in rule.sources.items():
        if source.parameter in parameters:
            rule = _with(rule, path, source.parameter, parameters)
    return rule


def _with(rule: WrittenRule, path: Path, name: str, parameters: Mapping[str, Parameter]) -> WrittenRule:
    found = parameters[name]
    return rule.changed(path, found.value, replace(found.source, parameter=name))


def _naming(data: Any) -> Iterator[tuple[Path, str]]:
    """Every text under `when` and `then` that names a parameter."""
    for key in _FILLED if isinstance(data, dict) else ():
        yield from _texts(data.get(key), (key,))


def _texts(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node, str):
        if PARAMETER.search(node):
            yield path, node
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(node, list):
        for place, inner in enumerate(node):
            yield from _texts(inner, (*path, place))


_ABSENT = object()


def _put(node: Any, path: Path, value: Any) -> Any:
    """A copy of the node with another value at `path`."""
    if not path:
        return value
    first, *rest = path
    if isinstance(node, Sequence):
        return [_put(inner, tuple(rest), value) if place == first else inner for place, inner in enumerate(node)]
    if not rest and value is _ABSENT:
        return {key: inner for key, inner in node.items() if key != first}
    return {**node, first: _put(node.get(first), tuple(rest), value)}
