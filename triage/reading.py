"""Reads mail in a process for each core: parsing, facts and classification are what costs.

Threads would queue for the interpreter. Offices take turns, so that one with much mail waiting delays no other.

A message that ends its process, or holds it for a minute, is found by reading the batch again in halves, each in a
process of its own; it goes to a person, and costs no other message its turn (invariant 5).
"""

import faulthandler
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from hashlib import sha256
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol, Self, TypeVar

from classifiers.opinions import Advice
from triage.attachments.reader import AttachmentReader
from triage.core.classification import Classifier
from triage.core.message import Message
from triage.core.office import Office
from triage.errors import ConfigurationError
from triage.pipeline import Incoming, Reading, read, unread
from triage.processes import fork_server
from triage.second_opinion import advice_of
from triage.settings import ErrorBudgetSettings, SecondOpinionSettings, Settings
from triage.turns import FEW, Turns

# So many messages for a process at a time: enough that handing them over costs little, few enough to share out.
SHARE = 50
MOST_SECONDS = 60.0  # for one share; all that is read is bounded: 2 ms a message, and 25 s for attachments
ENDED = "reading it ended the process that read it, or took more than a minute"

_T = TypeVar("_T")
Begun = Callable[[], list[Reading]]


class Reader(Protocol):
    """Reads batches of mail, as `pipeline.read` does."""

    def begin(self, incoming: Sequence[Incoming], office: Office, own_addresses: frozenset[str]) -> Begun:
        """Begin to read; calling what is returned waits for the readings, one for each message, in order."""
        ...

    def model(self) -> tuple[str | None, str]:
        """Version of the model that is used, or None and a sentence that says why there is none."""
        ...

    def close(self) -> None:
        """Give back what reading needed."""
        ...


class ReadingProcesses:
    """The service's Reader."""

    def __init__(
        self,
        model: Path,
        processes: int | None = None,
        *,
        budget: ErrorBudgetSettings | None = None,
        second_opinion: SecondOpinionSettings | None = None,
    ) -> None:
        """`model` is the model's folder; by default there is a process for each core that may be used."""
        self._prepared_with = (model, budget, second_opinion)
        self._processes = processes or len(os.sched_getaffinity(0))
        self._context = fork_server()
        self._lock = threading.Lock()
        self._pool = self._new_pool(self._processes)
        self._turns: Turns[Callable[[], None]] = Turns()
        # The pool's own line is first come, first served: no more stands there than keeps the processes at work.
        self._hands = ThreadPoolExecutor(self._processes + 1, thread_name_prefix="reading")

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make them as the settings say."""
        return cls(
            settings.model,
            settings.reading_processes,
            budget=settings.error_budget,
            second_opinion=settings.second_opinion,
        )

    def begin(self, incoming: Sequence[Incoming], office: Office, own_addresses: frozenset[str]) -> Begun:
        """Share a batch out among the processes."""
        shares = [incoming[start : start + SHARE] for start in range(0, len(incoming), SHARE)]
        begun = [(share, self._in_turn(share, office, own_addresses)) for share in shares]

        def readings() -> list[Reading]:
            return [
                reading for share, future in begun for reading in self._result(future, share, office, own_addresses)
            ]

        return readings

    def model(self) -> tuple[str | None, str]:
        """Wait until the first process has loaded the model, or has not."""
        try:
            return self._submit(_model).result()
        except BrokenProcessPool:
            return None, "the process that loads the model ended at once; the service's log may say why"

    def close(self) -> None:
        """End the processes; what is being read is left."""
        self._hands.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._pool.shutdown(cancel_futures=True)

    def _new_pool(self, processes: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(processes, self._context, initializer=_prepare, initargs=self._prepared_with)

    def _in_turn(self, share: Sequence[Incoming], office: Office, own: frozenset[str]) -> Future[list[Reading]]:
        readings: Future[list[Reading]] = Future()

        def read_share() -> None:
            try:
                readings.set_result(self._submit(_read, share, office, own).result())
            except BaseException as error:  # noqa: BLE001 - whoever waits for the readings is told
                readings.set_exception(error)

        self._turns.put(office.id, read_share, first=len(share) <= FEW)
        self._hands.submit(self._take_turn)
        return readings

    def _take_turn(self) -> None:
        read_share = self._turns.take()
        read_share()

    def _submit(self, function: Callable[..., _T], *arguments: object) -> Future[_T]:
        with self._lock:
            try:
                return self._pool.submit(function, *arguments)
            except BrokenProcessPool:
                self._pool.shutdown(wait=False)
                self._pool = self._new_pool(self._processes)
                return self._pool.submit(function, *arguments)

    def _result(
        self, future: Future[list[Reading]], share: Sequence[Incoming], office: Office, own: frozenset[str]
    ) -> list[Reading]:
        try:
            return future.result()
        except BrokenProcessPool:
            return self._read_apart(share, office, own)

    def _read_apart(self, share: Sequence[Incoming], office: Office, own: frozenset[str]) -> list[Reading]:
        """Read in a process of their own messages of which one has ended its process, or which shared one with it."""
        with self._new_pool(1) as pool:
            try:
                return pool.submit(_read, share, office, own).result()
            except BrokenProcessPool:
                if len(share) == 1:
                    return [unread(_unopened(share[0]), ENDED)]
        middle = len(share) // 2
        return self._read_apart(share[:middle], office, own) + self._read_apart(share[middle:], office, own)


def _unopened(incoming: Incoming) -> Message:
    digest, size = sha256(incoming.raw).hexdigest(), incoming.size or len(incoming.raw)
    return Message(digest=digest, size=size, message_id=None, received_at=incoming.received_at, unparseable=True)


# In each process: the model, loaded once, who reads attachments, and who else is asked.
_classifier: Classifier | None = None
_trouble = ""
_attachments = AttachmentReader()
_advice: Advice | None = None


def _prepare(model: Path, budget: ErrorBudgetSettings | None, second_opinion: SecondOpinionSettings | None) -> None:
    """Load the model; leave signals to the parent, which finishes the batch in hand, and end when it does."""
    global _classifier, _trouble, _advice  # noqa: PLW0603 - set once, before anything is read
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from classifiers import artifact  # noqa: PLC0415 - only these processes load the machine-learning library

    loaded, _trouble = artifact.load_or_say(model, budget)
    _classifier = loaded
    with suppress(ConfigurationError):  # `daemon.build` refuses to start with what cannot be made
        _advice = advice_of(second_opinion, loaded, budget or ErrorBudgetSettings())


def _end_with_parent() -> None:
    """A parent that is killed says nothing: without this its processes would wait for work for ever."""
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
        os._exit(1)


def _model() -> tuple[str | None, str]:
    return (_classifier.version if _classifier else None), _trouble


def _read(incoming: Sequence[Incoming], office: Office, own_addresses: frozenset[str]) -> list[Reading]:
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
    try:
        return read(incoming, office, own_addresses, _classifier, _advice, _attachments)
    finally:
        faulthandler.cancel_dump_traceback_later()
