"""Walks over a parsed message: its text in the order it is read, and its attachments, which stay closed."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from email.message import Message as ParsedMessage
from email.utils import collapse_rfc2231_value
from functools import partial
from hashlib import sha256
from typing import TypeVar, cast

from triage.core import headers, html
from triage.core.charsets import decode
from triage.core.message import Attachment

MOST_TEXT = 1_000_000  # characters of text that are read; more is no letter
MOST_TEXT_PARTS = 50
MOST_ATTACHMENTS = 500
MOST_ENCLOSED_IDS = 20
MOST_DEFECTS = 30

# What hides a message's own text: only a person's mail program, with a key or with Outlook's code, opens it.
_CLOSED = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted", "application/ms-tnef"}
)
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
# Other kinds of text are shown as plain text (RFC 2046 §4.1.4), but these say nothing to a reader.
_NO_LETTER = frozenset({"calendar", "csv", "vcard", "x-vcard", "directory", "rtf", "xml", "css", "x-amp-html"})
_MESSAGE_ID_LINE = re.compile(rb"^(?:original-)?message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_CALENDAR_METHOD = re.compile(rb"^METHOD:([A-Za-z]{1,20})", re.MULTILINE)
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
# Multipart texts that say only that there is something else.
_STOCK = re.compile(
    r"this is a (?:multi-?part|cryptographically signed) message|message (?:au format mime|multipart)", re.I
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message's text in the forms that it was sent in; a reader sees one of them."""

    plain: tuple[str, ...] = ()
    html: tuple[str, ...] = ()  # sources


@dataclass(slots=True)
class Parts:
    """What a message holds."""

    pieces: list[Piece] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    calendar_method: str | None = None
    report_type: str | None = None
    enclosed_ids: list[str] = field(default_factory=list)
    incomplete: bool = False  # text may be missing
    # Read only where there is no other text:
    odd: list[str] = field(default_factory=list)  # of kinds like text/enriched
    outside: list[str] = field(default_factory=list)  # before, after or between what should be parts
    plain_left: int = MOST_TEXT
    html_left: int = html.MOST * 2
    texts_left: int = MOST_TEXT_PARTS


def read_parts(message: ParsedMessage) -> Parts:
    """Collect text and attachments of the outer message; messages inside it are attachments, not text."""
    found = Parts()
    if message.get_content_type() == "multipart/report":
        found.report_type = _parameter(message, "report-type").lower() or None
    found.pieces = [piece for piece in _pieces(message, found, outermost=True) if piece.plain or piece.html]
    if not found.pieces:
        _find_text(found)
    if any(_ARMOUR in text for piece in found.pieces for text in piece.plain):
        found.incomplete = True
        found.defects.append("Its text is encrypted; only a mail program with the key can read it.")
    return found


def _find_text(found: Parts) -> None:
    """Where no part is the text: other kinds of text, then what stands outside the parts."""
    if odd := tuple(text for text in found.odd if text.strip()):
        found.pieces = [Piece(plain=odd)]
    elif outside := tuple(text for text in found.outside if text.strip()):
        found.pieces = [Piece(plain=outside)]
        found.incomplete = True
        found.defects.append("Its text stands outside its parts; this may not be all of it.")
    elif closed := {one.content_type for one in found.attachments} & _CLOSED:
        found.incomplete = True
        found.defects.append(f"Its text is encrypted or packed ({min(closed)}); only a mail program can open it.")


def parts_by_digest(message: ParsedMessage, wanted: Collection[str]) -> dict[str, bytes]:
    """Bytes of the parts whose SHA-256 is wanted, by it."""
    leaves = (_tried(partial(_payload, part), b"") for part in message.walk() if not part.is_multipart())
    return {digest: data for data in leaves if (digest := sha256(data).hexdigest()) in wanted}


def _pieces(part: ParsedMessage, found: Parts, *, outermost: bool = False) -> list[Piece]:
    kind, maintype = part.get_content_type(), part.get_content_maintype()
    payload = part.get_payload()
    if maintype == "message" or kind == "text/rfc822-headers":
        enclosed = _enclosed(part)
        ids = [one.decode("ascii", "replace") for one in _MESSAGE_ID_LINE.findall(enclosed[:50_000])]
        found.enclosed_ids += ids[: MOST_ENCLOSED_IDS - len(found.enclosed_ids)]
        _attach(part, found, enclosed)
        pieces = []
    elif isinstance(payload, list):
        pieces = [piece for child in payload for piece in _pieces(cast(ParsedMessage, child), found)]
        if kind == "multipart/alternative":
            plain = tuple(text for piece in pieces for text in piece.plain)
            pieces = [Piece(plain=plain, html=tuple(text for piece in pieces for text in piece.html))]
        around = (part.preamble, part.epilogue)
        found.outside += [
            headers.clean(text)[:MOST_TEXT] for text in around if text and not _STOCK.search(text[:1_000])
        ]
    else:
        pieces = _leaf(part, kind, found, outermost=outermost)
    shown = headers.clean(kind)[:100]
    found.defects += [f"{shown}: {type(defect).__doc__ or defect}" for defect in part.defects[:3]]
    del found.defects[MOST_DEFECTS:]
    return pieces


def _leaf(part: ParsedMessage, kind: str, found: Parts, *, outermost: bool) -> list[Piece]:
    data = _tried(lambda: _payload(part), b"")
    if kind == "text/calendar" and not found.calendar_method:
        found.calendar_method = _calendar_method(part, data)
    if part.get_content_maintype() == "multipart":
        # Its boundary is missing or never comes: the parts stand there undivided.
        found.outside.append(_decoded(part, data, found))
        return []
    subtype = part.get_content_subtype()
    # A text part with a name is still the text, where nothing says "attachment" (pitfalls MIME 5).
    attached = part.get_content_disposition() == "attachment" and not outermost
    if part.get_content_maintype() != "text" or attached or subtype in _NO_LETTER or not found.texts_left:
        _attach(part, found, data)
        return []
    found.texts_left -= 1
    text = _decoded(part, data, found)
    if not text.strip():
        return []
    if subtype == "html":
        return [Piece(html=(text,))]
    if subtype == "plain":
        return [Piece(plain=(text,))]
    found.odd.append(text)
    return []


def _decoded(part: ParsedMessage, data: bytes, found: Parts) -> str:
    """Text of a part; of HTML its source. What is beyond the limit is left out, and said."""
    is_html = part.get_content_subtype() == "html"
    charset = _tried(part.get_content_charset, None)
    if is_html and charset is None and (named := _META_CHARSET.search(data[:4_000])):
        charset = named.group(1).decode("ascii", "replace")
    text, defect = decode(data, charset)
    if defect:
        found.defects.append(defect)
    left = found.html_left if is_html else found.plain_left
    if len(text) > left:
        found.incomplete = True
        found.defects.append("Its text is too long for a letter; the rest was not read.")
        text = text[:left]
    if is_html:
        found.html_left -= len(text)
        return text
    found.plain_left -= len(text)
    return headers.clean(text)


def _attach(part: ParsedMessage, found: Parts, data: bytes) -> None:
    if len(found.attachments) >= MOST_ATTACHMENTS:
        return
    attachment = Attachment(
        name=headers.decoded(_tried(part.get_filename, None) or "")[:255],
        content_type=headers.clean(part.get_content_type())[:100],
        size=len(data),
        sha256=sha256(data).hexdigest(),
    )
    found.attachments.append(attachment)


def _enclosed(part: ParsedMessage) -> bytes:
    """A message inside the message, as bytes again: not always the same bytes, since long fields were cut."""
    inner = part.get_payload()
    if isinstance(inner, list):
        return b"".join(_tried(cast(ParsedMessage, item).as_bytes, b"") for item in inner)
    return str(inner).encode("utf-8", "surrogateescape")


def _payload(part: ParsedMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _calendar_method(part: ParsedMessage, data: bytes) -> str | None:
    method = _parameter(part, "method")
    if not method and (found := _CALENDAR_METHOD.search(data[:5_000])):
        method = found.group(1).decode("ascii")
    return method.upper() or None


def _parameter(part: ParsedMessage, name: str) -> str:
    """A parameter of Content-Type; empty where there is none or it cannot be read."""
    value = _tried(lambda: collapse_rfc2231_value(part.get_param(name) or ""), "")
    return headers.clean(value).strip()[:100]


def _tried(read: Callable[[], _T], otherwise: _T) -> _T:
    """Ask the email package for something that it may not be able to make of what a sender wrote."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - it raises whatever its inner functions happen to raise
        return otherwise
