"""What is too old goes, a little at a time, and what is needed stays: on SQLite and PostgreSQL, and with a mailbox."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from typer.testing import CliRunner

from tests.full_ledger import EVERY, NEWEST, OPEN, fill, reference_of
from tests.integration.test_crash import maildir, renumbered, restored
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import letter, make_world
from triage.cli import app
from triage.ledger import archive, purging, rule_sets
from triage.ledger.database import Database
from triage.ledger.purging import Purged, purge
from triage.ledger.schema import decisions, effects, messages, outbox
from triage.parts import open_database, utc_now
from triage.retention import keep_purged, purge_gently

COUNT = 1200


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    """A ledger of each kind."""
    with closing(Database(database_url)) as database:
        database.open()
        fill(database, COUNT)
        yield database


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.transaction() as connection:
        tables = (messages, decisions, effects, outbox)
        return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def total(database: Database, *, dry_run: bool = False, back: int = 400) -> Purged:
    """Purge all but the last `back` messages."""
    found = Purged()
    for part in purge(database, before=NEWEST - back * EVERY, dry_run=dry_run):
        found += part
    return found


def test_what_is_old_goes_and_the_row_that_recognises_it_stays(ledger: Database) -> None:
    """Decisions and effects go; messages keep place and digests, and lose the hash of their sender."""
    before = rows(ledger)
    dry = total(ledger, dry_run=True)
    assert rows(ledger) == before
    done = total(ledger)
    assert done == dry
    assert done.messages + done.kept == COUNT - 400 - 1
    after = rows(ledger)
    assert after["messages"] == COUNT
    assert after["decisions"] == COUNT - done.messages
    assert after["effects"] == 3 * after["decisions"]
    assert after["outbox"] == OPEN
    with ledger.transaction() as connection:
        decided = select(decisions.c.message_id)
        named = connection.scalars(
            select(messages.c.id).where(messages.c.sender_key.is_not(None), messages.c.id.not_in(decided))
        )
        assert named.all() == []
    assert archive.show_entries(ledger, reference_of(1)) == []
    assert archive.show_entries(ledger, reference_of(COUNT))


def test_what_is_needed_stays(ledger: Database) -> None:
    """Open and held effects, mail that failed, an exchange that goes on, a message that came again since."""
    exchange = [1, 2]
    with ledger.transaction() as connection:
        connection.execute(update(effects).where(effects.c.message_id == 3).values(state="planned"))
        connection.execute(update(effects).where(effects.c.message_id == 4).values(state="undoing"))
        connection.execute(update(effects).where(effects.c.message_id == 7).values(state="held"))
        connection.execute(
            update(decisions).where(decisions.c.id.in_([exchange[1], COUNT])).values(answers=reference_of(exchange[0]))
        )
        connection.execute(update(messages).where(messages.c.id == COUNT - 1).values(same_as=5))
    total(ledger)
    assert all(archive.show_entries(ledger, reference_of(number)) for number in [1, 2, 3, 4, 5, 7, 1000])
    assert not archive.show_entries(ledger, reference_of(6))


def test_stopped_anywhere_the_next_run_goes_on(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is a transaction of its own; a second run finds nothing more."""
    monkeypatch.setattr(purging, "AT_ONCE", 50)
    first = next(purge(ledger, before=NEWEST - 400 * EVERY))
    assert 0 < first.messages <= 50
    assert rows(ledger)["decisions"] == COUNT - first.messages
    second = total(ledger)
    assert total(ledger).messages == 0
    assert rows(ledger)["decisions"] == COUNT - first.messages - second.messages


def test_rule_sets_go_with_their_last_decision(ledger: Database) -> None:
    """But the newest, by which the next message is decided."""
    with ledger.transaction() as connection:
        connection.execute(update(decisions).values(rule_set="in-use"))
    for number, digest in enumerate(["unused", "in-use", "newest"]):
        rule_sets.keep(ledger, {digest: {}}, now=NEWEST - timedelta(days=900 - number))
    assert total(ledger).rule_sets == 1
    assert {one.digest for one in rule_sets.kept(ledger, "")} == {"in-use", "newest"}


def test_the_service_writes_while_it_purges(
    ledger: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock is held from one batch to the next: another connection's write waits for none of them."""
    monkeypatch.setattr(purging, "AT_ONCE", 20)
    writes = 0
    with closing(Database(database_url)) as other:
        for _ in purge(ledger, before=NEWEST - 400 * EVERY):
            with other.transaction() as connection:
                connection.execute(update(effects).where(effects.c.id == 3 * COUNT).values(attempts=writes))
            writes += 1
    assert writes > 5


def test_an_sqlite_file_shrinks_and_does_not_grow_again(tmp_path: Path) -> None:
    """Pages that are free go back to the file system, batch by batch."""
    file = tmp_path / "ledger.sqlite3"
    with closing(Database(f"sqlite:///{file}")) as database:
        database.open()
        fill(database, 3000)
        with database.transaction() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        before = file.stat().st_size
        total(database, back=50)
        with database.engine.connect() as connection_:
            assert connection_.scalar(text("PRAGMA auto_vacuum")) == 2
            free = connection_.scalar(text("PRAGMA freelist_count")) or 0
    assert file.stat().st_size < before / 2
    assert free < 1000


def test_a_service_purges_by_itself_where_it_is_told_to(ledger: Database) -> None:
    """Once, and then not before the next day; it stops when it is asked to."""
    stop = threading.Event()
    later = NEWEST + timedelta(days=60)
    worker = threading.Thread(target=lambda: keep_purged(ledger, 30, stop, clock=lambda: later))
    worker.start()
    while rows(ledger)["decisions"] > COUNT / 2:
        stop.wait(0.02)
    stop.set()
    worker.join()
    assert purge_gently(ledger, before=NEWEST, stop=stop).rule_sets == 0


@pytest.mark.dovecot
def test_a_purged_message_is_not_answered_again(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str
) -> None:
    """Put back into INBOX, sent again, or brought back by a restore of the mailbox under another UIDVALIDITY."""
    world = make_world(
        tmp_path, dovecot, user=f"purge-{tmp_path.name}-{database_url[:6]}", smtp_port=sink.port, database=database_url
    )
    dovecot.append(world.user, [letter(1, "webform")])
    world.run_once()
    config = ["--config", str(world.config)]
    assert CliRunner().invoke(app, ["purge", *config]).exit_code == 2
    assert CliRunner().invoke(app, ["purge", "--older-than", "2090-01-01", *config]).exit_code == 2
    with closing(open_database(world.settings)) as database:
        list(purge(database, before=utc_now() + timedelta(seconds=1)))
    assert world.entries() == []
    with dovecot.client(world.user) as client:
        client.select_folder("Web form")
        client.move(client.search("ALL"), "INBOX")
    dovecot.append(world.user, [letter(1, "webform")])
    for _ in range(2):
        assert world.run_once().decided == 0
    renumbered(world, restored)
    assert maildir(world).exists()
    dovecot.append(world.user, [letter(1, "webform")])
    for _ in range(2):
        world.run_once()
    assert [taken.recipients for taken in sink.taken].count(["counsel@firm.example"]) == 1
    result = CliRunner().invoke(app, ["purge", "--older-than", "2y", "--dry-run", *config])
    assert "0 messages from before" in result.stdout
