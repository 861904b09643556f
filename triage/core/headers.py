"""Reads header fields: each guarded on its own, so that one broken field costs only itself (pitfalls MIME 6)."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as ParsedMessage
from email.utils import parsedate_to_datetime
from typing import Any
from unicodedata import combining, normalize

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
# One mailbox as most fields have it, of which no reader could make anything else: "Amy Li <amy@firm.example>".
_WORDS, _ADDR = r"[A-Za-z0-9'-]+(?: [A-Za-z0-9'-]+)*", r"[\w+-]+(?:\.[\w+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_ONE_MAILBOX = re.compile(rf"(?:({_WORDS}) )?<({_ADDR})>|({_ADDR})", re.ASCII)

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls, lone surrogates, and the invisible characters that would part a word from itself: soft hyphen, zero-width
# space, direction marks, tags. The joiners of Persian and Indian scripts stay.
_REMOVED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# Normalising takes the square of a run of combining marks: 26 s for 200,000 of them. Runs are cut where the
# Stream-Safe Text Format (UAX 15 §13) does.
_MARK = "[" + "".join(chr(code) for code in range(0x300, 0x1E94B) if combining(chr(code))) + "]"
_MARKS = re.compile(f"({_MARK}{{30}}){_MARK}+")


def all_fields(parsed: ParsedMessage) -> tuple[tuple[str, str], ...]:
    """Every header field: name in lower case, value unfolded and decoded, as they stand; many and long ones cut."""
    raw = _raw(parsed)
    kept = raw[:MOST_FIELDS] + [(name, value) for name, value in raw[MOST_FIELDS:] if name.lower() in ESSENTIAL]
    return tuple((clean(name).lower()[:100], decoded(value)[:KEPT]) for name, value in kept)


def decoded(value: str) -> str:
    """Unfold a raw value and decode its encoded words (RFC 2047); whatever cannot be decoded stays readable."""
    text = unescaped(_FOLD.sub(" ", value))
    if "=?" in text and "?=" in text:
        # What cannot be decoded is kept encoded: ugly, but nothing is lost.
        with suppress(HeaderParseError, ValueError, LookupError):
            parts = decode_header(text)
            text = "".join(
                decode(part, name, guess=False)[0] if isinstance(part, bytes) else part for part, name in parts
            )
    return _FOLD.sub(" ", clean(text)).strip()


def clean(text: str) -> str:
    """NFC, "\\n" line ends, no NUL or other control or invisible characters but tab; also no lone surrogates."""
    if text.isascii() and text.isprintable():
        return text  # as most header fields are
    text = _REMOVED.sub("", _LINE_ENDS.sub("\n", text))
    return text if text.isascii() else normalize("NFC", _MARKS.sub(r"\1", text))


def addresses(parsed: ParsedMessage, name: str, complaints: list[str]) -> tuple[Address, ...]:
    """The mailboxes of the first field of that name; groups are opened, what is no address is left out.

    mail-parser reads them, linear and strict, where the standard library is neither; where it finds none, the one
    address that stands there is taken. What could not be read whole is added to `complaints`.
    """
    value = unescaped(next(iter(_values(parsed, name)), ""))
    if not value:
        return ()
    if one := _ONE_MAILBOX.fullmatch(value):
        local, _, domain = (one[2] or one[3]).rpartition("@")
        return (Address(name=(one[1] or "")[:KEPT], addr=f"{local}@{domain.lower()}"),)
    problems: list[dict[str, Any]] = []
    try:
        pairs = [pair for pair in get_addresses(value, defects=problems, decode_names=True) if "@" in pair[1]]
    except Exception:  # noqa: BLE001 - foreign code on hostile input: the text is worth more than the addresses
        pairs = []
    complaints += [f"An address field could not be read whole ({name}: {one['reason']})." for one in problems[:10]]
    if not pairs:
        pairs = [("", addr) for addr in set(_ADDRESS.findall(value))]
        pairs = pairs if len(pairs) == 1 else []
    found = []
    for display, raw in pairs[:MOST_ADDRESSES]:
        local, _, domain = clean(raw).strip().rpartition("@")
        if local and domain:
            found.append(Address(name=decoded(display)[:KEPT], addr=f"{local}@{domain.lower()}"))
    return tuple(found)


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """All message-ids in the values, with angle brackets, in order, each once."""
    return tuple(dict.fromkeys(found for value in values for found in _MESSAGE_ID.findall(value)))


def date_of(parsed: ParsedMessage, received_at: datetime | None) -> tuple[datetime | None, DateSource]:
    """When the message was written: Date, else the topmost readable Received, else when the server took it in."""
    for value in _values(parsed, "date"):
        if when := read_date(value):
            return when, DateSource.DATE
    for value in _values(parsed, "received"):
        if when := read_date(value.rpartition(";")[2]):
            return when, DateSource.RECEIVED
    return (received_at, DateSource.INTERNALDATE) if received_at else (None, DateSource.NONE)


def read_date(value: str) -> datetime | None:
    """An RFC 5322 date, aware, in its own zone; None where it is none or lies outside 1990–2100 (pitfalls MIME 7)."""
    try:
        when = parsedate_to_datetime(value[:200].strip())
        when = when if when.tzinfo else when.replace(tzinfo=UTC)  # "-0000": UTC, zone unknown (RFC 5322 §3.3)
        return when if 1990 <= when.astimezone(UTC).year <= 2100 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _values(parsed: ParsedMessage, name: str) -> list[str]:
    return [value for field, value in _raw(parsed) if field.lower() == name]


def _raw(parsed: ParsedMessage) -> list[tuple[str, str]]:
    """Name and value as parsed, before the email package tries to understand them."""
    return [(str(name), str(value)) for name, value in parsed.raw_items()]


def unescaped(value: str) -> str:
    """Bytes beyond ASCII in a header come as surrogates: read them as UTF-8, else as what they most likely are."""
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"), "utf-8", guess=False)[0]
