"""How the reading of facts is scored against labels."""

from datetime import date

from classifiers.corpus_files import Labelled
from classifiers.measure_facts import measure
from tests.unit.facts.letters import WEDNESDAY
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
