"""Watches one office's inbox for as long as the service runs: connect, sweep, IDLE, sweep, …

One loop owns the connection and the work (pitfalls IMAP 6), in a thread of its own, so that one office's failure
delays no other. INBOX is swept after every wake and every renewal, whatever the server said (pitfalls IMAP 2, 4).
"""

import os
import random
import select
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from triage.core.retry import RECONNECT, delay, login_delay
from triage.errors import LoginRefused, TriageError
from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox

# A connection that held so long was sound: only then is the pause after a failure short again (pitfalls IMAP 8).
STABLE_SECONDS = 120.0
# IDLE that twice in a row told nothing of mail that a sweep then found is not to be trusted.
DEAF_TWICE = 2


class Outcome(Protocol):
    """What the watch must know of a sweep."""

    @property
    def more(self) -> bool:
        """Messages are left: sweep again at once."""

    @property
    def found(self) -> int:
        """How many messages were new."""


Sweep = Callable[[Mailbox], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """How the watch over one office does."""

    name: str  # connecting, sweeping, idle, polling, backing-off, login-refused, stopped
    since: datetime  # aware UTC
    detail: str = ""  # a sentence for people, where something is wrong
    attempt: int = 0  # failures in a row


class Waker:
    """Wakes a watch from another thread: for work to do, or to stop. A pipe, since IDLE waits in select."""

    def __init__(self) -> None:
        """Open the pipe."""
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopping = False

    def fileno(self) -> int:
        """For select."""
        return self._reading

    def wake(self) -> None:
        """End the wait now under way, or the next one."""
        with suppress(BlockingIOError):  # full of wake-ups already
            os.write(self._writing, b"!")

    def stop(self) -> None:
        """End the watch, after the batch in hand."""
        self._stopping = True
        self.wake()

    def stopping(self) -> bool:
        """Whether the watch is to end."""
        return self._stopping

    def wait(self, seconds: float) -> None:
        """Sleep, unless woken."""
        if select.select([self._reading], [], [], max(seconds, 0))[0]:
            self.clear()

    def clear(self) -> None:
        """Forget wake-ups that have been heard."""
        with suppress(BlockingIOError):
            while os.read(self._reading, 4096):
                pass

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._reading)
        os.close(self._writing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often."""

    renew_seconds: float = 540.0  # servers and firewalls drop IDLE from 10 minutes on (pitfalls IMAP 1, 3)
    poll_seconds: float = 60.0


class Watch:
    """The watch over one office; `run` is the body of its thread."""

    def __init__(
        self,
        account: Account,
        sweep: Sweep,
        *,
        waker: Waker,
        pace: Pace,
        report: Callable[[WatchState], None],
        rand: Callable[[], float] = random.random,
    ) -> None:
        """`report` is told of each change of state; `rand` gives the jitter."""
        self._account = account
        self._sweep = sweep
        self._waker = waker
        self._pace = pace
        self._report = report
        self._rand = rand
        self._deaf = 0

    def run(self) -> None:
        """Watch until the waker stops it. Returns; never raises for what a server or a message did."""
        attempt = 0
        while not self._waker.stopping():
            began = time.monotonic()
            try:
                self._tell("connecting")
                with Mailbox.connect(self._account) as mailbox:
                    self._watch(mailbox)
            except Exception as error:  # noqa: BLE001 - whatever it was, the office is watched again
                attempt = 1 if time.monotonic() - began > STABLE_SECONDS else attempt + 1
                self._back_off(error, attempt)
        self._tell("stopped")

    def _watch(self, mailbox: Mailbox) -> None:
        while not self._waker.stopping():
            self._sweep_all(mailbox)
            if self._waker.stopping():
                return
            if mailbox.can_idle and self._deaf < DEAF_TWICE:
                self._tell("idle")
                told = self._idle(mailbox)
                found = self._sweep_all(mailbox)
                self._deaf = self._deaf + 1 if found and not told else 0
            else:
                self._tell("polling", "IDLE told nothing of new mail, twice" if mailbox.can_idle else "no IDLE here")
                self._waker.wait(self._pace.poll_seconds)
                mailbox.noop()  # the server may have dropped us; better known before the sweep

    def _sweep_all(self, mailbox: Mailbox) -> int:
        """Sweep until nothing is left; how many messages were new."""
        found = 0
        while not self._waker.stopping():
            self._tell("sweeping")
            outcome = self._sweep(mailbox)
            found += outcome.found
            if not outcome.more:
                break
        return found

    def _idle(self, mailbox: Mailbox) -> bool:
        """IDLE until something happens or it is time to renew; whether we were told or woken."""
        client = mailbox.client
        with mailbox.doing("waiting in IDLE"):
            client.idle()
            try:
                told = bool(client.idle_check(timeout=0))  # what TLS has already decrypted, select does not see
                if not told:
                    ready, _, _ = select.select([client.socket(), self._waker], [], [], self._pace.renew_seconds)
                    told = bool(ready)
                    if self._waker in ready:
                        self._waker.clear()
            finally:
                # DONE is answered, or the timeout shows that the connection is dead (pitfalls IMAP 1).
                client.idle_done()
        return told

    def _back_off(self, error: Exception, attempt: int) -> None:
        if isinstance(error, LoginRefused):
            pause, name = login_delay(attempt, self._rand()), "login-refused"
        else:
            pause, name = delay(RECONNECT, attempt, self._rand()) or 0.0, "backing-off"
        said = str(error) if isinstance(error, TriageError) else f"{type(error).__name__}: {error}"
        self._tell(name, f"{said}; trying again in {pause:.0f} s", attempt)
        until = time.monotonic() + pause
        while not self._waker.stopping() and (left := until - time.monotonic()) > 0:
            self._waker.wait(left)

    def _tell(self, name: str, detail: str = "", attempt: int = 0) -> None:
        self._report(WatchState(name=name, since=datetime.now(UTC), detail=detail, attempt=attempt))
