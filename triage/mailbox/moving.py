r"""Moves messages, and finds out whether a move has happened.

MOVE where the server has it. Else COPY, checked, then \Deleted and UID EXPUNGE of just these. Never a plain EXPUNGE,
which would destroy what others have marked \Deleted (pitfalls IMAP 18); without UIDPLUS the original is left marked.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from imapclient.exceptions import IMAPClientError

from triage.mailbox.connection import Mailbox, chunks

_COPYUID = re.compile(rb"COPYUID\s+(\d+)\s+([\d,:*]+)\s+([\d,:*]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a message stands after a move; uid 0 where the server did not tell."""

    uidvalidity: int
    uid: int


UNTOLD = Landing(0, 0)  # moved, to a place that the server did not name


def move(mailbox: Mailbox, uids: Sequence[int], folder: str) -> Mapping[int, Landing]:
    """Move messages of the open folder; where each landed, by UID. Those not there any more are left out."""
    landings: dict[int, Landing] = {}
    for some in chunks(uids):
        # Asked first, and not told from the answer: servers without UIDPLUS answer OK for UIDs that are gone.
        here = mailbox.search(["UNDELETED", "UID", ",".join(map(str, some))])
        if here:
            landings |= _move(mailbox, here, folder) if mailbox.can_move else _copy_and_remove(mailbox, here, folder)
    return landings


def remove(mailbox: Mailbox, uids: Sequence[int]) -> None:
    r"""Take messages out of the open folder: \Deleted, then UID EXPUNGE of just these, where the server has it."""
    for some in chunks(uids):
        with mailbox.doing("removing moved messages"):
            mailbox.client.delete_messages(some, silent=True)
            if mailbox.can_expunge_by_uid:
                mailbox.client.uid_expunge(some)


def find(
    mailbox: Mailbox,
    folder: str,
    *,
    message_id: str | None,
    digest: str | None = None,
    size: int | None = None,
    limit: int = 25 * 1024 * 1024,
) -> Landing | None:
    """Look whether a message stands in `folder`; the folder open before is open again after.

    By Message-ID, or among messages of exactly `size` bytes where it has none; with a `digest` (SHA-256) the bytes
    are compared too, unless they are more than `limit`.
    """
    if folder not in mailbox.folders():
        return None
    with mailbox.visiting(folder) as opened:
        if message_id:
            candidates = mailbox.search(["UNDELETED", "HEADER", "Message-ID", message_id.strip("<>")])
        elif size:
            candidates = mailbox.search(["UNDELETED", "LARGER", size - 1, "SMALLER", size + 1])
        else:
            return None
        for uid in reversed(candidates):
            if digest is None or (size or 0) > limit or _digest(mailbox, uid) == digest:
                return Landing(opened.uidvalidity or 0, uid)
    return None


def _move(mailbox: Mailbox, uids: Sequence[int], folder: str) -> dict[int, Landing]:
    answer = _into(mailbox, folder, lambda path: mailbox.client.move(uids, path))
    # RFC 6851 §4.3: COPYUID comes in an untagged OK before the tagged one.
    return _landings(uids, answer, _untagged_copyuid(mailbox))


def _copy_and_remove(mailbox: Mailbox, uids: Sequence[int], folder: str) -> dict[int, Landing]:
    answer = _into(mailbox, folder, lambda path: mailbox.client.copy(uids, path))
    landings = _landings(uids, answer, _untagged_copyuid(mailbox))
    # What the server did not confirm as copied keeps its original (pitfalls IMAP 19).
    remove(mailbox, list(landings))
    return landings


def _into(mailbox: Mailbox, folder: str, command: Callable[[str], bytes]) -> bytes:
    """Run the command; where the folder is missing, make it and try once more (RFC 3501 §7.1, TRYCREATE)."""
    path = mailbox.path(folder)
    with mailbox.doing(f"moving into the folder '{folder}'"):
        try:
            return bytes(command(path) or b"")
        except IMAPClientError as error:
            if "TRYCREATE" not in str(error).upper():
                raise
            mailbox.create(folder)
            return bytes(command(path) or b"")


def _untagged_copyuid(mailbox: Mailbox) -> bytes:
    # imaplib keeps response codes of untagged answers; reading one clears it.
    _, data = mailbox.client._imap.response("COPYUID")
    return b" ".join(b"COPYUID " + item for item in data if item) if data else b""


def _landings(uids: Sequence[int], *answers: bytes) -> dict[int, Landing]:
    """Where each message landed. An OK without COPYUID says that all did (RFC 3501 §6.4.7: all or none)."""
    landings: dict[int, Landing] = {}
    for answer in answers:
        for uidvalidity, sources, targets in _COPYUID.findall(answer):
            for source, target in zip(_expanded(sources), _expanded(targets), strict=False):
                if source in uids:
                    landings[source] = Landing(int(uidvalidity), target)
    return landings or dict.fromkeys(uids, UNTOLD)


def _expanded(uid_set: bytes) -> Iterator[int]:
    """The UIDs of a set such as 1:3,7, in its order (RFC 4315 §3)."""
    for part in uid_set.split(b","):
        first, _, last = part.partition(b":")
        if first.isdigit() and (not last or last.isdigit()):
            low, high = int(first), int(last or first)
            # A server may write a range backwards; it means the same (RFC 3501 §9, seq-range).
            yield from range(min(low, high), min(max(low, high), min(low, high) + 100_000) + 1)


def _digest(mailbox: Mailbox, uid: int) -> str:
    with mailbox.doing("comparing a message"):
        raw = mailbox.client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
    return sha256(bytes(raw)).hexdigest() if raw is not None else ""
