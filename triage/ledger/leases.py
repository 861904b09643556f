"""Which process watches which office, where several share a ledger on PostgreSQL: leases with fencing numbers.

A process (a *replica*) keeps one row alive by renewing it; its leases stand as long as that row does. Times are the
database's own, so that the clocks of machines do not matter. A lease that changes hands gets a higher fence; what is
written under the older one is refused, however late it comes (`guarded`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from triage.errors import LeaseLost
from triage.ledger.database import Database
from triage.ledger.schema import leases, replicas

# A process that is stopped in the middle of a transaction would hold its lease's row, and the office, for ever.
_LONGEST_PAUSE = timedelta(seconds=5)
# How the name begins of a process that is here for a moment: no part of the offices is kept for it.
GUEST = "guest-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one renewal found."""

    replicas: tuple[str, ...]  # names of all processes that live and are no guests, sorted
    fences: Mapping[str, int]  # offices that are this process's, each with its fence


def register(database: Database, offices: Collection[str]) -> None:
    """Have a row for each office; those that are there already are left as they are."""
    rows = [{"office": office} for office in sorted(offices)]
    with database.transaction() as connection:
        connection.execute(insert(leases).on_conflict_do_nothing(), rows)


def renew(database: Database, replica: str, *, lasts: timedelta) -> Standing:
    """Say that `replica` lives, for so long from now; what is its own at this moment."""
    until = func.now() + lasts
    alive = insert(replicas).values(name=replica, expires_at=until)
    alive = alive.on_conflict_do_update(index_elements=["name"], set_={"expires_at": until})
    with database.transaction() as connection:
        connection.execute(alive)
        living = connection.scalars(
            select(replicas.c.name)
            .where(replicas.c.expires_at >= func.now(), ~replicas.c.name.startswith(GUEST))
            .order_by(replicas.c.name)
        )
        names = tuple(living)
        mine = connection.execute(select(leases.c.office, leases.c.fence).where(leases.c.owner == replica))
        return Standing(replicas=names, fences={row.office: row.fence for row in mine})


def living(database: Database) -> bool:
    """Whether any process works on the ledger."""
    with database.transaction() as connection:
        return bool(connection.scalar(select(select(replicas).where(replicas.c.expires_at >= func.now()).exists())))


def claim(database: Database, replica: str, offices: Collection[str], *, most: int) -> Mapping[str, int]:
    """Take up to `most` of `offices` that are nobody's, or whose owner's time is over; each with its new fence.

    Rows that another process is about to take are passed over, not waited for.
    """
    alive = select(replicas.c.name).where(replicas.c.name == leases.c.owner, replicas.c.expires_at >= func.now())
    free = (
        select(leases.c.office)
        .where(leases.c.office.in_(offices), or_(leases.c.owner.is_(None), ~alive.exists()))
        .order_by(leases.c.office)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    with database.transaction() as connection:
        taken = list(connection.scalars(free))
        change = update(leases).where(leases.c.office.in_(taken)).values(owner=replica, fence=leases.c.fence + 1)
        found = connection.execute(change.returning(leases.c.office, leases.c.fence))
        return {row.office: row.fence for row in found}


def release(database: Database, replica: str, offices: Collection[str]) -> None:
    """Give offices back, for any process to take at once."""
    with database.transaction() as connection:
        mine = leases.c.office.in_(offices) & (leases.c.owner == replica)
        connection.execute(update(leases).where(mine).values(owner=None))


def leave(database: Database, replica: str) -> None:
    """Give everything back, and forget the process."""
    with database.transaction() as connection:
        connection.execute(update(leases).where(leases.c.owner == replica).values(owner=None))
        connection.execute(delete(replicas).where(replicas.c.name == replica))


def guarded(database: Database, replica: str, office: str, fence: int) -> Database:
    """The same ledger for work on one office: each transaction holds the lease, or raises LeaseLost.

    The lease's row is locked for sharing: a takeover waits for the commit, or comes first and is seen.
    """
    return database.guarded(_check(replica, office, fence))


def _check(replica: str, office: str, fence: int) -> Callable[[Connection], None]:
    paused = str(int(_LONGEST_PAUSE / timedelta(milliseconds=1)))
    held = (
        select(func.set_config("idle_in_transaction_session_timeout", paused, True))
        .where(leases.c.office == office, leases.c.owner == replica, leases.c.fence == fence)
        .with_for_update(read=True, of=leases)
    )

    def check(connection: Connection) -> None:
        if connection.scalar(held) is None:
            raise LeaseLost(f"office '{office}' is another process's now (the lease with fence {fence} is over)")

    return check


def share_of(replica: str, living: Sequence[str], offices: int) -> int:
    """How many of so many offices are a fair part for `replica`: all parts differ by one at most, and sum up."""
    rest = offices % len(living)
    return offices // len(living) + (living.index(replica) < rest)
