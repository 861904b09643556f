"""YAML whose every key knows its line: text → data, and a place in the data → file:line:column.

Both triage.yaml and the rule files are read through here, so that each error names the line to mend.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.scanner import Scanner

Path = tuple[str | int, ...]
# Says where a path in some data is written, and what is wrong there: `Document.problem`, or what stands for it.
Placing = Callable[[Path, str], "Problem"]
ModelT = TypeVar("ModelT", bound=BaseModel)
_HOLDING = {"properties", "items", "additionalProperties", "patternProperties"}  # of a JSON Schema: what is below


def indent_of(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a file: where, at which key, what was expected and what to do."""

    file: str
    line: int | None = None  # from 1
    column: int | None = None  # from 1
    key: str = ""  # dotted: "offices.0.imap.tls"
    message: str

    def __str__(self) -> str:
        """Give `file:line:column: key: message`, the form editors jump to."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file; `data` is plain dicts and lists but for the line numbers they carry."""

    file: str
    data: Any

    def problem(self, path: Path, message: str) -> Problem:
        """Say what is wrong at `path`; where `path` is missing, its nearest parent's place is given."""
        line, column = self.place(path)
        return Problem(file=self.file, line=line, column=column, key=dotted(path), message=message)

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the key or item at `path`, or of its nearest parent that is there."""
        node, line, column = self.data, 0, 0
        for step in path:
            if isinstance(node, CommentedMap) and step in node:
                line, column = node.lc.key(step)
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line, column = node.lc.item(step)
            else:
                break
            node = node[step]
        return line + 1, column + 1


def parse_yaml(text: str, *, file: str) -> Document | Problem:
    """Parse one YAML document (1.2, duplicate keys refused); a syntax error comes back as a Problem."""
    loader = YAML(typ="rt", pure=True)
    loader.allow_duplicate_keys = False
    # Lines are kept by the constructor; the scanner and parser of `rt` keep comments, for a quarter of the time.
    loader.Scanner, loader.Parser = Scanner, Parser
    try:
        return Document(file, loader.load(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        return Problem(
            file=file,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
            message=f"not valid YAML: {_plain(said.splitlines()[0])}",
        )
    except (YAMLError, ValueError) as error:
        return Problem(file=file, message=f"not valid YAML: {str(error).splitlines()[0]}")


# What most often goes wrong in files that people write, by a part of the parser's sentence.
_IN_PLAIN_WORDS = {
    "mapping values are not allowed": "a colon with a blank after it, inside a text; put the whole text in quotes",
    "character '\\t'": "a tab; set lines in by blanks",
    "while parsing a block": "the line does not begin in the column of the lines that it belongs to",
}


def _plain(said: str) -> str:
    return next((words for part, words in _IN_PLAIN_WORDS.items() if part in said), said)


def validate(document: Document, model: type[ModelT]) -> ModelT | list[Problem]:
    """Check the document against a pydantic model; give the model, or every problem with its line."""
    return checked(document.data, model, document.problem)


def checked(data: Any, model: type[ModelT], problem: Placing) -> ModelT | list[Problem]:
    """As `validate`, of data whose parts may come from several documents: `problem` knows where each is written."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        places = [one["loc"] for one in found]
        # A list whose only item is wrong is told of a second time, as too short: that is no mistake of its own.
        own = [one for one in found if one["type"] != "too_short" or not _any_below(one["loc"], places)]
        return [_as_problem(problem, model, dict(one)) for one in own]


def nearest(name: str, known: Iterable[str]) -> str:
    """Give `"; did you mean X?"` where some known name is close to `name`, else what names there are."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known here: {', '.join(names)}" if names else ""


def _as_problem(problem: Placing, model: type[BaseModel], found: Mapping[str, Any]) -> Problem:
    path: Path = found["loc"]
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        siblings = _keys_beside(model, path)
        message = f"unknown key{nearest(str(path[-1]), siblings)}"
    elif found["type"] == "missing":
        message = f"required key '{path[-1]}' is missing"
        path = path[:-1]
    return problem(path, message)


def _any_below(path: Path, places: Iterable[Path]) -> bool:
    return any(len(place) > len(path) and place[: len(path)] == path for place in places)


def _keys_beside(model: type[BaseModel], path: Path) -> set[str]:
    """The keys that the model allows where `path` ends; empty where the schema does not tell."""
    schema = model.model_json_schema(by_alias=True)
    node: Any = schema
    for step in path[:-1]:
        node = _resolve(schema, node)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            named = node.get("properties", {}).get(step)
            by_pattern = next(iter(node.get("patternProperties", {}).values()), None)
            node = named or by_pattern or node.get("additionalProperties") or {}
    return set(_resolve(schema, node).get("properties", {}))


def _resolve(schema: Any, node: Any) -> Any:
    """Follow $ref, and the first branch of a union that has properties."""
    for branch in (node, *node.get("anyOf", ()), *node.get("allOf", ())):
        target = schema["$defs"][branch["$ref"].rsplit("/", 1)[-1]] if "$ref" in branch else branch
        if target is not node:
            target = _resolve(schema, target)
        if _HOLDING & target.keys():
            return target
    return node


def dotted(path: Path) -> str:
    """Write a path as problems name it: "rules.0.then.folder"."""
    return ".".join(str(step) for step in path)
