"""Lists the rules that treat people by who they are, with their justifications: at the end of every report of rules."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from triage.core.policy.fairness import Justified, justified
from triage.errors import ConfigurationError
from triage.rules_folder import read_rules_in
from triage.settings import Settings


def justified_rules(settings: Settings) -> list[Justified] | str:
    """Give those of the rules as they stand in their folder; or why they cannot be read, which no report waits for."""
    try:
        return justified(read_rules_in(settings.rules))
    except ConfigurationError as error:
        return f"the rules cannot be read, so those that look at who the sender is are not listed: {error.problems[0]}"


def as_json(found: Sequence[Justified] | str) -> Mapping[str, Any]:
    """JSON-ready values, under names of their own."""
    if isinstance(found, str):
        return {"justified_rules": None, "rules_unreadable": found}
    return {"justified_rules": [asdict(one) for one in found]}


def show(found: Sequence[Justified] | str, console: Console) -> None:
    """Print them; nothing where there are none."""
    if isinstance(found, str):
        console.print(Text(found, style="red"), soft_wrap=True)
    elif found:
        console.print(Text("\nRules that look at who the sender is:", style="bold"))
        for one in found:
            offices = f" at {', '.join(one.offices)}" if one.offices else ""
            words = f"  {one.place}: {one.rule}{offices} asks for {one.asks}: {one.justification}"
            console.print(Text(words), soft_wrap=True)
