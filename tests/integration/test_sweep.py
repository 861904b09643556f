"""What becomes of mail in a real Dovecot, from INBOX to folder, reply and ledger."""

from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage.once import OnceResult

pytestmark = pytest.mark.dovecot


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str) -> World:
    """A live office with an empty mailbox, on each kind of database."""
    user = f"delhi-{tmp_path.name}-{database_url.partition(':')[0][:6]}"
    return make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, database=database_url)


def test_each_kind_goes_to_its_folder_and_is_answered_once(world: World, sink: Sink) -> None:
    """Four labels, unsure and machine mail: each in its folder, each person answered, the machine not."""
    world.server.deliver(
        world.user,
        letter(1, "urgent"),
        letter(2, "serious_error"),
        letter(3, "reconsideration"),
        letter(4, "webform", sender="other@firm.example"),
        letter(5, "something else", sender="third@firm.example"),
        letter(6, "urgent", Auto_Submitted="auto-replied"),
    )
    result = world.run_once()
    assert result == OnceResult(decided=6, failures=(), unfinished=0)
    assert world.count() == {
        "Urgent": 1,
        "Serious errors": 1,
        "Reconsideration": 1,
        "Web form": 1,
        "To review": 1,
        "Automated": 1,
        "Sent": 5,
    }
    replies = [taken for taken in sink.taken if "duty@visa-delhi.example" not in taken.recipients]
    assert len(replies) == 5
    assert {taken.envelope_sender for taken in sink.taken} == {""}
    assert {taken.mail["Auto-Submitted"] for taken in replies} == {"auto-replied"}


def test_a_second_run_changes_nothing(world: World, sink: Sink) -> None:
    """What is done is done: no second reply, no second move, no second decision."""
    world.server.deliver(world.user, letter(1, "urgent"))
    world.run_once()
    before, sent = world.server.folders(world.user), len(sink.taken)
    assert world.run_once().decided == 0
    assert (world.server.folders(world.user), len(sink.taken)) == (before, sent)


def test_the_bytes_are_not_changed_and_nothing_is_marked_read(world: World) -> None:
    """A manager finds the very message that was sent, unread, flagged and with its keyword."""
    message = letter(1, "urgent")
    world.server.append(world.user, [message])
    world.run_once()
    with world.server.client(world.user) as client:
        client.select_folder("Urgent", readonly=True)
        uid = client.search("ALL")[0]
        found = client.fetch([uid], ["FLAGS", "BODY.PEEK[]"])[uid]
    assert found[b"BODY[]"] == message
    assert {b"\\Flagged", b"$Urgent"} <= set(found[b"FLAGS"])
    assert b"\\Seen" not in found[b"FLAGS"]


def test_the_same_mail_delivered_twice_is_answered_once(world: World, sink: Sink) -> None:
    """A sender's server that tries again adds other Received lines; the person is answered once, both copies filed."""
    world.server.deliver(world.user, letter(1, "webform"))
    world.run_once()
    world.server.deliver(world.user, letter(1, "webform"))
    world.run_once()
    assert world.count() == {"Web form": 2, "Sent": 1}
    assert len(sink.taken) == 1


def test_two_copies_in_one_sweep_are_answered_once(world: World, sink: Sink) -> None:
    """Two equal messages that arrive together are one message."""
    world.server.deliver(world.user, letter(1, "webform"), letter(1, "webform"))
    world.run_once()
    assert world.count() == {"Web form": 2, "Sent": 1}
    assert len(sink.taken) == 1


def test_what_a_person_puts_back_into_inbox_stays_there(world: World, sink: Sink) -> None:
    """A manager who moves a message back has decided; the service does not argue."""
    world.server.deliver(world.user, letter(1, "webform"))
    world.run_once()
    with world.server.client(world.user) as client:
        client.select_folder("Web form")
        client.move(client.search("ALL"), "INBOX")
    world.run_once()
    world.run_once()
    assert world.count() == {"INBOX": 1, "Sent": 1}
    assert len(sink.taken) == 1


def test_shadow_touches_nothing_and_records_everything(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str
) -> None:
    """In shadow mode the mailbox is as before, folders included, nobody is answered, and the decision is recorded."""
    user = f"shadow-{database_url[:6]}"
    world = make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, database=database_url, mode="shadow")
    dovecot.append(user, [letter(1, "urgent")])
    before = dovecot.folders(user)
    assert world.run_once().decided == 1
    assert world.run_once().decided == 0
    assert dovecot.folders(user) == before
    assert sink.taken == []
    assert [(entry.rule, entry.mode) for entry in world.entries()] == [("urgent", "shadow")]


def test_a_server_without_move_and_with_a_prefix_is_sorted_too(
    plain_dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    r"""COPY, \Deleted and UID EXPUNGE; what somebody else has marked \Deleted stays."""
    user = "plain"
    world = make_world(tmp_path, plain_dovecot, user=user, smtp_port=sink.port)
    plain_dovecot.append(user, [letter(1, "urgent"), letter(2, "webform")])
    with plain_dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.delete_messages([2])
    world.run_once()
    assert world.count() == {"INBOX": 1, "INBOX.Urgent": 1, "INBOX.Sent": 1}


def test_a_refused_relay_fails_the_mail_and_keeps_the_reason(world: World, sink: Sink) -> None:
    """5xx: the message is filed all the same, the reply is given up, and the reason can be read."""
    sink.answer_rcpt = "550 no such person"
    world.server.deliver(world.user, letter(1, "webform"))
    assert world.run_once().unfinished == 0
    effects = {effect["kind"]: effect for effect in world.entries()[0].detail["effects"]}
    assert effects["reply"]["state"] == "failed"
    assert "550 no such person" in effects["reply"]["outcome"]["error"]
    assert effects["move"]["state"] == "done"


def test_a_relay_that_is_down_keeps_the_mail_for_later(world: World, sink: Sink) -> None:
    """The message is filed; the reply waits and goes out when the relay is back, once."""
    sink.answer = "451 try again later"
    world.server.deliver(world.user, letter(1, "webform"))
    assert world.run_once().unfinished == 1
    sink.answer = ""
    assert world.count() == {"Web form": 1}
