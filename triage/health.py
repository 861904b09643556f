"""Health is about mail: how old is each office's last completed sweep, and its oldest untouched message?

The daemon writes what it knows to a file every few seconds; `triage health` and container probes read and judge it,
so that a daemon which hangs is found out by the file growing old.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from triage.settings import HealthSettings

ELSEWHERE = "elsewhere"  # the state of an office that another process works for: its health is that one's to tell


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHealth:
    """What the daemon knows of one office's mail. Times are aware UTC."""

    # of the watch: connecting, sweeping, idle, polling, backing-off, login-refused, stopped; or ELSEWHERE
    state: str = "starting"
    detail: str = ""  # a sentence for people, where something is wrong
    mode: str = "shadow"
    watched_since: datetime | None = None  # when the daemon began with this office
    swept_at: datetime | None = None  # end of the last completed sweep
    oldest_waiting: datetime | None = None  # arrival of the oldest message in INBOX that is not decided
    withheld: int = 0  # messages that the server lists and does not give
    held: int = 0  # replies and forwards that wait until a person releases them
    held_since: datetime | None = None  # the oldest of them
    rules: str = ""  # the digest's beginning of the rules that decide there, as `triage rules show` takes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the daemon knows of its mail."""

    written_at: datetime
    offices: Mapping[str, OfficeHealth]
    trouble: tuple[str, ...] = ()  # of the service as a whole: model, rules, relay, ledger
    failed_effects: int = 0  # of all offices, neither tried again nor dropped yet: a person must act
    waiting_effects: int = 0  # of all offices: tried in vain, and will be tried again


class HealthBoard:
    """Where the daemon's threads note how their offices do; safe to use from all of them."""

    def __init__(self, offices: Mapping[str, OfficeHealth]) -> None:
        """Begin with what is known at start."""
        self._offices = dict(offices)
        self._trouble: dict[str, dict[str, str]] = {}  # by part, and by who says so
        self._lock = Lock()

    def note(self, office: str, **changes: Any) -> None:
        """Change fields of an office's health."""
        with self._lock:
            self._offices[office] = replace(self._offices[office], **changes)

    def trouble(self, about: str, sentence: str, *, by: str = "") -> None:
        """Say what is wrong with a part of the service; an empty sentence says that it is well again.

        Where several say it (`by`: the offices that need the ledger), it is well when it is for each of them.
        """
        with self._lock:
            told = self._trouble.setdefault(about, {})
            told.pop(by, None)
            if sentence:
                told[by] = sentence

    def snapshot(self, *, now: datetime, failed_effects: int = 0, waiting_effects: int = 0) -> Health:
        """All that is known, at one moment."""
        with self._lock:
            return Health(
                written_at=now,
                offices=dict(self._offices),
                trouble=tuple(f"{about}: {list(told.values())[-1]}" for about, told in self._trouble.items() if told),
                failed_effects=failed_effects,
                waiting_effects=waiting_effects,
            )


def write_health(health: Health, file: Path) -> None:
    """Replace the file whole: a reader sees the old one or the new one, never half."""
    record = asdict(health)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(json.dumps(record, default=datetime.isoformat, indent=1), encoding="utf-8")
    beside.replace(file)


def read_health(file: Path) -> Health | None:
    """What the daemon wrote last; None where there is no such file or it is not one."""
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        offices = {name: OfficeHealth(**_with_times(fields)) for name, fields in record["offices"].items()}
        return Health(
            written_at=datetime.fromisoformat(record["written_at"]),
            offices=offices,
            trouble=tuple(record["trouble"]),
            failed_effects=record["failed_effects"],
            waiting_effects=record["waiting_effects"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def judge(health: Health, settings: HealthSettings, *, now: datetime) -> dict[str, list[str]]:
    """What is wrong, as sentences, by office ("" for the service as a whole); empty lists mean well."""
    found: dict[str, list[str]] = {"": list(health.trouble)}
    silence = (now - health.written_at).total_seconds()
    if silence > settings.silence_seconds:
        found[""].append(f"the daemon has said nothing for {silence:.0f} s; it hangs or has died")
    for name, office in health.offices.items():
        wrong = found[name] = []
        if office.state == ELSEWHERE:
            continue
        since = office.swept_at or office.watched_since
        if since is None or (now - since).total_seconds() > settings.sweep_age_seconds:
            when = f"since {since:%Y-%m-%d %H:%M} UTC" if since else "yet"
            wrong.append(f"no completed sweep {when}")
        if office.state == "stopped":
            wrong.append("the service has stopped watching it")
        if office.state == "login-refused":
            wrong.append(office.detail or "the server refuses the login")
        elif office.state == "backing-off" and wrong:
            wrong.append(office.detail)
        oldest = office.oldest_waiting
        if oldest and (now - oldest).total_seconds() > settings.waiting_age_seconds:
            wrong.append(f"a message has waited untouched since {oldest:%Y-%m-%d %H:%M} UTC")
        if office.withheld:
            wrong.append(f"the server lists {office.withheld} messages that it does not give")
    return found


def _with_times(fields: dict[str, Any]) -> dict[str, Any]:
    times = ("watched_since", "swept_at", "oldest_waiting", "held_since")
    return fields | {key: datetime.fromisoformat(fields[key]) for key in times if fields.get(key)}
