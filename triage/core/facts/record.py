"""The facts of one message in one frozen record, each with the words it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from triage.core.message import Language

Where = Literal["subject", "newest", "quoted", "forwarded", "signature", "header", "attachment"]


@dataclass(frozen=True, slots=True)
class Span:
    """The words a fact was read from: `text` is `source[start:end]` of the message's part `where`."""

    where: Where
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An application number or UCI, checked on form only."""

    kind: Literal["application", "uci"]
    value: str  # normalised: no spaces or hyphens, upper case. Protected: show only `masked`.
    span: Span

    @property
    def masked(self) -> str:
        """Fit for logs and screens: the first two and last two characters, the rest as dots."""
        return f"{self.value[:2]}{'•' * max(len(self.value) - 4, 0)}{self.value[-2:]}"


class Event(StrEnum):
    """What happens on a date that a message names."""

    TRAVEL = "travel"
    EXPIRY = "expiry"
    SHUTDOWN = "shutdown"
    SURGERY = "surgery"
    DEATH = "death"  # a dying or dead person, a funeral
    HEARING = "hearing"
    REMOVAL = "removal"
    START = "start"  # of a job, a term, a season
    CEREMONY = "ceremony"  # wedding, competition, festival: immovable
    DEADLINE = "deadline"  # set by the office or a court
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateMentioned:
    """A date that the newest text or the subject names."""

    date: date  # in the zone the message was written in
    days_away: int  # from the message's own date; negative: past
    event: Event | None  # what happens then, where the words near it tell
    past: bool = False  # it lies behind, or the words before it say so ("refused on")
    demanded: bool = False  # only the sender's own wish or demand
    span: Span


class DecisionKind(StrEnum):
    """A final decision that a message speaks of."""

    REFUSAL = "refusal"
    RETURN = "return"
    CANCELLATION = "cancellation"
    FINDING = "finding"  # inadmissibility, misrepresentation


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMentioned:
    """A decision by the office that the message speaks of, and whether it asks to look again."""

    kind: DecisionKind
    span: Span


class Harm(StrEnum):
    """A harm that a message names, come or to come."""

    DEATH = "death-or-funeral"
    ILLNESS = "illness-or-surgery"  # a birth too
    REMOVAL = "removal-or-detention"
    DANGER = "danger"  # violence, persecution, the loss of shelter
    CHILD_APART = "separation-of-child"  # alone, or away from those who care for it
    WORK_STOPPED = "work-stopped"  # shutdown, harvest, crew; a job lost
    STUDY_LOST = "study-lost"  # a place, a term, a scholarship
    LAPSE = "lapse"  # of a visa, medical, status, offer, or of the application itself at the office's deadline
    EVENT_MISSED = "event-missed"  # wedding, competition, premiere, examination
    MONEY_LOST = "money-lost"
    STRANDED = "stranded"  # cannot board, go home, or travel because the passport is held


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmNamed:
    """A harm that the message names; whether it is near, `Facts.deadline` says."""

    kind: Harm
    span: Span


class Act(StrEnum):
    """What the office or the department is said to have done wrong."""

    WRONG_NAME = "wrong-name"  # or sex
    WRONG_DATE = "wrong-date"  # of birth, validity, lock-in
    WRONG_DOCUMENT = "wrong-document"  # another document than granted, or one with a wrong employer, entry, photo
    LOST_DOCUMENT = "lost-document"
    OVERLOOKED_DOCUMENT = "overlooked-document"  # said to be missing though it was there
    OTHER_PERSONS_LETTER = "other-persons-letter"  # what is one person's came to another
    FEE = "fee"  # charged twice, or recorded as unpaid
    WRONG_STREAM = "wrong-stream"
    WRONG_PERSON = "wrong-person"  # two people or files taken for one
    RETURNED_THOUGH_COMPLETE = "returned-though-complete"
    BIOMETRICS_MIXED_UP = "biometrics-mixed-up"  # matched to another person, or recorded as not given
    NOT_RECORDED = "not-recorded"  # told to the office and left out: a child, an address, a representative
    MISREAD_FACT = "misread-fact"  # a fact of the file stated wrongly


@dataclass(frozen=True, slots=True, kw_only=True)
class ActComplainedOf:
    """An act of the office that the sender calls wrong; never a slip of the sender's own."""

    kind: Act
    span: Span


class Topic(StrEnum):
    """What an operator may route a message by, whatever its label."""

    BIOMETRICS = "biometrics"  # as something open, not as done
    PRIVACY_BREACH = "privacy-breach"
    MISCONDUCT = "misconduct"  # rude or corrupt staff
    LITIGATION = "litigation"  # against the department
    MINISTER_OR_MP = "minister-or-mp"
    MEDICAL = "medical"  # an examination as something open, or somebody's health
    MINOR_CHILD = "minor-child"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNamed:
    """A topic that the message is about, among others."""

    kind: Topic
    span: Span


class Authentication(StrEnum):
    """What the office's own mail server found (RFC 8601): did the From domain vouch for this message?"""

    PASS = "pass"  # noqa: S105 - RFC 8601's word
    FAIL = "fail"
    NONE = "none"  # nothing that we may believe was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the text and headers say, gathered once by `facts.gather`; rules and classifiers look only here."""

    language: Language = Language.UNKNOWN
    authentication: Authentication = Authentication.NONE
    identifiers: tuple[Identifier, ...] = ()
    dates: tuple[DateMentioned, ...] = ()  # as they stand in the text
    # The one of `dates` that likely matters: the nearest ahead that something happens on. For the classifier, which
    # weighs it; what a rule or a reply relies on is `deadline`.
    likely_deadline: DateMentioned | None = None
    deadline: DateMentioned | None = None  # `likely_deadline`, where the words around leave no other reading
    decisions: tuple[DecisionMentioned, ...] = ()
    asks_to_reopen: Span | None = None  # the words that ask to reconsider, reopen, set aside
    prior_enquiry: Span | None = None  # the words that say the ordinary channel was tried
    representative: Span | None = None  # the words that state authority to represent
    harms: tuple[HarmNamed, ...] = ()  # each kind once, as are acts and topics
    acts: tuple[ActComplainedOf, ...] = ()
    topics: tuple[TopicNamed, ...] = ()

    def to_record(self) -> Mapping[str, Any]:
        """JSON-ready, identifiers masked: fit for the ledger's clear columns and for any output.

        Spans are given as `[where, start, end]`, without the words.
        """
        return {
            "language": self.language.value,
            "authentication": self.authentication.value,
            "identifiers": [
                {"kind": found.kind, "value": found.masked, "span": _place(found.span)} for found in self.identifiers
            ],
            "dates": [_date_record(found) for found in self.dates],
            "deadline": _date_record(self.deadline) if self.deadline else None,
            "decisions": [_kind_record(found) for found in self.decisions],
            "asks_to_reopen": _place(self.asks_to_reopen),
            "prior_enquiry": _place(self.prior_enquiry),
            "representative": _place(self.representative),
            "harms": [_kind_record(found) for found in self.harms],
            "acts": [_kind_record(found) for found in self.acts],
            "topics": [_kind_record(found) for found in self.topics],
        }


def _place(span: Span | None) -> list[str | int] | None:
    return [span.where, span.start, span.end] if span else None


def _kind_record(found: DecisionMentioned | HarmNamed | ActComplainedOf | TopicNamed) -> Mapping[str, Any]:
    return {"kind": found.kind.value, "span": _place(found.span)}


def _date_record(found: DateMentioned) -> Mapping[str, Any]:
    return {
        "date": found.date.isoformat(),
        "days_away": found.days_away,
        "event": found.event.value if found.event else None,
        "span": _place(found.span),
    }
