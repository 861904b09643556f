"""`triage effects`: what was planned and could not be done; tried again, or ended."""

from collections.abc import Collection
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

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

effects_app = typer.Typer(
    help="Effects that failed, are held or wait: list them, have them tried again, release or end them.",
    no_args_is_help=True,
)
Names = Annotated[
    list[str] | None, typer.Argument(help="References of messages, such as DEL-7F3K-9Q2M, or numbers of effects.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All that the command can be used on.")]


class State(StrEnum):
    """What can be asked for."""

    FAILED = "failed"
    HELD = "held"
    PLANNED = "planned"


@effects_app.command("list")
def list_effects(
    config: ConfigOption = DEFAULT_CONFIG,
    office: OfficeOption = None,
    state: Annotated[
        State | None, typer.Option(help="Default: what failed, is held, or was tried in vain and will be again.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """List effects that failed, are held or wait, with the reason and what to do about it; no address and no text."""
    from triage.ledger import dead_letters
    from triage.ledger.records import EffectState
    from triage.reports import effects as view

    with sentences():
        which = dead_letters.Which(office=office, state=EffectState(state.value) if state else None)
        with closing(_ledger(config, office)) as ledger:
            found = dead_letters.stuck(ledger, which)
        if json_:
            print_json(view.as_json(found))
        else:
            view.show(found, Console())


@effects_app.command()
def retry(
    names: Names = None,
    all_: AllOption = False,
    office: OfficeOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have effects tried again at once: a mail under its own Message-ID, with all its tries before it.

    The running service does it within seconds, `triage run --once` at its next run. Exit code 1 where some could not be
    put back.
    """
    from triage.ledger import dead_letters
    from triage.parts import utc_now

    with sentences():
        with closing(_ledger(config, office)) as ledger:
            found = _named(ledger, office, names, all_=all_, states=dead_letters.STUCK)
            done = dead_letters.retry(ledger, found, now=utc_now())
        lost = [one for one in found if not one.retriable]
        typer.echo(f"{done} effects are due again")
        if lost:
            told = ", ".join(f"{one.reference} ({one.kind}, effect {one.row})" for one in lost)
            fail(f"not retried, since the composed mail is not kept: {told}; answer by hand, then drop them", WRONG)


@effects_app.command()
def release(
    names: Names = None,
    all_: AllOption = False,
    office: OfficeOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have mail go out that a rule holds for review (`hold: true`).

    Exit code 1 where some could not be released, since somebody else released, dropped or undid it first.
    """
    from triage.ledger import holding
    from triage.ledger.records import EffectState
    from triage.parts import utc_now

    with sentences():
        with closing(_ledger(config, office)) as ledger:
            found = _named(ledger, office, names, all_=all_, states=(EffectState.HELD,))
            done = holding.release(ledger, [one.row for one in found], now=utc_now())
        typer.echo(f"{len(done)} effects are released")
        if len(done) < len(found):
            fail("the others were released, dropped or undone meanwhile; see triage messages show", WRONG)


@effects_app.command()
def drop(
    names: Names = None,
    all_: AllOption = False,
    office: OfficeOption = None,
    note: Annotated[str, typer.Option(help="Why, for the record; no names.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End effects for good: they are never done, and their composed mail is deleted. Shows first which.

    A message whose move is dropped stays in INBOX. Nothing is done without --yes or a yes.
    """
    from triage.ledger import dead_letters
    from triage.parts import utc_now
    from triage.reports import effects as view

    noted = f"dropped by triage effects drop{': ' if note else ''}{note}"
    with sentences(), closing(_ledger(config, office)) as ledger:
        found = _named(ledger, office, names, all_=all_)
        view.show(found, Console())
        if found and (yes or agreed("Drop these?")):
            done = dead_letters.drop(ledger, found, note=noted, now=utc_now())
            typer.echo(f"{done} effects dropped")
        else:
            typer.echo("nothing was done" + ("; --yes does it" if found else ""))


def _named(
    ledger: Any, office: str | None, names: list[str] | None, *, all_: bool, states: Collection[Any] = ()
) -> list[Any]:
    """What a person named and is in one of the states, where any are given; each name must mean something."""
    from triage.ledger import dead_letters

    if bool(names) == all_:
        fail("say which: references or numbers as triage effects list shows them, or --all", BAD_INPUT)
    every = dead_letters.stuck(ledger, dead_letters.Which(office=office, names=names or ()))
    found = [one for one in every if not states or one.state in states]
    missed = [name for name in names or [] if not any(name.upper() in {one.reference, str(one.row)} for one in found)]
    if missed:
        told = f" at office {office}" if office else ""
        waits = "is held" if "held" in states else "has failed or waits"
        fail(f"nothing of {', '.join(missed)} {waits}{told}; see triage effects list", WRONG)
    return found


def _ledger(config: Path, office: str | None) -> Any:
    from triage.parts import open_database
    from triage.settings_file import load_settings

    settings = load_settings(config)
    settings.chosen(office)  # refuses an office that there is not
    return open_database(settings)
