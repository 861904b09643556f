"""Where messages should stand by what was recorded, for comparing with where they do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from triage.ledger.database import Database
from triage.ledger.recording import chunks
from triage.ledger.records import EffectState
from triage.ledger.schema import DECIDED, UIDVALIDITY_IS_TOLD, decisions, effects, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A message, and what became of its move."""

    row: int
    reference: str
    uid: int  # in INBOX, before any move
    folder: str  # where it was to go
    state: EffectState  # of the move
    landed: tuple[int, int]  # UIDVALIDITY and UID in the folder; zeros: not told
    rfc_message_id: str | None
    size: int
    digest: str
    content_digest: str


def at_places(database: Database, office: str, uidvalidity: int, uids: Sequence[int]) -> list[Recorded]:
    """Messages with a move that were recorded at these places of INBOX; none where UIDVALIDITY is not told (0)."""
    found: list[Recorded] = []
    if uidvalidity:
        here = (messages.c.office == office) & (messages.c.uidvalidity == uidvalidity)
        with database.transaction() as connection:
            for some in chunks(uids):
                query = _moves(decisions.c.message_id == DECIDED).where(
                    here, messages.c.uid.in_(some), UIDVALIDITY_IS_TOLD
                )
                found += [_recorded(row) for row in connection.execute(query)]
    return found


def filed_since(database: Database, office: str, since: datetime | None, *, most: int) -> list[Recorded]:
    """Messages of `office` that were decided since then and moved by us, newest first."""
    query = (
        _moves(decisions.c.message_id == messages.c.id)
        .where(decisions.c.office == office, effects.c.state == EffectState.DONE)
        .order_by(decisions.c.decided_at.desc())
        .limit(most)
    )
    if since:
        query = query.where(decisions.c.decided_at >= since)
    with database.transaction() as connection:
        return [_recorded(row) for row in connection.execute(query)]


def named(database: Database, office: str, message_ids: Iterable[str]) -> Mapping[tuple[str, int], list[str]]:
    """By Message-ID (as given) and size: the references of all messages of that name, repeats included."""
    ids = list(message_ids)
    found: dict[tuple[str, int], list[str]] = {}
    with database.transaction() as connection:
        for some in chunks(ids):
            query = (
                select(messages.c.rfc_message_id, messages.c.size, decisions.c.reference)
                .join(decisions, decisions.c.message_id == DECIDED, isouter=True)
                .where(messages.c.office == office, messages.c.rfc_message_id.in_(some))
            )
            for row in connection.execute(query):
                found.setdefault((row.rfc_message_id, row.size), []).append(row.reference or "")
    return found


def known_among(database: Database, office: str, contents: Iterable[str]) -> frozenset[str]:
    """Of these content digests, those that this office ever had."""
    query = select(messages.c.content_digest).where(
        messages.c.office == office, messages.c.content_digest.in_(list(contents))
    )
    with database.transaction() as connection:
        return frozenset(connection.scalars(query))


def replies_since(database: Database, office: str, since: datetime | None, *, most: int) -> Mapping[str, str]:
    """By Message-ID of a reply that went out and was copied to Sent: the reference of the message; newest first."""
    query = (
        select(effects.c.rfc_message_id, decisions.c.reference)
        .join(effects, effects.c.message_id == decisions.c.message_id)
        .where(decisions.c.office == office, effects.c.kind == "reply", effects.c.state == EffectState.DONE)
        .order_by(decisions.c.decided_at.desc())
        .limit(most)
    )
    if since:
        query = query.where(decisions.c.decided_at >= since)
    with database.transaction() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def release_places(database: Database, rows: Iterable[int]) -> None:
    """Forget where messages stood in INBOX: other messages stand there under the same UIDs now."""
    with database.transaction() as connection:
        connection.execute(update(messages).where(messages.c.id.in_(list(rows))).values(uidvalidity=0, uid=0))


def _moves(decision: Any) -> Any:
    return (
        select(messages, decisions.c.reference, effects.c.state, effects.c.detail, effects.c.outcome)
        .join(effects, (effects.c.message_id == messages.c.id) & (effects.c.kind == "move"))
        .join(decisions, decision)
    )


def _recorded(row: Row[Any]) -> Recorded:
    landing = row.outcome or {}
    return Recorded(
        row=row.id,
        reference=row.reference,
        uid=row.uid,
        folder=row.detail["folder"],
        state=EffectState(row.state),
        landed=(landing.get("uidvalidity", 0), landing.get("uid", 0)),
        rfc_message_id=row.rfc_message_id,
        size=row.size,
        digest=row.digest,
        content_digest=row.content_digest,
    )
