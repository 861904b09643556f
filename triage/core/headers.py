"""Reads header fields: each guarded on its own, so that one broken field costs only itself (pitfalls MIME 6)."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as ParsedMessage
from email.utils import parsedate_to_datetime
from unicodedata import normalize

from mailparser.utils import get_addresses

from triage.core.charsets import decode
from triage.core.message import Address, DateSource

MOST_FIELDS = 200
KEPT = 2_000  # characters of each field
MOST_ADDRESSES = 500
# Wherever they stand among thousands of others, these are kept.
ESSENTIAL = frozenset({"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted"})
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_ADDRESS = re.compile(r"[^\s<>\[\]()\",:;@]{1,64}@[^\s<>\[\]()\",:;@]{1,255}")

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls, lone surrogates, and the invisible characters that would part a word from itself: soft hyphen, zero-width
# space, direction marks, tags. The joiners of Persian and Indian scripts stay.
_REMOVED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# Normalising takes the square of a run of combining marks: 26 s for 200,000 of them. Runs are cut where the
# Stream-Safe Text Format (UAX 15 §13) does.
_MARKS = re.compile("([\u0300-\u036f\u0483-\u1cff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff\u302a-\u302f\ua66f-\uabff\ufb1e\ufe20-\ufe2f\U00010000-\U0001efff]{30})[\u0300-\u036f]+")


def all_fields(parsed: ParsedMessage) -> tuple[tuple[str, str], ...]:
    """Every header field: name in lower case, value unfolded and decoded, as they stand; many and long ones cut."""
    raw = _raw(parsed)
    kept = raw[:MOST_FIELDS] + [(name, value) for name, value in raw[MOST_FIELDS:] if name.lower() in ESSENTIAL]
    return tuple((clean(name).lower()[:100], decoded(value)[:KEPT]) for name, value in kept)
