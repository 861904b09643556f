"""Keeps each rule set that was ever in use, once, so that a decision of two years ago can be explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from triage.ledger.database import Database
from triage.ledger.schema import rule_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRules:
    """A rule set as the ledger keeps it."""

    digest: str  # as decisions name it
    kept_at: datetime  # when it first came into use
    texts: Mapping[str, str] = field(repr=False)  # every text of its folder, by path there


def keep(database: Database, digest: str, texts: Mapping[str, str], *, now: datetime) -> None:
    """Keep a rule set before the first decision by it, where it is not kept already. Raises LedgerUnavailable.

    Only the daemon that owns the ledger, or is about to, writes here: looking first is safe.
    """
    with database.transaction() as connection:
        if connection.scalar(select(rule_sets.c.digest).where(rule_sets.c.digest == digest)) is None:
            connection.execute(insert(rule_sets).values(digest=digest, kept_at=now, content=dict(texts)))


def kept(database: Database, digest: str) -> list[KeptRules]:
    """The rule sets whose digest begins with `digest`, latest first; all of them where it is empty."""
    query = (
        select(rule_sets)
        .where(rule_sets.c.digest.startswith(digest.lower(), autoescape=True))
        .order_by(rule_sets.c.kept_at.desc())
    )
    with database.transaction() as connection:
        return [
            KeptRules(digest=row.digest, kept_at=row.kept_at, texts=row.content) for row in connection.execute(query)
        ]
