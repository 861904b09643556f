"""The servers that all runs share, once for a process of tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.process import running_starter
from tests.faults.running import KINDS, Site
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.smtp import running_sink


@pytest.fixture(scope="session")
def site(server_folder: Path, dovecot: Dovecot, plain_dovecot: Dovecot, postgres_server: str) -> Iterator[Site]:
    """All that runs need."""
    runs = server_folder / "runs"
    runs.mkdir()
    bare = running_dovecot(server_folder / "bare", without=KINDS["no UIDPLUS"].without)
    with bare as bare_dovecot, running_sink() as sink, running_starter() as starter:
        servers = {"all": dovecot, "no MOVE": plain_dovecot, "no UIDPLUS": bare_dovecot}
        yield Site(runs, sink, starter, servers, postgres_server)
