"""Memory of a command with all its processes, at its highest: shared pages are counted once (PSS)."""

import subprocess
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

EVERY = 0.05  # seconds; to look costs a process some milliseconds, so what is measured so is not timed


def peak_mb(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process to end, and give the most that it and its descendants held at once."""
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(_pss_kb(pid) for pid in _tree(process.pid)) / 1024)
        time.sleep(EVERY)
    return peak


def _tree(root: int) -> list[int]:
    children = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            # "pid (name) state ppid …": a name may hold blanks and brackets
            children[int(file.read_text().rpartition(")")[2].split()[1])].append(int(file.parent.name))
    tree = [root]
    for pid in tree:
        tree += children[pid]
    return tree


def _pss_kb(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
