"""How well the facts that were labelled are read, by author and by kind: `python -m classifiers.measure_facts`."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.corpus_files import CORPUS, Labelled, example_of, message_of, question_about, questions_of, read_corpus
from triage.core.facts.record import Facts
from triage.core.labels import Label

ANNOTATIONS = CORPUS / "facts" / "annotations.jsonl"
DATES = CORPUS / "facts" / "dates.jsonl"
# What a message names of these, it may name many kinds of.
NAMED = ("harms", "acts", "topics")


@dataclass(slots=True)
class Score:
    """Counts for one fact, or one kind of it, over some messages."""

    right: int = 0  # read, and as labelled
    read: int = 0
    labelled: int = 0

    def __str__(self) -> str:
        """Precision and recall, with the counts that they are made of."""
        precision, recall = self.right / (self.read or 1), self.right / (self.labelled or 1)
        return (
            f"precision {precision:.3f} ({self.right}/{self.read}), recall {recall:.3f} ({self.right}/{self.labelled})"
        )


def measure(records: Sequence[Labelled]) -> dict[tuple[str, str], Score]:
    """Compare labels with what `facts.gather` reads; one score for each fact and author.

    A deadline is right only if it is the same day.
    """
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    for record, question in zip(records, questions_of(records), strict=True):
        for name, labelled, read in _compared(record, question.facts):
            score = scores[name, record.author]
            score.right += read is not None and read == labelled
            score.read += read is not None
            score.labelled += labelled is not None
    return dict(sorted(scores.items()))


def _compared(record: Labelled, facts: Facts) -> Iterator[tuple[str, Any, Any]]:
    """Give name, label and reading of each fact; None where there is none."""
    yield "deadline", record.deadline, facts.deadline.date if facts.deadline else None
    yield "likely deadline", record.deadline, facts.likely_deadline.date if facts.likely_deadline else None
    yield "prior enquiry", record.prior_enquiry or None, facts.prior_enquiry and True
    yield "representative", record.is_rep or None, facts.representative and True


def read_annotations(file: Path = ANNOTATIONS) -> dict[str, Mapping[str, set[str]]]:
    """The kinds of harm, act and topic that a reader found in some messages, by the message's id."""
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {record["id"]: {fact: set(record[fact]) for fact in NAMED} for record in records}


def measure_kinds(
    records: Sequence[Labelled], annotations: Mapping[str, Mapping[str, set[str]]]
) -> dict[tuple[str, str], Score]:
    """Compare annotations with what `facts.gather` reads: a score for each fact by author, and for each of its kinds.

    A kind read where it was not annotated costs precision, wherever in the message it was read.
    """
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    annotated = [record for record in records if record.id in annotations]
    for record, question in zip(annotated, questions_of(annotated), strict=True):
        for fact in NAMED:
            labelled = annotations[record.id][fact]
            read = {found.kind.value for found in getattr(question.facts, fact)}
            for kind in labelled | read:
                for name in ((fact, record.author), (fact, f"· {kind}")):
                    scores[name].right += kind in labelled & read
                    scores[name].read += kind in read
                    scores[name].labelled += kind in labelled
    return dict(sorted(scores.items()))


def measure_dates(file: Path = DATES) -> dict[tuple[str, str], Score]:
    """Compare the dates and identifiers of messages that nothing was made from with what `facts.gather` reads.

    A day that can be defended beside the labelled one (`also`) is right too. Each identifier counts by itself.
    """
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    gold = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for record in gold:
        found = question_about(message_of(example_of(record | {"label": Label.WEBFORM.value}))).facts
        deadline = found.deadline.date.isoformat() if found.deadline else None
        score = scores["deadline", record["author"]]
        score.right += deadline is not None and deadline in {record["deadline"], record.get("also")}
        score.read += deadline is not None
        score.labelled += record["deadline"] is not None
        labelled, read = set(record["identifiers"]), {identifier.value for identifier in found.identifiers}
        score = scores["identifiers", record["author"]]
        score.right += len(labelled & read)
        score.read += len(read)
        score.labelled += len(labelled)
    return dict(sorted(scores.items()))


def main(authors: Iterable[str]) -> None:
    """Print the scores of the authors named, or of all."""
    wanted = set(authors)
    records = [one for one in read_corpus() if not wanted or one.author in wanted]
    kinds = measure_kinds(records, read_annotations())
    dates = {(name, of): score for (name, of), score in measure_dates().items() if not wanted or of in wanted}
    for (name, of), score in [*measure(records).items(), *kinds.items(), *dates.items()]:
        print(f"{name:15} {of:25} {score}")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
