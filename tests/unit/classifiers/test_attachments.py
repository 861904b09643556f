"""The shipped model and messages that leave their ask to an attachment: decided by what was read, else unsure."""

from dataclasses import replace

import pytest

from classifiers import artifact
from classifiers.features import text_of
from classifiers.linear import LinearClassifier
from triage.core.classification import Classification, Question
from triage.core.facts.record import Facts, Span
from triage.core.labels import UNSURE, Label
from triage.settings import SHIPPED_MODEL

NOT_READ = "what is asked seems to stand in an attachment, which was not read"
POINTS = Question(subject="V317000452", newest="Please see our attached letter.", facts=Facts())
ENCRYPTED = "it is encrypted"
AN_ERROR = (
    "Your letter to Mr. Obi of 12 March names another person, Ms. Chen, her passport number and her file. This is a"
    " privacy breach and a serious error by your office. The officer mixed up two files and sent her documents to us."
)
A_QUESTION = (
    "How long does it take to process a study permit? I applied two weeks ago and would like to know the status."
)


@pytest.fixture(scope="module")
def shipped() -> LinearClassifier:
    """The model in the repository."""
    return artifact.load(SHIPPED_MODEL)


def ask(shipped: LinearClassifier, question: Question) -> Classification:
    """The model's answer."""
    return shipped.classify([question])[0]


@pytest.mark.parametrize("subject", ["V317000452", "URGENT URGENT emergency", "request for reconsideration of refusal"])
@pytest.mark.parametrize(
    "newest",
    ["Please see our attached letter.", "Veuillez voir notre lettre ci-jointe.", "URGENT: see attached, immediate."],
)
def test_a_message_that_only_points_is_unsure_whatever_its_subject(
    shipped: LinearClassifier, newest: str, subject: str
) -> None:
    """Nobody read what it asks."""
    answer = ask(shipped, replace(POINTS, newest=newest, subject=subject))
    assert answer.decision == UNSURE
    assert answer.why_unsure


def test_it_says_why_the_attachment_was_not_read(shipped: LinearClassifier) -> None:
    """Each reason once."""
    answer = ask(shipped, replace(POINTS, subject="reconsideration of the refusal", unread=(ENCRYPTED, ENCRYPTED)))
    assert answer.decision == UNSURE
    assert answer.why_unsure.count(ENCRYPTED) <= 1
    silent = ask(shipped, replace(POINTS, newest="", unread=(ENCRYPTED,)))
    assert silent.why_unsure == f"the sender wrote no new text, and what is attached could not be read: {ENCRYPTED}"


def test_an_attachment_that_was_read_decides(shipped: LinearClassifier) -> None:
    """An error named in it is one, a question in it is one; also where nothing was written beside it."""
    for newest in (POINTS.newest, ""):
        error = ask(shipped, replace(POINTS, newest=newest, attached=AN_ERROR))
        assert error.label is Label.SERIOUS_ERROR
        assert NOT_READ not in error.why_unsure
        question = ask(shipped, replace(POINTS, newest=newest, attached=A_QUESTION))
        assert question.label is Label.WEBFORM
        assert NOT_READ not in question.why_unsure


def test_nobody_is_told_to_use_the_form_while_a_part_is_unread(shipped: LinearClassifier) -> None:
    """The question may be one of two letters."""
    answer = ask(shipped, replace(POINTS, attached=A_QUESTION, unread=(ENCRYPTED,)))
    assert (answer.decision, answer.why_unsure) == (UNSURE, f"{NOT_READ}: {ENCRYPTED}")


def test_what_the_message_itself_asks_needs_no_attachment(shipped: LinearClassifier) -> None:
    """An ask to reopen beside an unread letter is one."""
    text = "Please reconsider the refusal of my study permit. My letter is attached. The officer ignored my bank proof."
    span = Span("newest", 0, 32, text[:32])
    answer = ask(shipped, replace(POINTS, newest=text, subject="", facts=Facts(asks_to_reopen=span)))
    assert NOT_READ not in answer.why_unsure


def test_the_attached_text_stands_below_what_was_written() -> None:
    """For the model's words too."""
    assert text_of(replace(POINTS, attached="The LETTER")) == "v317000452\nplease see our attached letter.\nthe letter"
