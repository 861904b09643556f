"""Bytes → Message, by mail-parser. Never an exception: what cannot be read becomes a defect, and a person looks.

Two readers are needed, since neither is safe alone (pitfalls MIME 1, 2): mail-parser, on the standard library's
compat32 policy, and where it finds no text the standard library's newer policy.
"""

import email
import email.policy
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import Message as ParsedMessage
from email.parser import BytesHeaderParser
from hashlib import sha256

import mailparser
from mailparser.exceptions import MailParserError

from triage.core import headers
from triage.core.charsets import decode
from triage.core.html import html_to_text
from triage.core.language import detect
from triage.core.message import Address, Attachment, Body, DateSource, Language, Message
from triage.core.text import take_apart

MOST_TEXT = 1_000_000  # characters of text that are read; more is no letter
MOST_TEXT_PARTS = 50
MOST_ATTACHMENTS = 500
MOST_PARTS = 2_000

_FORWARD_SUBJECT = re.compile(r"^\s*(?:fwd?|tr|i)\s*:", re.IGNORECASE)
# Plain parts that say only that there is an HTML part.
_STUB = re.compile(
    r"(?:does not|doesn't|ne).{0,40}(?:support|display|prend).{0,30}html|html.{0,40}(?:view|version)", re.I
)
_ESSENTIAL = frozenset({"from", "to", "subject", "date", "message-id"})
_MESSAGE_ID_LINE = re.compile(r"^(?:original-)?message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_ERRORS = (
    MailParserError,
    MessageError,
    RecursionError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
)
# mail-parser reports each odd part; we report once, as a defect.
logging.getLogger("mailparser").setLevel(logging.CRITICAL)


@dataclass(slots=True)
class _Parts:
    """What a walk over the parts found."""

    plain: list[str]
    html: list[str]
    attachments: list[Attachment]
    defects: list[str]
    calendar_method: str | None = None
    report_type: str | None = None
    enclosed_ids: tuple[str, ...] = ()
    incomplete: bool = False  # text may be missing


def read_message(
    raw: bytes, *, received_at: datetime | None = None, size: int | None = None, truncated: bool = False
) -> Message:
    """Read one message. Total: any bytes give a Message.

    `received_at` is the server's INTERNALDATE (aware), `size` the message's size there where `raw` holds less of it,
    and `truncated` says that it does.
    """
    parsed, parts = _parse(raw)
    unparseable = parsed is None or parts.incomplete
    if parsed is None:
        parsed = _headers_only(raw)
        parts.defects.append("its structure could not be read; only its headers were")
    elif not parts.plain and not parts.html and _has_content(raw, parts):
        unparseable = True
        parts.defects.append("no text could be found in it")
    when, date_source = headers.date_of(parsed, received_at)
    senders = headers.addresses(parsed, "from")
    fields = headers.all_fields(parsed)
    if not _ESSENTIAL & {name for name, _ in fields}:
        unparseable = True
        parts.defects.append("it has none of the headers that a message has")
    subject = _first(fields, "subject")
    body = _body(parts, subject)
    defects = [*parts.defects, *_missing(fields, senders, date_source)]
    if truncated:
        defects.append(f"it is larger than the limit ({size} bytes): attachments were not fetched")
    return_path = _first(fields, "return-path") if any(name == "return-path" for name, _ in fields) else None
    return Message(
        digest=sha256(raw).hexdigest(),
        size=len(raw) if size is None else size,
        message_id=next(iter(headers.message_ids([_first(fields, "message-id")])), None),
        in_reply_to=headers.message_ids(value for name, value in fields if name == "in-reply-to"),
        references=headers.message_ids(value for name, value in fields if name == "references"),
        enclosed_ids=tuple(dict.fromkeys(parts.enclosed_ids[:20])),
        from_=senders[0] if senders else None,
        reply_to=headers.addresses(parsed, "reply-to"),
        to=headers.addresses(parsed, "to"),
        cc=headers.addresses(parsed, "cc"),
        return_path=return_path.strip().strip("<>").strip() if return_path is not None else None,
        subject=subject,
        date=when,
        date_source=date_source,
        received_at=received_at,
        content_type=parsed.get_content_type(),
        report_type=parts.report_type,
        calendar_method=parts.calendar_method,
        headers=fields,
        body=body,
        language=_language(body, subject),
        attachments=tuple(parts.attachments),
        truncated=truncated,
        unparseable=unparseable,
        defects=tuple(dict.fromkeys(defects)),
    )


def message_from_fields(
    *,
    subject: str,
    body: str,
    from_addr: str | None = None,
    from_name: str | None = None,
    to: str | None = None,
    date: datetime | None = None,
) -> Message:
    """Make a Message of a record's fields; `body` is plain text and may hold quotes and a signature."""
    subject, text = headers.clean(subject).replace("\n", " ").strip(), headers.clean(body[:MOST_TEXT])
    taken = take_apart(text, is_forward=bool(_FORWARD_SUBJECT.match(subject)))
    said = "\0".join((from_addr or "", to or "", date.isoformat() if date else "", subject, body))
    sender = Address(name=headers.clean(from_name or ""), addr=headers.clean(from_addr)) if from_addr else None
    return Message(
        digest=sha256(said.encode("utf-8", "surrogatepass")).hexdigest(),
        size=len(body),
        message_id=None,
        from_=sender,
        to=(Address(name="", addr=headers.clean(to)),) if to else (),
        subject=subject,
        date=date,
        date_source=DateSource.DATE if date else DateSource.NONE,
        body=taken,
        language=_language(taken, subject),
    )


def _parse(raw: bytes) -> tuple[ParsedMessage | None, _Parts]:
    try:
        parser = mailparser.parse_from_bytes(raw)
        parsed: ParsedMessage | None = parser.message
        parts = _walk(parsed) if parsed is not None else _Parts([], [], [], [])
    except _ERRORS:
        parser, parsed, parts = None, None, _Parts([], [], [], [])
    if parts.plain or parts.html:
        return parsed, parts
    try:
        # policy.default reads quoted boundaries that are folded over two lines (pitfalls MIME 2).
        other = email.message_from_bytes(raw, policy=email.policy.default.clone(raise_on_defect=False))
        others = _walk(other)
    except _ERRORS:
        return parsed, parts
    if others.plain or others.html:
        return (parsed or _headers_only(raw)), others
    if parser is not None and (parser.text_plain or parser.text_html):
        # mail-parser also looks behind the closing boundary, where the walk does not go.
        parts.plain = [headers.clean(text)[:MOST_TEXT] for text in parser.text_plain[:MOST_TEXT_PARTS]]
        parts.html = list(parser.text_html[:MOST_TEXT_PARTS])
    return parsed, parts


def _headers_only(raw: bytes) -> ParsedMessage:
    head = raw[:200_000].replace(b"\0", b"")
    return BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)


def _walk(parsed: ParsedMessage) -> _Parts:
    """Collect text and attachments of the outer message; messages inside it are attachments, not text."""
    found = _Parts([], [], [], [])
    if parsed.get_content_type() == "multipart/report":
        found.report_type = str(parsed.get_param("report-type") or "").lower() or None
    waiting = [parsed]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MOST_PARTS:
            found.incomplete = True
            found.defects.append(f"it has more than {MOST_PARTS} parts; the rest was not read")
            break
        found.defects += [f"{part.get_content_type()}: {type(defect).__name__}" for defect in part.defects[:3]]
        inner = part.get_payload()
        if part.get_content_maintype() == "message" or part.get_content_type() == "text/rfc822-headers":
            enclosed = _enclosed(part)
            found.enclosed_ids += tuple(_MESSAGE_ID_LINE.findall(enclosed[:50_000].decode("ascii", "replace")))
            _add_attachment(found, part, enclosed)
        elif part.is_multipart() and isinstance(inner, list):
            waiting.extend(item for item in inner[::-1] if isinstance(item, ParsedMessage))
        else:
            _add_leaf(found, part)
    return found


def _add_leaf(found: _Parts, part: ParsedMessage) -> None:
    kind = part.get_content_type()
    data = part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    if kind == "text/calendar" and not found.calendar_method:
        method = part.get_param("method") or _calendar_method(data)
        found.calendar_method = str(method).upper() if method else None
    # A text part with a name is still the text where nothing says "attachment" (pitfalls MIME 5).
    is_text = kind in {"text/plain", "text/html"} and part.get_content_disposition() != "attachment"
    texts = found.plain if kind == "text/plain" else found.html
    if not is_text or len(texts) >= MOST_TEXT_PARTS:
        _add_attachment(found, part, data)
        return
    text, defect = decode(data, _charset(part))
    if defect:
        found.defects.append(defect)
    if len(text) > MOST_TEXT:
        found.incomplete = True
        found.defects.append(f"its text is longer than {MOST_TEXT} characters; the rest was not read")
    text = headers.clean(text[:MOST_TEXT])
    if text.strip():
        texts.append(text)


def _add_attachment(found: _Parts, part: ParsedMessage, data: bytes) -> None:
    if len(found.attachments) >= MOST_ATTACHMENTS:
        return
    try:
        name = headers.decoded(part.get_filename() or "")
    except _ERRORS:
        name = ""
    attachment = Attachment(
        name=name[:255],
        content_type=part.get_content_type(),
        size=len(data),
        sha256=sha256(data).hexdigest(),
    )
    found.attachments.append(attachment)


def _enclosed(part: ParsedMessage) -> bytes:
    """A message inside the message, as bytes again."""
    inner = part.get_payload()
    try:
        if isinstance(inner, list):
            return b"".join(item.as_bytes() for item in inner if isinstance(item, ParsedMessage))
        return str(inner).encode("utf-8", "surrogateescape")
    except (*_ERRORS, UnicodeError):
        return b""


def _charset(part: ParsedMessage) -> str | None:
    try:
        return part.get_content_charset()
    except _ERRORS:
        return None


def _calendar_method(data: bytes) -> str | None:
    found = re.search(rb"^METHOD:([A-Za-z]{1,20})", data[:5_000], re.MULTILINE)
    return found.group(1).decode("ascii") if found else None


def _body(parts: _Parts, subject: str) -> Body:
    plain = "\n\n".join(parts.plain) or None
    newest = quoted = ""
    if parts.html and (plain is None or (len(plain) < 300 and _STUB.search(plain))):
        halves = [html_to_text(source) for source in parts.html]
        newest = headers.clean("\n\n".join(half[0] for half in halves))[:MOST_TEXT]
        quoted = headers.clean("\n\n".join(half[1] for half in halves))[:MOST_TEXT]
        plain = None if newest.strip() or quoted.strip() else plain
    return take_apart(plain, newest, quoted, is_forward=bool(_FORWARD_SUBJECT.match(subject)))


def _language(body: Body, subject: str) -> Language:
    found = detect(body.newest)
    return detect(f"{subject}\n{body.newest}\n{body.forwarded}") if found is Language.UNKNOWN else found


def _has_content(raw: bytes, parts: _Parts) -> bool:
    """Whether there was something to read: a message of headers alone, or of attachments alone, is not broken."""
    head, _, rest = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return not parts.attachments and bool(rest.strip() or (head and b":" not in head.split(b"\n", 1)[0]))


def _missing(fields: tuple[tuple[str, str], ...], senders: tuple[Address, ...], date_source: DateSource) -> list[str]:
    names = {name for name, _ in fields}
    found = []
    if not senders:
        found.append("From is unreadable" if "from" in names else "it has no From")
    if "message-id" not in names:
        found.append("it has no Message-ID")
    if date_source is not DateSource.DATE:
        found.append(f"Date is unreadable or missing; taken from {date_source.value}")
    return found


def _first(fields: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in fields if key == name), "")
