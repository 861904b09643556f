"""The ledger's tables. Migrations make them; a test proves that migrations and this module agree.

Clear columns hold no name, address, identifier or text. What must be kept for a while to do the work (a
composed reply, its recipient, full identifiers) stands in columns named `protected_…`; the outbox's are deleted
with their row as soon as the mail is out.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    false,
    func,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, UTC. Naive ones are refused: a time without a zone is a mistake made earlier."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r} on its way into the ledger")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite gives naive times back; all that went in was UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows itself only where the key is its own INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


# Written out, in an index and in the questions that are to use it: neither database can tell that `state = ?` means
# rows of a partial index, since it plans before it is told what "?" is.
EFFECT_IS_OPEN = text("effects.state IN ('planned', 'sent', 'unsure')")
EFFECT_HAS_FAILED = text("effects.state = 'failed'")
EFFECT_IS_HELD = text("effects.state = 'held'")
# Not "> 0", which SQLite takes for a range to read through, and looks no UID up.
UIDVALIDITY_IS_TOLD = text("messages.uidvalidity <> 0")


def where(condition: str) -> dict[str, Any]:
    """Of an index: only rows of which this is true are in it."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _row_id() -> Column[Any]:
    return Column("id", Id, primary_key=True)


messages = Table(
    "messages",
    metadata,
    _row_id(),
    Column("office", String(64), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),  # of INBOX; 0: the server gives none
    Column("uid", BigInteger, nullable=False),  # in INBOX, before any move
    Column("digest", String(64), nullable=False),  # SHA-256 of the bytes as fetched
    Column("content_digest", String(64), nullable=False),  # what it says, whatever servers added on the way
    Column("rfc_message_id", String(998)),
    Column("size", BigInteger, nullable=False),
    Column("received_at", UtcDateTime),  # INTERNALDATE
    Column("seen_at", UtcDateTime, nullable=False),  # when the service first recorded it
    Column("sender_key", String(32)),  # keyed hash of the sender's address: counts replies, names nobody
    Column("same_as", Id, ForeignKey("messages.id")),  # an earlier row with the same content
    Column("returned", Boolean, nullable=False, server_default=false()),  # a person put it back into INBOX
    Index("ix_messages_office_content_digest", "office", "content_digest"),
    Index("ix_messages_office_rfc_message_id", "office", "rfc_message_id"),
    Index("ix_messages_same_as", "same_as", **where("same_as IS NOT NULL")),
    Index("ix_messages_office_sender_key_seen_at", "office", "sender_key", "seen_at"),
    # A server without UIDVALIDITY reuses UIDs as it likes (pitfalls IMAP 17), so 0 is left out.
    Index(
        "uq_messages_office_uidvalidity_uid",
        "office",
        "uidvalidity",
        "uid",
        unique=True,
        **where("uidvalidity <> 0"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    _row_id(),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False, unique=True),
    Column("office", String(64), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("mode", String(16), nullable=False),  # shadow | live
    Column("reference", String(32), nullable=False),
    Column("answers", String(32)),  # reference of the exchange it belongs to
    Column("rule", String(128), nullable=False),
    Column("rule_set", String(64), nullable=False),  # digest
    Column("reason", String(32), nullable=False),  # a code of Reason
    Column("folder", String(255), nullable=False),
    Column("label", String(32)),  # the best of the four; NULL where nothing was classified
    Column("verdict", String(32)),  # the label, or "unsure"
    Column("probabilities", JSON),
    Column("model", String(64)),
    Column("machine", String(32)),  # kind of machine mail
    Column("language", String(16), nullable=False),
    Column("facts", JSON, nullable=False),  # masked
    Column("protected_identifiers", JSON, nullable=False),
    # What else rules and replies looked at, so that it can be decided again; NULL: from before 0002.
    Column("circumstances", JSON),
    Column("notes", JSON, nullable=False),
    Column("defects", JSON, nullable=False),
    Column("due_at", UtcDateTime),
    Column("always", JSON),  # ids of what was added, whichever rule won; NULL: from before 0005
    Column("trial_rule", String(128)),  # the rule on trial that would have won, and what it would have done
    Column("trial_folder", String(255)),
    Column("trial_reply", String(64)),  # template, or "none"
    Column("trial_due_at", UtcDateTime),
    Index("ix_decisions_trial", "office", "decided_at", **where("trial_rule IS NOT NULL")),
    Index("ix_decisions_reference", "reference"),
    Index("ix_decisions_office_decided_at", "office", "decided_at"),
    Index("ix_decisions_decided_at", "decided_at"),
    Index("ix_decisions_answers", "answers", **where("answers IS NOT NULL")),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("digest", String(64), primary_key=True),  # as decisions name it
    Column("kept_at", UtcDateTime, nullable=False),  # when it first came into use
    Column("content", JSON, nullable=False),  # every text of the rules folder, by its path there
)

effects = Table(
    "effects",
    metadata,
    _row_id(),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False, index=True),
    Column("office", String(64), nullable=False),
    Column("position", Integer, nullable=False),  # order in the plan
    Column("kind", String(16), nullable=False),  # flags | move | reply | forward | notify | webhook
    Column("state", String(16), nullable=False),  # see EffectState
    Column("detail", JSON, nullable=False),  # folder; flags; template and language; unit; contact
    Column("rfc_message_id", String(255)),  # of the mail sent; of a webhook's call, its key
    Column("sender_key", String(32)),  # to whom a reply went, hashed
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("not_before", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),  # when it reached a final state
    Column("outcome", JSON),  # where the message landed, or the error in words
    Index(
        "ix_effects_open",
        "office",
        "kind",
        **where("state IN ('planned', 'sent', 'unsure')"),
    ),
    Index("ix_effects_failed", "settled_at", **where("state = 'failed'")),
    Index("ix_effects_held", "office", **where("state = 'held'")),
    Index("ix_effects_rfc_message_id", "rfc_message_id"),
    Index("ix_effects_sender_key_settled_at", "sender_key", "settled_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("effect_id", Id, ForeignKey("effects.id"), primary_key=True),
    Column("envelope_sender", String(320), nullable=False),  # ours, or "" for the null sender
    Column("protected_recipients", JSON, nullable=False),
    Column("protected_content", LargeBinary, nullable=False),
)

replicas = Table(
    "replicas",
    metadata,
    Column("name", String(64), primary_key=True),  # of one run of the service
    Column("expires_at", UtcDateTime, nullable=False),  # by the database's clock; later, it is taken for dead
)

leases = Table(
    "leases",
    metadata,
    Column("office", String(64), primary_key=True),
    Column("owner", String(64)),  # a replica; NULL: nobody watches it
    Column("fence", BigInteger, nullable=False, server_default=text("0")),  # grows with each change of hands
)

# The message that a row repeats was decided; the row itself was only filed like it.
DECIDED = func.coalesce(messages.c.same_as, messages.c.id)

ledger_facts = Table(
    "ledger_facts",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(255), nullable=False),
)
