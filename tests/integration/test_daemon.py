"""The daemon as a whole: threads, wake-ups, health and stopping, against real servers."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage import daemon
from triage.health import judge, read_health

pytestmark = pytest.mark.dovecot
WITHIN = 60.0  # seconds: far below the renewal of IDLE, which would hide a wake-up that was missed


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> World:
    """A live office with an empty mailbox; IDLE is renewed too seldom to help."""
    return make_world(tmp_path, dovecot, user=f"daemon-{tmp_path.name}", smtp_port=sink.port, renew=600)


@contextmanager
def running(world: World) -> Iterator[daemon.Daemon]:
    """Run the daemon in a thread until the block ends."""
    with closing(world.parts()) as parts:
        service = daemon.Daemon(parts)
        thread = threading.Thread(target=service.run)
        thread.start()
        try:
            yield service
        finally:
            service.stop()
            thread.join(30)
            assert not thread.is_alive()


def wait_for(condition: Callable[[], bool]) -> float:
    """Look every tenth of a second; how long it took. Fail when it does not come true in time."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < WITHIN, "it did not come true in time"
        time.sleep(0.1)
    return time.monotonic() - began


def test_mail_that_arrives_while_a_sweep_works_waits_for_no_renewal(world: World, sink: Sink) -> None:
    """News of mail between two commands is lost to IDLE; the next sweep must find it all the same."""
    with running(world):
        for number in range(25):
            world.server.deliver(world.user, letter(number, "webform", sender=f"p{number}@firm.example"))
            time.sleep(0.03)
        wait_for(lambda: world.count() == {"Web form": 25, "Sent": 25})
    assert len(sink.taken) == 25


def test_a_reply_is_copied_to_sent_without_new_mail(world: World, sink: Sink) -> None:
    """The outbox wakes the office's thread from IDLE when a reply is out."""
    with running(world):
        time.sleep(1)
        world.server.deliver(world.user, letter(1, "urgent"))
        wait_for(lambda: world.count() == {"Urgent": 1, "Sent": 1})
    assert len(sink.taken) == 2


def test_whatever_ends_the_service_ends_its_threads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would go on without the ledger's lock, beside the next service."""

    def unforeseen(*_arguments: object) -> None:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(daemon, "HEALTH_EVERY", 0.1)
    monkeypatch.setattr(daemon, "write_health", unforeseen)
    with closing(world.parts()) as parts, pytest.raises(ValueError, match="nobody foresaw"):
        daemon.Daemon(parts).run()
    names = {thread.name for thread in threading.enumerate()}
    assert names.isdisjoint({"offices", "outbox", "webhooks", "rules", "retention", "delhi"})


def test_one_office_that_fails_delays_no_other(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """A refused login is told by health, tried three times and then seldom; the other office goes on."""
    world = make_world(tmp_path, dovecot, user=f"two-{tmp_path.name}", smtp_port=sink.port, renew=600)
    config = json.loads(world.config.read_text())
    broken = json.loads(json.dumps(config["offices"][0]))
    broken |= {"id": "broken", "address": "manager@visa-broken.example"}
    broken["imap"]["secret"] = "env:TRIAGE_TEST_WRONG"
    os.environ["TRIAGE_TEST_WRONG"] = "wrong"
    config["offices"].append(broken)
    world.config.write_text(json.dumps(config))
    world = world.again()
    with running(world) as service:
        world.server.deliver(world.user, letter(1, "webform"))
        wait_for(lambda: world.count() == {"Web form": 1, "Sent": 1})
        wait_for(lambda: service.board.snapshot(now=datetime.now(UTC)).offices["broken"].state == "login-refused")
        health = service.board.snapshot(now=datetime.now(UTC))
    found = judge(health, world.settings.health, now=datetime.now(UTC))
    assert found["delhi"] == []
    assert "refuses" in " ".join(found["broken"])


def test_more_offices_than_the_server_takes_sessions_take_turns(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """Each gets a place in its turn, holds it for the polling time, and gives it up; no mail is left."""
    world = make_world(tmp_path, dovecot, user=f"turns-{tmp_path.name}", smtp_port=sink.port, renew=600)
    config = json.loads(world.config.read_text())
    one = config["offices"][0]
    users = {f"o{n}": f"o{n}-{tmp_path.name}" for n in range(5)}
    config["offices"] = [
        one | {"id": office, "address": f"{office}@visa.example", "imap": one["imap"] | {"user": user}}
        for office, user in users.items()
    ]
    config["watch"]["connections_per_host"] = 2
    world.config.write_text(json.dumps(config))
    world = world.again()

    def filed(number: int) -> Callable[[], bool]:
        wanted = {"Web form": number, "Sent": number}
        return lambda: all({n: len(f) for n, f in dovecot.folders(u).items() if f} == wanted for u in users.values())

    with running(world):
        for number in (1, 2):
            for office, user in users.items():
                dovecot.deliver(user, letter(f"{office}-{number}", "webform", sender=f"{office}@firm.example"))
            wait_for(filed(number))


def test_sigterm_ends_the_service_in_order(world: World) -> None:
    """`triage run` as a process: health says idle, SIGTERM ends it with exit code 0 and a last word to health."""
    process = subprocess.Popen(
        [sys.executable, "-m", "triage", "run", "--config", str(world.config)], stderr=subprocess.PIPE
    )

    def idle() -> bool:
        health = read_health(world.settings.health.file)
        return health is not None and health.offices["delhi"].state == "idle"

    try:
        wait_for(idle)
        second = subprocess.run(
            [sys.executable, "-m", "triage", "run", "--config", str(world.config)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert "another triage daemon owns the ledger" in second.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said.decode()
    health = read_health(world.settings.health.file)
    assert health is not None
    assert health.offices["delhi"].state == "stopped"
    assert b"@" not in said, "an address in the log"
