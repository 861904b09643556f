"""Processes that read mail: the same answers as here, whatever becomes of one of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from classifiers import artifact
from tests.world import letter
from triage.core.labels import Label
from triage.offline import no_office
from triage.pipeline import Incoming, read
from triage.reading import ENDED, ReadingProcesses
from triage.settings import SHIPPED_MODEL

OFFICE = no_office()
NOBODY: frozenset[str] = frozenset()


class Deadly(bytes):
    """A message that ends the process which it is handed to."""

    def __reduce__(self) -> Any:
        """Run where it is unpacked."""
        return os._exit, (1,)


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcesses]:
    """Two processes with the shipped model."""
    with closing(ReadingProcesses(SHIPPED_MODEL, 2)) as processes:
        yield processes


def incoming(count: int) -> list[Incoming]:
    """Different letters."""
    return [Incoming(raw=letter(number, f"refused visa, flight in {number} days")) for number in range(count)]


def pids(reader: ReadingProcesses) -> list[int]:
    """The processes that are running now."""
    return list(reader._pool._processes)


def test_processes_read_as_pipeline_does(reader: ReadingProcesses) -> None:
    """In order, more messages than one share holds, classified by the shipped model."""
    batch = incoming(130)
    assert reader.begin(batch, OFFICE, NOBODY)() == read(batch, OFFICE, NOBODY, artifact.load(SHIPPED_MODEL))
    assert reader.begin([], OFFICE, NOBODY)() == []


def test_the_model_in_use_is_told(reader: ReadingProcesses) -> None:
    """Its version, for the log and health."""
    assert reader.model() == (artifact.load(SHIPPED_MODEL).version, "")


def test_without_a_model_all_is_read_and_nothing_classified(tmp_path: Path) -> None:
    """A missing model is said in words; the rest goes on (invariant 5)."""
    with closing(ReadingProcesses(tmp_path, 1)) as reader:
        version, trouble = reader.model()
        assert version is None
        assert str(tmp_path) in trouble
        (reading,) = reader.begin(incoming(1), OFFICE, NOBODY)()
    assert reading.classification is None
    assert reading.message.subject


def test_a_message_that_ends_its_process_costs_no_other_one_its_turn(reader: ReadingProcesses) -> None:
    """It is found, and goes to a person; batches that were being read beside it are read too."""
    batch = incoming(60)
    batch[33] = Incoming(raw=Deadly(letter("deadly", "hello")))
    beside = reader.begin(incoming(60), OFFICE, NOBODY)
    readings = reader.begin(batch, OFFICE, NOBODY)()
    assert [number for number, reading in enumerate(readings) if reading.trouble] == [33]
    assert readings[33].trouble == ENDED
    assert readings[33].message.unparseable
    assert all(reading.classification for number, reading in enumerate(readings) if number != 33)
    assert not any(reading.trouble for reading in beside())
    assert not any(reading.trouble for reading in reader.begin(incoming(60), OFFICE, NOBODY)())


def test_a_process_killed_between_batches_is_replaced(reader: ReadingProcesses) -> None:
    """As the kernel does where memory is short."""
    reader.model()
    for pid in pids(reader):
        os.kill(pid, signal.SIGKILL)
    assert [reading.trouble for reading in reader.begin(incoming(3), OFFICE, NOBODY)()] == ["", "", ""]


def test_signals_to_the_whole_service_leave_the_processes_alone(reader: ReadingProcesses) -> None:
    """Supervisors signal every process of a service; only the parent decides when the batch in hand is done."""
    reader.model()
    before = pids(reader)
    for pid in before:
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
    (reading,) = reader.begin(incoming(1), OFFICE, NOBODY)()
    assert reading.classification is not None
    assert reading.classification.label in Label
    assert pids(reader) == before


_PARENT = """
import sys
from pathlib import Path
from triage.reading import ReadingProcesses
if __name__ == "__main__":
    reader = ReadingProcesses(Path(sys.argv[1]), 1)
    reader.model()
    print(*reader._pool._processes, flush=True)
    sys.stdin.read()
"""


def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Nothing is left waiting for work that nobody can give."""
    program = tmp_path / "parent.py"
    program.write_text(_PARENT)
    with subprocess.Popen(
        [sys.executable, program, SHIPPED_MODEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + 20
    while _is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
