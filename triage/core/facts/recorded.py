"""Reads facts back from what `Facts.to_record` gave the ledger, so that a decision can be made again.

The words are not there, only their places; identifiers are masked; and what only the classifier looks at
(`likely_deadline`, marks on dates) was never recorded. All that rules ask about is whole.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from triage.core.facts.record import (
    Act,
    ActComplainedOf,
    Authentication,
    DateMentioned,
    DecisionKind,
    DecisionMentioned,
    Event,
    Facts,
    Harm,
    HarmNamed,
    Identifier,
    Span,
    Topic,
    TopicNamed,
)
from triage.core.message import Language

T = TypeVar("T")


def facts_of(record: Mapping[str, Any]) -> Facts:
    """Read a record. Raises ValueError, KeyError or TypeError where another version wrote it."""

    def kinds(name: str, made: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
        return tuple(map(made, record[name]))

    return Facts(
        language=Language(record["language"]),
        authentication=Authentication(record["authentication"]),
        identifiers=kinds(
            "identifiers", lambda one: Identifier(kind=one["kind"], value=one["value"], span=_span(one["span"]))
        ),
        dates=kinds("dates", _date),
        deadline=_date(record["deadline"]) if record["deadline"] else None,
        decisions=kinds(
            "decisions", lambda one: DecisionMentioned(kind=DecisionKind(one["kind"]), span=_span(one["span"]))
        ),
        asks_to_reopen=_maybe(record["asks_to_reopen"]),
        prior_enquiry=_maybe(record["prior_enquiry"]),
        representative=_maybe(record["representative"]),
        harms=kinds("harms", lambda one: HarmNamed(kind=Harm(one["kind"]), span=_span(one["span"]))),
        acts=kinds("acts", lambda one: ActComplainedOf(kind=Act(one["kind"]), span=_span(one["span"]))),
        topics=kinds("topics", lambda one: TopicNamed(kind=Topic(one["kind"]), span=_span(one["span"]))),
    )


def _span(place: Sequence[Any]) -> Span:
    where, start, end = place
    return Span(where, start, end, "")


def _maybe(place: Sequence[Any] | None) -> Span | None:
    return _span(place) if place else None


def _date(record: Mapping[str, Any]) -> DateMentioned:
    return DateMentioned(
        date=date.fromisoformat(record["date"]),
        days_away=record["days_away"],
        event=Event(record["event"]) if record["event"] else None,
        span=_span(record["span"]),
    )
