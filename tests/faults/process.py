"""Runs `triage run` as a process, again and again, cheaply: each a fork of one that has loaded all it needs.

What is forked has opened nothing: each service starts anew on settings, rules and ledger, is a process of its own, and
dies by SIGKILL as any would. Only reading is lighter: it needs no model and no processes of its own, and the shipped
rules are parsed once for all.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.faults import points
from tests.faults.points import Kill, Moment
from tests.servers.dovecot import PASSWORD
from tests.world import KeywordClassifier, ReaderHere
from triage import cli, processes, rules_folder
from triage.mailbox import fetching
from triage.reading import ReadingProcesses
from triage.settings import SHIPPED_RULES

ROOT = Path(__file__).resolve().parent.parent.parent
SUPERVISED_FOR = 30.0  # seconds: far more than any start or stop takes
# So that few messages are several batches, one read while another is filed.
BATCH = 4


@dataclass
class Service:
    """A service that was started; `points` tells what it has passed."""

    pid: int
    points: Path
    log: Path
    _starter: "Starter"
    _status: int | None = None

    @property
    def status(self) -> int | None:
        """Exit code, negative for the signal that ended it; None while it runs."""
        if self._status is None:
            self._status = self._starter.ask(poll=self.pid)["status"]
        return self._status

    def has_swept(self) -> bool:
        """Whether it has looked into INBOX, and so is past its start."""
        return any(one.step == "imap SEARCH" for one in points.passed(self.points))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGKILL, SIGTERM, SIGSTOP, SIGCONT."""
        if self.status is None:
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait until it has ended; its exit code."""
        until = time.monotonic() + SUPERVISED_FOR
        while (status := self.status) is None:
            if time.monotonic() > until:
                raise AssertionError(f"the service did not end in time; its log is {self.log}")
            time.sleep(0.005)
        return status


class Starter:
    """The process that services are forked from: single-threaded, which a test's own process is not."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take the running process; use `running_starter`."""
        self._process = process
        self._lock = threading.Lock()

    def start(self, config: Path, name: str, kill: Kill | None = None) -> Service:
        """Start `triage run`; it dies at `kill` where that is given. What it writes stands beside `config`."""
        log, passed = config.parent / f"{name}.log", config.parent / f"{name}.points"
        started = self.ask(
            start={
                "config": str(config),
                "log": str(log),
                "points": str(passed),
                "kill": asdict(kill) if kill else None,
            }
        )
        return Service(pid=started["pid"], points=passed, log=log, _starter=self)

    def ask(self, **question: Any) -> dict[str, Any]:
        """Ask the process one thing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def running_starter() -> Iterator[Starter]:
    """Run the process until the block ends; its services end with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TRIAGE_TEST_SECRET": PASSWORD},
    )
    with process:
        yield Starter(process)


def main() -> None:
    """Answer questions from standard input until it ends."""
    # What `triage run` loads, once for all; the last two by their drivers only when they connect.
    for name in ("triage.daemon", "triage.settings_file", "sqlite3", "psycopg"):
        importlib.import_module(name)
    rules = rules_folder.read_rules_in(SHIPPED_RULES)
    mock.patch.object(rules_folder, "load_book", return_value=rules).start()
    gc.freeze()  # what is shared with the forks stays shared
    running: set[int] = set()
    for line in sys.stdin:
        question = json.loads(line)
        if "start" in question:
            pid = os.fork()
            if pid == 0:
                _serve(**question["start"])
            running.add(pid)
            answer = {"pid": pid, "status": None}
        else:
            pid, status = os.waitpid(question["poll"], os.WNOHANG)
            running.discard(pid)
            answer = {"pid": pid, "status": os.waitstatus_to_exitcode(status) if pid else None}
        print(json.dumps(answer), flush=True)  # noqa: T201 - to who asked
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _serve(config: str, log: str, points: str, kill: dict[str, Any] | None) -> None:
    """Be the service; never returns."""
    status = 1
    with suppress(BaseException):
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(written, 1)
        os.dup2(written, 2)
        _prepare(Path(points), Kill(**{**kill, "moment": Moment(kill["moment"])}) if kill else None)
        try:
            cli.app(["run", "--config", config])
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    os._exit(status)


def _prepare(file: Path, kill: Kill | None) -> None:
    points.install(points.Recorder(file, kill))
    mock.patch.object(processes, "fork_server").start()
    mock.patch.object(ReadingProcesses, "of", return_value=ReaderHere(KeywordClassifier())).start()
    mock.patch.object(fetching, "BATCH", BATCH).start()


if __name__ == "__main__":
    main()
