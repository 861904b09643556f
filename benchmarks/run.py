"""`make bench`: sorts a full inbox by this service, by the raw ceiling and by its peers, in turns, and prints ratios.

Then memory with all processes, and how long one message waits. See docs/performance.md.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import latency
from benchmarks.figures import Figure, print_figures
from benchmarks.mail import letters
from benchmarks.sorters import sorters, triage_memory, triage_once
from tests.servers.dovecot import Dovecot, running_dovecot

START = "start alone (empty inbox)"


def main() -> int:
    """Run the benchmark; 0 where the wanted figures are reached."""
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
            seconds = _rounds(server, folder, asked.messages, asked.rounds, console)
            figures = [
                *_speed(seconds, asked.messages),
                *_memory(server, folder, asked.messages),
                *_latency(server, folder, asked.latency_messages),
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_figures(console, figures)
    return 0 if all(figure.reached for figure in figures) else 1


def _rounds(
    server: Dovecot, folder: Path, messages: int, rounds: int, console: Console
) -> Mapping[str, Sequence[float]]:
    """Seconds of each round, by what sorted; in turns, so that the machine's moods meet all alike."""
    able, left_out = sorters()
    for sentence in left_out:
        console.print(sentence, style="yellow")
    seconds: dict[str, list[float]] = {name: [] for name in (*able, START)}
    for number in range(rounds):
        console.print(f"round {number + 1} of {rounds}: {messages} messages, {', '.join(able)} …", style="dim")
        for place, (name, sort) in enumerate(able.items()):
            user = f"user{number}-{place}"
            server.append(user, list(letters(messages, tag=user)))
            seconds[name].append(sort(server, folder / user, user))
            if left := len(server.folders(user)["INBOX"]):
                raise RuntimeError(f"{name} left {left} messages in INBOX")
        seconds[START].append(triage_once(server, folder / f"start{number}", f"start{number}"))
    return seconds


def _speed(seconds: Mapping[str, Sequence[float]], messages: int) -> Iterator[Figure]:
    median = {name: statistics.median(figures) for name, figures in seconds.items()}
    start = median.pop(START)
    for name, taken in median.items():
        each = ", ".join(f"{messages / one:.0f}" for one in seconds[name])
        yield Figure(name, f"{messages / taken:.0f} messages a second ({each})")
    ours = median["triage run --once"]
    yield Figure(START, f"{start:.2f} s; without it {messages / (ours - start):.0f} messages a second")
    ratio = median["raw ceiling"] / ours
    yield Figure("of the raw ceiling", f"{ratio:.3f}", "at least 0.2", ratio >= 0.2)
    if "imapautofiler" in median:
        ratio = median["imapautofiler"] / ours
        yield Figure("times imapautofiler, which reads headers only", f"{ratio:.2f}", "at least 1.5", ratio >= 1.5)
    if "imapfilter" in median:
        yield Figure("times imapfilter, which downloads nothing", f"{median['imapfilter'] / ours:.2f}")


def _memory(server: Dovecot, folder: Path, messages: int) -> Iterator[Figure]:
    for waiting in (messages, 50):
        user = f"memory{waiting}"
        server.append(user, list(letters(waiting, tag=user)))
        peak = triage_memory(server, folder / user, user)
        yield Figure(f"peak memory, all processes, {waiting} waiting", f"{peak:.0f} MB", "under 450 MB", peak < 450)


def _latency(server: Dovecot, folder: Path, messages: int) -> Iterator[Figure]:
    ours, raw = latency.of_service(server, folder / "latency", messages), latency.of_raw_client(server, messages)
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        mine, plain = (latency.percentile(waits.from_notice, part) for waits in (ours, raw))
        measured = f"{mine * 1000:.0f} ms; raw client {plain * 1000:.0f} ms"
        yield Figure(f"notice in IDLE to folder, {name}", measured, "at most 10 × raw", mine <= 10 * plain)
    p50, p99 = (latency.percentile(ours.from_delivery, part) for part in (0.5, 0.99))
    measured = f"{p50 * 1000:.0f} and {p99 * 1000:.0f} ms"
    yield Figure("delivery to folder, p50 and p99", measured, "p99 under 1 s, of which Dovecot 0.5", p99 < 1)


if __name__ == "__main__":
    sys.exit(main())
