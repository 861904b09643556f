"""Compares an office's mailbox with the ledger, finds what neither explains, and repairs what is safe.

What a person did is no error, and is never undone: a message that stands nowhere was moved or deleted by somebody.
Only three things are repaired, and to repeat them changes nothing: effects that are still open are finished; a message
that stands in INBOX as if it had never been moved is filed again; and where another message has taken a place in INBOX,
the place is forgotten, so that the next sweep decides that one. Nobody is answered by any of it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage import event_log
from triage.core import mime
from triage.core.office import Office, Role
from triage.effects.filing import Desk, copy_to_sent, find_unsure, resume
from triage.ledger import queue, recording, standings
from triage.ledger.records import EffectState
from triage.ledger.standings import Recorded
from triage.mailbox.listing import Listed, listed, plain_name, whole
from triage.mailbox.locating import Sought, landed
from triage.mailbox.moving import standing
from triage.mailbox.naming import INBOX
from triage.pipeline import content_digest

# Of messages that no Message-ID explains, so many are read and compared by what they say.
READ_AT_MOST = 200


class Kind(StrEnum):
    """What a finding is; the words are what people are told."""

    LOST_MOVE = "in INBOX though filed"
    UID_TAKEN = "another message under a known UID"
    STILL_OPEN = "not finished"
    GONE = "filed, stands nowhere now"
    MOVED_ON = "filed, stands in another folder now"
    PUT_BACK = "filed, put back into INBOX"
    UNKNOWN = "in our folders, never decided"
    TWICE = "more often in our folders than filed"
    NO_COPY = "answered, no copy in Sent"


REPAIRED = frozenset({Kind.LOST_MOVE, Kind.UID_TAKEN, Kind.STILL_OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One message that mailbox and ledger do not agree about."""

    kind: Kind
    reference: str = ""  # empty where the ledger has none
    folder: str = ""  # where it stands
    uid: int = 0  # there


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much is compared."""

    since: datetime | None = None  # aware: decided since; None: ever
    most: int = 1_000_000  # decisions, newest first; of each folder twice as many messages, newest first


def reconcile(desk: Desk, office: Office, scope: Scope, *, repair: bool) -> list[Finding]:
    """Compare, and repair what is safe; without `repair`, only look. INBOX is open afterwards.

    Raises MailboxUnavailable, MailboxRefused or LedgerUnavailable; what was repaired before that stays so.
    """
    mailbox = desk.mailbox
    sent = office.folders[Role.SENT]
    present = set(mailbox.folders())
    ours = [name for name in dict.fromkeys(office.folders.values()) if name in present and name not in {sent, INBOX}]
    taken, lost = _in_inbox(desk)
    unfinished = queue.open_filings(desk.database, desk.office, now=None)
    if repair:
        _repair(desk, taken, lost, sent)
    found = [Finding(kind=Kind.UID_TAKEN, reference=one.reference, folder=INBOX, uid=one.uid) for one in taken]
    found += [Finding(kind=Kind.LOST_MOVE, reference=one.reference, folder=INBOX, uid=one.uid) for one in lost]
    found += [Finding(kind=Kind.STILL_OPEN, folder=one.folder or INBOX, uid=one.place.uid) for one in unfinished]
    stands = [one for folder in ours for one in listed(mailbox, folder, newest=2 * scope.most)]
    found += _filed(desk, stands, scope, but={one.row for one in lost})
    found += _unexplained(desk, stands)
    found += _without_copy(desk, sent, scope)
    mailbox.open(INBOX, readonly=not repair)
    counts = Counter(one.kind for one in found)
    kinds = {kind.name.lower(): count for kind, count in counts.items()}
    event_log.office_reconciled(office=desk.office, repaired=repair, found=kinds)
    return found


def _in_inbox(desk: Desk) -> tuple[list[Recorded], list[Recorded]]:
    """Messages whose recorded place in INBOX another message has taken, and those that stand there though filed."""
    opened = desk.mailbox.open(INBOX, readonly=True)
    known = standings.at_places(desk.database, desk.office, opened.uidvalidity or 0, desk.mailbox.waiting())
    by_uid = {one.uid: one for one in known}
    stands = {one.uid: one for one in listed(desk.mailbox, INBOX, newest=None, only=frozenset(by_uid))}
    doubtful = [uid for uid, one in stands.items() if not _alike(by_uid[uid], one)]
    small = [uid for uid in doubtful if stands[uid].size <= desk.message_limit]
    # Sizes and headers are not the same bytes on every server at every time: what it says decides.
    says = {uid: content_digest(mime.read_message(raw)) for uid, raw in whole(desk.mailbox, small)}
    taken = {uid for uid in doubtful if says.get(uid, "") != by_uid[uid].content_digest}
    lost = [by_uid[uid] for uid in stands if uid not in taken and by_uid[uid].state is EffectState.DONE]
    return [by_uid[uid] for uid in sorted(taken)], lost


def _repair(desk: Desk, taken: Sequence[Recorded], lost: Sequence[Recorded], sent: str) -> None:
    """Forget places, plan moves anew, and finish all that is open, what was put off included: looked for before."""
    standings.release_places(desk.database, [one.row for one in taken])
    recording.plan_again(desk.database, desk.office, [one.row for one in lost], desk.clock())
    uidvalidity = desk.mailbox.open(INBOX, readonly=False).uidvalidity or 0
    resume(desk, queue.open_filings(desk.database, desk.office, now=None), uidvalidity=uidvalidity)
    find_unsure(desk, sent)
    copy_to_sent(desk, sent)


def _filed(desk: Desk, stands: Sequence[Listed], scope: Scope, *, but: set[int]) -> list[Finding]:
    """What was filed and does not stand where it was put, `but` for rows that are told of already."""
    filed = standings.filed_since(desk.database, desk.office, scope.since, most=scope.most)
    places = {(one.folder, one.uidvalidity, one.uid): one.size for one in stands}
    names: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for one in stands:
        names[one.name, one.size].add(one.folder)
    missing = [
        one
        for one in filed
        if one.row not in but
        and places.get((one.folder, *one.landed)) != one.size
        and one.folder not in _folders_of(one, names)
    ]
    # A listing is of the newest: before a message is called gone, it is looked for.
    rest = _without(missing, _sought_in(desk, missing, lambda one: one.folder))
    elsewhere = [one for one in rest if _folders_of(one, names)]
    nowhere = [one for one in rest if not _folders_of(one, names)]
    back = _sought_in(desk, nowhere, lambda _one: INBOX)
    return [
        *(Finding(kind=Kind.MOVED_ON, reference=o.reference, folder=min(_folders_of(o, names))) for o in elsewhere),
        *(Finding(kind=Kind.PUT_BACK, reference=o.reference, folder=INBOX) for o in nowhere if o.row in back),
        *(Finding(kind=Kind.GONE, reference=o.reference) for o in _without(nowhere, back)),
    ]


def _unexplained(desk: Desk, stands: Sequence[Listed]) -> list[Finding]:
    """What stands in our folders, and was never put there by us, or not so often."""
    ids = [f"<{one.name}>" for one in stands if one.name]
    known = standings.named(desk.database, desk.office, dict.fromkeys(ids))
    groups: defaultdict[tuple[str, int], list[Listed]] = defaultdict(list)
    strangers: list[Listed] = []
    for one in stands:
        key = (f"<{one.name}>", one.size)
        (groups[key] if key in known else strangers).append(one)
    found = [
        Finding(kind=Kind.TWICE, reference=known[key][0], folder=one.folder, uid=one.uid)
        for key, group in groups.items()
        for one in group[len(known[key]) :]
    ]
    explained = _explained_by_content(desk, strangers)
    return found + [
        Finding(kind=Kind.UNKNOWN, folder=one.folder, uid=one.uid) for one in strangers if one not in explained
    ]


def _explained_by_content(desk: Desk, strangers: Sequence[Listed]) -> set[Listed]:
    """Of those whose Message-ID says nothing, the ones that the ledger knows by what they say."""
    small = [one for one in strangers if one.size <= desk.message_limit][:READ_AT_MOST]
    contents: dict[Listed, str] = {}
    for folder in dict.fromkeys(one.folder for one in small):
        desk.mailbox.open(folder, readonly=True)
        there = {one.uid: one for one in small if one.folder == folder}
        contents |= {
            there[uid]: content_digest(mime.read_message(raw)) for uid, raw in whole(desk.mailbox, list(there))
        }
    known = standings.known_among(desk.database, desk.office, set(contents.values()))
    return {one for one, content in contents.items() if content in known}


def _without_copy(desk: Desk, sent: str, scope: Scope) -> list[Finding]:
    """Replies that went out and of which no copy stands in Sent; only a person can have taken it."""
    replies = standings.replies_since(desk.database, desk.office, scope.since, most=scope.most)
    if not replies:
        return []
    copies: set[str] = set()
    if sent in desk.mailbox.folders():
        copies = {f"<{one.name}>" for one in listed(desk.mailbox, sent, newest=2 * scope.most)}
    missing = [one for one in replies if one not in copies]
    there = standing(desk.mailbox, sent, missing)
    return [Finding(kind=Kind.NO_COPY, reference=replies[one]) for one in missing if one not in there]


def _alike(recorded: Recorded, stands: Listed) -> bool:
    return recorded.size == stands.size and plain_name(recorded.rfc_message_id) == stands.name


def _folders_of(one: Recorded, names: Mapping[tuple[str, int], set[str]]) -> set[str]:
    name = plain_name(one.rfc_message_id)
    return names.get((name, one.size), set()) if name else set()


def _sought_in(desk: Desk, some: Sequence[Recorded], where: Callable[[Recorded], str]) -> set[int]:
    """Rows of those that are found in a folder by search, with their very bytes."""
    by_folder: defaultdict[str, list[Sought]] = defaultdict(list)
    for o in some:
        sought = Sought(row=o.row, message_id=o.rfc_message_id, size=o.size, digest=o.digest)
        by_folder[where(o)].append(sought)
    return {
        row
        for folder, sought_there in by_folder.items()
        for row in landed(desk.mailbox, folder, sought_there, limit=desk.message_limit)
    }


def _without(some: Iterable[Recorded], rows: set[int]) -> list[Recorded]:
    return [one for one in some if one.row not in rows]
