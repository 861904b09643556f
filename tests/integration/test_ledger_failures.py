"""A database that fails under the service: locked, full, gone, read-only. Nothing is sent twice, and it recovers."""

import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url

from tests.integration.test_daemon import running, wait_for
from tests.integration.test_outgoing import Desk, desk, relay  # noqa: F401 - a fixture
from tests.servers import postgres
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import letter, make_world
from triage.errors import LedgerUnavailable
from triage.ledger import database as database_module
from triage.ledger import dead_letters
from triage.ledger.database import SQLITE_CONNECTIONS, Database


@dataclass
class Breaking(Sink):
    """A relay that takes the first mail, and the database is broken before it has said so."""

    break_it: Callable[[], None] = lambda: None
    broken: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the mail."""
        if not self.broken:
            self.broken.append(True)
            self.break_it()
        return await Sink.handle_DATA(self, server, session, envelope)


# --- ways to break a database: each block ends with it mended


@contextmanager
def sqlite_locked(url: str, server: str | None) -> Iterator[Callable[[], None]]:
    """Somebody holds the write lock for longer than one waits."""
    del server
    other = create_engine(url).connect()
    with closing(other.engine.raw_connection()) as held:
        yield lambda: held.cursor().execute("BEGIN IMMEDIATE")
    other.close()
    other.engine.dispose()


@contextmanager
def sqlite_unwritable(url: str, server: str | None) -> Iterator[Callable[[], None]]:
    """The system lets no file grow, as on a disk that is full."""
    del url, server
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def admin(server: str, *statements: str) -> None:
    """Run statements as the administrator, in a database of their own."""
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def terminated(url: str) -> str:
    """Every session with the ledger is ended."""
    return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{make_url(url).database}'"


@contextmanager
def postgresql_locked(url: str, server: str) -> Iterator[Callable[[], None]]:
    """Somebody rewrites the table."""
    with ExitStack() as held:

        def lock() -> None:
            connection = held.enter_context(psycopg.connect(url.replace("+psycopg", "")))
            connection.execute("LOCK TABLE effects IN ACCESS EXCLUSIVE MODE")

        yield lock


@contextmanager
def postgresql_full(url: str, server: str) -> Iterator[Callable[[], None]]:
    """The disk is full: what PostgreSQL raises then, at the next write."""
    full = """
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE UPDATE ON effects EXECUTE FUNCTION full_disk();
    """
    here = server.rpartition("/")[0] + f"/{make_url(url).database}"
    try:
        yield lambda: admin(here, full)
    finally:
        admin(here, "DROP TRIGGER full_disk ON effects", "DROP FUNCTION full_disk")


@contextmanager
def postgresql_ended(url: str, server: str) -> Iterator[Callable[[], None]]:
    """All sessions are ended by the administrator, and no new one is let in."""
    name = make_url(url).database
    try:
        yield lambda: admin(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", terminated(url))
    finally:
        admin(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def postgresql_down(url: str, server: str) -> Iterator[Callable[[], None]]:
    """The server dies and comes back."""
    del url
    try:
        yield lambda: postgres.stop(server)
    finally:
        postgres.start(server)


@contextmanager
def postgresql_read_only(url: str, server: str) -> Iterator[Callable[[], None]]:
    """A failover: who answers is a replica, until another one is; the sessions with it would go on for ever."""
    name = make_url(url).database
    try:
        yield lambda: admin(server, f"ALTER DATABASE {name} SET default_transaction_read_only = on", terminated(url))
    finally:
        admin(server, f"ALTER DATABASE {name} RESET default_transaction_read_only")


BROKEN: dict[str, tuple[Callable[..., Any], str]] = {
    "SQLite, locked": (sqlite_locked, "database is locked"),
    "SQLite, no file grows": (sqlite_unwritable, "disk I/O error"),
    "PostgreSQL, locked": (postgresql_locked, "lock timeout"),
    "PostgreSQL, disk full": (postgresql_full, "No space left on device"),
    "PostgreSQL, sessions ended": (postgresql_ended, "not currently accepting connections"),
    "PostgreSQL, down": (postgresql_down, "refused"),
    "PostgreSQL, read-only": (postgresql_read_only, "read-only transaction"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_went_out_while_the_ledger_broke_goes_out_once(
    desk: Desk,  # noqa: F811
    how: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The relay has it, the ledger cannot be told: nothing more is sent until it can, and then the next mail."""
    monkeypatch.setattr(database_module, "LOCK_SECONDS", 0.2)
    breaking, said = BROKEN[how]
    server = request.getfixturevalue("postgres_server") if how.startswith("P") else None
    url = postgres.new_database(server) if server else f"sqlite:///{tmp_path}/broken.sqlite3"
    with closing(Database(url)) as database:
        database.open()
        desk.database = database
        desk.record(letter(1, "webform", sender="a@firm.example"), letter(2, "webform", sender="b@firm.example"))
        sink = Breaking()
        with relay(sink) as smtp:
            outgoing = desk.outgoing(smtp)
            with breaking(url, server) as break_it:
                sink.break_it = break_it
                with pytest.raises(LedgerUnavailable):
                    outgoing.send_due()
                with pytest.raises(LedgerUnavailable, match=said):
                    outgoing.send_due()
                assert len(sink.taken) == 1
            assert outgoing.send_due().sent == 1
        assert len({taken.content for taken in sink.taken}) == len(sink.taken) == 2
        assert [(mail["state"], mail["attempts"]) for mail in desk.mails()] == [("sent", 1)] * 2


def test_a_full_database_takes_no_batch_and_loses_none(desk: Desk) -> None:  # noqa: F811
    """SQLITE_FULL: told as the ledger's trouble; with room again the same batch is taken whole."""
    limit = [10**6]

    def bound(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={limit[0]}")

    event.listen(desk.database.engine, "connect", bound)
    with desk.database.transaction() as connection:
        limit[0] = connection.scalar(text("PRAGMA page_count")) or 0
    desk.database.close()
    batch = [letter(n, "webform", sender=f"p{n}@firm.example") for n in range(50)]
    with pytest.raises(LedgerUnavailable, match="database or disk is full"):
        desk.record(*batch)
    assert desk.mails() == []
    limit[0] = 10**6
    desk.database.close()
    desk.record(*batch)
    assert len(desk.mails()) == desk.kept() == 50


def test_a_ledger_whose_connections_are_all_taken_is_unavailable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Not an unknown error: it is tried again."""
    monkeypatch.setattr(desk.database.engine.pool, "_timeout", 0.05)
    with ExitStack() as held:
        for _ in range(SQLITE_CONNECTIONS):
            held.enter_context(desk.database.engine.connect())
        with pytest.raises(LedgerUnavailable, match="no connection became free"):
            dead_letters.counts(desk.database)
    assert dead_letters.counts(desk.database) == (0, 0)


@pytest.mark.dovecot
@pytest.mark.timeout(180)
def test_the_service_outlives_its_database(dovecot: Dovecot, sink: Sink, tmp_path: Path, postgres_server: str) -> None:
    """PostgreSQL dies under the daemon and comes back: what came meanwhile is filed and answered once."""
    url = postgres.new_database(postgres_server)
    world = make_world(tmp_path, dovecot, user=f"db-{tmp_path.name}", smtp_port=sink.port, database=url, renew=2)
    dovecot.append(world.user, [letter(1, "webform", sender="a@firm.example")])
    with running(world) as service:
        wait_for(lambda: world.count() == {"Web form": 1, "Sent": 1})
        postgres.stop(postgres_server)
        try:
            dovecot.append(world.user, [letter(2, "webform", sender="b@firm.example")])
            wait_for(lambda: "ledger" in str(service.board.snapshot(now=service._clock()).trouble))
            assert len(sink.taken) == 1
        finally:
            postgres.start(postgres_server)
        wait_for(lambda: world.count() == {"Web form": 2, "Sent": 2})
        wait_for(lambda: service.board.snapshot(now=service._clock()).trouble == ())
    assert sorted(taken.recipients[0] for taken in sink.taken) == ["a@firm.example", "b@firm.example"]
