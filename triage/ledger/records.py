"""What goes into the ledger and comes out of it, as frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from triage.core.effects import Effect
from triage.core.message import Message
from triage.core.office import Mode
from triage.core.triaged import Triaged

FILING = ("flags", "move")  # the kinds of effects that file a message


class EffectState(StrEnum):
    """How far a planned effect has come.

    planned ──► done           the world shows it
       │  └───► overtaken      a person did something else with the message first; theirs stands
       │  └───► failed ──► dropped   trying again changes nothing; a person must act: has it tried again, or ends it
       │  └───► dropped        a person ended what was still to be done
       │  └───► shadow         (from the start) the office is in shadow mode: recorded, never done
       │  └───► sent ──► done  a reply is out, its copy is not yet in the Sent folder
       └──────────────► undone  a mail that had not gone out when its message was undone: it never will

    held ──► planned | dropped | undone  (from the start) a reply or forward waits until a person releases it

    planned ──► unsure         the ledger was restored from a backup: a reply may be out; looked for in Sent. So is one
                               that the backup has as held or failed, when a person has it go out
    unsure ──► done | planned  it stands there, or it does not

    done ──► undoing ──► undone  a person asked for a filing to be taken back; while `undoing`, it may have been
    """

    PLANNED = "planned"
    HELD = "held"
    SENT = "sent"
    UNSURE = "unsure"
    DONE = "done"
    OVERTAKEN = "overtaken"
    FAILED = "failed"
    SHADOW = "shadow"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message stands in an office's INBOX."""

    uidvalidity: int  # 0: the server gives none
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A message decided for the first time."""

    place: Place
    content_digest: str
    triaged: Triaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A message whose content the ledger knows already: filed like the first or left alone, never answered."""

    place: Place
    content_digest: str
    message: Message
    same_as: int  # row of the first
    returned: bool  # a person put it back into INBOX: left there
    plan: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMessage:
    """What the ledger has about a message of the same content."""

    row: int
    place: Place
    digest: str
    rfc_message_id: str | None
    size: int
    folder: str  # where it was to go
    flags: tuple[str, ...]
    moved: bool  # the move is settled, one way or another
    mode: Mode
    purged: bool  # its decision was too old to be kept: that it was had, and no more, is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A message's flags and move that are still to be done."""

    row: int
    place: Place
    digest: str
    rfc_message_id: str | None
    size: int
    folder: str | None  # None: only flags are left
    flags: tuple[str, ...]
    effects: tuple[int, ...]  # rows of the effects that this settles


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMail:
    """A composed mail that is still to be sent, or sent and still to be copied to Sent; or a call of a webhook."""

    effect: int
    office: str
    kind: str  # reply | forward | notify | webhook
    message_id: str  # of a call: its key
    envelope_sender: str
    recipients: tuple[str, ...]  # of a call: none
    content: bytes
    attempts: int
    contact: str = ""  # whose webhook is called


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One message as `messages list` and `messages show` tell it."""

    row: int
    office: str
    reference: str
    received_at: datetime | None
    decided_at: datetime
    mode: Mode
    rule: str
    reason: str
    label: str | None
    verdict: str | None
    machine: str | None
    folder: str
    language: str
    due_at: datetime | None
    answers: str | None
    held: int  # replies and forwards of it that wait until a person releases them
    detail: Mapping[str, Any]  # facts, probabilities, model, notes, defects, effects: filled by `show` only
