"""A part of a message, ready for the fact finders: as written, and folded to the same length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from triage.core.facts.record import Span, Where
from triage.core.language import fold
from triage.core.message import Message

MOST = 60_000  # characters of each part that are read

_ITEM = r"[-*•]|\d{1,2}[.)]\s"  # what begins an item of a list
_SENTENCE_END = re.compile(rf"[.!?;]\s+|\n\s*\n|\n(?=\s*(?:{_ITEM}))")
# A line end inside a sentence is only where a mail program wrapped it.
_WRAPPED = re.compile(rf"(?<=[^\n])\n(?!\s*(?:\n|{_ITEM}))")


@dataclass(frozen=True, slots=True)
class Passage:
    """Text of one part of a message; `folded[i]` is `text[i]` without case, accents and wrapping."""

    where: Where
    text: str
    folded: str = field(repr=False)

    def span(self, start: int, end: int) -> Span:
        """The words between two places."""
        return Span(self.where, start, end, self.text[start:end])

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """Where the sentence around two places begins and ends."""
        begins = 0
        for found in _SENTENCE_END.finditer(self.folded, max(0, start - 400), start):
            begins = found.end()
        begins = max(begins, start - 400)
        after = _SENTENCE_END.search(self.folded, end, min(len(self.folded), end + 300))
        return begins, after.start() if after else min(len(self.folded), end + 300)


def passages(message: Message, *wanted: Where) -> Iterator[Passage]:
    """Give the wanted parts of a message that are not empty, in the order asked for."""
    body = message.body
    texts = {
        "subject": message.subject,
        "newest": body.newest,
        "quoted": body.quoted,
        "forwarded": body.forwarded,
        "signature": body.signature,
    }
    for where in wanted:
        if texts[where]:
            yield _passage(where, texts[where][:MOST])


@lru_cache(maxsize=16)
def _passage(where: Where, text: str) -> Passage:
    """Fold a part once for all finders, which look at one message after the other."""
    return Passage(where, text, _WRAPPED.sub(" ", fold(text)))


def first(pattern: re.Pattern[str], message: Message, *wanted: Where) -> Span | None:
    """Find the first place in the wanted parts that a pattern, written for folded text, matches."""
    for passage in passages(message, *wanted):
        if found := pattern.search(passage.folded):
            return passage.span(found.start(), found.end())
    return None
