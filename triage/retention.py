"""Purges the ledger gently: by the command, or once a day by a service whose settings say how old is too old."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from triage import event_log
from triage.errors import TriageError
from triage.ledger.database import Database
from triage.ledger.purging import Purged, purge

_DAY = 24 * 3600.0
_HOUR = 3600.0


def purge_gently(
    database: Database,
    *,
    before: datetime,
    dry_run: bool = False,
    stop: threading.Event,
    progress: Callable[[Purged], None] = lambda _sum: None,
) -> Purged:
    """Purge, resting after each batch for as long as it took: the service has at least half of the time.

    Ends early where `stop` is set; the next run goes on. `progress` is told the sum after each batch.
    """
    total = Purged()
    began = time.monotonic()
    for part in purge(database, before=before, dry_run=dry_run):
        total += part
        progress(total)
        if stop.wait(0 if dry_run else min(time.monotonic() - began, 1.0)):
            break
        began = time.monotonic()
    return total


def keep_purged(database: Database, days: int, stop: threading.Event, *, clock: Callable[[], datetime]) -> None:
    """Body of the service's thread: purge now, and each day again, until `stop` is set."""
    while not stop.is_set():
        pause = _DAY
        try:
            total = purge_gently(database, before=clock() - timedelta(days=days), stop=stop)
            event_log.ledger_purged(messages=total.messages, kept=total.kept, rule_sets=total.rule_sets)
        except TriageError as error:
            event_log.ledger_unavailable(error=str(error))
            pause = _HOUR
        stop.wait(pause)
