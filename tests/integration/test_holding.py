"""Mail that is held for review: recorded, counted, released once, dropped, withdrawn by an undo."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.test_outgoing import CONFIG, START, Desk, at
from tests.servers.smtp import Sink
from tests.world import letter
from triage.core.office import Mode
from triage.core.policy.loading import RuleSet
from triage.ledger import archive, dead_letters, doubt, holding, reversals
from triage.ledger.database import Database
from triage.ledger.dead_letters import StuckEffect, Which
from triage.ledger.holding import Holding
from triage.ledger.records import EffectState
from triage.ledger.reversals import Selection
from triage.ledger.schema import decisions, effects
from triage.pipeline import Setup
from triage.rules_folder import read_rules
from triage.settings_file import load_settings

LATER = START + timedelta(hours=3)


def holding_rules(rule_set: RuleSet, *, of: str) -> RuleSet:
    """The same rules, one of which holds its reply."""
    rules = tuple(
        rule.model_copy(update={"then": rule.then.model_copy(update={"hold": True})}) if rule.id == of else rule
        for rule in rule_set.rules
    )
    return replace(rule_set, rules=rules)


@pytest.fixture
def desk(tmp_path: Path, database_url: str, sink: Sink) -> Iterator[Desk]:
    """With an empty ledger, and rules that hold the replies to urgent messages."""
    file = tmp_path / "triage.yaml"
    file.write_text(CONFIG)
    settings = load_settings(file)
    with closing(Database(database_url)) as database:
        database.open()
        setup = Setup(
            office=settings.offices[0].profile(),
            own_addresses=settings.own_addresses(),
            rule_set=holding_rules(read_rules(settings).default, of="urgent"),
        )
        yield Desk(database, setup, at(sink.port))


def states(desk: Desk) -> dict[str, str]:
    """By kind of effect, how far it has come."""
    with desk.database.transaction() as connection:
        return {row.kind: row.state for row in connection.execute(select(effects.c.kind, effects.c.state))}


def held_rows(desk: Desk) -> list[int]:
    """The effects that are held."""
    return [one.row for one in held(desk)]


def held(desk: Desk, office: str | None = None) -> list[StuckEffect]:
    """The same, as `triage effects list` tells them."""
    return dead_letters.stuck(desk.database, Which(office=office, state=EffectState.HELD))


def test_the_reply_waits_and_all_else_goes_on(desk: Desk, sink: Sink) -> None:
    """Filing is planned, the person on duty is told at once, and nothing goes to the sender."""
    desk.record(letter(1, "urgent"))
    assert desk.send().sent == 1
    assert [mail.recipients for mail in sink.taken] == [["duty@visa-delhi.example"]]
    assert states(desk) == {"flags": "planned", "move": "planned", "reply": "held", "notify": "done"}
    (one,) = held(desk, "delhi")
    (entry,) = archive.list_entries(desk.database)
    assert (one.reference, one.kind, one.what, one.since) == (entry.reference, "reply", "acknowledge-urgent", START)
    assert entry.held == 1
    assert archive.show_entries(desk.database, entry.reference)[0].held == 1
    assert holding.holdings(desk.database) == {"delhi": Holding(1, START)}
    assert held(desk, "paris") == []


def test_what_is_released_goes_out_once(desk: Desk, sink: Sink) -> None:
    """At once; to release it again does nothing."""
    desk.record(letter(1, "urgent"), letter(2, "urgent"))
    desk.send()
    first, second = held_rows(desk)
    desk.now = LATER
    assert holding.release(desk.database, [first, first], now=LATER) == {first}
    assert desk.send().sent == 1
    assert holding.release(desk.database, [first], now=LATER) == frozenset()
    assert desk.send().sent == 0
    assert held_rows(desk) == [second]
    assert [mail.recipients for mail in sink.taken].count(["counsel@firm.example"]) == 1


@pytest.mark.parametrize("since", [timedelta(hours=1), timedelta(hours=-1)], ids=["held before", "held since"])
def test_what_is_released_after_a_restore_is_looked_for_first(desk: Desk, sink: Sink, since: timedelta) -> None:
    """It may have been released and gone out since the backup; what is held only since the restore was not."""
    doubt.doubt(desk.database, now=START + since)
    desk.record(letter(1, "urgent"))
    (row,) = held_rows(desk)
    holding.release(desk.database, [row], now=LATER)
    desk.now = LATER
    desk.send()
    assert states(desk)["reply"] == ("unsure" if since > timedelta() else "sent")
    doubt.settle_unsure(desk.database, out=[], waiting=[row], now=LATER)
    desk.send()
    assert states(desk)["reply"] == "sent"


def test_what_is_dropped_never_goes_out_and_is_deleted(desk: Desk, sink: Sink) -> None:
    """What is held no more is not dropped."""
    desk.record(letter(1, "urgent"), letter(2, "webform"))
    rows, found = held_rows(desk), held(desk)
    assert dead_letters.drop(desk.database, found, note="answered by hand", now=LATER) == len(rows) == 1
    assert dead_letters.drop(desk.database, found, note="answered by hand", now=LATER) == 0
    assert states(desk)["reply"] in {"planned", "dropped"}
    assert desk.send().sent == 2  # the notice, and the other message's reply
    assert holding.release(desk.database, rows, now=LATER) == frozenset()
    assert desk.kept() == 1  # of the reply that is out, until its copy stands in Sent
    assert len(sink.taken) == 2


@pytest.mark.parametrize("settled", [False, True], ids=["under way", "done"])
def test_nothing_is_released_after_an_undo(desk: Desk, sink: Sink, settled: bool) -> None:
    """Whether it is under way still or over; then the mail is withdrawn."""
    desk.record(letter(1, "urgent"))
    rows = held_rows(desk)
    filed = reversals.filings(desk.database, "delhi", Selection())
    assert reversals.claim(desk.database, filed)
    if settled:
        reversals.settle_undone(desk.database, filed, now=LATER)
        assert held_rows(desk) == []
    assert holding.release(desk.database, rows, now=LATER) == frozenset()
    desk.send()
    assert not [mail for mail in sink.taken if "counsel" in str(mail.recipients)]
    assert desk.kept() == (0 if settled else 1)


def test_an_undo_after_a_release_withdraws_what_is_not_out(desk: Desk) -> None:
    """Nobody need think of the order."""
    desk.record(letter(1, "urgent"))
    (row,) = held_rows(desk)
    assert holding.release(desk.database, [row], now=LATER) == {row}
    filed = reversals.filings(desk.database, "delhi", Selection())
    assert reversals.settle_undone(desk.database, filed, now=LATER) == 2  # reply and notice
    assert states(desk)["reply"] == EffectState.UNDONE


def test_what_is_withdrawn_while_it_is_looked_for_stays_so(desk: Desk) -> None:
    """After a restore, an undo may come between the question and the answer."""
    desk.record(letter(1, "urgent"))
    doubt.doubt(desk.database, now=LATER)
    (row,) = held_rows(desk)
    holding.release(desk.database, [row], now=LATER)
    reversals.settle_undone(desk.database, reversals.filings(desk.database, "delhi", Selection()), now=LATER)
    doubt.settle_unsure(desk.database, out=[], waiting=[row], now=LATER)
    assert states(desk)["reply"] == EffectState.UNDONE


def test_nothing_is_held_in_shadow_mode(desk: Desk) -> None:
    """Nothing would ever be done, so nobody has anything to release."""
    desk.setup = replace(desk.setup, office=replace(desk.setup.office, mode=Mode.SHADOW))
    desk.record(letter(1, "urgent"))
    assert set(states(desk).values()) == {"shadow"}
    assert holding.holdings(desk.database) == {}


def test_an_earlier_schema_shows_held_mail_to_a_person(desk: Desk, sink: Sink) -> None:
    """It cannot hold; so that it goes out only when somebody says so, it has failed there, and is kept."""
    desk.record(letter(1, "urgent"))
    desk.database.downgrade("0004")
    desk.database.upgrade()
    assert states(desk)["reply"] == "failed"
    assert desk.kept() == 2
    desk.send()
    assert [mail.recipients for mail in sink.taken] == [["duty@visa-delhi.example"]]


def test_a_decision_records_what_was_added_and_what_a_rule_on_trial_would_have_done(desk: Desk) -> None:
    """And `messages show` tells it."""
    rules = desk.setup.rule_set.rules
    tried = next(rule for rule in rules if rule.id == "webform").model_copy(update={"id": "tried", "enforce": False})
    desk.setup = replace(desk.setup, rule_set=replace(desk.setup.rule_set, rules=(tried, *rules)))
    desk.record(letter(1, "webform"), letter(2, "urgent"))
    with desk.database.transaction() as connection:
        rows = connection.execute(select(decisions).order_by(decisions.c.id)).all()
    assert [(row.rule, row.trial_rule, row.trial_folder, row.trial_reply, row.trial_due_at) for row in rows] == [
        ("webform", "tried", "Web form", "redirect-webform", None),
        ("urgent", None, None, None, None),
    ]
    assert [row.always for row in rows] == [[], []]
    (shown,) = archive.show_entries(desk.database, rows[0].reference)
    assert shown.detail["on_trial"] == {
        "rule": "tried",
        "folder": "Web form",
        "reply": "redirect-webform",
        "due_at": None,
    }
