"""Sends composed mail from the ledger's outbox: replies, forwards and notices, of all offices, by one relay."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage import event_log
from triage.core.retry import OUTGOING, delay
from triage.effects.relay import Relay
from triage.errors import ConfigurationError, MailDeferred, MailRefused, RelayUnavailable
from triage.ledger import queue
from triage.ledger.database import Database
from triage.ledger.records import QueuedMail

AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What one pass over the outbox came to."""

    sent: int
    postponed: int
    failed: int
    offices: frozenset[str]  # whose replies are out and wait for their copy in Sent
    trouble: str = ""  # why the relay could not be used; empty: it could


def send_due(
    database: Database,
    open_relay: Callable[[], Relay],
    *,
    clock: Callable[[], datetime],
    rand: Callable[[], float] = random.random,
) -> Sending:
    """Send all mail that is due; each mail's fate is recorded before the next is begun.

    A mail that the relay defers is due again later, with growing pauses, for five days (RFC 5321 §4.5.4.1), then it
    has failed; one that the relay refuses has failed at once. A failed mail is kept in the record with its reason.
    """
    sent = postponed = failed = 0
    offices: set[str] = set()
    trouble = ""
    queue.drop_withdrawn(database)
    with open_relay() as relay:
        while not trouble and (mails := queue.mail_to_send(database, now=clock(), most=AT_ONCE)):
            for mail in mails:
                try:
                    relay.send(mail)
                except (RelayUnavailable, ConfigurationError) as error:
                    # The relay's trouble, not the mail's: it costs no mail a try, and the rest would meet it too.
                    trouble = str(error)
                    break
                except MailDeferred as error:
                    if _postpone(database, mail, str(error), clock(), rand):
                        postponed += 1
                    else:
                        failed += 1
                except MailRefused as error:
                    _give_up(database, mail, str(error), clock())
                    failed += 1
                else:
                    queue.mail_sent(database, mail, now=clock())
                    event_log.mail_sent(office=mail.office, kind=mail.kind, effect=mail.effect)
                    offices.add(mail.office)
                    sent += 1
    return Sending(sent=sent, postponed=postponed, failed=failed, offices=frozenset(offices), trouble=trouble)


def _postpone(database: Database, mail: QueuedMail, why: str, now: datetime, rand: Callable[[], float]) -> bool:
    """Set when the mail is tried again; False where its time is over and it has failed."""
    pause = delay(OUTGOING, mail.attempts + 1, rand())
    if pause is None:
        _give_up(database, mail, why, now)
        return False
    queue.postpone(database, [mail.effect], until=now + timedelta(seconds=pause), why=why)
    event_log.mail_postponed(office=mail.office, kind=mail.kind, effect=mail.effect, seconds=round(pause))
    return True


def _give_up(database: Database, mail: QueuedMail, why: str, now: datetime) -> None:
    queue.mail_failed(database, mail, why=why, now=now)
    event_log.mail_failed(office=mail.office, kind=mail.kind, effect=mail.effect, attempts=mail.attempts + 1)
