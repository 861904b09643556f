"""Messages that the connection breaks on: one that a server cannot give must not keep all others from being fetched.

Some servers drop the connection instead of refusing (a damaged message on disk). What was being fetched when the
connection broke is fetched last and alone from then on; what it then breaks on again is left for a while.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence

ALONE_AT_MOST = 3  # times that a message may break the connection when it is fetched alone
REST_SECONDS = 900.0


class Suspects:
    """What one office's connections broke on, kept across them. UIDs of its INBOX."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._breaks: Counter[int] = Counter()
        self._rests_until: dict[int, float] = {}

    def broke_on(self, uids: Sequence[int]) -> None:
        """The connection broke while these were being fetched."""
        if len(uids) > 1:
            for uid in uids:
                self._breaks.setdefault(uid, 0)
            return
        for uid in uids:
            self._breaks[uid] += 1
            if self._breaks[uid] >= ALONE_AT_MOST:
                self._rests_until[uid] = self._clock() + REST_SECONDS
                self._breaks[uid] = 0

    def came(self, uids: Sequence[int]) -> None:
        """These were fetched: nothing is wrong with them."""
        for uid in uids:
            self._breaks.pop(uid, None)
            self._rests_until.pop(uid, None)

    def suspected(self, uid: int) -> bool:
        """Whether to fetch the message last and alone."""
        return uid in self._breaks

    def resting(self, uid: int) -> bool:
        """Whether to leave the message for now."""
        return self._rests_until.get(uid, 0.0) > self._clock()
