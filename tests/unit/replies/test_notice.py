"""Why a message was sorted so, in a sentence: of the reason and the facts, without a word or a date of the sender's."""

import re
from itertools import product
from typing import Any

import pytest

from tests.unit.policy.cases import DEADLINE, SPAN, a_case, rules_of
from triage.core.facts.record import (
    Act,
    ActComplainedOf,
    DecisionKind,
    DecisionMentioned,
    Harm,
    HarmNamed,
    Topic,
    TopicNamed,
)
from triage.core.labels import UNSURE, Label
from triage.core.message import Language
from triage.core.policy.decision import Reason
from triage.core.replies.notice import VERDICTS, why

EN, FR = Language.ENGLISH, Language.FRENCH
HARM = {"harms": (HarmNamed(kind=Harm.LAPSE, span=SPAN),)}
ACT = {"acts": (ActComplainedOf(kind=Act.LOST_DOCUMENT, span=SPAN),)}
REFUSED = {"decisions": (DecisionMentioned(kind=DecisionKind.REFUSAL, span=SPAN),)}
NEAR = {"deadline": DEADLINE}
REOPEN = {"asks_to_reopen": SPAN}

SENTENCES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "urgent": (
        "urgent",
        HARM | NEAR,
        "Your message seems to name a harm (a document or a status that lapses) and a near date.",
        "Votre message semble faire état d’un préjudice (un document ou un statut qui expire) et d’une date"
        " rapprochée.",
    ),
    "urgent, no date read": (
        "urgent",
        {},
        "Your message seems to name a harm, now or soon.",
        "Votre message semble faire état d’un préjudice, actuel ou prochain.",
    ),
    "an error": (
        "serious_error",
        ACT,
        "Your message seems to point to a mistake by the office (a document lost).",
        "Votre message semble signaler une erreur du bureau (un document perdu).",
    ),
    "reconsideration": (
        "reconsideration",
        REFUSED,
        "Your message seems to ask that a final decision (a refusal) be looked at again.",
        "Votre message semble demander qu’une décision finale (un refus) soit revue.",
    ),
    "web form": (
        "webform",
        {},
        "Your message seems to name no harm on a near date, no mistake by the office and no request to look at a"
        " decision again.",
        "Votre message ne semble faire état d’aucun préjudice à une date rapprochée, d’aucune erreur du bureau ni"
        " d’aucune demande de revoir une décision.",
    ),
    "web form, a harm without a date": (
        "webform",
        HARM | ACT | REOPEN,
        "Your message seems to name no near date.",
        "Votre message ne semble faire état d’aucune date rapprochée.",
    ),
    "web form, all found": (
        "webform",
        HARM | NEAR | ACT | REOPEN,
        "Your message seems to ask for something that the web form is for.",
        "Votre message semble demander ce à quoi sert le formulaire web.",
    ),
}


@pytest.mark.parametrize(("label", "facts", "english", "french"), SENTENCES.values(), ids=SENTENCES.keys())
def test_the_sentence_says_what_was_read(label: str, facts: dict[str, Any], english: str, french: str) -> None:
    """What is told as missing is what the facts do not have."""
    case = a_case(label, facts=facts)
    assert (why(case, None, Reason.LABEL, EN), why(case, None, Reason.LABEL, FR)) == (english, french)


def test_an_answer_to_us_is_told_from_a_known_exchange() -> None:
    """The reason is one; the sentence says which of the two it was."""
    direct = a_case("webform", history={"answers": "DEL-1", "answers_our_reply": True})
    assert why(direct, None, Reason.ANSWERS_US, EN) == "Your message answers an automatic message of ours."
    known = a_case("webform", history={"answers": "DEL-1"})
    assert why(known, None, Reason.ANSWERS_US, EN) == "Your message continues an exchange with this office."


def test_a_rule_about_a_topic_is_told_with_its_topic() -> None:
    """Only with one that the rule asked about and the message has."""
    text = """
rules:
  - id: biometrics
    description: Mix-ups go to the biometrics unit.
    when: {all: [{topic: [litigation, biometrics]}]}
    then: {folder: review, reply: answer}
"""
    (rule,) = rules_of(text).rules
    topics = (TopicNamed(kind=Topic.MEDICAL, span=SPAN), TopicNamed(kind=Topic.BIOMETRICS, span=SPAN))
    told = why(a_case(facts={"topics": topics}), rule, Reason.FACT, EN)
    assert told == "Your message seems to be about biometrics, and a written rule of this inbox is for such messages."
    assert why(a_case(), rule, Reason.FACT, EN) == "A written rule of this inbox is for messages like yours."


def every_sentence() -> list[tuple[str, str]]:
    """Each reason with each label and each kind of fact."""
    facts: list[dict[str, Any]] = [{}, NEAR]
    facts += [{"harms": (HarmNamed(kind=kind, span=SPAN),)} | NEAR for kind in Harm]
    facts += [{"acts": (ActComplainedOf(kind=kind, span=SPAN),)} for kind in Act]
    facts += [{"decisions": (DecisionMentioned(kind=kind, span=SPAN),)} for kind in DecisionKind]
    cases = [a_case(label, facts=some) for label, some in product([*Label, UNSURE, None], facts)]
    return [(why(case, None, reason, EN), why(case, None, reason, FR)) for case, reason in product(cases, Reason)]


def test_every_sentence_is_one_and_of_our_words() -> None:
    """For every reason, label and fact: one sentence in each language, short, without a date or a number in it."""
    for english, french in set(every_sentence()):
        for sentence in (english, french):
            assert sentence.endswith(".")
            assert sentence.count(".") == 1
            assert len(sentence.split()) <= 32, sentence
            assert not re.search(r"\d|'", sentence), sentence
        assert english != french


def test_every_verdict_has_its_word_in_both_languages() -> None:
    """Labels and unsure."""
    assert set(VERDICTS) == {*(label.value for label in Label), UNSURE}
    assert all(set(words) == {"en", "fr"} for words in VERDICTS.values())
