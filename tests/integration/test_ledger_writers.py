"""Writers to one SQLite ledger wait in line, and do not look for luck."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError

from triage.errors import LedgerUnavailable
from triage.ledger.database import Database
from triage.ledger.schema import ledger_facts


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Database]:
    """A ledger in which whoever meets a lock fails at once, instead of looking again for fifteen seconds."""
    with closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as database:
        event.listen(database.engine, "connect", lambda one, _record: one.execute("PRAGMA busy_timeout=0"))
        database.open()
        yield database


def write(database: Database, name: str) -> None:
    """One transaction that writes."""
    with database.transaction() as connection:
        connection.execute(insert(ledger_facts).values(name=name, value=""))


def test_no_writer_of_this_process_meets_another_s_lock(impatient: Database) -> None:
    """Eight threads that write all the time: none ever finds the ledger locked."""
    failed: list[LedgerUnavailable] = []
    connected = threading.Barrier(8)  # to prepare a connection takes SQLite's lock for a moment, too

    def work(thread: int) -> None:
        with impatient.transaction():
            connected.wait(30)
        try:
            for number in range(20):
                write(impatient, f"{thread}-{number}")
        except LedgerUnavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_transaction_that_fails_leaves_the_line(impatient: Database) -> None:
    """Others write after it, on this and on other connections."""
    write(impatient, "there already")
    for _ in range(3):
        with pytest.raises(IntegrityError):
            write(impatient, "there already")
    write(impatient, "another")
