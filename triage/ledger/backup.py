"""Copies of an SQLite ledger: taken while the service runs, and put back in its place, with what was there kept aside.

PostgreSQL has pg_dump and pg_restore for this; see docs/operating.md.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError, LedgerUnavailable, TriageError
from triage.ledger.database import Database
from triage.ledger.doubt import doubt

# Made beside a database by SQLite; they belong to the file of that name and to no other.
_SIDECARS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What putting a backup back came to."""

    aside: Path | None  # where the ledger is that stood there before; None: there was none
    was: str  # the backup's schema
    now: str  # after its upgrade


def back_up(database: Database, file: Path, *, force: bool = False) -> int:
    """Write a copy of the ledger to `file`, whole or not at all, and check it; its size in bytes.

    The service may run on: the copy is of one moment. Raises ConfigurationError where the file exists and `force` is
    not given, and LedgerUnavailable where copying fails.
    """
    ledger = _file_of(database)
    if file.exists() and (not force or file.resolve() == ledger.resolve()):
        why = "is the ledger itself" if file.resolve() == ledger.resolve() else "exists already; --force replaces it"
        raise _refused(file, why)
    with _beside(file) as copy:
        _copy(ledger, copy)
        _check(copy)
        _replace(copy, file)
    return file.stat().st_size


def restore(database: Database, file: Path, *, now: datetime) -> Restored:
    """Put a backup in the ledger's place, brought to this version's schema; the replaced ledger is kept aside.

    Raises LedgerInUse while a daemon runs, ConfigurationError where the file is no ledger, is damaged, or was made by a
    later version. Until the last step, which is one renaming, nothing has changed.
    """
    ledger = _file_of(database)
    if not file.is_file():
        raise _refused(file, "is no file")
    with database.owned(), _beside(ledger) as copy:
        try:
            _copy(file, copy)
            _check(copy)
        except LedgerUnavailable as error:
            raise _refused(file, f"cannot be restored: {error}") from error
        with closing(Database(f"sqlite:///{copy}")) as restored:
            was = _known_revision(restored, file)
            restored.upgrade()
            doubt(restored, now=now)
            revision, _ = restored.revisions()
        database.close()  # connections in the pool would go on with the file that is set aside
        aside = _set_aside(ledger, now)
        _replace(copy, ledger)
    return Restored(aside=aside, was=was, now=revision or "")


def _file_of(database: Database) -> Path:
    if database.file is None:
        message = "is no SQLite file; use pg_dump and pg_restore, see docs/operating.md"
        raise ConfigurationError([Problem(file="triage.yaml", key="database.url", message=message)])
    return database.file


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """An empty file beside the one that it is to become, for our eyes only; gone at the end unless it was renamed."""
    copy = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        copy.unlink(missing_ok=True)  # of a process of the same number that was killed
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _refused(file, f"cannot be written: {error.strerror}") from error
    try:
        yield copy
    finally:
        for suffix in ("", *_SIDECARS):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(_opened(source)) as there, closing(sqlite3.connect(target)) as here:
            # All pages in one step: in parts, the copy begins anew whenever the service writes.
            there.backup(here)
            # A copy is one file: in WAL mode, part of it might stand beside it.
            here.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise LedgerUnavailable(f"copying {source} failed: {error}") from error


def _check(file: Path) -> None:
    """Read the whole file and compare its indexes with its tables."""
    try:
        with closing(_opened(file)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        raise LedgerUnavailable(f"the copy cannot be read: {error}") from error
    if found != ["ok"]:
        raise LedgerUnavailable(f"the copy is damaged: {'; '.join(found)}")


def _opened(file: Path) -> sqlite3.Connection:
    """Open a database that must exist; without a file SQLite would make an empty one."""
    return sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=15)


def _known_revision(restored: Database, file: Path) -> str:
    try:
        found, _ = restored.revisions()
        if found is None:
            raise _refused(file, "is a database, but no ledger of this service")
        if not restored.knows(found):
            raise _refused(file, f"has schema {found}, made by a later version of triage; restore it with that version")
    except LedgerUnavailable as error:
        raise _refused(file, f"cannot be restored: {error}") from error
    return found


def _set_aside(ledger: Path, now: datetime) -> Path | None:
    """Give the ledger a second name. At no moment has it none: a service that starts would make an empty one."""
    if not ledger.exists():
        return None
    with suppress(sqlite3.Error), closing(_opened(ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = ledger.with_name(f"{ledger.name}.replaced-{now:%Y%m%dT%H%M%S}")
    try:
        os.link(ledger, aside)
        for suffix in _SIDECARS:
            # Left there, SQLite would take them for the new file's.
            with suppress(FileNotFoundError):
                Path(f"{ledger}{suffix}").rename(f"{aside}{suffix}")
    except OSError as error:
        raise TriageError(f"the ledger cannot be kept as {aside}: {error.strerror}; nothing was restored") from error
    return aside


def _replace(copy: Path, file: Path) -> None:
    """Rename, so that it lasts: the content first, then the name."""
    for path in (copy, None, file.parent):
        if path is None:
            copy.replace(file)
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refused(file: Path, why: str) -> ConfigurationError:
    return ConfigurationError([Problem(file=str(file), message=why)])
