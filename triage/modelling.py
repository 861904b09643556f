"""Trains and describes models, for the command line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from classifiers import artifact
from classifiers.corpus_files import CORPUS, read_corpus
from classifiers.training import train
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError, ModelUnusable
from triage.settings import SHIPPED_MODEL

# Fewer messages or hands than this say nothing about messages by anybody else.
FEWEST_MESSAGES, FEWEST_AUTHORS = 40, 2


def train_and_save(corpus: Path | None, out: Path | None, *, console: Console) -> None:
    """Train, save, and show what the model does on authors held back. Raises ConfigurationError for a bad corpus."""
    folder = corpus or CORPUS
    try:
        records = read_corpus(folder)
    except (ValueError, OSError) as error:
        raise ConfigurationError([Problem(file=str(folder), message=str(error))]) from error
    authors = {record.author for record in records}
    if len(records) < FEWEST_MESSAGES or len(authors) < FEWEST_AUTHORS:
        message = (
            f"{len(records)} messages by {len(authors)} authors; expected at least {FEWEST_MESSAGES} by "
            f"{FEWEST_AUTHORS} in *.jsonl, see classifiers/corpus/README.md"
        )
        raise ConfigurationError([Problem(file=str(folder), message=message)])
    trained = train(records, progress=lambda step: console.print(step, style="dim"))
    target = out or SHIPPED_MODEL
    artifact.save(trained.classifier, target, trained.card)
    _show(trained.card["held_back"], console)
    console.print(f"model {trained.classifier.version} written to {target}")


def card_of(model: Path | None) -> Mapping[str, Any]:
    """Give a model's card. Raises ModelUnusable where there is none."""
    folder = model or SHIPPED_MODEL
    try:
        card: Mapping[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{folder} has no readable card.json: {error}") from error
    return card


def _show(measures: Mapping[str, Any], console: Console) -> None:
    table = Table(title="On authors held back in turn")
    for column in ("label", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column == "label" else "right")
    for label, values in measures["by_label"].items():
        table.add_row(label, *(f"{values[key]:.3f}" for key in ("precision", "recall", "f1")))
    console.print(table)
    console.print(
        f"macro-F1 {measures['macro_f1']:.3f}; urgent caught or unsure {measures['urgent_caught_or_unsure']:.1%}; "
        f"unsure {measures['unsure']:.1%}; need a person but decided web form "
        f"{measures['need_a_person_decided_webform']:.1%}"
    )
