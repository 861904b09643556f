"""Has attached letters read by the confined process, and bounds what they may cost.

The service never looks into a document itself. Whatever becomes of the process, each document has an answer.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from typing import BinaryIO, cast

from triage.attachments.protocol import MOST_BYTES, OUT_OF_MEMORY, put, take
from triage.core.attached import Opened
from triage.core.headers import clean

WORKER = ("-m", "triage.attachments.worker")
SECONDS = 10.0  # for one document, the start of the process included; a letter takes some 20 ms
BATCH_SECONDS = 25.0  # for the documents of a batch, which has a minute for all
MOST_ANSWER = 1_000_000  # bytes

SLOW = "it took too long to read"
NO_TIME = "others took the time that there was"
TOO_MUCH_MEMORY = "it needs too much memory"
ENDED = "reading it ended the process that read it"
NOT_STARTED = "the process that reads attachments could not be started"
TOO_LARGE = f"it is larger than {MOST_BYTES >> 20} MiB"


class AttachmentReader:
    """Reads documents one after the other; its process is started when first needed, and again after each failure."""

    def __init__(self, *, worker: Sequence[str] = WORKER, seconds: float = SECONDS) -> None:
        """`worker` is what Python is to run instead, in tests."""
        self._worker = worker
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, documents: Sequence[bytes]) -> list[Opened]:
        """Read a batch: for each document its text, or why there is none. Never raises."""
        ends = time.monotonic() + BATCH_SECONDS
        return [self._read(document, min(self._seconds, ends - time.monotonic())) for document in documents]

    def close(self) -> None:
        """End the process."""
        if process := self._process:
            self._process = None
            process.kill()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was not yet written has no reader
                    cast(BinaryIO, pipe).close()
            process.wait()

    def _read(self, document: bytes, seconds: float) -> Opened:
        if len(document) > MOST_BYTES:
            return Opened(unread=TOO_LARGE)
        if seconds <= 0:
            return Opened(unread=NO_TIME)
        try:
            process = self._process or self._start()
        except OSError:
            return Opened(unread=NOT_STARTED)
        timer = Timer(seconds, process.kill)
        timer.start()
        began = time.monotonic()
        try:
            answer = _ask(process, document)
        except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
            answer = None
        finally:
            timer.cancel()
            timer.join()
        if answer is None or process.poll() is not None:
            self.close()
        return answer or Opened(unread=_why(process.returncode, slow=time.monotonic() - began >= seconds))

    def _start(self) -> subprocess.Popen[bytes]:
        # Nothing of the service's environment, where secrets may stand.
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", *self._worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return self._process


def _ask(process: subprocess.Popen[bytes], document: bytes) -> Opened:
    """Hand a document over and wait for the answer. Raises OSError, EOFError, or for an answer that is none."""
    put(cast(BinaryIO, process.stdin), document)
    answer = json.loads(take(cast(BinaryIO, process.stdout), most=MOST_ANSWER))
    if "unread" in answer:
        return Opened(unread=clean(answer["unread"])[:100])
    return Opened(text=clean(answer["text"]))


def _why(code: int | None, *, slow: bool) -> str:
    if slow:
        return SLOW
    return TOO_MUCH_MEMORY if code == OUT_OF_MEMORY else ENDED
