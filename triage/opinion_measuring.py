"""Measures the second opinion on labelled messages, for the command line: what it may settle stands in its record."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from classifiers import artifact
from classifiers.corpus_files import Labelled, message_of, read_corpus
from classifiers.linear import LinearClassifier
from classifiers.opinions import Opinion, SecondOpinion
from classifiers.opinions.record import MAY_BE_SETTLED, Record, measured, save, within_budget
from triage.core.classification import Classification, Question
from triage.core.labels import Label
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError
from triage.modelling import card_of
from triage.pipeline import classify, examine
from triage.second_opinion import opinion_of
from triage.settings import Settings


def measure_and_save(settings: Settings, corpus: Path, *, console: Console) -> None:
    """Ask about labelled messages just as the service would, and write what the opinion may settle.

    Raises ConfigurationError where there is nobody to ask, the messages are no measure, or nothing was answered;
    ModelUnusable where there is no model.
    """
    if settings.second_opinion is None:
        raise _wrong("triage.yaml", "there is no section 'second_opinion': nobody to ask")
    classifier = artifact.load(settings.model, settings.error_budget)
    second = opinion_of(settings.second_opinion)
    labels: list[Label] = []
    before: list[Classification] = []
    opinions: list[Opinion | None] = []
    for record in _unseen(corpus, settings.model):
        classification, opinion = _asked(record, settings, classifier, second)
        if classification:
            labels.append(record.label)
            before.append(classification)
            opinions.append(opinion)
            console.print(f"{len(labels)} messages read", style="dim", end="\r")
    today = datetime.now(UTC).date()
    found = measured(labels, before, opinions, urgent_at_most=classifier.limits.urgent_at_most, on=today)
    if found is None:
        raise _wrong("second_opinion", "no question was answered; nothing is written")
    save(found, settings.second_opinion.record)
    _show(found, settings.error_budget.urgent_as_other, console)
    console.print(f"written to {settings.second_opinion.record}")


def _asked(
    record: Labelled, settings: Settings, classifier: LinearClassifier, second: SecondOpinion
) -> tuple[Classification | None, Opinion | None]:
    """Give the model's answer, None for machine mail, and the opinion, None where it was not asked or not given."""
    opinions: list[Opinion | None] = []

    def ask(questions: Sequence[Question], classifications: Sequence[Classification]) -> Sequence[Classification]:
        opinions.extend(second.ask(questions))
        return classifications

    reading = examine(message_of(record), settings.offices[0].profile(), settings.own_addresses())
    classification = classify([reading], classifier, ask)[0].classification
    return classification, next(iter(opinions), None)


def _unseen(corpus: Path, model: Path) -> list[Labelled]:
    """Read labelled messages of which the model was made from none, nor from any by the same hand."""
    try:
        records = read_corpus(corpus)
    except (OSError, ValueError) as error:
        raise _wrong(str(corpus), str(error)) from error
    if not records:
        raise _wrong(str(corpus), "there are no labelled messages in *.jsonl here")
    if seen := {one.author for one in records} & set(card_of(model)["made_from"]["authors"]):
        raise _wrong(str(corpus), f"the model was made from messages by {', '.join(sorted(seen))}, and knows them")
    return records


def _wrong(place: str, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file=place, message=message)])


def _show(record: Record, urgent_as_other: float, console: Console) -> None:
    may = within_budget(record, urgent_as_other)
    table = Table(title=f"What {record.said_by} would settle of {record.unsure} unsure messages")
    for column in ("to", "rightly", "wrongly", "of those, urgent", "may settle"):
        table.add_column(column)
    for label in MAY_BE_SETTLED:
        counts = record.settled.get(label, {})
        right, lost = counts.get(label, 0), 0 if label is Label.URGENT else counts.get(Label.URGENT, 0)
        table.add_row(
            label.value, str(right), str(sum(counts.values()) - right), str(lost), "yes" if label in may else "no"
        )
    console.print(table)
    console.print(
        f"{record.messages} messages, {record.answered} opinions; of {record.urgent} urgent messages, "
        f"{record.urgent_decided_otherwise} are decided otherwise by the model alone"
    )
