"""Reads header fields: each guarded on its own, so that one broken field costs only itself (pitfalls MIME 6)."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as ParsedMessage
from email.utils import getaddresses, parsedate_to_datetime
from unicodedata import category, normalize

from triage.core.charsets import decode
from triage.core.message import Address, DateSource

# Some readers take seconds for a field of a hundred kilobytes (pitfalls MIME 8): fields are cut before they are read.
LONGEST = 10_000
MOST_FIELDS = 200
KEPT = 2_000
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_KEPT_CONTROLS = frozenset("\n\t")


def all_fields(parsed: ParsedMessage) -> tuple[tuple[str, str], ...]:
    """Every header field: name in lower case, value unfolded and decoded, as they stand; many and long ones cut."""
    return tuple((name.lower()[:100], decoded(value)[:KEPT]) for name, value in _raw(parsed)[:MOST_FIELDS])


def decoded(value: str) -> str:
    """Unfold a raw value and decode its encoded words (RFC 2047); whatever cannot be decoded stays readable."""
    text = _unescaped(_FOLD.sub(" ", value[:LONGEST]))
    if "=?" in text:
        # What cannot be decoded is kept encoded: ugly, but nothing is lost.
        with suppress(HeaderParseError, ValueError, LookupError):
            parts = decode_header(text)
            text = "".join(decode(part, name)[0] if isinstance(part, bytes) else part for part, name in parts)
    return clean(_FOLD.sub(" ", text)).replace("\n", " ").strip()


def clean(text: str) -> str:
    """NFC, "\\n" line ends, no NUL or other control characters but tab; also no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = "".join(
            char for char in text if char in _KEPT_CONTROLS or char.isprintable() or category(char) not in _REMOVED
        )
    return normalize("NFC", text)


_REMOVED = frozenset({"Cc", "Cs"})


def addresses(parsed: ParsedMessage, name: str) -> tuple[Address, ...]:
    """The mailboxes of all fields of that name; groups are opened, what is no address is left out."""
    values = [_unescaped(_FOLD.sub(" ", value[:LONGEST])) for field, value in _raw(parsed) if field.lower() == name]
    try:
        pairs = getaddresses(values)
    except (ValueError, TypeError, IndexError, RecursionError):
        return ()
    found = []
    for display, raw in pairs:
        addr = clean(raw).strip()
        local, at, domain = addr.rpartition("@")
        if at and local and domain and " " not in addr:
            found.append(Address(name=decoded(display), addr=f"{local}@{domain.lower()}"))
    return tuple(found)


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """All message-ids in the values, with angle brackets, in order, each once."""
    return tuple(dict.fromkeys(found for value in values for found in _MESSAGE_ID.findall(value[:LONGEST])))


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
    """An RFC 5322 date, aware, in its own zone; None where it is none or lies outside 1990–2100."""
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


def _unescaped(value: str) -> str:
    """Bytes beyond ASCII in a header come as surrogates: read them as UTF-8, else as what they most likely are."""
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"), "utf-8")[0]
