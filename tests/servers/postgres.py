"""A private PostgreSQL in a folder, on a loopback port."""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg

from tests.servers.ports import free_port

_numbers = count(1)
# How each running server is stopped and started, by the URL of its maintenance database.
_controls: dict[str, tuple[list[str], list[str]]] = {}


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


BINARIES = _binaries()


@contextlib.contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """Run a server until the block ends; gives the URL of its maintenance database."""
    assert BINARIES is not None
    folder.mkdir(parents=True)
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    initdb = [*as_user, str(BINARIES / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8"]
    subprocess.run([*initdb, "--no-sync"], check=True, capture_output=True, cwd="/")
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    control = [*as_user, str(BINARIES / "pg_ctl"), "-D", str(data), "-w"]
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    stop = [*control, "-m", "immediate", "stop"]
    _controls[url] = [*control, "-l", str(folder / "log"), "-o", options, "start"], stop
    start(url)
    try:
        yield url
    finally:
        subprocess.run(stop, check=True, cwd="/", stdout=subprocess.DEVNULL)


def start(server: str) -> None:
    """Start the server that was stopped."""
    subprocess.run(_controls[server][0], check=True, cwd="/", stdout=subprocess.DEVNULL)


def stop(server: str) -> None:
    """Stop it as a power cut does: no connection is told anything."""
    subprocess.run(_controls[server][1], check=True, cwd="/", stdout=subprocess.DEVNULL)


def new_database(server: str) -> str:
    """Make an empty database; gives its URL."""
    name = f"ledger_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.rpartition("/")[0] + f"/{name}"
