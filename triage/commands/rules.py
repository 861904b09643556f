"""`triage rules`: read, test, compare and try the rules."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
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
    OptionalConfig,
    RulesOption,
    config_here,
    fail,
    print_json,
    rules_in_force,
    sentences,
)
from triage.errors import ConfigurationError

rules_app = typer.Typer(help="The rules: read, test, compare and try them.", no_args_is_help=True)


@rules_app.command("simulate")
def rules_simulate(
    rules: Annotated[Path, typer.Option("--rules", help="Folder of the new rules.")],
    config: ConfigOption = DEFAULT_CONFIG,
    office: OfficeOption = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", help="Decided since: a date such as 2026-11-20, or a time, or 7d, or 12h; default: all."
        ),
    ] = None,
    live: Annotated[
        str | None,
        typer.Option("--live", help="Read this folder of the mailbox, such as INBOX, instead of the ledger."),
    ] = None,
    enforce_trials: Annotated[
        bool, typer.Option("--enforce-trials", help="Take new rules on trial (enforce: false) as if they acted.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Try new rules on what was decided before: list the messages whose treatment changes, worst first.

    The rules in force are those of the settings. Nothing is done and nothing is written; a folder is opened read-only.
    """
    from triage import simulation_report as report
    from triage.parts import open_database
    from triage.settings_file import load_settings
    from triage.simulating import Versions, progress_bar, simulate_folder, simulate_recorded
    from triage.since import since_when

    if live and since:
        fail("--since chooses among recorded decisions; --live looks at the whole folder", BAD_INPUT)
    with sentences():
        settings = load_settings(config)
        when = since_when(since) if since else None
        versions = Versions.read(settings, rules)
        versions = versions.with_trials_enforced() if enforce_trials else versions
        offices = settings.chosen(office)
        with closing(open_database(settings)) as database, progress_bar() as progress:
            if live:
                tally = simulate_folder(settings, database, versions, offices, folder=live, progress=progress)
            else:
                tally = simulate_recorded(database, versions, offices, since=when, progress=progress)
        if json_:
            print_json(report.as_json(tally, versions.reworded()))
        else:
            report.show(tally, versions.reworded(), Console())


@rules_app.command("show")
def rules_show(
    digest: Annotated[str, typer.Argument(help="A rule set as decisions name it, or the first letters of that.")],
    config: ConfigOption = DEFAULT_CONFIG,
    into: Annotated[Path | None, typer.Option("--into", help="Write it to this folder instead, for --rules.")] = None,
    json_: JsonOption = False,
) -> None:
    """Show a rule set that was in use, whenever that was: every rule and template as it was written."""
    from triage import kept_rules
    from triage.ledger import rule_sets
    from triage.parts import open_database
    from triage.settings_file import load_settings

    with sentences():
        with closing(open_database(load_settings(config))) as database:
            found = rule_sets.kept(database, digest)
        if len(found) != 1:
            what = f"{len(found)} rule sets begin so" if found else "no such rule set was in use"
            fail(f"{digest}: {what}; `triage messages show` names a decision's", WRONG)
        if into:
            try:
                kept_rules.write(found[0], into)
            except OSError as error:
                fail(f"{into} cannot be written: {error}", WRONG)
            typer.echo(f"{len(found[0].texts)} files in {into}")
        elif json_:
            print_json(kept_rules.as_json(found[0]))
        else:
            kept_rules.show(found[0], Console())


@contextmanager
def _lines_shown(settings: Path | None) -> Iterator[None]:
    """Tell problems of rules and tests with the lines that they are in."""
    from triage.problem_printing import show_problems

    try:
        yield
    except ConfigurationError as error:
        show_problems(error.problems, Console(stderr=True), settings=settings)
        raise typer.Exit(BAD_INPUT) from None


@rules_app.command("test")
def rules_test(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of tests; default: tests/*.yaml of the rules folder.")
    ] = None,
    rules: RulesOption = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="The settings file, with offices and rules; default: triage.yaml, where there is one, "
            "with the offices of tests/offices.yaml of the rules folder instead of its own, where there are any.",
        ),
    ] = None,
    office: OfficeOption = None,
    wanted: Annotated[
        str, typer.Option("--filter", help="Only tests with this text in their name, expected rule or file.")
    ] = "",
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit's XML to this file as well.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Say which rules and conditions no test has shown.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Run the tests beside the rules: exit code 0 if all pass, 1 if any fails, 2 if they cannot be run."""
    from triage import rules_test_report as report
    from triage.rules_testing import offices_file, run_tests

    with sentences(), _lines_shown(config):
        _, folder = rules_in_force(config, None, rules)
        named = offices_file(folder, config) or config_here(None)
        results = run_tests(files or [], folder, config=named, office=office, wanted=wanted)
        if json_:
            print_json(report.as_json(results, coverage=coverage))
        else:
            report.show(results, Console(), coverage=coverage)
        if junit:
            try:
                report.write_junit(results, junit)
            except OSError as error:
                fail(f"{junit} cannot be written: {error}", BAD_INPUT)
        if not all(outcome.passed for outcome in results.outcomes):
            raise typer.Exit(WRONG)


@rules_app.command("check")
def rules_check(
    rules: RulesOption = None,
    config: OptionalConfig = None,
    json_: JsonOption = False,
) -> None:
    """Find everything that is wrong in rules and templates, at once, each with its line: exit code 2 if anything is.

    Also rules that can never win or never match, and patterns that match everything or nothing.
    """
    from triage.problem_printing import problems_as_json, show_problems
    from triage.reports import justified
    from triage.rules_checking import check_rules

    with sentences(), _lines_shown(config):
        settings, folder = rules_in_force(config, None, rules)
        checked = check_rules(folder, settings)
        if json_:
            told = {kind: problems_as_json(getattr(checked, kind), settings=None) for kind in ("problems", "warnings")}
            counted = {"rules": checked.rules, "offices": checked.offices}
            print_json({**told, **justified.as_json(checked.justified), **counted})
        else:
            console = Console()
            show_problems(checked.problems, console, settings=None)
            show_problems(checked.warnings, console, settings=None, mark="warning: ", style="yellow")
            justified.show(checked.justified, console)
            typer.echo(checked.sentence(folder))
        if checked.problems:
            raise typer.Exit(BAD_INPUT)


@rules_app.command("effective")
def rules_effective(
    office: OfficeOption = None,
    diff: Annotated[
        str | None, typer.Option("--diff", help="Show instead how this other office's rules differ from them.")
    ] = None,
    rules: RulesOption = None,
    config: OptionalConfig = None,
    json_: JsonOption = False,
) -> None:
    """Print the rules as they hold at an office, each line with the file and line it comes from.

    Without --office: those of every office that has no file of its own. What is printed can be read again as rules.
    """
    from triage.effective_rules import EffectiveRules, differences_as_json

    with sentences(), _lines_shown(config):
        _, folder = rules_in_force(config, None, rules)
        found = EffectiveRules(folder, config_here(config))
        if diff and json_:
            print_json(differences_as_json(found.differences(office, diff)))
        elif diff:
            found.show_differences(office, diff, Console())
        elif json_:
            print_json(found.as_json(office))
        else:
            typer.echo(found.written(office), nl=False)


@rules_app.command("schema")
def rules_schema(
    tests: Annotated[bool, typer.Option("--tests", help="Of the files of tests instead.")] = False,
    layer: Annotated[bool, typer.Option("--layer", help="Of one office's own file instead.")] = False,
) -> None:
    """Print the JSON Schema of files of rules, for editors."""
    from triage.core.policy.reference import schema_of_layer, schema_of_rules, schema_of_tests

    if tests and layer:
        fail("--tests and --layer are two schemas: ask for one", BAD_INPUT)
    print_json(schema_of_tests() if tests else schema_of_layer() if layer else schema_of_rules())
