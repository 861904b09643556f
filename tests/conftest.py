"""Fixtures that start real servers, once for a run; each skips with a printed reason where it cannot, never in CI."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import postgres
from tests.servers.dovecot import BINARY, Dovecot, running_dovecot
from tests.servers.smtp import Sink, running_sink

# No property is about the clock: on a busy machine an example may take any time.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def _missing(what: str) -> None:
    """Skip, saying what to install; in CI a missing server is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing; .ci/run must install it")
    pytest.skip(f"{what} is missing: make install tries to install it")


@pytest.fixture(scope="session")
def server_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder that servers running as other users can read; sockets need short paths. Kept where a test failed."""
    folder = Path(tempfile.mkdtemp(prefix="triage-test-"))
    folder.chmod(0o755)
    yield folder
    if request.session.testsfailed:
        print(f"\nwhat the servers wrote is kept in {folder}")  # noqa: T201 - for who looks into the failure
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot(server_folder: Path) -> Iterator[Dovecot]:
    """A Dovecot with all it can; each test takes a user name of its own."""
    if BINARY is None:
        _missing("Debian's dovecot-imapd")
    with running_dovecot(server_folder / "full") as server:
        yield server


@pytest.fixture(scope="session")
def plain_dovecot(server_folder: Path) -> Iterator[Dovecot]:
    """A Dovecot that tells of neither MOVE nor IDLE, with folders below INBOX."""
    if BINARY is None:
        _missing("Debian's dovecot-imapd")
    with running_dovecot(server_folder / "plain", without=("MOVE", "IDLE"), separator=".", prefix="INBOX.") as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """An SMTP relay that keeps what it is given."""
    with running_sink() as relay:
        yield relay


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[str]:
    """A private PostgreSQL; gives the URL of its maintenance database."""
    if postgres.BINARIES is None:
        _missing("Debian's postgresql")
    with postgres.running_postgres(server_folder / "pg") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite3"
    return postgres.new_database(request.getfixturevalue("postgres_server"))
