"""What the shipped rules do with a case made for each, and what they must never do."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from tests.unit.policy.cases import DEADLINE, RULES, a_case, shipped, text_of
from triage.core.effects import AddFlags, Notify, Reply
from triage.core.facts.record import Authentication, Identifier, Span
from triage.core.labels import UNSURE, Label
from triage.core.message import Language
from triage.core.policy.case import Case
from triage.core.policy.deciding import decide
from triage.core.policy.decision import Decision, Reason
from triage.core.screening import MachineKind

Given = Mapping[str, Any]
NOTHING: Given = {}
DENIED: Given = {"authentication": Authentication.FAIL}
VOUCHED: Given = {"authentication": Authentication.PASS}
ANSWER: Given = {"answers": "DEL-0000-0000", "answers_our_reply": True}
FOLLOW_UP: Given = {"answers": "DEL-0000-0000"}
BROKEN: Given = {"unparseable": True}

FILE_NUMBER = Identifier(kind="application", value="V304418822", span=Span("newest", 0, 10, "V304418822"))

# rule → (a case that it is for, folder, reply, flagged, due in Delhi, reason)
EXPECTED: dict[str, tuple[Case, str, str | None, bool, str, Reason]] = {
    "relayed-by-software": (
        a_case(None, machine=MachineKind.AUTO_GENERATED, facts={"identifiers": (FILE_NUMBER,)}),
        "Review",
        None,
        True,
        "Thu 17:00",
        Reason.AUTOMATED,
    ),
    "automated": (a_case(None, machine=MachineKind.BOUNCE), "Automated", None, False, "", Reason.AUTOMATED),
    "unparseable-vouched": (
        a_case(None, message=BROKEN, facts=VOUCHED),
        "Review",
        "acknowledge-unsure",
        True,
        "Thu 17:00",
        Reason.UNPARSEABLE,
    ),
    "unparseable": (a_case(None, message=BROKEN), "Review", None, True, "Thu 17:00", Reason.UNPARSEABLE),
    "suspect-urgent": (a_case("urgent", facts=DENIED), "Review", None, True, "Wed 15:30", Reason.SUSPECT_SENDER),
    "suspect-sender": (a_case("webform", facts=DENIED), "Review", None, True, "Thu 17:00", Reason.SUSPECT_SENDER),
    "urgent": (a_case("urgent"), "Urgent", "acknowledge-urgent", True, "Wed 15:30", Reason.LABEL),
    "answers-our-reply": (
        a_case("webform", history=ANSWER),
        "Review",
        "acknowledge-answer",
        True,
        "Thu 17:00",
        Reason.ANSWERS_US,
    ),
    "serious-error": (a_case("serious_error"), "Serious_Error", "acknowledge-error", True, "Fri 17:00", Reason.LABEL),
    "reconsideration": (
        a_case("reconsideration"),
        "Reconsideration",
        "acknowledge-reconsideration",
        False,
        "Wed 17:00",
        Reason.LABEL,
    ),
    "unsure": (a_case(UNSURE), "Review", "acknowledge-unsure", True, "Thu 17:00", Reason.UNSURE),
    "follow-up": (a_case("webform", history=FOLLOW_UP), "Review", None, True, "Fri 17:00", Reason.ANSWERS_US),
    "webform": (a_case("webform"), "Webform", "redirect-webform", False, "", Reason.LABEL),
}


def template_of(decision: Decision) -> str | None:
    """The template of the planned reply."""
    return next((effect.template for effect in decision.plan if isinstance(effect, Reply)), None)


def flags_of(decision: Decision) -> tuple[str, ...]:
    """All flags and keywords that are set."""
    return tuple(flag for effect in decision.plan if isinstance(effect, AddFlags) for flag in effect.flags)


def told(decision: Decision) -> list[str]:
    """The contacts that are notified."""
    return [effect.contact for effect in decision.plan if isinstance(effect, Notify)]


def test_every_shipped_rule_is_in_the_table() -> None:
    """A rule that is added here without a case has no test."""
    assert [rule.id for rule in shipped().rules] == list(EXPECTED)


@pytest.mark.parametrize("rule", EXPECTED)
def test_a_rule_wins_for_the_case_made_for_it(rule: str) -> None:
    """Folder, reply, flag, due time and reason are the ones promised."""
    case, folder, reply, flagged, due, reason = EXPECTED[rule]
    decision = decide(shipped(), case)
    local = f"{decision.due_at.astimezone(case.office.zone):%a %H:%M}" if decision.due_at else ""
    assert (decision.rule, decision.folder, template_of(decision)) == (rule, folder, reply)
    assert ("\\Flagged" in flags_of(decision), local, decision.reason) == (flagged, due, reason)
    assert decision.notes == ()


@pytest.mark.parametrize("kind", MachineKind)
def test_machine_mail_of_every_kind_is_set_aside(kind: MachineKind) -> None:
    """Never flagged, never answered, nothing due, whatever else it is."""
    for facts, message, history in product((NOTHING, DENIED), (NOTHING, BROKEN), (NOTHING, ANSWER)):
        decision = decide(shipped(), a_case(None, machine=kind, facts=facts, message=message, history=history))
        assert (decision.rule, template_of(decision), flags_of(decision)) == ("automated", None, ())


WORLD = [
    (label, facts, message, history)
    for label, facts, message, history in product(
        (*Label, UNSURE, None), (NOTHING, DENIED, VOUCHED), (NOTHING, BROKEN), (NOTHING, ANSWER, FOLLOW_UP)
    )
]


def test_only_a_sure_first_message_is_sent_to_the_web_form() -> None:
    """Never an unsure one, an answer to us, a part of an exchange, or one that could not be read or trusted."""
    for label, facts, message, history in WORLD:
        decision = decide(shipped(), a_case(label, facts=facts, message=message, history=history))
        sent = template_of(decision) == "redirect-webform"
        assert sent is (label is Label.WEBFORM and facts != DENIED and not message and not history)


def test_an_urgent_message_is_always_flagged_told_and_due_within_hours() -> None:
    """Whoever sent it, whatever it answers; an unreadable one has no label."""
    for label, facts, message, history in WORLD:
        decision = decide(shipped(), a_case(label, facts=facts, message=message, history=history))
        if label is Label.URGENT and not message:
            assert {"\\Flagged", "$Urgent"} <= set(flags_of(decision))
            assert told(decision) == ["duty"]
            assert decision.due_at == decide(shipped(), a_case("urgent")).due_at
        else:
            assert told(decision) == []


def test_everything_that_waits_for_a_person_has_a_due_time() -> None:
    """Only machine mail and redirected mail wait for nobody."""
    for label, facts, message, history in WORLD:
        decision = decide(shipped(), a_case(label, facts=facts, message=message, history=history))
        assert (decision.due_at is None) is (decision.rule == "webform")


def test_without_a_model_everything_goes_to_a_person_and_is_acknowledged() -> None:
    """The service without a model is slow, not wrong."""
    decision = decide(shipped(), a_case(None))
    assert (decision.rule, decision.reason, decision.folder) == ("unsure", Reason.NO_MODEL, "Review")
    assert template_of(decision) == "acknowledge-unsure"


def test_the_shipped_rules_never_look_at_who_the_sender_is() -> None:
    """Same facts, same treatment: no rule asks for an address, a name, a language or a representative."""
    asked = {
        condition.kind
        for rule in shipped().rules
        if rule.when
        for condition in (*rule.when.all, *rule.when.any, *rule.when.none)
    }
    assert asked == {"has", "machine", "unparseable", "authentication", "label", "answers"}


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.FRENCH, Language.UNKNOWN])
@pytest.mark.parametrize("rule", [rule for rule, expected in EXPECTED.items() if expected[2]])
def test_a_reply_promises_what_its_rule_says(rule: str, language: Language) -> None:
    """The due time in the reply is the one recorded, in words; a rule without one promises none.

    The date that software read is not told: a third of them are not the sender's date, and nobody may be told wrong.
    """
    case, *_ = EXPECTED[rule]
    case = replace(case, facts=replace(case.facts, language=language, deadline=DEADLINE))
    decision = decide(shipped(), case)
    mail = next(effect.mail for effect in decision.plan if isinstance(effect, Reply))
    text = " ".join(text_of(mail).split())
    english = {"Wed 15:30": "November 25, 2026, 3:30 p.m.", "Thu 17:00": "Thursday, November 26, 2026, 5:00 p.m."}
    french = {"Wed 15:30": "mercredi 25 novembre 2026 à 15 h 30", "Thu 17:00": "jeudi 26 novembre 2026 à 17 h"}
    due = EXPECTED[rule][4]
    if language is not Language.FRENCH:
        assert "December 1, 2026" not in text
        assert ("answer you by:" in text) is bool(due)
        assert english.get(due, "2026") in text
    if language is not Language.ENGLISH:
        assert "1er décembre 2026" not in text
        assert ("répondra au plus tard le :" in text) is bool(due)
        assert french.get(due, "2026") in text
    assert decision.reference in text


def test_only_templates_that_rules_use_are_shipped() -> None:
    """A template that nothing sends would be kept up for nobody; `triage undo` drafts corrections of its own."""
    used = {rule.then.reply for rule in shipped().rules} - {"none"} | {"correction"}
    assert used == shipped().templates.names()
    assert sorted(path.suffix for path in (RULES / "templates").iterdir()) == [".txt"] * 2 * len(used)
