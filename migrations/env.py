"""Alembic's door to the ledger; always run by `triage db …`, which hands the open connection over."""

from alembic import context

from triage.ledger.schema import metadata

connection = context.config.attributes["connection"]
# SQLite cannot alter a column in place; batch mode copies the table.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
