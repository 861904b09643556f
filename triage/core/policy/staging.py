"""What a test gives → the case that a rule is asked about; no text is read and no model asked for it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from triage.core.classification import Classification
from triage.core.facts.record import (
    Act,
    ActComplainedOf,
    DateMentioned,
    DecisionKind,
    DecisionMentioned,
    Event,
    Facts,
    Harm,
    HarmNamed,
    Identifier,
    Span,
    Topic,
    TopicNamed,
)
from triage.core.labels import UNSURE, Label
from triage.core.message import Address, Attachment, DateSource, Language, Message
from triage.core.office import Office
from triage.core.policy.case import Case
from triage.core.policy.decision import NO_HISTORY, History
from triage.core.policy.rule_tests import Given
from triage.core.screening import Screening

# What a sure answer and an unsure one may look like, where a test does not say.
SURE, DOUBTFUL = 0.95, 0.4
SOON = 7  # days to a deadline that a test names without its day
_SPAN = Span("newest", 0, 1, "…")


def blank_case(office: Office, now: datetime) -> Case:
    """A person's message in English without a word in it: a test gives the facts themselves."""
    message = Message(
        digest="00" * 32,
        size=0,
        message_id="<test@mail.example>",
        from_=Address(name="Sam Reyes", addr="sam.reyes@mail.example"),
        to=(Address(name="", addr=office.address),),
        date=now,
        date_source=DateSource.DATE,
        language=Language.ENGLISH,
    )
    return Case(
        message=message,
        raw=b"",
        screening=Screening(kind=None),
        facts=Facts(language=Language.ENGLISH),
        classification=None,
        office=office,
        history=NO_HISTORY,
        now=now,
    )


def staged(case: Case, given: Given) -> Case:
    """Lay what is given over the case."""
    message = case.message if given.unparseable is None else replace(case.message, unparseable=given.unparseable)
    if "attachment" in given.has and not message.attachments:
        letter = Attachment(name="letter.pdf", content_type="application/pdf", size=1, sha256="00" * 32)
        message = replace(message, attachments=(letter,))
    if given.language:
        message = replace(message, language=given.language)
    if given.sender:
        message = replace(message, from_=Address(name="", addr=given.sender))
    machine = Screening(kind=given.machine, because="the test says so") if given.machine else case.screening
    silent = machine.kind is not None or message.unparseable  # neither is ever classified
    found = None if silent else case.classification
    return replace(
        case,
        message=message,
        screening=machine,
        facts=_facts(case, given, message),
        classification=answer_of(given.label, given.probability) if given.label else found,
        history=_history(given),
    )


def answer_of(verdict: str, given: float | Mapping[Label, float] | None = None) -> Classification:
    """A classifier's answer; `given` is the probability of the label, or of each, where it is told.

    "Unsure" has web form for its likeliest label unless probabilities say otherwise.
    """
    unsure = verdict == UNSURE
    best = Label.WEBFORM if unsure else Label(verdict)
    if isinstance(given, Mapping):
        probabilities = {label: given.get(label, 0.0) for label in Label}
        best = max(probabilities, key=probabilities.__getitem__) if unsure else best
    else:
        of_best = (DOUBTFUL if unsure else SURE) if given is None else given
        probabilities = {label: of_best if label is best else (1 - of_best) / (len(Label) - 1) for label in Label}
    return Classification(
        label=best,
        decision=UNSURE if unsure else best,
        probabilities=probabilities,
        why_unsure="the test says so" if unsure else "",
        model="test",
    )


def _history(given: Given) -> History:
    return History(
        replies_today=given.replies_today,
        messages_this_week=given.sender_messages_this_week,
        answers="TST-0000-0000" if given.answers else None,
        answers_our_reply=given.answers == "our-reply",
    )


def _facts(case: Case, given: Given, message: Message) -> Facts:
    sent = (message.date or case.now).date()
    found: dict[str, Any] = {}
    for name in given.has:
        found |= _FOUND.get(name, lambda: {})()
    days = given.deadline_in_days
    if days is None and "deadline" in given.has:
        days = SOON
    if days is not None or "date" in given.has:
        ahead = SOON if days is None else days
        event = None if days is None else Event.TRAVEL
        date = DateMentioned(date=sent + timedelta(days=ahead), days_away=ahead, event=event, span=_SPAN)
        found["dates"] = (date,)
        if days is not None:
            found |= {"likely_deadline": date, "deadline": date}
    if given.topic:
        found["topics"] = tuple(TopicNamed(kind=Topic(name), span=_SPAN) for name in given.topic)
    if given.harm:
        found["harms"] = tuple(HarmNamed(kind=Harm(name), span=_SPAN) for name in given.harm)
    if given.office_error:
        found["acts"] = tuple(ActComplainedOf(kind=Act(name), span=_SPAN) for name in given.office_error)
    if given.decision:
        found["decisions"] = tuple(DecisionMentioned(kind=DecisionKind(name), span=_SPAN) for name in given.decision)
    if given.language:
        found["language"] = given.language
    if given.authentication:
        found["authentication"] = given.authentication
    return replace(case.facts, **found)


_FOUND: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "identifier": lambda: {"identifiers": (Identifier(kind="application", value="V000000000", span=_SPAN),)},
    "decision": lambda: {"decisions": (DecisionMentioned(kind=DecisionKind.REFUSAL, span=_SPAN),)},
    "asks_to_reopen": lambda: {"asks_to_reopen": _SPAN},
    "prior_enquiry": lambda: {"prior_enquiry": _SPAN},
    "representative": lambda: {"representative": _SPAN},
    "harm": lambda: {"harms": (HarmNamed(kind=Harm.STRANDED, span=_SPAN),)},
    "office-error": lambda: {"acts": (ActComplainedOf(kind=Act.WRONG_NAME, span=_SPAN),)},
}
