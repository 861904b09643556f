"""Lifetime of the service: watches over its offices, sends what is due, stops in order.

One thread for each office (a blocking session each is simplest and isolates failures), a few for what is common to all,
and the main thread, which writes health and waits for a signal.
"""

import random
import resource
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import FrameType

from triage import __version__, event_log
from triage.core.triaged import Triaged
from triage.errors import LedgerUnavailable, sentence_of
from triage.health import ELSEWHERE, HealthBoard, OfficeHealth, write_health
from triage.ledger import dead_letters, holding
from triage.mailbox.connection import Mailbox
from triage.mailbox.doors import Doors
from triage.mailbox.watching import Pace, Waker, Watch, WatchState
from triage.ownership import BEAT_EVERY, Tenure, ownership_of
from triage.parts import (
    Clock,
    Parts,
    account_of,
    calls_of,
    model_in_use,
    outgoing_of,
    sweeper_for,
    utc_now,
)
from triage.pipeline import Setup
from triage.reloading import RulesInUse
from triage.retention import keep_purged
from triage.rounds import Rounds
from triage.sending import Sender
from triage.sweep import Swept
from triage.watches import STOPS_WITHIN, Watches, join

HEALTH_EVERY = 5.0  # seconds

Observer = Callable[[str, Sequence[Triaged]], None]


class Daemon:
    """The running service."""

    def __init__(
        self,
        parts: Parts,
        *,
        clock: Clock = utc_now,
        on_decided: Observer = lambda _office, _decided: None,
    ) -> None:
        """`on_decided` is told what was decided and filed, for those who show it; it must not block."""
        self._parts = parts
        self._clock = clock
        self._on_decided = on_decided
        self._offices = {office.id: office for office in parts.settings.offices}
        self._ownership = ownership_of(parts.database, self._offices)
        self._tenures: Mapping[str, Tenure] = {}
        watching = parts.settings.watch
        self._doors = Doors(most=watching.connections_per_host, per_second=watching.logins_per_second)
        self._watches = Watches(self._watch, gone=self._gone)
        self._stop = threading.Event()
        self._failed = self._waiting = 0  # effects, as the ledger told last
        self.board = HealthBoard(
            {o.id: OfficeHealth(mode=o.mode.value, state=ELSEWHERE) for o in parts.settings.offices}
        )
        outgoing = outgoing_of(parts, lambda: self._tenures, clock)
        self._sender = Sender(outgoing, self.board, about="outgoing mail", out=self._watches.wake)
        calls = calls_of(parts, lambda: self._tenures, clock)
        self._caller = Sender(calls, self.board, about="webhooks", out=lambda _office: None)
        self.rules = RulesInUse(parts.settings, parts.book, parts.database, self.board, clock=clock)

    def run(self) -> None:
        """Watch until `stop`; then finish the batches in hand, as far as servers let us, and return.

        Raises LedgerInUse, LedgerUnavailable.
        """
        settings = self._parts.settings
        _raise_file_limit()
        with self._ownership.owned():
            model, trouble = model_in_use(self._parts.reader)
            self.board.trouble("model", trouble)
            event_log.service_started(
                offices=len(settings.offices),
                version=__version__,
                rule_set=self._parts.book.default.digest[:12],
                model=model,
            )
            offices = threading.Thread(target=self._keep_offices, name="offices")
            outbox = threading.Thread(target=self._sender.run, name="outbox")
            calls = threading.Thread(target=self._caller.run, name="webhooks")
            rules = threading.Thread(target=self.rules.watch, name="rules")
            retention = threading.Thread(target=self._keep_purged, name="retention")
            threads = (offices, outbox, calls, rules, retention)
            for thread in threads:
                thread.start()
            try:
                while not self._stop.wait(HEALTH_EVERY):
                    self._write_health()
            finally:  # whatever ended the wait: threads that go on would do so under no lock
                self._end(offices, threads)
            self._write_health()

    def stop(self) -> None:
        """Ask the service to stop; safe from any thread and from a signal's handler."""
        self._stop.set()

    def heed_signals(self) -> None:
        """Stop on SIGTERM and SIGINT; look at the rules on SIGHUP."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        def look(_number: int, _frame: FrameType | None) -> None:
            self.rules.ask()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, look)

    def _end(self, offices: threading.Thread, threads: Sequence[threading.Thread]) -> None:
        self._stop.set()
        event_log.service_stopping()
        until = time.monotonic() + STOPS_WITHIN
        for part in (self._sender, self._caller, self.rules):
            part.stop()
        offices.join()
        join(threads, until)
        self._sender.sever()
        join(threads, time.monotonic() + 1.0)
        # Who still connects to a server has nothing to do there any more.
        with suppress(LedgerUnavailable):  # then the leases run out
            self._ownership.hand_over()
        self._watches.join()
        for thread in threads:
            thread.join()

    def _keep_purged(self) -> None:
        if days := self._parts.settings.retention.decisions_days:
            keep_purged(self._parts.database, days, self._stop, clock=self._clock)

    def _keep_offices(self) -> None:
        """Body of the thread that watches the offices that are this process's, and lets go of the others."""
        while not self._stop.is_set():
            try:
                self._tenures = self._ownership.beat(self._watches.busy() | self._sender.busy() | self._caller.busy())
                self._watches.keep_to(self._tenures)
                self.board.trouble("sharing of offices", "")
            except Exception as error:  # noqa: BLE001 - whatever it was, offices are watched, and let go of at the end
                self.board.trouble("sharing of offices", sentence_of(error))
            self._stop.wait(BEAT_EVERY)
        self._watches.stop()

    def _watch(self, tenure: Tenure, waker: Waker) -> Watch:
        office, watching = self._offices[tenure.office], self._parts.settings.watch
        account = account_of(office)
        base = self._parts.setup(office)

        def current() -> Setup:
            return replace(base, rule_set=self.rules.current.for_office(office.id))

        self.board.note(office.id, state="starting", watched_since=self._clock(), swept_at=None)
        sweeper = sweeper_for(
            self._parts,
            tenure,
            self._clock,
            current=current,
            stopping=waker.stopping,
            tell=partial(self._decided, office.id),
        )
        rounds = Rounds(sweeper, clock=self._clock, rand=random.random())  # noqa: S311 - spread over the hour
        return Watch(
            account,
            partial(self._sweep, office.id, rounds),
            waker=waker,
            pace=Pace(renew_seconds=watching.renew_idle_seconds, poll_seconds=watching.poll_seconds),
            report=partial(self._report, office.id),
            connect=partial(Mailbox.connect, still=tenure.still),
            door=self._doors.of(account),
        )

    def _gone(self, office: str) -> None:
        self.board.trouble("ledger", "", by=office)
        self.board.note(office, state=ELSEWHERE, detail="", oldest_waiting=None, withheld=0)

    def _sweep(self, office: str, sweeper: Rounds, mailbox: Mailbox) -> Swept:
        try:
            swept = sweeper.sweep(mailbox)
        except LedgerUnavailable as error:
            event_log.ledger_unavailable(error=str(error))
            self.board.trouble("ledger", str(error), by=office)
            raise
        self.board.trouble("ledger", "", by=office)
        self.board.note(office, swept_at=self._clock(), oldest_waiting=swept.oldest_left, withheld=swept.withheld)
        return swept

    def _decided(self, office: str, decided: Sequence[Triaged]) -> None:
        self._sender.wake()
        self._caller.wake()
        self._on_decided(office, decided)

    def _report(self, office: str, state: WatchState) -> None:
        event_log.office_state(office=office, state=state.name, detail=state.detail)
        self.board.note(office, state=state.name, detail=state.detail)

    def _write_health(self) -> None:
        try:
            self._failed, self._waiting = dead_letters.counts(self._parts.database)
            holdings = holding.holdings(self._parts.database)
            for office in self._parts.settings.offices:
                found = holdings.get(office.id)
                self.board.note(office.id, held=found.count if found else 0, held_since=found.since if found else None)
            self.board.trouble("ledger, asked for health", "")
        except LedgerUnavailable as error:
            self.board.trouble("ledger, asked for health", str(error))
        health = self.board.snapshot(now=self._clock(), failed_effects=self._failed, waiting_effects=self._waiting)
        try:
            write_health(health, self._parts.settings.health.file)
        except OSError as error:
            # Nothing to read tells a probe just as well that something is wrong.
            event_log.health_unwritten(error=str(error))


def _raise_file_limit() -> None:
    """Take what open files the system allows: each office needs two or three, and the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
