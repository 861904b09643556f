"""Shows what undoing would do or has done: by office and folder, what was left and why, and which mail is out."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.undoing import Fate, Found

Plans = Mapping[str, tuple[Found, ...]]  # by office
_LISTED = 50  # lines of each list; --json has all


def as_json(plans: Plans) -> Mapping[str, Any]:
    """By office: each filing by reference number, never a name or a text."""
    return {
        office: [
            {
                "reference": one.filed.reference,
                "rule": one.filed.rule,
                "folder": one.filed.folder,
                "fate": one.fate.value,
                "why": one.why,
                "sent": [
                    {"kind": mail.kind, "name": mail.name, "at": mail.settled_at} for mail in one.filed.mail if mail.out
                ],
            }
            for one in found
        ]
        for office, found in plans.items()
    }


def show(plans: Plans, console: Console) -> None:
    """Print the counts, then what is left alone, then what cannot be unsent."""
    table = Table(box=None, header_style="bold")
    for column in ("office", "folder", *(fate.value for fate in Fate)):
        table.add_column(column)
    for office, found in plans.items():
        counts: defaultdict[str, Counter[Fate]] = defaultdict(Counter)
        for one in found:
            counts[one.filed.folder][one.fate] += 1
        for folder, by_fate in sorted(counts.items()):
            table.add_row(office, Text(folder), *(str(by_fate[fate]) for fate in Fate))
    console.print(table)
    every = [one for found in plans.values() for one in found]
    touched = [f"{one.filed.reference}: {one.why}" for one in every if one.fate is Fate.TOUCHED]
    _list(console, "Left, since a person touched them:", touched)
    sent = [
        f"{one.filed.reference}: {mail.kind} {mail.name}, {mail.settled_at:%Y-%m-%d %H:%M} UTC"
        for one in every
        if one.fate in {Fate.BACK, Fate.UNDONE}
        for mail in one.filed.mail
        if mail.out and mail.settled_at
    ]
    _list(console, "Sent, and cannot be unsent (--correction FOLDER writes drafts):", sent)


def _list(console: Console, heading: str, lines: list[str]) -> None:
    if lines:
        console.print(Text(f"\n{heading}", style="bold"))
        for line in lines[:_LISTED]:
            console.print(Text(f"  {line}"))
        if len(lines) > _LISTED:
            console.print(f"  … and {len(lines) - _LISTED} more; --json lists all")
