"""What one e-mail says, read once and never changed: every later step looks at this record, not at bytes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Language(StrEnum):
    """The language of a message's newest text."""

    ENGLISH = "en"
    FRENCH = "fr"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class DateSource(StrEnum):
    """Where a message's date was taken from, best first."""

    DATE = "date"  # the Date header
    RECEIVED = "received"  # the topmost Received header that has a readable date
    INTERNALDATE = "internaldate"  # when the server took the message in
    NONE = "none"


class TextSource(StrEnum):
    """Which part of the message its text was taken from."""

    PLAIN = "plain"
    HTML = "html"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox (RFC 5322 §3.4): `name` decoded, NFC, may be empty; `addr` as written, domain lower-cased."""

    name: str
    addr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not the message's text; closed, but where the office has those read that hold the ask."""

    name: str  # as the sender gave it, decoded, without control characters; may be empty
    content_type: str  # lower case, such as "application/pdf"
    size: int  # decoded bytes
    sha256: str  # hex, of the decoded bytes
    text: str = ""  # what it says, NFC, clean; set after parsing, only where it was opened and could be read
    unread: str = ""  # why it was to be read and was not: "it is encrypted"; set in the same place


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The message's text, NFC, lines ended by "\\n", taken apart so that only `newest` speaks for the sender.

    Nothing is thrown away: all that is not `newest` stands in one of the other fields.
    """

    newest: str = ""  # what the sender newly wrote
    quoted: str = ""  # earlier messages quoted below or between
    forwarded: str = ""  # an earlier message passed on: forwarded, sent again, or pointed to in few words
    signature: str = ""
    disclaimer: str = ""  # confidentiality notices, "sent from my phone", virus-scanner lines
    source: TextSource = TextSource.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One e-mail as it was received. All text is NFC, without NUL or other control characters but \\n and \\t.

    Made by `mime.read_message`; whatever could not be read is empty here and named in `defects`.
    """

    digest: str  # SHA-256, hex, of the bytes as fetched: identity across a change of UIDVALIDITY
    size: int  # bytes on the server, which may be more than was fetched (see `truncated`)
    message_id: str | None  # with angle brackets; None where missing or unreadable
    in_reply_to: tuple[str, ...] = ()  # message-ids with angle brackets
    references: tuple[str, ...] = ()
    enclosed_ids: tuple[str, ...] = ()  # of messages inside it: what a bounce returns, what a forward attaches
    from_: Address | None = None  # the first From mailbox
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    return_path: str | None = None  # envelope sender from Return-Path; "" is the null sender; None: no header
    subject: str = ""
    date: datetime | None = None  # aware, in the zone it was written with
    date_source: DateSource = DateSource.NONE
    received_at: datetime | None = None  # INTERNALDATE, aware UTC; None where read from a file
    content_type: str = "text/plain"  # of the whole, lower case
    report_type: str | None = None  # report-type parameter of multipart/report: "delivery-status", …
    calendar_method: str | None = None  # method of a text/calendar part, upper case: "REPLY", …
    headers: tuple[tuple[str, str], ...] = ()  # (name in lower case, value unfolded), as ordered, capped
    body: Body = field(default_factory=Body)
    language: Language = Language.UNKNOWN
    attachments: tuple[Attachment, ...] = ()
    truncated: bool = False  # over the size limit: only headers and text parts were fetched
    unparseable: bool = False  # text may be missing: a person must look at it
    defects: tuple[str, ...] = ()  # human sentences: what could not be read, and what stands in its place

    @property
    def attached(self) -> str:
        """The text of what was read of its attachments, one below the other: of second rank, under `body.newest`."""
        return "\n\n".join(one.text for one in self.attachments if one.text)

    def header(self, name: str) -> str | None:
        """The first value of the header `name` (any case), or None."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """All values of the header `name` (any case), topmost first."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key == wanted)
