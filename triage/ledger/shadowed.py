"""What was decided and not done: decisions of offices, and of rules, in shadow mode."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from triage.core.office import Mode
from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.schema import decisions, effects, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """One message that the service would have filed, in shadow mode or by a rule on trial."""

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
    trial: bool = False  # by a rule on trial
    filed: str = ""  # folder where the service did file it; "" in shadow mode
    flagged: bool = False  # by the service itself, with the filing


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


def trial_decisions(database: Database, office: str, *, since: datetime) -> Sequence[Shadowed]:
    """What rules on trial would have done with messages of `office`, decided since; oldest first."""
    flags = (effects.c.message_id == messages.c.id) & (effects.c.kind == "flags")
    query = (
        select(messages, decisions, effects.c.detail)
        .join(decisions, decisions.c.message_id == messages.c.id)
        .outerjoin(effects, flags)
        .where(decisions.c.office == office, decisions.c.decided_at >= since, decisions.c.trial_rule.is_not(None))
        .order_by(decisions.c.decided_at, messages.c.id)
    )
    with database.transaction() as connection:
        return [_tried(row) for row in connection.execute(query)]


def _tried(row: Any) -> Shadowed:
    live = row.mode == Mode.LIVE
    return replace(
        _shadowed(row),
        rule=row.trial_rule,
        folder=row.trial_folder,
        trial=True,
        filed=row.folder if live else "",
        flagged=live and "\\Flagged" in (row.detail or {}).get("flags", ()),
    )


def _shadowed(row: Any) -> Shadowed:
    return Shadowed(
        row=row.id,
        reference=row.reference,
        rule=row.rule,
        verdict=row.verdict or "none",
        folder=(row.detail or {}).get("folder", ""),
        uidvalidity=row.uidvalidity,
        uid=row.uid,
        digest=row.digest,
        rfc_message_id=row.rfc_message_id,
        size=row.size,
    )
