"""Removes what is too old to be kept, a little at a time, while the service runs.

Of a message goes what was found, decided and done: its decision, with facts and protected identifiers, its effects,
the hash of its sender's address. Its row in `messages` stays, with place, digests, Message-ID and size, and without a
word of it: a person may have left it in INBOX, or a mailbox may be restored from a backup, and without the row it
would be new mail and be answered once more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, or_, select, tuple_, update

from triage.ledger.database import Database
from triage.ledger.queue import CALLS, MAIL
from triage.ledger.records import EffectState
from triage.ledger.schema import EFFECT_IS_OPEN, decisions, effects, messages, outbox, rule_sets

# Few enough for a transaction of some milliseconds: on SQLite the service waits for its end.
AT_ONCE = 200
# Pages that SQLite gives back to the file system after each batch, where the file was made for it.
_PAGES = 500
_EXCHANGE = func.coalesce(decisions.c.answers, decisions.c.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How much was removed, or would be."""

    messages: int = 0  # of which only the row that recognises them is left
    kept: int = 0  # old, and still needed: something is open, or their exchange goes on
    rule_sets: int = 0  # that no decision names any more

    def __add__(self, other: "Purged") -> "Purged":
        """Both together."""
        return Purged(
            messages=self.messages + other.messages,
            kept=self.kept + other.kept,
            rule_sets=self.rule_sets + other.rule_sets,
        )


def purge(database: Database, *, before: datetime, dry_run: bool = False) -> Iterator[Purged]:
    """Remove what was decided before then; gives after each batch how much it was. May be stopped or killed anywhere.

    Kept are messages of which an effect is open, held, or failed and not ended; those that came again since; and a
    whole exchange of which a message is younger.
    """
    last: tuple[datetime, int] | None = None
    while True:
        with database.transaction() as connection:
            old = _old(connection, before, last)
            if not old:
                break
            last = (old[-1].decided_at, old[-1].id)
            repeats = _repeats(connection, old)
            gone = _removable(connection, old, repeats, before)
            if gone and not dry_run:
                _remove(connection, [*gone, *(row.id for row in repeats if row.same_as in gone)])
        if gone and not dry_run:
            _give_back(database)
        yield Purged(messages=len(gone), kept=len(old) - len(gone))
    yield Purged(rule_sets=_purge_rule_sets(database, before, dry_run=dry_run))


def _old(connection: Connection, before: datetime, last: tuple[datetime, int] | None) -> list[Any]:
    query = (
        select(decisions.c.id, decisions.c.message_id, decisions.c.decided_at, _EXCHANGE.label("exchange"))
        .where(decisions.c.decided_at < before)
        .order_by(decisions.c.decided_at, decisions.c.id)
        .limit(AT_ONCE)
    )
    if last:
        # The first condition is for the index; SQLite makes no use of it for the second.
        query = query.where(decisions.c.decided_at >= last[0], tuple_(decisions.c.decided_at, decisions.c.id) > last)
    return list(connection.execute(query))


def _repeats(connection: Connection, old: Sequence[Any]) -> list[Any]:
    """The same messages again, which were filed like the first."""
    firsts = [row.message_id for row in old]
    query = select(messages.c.id, messages.c.same_as, messages.c.seen_at).where(messages.c.same_as.in_(firsts))
    return list(connection.execute(query))


def _removable(connection: Connection, old: Sequence[Any], repeats: Sequence[Any], before: datetime) -> set[int]:
    first_of = {row.message_id: row.message_id for row in old} | {row.id: row.same_as for row in repeats}
    dead_letter = (effects.c.state == EffectState.FAILED) & effects.c.kind.in_((*MAIL, *CALLS))
    waits = effects.c.state.in_((EffectState.UNDOING, EffectState.HELD))
    busy = select(effects.c.message_id).where(
        effects.c.message_id.in_(list(first_of)), or_(EFFECT_IS_OPEN, dead_letter, waits)
    )
    going_on = select(decisions.c.answers).where(
        decisions.c.answers.in_({row.exchange for row in old}), decisions.c.decided_at >= before
    )
    needed = {first_of[row] for row in connection.scalars(busy)}
    needed |= {row.same_as for row in repeats if row.seen_at >= before}
    exchanges = set(connection.scalars(going_on))
    return {row.message_id for row in old if row.exchange not in exchanges} - needed


def _remove(connection: Connection, rows: Sequence[int]) -> None:
    of_these = select(effects.c.id).where(effects.c.message_id.in_(rows))
    connection.execute(delete(outbox).where(outbox.c.effect_id.in_(of_these)))
    connection.execute(delete(effects).where(effects.c.message_id.in_(rows)))
    connection.execute(delete(decisions).where(decisions.c.message_id.in_(rows)))
    connection.execute(update(messages).where(messages.c.id.in_(rows)).values(sender_key=None))


def _purge_rule_sets(database: Database, before: datetime, *, dry_run: bool) -> int:
    """Rule sets that came into use before then, that no decision names, and that are not the newest."""
    with database.transaction() as connection:
        named = set(connection.scalars(select(decisions.c.rule_set).distinct()))
        by_age = connection.execute(select(rule_sets.c.digest, rule_sets.c.kept_at).order_by(rule_sets.c.kept_at)).all()
    gone = [row.digest for row in by_age[:-1] if row.kept_at < before and row.digest not in named]
    if gone and not dry_run:
        still = exists().where(decisions.c.rule_set == rule_sets.c.digest)
        with database.transaction() as connection:
            connection.execute(delete(rule_sets).where(rule_sets.c.digest.in_(gone), ~still))
    return len(gone)


def _give_back(database: Database) -> None:
    """Shorten the file by pages that are free. PostgreSQL's autovacuum has such space used again."""
    if database.is_sqlite:
        with database.transaction() as connection:
            # As a script: the statement frees a page a step, and only so are all its steps made.
            connection.connection.cursor().executescript(f"PRAGMA incremental_vacuum({_PAGES})")
