"""The threads that watch offices: one for each office that is this process's, started and stopped as those change."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from triage.mailbox.watching import Waker, Watch
from triage.ownership import Tenure

# Seconds for the batch in hand when the service stops; then connections are cut, as a kill would. Others are to take
# over within five seconds, and a server may be silent for longer.
STOPS_WITHIN = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    fence: int
    watch: Watch
    waker: Waker
    thread: threading.Thread


class Watches:
    """Used by the thread that keeps to what is owned, and woken by others."""

    def __init__(self, watch: Callable[[Tenure, Waker], Watch], *, gone: Callable[[str], None]) -> None:
        """`watch` makes an office's watch; `gone` is told when an office is not worked for here any more."""
        self._watch = watch
        self._gone = gone
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def keep_to(self, tenures: Mapping[str, Tenure]) -> None:
        """Start what is missing, stop what is not ours any more; returns at once, for stopping takes a batch's time.

        An office that came back under another fence is begun anew when its old watch has ended.
        """
        with self._lock:
            for office, running in list(self._running.items()):
                if not running.thread.is_alive():
                    running.waker.close()
                    del self._running[office]
                    self._gone(office)
                elif office not in tenures or tenures[office].fence != running.fence:
                    running.waker.stop()
            for office, tenure in tenures.items():
                if office not in self._running:
                    self._running[office] = self._start(tenure)

    def busy(self) -> frozenset[str]:
        """Offices whose watch has not ended."""
        with self._lock:
            return frozenset(office for office, running in self._running.items() if running.thread.is_alive())

    def wake(self, office: str) -> None:
        """Have the office's mailbox looked at now, if it is watched here."""
        with self._lock:
            if running := self._running.get(office):
                running.waker.wake()

    def stop(self) -> None:
        """End all watches, each after the batch in hand or where its server keeps it waiting; see `join`."""
        until = time.monotonic() + STOPS_WITHIN
        with self._lock:
            running = list(self._running.values())
            for one in running:
                one.waker.stop()
        threads = [one.thread for one in running]
        join(threads, until)
        for one in running:
            one.watch.sever()
        join(threads, time.monotonic() + 1.0)

    def join(self) -> None:
        """Wait for those that are still connecting to a server; once stopped, they do nothing there."""
        with self._lock:
            threads = [one.thread for one in self._running.values()]
        for thread in threads:
            thread.join()

    def _start(self, tenure: Tenure) -> _Running:
        waker = Waker()
        try:
            watch = self._watch(tenure, waker)
            thread = threading.Thread(target=watch.run, name=tenure.office)
            thread.start()
        except BaseException:
            waker.close()  # it is tried again at each beat
            raise
        return _Running(fence=tenure.fence, watch=watch, waker=waker, thread=thread)


def join(threads: Iterable[threading.Thread], until: float) -> None:
    """Wait for threads to end, at most `until` then by the monotonic clock."""
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
