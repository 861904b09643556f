"""Trying new rules on old decisions: what is said to change, what cannot be told, and what comes first."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.policy.cases import NOW, OFFICE, a_case, rules_of
from triage.core.labels import Label
from triage.core.policy.deciding import decide
from triage.core.policy.loading import RuleSet
from triage.core.policy.replay import Kept, NotRecorded, Recorded, case_of, why_unanswerable
from triage.core.policy.schema import Then
from triage.core.policy.simulation import (
    UNFAITHFUL,
    Change,
    Comparison,
    Outcome,
    Past,
    Severity,
    Tally,
    Untold,
)

NOTHING: dict[str, Any] = {
    "language": "en",
    "authentication": "none",
    "identifiers": [],
    "dates": [],
    "deadline": None,
    "decisions": [],
    "asks_to_reopen": None,
    "prior_enquiry": None,
    "representative": None,
    "harms": [],
    "acts": [],
    "topics": [],
}
AROUND: dict[str, Any] = {
    "unparseable": False,
    "truncated": False,
    "attachments": 0,
    "unanswerable": "",
    "history": {"replies_today": 0, "answers": None, "answers_our_reply": False},
}


def rule(name: str, when: str, then: str) -> str:
    """A rule in YAML."""
    return f"  - {{id: {name}, description: A rule of a test., when: {{{when}}}, then: {{{then}}}}}\n"


def rules(*lines: str) -> RuleSet:
    """A rule set of such rules."""
    return rules_of("rules:\n" + "".join(lines))


ELSE = rule("else", "none: [machine: any]", "folder: webform, reply: answer")
BY_SUBJECT = "all: [header: {name: Subject, matches: refund}]"


def recorded(verdict: str = "webform", share: float = 0.94, **changes: Any) -> Recorded:
    """What the ledger has of a message in English, nothing found in it."""
    given: dict[str, Any] = {
        "office": "delhi",
        "reference": "DEL-0000-0001",
        "decided_at": a_case().now,
        "rule": "else",
        "rule_set": "ab",
        "label": verdict,
        "verdict": verdict,
        "probabilities": {one.value: share if one == verdict else (1 - share) / 3 for one in Label},
        "model": "test",
        "machine": None,
        "answers": None,
        "facts": NOTHING,
        "circumstances": AROUND,
    }
    return Recorded(**given | changes)


def outcome(old: RuleSet, new: RuleSet, one: Recorded, *, decided_by: str = "") -> Outcome:
    """What is said of a recorded message."""
    past = Past(case=case_of(one, OFFICE), reference=one.reference, unanswerable=why_unanswerable(one), rule=decided_by)
    return Comparison(old, new).compare(past)


def test_a_message_that_another_rule_wins_is_a_change() -> None:
    """With both rules, and each action that differs, in words."""
    found = outcome(
        rules(ELSE), rules(rule("asked", "all: [label: webform]", "folder: review, reply: none"), ELSE), recorded()
    )
    assert isinstance(found, Change)
    assert (found.before, found.after) == ("else", "asked")
    assert found.differences() == {"folder": ("webform", "review"), "reply": ("answer", "none")}
    assert found.losses() == ("no reply",)


def test_a_rule_of_another_name_that_does_the_same_is_no_change() -> None:
    """People are treated by what is done."""
    renamed = ELSE.replace("id: else", "id: others")
    assert outcome(rules(ELSE), rules(renamed), recorded()) is None


AGAIN = rule(
    "again",
    "all: [sender_messages_this_week: {at_least: 4}]",
    "folder: review, reply: none, respond_within: 1 working day",
)


def test_how_many_messages_a_sender_wrote_is_told_only_where_it_was_counted() -> None:
    """Decisions of an earlier version say nothing of it, and nothing is guessed."""
    old, new = rules(ELSE), rules(AGAIN, ELSE)
    assert outcome(old, new, recorded()) == Untold(("sender_messages_this_week: at_least 4",))
    counted = AROUND | {"history": AROUND["history"] | {"messages_this_week": 4}}
    assert isinstance(outcome(old, new, recorded(circumstances=counted)), Change)
    assert outcome(old, new, recorded(circumstances=AROUND | {"history": {"messages_this_week": 3}})) is None
    # No sender was named: then no such condition held.
    assert outcome(old, new, recorded(circumstances=AROUND | {"history": {"messages_this_week": None}})) is None


def test_what_time_it_was_is_told_from_the_decision() -> None:
    """A decision of the night stays one of the night, though it is tried again by day."""
    old, new = rules(ELSE), rules(rule("night", "all: [time: outside-hours]", "folder: review, reply: none"), ELSE)
    assert outcome(old, new, recorded()) is None
    assert isinstance(outcome(old, new, recorded(decided_at=NOW + timedelta(hours=9))), Change)


def test_what_hangs_on_a_sender_cannot_be_told() -> None:
    """The ledger keeps no address."""
    asked = rule("registry", "all: [sender: {domain: courts.example}]", "folder: review, reply: none")
    assert outcome(rules(ELSE), rules(asked, ELSE), recorded()) == Untold(("sender: domain courts.example",))


def test_what_hangs_on_a_header_cannot_be_told() -> None:
    """Neither that it changes nor that it does not: and the condition is named."""
    new = rules(rule("refunds", BY_SUBJECT, "folder: review, reply: none"), ELSE)
    found = outcome(rules(ELSE), new, recorded())
    assert found == Untold(("header: name Subject, matches refund",))


def test_a_header_that_makes_no_difference_is_no_obstacle() -> None:
    """Where the rule that asks for it needs something else too that is not so, or does the same as the rest."""
    needs_more = rule(
        "refunds", "all: [header: {name: Subject, matches: refund}, label: urgent]", "folder: review, reply: none"
    )
    same = rule("refunds", BY_SUBJECT, "folder: webform, reply: answer")
    for first in (needs_more, same):
        assert outcome(rules(ELSE), rules(first, ELSE), recorded()) is None


def test_a_header_that_both_versions_ask_for_is_the_same_for_both() -> None:
    """It is one unknown, not two: rules that treat it alike change nothing."""
    asks = rule("refunds", BY_SUBJECT, "folder: review, reply: none")
    assert outcome(rules(asks, ELSE), rules(asks, ELSE), recorded()) is None
    turned = rule("rest", "none: [header: {name: Subject, matches: refund}]", "folder: webform, reply: answer")
    others = rule("refunds-too", "none: [machine: any]", "folder: review, reply: none")
    assert outcome(rules(asks, ELSE), rules(turned, others), recorded()) is None


def test_what_was_decided_tells_what_the_header_was() -> None:
    """A message that the rule about refunds did not win by the rules in force had no such subject."""
    asks = rule("refunds", BY_SUBJECT, "folder: review, reply: none")
    old, new = rules(asks, ELSE), rules(asks.replace("folder: review", "folder: urgent"), ELSE)
    assert isinstance(outcome(old, new, recorded()), Untold)
    assert outcome(old, new, recorded(), decided_by="else") is None
    found = outcome(old, new, recorded(rule="refunds"), decided_by="refunds")
    assert isinstance(found, Change)
    assert found.differences() == {"folder": ("review", "urgent")}


def test_a_replay_that_does_not_give_what_was_decided_is_not_believed() -> None:
    """The rules in force could not have decided so: something is not as it was."""
    assert outcome(rules(ELSE), rules(ELSE), recorded(), decided_by="refunds") == Untold((UNFAITHFUL,))


def test_nobody_who_cannot_be_answered_loses_a_reply() -> None:
    """A rule's reply never went to a sender whose address takes none."""
    new = rules(ELSE.replace("reply: answer", "reply: none"))
    assert isinstance(outcome(rules(ELSE), new, recorded()), Change)
    unanswerable = recorded(circumstances=AROUND | {"unanswerable": "it has the null envelope sender (RFC 3834 §2)"})
    assert outcome(rules(ELSE), new, unanswerable) is None
    older = recorded(circumstances=None, notes=("not answered: it has the null envelope sender (RFC 3834 §2)",))
    assert outcome(rules(ELSE), new, older) is None


@pytest.mark.parametrize(
    "when",
    ["all: [unparseable: true]", "all: [has: attachment]", "all: [answers: our-reply]"],
)
def test_what_older_records_lack_is_unknown_and_not_no(when: str) -> None:
    """Recorded with its circumstances the answer is no; without them there is none."""
    new = rules(rule("asked", when, "folder: review, reply: none"), ELSE)
    assert outcome(rules(ELSE), new, recorded()) is None
    assert isinstance(outcome(rules(ELSE), new, recorded(circumstances=None)), Untold)


def test_a_probability_is_compared_as_it_was() -> None:
    """A hair under the bound is under it."""
    new = rules(rule("sure", "all: [probability: {of: webform, at_least: 0.9}]", "folder: review, reply: none"), ELSE)
    assert outcome(rules(ELSE), new, recorded(share=0.8999999)) is None
    assert isinstance(outcome(rules(ELSE), new, recorded(share=0.9)), Change)


def test_many_unknown_conditions_are_not_all_tried() -> None:
    """More than eight would take 2⁹ trials for each message: nothing is said. Eight are tried."""
    alike = [
        rule(f"r{n}", f"all: [header: {{name: Subject, matches: w{n}}}]", "folder: webform, reply: answer")
        for n in range(9)
    ]
    assert outcome(rules(ELSE), rules(*alike[:8], ELSE), recorded()) is None
    found = outcome(rules(ELSE), rules(*alike, ELSE), recorded())
    assert isinstance(found, Untold)
    assert len(found.hangs_on) == 9


@pytest.mark.parametrize("field", ["subject", "from_", "header_values", "reply_to"])
def test_a_recorded_message_has_only_what_was_recorded(field: str) -> None:
    """To ask it for more is no empty answer."""
    with pytest.raises(NotRecorded):
        getattr(case_of(recorded(), OFFICE).message, field)
    assert case_of(recorded(), OFFICE).message.unparseable is False


def test_a_record_of_another_version_is_refused() -> None:
    """A kind of machine mail or a fact that this version does not know."""
    wrong: list[dict[str, Any]] = [
        {"machine": "pigeon"},
        {"facts": {}},
        {"facts": NOTHING | {"topics": [{"kind": "x"}]}},
    ]
    for changes in wrong:
        with pytest.raises((ValueError, KeyError)):
            case_of(recorded(**changes), OFFICE)


CHANGED = Then(folder="review", reply="none", flag=True)


@pytest.mark.parametrize(
    ("verdict", "was", "becomes", "expected"),
    [
        ("urgent", {"folder": "urgent"}, {"folder": "review"}, Severity.URGENT),
        ("urgent", {"flag": True}, {"flag": False}, Severity.URGENT),
        ("urgent", {"reply": "answer"}, {"reply": "none"}, Severity.URGENT),
        ("urgent", {"respond_within": "4 working hours"}, {"respond_within": "1 working day"}, Severity.URGENT),
        ("urgent", {"keywords": "$A"}, {"keywords": "$B"}, Severity.OTHER),
        ("webform", {"reply": "answer"}, {"reply": "none"}, Severity.LOSS),
        ("unsure", {"folder": "review"}, {"folder": "webform"}, Severity.LOSS),
        ("webform", {"notify": ["duty", "head"]}, {"notify": "duty"}, Severity.LOSS),
        ("webform", {"respond_within": "2 working days"}, {}, Severity.LOSS),
        ("webform", {"forward": "biometrics"}, {}, Severity.LOSS),
        ("webform", {}, {"respond_within": "2 working days"}, Severity.OTHER),
        ("webform", {"respond_within": "2 working days"}, {"respond_within": "8 working hours"}, Severity.OTHER),
        ("webform", {"folder": "webform"}, {"folder": "review"}, Severity.OTHER),
    ],
)
def test_how_bad_a_change_is(verdict: str, was: Any, becomes: Any, expected: Severity) -> None:
    """Urgent mail that goes elsewhere or loses anything is the worst, then what others lose."""
    base = {"folder": "review", "reply": "none"}
    change = Change("old", Then.model_validate(base | was), "new", Then.model_validate(base | becomes))
    assert change.severity(verdict) is expected


def test_the_worst_comes_first_and_then_the_most_frequent() -> None:
    """One urgent message before a thousand others."""
    tally, urgent = Tally(), Change("a", CHANGED, "b", CHANGED.model_copy(update={"folder": "webform"}))
    common, rare = (Change("c", CHANGED, name, CHANGED.model_copy(update={"flag": False})) for name in ("d", "e"))
    for verdict, change, count in (("webform", rare, 1), ("webform", common, 3), ("urgent", urgent, 1)):
        past = Past(case=a_case(Label(verdict)), reference="DEL", unanswerable="")
        for _ in range(count):
            tally.add(past, change)
    assert [(severity, change.after, group.count) for severity, _, change, group in tally.worst_first()] == [
        (Severity.URGENT, "b", 1),
        (Severity.LOSS, "d", 3),
        (Severity.LOSS, "e", 1),
    ]
    assert tally.compared == 5


def test_a_whole_case_can_be_compared_as_well() -> None:
    """As a folder's messages are: nothing of it is unknown."""
    new = rules(rule("refunds", BY_SUBJECT, "folder: review, reply: none"), ELSE)
    case = a_case(Label.WEBFORM, message={"headers": (("subject", "My refund"),)})
    past = Past(case=case, reference="DEL", unanswerable=decide(new, case).unanswerable)
    assert isinstance(Comparison(rules(ELSE), new).compare(past), Change)


def test_kept_fields_are_given_as_they_are() -> None:
    """And whatever was not kept is refused by name."""
    assert Kept(answers=None).answers is None
    with pytest.raises(NotRecorded, match="subject"):
        _ = Kept(answers=None).subject
