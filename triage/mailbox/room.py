"""How many bytes of messages are held at once, by all offices together: memory stays bounded, whatever waits."""

import threading

MIB = 1024 * 1024
_MOST = 256 * MIB


class Room:
    """Shared by the threads of all offices."""

    def __init__(self, largest: int) -> None:
        """`largest`: the bytes that anyone takes at once."""
        # Twice that, so that those who wait with something in hand, which they had when half was free, leave enough.
        self._most = max(_MOST, 2 * largest)
        self._held = 0
        self._changed = threading.Condition()

    def take(self, size: int) -> None:
        """Wait until there is room for `size` bytes. Who holds some already asks `is_scarce` first."""
        with self._changed:
            self._changed.wait_for(lambda: self._held + size <= self._most)
            self._held += size

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._held -= size
            self._changed.notify_all()

    def is_scarce(self) -> bool:
        """Whether more than half is held: then nobody takes more before giving back what they have."""
        with self._changed:
            return self._held > self._most // 2
