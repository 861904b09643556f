"""The service as the benchmarks run it: settings for any number of offices, and the daemon as a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.dovecot import PASSWORD, Dovecot

SCRIPTS = Path(sys.executable).parent


def settings(
    server: Dovecot, folder: Path, users: Sequence[str], *, port: int | None = None, limit_mib: int = 25
) -> Path:
    """Write settings for an office of each user into a folder of its own; `port`: another way to the server."""
    folder.mkdir()
    config = folder / "triage.yaml"
    offices = [
        {
            "id": user,
            "names": {"en": "Bench", "fr": "Banc"},
            "address": f"{user}@visa-bench.example",
            "timezone": "UTC",
            "webform_url": "https://webform.example/enquiry",
            "mode": "live",
            "replies_per_sender_a_day": 0,  # the others send nothing either
            "imap": {
                "host": "localhost",
                "port": port or server.imap_port,
                "tls": "none",
                "user": user,
                "secret": "env:BENCH",
            },
        }
        for user in users
    ]
    watch = {"message_limit_mib": limit_mib}
    config.write_text(json.dumps({"log": {"level": "warning"}, "watch": watch, "offices": offices}))
    return config


def environment() -> dict[str, str]:
    """The environment that the service's settings refer to."""
    return {**os.environ, "BENCH": PASSWORD}


@contextmanager
def running_daemon(config: Path, *, within: float = 60.0) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon, for the length of the block, which begins when it waits in IDLE at every office."""
    with (config.parent / "daemon.log").open("wb") as log:
        process = subprocess.Popen(
            [SCRIPTS / "triage", "run", "--config", config], stdout=log, stderr=log, env=environment()
        )
    try:
        until = time.monotonic() + within
        while not all(office["state"] == "idle" for office in health(config).values()):
            if time.monotonic() > until or process.poll() is not None:
                said = (config.parent / "daemon.log").read_text()[-2000:]
                raise RuntimeError(f"the daemon is not idle at every office after {within:.0f} s: {said}")
            time.sleep(0.2)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def health(config: Path) -> Mapping[str, Mapping[str, str]]:
    """What the daemon wrote last of each office; before it wrote anything, of one that is not watched yet."""
    with suppress(OSError, ValueError, KeyError):
        offices: Mapping[str, Mapping[str, str]] = json.loads((config.parent / "triage-health.json").read_text())[
            "offices"
        ]
        return offices
    return {"": {"state": "starting"}}
