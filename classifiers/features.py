"""What the model sees of a message: words, pieces of words, and facts; the same in training and in service."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from triage.core.classification import Question
from triage.core.facts.record import DateMentioned, DecisionKind, Event, Facts
from triage.core.language import fold

# What a letter says stands in its first pages; one line of ten million characters must not cost seconds.
MOST = 12_000
# Weight of the facts beside the two text blocks, whose rows have length 1 each: more, and the model leans on what
# patterns found where it should read.
FACT_SCALE = 0.1

NEAR, SOON = 15, 30  # days: the labelling guide's "near", and for immovable events


# Decoration by the labelling guide, never the answer; and in the corpus mostly over trifles, so that a model which sees
# it takes it for a sign of none: one emergency in eleven was hidden by such words.
_ALARM = re.compile(
    r"\b(?:urgen\w+|emergenc\w+|asap|immediate\w*|immediat\w*|priorit\w+|au plus vite|deadlines?|echeances?)|!"
)


def words_of(question: Question) -> str:
    """Give the words that count: subject and newest text; a forwarded text only where hardly anything was added.

    An attached text is there only where the newest one leaves the ask to it.
    """
    newest = question.newest.strip()
    if len(newest) < 80 and question.forwarded:
        newest = f"{newest}\n{question.forwarded}"
    if question.attached:
        newest = f"{newest}\n{question.attached}"
    return f"{question.subject}\n{newest}"[:MOST]


def text_of(question: Question) -> str:
    """Fold the words that count: the model sees neither case, nor accents, nor alarm. Of the same length."""
    return _ALARM.sub(lambda found: " " * len(found.group()), fold(words_of(question)))


def fact_row(facts: Facts) -> list[float]:
    """The facts as numbers between 0 and 1, in the order of `fact_names`."""
    values = _fact_values(facts)
    return [float(values.get(name, 0.0)) for name in fact_names()]


@cache
def fact_names() -> tuple[str, ...]:
    """Names of the facts in the model's order; part of the artifact, so that a change is noticed on loading.

    Left out: that a file number was found, of which the corpus has fewer in web-form mail than real inboxes do; and an
    earlier enquiry and stated authority, which change no label by the guide and may stand in what is quoted.
    """
    return (
        "deadline-near",
        "deadline-soon",
        "deadline-far",
        "deadline-within-5",
        "dates-past-only",
        "no-date",
        *(f"event-{event.value}-near" for event in Event),
        *(f"event-{event.value}-far" for event in Event),
        *(f"decision-{kind.value}" for kind in DecisionKind),
        "no-decision",
        "asks-to-reopen",
    )


def _fact_values(facts: Facts) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        "no-date": not facts.dates,
        "dates-past-only": bool(facts.dates) and all(found.days_away < 0 for found in facts.dates),
        "no-decision": not facts.decisions,
        "asks-to-reopen": facts.asks_to_reopen is not None,
    }
    values |= {f"decision-{found.kind.value}": 1.0 for found in facts.decisions}
    if facts.likely_deadline:
        values |= _deadline_values(facts.likely_deadline)
    return values


def _deadline_values(deadline: DateMentioned) -> Mapping[str, Any]:
    days = deadline.days_away
    event = deadline.event.value if deadline.event else Event.OTHER.value
    return {
        "deadline-within-5": days <= 5,
        "deadline-near": days <= NEAR,
        "deadline-soon": NEAR < days <= SOON,
        "deadline-far": days > SOON,
        f"event-{event}-{'near' if days <= SOON else 'far'}": 1.0,
    }
