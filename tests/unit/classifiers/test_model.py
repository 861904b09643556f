"""The shipped model: what it answers, when it is unsure, and what becomes of a broken one."""

import json
import shutil
from pathlib import Path

import pytest

from classifiers import artifact
from classifiers.budget import LABELS, Limits
from classifiers.corpus_files import questions_of, read_corpus
from classifiers.linear import LinearClassifier, decide
from classifiers.registry import resolve
from classifiers.training import train
from triage.core.classification import Question
from triage.core.facts.record import Facts
from triage.core.labels import UNSURE, Label
from triage.errors import ModelUnusable
from triage.settings import SHIPPED_MODEL

LIMITS = Limits(temperature=1.0, webform_at_most=0.2, urgent_at_most=0.1, best_at_least=0.45)


@pytest.fixture(scope="module")
def shipped() -> LinearClassifier:
    """The model in the repository."""
    return artifact.load(SHIPPED_MODEL)


def probabilities(urgent: float, error: float, again: float, webform: float) -> dict[Label, float]:
    """In the labels' order."""
    return dict(zip(LABELS, (urgent, error, again, webform), strict=True))


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        pytest.param((0.9, 0.05, 0.03, 0.02), Label.URGENT, id="surely urgent"),
        pytest.param((0.5, 0.2, 0.2, 0.1), Label.URGENT, id="urgent is worth a false alarm"),
        pytest.param((0.05, 0.05, 0.05, 0.85), Label.WEBFORM, id="surely web form"),
        pytest.param((0.11, 0.02, 0.02, 0.85), UNSURE, id="web form, but it may be urgent"),
        pytest.param((0.05, 0.2, 0.05, 0.7), UNSURE, id="web form, but it may need a person"),
        pytest.param((0.05, 0.75, 0.1, 0.1), Label.SERIOUS_ERROR, id="surely an error"),
        pytest.param((0.2, 0.7, 0.05, 0.05), UNSURE, id="an error that may be urgent"),
        pytest.param((0.08, 0.4, 0.3, 0.22), UNSURE, id="nothing stands out"),
    ],
)
def test_how_sure_is_sure_enough_depends_on_the_harm(given: tuple[float, ...], decision: str) -> None:
    """Each kind of error has a limit of its own; unsure comes with a sentence, a label without."""
    found, why = decide(probabilities(*given), LIMITS)
    assert found == decision
    assert bool(why) == (found == UNSURE)


def test_a_message_without_new_text_is_unsure(shipped: LinearClassifier) -> None:
    """A subject alone is no ask."""
    answer = shipped.classify([Question(subject="URGENT", newest=" ", facts=Facts())])[0]
    assert (answer.decision, answer.why_unsure) == (UNSURE, "the sender wrote no new text")


def test_a_text_that_only_points_to_an_attachment_is_never_told_to_use_the_web_form(shipped: LinearClassifier) -> None:
    """The ask may stand in the letter."""
    answer = shipped.classify([Question(subject="Letter", newest="Please see our attached letter.", facts=Facts())])[0]
    assert answer.decision != Label.WEBFORM


def test_answers_do_not_depend_on_company(shipped: LinearClassifier) -> None:
    """Alone or in a batch, in any order: the same probabilities, which sum to one."""
    questions = questions_of(read_corpus()[:20])
    together = shipped.classify(questions)
    alone = [shipped.classify([question])[0] for question in reversed(questions)][::-1]
    for one, other in zip(together, alone, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities)
        assert sum(one.probabilities.values()) == pytest.approx(1)


def test_a_saved_model_answers_as_it_did(shipped: LinearClassifier, tmp_path: Path) -> None:
    """Nothing is lost on disk."""
    artifact.save(shipped, tmp_path, {})
    questions = questions_of(read_corpus()[:20])
    again = artifact.load(tmp_path).classify(questions)
    assert [one.probabilities for one in again] == [one.probabilities for one in shipped.classify(questions)]


def test_the_shipped_model_is_what_training_gives(shipped: LinearClassifier) -> None:
    """The corpus in the repository, trained again, gives the same version and the same answers."""
    records = read_corpus()
    trained = train(records).classifier
    questions = questions_of(records[:40])
    assert trained.version == shipped.version
    for one, other in zip(trained.classify(questions), shipped.classify(questions), strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)


def _spoil(folder: Path) -> None:
    (folder / "model.npz").write_bytes(b"PK\3\4junk")


def _edit(folder: Path, **changes: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(shutil.rmtree, "there is no model", id="missing"),
        pytest.param(lambda folder: (folder / "model.npz").unlink(), "model.npz is missing", id="half missing"),
        pytest.param(_spoil, "cannot be read", id="corrupt"),
        pytest.param(lambda folder: (folder / "card.json").write_text("{"), "cannot be read", id="corrupt card"),
        pytest.param(lambda folder: _edit(folder, format=None), "saved by another version", id="format"),
        pytest.param(lambda folder: _edit(folder, labels=["spam"]), "other labels or facts", id="other labels"),
    ],
)  # fmt: skip
def test_an_unusable_model_says_why_and_what_to_do(damage: object, said: str, tmp_path: Path) -> None:
    """The service goes on without it; the operator is told how to make a new one."""
    folder = tmp_path / "model"
    shutil.copytree(resolve(SHIPPED_MODEL), folder)
    assert callable(damage)
    damage(folder)
    with pytest.raises(ModelUnusable, match=said) as caught:
        artifact.load(folder)
    assert "triage model train" in str(caught.value)
