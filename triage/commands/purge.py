"""`triage purge`: removes from the ledger what is too old to be kept."""

import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from triage.commands.common import BAD_INPUT, DEFAULT_CONFIG, ConfigOption, fail, sentences


def purge(
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", help="An age: 2y, 400d; or a date. Default: retention.decisions_days."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Remove decisions that are older, with facts, identifiers and effects, while the service runs or not.

    Kept are messages with something still open, exchanges that go on, and of each message the row that recognises it,
    so that nobody is answered again. Interrupt it as you like; the next run goes on. Back up before.
    """
    from triage.parts import open_database
    from triage.retention import purge_gently
    from triage.settings_file import load_settings
    from triage.since import since_when

    with sentences():
        settings = load_settings(config)
        days = settings.retention.decisions_days
        if not older_than and not days:
            fail("say how old is too old: --older-than 2y, or retention.decisions_days in the settings", BAD_INPUT)
        before = since_when(older_than or f"{days}d")
        if before > datetime.now(UTC):
            fail(f"{before:%Y-%m-%d} is in the future", BAD_INPUT)
        console = Console(stderr=True)
        with closing(open_database(settings)) as database, console.status("") as status:
            total = purge_gently(
                database,
                before=before,
                dry_run=dry_run,
                stop=threading.Event(),
                progress=lambda sum_: status.update(f"{sum_.messages} messages"),
            )
        would = "would be " if dry_run else ""
        typer.echo(f"{total.messages} messages from before {before:%Y-%m-%d} {would}purged; {total.kept} still needed")
        typer.echo(f"{total.rule_sets} rule sets {would}removed")
