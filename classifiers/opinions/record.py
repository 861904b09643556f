"""What a second opinion has been shown to be good for: `opinions.json`, written by an evaluation, checked on loading.

The budget is that of truly urgent messages decided otherwise, by the model and the opinion together; an opinion never
decides web form, so it cannot use up the other one. Bounds are those of conformal risk control (Angelopoulos et al.
2022): of n messages and k errors, (k + 1) / (n + 1), so that a few messages show nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from classifiers.opinions import NOTHING, Allowed, Opinion, settle
from triage.core.classification import Classification
from triage.core.labels import UNSURE, Label

# Nothing is decided urgent at the cost of the budget: an opinion that calls all things urgent would never break it.
WRONG_AT_MOST = 0.2
MAY_BE_SETTLED = tuple(label for label in Label if label is not Label.WEBFORM)


class Record(BaseModel):
    """What was measured of one opinion beside one model, on messages that neither was made from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    said_by: str
    model: str  # version of the model whose unsure messages they were
    urgent_at_most: float  # the model's limit, over which only "urgent" may be decided
    measured: date
    messages: NonNegativeInt
    urgent: NonNegativeInt  # of the messages, truly
    urgent_decided_otherwise: NonNegativeInt  # of those, by the model alone: neither urgent nor unsure
    unsure: NonNegativeInt  # what the opinion was asked about
    answered: NonNegativeInt
    # By label that the opinion would settle messages to, if it may: how many were truly what.
    settled: Mapping[Label, Mapping[Label, NonNegativeInt]]


def measured(
    labels: Sequence[Label],
    before: Sequence[Classification],
    opinions: Sequence[Opinion | None],
    *,
    urgent_at_most: float,
    on: date,
) -> Record | None:
    """Compare what opinions would settle with the true labels; None where nothing was answered.

    `opinions` has one item for each message, None for those that the model was sure of.
    """
    said_by = next((opinion.said_by for opinion in opinions if opinion), None)
    if said_by is None:
        return None
    all_of_them = Allowed(said_by=said_by, labels=frozenset(MAY_BE_SETTLED), urgent_at_most=urgent_at_most)
    settled: dict[Label, Counter[Label]] = {label: Counter() for label in MAY_BE_SETTLED}
    for label, classification, opinion in zip(labels, before, opinions, strict=True):
        decision = settle(classification, opinion, all_of_them).decision
        if decision not in {classification.decision, UNSURE}:
            settled[decision][label] += 1
    decided = [one.decision for label, one in zip(labels, before, strict=True) if label is Label.URGENT]
    return Record(
        said_by=said_by,
        model=before[0].model,
        urgent_at_most=urgent_at_most,
        measured=on,
        messages=len(labels),
        urgent=len(decided),
        urgent_decided_otherwise=sum(one not in {Label.URGENT, UNSURE} for one in decided),
        unsure=sum(one.decision == UNSURE for one in before),
        answered=sum(opinion is not None for opinion in opinions),
        settled={label: dict(counts) for label, counts in settled.items()},
    )


def save(record: Record, file: Path) -> None:
    """Write a record."""
    file.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def load_or_say(file: Path, *, model: str, urgent_at_most: float, urgent_as_other: float) -> tuple[Allowed, str]:
    """Read what an opinion may settle beside this version of the model; or nothing, and a sentence why.

    `urgent_at_most` is the model's limit now: it may be stricter than when the opinion was measured. `urgent_as_other`
    is the budget: so many of the urgent messages may be decided otherwise.
    """
    try:
        record = Record.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return NOTHING, f"there is no {file.name} yet"
    except (OSError, ValidationError) as error:
        return NOTHING, f"{file} cannot be read as a record of an opinion: {str(error).splitlines()[0]}"
    if record.model != model:
        return NOTHING, f"{file.name} was measured beside the model {record.model}, and this is {model}"
    labels = within_budget(record, urgent_as_other)
    if not labels:
        return NOTHING, f"{file.name} shows no label that it may settle"
    return Allowed(said_by=record.said_by, labels=labels, urgent_at_most=min(record.urgent_at_most, urgent_at_most)), ""


def within_budget(record: Record, urgent_as_other: float) -> frozenset[Label]:
    """Give the labels that the opinion may settle messages to; the costliest are left out until the budget holds."""
    lost = {label: record.settled.get(label, {}).get(Label.URGENT, 0) for label in MAY_BE_SETTLED}
    lost[Label.URGENT] = 0
    labels = [label for label in MAY_BE_SETTLED if _right_enough(record, label)]
    labels.sort(key=lambda label: lost[label])
    while labels:
        errors = record.urgent_decided_otherwise + sum(lost[label] for label in labels)
        if not lost[labels[-1]] or (errors + 1) / (record.urgent + 1) <= urgent_as_other:
            break
        labels.pop()
    return frozenset(labels)


def _right_enough(record: Record, label: Label) -> bool:
    counts = record.settled.get(label, {})
    total = sum(counts.values())
    wrong = total - counts.get(label, 0)
    return (wrong + 1) / (total + 1) <= WRONG_AT_MOST
