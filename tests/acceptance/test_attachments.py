"""Attached letters end to end: `triage explain` and `classify`, and the processes that read mail for the service."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit.attachments.documents import ASK, encrypted, mail, pdf, word
from triage.attachments.documents import ENCRYPTED, SCAN
from triage.cli import app
from triage.core.labels import UNSURE
from triage.offline import no_office
from triage.pipeline import Incoming
from triage.reading import ReadingProcesses
from triage.settings import SHIPPED_MODEL

POINTS = "Dear Manager,\r\n\r\nPlease see our attached letter.\r\n\r\nImani Cole\r\n"
PICTURE = ("logo.jpg", b"\xff\xd8\xff")


@pytest.fixture
def config(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A triage.yaml whose office reads attachments, or does not, by the test's parameter."""
    office = {
        "id": "delhi",
        "names": {"en": "Delhi", "fr": "Delhi"},
        "address": "manager@visa-delhi.example",
        "timezone": "Asia/Kolkata",
        "webform_url": "https://webform.example/enquiry",
        "contacts": {"duty": "duty@visa-delhi.example"},
        "imap": {"host": "127.0.0.1", "tls": "none", "user": "delhi", "secret": "env:A_SECRET"},
        "read_attachments": getattr(request, "param", True),
    }
    file = tmp_path / "triage.yaml"
    file.write_text(json.dumps({"offices": [office]}), encoding="utf-8")
    return file


def run(*words: str | Path, stdin: bytes = b"") -> str:
    """What a command prints; it must succeed."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def explained(config: Path, raw: bytes) -> dict[str, Any]:
    """What `triage explain --json` says of a message."""
    found: dict[str, Any] = json.loads(run("explain", "-", "--config", config, "--json", stdin=raw))
    return found


@pytest.mark.parametrize("document", [("letter.pdf", pdf()), ("letter.docx", word())], ids=["PDF", "Word"])
def test_the_letter_decides_where_the_office_has_it_read(config: Path, document: tuple[str, bytes]) -> None:
    """A funeral in six days, named in the letter only: its facts have their place in it, and the mail is urgent."""
    found = explained(config, mail(POINTS, document, PICTURE))
    assert found["message"]["attachments"][0]["text"] == "\n".join(ASK)
    deadline = found["facts"]["deadline"]
    assert deadline["date"] == "2026-05-12"
    assert deadline["span"][0] == "attachment"
    assert found["classification"]["label"] == "urgent"
    assert "attachment" not in found["classification"]["why_unsure"]


@pytest.mark.parametrize("config", [False], indirect=True)
def test_by_default_it_stays_closed_and_the_mail_is_unsure(config: Path) -> None:
    """A person opens it."""
    found = explained(config, mail(POINTS, ("letter.pdf", pdf())))
    assert found["message"]["attachments"][0]["text"] == ""
    assert found["facts"]["deadline"] is None
    assert found["classification"]["decision"] == UNSURE
    assert found["classification"]["why_unsure"]


@pytest.mark.parametrize(
    ("document", "why"), [(encrypted(pdf(), user="secret"), ENCRYPTED), (pdf(()), SCAN)], ids=["encrypted", "scan"]
)
def test_a_letter_that_cannot_be_read_leaves_the_mail_unsure_and_says_why(
    config: Path, document: bytes, why: str
) -> None:
    """In the page for people, too."""
    raw = mail(POINTS, ("letter.pdf", document))
    found = explained(config, raw)
    assert found["message"]["attachments"][0]["unread"] == why
    assert found["classification"]["decision"] == UNSURE
    page = " ".join(run("explain", "-", "--config", config, stdin=raw).split())
    assert f"not read: {why}" in page


def test_classify_reads_attachments_as_the_office_does(config: Path, tmp_path: Path) -> None:
    """The batch door, among messages without any."""
    (tmp_path / "1.eml").write_bytes(mail(POINTS, ("letter.pdf", pdf())))
    (tmp_path / "2.eml").write_bytes(mail("How long does it take?\r\n"))
    lines = run("classify", tmp_path / "1.eml", tmp_path / "2.eml", "--config", config).splitlines()
    first, second = (json.loads(line) for line in lines)
    assert first["facts"]["deadline"]["span"][0] == "attachment"
    assert second["facts"]["deadline"] is None


def test_the_services_own_processes_read_them() -> None:
    """And an office that does not want it, in the same process, has none read."""
    incoming: Sequence[Incoming] = [Incoming(raw=mail(POINTS, ("letter.docx", word())))] * 2
    with closing(ReadingProcesses(SHIPPED_MODEL, 1)) as reader:
        for wanted in (True, False):
            office = replace(no_office(), read_attachments=wanted)
            readings = reader.begin(incoming, office, frozenset())()
            assert [bool(reading.message.attached) for reading in readings] == [wanted, wanted]
