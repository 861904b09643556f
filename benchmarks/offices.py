"""`make bench BENCH=offices`: one process that watches hundreds of offices. What it costs idle, how long mail waits.

Then the same while other offices have tens of thousands of messages waiting. See docs/performance.md.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, print_figures
from benchmarks.latency import percentile
from benchmarks.mail import fill, letters
from benchmarks.memory import cpu_seconds, held_mb
from benchmarks.service import running_daemon, settings
from tests.servers.dovecot import Dovecot, running_dovecot

IDLE_SECONDS = 30
LOOK_EVERY = 0.005
WITHIN = 60.0  # seconds that a message may take to its folder, and is waited for


def main() -> int:
    """Run the benchmark; 0 where the wanted figures are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offices", type=int, default=500)
    parser.add_argument("--messages", type=int, default=200, help="delivered one after the other, for latency")
    parser.add_argument("--busy", type=int, default=1, help="offices more, at which much mail waits")
    parser.add_argument("--backlog", type=int, default=50_000, help="small messages that wait at each of them")
    asked = parser.parse_args()
    console = Console()
    offices = [f"office{number}" for number in range(asked.offices)]
    busy = [f"busy{number}" for number in range(asked.busy)]
    if os.geteuid():
        console.print(
            "not root: all mailboxes have one uid, and past fs.inotify.max_user_instances (see sysctl) Dovecot tells of"
            " mail every 30 s only",
            style="yellow",
        )
    folder = Path(tempfile.mkdtemp(prefix="triage-bench-"))
    folder.chmod(0o755)
    try:
        with running_dovecot(folder / "dovecot", own_uids=[*offices, *busy] if not os.geteuid() else ()) as server:
            figures = []
            for figure in chain(
                _idle(server, folder / "idle", offices, asked.messages),
                _beside_backlog(server, folder / "backlog", offices, busy, asked.messages, asked.backlog),
            ):
                console.print(f"{figure.name}: {figure.measured}", style="dim")
                figures.append(figure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_figures(console, figures)
    return 0 if all(figure.reached for figure in figures) else 1


def _idle(server: Dovecot, folder: Path, offices: Sequence[str], messages: int) -> Iterator[Figure]:
    config = settings(server, folder, offices)
    began = time.monotonic()
    with running_daemon(config, within=180) as process:
        yield Figure("start until all are idle (20 logins a second)", f"{time.monotonic() - began:.0f} s")
        yield Figure("memory, all processes", f"{held_mb(process.pid):.0f} MB")
        yield Figure("open files", str(len(list(Path(f"/proc/{process.pid}/fd").iterdir()))))
        before = cpu_seconds(process.pid)
        time.sleep(IDLE_SECONDS)
        used = (cpu_seconds(process.pid) - before) / IDLE_SECONDS
        yield Figure("CPU while idle", f"{used:.1%} of a core", "under 5 %", used < 0.05)
        yield from _latency("delivery to folder", _waits(server, offices, messages, pause=0.1), most=1.0)


def _beside_backlog(
    server: Dovecot, folder: Path, offices: Sequence[str], busy: Sequence[str], messages: int, backlog: int
) -> Iterator[Figure]:
    config = settings(server, folder, [*offices, *busy])
    with running_daemon(config, within=180) as process:
        for office in busy:
            fill(server, office, backlog)
        over = threading.Event()
        held: list[float] = []
        watching = threading.Thread(target=_watch_memory, args=(process.pid, held, over))
        watching.start()
        before, began = _counts(server, busy), time.monotonic()
        waits = _waits(server, offices, messages, pause=0.5)
        filed, seconds = _counts(server, busy) - before, time.monotonic() - began
        over.set()
        watching.join()
    yield Figure(
        "messages of the backlog filed meanwhile", f"{filed}, {filed / seconds:.0f} a second", "more than 0", filed > 0
    )
    yield Figure("memory meanwhile, at first and at most", f"{held[0]:.0f} and {max(held):.0f} MB")
    yield from _latency(f"delivery to folder beside {len(busy)} × {backlog} waiting", waits, most=2.5)


def _latency(name: str, waits: Sequence[float], *, most: float) -> Iterator[Figure]:
    p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
    measured = f"p50 {p50 * 1000:.0f}, p99 {p99 * 1000:.0f}, most {max(waits) * 1000:.0f} ms"
    yield Figure(name, measured, f"p99 under {most:g} s, of which Dovecot 0.5", p99 < most)


def _waits(server: Dovecot, offices: Sequence[str], messages: int, *, pause: float) -> list[float]:
    """Seconds from delivery until a message's file stands in a folder, of messages to different offices."""
    chosen = random.Random(14).sample(list(offices), min(messages, len(offices)))
    before = {office: _count(server, office) for office in chosen}
    delivered: dict[str, float] = {}
    waits: dict[str, float] = {}
    over = threading.Event()

    def look() -> None:
        while not (over.is_set() and len(waits) == len(chosen)):
            for office in delivered.keys() - waits.keys():
                if _count(server, office) > before[office]:
                    waits[office] = time.perf_counter() - delivered[office]
                elif time.perf_counter() - delivered[office] > WITHIN:
                    waits[office] = WITHIN
            time.sleep(LOOK_EVERY)

    looking = threading.Thread(target=look)
    looking.start()
    for office, letter in zip(chosen, letters(len(chosen), tag=f"{time.monotonic()}"), strict=True):
        server.deliver(office, letter)
        delivered[office] = time.perf_counter()
        time.sleep(pause)
    over.set()
    looking.join()
    return list(waits.values())


def _count(server: Dovecot, user: str) -> int:
    """How many messages stand in folders other than INBOX, by their files."""
    return sum(1 for place in ("cur", "new") for _ in server.maildir(user).glob(f".*/{place}/*"))


def _counts(server: Dovecot, users: Sequence[str]) -> int:
    return sum(_count(server, user) for user in users)


def _watch_memory(pid: int, held: list[float], over: threading.Event) -> None:
    held.append(held_mb(pid))
    while not over.wait(1.0):
        held.append(held_mb(pid))


if __name__ == "__main__":
    sys.exit(main())
