"""Mail that is held for review: how much and since when, and released to go out; `dead_letters` lists and drops it.

The message is filed at once; only its reply and its forward wait. Undoing its filing withdraws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from triage.ledger.database import Database
from triage.ledger.doubt import due_again
from triage.ledger.recording import chunks
from triage.ledger.records import EffectState
from triage.ledger.schema import EFFECT_IS_HELD, effects


@dataclass(frozen=True, slots=True)
class Holding:
    """How many mails are held, and since when the oldest is."""

    count: int
    since: datetime


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
            row for some in chunks(rows) for row in connection.scalars(change.where(effects.c.id.in_(some)))
        )
