"""Which offices this process may work for at this moment, and the proof that it still may.

On SQLite one process owns the ledger, and with it every office. On PostgreSQL several processes share the offices by
leases (`ledger.leases`): each takes a fair part, gives up what is more than that, and takes over what a dead one left.

The ledger refuses what comes under an old fence. A mailbox and a relay cannot, so before each of their commands the
process asks its own clock, which goes on while the process is stopped, whether its time is over.
"""

import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from triage.errors import LeaseLost, LedgerInUse, LedgerUnavailable
from triage.ledger import leases
from triage.ledger.database import Database

# A lease is renewed every two seconds and lasts fifteen: an office of a killed process is taken over within that.
BEAT_EVERY = 2.0
_LASTS = timedelta(seconds=15)
# The process stops this long before the database lets others in: a command that was begun is over by then.
_MARGIN = 3.0

# Goes on while the process is stopped and while the machine sleeps, and nobody sets it.
_clock = partial(time.clock_gettime, time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """The right to work for one office, until it is lost."""

    office: str
    fence: int  # 0: nobody shares the ledger
    database: Database  # refuses whatever comes after the tenure is lost
    still: Callable[[], None]  # raises LeaseLost where the tenure may be over


class Ownership(Protocol):
    """How a process comes to its offices."""

    def owned(self) -> AbstractContextManager[None]:
        """Take part for as long as the block lasts. Raises LedgerInUse, LedgerUnavailable."""

    def beat(self, busy: Collection[str]) -> Mapping[str, Tenure]:
        """Say that this process lives; the offices that are to be worked for, of which it is `busy` with some.

        To be called every BEAT_EVERY seconds. An office that is not among them any more must be stopped; it is given
        to others only when it is not `busy`. Raises LedgerUnavailable; then what was told before holds while it lasts.
        """

    def hand_over(self) -> None:
        """Let others, if any, work for the offices at once; whoever is still at it here may not go on."""


class SoleOwner:
    """The only process: all offices are its own for as long as it holds the ledger."""

    def __init__(self, database: Database, offices: Collection[str]) -> None:
        """Take the ledger; it is owned from `owned` on."""
        self._database = database
        self._tenures = {o: Tenure(office=o, fence=0, database=database, still=_always) for o in offices}

    def owned(self) -> AbstractContextManager[None]:
        """Lock the ledger's file."""
        return self._database.owned()

    def beat(self, busy: Collection[str]) -> Mapping[str, Tenure]:
        """All of them, always."""
        del busy
        return self._tenures

    def hand_over(self) -> None:
        """Nobody waits: the ledger's file is let go of when all have ended."""


class SharedOwner:
    """One process among several: its offices are those that it holds leases of.

    A guest takes what is nobody's at its first beat, and nothing later: it would not work for it. The others share
    the rest as if it were not there, or its part would be nobody's.
    """

    def __init__(
        self,
        database: Database,
        offices: Collection[str],
        *,
        guest: bool = False,
        clock: Callable[[], float] = _clock,
    ) -> None:
        """`clock` gives seconds that go on while the process is stopped."""
        self._database = database
        self._offices = frozenset(offices)
        self._guest = guest
        self._clock = clock
        self._replica = (leases.GUEST if guest else "") + secrets.token_hex(8)
        self._until = clock()
        self._fences: dict[str, int] = {}  # of all offices that are ours, those to be given up among them
        self._tenures: dict[str, Tenure] = {}  # as told at the last beat

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Join, and leave at the end, so that others take over at once."""
        leases.register(self._database, self._offices)
        try:
            yield
        finally:
            self.hand_over()

    def hand_over(self) -> None:
        """Leave; what comes under the old fences is refused from now on."""
        self._until = self._clock()
        leases.leave(self._database, self._replica)

    def beat(self, busy: Collection[str]) -> Mapping[str, Tenure]:
        """Renew; give up what is more than a fair share, once nobody is busy with it; take what is free up to it."""
        began = self._clock()
        standing = leases.renew(self._database, self._replica, lasts=_LASTS)
        held = {office: fence for office, fence in sorted(standing.fences.items()) if office in self._offices}
        count = len(self._offices)
        share = count if self._guest else leases.share_of(self._replica, standing.replicas, count)
        kept, surplus = dict(list(held.items())[:share]), list(held)[share:]
        # Not those that were told of at the last beat: until now, something of theirs may have been begun.
        if idle := [office for office in surplus if office not in busy and office not in self._tenures]:
            leases.release(self._database, self._replica, idle)
            held = {office: fence for office, fence in held.items() if office not in idle}
        if share > len(held):
            claimed = leases.claim(self._database, self._replica, self._offices - held.keys(), most=share - len(held))
            kept, held = {**kept, **claimed}, {**held, **claimed}
        # In this order: what another process took meanwhile is not ours again because we are in time again.
        self._fences = held
        self._until = began + _LASTS.total_seconds() - _MARGIN
        self._tenures = {office: self._tenure(office, fence) for office, fence in kept.items()}
        if self._guest:
            self._offices = frozenset(kept)
        return self._tenures

    def _tenure(self, office: str, fence: int) -> Tenure:
        known = self._tenures.get(office)
        if known and known.fence == fence:
            return known
        database = leases.guarded(self._database, self._replica, office, fence)
        return Tenure(office=office, fence=fence, database=database, still=partial(self._still, office, fence))

    def _still(self, office: str, fence: int) -> None:
        if self._clock() > self._until:
            raise LeaseLost("this process could not renew its leases in time; other processes may work for its offices")
        if self._fences.get(office) != fence:
            raise LeaseLost(f"office '{office}' is another process's now")


class Beating:
    """Beats in a thread of its own for as long as a block lasts, for one who works for all that it gets at first."""

    def __init__(self, ownership: Ownership) -> None:
        """Nothing begins yet."""
        self._ownership = ownership
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="offices")
        self._tenures: Mapping[str, Tenure] = {}

    def __enter__(self) -> Mapping[str, Tenure]:
        """Give the offices that are to be worked for. Raises LedgerUnavailable."""
        self._tenures = self._ownership.beat(())
        self._thread.start()
        return self._tenures

    def __exit__(self, *_error: object) -> None:
        """Beat no more."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_EVERY):
            with suppress(LedgerUnavailable):  # whoever works meets it too, and says so
                self._ownership.beat(self._tenures)


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Have the ledger to oneself, for what no service may be at work beside. Raises LedgerInUse, LedgerUnavailable."""
    if database.is_sqlite:
        with database.owned():
            yield
    elif leases.living(database):
        raise LedgerInUse(f"a triage process works on the ledger {database.name}; stop it, and wait for 15 seconds")
    else:
        yield


def ownership_of(database: Database, offices: Collection[str], *, guest: bool = False) -> Ownership:
    """The one that fits the ledger; a `guest` is who works once, for what it gets at first."""
    return SoleOwner(database, offices) if database.is_sqlite else SharedOwner(database, offices, guest=guest)


def _always() -> None:
    """Nothing can take the tenure away."""
