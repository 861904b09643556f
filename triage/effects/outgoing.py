"""Sends what is composed in the ledger's outbox, of all offices: mail by one relay, and calls of webhooks."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from triage import event_log
from triage.core.retry import OUTGOING, RELAY, Schedule, delay
from triage.effects.pacing import Pacer
from triage.errors import ConfigurationError, MailDeferred, MailInterrupted, MailRefused, RelayUnavailable
from triage.ledger import queue
from triage.ledger.database import Database
from triage.ledger.records import QueuedMail
from triage.ownership import Tenure

AT_ONCE = 50
# A relay that puts off so many in a row puts off all: the rest is not shown to it as well.
MOST_DEFERRED = 10


class Channel(Protocol):
    """How something goes out: a relay, or webhooks; opened for one pass."""

    def __enter__(self) -> Self:
        """Begin the pass."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""

    def send(self, mail: QueuedMail, /, *, still: Callable[[], None]) -> None:
        """Hand one over; `still` is asked before it is given away for good, and raises LeaseLost.

        Raises RelayUnavailable, ConfigurationError, MailDeferred, MailInterrupted or MailRefused.
        """

    def sever(self) -> None:
        """Cut it, from another thread, so that nobody waits there for an answer."""


@dataclass(slots=True, kw_only=True)
class Sending:
    """What one pass over the outbox came to."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    offices: set[str] = field(default_factory=set)  # whose replies are out and wait for their copy in Sent
    trouble: str = ""  # why the relay could not be used; empty: it could
    schedule: Schedule = RELAY  # how long it is left alone then
    wait: float = 0.0  # seconds until the relay may be given more, where it is paced; else 0


class Outgoing:
    """Sends, pass after pass; used by one thread, and kept for as long as that one sends."""

    def __init__(
        self,
        database: Database,
        open_channel: Callable[[], Channel],
        *,
        kinds: Sequence[str] = queue.MAIL,
        held: Callable[[], Mapping[str, Tenure]],
        pacer: Pacer,
        clock: Callable[[], datetime],
        rand: Callable[[], float] = random.random,
    ) -> None:
        """Send what is of these `kinds`, of the offices that are `held`; `clock` gives aware times, `rand` jitter."""
        self._database = database
        self._held = held
        self._open_channel = open_channel
        self._kinds = kinds
        self._pacer = pacer
        self._clock = clock
        self._rand = rand
        # Out, and the ledger could not be told. Nothing more is sent until it has been, or these would go out again.
        self._unrecorded: list[QueuedMail] = []
        self._stopped = False
        self._channel: Channel | None = None  # while a pass is under way
        self._in_hand = ""  # office of what is being sent

    def stop(self) -> None:
        """End the pass after the mail in hand; from any thread."""
        self._stopped = True

    def sever(self) -> None:
        """Do not wait for the answer to the mail in hand: what then may be out goes out again, as after a kill."""
        if channel := self._channel:
            channel.sever()

    def busy(self) -> frozenset[str]:
        """Offices of which something is being sent, or is out and not recorded; any thread may ask."""
        return frozenset({self._in_hand, *(mail.office for mail in self._unrecorded)})

    def send_due(self) -> Sending:
        """Send all mail that is due; each mail's fate is recorded before the next is begun.

        A mail that the relay defers is due again later, with growing pauses, for five days (RFC 5321 §4.5.4.1), then it
        has failed; one that the relay refuses has failed at once. A failed mail is kept with its reason. A relay in
        trouble costs no mail a try, but the one that it had in hand. Raises LedgerUnavailable.
        """
        try:
            self.record_sent()
            queue.drop_withdrawn(self._database, self._held(), self._kinds)
            with self._open_channel() as channel:
                self._channel = channel
                return self._pass(channel)
        finally:
            self._in_hand = ""

    def _pass(self, channel: Channel) -> Sending:
        sending, in_a_row = Sending(), 0
        while mails := self._due(held := self._held()):
            for mail in mails:
                if self._stopped:
                    return sending
                self._in_hand = mail.office
                tenure = self._held().get(mail.office)
                if tenure is None or tenure is not held[mail.office]:
                    continue  # it was another process's since it was listed, which may have sent it
                sending.wait = self._pacer.wait()
                if sending.wait:
                    return sending
                before = sending.postponed
                self._send(channel, mail, tenure, sending)
                in_a_row = in_a_row + 1 if sending.postponed > before else 0
                if in_a_row == MOST_DEFERRED and not sending.trouble:
                    sending.trouble = "everything is put off; triage effects list says why"
                if sending.trouble:
                    return sending
        return sending

    def _due(self, held: Mapping[str, Tenure]) -> list[QueuedMail]:
        now = self._clock()
        return queue.mail_to_send(self._database, held, now=now, most=AT_ONCE, kinds=self._kinds)

    def record_sent(self) -> None:
        """Tell the ledger of mails that are out and that it could not be told of. Raises LedgerUnavailable."""
        while self._unrecorded:
            mail = self._unrecorded[0]
            # Under no fence: it is out, whoever holds the office now, who would send it again.
            queue.mail_sent(self._database, mail, now=self._clock())
            event_log.mail_sent(office=mail.office, kind=mail.kind, effect=mail.effect)
            del self._unrecorded[0]

    def _send(self, channel: Channel, mail: QueuedMail, tenure: Tenure, sending: Sending) -> None:
        tenure.still()
        self._pacer.spend()
        try:
            channel.send(mail, still=tenure.still)
        except (RelayUnavailable, ConfigurationError) as error:
            # The relay's trouble, not the mail's: it costs no mail a try, and the rest would meet it too.
            sending.trouble = str(error)
            sending.schedule = getattr(error, "schedule", RELAY)
        except MailDeferred as error:
            if self._postpone(tenure.database, mail, str(error)):
                sending.postponed += 1
            else:
                sending.failed += 1
            if isinstance(error, MailInterrupted):
                # Another mail is first next time, so that one which the relay chokes on keeps back no other.
                sending.trouble, sending.schedule = str(error), error.schedule
        except MailRefused as error:
            self._give_up(tenure.database, mail, str(error))
            sending.failed += 1
        else:
            self._unrecorded.append(mail)
            self.record_sent()
            sending.offices.add(mail.office)
            sending.sent += 1

    def _postpone(self, database: Database, mail: QueuedMail, why: str) -> bool:
        """Set when the mail is tried again; False where its time is over and it has failed."""
        pause = delay(OUTGOING, mail.attempts + 1, self._rand())
        if pause is None:
            self._give_up(database, mail, why)
            return False
        queue.postpone(database, [mail.effect], until=self._clock() + timedelta(seconds=pause), why=why)
        event_log.mail_postponed(office=mail.office, kind=mail.kind, effect=mail.effect, seconds=round(pause))
        return True

    def _give_up(self, database: Database, mail: QueuedMail, why: str) -> None:
        queue.mail_failed(database, mail, why=why, now=self._clock())
        event_log.mail_failed(office=mail.office, kind=mail.kind, effect=mail.effect, attempts=mail.attempts + 1)
