"""An office as the core sees it: who it is, when it works, what its folders are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from triage.core.message import Language


class Role(StrEnum):
    """The folders every office has; rules name the role, the office's settings name the folder."""

    URGENT = "urgent"
    SERIOUS_ERROR = "serious_error"
    RECONSIDERATION = "reconsideration"
    WEBFORM = "webform"
    REVIEW = "review"  # what a person must look at: unsure, unparseable, suspicious
    AUTOMATED = "automated"  # machine mail
    SENT = "sent"  # copies of what the service sent


class Mode(StrEnum):
    """`shadow`: decide and record, touch nothing. `live`: act."""

    SHADOW = "shadow"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """When an office works, in its own time zone."""

    days: frozenset[int]  # Monday is 0, as in datetime.weekday()
    opens: time
    closes: time
    holidays: str | None = None  # ISO 3166 country whose public holidays the office keeps

    @property
    def day(self) -> timedelta:
        """How long a working day is."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One visa office. Made from settings at start or reload; never changes while a decision is made."""

    id: str
    names: Mapping[str, str]  # by language: {"en": "Delhi", "fr": "Delhi"}
    address: str  # the manager inbox's own address
    aliases: frozenset[str] = frozenset()  # other addresses of this inbox, lower case
    zone: ZoneInfo
    languages: tuple[Language, ...]  # the first is used where a choice must be made for managers
    hours: WorkingHours
    folders: Mapping[str, str]  # by role or by an extra name that rules may use: mailbox name as a person reads it
    units: Mapping[str, str]  # by name: address that requests are forwarded to
    contacts: Mapping[str, str | None]  # by name: address that alerts go to; None: a webhook is called
    webform_url: str
    mode: Mode = Mode.SHADOW
    authserv_id: str | None = None  # whose Authentication-Results (RFC 8601 §2.5) to believe; None: nobody's
    replies_per_sender_a_day: int = 4
    read_attachments: bool = False  # letters that a short text leaves its ask to; else attachments stay closed

    def name(self, language: Language) -> str:
        """The office's name in `language`, or in English where it has none in that language."""
        return self.names.get(language.value) or self.names["en"]
