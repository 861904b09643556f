"""Backups of the ledger, taken while it is written to, and put back: nobody is answered twice by it."""

import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from tests.full_ledger import fill
from tests.integration.test_crash import DUTY, KILLS, killed
from tests.servers import postgres
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import World, letter, make_world
from triage.cli import app
from triage.errors import ConfigurationError, LedgerInUse
from triage.ledger.backup import back_up, restore
from triage.ledger.database import Database
from triage.ledger.schema import messages

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Database]:
    """A ledger of some messages in a file."""
    with closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as database:
        database.open()
        fill(database, 300)
        yield database


def count(file: Path) -> int:
    """How many messages a ledger holds, read by nobody but SQLite."""
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM messages").fetchone()[0])


def count_in(database: Database) -> int:
    """The same, of an opened ledger."""
    with database.transaction() as connection:
        return len(connection.scalars(select(messages.c.id)).all())


# --- backup


def test_a_backup_is_one_file_for_its_owner_alone(ledger: Database, tmp_path: Path) -> None:
    """Whole, without anything beside it; nothing else is left in the folder."""
    file = tmp_path / "copies" / "copy.sqlite3"
    file.parent.mkdir()
    assert back_up(ledger, file) == file.stat().st_size
    assert [path.name for path in file.parent.iterdir()] == ["copy.sqlite3"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert count(file) == 300


def test_what_is_not_yet_in_the_main_file_is_in_the_backup(ledger: Database, tmp_path: Path) -> None:
    """A copy of the file alone would miss what stands in the write-ahead log."""
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as holds_the_log_open:
        holds_the_log_open.execute("SELECT count(*) FROM messages").fetchone()
        with ledger.transaction() as connection:
            connection.execute(text("DELETE FROM decisions"))
        back_up(ledger, tmp_path / "copy.sqlite3")
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as connection_:
        assert connection_.execute("SELECT count(*) FROM decisions").fetchone() == (0,)


def test_a_backup_under_writes_is_of_one_moment(ledger: Database, tmp_path: Path) -> None:
    """Whatever the service writes meanwhile: pairs of rows that are written together are copied together."""
    stop = threading.Event()

    def write() -> None:
        with closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as database:
            while not stop.is_set():
                with database.transaction() as connection:
                    connection.execute(text("UPDATE decisions SET rule = rule || 'x' WHERE id = 1"))
                    connection.execute(text("UPDATE decisions SET rule = rule || 'x' WHERE id = 300"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            back_up(ledger, tmp_path / f"copy{number}")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"copy{number}")) as connection:
            first, last = connection.execute("SELECT rule FROM decisions WHERE id IN (1, 300) ORDER BY id").fetchall()
        assert first[0].count("x") == last[0].count("x")


def test_a_file_that_exists_is_not_written_over(ledger: Database, tmp_path: Path) -> None:
    """Unless it is said; and never the ledger itself."""
    file = tmp_path / "copy.sqlite3"
    file.write_text("an older copy")
    with pytest.raises(ConfigurationError, match=r"copy\.sqlite3.*exists already; --force replaces it"):
        back_up(ledger, file)
    assert file.read_text() == "an older copy"
    back_up(ledger, file, force=True)
    assert count(file) == 300
    with pytest.raises(ConfigurationError, match="is the ledger itself"):
        back_up(ledger, tmp_path / "ledger.sqlite3", force=True)


def test_a_damaged_ledger_makes_no_backup(ledger: Database, tmp_path: Path) -> None:
    """A copy that cannot be used would be found out on the day it is needed; the older one stays."""
    ledger.close()
    file = tmp_path / "copy.sqlite3"
    file.write_text("an older copy")
    with (tmp_path / "ledger.sqlite3").open("r+b") as damaged:
        damaged.seek(4096 * 20)
        damaged.write(b"\xff" * 4096 * 4)
    result = run(tmp_path, "backup", str(file), "--force", code=1)
    assert "damaged" in result or "malformed" in result
    assert file.read_text() == "an older copy"
    assert not list(tmp_path.glob(".copy*"))


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """`triage db …` with a ledger in `folder`; what it said."""
    config = folder / "triage.yaml"
    if not config.exists():
        make_world(
            folder,
            Dovecot(folder=folder, imap_port=1, imaps_port=1, lmtp_port=1, ca_file=folder),
            user="x",
            smtp_port=1,
        )
    result = CliRunner().invoke(app, ["db", *arguments, "--config", str(config)], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


# --- restore


def backed_up(ledger: Database, tmp_path: Path) -> Path:
    """A backup, after which the ledger loses its messages."""
    file = tmp_path / "copy.sqlite3"
    back_up(ledger, file)
    with ledger.transaction() as connection:
        for table in ("outbox", "effects", "decisions", "messages"):
            connection.execute(text(f"DELETE FROM {table}"))
    return file


def test_a_backup_is_put_back_and_the_replaced_ledger_kept(ledger: Database, tmp_path: Path) -> None:
    """Both can be opened; the backup itself is as it was."""
    file = backed_up(ledger, tmp_path)
    before = file.read_bytes()
    done = restore(ledger, file, now=NOW)
    assert done.aside == tmp_path / "ledger.sqlite3.replaced-20261109T150000"
    assert (count_in(ledger), count(done.aside)) == (300, 0)
    assert file.read_bytes() == before
    assert (tmp_path / "ledger.sqlite3").stat().st_mode & 0o777 == 0o600
    assert "restored from" in run(tmp_path, "restore", str(file))


def test_a_running_service_keeps_its_ledger(ledger: Database, tmp_path: Path) -> None:
    """Replacing it below a daemon would lose what it decides."""
    file = backed_up(ledger, tmp_path)
    with (
        closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as daemon_,
        daemon_.owned(),
        pytest.raises(LedgerInUse),
    ):
        restore(ledger, file, now=NOW)
    assert count_in(ledger) == 0


def of_an_earlier_version(file: Path) -> None:
    """As the first version left it."""
    with closing(Database(f"sqlite:///{file}")) as database:
        database.downgrade("0001")


def test_a_backup_of_an_earlier_version_is_upgraded(ledger: Database, tmp_path: Path) -> None:
    """The copy of it, not the backup."""
    file = backed_up(ledger, tmp_path)
    of_an_earlier_version(file)
    done = restore(ledger, file, now=NOW)
    assert done.was == "0001"
    ledger.open()
    assert count_in(ledger) == 300


def other_database(file: Path) -> None:
    """Not ours."""
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE accounts (id INTEGER)")


def of_a_later_version(file: Path) -> None:
    """Which we cannot read."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def damaged(file: Path) -> None:
    """Some pages are rubbish."""
    with file.open("r+b") as handle:
        handle.seek(4096 * 20)
        handle.write(b"\xff" * 4096 * 4)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (Path.unlink, "is no file"),
        (lambda file: file.write_bytes(b"no database at all" * 999), "cannot be restored: .*not a database"),
        (lambda file: file.write_bytes(b""), "no ledger of this service"),
        (other_database, "no ledger of this service"),
        (of_a_later_version, "has schema 9999, made by a later version"),
        (damaged, "cannot be restored"),
    ],
    ids=["missing", "no database", "empty", "another database", "a later version", "damaged"],
)
def test_what_is_no_backup_is_refused_and_nothing_changes(
    ledger: Database, tmp_path: Path, spoil: Callable[[Path], object], why: str
) -> None:
    """The ledger stays, nothing is kept aside, no half of a copy is left."""
    file = backed_up(ledger, tmp_path)
    spoil(file)
    with pytest.raises(ConfigurationError, match=why):
        restore(ledger, file, now=NOW)
    ledger.open()
    assert count_in(ledger) == 0
    assert not [path.name for path in tmp_path.iterdir() if "replaced" in path.name or path.name.startswith(".")]


@pytest.mark.parametrize("content", [None, b"rubbish" * 1000], ids=["no ledger", "a damaged one"])
def test_a_lost_ledger_is_put_back(ledger: Database, tmp_path: Path, content: bytes | None) -> None:
    """That is what a backup is for."""
    file = backed_up(ledger, tmp_path)
    ledger.close()
    (tmp_path / "ledger.sqlite3").unlink()
    if content:
        (tmp_path / "ledger.sqlite3").write_bytes(content)
    done = restore(ledger, file, now=NOW)
    assert count_in(ledger) == 300
    assert (done.aside.read_bytes() if done.aside else None) == content


# --- nobody is answered twice


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path, database_url: str) -> World:
    """A live office with an empty mailbox, on each kind of database."""
    user = f"backup-{tmp_path.name}-{database_url[:6]}"
    return make_world(tmp_path, dovecot, user=user, smtp_port=sink.port, database=database_url)


def copied(world: World, folder: Path) -> Callable[[], object]:
    """Back the ledger up as docs/operating.md tells; gives what puts it back."""
    url = world.settings.database.url
    if url.startswith("sqlite"):
        run(folder, "backup", str(folder / "copy"))
        return partial(run, folder, "restore", str(folder / "copy"))
    assert postgres.BINARIES is not None
    plain, file = url.replace("+psycopg", ""), str(folder / "copy")
    call(postgres.BINARIES / "pg_dump", "--format=custom", f"--file={file}", plain)

    def put_back() -> None:
        assert postgres.BINARIES is not None
        call(
            postgres.BINARIES / "pg_restore",
            "--clean",
            "--if-exists",
            "--single-transaction",
            f"--dbname={plain}",
            file,
        )
        run(folder, "restored")

    return put_back


def call(*command: object) -> None:
    """Run a program; fails with what it said."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def answered(sink: Sink) -> Counter[str]:
    """How often each person was written to."""
    return Counter(recipient for taken in sink.taken for recipient in taken.recipients if recipient != DUTY)


@pytest.mark.dovecot
def test_after_a_restore_of_an_old_ledger_nobody_is_answered_twice(world: World, sink: Sink, tmp_path: Path) -> None:
    """Replies sent since, to mail that the backup knows and to mail that it does not know, put back into INBOX."""
    people = [f"p{number}@firm.example" for number in range(4)]
    first, second, third, fourth = (letter(n, "webform", sender=who) for n, who in enumerate(people))
    world.server.append(world.user, [first, second])
    killed(world, KILLS["when all is filed, before anything is sent"])
    put_back = copied(world, tmp_path)
    world.run_once()
    world.server.append(world.user, [third, fourth])
    world.run_once()
    assert answered(sink) == Counter(people)
    with world.server.client(world.user) as client:
        client.select_folder("Web form")
        client.move(client.search(["HEADER", "Message-ID", "<2@firm.example>"]), "INBOX")
        client.select_folder("Sent")
        copies = len(client.search("ALL"))
    put_back()
    for _ in range(2):
        assert world.run_once().unfinished == 0
    assert answered(sink) == Counter(people)
    assert world.count() == {"Web form": 4, "Sent": copies}
    states = [e["state"] for entry in world.entries() for e in entry.detail["effects"] if e["kind"] == "reply"]
    assert states == ["done"] * 3
    newcomer = "later@firm.example"
    world.server.append(world.user, [letter(9, "webform", sender=newcomer)])
    world.run_once()
    assert answered(sink) == Counter([*people, newcomer])


@pytest.mark.dovecot
def test_what_had_not_gone_out_goes_out_after_the_restore(world: World, sink: Sink, tmp_path: Path) -> None:
    """Looked for, not found, sent: once."""
    world.server.append(world.user, [letter(1, "webform")])
    killed(world, KILLS["when all is filed, before anything is sent"])
    copied(world, tmp_path)()
    world.run_once()
    world.run_once()
    assert answered(sink) == Counter(["counsel@firm.example"])
    assert world.count() == {"Web form": 1, "Sent": 1}


@pytest.mark.dovecot
def test_a_ledger_that_is_lost_for_good_answers_nobody_twice(world: World, sink: Sink, tmp_path: Path) -> None:
    """There is no backup: `triage db restored` on the empty ledger says so, and mail still in INBOX is looked for."""
    world.server.append(world.user, [letter(1, "webform")])
    world.run_once()
    with world.server.client(world.user) as client:
        client.select_folder("Web form")
        client.move(client.search("ALL"), "INBOX")
    with closing(Database(world.settings.database.url)) as database:
        database.downgrade("base")
        database.upgrade()
    run(tmp_path, "restored")
    world.run_once()
    assert answered(sink) == Counter(["counsel@firm.example"])
    assert world.count() == {"Web form": 1, "Sent": 1}


def test_a_ledger_on_a_server_is_backed_up_by_its_own_tools(postgres_server: str, tmp_path: Path) -> None:
    """And the command says so."""
    with closing(Database(postgres.new_database(postgres_server))) as database:
        with pytest.raises(ConfigurationError, match="use pg_dump and pg_restore"):
            back_up(database, tmp_path / "copy")
        with pytest.raises(ConfigurationError, match="use pg_dump and pg_restore"):
            restore(database, tmp_path / "copy", now=NOW)
