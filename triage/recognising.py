"""Messages whose content the ledger knows already: the same mail again, or a person's or server's doing.

A new UID is not always a new message. Nobody is answered twice for the same mail, whatever the mailbox did:

    UIDVALIDITY changed (restored, rebuilt)     the known message stands elsewhere now; filed, never answered again
    the first is gone from INBOX, not by us     a scanner put a copy in its place (pitfalls IMAP 28): the same message
    the first still stands where it belongs     delivered twice: filed beside the first
    the first stands nowhere any more           a person put it back into INBOX: theirs, left alone (pitfalls IMAP 30)
    its filing was undone, or is being          a person had it put back (`triage undo`): left alone
    its decision was purged for its age         left alone: it was dealt with years ago
    its filing was dropped                      a person had it left there (`triage effects drop`): left alone
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from triage import event_log
from triage.core.effects import AddFlags, Effect, MoveTo
from triage.core.office import Mode
from triage.effects.filing import Desk
from triage.ledger import recording, reversals
from triage.ledger.database import Database
from triage.ledger.recording import Stamp
from triage.ledger.records import KnownMessage, NewEntry, Place, Repeat
from triage.mailbox.locating import Sought, landed


def tell_apart(database: Database, office: str, read: Sequence[NewEntry]) -> tuple[list[NewEntry], list[NewEntry]]:
    """Part a batch into what is new to this office and what it has had before, in this batch or earlier."""
    seen = set(recording.known_contents(database, office, [entry.content_digest for entry in read]))
    new: list[NewEntry] = []
    again: list[NewEntry] = []
    for entry in read:
        (again if entry.content_digest in seen else new).append(entry)
        seen.add(entry.content_digest)
    return new, again


def recognise(desk: Desk, stamp: Stamp, again: Sequence[NewEntry]) -> None:
    """Record what each known message's new place means; INBOX is open."""
    known = recording.known_contents(desk.database, desk.office, [entry.content_digest for entry in again])
    undone = reversals.undone_contents(desk.database, desk.office, known)
    in_inbox = set(desk.mailbox.waiting())
    elsewhere: dict[int, Place] = {}
    repeats: list[Repeat] = []
    put_back = _put_back(desk, [first for content, first in known.items() if content not in undone], in_inbox)
    for entry in again:
        first = known[entry.content_digest]
        if entry.content_digest in undone or first.purged:
            if entry.place.uidvalidity:  # else it is told by its content again, at each sweep
                repeats.append(_repeat(entry, first, ()))
            continue
        if first.row in put_back and not entry.place.uidvalidity:
            continue  # a person's, told by its content again in each session
        replaced = not first.moved and first.place.uid not in in_inbox and first.row not in elsewhere
        if replaced or not first.place.uidvalidity or first.place.uidvalidity != entry.place.uidvalidity:
            elsewhere[first.row] = entry.place
        else:
            repeats.append(_repeat(entry, first, () if first.row in put_back else _as_the_first(first)))
    recording.rekey(desk.database, elsewhere)
    recording.plan_again(desk.database, desk.office, list(elsewhere), stamp.now)
    recording.record(desk.database, stamp, [], repeats)
    returned = sum(repeat.returned for repeat in repeats)
    event_log.messages_repeated(office=desk.office, duplicates=len(again) - returned, returned=returned)


def _put_back(desk: Desk, known: Iterable[KnownMessage], in_inbox: set[int]) -> set[int]:
    """Rows of messages that stand neither where they were put nor where they came: a person has them in INBOX again."""
    by_folder: defaultdict[str, list[KnownMessage]] = defaultdict(list)
    for first in known:
        if first.moved and first.mode is Mode.LIVE and not (first.place.uidvalidity and first.place.uid in in_inbox):
            by_folder[first.folder].append(first)
    rows: set[int] = set()
    for folder, group in by_folder.items():
        sought = [Sought(row=f.row, message_id=f.rfc_message_id, size=f.size, digest=f.digest) for f in group]
        found = landed(desk.mailbox, folder, sought, limit=desk.message_limit)
        rows |= {first.row for first in group if first.row not in found}
    return rows


def _as_the_first(first: KnownMessage) -> tuple[Effect, ...]:
    """File it beside the first."""
    move = MoveTo(folder=first.folder)
    return (AddFlags(flags=first.flags), move) if first.flags else (move,)


def _repeat(entry: NewEntry, first: KnownMessage, plan: tuple[Effect, ...]) -> Repeat:
    return Repeat(
        place=entry.place,
        content_digest=entry.content_digest,
        message=entry.triaged.message,
        same_as=first.row,
        returned=not plan,
        plan=plan,
    )
