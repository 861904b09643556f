"""Keeps each rule set that was ever in use, once, so that a decision of two years ago can be explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from triage.ledger.database import Database
from triage.ledger.schema import rule_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRules:
    """A rule set as the ledger keeps it."""

    digest: str  # as decisions name it
    kept_at: datetime  # when it first came into use
    texts: Mapping[str, str] = field(repr=False)  # every text of its folder, by path there


def keep(database: Database, texts: Mapping[str, Mapping[str, str]], *, now: datetime) -> None:
    """Keep rule sets, texts by digest, before the first decision by them, where they are not kept already.

    Several processes may do so at once. Raises LedgerUnavailable.
    """
    with database.transaction() as connection:
        known = set(connection.scalars(select(rule_sets.c.digest)))
        rows = [
            {"digest": digest, "kept_at": now, "content": dict(content)}
            for digest, content in texts.items()
            if digest not in known
        ]
        if rows:
            new = sqlite.insert(rule_sets) if database.is_sqlite else postgresql.insert(rule_sets)
            connection.execute(new.on_conflict_do_nothing(), rows)


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
