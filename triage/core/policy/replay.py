"""A recorded decision as a case that rules can be tried on again, where what was not recorded stays unknown.

The ledger keeps no header, address or word of a message. A condition that asks for one gets no answer, which is never
taken for no: see `simulation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from triage.core.classification import Classification
from triage.core.facts.recorded import facts_of
from triage.core.labels import UNSURE, Label
from triage.core.message import Message
from triage.core.office import Office
from triage.core.policy.case import Case
from triage.core.policy.conditions import try_condition
from triage.core.policy.decision import History
from triage.core.policy.schema import Condition
from triage.core.screening import MachineKind, Screening

_UNANSWERED = "not answered: "  # as `deciding` begins its note


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision as the ledger has it: all that it keeps of what rules look at."""

    office: str
    reference: str
    decided_at: datetime  # aware
    rule: str  # that won
    rule_set: str  # digest
    label: str | None  # the best of the four; None: not classified
    verdict: str | None  # the label, or "unsure"
    probabilities: Mapping[str, float] | None
    model: str | None
    machine: str | None  # kind of machine mail
    answers: str | None  # reference of the exchange that it belongs to
    facts: Mapping[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()
    circumstances: Mapping[str, Any] | None = None  # None: recorded before these were kept


class NotRecorded(Exception):
    """A rule asks for what the ledger does not keep."""


class Kept:
    """Stands for a record of which only some fields were kept; to ask for another raises NotRecorded."""

    def __init__(self, **kept: Any) -> None:
        """Take what was kept."""
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        """Give a field."""
        try:
            return self._kept[name]
        except KeyError:
            raise NotRecorded(name) from None


def case_of(recorded: Recorded, office: Office) -> Case:
    """Give the case that the decision was made on. Raises ValueError, KeyError or TypeError: another version's."""
    around = recorded.circumstances or {}
    message = {name: around[name] for name in ("unparseable", "truncated") if name in around}
    if "attachments" in around:
        message["attachments"] = (Kept(),) * around["attachments"]
    return Case(
        message=cast(Message, Kept(**message)),
        raw=b"",
        screening=Screening(kind=MachineKind(recorded.machine) if recorded.machine else None),
        facts=facts_of(recorded.facts),
        classification=_classification(recorded),
        office=office,
        history=cast(History, Kept(**{"answers": recorded.answers, **around.get("history", {})})),
        now=recorded.decided_at,
    )


def ask(condition: Condition, case: Case) -> bool | None:
    """Whether the condition holds; None where the ledger does not tell."""
    try:
        return try_condition(condition, case).matched
    except NotRecorded:
        return None


def why_unanswerable(recorded: Recorded) -> str:
    """Why no automatic reply could go out, whatever a rule said; empty where one could.

    Where it was recorded before 0002, it is known only of messages that a rule wanted answered.
    """
    if recorded.circumstances is not None:
        return str(recorded.circumstances.get("unanswerable", ""))
    return next((note.removeprefix(_UNANSWERED) for note in recorded.notes if note.startswith(_UNANSWERED)), "")


def _classification(recorded: Recorded) -> Classification | None:
    if recorded.label is None:
        return None
    return Classification(
        label=Label(recorded.label),
        decision=UNSURE if recorded.verdict == UNSURE else Label(recorded.label),
        model=recorded.model or "",
        probabilities={Label(name): share for name, share in (recorded.probabilities or {}).items()},
    )
