"""Reads recorded decisions in their order, a part at a time, for trying other rules on them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from triage.core.policy.replay import Recorded
from triage.ledger.database import Database
from triage.ledger.schema import decisions

# Few enough to hold, and to leave the daemon its turn: each part is a short transaction of its own.
PART = 2000
_COLUMNS = (decisions.c.id, *(decisions.c[name] for name in Recorded.__dataclass_fields__))


def recorded_count(database: Database, offices: Sequence[str], since: datetime | None) -> int:
    """How many decisions `recorded` gives."""
    with database.transaction() as connection:
        query = select(func.count()).select_from(decisions).where(*_chosen(offices, since))
        return connection.scalar(query) or 0


def recorded(database: Database, offices: Sequence[str], since: datetime | None) -> Iterator[list[Recorded]]:
    """The decisions of `offices` since then, or all, in parts; what is decided meanwhile may be among them."""
    last = 0
    while True:
        query = select(*_COLUMNS).where(decisions.c.id > last, *_chosen(offices, since))
        with database.transaction() as connection:
            rows = connection.execute(query.order_by(decisions.c.id).limit(PART)).all()
        if not rows:
            return
        last = rows[-1].id
        yield [_recorded(row) for row in rows]


def _chosen(offices: Sequence[str], since: datetime | None) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [decisions.c.office.in_(offices)]
    return [*chosen, decisions.c.decided_at >= since] if since else chosen


def _recorded(row: Row[Any]) -> Recorded:
    fields = row._asdict()
    del fields["id"]
    return Recorded(**fields | {"notes": tuple(row.notes)})
