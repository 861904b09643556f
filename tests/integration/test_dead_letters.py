"""`triage effects`: what failed is listed with its reason, goes out when it is tried again, or is ended for good."""

import json
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner, Result

from tests.integration.test_crash import KILLS, killed, new_world, rebuilt, renumbered
from tests.integration.test_outgoing import CONFIG, Desk, at
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import letter
from triage.cli import app
from triage.ledger import dead_letters, doubt, queue, reversals
from triage.ledger.database import Database
from triage.ledger.dead_letters import Which
from triage.ledger.records import EffectState
from triage.ledger.reversals import Selection
from triage.ledger.schema import effects
from triage.parts import utc_now
from triage.pipeline import Setup
from triage.rules_folder import read_rules
from triage.settings_file import load_settings

REFUSED = "550 5.1.1 <counsel@firm.example> unknown"


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    """Two offices that share a ledger."""
    file = tmp_path / "triage.yaml"
    delhi = CONFIG.partition("offices:\n")[2]
    paris = delhi.replace("delhi", "paris").replace("Delhi", "Paris")
    file.write_text(f"database: {{url: '{database_url}'}}\noffices:\n{delhi}{paris}")
    return file


@pytest.fixture
def desks(config: Path, sink: Sink) -> Iterator[dict[str, Desk]]:
    """One for each office, with the same ledger and relay."""
    settings = load_settings(config)
    with closing(Database(settings.database.url)) as database:
        database.open()
        base = Setup(
            office=settings.offices[0].profile(),
            own_addresses=settings.own_addresses(),
            rule_set=read_rules(settings).default,
        )
        yield {
            office.id: Desk(database, replace(base, office=office.profile()), at(sink.port))
            for office in settings.offices
        }


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Desk:
    """Delhi's."""
    return desks["delhi"]


def run(config: Path, *arguments: str) -> Result:
    """`triage effects …`."""
    return CliRunner().invoke(app, ["effects", *arguments, "--config", str(config)], env={"COLUMNS": "200"})


def listed(config: Path, *arguments: str) -> list[dict[str, Any]]:
    """What --json tells."""
    result = run(config, "list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def refused(desk: Desk, sink: Sink, *numbers: int) -> None:
    """Messages whose replies the relay refused for good."""
    desk.record(*(letter(number, "webform") for number in numbers))
    sink.answer_rcpt = REFUSED
    assert desk.send().failed == len(numbers)
    sink.answer_rcpt = ""


def test_what_failed_is_listed_with_its_reason_and_what_to_do(config: Path, desk: Desk, sink: Sink) -> None:
    """By the message's reference; neither address nor text is told."""
    refused(desk, sink, 1)
    (one,) = listed(config)
    assert (one["office"], one["kind"], one["what"], one["state"]) == ("delhi", "reply", "redirect-webform", "failed")
    assert (one["attempts"], one["since"][:16], one["next_try"]) == (1, "2026-11-09 15:00", None)
    assert "550 5.1.1 (address) unknown" in one["why"]
    assert one["advice"] == "The address takes no mail. Answer in another way, then drop it."
    shown = run(config, "list").stdout
    assert one["reference"] in shown
    assert "550 5.1.1 (address) unknown" in shown
    assert "The address takes no mail." in shown
    assert "1 failed, 0 held, 0 waiting" in shown
    assert "counsel" not in shown


def test_what_was_tried_in_vain_is_listed_with_its_next_try(config: Path, desk: Desk, sink: Sink) -> None:
    """And what was not tried yet only where it is asked for."""
    desk.record(letter(1, "webform"))
    assert listed(config) == []
    assert "nothing has failed, is held or waits" in run(config, "list").stdout
    assert {one["kind"] for one in listed(config, "--state", "planned")} == {"flags", "move", "reply"}
    sink.answer = "451 4.2.0 greylisted"
    desk.send()
    (one,) = listed(config)
    assert (one["state"], one["attempts"], one["next_try"][:16]) == ("planned", 1, "2026-11-09 15:00")
    assert "greylisted" in one["why"]
    assert listed(config, "--state", "failed") == []
    assert "1 try, next 2026-11-09 15:00 UTC" in run(config, "list").stdout


@pytest.mark.parametrize("by", ["reference", "effect"])
def test_a_retry_sends_the_same_mail(config: Path, desk: Desk, sink: Sink, by: str) -> None:
    """Under its Message-ID, to the byte, with all its tries before it; then nothing waits."""
    desk.record(letter(1, "webform"))
    (mail,) = queue.mail_to_send(desk.database, ["delhi"], now=desk.now, most=9)
    sink.answer_rcpt = REFUSED
    desk.send()
    sink.answer_rcpt = ""
    assert desk.send().sent == 0
    result = run(config, "retry", str(listed(config)[0][by]).lower())
    assert (result.exit_code, result.stdout) == (0, "1 effects are due again\n")
    desk.now = max(desk.now, *(m["not_before"] for m in mails(desk)))
    assert [m["attempts"] for m in mails(desk)] == [0]
    assert desk.send().sent == 1
    assert [taken.content for taken in sink.taken] == [mail.content]
    assert listed(config) == []


def mails(desk: Desk) -> list[Any]:
    """The rows of replies, forwards and notices."""
    query = select(effects).where(effects.c.kind.in_(queue.MAIL)).order_by(effects.c.id)
    with desk.database.transaction() as connection:
        return [row._mapping for row in connection.execute(query)]


def test_a_reply_that_failed_before_a_restore_is_looked_for_before_it_is_tried_again(
    config: Path, desk: Desk, sink: Sink
) -> None:
    """A person may have had it tried again since the backup, and it may be out."""
    refused(desk, sink, 1)
    doubt.doubt(desk.database, now=desk.now + timedelta(hours=1))
    assert run(config, "retry", "--all").stdout == "1 effects are due again\n"
    assert [mail["state"] for mail in mails(desk)] == ["unsure"]


def test_all_of_an_office_are_retried(config: Path, desks: dict[str, Desk], sink: Sink) -> None:
    """And the other office's are left."""
    refused(desks["delhi"], sink, 1, 2)
    refused(desks["paris"], sink, 3)
    assert run(config, "retry", "--all", "--office", "delhi").stdout == "2 effects are due again\n"
    assert [one["office"] for one in listed(config)] == ["paris"]
    assert [one["office"] for one in listed(config, "--office", "paris")] == ["paris"]


def test_what_is_dropped_is_shown_first_and_its_mail_deleted(config: Path, desk: Desk, sink: Sink) -> None:
    """Nothing without a yes; then the note stands in the record, and nothing of the mail."""
    refused(desk, sink, 1, 2)
    first, second = (one["reference"] for one in listed(config))
    shown = run(config, "drop", first).stdout
    assert first in shown
    assert second not in shown
    assert "nothing was done; --yes does it" in shown
    assert desk.kept() == 2
    result = run(config, "drop", first, "--yes", "--note", "answered by hand")
    assert "1 effects dropped" in result.stdout
    assert desk.kept() == 1
    ended = next(m for m in mails(desk) if m["state"] == "dropped")
    assert ended["outcome"] == {"note": "dropped by triage effects drop: answered by hand"}
    assert [one["reference"] for one in listed(config)] == [second]
    assert "has failed or waits" in run(config, "retry", first).output


BAD: dict[str, tuple[list[str], int, str]] = {
    "nothing said": (["retry"], 2, "say which"),
    "a name and all": (["retry", "DEL-0000-0000", "--all"], 2, "say which"),
    "no such reference": (["retry", "DEL-0000-0000"], 1, "nothing of DEL-0000-0000 has failed or waits"),
    "no such effect": (["drop", "4711", "--yes"], 1, "nothing of 4711 has failed or waits"),
    "a number beyond all numbers": (["drop", "9" * 30], 1, "has failed or waits"),
    "no such office": (["list", "--office", "delih"], 2, "did you mean 'delhi'?"),
    "one of two unknown": (["retry", "REFERENCE", "DEL-0000-0000"], 1, "nothing of DEL-0000-0000 has failed"),
    "another office's": (["retry", "REFERENCE", "--office", "paris"], 1, "has failed or waits at office paris"),
}


@pytest.mark.parametrize(("arguments", "code", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_meant_is_refused_in_words(
    config: Path, desk: Desk, sink: Sink, arguments: list[str], code: int, said: str
) -> None:
    """And nothing is done, not even to what was named rightly beside it."""
    refused(desk, sink, 1)
    reference = listed(config)[0]["reference"]
    result = run(config, *(reference if one == "REFERENCE" else one for one in arguments))
    assert result.exit_code == code, result.output
    assert said in result.output
    assert [one["state"] for one in listed(config)] == ["failed"]


def test_what_is_not_kept_cannot_be_retried(config: Path, desk: Desk, sink: Sink) -> None:
    """An older version deleted the mail with the failure: said, with what to do instead."""
    refused(desk, sink, 1)
    with desk.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
    result = run(config, "retry", "--all")
    assert result.exit_code == 1
    assert "0 effects are due again" in result.output
    assert "answer by hand, then drop them" in result.output
    assert listed(config)[0]["advice"].startswith("The composed mail is not kept any more.")


def test_what_is_dropped_while_it_is_being_sent_is_recorded_as_sent(desk: Desk, sink: Sink) -> None:
    """The world wins over the wish. Where it had not gone out, the one who sends deletes it."""
    desk.record(letter(1, "webform"), letter(2, "webform", sender="o@firm.example"))
    in_hand = queue.mail_to_send(desk.database, ["delhi"], now=desk.now, most=1)
    planned = dead_letters.stuck(desk.database, Which(state=EffectState.PLANNED))
    replies = [one for one in planned if one.mail]
    assert dead_letters.drop(desk.database, replies, note="no", now=desk.now) == 2
    queue.mail_sent(desk.database, in_hand[0], now=desk.now)
    assert desk.send().sent == 0
    assert sorted(m["state"] for m in mails(desk)) == ["dropped", "sent"]
    assert desk.kept() == 1


def test_what_failed_while_it_was_dropped_stays_dropped(desk: Desk) -> None:
    """A late failure or deferral does not bring it back."""
    desk.record(letter(1, "webform"))
    (mail,) = queue.mail_to_send(desk.database, ["delhi"], now=desk.now, most=1)
    found = dead_letters.stuck(desk.database, Which(state=EffectState.PLANNED))
    dead_letters.drop(desk.database, found, note="no", now=desk.now)
    queue.mail_failed(desk.database, mail, why="550", now=desk.now)
    queue.postpone(desk.database, [mail.effect], until=desk.now, why="451")
    assert [(m["state"], m["outcome"]) for m in mails(desk)] == [("dropped", {"note": "no"})]


def test_what_failed_is_withdrawn_with_its_message(config: Path, desk: Desk, sink: Sink) -> None:
    """`triage undo`: the message is a person's again, and nobody can have it answered by a retry."""
    refused(desk, sink, 1)
    filed = reversals.filings(desk.database, "delhi", Selection())
    assert reversals.settle_undone(desk.database, filed, now=desk.now) == 1
    assert listed(config) == []
    desk.send()
    assert desk.kept() == 0


def test_a_retry_twice_at_once_is_one(desk: Desk, sink: Sink) -> None:
    """What went out meanwhile is not put back."""
    refused(desk, sink, 1)
    found = dead_letters.stuck(desk.database, Which())
    assert dead_letters.retry(desk.database, found, now=desk.now) == 1
    assert desk.send().sent == 1
    assert dead_letters.retry(desk.database, found, now=desk.now) == 0
    assert dead_letters.drop(desk.database, found, note="no", now=desk.now) == 0
    assert len(sink.taken) == 1


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A reply is held for review, and another has failed."""
    desk.record(letter(1, "webform"), letter(2, "webform"))
    with desk.database.transaction() as connection:
        first = select(func.min(effects.c.id)).where(effects.c.kind == "reply").scalar_subquery()
        connection.execute(update(effects).where(effects.c.id == first).values(state=EffectState.HELD))
    return desk


def test_what_is_held_is_listed_and_goes_out_when_it_is_released(config: Path, held: Desk, sink: Sink) -> None:
    """By nobody else's doing: not by a pass over the outbox, not by a retry."""
    sink.answer_rcpt = REFUSED
    held.send()
    sink.answer_rcpt = ""
    held_one, failed_one = listed(config)
    assert (held_one["state"], failed_one["state"]) == ("held", "failed")
    assert "triage effects release" in held_one["advice"]
    assert [one["reference"] for one in listed(config, "--state", "held")] == [held_one["reference"]]
    assert "nothing of" in run(config, "retry", held_one["reference"]).output
    assert "is held" in run(config, "release", failed_one["reference"]).output
    assert run(config, "release", "--all").stdout == "1 effects are released\n"
    assert [one["state"] for one in listed(config)] == ["failed"]
    held.now = utc_now()
    assert held.send().sent == 1


def test_what_is_held_can_be_dropped(config: Path, held: Desk) -> None:
    """Its composed mail goes with it."""
    (one,) = listed(config)
    assert "1 effects dropped" in run(config, "drop", one["reference"], "--yes").stdout
    assert listed(config) == []
    assert held.kept() == 1


def test_the_examples_of_the_document_run(config: Path, desk: Desk, sink: Sink) -> None:
    """Each line of docs/operating.md about effects exits 0, where there is such a message."""
    sink.answer_rcpt = REFUSED
    page = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("triage effects ")]
    assert len(lines) >= 5
    desk.record(letter(1, "webform"), letter(2, "webform"))
    for line in lines:
        desk.now = utc_now()
        desk.send()  # what a line before had tried again fails again
        reference = listed(config)[0]["reference"]
        result = run(config, *shlex.split(line.replace("DEL-7F3K-9Q2M", reference))[2:])
        assert result.exit_code == 0, (line, result.output)


@pytest.mark.dovecot
def test_a_move_that_is_dropped_leaves_the_message_in_inbox(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """For good, whatever the mailbox does with its UIDs."""
    world = new_world(dovecot, sink, tmp_path)
    dovecot.append(world.user, [letter(1, "webform")])
    killed(world, KILLS["after it is recorded, before anything is moved"])
    with closing(Database(world.settings.database.url)) as database:
        found = dead_letters.stuck(database, Which(state=EffectState.PLANNED))
        assert dead_letters.drop(database, found, note="no", now=found[0].since) == len(found)
    world.run_once()
    renumbered(world, rebuilt)
    world.run_once()
    assert world.count() == {"INBOX": 1}
    assert sink.taken == []
