"""The first tables: messages, decisions, effects, outbox, and the ledger's own facts."""

import sqlalchemy as sa
from alembic import op

# Written out and not imported: what a migration does must not change when the schema module does.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "ledger_facts",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_facts")),
    )
    op.create_table(
        "messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("office", sa.String(length=64), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("rfc_message_id", sa.String(length=998), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender_key", sa.String(length=32), nullable=True),
        sa.Column("same_as", Id, nullable=True),
        sa.Column("returned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["same_as"], ["messages.id"], name=op.f("fk_messages_same_as")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_office_content_digest", "messages", ["office", "content_digest"], unique=False)
    op.create_index("ix_messages_rfc_message_id", "messages", ["rfc_message_id"], unique=False)
    op.create_index(
        "uq_messages_office_uidvalidity_uid",
        "messages",
        ["office", "uidvalidity", "uid"],
        unique=True,
        sqlite_where=sa.text("uidvalidity > 0"),
        postgresql_where=sa.text("uidvalidity > 0"),
    )

    op.create_table(
        "decisions",
        sa.Column("id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("office", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("answers", sa.String(length=32), nullable=True),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("rule_set", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("probabilities", sa.JSON(), nullable=True),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("machine", sa.String(length=32), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("protected_identifiers", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("defects", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_decisions_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("message_id", name=op.f("uq_decisions_message_id")),
    )
    op.create_index("ix_decisions_office_decided_at", "decisions", ["office", "decided_at"], unique=False)
    op.create_index("ix_decisions_reference", "decisions", ["reference"], unique=False)

    op.create_table(
        "effects",
        sa.Column("id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("office", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("rfc_message_id", sa.String(length=255), nullable=True),
        sa.Column("sender_key", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_effects_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
    )
    op.create_index(op.f("ix_effects_message_id"), "effects", ["message_id"], unique=False)
    op.create_index(
        "ix_effects_open",
        "effects",
        ["office", "kind"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned', 'sent')"),
        postgresql_where=sa.text("state IN ('planned', 'sent')"),
    )
    op.create_index("ix_effects_rfc_message_id", "effects", ["rfc_message_id"], unique=False)
    op.create_index("ix_effects_sender_key_settled_at", "effects", ["sender_key", "settled_at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("effect_id", Id, nullable=False),
        sa.Column("envelope_sender", sa.String(length=320), nullable=False),
        sa.Column("protected_recipients", sa.JSON(), nullable=False),
        sa.Column("protected_content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["effect_id"], ["effects.id"], name=op.f("fk_outbox_effect_id")),
        sa.PrimaryKeyConstraint("effect_id", name=op.f("pk_outbox")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("outbox")
    op.drop_index("ix_effects_sender_key_settled_at", "effects")
    op.drop_index("ix_effects_rfc_message_id", "effects")
    op.drop_index("ix_effects_open", "effects")
    op.drop_index(op.f("ix_effects_message_id"), "effects")

    op.drop_table("effects")
    op.drop_index("ix_decisions_reference", "decisions")
    op.drop_index("ix_decisions_office_decided_at", "decisions")

    op.drop_table("decisions")
    op.drop_index("uq_messages_office_uidvalidity_uid", "messages")
    op.drop_index("ix_messages_rfc_message_id", "messages")
    op.drop_index("ix_messages_office_content_digest", "messages")

    op.drop_table("messages")
    op.drop_table("ledger_facts")
