"""Mail that is held for review: which it is and since when, released to go out, or dropped.

The message is filed at once; only its reply and its forward wait. Undoing its filing withdraws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from triage.ledger.database import Database
from triage.ledger.doubt import due_again
from triage.ledger.recording import CHUNK
from triage.ledger.records import EffectState
from triage.ledger.schema import EFFECT_IS_HELD, decisions, effects, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMail:
    """One mail that waits until a person releases it; no address, no text."""

    row: int  # of the effect
    office: str
    reference: str  # the message's
    kind: str  # reply | forward
    name: str  # template or unit
    since: datetime  # aware: when it was decided


@dataclass(frozen=True, slots=True)
class Holding:
    """How many mails are held, and since when the oldest is."""

    count: int
    since: datetime


def held(database: Database, office: str | None = None) -> list[HeldMail]:
    """All held mail of one office, or of all, oldest first."""
    query = (
        select(effects, decisions.c.reference, decisions.c.decided_at)
        .join(decisions, decisions.c.message_id == effects.c.message_id)
        .where(EFFECT_IS_HELD)
    )
    if office:
        query = query.where(effects.c.office == office)
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    return [
        HeldMail(
            row=row.id,
            office=row.office,
            reference=row.reference,
            kind=row.kind,
            name=row.detail["template" if row.kind == "reply" else "unit"],
            since=row.decided_at,
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]


def holdings(database: Database) -> Mapping[str, Holding]:
    """By office that holds any: how much, and since when."""
    # A held mail has been due since it was decided.
    query = (
        select(effects.c.office, func.count(), func.min(effects.c.not_before))
        .where(EFFECT_IS_HELD)
        .group_by(effects.c.office)
    )
    with database.transaction() as connection:
        return {office: Holding(count, since) for office, count, since in connection.execute(query)}


def release(database: Database, rows: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Have held mail go out, due at once, or once it was looked for (`doubt.due_again`); which effects it was done for.

    Left as they are: what is held no more, and mail of a message whose filing was undone or is being. One statement
    asks and releases, so that no undo comes in between; an undo that comes after withdraws what is not out yet.
    """
    other = effects.alias()
    undone = (
        select(other.c.id)
        .where(other.c.message_id == effects.c.message_id)
        .where(other.c.kind == "move", other.c.state.in_((EffectState.UNDOING, EffectState.UNDONE)))
        .exists()
    )
    change = (
        update(effects)
        .where(effects.c.state == EffectState.HELD, ~undone)
        .values(not_before=now, outcome={"note": "released by a person"})
        .returning(effects.c.id)
    )
    with database.transaction() as connection:
        change = change.values(state=due_again(connection))
        return frozenset(
            row for some in _parts(rows) for row in connection.scalars(change.where(effects.c.id.in_(some)))
        )


def drop(database: Database, rows: Sequence[int], *, note: str, now: datetime) -> frozenset[int]:
    """End held mail: it never goes out, and what was composed is deleted; which of these effects it was done for."""
    change = (
        update(effects)
        .where(effects.c.state == EffectState.HELD)
        .values(state=EffectState.DROPPED, settled_at=now, outcome={"note": note})
        .returning(effects.c.id)
    )
    dropped: list[int] = []
    with database.transaction() as connection:
        for some in _parts(rows):
            gone = connection.scalars(change.where(effects.c.id.in_(some))).all()
            connection.execute(delete(outbox).where(outbox.c.effect_id.in_(gone)))
            dropped += gone
    return frozenset(dropped)


def _parts(rows: Sequence[int]) -> list[Sequence[int]]:
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
