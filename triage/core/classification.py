"""What a classifier is asked and what it answers; every classifier, shipped or plugged in, keeps to this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from triage.core.facts.record import Facts
from triage.core.labels import Label, Unsure
from triage.core.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that a classifier may look at. No sender, no office: same words and facts, same answer."""

    subject: str
    newest: str  # what the sender newly wrote
    forwarded: str = ""  # second rank: a forwarded text
    attached: str = ""  # second rank: what attachments say that a short newest text leaves its ask to
    unread: tuple[str, ...] = ()  # for each such attachment that could not be read, why
    facts: Facts


def question(message: Message, facts: Facts) -> Question:
    """Give what a classifier may look at of a message and its facts."""
    return Question(
        subject=message.subject,
        newest=message.body.newest,
        forwarded=message.body.forwarded,
        attached=message.attached,
        unread=tuple(one.unread for one in message.attachments if one.unread),
        facts=facts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Words that carried the decision."""

    text: str  # a sentence of the message, or a fact in words
    text_fr: str = ""  # the same in French, where the words are ours and not the sender's
    label: Label  # the label it speaks for (weight > 0) or against (weight < 0)
    weight: float  # log-odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A classifier's answer about one message."""

    label: Label  # the best of the four
    decision: Label | Unsure  # `label`, or "unsure" where the promised error would not hold
    probabilities: Mapping[Label, float]  # calibrated; all four; sum to 1
    evidence: tuple[Evidence, ...] = ()  # strongest first
    why_unsure: str = ""  # a sentence, empty unless `decision` is "unsure"
    model: str  # version of the model that answered, such as "2026-11-25-3f9c01"


class Classifier(Protocol):
    """Anything that answers questions; called from several threads at once."""

    @property
    def version(self) -> str:
        """Of the model, such as "linear-3f9c0112"."""
        ...

    def classify(self, questions: Sequence[Question]) -> list[Classification]:
        """One answer for each question, in order. Never raises for what a sender wrote."""
        ...

    def evidence(self, question: Question, label: Label) -> tuple[Evidence, ...]:
        """What speaks for a label and against it; for people who ask why, since it costs as much as the answer."""
        ...
