"""Shows what a simulation found: for people, worst first, and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from triage.core.policy.simulation import Change, Group, Severity, Tally

_HEADINGS = {
    Severity.URGENT: ("Urgent messages that go elsewhere or lose something", "bold red"),
    Severity.LOSS: ("Messages that lose something", "bold yellow"),
    Severity.OTHER: ("Messages treated otherwise", "bold"),
}


def as_json(tally: Tally, reworded: Sequence[str]) -> Mapping[str, Any]:
    """Everything, worst first."""
    return {
        "compared": tally.compared,
        "changed": sum(group.count for group in tally.changed.values()),
        "cannot_tell": sum(group.count for group in tally.untold.values()),
        "decided_without_rules": tally.undecided,
        "changes": [
            {
                "severity": severity.name.lower(),
                "label": verdict,
                "count": group.count,
                "rule": [change.before, change.after],
                "differences": change.differences(),
                "losses": change.losses(),
                **_where(group),
            }
            for severity, verdict, change, group in tally.worst_first()
        ],
        "untold": [{"hangs_on": why, "count": group.count, **_where(group)} for why, group in _untold(tally)],
        "reworded": list(reworded),
    }


def show(tally: Tally, reworded: Sequence[str], console: Console) -> None:
    """Print the counts, then each group of changes, worst first."""
    changed = sum(group.count for group in tally.changed.values())
    untold = sum(group.count for group in tally.untold.values())
    console.print(f"{tally.compared + untold} messages: {changed} would be treated otherwise", highlight=False)
    if untold:
        console.print(f"of {untold} it cannot be told", style="yellow", highlight=False)
    if tally.undecided:
        console.print(f"{tally.undecided} more were decided without rules, since reading or deciding failed")
    for severity, (heading, style) in _HEADINGS.items():
        rows = [(verdict, change, group) for of, verdict, change, group in tally.worst_first() if of is severity]
        if rows:
            console.print(Text(f"\n{heading}: {sum(group.count for *_, group in rows)}", style=style))
        for row in rows:
            _show_group(*row, console)
    if untold:
        console.print(Text(f"\nThe ledger does not tell: {untold}", style="bold"))
        for why, group in _untold(tally):
            console.print(Text(f"{group.count:7} hang on {' and '.join(why)}"))
            console.print(Text(f"        {_places(group)}", style="dim"))
    if reworded:
        console.print(Text(f"\nOther words, whoever is sent them: {', '.join(reworded)}", style="bold"))


def _show_group(verdict: str, change: Change, group: Group, console: Console) -> None:
    rules = change.before if change.before == change.after else f"{change.before} → {change.after}"
    line = Text(f"{group.count:7} {verdict}, rule {rules}")
    if losses := change.losses():
        line.append(f"; {', '.join(losses)}", style="yellow")
    console.print(line)
    for name, (was, becomes) in change.differences().items():
        console.print(Text(f"        {name.replace('_', ' ')}: {was} → {becomes}"))
    console.print(Text(f"        {_places(group)}", style="dim"))


def _places(group: Group) -> str:
    return f"{_offices(group)}; such as {', '.join(group.examples[:2])}"


def _offices(group: Group) -> str:
    return ", ".join(f"{office} {count}" for office, count in group.offices.most_common())


def _where(group: Group) -> Mapping[str, Any]:
    return {"offices": dict(group.offices.most_common()), "examples": group.examples}


def _untold(tally: Tally) -> list[tuple[tuple[str, ...], Group]]:
    return sorted(tally.untold.items(), key=lambda one: (-one[1].count, one[0]))
