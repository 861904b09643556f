"""The demo, as a stranger runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from triage.demo.show import SAMPLES, read_samples, send_to_demo
from triage.errors import TriageError


@pytest.mark.timeout(150)
def test_every_sample_goes_where_it_belongs(tmp_path: Path) -> None:
    """`triage demo --once` ends by itself with 0: thirty messages, three offices, real servers, the shipped model."""
    command = [sys.executable, "-m", "triage", "demo", "--once", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "140"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 30 samples stand where they belong" in done.stdout
    assert (tmp_path / "ledger.sqlite3").exists()


def test_the_samples_are_varied() -> None:
    """Every kind of folder and reply, three offices, and no file that nothing is expected of."""
    samples = read_samples()
    assert {sample.office for sample in samples} == {"delhi", "nairobi", "paris"}
    assert {s.folder for s in samples} >= {
        "urgent",
        "serious_error",
        "reconsideration",
        "webform",
        "review",
        "automated",
    }
    assert len(list(SAMPLES.glob("*.eml"))) == len(samples) == 30


def test_a_message_that_the_demo_cannot_take_is_told_in_a_sentence(tmp_path: Path) -> None:
    """One to nobody there, with the addresses that are; and any, where no demo runs."""
    offices = "[{id: delhi, names: {en: Delhi, fr: Delhi}, address: delhi@visa-delhi.example, timezone: Asia/Kolkata, "
    rest = "webform_url: 'https://webform.example/', imap: {host: localhost, user: delhi, secret: 'env:NONE'}}]"
    (tmp_path / "triage.yaml").write_text(f"smtp: {{host: 127.0.0.1, port: 1}}\noffices: {offices}{rest}\n")
    message = tmp_path / "message.eml"
    for address, said in (
        ("nobody@else.example", "write To: delhi@visa-delhi.example"),
        ("delhi@visa-delhi.example", "run?"),
    ):
        message.write_text(f"From: a@b.example\nTo: {address}\n\nHello.\n")
        with pytest.raises(TriageError, match=re.escape(said)):
            send_to_demo(message, tmp_path)
