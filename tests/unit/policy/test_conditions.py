"""Each kind of condition, with a case that meets it and one that does not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.policy.cases import DEADLINE, MESSAGE, NOW, OFFICE, SPAN, a_case, classified
from triage.core.facts.record import (
    Act,
    ActComplainedOf,
    Authentication,
    DecisionKind,
    DecisionMentioned,
    Facts,
    Harm,
    HarmNamed,
    Identifier,
    Topic,
    TopicNamed,
)
from triage.core.labels import Label
from triage.core.message import Address, Attachment, Language
from triage.core.policy.case import Case
from triage.core.policy.conditions import _ASK, _FACTS, try_condition
from triage.core.policy.possibilities import _FORMULA
from triage.core.policy.schema import Condition
from triage.core.policy.schema_values import FACT_NAMES
from triage.core.screening import MachineKind


def asked(case: Case, **condition: Any) -> tuple[bool, str]:
    """What one condition says of a case."""
    trial = try_condition(Condition.model_validate(condition), case)
    return trial.matched, trial.found


SUBJECTS = {"headers": (("subject", "Biométrie : dossier 11-2345-6789"), ("received", "one"), ("received", "two"))}

TOPICS = tuple(TopicNamed(kind=kind, span=SPAN) for kind in (Topic.MEDICAL, Topic.PRIVACY_BREACH))

WITH_HOLIDAYS = replace(OFFICE, hours=replace(OFFICE.hours, holidays="IN"))
REPUBLIC_DAY = NOW + timedelta(days=62)  # Tuesday 26 January 2027

TABLE: dict[str, tuple[Case, dict[str, Any], tuple[bool, str]]] = {
    "label, the very one": (a_case("urgent"), {"label": "urgent"}, (True, "urgent")),
    "label, another": (a_case("webform"), {"label": "urgent"}, (False, "webform")),
    "label, one of a list": (a_case("webform"), {"label": ["urgent", "webform"]}, (True, "webform")),
    "label, unsure": (a_case("unsure"), {"label": "unsure"}, (True, "unsure")),
    "label, the best one where unsure": (a_case("unsure"), {"label": "webform"}, (False, "unsure")),
    "label, nothing classified": (a_case(None), {"label": "unsure"}, (True, "unsure")),
    "label, of a machine": (
        a_case(None, machine=MachineKind.BOUNCE),
        {"label": "unsure"},
        (False, "machine mail has no label"),
    ),
    "probability, over": (a_case("urgent"), {"probability": {"at_least": 0.9}}, (True, "urgent 0.940")),
    "probability, at the bound": (a_case("urgent"), {"probability": {"at_least": 0.94}}, (True, "urgent 0.940")),
    "probability, under": (a_case("urgent"), {"probability": {"at_least": 0.95}}, (False, "urgent 0.940")),
    "probability, at most": (a_case("urgent"), {"probability": {"at_most": 0.9}}, (False, "urgent 0.940")),
    "probability, at most, at the bound": (
        a_case("urgent"),
        {"probability": {"at_most": 0.94}},
        (True, "urgent 0.940"),
    ),
    "probability, of rounded parts": (
        replace(a_case(), classification=replace(classified("urgent"), probabilities={Label.URGENT: 1 + 1e-9})),
        {"probability": {"at_most": 1}},
        (True, "urgent 1.000"),
    ),
    "probability, of a label that a classifier says nothing of": (
        replace(a_case(), classification=replace(classified("urgent"), probabilities={Label.URGENT: 1.0})),
        {"probability": {"of": "webform", "at_least": 0.01}},
        (False, "webform 0.000"),
    ),
    "probability, of another label": (
        a_case("webform"),
        {"probability": {"of": "urgent", "at_least": 0.01, "at_most": 0.03}},
        (True, "urgent 0.020"),
    ),
    "probability, not classified": (a_case(None), {"probability": {"at_most": 1}}, (False, "not classified")),
    "machine, any": (a_case(None, machine=MachineKind.LIST), {"machine": "any"}, (True, "list")),
    "machine, one of a list": (
        a_case(None, machine=MachineKind.LIST),
        {"machine": ["bulk", "list"]},
        (True, "list"),
    ),
    "machine, another kind": (a_case(None, machine=MachineKind.LIST), {"machine": "bounce"}, (False, "list")),
    "machine, a person": (a_case(), {"machine": "any"}, (False, "written by a person")),
    "unparseable": (a_case(message={"unparseable": True}), {"unparseable": True}, (True, "could not be read whole")),
    "unparseable, but read": (a_case(), {"unparseable": True}, (False, "was read")),
    "readable": (a_case(), {"unparseable": False}, (True, "was read")),
    "authentication": (
        a_case(facts={"authentication": Authentication.FAIL}),
        {"authentication": "fail"},
        (True, "fail"),
    ),
    "authentication, another": (a_case(), {"authentication": ["fail", "pass"]}, (False, "none")),
    "language": (a_case(facts={"language": Language.FRENCH}), {"language": "fr"}, (True, "fr")),
    "language, another": (a_case(facts={"language": Language.MIXED}), {"language": ["fr", "en"]}, (False, "mixed")),
    "deadline, within": (a_case(facts={"deadline": DEADLINE}), {"deadline_within_days": 7}, (True, "in 7 days")),
    "deadline, beyond": (a_case(facts={"deadline": DEADLINE}), {"deadline_within_days": 6}, (False, "in 7 days")),
    "deadline, today": (
        a_case(facts={"deadline": replace(DEADLINE, days_away=0)}),
        {"deadline_within_days": 0},
        (True, "in 0 days"),
    ),
    "deadline, past": (
        a_case(facts={"deadline": replace(DEADLINE, days_away=-1)}),
        {"deadline_within_days": 6},
        (False, "in -1 days"),
    ),
    "deadline, none": (a_case(), {"deadline_within_days": 365}, (False, "no date with a harm ahead")),
    # It is decided on Wednesday 25 November; the deadline is Tuesday 1 December.
    "working days, within": (
        a_case(facts={"deadline": DEADLINE}),
        {"deadline_within_working_days": 4},
        (True, "4 working days left"),
    ),
    "working days, beyond": (
        a_case(facts={"deadline": DEADLINE}),
        {"deadline_within_working_days": 3},
        (False, "4 working days left"),
    ),
    "working days, by the office's own date": (  # Thursday already
        a_case(facts={"deadline": DEADLINE}, now=NOW + timedelta(hours=13)),
        {"deadline_within_working_days": 3},
        (True, "3 working days left"),
    ),
    "working days, passed while it waited": (
        a_case(facts={"deadline": DEADLINE}, now=NOW + timedelta(days=30)),
        {"deadline_within_working_days": 0},
        (True, "0 working days left"),
    ),
    "working days, in a year that nobody reaches": (
        a_case(facts={"deadline": replace(DEADLINE, date=date(9999, 12, 31))}),
        {"deadline_within_working_days": 260},
        (False, "400 working days left"),
    ),
    "working days, none": (a_case(), {"deadline_within_working_days": 260}, (False, "no date with a harm ahead")),
    "time, open": (a_case(), {"time": "office-hours"}, (True, "office-hours (Wed 11:30)")),
    "time, whenever it came": (
        a_case(message={"received_at": NOW - timedelta(hours=9)}),
        {"time": "outside-hours"},
        (False, "office-hours (Wed 11:30)"),
    ),
    "time, a holiday is outside": (
        a_case(office=WITH_HOLIDAYS, now=REPUBLIC_DAY),
        {"time": "outside-hours"},
        (True, "holiday (Tue 11:30)"),
    ),
    "time, no holiday": (
        a_case(office=WITH_HOLIDAYS, now=NOW + timedelta(hours=9)),
        {"time": ["holiday", "office-hours"]},
        (False, "outside-hours (Wed 20:30)"),
    ),
    "has, one of a list": (
        a_case(facts={"prior_enquiry": SPAN}),
        {"has": ["representative", "prior_enquiry"]},
        (True, "prior_enquiry"),
    ),
    "has, neither": (a_case(), {"has": ["representative", "prior_enquiry"]}, (False, "not found")),
    "topic, one of a list": (
        a_case(facts={"topics": TOPICS}),
        {"topic": ["litigation", "privacy-breach"]},
        (True, "medical, privacy-breach"),
    ),
    "topic, another": (
        a_case(facts={"topics": TOPICS}),
        {"topic": "litigation"},
        (False, "medical, privacy-breach"),
    ),
    "topic, none": (a_case(), {"topic": "medical"}, (False, "none of the known topics")),
    "harm": (
        a_case(facts={"harms": (HarmNamed(kind=Harm.LAPSE, span=SPAN),)}),
        {"harm": ["stranded", "lapse"]},
        (True, "lapse"),
    ),
    "harm, none": (a_case(), {"harm": "lapse"}, (False, "none of the known harms")),
    "office error": (
        a_case(facts={"acts": (ActComplainedOf(kind=Act.FEE, span=SPAN),)}),
        {"office_error": "fee"},
        (True, "fee"),
    ),
    "office error, another": (
        a_case(facts={"acts": (ActComplainedOf(kind=Act.FEE, span=SPAN),)}),
        {"office_error": "wrong-name"},
        (False, "fee"),
    ),
    "office error, none": (a_case(), {"office_error": "fee"}, (False, "none of the known errors")),
    "decision, told twice": (
        a_case(facts={"decisions": (DecisionMentioned(kind=DecisionKind.REFUSAL, span=SPAN),) * 2}),
        {"decision": ["refusal", "finding"]},
        (True, "refusal"),
    ),
    "decision, none": (a_case(), {"decision": "return"}, (False, "none of the known decisions")),
    "office": (a_case(), {"office": ["nairobi", "delhi"]}, (True, "delhi")),
    "office, another": (a_case(), {"office": "nairobi"}, (False, "delhi")),
    "header, any case, with accents, numbers masked": (
        a_case(message=SUBJECTS),
        {"header": {"name": "SUBJECT", "matches": "^BIOMÉTRIE"}},
        (True, "Biométrie : dossier 11••••••••••"),
    ),
    "header, another value": (
        a_case(message=SUBJECTS),
        {"header": {"name": "Subject", "matches": "refus"}},
        (False, "Biométrie : dossier 11••••••••••"),
    ),
    "header, a later one of the name": (
        a_case(message=SUBJECTS),
        {"header": {"name": "Received", "matches": "two"}},
        (True, "two"),
    ),
    "header, absent": (
        a_case(message=SUBJECTS),
        {"header": {"name": "X-None", "matches": "."}},
        (False, "no such header"),
    ),
    "header, long": (
        a_case(message={"headers": (("subject", "a" * 500),)}),
        {"header": {"name": "Subject", "matches": "a"}},
        (True, "a" * 60 + "…"),
    ),
    "header, as long as is shown": (
        a_case(message={"headers": (("subject", "a" * 60),)}),
        {"header": {"name": "Subject", "matches": "a"}},
        (True, "a" * 60),
    ),
    "sender, of a domain": (a_case(), {"sender": {"domain": "Firm.Example"}}, (True, "noor@firm.example")),
    "sender, below a domain": (
        a_case(message={"from_": Address(name="", addr="Noor@mail.firm.example")}),
        {"sender": {"domain": ["courts.example", "firm.example"]}},
        (True, "noor@mail.firm.example"),
    ),
    "sender, of a domain that only ends alike": (
        a_case(message={"from_": Address(name="firm.example", addr="noor@lawfirm.example")}),
        {"sender": {"domain": "firm.example"}},
        (False, "noor@lawfirm.example"),
    ),
    "sender, with an address in quotes before the domain": (
        a_case(message={"from_": Address(name="", addr='"noor@courts.example"@firm.example')}),
        {"sender": {"domain": "firm.example"}},
        (True, '"noor@courts.example"@firm.example'),
    ),
    "sender, by address": (
        a_case(message={"from_": Address(name="", addr="NOOR@firm.example")}),
        {"sender": {"address": ["x@firm.example", "Noor@Firm.example"]}},
        (True, "noor@firm.example"),
    ),
    "sender, another address": (
        a_case(),
        {"sender": {"address": "r@firm.example"}},
        (False, "noor@firm.example"),
    ),
    "sender, by a pattern": (a_case(), {"sender": {"matches": "^(noor|sam)@FIRM"}}, (True, "noor@firm.example")),
    "sender, in lower case to any pattern": (
        a_case(message={"from_": Address(name="", addr="NOOR@firm.example")}),
        {"sender": {"matches": "(?-i)^noor@"}},
        (True, "noor@firm.example"),
    ),
    "sender, nobody": (a_case(message={"from_": None}), {"sender": {"matches": "."}}, (False, "it names no sender")),
    "sender, a name is no address": (
        a_case(message={"from_": Address(name="registry@courts.example", addr="x@mail.example")}),
        {"sender": {"matches": "courts"}},
        (False, "x@mail.example"),
    ),
    "this week, enough": (
        a_case(history={"messages_this_week": 4}),
        {"sender_messages_this_week": {"at_least": 4}},
        (True, "4"),
    ),
    "this week, too few": (
        a_case(history={"messages_this_week": 3}),
        {"sender_messages_this_week": {"at_least": 4}},
        (False, "3"),
    ),
    "this week, at most": (
        a_case(history={"messages_this_week": 3}),
        {"sender_messages_this_week": {"at_least": 2, "at_most": 3}},
        (True, "3"),
    ),
    "this week, too many": (
        a_case(history={"messages_this_week": 4}),
        {"sender_messages_this_week": {"at_most": 3}},
        (False, "4"),
    ),
    "this week, without a ledger": (
        a_case(),
        {"sender_messages_this_week": {"at_most": 1000}},
        (False, "not known: the ledger was not asked, or nobody is named as the sender"),
    ),
    "answers our reply": (
        a_case(history={"answers_our_reply": True, "answers": "DEL-1"}),
        {"answers": "our-reply"},
        (True, "it does"),
    ),
    "answers a person": (a_case(history={"answers": "DEL-1"}), {"answers": "our-reply"}, (False, "it does not")),
    "belongs to an exchange": (a_case(history={"answers": "DEL-1"}), {"answers": "an-exchange"}, (True, "DEL-1")),
    "belongs to none": (a_case(), {"answers": "an-exchange"}, (False, "it does not")),
}


@pytest.mark.parametrize(("case", "condition", "answer"), TABLE.values(), ids=TABLE.keys())
def test_a_condition_answers(case: Case, condition: dict[str, Any], answer: tuple[bool, str]) -> None:
    """A condition says whether it holds, and what was found."""
    assert asked(case, **condition) == answer


def test_every_kind_of_condition_is_in_the_table() -> None:
    """No condition of the schema is without an answer, a test above, or a meaning to the checks."""
    tested = {key for _, condition, _ in TABLE.values() for key in condition}
    assert tested == set(Condition.model_fields) == set(_ASK) == set(_FORMULA)


FACTS: dict[str, Facts] = {
    "identifier": Facts(identifiers=(Identifier(kind="uci", value="1123456789", span=SPAN),)),
    "date": Facts(dates=(DEADLINE,)),
    "deadline": Facts(deadline=DEADLINE),
    "decision": Facts(decisions=(DecisionMentioned(kind=DecisionKind.REFUSAL, span=SPAN),)),
    "asks_to_reopen": Facts(asks_to_reopen=SPAN),
    "prior_enquiry": Facts(prior_enquiry=SPAN),
    "representative": Facts(representative=SPAN),
    "harm": Facts(harms=(HarmNamed(kind=Harm.LAPSE, span=SPAN),)),
    "office-error": Facts(acts=(ActComplainedOf(kind=Act.FEE, span=SPAN),)),
}


@pytest.mark.parametrize("name", FACT_NAMES)
def test_a_fact_is_had_only_when_it_was_found(name: str) -> None:
    """`has` names each fact, and no fact answers for another."""
    attachment = Attachment(name="a.pdf", content_type="application/pdf", size=1, sha256="0")
    having = replace(
        a_case(),
        facts=FACTS.get(name, Facts()),
        message=replace(MESSAGE, attachments=(attachment,) if name == "attachment" else ()),
    )
    assert [fact for fact in FACT_NAMES if asked(having, has=fact)[0]] == [name]
    assert set(_FACTS) == set(FACT_NAMES)


def test_a_condition_is_told_as_the_file_says_it() -> None:
    """What `explain` shows can be found again in the rules file."""
    written = [
        ({"label": ["urgent", "unsure"]}, "label: urgent, unsure"),
        ({"unparseable": True}, "unparseable: true"),
        ({"deadline_within_days": 15}, "deadline_within_days: 15"),
        ({"header": {"name": "Subject", "matches": "a.b"}}, "header: name Subject, matches a.b"),
        ({"probability": {"of": "urgent", "at_least": 0.2}}, "probability: of urgent, at_least 0.2"),
        ({"sender": {"domain": ["a.example", "b.example"]}}, "sender: domain a.example, b.example"),
    ]
    assert [Condition.model_validate(given).written for given, _ in written] == [told for _, told in written]


def test_a_hostile_value_takes_no_longer_than_its_length_allows() -> None:
    """Patterns are RE2's: what makes others run for ever is answered at once."""
    case = a_case(message={"headers": (("subject", "a" * 2000 + "!"),)})
    assert asked(case, header={"name": "Subject", "matches": "^(a+)+$"})[0] is False


def test_labels_of_conditions_are_the_classifiers() -> None:
    """A label added to the classifier must be one that rules can name."""
    for label in Label:
        assert asked(a_case(label), label=label.value) == (True, label.value)
