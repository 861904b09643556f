"""Shows effects that wait for a person: what, of which message, since when, why, and what can be done about it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from triage.core.dead_letters import advice
from triage.ledger.dead_letters import StuckEffect
from triage.ledger.records import EffectState


def as_json(found: Sequence[StuckEffect]) -> list[dict[str, Any]]:
    """JSON-ready values."""
    return [
        {
            "effect": one.row,
            "office": one.office,
            "reference": one.reference,
            "kind": one.kind,
            "what": one.what,
            "state": one.state.value,
            "since": one.since,
            "next_try": one.next_try,
            "attempts": one.attempts,
            "why": one.error,
            "advice": _advice(one),
            "retriable": one.retriable,
        }
        for one in found
    ]


def show(found: Sequence[StuckEffect], console: Console) -> None:
    """Print each in three lines at most: which, why, what to do."""
    for one in found:
        tries = f"{one.attempts} {'try' if one.attempts == 1 else 'tries'}"
        then = f", next {one.next_try:%Y-%m-%d %H:%M} UTC" if one.next_try else ""
        console.print(
            Text(f"{one.reference}  {one.kind} {one.what}", style="bold"),
            Text(f"  {one.state.value} since {one.since:%Y-%m-%d %H:%M} UTC, {tries}{then}"),
            Text(f"  ({one.office}, effect {one.row})", style="dim"),
            sep="",
        )
        if one.error:
            console.print(Text(f"    {one.error}"))
        if said := _advice(one):
            console.print(Text(f"    {said}", style="yellow"))
    states = Counter(one.state for one in found)
    failed, held = states[EffectState.FAILED], states[EffectState.HELD]
    counts = f"{failed} failed, {held} held, {states[EffectState.PLANNED]} waiting"
    console.print(counts if found else "nothing has failed, is held or waits")


def _advice(one: StuckEffect) -> str:
    if one.state is EffectState.HELD:
        return "Look at the message; triage effects release has it go out, drop ends it."
    if one.state is EffectState.FAILED or (not one.mail and one.error):
        return advice(one.error, kept=one.kept, filing=not one.mail)
    return ""
