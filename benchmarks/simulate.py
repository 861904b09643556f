"""`python -m benchmarks.simulate`: times `triage rules simulate` on a ledger of 100,000 generated decisions.

A thousand letters of the corpus are read and decided as the service does it; what is recorded of them is put into the
ledger again and again, under other numbers, spread over five offices and a year.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from benchmarks.mail import letters
from classifiers import artifact
from triage.core.policy.deciding import reference
from triage.ledger import recording
from triage.ledger.database import Database
from triage.ledger.recording import Stamp
from triage.ledger.records import NewEntry, Place
from triage.ledger.schema import decisions, messages
from triage.parts import open_database
from triage.pipeline import Incoming, Setup, content_digest, triage
from triage.rules_folder import read_rules
from triage.settings import SHIPPED_RULES, Settings
from triage.settings_file import load_settings

OFFICES = ("delhi", "paris", "nairobi", "manila", "bogota")
MOST_SECONDS = 60
START = datetime(2025, 11, 25, tzinfo=UTC)
NEW_RULES = """\
  - id: biometrics
    description: A rule that the rules in force do not have.
    when:
      all: [{topic: biometrics}]
      any: [{deadline_within_working_days: 10}, {time: office-hours}, {sender_messages_this_week: {at_least: 4}}]
      none: [{label: [urgent, unsure]}]
    then: {folder: serious_error, reply: acknowledge-error, respond_within: 2 working days}

  - id: by-subject
    description: A rule that hangs on what the ledger does not keep.
    when:
      all: [{header: {name: Subject, matches: refund}}, {label: webform}]
    then: {folder: review, reply: none, respond_within: 1 working day}

  - id: urgent
"""


def main() -> int:
    """Run it; 0 where it takes less than a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--letters", type=int, default=1000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="triage-bench-"))
    try:
        settings, new = _settings(folder), _new_rules(folder)
        with closing(open_database(settings)) as database:
            _fill(database, settings, asked.letters, asked.messages)
        program = str(Path(sys.executable).parent / "triage")
        command = [program, "rules", "simulate", "--json", "--rules", str(new), "--config", str(folder / "triage.yaml")]
        began = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True)
        seconds = time.monotonic() - began
        found = json.loads(done.stdout)
        counts = {name: found[name] for name in ("compared", "changed", "cannot_tell")}
        print(f"{asked.messages} messages in {seconds:.1f} s (at most {MOST_SECONDS}): {counts}")  # noqa: T201
        return 0 if seconds < MOST_SECONDS else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path) -> Settings:
    office = {
        "timezone": "Asia/Kolkata",
        "webform_url": "https://webform.example/enquiry",
        "imap": {"host": "localhost", "user": "nobody", "secret": "env:NOBODY"},
    }
    offices = [
        {"id": one, "names": {"en": one, "fr": one}, "address": f"manager@{one}.example", **office} for one in OFFICES
    ]
    file = folder / "triage.yaml"
    file.write_text(json.dumps({"offices": offices}), encoding="utf-8")
    return load_settings(file)


def _new_rules(folder: Path) -> Path:
    new = folder / "new"
    shutil.copytree(SHIPPED_RULES, new, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = new / "default.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  - id: urgent\n", NEW_RULES, 1), encoding="utf-8")
    return new


def _fill(database: Database, settings: Settings, of_letters: int, wanted: int) -> None:
    """Record the letters, then their rows again until there are as many as wanted."""
    office = settings.offices[0]
    setup = Setup(
        office=office.profile(), own_addresses=settings.own_addresses(), rule_set=read_rules(settings).default
    )
    classifier, trouble = artifact.load_or_say(settings.model)
    assert not trouble, trouble
    incoming = [Incoming(raw=raw) for raw in letters(of_letters, tag="simulate")]
    entries = [
        NewEntry(place=Place(uidvalidity=1, uid=uid), content_digest=content_digest(one.message), triaged=one)
        for uid, one in enumerate(triage(incoming, setup, classifier, now=START), 1)
    ]
    recording.record(database, Stamp(office=office.id, mode=office.mode, salt=b"", now=START), entries)
    with database.transaction() as connection:
        first = [dict(row._mapping) for row in connection.execute(select(messages).order_by(messages.c.id))]
        decided = [dict(row._mapping) for row in connection.execute(select(decisions).order_by(decisions.c.id))]
        for begin in range(len(first), wanted, 10_000):
            numbers = range(begin + 1, min(begin + 10_000, wanted) + 1)
            connection.execute(insert(messages), [_message(first[n % len(first)], n) for n in numbers])
            connection.execute(insert(decisions), [_decision(decided[n % len(decided)], n) for n in numbers])


def _message(row: dict[str, Any], number: int) -> dict[str, Any]:
    return {**row, "id": number, "uid": number, "office": OFFICES[number % len(OFFICES)]}


def _decision(row: dict[str, Any], number: int) -> dict[str, Any]:
    office = OFFICES[number % len(OFFICES)]
    changed = {"id": number, "message_id": number, "office": office, "reference": reference(office, str(number))}
    return {**row, **changed, "decided_at": START + timedelta(minutes=5 * number)}


if __name__ == "__main__":
    sys.exit(main())
