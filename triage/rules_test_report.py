"""Tells people and programs what the tests of the rules showed: the screen, JSON, and JUnit's XML."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.core.policy.coverage import RuleCoverage, share
from triage.rules_testing import Outcome, Results


def show(results: Results, console: Console, *, coverage: bool) -> None:
    """Print each failure with what was expected, what was got and why; then the count."""
    if results.trouble:
        console.print(Text(f"{results.trouble}; every message without a given label is unsure", style="yellow"))
    failed = [one for one in results.outcomes if not one.passed]
    for outcomes in _alike(failed):
        _show_failure(outcomes, console)
    if coverage:
        _show_coverage(results, console)
    passed = len(results.outcomes) - len(failed)
    style = "red" if failed else "green"
    told = f"{passed} passed, {len(failed)} failed" if failed else f"{passed} passed"
    console.print(Text(f"{told} in {results.seconds:.2f} s, at {_offices(results)}", style=style))


def as_json(results: Results, *, coverage: bool) -> Mapping[str, Any]:
    """All of it as JSON-ready values."""
    outcomes = [{**asdict(one), "passed": one.passed} for one in results.outcomes]
    told: dict[str, Any] = {
        "passed": sum(one.passed for one in results.outcomes),
        "failed": sum(not one.passed for one in results.outcomes),
        "seconds": round(results.seconds, 3),
        "tests": outcomes,
    }
    if coverage:
        rules = [{**asdict(one), "gaps": _gaps(one, results)} for one in results.coverage]
        told["coverage"] = {"share": round(share(results.coverage), 4), "rules": rules}
    return told


def write_junit(results: Results, file: Path) -> None:
    """Write JUnit's XML, which continuous integration shows. Raises OSError."""
    suites = ET.Element("testsuites")
    for name, outcomes in _by_file(results):
        failed = sum(not one.passed for one in outcomes)
        suite = ET.SubElement(suites, "testsuite", name=name, tests=str(len(outcomes)), failures=str(failed))
        for one in outcomes:
            case = ET.SubElement(
                suite,
                "testcase",
                name=f"{_clean(one.name)} [{one.office}]",
                classname=name,
                file=name,
                line=str(one.line),
            )
            if not one.passed:
                first = one.differences[0]
                message = f"{first.what}: expected {first.expected}, got {first.got}"
                failure = ET.SubElement(case, "failure", message=_clean(message), type="rule")
                failure.text = _clean("\n".join(_lines(one)))
    ET.ElementTree(suites).write(file, encoding="utf-8", xml_declaration=True)


def _alike(failed: Sequence[Outcome]) -> Iterable[Sequence[Outcome]]:
    """Failures of one test that are the same at several offices are told once."""
    found: dict[Any, list[Outcome]] = {}
    for one in failed:
        found.setdefault((one.file, one.line, one.differences, one.why), []).append(one)
    return found.values()


def _show_failure(outcomes: Sequence[Outcome], console: Console) -> None:
    first, offices = outcomes[0], ", ".join(one.office for one in outcomes)
    console.print(Text(f"✘ {first.name} [{offices}]", style="bold red"), soft_wrap=True)
    console.print(Text(f"  {first.file}:{first.line}", style="dim"), soft_wrap=True)
    for line in _lines(first):
        console.print(Text(f"  {line}"), soft_wrap=True)


def _lines(outcome: Outcome) -> Iterator[str]:
    width = max(len(one.what) for one in outcome.differences)
    for one in outcome.differences:
        yield f"{one.what.ljust(width)}  expected {one.expected}"
        yield f"{' ' * width}  got      {one.got}"
        if one.what in {"rule", "on_trial"}:
            yield from (f"{' ' * width}  because  {sentence}" for sentence in outcome.why)


def _show_coverage(results: Results, console: Console) -> None:
    table = Table(box=None, header_style="bold", title="Coverage", title_justify="left")
    for column in ("rule", "won", "matched", "not shown by any test"):
        table.add_column(column, justify="right" if column in {"won", "matched"} else "left")
    for one in results.coverage:
        gaps = _gaps(one, results)
        shown = Text("\n".join(gaps) or "-", style="yellow" if gaps else "green")
        table.add_row(one.rule, str(one.won), str(one.matched), shown)
    console.print(table)
    console.print(
        Text(f"{share(results.coverage):.1%} of what tests can show: rules winning, conditions true and false")
    )


def _gaps(rule: RuleCoverage, results: Results) -> Sequence[str]:
    """What no test has shown, and first whether none could."""
    impossible = results.impossible.get(rule.rule)
    return [*([impossible] if impossible else []), *rule.gaps]


def _offices(results: Results) -> str:
    found = Counter(one.office for one in results.outcomes)
    return f"{len(found)} office{'s' if len(found) != 1 else ''}"


def _by_file(results: Results) -> list[tuple[str, list[Outcome]]]:
    names = dict.fromkeys(one.file for one in results.outcomes)
    return [(name, [one for one in results.outcomes if one.file == name]) for name in names]


def _clean(text: str) -> str:
    """What XML 1.0 has no way to write is left out (its §2.2)."""
    return "".join(char for char in text if char in "\t\n\r" or (char >= " " and not "\ud800" <= char <= "\udfff"))
