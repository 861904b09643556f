"""How fast a relay is given mail: so many in any minute, as it allows."""

import time
from collections import deque
from collections.abc import Callable

MINUTE = 60.0


class Pacer:
    """Counts what was given in the last minute; used by one thread."""

    def __init__(self, per_minute: int | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` None: no limit. `clock` gives seconds that only go forward."""
        self._clock = clock
        # The oldest of the last so many: while it is younger than a minute, no more may be given.
        self._given: deque[float] | None = deque(maxlen=per_minute) if per_minute else None

    def wait(self) -> float:
        """Seconds until the next may be given; 0: now."""
        if self._given is None or len(self._given) < (self._given.maxlen or 0):
            return 0.0
        return max(0.0, self._given[0] + MINUTE - self._clock())

    def spend(self) -> None:
        """Note that one is given now, whatever comes of it."""
        if self._given is not None:
            self._given.append(self._clock())
