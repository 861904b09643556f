"""Looks where many messages stand in a folder, and which flags they carry: a few commands, not one a message."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from triage.mailbox.connection import Mailbox, chunks
from triage.mailbox.moving import Landing, searched_by

_AT_ONCE = 50
# Of messages that look like the one sought, so many are compared, newest first: a sender may forge thousands.
_COMPARED_AT_MOST = 20
# Whole messages are fetched in groups of so many bytes.
_BYTES_AT_ONCE = 16 * 1024 * 1024
# Of a message, so much of the header is read: who wrote, when, under which subject.
_HEADER_BYTES = 64 * 1024
_FOLDED = re.compile(rb"\r?\n[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A message as the ledger knows it."""

    row: int
    message_id: str | None
    size: int
    digest: str  # SHA-256 of its bytes
    uid: int = 0  # where it should stand in the open folder, by an unchanged UIDVALIDITY; 0: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a message stands in the open folder."""

    uid: int
    flags: frozenset[str]  # upper case, without \\RECENT


def locate(
    mailbox: Mailbox, sought: Sequence[Sought], *, limit: int, sure: bool, others: Collection[int] = ()
) -> Mapping[int, Standing]:
    """By row, where messages stand in the open folder: by UID where it is known and the size agrees, else by search.

    A search is by Message-ID and size. The bytes are compared too where there is no Message-ID, and everywhere where
    the caller must be `sure`, but for messages of more than `limit` bytes, whose digest is of a part only. UIDs of
    `others` are known to be other messages, however like the one sought.
    """
    found: dict[int, Standing] = {}
    by_uid = {one.uid: one for one in sought if one.uid}
    for uid, (size, standing, _) in _asked(mailbox, list(by_uid)).items():
        if size == by_uid[uid].size:
            found[by_uid[uid].row] = standing
    taken = {standing.uid for standing in found.values()} | set(others)
    rest = [one for one in sought if one.row not in found]
    for start in range(0, len(rest), _AT_ONCE):
        for row, standing in _search(mailbox, rest[start : start + _AT_ONCE], taken, limit=limit, sure=sure):
            found[row] = standing
            taken.add(standing.uid)
    return found


def landed(
    mailbox: Mailbox, folder: str, sought: Sequence[Sought], *, limit: int, others: Collection[Landing] = ()
) -> Mapping[int, Landing]:
    """By row, where messages stand in `folder`, surely, and not at places of `others`; open is again what was."""
    if not sought or folder not in mailbox.folders():
        return {}
    with mailbox.visiting(folder) as opened:
        uids = {place.uid for place in others if place.uidvalidity == opened.uidvalidity}
        places = locate(mailbox, sought, limit=limit, sure=True, others=uids)
    return {row: Landing(opened.uidvalidity or 0, standing.uid) for row, standing in places.items()}


def header(mailbox: Mailbox, uid: int) -> bytes:
    """The header of a message of the open folder, or its beginning; empty where the server gives none."""
    with mailbox.doing("reading a message's header"):
        answer = mailbox.client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{_HEADER_BYTES}>"]).get(uid, {})
    return next((bytes(data) for key, data in answer.items() if key.startswith(b"BODY[HEADER]") and data), b"")


def _search(
    mailbox: Mailbox, some: Sequence[Sought], taken: set[int], *, limit: int, sure: bool
) -> Iterator[tuple[int, Standing]]:
    any_of: list[str | int] = []
    for one in some:
        if criteria := searched_by(one.message_id, one.size):
            any_of = ["OR", *_grouped(criteria), *any_of] if any_of else list(_grouped(criteria))
    if not any_of:
        return
    asked = _asked(mailbox, mailbox.search(["UNDELETED", *any_of]))
    pairs: list[tuple[Sought, int]] = []
    for one in some:
        name = _name(one)
        free = ((uid, size, header) for uid, (size, _, header) in asked.items() if uid not in taken)
        alike = [(one, uid) for uid, size, header in free if size == one.size and name in header]
        pairs += alike[:_COMPARED_AT_MOST]
    compared = [(one, uid) for one, uid in pairs if one.size <= limit and (sure or not _name(one))]
    digests = _digests(mailbox, {uid: one.size for one, uid in compared})
    done: set[int] = set()
    for one, uid in pairs:
        if one.row in done or uid in taken:
            continue
        if (one, uid) not in compared or digests.get(uid) == one.digest:
            done.add(one.row)
            taken.add(uid)
            yield one.row, asked[uid][1]


def _name(one: Sought) -> bytes:
    """Its Message-ID as it is searched for; empty where it has none that can be."""
    name = (one.message_id or "").strip("<> ")
    return name.encode("ascii") if name.isascii() and name.isprintable() else b""


def _grouped(criteria: Sequence[str | int]) -> Sequence[str | int]:
    """A search key that OR can take: the two of a search by size are joined by NOT (OR (NOT a) (NOT b))."""
    if len(criteria) == 4:  # LARGER n SMALLER m
        return ["NOT", "OR", "NOT", *criteria[:2], "NOT", *criteria[2:]]
    return criteria


def _asked(mailbox: Mailbox, uids: Sequence[int]) -> Mapping[int, tuple[int, Standing, bytes]]:
    """By UID, newest first: size, standing and Message-ID header; those that the folder does not have are left out."""
    found: dict[int, tuple[int, Standing, bytes]] = {}
    for some in chunks(sorted(uids, reverse=True)):
        with mailbox.doing("looking where messages stand"):
            items = ["FLAGS", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
            answer = mailbox.client.fetch(list(some), items)
        for uid in some:
            data = answer.get(uid, {})
            if b"RFC822.SIZE" in data and b"FLAGS" in data:
                flags = frozenset(flag.decode("utf-8", "replace").upper() for flag in data[b"FLAGS"]) - {"\\RECENT"}
                header = bytes(data.get(b"BODY[HEADER.FIELDS (MESSAGE-ID)]") or b"")
                found[uid] = (data[b"RFC822.SIZE"], Standing(uid=uid, flags=flags), _FOLDED.sub(b"", header))
    return found


def _digests(mailbox: Mailbox, sizes: Mapping[int, int]) -> dict[int, str]:
    found: dict[int, str] = {}
    group: list[int] = []
    for uid in sizes:
        group.append(uid)
        if sum(sizes[one] for one in group) >= _BYTES_AT_ONCE:
            found |= _digests_of(mailbox, group)
            group = []
    return found | _digests_of(mailbox, group)


def _digests_of(mailbox: Mailbox, uids: Sequence[int]) -> dict[int, str]:
    if not uids:
        return {}
    with mailbox.doing("comparing messages"):
        answer = mailbox.client.fetch(list(uids), ["BODY.PEEK[]"])
    return {uid: sha256(bytes(data[b"BODY[]"])).hexdigest() for uid, data in answer.items() if data.get(b"BODY[]")}
