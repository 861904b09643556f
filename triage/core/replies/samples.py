"""Invented messages, as realistic as replies to them are to be: for looking at templates before anybody gets one."""

from dataclasses import replace
from datetime import datetime, timedelta

from triage.core.facts.record import (
    Act,
    ActComplainedOf,
    Authentication,
    DateMentioned,
    DecisionKind,
    DecisionMentioned,
    Event,
    Facts,
    Harm,
    HarmNamed,
    Span,
)
from triage.core.labels import UNSURE, Label
from triage.core.message import Body, Language
from triage.core.office import Office
from triage.core.policy.case import Case
from triage.core.policy.schema import Rule
from triage.core.policy.staging import answer_of, blank_case

_SPAN = Span("newest", 0, 1, "…")
_ENGLISH = (
    "Question about application V304418822",
    "Dear manager,\n\nI am writing about my application. I sent the form through the web site in October and have had"
    " no answer since. Please see https://files.example/letter for my letter, or call 613-555-0123.\n\nThank you,",
)
_FRENCH = (
    "Question sur la demande V304418822",
    "Bonjour,\n\nJe vous écris au sujet de ma demande. J’ai envoyé le formulaire en octobre par le site et je suis sans"
    " réponse depuis. Ma lettre est à https://files.example/lettre, et mon numéro est le 613-555-0123.\n\nMerci,",
)
_SAMPLES = {Language.ENGLISH: _ENGLISH, Language.FRENCH: _FRENCH}


def sample_case(office: Office, rule: Rule | None, language: Language, now: datetime) -> Case:
    """A message that the rule could be about, in English, French or neither of them alone (any other language)."""
    subject, text = _SAMPLES.get(language, (f"{_FRENCH[0]} / {_ENGLISH[0]}", _FRENCH[1]))
    asked = {condition.kind: condition for condition in rule.when.all} if rule and rule.when else {}
    verdict = (asked["label"].label or (UNSURE,))[0] if "label" in asked else UNSURE
    case = blank_case(office, now)
    message = replace(
        case.message,
        digest="5a" * 32,
        size=2000,
        message_id="<sample@mail.example>",
        subject=subject,
        date=now - timedelta(minutes=7),
        body=Body(newest=text),
        language=language,
        unparseable="unparseable" in asked,
    )
    answering = replace(case.history, answers="OLD-1234-5678", answers_our_reply=True)
    return replace(
        case,
        message=message,
        facts=_facts(verdict, language, now),
        classification=None if message.unparseable else answer_of(verdict),
        history=answering if "answers" in asked else case.history,
    )


def _facts(verdict: str, language: Language, now: datetime) -> Facts:
    facts = Facts(language=language, authentication=Authentication.PASS)
    if verdict == Label.URGENT:
        day = (now + timedelta(days=6)).date()
        date = DateMentioned(date=day, days_away=6, event=Event.DEATH, span=_SPAN)
        return replace(facts, deadline=date, harms=(HarmNamed(kind=Harm.DEATH, span=_SPAN),))
    if verdict == Label.SERIOUS_ERROR:
        return replace(facts, acts=(ActComplainedOf(kind=Act.WRONG_NAME, span=_SPAN),))
    if verdict == Label.RECONSIDERATION:
        refused = DecisionMentioned(kind=DecisionKind.REFUSAL, span=_SPAN)
        return replace(facts, decisions=(refused,), asks_to_reopen=_SPAN)
    return facts
