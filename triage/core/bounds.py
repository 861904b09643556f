"""Cuts a message to what a parser can read in about a second, whatever a sender put into it.

The standard library's parser is recursive in nesting, asks every open boundary about every line, and reads a header
field in the square of its length (pitfalls MIME 8, 9). No letter comes near these limits; what does is read as far
as they go, and a person looks at it.
"""

import re
from email.feedparser import BytesFeedParser
from email.message import Message as ParsedMessage
from email.policy import Compat32
from itertools import islice
from typing import Any

from triage.core.headers import ESSENTIAL

MOST_LINES = 800_000  # 25 MiB of base64 are 340,000
MOST_PARTS = 500
MOST_CONTAINERS = 200  # multiparts and enclosed messages, counted by two words that each of them needs
# A line is asked about once for each container it may stand in.
LINE_BUDGET = 5_000_000
LONGEST_FIELD = 10_000  # characters; a To of 200 people has as many
LONGEST_PARAMETERS = 1_500  # of Content-Type and Content-Disposition, which are read for each part again and again
MOST_FIELDS = 400
MOST_FIELD_TEXT = 200_000  # characters of a header's fields together

_PIECE = 1 << 16
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DELIMITER = re.compile(rb"[\r\n]--")
_CONTAINER = re.compile(rb"boundary|message/", re.IGNORECASE)


def bounded(raw: bytes) -> tuple[bytes, list[str]]:
    """Give as much of the message as can be parsed in time, and a sentence for each limit that it is over."""
    beyond = []
    containers = _containers(raw)
    if containers > MOST_CONTAINERS:
        raw = raw[: _place(_CONTAINER, raw, MOST_CONTAINERS)]
        beyond.append(f"It has more than {MOST_CONTAINERS} nested parts; the rest was not read.")
        containers = MOST_CONTAINERS
    if containers and raw.count(b"\n--") + raw.count(b"\r--") > MOST_PARTS:
        raw = raw[: _place(_DELIMITER, raw, MOST_PARTS)]
        beyond.append(f"It has more than {MOST_PARTS} parts; the rest was not read.")
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    most_lines = min(MOST_LINES, LINE_BUDGET // (1 + containers))
    if lines > most_lines:
        raw = raw[: _place(_LINE_END, raw, most_lines)]
        beyond.append(f"It has more than {most_lines} lines; the rest was not read.")
    return raw, beyond


def _containers(raw: bytes) -> int:
    """How often the two words occur in any case; by pieces, since a copy of all of it would be 25 MiB more."""
    found = 0
    for start in range(0, len(raw), _PIECE):
        # Both words have eight letters: seven more bytes, and none is missed or counted twice.
        piece = raw[start : start + _PIECE + 7].lower()
        found += piece.count(b"boundary") + piece.count(b"message/")
    return found


def parse(raw: bytes) -> ParsedMessage:
    """Parse by the bounded policy; fed in pieces, which takes a fifth of the memory of parsing it at once."""
    parser = BytesFeedParser(policy=POLICY)
    for start in range(0, len(raw), _PIECE):
        parser.feed(raw[start : start + _PIECE])
    return parser.close()


def _place(pattern: re.Pattern[bytes], raw: bytes, number: int) -> int:
    """Where the match after the first `number` ones begins."""
    return next(islice(pattern.finditer(raw), number, None)).start()


class BoundedHeader(ParsedMessage):
    """A message or part that keeps no more header fields than are of use."""

    _field_text = 0
    _content_type = ""

    def get_content_type(self) -> str:
        """Read it once: parser and readers ask for it thirty times a message."""
        self._content_type = self._content_type or super().get_content_type()
        return self._content_type

    def set_raw(self, name: str, value: Any) -> None:
        """Take one field from the parser; beyond the limits only the first of each essential name."""
        self._content_type = ""
        self._field_text += len(value)
        full = len(self) >= MOST_FIELDS or self._field_text > MOST_FIELD_TEXT
        if not full or (name.lower() in ESSENTIAL and name not in self):
            super().set_raw(name, value)


class BoundedFields(Compat32):
    """The parsing policy: fields cut to a length, Content-Type unfolded.

    compat32 keeps the fold of a boundary that is folded over two lines, and then finds no part (pitfalls MIME 2).
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Cut a field before anything looks into it."""
        is_parameters = sourcelines[0][:20].lower().startswith(("content-type", "content-disposition"))
        name, value = super().header_source_parse(
            _cut(sourcelines, LONGEST_PARAMETERS if is_parameters else LONGEST_FIELD)
        )
        value = value.replace("\0", "")
        return name, re.sub(r"[\r\n]+", "", value) if is_parameters else value


def _cut(sourcelines: list[str], longest: int) -> list[str]:
    kept, length = [], 0
    for line in sourcelines:
        kept.append(line[: longest - length])
        length += len(kept[-1])
        if length >= longest:
            break
    return kept


POLICY = BoundedFields(message_factory=BoundedHeader)
