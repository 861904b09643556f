r"""Moves messages.

MOVE where the server has it. Else COPY, checked, then \Deleted and UID EXPUNGE of just these. Never a plain EXPUNGE,
which would destroy what others have marked \Deleted (pitfalls IMAP 18); without UIDPLUS the original is left marked. On
Gmail, where folders are labels, MOVE is the only way that takes INBOX's label off (pitfalls IMAP 21).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imapclient.exceptions import IMAPClientError

from triage.mailbox.connection import Mailbox, chunks

_COPYUID = re.compile(rb"COPYUID\s+(\d+)\s+([\d,:*]+)\s+([\d,:*]+)", re.IGNORECASE)
# Of a Message-ID, so much is searched for: SEARCH looks for a part of the header's value (RFC 3501 §6.4.4).
_SEARCHED_ID = 200
_SOUGHT_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a message stands after a move; uid 0 where the server did not tell."""

    uidvalidity: int
    uid: int


UNTOLD = Landing(0, 0)  # moved, to a place that the server did not name


def move(mailbox: Mailbox, uids: Sequence[int], folder: str) -> Mapping[int, Landing | None]:
    """Move messages of the open folder; where each landed, by UID. Those not there any more are left out.

    None: the server named others and not this one, which may be here or there: it is to be looked for.
    """
    landings: dict[int, Landing | None] = {}
    for some in chunks(uids):
        # Asked first, and not told from the answer: servers without UIDPLUS answer OK for UIDs that are gone.
        here = sorted(present(mailbox, some))
        if here:
            told = _move(mailbox, here, folder) if mailbox.can_move else _copy_and_remove(mailbox, here, folder)
            landings |= {uid: told.get(uid) for uid in here}
    return landings


def present(mailbox: Mailbox, uids: Sequence[int]) -> set[int]:
    r"""Which messages stand in the open folder, and nobody marked \Deleted.

    What a search does not tell is asked for in another way before it is called gone: an OK may come without any answer.
    """
    found: set[int] = set()
    for some in chunks(uids):
        here = set(mailbox.search(["UNDELETED", "UID", ",".join(map(str, some))])) & set(some)
        if rest := [uid for uid in some if uid not in here]:
            with mailbox.doing("asking whether messages are there"):
                answer = mailbox.client.fetch(rest, ["FLAGS", "RFC822.SIZE"])
            # With its size: flags alone may be told of another message, and without a UID.
            there = {uid: answer[uid] for uid in rest if b"RFC822.SIZE" in answer.get(uid, {})}
            here |= {uid for uid, data in there.items() if b"\\DELETED" not in map(bytes.upper, data.get(b"FLAGS", ()))}
        found |= here
    return found


def remove(mailbox: Mailbox, uids: Sequence[int]) -> None:
    r"""Take messages out of the open folder: \Deleted, then UID EXPUNGE of just these, where the server has it."""
    for some in chunks(uids):
        _mark_deleted(mailbox, some)
        _expunge(mailbox, some)


def standing(mailbox: Mailbox, folder: str, message_ids: Sequence[str]) -> frozenset[str]:
    """Which of our own mails, by their Message-IDs with angle brackets, stand in `folder`.

    One search for many, since none is the usual answer: fifty one by one cost twenty times as much. The folder open
    before is open again after.
    """
    if not message_ids or folder not in mailbox.folders():
        return frozenset()
    found: set[str] = set()
    with mailbox.visiting(folder):
        for start in range(0, len(message_ids), _SOUGHT_AT_ONCE):
            some = {one: ["HEADER", "Message-ID", one] for one in message_ids[start:][:_SOUGHT_AT_ONCE]}
            any_of: list[str] = []
            for criteria in some.values():
                any_of = ["OR", *criteria, *any_of] if any_of else criteria
            if mailbox.search(["UNDELETED", *any_of]):
                found |= {one for one, criteria in some.items() if mailbox.search(["UNDELETED", *criteria])}
    return frozenset(found)


def _move(mailbox: Mailbox, uids: Sequence[int], folder: str) -> dict[int, Landing]:
    # RFC 6851 §4.3: COPYUID comes in an untagged OK before the tagged one. An OK without says that all were moved.
    return _into(mailbox, folder, uids, mailbox.client.move) or dict.fromkeys(uids, UNTOLD)


def _copy_and_remove(mailbox: Mailbox, uids: Sequence[int], folder: str) -> dict[int, Landing]:
    copied = _into(mailbox, folder, uids, mailbox.client.copy)
    if copied:
        # What the server did not confirm as copied keeps its original (pitfalls IMAP 19).
        remove(mailbox, list(copied))
        return copied
    # An OK without COPYUID says that all were copied (RFC 3501 §6.4.7: all or none). Without a proof the originals
    # are marked, which a person can undo, and not destroyed.
    _mark_deleted(mailbox, uids)
    return dict.fromkeys(uids, UNTOLD)


def _into(
    mailbox: Mailbox, folder: str, uids: Sequence[int], command: Callable[[Sequence[int], str], object]
) -> dict[int, Landing]:
    """Run the command; where the folder is missing, make it and try once more. Where each landed, if it is told."""
    path = mailbox.path(folder)
    with mailbox.doing(f"moving into the folder '{folder}'"):
        _copyuid(mailbox)  # forget one of an earlier command that failed half-way
        try:
            command(uids, path)
        except IMAPClientError as error:
            if not mailbox.lacks(folder, error):
                raise
            mailbox.create(folder)
            command(uids, path)
        return _landings(uids, _copyuid(mailbox))


def _mark_deleted(mailbox: Mailbox, uids: Sequence[int]) -> None:
    with mailbox.doing("marking moved messages as deleted"):
        mailbox.client.delete_messages(uids, silent=True)


def _expunge(mailbox: Mailbox, uids: Sequence[int]) -> None:
    if mailbox.can_expunge_by_uid:
        with mailbox.doing("removing moved messages"):
            mailbox.client.uid_expunge(uids)


def _copyuid(mailbox: Mailbox) -> list[bytes]:
    """What the server told by COPYUID (RFC 4315 §3) in the last command; imaplib forgets it when it is read."""
    _, data = mailbox.client._imap.response("COPYUID")
    return [b"COPYUID " + item for item in data or () if item]


def _landings(uids: Sequence[int], told: Sequence[bytes]) -> dict[int, Landing]:
    asked = set(uids)
    landings: dict[int, Landing] = {}
    for line in told:
        for uidvalidity, sources, targets in _COPYUID.findall(line):
            for source, target in zip(_expanded(sources), _expanded(targets), strict=False):
                if source in asked:
                    landings[source] = Landing(int(uidvalidity), target)
    return landings


def _expanded(uid_set: bytes) -> Iterator[int]:
    """The UIDs of a set such as 1:3,7, in its order (RFC 4315 §3)."""
    for part in uid_set.split(b","):
        first, _, last = part.partition(b":")
        if first.isdigit() and (not last or last.isdigit()):
            low, high = sorted((int(first), int(last or first)))
            # A server may write a range backwards; it means the same (RFC 3501 §9, seq-range).
            yield from range(low, min(high, low + 100_000) + 1)


def searched_by(message_id: str | None, size: int | None) -> list[str | int] | None:
    """SEARCH keys of a message: by Message-ID, or by size where it has none that can be searched for."""
    sought = (message_id or "").strip("<> ")[:_SEARCHED_ID]
    # What a sender wrote goes into a command only as printable ASCII.
    if sought.isascii() and sought.isprintable() and sought:
        return ["HEADER", "Message-ID", sought]
    return ["LARGER", size - 1, "SMALLER", size + 1] if size else None
