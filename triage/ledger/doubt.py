"""After a restore: what the ledger has as not sent may be out, and is not sent until it was looked for in Sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, delete, insert, literal, select, update

from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.schema import EFFECT_IS_OPEN, effects, ledger_facts, outbox

_RESTORED_AT = "restored_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsureReply:
    """A reply of which it is not known whether it went out."""

    effect: int
    message_id: str  # derived from the message it answers: the same, whoever composed it and when


def doubt(database: Database, *, now: datetime) -> None:
    """Note that the ledger was restored: it may know less than was done, and replies planned in it are unsure.

    Forwards and notices leave no copy in Sent. They go out again, under the same Message-ID: better twice than never.
    """
    unsure = (
        update(effects)
        .where(EFFECT_IS_OPEN, effects.c.state == EffectState.PLANNED, effects.c.kind == "reply")
        .values(state=EffectState.UNSURE)
    )
    with database.transaction() as connection:
        connection.execute(delete(ledger_facts).where(ledger_facts.c.name == _RESTORED_AT))
        connection.execute(insert(ledger_facts).values(name=_RESTORED_AT, value=now.isoformat()))
        connection.execute(unsure)


def restored_at(database: Database) -> datetime | None:
    """When the ledger was restored last; None: never. Messages from before may have been answered already."""
    with database.transaction() as connection:
        return _restored_at(connection)


def due_again(connection: Connection) -> ColumnElement[str]:
    """The state of an effect that a person has go out: a reply that may be out since the backup is looked for first.

    In the backup it was held or had failed; a person may have had it go out before already. What became due after the
    restore is known.
    """
    restored = _restored_at(connection)
    if restored is None:
        return literal(EffectState.PLANNED.value)
    old_reply = (effects.c.kind == "reply") & (effects.c.not_before <= restored)
    return case((old_reply, EffectState.UNSURE.value), else_=EffectState.PLANNED.value)


def unsure_replies(database: Database, office: str, *, most: int) -> list[UnsureReply]:
    """Replies of `office` that are to be looked for in its Sent folder."""
    query = (
        select(effects.c.id, effects.c.rfc_message_id)
        .where(EFFECT_IS_OPEN, effects.c.state == EffectState.UNSURE, effects.c.office == office)
        .order_by(effects.c.id)
        .limit(most)
    )
    with database.transaction() as connection:
        return [UnsureReply(effect=row.id, message_id=row.rfc_message_id) for row in connection.execute(query)]


def settle_unsure(database: Database, *, out: Iterable[int], waiting: Iterable[int], now: datetime) -> None:
    """Record of replies, by row of the effect, that they are out, and their mail is dropped; or are due to be sent.

    One that was withdrawn while it was looked for stays so.
    """
    rows = list(out)
    outcome = {"note": "stood in the Sent folder after the ledger was restored"}
    with database.transaction() as connection:
        connection.execute(
            update(effects)
            .where(effects.c.id.in_(rows))
            .values(state=EffectState.DONE, settled_at=now, outcome=outcome)
        )
        connection.execute(delete(outbox).where(outbox.c.effect_id.in_(rows)))
        connection.execute(
            update(effects)
            .where(effects.c.id.in_(list(waiting)), effects.c.state == EffectState.UNSURE)
            .values(state=EffectState.PLANNED, not_before=now)
        )


def _restored_at(connection: Connection) -> datetime | None:
    found = connection.scalar(select(ledger_facts.c.value).where(ledger_facts.c.name == _RESTORED_AT))
    return datetime.fromisoformat(found) if found else None
