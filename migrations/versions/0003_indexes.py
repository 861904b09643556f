"""Indexes for what is asked every few seconds, for references between rows, and for walking by time.

The indexed effects are open ones of one state more, `unsure`, which a restored ledger has.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PLACE = ["office", "uidvalidity", "uid"]


def upgrade() -> None:
    """Bring the schema here."""
    op.drop_index("ix_effects_open", "effects")
    _create("ix_effects_open", "effects", ["office", "kind"], "state IN ('planned', 'sent', 'unsure')")
    _create("ix_effects_failed", "effects", ["settled_at"], "state = 'failed'")
    # Without counts of rows, which only ANALYZE gives, SQLite took the office's index of another column for better.
    op.drop_index("ix_messages_rfc_message_id", "messages")
    op.create_index("ix_messages_office_rfc_message_id", "messages", ["office", "rfc_message_id"])
    op.drop_index("uq_messages_office_uidvalidity_uid", "messages")
    # The same rows as before, by a condition that SQLite cannot take for a range to read through.
    _create("uq_messages_office_uidvalidity_uid", "messages", PLACE, "uidvalidity <> 0", unique=True)
    _create("ix_messages_same_as", "messages", ["same_as"], "same_as IS NOT NULL")
    _create("ix_decisions_answers", "decisions", ["answers"], "answers IS NOT NULL")
    op.create_index("ix_decisions_decided_at", "decisions", ["decided_at"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_decisions_decided_at", "decisions")
    op.drop_index("ix_decisions_answers", "decisions")
    op.drop_index("ix_messages_same_as", "messages")
    op.drop_index("uq_messages_office_uidvalidity_uid", "messages")
    _create("uq_messages_office_uidvalidity_uid", "messages", PLACE, "uidvalidity > 0", unique=True)
    op.drop_index("ix_messages_office_rfc_message_id", "messages")
    op.create_index("ix_messages_rfc_message_id", "messages", ["rfc_message_id"])
    op.drop_index("ix_effects_failed", "effects")
    op.drop_index("ix_effects_open", "effects")
    # An earlier version knows no such state: it sends again, under the same Message-ID, what may be out.
    op.execute("UPDATE effects SET state = 'planned' WHERE state = 'unsure'")
    _create("ix_effects_open", "effects", ["office", "kind"], "state IN ('planned', 'sent')")


def _create(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
