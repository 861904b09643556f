"""The rules as they hold at an office, written out as YAML that can be read again, each line with its place. Pure."""

import io
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import FoldedScalarString

from triage.core.located_yaml import Document, Path, dotted, parse_yaml
from triage.core.policy.loading import PARTS, RuleSet
from triage.core.policy.written import Source, WrittenRule

_WIDTH = 80  # of folded texts
_FURTHEST = 64  # column up to which comments are moved to stand below each other


def as_yaml(rule_set: RuleSet, folder: str) -> str:
    """Write out the rules, and what else the default holds, parameters filled in; files are named from `folder`."""
    text = _dumped(_content(rule_set))
    document = parse_yaml(text, file="effective")
    assert isinstance(document, Document)
    paths = dict(_lines(document.data, ()))
    lines = [(line, paths.get(number)) for number, line in enumerate(text.splitlines())]
    column = max((len(line) for line, path in lines if path and len(line) <= _FURTHEST), default=0)
    written: list[str] = []
    for line, path in lines:
        if written and line.startswith("  - ") and not written[-1].endswith(":"):
            written.append("")
        written.append(f"{line.ljust(column)}  # {_told(_source(rule_set, path), folder)}" if path else line)
    for one in rule_set.disabled:
        written += ["", f"# without '{one.rule}', {_told(one.source, folder)}: {one.reason}"]
    return "\n".join(written) + "\n"


def as_json(rule_set: RuleSet, folder: str) -> Mapping[str, Any]:
    """The same as values: each rule with the place of each of its parts."""
    return {
        "digest": rule_set.digest,
        **{part: [_with_places(one, folder) for one in rule_set.as_written(part)] for part in PARTS},
        "disabled": [
            {"rule": one.rule, "reason": one.reason, "place": _told(one.source, folder)} for one in rule_set.disabled
        ],
    }


def _with_places(written: WrittenRule, folder: str) -> Mapping[str, Any]:
    places = {dotted(path): _told(written.source(path), folder) for path in _leaves(written.data, ())}
    return {"rule": plain(written.data), "places": places}


def plain(node: Any) -> Any:
    """YAML's data as JSON has it."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return next((kind(node) for kind in (bool, str, int, float) if isinstance(node, kind)), node)


def _content(rule_set: RuleSet) -> Mapping[str, Any]:
    lists = {part: [written.data for written in rule_set.as_written(part)] for part in PARTS}
    beside = {key: value for key, value in rule_set.document.data.items() if key not in {*PARTS, "parameters"}}
    return {**{part: items for part, items in lists.items() if items}, **beside}


def _source(rule_set: RuleSet, path: Path) -> Source:
    for part in PARTS:
        if path[0] == part and isinstance(path[1], int):
            return rule_set.as_written(part)[path[1]].source(path[2:])
    return Source(rule_set.document, path)


def _told(source: Source, folder: str) -> str:
    place = source.place.removeprefix(f"{folder}/")
    return f"{place} ${{{source.parameter}}}" if source.parameter else place


def _dumped(content: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 10_000  # a line of its own for each key: a comment stands behind it
    out = io.StringIO()
    yaml.dump(_laid_out(plain(content)), out)
    return out.getvalue()


def _laid_out(node: Any) -> Any:
    """Lists of values in one line, long texts folded, all else a line for each key."""
    if isinstance(node, dict):
        return CommentedMap({key: _laid_out(value) for key, value in node.items()})
    if isinstance(node, list):
        items = CommentedSeq([_laid_out(value) for value in node])
        if not any(isinstance(value, (dict, list)) for value in node):
            items.fa.set_flow_style()
        return items
    if isinstance(node, str) and len(node) > _WIDTH and node == " ".join(node.split()):
        folded = FoldedScalarString(node)
        lengths = [len(line) for line in textwrap.wrap(node, _WIDTH, break_long_words=False, break_on_hyphens=False)]
        folded.fold_pos = [sum(lengths[: count + 1]) + count for count in range(len(lengths) - 1)]
        return folded
    return node


def _lines(node: Any, path: Path) -> Iterator[tuple[int, Path]]:
    """Lines of a document with the deepest path that begins there; what stands beside others in its line has no own."""
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            if path:
                yield node.lc.key(key)[0], (*path, key)
            yield from _lines(value, (*path, key))
    elif isinstance(node, CommentedSeq) and not node.fa.flow_style():
        for place, value in enumerate(node):
            yield node.lc.item(place)[0], (*path, place)
            yield from _lines(value, (*path, place))


def _leaves(node: Any, path: Path) -> Iterator[Path]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from _leaves(value, (*path, key))
    if not isinstance(node, (dict, list)):
        yield path
