"""A part of a message, ready for the fact finders, and the patterns that they look for in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2

from triage.core.facts.record import Span, Where
from triage.core.language import fold
from triage.core.message import Message

MOST = 60_000  # characters of each part that are read

_ITEM = r"[-*•]|\(?\d{1,2}[.)][ \t]"  # what begins an item of a list
# A line end inside a sentence is only where a mail program wrapped it; a short line was ended by the writer.
_WRAPPED = re.compile(rf"(?<=[^\n]{{45}})\n(?![ \t]*(?:\n|{_ITEM}))")
_BEYOND = re.compile(r"[^\x00-\xff]")
_MARKS = {
    "—": "-",
    "•": "-",
    "…": ".",
    "“": '"',
    "”": '"',
    "„": '"',
    "‹": '"',
    "›": '"',
    "\u2028": "\n",
    "\u2029": "\n",
}

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_OPTIONS.log_errors = False
# Bytes that one pattern's automaton may grow to. With RE2's own 8 MB the longest lists of words fall back to its slow
# way, ten times slower; beyond this, part a list in two instead.
_OPTIONS.max_mem = 16 << 20


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a pattern matched, and the name of the alternative that did."""

    start: int
    end: int
    name: str


class Pattern:
    """Words to look for in plain text: linear in its length whatever the pattern (RE2), in one pass for all of them.

    RE2 reads bytes; over plain text, which has one byte a character, it takes a tenth of the time of `re`, and its
    places need no counting. It has no look-around: what must not stand beside a hit is looked at afterwards.
    """

    def __init__(self, *alternatives: str, **named: str) -> None:
        """Join alternatives, earlier ones first; `named` ones are told apart by `Hit.name`."""
        joined = [f"(?:{pattern})" for pattern in alternatives]
        joined += [f"(?P<{name}>{pattern})" for name, pattern in named.items()]
        self._compiled = re2.compile("|".join(joined).encode("ascii"), _OPTIONS)
        self._names = {index: name.decode("ascii") for name, index in self._compiled.groupindex.items()}

    def find_all(self, plain: bytes, start: int = 0, end: int | None = None) -> Iterator[Hit]:
        """Give the hits between two places, in order; what stands around the places still counts for `\\b`."""
        for found in self._compiled.finditer(plain, start, end):
            yield self._hit(found)

    def find(self, plain: bytes, start: int = 0, end: int | None = None) -> Hit | None:
        """Give the first hit between two places."""
        found = self._compiled.search(plain, start, end)
        return self._hit(found) if found else None

    def _hit(self, found: Any) -> Hit:
        start, end = found.span()
        return Hit(start, end, self._names.get(found.lastindex, ""))


_SENTENCE_END = re.compile(rb"[.!?;][)\"'\xbb]*(?:\s|$)|\n")
# Points that end no sentence: initials, titles, months and days cut short.
_ABBREVIATION = re.compile(
    rb"\b(?:[a-z]|mr|mrs|ms|dr|st|no|nos|me|mme|mlle|mgr|approx|inc|ltd|vs|app|pp|tel|ref|jan|feb|mar|apr|jun|jul|aug|sept?|oct"
    rb"|nov|dec|janv|fevr?|avr|juil|lun|mer|jeu|ven|sam|dim|mon|tues?|weds?|thurs?|thu|fri|sat|sun|[ap]\.m)\.$"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Text of one part of a message; `plain[i]` is `text[i]` without case, accents and wrapping."""

    where: Where
    text: str
    plain: bytes = field(repr=False)  # Latin-1; what is beyond it is a space

    def span(self, start: int, end: int) -> Span:
        """The words between two places."""
        return Span(self.where, start, end, self.text[start:end])

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """Where the sentence around two places begins and ends; 400 characters each side at most."""
        begins = max(0, start - 400)
        for found in _SENTENCE_END.finditer(self.plain, begins, start):
            if self._ends(found):
                begins = found.end()
        last = min(len(self.plain), end + 400)
        ends = (found.start() for found in _SENTENCE_END.finditer(self.plain, end, last) if self._ends(found))
        return begins, next(ends, last)

    def _ends(self, found: re.Match[bytes]) -> bool:
        return not _ABBREVIATION.search(self.plain[max(0, found.start() - 8) : found.start() + 1])


def passages(message: Message, *wanted: Where) -> Iterator[Passage]:
    """Give the wanted parts of a message that are not empty, in the order asked for.

    Who wants the newest text gets last what it leaves to attachments, where those were read.
    """
    for where in wanted:
        text: str = message.subject if where == "subject" else getattr(message.body, where)
        if text:
            yield _passage(where, text[:MOST])
    if "newest" in wanted and (attached := message.attached):
        yield _passage("attachment", attached[:MOST])


@lru_cache(maxsize=16)
def _passage(where: Where, text: str) -> Passage:
    """Make a part plain once for all finders, which look at one message after the other."""
    return Passage(where, text, plain_text(text))


def plain_text(text: str) -> bytes:
    """Fold a text and undo its wrapping, one byte for each character."""
    folded = _WRAPPED.sub(" ", fold(text))
    return _BEYOND.sub(lambda found: _MARKS.get(found.group(), " "), folded).encode("latin-1")
