"""How the reading of facts is scored against labels."""

import json
from datetime import date
from pathlib import Path

from classifiers.corpus_files import Labelled, read_corpus
from classifiers.measure_facts import measure, measure_dates, measure_kinds, read_annotations
from tests.unit.facts.letters import WEDNESDAY
from triage.core.facts.record import Act, Harm, Topic
from triage.core.labels import Label


def _labelled(body: str, *, deadline: date | None, prior_enquiry: bool = False) -> Labelled:
    return Labelled(
        id="x-001",
        author="x",
        lang="en",
        label=Label.URGENT,
        hard=False,
        prior_enquiry=prior_enquiry,
        is_rep=False,
        deadline=deadline,
        date=WEDNESDAY,
        from_name="Imani",
        from_addr="imani@firm.example",
        to="delhi-manager@visa-office.example",
        subject="",
        body=body,
        why="",
    )


def test_only_the_same_day_is_right() -> None:
    """A deadline on another day costs precision and recall, a missed one recall, an invented one precision."""
    scores = measure(
        [
            _labelled("Her flight is on 12 May.", deadline=date(2026, 5, 12)),
            _labelled("Her flight is on 12 May.", deadline=date(2026, 5, 13)),
            _labelled("Her flight is soon.", deadline=date(2026, 5, 13)),
            _labelled("Her flight is on 12 May.", deadline=None, prior_enquiry=True),
        ]
    )
    assert str(scores["deadline", "x"]) == "precision 0.333 (1/3), recall 0.333 (1/3)"
    assert str(scores["prior enquiry", "x"]) == "precision 0.000 (0/0), recall 0.000 (0/1)"


def test_dates_and_identifiers_are_compared_with_gold_that_nothing_was_made_from(tmp_path: Path) -> None:
    """A day that can be defended too is right; each identifier counts by itself."""
    record = {
        "id": "x-1", "author": "x", "lang": "en", "date": "2026-05-06T10:00:00+00:00", "from_name": "Imani",
        "from_addr": "imani@firm.example", "to": "delhi@visa.example", "subject": "V314662907",
        "body": "Her flight is on 12 May.", "deadline": "2026-05-13", "also": "2026-05-12", "why": "",
        "identifiers": ["V314662907", "E314662908"],
    }  # fmt: skip
    file = tmp_path / "dates.jsonl"
    file.write_text(json.dumps(record) + "\n")
    scores = measure_dates(file)
    assert str(scores["deadline", "x"]) == "precision 1.000 (1/1), recall 1.000 (1/1)"
    assert str(scores["identifiers", "x"]) == "precision 1.000 (1/1), recall 0.500 (1/2)"
    file.write_text(json.dumps(record | {"also": None}) + "\n")
    assert str(measure_dates(file)["deadline", "x"]) == "precision 0.000 (0/1), recall 0.000 (0/1)"


def test_identifiers_are_read_with_the_precision_that_is_promised() -> None:
    """95 % on messages of two hands that the patterns were not made from."""
    scores = [score for (name, _), score in measure_dates().items() if name == "identifiers"]
    assert len(scores) == 2
    assert all(score.right >= 0.95 * score.read > 0 for score in scores)


def test_each_kind_counts_by_itself() -> None:
    """A kind that was not annotated costs precision, one that was not read recall, wherever the message names it."""
    annotations = {"x-001": {"harms": {"death-or-funeral", "lapse"}, "acts": set(), "topics": set()}}
    scores = measure_kinds([_labelled("The funeral and the wedding are on Friday.", deadline=None)], annotations)
    assert str(scores["harms", "x"]) == "precision 0.500 (1/2), recall 0.500 (1/2)"
    assert str(scores["harms", "· lapse"]) == "precision 0.000 (0/0), recall 0.000 (0/1)"
    assert measure_kinds([_labelled("The funeral is on Friday.", deadline=None)], {}) == {}


def test_annotations_name_messages_and_kinds_that_exist() -> None:
    """Each is of a message of the corpus, and of kinds that can be read."""
    annotations = read_annotations()
    assert set(annotations) <= {record.id for record in read_corpus()}
    for fact, kinds in (("harms", Harm), ("acts", Act), ("topics", Topic)):
        assert {kind for one in annotations.values() for kind in one[fact]} <= {kind.value for kind in kinds}
