"""`triage report`: what was done, and what would have been, for people who answer for it."""

from contextlib import closing
from typing import Annotated

import typer
from rich.console import Console

from triage.commands.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigOption,
    JsonOption,
    OfficeOption,
    fail,
    print_json,
    sentences,
)

report_app = typer.Typer(help="Reports.", no_args_is_help=True)


@report_app.callback()
def _reports() -> None:
    """Reports."""


@report_app.command("shadow")
def report_shadow(
    office: OfficeOption = None,
    since: Annotated[
        str, typer.Option("--since", help="Decided since: a date such as 2026-11-20, or a time, or 7d, or 12h.")
    ] = "30d",
    config: ConfigOption = DEFAULT_CONFIG,
    json_: JsonOption = False,
) -> None:
    """Compare what shadow mode would have done with what people did; looks, and touches nothing."""
    from triage.errors import TriageError
    from triage.parts import open_database
    from triage.reports import justified, shadow
    from triage.settings_file import load_settings
    from triage.since import since_when

    failures = []
    with sentences():
        when = since_when(since)
        settings = load_settings(config)
        reports = {}
        with closing(open_database(settings)) as database:
            for one in settings.chosen(office):
                try:
                    compared = shadow.compare_office(database, settings, one, since=when)
                except TriageError as error:
                    failures.append(str(error))
                    continue
                if compared:
                    reports[one.id] = compared
        looking = justified.justified_rules(settings)
        if json_:
            print_json({"offices": shadow.as_json(reports), **justified.as_json(looking)})
        else:
            if reports:
                shadow.show(reports, Console())
            else:
                none = "nothing was decided in shadow mode, and no rule on trial would have won"
                typer.echo(f"{none}, since {when:%Y-%m-%d %H:%M %Z}")
            justified.show(looking, Console())
        if failures:
            fail("\n".join(failures), WRONG)


@report_app.command("appeals")
def report_appeals(
    office: OfficeOption = None,
    since: Annotated[
        str, typer.Option("--since", help="Replies since: a date such as 2026-11-20, or a time, or 7d, or 12h.")
    ] = "30d",
    config: ConfigOption = DEFAULT_CONFIG,
    json_: JsonOption = False,
) -> None:
    """Count by rule how many automatic replies were sent and answered, and what became of the answers."""
    from triage.ledger.appeals import answers, replies_sent
    from triage.parts import open_database
    from triage.reports import appeals, justified
    from triage.settings_file import load_settings
    from triage.since import since_when

    with sentences():
        when = since_when(since)
        settings = load_settings(config)
        chosen = settings.office(office).id if office else None
        with closing(open_database(settings)) as database:
            sent = replies_sent(database, chosen, since=when)
            found = appeals.appeals(sent, answers(database, chosen, since=when))
        looking = justified.justified_rules(settings)
        if json_:
            print_json({"appeals": appeals.as_json(found), **justified.as_json(looking)})
        else:
            if found:
                appeals.show(found, Console())
            else:
                typer.echo(f"no automatic reply went out since {when:%Y-%m-%d %H:%M %Z}")
            justified.show(looking, Console())
