"""What a decision does to the world, as values: planned in the core, done and recorded by the edges.

Each says whether doing it again is harmless (`repeatable`) and whether a person can take it back
(`undoable`); the edges look before they repeat what is not repeatable.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """A composed message, ready for SMTP: the same bytes however often it is sent."""

    message_id: str  # with angle brackets; derived from the message it answers, never random
    envelope_sender: str  # "" is the null sender (RFC 5321 §4.5.5)
    envelope_recipients: tuple[str, ...]
    content: bytes  # RFC 5322, CRLF


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTo:
    """Move the message out of INBOX into `folder`."""

    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = True
    folder: str  # mailbox name as a person reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFlags:
    r"""Set IMAP flags (`\Flagged`) and keywords (`$Urgent`) on the message; never \Seen or \Deleted."""

    repeatable: ClassVar[bool] = True
    undoable: ClassVar[bool] = True
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Answer the sender, then keep a copy in the office's Sent folder."""

    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = False
    template: str
    language: str  # "en", "fr" or "both"
    mail: OutgoingMail
    held: bool = False  # True: it waits until a person releases it


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Send the message, whole and attached (message/rfc822), to a unit."""

    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = False
    unit: str
    mail: OutgoingMail
    held: bool = False  # True: it waits until a person releases it


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell a person that a message needs them; carries the reference, never the message's text."""

    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = False
    contact: str
    mail: OutgoingMail


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall:
    """What a webhook is told: the same bytes under the same key however often it is called."""

    key: str  # derived from the message, as a Message-ID is; who is called twice knows it by this
    content: bytes  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Notify by a webhook; carries the reference, never the message's text."""

    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = False
    contact: str
    call: OutgoingCall


Effect = MoveTo | AddFlags | Reply | Forward | Notify | Call
