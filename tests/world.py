"""A small world for integration tests: an office on a real Dovecot, a relay, a ledger, and a keyword classifier."""

import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path
from typing import Any

from tests.servers.dovecot import PASSWORD, Dovecot
from triage.core.classification import Classification, Evidence, Question
from triage.core.labels import UNSURE, Label
from triage.core.office import Office
from triage.ledger import archive
from triage.ledger.records import LedgerEntry
from triage.once import OnceResult, run_once
from triage.parts import Parts, build, open_database
from triage.pipeline import Incoming, read
from triage.reading import Begun
from triage.settings import Settings
from triage.settings_file import load_settings

ADDRESS = "manager@visa-delhi.example"


class KeywordClassifier:
    """A stand-in for the model where a test is about something else: the first label named in the text."""

    version = "keywords"

    def classify(self, questions: Sequence[Question]) -> list[Classification]:
        """Answer by the label's own name; unsure where none is named."""
        return [self._answer(f"{question.subject} {question.newest}") for question in questions]

    def evidence(self, question: Question, label: Label) -> tuple[Evidence, ...]:
        """It has none."""
        return ()

    def _answer(self, text: str) -> Classification:
        label = next((label for label in Label if label.value in text), None)
        best = label or Label.WEBFORM
        return Classification(
            label=best,
            decision=label or UNSURE,
            probabilities={one: 0.97 if one is best else 0.01 for one in Label},
            model=self.version,
        )


@dataclass(frozen=True, slots=True)
class ReaderHere:
    """Reads in the test's own process, with a classifier that is handed in."""

    classifier: Any

    def begin(self, incoming: Sequence[Incoming], office: Office, own_addresses: frozenset[str]) -> Begun:
        """Read when asked for the result."""
        return partial(read, incoming, office, own_addresses, self.classifier)

    def model(self) -> tuple[str | None, str]:
        """The classifier's version."""
        return self.classifier.version, ""

    def close(self) -> None:
        """Nothing is held."""


def letter(number: int | str, words: str, *, sender: str = "counsel@firm.example", **headers: str) -> bytes:
    """A person's message; `words` are subject and text, and tell KeywordClassifier the label."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"A Person <{sender}>"
    mail["To"] = ADDRESS
    mail["Subject"] = words
    mail["Date"] = "Mon, 09 Nov 2026 10:00:00 -0500"
    mail["Message-ID"] = f"<{number}@firm.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(f"Dear manager,\n\nThis message, number {number}, is about a file. {words}.\n\nThank you.\n")
    return mail.as_bytes()


@dataclass(frozen=True, slots=True)
class World:
    """An office of its own, and the parts of the service around it."""

    user: str
    server: Dovecot
    settings: Settings
    config: Path

    def parts(self, classifier: Any = None) -> Parts:
        """Build the service as the daemon does, with a classifier that needs no model."""
        return build(self.settings, ReaderHere(classifier or KeywordClassifier()))

    def run_once(self) -> OnceResult:
        """`triage run --once`."""
        with closing(self.parts()) as parts:
            return run_once(parts, self.settings.offices)

    def again(self) -> "World":
        """The same world, its settings read anew."""
        return replace(self, settings=load_settings(self.config))

    def entries(self) -> list[LedgerEntry]:
        """Everything in the ledger, newest first, with facts and effects."""
        with closing(open_database(self.settings)) as database:
            listed = archive.list_entries(database, most=1000)
            return [found for entry in listed for found in archive.show_entries(database, entry.reference)]

    def count(self) -> dict[str, int]:
        """How many messages stand in each folder; folders without any are left out."""
        return {name: len(found) for name, found in self.server.folders(self.user).items() if found}


def make_world(
    folder: Path,
    server: Dovecot,
    *,
    user: str,
    smtp_port: int,
    database: str | None = None,
    renew: float = 20,
    **office: Any,
) -> World:
    """Write a triage.yaml for one live office, and read it back."""
    os.environ["TRIAGE_TEST_SECRET"] = PASSWORD
    config = folder / "triage.yaml"
    config.write_text(
        json.dumps(
            {
                "database": {"url": database or "sqlite:///ledger.sqlite3"},
                "smtp": {"host": "127.0.0.1", "port": smtp_port, "timeout": 10},
                "watch": {"renew_idle_seconds": renew, "poll_seconds": 1},
                "offices": [
                    {
                        "id": "delhi",
                        "names": {"en": "Delhi", "fr": "Delhi"},
                        "address": ADDRESS,
                        "timezone": "Asia/Kolkata",
                        "webform_url": "https://webform.example/enquiry",
                        "contacts": {"duty": "duty@visa-delhi.example"},
                        "mode": "live",
                        "imap": {
                            "host": "localhost",
                            "port": server.imap_port,
                            "tls": "none",
                            "user": user,
                            "secret": "env:TRIAGE_TEST_SECRET",
                        },
                        **office,
                    }
                ],
            }
        )
    )
    return World(user=user, server=server, settings=load_settings(config), config=config)
