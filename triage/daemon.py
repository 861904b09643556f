"""Wiring and lifetime of the service: builds the parts, watches over them, stops them in order.

One thread for each office (a blocking session each is simplest and isolates failures), one for outgoing mail, and the
main thread, which writes health and waits for a signal.
"""

import random
import resource
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from triage import __version__, event_log
from triage.core.office import Mode
from triage.core.policy.loading import Rulebook
from triage.core.triaged import Triaged
from triage.effects.outgoing import Outgoing, Sending
from triage.effects.pacing import Pacer
from triage.effects.relay import Relay
from triage.effects.webhooks import Webhooks
from triage.errors import LedgerUnavailable, TriageError
from triage.health import ELSEWHERE, HealthBoard, OfficeHealth, write_health
from triage.ledger import dead_letters, holding, queue, rule_sets
from triage.ledger.database import Database
from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox
from triage.mailbox.doors import Doors
from triage.mailbox.room import Room
from triage.mailbox.watching import Pace, Waker, Watch, WatchState
from triage.ownership import BEAT_EVERY, Beating, Tenure, ownership_of
from triage.pipeline import Setup
from triage.reading import Reader, ReadingProcesses
from triage.reloading import RulesInUse
from triage.retention import keep_purged
from triage.rounds import Rounds
from triage.rules_folder import read_rules
from triage.second_opinion import opinion_of
from triage.secrets import read_secret
from triage.sending import Sender
from triage.settings import OfficeSettings, Settings
from triage.sweep import Sweeper, Swept
from triage.watches import Watches

HEALTH_EVERY = 5.0  # seconds

Clock = Callable[[], datetime]
Observer = Callable[[str, Sequence[Triaged]], None]


def utc_now() -> datetime:
    """The one clock of the service, where none is injected."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the service runs on, opened and checked."""

    settings: Settings
    database: Database
    book: Rulebook  # the rules as the service starts with them; kept in the ledger
    reader: Reader
    salt: bytes
    room: Room  # for the messages in hand, of all offices

    def close(self) -> None:
        """Give back what was opened."""
        self.reader.close()
        self.database.close()

    def setup(self, office: OfficeSettings) -> Setup:
        """Give what decisions about an office's mail depend on."""
        return Setup(
            office=office.profile(),
            own_addresses=self.settings.own_addresses(),
            rule_set=self.book.for_office(office.id),
        )


def build(settings: Settings, reader: Reader | None = None) -> Parts:
    """Open and check everything. Raises ConfigurationError, LedgerNotMigrated or LedgerUnavailable.

    `reader` is used, and closed with the parts, where the service's own processes are not wanted.
    """
    book = read_rules(settings)
    if settings.second_opinion:
        opinion_of(settings.second_opinion)  # refuses here, once, what each process would fail to make
    with ExitStack() as unless_all_well:
        # First, since the libraries that it needs take longest to load.
        reader = reader or ReadingProcesses.of(settings)
        unless_all_well.callback(reader.close)
        database = open_database(settings)
        unless_all_well.callback(database.close)
        rule_sets.keep(database, book.texts_of([office.id for office in settings.offices]), now=utc_now())
        parts = Parts(
            settings=settings,
            database=database,
            book=book,
            reader=reader,
            salt=database.salt(),
            room=Room(settings.watch.message_limit),
        )
        unless_all_well.pop_all()
    return parts


def open_database(settings: Settings) -> Database:
    """Open the ledger that the settings name. Raises LedgerNotMigrated, LedgerUnavailable, ConfigurationError."""
    database = database_of(settings)
    database.open()
    return database


def database_of(settings: Settings) -> Database:
    """The ledger that the settings name, unopened. Raises ConfigurationError."""
    secret = settings.database.password
    return Database(settings.database.url, password=read_secret(secret) if secret else None)


def account_of(office: OfficeSettings) -> Account:
    """How the office's mailbox is reached."""
    imap = office.imap
    return Account(
        host=imap.host,
        port=imap.effective_port,
        tls=imap.tls,
        user=imap.user,
        read_secret=partial(read_secret, imap.secret),
        ca_file=imap.ca_file,
        timeout=imap.timeout,
    )


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
        """Watch until `stop`; then finish the batches in hand and return. Raises LedgerInUse."""
        settings = self._parts.settings
        _raise_file_limit()
        with self._ownership.owned():
            model, trouble = _model(self._parts.reader)
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
            for thread in (offices, outbox, calls, rules, retention):
                thread.start()
            while not self._stop.wait(HEALTH_EVERY):
                self._write_health()
            event_log.service_stopping()
            offices.join()
            self._sender.stop()
            self._caller.stop()
            self.rules.stop()
            for thread in (outbox, calls, rules, retention):
                thread.join()
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

    def _keep_purged(self) -> None:
        if days := self._parts.settings.retention.decisions_days:
            keep_purged(self._parts.database, days, self._stop, clock=self._clock)

    def _keep_offices(self) -> None:
        """Body of the thread that watches the offices that are this process's, and lets go of the others."""
        while not self._stop.is_set():
            try:
                self._tenures = self._ownership.beat(self._watches.busy())
                self._watches.keep_to(self._tenures)
                self.board.trouble("sharing of offices", "")
            except TriageError as error:
                self.board.trouble("sharing of offices", str(error))
            self._stop.wait(BEAT_EVERY)
        self._watches.stop()

    def _watch(self, tenure: Tenure, waker: Waker) -> Watch:
        office, watching = self._offices[tenure.office], self._parts.settings.watch
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
            account_of(office),
            partial(self._sweep, office.id, rounds),
            waker=waker,
            pace=Pace(renew_seconds=watching.renew_idle_seconds, poll_seconds=watching.poll_seconds),
            report=partial(self._report, office.id),
            connect=partial(Mailbox.connect, still=tenure.still),
            door=self._doors.of(account_of(office)),
        )

    def _gone(self, office: str) -> None:
        self.board.note(office, state=ELSEWHERE, detail="", oldest_waiting=None, withheld=0)

    def _sweep(self, office: str, sweeper: Rounds, mailbox: Mailbox) -> Swept:
        try:
            swept = sweeper.sweep(mailbox)
        except LedgerUnavailable as error:
            event_log.ledger_unavailable(error=str(error))
            self.board.trouble("ledger", str(error))
            raise
        self.board.trouble("ledger", "")
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


def _model(reader: Reader) -> tuple[str | None, str]:
    """Which model is in use, or why there is none: the service goes on, and everything goes to a person."""
    version, trouble = reader.model()
    if trouble:
        event_log.model_unusable(reason=trouble)
    return version, trouble


def sweeper_for(
    parts: Parts,
    tenure: Tenure,
    clock: Clock = utc_now,
    *,
    current: Callable[[], Setup] | None = None,
    stopping: Callable[[], bool] = lambda: False,
    tell: Callable[[Sequence[Triaged]], None] = lambda _decided: None,
) -> Sweeper:
    """Make the sweeper of one office; `current` gives the setup in force, where that may change."""
    setup = parts.setup(parts.settings.office(tenure.office))
    return Sweeper(
        tenure.database,
        current or (lambda: setup),
        parts.reader,
        salt=parts.salt,
        message_limit=parts.settings.watch.message_limit,
        clock=clock,
        room=parts.room,
        stopping=stopping,
        tell=tell,
    )


def outgoing_of(parts: Parts, held: Callable[[], Mapping[str, Tenure]], clock: Clock = utc_now) -> Outgoing:
    """Make what sends mail of the offices that are `held` by the relay, as fast as that allows."""
    smtp = parts.settings.smtp
    pacer = Pacer(smtp.messages_per_minute)
    return Outgoing(parts.database, partial(Relay, smtp), held=held, pacer=pacer, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceResult:
    """What `run --once` came to."""

    decided: int
    failures: tuple[str, ...]  # sentences, one for each office or server that could not be used
    unfinished: int  # effects that are still open


def run_once(parts: Parts, offices: Sequence[OfficeSettings], *, clock: Clock = utc_now) -> OnceResult:
    """Handle what is there, wait for its effects, and return; one office's failure costs no other."""
    decided = 0
    failures: list[str] = []
    ownership = ownership_of(parts.database, [office.id for office in offices])
    with ownership.owned(), Beating(ownership) as tenures, ExitStack() as stack:
        mailboxes: dict[str, tuple[Mailbox, Sweeper]] = {}
        for office in offices:
            tenure = tenures.get(office.id)
            if tenure is None:
                failures.append(f"office '{office.id}' is another triage process's; its mail is left to that one")
                continue
            try:
                mailbox = stack.enter_context(Mailbox.connect(account_of(office), still=tenure.still))
                sweeper = sweeper_for(parts, tenure, clock)
                mailboxes[office.id] = (mailbox, sweeper)
                while True:
                    swept = sweeper.sweep(mailbox)
                    decided += swept.found
                    if not swept.more:
                        break
            except TriageError as error:
                failures.append(str(error))
                mailboxes.pop(office.id, None)
        try:
            calling = calls_of(parts, lambda: tenures, clock).send_due()
            sending = _send_all(outgoing_of(parts, lambda: tenures, clock))
            failures += [one.trouble for one in (calling, sending) if one.trouble]
            for office_id in sending.offices & mailboxes.keys():
                mailbox, sweeper = mailboxes[office_id]
                sweeper.sweep(mailbox)
        except TriageError as error:
            failures.append(str(error))
        _model(parts.reader)
        live = [office.id for office in offices if office.mode is Mode.LIVE]
        return OnceResult(decided=decided, failures=tuple(failures), unfinished=queue.open_count(parts.database, live))


def calls_of(parts: Parts, held: Callable[[], Mapping[str, Tenure]], clock: Clock = utc_now) -> Outgoing:
    """Make what calls the webhooks of the offices that are `held`."""
    hooks = {
        (office.id, name): contact
        for office in parts.settings.offices
        for name, contact in office.contacts.items()
        if contact.webhook
    }
    return Outgoing(
        parts.database,
        partial(Webhooks, hooks, clock=clock),
        kinds=queue.CALLS,
        held=held,
        pacer=Pacer(None),
        clock=clock,
    )


def _send_all(outgoing: Outgoing) -> Sending:
    """One pass, or as many as a relay that is paced needs."""
    offices: set[str] = set()
    while True:
        sending = outgoing.send_due()
        offices |= sending.offices
        if not sending.wait:
            return replace(sending, offices=offices)
        time.sleep(sending.wait)
