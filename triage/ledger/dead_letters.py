"""Effects that wait for a person or for another try: which they are, tried again by hand, or ended.

A composed mail that failed stays in the outbox, so that it can be tried again under its own Message-ID; it is deleted
when the effect is dropped, its message's filing undone, or its message purged.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, and_, delete, func, or_, select, update

from triage.ledger.database import Database
from triage.ledger.doubt import due_again
from triage.ledger.recording import chunks
from triage.ledger.records import FILING, EffectState
from triage.ledger.schema import (
    DECIDED,
    EFFECT_HAS_FAILED,
    EFFECT_IS_HELD,
    EFFECT_IS_OPEN,
    decisions,
    effects,
    messages,
    outbox,
)

STUCK = (EffectState.FAILED, EffectState.PLANNED)
_PLANNED = and_(EFFECT_IS_OPEN, effects.c.state == EffectState.PLANNED)
_OUT = and_(EFFECT_IS_OPEN, effects.c.state == EffectState.SENT)
_TRIED_IN_VAIN = and_(_PLANNED, effects.c.attempts > 0)
# What each question reads, one index each: neither database joins two of them for an OR.
_IN_STATE: Mapping[EffectState | None, Sequence[ColumnElement[bool] | TextClause]] = {
    None: (EFFECT_HAS_FAILED, EFFECT_IS_HELD, _TRIED_IN_VAIN, _OUT),
    EffectState.FAILED: (EFFECT_HAS_FAILED,),
    EffectState.HELD: (EFFECT_IS_HELD,),
    EffectState.PLANNED: (_PLANNED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which effects are meant: all that fit every field that is given."""

    office: str | None = None
    state: EffectState | None = None  # None: failed, held, and what was tried in vain
    names: Collection[str] = ()  # references of messages and numbers of effects, as a person gives them; any fits


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckEffect:
    """One effect that is not done; no address, no text."""

    row: int  # its number, by which a person can name it
    office: str
    reference: str  # the message's
    kind: str  # flags | move | reply | forward | notify
    what: str  # the template, unit, contact or folder, or the flags
    state: EffectState
    since: datetime  # when it failed, else when its message was recorded
    next_try: datetime | None  # None: never by itself
    attempts: int
    error: str  # what was answered last; empty: nothing yet
    mail: bool  # it is a mail
    kept: bool  # the composed mail is there still, so that it can go out

    @property
    def retriable(self) -> bool:
        """Whether trying again can do anything: a mail is needed whole for it."""
        return self.state in STUCK and (self.kept or not self.mail)


def stuck(database: Database, which: Which) -> list[StuckEffect]:
    """The effects that are meant, in the order they were planned."""
    query = (
        select(effects, messages.c.seen_at, decisions.c.reference, outbox.c.effect_id)
        .join(messages, messages.c.id == effects.c.message_id)
        .join(decisions, decisions.c.message_id == DECIDED)
        .outerjoin(outbox, outbox.c.effect_id == effects.c.id)
    )
    if which.office:
        query = query.where(effects.c.office == which.office)
    if which.names:
        numbers, references = _told_apart(which.names)
        query = query.where(or_(effects.c.id.in_(numbers), decisions.c.reference.in_(references)))
    with database.transaction() as connection:
        rows = [row for in_state in _IN_STATE[which.state] for row in connection.execute(query.where(in_state))]
    # A reply that is out is stuck only where the Sent folder has not taken its copy.
    rows = [row for row in rows if row.state != EffectState.SENT or row.outcome]
    # Ordered here: asked to, SQLite reads the whole table in order, rather than the few rows of the index.
    return [_stuck(row) for row in sorted(rows, key=attrgetter("id"))]


def retry(database: Database, found: Sequence[StuckEffect], *, now: datetime) -> int:
    """Have effects tried again, due at once (`doubt.due_again`), with all their tries before them; how many could be.

    What was changed meanwhile, by the service or by another person, is left as it is.
    """
    with database.transaction() as connection:
        again = due_again(connection)
        return sum(
            connection.execute(
                update(effects)
                .where(effects.c.id.in_(rows), effects.c.state.in_(STUCK))
                .values(state=again, not_before=now, attempts=0, settled_at=None, outcome=None)
            ).rowcount
            for rows in chunks([one.row for one in found if one.retriable])
        )


def drop(database: Database, found: Sequence[StuckEffect], *, note: str, now: datetime) -> int:
    """End effects that are not done: they never will be; how many still could be ended.

    The mail of one that had failed or was held is deleted. That of one that was still to go out may be in the hands of
    the one who sends at this moment, who deletes it; if it went out after all, it is recorded as sent.
    """
    ended = {"state": EffectState.DROPPED, "settled_at": now, "outcome": {"note": note}}
    dropped = 0
    with database.transaction() as connection:
        for rows in chunks([one.row for one in found if one.state is not EffectState.PLANNED]):
            dropped += _end(connection, rows, (EffectState.FAILED, EffectState.HELD), ended)
            gone = select(effects.c.id).where(effects.c.id.in_(rows), effects.c.state == EffectState.DROPPED)
            connection.execute(delete(outbox).where(outbox.c.effect_id.in_(gone)))
        for rows in chunks([one.row for one in found if one.state is EffectState.PLANNED]):
            dropped += _end(connection, rows, (EffectState.PLANNED,), ended)
    return dropped


def counts(database: Database) -> tuple[int, int]:
    """How many effects of all offices have failed, and how many were tried in vain and will be again."""
    failed = select(func.count()).select_from(effects).where(EFFECT_HAS_FAILED)
    waiting = select(func.count()).select_from(effects).where(_TRIED_IN_VAIN)
    with database.transaction() as connection:
        return connection.scalar(failed) or 0, connection.scalar(waiting) or 0


def _end(connection: Connection, rows: Sequence[int], states: Collection[EffectState], ended: Mapping[str, Any]) -> int:
    change = update(effects).where(effects.c.id.in_(rows), effects.c.state.in_(states)).values(ended)
    return connection.execute(change).rowcount


def _told_apart(names: Collection[str]) -> tuple[list[int], list[str]]:
    """Numbers of effects, and references of messages."""
    largest = 2**63 - 1  # of a column; a longer number is none of ours
    numbers = [int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 20]
    return [number for number in numbers if number <= largest], [name.upper() for name in names]


def _stuck(row: Any) -> StuckEffect:
    again = row.state in {EffectState.PLANNED, EffectState.SENT}
    return StuckEffect(
        row=row.id,
        office=row.office,
        reference=row.reference,
        kind=row.kind,
        what=_what(row.detail),
        state=EffectState(row.state),
        since=row.settled_at or row.seen_at,
        next_try=row.not_before if again else None,
        attempts=row.attempts,
        error=(row.outcome or {}).get("error", ""),
        mail=row.kind not in FILING,
        kept=row.effect_id is not None,
    )


def _what(detail: dict[str, Any]) -> str:
    if "flags" in detail:
        return " ".join(detail["flags"])
    return str(next(detail[key] for key in ("template", "unit", "contact", "folder") if key in detail))
