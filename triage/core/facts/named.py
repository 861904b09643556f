"""Finds kinds of thing that a message names, each at its first place: for harms, acts of the office, and topics."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from triage.core.facts.passage import Hit, Passage, Pattern, passages
from triage.core.facts.record import Span
from triage.core.message import Message

Kind = TypeVar("Kind", bound=StrEnum)

MOST = 60  # places that are looked at in one part
SHORT = 80  # a newest text below this only passes on what is forwarded


def spoken(message: Message) -> Iterator[Passage]:
    """Give what the sender says: newest text and subject; a forwarded text where hardly anything was added to it."""
    yield from passages(message, "newest", "subject")
    if len(message.body.newest.strip()) < SHORT:
        yield from passages(message, "forwarded")


def first_of_each(
    message: Message, patterns: Sequence[Pattern], holds: Callable[[Passage, Hit], Kind | None]
) -> dict[Kind, Span]:
    """Give the first place of each kind.

    `holds` says which kind a hit stands for, or None where the words around it say that it stands for none.
    Several patterns, because the automaton of all their words in one would grow beyond any use.
    """
    found: dict[Kind, Span] = {}
    for passage in spoken(message):
        for pattern in patterns:
            for hit in islice(pattern.find_all(passage.plain), MOST):
                kind = holds(passage, hit)
                if kind is not None and kind not in found:
                    found[kind] = passage.span(hit.start, hit.end)
    return found
