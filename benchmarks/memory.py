"""What a command costs with all its processes: memory, where shared pages are counted once (PSS), and CPU time."""

import os
import subprocess
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

EVERY = 0.05  # seconds; to look costs a process some milliseconds, so what is measured so is not timed
_TICKS = os.sysconf("SC_CLK_TCK")


def peak_mb(process: subprocess.Popen[bytes], *, every: float = EVERY) -> float:
    """Wait for a process to end, and give the most that it and its descendants held at once."""
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, held_mb(process.pid))
        time.sleep(every)
    return peak


def held_mb(root: int) -> float:
    """Memory of a process and its descendants at this moment."""
    return sum(_pss_kb(pid) for pid in tree(root)) / 1024


def cpu_seconds(root: int) -> float:
    """CPU time that a process and its descendants have taken so far, in user's and in the kernel's code."""
    total = 0
    for pid in tree(root):
        with suppress(OSError):
            # "pid (name) state ppid …": a name may hold blanks and brackets
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def tree(root: int) -> list[int]:
    """A process and its descendants."""
    children = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            children[int(file.read_text().rpartition(")")[2].split()[1])].append(int(file.parent.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def _pss_kb(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
