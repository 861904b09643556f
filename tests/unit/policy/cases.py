"""Cases to decide on, made of invented people; each test changes only what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from triage.core.classification import Classification
from triage.core.effects import OutgoingMail
from triage.core.facts.record import Authentication, DateMentioned, Event, Facts, Span
from triage.core.labels import UNSURE, Label
from triage.core.located_yaml import Problem
from triage.core.message import Address, Language, Message
from triage.core.office import Office, Role, WorkingHours
from triage.core.policy.case import Case
from triage.core.policy.decision import NO_HISTORY
from triage.core.policy.loading import RuleSet, load_rules
from triage.core.screening import MachineKind, Screening

RULES = Path(__file__).resolve().parents[3] / "rules"
# A Wednesday, 11:30 in Delhi.
NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
SPAN = Span("newest", 0, 4, "word")
TEMPLATE = "Re: {{ subject }} [{{ reference }}]\nHello, {{ office }}.\n"

OFFICE = Office(
    id="delhi",
    names={"en": "Delhi", "fr": "Delhi"},
    address="manager@delhi.example",
    aliases=frozenset({"old-manager@delhi.example"}),
    zone=ZoneInfo("Asia/Kolkata"),
    languages=(Language.ENGLISH, Language.FRENCH),
    hours=WorkingHours(days=frozenset(range(5)), opens=time(9), closes=time(17)),
    folders={role.value: role.value.title() for role in Role} | {"biometrics": "Biometrics"},
    units={"biometrics": "biometrics@delhi.example"},
    contacts={"duty": "duty@delhi.example"},
    webform_url="https://webform.example/enquiry",
)

MESSAGE = Message(
    digest="ab" * 32,
    size=1000,
    message_id="<one@firm.example>",
    from_=Address(name="Noor Haddad", addr="noor@firm.example"),
    subject="Crew for the Pine River repair",
    date=datetime(2026, 11, 24, 10, tzinfo=UTC),
)

DEADLINE = DateMentioned(date=date(2026, 12, 1), days_away=7, event=Event.SHUTDOWN, span=SPAN)


def classified(label: Label | str, probability: float = 0.94) -> Classification:
    """A classifier's answer; "unsure" has webform as its best label."""
    best = Label.WEBFORM if label == UNSURE else Label(label)
    rest = (1 - probability) / 3
    return Classification(
        label=best,
        decision=UNSURE if label == UNSURE else best,
        probabilities={one: probability if one is best else rest for one in Label},
        model="test",
    )


def a_case(
    label: Label | str | None = Label.URGENT,
    *,
    machine: MachineKind | None = None,
    office: Office = OFFICE,
    now: datetime = NOW,
    message: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    history: Mapping[str, Any] | None = None,
) -> Case:
    """A person's message in English, classified as `label` (None: not classified), with what is given changed."""
    return Case(
        message=replace(MESSAGE, **(message or {})),
        raw=b"From: noor@firm.example\r\nSubject: Crew\r\n\r\nDear manager\r\n",
        screening=Screening(kind=machine, because="a header" if machine else ""),
        facts=replace(Facts(language=Language.ENGLISH, authentication=Authentication.NONE), **(facts or {})),
        classification=None if label is None else classified(label),
        office=office,
        history=replace(NO_HISTORY, **(history or {})),
        now=now,
    )


def rules_of(text: str, *, templates: tuple[str, ...] = ("answer",)) -> RuleSet:
    """A rule set of the rules in `text`, with templates of the names given."""
    loaded = load(text, templates=templates)
    assert isinstance(loaded, RuleSet), "\n".join(map(str, loaded))
    return loaded


def load(text: str, *, templates: tuple[str, ...] = ("answer",)) -> RuleSet | list[Problem]:
    """Load rules that may be wrong."""
    files = {f"{name}.{language}.txt": TEMPLATE for name in templates for language in ("en", "fr")}
    return load_rules(text, files, file="rules.yaml")


@cache
def shipped_templates() -> Mapping[str, str]:
    """The shipped templates' texts, by file name."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted((RULES / "templates").glob("*.txt"))}


@cache
def shipped() -> RuleSet:
    """The shipped rules and templates."""
    text = (RULES / "default.yaml").read_text(encoding="utf-8")
    loaded = load_rules(text, shipped_templates(), file="default.yaml")
    assert isinstance(loaded, RuleSet), "\n".join(map(str, loaded))
    return loaded


def text_of(mail: OutgoingMail) -> str:
    """The plain text of a mail, as another program reads it."""
    body = message_from_bytes(mail.content, policy=default).get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text
