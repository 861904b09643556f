"""Whatever arrives, and whatever the rules: a decision, the same every time, within what is promised."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.policy.cases import DEADLINE, OFFICE, SPAN, TEMPLATE, a_case, shipped
from triage.core.classification import Classification
from triage.core.effects import AddFlags, Forward, MoveTo, Notify, Reply
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
)
from triage.core.labels import UNSURE, Label
from triage.core.message import Address, Language
from triage.core.office import Role, WorkingHours
from triage.core.policy.case import Case
from triage.core.policy.deciding import decide, fail_open, reference
from triage.core.policy.decision import History
from triage.core.policy.evaluation import evaluate, reason_for
from triage.core.policy.loading import RuleSet, load_rules
from triage.core.policy.schema_values import FACT_NAMES, VERDICTS
from triage.core.replies.fields import text_field, words_field
from triage.core.replies.rendering import WIDTH, wrapped
from triage.core.screening import MachineKind, Screening
from triage.core.working_time import OfficeTime, WorkingTime, due

TEXT = st.text(max_size=200)


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Aware moments between two years."""
    return st.datetimes(*(datetime(year, 1, 1) for year in (first, last)), timezones=st.just(UTC))  # noqa: DTZ001


ADDRESSES = st.builds(Address, name=TEXT, addr=TEXT | st.sampled_from(["noor@firm.example", "manager@delhi.example"]))
IDS = st.lists(TEXT | st.sampled_from(["<a@x.example>", "<b@x.example>"]), max_size=30).map(tuple)
MESSAGES = st.fixed_dictionaries(
    {
        "digest": st.binary(min_size=32, max_size=32).map(bytes.hex),
        "message_id": st.none() | TEXT,
        "in_reply_to": IDS,
        "references": IDS,
        "from_": st.none() | ADDRESSES,
        "reply_to": st.lists(ADDRESSES, max_size=2).map(tuple),
        "return_path": st.none() | TEXT,
        "subject": TEXT,
        "date": st.none() | moments(1990, 2100),
        "headers": st.lists(st.tuples(st.sampled_from(["subject", "x-a"]), TEXT), max_size=3).map(tuple),
        "truncated": st.booleans(),
        "unparseable": st.booleans(),
    }
)
FACTS = st.builds(
    Facts,
    language=st.sampled_from(Language),
    authentication=st.sampled_from(Authentication),
    identifiers=st.sampled_from([(), (Identifier(kind="uci", value="1123456789", span=SPAN),)]),
    deadline=st.none()
    | st.builds(lambda day, away: replace(DEADLINE, date=day, days_away=away), st.dates(), st.integers(-400, 400)),
    decisions=st.lists(st.builds(DecisionMentioned, kind=st.sampled_from(DecisionKind), span=st.just(SPAN))).map(tuple),
    harms=st.lists(st.builds(HarmNamed, kind=st.sampled_from(Harm), span=st.just(SPAN)), max_size=3).map(tuple),
    acts=st.lists(st.builds(ActComplainedOf, kind=st.sampled_from(Act), span=st.just(SPAN)), max_size=3).map(tuple),
    asks_to_reopen=st.sampled_from([None, SPAN]),
    prior_enquiry=st.sampled_from([None, SPAN]),
    representative=st.sampled_from([None, SPAN]),
)


@st.composite
def classifications(draw: st.DrawFn) -> Classification:
    """Any answer that a classifier can give."""
    weights = [draw(st.floats(0.001, 1)) for _ in Label]
    shares = {label: weight / sum(weights) for label, weight in zip(Label, weights, strict=True)}
    best = max(Label, key=lambda label: shares[label])
    return Classification(label=best, decision=draw(st.sampled_from([best, UNSURE])), probabilities=shares, model="any")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any case at all, of a live office with all its folders."""
    machine = draw(st.none() | st.sampled_from(MachineKind))
    return replace(
        a_case(message=draw(MESSAGES)),
        raw=draw(st.binary(max_size=300)),
        screening=Screening(kind=machine),
        facts=draw(FACTS),
        classification=draw(st.none() | classifications()),
        office=replace(OFFICE, languages=draw(st.sampled_from([(Language.ENGLISH,), (Language.FRENCH,)]))),
        history=History(
            replies_today=draw(st.integers(0, 9)),
            messages_this_week=draw(st.none() | st.integers(1, 9)),
            answers=draw(st.sampled_from([None, "DEL-0000-0000"])),
            answers_our_reply=draw(st.booleans()),
        ),
        now=draw(moments(2020, 2040)),
    )


def any_of(names: tuple[str, ...] | list[str]) -> st.SearchStrategy[Any]:
    """One name, or a list of some."""
    return st.sampled_from(names) | st.lists(st.sampled_from(names), min_size=1, max_size=3)


CONDITIONS = st.one_of(
    st.fixed_dictionaries({"label": any_of(VERDICTS)}),
    st.fixed_dictionaries({"machine": any_of(["any", *(kind.value for kind in MachineKind)])}),
    st.fixed_dictionaries({"unparseable": st.booleans()}),
    st.fixed_dictionaries({"authentication": any_of([found.value for found in Authentication])}),
    st.fixed_dictionaries({"language": any_of([language.value for language in Language])}),
    st.fixed_dictionaries({"deadline_within_days": st.integers(0, 365)}),
    st.fixed_dictionaries({"deadline_within_working_days": st.integers(0, 260)}),
    st.fixed_dictionaries({"time": any_of([str(one) for one in OfficeTime])}),
    st.fixed_dictionaries({"harm": any_of([str(one) for one in Harm])}),
    st.fixed_dictionaries({"office_error": any_of([str(one) for one in Act])}),
    st.fixed_dictionaries({"decision": any_of([str(one) for one in DecisionKind])}),
    st.fixed_dictionaries({"has": any_of(FACT_NAMES)}),
    st.fixed_dictionaries({"topic": any_of([topic.value for topic in Topic])}),
    st.fixed_dictionaries({"office": any_of(["delhi", "paris"])}),
    st.fixed_dictionaries({"sender_messages_this_week": st.fixed_dictionaries({"at_least": st.integers(2, 9)})}),
    st.fixed_dictionaries({"sender_messages_this_week": st.fixed_dictionaries({"at_most": st.integers(1, 9)})}),
    st.fixed_dictionaries(
        {
            "sender": st.sampled_from(
                [
                    {"domain": ["firm.example", "delhi.example"]},
                    {"address": "noor@firm.example"},
                    {"matches": "^noor"},
                    {"matches": "x"},
                ]
            )
        }
    ),
    st.fixed_dictionaries({"answers": st.sampled_from(["our-reply", "an-exchange"])}),
    st.fixed_dictionaries({"header": st.just({"name": "Subject", "matches": "a|é"})}),
    st.fixed_dictionaries(
        {"probability": st.fixed_dictionaries({"of": st.sampled_from([*Label]).map(str), "at_least": st.floats(0, 1)})}
    ),
)
GROUPS = st.dictionaries(
    st.sampled_from(["all", "any", "none"]), st.lists(CONDITIONS, min_size=1, max_size=3), min_size=1
)
THENS = st.fixed_dictionaries(
    {"folder": st.sampled_from([role.value for role in Role]), "reply": st.sampled_from(["none", "answer"])},
    optional={
        "flag": st.booleans(),
        "keywords": st.sampled_from(["$Urgent", ["$A", "$B"]]),
        "forward": st.just("biometrics"),
        "notify": st.sampled_from(["duty", ["duty", "nobody"]]),
        "respond_within": st.sampled_from(["4 working hours", "2 working days", "30 working minutes"]),
        "hold": st.booleans(),
    },
)
ADDITIONS = st.fixed_dictionaries({"keywords": st.sampled_from(["$Tag", ["$A", "$Urgent"]])}) | st.fixed_dictionaries(
    {"notify": st.sampled_from(["duty", ["deputy", "duty"]])}
)
TEMPLATES = {f"answer.{language}.txt": TEMPLATE for language in ("en", "fr")}


@st.composite
def rule_files(draw: st.DrawFn) -> dict[str, Any]:
    """Rules that load: ids and conditions all different, each with conditions; some on trial, and some additions."""
    whens = draw(st.lists(GROUPS, min_size=1, max_size=6, unique_by=lambda when: json.dumps(when, sort_keys=True)))
    rules = [
        {
            "id": f"rule-{number}",
            "description": "A rule of a test.",
            "when": when,
            "then": draw(THENS),
            "enforce": draw(st.booleans()),
        }
        for number, when in enumerate(whens)
    ]
    always = [
        {"id": f"always-{number}", "description": "An addition of a test.", "when": draw(GROUPS), "then": then}
        for number, then in enumerate(draw(st.lists(ADDITIONS, max_size=3)))
    ]
    return {"rules": rules, "always": always}


def loaded(data: dict[str, Any]) -> RuleSet | None:
    """The rule set; None where two rules ask for the same in other words, or one holds nothing, which is refused."""
    found = load_rules(json.dumps(data), TEMPLATES, file="rules.yaml")
    if isinstance(found, list):
        refused = ("can never win", "nothing to hold")
        assert all(any(why in problem.message for why in refused) for problem in found), found
        return None
    return found


def shuffled(value: Any, random: Random) -> Any:
    """The same data with the keys of each mapping in another order; lists keep theirs."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    return [shuffled(one, random) for one in value] if isinstance(value, list) else value


@given(rule_files(), cases())
def test_every_case_gets_exactly_one_decision(data: dict[str, Any], case: Case) -> None:
    """Evaluation is total and deterministic: the first enforced rule that matches wins, and no other."""
    rule_set = loaded(data)
    if rule_set is None:
        return
    decision = decide(rule_set, case)
    assert decision == decide(rule_set, case)
    rule, trials = evaluate(rule_set.rules, case)
    assert [trial.rule for trial in trials] == [rule.id for rule in rule_set.rules[: len(trials)]]
    assert not any(trial.matched and trial.enforced for trial in trials[:-1])
    assert (trials[-1].matched and trials[-1].enforced) is (rule is not None)
    assert [trial.rule for trial in decision.always_tried] == [one.id for one in rule_set.always]
    on_trial = [trial.rule for trial in trials if trial.matched and not trial.enforced]
    assert [decision.on_trial.rule] if decision.on_trial else on_trial[:1] == []
    assert (rule is None) <= (len(trials) == len(rule_set.rules))
    assert decision.rule == (rule.id if rule else "none")
    assert decision.reason is reason_for(rule, case)


@given(rule_files(), cases())
def test_a_rule_on_trial_changes_nothing_of_what_is_done(data: dict[str, Any], case: Case) -> None:
    """The decision is the same without it, but for what is recorded of the trial."""
    rule_set = loaded(data)
    if rule_set is None:
        return
    decision = decide(rule_set, case)
    acting = replace(rule_set, rules=tuple(rule for rule in rule_set.rules if rule.enforce))
    tried = tuple(trial for trial in decision.trials if trial.enforced)
    assert decide(acting, case) == replace(decision, trials=tried, on_trial=None)


@given(rule_files(), cases())
def test_what_is_always_added_takes_nothing_away(data: dict[str, Any], case: Case) -> None:
    """The winner, its folder, its mails and its due time stay; keywords and people told only grow."""
    rule_set = loaded(data)
    if rule_set is None:
        return
    decision, bare = decide(rule_set, case), decide(replace(rule_set, always=()), case)
    same = ("rule", "reason", "folder", "due_at", "on_trial", "trials")
    assert [getattr(decision, name) for name in same] == [getattr(bare, name) for name in same]
    assert [effect for effect in bare.plan if not isinstance(effect, AddFlags) and effect not in decision.plan] == []
    (flags, before) = ({f for e in one.plan if isinstance(e, AddFlags) for f in e.flags} for one in (decision, bare))
    assert flags >= before
    more = [effect for effect in decision.plan if effect not in bare.plan and not isinstance(effect, AddFlags)]
    assert all(isinstance(effect, Notify) for effect in more)
    assert not more or case.screening.kind is None


@given(rule_files(), cases(), st.randoms())
def test_the_order_of_keys_means_nothing(data: dict[str, Any], case: Case, random: Random) -> None:
    """Only the order of rules does."""
    rule_set, again = loaded(data), loaded(shuffled(data, random))
    if rule_set is None or again is None:
        return
    assert again.digest == rule_set.digest
    assert decide(again, case) == decide(rule_set, case)


@given(cases())
def test_the_shipped_rules_keep_what_is_promised(case: Case) -> None:
    """Of any message at all: filed once, flagged before it is moved, answered only where that is safe."""
    decision = decide(shipped(), case)
    kinds = [type(effect) for effect in decision.plan]
    assert kinds == sorted(kinds, key=[AddFlags, MoveTo, Reply, Forward, Notify].index)
    assert kinds.count(MoveTo) == 1
    assert kinds.count(Reply) <= 1
    assert MoveTo(folder=decision.folder) in decision.plan
    if Reply in kinds:
        assert case.screening.kind is None
        assert case.message.return_path != ""
        assert case.message.from_ is not None
        assert case.facts.authentication is not Authentication.FAIL
        assert case.history.replies_today < OFFICE.replies_per_sender_a_day
    redirected = any(isinstance(effect, Reply) and effect.template == "redirect-webform" for effect in decision.plan)
    if case.verdict != "webform" or case.history.answers_our_reply or case.history.answers:
        assert not redirected
    if case.verdict == "urgent" and case.screening.kind is None and not case.message.unparseable:
        assert Notify in kinds
    if case.screening.kind is None and decision.rule != "webform":
        assert decision.due_at is not None


@given(cases())
def test_every_mail_that_goes_out_can_be_read_and_harms_nobody(case: Case) -> None:
    """Seven bits, one recipient of ours or the sender, no field but the known ones, null envelope sender."""
    known = {
        "From", "To", "Date", "Message-ID", "Subject", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "X-Manager-Triage", "MIME-Version", "Content-Type", "Content-Language",
        "Content-Transfer-Encoding",
    }  # fmt: skip
    rule_set = load_rules(
        json.dumps(
            {
                "rules": [
                    {
                        "id": "everything",
                        "description": "A rule of a test.",
                        "then": {"folder": "review", "reply": "answer", "forward": "biometrics", "notify": "duty"},
                    }
                ]
            }
        ),
        TEMPLATES,
        file="rules.yaml",
    )
    assert isinstance(rule_set, RuleSet)
    for effect in decide(rule_set, case).plan:
        if isinstance(effect, (Reply, Forward, Notify)):
            mail = effect.mail
            parsed = message_from_bytes(mail.content, policy=default)
            assert set(parsed.keys()) <= known
            assert len(parsed.keys()) == len(set(parsed.keys()))
            assert [str(parsed["To"])] == list(mail.envelope_recipients)
            assert parsed["Message-ID"] == mail.message_id
            assert mail.envelope_sender == ""
            assert mail.content.isascii()
            assert all(len(line) <= 998 and b"\r" not in line for line in mail.content.split(b"\r\n"))
            assert not parsed.defects


@given(MESSAGES, TEXT)
def test_deciding_without_rules_never_fails(message: dict[str, Any], why: str) -> None:
    """The way out is open for any message."""
    case = a_case(message=message)
    decision = fail_open(case.message, case.office, why)
    assert [type(effect) for effect in decision.plan] == [AddFlags, MoveTo]


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True), TEXT)
def test_a_reference_has_one_form(office: str, digest: str) -> None:
    """For any office and message."""
    prefix, first, second = reference(office, digest).split("-")
    assert 1 <= len(prefix) <= 3
    assert len(first) == len(second) == 4
    assert not set(first + second) & set("ILOU")


@given(TEXT)
def test_no_text_can_break_a_field(text: str) -> None:
    """A field is one field, whatever it is made of."""
    field = text_field("Subject", text)
    assert message_from_bytes(field + b"\r\n", policy=default).keys() == ["Subject"]
    assert field.isascii()


@given(st.lists(TEXT, max_size=5))
def test_words_are_written_or_refused(words: list[str]) -> None:
    """Never something else."""
    try:
        field = words_field("References", words)
    except ValueError:
        return
    assert message_from_bytes(field + b"\r\n").keys() == ["References"]


@given(st.text(st.sampled_from("ab -\u00a0>é\n"), max_size=400))
def test_wrapping_loses_no_word(text: str) -> None:
    """And no line is longer than it must be."""
    found = wrapped(text)
    assert found.replace(">", "").replace("-", "").split() == text.replace(">", "").replace("-", "").split()
    for line in found.split("\n"):
        assert len(line) <= WIDTH or " " not in line.strip(" >-")


HOURS = st.builds(
    lambda days, opens, closes: WorkingHours(days=frozenset(days), opens=time(opens), closes=time(closes, 59)),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 11),
    st.integers(12, 23),
)
ZONES = st.sampled_from(["Asia/Kolkata", "Europe/Paris", "America/Toronto", "Australia/Lord_Howe", "Pacific/Apia"])
SPANS = st.builds(WorkingTime, st.integers(1, 40), st.sampled_from(["minutes", "hours", "days"]))


@given(moments(2015, 2035), SPANS, HOURS, ZONES)
def test_a_due_time_is_ahead_within_office_hours_and_grows_with_the_span(
    start: datetime, span: WorkingTime, hours: WorkingHours, zone: str
) -> None:
    """Whatever the hours, the zone and its changes of clock."""
    place = ZoneInfo(zone)
    end = due(start, span, hours, place)
    local = end.astimezone(place)
    assert end > start - timedelta(hours=1)  # an office that is open while clocks go back may lose an hour
    assert local.weekday() in hours.days
    longer = due(start, WorkingTime(span.amount + 1, span.unit), hours, place)
    assert longer > end - timedelta(hours=1)
    assert due(start, span, hours, place) == end
