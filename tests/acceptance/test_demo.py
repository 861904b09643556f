"""The demo, as a stranger runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from triage.demo.show import SAMPLES, read_samples


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
