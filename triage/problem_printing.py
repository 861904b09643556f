"""Prints problems as people mend them: file:line:column, the line itself, and a caret under the place.

For rules, templates and tests. Lines of triage.yaml are not shown, since one may hold a password by mistake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from triage.core.located_yaml import Problem

LONGEST_LINE = 160


def show_problems(
    problems: Sequence[Problem], console: Console, *, settings: Path | None, mark: str = "", style: str = "red"
) -> None:
    """Print each problem with the line that it is in, but for the lines of the file of settings."""
    for problem in problems:
        line = line_of(problem, settings)
        # A key such as insert.0.rules.0.then says less than the line itself.
        told = replace(problem, key="") if line is not None else problem
        console.print(Text(f"{mark}{told}", style=style), soft_wrap=True)
        if line is not None and problem.line:
            number, column = str(problem.line), min(problem.column or 1, LONGEST_LINE)
            console.print(Text(f"  {number} | {line}"), soft_wrap=True)
            # Tabs and wide letters before the place would shift the caret; YAML's indent has neither.
            console.print(Text(f"  {' ' * len(number)} | {' ' * (column - 1)}^", style="bold"), soft_wrap=True)


def problems_as_json(problems: Sequence[Problem], *, settings: Path | None) -> list[Mapping[str, Any]]:
    """Problems as JSON-ready values, each with the line that it is in."""
    return [{**asdict(problem), "text": line_of(problem, settings)} for problem in problems]


def line_of(problem: Problem, settings: Path | None) -> str | None:
    """Give the line of the file that the problem names; None where it has none, or may not or cannot be read."""
    if not problem.line or (settings and Path(problem.file) == settings):
        return None
    lines = _lines(problem.file)
    return lines[problem.line - 1][:LONGEST_LINE] if problem.line <= len(lines) else None


def _lines(file: str) -> Sequence[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
