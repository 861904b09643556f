"""Machine mail is recognised here and set aside: never answered, never classified."""

from dataclasses import dataclass
from enum import StrEnum


class MachineKind(StrEnum):
    """What kind of machine wrote a message."""

    BOUNCE = "bounce"
    DISPOSITION_NOTICE = "disposition-notice"
    AUTO_REPLY = "auto-reply"
    LIST = "list"
    BULK = "bulk"
    CALENDAR = "calendar"
    OWN_REPLY = "own-reply"  # one of our own automatic messages coming back
    OWN_OFFICE = "own-office"  # from the address of any of our offices
    NULL_SENDER = "null-sender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Whether a machine wrote the message, and which header says so."""

    kind: MachineKind | None  # None: a person wrote it, as far as headers tell
    because: str = ""  # the header and value that decided, such as "Auto-Submitted: auto-replied"
