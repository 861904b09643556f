"""Patterns that match every value, or none: told only where it is sure."""

import re
from collections.abc import Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from triage.core.policy.schema_values import compiled

# Escapes and signs that look at what is around and not at characters; "^" and "$" in a class are characters, but
# a pattern with either is only looked at by its parts.
_ASSERTS = re.compile(r"[\^$]|\\[AbBzZ]")
_BEGINS, _ENDS = re.compile(r"\^|\\A"), re.compile(r"(?<!\\)(?:\$|\\z)$")


def matches_everything(pattern: str) -> bool:
    """Whether every value matches, even an empty one: such a pattern asks only that the header is there."""
    inner = pattern
    begins = _BEGINS.match(inner)
    if begins:
        inner = inner[begins.end() :]
        if inner in {".*$", "(.*)$"}:
            return True
    elif ends := _ENDS.search(inner):
        inner = inner[: ends.start()]
    # Without anything that looks around, what matches the empty string matches at the beginning, and the end, of any.
    if "|" in inner and inner != pattern:
        return False  # the anchor may belong to one of the alternatives only
    return not _ASSERTS.search(inner) and _matches_empty(inner)


def matches_nothing(pattern: str) -> bool:
    """Whether no value can match, as its anchors contradict: something must stand before "^", or after "$"."""
    if "(?" in pattern and re.search(r"\(\?[a-zA-Z-]*m", pattern):
        return False  # by lines, anchors stand in the middle too
    try:
        tree = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return False  # RE2 knows what Python does not; nothing is sure then
    return _never(list(tree))


def _matches_empty(pattern: str) -> bool:
    try:
        return compiled(pattern).search("") is not None if pattern else True
    except Exception:  # noqa: BLE001 - cut at its anchor, it may be no pattern any more
        return False


def _never(items: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a sequence can never match: an anchor in the wrong place, or a part that never matches."""
    before = False  # at least one character was matched
    ended = False  # the end was asked for
    for kind, value in items:
        if kind is code.AT and value in {code.AT_BEGINNING, code.AT_BEGINNING_STRING} and before:
            return True
        if kind is code.AT and value in {code.AT_END, code.AT_END_STRING}:
            ended = True
        least = _least_width(kind, value)
        if (ended and least > 0) or _part_never(kind, value):
            return True
        before = before or least > 0
    return False


def _part_never(kind: Any, value: Any) -> bool:
    if kind is code.BRANCH:
        return all(_never(list(one)) for one in value[1])
    if kind is code.SUBPATTERN:
        return _never(list(value[-1]))
    if kind is code.MAX_REPEAT or kind is code.MIN_REPEAT:
        return value[0] > 0 and _never(list(value[2]))
    return False


def _least_width(kind: Any, value: Any) -> int:
    """The fewest characters that a part matches."""
    match kind:
        case code.AT:
            return 0
        case code.BRANCH:
            return min(sum(_least_width(*part) for part in one) for one in value[1])
        case code.SUBPATTERN:
            return sum(_least_width(*part) for part in value[-1])
        case code.MAX_REPEAT | code.MIN_REPEAT:
            return int(value[0]) * sum(_least_width(*part) for part in value[2])
        case code.LITERAL | code.NOT_LITERAL | code.ANY | code.IN:
            return 1
    return 0
