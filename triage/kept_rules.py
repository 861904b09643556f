"""Shows the rules that the ledger keeps: a whole set, or the one rule that made a decision, as it was written then."""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from triage.core.located_yaml import Document, indent_of, parse_yaml
from triage.core.policy.schema_values import PARAMETER
from triage.ledger import rule_sets
from triage.ledger.database import Database
from triage.ledger.rule_sets import KeptRules


def as_written(texts: Mapping[str, str], rule: str) -> Iterator[Mapping[str, Any]]:
    """Each place of a kept set that says something of the rule of that id: file, line and the words themselves.

    Also the values that were set for the parameters it names.
    """
    documents = {file: parse_yaml(texts[file], file=file) for file in sorted(texts) if file.endswith(".yaml")}
    read = [document for document in documents.values() if isinstance(document, Document)]
    places = [(one, line) for one in read for line in sorted(set(_lines_of(one.data, rule)))]
    written = [_item(texts[one.file].splitlines()[line:]) for one, line in places]
    for (document, line), text in zip(places, written, strict=True):
        yield {"file": document.file, "line": line + 1, "text": text}
    for name in dict.fromkeys(PARAMETER.findall("\n".join(written))):
        for document in read:
            if name in (document.data.get("parameters") or ()):
                line, _ = document.place(("parameters", name))
                yield {"file": document.file, "line": line, "text": texts[document.file].splitlines()[line - 1].strip()}


def rule_of(database: Database, digest: str, rule: str) -> list[Mapping[str, Any]]:
    """As `as_written`, of the set with that digest; empty where the ledger does not keep it."""
    return [place for kept in rule_sets.kept(database, digest)[:1] if digest for place in as_written(kept.texts, rule)]


def show_places(places: list[Mapping[str, Any]], console: Console) -> None:
    """Print a rule as it was written."""
    for place in places:
        console.print(Text(f"\nthe rule as it was then, {place['file']}:{place['line']}", style="bold cyan"))
        console.print(Text(place["text"]), soft_wrap=True)


def as_json(kept: KeptRules) -> Mapping[str, Any]:
    """A kept set as JSON-ready values."""
    return {"digest": kept.digest, "kept_at": kept.kept_at.isoformat(), "texts": dict(kept.texts)}


def show(kept: KeptRules, console: Console) -> None:
    """Print every text of a kept set, under its path."""
    console.print(Text(f"rule set {kept.digest}, in use from {kept.kept_at:%Y-%m-%d %H:%M} UTC", style="bold"))
    for file in sorted(kept.texts, key=lambda file: (not file.endswith(".yaml"), file)):
        console.print(Text(f"\n── {file}", style="bold cyan"))
        console.print(Text(kept.texts[file].rstrip("\n")), soft_wrap=True)


def write(kept: KeptRules, folder: Path) -> None:
    """Write a kept set as a folder that --rules takes. Raises OSError; nothing that is there is written over."""
    for file, text in kept.texts.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as out:
            out.write(text)


def _lines_of(node: Any, rule: str) -> Iterator[int]:
    """Lines, from 0, of the items in lists that have `rule` for their id."""
    if isinstance(node, list):
        for place, item in enumerate(node):
            if isinstance(item, dict) and item.get("id") == rule:
                yield node.lc.item(place)[0]  # type: ignore[attr-defined] # ruamel's own lists know their lines
            else:
                yield from _lines_of(item, rule)
    elif isinstance(node, dict):
        for inner in node.values():
            yield from _lines_of(inner, rule)


def _item(lines: list[str]) -> str:
    """The first item of a list, up to the next one or what is less indented."""
    dash = indent_of(lines[0])
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() and indent_of(line) <= dash), len(lines))
    return textwrap.dedent("\n".join(lines[:end])).rstrip()
