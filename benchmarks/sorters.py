"""What sorts a full inbox in the benchmark: the raw ceiling, this service, and what a user would pick instead."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from imapclient import IMAPClient

from benchmarks.memory import peak_mb
from benchmarks.service import SCRIPTS, environment, settings
from tests.servers.dovecot import PASSWORD, Dovecot

CHUNK = 200
# The four labels as a user of headers alone would find them; what matches none is moved too.
_SUBJECTS = {"Urgent": "urgent", "Errors": "error", "Reconsideration": "reconsider"}

# Sorts the inbox of a user, in a folder of its own; gives the seconds from its start to its end.
Sorter = Callable[[Dovecot, Path, str], float]
Command = list[str | Path]


def raw_ceiling(server: Dovecot, _folder: Path, user: str) -> float:
    """What IMAPClient can do at best: whole messages in chunks, moved in batches, nothing parsed."""
    began = time.perf_counter()
    with IMAPClient("localhost", server.imap_port, ssl=False) as client:
        client.login(user, PASSWORD)
        client.create_folder("Sorted")
        client.select_folder("INBOX")
        uids = client.search("ALL")
        for start in range(0, len(uids), CHUNK):
            client.fetch(uids[start : start + CHUNK], ["BODY.PEEK[]"])
        for start in range(0, len(uids), CHUNK):
            client.move(uids[start : start + CHUNK], "Sorted")
    return time.perf_counter() - began


def triage_once(server: Dovecot, folder: Path, user: str) -> float:
    """`triage run --once`, its start included."""
    return _timed(_triage(server, folder, user), folder)


def triage_memory(server: Dovecot, folder: Path, user: str) -> float:
    """Give the peak memory (MB) of `triage run --once` with all its processes."""
    command = _triage(server, folder, user)
    with (folder / "log").open("wb") as log:
        return peak_mb(subprocess.Popen(command, stdout=log, stderr=log, env=environment()))


def imapautofiler(server: Dovecot, folder: Path, user: str) -> float:
    """Headers only, one message at a time; each by the first of four rules that holds."""
    folder.mkdir()
    rules = [
        {"headers": [{"name": "subject", "substring": word}], "action": {"name": "move", "dest-mailbox": into}}
        for into, word in _SUBJECTS.items()
    ]
    rules.append(
        {"headers": [{"name": "from", "substring": "@"}], "action": {"name": "move", "dest-mailbox": "Sorted"}}
    )
    config = {
        "server": {
            "hostname": "localhost",
            "port": server.imap_port,
            "ssl": False,
            "username": user,
            "password": PASSWORD,
        },
        "mailboxes": [{"name": "INBOX", "rules": rules}],
    }
    (folder / "config.yml").write_text(json.dumps(config))
    return _timed([SCRIPTS / "imapautofiler", "--config-file", folder / "config.yml"], folder)


def imapfilter(server: Dovecot, folder: Path, user: str) -> float:
    """The server searches; nothing is downloaded."""
    folder.mkdir()
    login = f"server = 'localhost', port = {server.imap_port}, username = '{user}', password = '{PASSWORD}'"
    lines = [
        "options.create, options.starttls = true, false",
        f"account = IMAP {{ {login} }}",
        *(
            f"account.INBOX:contain_subject('{word}'):move_messages(account['{into}'])"
            for into, word in _SUBJECTS.items()
        ),
        "account.INBOX:select_all():move_messages(account.Sorted)",
    ]
    (folder / "config.lua").write_text("\n".join(lines))
    return _timed(["imapfilter", "-c", folder / "config.lua"], folder)


def sorters() -> tuple[Mapping[str, Sorter], list[str]]:
    """Give those that can run here, and for each other one a sentence why not."""
    found: dict[str, Sorter] = {"raw ceiling": raw_ceiling, "triage run --once": triage_once}
    left_out = []
    if (SCRIPTS / "imapautofiler").exists():
        found["imapautofiler"] = imapautofiler
    else:
        left_out.append("imapautofiler is left out: it is not installed (pip install '.[bench]')")
    if shutil.which("imapfilter"):
        found["imapfilter"] = imapfilter
    else:
        left_out.append("imapfilter is left out: it is not installed (Debian's package imapfilter)")
    return found, left_out


def _triage(server: Dovecot, folder: Path, user: str) -> Command:
    return [SCRIPTS / "triage", "run", "--once", "--config", settings(server, folder, [user])]


def _timed(command: Command, folder: Path) -> float:
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        ended = subprocess.run(command, stdout=log, stderr=log, env={**environment(), "HOME": str(folder)}, check=False)
    seconds = time.perf_counter() - began
    if ended.returncode:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'log').read_text()[-2000:]}")
    return seconds
