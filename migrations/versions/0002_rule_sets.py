"""Rule sets, kept by digest, and what else a decision looked at: old decisions can be explained, and decided again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "rule_sets",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rule_sets")),
    )
    # Not in batch mode, which copies the table: both databases add and drop such a column in place.
    op.add_column("decisions", sa.Column("circumstances", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("decisions", "circumstances")
    op.drop_table("rule_sets")
