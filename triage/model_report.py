"""Prints what is known of models: evaluations, comparisons, versions and cards, as tables that fit a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from classifiers.budget import LABELS
from classifiers.evaluation import DECISIONS
from classifiers.registry import Version
from triage.core.labels import Label
from triage.errors import ModelUnusable
from triage.modelling import Compared, Evaluated

GROUPS = (("language", "by_language"), ("hard or not", "by_hard"), ("author", "by_author"))
FIGURES = (
    ("macro-F1", "macro_f1"),
    ("urgent caught or unsure", "urgent_caught_or_unsure"),
    ("urgent caught", "urgent_caught"),
    ("unsure", "unsure"),
    ("need a person, decided web form", "need_a_person_decided_webform"),
    ("urgent, decided otherwise", "urgent_decided_other"),
    ("log loss", "log_loss"),
    ("Brier score", "brier"),
)
MOST_CHANGES = 50


def show_evaluated(found: Evaluated, console: Console) -> None:
    """Print an evaluation, what it rests on, and last whether the error budget is kept."""
    if found.missing:
        lacking = ", ".join(f"{name} in {count}" for name, count in found.missing.items())
        _say(console, f"of {found.measures['messages']} messages something is not said: {lacking}", "yellow")
    if found.seen:
        _say(
            console,
            f"{found.version} was made from messages by {', '.join(found.seen)}: it does better on them "
            "than on anybody else's",
            "yellow",
        )
    _say(console, f"{found.version} on {found.measures['messages']} messages", "bold")
    show_measures(found.measures, console)
    _show_prices(found, console)
    _show_breaches(found.measures, console)
    for sentence in found.over_budget:
        _say(console, f"over the error budget: {sentence}", "red")
    if not found.over_budget:
        _say(console, "the error budget is kept", "green")


def show_measures(measures: Mapping[str, Any], console: Console) -> None:
    """Print the figures of `evaluation.measures`."""
    columns = ("precision", "recall", "F1", "messages")
    _table(
        console,
        "Best of four labels",
        ("label", *columns, *(f"as {label.value}" for label in LABELS)),
        (
            (label, *(f"{values[key]:.3f}" for key in ("precision", "recall", "f1")), values["support"], *counts)
            for (label, values), counts in zip(measures["by_label"].items(), measures["confusion"], strict=True)
        ),
    )
    _table(
        console,
        "Decided",
        ("truly", *map(str, DECISIONS)),
        ((label.value, *counts) for label, counts in zip(LABELS, measures["decisions"], strict=True)),
    )
    _table(
        console,
        "By whom and how",
        ("", "", "messages", "macro-F1", "unsure"),
        (
            (what, name, values["messages"], f"{values['macro_f1']:.3f}", f"{values['unsure']:.1%}")
            for what, key in GROUPS
            for name, values in measures[key].items()
        ),
    )
    _table(
        console,
        "Expected calibration error",
        [*measures["ece"]],
        [[f"{error:.3f}" for error in measures["ece"].values()]],
    )
    _table(console, "All in all", ("", ""), ((name, _figure(key, measures[key])) for name, key in FIGURES))


def show_compared(found: Compared, console: Console) -> None:
    """Print two models side by side, and the messages that they decide differently, worst first."""
    before, after = found.before.measures, found.after.measures
    rows = [(name, before[key], after[key], key) for name, key in FIGURES]
    rows += [
        (f"{label.value} {what}", before["by_label"][label.value][key], after["by_label"][label.value][key], "macro_f1")
        for label in Label
        for what, key in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
    ]
    rows += [
        (f"macro-F1, {name}", before[key][name]["macro_f1"], after[key][name]["macro_f1"], "macro_f1")
        for _, key in GROUPS
        for name in before[key]
    ]
    rows.append(("calibration error, mean", before["ece"]["mean"], after["ece"]["mean"], "log_loss"))
    _table(
        console,
        f"On {before['messages']} messages",
        ("", found.before.version, found.after.version, "difference"),
        ((name, _figure(key, old), _figure(key, new), _figure(key, new - old, "+")) for name, old, new, key in rows),
    )
    _say(
        console,
        f"best label right only in {found.before.version}: {found.only_before}; only in {found.after.version}: "
        f"{found.only_after}; were both equally good, so much would differ by chance with p = {found.p:.3g} "
        "(McNemar, exact)",
    )
    if found.changes:
        _table(
            console,
            f"{len(found.changes)} messages decided differently, worst first",
            ("id", "truly", found.before.version, found.after.version, ""),
            (
                (one.id, one.label, one.before, one.after, "worse" if one.worse > 0 else "better" if one.worse else "")
                for one in found.changes[:MOST_CHANGES]
            ),
        )
    if len(found.changes) > MOST_CHANGES:
        _say(console, f"and {len(found.changes) - MOST_CHANGES} more; --json gives all")


def versions_as_json(versions: Sequence[Version]) -> list[Mapping[str, Any]]:
    """Versions as JSON-ready values; what a card does not say is None."""
    return [
        {
            "version": version.name,
            "in_service": version.in_service,
            "messages": _in(version.card, "made_from", "messages"),
            "authors": _in(version.card, "made_from", "authors"),
            **{key: _in(version.card, "held_back", key) for key in ("macro_f1", "unsure", "urgent_caught_or_unsure")},
            "trouble": version.trouble,
        }
        for version in versions
    ]


def show_versions(versions: Sequence[Version], console: Console) -> None:
    """Print the versions of a root, a line each."""
    columns = ("version", "", "made from", "macro-F1", "urgent caught or unsure", "unsure")
    rows = []
    for one in versions_as_json(versions):
        made = f"{one['messages']} messages, {len(one['authors'] or ())} authors" if one["messages"] else "not said"
        keys = ("macro_f1", "urgent_caught_or_unsure", "unsure")
        told = [_figure(key, one[key]) if isinstance(one[key], int | float) else "-" for key in keys]
        rows.append((one["version"], "in service" if one["in_service"] else "", one["trouble"] or made, *told))
    _table(console, "Models, measured on authors held back in training", columns, rows)


def show_card(card: Mapping[str, Any], console: Console) -> None:
    """Print a card for reading. Raises ModelUnusable where it does not say what this version's cards say."""
    try:
        _say(console, card["version"], "bold")
        made = card["made_from"]
        _say(console, f"made from {made['messages']} messages by {', '.join(made['authors'])}; corpus {made['digest']}")
        _say(console, "made with " + ", ".join(f"{name} {number}" for name, number in card["libraries"].items()))
        if how := card.get("how_measured"):
            _say(console, f"measured: {how}")
        show_measures(card["held_back"], console)
        _show_breaches(card["held_back"], console)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelUnusable(
            f"the card is one of another version ({type(error).__name__}: {error}); --json prints it as it is"
        ) from error


def _show_prices(found: Evaluated, console: Console) -> None:
    names = ("unsure", "need_a_person_decided_webform", "urgent_decided_other")
    budget = found.budget
    _table(
        console,
        f"The price of an error budget; in force: {budget.as_webform:.1%} and {budget.urgent_as_other:.1%}",
        ("allowed as web form", "urgent as other", "unsure", "went as web form", "urgent as other"),
        (
            (f"{one['alpha']:.1%}", f"{one['urgent_as_other']:.1%}", *(f"{one[name]:.1%}" for name in names))
            for one in found.prices
        ),
    )


def _show_breaches(measures: Mapping[str, Any], console: Console) -> None:
    what = {
        "need_a_person_decided_webform": "needed a person, and were decided web form",
        "urgent_decided_other": "were urgent, and were decided something else",
    }
    for name, ids in measures["breaches"].items():
        _say(console, f"{len(ids)} {what[name]}{': ' if ids else ''}{', '.join(ids)}")


def _figure(key: str, value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}" if key in {"macro_f1", "log_loss", "brier"} else f"{value:{sign}.1%}"


def _in(card: Mapping[str, Any], part: str, key: str) -> Any:
    found = card.get(part)
    return found.get(key) if isinstance(found, dict) else None


def _table(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=any(columns))
    for number, column in enumerate(columns):
        table.add_column(_plain(column), justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*(Text(_plain(str(cell))) for cell in row))
    console.print(table)
    console.print()


def _say(console: Console, sentence: str, style: str = "") -> None:
    console.print(_plain(sentence), style=style, markup=False, highlight=False, soft_wrap=True)


def _plain(text: str) -> str:
    """Without what a terminal would obey: ids and cards are anybody's."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
