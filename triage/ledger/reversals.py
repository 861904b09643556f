"""Filings that are to be taken back: which they were, what was sent besides, and how far undoing has come.

An effect is claimed (`undoing`) before the mailbox is touched, so that what recognises mail in INBOX knows from then on
that nobody may file it again; whoever is killed in between finds the claim at the next run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from triage.ledger.database import Database
from triage.ledger.queue import CALLS, MAIL
from triage.ledger.recording import chunks, flags_of
from triage.ledger.records import FILING, EffectState
from triage.ledger.schema import DECIDED, decisions, effects, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which filings are meant: all that fit every field that is given."""

    since: datetime | None = None  # aware: first recorded then or later
    rule: str | None = None
    reference: str | None = None  # "DEL-7F3K-9Q2M"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that a decision planned."""

    effect: int
    kind: str  # reply | forward | notify | webhook
    state: EffectState
    name: str  # template, unit or contact
    language: str  # of a reply: "en", "fr" or "both"; else ""
    settled_at: datetime | None  # when it went out

    @property
    def out(self) -> bool:
        """Whether it went out, so that nothing can call it back."""
        return self.state in {EffectState.SENT, EffectState.DONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A message that the service moved into a folder, or is moving."""

    row: int
    reference: str
    rule: str
    folder: str
    flags: tuple[str, ...]  # that were set with the move
    state: EffectState  # of the move: planned | done | undoing | undone
    effects: tuple[int, ...]  # rows of flags and move
    uidvalidity: int  # of the folder, where the message landed; 0: not told
    uid: int
    digest: str
    rfc_message_id: str | None
    size: int
    received_at: datetime | None  # INTERNALDATE, aware
    mail: tuple[SentMail, ...] = field(default=())  # what else the decision planned


def filings(database: Database, office: str, selection: Selection) -> list[Filed]:
    """All moves of `office` that the selection means, oldest first: done, under way, or undone before."""
    wanted = (EffectState.PLANNED, EffectState.DONE, EffectState.UNDOING, EffectState.UNDONE)
    with database.transaction() as connection:
        rows = connection.execute(
            _selected(office, selection).where(effects.c.kind == "move", effects.c.state.in_(wanted))
        ).all()
        by_message: dict[int, list[Any]] = {row.message_id: [] for row in rows}
        keys = list(by_message)
        for some in chunks(keys):
            query = select(effects).where(effects.c.message_id.in_(some))
            for effect in connection.execute(query.order_by(effects.c.message_id, effects.c.position)):
                by_message[effect.message_id].append(effect)
    return [_filed(row, by_message[row.message_id]) for row in rows]


def claim(database: Database, filed: Iterable[Filed]) -> frozenset[int]:
    """Note that the filings are about to be taken back; rows of the messages that still were to be, all in one commit.

    One that became something else meanwhile (the daemon plans it anew, another run has taken it) is left out.
    """
    with database.transaction() as connection:
        return frozenset(
            one.row
            for one in filed
            if connection.execute(
                update(effects)
                .where(effects.c.id.in_(one.effects), effects.c.state == one.state)
                .values(state=EffectState.UNDOING)
            ).rowcount
        )


def release(database: Database, filed: Sequence[Filed]) -> None:
    """Take claims back: a person was faster, and what they did stands."""
    with database.transaction() as connection:
        for one in filed:
            change = update(effects).where(effects.c.id.in_(one.effects), effects.c.state == EffectState.UNDOING)
            connection.execute(change.values(state=EffectState.DONE))


def settle_undone(database: Database, filed: Sequence[Filed], *, now: datetime) -> int:
    """Record that messages stand in INBOX again; mail of theirs that is not out never will be. How many mails that is.

    The composed mails stay in the outbox, where the one who sends may have them in hand; it drops them.
    """
    withdrawn = 0
    with database.transaction() as connection:
        for one in filed:
            change = update(effects).where(effects.c.id.in_(one.effects))
            connection.execute(change.values(state=EffectState.UNDONE, settled_at=now, outcome={"note": _UNDONE}))
            waiting = update(effects).where(
                effects.c.message_id == one.row,
                effects.c.kind.in_(MAIL + CALLS),
                effects.c.state.in_(_NOT_OUT),
            )
            withdrawn += connection.execute(
                waiting.values(state=EffectState.UNDONE, settled_at=now, outcome={"note": _WITHDRAWN})
            ).rowcount
    return withdrawn


def undone_contents(database: Database, office: str, contents: Iterable[str]) -> frozenset[str]:
    """Of these content digests, those that a person had put back or left in INBOX: nobody files them again."""
    query = (
        select(messages.c.content_digest)
        .join(effects, effects.c.message_id == messages.c.id)
        .where(messages.c.office == office, messages.c.content_digest.in_(list(contents)))
        .where(effects.c.kind == "move", effects.c.state.in_(_LEFT_TO_PEOPLE))
    )
    with database.transaction() as connection:
        return frozenset(connection.scalars(query))


_LEFT_TO_PEOPLE = (EffectState.UNDOING, EffectState.UNDONE, EffectState.DROPPED)
_NOT_OUT = (EffectState.PLANNED, EffectState.HELD, EffectState.UNSURE, EffectState.FAILED)
_UNDONE = "moved back to INBOX by triage undo"
_WITHDRAWN = "withdrawn by triage undo before it went out"


def _selected(office: str, selection: Selection) -> Select[Any]:
    query = (
        select(effects.c.message_id, effects.c.state, messages, decisions.c.reference, decisions.c.rule)
        .join(messages, messages.c.id == effects.c.message_id)
        .join(decisions, decisions.c.message_id == DECIDED)
        .where(effects.c.office == office)
        .order_by(effects.c.message_id)
    )
    if selection.since:
        query = query.where(messages.c.seen_at >= selection.since)
    if selection.rule:
        query = query.where(decisions.c.rule == selection.rule)
    if selection.reference:
        query = query.where(decisions.c.reference == selection.reference.upper())
    return query


def _filed(row: Any, planned: Sequence[Any]) -> Filed:
    filing = [effect for effect in planned if effect.kind in FILING]
    move = next(effect for effect in filing if effect.kind == "move")
    landing: Mapping[str, Any] = move.outcome or {}
    return Filed(
        row=row.message_id,
        reference=row.reference,
        rule=row.rule,
        folder=move.detail["folder"],
        flags=flags_of(filing),
        state=EffectState(row.state),
        effects=tuple(effect.id for effect in filing),
        uidvalidity=landing.get("uidvalidity", 0),
        uid=landing.get("uid", 0),
        digest=row.digest,
        rfc_message_id=row.rfc_message_id,
        size=row.size,
        received_at=row.received_at,
        mail=tuple(_sent(effect) for effect in planned if effect.kind in MAIL + CALLS),
    )


def _sent(effect: Any) -> SentMail:
    return SentMail(
        effect=effect.id,
        kind=effect.kind,
        state=EffectState(effect.state),
        name=next(effect.detail[key] for key in ("template", "unit", "contact") if key in effect.detail),
        language=effect.detail.get("language", ""),
        settled_at=effect.settled_at,
    )
