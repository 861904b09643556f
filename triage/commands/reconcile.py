"""`triage reconcile`: compares mailboxes with the ledger, and repairs what is safe."""

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


def reconcile(
    office: OfficeOption = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Decided since: a date, or a time, or 7d, or 12h; default: ever.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look; works beside a running service.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json_: JsonOption = False,
) -> None:
    """Compare mailboxes with the ledger: by UID, Message-ID and content; report what neither explains.

    Effects that are still open are finished, and what stands in INBOX as if it had never been moved is filed again;
    nothing else is touched, and nobody is answered. The service does the same by itself each hour, for what is recent.
    Offices in shadow mode have nothing to compare.
    """
    from triage import event_log
    from triage.parts import open_database, utc_now
    from triage.reconciling_offices import reconcile_all
    from triage.reports import reconcile as view
    from triage.settings_file import load_settings
    from triage.since import since_when

    with sentences():
        when = since_when(since) if since else None
        settings = load_settings(config)
        event_log.set_up(form=settings.log.format, level=settings.log.level)
        with closing(open_database(settings)) as database:
            offices = settings.chosen(office)
            found, failures = reconcile_all(database, settings, offices, since=when, repair=not dry_run, clock=utc_now)
        if json_:
            print_json(view.as_json(found))
        else:
            view.show(found, Console(), repaired=not dry_run)
        if failures:
            fail("\n".join(failures), WRONG)
