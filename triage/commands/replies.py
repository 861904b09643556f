"""`triage replies`: what people are sent, looked at before anybody is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from triage.commands.common import (
    BAD_INPUT,
    JsonOption,
    OfficeOption,
    OptionalConfig,
    RulesOption,
    fail,
    print_json,
    rules_in_force,
    sentences,
)

replies_app = typer.Typer(help="The replies: look at them, and check them.", no_args_is_help=True)


@replies_app.command("preview")
def replies_preview(
    office: OfficeOption = None,
    template: Annotated[str | None, typer.Option("--template", help="Only this one, such as redirect-webform.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Only en, fr, or both in one message.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Print the pages (HTML) instead of the texts.")] = False,
    config: OptionalConfig = None,
    rules: RulesOption = None,
) -> None:
    """Show every reply as people would get it, for each rule that sends it, at every office, in both languages."""
    from triage.replies_checking import LANGUAGES, previews

    if language not in {None, *LANGUAGES}:
        fail(f"no language '{language}'; known here: {', '.join(LANGUAGES)}", BAD_INPUT)
    with sentences():
        book, offices, _ = _in_force(config, office, rules)
        languages = [language] if language else ["en", "fr"]
        for one in previews(book, offices, template=template, languages=languages, now=datetime.now(UTC)):
            typer.echo(f"<!-- {one.title} -->\n{one.html}" if html else f"══ {one.title} ══\n\n{one.text}")


@replies_app.command("check")
def replies_check(
    office: OfficeOption = None, config: OptionalConfig = None, rules: RulesOption = None, json_: JsonOption = False
) -> None:
    """Try each reply with hostile and empty values, and hold its promises to the rules: exit code 2 if any is wrong."""
    from triage.problem_printing import problems_as_json, show_problems
    from triage.replies_checking import check_replies

    with sentences():
        book, offices, folder = _in_force(config, office, rules)
        problems = check_replies(book, offices, folder, now=datetime.now(UTC))
        if json_:
            print_json({"problems": problems_as_json(problems, settings=None)})
        else:
            show_problems(problems, Console(), settings=None)
            well = "well" if not problems else f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
            typer.echo(f"{folder}: {len(book.default.templates.names())} replies in both languages: {well}")
        if problems:
            raise typer.Exit(BAD_INPUT)


def _in_force(config: Path | None, office: str | None, rules: Path | None) -> tuple[Any, Any, Path]:
    """The rules, the offices, and the folder that the rules are in."""
    from triage.offline import no_office
    from triage.rules_folder import read_rules_in

    settings, folder = rules_in_force(config, office, rules)
    offices = [one.profile() for one in settings.chosen(office)] if settings else [no_office()]
    return read_rules_in(folder), offices, folder
