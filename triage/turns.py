"""Whose work is done next: offices take turns, so that much mail at some delays no first message at another."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

_Piece = TypeVar("_Piece")


# What comes one by one, or few at once, waits for nobody's turn.
FEW = 20


class Turns(Generic[_Piece]):
    """Pieces of work, one of each office in turn, however many it has; safe to use from all threads."""

    def __init__(self) -> None:
        """Nobody has brought anything yet."""
        self._lock = threading.Lock()
        self._first: deque[_Piece] = deque()
        self._lines: dict[str, deque[_Piece]] = {}  # whose turn is next first

    def put(self, whose: str, piece: _Piece, *, first: bool) -> None:
        """Bring a piece; `first`: it is so small that it goes before all that is not."""
        with self._lock:
            (self._first if first else self._lines.setdefault(whose, deque())).append(piece)

    def take(self) -> _Piece:
        """Give the oldest piece of whose turn it is; to be called once for each piece that was brought."""
        with self._lock:
            if self._first:
                return self._first.popleft()
            whose = next(iter(self._lines))
            line = self._lines.pop(whose)
            piece = line.popleft()
            if line:
                self._lines[whose] = line  # behind the others: a dict keeps the order in which keys came
            return piece


class Places:
    """So many at once, the others in the order in which they came; safe to use from all threads."""

    def __init__(self, count: int) -> None:
        """All places are free."""
        self._lock = threading.Lock()
        self._free = count
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place; it is given up at the end of the block, to the first in line."""
        called = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                called.set()
            else:
                self._line.append(called)
        called.wait()
        try:
            yield
        finally:
            with self._lock:
                # Handed over, not left to whoever is quickest: that would be the one who has just had it.
                if self._line:
                    self._line.popleft().set()
                else:
                    self._free += 1
