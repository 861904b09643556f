"""Reads what automatic replies went out, and what came back in their exchanges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.schema import decisions, effects

_WHICH = (decisions.c.office, decisions.c.answers, decisions.c.decided_at, decisions.c.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    """An automatic reply that went out."""

    office: str
    exchange: str  # the reference of its first message, which all later ones name
    decided_at: datetime  # aware
    rule: str  # that sent it
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A later message of the exchange, as it was decided."""

    office: str
    exchange: str
    decided_at: datetime  # aware
    rule: str  # that took it
    verdict: str  # a label, "unsure", or "none" where nothing was classified


def replies_sent(database: Database, office: str | None, *, since: datetime) -> Sequence[SentReply]:
    """Of one office or of all, decided since; oldest first."""
    query = (
        select(*_WHICH, decisions.c.reference, effects.c.detail)
        .join(effects, effects.c.message_id == decisions.c.message_id)
        .where(decisions.c.decided_at >= since, effects.c.kind == "reply")
        .where(effects.c.state.in_((EffectState.SENT, EffectState.DONE)))
        .order_by(decisions.c.decided_at, decisions.c.id)
    )
    if office:
        query = query.where(decisions.c.office == office)
    with database.transaction() as connection:
        return [
            SentReply(
                office=row.office,
                exchange=row.answers or row.reference,
                decided_at=row.decided_at,
                rule=row.rule,
                template=row.detail["template"],
            )
            for row in connection.execute(query)
        ]


def answers(database: Database, office: str | None, *, since: datetime) -> Sequence[Answer]:
    """Messages of people that answered an automatic reply, decided since; oldest first.

    Of decisions recorded before schema 0002 it is not known whether they answered a reply or another message of the
    exchange: they count as answers, so that none is overlooked.
    """
    query = (
        select(*_WHICH, decisions.c.verdict, decisions.c.circumstances)
        .where(decisions.c.decided_at >= since, decisions.c.answers.is_not(None), decisions.c.machine.is_(None))
        .order_by(decisions.c.decided_at, decisions.c.id)
    )
    if office:
        query = query.where(decisions.c.office == office)
    with database.transaction() as connection:
        return [
            Answer(
                office=row.office,
                exchange=row.answers,
                decided_at=row.decided_at,
                rule=row.rule,
                verdict=row.verdict or "none",
            )
            for row in connection.execute(query)
            if _answered_us(row.circumstances)
        ]


def _answered_us(circumstances: Any) -> bool:
    return circumstances is None or bool(circumstances.get("history", {}).get("answers_our_reply"))
