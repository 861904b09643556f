"""What was measured, as a table: each figure beside what is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, and whether it is as wanted."""

    name: str
    measured: str
    wanted: str = ""
    reached: bool = True


def print_figures(console: Console, figures: Sequence[Figure]) -> None:
    """Print the table, what is not reached in red."""
    table = Table("figure", "measured", "wanted")
    for figure in figures:
        table.add_row(figure.name, figure.measured, figure.wanted, style="" if figure.reached else "red")
    console.print(table)
