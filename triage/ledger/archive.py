"""Reads what was decided: one message, many, and what is known of a sender's and a thread's past."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select

from triage.core.message import Message
from triage.core.policy.decision import THIS_WEEK, History
from triage.ledger.database import Database
from triage.ledger.recording import sender_key
from triage.ledger.records import EffectState, LedgerEntry
from triage.ledger.schema import EFFECT_IS_HELD, decisions, effects, messages

A_DAY = timedelta(days=1)


def histories(
    database: Database,
    office: str,
    batch: Sequence[tuple[Message, tuple[str, ...]]],
    *,
    salt: bytes,
    now: datetime,
) -> list[History]:
    """For each message, with the message-ids it answers: what this office's ledger knows of sender and thread.

    What else the batch holds of a sender is not counted here, not even where the ledger knows it already.
    """
    keys = [sender_key(message.from_.addr, salt) if message.from_ else "" for message, _ in batch]
    answered = {message_id for _, refers_to in batch for message_id in refers_to}
    own = {message.message_id for message, _ in batch if message.message_id}
    written = _written_since(database, office, set(keys), now - THIS_WEEK, own)
    replies = _replies_since(database, office, set(keys), now - A_DAY)
    sent, received = _exchanges(database, office, answered)
    found = []
    for key, (message, refers_to) in zip(keys, batch, strict=True):
        references = [sent.get(r) or received.get(r) for r in reversed(refers_to)]
        to_us = any(answer in sent for answer in message.in_reply_to or refers_to[-1:])
        found.append(
            History(
                replies_today=replies.get(key, 0),
                messages_this_week=written.get(key, 0) + 1 if key else None,
                answers=next((reference for reference in references if reference), None),
                answers_our_reply=to_us,
            )
        )
    return found


def list_entries(
    database: Database,
    *,
    office: str | None = None,
    verdict: str | None = None,
    most: int = 50,
) -> list[LedgerEntry]:
    """Decisions, newest first; `verdict` is a label or "unsure"."""
    query = _entries().order_by(decisions.c.decided_at.desc(), decisions.c.id.desc()).limit(most)
    if office:
        query = query.where(decisions.c.office == office)
    if verdict:
        query = query.where(decisions.c.verdict == verdict)
    # All held mail is read, of which there is little, and counted here: to group it, SQLite reads all effects.
    waiting = select(effects.c.message_id).where(EFFECT_IS_HELD)
    with database.transaction() as connection:
        held = Counter(connection.scalars(waiting))
        return [_entry(row, {}, held=held[row.message_id]) for row in connection.execute(query)]


def show_entries(database: Database, reference: str) -> list[LedgerEntry]:
    """Everything recorded under a reference, with its facts and effects; empty where there is none."""
    with database.transaction() as connection:
        rows = connection.execute(_entries().where(decisions.c.reference == reference.upper())).all()
        found = []
        for row in rows:
            query = select(effects).where(effects.c.message_id == row.message_id).order_by(effects.c.position)
            planned = connection.execute(query).all()
            repeats = select(func.count()).select_from(messages).where(messages.c.same_as == row.message_id)
            detail = {
                "probabilities": {k: round(v, 5) for k, v in (row.probabilities or {}).items()} or None,
                "model": row.model,
                "facts": row.facts,
                "notes": row.notes,
                "defects": row.defects,
                "rule_set": row.rule_set,
                "repeats": connection.scalar(repeats),
                "always": row.always,
                "on_trial": _on_trial(row),
                "effects": [_effect(effect) for effect in planned],
            }
            held = sum(effect.state == EffectState.HELD for effect in planned)
            found.append(_entry(row, detail, held=held))
    return found


def _replies_since(database: Database, office: str, keys: set[str], since: datetime) -> Mapping[str, int]:
    query = (
        select(effects.c.sender_key, func.count())
        .join(messages, messages.c.id == effects.c.message_id)
        .where(effects.c.sender_key.in_(keys), effects.c.office == office, effects.c.kind == "reply")
        .where(effects.c.state.not_in((EffectState.FAILED, EffectState.DROPPED)), messages.c.seen_at >= since)
        .group_by(effects.c.sender_key)
    )
    with database.transaction() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _written_since(
    database: Database, office: str, keys: set[str], since: datetime, besides: set[str]
) -> Mapping[str, int]:
    """By sender: how many of people's messages came since, but those of some message-ids.

    A repeat has no decision, so it is not counted. It was recorded no earlier than it came, so that the index on
    `seen_at` finds all; at the first start, old mail is seen and did not come this week.
    """
    m = messages.c
    query = (
        select(m.sender_key, func.count())
        .join(decisions, decisions.c.message_id == m.id)
        .where(m.office == office, m.sender_key.in_(keys), m.seen_at >= since)
        .where(or_(m.received_at.is_(None), m.received_at >= since), decisions.c.machine.is_(None))
        .where(or_(m.rfc_message_id.is_(None), m.rfc_message_id.not_in(besides)))
        .group_by(m.sender_key)
    )
    with database.transaction() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _exchanges(database: Database, office: str, message_ids: set[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """By message-id: the reference of the exchange, for replies that we sent and for messages that we received."""
    if not message_ids:
        return {}, {}
    base = select(effects.c.rfc_message_id, decisions.c.reference, decisions.c.answers)
    sent = base.join(decisions, decisions.c.message_id == effects.c.message_id).where(
        effects.c.rfc_message_id.in_(message_ids), effects.c.office == office, effects.c.kind == "reply"
    )
    received = (
        select(messages.c.rfc_message_id, decisions.c.reference, decisions.c.answers)
        .join(decisions, decisions.c.message_id == messages.c.id)
        .where(messages.c.rfc_message_id.in_(message_ids), messages.c.office == office)
    )
    with database.transaction() as connection:
        return (
            {row[0]: row.answers or row.reference for row in connection.execute(sent)},
            {row[0]: row.answers or row.reference for row in connection.execute(received)},
        )


def _entries() -> Any:
    return select(decisions, messages.c.received_at).join(messages, messages.c.id == decisions.c.message_id)


def _on_trial(row: Row[Any]) -> Mapping[str, Any] | None:
    """What the rule on trial would have done, that would have won."""
    if row.trial_rule is None:
        return None
    due_at = row.trial_due_at.isoformat() if row.trial_due_at else None
    return {"rule": row.trial_rule, "folder": row.trial_folder, "reply": row.trial_reply, "due_at": due_at}


def _entry(row: Row[Any], detail: Mapping[str, Any], *, held: int) -> LedgerEntry:
    return LedgerEntry(
        row=row.message_id,
        office=row.office,
        reference=row.reference,
        received_at=row.received_at,
        decided_at=row.decided_at,
        mode=row.mode,
        rule=row.rule,
        reason=row.reason,
        label=row.label,
        verdict=row.verdict,
        machine=row.machine,
        folder=row.folder,
        language=row.language,
        due_at=row.due_at,
        answers=row.answers,
        held=held,
        detail=detail,
    )


def _effect(row: Row[Any]) -> Mapping[str, Any]:
    return {
        "kind": row.kind,
        "state": row.state,
        "detail": row.detail,
        "attempts": row.attempts,
        "settled_at": row.settled_at.isoformat() if row.settled_at else None,
        "outcome": row.outcome,
    }
