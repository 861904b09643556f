"""One message with all that was found and decided about it: the pipeline's result, the ledger's input."""

from dataclasses import dataclass

from triage.core.classification import Classification
from triage.core.facts.record import Facts
from triage.core.message import Message
from triage.core.policy.decision import NO_HISTORY, Decision, History
from triage.core.screening import Screening


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """Made by `pipeline.triage`; nothing about the message is decided after this."""

    message: Message
    screening: Screening
    facts: Facts
    classification: Classification | None  # None: machine mail, unreadable, or no model
    decision: Decision
    history: History = NO_HISTORY  # of sender and thread, as the decision saw it
