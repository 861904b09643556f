"""`make bench BENCH=bounds`: memory of `triage run --once` where messages are large, cut or whole, or of many parts."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, print_figures
from benchmarks.growth import watched
from benchmarks.mail import fill
from benchmarks.service import SCRIPTS, environment, settings
from tests.servers.dovecot import Dovecot, running_dovecot

LARGE = 40_000_000
PARTS = 10_000
Fill = Callable[[Dovecot, str], None]


def main() -> int:
    """Run the benchmark; 0 where the wanted figures are reached."""
    folder = Path(tempfile.mkdtemp(prefix="triage-bench-"))
    folder.chmod(0o755)
    large = partial(fill, count=20, size=LARGE)
    # By name: the limit for a message (MiB), what is put into the inbox, and the most memory wanted (MB).
    cases: Mapping[str, tuple[int, Fill, int]] = {
        "20 messages of 40 MB, over the limit": (25, large, 450),
        "20 messages of 40 MB, under the limit": (64, large, 1200),
        "100 messages of 10,000 parts": (25, _many_parts, 450),
    }
    figures = []
    try:
        with running_dovecot(folder / "dovecot") as server:
            for number, (name, (limit, put, most)) in enumerate(cases.items()):
                figures.append(_figure(server, folder, f"user{number}", name, limit, put, most))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_figures(Console(), figures)
    return 0 if all(figure.reached for figure in figures) else 1


def _figure(server: Dovecot, folder: Path, user: str, name: str, limit: int, put: Fill, most: int) -> Figure:
    config = settings(server, folder / user, [user], limit_mib=limit)
    put(server, user)
    began = time.perf_counter()
    with (folder / user / "log").open("wb") as log:
        command: list[str | Path] = [SCRIPTS / "triage", "run", "--once", "--config", config]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment())
        cpu, peak = watched(process)
    if process.returncode:
        raise RuntimeError(f"triage failed: {(folder / user / 'log').read_text()[-2000:]}")
    seconds = time.perf_counter() - began
    return Figure(name, f"{peak:.0f} MB; {seconds:.0f} s, CPU {cpu:.0f} s", f"at most {most} MB", peak <= most)


def _many_parts(server: Dovecot, user: str) -> None:
    part = b"--part\r\nContent-Type: text/plain\r\n\r\nOne of many.\r\n"
    head = "From: {0}@firm.example\r\nSubject: File {0}\r\nMessage-ID: <{0}@bench.example>\r\nMIME-Version: 1.0\r\n"
    kind = b'Content-Type: multipart/mixed; boundary="part"\r\n\r\n'
    server.append(user, [head.format(number).encode() + kind + part * PARTS + b"--part--\r\n" for number in range(100)])


if __name__ == "__main__":
    sys.exit(main())
