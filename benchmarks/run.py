"""`make bench`: sorts one full inbox by `triage run --once` and by the raw ceiling, in turns, and prints ratios.

The ceiling is what IMAPClient can do at best: FETCH of whole messages in chunks of 200, UID MOVE in batches, no
parsing. Then the daemon watches, and the time from delivery by LMTP to the message's leaving INBOX is measured.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imapclient import IMAPClient
from rich.console import Console
from rich.table import Table

from benchmarks.mail import letters
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot

CHUNK = 200
LEAST_RATIO = 0.08
MOST_MEMORY_MB = 450
TRIAGE = Path(sys.executable).parent / "triage"


def main() -> int:
    """Run the benchmark; 0 where the step's figures are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-messages", type=int, default=100)
    asked = parser.parse_args()
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="triage-bench-"))
    folder.chmod(0o755)
    try:
        with running_dovecot(folder / "dovecot") as server:
            well = _throughput(server, folder, asked.messages, asked.rounds, console)
            return 0 if _latency(server, folder, asked.latency_messages, console) and well else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _throughput(server: Dovecot, folder: Path, messages: int, rounds: int, console: Console) -> bool:
    raw, ours, memory = [], [], []
    for number in range(rounds):
        console.print(f"round {number + 1} of {rounds}: filling two inboxes with {messages} messages …", style="dim")
        for kind in ("raw", "ours"):
            server.append(f"{kind}{number}", list(letters(messages, tag=f"{kind}{number}")))
        raw.append(messages / _raw_pass(server, f"raw{number}"))
        seconds, peak = _our_pass(server, folder / f"round{number}", f"ours{number}")
        left = len(server.folders(f"ours{number}")["INBOX"])
        if left:
            console.print(f"{left} messages were left in INBOX", style="red")
            return False
        ours.append(messages / seconds)
        memory.append(peak)
    ratio = statistics.median(ours) / statistics.median(raw)
    table = Table(title=f"{messages} messages, {rounds} rounds, interleaved")
    for column in ("", "messages a second (median)", "each round"):
        table.add_column(column)
    for name, figures in (("raw ceiling", raw), ("triage run --once, start included", ours)):
        table.add_row(name, f"{statistics.median(figures):.0f}", ", ".join(f"{one:.0f}" for one in figures))
    console.print(table)
    console.print(
        f"ratio {ratio:.3f} of the ceiling (at least {LEAST_RATIO}); peak memory {max(memory):.0f} MB "
        f"(under {MOST_MEMORY_MB})"
    )
    small = _small_backlog_memory(server, folder)
    console.print(f"peak memory with 50 messages waiting: {small:.0f} MB")
    return ratio >= LEAST_RATIO and max(memory) < MOST_MEMORY_MB


def _raw_pass(server: Dovecot, user: str) -> float:
    began = time.perf_counter()
    with IMAPClient("localhost", server.imap_port, ssl=False) as client:
        client.login(user, PASSWORD)
        client.create_folder("Sorted")
        client.select_folder("INBOX")
        uids = client.search("ALL")
        for start in range(0, len(uids), CHUNK):
            client.fetch(uids[start : start + CHUNK], ["BODY.PEEK[]"])
        for start in range(0, len(uids), CHUNK):
            client.move(uids[start : start + CHUNK], "Sorted")
    return time.perf_counter() - began


def _our_pass(server: Dovecot, folder: Path, user: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of one `triage run --once`, from its start to its end."""
    config = _settings(server, folder, user)
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([TRIAGE, "run", "--once", "--config", config], stderr=log, stdout=log, env=_env())
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"triage run --once failed: {(folder / 'log').read_text()[-2000:]}")
    return seconds, usage.ru_maxrss / 1024


def _small_backlog_memory(server: Dovecot, folder: Path) -> float:
    server.append("small", list(letters(50, tag="small")))
    return _our_pass(server, folder / "small", "small")[1]


def _latency(server: Dovecot, folder: Path, messages: int, console: Console) -> bool:
    config = _settings(server, folder / "latency", "latency")
    with _daemon(config, folder), server.client("latency") as client:
        client.select_folder("INBOX")
        figures = []
        for letter in letters(messages, tag="latency"):
            server.deliver("latency", letter)
            figures.append(_until_gone(client))
    figures.sort()
    p50, p99 = figures[len(figures) // 2], figures[min(len(figures) - 1, int(len(figures) * 0.99))]
    console.print(
        f"latency, LMTP delivery to folder, {messages} messages: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms "
        "(under 1000; Dovecot waits 500 ms before it tells IDLE)"
    )
    return p99 < 1.0


def _until_gone(client: IMAPClient) -> float:
    began = time.perf_counter()
    while time.perf_counter() - began < 30:
        client.noop()
        if not client.search("ALL"):
            return time.perf_counter() - began
        time.sleep(0.002)
    raise RuntimeError("a message stood in INBOX for 30 s; see the daemon's log")


@contextmanager
def _daemon(config: Path, folder: Path) -> Iterator[None]:
    with (folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen([TRIAGE, "run", "--config", config], stdout=log, stderr=log, env=_env())
    try:
        health = config.parent / "triage-health.json"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError, ValueError, KeyError):
                if json.loads(health.read_text())["offices"]["bench"]["state"] == "idle":
                    break
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _settings(server: Dovecot, folder: Path, user: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "triage.yaml"
    office = {
        "id": "bench",
        "names": {"en": "Bench", "fr": "Banc"},
        "address": "manager@visa-bench.example",
        "timezone": "UTC",
        "webform_url": "https://webform.example/enquiry",
        "mode": "live",
        "replies_per_sender_a_day": 0,  # the ceiling sends nothing either
        "imap": {"host": "localhost", "port": server.imap_port, "tls": "none", "user": user, "secret": "env:BENCH"},
    }
    config.write_text(json.dumps({"log": {"level": "warning"}, "offices": [office]}))
    return config


def _env() -> dict[str, str]:
    return {**os.environ, "BENCH": PASSWORD}


if __name__ == "__main__":
    sys.exit(main())
