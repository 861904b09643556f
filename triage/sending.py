"""The thread that sends what is due: a pass over the outbox, a pause, the next pass; it outlives whatever fails."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress

from triage import event_log
from triage.core.retry import RELAY, Schedule, delay
from triage.effects.outgoing import Outgoing
from triage.errors import LedgerUnavailable, TriageError, sentence_of
from triage.health import HealthBoard

# The outbox is looked at when something is put into it, and this often for what is due again.
LOOK_EVERY = 10.0


class Sender:
    """Sends until it is stopped; `wake` and `stop` are safe from any thread."""

    def __init__(
        self,
        outgoing: Outgoing,
        board: HealthBoard,
        *,
        about: str,
        out: Callable[[str], None],
        rand: Callable[[], float] = random.random,
    ) -> None:
        """`about` is what health calls it; `out` is told of each office that has replies to be copied to Sent."""
        self._outgoing = outgoing
        self._board = board
        self._about = about
        self._out = out
        self._rand = rand
        self._news = threading.Event()
        self._stop = threading.Event()
        self._failures = 0

    def run(self) -> None:
        """Body of the thread."""
        while not self._stop.is_set():
            self._news.clear()
            pause, in_trouble = self._pass()
            (self._stop if in_trouble else self._news).wait(pause)
        with suppress(TriageError):  # said already; the last chance before what is out goes out again
            self._outgoing.record_sent()

    def busy(self) -> frozenset[str]:
        """Offices of which something is in hand."""
        return self._outgoing.busy()

    def wake(self) -> None:
        """Something is to be sent; a relay in trouble is left alone all the same."""
        self._news.set()

    def stop(self) -> None:
        """End after the mail in hand."""
        self._stop.set()
        self._news.set()
        self._outgoing.stop()

    def sever(self) -> None:
        """Do not wait for an answer any more."""
        self._outgoing.sever()

    def _pass(self) -> tuple[float, bool]:
        """One pass; the seconds until the next, and whether something was wrong."""
        try:
            sending = self._outgoing.send_due()
        except LedgerUnavailable as error:
            event_log.ledger_unavailable(error=str(error))
            return self._in_trouble(str(error), RELAY), True
        except Exception as error:  # noqa: BLE001 - whatever it was, what is due is tried again
            event_log.sending_failed(about=self._about, error=sentence_of(error))
            return self._in_trouble(sentence_of(error), RELAY), True
        for office in sending.offices:
            self._out(office)
        if sending.sent:
            self._failures = 0
        if sending.trouble:
            event_log.sending_failed(about=self._about, error=sending.trouble)
            return self._in_trouble(sending.trouble, sending.schedule), True
        self._failures = 0
        self._board.trouble(self._about, "")
        return sending.wait or LOOK_EVERY, False

    def _in_trouble(self, sentence: str, schedule: Schedule) -> float:
        self._failures += 1
        pause = delay(schedule, self._failures, self._rand()) or schedule.longest
        self._board.trouble(self._about, f"{sentence}; trying again in {pause:.0f} s")
        return pause
