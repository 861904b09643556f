"""Why a message was classified so: the sentences and facts that carried it, in words, with signed weights.

The model is linear: a message's score for a label is a sum over words, pieces of words and facts. What each term adds,
against the mean of the other labels, is shared out among the sentences that it stands in, by how often; what facts add
is told in words, English and French.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
from babel.dates import format_date
from numpy.typing import NDArray

from classifiers.features import fact_names, text_of, words_of
from classifiers.weights import Weights, matrix
from triage.core.classification import Evidence, Question
from triage.core.facts.record import Event, Facts
from triage.core.labels import Label

MOST_SENTENCES, MOST_FACTS = 4, 3
# Log-odds; less than this turns nothing.
LEAST = 0.02
LONGEST = 300  # characters of a sentence that are shown
_END = re.compile(r"(?<=[.!?;:])[\s)\"'»]+(?=\S)|\n\s*\n|\n(?=\s*(?:[-*•]|\(?\d{1,2}[.)]\s))|(?<!\S)\n")

Words = tuple[str, str]  # English, French
_EVENT: dict[Event, Words] = {
    Event.TRAVEL: ("a journey", "un voyage"),
    Event.EXPIRY: ("a document that lapses", "un document qui expire"),
    Event.SHUTDOWN: ("work that stops", "un arrêt de travail"),
    Event.SURGERY: ("an operation", "une opération"),
    Event.DEATH: ("a death or funeral", "un décès ou des funérailles"),
    Event.HEARING: ("a hearing", "une audience"),
    Event.REMOVAL: ("a removal", "un renvoi"),
    Event.START: ("a start of work or study", "un début de travail ou d'études"),
    Event.CEREMONY: ("an event that cannot be moved", "un événement qui ne peut être déplacé"),
    Event.DEADLINE: ("a deadline", "une échéance"),
    Event.OTHER: ("a date", "une date"),
}
_FACT: dict[str, Words] = {
    "no-date": ("no date is named", "aucune date n'est nommée"),
    "dates-past-only": ("only past dates are named", "seules des dates passées sont nommées"),
    "decision-refusal": ("a refusal is spoken of", "il est question d'un refus"),
    "decision-return": ("a returned application is spoken of", "il est question d'une demande renvoyée"),
    "decision-cancellation": ("a cancellation is spoken of", "il est question d'une annulation"),
    "decision-finding": ("a finding is spoken of", "il est question d'une conclusion"),
    "no-decision": ("no decision is spoken of", "il n'est question d'aucune décision"),
    "asks-to-reopen": ("it asks to look at a decision again", "on demande de revoir une décision"),
}


def weigh(question: Question, weights: Weights, towards: NDArray[np.float64], label: Label) -> tuple[Evidence, ...]:
    """Give the few sentences and facts that speak most for `label` (positive) or against it (negative).

    `towards` has a weight for each column of `weights.matrix`.
    """
    seen = matrix(weights.words, weights.pieces, [question])
    added = dict(zip(seen.columns.tolist(), (seen.values * towards[seen.columns]).tolist(), strict=True))
    sentences = _sentences(question, weights, added)
    first_fact = len(weights.words) + len(weights.pieces)
    facts = _facts(question.facts, {name: added.get(first_fact + at, 0.0) for at, name in enumerate(fact_names())})
    found = [
        Evidence(text=english, text_fr=french, label=label, weight=round(weight, 3))
        for some, most in ((sentences, MOST_SENTENCES), (facts, MOST_FACTS))
        for (english, french), weight in sorted(some.items(), key=lambda one: -abs(one[1]))[:most]
        if abs(weight) >= LEAST
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.weight)))


def sentences_of(question: Question) -> Iterator[tuple[str, str]]:
    """Give each sentence as it stands and as the model sees it; the subject is one."""
    shown, seen = words_of(question), text_of(question)
    start = 0
    subject = len(question.subject)
    for end, next_start in [(subject, subject + 1), *(found.span() for found in _END.finditer(shown, subject + 1))]:
        if shown[start:end].strip():
            yield shown[start:end].strip(), seen[start:end]
        start = next_start
    if shown[start:].strip():
        yield shown[start:].strip(), seen[start:]


def _sentences(question: Question, weights: Weights, added: dict[int, float]) -> dict[Words, float]:
    """By sentence: its share of what the terms that stand in it add."""
    sentences = list(sentences_of(question))
    columns = [_columns(seen, weights) for _, seen in sentences]
    often = Counter(column for some in columns for column in some)
    found: defaultdict[Words, float] = defaultdict(float)
    for (shown, _), some in zip(sentences, columns, strict=True):
        cut = " ".join(shown.split())
        cut = cut if len(cut) <= LONGEST else cut[:LONGEST] + "…"
        found[cut, ""] += sum(added.get(column, 0.0) / often[column] for column in some)
    return found


def _columns(seen: str, weights: Weights) -> list[int]:
    first = len(weights.words)
    return [*weights.words.columns(seen), *(first + column for column in weights.pieces.columns(seen))]


def _facts(facts: Facts, added: dict[str, float]) -> dict[Words, float]:
    """By fact, in words; all that is read of one date is one fact."""
    weights: defaultdict[Words, float] = defaultdict(float)
    for name, weight in added.items():
        if name in _FACT:
            weights[_FACT[name]] += weight
        elif facts.likely_deadline:
            weights[_date(facts)] += weight
    return weights


def _date(facts: Facts) -> Words:
    """Say "an operation on 14 May 2026, 3 days after the message"."""
    found = facts.likely_deadline
    assert found
    event = _EVENT[found.event or Event.OTHER]
    days = abs(found.days_away)
    when = format_date(found.date, "d MMMM y", locale="en"), format_date(found.date, "d MMMM y", locale="fr")
    if not days:
        away = "the day of the message", "le jour du message"
    else:
        side = ("after", "après") if found.days_away > 0 else ("before", "avant")
        away = (
            f"{days} day{'s' if days > 1 else ''} {side[0]} the message",
            f"{days} jour{'s' if days > 1 else ''} {side[1]} le message",
        )
    return f"{event[0]} on {when[0]}, {away[0]}", f"{event[1]} le {when[1]}, {away[1]}"
