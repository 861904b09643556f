"""Planned effects that are still open: what is to be done next, and what has become of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL as BOTH_TABLES
from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, select, tuple_, update

from triage.ledger.database import Database
from triage.ledger.recording import chunks
from triage.ledger.records import FILING, EffectState, Filing, Place, QueuedMail
from triage.ledger.schema import EFFECT_IS_OPEN, effects, messages, outbox

MAIL = ("reply", "forward", "notify")
CALLS = ("webhook",)


def open_filings(
    database: Database, office: str, *, now: datetime | None, places: Iterable[Place] | None = None
) -> list[Filing]:
    """Flags and moves of `office` that are planned and due (`now` None: or put off), oldest first.

    Of `places` of INBOX only, where given.
    """
    query = (
        select(effects, messages)
        .join(messages, messages.c.id == effects.c.message_id)
        .where(effects.c.office == office, effects.c.kind.in_(FILING), effects.c.state == EffectState.PLANNED)
        .where(EFFECT_IS_OPEN)
        .order_by(effects.c.message_id, effects.c.position)
        .set_label_style(BOTH_TABLES)
    )
    if now is not None:
        query = query.where(effects.c.not_before <= now)
    if places is not None:
        keys = [(place.uidvalidity, place.uid) for place in places]
        query = query.where(tuple_(messages.c.uidvalidity, messages.c.uid).in_(keys))
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    by_message: dict[int, list[Any]] = {}
    for row in rows:
        by_message.setdefault(row.messages_id, []).append(row)
    return [_filing(found) for found in by_message.values()]


def twins(database: Database, rows: Sequence[int]) -> Mapping[str, set[tuple[int, int]]]:
    """By folder: where other messages of the very same bytes stand, by UIDVALIDITY and UID, of messages by row."""
    mine, other = messages.alias(), messages.alias()
    alike = (
        (other.c.office == mine.c.office)
        & (other.c.content_digest == mine.c.content_digest)  # which there is an index for
        & (other.c.digest == mine.c.digest)
        & (other.c.id != mine.c.id)
    )
    filed = (effects.c.kind == "move") & (effects.c.state == EffectState.DONE)
    query = (
        select(effects.c.detail, effects.c.outcome)
        .join(other, other.c.id == effects.c.message_id)
        .join(mine, alike)
        .where(filed)
    )
    found: dict[str, set[tuple[int, int]]] = {}
    with database.transaction() as connection:
        for some in chunks(rows):
            for detail, outcome in connection.execute(query.where(mine.c.id.in_(some))):
                if outcome:
                    found.setdefault(detail["folder"], set()).add((outcome["uidvalidity"], outcome["uid"]))
    return found


def settle(
    database: Database, outcomes: Mapping[int, tuple[EffectState, Mapping[str, Any] | None]], *, now: datetime
) -> None:
    """Record final states of effects (by row), each with what is to be remembered of it."""
    if not outcomes:
        return
    change = (
        update(effects)
        .where(effects.c.id == bindparam("row"))
        .values(state=bindparam("new_state"), outcome=bindparam("new_outcome"), settled_at=now)
    )
    changes = [{"row": row, "new_state": state, "new_outcome": outcome} for row, (state, outcome) in outcomes.items()]
    with database.transaction() as connection:
        connection.execute(change, changes)


def postpone(
    database: Database,
    rows: Iterable[int],
    *,
    until: datetime,
    why: str,
    state: EffectState = EffectState.PLANNED,
) -> None:
    """Record a failed try: effects that are planned, or a reply that is sent and not copied, are due at `until`."""
    with database.transaction() as connection:
        connection.execute(
            update(effects)
            .where(effects.c.id.in_(list(rows)), effects.c.state == state)
            .values(not_before=until, attempts=effects.c.attempts + 1, outcome={"error": why})
        )


def mail_to_send(
    database: Database, offices: Collection[str], *, now: datetime, most: int, kinds: Sequence[str] = MAIL
) -> list[QueuedMail]:
    """Composed mail of `offices` (or calls, by `kinds`) that is due to go out, longest due first."""
    due = (effects.c.state == EffectState.PLANNED) & effects.c.kind.in_(kinds) & (effects.c.not_before <= now)
    due &= effects.c.office.in_(offices)
    return _mail(database, due, most)


def mail_to_copy(database: Database, office: str, *, now: datetime, most: int) -> list[QueuedMail]:
    """Replies of `office` that are out and not yet in its Sent folder, where a copy is due."""
    due = (effects.c.state == EffectState.SENT) & (effects.c.not_before <= now)
    return _mail(database, due & (effects.c.office == office), most)


def mail_sent(database: Database, mail: QueuedMail, *, now: datetime) -> None:
    """Record that the relay took the mail: a reply goes on to the Sent folder, all else is done."""
    with database.transaction() as connection:
        if mail.kind == "reply":
            connection.execute(
                update(effects)
                .where(effects.c.id == mail.effect)
                .values(state=EffectState.SENT, settled_at=now, attempts=mail.attempts + 1)
            )
        else:
            _finish(connection, [mail.effect], EffectState.DONE, now, None)


def mail_copied(database: Database, copied: Sequence[QueuedMail], *, now: datetime) -> None:
    """Record that copies stand in the Sent folder; the composed mails are deleted from the ledger."""
    if copied:
        with database.transaction() as connection:
            _finish(connection, [mail.effect for mail in copied], EffectState.DONE, now, None)


def mail_failed(database: Database, mail: QueuedMail, *, why: str, now: datetime) -> None:
    """Record that the mail does not go out by itself, and why; it is kept, since a person may have it tried again."""
    with database.transaction() as connection:
        connection.execute(
            update(effects)
            .where(effects.c.id == mail.effect, effects.c.state == EffectState.PLANNED)
            .values(state=EffectState.FAILED, settled_at=now, attempts=mail.attempts + 1, outcome={"error": why})
        )


def drop_withdrawn(database: Database, offices: Collection[str], kinds: Sequence[str] = MAIL) -> None:
    """Delete composed mails of `offices` that were withdrawn; only who sends them may, with no mail in hand."""
    # From the outbox, which is short, to the effects, which are many.
    withdrawn = exists().where(
        effects.c.id == outbox.c.effect_id,
        effects.c.state.in_((EffectState.UNDONE, EffectState.DROPPED)),
        effects.c.office.in_(offices),
        effects.c.kind.in_(kinds),
    )
    with database.transaction() as connection:
        connection.execute(delete(outbox).where(withdrawn))


def next_due(database: Database) -> datetime | None:
    """When the next mail is due to be sent; None when none waits."""
    query = select(func.min(effects.c.not_before)).where(
        EFFECT_IS_OPEN, effects.c.state == EffectState.PLANNED, effects.c.kind.in_(MAIL)
    )
    with database.transaction() as connection:
        due: datetime | None = connection.scalar(query)
        return due


def open_count(database: Database, offices: Sequence[str]) -> int:
    """How many effects of `offices` are planned or half done."""
    query = select(func.count()).select_from(effects).where(EFFECT_IS_OPEN, effects.c.office.in_(offices))
    with database.transaction() as connection:
        return connection.scalar(query) or 0


def _mail(database: Database, which: ColumnElement[bool], most: int) -> list[QueuedMail]:
    query = (
        select(effects, outbox)
        .join(outbox, outbox.c.effect_id == effects.c.id)
        .where(EFFECT_IS_OPEN, which)
        .order_by(effects.c.not_before, effects.c.id)
        .limit(most)
    )
    with database.transaction() as connection:
        return [
            QueuedMail(
                effect=row.id,
                office=row.office,
                kind=row.kind,
                message_id=row.rfc_message_id,
                envelope_sender=row.envelope_sender,
                recipients=tuple(row.protected_recipients),
                content=row.protected_content,
                attempts=row.attempts,
                contact=row.detail.get("contact", ""),
            )
            for row in connection.execute(query)
        ]


def _finish(
    connection: Connection,
    rows: Sequence[int],
    state: EffectState,
    now: datetime,
    outcome: Mapping[str, Any] | None,
) -> None:
    connection.execute(
        update(effects).where(effects.c.id.in_(rows)).values(state=state, settled_at=now, outcome=outcome)
    )
    connection.execute(delete(outbox).where(outbox.c.effect_id.in_(rows)))


def _filing(rows: Sequence[Any]) -> Filing:
    first = rows[0]
    folders = [row.effects_detail["folder"] for row in rows if row.effects_kind == "move"]
    return Filing(
        row=first.messages_id,
        place=Place(uidvalidity=first.messages_uidvalidity, uid=first.messages_uid),
        digest=first.messages_digest,
        rfc_message_id=first.messages_rfc_message_id,
        size=first.messages_size,
        folder=folders[0] if folders else None,
        flags=tuple(f for row in rows if row.effects_kind == "flags" for f in row.effects_detail["flags"]),
        effects=tuple(row.effects_id for row in rows),
    )
