"""Mailbox and ledger compared on a real Dovecot: what is found, what is repaired, and that nobody is answered by it."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from imapclient import IMAPClient
from typer.testing import CliRunner

from tests.integration.test_crash import Kill, Killed, killed, maildir, rebuilt, renumbered, restored
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage.cli import app
from triage.effects import filing
from triage.ledger import queue
from triage.mailbox.connection import Mailbox, Opened
from triage.ownership import Beating, Tenure, ownership_of
from triage.parts import account_of, open_database, sweeper_for, utc_now
from triage.rounds import EVERY, Rounds

pytestmark = pytest.mark.dovecot

PEOPLE = ["a@firm.example", "b@firm.example", "c@firm.example"]
LETTERS = [letter(number, "webform", sender=who) for number, who in enumerate(PEOPLE)]


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """The command has the log written to its standard error, which the runner closes."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str) -> World:
    """A live office with an empty mailbox, on each kind of database."""
    user = f"reconcile-{tmp_path.name}-{database_url[:6]}"
    return make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, database=database_url)


def filed(world: World) -> None:
    """Three messages filed and answered."""
    world.server.append(world.user, LETTERS)
    world.run_once()
    assert world.count() == {"Web form": 3, "Sent": 3}


def reconcile(world: World, *arguments: str) -> Counter[str]:
    """Run the command; how many findings of each kind."""
    arguments = ("reconcile", "--config", str(world.config), "--json", *arguments)
    result = CliRunner().invoke(app, list(arguments))
    structlog.reset_defaults()
    assert result.exit_code == 0, result.output
    return Counter(json.loads(result.stdout)["delhi"]["counts"])


def at(world: World, folder: str, do: Callable[[IMAPClient], Any]) -> Any:
    """What a person does in a folder."""
    with world.server.client(world.user) as client:
        client.select_folder(folder)
        return do(client)


def test_what_agrees_is_found_to_agree_and_left(world: World, sink: Sink) -> None:
    """Nothing is found, moved or sent; also of the same mail delivered twice and of mail without a Message-ID."""
    filed(world)
    world.server.deliver(world.user, LETTERS[0], LETTERS[0].replace(b"Message-ID", b"X-No-ID"))
    world.run_once()
    before, sent = world.server.folders(world.user), len(sink.taken)
    assert reconcile(world) == Counter()
    assert reconcile(world, "--since", "7d") == Counter()
    assert (world.server.folders(world.user), len(sink.taken)) == (before, sent)


def test_what_people_did_is_told_and_left(world: World, sink: Sink) -> None:
    """Deleted, moved to another folder, put back, copied, put there by a person, taken out of Sent: no errors."""
    filed(world)
    at(world, "Web form", lambda c: (c.delete_messages([1]), c.expunge([1])))
    at(world, "Web form", lambda c: c.move([2], "Urgent"))
    at(world, "Web form", lambda c: c.move([3], "INBOX"))
    at(world, "Urgent", lambda c: c.copy([1], "To review"))
    at(world, "Sent", lambda c: (c.delete_messages([2]), c.expunge([2])))
    world.server.append(world.user, [letter("theirs", "urgent")], folder="Urgent")
    expected = Counter(gone=1, moved_on=1, put_back=1, twice=1, unknown=1, no_copy=1)
    assert reconcile(world, "--dry-run") == expected
    before, sent = world.server.folders(world.user), len(sink.taken)
    assert reconcile(world) == expected
    assert (world.server.folders(world.user), len(sink.taken)) == (before, sent)


def snapshot(world: World, folder: Path) -> Callable[[World], None]:
    """Copy the mailbox file by file, as a backup of the disk does; gives what puts it back."""
    shutil.copytree(maildir(world), folder / "snapshot")

    def put_back(world: World) -> None:
        owner = maildir(world).stat()
        shutil.rmtree(maildir(world))
        shutil.copytree(folder / "snapshot", maildir(world))
        for path in [maildir(world), *maildir(world).rglob("*")]:
            shutil.chown(path, owner.st_uid, owner.st_gid)

    return put_back


def test_a_mailbox_restored_with_its_uids_is_filed_again_and_nobody_answered(
    world: World, sink: Sink, tmp_path: Path
) -> None:
    """UIDVALIDITY and UIDs are as before, so that a sweep knows all of it: the moves are lost, and found out."""
    world.server.append(world.user, LETTERS)
    put_back = snapshot(world, tmp_path)
    world.run_once()
    put_back(world)
    assert world.run_once().decided == 0
    assert world.count() == {"INBOX": 3}
    assert reconcile(world, "--dry-run") == Counter(lost_move=3, no_copy=3)
    assert world.count() == {"INBOX": 3}
    assert reconcile(world) == Counter(lost_move=3, no_copy=3)
    assert world.count() == {"Web form": 3}
    assert reconcile(world) == Counter(no_copy=3)
    assert len(sink.taken) == 3


def test_new_mail_under_uids_that_were_used_before_is_decided(world: World, sink: Sink, tmp_path: Path) -> None:
    """After such a restore the server gives UIDs that the ledger has for other messages: a sweep overlooks them."""
    world.server.append(world.user, LETTERS[:1])
    put_back = snapshot(world, tmp_path)
    world.server.append(world.user, LETTERS[1:])
    world.run_once()
    put_back(world)
    newcomer = letter("new", "webform", sender="new@firm.example")
    world.server.append(world.user, [newcomer])
    assert world.run_once().decided == 0
    assert reconcile(world)["uid_taken"] == 1
    assert world.run_once().decided == 1
    assert Counter(taken.recipients[0] for taken in sink.taken) == Counter([*PEOPLE, "new@firm.example"])
    assert world.server.folders(world.user)["Web form"].count(newcomer) == 1


@pytest.mark.parametrize("change", [rebuilt, restored])
def test_after_uidvalidity_changed_nobody_is_answered_by_reconciling(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, change: Callable[[World], None]
) -> None:
    """Before the next sweep and after it: the old places say nothing, and are not believed."""
    world = make_world(tmp_path, dovecot, user=f"renumbered-{tmp_path.name}", smtp_port=sink.port)
    filed(world)
    renumbered(world, change)
    reconcile(world)
    world.run_once()
    reconcile(world)
    assert not {recipient for taken in sink.taken[3:] for recipient in taken.recipients} & set(PEOPLE)


def test_without_uidvalidity_nobody_is_answered_again(
    world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfalls IMAP 17: UIDVALIDITY is 0. All is told by its content; a restored mailbox is filed again."""
    real = Mailbox.open

    def without(self: Mailbox, folder: str, *, readonly: bool) -> Opened:
        opened = replace(real(self, folder, readonly=readonly), uidvalidity=None)
        self._opened = (folder, readonly, opened)
        return opened

    monkeypatch.setattr(Mailbox, "open", without)
    filed(world)
    world.run_once()
    assert reconcile(world) == Counter()
    at(world, "Web form", lambda c: c.move("1:*", "INBOX"))
    for _ in range(2):
        world.run_once()
        reconcile(world)
    assert len(sink.taken) == 3


def test_open_effects_that_the_world_shows_done_are_finished(world: World, sink: Sink) -> None:
    """A move whose end the ledger missed, though it was put off: marked done, not repeated."""
    world.server.append(world.user, LETTERS)
    killed(world, Kill(queue, "settle"))
    with closing(open_database(world.settings)) as database:
        (first, *_) = queue.open_filings(database, "delhi", now=utc_now())
        later = utc_now() + timedelta(hours=5)
        queue.postpone(database, first.effects, until=later, why="refused")
    before = world.server.folders(world.user)
    assert reconcile(world) == Counter(still_open=3)
    assert world.server.folders(world.user) == before
    assert reconcile(world) == Counter()
    moves = [e["state"] for entry in world.entries() for e in entry.detail["effects"] if e["kind"] == "move"]
    assert moves == ["done"] * 3


def test_killed_while_repairing_the_next_run_finishes(world: World, sink: Sink, tmp_path: Path) -> None:
    """Between planning a lost move anew, doing it, and recording it."""
    world.server.append(world.user, LETTERS)
    put_back = snapshot(world, tmp_path)
    world.run_once()
    put_back(world)
    for kill in (Kill(filing, "move"), Kill(filing, "move", after=True)):
        with pytest.MonkeyPatch.context() as patch:
            kill.arm(patch)
            with pytest.raises(Killed):
                reconcile(world)
    reconcile(world)
    assert world.count() == {"Web form": 3}
    assert len(sink.taken) == 3


def test_beside_a_running_service_it_only_looks(world: World) -> None:
    """Two that repair at once would be two owners."""
    filed(world)
    with closing(open_database(world.settings)) as database:
        ownership = ownership_of(database, ["delhi"])
        with ownership.owned(), Beating(ownership) as tenures:
            assert list(tenures) == ["delhi"]
            assert reconcile(world, "--dry-run") == Counter()
            result = CliRunner().invoke(app, ["reconcile", "--config", str(world.config)])
    assert result.exit_code == 1
    assert re.search("owns the ledger|is another triage process's", result.stderr)


def test_each_hour_the_service_does_it_by_itself(world: World, sink: Sink, tmp_path: Path) -> None:
    """Between two sweeps, for the office that is swept, and not more often."""
    world.server.append(world.user, LETTERS)
    put_back = snapshot(world, tmp_path)
    world.run_once()
    put_back(world)
    now = [utc_now()]
    office = world.settings.offices[0]
    with closing(world.parts()) as parts, Mailbox.connect(account_of(office)) as mailbox:
        tenure = Tenure(office="delhi", fence=0, database=parts.database, still=lambda: None)
        rounds = Rounds(sweeper_for(parts, tenure), clock=lambda: now[0], rand=0.5)
        assert not rounds.sweep(mailbox).more
        assert world.count()["INBOX"] == 3
        now[0] += EVERY / 2
        assert rounds.sweep(mailbox).more
        assert world.count() == {"Web form": 3}
        assert not rounds.sweep(mailbox).more
        now[0] += EVERY
        assert rounds.sweep(mailbox).more
    assert len(sink.taken) == 3


def test_a_person_reads_counts_meanings_and_references(world: World) -> None:
    """The table names what is no error as such."""
    filed(world)
    at(world, "Web form", lambda c: (c.delete_messages([1]), c.expunge([1])))
    result = CliRunner().invoke(app, ["reconcile", "--config", str(world.config)], env={"COLUMNS": "200"})
    assert "a person moved or deleted it; no error" in result.stdout
    assert min(entry.reference for entry in world.entries())[:4] in result.stdout
