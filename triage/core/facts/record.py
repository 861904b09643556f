"""The facts of one message in one frozen record, each with the words it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from triage.core.message import Language

Where = Literal["subject", "newest", "quoted", "forwarded", "signature", "header"]


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
            "decisions": [{"kind": found.kind.value, "span": _place(found.span)} for found in self.decisions],
            "asks_to_reopen": _place(self.asks_to_reopen),
            "prior_enquiry": _place(self.prior_enquiry),
            "representative": _place(self.representative),
        }


def _place(span: Span | None) -> list[str | int] | None:
    return [span.where, span.start, span.end] if span else None


def _date_record(found: DateMentioned) -> Mapping[str, Any]:
    return {
        "date": found.date.isoformat(),
        "days_away": found.days_away,
        "event": found.event.value if found.event else None,
        "span": _place(found.span),
    }
