"""What a second opinion may settle, and that whatever else it says leaves a message unsure."""

from collections.abc import Sequence
from typing import Any

import pytest

from classifiers.opinions import NOTHING, Allowed, Opinion, SecondOpinion, advice, plugin, settle
from classifiers.opinions.endpoint import Endpoint
from triage.core.classification import Classification, Question
from triage.core.facts.record import Facts
from triage.core.labels import UNSURE, Label, Unsure
from triage.errors import ConfigurationError

ALL = Allowed(
    said_by="oracle-1",
    labels=frozenset({Label.URGENT, Label.SERIOUS_ERROR, Label.RECONSIDERATION, Label.WEBFORM}),
    urgent_at_most=0.05,
)
QUESTION = Question(subject="", newest="Anything at all.", facts=Facts())


def unsure(urgent: float, error: float, again: float, webform: float, decision: Label | Unsure = UNSURE) -> Any:
    """A classification of those probabilities."""
    probabilities = dict(zip(Label, (urgent, error, again, webform), strict=True))
    return Classification(
        label=max(Label, key=lambda label: probabilities[label]),
        decision=decision,
        probabilities=probabilities,
        why_unsure="no label stands out" if decision == UNSURE else "",
        model="linear-1",
    )


def opinion(label: Label, probability: float = 0.9, said_by: str = "oracle-1") -> Opinion:
    """An opinion by whom `ALL` allows everything."""
    return Opinion(label=label, probability=probability, said_by=said_by)


CALM = unsure(0.03, 0.5, 0.07, 0.4)
FEARED = unsure(0.06, 0.5, 0.04, 0.4)
URGENT_OR_NOT = unsure(0.4, 0.1, 0.1, 0.4)


@pytest.mark.parametrize(
    ("model", "said", "decision"),
    [
        pytest.param(CALM, opinion(Label.SERIOUS_ERROR), Label.SERIOUS_ERROR, id="one of the two in doubt"),
        pytest.param(URGENT_OR_NOT, opinion(Label.URGENT), Label.URGENT, id="urgent, as the model fears"),
        pytest.param(CALM, opinion(Label.WEBFORM, 1.0), UNSURE, id="never web form, even if it were allowed"),
        pytest.param(FEARED, opinion(Label.SERIOUS_ERROR), UNSURE, id="not away from what may be urgent"),
        pytest.param(CALM, opinion(Label.RECONSIDERATION), UNSURE, id="nothing that the model holds unlikely"),
        pytest.param(CALM, opinion(Label.URGENT), UNSURE, id="not urgent either where the model holds it unlikely"),
        pytest.param(CALM, opinion(Label.SERIOUS_ERROR, 0.49), UNSURE, id="nothing that it doubts itself"),
        pytest.param(CALM, opinion(Label.SERIOUS_ERROR, said_by="oracle-2"), UNSURE, id="not by one not measured"),
        pytest.param(CALM, None, UNSURE, id="no opinion"),
        pytest.param(
            unsure(0.01, 0.01, 0.01, 0.97, decision=Label.WEBFORM),
            opinion(Label.URGENT),
            Label.WEBFORM,
            id="nothing that the model is sure of",
        ),
    ],
)
def test_what_an_opinion_may_settle(model: Classification, said: Opinion | None, decision: Label | Unsure) -> None:
    """Only to one of the two labels in doubt, but web form, and only to urgent where the model fears urgency."""
    assert settle(model, said, ALL).decision == decision


@pytest.mark.parametrize("label", list(Label))
def test_without_a_record_an_opinion_decides_nothing(label: Label) -> None:
    """It is shown as evidence, and its words stand in the reason; the decision is the model's."""
    heard = settle(URGENT_OR_NOT, opinion(label), NOTHING)
    assert (heard.decision, heard.label, heard.model) == (UNSURE, URGENT_OR_NOT.label, "linear-1")
    assert (heard.evidence[0].label, heard.evidence[0].text) == (label, "second opinion of oracle-1")
    assert heard.why_unsure.startswith("no label stands out; second opinion of oracle-1: ")


def test_what_an_opinion_settled_says_who_settled_it() -> None:
    """The version in the ledger names both; the model's probabilities stay its own."""
    settled = settle(CALM, opinion(Label.SERIOUS_ERROR), ALL)
    assert (settled.model, settled.why_unsure) == ("linear-1+oracle-1", "")
    assert settled.probabilities == CALM.probabilities


class Says:
    """A plug-in that answers what it is told to, or raises it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def ask(self, questions: Sequence[Question]) -> Any:
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="too few"),
        pytest.param([opinion(Label.SERIOUS_ERROR)] * 2, id="too many"),
        pytest.param(None, id="nothing"),
        pytest.param(["serious_error"], id="a text"),
        pytest.param([Opinion(label="serious_error", probability=0.9, said_by="oracle-1")], id="a label as text"),  # type: ignore[arg-type]
        pytest.param([opinion(Label.SERIOUS_ERROR, float("nan"))], id="not a number"),
        pytest.param([opinion(Label.SERIOUS_ERROR, 1.2)], id="more than sure"),
        pytest.param([Opinion(label=Label.SERIOUS_ERROR, probability="1", said_by="oracle-1")], id="a number as text"),  # type: ignore[arg-type]
        pytest.param([Opinion(label=Label.SERIOUS_ERROR, probability=0.9, said_by=3)], id="nobody said it"),  # type: ignore[arg-type]
        pytest.param([opinion(Label.SERIOUS_ERROR, said_by="o" * 41)], id="a name too long for the ledger"),
        pytest.param(RuntimeError("broken"), id="an exception"),
    ],
)
def test_a_plugin_that_breaks_the_protocol_leaves_messages_unsure(answer: Any) -> None:
    """Whatever it does is no opinion, and no exception for the mail around it."""
    heard = advice(Says(answer), ALL)([QUESTION], [CALM])
    assert [one.decision for one in heard] == [UNSURE]
    assert heard[0].why_unsure == "no label stands out; a second opinion was asked for, and none came"


def test_each_message_gets_its_own_opinion() -> None:
    """Opinions are in the order of the questions."""
    second: SecondOpinion = Says([None, opinion(Label.SERIOUS_ERROR), opinion(Label.WEBFORM)])
    heard = advice(second, ALL)([QUESTION] * 3, [CALM] * 3)
    assert [one.decision for one in heard] == [UNSURE, Label.SERIOUS_ERROR, UNSURE]


def test_plugins_are_found_by_their_entry_point() -> None:
    """The shipped one is installed, and another name is refused with what there is."""
    assert plugin("endpoint") is Endpoint
    with pytest.raises(ConfigurationError, match=r"no plug-in 'endpont' is installed; did you mean 'endpoint'\?"):
        plugin("endpont")
