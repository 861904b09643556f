"""An index to count what a sender wrote to an office this week."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_index(
        "ix_messages_office_sender_key_seen_at", "messages", ["office", "sender_key", "seen_at"], unique=False
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_messages_office_sender_key_seen_at", "messages")
