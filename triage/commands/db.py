"""`triage db`: the ledger's schema, its backups, and what is too old to be kept."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from triage.commands.common import DEFAULT_CONFIG, WRONG, ConfigOption, sentences

db_app = typer.Typer(help="The ledger's database.", no_args_is_help=True)


@db_app.command("current")
def db_current(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Tell the ledger's schema and the one that this version needs; exit code 1 where they differ."""
    from triage.parts import database_of
    from triage.settings_file import load_settings

    with sentences(), closing(database_of(load_settings(config))) as database:
        found, needed = database.revisions()
        typer.echo(f"{database.name}: schema {found or 'none'}; this version needs {needed}")
        if found != needed:
            raise typer.Exit(WRONG)


@db_app.command("upgrade")
def db_upgrade(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the ledger to this version's schema; make a backup first."""
    from triage.parts import database_of
    from triage.settings_file import load_settings

    with sentences(), closing(database_of(load_settings(config))) as database:
        before, _ = database.revisions()
        database.upgrade()
        typer.echo(f"{database.name}: schema {before or 'none'} → {database.revisions()[0]}")


@db_app.command("downgrade")
def db_downgrade(
    revision: Annotated[str, typer.Argument(help="The revision to go back to, or base for an empty database.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take the ledger back to an earlier schema; what that schema has no room for is lost."""
    from triage.parts import database_of
    from triage.settings_file import load_settings

    with sentences(), closing(database_of(load_settings(config))) as database:
        database.downgrade(revision)
        typer.echo(f"{database.name}: schema {database.revisions()[0] or 'none'}")


@db_app.command("backup")
def db_backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; readable by you alone.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Copy an SQLite ledger, while the service runs or not, and check the copy.

    The copy holds mail that waits to be sent: keep it as safe as the ledger.
    """
    from triage.ledger.backup import back_up
    from triage.parts import open_database
    from triage.settings_file import load_settings

    with sentences(), closing(open_database(load_settings(config))) as database:
        size = back_up(database, file, force=force)
        typer.echo(f"{file}: {size / 1024 / 1024:.1f} MB, checked")


@db_app.command("restore")
def db_restore(
    file: Annotated[Path, typer.Argument(help="A copy that `triage db backup` made, of this or an earlier version.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put a backup in the place of an SQLite ledger; the service must not run. The replaced ledger is kept.

    Nobody is answered twice: replies that the backup has as not sent, and answers to messages from before now, are
    looked for in the Sent folder first.
    """
    from triage.ledger.backup import restore
    from triage.parts import database_of, utc_now
    from triage.settings_file import load_settings

    with sentences(), closing(database_of(load_settings(config))) as database:
        done = restore(database, file, now=utc_now())
        typer.echo(f"{database.name}: restored from {file}, schema {done.was} → {done.now}")
        if done.aside:
            typer.echo(f"the ledger that was there is kept as {done.aside}")
        typer.echo(_NEXT)


@db_app.command("restored")
def db_restored(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say that the ledger was put back by other means (pg_restore, a snapshot) or lost; before the next start.

    Replies that it has as not sent, and answers to messages from before now, are looked for in the Sent folder first.
    """
    from triage.ledger.doubt import doubt
    from triage.ownership import alone
    from triage.parts import open_database, utc_now
    from triage.settings_file import load_settings

    with sentences(), closing(open_database(load_settings(config))) as database, alone(database):
        doubt(database, now=utc_now())
        typer.echo(f"{database.name}: noted\n{_NEXT}")


_NEXT = "start the service, then run `triage reconcile --dry-run`: it tells what the ledger does not know of"
