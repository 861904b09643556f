"""From a case to a whole decision: the plan and its order, who is never answered, and what is noted."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.unit.policy.cases import DEADLINE, MESSAGE, NOW, OFFICE, SPAN, TEMPLATE, a_case, rules_of, shipped, text_of
from triage.core.effects import AddFlags, Call, Forward, MoveTo, Notify, Reply
from triage.core.facts.record import Authentication, Topic, TopicNamed
from triage.core.message import Address, Language
from triage.core.policy.case import Case
from triage.core.policy.deciding import decide, fail_open, reference
from triage.core.policy.decision import Decision, Reason
from triage.core.policy.loading import RuleSet, load_rules
from triage.core.replies.composing import derived_message_id
from triage.core.screening import MachineKind

EVERYTHING = rules_of("""\
always:
  - id: tag
    description: An addition to what is done with mail of lists.
    when: {all: [{machine: list}]}
    then: {keywords: $List}
rules:
  - id: tried
    description: A rule on trial for mail of lists.
    enforce: false
    when: {all: [{machine: list}]}
    then: {folder: review, reply: none, respond_within: 1 working day}
  - id: everything
    description: A rule that asks for every effect.
    then:
      folder: biometrics
      reply: answer
      flag: true
      keywords: [$Urgent, $Biometrics]
      forward: biometrics
      notify: [duty, duty]
      respond_within: 4 working hours
""")
BARE = rules_of("""\
rules:
  - id: bare
    description: A rule that asks for as little as possible.
    when: {all: [{label: webform}]}
    then: {folder: webform, reply: none}
""")


def reply_of(decision: Decision) -> Reply | None:
    """The planned reply, if any."""
    return next((effect for effect in decision.plan if isinstance(effect, Reply)), None)


def test_the_plan_is_in_the_order_it_is_done() -> None:
    """Flags before the move, since the UID changes with it; mail goes out after the message is safe."""
    plan = decide(EVERYTHING, a_case()).plan
    assert [type(effect) for effect in plan] == [AddFlags, MoveTo, Reply, Forward, Notify, Notify]
    assert plan[0] == AddFlags(flags=("\\Flagged", "$Urgent", "$Biometrics"))
    assert plan[1] == MoveTo(folder="Biometrics")


def test_nothing_is_done_that_the_rule_does_not_say() -> None:
    """No flag, no reply, nobody told, nothing due, unless written."""
    decision = decide(BARE, a_case("webform"))
    assert decision.plan == (MoveTo(folder="Webform"),)
    assert (decision.due_at, decision.notes) == (None, ())


def test_a_decision_records_what_it_was_made_by() -> None:
    """Rule, reason, reference, exchange, due time, trials and the digest of the rules."""
    decision = decide(EVERYTHING, a_case(history={"answers": "DEL-AAAA-BBBB"}))
    assert decision.rule == "everything"
    assert decision.reason is Reason.FACT
    assert decision.folder == "Biometrics"
    assert decision.reference == reference("delhi", MESSAGE.digest)
    assert decision.answers == "DEL-AAAA-BBBB"
    assert decision.due_at == datetime(2026, 11, 25, 10, tzinfo=UTC)  # 15:30 in Delhi
    assert [trial.rule for trial in decision.trials] == ["tried", "everything"]
    assert decision.rule_set == EVERYTHING.digest


UNANSWERED: dict[str, tuple[Case, str]] = {
    "a machine": (a_case(machine=MachineKind.LIST), "a machine wrote it (RFC 3834 §2)"),
    "null sender": (a_case(message={"return_path": ""}), "it has the null envelope sender (RFC 3834 §2)"),
    "no From": (a_case(message={"from_": None}), "it names no usable address to answer to"),
    "no address in From": (
        a_case(message={"from_": Address(name="x", addr="undisclosed recipients:;")}),
        "it names no usable address to answer to",
    ),
    "our own address": (
        a_case(message={"from_": Address(name="", addr="Manager@delhi.example")}),
        "the answer would come to this inbox itself",
    ),
    "an alias of ours": (
        a_case(message={"from_": Address(name="", addr="OLD-manager@delhi.example")}),
        "the answer would come to this inbox itself",
    ),
    "our own address in Reply-To": (
        a_case(
            message={
                "from_": Address(name="", addr="someone@delhi.example"),
                "reply_to": (Address(name="", addr="manager@delhi.example"),),
            }
        ),
        "the answer would come to this inbox itself",
    ),
    "an address that nobody reads": (
        a_case(message={"from_": Address(name="", addr="no-reply@firm.example")}),
        "its address says that nobody reads what is sent there",
    ),
    "denied by its domain": (
        a_case(facts={"authentication": Authentication.FAIL}),
        "its sender's domain denies having sent it",
    ),
    "over the daily limit": (
        a_case(history={"replies_today": 4}),
        "the sender has had 4 automatic replies in 24 hours",
    ),
}


@pytest.mark.parametrize(("case", "why"), UNANSWERED.values(), ids=UNANSWERED.keys())
def test_some_are_never_answered_whatever_the_rule_says(case: Case, why: str) -> None:
    """A reply can't loop, nor go to somebody who never wrote (invariant 6); the note says why."""
    decision = decide(EVERYTHING, case)
    assert reply_of(decision) is None
    assert decision.notes == (f"not answered: {why}",)
    # All the rest of the plan stands.
    assert [type(effect) for effect in decision.plan] == [AddFlags, MoveTo, Forward, Notify, Notify]


ANSWERED = {
    "an ordinary message": a_case(),
    "one under the limit": a_case(history={"replies_today": 3}),
    "an envelope sender of a mail service": a_case(message={"return_path": "bounce-1@mailer.example"}),
    "vouched for": a_case(facts={"authentication": Authentication.PASS}),
    "without Message-ID, subject and date": a_case(message={"message_id": None, "subject": "", "date": None}),
    "no reply, in a name only": a_case(message={"from_": Address(name="noreply", addr="noor@firm.example")}),
}


@pytest.mark.parametrize("case", ANSWERED.values(), ids=ANSWERED.keys())
def test_everybody_else_is_answered(case: Case) -> None:
    """What stops a reply is only what is listed above."""
    decision = decide(EVERYTHING, case)
    assert reply_of(decision) is not None
    assert decision.notes == ()


def test_a_limit_of_none_answers_nobody() -> None:
    """An office may switch automatic replies off."""
    decision = decide(EVERYTHING, a_case(office=replace(OFFICE, replies_per_sender_a_day=0)))
    assert decision.notes == ("not answered: the sender has had 0 automatic replies in 24 hours",)


def test_a_contact_that_the_office_lacks_is_noted() -> None:
    """Nobody is told where nobody is named, and the record says so."""
    decision = decide(EVERYTHING, a_case(office=replace(OFFICE, contacts={})))
    assert not any(isinstance(effect, Notify) for effect in decision.plan)
    assert decision.notes[0] == "nobody is notified as 'duty': the office names no such contact"


def test_a_contact_that_the_office_lacks_costs_nobody_else_their_notice() -> None:
    """Whoever is named after it is told."""
    then = "{folder: review, reply: none, notify: [deputy, duty]}"
    decision = decide(rules_of(f"rules: [{{id: all, description: Tells two people., then: {then}}}]"), a_case())
    assert [effect.contact for effect in decision.plan if isinstance(effect, Notify)] == ["duty"]


def test_why_a_message_is_not_answered_is_noted_first() -> None:
    """Before who could not be told."""
    decision = decide(EVERYTHING, a_case(office=replace(OFFICE, contacts={}), message={"from_": None}))
    assert [note.partition(":")[0] for note in decision.notes] == [
        "not answered",
        "nobody is notified as 'duty'",
        "nobody is notified as 'duty'",
    ]


def test_a_rule_may_forward_and_tell_nobody_else() -> None:
    """The unit gets the message as it was fetched, under a cover that says when it is due and what is not attached."""
    then = "{folder: review, reply: none, forward: biometrics, respond_within: 1 working day}"
    text = f"rules: [{{id: unit, description: Goes to a unit., then: {then}}}]"
    case = a_case("webform", message={"truncated": True})
    move, forward = decide(rules_of(text), case).plan
    assert isinstance(move, MoveTo)
    assert isinstance(forward, Forward)
    assert (forward.unit, forward.mail.envelope_recipients) == ("biometrics", ("biometrics@delhi.example",))
    assert case.raw in forward.mail.content
    cover = text_of(forward.mail)
    assert "A person must have answered by: Thursday, November 26, 2026" in cover
    assert "its attachments are in the mailbox only" in cover


def test_a_contact_reached_by_a_webhook_is_told_which_rule_won_and_when_it_is_due() -> None:
    """As a contact reached by mail is."""
    decision = decide(EVERYTHING, a_case(office=replace(OFFICE, contacts={"duty": None})))
    effect = next(effect for effect in decision.plan if isinstance(effect, Call))
    assert decision.due_at is not None
    told = json.loads(effect.call.content)["data"]
    assert (effect.contact, effect.call.key.endswith("-webhook-duty")) == ("duty", True)
    assert (told["rule"], told["due_at"]) == ("everything", decision.due_at.isoformat())
    assert (told["reference"], told["folder"]) == (decision.reference, "Biometrics")


def test_each_mail_is_known_by_its_message_and_its_purpose() -> None:
    """So that one sent again is the same mail, and no two are taken for each other."""
    plan = decide(EVERYTHING, a_case()).plan
    ids = [effect.mail.message_id for effect in plan if isinstance(effect, (Reply, Forward, Notify))]
    purposes = ("answer", "forward-biometrics", "notice-duty", "notice-duty")
    assert ids == [derived_message_id(OFFICE, purpose, MESSAGE.digest) for purpose in purposes]


def test_a_reply_says_what_its_rule_asked_about() -> None:
    """The sender sees what software read into the message, and can say where that is wrong."""
    when = "{all: [{topic: medical}]}"
    text = f"rules: [{{id: ill, description: About an illness., when: {when}, then: {{folder: review, reply: told}}}}]"
    rules = load_rules(text, {f"told.{one}.txt": f"{TEMPLATE}{{{{ why }}}}\n" for one in ("en", "fr")}, file="rules")
    assert isinstance(rules, RuleSet)
    reply = reply_of(decide(rules, a_case(facts={"topics": (TopicNamed(kind=Topic.MEDICAL, span=SPAN),)})))
    assert reply is not None
    assert "a written rule of this inbox is for such messages" in " ".join(text_of(reply.mail).split())


LANGUAGES = {
    "English": (Language.ENGLISH, "en"),
    "French": (Language.FRENCH, "fr"),
    "mixed": (Language.MIXED, "both"),
    "unknown": (Language.UNKNOWN, "both"),
}


@pytest.mark.parametrize(("language", "answered_in"), LANGUAGES.values(), ids=LANGUAGES.keys())
def test_people_are_answered_in_their_language(language: Language, answered_in: str) -> None:
    """Both languages where theirs is not one of the two."""
    reply = reply_of(decide(shipped(), a_case(facts={"language": language})))
    assert reply is not None
    assert reply.language == answered_in
    text = text_of(reply.mail)
    assert ("Hello," in text) is (answered_in in {"en", "both"})
    assert ("Bonjour," in text) is (answered_in in {"fr", "both"})


def test_of_two_languages_the_offices_first_comes_first() -> None:
    """A French-speaking office writes French first."""
    office = replace(OFFICE, languages=(Language.FRENCH,))
    reply = reply_of(decide(shipped(), a_case(office=office, facts={"language": Language.UNKNOWN})))
    assert reply is not None
    text = text_of(reply.mail)
    assert b"Content-Language: fr, en\r\n" in reply.mail.content
    assert text.startswith("(English follows.)")
    assert text.index("Bonjour,") < text.index("Hello,")


def test_where_no_rule_matches_a_person_looks() -> None:
    """Review folder, flagged, due in a working day, unanswered; the trials tell why nothing matched."""
    decision = decide(BARE, a_case("urgent"))
    assert (decision.rule, decision.reason, decision.folder) == ("none", Reason.NO_RULE, "Review")
    assert decision.plan == (AddFlags(flags=("\\Flagged",)), MoveTo(folder="Review"))
    assert decision.due_at == datetime(2026, 11, 26, 11, 30, tzinfo=UTC)
    assert [trial.matched for trial in decision.trials] == [False]


def test_where_deciding_fails_a_person_looks() -> None:
    """The way out needs neither rules nor templates nor a calendar, and says what went wrong."""
    decision = fail_open(MESSAGE, OFFICE, "it broke")
    assert (decision.rule, decision.reason, decision.folder) == ("fail-open", Reason.FAILED, "Review")
    assert decision.plan == (AddFlags(flags=("\\Flagged",)), MoveTo(folder="Review"))
    assert (decision.notes, decision.reference) == (("it broke",), reference("delhi", MESSAGE.digest))


def test_the_same_case_gives_the_same_bytes() -> None:
    """A plan made again is the same plan: nothing random, nothing hidden."""
    assert decide(EVERYTHING, a_case()) == decide(EVERYTHING, a_case())


REFERENCES: Mapping[str, tuple[tuple[str, str], str]] = {
    "as an office's id begins": (("delhi", "0"), "DEL-"),
    "without its punctuation": (("st-johns", "0"), "STJ-"),
    "a short id": (("a", "0"), "A-"),
}


@pytest.mark.parametrize(("given", "prefix"), REFERENCES.values(), ids=REFERENCES.keys())
def test_a_reference_can_be_read_out_on_the_telephone(given: tuple[str, str], prefix: str) -> None:
    """Letters of the office, then eight signs without look-alikes in two groups."""
    number = reference(*given)
    assert number.startswith(prefix)
    assert re.fullmatch(r"[A-Z0-9]{1,3}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", number)


def test_references_are_stable_and_apart() -> None:
    """The same message has the same number for ever; another message, or office, has another."""
    assert reference("delhi", "ab" * 32) == "DEL-TSRW-AG2J"
    numbers = {reference(office, str(digest)) for office in ("delhi", "delta") for digest in range(5000)}
    assert len(numbers) == 10_000


def test_what_is_passed_on_to_people_says_nothing_of_the_sender() -> None:
    """A notice carries reference, label, date and folder: no name, address, identifier or word of the message."""
    case = a_case(facts={"deadline": DEADLINE}, message={"subject": "UCI 1123456789 for Noor"})
    notice = next(effect for effect in decide(shipped(), case).plan if isinstance(effect, Notify))
    mail = message_from_bytes(notice.mail.content, policy=default)
    text = mail.get_content()
    assert (notice.contact, notice.mail.envelope_recipients) == ("duty", ("duty@delhi.example",))
    for told in ("DEL-TSRW-AG2J", "urgent", "Tuesday, December 1, 2026", "mardi 1er décembre 2026", "Urgent"):
        assert told in text
    whole = notice.mail.content.decode() + text
    for withheld in ("Noor", "firm.example", "1123456789", "Crew", "Haddad"):
        assert withheld not in whole


def test_a_decision_is_complete() -> None:
    """Every field of a decision is set by deciding; none is filled in later."""
    decision: Any = decide(EVERYTHING, a_case(history={"answers": "DEL-1"}, machine=MachineKind.LIST))
    assert [field.name for field in fields(decision) if getattr(decision, field.name) in (None, (), "")] == []
    assert decision.due_at > NOW
