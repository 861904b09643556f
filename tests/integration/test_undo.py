"""`triage undo` against a real Dovecot, with MOVE and without: what goes back, what is left, and what stays so."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient
from typer.testing import CliRunner

from tests.integration.test_crash import rebuilt, renumbered
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage import undo_offices, undoing
from triage.cli import app
from triage.ledger import queue, reversals
from triage.mailbox import moving
from triage.parts import open_database

pytestmark = pytest.mark.dovecot
PREFIX = {"dovecot": "", "plain_dovecot": "INBOX."}


@pytest.fixture(params=["dovecot", "plain_dovecot"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of server."""
    return str(request.param)


@pytest.fixture
def world(request: pytest.FixtureRequest, kind: str, sink: Sink, tmp_path: Path) -> World:
    """Three messages filed: an urgent one and two sent to the web form, all answered."""
    server: Dovecot = request.getfixturevalue(kind)
    made = make_world(tmp_path, server, user=f"undo-{tmp_path.name}", smtp_port=sink.port)
    server.append(
        made.user,
        [
            letter(1, "urgent", sender="a@firm.example"),
            letter(2, "webform", sender="b@firm.example"),
            letter(3, "webform", sender="c@firm.example"),
        ],
    )
    made.run_once()
    return made


def undo(world: World, *arguments: str, code: int = 0) -> str:
    """Run the command; what it printed."""
    result = CliRunner().invoke(app, ["undo", "--config", str(world.config), *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.stdout


def fates(world: World, *arguments: str) -> list[tuple[str, str]]:
    """Fate and reason of each filing, as --json tells."""
    found = json.loads(undo(world, *arguments, "--json"))
    return sorted((one["fate"], one["why"]) for one in found.get("delhi", []))


def at(world: World, kind: str, folder: str, do: Callable[[IMAPClient], Any]) -> Any:
    """What a person does in a folder."""
    with world.server.client(world.user) as client:
        client.select_folder(folder if folder == "INBOX" else PREFIX[kind] + folder)
        return do(client)


def test_nothing_is_done_without_a_yes(world: World) -> None:
    """The plan is shown, by folder; the mailbox stays as it is."""
    before = world.server.folders(world.user)
    shown = undo(world, "--since", "1d")
    assert "Web form" in shown
    assert "nothing was done" in shown
    assert world.server.folders(world.user) == before


def test_what_the_service_moved_goes_back_unmarked_and_stays(world: World, kind: str, sink: Sink) -> None:
    """Flags and keywords are off; later runs neither file nor answer again; a second undo does nothing."""
    sent = len(sink.taken)
    assert "3 messages moved back" in undo(world, "--since", "1d", "--yes")
    assert world.count()["INBOX"] == 3
    flags = at(world, kind, "INBOX", lambda c: c.get_flags(c.search("ALL")))
    assert {flag for found in flags.values() for flag in found} <= {b"\\Recent"}
    world.run_once()
    world.run_once()
    assert world.count()["INBOX"] == 3
    assert len(sink.taken) == sent
    assert fates(world, "--since", "1d", "--yes") == [("undone", "")] * 3
    states = {
        effect["state"] for entry in world.entries() for effect in entry.detail["effects"] if effect["kind"] == "move"
    }
    assert states == {"undone"}


def test_only_what_is_meant_is_undone(world: World) -> None:
    """By rule, by reference, by office; nothing given is refused, and so is a time that is none."""
    reference = next(entry.reference for entry in world.entries() if entry.label == "urgent")
    assert len(fates(world, "--message", reference.lower())) == 1
    rule = next(entry.rule for entry in world.entries() if entry.label == "webform")
    undo(world, "--rule", rule, "--office", "delhi", "--yes")
    assert world.count()["INBOX"] == 2
    undo(world, code=2)
    undo(world, "--since", "yesterday", code=2)


@pytest.mark.parametrize(
    ("touch", "why"),
    [
        (lambda c: c.add_flags([1], ["\\Seen"]), "it was read"),
        (lambda c: c.add_flags([1], ["\\Answered"]), "it was answered"),
        (lambda c: c.add_flags([1], ["ours"]), "it was marked OURS"),
        (lambda c: c.remove_flags([1], ["\\Flagged"]), "\\FLAGGED was taken off"),
        (lambda c: c.remove_flags([1], ["$Urgent"]), "$URGENT was taken off"),
    ],
    ids=["read", "answered", "keyword", "flag off", "keyword off"],
)
def test_what_a_person_touched_is_left(world: World, kind: str, touch: Callable[[IMAPClient], Any], why: str) -> None:
    """And said so; the message stands where it stood, marked as it was."""
    at(world, kind, "Urgent", touch)
    before = at(world, kind, "Urgent", lambda c: c.get_flags([1]))
    assert fates(world, "--since", "1d", "--yes") == [("back", ""), ("back", ""), ("touched", why)]
    assert at(world, kind, "Urgent", lambda c: c.get_flags([1])) == before


def test_what_a_person_moved_or_deleted_is_left(world: World, kind: str) -> None:
    r"""Gone from its folder, or marked \Deleted."""
    at(world, kind, "Urgent", lambda c: c.delete_messages([1]))
    at(
        world,
        kind,
        "Web form",
        lambda c: (c.copy([1], PREFIX[kind] + "To review"), c.delete_messages([1]), c.expunge()),
    )
    assert fates(world, "--since", "1d", "--yes") == [("back", ""), ("gone", ""), ("gone", "")]
    assert world.count()["INBOX"] == 1


def test_a_restored_folder_is_searched(world: World, kind: str) -> None:
    """The recorded UID says nothing after a change of UIDVALIDITY: found by Message-ID and bytes, a forgery is not."""
    forged = letter(2, "webform", sender="b@firm.example").replace(b"Thank you", b"Thank yew")

    def restore(client: IMAPClient) -> None:
        name = PREFIX[kind] + "Web form"
        client.close_folder()
        kept = world.server.folders(world.user)[name]
        client.delete_folder(name)
        client.create_folder(name)
        for raw in (forged, *reversed(kept)):
            client.append(name, raw)

    at(world, kind, "Web form", restore)
    assert fates(world, "--since", "1d", "--yes") == [("back", "")] * 3
    assert world.server.folders(world.user)[PREFIX[kind] + "Web form"] == [forged]


def test_what_is_being_filed_is_not_undone(world: World) -> None:
    """A move that the service has planned and not done is left to it."""
    with closing(open_database(world.settings)) as database:
        rows = [f.row for f in reversals.filings(database, "delhi", reversals.Selection())][:1]
        from triage.ledger.recording import plan_again
        from triage.parts import utc_now

        plan_again(database, "delhi", rows, utc_now())
    assert fates(world, "--since", "1d", "--yes") == [("back", ""), ("back", ""), ("being filed", "")]


@pytest.mark.parametrize("step", ["before the move", "after the copy", "before the ledger knows"])
def test_killed_anywhere_the_next_run_finishes(
    world: World, kind: str, step: str, monkeypatch: pytest.MonkeyPatch, sink: Sink
) -> None:
    """Nothing lost, nothing twice in INBOX, and the service leaves what it finds there meanwhile."""
    sent = len(sink.taken)

    class KilledError(BaseException):
        """Nothing handles it."""

    def kill(*_: Any, **__: Any) -> None:
        raise KilledError

    owner, name = {
        "before the move": (undoing, "move"),
        "after the copy": (moving, "remove"),
        "before the ledger knows": (reversals, "settle_undone"),
    }[step]
    if step == "after the copy" and kind == "dovecot":
        pytest.skip("MOVE leaves nothing in between")
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(KilledError):
            CliRunner().invoke(app, ["undo", "--config", str(world.config), "--since", "1d", "--yes"])
    world.run_once()
    undo(world, "--since", "1d", "--yes")
    world.run_once()
    assert {name: n for name, n in world.count().items() if not name.endswith("Sent")} == {"INBOX": 3}
    assert len(sink.taken) == sent


def test_what_had_not_gone_out_never_does(
    request: pytest.FixtureRequest, kind: str, sink: Sink, tmp_path: Path
) -> None:
    """A reply that waits for the relay is withdrawn, and deleted from the ledger."""
    server: Dovecot = request.getfixturevalue(kind)
    world = make_world(tmp_path, server, user=f"wait-{tmp_path.name}", smtp_port=sink.port)
    server.append(world.user, [letter(1, "webform")])
    sink.answer = "451 later"
    world.run_once()
    sink.answer = ""
    undo(world, "--since", "1d", "--yes")
    world.run_once()
    with closing(open_database(world.settings)) as database, database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 0
    with closing(open_database(world.settings)) as database:
        assert queue.open_count(database, ["delhi"]) == 0
    assert sink.taken == []


def test_a_draft_corrects_each_reply_that_went_out(world: World, tmp_path: Path, sink: Sink) -> None:
    """An .eml a reply, to the sender, for a person to send; one that somebody has worked on is not written over."""
    sent = len(sink.taken)
    undo(world, "--since", "1d", "--yes", "--correction", str(tmp_path / "drafts"))
    drafts = {
        path.stem: message_from_bytes(path.read_bytes(), policy=default) for path in (tmp_path / "drafts").iterdir()
    }
    assert {str(draft["To"]) for draft in drafts.values()} == {"a@firm.example", "b@firm.example", "c@firm.example"}
    for reference, draft in drafts.items():
        assert draft["X-Unsent"] == "1"
        assert draft["Auto-Submitted"] is None
        assert reference in draft.get_content()
    kept = next((tmp_path / "drafts").iterdir())
    kept.write_text("worked on")
    undo(world, "--since", "1d", "--correction", str(tmp_path / "drafts"))
    assert kept.read_text() == "worked on"
    assert len(sink.taken) == sent


def test_two_copies_of_a_mail_are_both_undone(world: World, sink: Sink) -> None:
    """The copy that was filed beside the first goes back too, and a third that comes later stays in INBOX."""
    world.server.append(world.user, [letter(1, "urgent", sender="a@firm.example")])
    world.run_once()
    sent = len(sink.taken)
    undo(world, "--since", "1d", "--yes")
    world.server.append(world.user, [letter(1, "urgent", sender="a@firm.example")])
    world.run_once()
    assert world.count()["INBOX"] == 5
    assert len(sink.taken) == sent


def test_one_copy_undone_is_not_filed_beside_the_other(world: World, kind: str) -> None:
    """The first was read and stays; its copy goes back, and is left in INBOX."""
    world.server.append(world.user, [letter(1, "urgent", sender="a@firm.example")])
    world.run_once()
    at(world, kind, "Urgent", lambda c: c.add_flags([1], ["\\Seen"]))
    undo(world, "--since", "1d", "--yes")
    world.run_once()
    assert world.count()["INBOX"] == 3


def test_the_daemon_goes_on_beside_it(world: World, sink: Sink) -> None:
    """While it watches: what goes back stays, what comes new is filed and answered."""
    from tests.integration.test_daemon import running, wait_for

    sent = len(sink.taken)
    with running(world):
        undo(world, "--since", "1d", "--yes")
        world.server.append(world.user, [letter(9, "urgent", sender="z@firm.example")])
        wait_for(lambda: len(sink.taken) == sent + 2)  # the answer, and the notice to the one on duty
        # The daemon's log goes to this process's output too, where it may come before the command's own.
        wait_for(lambda: '"fate": "back"' in undo(world, "--since", "1d", "--json"))
        assert world.count()["INBOX"] == 3
    world.run_once()
    assert world.count()["INBOX"] == 3


def test_the_examples_of_the_documents_run(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each line of docs/operating.md that calls undo or a report exits 0."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_CONFIG", str(world.config))
    page = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith(("triage undo ", "triage report "))]
    assert len(lines) >= 6
    for line in lines:
        result = CliRunner().invoke(app, line.split()[1:])
        assert result.exit_code == 0, (line, result.output)


def test_a_rebuilt_inbox_changes_nothing(world: World, sink: Sink) -> None:
    """UIDVALIDITY is another one after the undoing: what went back still stays, and nobody is answered again."""
    undo(world, "--since", "1d", "--yes")
    world.run_once()
    sent = len(sink.taken)
    renumbered(world, rebuilt)
    world.run_once()
    world.run_once()
    assert world.count()["INBOX"] == 3
    assert len(sink.taken) == sent


def test_each_database_keeps_the_record(dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str) -> None:
    """The same on SQLite and on PostgreSQL: claimed, undone, left alone, and nothing left to do."""
    user = f"undo-{tmp_path.name}-{database_url[:6]}"
    world = make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, database=database_url)
    dovecot.append(user, [letter(1, "webform"), letter(2, "webform")])
    world.run_once()
    undo(world, "--rule", world.entries()[0].rule, "--yes")
    world.run_once()
    assert world.count()["INBOX"] == 2
    assert fates(world, "--since", "1d") == [("undone", "")] * 2


def test_two_at_once_do_not_meet(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is refused, in words, while the first has claimed and not yet moved; what the first does is whole."""
    user = f"twice-{tmp_path.name}-{database_url[:6]}"
    world = make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, database=database_url)
    dovecot.append(user, [letter(1, "webform"), letter(2, "webform")])
    world.run_once()
    claimed, go_on = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Any:
        claimed.set()
        assert go_on.wait(20)
        return moving.move(*arguments)

    monkeypatch.setattr(undoing, "move", slow)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(in_this_thread, world)
        try:
            assert claimed.wait(20)
            refused = CliRunner().invoke(app, ["undo", "--config", str(world.config), "--since", "1d", "--yes"])
        finally:
            go_on.set()
        assert "2 messages" in first.result()
    assert refused.exit_code == 1
    assert "another triage undo is at work on" in refused.output
    assert world.count()["INBOX"] == 2
    assert fates(world, "--since", "1d", "--yes") == [("undone", "")] * 2


def in_this_thread(world: World) -> str:
    """Undo everything without the command, whose test runner takes the whole process's output; what it came to."""
    with closing(open_database(world.settings)) as database:
        plans, failures = undo_offices.undo_all(
            database, world.settings, world.settings.offices, reversals.Selection(rule=world.entries()[0].rule)
        )
    assert failures == []
    return undo_offices.summary(plans)


@pytest.mark.parametrize(("answer", "back"), [("y\n", 3), ("n\n", 0), ("", 0)], ids=["yes", "no", "nothing"])
def test_at_a_terminal_a_person_is_asked(world: World, monkeypatch: pytest.MonkeyPatch, answer: str, back: int) -> None:
    """Only a yes does it."""
    monkeypatch.setattr("triage.commands.common.at_a_terminal", lambda: True)
    result = CliRunner().invoke(app, ["undo", "--config", str(world.config), "--since", "1d"], input=answer)
    assert "Move these back?" in result.output
    assert world.count().get("INBOX", 0) == back
