"""Sweeps an office, and about once an hour, between two sweeps, compares its mailbox with the ledger."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from triage import event_log
from triage.core.office import Mode
from triage.errors import MailboxRefused
from triage.mailbox.connection import Mailbox
from triage.mailbox.failures import Busy
from triage.reconciling import Scope, reconcile
from triage.sweep import Sweeper, Swept

EVERY = timedelta(hours=1)
# What we and people did in two days, of so many messages at most: some two seconds, for which new mail waits.
BACK = timedelta(days=2)
MOST = 2000


class Rounds:
    """The sweeps of one office, for the thread that watches it."""

    def __init__(self, sweeper: Sweeper, *, clock: Callable[[], datetime], rand: float) -> None:
        """Take the sweeper; it is `rand` (0 to 1) of an hour to the first comparison: not all offices at once."""
        self._sweeper = sweeper
        self._clock = clock
        self._next = clock() + EVERY * rand

    def sweep(self, mailbox: Mailbox) -> Swept:
        """Sweep INBOX; where nothing is left to do and the hour is over, reconcile. Raises what a sweep raises."""
        swept = self._sweeper.sweep(mailbox)
        office = self._sweeper.office
        if swept.more or office.mode is not Mode.LIVE or self._clock() < self._next:
            return swept
        self._next = self._clock() + EVERY
        try:
            reconcile(self._sweeper.desk(mailbox), office, Scope(since=self._clock() - BACK, most=MOST), repair=True)
        except (MailboxRefused, Busy) as error:
            event_log.reconciling_failed(office=office.id, error=str(error))
        # What came meanwhile was told of among the answers to our commands; and what was repaired may be to be decided.
        return replace(swept, more=True)
