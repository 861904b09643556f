"""`make bench BENCH=growth`: time and memory against messages waiting, messages sorted already, and the ledger's size.

Small messages, by `triage run --once`, so that what is measured is the service's own part and not transport. CPU time
is told beside time, since other work on the machine changes it less. With --plot, docs/figures/growth.svg is drawn.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, print_figures
from benchmarks.mail import fill
from benchmarks.memory import cpu_seconds, held_mb
from benchmarks.service import SCRIPTS, environment, settings
from classifiers.figures import BLUE, GREY, VERMILION, drawing, svg
from tests import full_ledger
from tests.servers.dovecot import Dovecot, running_dovecot
from triage.parts import open_database
from triage.settings_file import load_settings

WAITING = (1_000, 10_000, 50_000)
SORTED = "To review"
LOOK_EVERY = 0.2
PLOT = Path(__file__).resolve().parent.parent / "docs" / "figures" / "growth.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run cost, with all its processes."""

    waiting: int
    in_folder: int  # messages that stand in a folder that mail is sorted into
    in_ledger: int
    seconds: float
    cpu: float  # seconds, of all processes
    peak: float  # MB, shared pages counted once


def main() -> int:
    """Run the benchmark; 0 where the wanted figures are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, nargs="+", default=WAITING)
    parser.add_argument("--in-folder", type=int, default=100_000)
    parser.add_argument("--in-ledger", type=int, default=100_000)
    parser.add_argument("--plot", action="store_true", help="draw docs/figures/growth.svg (needs matplotlib)")
    asked = parser.parse_args()
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="triage-bench-"))
    folder.chmod(0o755)
    try:
        with running_dovecot(folder / "dovecot") as server:
            runs = [(0, 0, 0), *((waiting, 0, 0) for waiting in asked.waiting)]
            runs += [(asked.waiting[0], asked.in_folder, 0), (asked.waiting[0], 0, asked.in_ledger)]
            costs = []
            for run in runs:
                costs.append(_cost(server, folder, *run))
                console.print(json.dumps(asdict(costs[-1])), style="dim", soft_wrap=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = _figures(costs)
    print_figures(console, figures)
    if asked.plot:
        PLOT.write_bytes(_drawn(costs))
    return 0 if all(figure.reached for figure in figures) else 1


def _cost(server: Dovecot, folder: Path, waiting: int, in_folder: int, in_ledger: int) -> Cost:
    user = f"user-{waiting}-{in_folder}-{in_ledger}"
    config = settings(server, folder / user, [user])
    fill(server, user, waiting)
    if in_folder:
        fill(server, user, in_folder, folder=SORTED)
    if in_ledger:
        with closing(open_database(load_settings(config))) as ledger:
            full_ledger.fill(ledger, in_ledger)
    began = time.perf_counter()
    with (folder / user / "log").open("wb") as log:
        command: list[str | Path] = [SCRIPTS / "triage", "run", "--once", "--config", config]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment())
        cpu, peak = watched(process)
    seconds = time.perf_counter() - began
    if process.returncode and not in_ledger:  # whose mail, invented, goes to no relay
        raise RuntimeError(f"triage failed: {(folder / user / 'log').read_text()[-2000:]}")
    return Cost(
        waiting=waiting,
        in_folder=in_folder,
        in_ledger=in_ledger,
        seconds=round(seconds, 2),
        cpu=round(cpu, 2),
        peak=round(peak),
    )


def watched(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """CPU time until a process ended, and the most memory that it held, with all processes of its own."""
    cpu = peak = 0.0
    while process.poll() is None:
        # The sum falls when a process of its own ends before it.
        cpu, peak = max(cpu, cpu_seconds(process.pid)), max(peak, held_mb(process.pid))
        time.sleep(LOOK_EVERY)
    return cpu, peak


def _figures(costs: Sequence[Cost]) -> list[Figure]:
    start, *growing, folders, ledger = costs
    figures = [Figure("start alone", _said(start))]
    figures += [Figure(f"{cost.waiting:,} waiting", f"{_said(cost)}; {_each(cost, start)}") for cost in growing]
    ratio = (growing[-1].cpu - start.cpu) / growing[-1].waiting / ((growing[0].cpu - start.cpu) / growing[0].waiting)
    figures.append(Figure("CPU a message, most against fewest", f"{ratio:.2f}", "at most 1.3: linear", ratio <= 1.3))
    grown = growing[-1].peak / growing[1].peak if len(growing) > 2 else 1.0
    figures.append(Figure("memory, most against second", f"{grown:.2f}", "at most 1.3: flat", grown <= 1.3))
    for name, cost in ((f"{folders.in_folder:,} sorted", folders), (f"{ledger.in_ledger:,} in the ledger", ledger)):
        ratio = cost.cpu / growing[0].cpu
        figures.append(Figure(f"{cost.waiting:,} waiting, {name}", f"{_said(cost)}; {ratio:.2f} of without"))
    return figures


def _said(cost: Cost) -> str:
    return f"{cost.seconds:.1f} s, CPU {cost.cpu:.1f} s, {cost.peak:.0f} MB"


def _each(cost: Cost, start: Cost) -> str:
    return f"{(cost.cpu - start.cpu) / cost.waiting * 1000:.2f} ms of CPU a message"


def _drawn(costs: Sequence[Cost]) -> bytes:
    """Two plots against the messages waiting: CPU time with a line that is linear, and memory."""
    start, *growing, folders, ledger = costs
    waiting = [cost.waiting for cost in growing]
    each = (growing[-1].cpu - start.cpu) / growing[-1].waiting
    others = ((folders, "^", f"{folders.in_folder:,} sorted"), (ledger, "s", f"{ledger.in_ledger:,} in the ledger"))
    with drawing(8.2, 3.4) as figure:
        for axes, part, words in zip(figure.subplots(1, 2), ("cpu", "peak"), ("CPU, seconds", "MB"), strict=True):
            axes.plot(waiting, [getattr(cost, part) for cost in growing], color=BLUE, marker="o", label="empty before")
            for cost, marker, label in others:
                axes.plot([cost.waiting], [getattr(cost, part)], marker, color=VERMILION, fillstyle="none", label=label)
            axes.set_xscale("log")
            axes.set_xlabel("messages waiting")
            axes.set_ylabel(words)
        cpu, memory = figure.axes
        cpu.plot(waiting, [start.cpu + each * count for count in waiting], color=GREY, ls="--", lw=1, label="linear")
        cpu.set_yscale("log")
        cpu.legend(frameon=False)
        memory.set_ylim(0, 1.2 * max(cost.peak for cost in costs))
        said = "; ".join(f"{cost.waiting} waiting: {_said(cost)}" for cost in growing)
        return svg(figure, "Time and memory against messages waiting", f"{said}.")


if __name__ == "__main__":
    sys.exit(main())
