"""Files messages: flags and moves, in one command for each folder, and copies of replies in the Sent folder.

After a crash the ledger cannot know whether a move happened: `resume` asks the mailbox before a move is repeated.
What a person did with a message in the meantime stands.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triage import event_log
from triage.errors import MailboxRefused
from triage.ledger import doubt, queue
from triage.ledger.database import Database
from triage.ledger.records import EffectState, Filing, QueuedMail
from triage.mailbox.connection import Mailbox
from triage.mailbox.failures import Busy
from triage.mailbox.locating import Sought, landed
from triage.mailbox.moving import UNTOLD, Landing, move, present, remove, standing

Outcome = tuple[EffectState, Mapping[str, Any] | None]
# A refused folder is a person's to mend: asking often changes nothing.
REFUSED_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where filing is done: one office's mailbox and the ledger that is told of it."""

    mailbox: Mailbox
    database: Database
    office: str
    message_limit: int  # bytes; of larger messages the ledger has the digest of a part
    clock: Callable[[], datetime]


def file_messages(desk: Desk, filings: Sequence[Filing]) -> int:
    """Flag and move messages that stood in INBOX a moment ago; INBOX is selected. How many were filed.

    A folder that the server refuses, or that is in use or full, costs only its own messages: they stay in INBOX and are
    due again later. So is a message of which the server does not say that it moved it: then it is looked for first.
    Raises MailboxUnavailable where the connection breaks; what was done before that is recorded.
    """
    filed = overtaken = 0
    for folder, group in _by_folder(filings).items():
        try:
            landings = _flag_and_move(desk.mailbox, folder, group)
        except (MailboxRefused, Busy) as error:
            _try_later(desk, group, str(error))
            continue
        done = {f: _done(landing) for f in group if (landing := landings.get(f.place.uid))}
        gone = dict.fromkeys([f for f in group if f.place.uid not in landings], _OVERTAKEN)
        _settle(desk, {**done, **gone})
        if unknown := [f for f in group if f not in done and f not in gone]:
            _try_later(desk, unknown, f"the server does not say whether it moved the message into '{folder}'")
        filed += len(done)
        overtaken += len(gone)
    if filed or overtaken:
        event_log.messages_filed(office=desk.office, filed=filed, overtaken=overtaken)
    return filed


def resume(desk: Desk, filings: Sequence[Filing], *, uidvalidity: int) -> int:
    """File messages of which it is not known whether the move was begun: look before repeating.

    INBOX is selected, before and after. A message that stands in its folder already is done; if the original is in
    INBOX too, a copy was made and the original not yet removed (no MOVE on that server), and it is removed now.
    """
    there = [f for f in filings if f.place.uidvalidity == uidvalidity]
    # Without UIDVALIDITY, only what this session has dealt with stands where the ledger has it.
    ours = {f.row: f.place.uid for f in there if uidvalidity or f.place.uid in desk.mailbox.dealt_with}
    in_inbox = present(desk.mailbox, sorted(ours.values()))
    # An original may be marked already and not yet expunged, which is where a copying server leaves it for a moment.
    marked = set() if desk.mailbox.can_move else set(desk.mailbox.search(["DELETED"]))
    to_file: list[Filing] = []
    # What came twice with the very same bytes is two messages: a copy that stands for another proves nothing, and
    # what has left INBOX is sought before what has not.
    twins = queue.twins(desk.database, [filing.row for filing in filings])
    filings = sorted(filings, key=lambda filing: filing.place.uid in in_inbox)
    for folder, group in _by_folder(filings).items():
        try:
            found = _found(desk, folder, group, twins.get(folder or "", ()))
        except (MailboxRefused, Busy) as error:
            _try_later(desk, group, str(error))
            continue
        here = {f for f in group if ours.get(f.row) in in_inbox}
        remove(desk.mailbox, [ours[f.row] for f in group if f.row in found and ours.get(f.row) in in_inbox | marked])
        to_file += [f for f in group if f in here and f.row not in found]
        _settle(desk, {f: _done(found[f.row]) for f in group if f.row in found})
        _settle(desk, dict.fromkeys([f for f in group if f.row not in found and f not in here], _OVERTAKEN))
    return file_messages(desk, to_file)


def copy_to_sent(desk: Desk, folder: str) -> int:
    r"""Append replies that went out to the Sent folder, \Seen; how many were copied.

    A reply that stands there already, by its Message-ID, is not copied twice. One that the server does not take is due
    again later, and keeps back neither the others nor new mail.
    """
    copied = 0
    while mails := queue.mail_to_copy(desk.database, desk.office, now=desk.clock(), most=50):
        try:
            there = standing(desk.mailbox, folder, [mail.message_id for mail in mails])
        except (MailboxRefused, Busy) as error:
            _copy_later(desk, mails, str(error))
            continue
        for mail in mails:
            try:
                if mail.message_id not in there:
                    desk.mailbox.append(folder, mail.content, flags=("\\Seen",), when=desk.clock())
            except (MailboxRefused, Busy) as error:
                _copy_later(desk, [mail], str(error))
                continue
            queue.mail_copied(desk.database, [mail], now=desk.clock())
            copied += 1
    return copied


def find_unsure(desk: Desk, folder: str) -> int:
    """Look in the Sent folder for replies that a restored ledger has as not sent; how many are out.

    By their Message-IDs, which are derived from the messages they answer. The others are due to be sent.
    """
    out = 0
    while unsure := doubt.unsure_replies(desk.database, desk.office, most=50):
        try:
            there = standing(desk.mailbox, folder, [one.message_id for one in unsure])
        except (MailboxRefused, Busy) as error:
            event_log.filing_failed(office=desk.office, count=len(unsure), error=str(error))
            break  # they stay unsure, and are not sent
        found = [one.effect for one in unsure if one.message_id in there]
        rest = [one.effect for one in unsure if one.message_id not in there]
        doubt.settle_unsure(desk.database, out=found, waiting=rest, now=desk.clock())
        out += len(found)
    return out


def _by_folder(filings: Sequence[Filing]) -> Mapping[str | None, list[Filing]]:
    grouped: defaultdict[str | None, list[Filing]] = defaultdict(list)
    for filing in filings:
        grouped[filing.folder].append(filing)
    return grouped


def _flag_and_move(mailbox: Mailbox, folder: str | None, filings: Sequence[Filing]) -> Mapping[int, Landing | None]:
    """Flags first, since MOVE and COPY carry them along (RFC 6851 §3.3). By UID: where those moved have landed."""
    by_flags: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for filing in filings:
        if filing.flags:
            by_flags[filing.flags].append(filing.place.uid)
    for flags, uids in by_flags.items():
        mailbox.add_flags(uids, flags)
    uids = [filing.place.uid for filing in filings]
    return move(mailbox, uids, folder) if folder else dict.fromkeys(uids, UNTOLD)


def _found(
    desk: Desk, folder: str | None, group: Sequence[Filing], twins: Iterable[tuple[int, int]]
) -> Mapping[int, Landing]:
    """By row, where those stand that are in their folder already."""
    if not folder:
        return {}
    sought = [Sought(row=f.row, message_id=f.rfc_message_id, size=f.size, digest=f.digest) for f in group]
    others = [Landing(*place) for place in twins]
    return landed(desk.mailbox, folder, sought, limit=desk.message_limit, others=others)


def _done(landing: Landing) -> Outcome:
    where = {"uidvalidity": landing.uidvalidity, "uid": landing.uid} if landing != UNTOLD else None
    return EffectState.DONE, where


_OVERTAKEN: Outcome = (
    EffectState.OVERTAKEN,
    {"note": "a person had moved or deleted the message before the service did"},
)


def _settle(desk: Desk, outcomes: Mapping[Filing, Outcome]) -> None:
    by_effect = {row: outcome for filing, outcome in outcomes.items() for row in filing.effects}
    queue.settle(desk.database, by_effect, now=desk.clock())


def _try_later(desk: Desk, group: Sequence[Filing], why: str) -> None:
    event_log.filing_failed(office=desk.office, count=len(group), error=why)
    rows = [row for filing in group for row in filing.effects]
    queue.postpone(desk.database, rows, until=desk.clock() + REFUSED_PAUSE, why=why)


def _copy_later(desk: Desk, mails: Sequence[QueuedMail], why: str) -> None:
    event_log.filing_failed(office=desk.office, count=len(mails), error=why)
    rows = [mail.effect for mail in mails]
    queue.postpone(desk.database, rows, until=desk.clock() + REFUSED_PAUSE, why=why, state=EffectState.SENT)
