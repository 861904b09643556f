"""IMAP servers that fail: a proxy before a real Dovecot breaks any command of a run, and all is done once all the same.

After each failure the mailbox, the relay and the ledger are looked at from outside: every message in its folder, byte
for byte, every person answered once, one copy in Sent.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_daemon import running, wait_for
from tests.servers import faulty_relay
from tests.servers.dovecot import Dovecot
from tests.servers.faulty_relay import HANG, FaultyRelay
from tests.servers.faulty_relay import running as running_relay
from tests.servers.imap_proxy import BYE, CUT_AFTER, CUT_BEFORE, DRIP, SWALLOW, Fault, ImapProxy, running_proxy
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage.core.smtp_answers import Stage
from triage.ledger import dead_letters
from triage.ledger.records import EffectState
from triage.once import OnceResult, run_once
from triage.parts import Parts

pytestmark = pytest.mark.dovecot

# Longer than what is put off stays put off, so that each run takes up what the one before left.
LATER = timedelta(minutes=10)
MOST_RUNS = 4


@dataclass
class Bench:
    """An office behind a proxy, run again and again by a clock that goes on."""

    world: World
    proxy: ImapProxy
    sink: Sink
    parts: Parts
    prefix: str = ""
    delivered: list[bytes] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def deliver(self) -> bytes:
        """One letter more, of a person of its own."""
        number = len(self.delivered) + 1
        mail = letter(number, "urgent", sender=f"p{number}@firm.example")
        self.world.server.append(self.world.user, [mail])
        self.delivered.append(mail)
        return mail

    def run(self) -> OnceResult:
        """`triage run --once`, later than the one before."""
        self.now += LATER
        return run_once(self.parts, self.world.settings.offices, clock=lambda: self.now)

    def run_to_the_end(self) -> list[OnceResult]:
        """Run until nothing fails and nothing is open."""
        results = [self.run()]
        while results[-1].failures or results[-1].unfinished:
            assert len(results) < MOST_RUNS, results[-1]
            results.append(self.run())
        return results

    def folders(self) -> dict[str, list[bytes]]:
        """What stands where, without empty folders and the server's prefix; INBOX without what is marked deleted."""
        found = self.world.server.folders(self.world.user)
        with self.world.server.client(self.world.user) as client:
            client.select_folder("INBOX", readonly=True)
            uids = client.search("UNDELETED")
            found["INBOX"] = [bytes(d[b"BODY[]"]) for d in client.fetch(uids, ["BODY.PEEK[]"]).values()] if uids else []
        return {name.removeprefix(self.prefix): sorted(mails) for name, mails in found.items() if mails}

    def audit(self) -> None:
        """Every letter in its folder and nowhere else; every person answered once, with one copy in Sent."""
        replies = [taken for taken in self.sink.taken if taken.recipients != ["duty@visa-delhi.example"]]
        people = sorted(taken.recipients[0] for taken in replies)
        assert people == sorted(f"p{number}@firm.example" for number in range(1, len(self.delivered) + 1))
        assert self.folders() == {"Urgent": sorted(self.delivered), "Sent": sorted(t.content for t in replies)}

    def stuck(self) -> list[dead_letters.StuckEffect]:
        """What `triage effects list` shows."""
        return dead_letters.stuck(self.parts.database, dead_letters.Which())


@pytest.fixture(params=["dovecot", "plain_dovecot"])
def bench(request: pytest.FixtureRequest, sink: Sink, tmp_path: Path) -> Iterator[Bench]:
    """An office on a server with MOVE, and on one without it and with a prefix."""
    yield from bench_at(request.getfixturevalue(request.param), sink, tmp_path)


@pytest.fixture
def one(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> Iterator[Bench]:
    """An office on a server with all it needs."""
    yield from bench_at(dovecot, sink, tmp_path)


def bench_at(server: Dovecot, sink: Sink, folder: Path, **office: Any) -> Iterator[Bench]:
    """Put the office there."""
    with running_proxy(server.imap_port) as proxy:
        behind = replace(server, imap_port=proxy.port)
        world = make_world(folder, behind, user=f"failing-{folder.name}", smtp_port=sink.port, **office)
        world = replace(world, server=server)
        with closing(world.parts()) as parts:
            prefix = "INBOX." if server.folder.name == "plain" else ""
            yield Bench(world=world, proxy=proxy, sink=sink, parts=parts, prefix=prefix)


LOOKING = [b"CAPABILITY", b"AUTHENTICATE", b"NAMESPACE", b"LIST", b"SELECT", b"UID SEARCH", b"EXAMINE"]
FETCHING = [b"UID FETCH"]
CHANGING = [b"UID STORE", b"UID MOVE", b"UID COPY", b"UID EXPUNGE", b"APPEND"]


def faults(bench: Bench) -> Iterator[Fault]:
    """Every command of a run, broken in every way that may make a difference."""
    for at in LOOKING:
        yield Fault(at=at, how=BYE)
    for at in FETCHING:
        yield Fault(at=at, how=CUT_AFTER)
        yield Fault(at=at, after=60)
    for at in CHANGING:
        yield Fault(at=at, how=CUT_BEFORE)
        yield Fault(at=at, how=CUT_AFTER)
        yield Fault(at=at, says=b"NO [UNAVAILABLE] backend is away")
    yield Fault(at=b"UID MOVE" if bench.prefix == "" else b"UID COPY", says=b"NO [INUSE] folder is locked")


def test_whatever_command_fails_and_however_all_is_done_once(bench: Bench) -> None:
    """Before the server did it or after it did, in the middle of a literal, by BYE, by "not now"."""
    struck: set[bytes] = set()
    for fault in faults(bench):
        bench.deliver()
        bench.proxy.broken(fault)
        bench.run_to_the_end()
        struck |= {fault.at} if fault.struck else set()
        bench.audit()
    moves = {b"UID MOVE"} if not bench.prefix else {b"UID COPY", b"UID EXPUNGE"}
    assert struck >= moves | {b"AUTHENTICATE", b"LIST", b"SELECT", b"UID SEARCH", b"UID FETCH", b"UID STORE", b"APPEND"}


# --- what a folder refuses


@pytest.mark.parametrize("bench", ["dovecot", "plain_dovecot"], indirect=True)
def test_a_full_folder_costs_only_its_own_messages_and_says_what_to_do(bench: Bench) -> None:
    """OVERQUOTA to a move: the reason can be listed, mail for another folder is filed in the same run."""
    urgent = bench.deliver()
    other = letter(100, "webform", sender="p100@firm.example")
    bench.world.server.append(bench.world.user, [other])
    moves = [Fault(at=verb, says=b"NO [OVERQUOTA] Quota exceeded") for verb in (b"UID MOVE", b"UID COPY")]
    bench.proxy.broken(*moves)
    result = bench.run()
    assert result.failures == ()
    folders = bench.folders()
    assert (folders["INBOX"], folders["Web form"]) == ([urgent], [other])
    stuck = bench.stuck()
    assert {one.kind for one in stuck} == {"move", "flags"}
    assert all("the mailbox is full, or over a limit; make room in it" in one.error for one in stuck)
    bench.run_to_the_end()
    assert bench.folders()["Urgent"] == [urgent]
    assert bench.stuck() == []


@pytest.mark.parametrize("answer", [b"NO [OVERQUOTA] Quota exceeded", b"NO [NOPERM] not yours", b"NO [INUSE] locked"])
def test_a_sent_folder_that_takes_no_copy_keeps_back_no_mail(one: Bench, answer: bytes) -> None:
    """The copy waits with its reason; new mail is filed and answered as ever; later the copy stands there once."""
    one.deliver()
    one.proxy.broken(Fault(at=b"APPEND", says=answer, times=3))
    assert one.run().failures == ()
    one.deliver()
    assert one.run().failures == ()
    assert one.folders().keys() == {"Urgent"}
    assert len(one.folders()["Urgent"]) == 2
    assert [(s.kind, s.state) for s in one.stuck()] == [("reply", EffectState.SENT)] * len(one.stuck())
    assert all("saving into the folder 'Sent'" in s.error for s in one.stuck())
    one.run_to_the_end()
    one.audit()
    assert one.stuck() == []


def test_a_folder_that_cannot_be_made_costs_only_what_is_meant_for_it(one: Bench) -> None:
    """CREATE is refused for Urgent: mail for other folders is filed."""
    urgent = one.deliver()
    other = letter(100, "webform", sender="p100@firm.example")
    one.world.server.append(one.world.user, [other])
    one.proxy.broken(Fault(at=b'CREATE "Urgent"', says=b"NO [NOPERM] not here", times=2))
    assert one.run().failures == ()
    assert (one.folders()["INBOX"], one.folders()["Web form"]) == ([urgent], [other])
    assert any("creating the folder 'Urgent'" in s.error and "not here" in s.error for s in one.stuck())
    one.run_to_the_end()
    assert one.folders()["Urgent"] == [urgent]


# --- what people do at the same moment


def test_a_folder_deleted_under_us_is_made_again(bench: Bench) -> None:
    """The destination between the decision and the move, Sent before its copy: all arrives all the same."""
    server, user = bench.world.server, bench.world.user
    bench.run()

    def deleted(name: str) -> None:
        with server.client(user) as client:
            client.delete_folder(bench.prefix + name)

    bench.deliver()
    bench.proxy.broken(
        Fault(at=b"UID MOVE", first=partial(deleted, "Urgent")),
        Fault(at=b"UID COPY", first=partial(deleted, "Urgent")),
        Fault(at=b"APPEND", first=partial(deleted, "Sent")),
    )
    bench.run_to_the_end()
    assert sum(fault.struck for fault in bench.proxy.faults) == 2
    bench.audit()


def moved_by_hand(bench: Bench) -> None:
    """A person's program moves it into a folder of their own."""
    with bench.world.server.client(bench.world.user) as client:
        client.create_folder(bench.prefix + "Mine")
        client.select_folder("INBOX")
        uids = client.search("ALL")
        client.copy(uids, bench.prefix + "Mine")
        client.delete_messages(uids)
        client.expunge()


def deleted_by_hand(bench: Bench) -> None:
    """A person deletes it for good."""
    with bench.world.server.client(bench.world.user) as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search("ALL"))
        client.expunge()


def flagged_by_hand(bench: Bench) -> None:
    r"""A person reads it and marks it."""
    with bench.world.server.client(bench.world.user) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search("ALL"), ["\\Seen", "$Mine"])


@pytest.mark.parametrize("at", [b"UID SEARCH UNDELETED UID", b"UID MOVE", b"UID COPY"])
@pytest.mark.parametrize("what", [moved_by_hand, deleted_by_hand, flagged_by_hand])
def test_what_a_person_does_between_decision_and_move_stands(
    bench: Bench, at: bytes, what: Callable[[Bench], None]
) -> None:
    """At whichever command: theirs stays as they left it, nothing stands twice, and the writer is answered once."""
    if (at == b"UID COPY") is not bool(bench.prefix) and at in {b"UID COPY", b"UID MOVE"}:
        pytest.skip("the other server's command")
    mail = bench.deliver()
    bench.proxy.broken(Fault(at=at, first=partial(what, bench)))
    bench.run_to_the_end()
    assert bench.proxy.faults[0].struck == 1
    folders = bench.folders()
    assert len(folders.pop("Sent")) == 1
    expected: dict[object, dict[str, list[bytes]]]
    expected = {moved_by_hand: {"Mine": [mail]}, deleted_by_hand: {}, flagged_by_hand: {"Urgent": [mail]}}
    assert folders == expected[what]
    if what is flagged_by_hand:
        with bench.world.server.client(bench.world.user) as client:
            client.select_folder(bench.prefix + "Urgent")
            assert len(client.search("SEEN KEYWORD $Mine")) == 1


# --- what servers lack


@pytest.mark.parametrize("hidden", ["", "MOVE", "UIDPLUS", "MOVE UIDPLUS", "MOVE UIDPLUS NAMESPACE IDLE QUOTA"])
def test_whatever_the_server_lacks_mail_is_sorted_and_nothing_else_expunged(one: Bench, hidden: str) -> None:
    """And never by a plain EXPUNGE or CLOSE: what a person has marked stays."""
    with one.world.server.client(one.world.user) as client:
        client.append("INBOX", letter(50, "a person's"), ["\\Deleted"])
    one.proxy.hidden = frozenset(hidden.encode().split())
    one.deliver()
    one.run_to_the_end()
    one.audit()
    assert not {b"EXPUNGE", b"CLOSE"} & set(one.proxy.heard)
    with one.world.server.client(one.world.user) as client:
        client.select_folder("INBOX")
        assert len(client.search("DELETED")) == (2 if {b"MOVE", b"UIDPLUS"} <= one.proxy.hidden else 1)


def test_proof_for_fewer_messages_than_were_moved_is_looked_up(bench: Bench) -> None:
    """COPYUID names the first only: the other is not called gone; it is found where it is, and filed once."""
    for _ in range(3):
        bench.deliver()
    bench.proxy.alter = lambda line: re.sub(rb"COPYUID (\d+) (\d+)[\d:,]* (\d+)[\d:,]*", rb"COPYUID \1 \2 \3", line)
    bench.run()
    assert any("does not say whether it moved the message" in s.error for s in bench.stuck())
    bench.run_to_the_end()
    bench.audit()
    assert all(e["state"] == "done" for entry in bench.world.entries() for e in entry.detail["effects"])


def test_a_server_that_drips_is_waited_for(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """Each piece comes in time, all of it in more than imap.timeout: slow is not dead."""
    imap = {"host": "localhost", "tls": "none", "user": f"failing-{tmp_path.name}", "secret": "env:TRIAGE_TEST_SECRET"}
    with running_proxy(dovecot.imap_port) as proxy:
        world = make_world(
            tmp_path, dovecot, user=imap["user"], smtp_port=sink.port, imap={**imap, "port": proxy.port, "timeout": 0.4}
        )
        with closing(world.parts()) as parts:
            bench = Bench(world=world, proxy=proxy, sink=sink, parts=parts)
            bench.deliver()
            proxy.broken(Fault(at=b"UID FETCH", how=DRIP))
            began = time.monotonic()
            assert bench.run().failures == ()
            assert time.monotonic() - began > 2 * 0.4
            bench.audit()


# --- UIDVALIDITY that means nothing


def nothing(line: bytes) -> bytes:
    """Tell of 0 (pitfalls IMAP 17)."""
    return re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0", line)


def test_without_uidvalidity_whatever_command_fails_all_is_done_once(bench: Bench) -> None:
    """What was begun in a session that broke is found by what it says; no other message is filed for it."""
    bench.proxy.alter = nothing
    for fault in faults(bench):
        if fault.at in CHANGING:
            bench.deliver()
            bench.proxy.broken(fault)
            bench.run_to_the_end()
            bench.audit()


def test_without_uidvalidity_a_message_is_fetched_once_a_session(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """In shadow mode all of INBOX stays: sweep after sweep reads nothing twice, and so comes to the end of it."""
    for bench in bench_at(dovecot, sink, tmp_path, mode="shadow"):
        bench.proxy.alter = nothing
        for _ in range(3):
            bench.deliver()
        bench.run()
        assert bench.proxy.sessions == 1
        assert sum(b"BODY.PEEK[]" in command for command in bench.proxy.heard) == 1
        assert sum(command.startswith(b"UID SEARCH") for command in bench.proxy.heard) > 1
        bench.run()
        assert len(bench.world.entries()) == 3


def test_without_uidvalidity_what_a_person_puts_back_stays(one: Bench) -> None:
    """It is told by its content, in this session and the next."""
    one.proxy.alter = nothing
    mail = one.deliver()
    one.run_to_the_end()
    with one.world.server.client(one.world.user) as client:
        client.select_folder("Urgent")
        client.move(client.search("ALL"), "INBOX")
    for _ in range(2):
        one.run_to_the_end()
        assert one.folders()["INBOX"] == [mail]
    assert len(one.sink.taken) == 2


# --- a service that goes on


def watched(folder: Path, server: Dovecot, sink: Sink, proxy: ImapProxy, *, timeout: float, **smtp: Any) -> World:
    """Two offices: "delhi" behind the proxy, "other" with nothing to do with it; IDLE is renewed each second."""
    world = make_world(folder, server, user=f"watched-{folder.name}", smtp_port=sink.port, renew=1)
    config = json.loads(world.config.read_text())
    config["smtp"] |= smtp
    first = config["offices"][0]
    imap = first["imap"]
    config["offices"] = [
        first | {"imap": imap | {"port": proxy.port, "timeout": timeout}},
        first | {"id": "other", "address": "other@visa.example", "imap": imap | {"user": f"other-{folder.name}"}},
    ]
    world.config.write_text(json.dumps(config))
    return world.again()


def urgent_in(server: Dovecot, user: str) -> int:
    """How many are filed."""
    return len(server.folders(user).get("Urgent", ()))


def test_a_connection_that_falls_silent_is_found_out_and_its_mail_swept(
    dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    """Pitfalls IMAP 1: packets are swallowed in IDLE; the unanswered DONE shows it, and the office recovers."""
    with running_proxy(dovecot.imap_port) as proxy:
        world = watched(tmp_path, dovecot, sink, proxy, timeout=1)
        fault = Fault(at=b"IDLE", how=SWALLOW)
        proxy.broken(fault)
        with running(world):
            wait_for(lambda: fault.struck == 1)
            dovecot.deliver(world.user, letter(1, "urgent"))
            wait_for(lambda: urgent_in(dovecot, world.user) == 1)
            wait_for(lambda: len(dovecot.folders(world.user).get("Sent", ())) == 1)
    assert b"DONE" in proxy.heard
    assert proxy.sessions >= 2
    assert len(sink.taken) == 2


def test_a_full_server_is_tried_again_until_it_takes_the_login(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """Refused for the number of connections, which is no refused password; then taken, and mail is swept."""
    with running_proxy(dovecot.imap_port) as proxy:
        world = watched(tmp_path, dovecot, sink, proxy, timeout=5)
        proxy.broken(Fault(at=b"AUTHENTICATE", says=b"NO [LIMIT] Too many connections", times=2))
        dovecot.append(world.user, [letter(1, "urgent")])
        with running(world) as service:
            wait_for(lambda: proxy.faults[0].struck == 2)
            assert service.board.snapshot(now=datetime.now(UTC)).offices["delhi"].state != "login-refused"
            wait_for(lambda: urgent_in(dovecot, world.user) == 1)


def test_a_silent_server_delays_no_other_office_and_not_the_end(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """One waits for an answer for longer than the test lasts: the other's mail is filed, and stopping cuts the wait."""
    with running_proxy(dovecot.imap_port) as proxy:
        world = watched(tmp_path, dovecot, sink, proxy, timeout=600)
        fault = Fault(at=b"UID FETCH", how=SWALLOW)
        proxy.broken(fault)
        dovecot.append(world.user, [letter(1, "urgent")])
        with running(world):
            wait_for(lambda: fault.struck == 1)
            dovecot.deliver(f"other-{tmp_path.name}", letter(2, "urgent"))
            wait_for(lambda: urgent_in(dovecot, f"other-{tmp_path.name}") == 1)
        assert urgent_in(dovecot, world.user) == 0
        with running(world):
            wait_for(lambda: urgent_in(dovecot, world.user) == 1)


def test_a_relay_silent_after_the_final_dot_does_not_delay_the_end(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the mail is out is not known then: it goes out again under the same Message-ID, as after a kill."""
    monkeypatch.setattr(faulty_relay, "PATIENCE", 600.0)
    relay = FaultyRelay({Stage.FINAL_DOT: [HANG]})
    with running_proxy(dovecot.imap_port) as proxy, running_relay(relay):
        world = watched(tmp_path, dovecot, sink, proxy, timeout=5, port=relay.port)
        dovecot.append(world.user, [letter(1, "webform")])
        with running(world):
            wait_for(lambda: len(relay.taken) == 1)
        (entry,) = world.entries()
        assert [e["state"] for e in entry.detail["effects"] if e["kind"] == "reply"] == ["planned"]
        with closing(world.parts()) as parts:
            later = datetime.now(UTC) + LATER
            assert run_once(parts, world.settings.offices, clock=lambda: later).failures == ()
    assert len(relay.taken) == 2
    assert len(set(relay.taken)) == 1
