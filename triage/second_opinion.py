"""Makes the second opinion that the settings name, and measures what it may settle."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from classifiers.opinions import Advice, Opinion, Options, SecondOpinion, advice, plugin
from classifiers.opinions.record import MAY_BE_SETTLED, Record, load_or_say, measured, save, within_budget
from triage.core.classification import Classification, Question
from triage.core.labels import Label
from triage.core.located_yaml import Problem
from triage.core.message import Message
from triage.errors import ConfigurationError
from triage.pipeline import Setup, classify, examine
from triage.secrets import read_secret
from triage.settings import SecondOpinionSettings

if TYPE_CHECKING:  # it loads the machine-learning library, which most who import this module do not need
    from classifiers.linear import LinearClassifier


def opinion_of(asked: SecondOpinionSettings) -> SecondOpinion:
    """Make what gives the opinions. Raises ConfigurationError where no such plug-in is installed, or it refuses."""
    options = Options(
        url=asked.url,
        model=asked.model,
        read_secret=partial(read_secret, asked.secret) if asked.secret else None,
        ca_file=asked.ca_file,
        timeout_seconds=asked.timeout_seconds,
    )
    return plugin(asked.plugin)(options)


def advice_of(asked: SecondOpinionSettings | None, model: str | None) -> Advice | None:
    """Make what the pipeline asks beside this version of the model; None where nobody is to be asked.

    Raises what `opinion_of` does.
    """
    if asked is None or model is None:
        return None
    allowed, _ = load_or_say(asked.record, model=model)
    return advice(opinion_of(asked), allowed)


def measure_and_save(
    asked: SecondOpinionSettings,
    labelled: Sequence[tuple[Message, Label]],
    setup: Setup,
    classifier: "LinearClassifier",
    *,
    console: Console,
) -> None:
    """Ask about labelled messages just as the service would, and write what the opinion may settle.

    The messages must be by authors that the model was not made from. Raises ConfigurationError where nothing was
    answered.
    """
    second = opinion_of(asked)
    given: list[Opinion | None] = []

    def ask(questions: Sequence[Question], classifications: Sequence[Classification]) -> Sequence[Classification]:
        given[-1:] = second.ask(questions)
        return classifications

    labels: list[Label] = []
    before: list[Classification] = []
    for number, (message, label) in enumerate(labelled, 1):
        given.append(None)
        reading = classify([examine(message, setup.office, setup.own_addresses)], classifier, ask)[0]
        if reading.classification is None:  # machine mail: nobody would be asked
            given.pop()
            continue
        labels.append(label)
        before.append(reading.classification)
        console.print(f"{number} of {len(labelled)}", style="dim", end="\r")
    today = datetime.now(UTC).date()
    record = measured(labels, before, given, urgent_at_most=classifier.limits.urgent_at_most, on=today)
    if record is None:
        unanswered = "no question was answered; nothing is written"
        raise ConfigurationError([Problem(file="triage.yaml", key="second_opinion", message=unanswered)])
    save(record, asked.record)
    _show(record, console)
    console.print(f"written to {asked.record}")


def _show(record: Record, console: Console) -> None:
    may = within_budget(record)
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
