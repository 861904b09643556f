"""What was added whichever rule won, which rule on trial would have won, and an index for mail that is held."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = {
    "always": sa.JSON(),
    "trial_rule": sa.String(length=128),
    "trial_folder": sa.String(length=255),
    "trial_reply": sa.String(length=64),
    "trial_due_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    """Bring the schema here."""
    for name, kind in COLUMNS.items():
        op.add_column("decisions", sa.Column(name, kind, nullable=True))
    _create("ix_decisions_trial", "decisions", ["office", "decided_at"], "trial_rule IS NOT NULL")
    _create("ix_effects_held", "effects", ["office"], "state = 'held'")


def downgrade() -> None:
    """Take the schema back."""
    # An earlier version cannot hold; it shows what failed to a person, who may have it go out or end it.
    op.execute(
        "UPDATE effects SET state = 'failed', settled_at = not_before, outcome ="
        """ '{"error": "held for review, which this version of the service cannot do"}' WHERE state = 'held'"""
    )
    op.drop_index("ix_effects_held", "effects")
    op.drop_index("ix_decisions_trial", "decisions")
    for name in reversed(COLUMNS):
        op.drop_column("decisions", name)


def _create(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
