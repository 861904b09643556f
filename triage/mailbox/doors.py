"""How many sessions a server is asked for at once, and how fast: hundreds of offices must not storm it.

Each server has a door. Who comes waits in line, is let in at a steady pace, and where the server takes only so many
sessions (`most`), until one ends. A session that others wait for ends after its turn; its office gets in line again.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from triage.mailbox.account import Account
from triage.mailbox.idling import Waker

# Who is not first in line is woken when that changes; this is for a wake-up that was taken for another.
_LOOK_AGAIN = 5.0


class Door:
    """The door of one server; used by the threads of all offices there."""

    def __init__(self, *, most: int | None, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`most` None: as many as come. `clock` gives seconds that only go forward."""
        self._most = most
        self._gap = 1.0 / per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._line: deque[Waker] = deque()
        self._inside: list[Waker] = []  # the longest inside first
        self._opens_at = clock()

    @contextmanager
    def admitted(self, waker: Waker) -> Iterator[bool]:
        """Wait in line; then hold a place for the length of the block. False where the watch was stopped meanwhile."""
        with self._lock:
            self._line.append(waker)
        try:
            while not waker.stopping() and (pause := self._pause(waker)):
                waker.wait(pause)
            yield waker in self._inside
        finally:
            with self._lock:
                for place in (self._line, self._inside):
                    if waker in place:
                        place.remove(waker)
                self._call_next()

    def awaited(self) -> bool:
        """Whether somebody waits until a session ends."""
        with self._lock:
            return bool(self._line) and self._is_full()

    def _pause(self, waker: Waker) -> float:
        """Let the first in line in, or say for how many seconds it waits at most before it asks again."""
        with self._lock:
            if self._line[0] is not waker:
                return _LOOK_AGAIN
            if self._is_full():
                self._inside[0].wake()
                return _LOOK_AGAIN
            now = self._clock()
            if now < self._opens_at:
                return self._opens_at - now
            self._opens_at = now + self._gap
            self._inside.append(self._line.popleft())
            self._call_next()
            return 0.0

    def _is_full(self) -> bool:
        return self._most is not None and len(self._inside) >= self._most

    def _call_next(self) -> None:
        if self._line:
            self._line[0].wake()


class Doors:
    """The doors of all servers, each made when first asked for."""

    def __init__(self, *, most: int | None, per_second: float) -> None:
        """What holds at each door."""
        self._most = most
        self._per_second = per_second
        self._doors: dict[tuple[str, int], Door] = {}
        self._lock = threading.Lock()

    def of(self, account: Account) -> Door:
        """The door of the account's server."""
        with self._lock:
            return self._doors.setdefault(
                (account.host.lower(), account.port), Door(most=self._most, per_second=self._per_second)
            )
