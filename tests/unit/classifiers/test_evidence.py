"""Why a message was classified so: the words that carried it, and that they did carry it."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from classifiers import artifact
from classifiers.budget import LABELS, Budget, Calibration, limits
from classifiers.corpus_files import Labelled, questions_of, read_corpus
from classifiers.evidence import sentences_of
from classifiers.linear import LinearClassifier
from classifiers.training import fit
from triage.core.classification import Question
from triage.core.facts.record import Facts
from triage.core.labels import Label
from triage.settings import SHIPPED_MODEL

AUTHOR = "long-table"


@pytest.fixture(scope="module")
def shipped() -> LinearClassifier:
    """The model in the repository."""
    return artifact.load(SHIPPED_MODEL)


@pytest.fixture(scope="module")
def unseeing() -> LinearClassifier:
    """A model that has seen nothing by AUTHOR; its limits do not matter here."""
    records = [record for record in read_corpus() if record.author != AUTHOR]
    weights = fit(questions_of(records), np.array([LABELS.index(record.label) for record in records]))
    nothing = Calibration(temperature=0.7, needing_a_person=1000, urgent=1000, lost=(), delayed=())
    return LinearClassifier(
        version="test",
        weights=weights,
        calibrated_on=nothing,
        limits=limits(nothing, Budget()),
    )


def urgent_record() -> Labelled:
    """An invented message of the corpus' form."""
    return replace(
        read_corpus()[0],
        date=read_corpus()[0].date.replace(year=2026, month=5, day=11),
        subject="Work permit",
        body=(
            "Dear manager,\n\nI hope that you are well. My mother had a stroke and her operation is on 14 May 2026 in "
            "Toronto. The doctors say that she may not live through it. Our office has a blue door.\n\nThank you.\n"
        ),
    )


def test_facts_are_told_in_words_in_both_languages(shipped: LinearClassifier) -> None:
    """What happens, when, and how far off; sentences stand as the sender wrote them."""
    (question,) = questions_of([urgent_record()])
    evidence = shipped.evidence(question, Label.URGENT)
    told = next(one for one in evidence if one.text_fr)
    assert told.text == "an operation on 14 May 2026, 3 days after the message"
    assert told.text_fr == "une opération le 14 mai 2026, 3 jours après le message"
    assert told.weight > 0
    assert any("her operation is on 14 May 2026" in one.text and not one.text_fr for one in evidence)
    assert all("blue door" not in one.text for one in evidence[:2])
    assert [abs(one.weight) for one in evidence] == sorted((abs(one.weight) for one in evidence), reverse=True)


def test_evidence_against_a_label_is_negative(shipped: LinearClassifier) -> None:
    """The same words speak against what they do not speak for."""
    (question,) = questions_of([urgent_record()])
    for_urgent = shipped.evidence(question, Label.URGENT)
    for_webform = {one.text: one.weight for one in shipped.evidence(question, Label.WEBFORM)}
    assert for_urgent[0].weight > 0 > for_webform[for_urgent[0].text]


@pytest.mark.parametrize("text", ["", " \n\n ", "x" * 200_000, "a. " * 50_000, "é\u0301\x00\ud800!?;:", "no end"])
def test_any_text_has_evidence_or_none(shipped: LinearClassifier, text: str) -> None:
    """Whatever was written."""
    for one in shipped.evidence(Question(subject="", newest=text, facts=Facts()), Label.URGENT):
        assert len(one.text) <= 301


def test_sentences_lose_no_word() -> None:
    """Subject, then sentences in order; all that the model sees stands in one of them."""
    question = Question(subject="Two. Parts", newest="One (here). Two!\n- an item\n- another\n\nEnd", facts=Facts())
    shown = [sentence for sentence, _ in sentences_of(question)]
    assert shown == ["Two. Parts", "One (here).", "Two!", "- an item", "- another", "End"]


def test_without_its_evidence_a_message_is_decided_otherwise(unseeing: LinearClassifier) -> None:
    """Deleting the sentences that carried a label changes it far oftener than deleting as much other text."""
    records = [record for record in read_corpus() if record.author == AUTHOR]
    questions = questions_of(records)
    chance = random.Random(5)
    pairs = []
    for record, question, answer in zip(records, questions, unseeing.classify(questions), strict=True):
        carried = [one.text for one in unseeing.evidence(question, answer.label) if one.weight > 0 and not one.text_fr][
            :2
        ]
        sentences = [shown for shown, _ in sentences_of(question)]
        others = [one for one in sentences if " ".join(one.split()) not in carried]
        chance.shuffle(others)
        as_long: list[str] = []
        while others and len("".join(as_long)) < len("".join(carried)):
            as_long.append(others.pop())
        pairs.append((answer.label, _without(record, carried), _without(record, as_long)))
    labels = [label for label, _, _ in pairs]
    changed = _changed(unseeing, labels, [without for _, without, _ in pairs])
    by_chance = _changed(unseeing, labels, [other for _, _, other in pairs])
    assert changed > 2 * by_chance
    assert changed > len(pairs) // 5


def _without(record: Labelled, sentences: Sequence[str]) -> Labelled:
    body = record.body
    for sentence in sentences:
        body = body.replace(sentence, " ") if sentence in body else " ".join(body.split()).replace(sentence, " ")
    subject = "" if " ".join(record.subject.split()) in sentences else record.subject
    return replace(record, subject=subject, body=body)


def _changed(classifier: LinearClassifier, labels: Sequence[Label], records: Sequence[Labelled]) -> int:
    answers = classifier.classify(questions_of(records))
    return sum(answer.label != label for answer, label in zip(answers, labels, strict=True))
