"""Watches one office's inbox for as long as the service runs: connect, sweep, IDLE, sweep, …

One loop owns the connection and the work (pitfalls IMAP 6), in a thread of its own, so that one office's failure
delays no other. INBOX is swept after every wake and every renewal, whatever the server said (pitfalls IMAP 2, 4).
"""

import math
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from triage.core.retry import RECONNECT, REFUSED, delay, login_delay
from triage.errors import LoginRefused, MailboxRefused, sentence_of
from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox
from triage.mailbox.doors import Door
from triage.mailbox.idling import Waker, Woken, idle
from triage.mailbox.suspects import Suspects

__all__ = ["Outcome", "Pace", "Sweep", "Waker", "Watch", "WatchState"]

# A connection that held so long was sound: only then is the pause after a failure short again (pitfalls IMAP 8).
STABLE_SECONDS = 120.0
# IDLE that twice in a row told nothing of mail that a sweep then found is not trusted for so long.
DEAF_TWICE = 2
DEAF_SECONDS = 3600.0


class Outcome(Protocol):
    """What the watch must know of a sweep."""

    @property
    def more(self) -> bool:
        """Messages are left: sweep again at once."""

    @property
    def found(self) -> int:
        """How many messages were new."""


Sweep = Callable[[Mailbox], Outcome]


class Connect(Protocol):
    """How a session is opened: Mailbox.connect, or what a test puts in its place."""

    def __call__(self, account: Account, *, suspects: Suspects) -> Mailbox:
        """Give a session that is logged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """How the watch over one office does."""

    name: str  # connecting, waiting, sweeping, idle, polling, backing-off, login-refused, stopped
    since: datetime  # aware UTC
    detail: str = ""  # a sentence for people, where something is wrong
    attempt: int = 0  # failures of this kind in a row


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
        clock: Callable[[], float] = time.monotonic,
        connect: Connect = Mailbox.connect,
        door: Door | None = None,
    ) -> None:
        """`report` is told of each change of state; `rand` gives jitter, `clock` seconds; no `door`: no waiting."""
        self._account = account
        self._sweep = sweep
        self._waker = waker
        self._pace = pace
        self._report = report
        self._rand = rand
        self._clock = clock
        self._connect = connect
        self._door = door or Door(most=None, per_second=math.inf)
        self._suspects = Suspects(clock)
        self._failures: Counter[type[Exception]] = Counter()
        self._logged_in_at: float | None = None
        self._mailbox: Mailbox | None = None  # while there is a session
        self._news_is_old = False
        self._deaf = 0
        self._deaf_until = 0.0

    def run(self) -> None:
        """Watch until the waker stops it. Returns; never raises for what a server or a message did."""
        while not self._waker.stopping():
            self._logged_in_at = None
            try:
                self._tell("connecting")
                with self._door.admitted(self._waker) as admitted:
                    if admitted:
                        self._session()
            except Exception as error:  # noqa: BLE001 - whatever it was, the office is watched again
                # A server that drops us now and then, whatever we do, is a normal one (pitfalls IMAP 5).
                self._back_off(error)
        self._tell("stopped")

    def sever(self) -> None:
        """Cut the connection, from another thread; for a watch that was stopped and whose server keeps it waiting."""
        if self._mailbox:
            self._mailbox.sever()

    def _session(self) -> None:
        with self._connect(self._account, suspects=self._suspects) as mailbox:
            self._logged_in_at = self._clock()
            self._mailbox = mailbox
            self._failures.pop(LoginRefused, None)
            self._watch(mailbox, until=self._logged_in_at + self._pace.poll_seconds)

    def _watch(self, mailbox: Mailbox, *, until: float) -> None:
        """Watch for as long as the session holds; where other offices wait for a place, `until` its turn is over."""
        self._sweep_all(mailbox)
        while not self._waker.stopping():
            left = until - self._clock() if self._door.awaited() else self._pace.renew_seconds
            if left <= 0:
                self._tell("waiting", "the server takes only so many sessions at once (watch.connections_per_host)")
                return
            if not mailbox.can_idle:
                self._poll(mailbox, "the server has no IDLE")
            elif self._clock() < self._deaf_until:
                self._poll(mailbox, "IDLE told nothing of new mail, twice in a row, or was refused")
            else:
                self._idle(mailbox, min(left, self._pace.renew_seconds))

    def _idle(self, mailbox: Mailbox, seconds: float) -> None:
        # Believed once in a row: some servers tell the count with every answer.
        self._news_is_old = not self._news_is_old and mailbox.has_news()
        if self._news_is_old:
            self._sweep_all(mailbox)
            return
        self._tell("idle")
        woken = idle(mailbox, self._waker, seconds)
        found = self._sweep_all(mailbox)
        if woken is Woken.MAIL:
            self._deaf = 0
        elif found and woken in {Woken.TIME, Woken.NEWS}:
            self._deaf += 1
        if self._deaf >= DEAF_TWICE or woken is Woken.REFUSED:
            self._deaf, self._deaf_until = 0, self._clock() + DEAF_SECONDS

    def _poll(self, mailbox: Mailbox, why: str) -> None:
        self._tell("polling", why)
        self._waker.wait(self._pace.poll_seconds)
        self._sweep_all(mailbox)

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

    def _back_off(self, error: Exception) -> None:
        if self._logged_in_at is not None and self._clock() - self._logged_in_at > STABLE_SECONDS:
            self._failures.clear()
        kind = next((kind for kind in (LoginRefused, MailboxRefused) if isinstance(error, kind)), Exception)
        self._failures[kind] += 1
        attempt = self._failures[kind]
        name = "backing-off"
        if kind is LoginRefused:
            pause, name = login_delay(attempt, self._rand()), "login-refused"
        else:
            pause = delay(REFUSED if kind is MailboxRefused else RECONNECT, attempt, self._rand()) or 0.0
        self._tell(name, f"{sentence_of(error)}; trying again in {pause:.0f} s", attempt)
        until = self._clock() + pause
        while not self._waker.stopping() and (left := until - self._clock()) > 0:
            self._waker.wait(left)

    def _tell(self, name: str, detail: str = "", attempt: int = 0) -> None:
        with suppress(Exception):  # who listens must not be able to end the watch
            self._report(WatchState(name=name, since=datetime.now(UTC), detail=detail, attempt=attempt))
