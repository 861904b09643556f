"""How well the facts that people labelled are read, author by author: `python -m classifiers.measure_facts`."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from classifiers.corpus_files import Labelled, questions_of, read_corpus
from triage.core.facts.record import Facts


@dataclass(slots=True)
class Score:
    """Counts for one fact over one author's messages."""

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


def main(authors: Iterable[str]) -> None:
    """Print the scores of the authors named, or of all."""
    wanted = set(authors)
    for (name, author), score in measure([one for one in read_corpus() if not wanted or one.author in wanted]).items():
        print(f"{name:15} {author:15} {score}")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
