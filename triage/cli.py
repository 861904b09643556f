"""The `triage` command: each subcommand is thin and calls one thing."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from triage import __version__
from triage.commands.common import (
    BAD_INPUT,
    DEFAULT_CONFIG,
    WRONG,
    ConfigOption,
    JsonOption,
    OfficeOption,
    OptionalConfig,
    RulesOption,
    fail,
    print_json,
    rules_in_force,
    sentences,
)
from triage.commands.db import db_app
from triage.commands.effects import effects_app
from triage.commands.purge import purge
from triage.commands.reconcile import reconcile
from triage.commands.replies import replies_app
from triage.commands.reports import report_app
from triage.commands.rules import rules_app
from triage.commands.undo import undo

app = typer.Typer(
    help="Sorts a visa office's manager inbox: urgent, serious error, reconsideration, web form.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
messages_app = typer.Typer(help="Look at what was decided.", no_args_is_help=True)
settings_app = typer.Typer(help="About triage.yaml.", no_args_is_help=True)
model_app = typer.Typer(help="The classifier's model.", no_args_is_help=True)
for name, part in (("messages", messages_app), ("settings", settings_app), ("model", model_app)):
    app.add_typer(part, name=name)
app.add_typer(effects_app, name="effects")
app.add_typer(db_app, name="db")
app.add_typer(report_app, name="report")
app.add_typer(rules_app, name="rules")
app.add_typer(replies_app, name="replies")
app.command()(undo)
app.command()(reconcile)
app.command()(purge)

ModelOption = Annotated[
    Path | None, typer.Option("--model", help="Folder of a model, or of models by version; default: the shipped one.")
]
ModelConfig = Annotated[
    Path | None, typer.Option("--config", "-c", help="Take the folder of models and the error budget from this file.")
]
LabelledFiles = Annotated[
    list[Path] | None, typer.Argument(help="Labelled messages, *.jsonl; default: the shipped frozen ones.")
]


def main() -> None:
    """Run the command; errors for people are one sentence each, never a traceback."""
    app()


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"triage {__version__}")
        raise typer.Exit


# A callback of the option: that of the app is not reached without a command.
VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_tell_version)
]


@app.callback()
def _options(version: VersionOption = False) -> None:
    del version


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Handle what is there and stop.")] = False,
    json_: JsonOption = False,
) -> None:
    """Watch the inboxes of all offices, and triage what arrives."""
    from triage.lasting import lasting
    from triage.processes import fork_server

    fork_server()  # its loading goes on beside ours
    with lasting():
        from triage import daemon, event_log
        from triage.once import run_once
        from triage.parts import build
        from triage.settings_file import load_settings

        with sentences():
            settings = load_settings(config)
            event_log.set_up(form=settings.log.format, level=settings.log.level)
            parts = build(settings)
    with sentences():
        with closing(parts):
            if not once:
                service = daemon.Daemon(parts)
                service.heed_signals()
                service.run()
                return
            result = run_once(parts, settings.offices)
        if json_:
            print_json({"decided": result.decided, "failures": result.failures, "unfinished": result.unfinished})
        else:
            typer.echo(f"{result.decided} messages decided; {result.unfinished} effects still open")
        if result.failures or result.unfinished:
            fail("\n".join(result.failures) or "some effects are still open; see triage messages list", WRONG)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when done; fail if any went wrong.")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="Keep ledger, settings and rules here.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Save what is shown as an SVG picture.")] = None,
    send: Annotated[
        Path | None, typer.Option("--send", help="Send this message to the demo that runs with --folder, and stop.")
    ] = None,
) -> None:
    """Show the whole service on sample mail, with mail servers of its own on this machine."""
    from triage.demo.show import run_demo, send_to_demo

    with sentences():
        if send:
            _existing([send])
            typer.echo(send_to_demo(send, folder or Path()))
            return
        if not run_demo(once=once, folder=folder, svg=svg):
            raise typer.Exit(WRONG)


@app.command()
def check(
    config: ConfigOption = DEFAULT_CONFIG,
    connect: Annotated[bool, typer.Option("--connect", help="Also log in to each server.")] = False,
) -> None:
    """Validate settings, rules, templates, secrets, model and ledger, all at once."""
    from triage.checking import check_all

    with sentences():
        if not check_all(config, connect=connect, console=Console()):
            raise typer.Exit(BAD_INPUT)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A message (.eml), or - for standard input.")],
    office: OfficeOption = None,
    config: OptionalConfig = None,
    rules: RulesOption = None,
    model: ModelOption = None,
    json_: JsonOption = False,
) -> None:
    """Say how one message would be treated and why; touches nothing."""
    from triage.explaining import as_json, explain_message, show

    with sentences():
        explained = explain_message(file, *_setup(config, office, rules, model))
        if json_:
            print_json(as_json(explained))
        else:
            show(explained, Console())


@app.command()
def classify(
    paths: Annotated[list[Path] | None, typer.Argument(help=".eml files, folders, Maildirs, mboxes.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read one JSON object a line.")] = False,
    office: OfficeOption = None,
    config: OptionalConfig = None,
    model: ModelOption = None,
) -> None:
    """Classify messages: one line of JSON for each, come what may."""
    from triage.offline import classify_files, classify_records

    if not paths and not jsonl:
        fail("nothing to classify: name files or folders, or give --jsonl and lines on standard input", BAD_INPUT)
    with sentences():
        setup, classifier, advice = _setup(config, office, None, model)
        if jsonl:
            results = classify_records(_lines(paths or [Path("-")]), setup, classifier, advice)
        else:
            results = classify_files(_existing(paths or []), setup, classifier, advice)
        for result in results:
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def _setup(config: Path | None, office: str | None, rules: Path | None, model: Path | None) -> tuple[Any, Any, Any]:
    from classifiers import artifact
    from triage.offline import setup_for
    from triage.rules_folder import read_rules_in
    from triage.second_opinion import advice_of
    from triage.settings import SHIPPED_MODEL

    settings, rules_folder = rules_in_force(config, office, rules)
    classifier, trouble = artifact.load_or_say(
        model or (settings.model if settings else SHIPPED_MODEL), settings.error_budget if settings else None
    )
    if trouble:
        typer.echo(f"{trouble}; everything is unsure", err=True)
    advice = advice_of(settings.second_opinion, classifier, settings.error_budget) if settings else None
    return setup_for(settings, office, read_rules_in(rules_folder)), classifier, advice


def _lines(paths: list[Path]) -> Iterator[str]:
    for path in _existing(paths):
        if str(path) == "-":
            yield from (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)
        else:
            with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
                yield from file


def _existing(paths: list[Path]) -> list[Path]:
    missing = [str(path) for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        fail(f"no such file or folder: {', '.join(missing)}", BAD_INPUT)
    return paths


@app.command()
def health(config: ConfigOption = DEFAULT_CONFIG, json_: JsonOption = False) -> None:
    """Tell whether mail is being handled: exit code 0 if it is, 1 if not."""
    from triage.checking import show_health
    from triage.settings_file import load_settings

    with sentences():
        if not show_health(load_settings(config).health, console=Console(), as_json=json_):
            raise typer.Exit(WRONG)


@messages_app.command("list")
def messages_list(
    config: ConfigOption = DEFAULT_CONFIG,
    office: OfficeOption = None,
    decision: Annotated[str | None, typer.Option(help="A label, or unsure.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 50,
    json_: JsonOption = False,
) -> None:
    """List decisions, newest first; names, addresses and texts are not in the ledger."""
    from triage.explaining import entries_as_json, show_entries
    from triage.ledger import archive

    with sentences():
        with closing(_ledger(config)) as ledger:
            entries = archive.list_entries(ledger, office=office, verdict=decision, most=most)
        if json_:
            print_json(entries_as_json(entries))
        else:
            show_entries(entries, Console())


@messages_app.command("show")
def messages_show(
    reference: Annotated[str, typer.Argument(help="The reference number, such as DEL-7F3K-9Q2M.")],
    config: ConfigOption = DEFAULT_CONFIG,
    json_: JsonOption = False,
) -> None:
    """Show one decision: facts, probabilities, the rule as it was then, and what became of each effect."""
    from triage.explaining import entries_as_json, show_entry
    from triage.kept_rules import rule_of, show_places
    from triage.ledger import archive

    with sentences():
        with closing(_ledger(config)) as ledger:
            entries = archive.show_entries(ledger, reference)
            written = [rule_of(ledger, entry.detail["rule_set"], entry.rule) for entry in entries]
        if not entries:
            fail(f"nothing is recorded under {reference}; see triage messages list", WRONG)
        if json_:
            shown = zip(entries_as_json(entries), written, strict=True)
            print_json([{**entry, "rule_as_written": places} for entry, places in shown])
        else:
            for entry, places in zip(entries, written, strict=True):
                show_entry(entry, Console())
                show_places(places, Console())


def _ledger(config: Path) -> Any:
    from triage.parts import open_database
    from triage.settings_file import load_settings

    return open_database(load_settings(config))


@settings_app.command("schema")
def settings_schema() -> None:
    """Print the JSON Schema of triage.yaml, for editors."""
    from triage.settings_file import settings_schema as schema

    print_json(schema())


@model_app.command("train")
def model_train(
    corpus: Annotated[Path | None, typer.Option(help="Folder of *.jsonl; default: the shipped corpus.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of models, where the new version gets its own; default: the shipped one."),
    ] = None,
) -> None:
    """Train on the labelled corpus, measure on each author held back, and write the model and its card.

    A new version is not in service until it is promoted, unless none was that can be used.
    """
    from triage.model_report import show_measures
    from triage.modelling import train_and_save

    with sentences():
        console = Console()
        card, written = train_and_save(corpus, out, progress=lambda step: console.print(step, style="dim"))
        show_measures(card["held_back"], console)
        typer.echo(written)


@model_app.command("opinion")
def model_opinion(
    corpus: Annotated[Path, typer.Argument(help="Folder of labelled *.jsonl by authors that the model has not seen.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Measure the second opinion that the settings name, and write what it may settle."""
    from triage.opinion_measuring import measure_and_save
    from triage.settings_file import load_settings

    with sentences():
        measure_and_save(load_settings(config), corpus, console=Console())


@model_app.command("evaluate")
def model_evaluate(
    files: LabelledFiles = None,
    model: ModelOption = None,
    figures: Annotated[
        Path | None, typer.Option(help="Folder for SVG figures: confusion, reliability, risk and coverage.")
    ] = None,
    config: ModelConfig = None,
    json_: JsonOption = False,
) -> None:
    """Measure a model on labelled messages: JSON objects, one a line, with id, label, subject and body.

    Says also how it does by lang, hard and author where the records name them; the date is what "on Friday" counts
    from. Exit code 1 where the error budget is broken on these messages.
    """
    from triage.model_report import show_evaluated
    from triage.modelling import evaluate

    with sentences():
        found = evaluate(*_model(config, model, files), drawn_in=figures)
        if json_:
            print_json(asdict(found))
        else:
            show_evaluated(found, Console())
        if found.over_budget:
            raise typer.Exit(WRONG)


@model_app.command("compare")
def model_compare(
    before: Annotated[str, typer.Argument(help="A version, or the folder of a model.")],
    after: Annotated[str, typer.Argument(help="The one to compare with it.")],
    files: LabelledFiles = None,
    model: ModelOption = None,
    config: ModelConfig = None,
    json_: JsonOption = False,
) -> None:
    """Measure two models on the same messages; list those decided differently, worst first.

    McNemar's exact test says how likely so many differences are between two models that are equally good.
    """
    from triage.model_report import show_compared
    from triage.modelling import compare

    with sentences():
        found = compare((before, after), *_model(config, model, files))
        if json_:
            print_json(asdict(found))
        else:
            show_compared(found, Console())


@model_app.command("list")
def model_list(model: ModelOption = None, config: ModelConfig = None, json_: JsonOption = False) -> None:
    """List the versions there are, what each was made from and how well it does, and which is in service."""
    from classifiers.registry import versions
    from triage.model_report import show_versions, versions_as_json

    with sentences():
        root, _, _ = _model(config, model, None)
        found = versions(root)
        if not found:
            fail(f"there are no models in {root}; run `triage model train`", WRONG)
        if json_:
            print_json(versions_as_json(found))
        else:
            show_versions(found, Console())


@model_app.command("promote")
def model_promote(
    version: Annotated[str, typer.Argument(help="As triage model list names it.")],
    evaluate: Annotated[
        list[Path] | None, typer.Option(help="Labelled messages to measure on; default: the shipped frozen ones.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Even if it breaks the error budget, or is worse.")] = False,
    model: ModelOption = None,
    config: ModelConfig = None,
) -> None:
    """Put a version into service, if it keeps the error budget and is not worse than the one before.

    Worse is a macro-F1 that is lower by more than 0.01. A broken model is never put into service. The running service
    takes the new one at its next start; to go back, promote the version before.
    """
    from triage.modelling import promote

    with sentences():
        found = promote(version, *_model(config, model, evaluate), force=force)
        for sentence in found.against:
            typer.echo(sentence, err=True)
        if not found.done:
            fail(f"{version} is not put into service; --force does so all the same", WRONG)
        typer.echo(f"{version} is in service; the running service takes it at its next start")
        if found.before not in {"", version}:
            where = [
                f"--{name} {shlex.quote(str(path))}" for name, path in (("model", model), ("config", config)) if path
            ]
            typer.echo(" ".join(["to go back: triage model promote", shlex.quote(found.before), *where, "--force"]))


@model_app.command("card")
def model_card(
    version: Annotated[str | None, typer.Argument(help="A version, or a model's folder; default: in service.")] = None,
    model: ModelOption = None,
    config: ModelConfig = None,
    json_: JsonOption = False,
) -> None:
    """Print a model's card: what it was made from, and how well it does on authors held back."""
    from triage.model_report import show_card
    from triage.modelling import card_of, named

    with sentences():
        root, _, _ = _model(config, model, None)
        card = card_of(named(root, version) if version else root)
        if json_:
            print_json(card)
        else:
            show_card(card, Console())


def _model(config: Path | None, model: Path | None, files: list[Path] | None) -> tuple[Path, Any, list[Path]]:
    """Give the folder of models, the error budget in force, and the files of labelled messages."""
    from classifiers.budget import Budget
    from triage.settings import SHIPPED_MODEL
    from triage.settings_file import load_settings

    settings = load_settings(config) if config else None
    allowed = settings.error_budget if settings else Budget()
    budget = Budget(as_webform=allowed.as_webform, urgent_as_other=allowed.urgent_as_other)
    return model or (settings.model if settings else SHIPPED_MODEL), budget, _existing(files or [])
