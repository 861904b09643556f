"""Many offices in one process: much mail at one delays no other, and memory does not grow with what waits."""

import gc
import json
import threading
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.mail import fill
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import KeywordClassifier, World, letter, make_world
from triage import daemon
from triage.core.classification import Classification, Question
from triage.core.triaged import Triaged
from triage.mailbox.fetching import BATCH, BATCH_BYTES
from triage.once import run_once
from triage.pipeline import Incoming

pytestmark = pytest.mark.dovecot
WITHIN = 120.0


def offices(world: World, users: dict[str, str]) -> World:
    """The same world with an office for each user, none of whom is answered."""
    config = json.loads(world.config.read_text())
    one = config["offices"][0] | {"replies_per_sender_a_day": 0}
    config["offices"] = [
        one | {"id": office, "address": f"{office}@visa.example", "imap": one["imap"] | {"user": user}}
        for office, user in users.items()
    ]
    world.config.write_text(json.dumps(config))
    return world.again()


def test_the_first_message_of_an_office_waits_for_no_other_office_s_backlog(
    dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    """Three offices have 1,000 messages waiting; one that comes to a fourth is filed long before they are."""
    users = {name: f"{name}-{tmp_path.name}" for name in ("full0", "full1", "full2", "quiet")}
    world = offices(make_world(tmp_path, dovecot, user="fair", smtp_port=sink.port, renew=600), users)
    for name in ("full0", "full1", "full2"):
        fill(dovecot, users[name], 1000)
    filed: Counter[str] = Counter()
    begun, quiet_is_filed = threading.Event(), threading.Event()
    before = 0

    def on_decided(office: str, decided: Sequence[Triaged]) -> None:
        nonlocal before
        filed[office] += len(decided)
        if office == "quiet" and decided:
            before = filed.total() - filed["quiet"]
            quiet_is_filed.set()
        elif decided:
            begun.set()

    with closing(world.parts()) as parts:
        service = daemon.Daemon(parts, on_decided=on_decided)
        thread = threading.Thread(target=service.run)
        thread.start()
        try:
            assert begun.wait(WITHIN)
            dovecot.deliver(users["quiet"], letter(1, "webform"))
            assert quiet_is_filed.wait(WITHIN)
        finally:
            service.stop()
            thread.join(WITHIN)
    assert before < 1500


class Watching(KeywordClassifier):
    """Notes, at each batch, how many messages are in memory at that moment, and of how many bytes."""

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self.held: list[list[int]] = []

    def classify(self, questions: Sequence[Question]) -> list[Classification]:
        """Look around first."""
        self.held.append([len(one.raw) for one in gc.get_objects() if type(one) is Incoming])
        return super().classify(questions)


@pytest.mark.parametrize(
    ("count", "size", "most"),
    [
        pytest.param(1500, 0, 3 * BATCH, id="many small ones"),
        pytest.param(14, 5_000_000, 3 * BATCH_BYTES // 5_000_000, id="a few of five million bytes"),
    ],
)
def test_no_more_than_three_batches_are_held_however_many_wait(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, count: int, size: int, most: int
) -> None:
    """One that is fetched, one that is read, one that is decided; a batch is bounded in number and in bytes."""
    user = f"held-{tmp_path.name}"
    world = make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, replies_per_sender_a_day=0)
    fill(dovecot, user, count, size=size)
    watching = Watching()
    with closing(world.parts(watching)) as parts:
        assert run_once(parts, world.settings.offices).decided == count
    assert 0 < max(len(held) for held in watching.held) <= most


def test_of_a_message_over_the_limit_only_its_text_is_held(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    """Forty million bytes, of which the service takes less than a tenth into memory at any moment."""
    user = f"large-{tmp_path.name}"
    world = make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, replies_per_sender_a_day=0)
    fill(dovecot, user, 2, size=40_000_000)
    with closing(world.parts()) as parts:
        tracemalloc.start()
        try:
            assert run_once(parts, world.settings.offices).decided == 2
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4_000_000
