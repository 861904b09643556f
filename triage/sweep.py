"""One sweep of an office's INBOX: what was left undone is finished, what is new is decided, recorded, and filed.

INBOX is the queue. A message leaves it only after its decision is committed (invariant 1); until then a crash at
any point changes nothing, and after it the plan in the ledger is finished.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from triage import event_log
from triage.core.effects import Reply
from triage.core.office import Mode, Office, Role
from triage.core.triaged import Triaged
from triage.effects.filing import Desk, copy_to_sent, file_messages, find_unsure, resume
from triage.errors import MailboxRefused
from triage.ledger import archive, doubt, queue, recording, standings
from triage.ledger.database import Database
from triage.ledger.recording import Stamp
from triage.ledger.records import NewEntry, Place
from triage.mailbox.connection import Mailbox
from triage.mailbox.failures import Busy
from triage.mailbox.fetching import Batch, arrival_time, fetch
from triage.mailbox.moving import standing
from triage.mailbox.naming import INBOX
from triage.mailbox.room import Room
from triage.pipeline import HistoryOf, Incoming, Reading, Setup, content_digest, decide_all
from triage.reading import Begun, Reader
from triage.recognising import recognise, tell_apart
from triage.turns import FEW, Places

# So many at once, that a full inbox neither fills the memory nor keeps the office's other work waiting.
AT_ONCE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep found and did."""

    found: int = 0  # messages that were new
    filed: int = 0
    copied: int = 0
    more: bool = False  # messages are left, or may have come meanwhile: sweep again at once
    withheld: int = 0  # listed by the server, which gave no data
    oldest_left: datetime | None = None  # arrival of the oldest message that is not decided yet


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A batch that is fetched and being read."""

    batch: Batch
    incoming: tuple[Incoming, ...] = field(repr=False)
    readings: Begun


def incoming_of(batch: Batch) -> tuple[Incoming, ...]:
    """Give what was fetched as the pipeline takes it."""
    return tuple(
        Incoming(raw=a.raw, received_at=a.received_at, size=a.size, truncated=a.truncated) for a in batch.arrivals
    )


class Sweeper:
    """Sweeps one office; kept across connections, since what it knows is in the ledger."""

    def __init__(
        self,
        database: Database,
        current: Callable[[], Setup],
        reader: Reader,
        *,
        salt: bytes,
        message_limit: int,
        clock: Callable[[], datetime],
        room: Room,
        places: Places,
        stopping: Callable[[], bool],
        tell: Callable[[Sequence[Triaged]], None],
    ) -> None:
        """Take what every sweep needs; `current` gives the setup in force, and always the same office.

        `places` are where so many offices at once decide and file much mail: more threads at work than there are cores
        would only keep the interpreter, and the ledger, from those that have one new message.
        Once `stopping`, a sweep ends with the batch in hand. `tell` is told of each batch that is decided and filed.
        """
        self._database = database
        self._current = current
        self._reader = reader
        self._salt = salt
        self._limit = message_limit
        self._clock = clock
        self._restored_at = doubt.restored_at(database)
        self._room = room
        self._places = places
        self._stopping = stopping
        self._tell = tell

    def sweep(self, mailbox: Mailbox) -> Swept:
        """Sweep INBOX once. Raises what the mailbox and the ledger raise; nothing is lost by it."""
        office = self._current().office
        live = office.mode is Mode.LIVE
        if live:
            with suppress(MailboxRefused, Busy):  # what is filed there is told of, and costs nothing else
                mailbox.ensure_folders(tuple(office.folders.values()))
        opened = mailbox.open(INBOX, readonly=not live)
        uidvalidity = opened.uidvalidity or 0
        waiting = mailbox.waiting()
        desk = self.desk(mailbox)
        filed = self._finish(desk, uidvalidity) if live and uidvalidity else 0
        if uidvalidity:
            known = recording.known_uids(self._database, office.id, uidvalidity, waiting)
        else:
            known = self._known_in_session(desk)
        new = [uid for uid in waiting if uid not in known]
        if live:
            find_unsure(desk, office.folders[Role.SENT])

        found = 0
        missing: list[int] = []
        batches = fetch(mailbox, new[:AT_ONCE], limit=self._limit, room=self._room)
        with closing(self._read_ahead(batches)) as taken_ahead:
            for taken in taken_ahead:
                missing += taken.batch.missing
                decided, filed_now = self._handle(desk, taken, uidvalidity)
                filed += filed_now
                found += len(decided)
                self._tell(decided)
                if self._stopping():
                    break
        if live and not uidvalidity and len(new) <= AT_ONCE and not self._stopping():
            filed += self._finish(desk, uidvalidity)  # what has not been found again by what it says is gone
        if missing:
            event_log.messages_withheld(office=office.id, uids=missing)
        copied = copy_to_sent(desk, office.folders[Role.SENT]) if live else 0
        left = next(iter(new[AT_ONCE:] or missing), None)
        return Swept(
            found=found,
            filed=filed,
            copied=copied,
            # News of mail that comes while we work is lost among the answers to our commands, and IDLE will not
            # repeat it: only after a sweep that had nothing to do but look is it safe to wait.
            more=len(new) > AT_ONCE or bool(found or filed or copied),
            withheld=len(missing),
            oldest_left=arrival_time(mailbox, left) if left else None,
        )

    @property
    def office(self) -> Office:
        """The office that is swept."""
        return self._current().office

    def desk(self, mailbox: Mailbox) -> Desk:
        """Where its filing is done."""
        return Desk(
            mailbox=mailbox,
            database=self._database,
            office=self.office.id,
            message_limit=self._limit,
            clock=self._clock,
        )

    def _finish(self, desk: Desk, uidvalidity: int) -> int:
        """Finish what an earlier sweep, connection or process left undone."""
        left = queue.open_filings(self._database, desk.office, now=self._clock())
        if not left:
            return 0
        return resume(desk, left, uidvalidity=uidvalidity)

    def _known_in_session(self, desk: Desk) -> set[int]:
        """UIDs that are dealt with, where UIDVALIDITY means nothing (pitfalls IMAP 17): they hold for this session.

        In a new one, and where something is due to be tried again, all is told by its content; what the ledger has of
        places is forgotten first, or another message would be filed for the one that stood there.
        """
        due = queue.open_filings(self._database, desk.office, now=self._clock())
        if due or not desk.mailbox.dealt_with:
            all_open = queue.open_filings(self._database, desk.office, now=None)
            standings.release_places(self._database, [filing.row for filing in all_open])
            desk.mailbox.dealt_with.clear()
        return desk.mailbox.dealt_with

    def _read_ahead(self, batches: Iterator[Batch]) -> Generator[_Taken]:
        """Have each batch fetched and read while the one before it is decided and filed, if there is room for both."""
        held: deque[_Taken] = deque()
        try:
            for batch in batches:
                held.append(self._begin(batch))
                while len(held) > 1 or (held and self._room.is_scarce()):
                    yield held[0]
                    self._room.give(held.popleft().batch.held)
            while held:
                yield held[0]
                self._room.give(held.popleft().batch.held)
        finally:
            for taken in held:
                self._room.give(taken.batch.held)

    def _begin(self, batch: Batch) -> _Taken:
        incoming, setup = incoming_of(batch), self._current()
        readings = self._reader.begin(incoming, setup.office, setup.own_addresses)
        return _Taken(batch=batch, incoming=incoming, readings=readings)

    def _handle(self, desk: Desk, taken: _Taken, uidvalidity: int) -> tuple[list[Triaged], int]:
        """Decide, commit and file a batch: what was decided, and how many were filed. Much at once waits its turn."""
        office = self.office
        places = {a.uid: Place(uidvalidity=uidvalidity, uid=a.uid) for a in taken.batch.arrivals}
        readings = taken.readings()
        # Whoever has a place waits for nobody: neither for room nor for the processes that read.
        with self._places.place() if len(readings) > FEW else nullcontext():
            if self._stopping():
                return [], 0  # a whole line of offices may have waited here; nothing of the batch is begun
            decided = self._take_in(desk, places, taken, readings)
            desk.mailbox.dealt_with.update(places)
            if office.mode is not Mode.LIVE:
                return decided, 0
            here = queue.open_filings(self._database, office.id, now=self._clock(), places=places.values())
            # Without UIDVALIDITY a move may have been begun in another session: it is looked for.
            return decided, file_messages(desk, here) if uidvalidity else resume(desk, here, uidvalidity=0)

    def _take_in(
        self, desk: Desk, places: Mapping[int, Place], taken: _Taken, readings: Sequence[Reading]
    ) -> list[Triaged]:
        """Decide a batch that is read, all of it by the rules in force now, and commit it."""
        setup, now = self._current(), self._clock()
        office = setup.office
        stamp = Stamp(office=office.id, mode=office.mode, salt=self._salt, now=now)
        history_of = self._history_of(office.id, now)
        results = decide_all(taken.incoming, readings, setup, now=now, history_of=history_of)
        read = [
            NewEntry(place=places[arrival.uid], content_digest=content_digest(result.message), triaged=result)
            for arrival, result in zip(taken.batch.arrivals, results, strict=True)
        ]
        new, again = tell_apart(self._database, office.id, read)
        recording.record(self._database, replace(stamp, out=self._out_before(desk, office, new)), new)
        for entry in new:
            event_log.message_decided(office=office.id, mode=office.mode.value, decision=entry.triaged.decision)
        if again:
            recognise(desk, stamp, again)
        return [entry.triaged for entry in new]

    def _out_before(self, desk: Desk, office: Office, new: Sequence[NewEntry]) -> frozenset[str]:
        """Of the replies planned, those that went out before the ledger was restored: they stand in Sent.

        By their Message-IDs, derived from the messages they answer; asked only for messages from before.
        """
        if self._restored_at is None or office.mode is not Mode.LIVE:
            return frozenset()
        old = [e for e in new if (e.triaged.message.received_at or self._restored_at) <= self._restored_at]
        replies = [effect for entry in old for effect in entry.triaged.decision.plan if isinstance(effect, Reply)]
        return standing(desk.mailbox, office.folders[Role.SENT], [reply.mail.message_id for reply in replies])

    def _history_of(self, office: str, now: datetime) -> HistoryOf:
        return partial(archive.histories, self._database, office, salt=self._salt, now=now)
