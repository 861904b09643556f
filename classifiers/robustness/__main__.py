"""Prints how answers hold, author by author held out: `python -m classifiers.robustness [perturbation …]`."""

import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from classifiers.corpus_files import Labelled, read_corpus
from classifiers.robustness.catalogue import PERTURBATIONS
from classifiers.robustness.measuring import Change, Held, changes, held, hold_out, trained_without
from classifiers.robustness.pairs import languages, read_pairs, wordings
from triage.core.labels import Label

FOLDS = 4


def main(wanted: Sequence[str]) -> None:
    """Hold the authors out in four groups, perturb every message of theirs, and print a row for each perturbation."""
    console = Console(width=150)
    records = read_corpus()
    chosen = {name: one for name, one in PERTURBATIONS.items() if not wanted or any(word in name for word in wanted)}
    found: dict[str, list[Change]] = {name: [] for name in chosen}
    for group in folds(records):
        console.print(f"holding out {', '.join(group)}", style="dim")
        fold = hold_out(records, group)
        for name, perturbation in chosen.items():
            found[name] += changes(fold, perturbation)
    _show({name: held(each) for name, each in found.items()}, "all messages", console)
    emergencies = {name: held(one for one in each if one.truly is Label.URGENT) for name, each in found.items()}
    _show(emergencies, "emergencies", console)
    webform = {name: held(one for one in each if one.truly is Label.WEBFORM) for name, each in found.items()}
    _show(webform, "web-form messages", console)
    pairs, classifier = read_pairs(), trained_without(records, ())
    console.print("English and French renderings:", languages(pairs, classifier))
    console.print("English and other English words:", wordings(pairs, classifier))


def folds(records: Sequence[Labelled]) -> list[list[str]]:
    """Authors in groups that are held out together."""
    authors = sorted({record.author for record in records})
    return [authors[start::FOLDS] for start in range(FOLDS)]


def _show(rows: Mapping[str, Held], title: str, console: Console) -> None:
    table = Table(title=f"What held, {title}")
    table.add_column("perturbation")
    for column in (
        "changed",
        "same label",
        "same decision",
        "words kept",
        "now urgent",
        "no longer caught",
        "P(urgent)",
    ):
        table.add_column(column, justify="right")
    for name, row in rows.items():
        shares = (row.same_label, row.same_decision, row.words_kept, row.became_urgent, row.no_longer_caught)
        table.add_row(name, str(row.messages), *(f"{share:.1%}" for share in shares), f"{row.urgent_shift:+.3f}")
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
