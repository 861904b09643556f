"""Where the service is killed: every step it takes at its edges, found by wrapping the edges from outside.

The service itself holds no fault points, so there is nothing in it that could be switched on by accident, and a step
that somebody adds is seen here without their thinking of it. All that has an effect goes through four narrow places:
imaplib's commands, smtplib's, the ledger's transactions, and the statements that make its schema.
"""

import json
import os
import re
import signal
import smtplib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from imaplib import IMAP4
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Connection, Engine, event

from triage.ledger.database import Database


class Moment(StrEnum):
    """When within a step."""

    BEFORE = "before"  # nothing has been sent; in the ledger: all is written, nothing committed
    SENT = "sent"  # the server has the command, and nobody has read its answer
    AFTER = "after"  # the answer has been read, and nothing made of it


BEFORE, SENT, AFTER = Moment
ASKED = (BEFORE, SENT, AFTER)
COMMITTED = (BEFORE, AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """SIGKILL at a step, the n-th time that it is reached."""

    step: str
    moment: Moment
    nth: int = 1

    def __str__(self) -> str:
        """As it is printed with a failure."""
        return f"{self.step}, {self.moment}, time {self.nth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A point that a process passed, or was killed at if it is its last."""

    step: str
    moment: Moment
    nth: int
    mail: str  # Message-ID of the mail that is handed over, where the step is one of SMTP's


# Each step of a first run with varied mail, on a server that has all, with the moments that differ: where a command
# alone changes nothing, sent is like before, and for what only asks, all but after is like after the step before.
STEPS: dict[str, tuple[Moment, ...]] = {
    "ledger schema": (AFTER,),
    "ledger keep": COMMITTED,
    "imap LIST": (AFTER,),
    "imap CREATE": (BEFORE, AFTER),
    "imap SUBSCRIBE": (AFTER,),
    "imap SELECT": (AFTER,),
    "imap SEARCH": (AFTER,),
    "imap FETCH sizes": (BEFORE, AFTER),
    "imap FETCH whole": (BEFORE, AFTER),
    "ledger record": COMMITTED,
    "ledger plan_again": COMMITTED,
    "imap STORE flags": ASKED,
    "imap MOVE": ASKED,
    "ledger settle": COMMITTED,
    "ledger drop_withdrawn": COMMITTED,
    "smtp connect": (BEFORE, AFTER),
    "smtp EHLO": (BEFORE, AFTER),
    "smtp MAIL": (BEFORE, AFTER),
    "smtp RCPT": (BEFORE, AFTER),
    "smtp DATA": (BEFORE, AFTER),
    "smtp dot": ASKED,
    "ledger mail_sent": COMMITTED,
    "smtp QUIT": (BEFORE, AFTER),
    "imap EXAMINE": (AFTER,),
    "imap APPEND": ASKED,
    "ledger mail_copied": COMMITTED,
}
# On a server without MOVE; the last only where it has UIDPLUS.
STEPS_OF_COPYING: dict[str, tuple[Moment, ...]] = {"imap COPY": ASKED, "imap STORE deleted": ASKED}
STEPS_OF_REMOVING: dict[str, tuple[Moment, ...]] = {"imap EXPUNGE": ASKED}


# Where services share a ledger.
STEPS_OF_SHARING: dict[str, tuple[Moment, ...]] = {
    "ledger register": COMMITTED,
    "ledger renew": COMMITTED,
    "ledger claim": COMMITTED,
    "ledger leave": COMMITTED,
}
# Steps that change nothing and come before all work, or after it.
SESSION = {"imap CAPABILITY", "imap AUTHENTICATE", "imap NAMESPACE", "imap IDLE", "imap LOGOUT"}


class Recorder:
    """Writes each point that is passed to a file, and ends the process at the one that was chosen."""

    def __init__(self, file: Path, kill: Kill | None) -> None:
        """`file` is appended to; a point is in it before the process dies there."""
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._kill = kill
        self._times: Counter[tuple[str, Moment]] = Counter()
        self._lock = threading.Lock()

    def reached(self, step: str, moment: Moment, mail: str = "") -> None:
        """Note the point; never returns from the chosen one."""
        with self._lock:
            self._times[step, moment] += 1
            passed = Passed(step=step, moment=moment, nth=self._times[step, moment], mail=mail)
            os.write(self._file, json.dumps(asdict(passed)).encode() + b"\n")
            if self._kill == Kill(step=step, moment=moment, nth=passed.nth):
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)  # the lock is kept: no other thread passes a point before all are gone


def passed(file: Path) -> list[Passed]:
    """Read what a process has passed."""
    lines = file.read_text().splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines]
    return [Passed(**{**one, "moment": Moment(one["moment"])}) for one in found]


def install(recorder: Recorder) -> None:
    """Wrap the edges of this process, for good."""
    _wrap_imap(recorder)
    _wrap_smtp(recorder)
    _wrap_ledger(recorder)


def _replace(owner: type, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    mock.patch.object(owner, name, wrapper(getattr(owner, name))).start()


def _wrap_imap(recorder: Recorder) -> None:
    asked: dict[tuple[int, bytes], str] = {}  # by session and tag

    def sending(real: Callable[..., Any]) -> Callable[..., Any]:
        def _command(session: IMAP4, name: str, *arguments: Any) -> bytes:
            step = _imap_step(name, arguments)
            recorder.reached(step, BEFORE)
            tag: bytes = real(session, name, *arguments)
            asked[id(session), tag] = step
            recorder.reached(step, SENT)
            return tag

        return _command

    def answered(real: Callable[..., Any]) -> Callable[..., Any]:
        def _command_complete(session: IMAP4, name: str, tag: bytes) -> Any:
            answer = real(session, name, tag)
            # A SEARCH is sent by IMAPClient itself.
            recorder.reached(asked.pop((id(session), tag), f"imap {name}"), AFTER)
            return answer

        return _command_complete

    _replace(IMAP4, "_command", sending)
    _replace(IMAP4, "_command_complete", answered)


def _imap_step(name: str, arguments: tuple[Any, ...]) -> str:
    command = str(arguments[0] if name == "UID" else name).upper()
    words = str(arguments)
    if command == "STORE":
        return "imap STORE deleted" if "Deleted" in words else "imap STORE flags"
    if command == "FETCH":
        return "imap FETCH whole" if "BODY" in words else "imap FETCH sizes"
    return f"imap {command}"


def _wrap_smtp(recorder: Recorder) -> None:
    step = ("", "")  # and the mail's Message-ID: one session at a time

    def connecting(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(session: smtplib.SMTP, *arguments: Any, **named: Any) -> Any:
            nonlocal step
            recorder.reached("smtp connect", BEFORE)
            step = ("smtp connect", "")
            return real(session, *arguments, **named)

        return connect

    def sending(real: Callable[..., Any]) -> Callable[..., Any]:
        def send(session: smtplib.SMTP, data: str | bytes) -> None:
            nonlocal step
            step = _smtp_step(data, step[1])
            recorder.reached(step[0], BEFORE, step[1])
            real(session, data)
            recorder.reached(step[0], SENT, step[1])

        return send

    def answered(real: Callable[..., Any]) -> Callable[..., Any]:
        def getreply(session: smtplib.SMTP) -> Any:
            answer = real(session)
            recorder.reached(step[0], AFTER, step[1])
            return answer

        return getreply

    _replace(smtplib.SMTP, "connect", connecting)
    _replace(smtplib.SMTP, "send", sending)
    _replace(smtplib.SMTP, "getreply", answered)


def _smtp_step(data: str | bytes, mail: str) -> tuple[str, str]:
    """Step and Message-ID; `mail` is the one in hand, of whose content not every part tells."""
    if isinstance(data, str):
        return f"smtp {data.split()[0].upper()}", ""
    found = re.search(rb"^Message-ID:\s*(\S+)", data, re.MULTILINE | re.IGNORECASE)
    return "smtp dot" if data.endswith(b"\r\n.\r\n") else "smtp part", found[1].decode() if found else mail


def _wrap_ledger(recorder: Recorder) -> None:
    def opening(real: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def transaction(database: Database) -> Iterator[Connection]:
            name = sys._getframe(2).f_code.co_name  # who opens it, past contextlib
            written: list[str] = []
            with real(database) as connection:
                event.listen(connection, "before_cursor_execute", lambda *seen: written.append(seen[2].split()[0]))
                yield connection
                writes = not {"INSERT", "UPDATE", "DELETE"}.isdisjoint(written)
                if writes:
                    recorder.reached(f"ledger {name}", BEFORE)
            if writes:
                recorder.reached(f"ledger {name}", AFTER)

        return transaction

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] in {"CREATE", "ALTER", "DROP"}:
            recorder.reached("ledger schema", AFTER)

    _replace(Database, "transaction", opening)
    event.listen(Engine, "after_cursor_execute", executed)
