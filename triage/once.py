"""`run --once`: what is there is handled, its effects are done, and that is all."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from triage.core.office import Mode
from triage.effects.outgoing import Outgoing, Sending
from triage.errors import TriageError
from triage.ledger import queue
from triage.mailbox.connection import Mailbox
from triage.ownership import Beating, ownership_of
from triage.parts import Clock, Parts, account_of, calls_of, model_in_use, outgoing_of, sweeper_for, utc_now
from triage.settings import OfficeSettings
from triage.sweep import Sweeper


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceResult:
    """What `run --once` came to."""

    decided: int
    failures: tuple[str, ...]  # sentences, one for each office or server that could not be used
    unfinished: int  # effects that are still open


def run_once(parts: Parts, offices: Sequence[OfficeSettings], *, clock: Clock = utc_now) -> OnceResult:
    """Handle what is there, wait for its effects, and return; one office's failure costs no other."""
    decided = 0
    failures: list[str] = []
    ownership = ownership_of(parts.database, [office.id for office in offices], guest=True)
    with ownership.owned(), Beating(ownership) as tenures, ExitStack() as stack:
        mailboxes: dict[str, tuple[Mailbox, Sweeper]] = {}
        for office in offices:
            tenure = tenures.get(office.id)
            if tenure is None:
                failures.append(f"office '{office.id}' is another triage process's; its mail is left to that one")
                continue
            try:
                mailbox = stack.enter_context(Mailbox.connect(account_of(office), still=tenure.still))
                sweeper = sweeper_for(parts, tenure, clock)
                mailboxes[office.id] = (mailbox, sweeper)
                while True:
                    swept = sweeper.sweep(mailbox)
                    decided += swept.found
                    if not swept.more:
                        break
            except TriageError as error:
                failures.append(str(error))
                mailboxes.pop(office.id, None)
        try:
            calling = calls_of(parts, lambda: tenures, clock).send_due()
            sending = _send_all(outgoing_of(parts, lambda: tenures, clock))
            failures += [one.trouble for one in (calling, sending) if one.trouble]
            for office_id in sending.offices & mailboxes.keys():
                mailbox, sweeper = mailboxes[office_id]
                sweeper.sweep(mailbox)
        except TriageError as error:
            failures.append(str(error))
        model_in_use(parts.reader)
        live = [office.id for office in offices if office.mode is Mode.LIVE]
        return OnceResult(decided=decided, failures=tuple(failures), unfinished=queue.open_count(parts.database, live))


def _send_all(outgoing: Outgoing) -> Sending:
    """One pass, or as many as a relay that is paced needs."""
    offices: set[str] = set()
    while True:
        sending = outgoing.send_due()
        offices |= sending.offices
        if not sending.wait:
            return replace(sending, offices=offices)
        time.sleep(sending.wait)
