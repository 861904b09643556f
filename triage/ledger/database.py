"""The ledger's database: opening it, checking and migrating its schema, mapping its errors, owning it.

SQLite in WAL mode is the embedded default; PostgreSQL runs the same code.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError, LedgerInUse, LedgerNotMigrated, LedgerUnavailable, TriageError
from triage.ledger import writers
from triage.ledger.schema import ledger_facts

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
QUIET_WITHIN = 60.0  # seconds that a migration tries to find no batch at work
# Any number, but the same in every process: the advisory lock that says "a triage daemon owns this ledger".
OWNER_LOCK = 0x7472696167650001
# A wait for somebody's lock is over after so many seconds: tried again later, and told, it blocks nothing else.
LOCK_SECONDS = 15.0
SQLITE_CONNECTIONS = 32
READ_ONLY = "25006"  # PostgreSQL's code: read_only_sql_transaction
UNDO_LOCK = 0x7472696167650002  # "a triage undo is at work"
MIGRATION_LOCK = 0x7472696167650003  # "the schema is being changed"


class Database:
    """An opened ledger. Safe to share between threads: each transaction takes its own connection."""

    def __init__(self, url: str, *, password: str | None = None) -> None:
        """Prepare to connect to `url` (SQLAlchemy form); nothing is opened yet.

        Raises ConfigurationError where the URL itself cannot be used.
        """
        try:
            self._url: URL = make_url(url)
            if password is not None:
                self._url = self._url.set(password=password)
            # SQLAlchemy's own errors would repeat what was to be written, names and texts included.
            self.engine: Engine = create_engine(
                self._url, pool_pre_ping=True, hide_parameters=True, connect_args=_bounds(self._url), **_pool(self._url)
            )
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
            # The URL is not repeated: somebody may have written the password into it.
            message = f"not a usable database URL ({type(error).__name__}); see docs/configuration.md"
            raise ConfigurationError([Problem(file="triage.yaml", key="database.url", message=message)]) from error
        self._check: Callable[[Connection], None] = lambda _connection: None
        event.listen(self.engine, "connect", _prepare_sqlite if self.is_sqlite else _prepare_postgresql)
        if self.is_sqlite:
            writers.line_up(self.engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether the ledger is an SQLite file of this machine."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The ledger's file, where it is one."""
        return Path(self._url.database) if self.is_sqlite and self._url.database else None

    @property
    def name(self) -> str:
        """The URL without the password, for messages."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open one transaction: committed as a whole on leaving, rolled back on any error.

        Raises LedgerUnavailable where the database cannot be reached, is locked or its disk is full.
        """
        with self._mapped(), self.engine.begin() as connection:
            self._check(connection)
            yield connection

    def guarded(self, check: Callable[[Connection], None]) -> Self:
        """The same ledger; each transaction begins with `check`, which raises where it must not go on."""
        guarded = copy(self)
        guarded._check = check
        return guarded

    def open(self) -> None:
        """Make a new, empty ledger ready; refuse one of another version.

        Raises LedgerNotMigrated saying which command to run, or LedgerUnavailable.
        """
        with self._mapped(), self.engine.connect() as connection:
            empty = not inspect(connection).get_table_names()
        if empty:
            self.upgrade()
        found, expected = self.revisions()
        if found != expected:
            raise LedgerNotMigrated(
                f"the ledger {self.name} has schema {found or 'of no known version'}, this version of triage "
                f"needs {expected}; back it up, then run `triage db upgrade`"
            )

    def close(self) -> None:
        """Give the pooled connections back; the ledger can be used again after."""
        self.engine.dispose()

    def revisions(self) -> tuple[str | None, str | None]:
        """The schema's revision as found, and the one this version needs."""
        with self._mapped(), self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        return found, ScriptDirectory.from_config(self._alembic()).get_current_head()

    def knows(self, revision: str) -> bool:
        """Whether this version has a way from that schema to its own."""
        return revision in {script.revision for script in ScriptDirectory.from_config(self._alembic()).walk_revisions()}

    def upgrade(self, revision: str = "head") -> None:
        """Bring the schema up to `revision`, whole or not at all."""
        with self._migrating() as (connection, config):
            command.upgrade(config, revision)
            if connection.scalar(select(ledger_facts.c.value).where(ledger_facts.c.name == "salt")) is None:
                connection.execute(insert(ledger_facts).values(name="salt", value=secrets.token_hex(16)))

    def downgrade(self, revision: str) -> None:
        """Take the schema back to `revision`, whole or not at all."""
        with self._migrating() as (_, config):
            command.downgrade(config, revision)

    def salt(self) -> bytes:
        """The key that senders' addresses are hashed with: this ledger's own, made with it."""
        with self.transaction() as connection:
            found = connection.scalar(select(ledger_facts.c.value).where(ledger_facts.c.name == "salt"))
        return bytes.fromhex(str(found))

    def owned(self) -> AbstractContextManager[None]:
        """Hold the whole ledger for one process; a second one is refused with LedgerInUse.

        Daemons do so on SQLite only: on PostgreSQL they share the offices by leases.
        """
        return self._held(OWNER_LOCK, "", "another triage daemon owns the ledger {name}; stop it first")

    def undoing(self) -> AbstractContextManager[None]:
        """Hold the ledger for one `triage undo`, beside a daemon; a second undo is refused with LedgerInUse.

        Who finds a claim (`undoing`) while holding this knows that whoever made it is dead.
        """
        return self._held(UNDO_LOCK, ".undo", "another triage undo is at work on {name}; try again when it has ended")

    @contextmanager
    def _held(self, key: int, suffix: str, refusal: str) -> Iterator[None]:
        """One holder at a time.

        SQLite: a lock on a file beside the database, which the kernel drops when the process dies.
        PostgreSQL: a session's advisory lock, dropped by the server when the connection goes.
        """
        in_use = LedgerInUse(refusal.format(name=self.name))
        if self.is_sqlite:
            with _file_lock(f"{self._url.database}{suffix}.lock", in_use):
                yield
        else:
            with self._mapped(), self.engine.connect() as connection:
                connection.detach()  # closed at the end: a pooled one would live on, and hold the lock
                taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
                connection.commit()
                if not taken:
                    raise in_use
                yield

    @contextmanager
    def _migrating(self) -> Iterator[tuple[Connection, Config]]:
        """One transaction around all that a migration does: killed anywhere, it has not begun."""
        with self._mapped(), self._to_itself() as connection:
            if self.is_sqlite:
                # Python's driver begins a transaction before a change of data only: each CREATE TABLE would be final.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            config = self._alembic()
            config.attributes["connection"] = connection
            yield connection, config

    @contextmanager
    def _to_itself(self) -> Iterator[Connection]:
        """A transaction with all tables to itself: others, who may be at work, wait for its end.

        PostgreSQL would otherwise lock one table after the other, and deadlock with a batch that does so in another
        order: all at once, or none and again.
        """
        until = time.monotonic() + QUIET_WITHIN
        while True:
            with self.engine.begin() as connection:
                if not self.is_sqlite:  # several may find the ledger empty at their first start
                    connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
                tables = [] if self.is_sqlite else inspect(connection).get_table_names()
                try:
                    if tables:
                        connection.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE NOWAIT"))
                except OperationalError:
                    if time.monotonic() > until:
                        raise
                else:
                    yield connection
                    return
            time.sleep(0.02)

    def _alembic(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        return config

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Map SQLAlchemy's errors onto ours, here and nowhere else."""
        try:
            yield
        except IntegrityError:
            raise  # a broken promise of our own code, not of the database
        except PoolTimeoutError as error:
            raise LedgerUnavailable(f"the ledger {self.name}: no connection became free") from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == READ_ONLY:
                # After a failover the old primary answers, and takes nothing: its connections look well, and are not.
                self.engine.dispose()
            said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason given"
            raise LedgerUnavailable(f"the ledger {self.name} cannot be used: {said}") from error
        except (SQLAlchemyError, CommandError) as error:  # CommandError: no such revision
            raise TriageError(f"the ledger {self.name}: {error}") from error


def _prepare_sqlite(connection: object, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    # For a file that is made now, before anything is in it: what is purged shortens it. Later this changes nothing.
    cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    cursor.execute("PRAGMA journal_mode=WAL")
    # In WAL mode NORMAL may lose the last commits to a power cut; a decision must be on disk before its effects.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Not every build overwrites what is deleted; a mail that went out must be gone from the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(f"PRAGMA busy_timeout={LOCK_SECONDS * 1000:.0f}")
    cursor.close()


def _prepare_postgresql(connection: object, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"SET lock_timeout = {LOCK_SECONDS * 1000:.0f}")
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]


def _bounds(url: URL) -> dict[str, Any]:
    """How long a server that is gone without a word is waited for; what the URL says itself holds (libpq's names)."""
    if url.get_backend_name() != "postgresql":
        return {}
    bounds = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "tcp_user_timeout": 30_000}
    return {name: value for name, value in bounds.items() if name not in url.query}


def _pool(url: URL) -> dict[str, Any]:
    """A connection is held while its writer waits in line; to open one costs as much as a small transaction."""
    return (
        {"pool_size": SQLITE_CONNECTIONS, "max_overflow": 0}
        if url.get_backend_name() == "sqlite" and url.database
        else {}
    )


@contextmanager
def _file_lock(path: str, in_use: LedgerInUse) -> Iterator[None]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LedgerUnavailable(f"the ledger's lock file {path} cannot be made: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise in_use from error
    else:
        yield
    finally:
        os.close(handle)
