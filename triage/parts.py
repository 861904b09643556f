"""What the service runs on, built from its settings and checked: ledger, rules, readers, each office's sweeper."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from triage import event_log
from triage.core.policy.loading import Rulebook
from triage.core.triaged import Triaged
from triage.effects.outgoing import Outgoing
from triage.effects.pacing import Pacer
from triage.effects.relay import Relay
from triage.effects.webhooks import Webhooks
from triage.ledger import queue, rule_sets
from triage.ledger.database import Database
from triage.mailbox.account import Account
from triage.mailbox.room import Room
from triage.ownership import Tenure
from triage.pipeline import Setup
from triage.reading import Reader, ReadingProcesses
from triage.rules_folder import read_rules
from triage.second_opinion import opinion_of
from triage.secrets import read_secret
from triage.settings import OfficeSettings, Settings
from triage.sweep import Sweeper
from triage.turns import Places

Clock = Callable[[], datetime]
# One is at its server while the other has the interpreter.
AT_WORK = 2


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
    places: Places  # where so many offices at once decide and file much mail

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
            places=Places(AT_WORK),
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
        places=parts.places,
        stopping=stopping,
        tell=tell,
    )


def outgoing_of(parts: Parts, held: Callable[[], Mapping[str, Tenure]], clock: Clock = utc_now) -> Outgoing:
    """Make what sends mail of the offices that are `held` by the relay, as fast as that allows."""
    smtp = parts.settings.smtp
    pacer = Pacer(smtp.messages_per_minute)
    return Outgoing(parts.database, partial(Relay, smtp), held=held, pacer=pacer, clock=clock)


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


def model_in_use(reader: Reader) -> tuple[str | None, str]:
    """Which model is in use, or why there is none: the service goes on, and everything goes to a person."""
    version, trouble = reader.model()
    if trouble:
        event_log.model_unusable(reason=trouble)
    return version, trouble
