"""All that a decision may look at, in one record."""

from dataclasses import dataclass
from datetime import datetime

from triage.core.classification import Classification
from triage.core.facts.record import Facts
from triage.core.message import Message
from triage.core.office import Office
from triage.core.policy.decision import History
from triage.core.screening import Screening


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message with everything found about it; rules see this and nothing else."""

    message: Message
    raw: bytes  # as fetched: what a forward attaches
    screening: Screening
    facts: Facts
    classification: Classification | None  # None: machine mail, unreadable, or no usable model
    office: Office
    history: History
    now: datetime  # aware

    @property
    def verdict(self) -> str:
        """The label or "unsure"; a message that nothing could classify is unsure (fail open to people)."""
        return str(self.classification.decision) if self.classification else "unsure"
