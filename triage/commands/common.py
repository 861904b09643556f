"""What all commands share: options, exit codes, and failures told as sentences."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from triage.errors import ConfigurationError, TriageError

# Exit codes: 0 well; 1 something is wrong with the mail or the world; 2 something is wrong with what was asked for.
WRONG, BAD_INPUT = 1, 2

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="TRIAGE_CONFIG", help="The settings file.", show_default=True)
]
OptionalConfig = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="TRIAGE_CONFIG",
        help="The settings file, with offices and rules; default: triage.yaml, where there is one.",
    ),
]
OfficeOption = Annotated[str | None, typer.Option("--office", "-o", help="The office's id.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="Folder of rules; default: that of the settings, else the shipped ones.")
]
DEFAULT_CONFIG = Path("triage.yaml")


@contextmanager
def sentences() -> Iterator[None]:
    """Turn failures into sentences on standard error and an exit code."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # `triage classify … | head` is no error. What is left unwritten must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
    except ConfigurationError as error:
        fail(str(error), BAD_INPUT)
    except TriageError as error:
        fail(str(error), WRONG)


def fail(sentence: str, code: int) -> NoReturn:
    """Say what is wrong on standard error and end with the exit code."""
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def agreed(question: str) -> bool:
    """Ask a person at a terminal; without one nobody has agreed."""
    return at_a_terminal() and typer.confirm(question)


def at_a_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def config_here(config: Path | None) -> Path | None:
    """Give the file of settings that is named, else the `triage.yaml` of this folder, where there is one."""
    return config or (DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None)


def rules_in_force(config: Path | None, office: str | None, rules: Path | None) -> tuple[Any, Path]:
    """Give the settings, None where there is no file of them, and the folder of the rules that are meant.

    A folder below this one is named from here, so that what is printed of its files is short.
    """
    from triage.settings import SHIPPED_RULES
    from triage.settings_file import load_settings

    file = config_here(config)
    settings = load_settings(file) if file else None
    if office and not settings:
        fail("--office needs the settings that name it: give --config triage.yaml", BAD_INPUT)
    folder = rules or (settings.rules if settings else SHIPPED_RULES)
    return settings, folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def print_json(value: Any) -> None:
    """Print a value as JSON for programs: dates as text, letters as they are."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
