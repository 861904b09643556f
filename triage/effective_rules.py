"""`triage rules effective`: the rules as they hold at an office, and how two offices differ."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.core.located_yaml import Problem, nearest
from triage.core.policy import effective
from triage.core.policy.differing import Difference, Side, differences
from triage.core.policy.loading import Rulebook, RuleSet
from triage.errors import ConfigurationError
from triage.rules_folder import read_rules_in
from triage.rules_testing import offices_of

DEFAULT_NAME = "default.yaml"  # of the rules that hold where an office has no file of its own


class EffectiveRules:
    """The rules of a folder, as they hold at its offices."""

    def __init__(self, folder: Path, config: Path | None) -> None:
        """Read the folder, and the offices of the settings, or of its tests. Raises ConfigurationError."""
        self._folder = folder
        self._book: Rulebook = read_rules_in(folder)
        settings = offices_of(folder, config)
        named = {office.id: office.names.get("en", office.id) for office in settings.offices} if settings else {}
        self._names = {office: office for office in self._book.layers} | named

    def written(self, office: str | None) -> str:
        """Give an office's rules as YAML; without an office, those of every office that has no file of its own."""
        return effective.as_yaml(self._rule_set(office, "--office"), str(self._folder))

    def as_json(self, office: str | None) -> Mapping[str, Any]:
        """The same as JSON-ready values."""
        return {"office": office, **effective.as_json(self._rule_set(office, "--office"), str(self._folder))}

    def differences(self, office: str | None, other: str) -> list[Difference]:
        """How two offices differ."""
        sides = [
            Side(rule_set=self._rule_set(name, option), name=self._names[name] if name else DEFAULT_NAME)
            for name, option in ((office, "--office"), (other, "--diff"))
        ]
        return [
            replace(one, places=tuple(place.removeprefix(f"{self._folder}/") for place in one.places))
            for one in differences(*sides)
        ]

    def show_differences(self, office: str | None, other: str, console: Console) -> None:
        """Print them, as a table and as sentences."""
        found = self.differences(office, other)  # knows both, or raises
        names = [self._names[name] if name else DEFAULT_NAME for name in (office, other)]
        if not found:
            console.print(Text(f"{names[0]} and {names[1]} have the same rules."))
            return
        table = Table(box=None, header_style="bold")
        for column in ("rule", "what", *names):
            table.add_column(column)
        for one in found:
            cells = [
                Text.assemble(value, (f"\n{place}", "dim") if place else "")
                for value, place in zip(one.values, one.places, strict=True)
            ]
            table.add_row(one.rule, one.key, *cells)
        console.print(table)
        console.print()
        for one in found:
            console.print(Text(one.sentence), soft_wrap=True)

    def _rule_set(self, office: str | None, option: str) -> RuleSet:
        if office is None:
            return self._book.default
        if office not in self._names:
            raise ConfigurationError(
                [Problem(file=option, message=f"no office '{office}'{nearest(office, self._names)}")]
            )
        return self._book.for_office(office)


def differences_as_json(found: list[Difference]) -> list[Mapping[str, Any]]:
    """Differences as JSON-ready values."""
    return [asdict(one) for one in found]
