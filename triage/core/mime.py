"""Bytes → Message. Never an exception: what cannot be read becomes a defect, and a person looks.

mail-parser reads the addresses: it is linear where the standard library is not. The body is walked here, since
mail-parser takes texts with a name for attachments, gives up on unclosed multiparts (pitfalls MIME 4, 5), cannot tell
a text in two forms from two texts, and needs a minute for a text of combining marks.
"""

import re
from collections.abc import Collection
from datetime import datetime
from email.message import Message as ParsedMessage
from email.parser import BytesHeaderParser
from hashlib import sha256

from triage.core import headers
from triage.core.bounds import POLICY, bounded, parse
from triage.core.html import html_to_text
from triage.core.language import detect
from triage.core.message import Address, Body, DateSource, Language, Message, TextSource
from triage.core.parts import MOST_TEXT, Parts, Piece, parts_by_digest, read_parts
from triage.core.text import take_apart

_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|tr|i|wg)\s*:", re.IGNORECASE)
_ANY_OF = frozenset({"from", "to", "subject", "date", "message-id"})
_HEADER_BYTES = 200_000
_HEADER_END = re.compile(rb"\n\r?\n|\r\r")
# A plain part that is shorter than this is compared with the HTML beside it: it may be a stub.
_SHORT = 300
_WORD = re.compile(r"\w+")
# Plain parts that say only that there is an HTML part.
_STUB = re.compile(
    r"(?:does not|doesn't|cannot|unable to|ne).{0,60}\bhtml|\bhtml.{0,60}(?:view|version|format|display|afficher)",
    re.IGNORECASE | re.DOTALL,
)


def read_message(
    raw: bytes, *, received_at: datetime | None = None, size: int | None = None, truncated: bool = False
) -> Message:
    """Read one message. Total: any bytes give a Message.

    `received_at` is the server's INTERNALDATE (aware), `size` the message's size there where `raw` holds less of it,
    and `truncated` says that it does.
    """
    parsed, parts = _parse(raw)
    fields = headers.all_fields(parsed)
    if not _ANY_OF & {name for name, _ in fields}:
        parts.incomplete = True
        parts.defects.append("It has none of the headers that a message has.")
    when, date_source = headers.date_of(parsed, received_at)
    complaints: list[str] = []
    senders, reply_to, to, cc = (
        headers.addresses(parsed, name, complaints) for name in ("from", "reply-to", "to", "cc")
    )
    subject = _first(fields, "subject") or ""
    body = take_apart(*_text(parts), is_forward=bool(_FORWARD_SUBJECT.match(subject)))
    defects = [*parts.defects, *complaints, *_missing(fields, senders, date_source)]
    if truncated:
        defects.append(f"It is larger than the limit ({size or len(raw)} bytes): attachments were not fetched.")
    return_path = _first(fields, "return-path")
    return Message(
        digest=sha256(raw).hexdigest(),
        size=len(raw) if size is None else size,
        message_id=next(iter(headers.message_ids([_first(fields, "message-id") or ""])), None),
        in_reply_to=headers.message_ids(value for name, value in fields if name == "in-reply-to"),
        references=headers.message_ids(value for name, value in fields if name == "references"),
        enclosed_ids=tuple(dict.fromkeys(parts.enclosed_ids)),
        from_=senders[0] if senders else None,
        reply_to=reply_to,
        to=to,
        cc=cc,
        return_path=return_path.strip("<> \t") if return_path is not None else None,
        subject=subject,
        date=when,
        date_source=date_source,
        received_at=received_at,
        content_type=headers.clean(parsed.get_content_type())[:100],
        report_type=parts.report_type,
        calendar_method=parts.calendar_method,
        headers=fields,
        body=body,
        language=_language(body, subject),
        attachments=tuple(parts.attachments),
        truncated=truncated,
        unparseable=parts.incomplete,
        defects=tuple(dict.fromkeys(defects)),
    )


def attached_bytes(raw: bytes, wanted: Collection[str]) -> dict[str, bytes]:
    """Bytes of the attachments whose SHA-256 is wanted, by it; a Message holds none, since few are ever opened.

    `raw` is what `read_message` found them in.
    """
    return parts_by_digest(parse(bounded(raw)[0]), wanted)


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
    subject = headers.clean(subject).replace("\n", " ").strip()
    taken = take_apart(headers.clean(body[:MOST_TEXT]), is_forward=bool(_FORWARD_SUBJECT.match(subject)))
    said = "\0".join((from_addr or "", from_name or "", to or "", date.isoformat() if date else "", subject, body))
    too_long = len(body) > MOST_TEXT
    return Message(
        digest=sha256(said.encode("utf-8", "surrogatepass")).hexdigest(),
        size=len(body),
        message_id=None,
        from_=Address(name=headers.clean(from_name or ""), addr=headers.clean(from_addr)) if from_addr else None,
        to=(Address(name="", addr=headers.clean(to)),) if to else (),
        subject=subject,
        date=date,
        date_source=DateSource.DATE if date else DateSource.NONE,
        body=taken,
        language=_language(taken, subject),
        unparseable=too_long,
        defects=("Its text is too long for a letter; the rest was not read.",) if too_long else (),
    )


def _parse(raw: bytes) -> tuple[ParsedMessage, Parts]:
    cut, beyond = bounded(raw)
    try:
        parsed = parse(cut)
        parts = read_parts(parsed)
    except Exception as error:  # noqa: BLE001 - the email package raises whatever its inner functions raise
        parsed = BytesHeaderParser(policy=POLICY).parsebytes(cut[:_HEADER_BYTES])
        return parsed, Parts(
            incomplete=True, defects=[*beyond, f"Its parts could not be read ({type(error).__name__})."]
        )
    parts.incomplete = parts.incomplete or bool(beyond)
    parts.defects[:0] = beyond
    if parts.defects and not parts.pieces and not parts.attachments and _has_body(cut):
        parts.incomplete = True
        parts.defects.append("No text could be found in it.")
    return parsed, parts


def _text(parts: Parts) -> tuple[str, TextSource]:
    """The text of all pieces, one below the other, each in the form that says more."""
    texts: list[str] = []
    source = TextSource.NONE
    for piece in parts.pieces:
        text, form = _best_form(piece, parts)
        if text.strip() and not _says_nothing_new(text, texts):
            texts.append(text)
            source = form if source is TextSource.NONE else source
    if not texts and any("<img" in page.lower() for piece in parts.pieces for page in piece.html):
        parts.incomplete = True
        parts.defects.append("It has no text; what it says may stand in a picture.")
    return "\n\n".join(texts), source


def _best_form(piece: Piece, parts: Parts) -> tuple[str, TextSource]:
    """Plain text, but HTML where that is missing, or says only to look at the HTML, or is a fragment of it."""
    plain = "\n\n".join(piece.plain)
    if not piece.html or (plain.strip() and len(plain) >= _SHORT):
        return plain, TextSource.PLAIN
    pages = [html_to_text(page) for page in piece.html]
    if not all(whole for _, whole in pages):
        parts.incomplete = True
        parts.defects.append("Its HTML is too long for a letter; the rest was not read.")
    shown = headers.clean("\n\n".join(text for text, _ in pages))
    if not shown.strip():
        return plain, TextSource.PLAIN
    if not plain.strip() or _STUB.search(plain):
        return shown, TextSource.HTML
    if len(_WORD.findall(shown)) <= 2 * len(_WORD.findall(plain)) + 10:
        return plain, TextSource.PLAIN
    return (shown if _says_nothing_new(plain, [shown]) else f"{plain}\n\n{shown}"), TextSource.HTML


def _says_nothing_new(text: str, texts: list[str]) -> bool:
    """Whether each of its words stands in the others: some programs send plain text and HTML as if they were two."""
    if not texts:
        return False
    said = {word for other in texts for word in _WORD.findall(other.lower())}
    return said.issuperset(_WORD.findall(text.lower()))


def _language(body: Body, subject: str) -> Language:
    found = detect(body.newest)
    return detect(f"{subject}\n{body.newest}\n{body.forwarded}") if found is Language.UNKNOWN else found


def _has_body(raw: bytes) -> bool:
    end = _HEADER_END.search(raw)
    return end is not None and bool(raw[end.end() :].strip())


def _missing(fields: tuple[tuple[str, str], ...], senders: tuple[Address, ...], date_source: DateSource) -> list[str]:
    names = {name for name, _ in fields}
    found = []
    if not senders:
        found.append("Its From could not be read." if "from" in names else "It has no From.")
    if "message-id" not in names:
        found.append("It has no Message-ID.")
    if date_source is not DateSource.DATE:
        problem = "Its Date could not be read" if "date" in names else "It has no Date"
        found.append(f"{problem}; {_INSTEAD[date_source]}.")
    return found


_INSTEAD = {
    DateSource.RECEIVED: "the time in its topmost Received is taken",
    DateSource.INTERNALDATE: "the time when the server took it in is taken",
    DateSource.NONE: "when it was written is not known",
}


def _first(fields: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for key, value in fields if key == name), None)
