"""`triage undo`: moves mail back that the service moved and nobody touched since."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from triage.commands.common import (
    BAD_INPUT,
    DEFAULT_CONFIG,
    WRONG,
    ConfigOption,
    JsonOption,
    OfficeOption,
    agreed,
    fail,
    print_json,
    sentences,
)


def undo(
    since: Annotated[
        str | None, typer.Option("--since", help="Filed since: a date such as 2026-11-20, or a time, or 7d, or 12h.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Filed by the rule of this id.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="The message of this reference number.")] = None,
    office: OfficeOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    correction: Annotated[
        Path | None, typer.Option("--correction", help="Folder for drafts that correct replies already sent.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json_: JsonOption = False,
) -> None:
    """Move mail back to INBOX that the service moved and nobody touched since; shows first what it would do.

    What is given must all fit. A message that a person read, answered, marked or moved is left. Nothing is done without
    --yes or a yes; what has been sent cannot be unsent.
    """
    from triage import undo_offices
    from triage.ledger.reversals import Selection
    from triage.parts import open_database
    from triage.reports import undo as view
    from triage.settings_file import load_settings
    from triage.since import since_when

    if not (since or rule or message):
        fail("say what is to be undone: --since, --rule or --message", BAD_INPUT)
    with sentences():
        selection = Selection(since=since_when(since) if since else None, rule=rule, reference=message)
        settings = load_settings(config)
        offices = settings.chosen(office)
        with closing(open_database(settings)) as database:
            plans, failures = undo_offices.look_all(database, settings, offices, selection)
            if not json_:
                view.show(plans, Console())
            if undo_offices.anything(plans) and (yes or (not json_ and agreed("Move these back?"))):
                plans, more = undo_offices.undo_all(database, settings, offices, selection)
                failures += more
                if not json_:
                    typer.echo(undo_offices.summary(plans))
            elif not json_:
                typer.echo("nothing was done" + ("; --yes does it" if undo_offices.anything(plans) else ""))
            if correction:
                written = undo_offices.write_corrections(database, settings, offices, selection, correction)
                typer.echo(f"{len(written)} drafts in {correction}", err=json_)
        if json_:
            print_json(view.as_json(plans))
        if failures:
            fail("\n".join(failures), WRONG)
