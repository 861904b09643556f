"""What was decided and not done: decisions of offices, and of rules, in shadow mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.schema import decisions, effects, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """One message that the service would have filed."""

    row: int
    reference: str
    rule: str
    verdict: str  # a label, "unsure", or "none" where nothing was classified
    folder: str  # where it would have gone
    uidvalidity: int  # of INBOX, where it stood then
    uid: int
    digest: str
    rfc_message_id: str | None
    size: int


def shadow_decisions(database: Database, office: str, *, since: datetime) -> Sequence[Shadowed]:
    """Of `office`, decided since; oldest first."""
    query = (
        select(messages, decisions.c.reference, decisions.c.rule, decisions.c.verdict, effects.c.detail)
        .join(decisions, decisions.c.message_id == messages.c.id)
        .join(effects, effects.c.message_id == messages.c.id)
        .where(decisions.c.office == office, decisions.c.decided_at >= since)
        .where(effects.c.kind == "move", effects.c.state == EffectState.SHADOW)
        .order_by(decisions.c.decided_at, messages.c.id)
    )
    with database.transaction() as connection:
        return [_shadowed(row) for row in connection.execute(query)]


def _shadowed(row: Any) -> Shadowed:
    return Shadowed(
        row=row.id,
        reference=row.reference,
        rule=row.rule,
        verdict=row.verdict or "none",
        folder=row.detail["folder"],
        uidvalidity=row.uidvalidity,
        uid=row.uid,
        digest=row.digest,
        rfc_message_id=row.rfc_message_id,
        size=row.size,
    )
