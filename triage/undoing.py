"""Takes filings back: mail that the service moved, and nobody has touched since, goes back to INBOX.

What a person did stands: a message that was read, answered, flagged, moved or deleted is left, and said so. Each filing
is claimed in the ledger before the mailbox is touched, and looked for before anything is repeated, so that a second run
does nothing and one that was killed is finished by the next.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage.errors import MailboxRefused
from triage.ledger import reversals
from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.reversals import Filed
from triage.mailbox.connection import Mailbox, Opened
from triage.mailbox.failures import Busy
from triage.mailbox.locating import Sought, Standing, locate
from triage.mailbox.moving import move, remove
from triage.mailbox.naming import INBOX


class Fate(StrEnum):
    """What undoing makes of one filing."""

    BACK = "back"  # it goes back to INBOX, or has gone
    TOUCHED = "touched"  # a person did something with it since: left
    GONE = "gone"  # it does not stand where the service put it: left
    BEING_FILED = "being filed"  # the service is at it: left
    UNDONE = "undone"  # by an earlier run


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One filing, and what is to become of it."""

    filed: Filed
    fate: Fate
    why: str = ""  # of what was touched: "it was read"
    uid: int = 0  # where it stands in its folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What undoing came to in one office."""

    found: tuple[Found, ...]
    withdrawn: int = 0  # mails that had not gone out, and never will
    failures: tuple[str, ...] = ()  # sentences: folders that the server refused


def look(mailbox: Mailbox, filings: Sequence[Filed], *, limit: int) -> list[Found]:
    """Find out what would be undone, read-only."""
    found = [Found(filed=one, fate=_SETTLED[one.state]) for one in filings if one.state in _SETTLED]
    present = set(mailbox.folders())
    for folder, group in _by_folder(filings).items():
        if folder in present:
            found += _looked(mailbox, mailbox.open(folder, readonly=True), group, limit)
        else:
            found += [_gone(one) for one in group]
    return sorted(found, key=lambda one: one.filed.row)


def undo(
    mailbox: Mailbox,
    database: Database,
    filings: Sequence[Filed],
    *,
    limit: int,
    clock: Callable[[], datetime],
) -> Undone:
    """Take back what can be; looks anew, since time has passed since the plan was shown.

    A folder that the server refuses costs only its own messages. Raises MailboxUnavailable where the connection
    breaks: what was done before is recorded, and the next run finishes the rest.
    """
    found = [Found(filed=one, fate=_SETTLED[one.state]) for one in filings if one.state in _SETTLED]
    failures: list[str] = []
    withdrawn = 0
    present = set(mailbox.folders())
    for folder, group in _by_folder(filings).items():
        landed: list[Found] = []
        try:
            if folder in present:
                landed = _undo_in(mailbox, database, folder, group, limit)
            else:
                landed = [_gone(one) for one in group]
        except (MailboxRefused, Busy) as error:
            failures.append(str(error))
        back = [one.filed for one in landed if one.fate is Fate.BACK]
        withdrawn += reversals.settle_undone(database, back, now=clock())
        found += landed
    return Undone(
        found=tuple(sorted(found, key=lambda one: one.filed.row)), withdrawn=withdrawn, failures=tuple(failures)
    )


_SETTLED = {EffectState.PLANNED: Fate.BEING_FILED, EffectState.UNDONE: Fate.UNDONE}


def _by_folder(filings: Sequence[Filed]) -> Mapping[str, list[Filed]]:
    grouped: defaultdict[str, list[Filed]] = defaultdict(list)
    for one in filings:
        if one.state not in _SETTLED:
            grouped[one.folder].append(one)
    return grouped


def _looked(mailbox: Mailbox, opened: Opened, group: Sequence[Filed], limit: int) -> list[Found]:
    known = [sought(one, opened) for one in group]
    standing = locate(mailbox, known, limit=limit, sure=True)
    return [_judged(one, standing.get(one.row), opened) for one in group]


def _judged(filed: Filed, standing: Standing | None, opened: Opened) -> Found:
    if standing is None or "\\DELETED" in standing.flags:
        return _gone(filed)
    why = _touch(filed, standing.flags, opened)
    return Found(filed=filed, fate=Fate.TOUCHED if why else Fate.BACK, why=why, uid=standing.uid)


def _touch(filed: Filed, flags: frozenset[str], opened: Opened) -> str:
    """What a person, or their mail program, did with the message; empty: nothing that can be seen."""
    for flag, words in (("\\ANSWERED", "it was answered"), ("\\SEEN", "it was read")):
        if flag in flags:
            return words
    ours = {flag.upper() for flag in filed.flags}
    if others := sorted(flags - ours):
        return f"it was marked {' '.join(others)}"
    # A keyword that the folder does not know was never kept, and nobody took it off. Of a filing that an earlier run
    # began to take back, that run may have.
    missing = sorted(flag for flag in ours - flags if flag.startswith("\\") or flag in opened.flags)
    if missing and filed.state is not EffectState.UNDOING:
        return f"{' '.join(missing)} was taken off"
    return ""


def _gone(filed: Filed) -> Found:
    # Where a move back was begun and the message is not in the folder any more, that move has happened.
    return Found(filed=filed, fate=Fate.BACK if filed.state is EffectState.UNDOING else Fate.GONE)


def _undo_in(mailbox: Mailbox, database: Database, folder: str, group: Sequence[Filed], limit: int) -> list[Found]:
    opened = mailbox.open(folder, readonly=False)
    looked = _looked(mailbox, opened, group, limit)
    claimed = reversals.claim(database, [one.filed for one in looked if one.fate is Fate.BACK])
    lost = [one.filed for one in looked if one.fate is Fate.BACK and one.filed.row not in claimed]
    movable = [one for one in looked if one.filed.row in claimed and one.uid]
    copied = _copied_before(mailbox, [one.filed for one in movable], limit)
    _take_flags_off(mailbox, movable)
    remove(mailbox, [one.uid for one in movable if one.filed.row in copied])
    rest = [one for one in movable if one.filed.row not in copied]
    moved = move(mailbox, [one.uid for one in rest], INBOX)
    overtaken = [one.filed for one in rest if one.uid not in moved]
    # Whether it is back is not known: it stays begun, and the next run looks.
    lost += [one.filed for one in rest if one.uid in moved and moved[one.uid] is None]
    reversals.release(database, overtaken)
    instead = {one.row: Found(filed=one, fate=Fate.GONE) for one in overtaken} | {
        one.row: Found(filed=one, fate=Fate.BEING_FILED) for one in lost
    }
    return [instead.get(one.filed.row, one) for one in looked]


def _copied_before(mailbox: Mailbox, filings: Sequence[Filed], limit: int) -> frozenset[int]:
    """Rows whose copy stands in INBOX from a run that was killed before it removed the original (no MOVE there)."""
    begun = [one for one in filings if one.state is EffectState.UNDOING]
    if mailbox.can_move or not begun:
        return frozenset()
    with mailbox.visiting(INBOX) as inbox:
        del inbox
        return frozenset(locate(mailbox, [sought(one) for one in begun], limit=limit, sure=True))


def _take_flags_off(mailbox: Mailbox, found: Sequence[Found]) -> None:
    """Before the move, which carries flags along and may not tell where the message has landed."""
    by_flags: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for one in found:
        if one.filed.flags:
            by_flags[one.filed.flags].append(one.uid)
    for flags, uids in by_flags.items():
        mailbox.remove_flags(uids, flags)


def sought(filed: Filed, opened: Opened | None = None) -> Sought:
    """What to look for: by UID too, where the open folder is still the one that the message was moved into."""
    here = opened is not None and bool(filed.uidvalidity) and opened.uidvalidity == filed.uidvalidity
    return Sought(
        row=filed.row,
        message_id=filed.rfc_message_id,
        size=filed.size,
        digest=filed.digest,
        uid=filed.uid if here else 0,
    )
