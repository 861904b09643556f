r"""Fetches messages: sizes first, then whole ones in batches bounded in number and bytes; never sets \Seen."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from triage.errors import MailboxRefused, MailboxUnavailable
from triage.mailbox.connection import Mailbox, chunks
from triage.mailbox.cutting import TEXT_PART_BYTES, put_together, text_parts
from triage.mailbox.failures import AnswerUnreadable
from triage.mailbox.room import Room

MIB = 1024 * 1024
# Small enough that a batch is decided and filed before a server tires of waiting (pitfalls IMAP 7).
BATCH = 200
BATCH_BYTES = 16 * MIB
# Of a message over the limit, so much of the header is read.
HEADER_BYTES = 256 * 1024

# By UID, whatever order messages and items came in (pitfalls IMAP 23).
Answer = dict[int, dict[bytes, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as it stands in the folder."""

    uid: int
    size: int  # RFC822.SIZE, which may be more than `raw` holds
    received_at: datetime | None  # INTERNALDATE, aware UTC; None: the server gives none that can be read
    raw: bytes
    truncated: bool  # over the limit: only headers and text parts were fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages fetched together, and UIDs that the server listed and gave no data for (pitfalls IMAP 22).

    What is missing is still in the folder, or was taken by a person meanwhile: the next sweep tells.
    """

    arrivals: tuple[Arrival, ...]
    missing: tuple[int, ...]
    held: int = 0  # bytes of room that it was given, to be given back when it is done with


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    uid: int
    size: int
    received_at: datetime | None

    def arrival(self, raw: bytes, *, truncated: bool) -> Arrival:
        return Arrival(uid=self.uid, size=self.size, received_at=self.received_at, raw=raw, truncated=truncated)


def fetch(mailbox: Mailbox, uids: Sequence[int], *, limit: int, room: Room) -> Iterator[Batch]:
    """Give the messages of the open folder in batches; messages larger than `limit` bytes are cut.

    Each batch waits for `room` before it is asked for; whoever takes it gives its `held` back. In order, but for those
    that the connection broke on before: they come last, each alone. Lazy: no more than one batch is held, however many
    wait. A message that the server cannot give costs no other one its turn.
    """
    suspects = mailbox.suspects
    resting = tuple(uid for uid in uids if suspects.resting(uid))
    if resting:
        yield Batch(arrivals=(), missing=resting)
    trusted = [uid for uid in uids if not suspects.suspected(uid) and not suspects.resting(uid)]
    for some in chunks(trusted):
        yield from _fetch_some(mailbox, some, limit, room)
    for uid in uids:
        if suspects.suspected(uid) and not suspects.resting(uid):
            yield from _fetch_some(mailbox, [uid], limit, room)


def arrival_time(mailbox: Mailbox, uid: int) -> datetime | None:
    """When the server took a message of the open folder in (aware UTC); None where it does not say."""
    return _utc(_asked(mailbox, "asking for a message's arrival", [uid], "INTERNALDATE").get(uid, {}))


def _fetch_some(mailbox: Mailbox, uids: Sequence[int], limit: int, room: Room) -> Iterator[Batch]:
    try:
        answer = _each(
            lambda some: _asked(mailbox, "fetching sizes", some, "RFC822.SIZE", "INTERNALDATE"),
            uids,
        )
    except MailboxUnavailable:
        mailbox.suspects.broke_on(uids)
        raise
    listed = [
        _Listed(uid=uid, size=int(answer[uid][b"RFC822.SIZE"]), received_at=_utc(answer[uid]))
        for uid in uids
        if b"RFC822.SIZE" in answer.get(uid, {})
    ]
    if len(listed) < len(uids):
        yield Batch(arrivals=(), missing=tuple(sorted(set(uids) - {item.uid for item in listed})))
    for group in _groups(listed, limit):
        uids_of_group = [item.uid for item in group]
        size = sum(min(item.size, limit) for item in group)
        room.take(size)
        try:
            batch = _fetch_cut(mailbox, group[0]) if group[0].size > limit else _fetch_whole(mailbox, group)
        except BaseException as error:
            room.give(size)
            if isinstance(error, MailboxUnavailable):
                mailbox.suspects.broke_on(uids_of_group)
            raise
        mailbox.suspects.came(uids_of_group)
        yield replace(batch, held=size)


def _groups(listed: Sequence[_Listed], limit: int) -> Iterator[list[_Listed]]:
    """Part into batches; a message over the limit is a batch of its own."""
    group: list[_Listed] = []
    total = 0
    for item in listed:
        alone = item.size > limit
        if group and (alone or len(group) >= BATCH or total + item.size > BATCH_BYTES):
            yield group
            group, total = [], 0
        group.append(item)
        total += item.size
        if alone:
            yield group
            group, total = [], 0
    if group:
        yield group


def _fetch_whole(mailbox: Mailbox, group: Sequence[_Listed]) -> Batch:
    # PEEK: what a person has not read stays unread (pitfalls IMAP 27).
    answer = _each(lambda some: _asked(mailbox, "fetching messages", some, "BODY.PEEK[]"), [item.uid for item in group])
    raws = {item.uid: answer.get(item.uid, {}).get(b"BODY[]") for item in group}
    return Batch(
        arrivals=tuple(
            item.arrival(bytes(raw), truncated=False) for item in group if (raw := raws[item.uid]) is not None
        ),
        missing=tuple(uid for uid, raw in raws.items() if raw is None),
    )


def _fetch_cut(mailbox: Mailbox, item: _Listed) -> Batch:
    """Header and text parts of a message over the limit, put together as a small message of the same headers."""

    def ask(*wanted: str) -> dict[bytes, Any]:
        asked = _each(lambda some: _asked(mailbox, "fetching a large message's text", some, *wanted), [item.uid])
        return asked.get(item.uid, {})

    header = _part(ask(f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"), "HEADER")
    if header is None:
        return Batch(arrivals=(), missing=(item.uid,))
    structure = ask("BODYSTRUCTURE").get(b"BODYSTRUCTURE")
    if structure is None:
        # Not to be had, or nested beyond what the library reads: the beginning of the body as it stands.
        body = _part(ask(f"BODY.PEEK[TEXT]<0.{TEXT_PART_BYTES}>"), "TEXT") or b""
        return Batch(arrivals=(item.arrival(header + body, truncated=True),), missing=())
    numbers = text_parts(structure)
    wanted = [f"BODY.PEEK[{number}]<0.{TEXT_PART_BYTES}>" for number in numbers]
    # Of a message that is not multipart, the header is that of its only part.
    wanted += [f"BODY.PEEK[{number}.MIME]" for number in numbers if structure.is_multipart]
    answer = ask(*wanted) if wanted else {}
    parts = [(_part(answer, f"{number}.MIME"), _part(answer, number) or b"") for number in numbers]
    return Batch(arrivals=(item.arrival(put_together(header, parts), truncated=True),), missing=())


def _part(answer: dict[bytes, Any], section: str) -> bytes | None:
    """A section's bytes; servers name a partial one with its origin, "BODY[1]<0>"."""
    for key in (f"BODY[{section}]<0>", f"BODY[{section}]"):
        if (data := answer.get(key.encode())) is not None:
            return bytes(data)
    return None


def _asked(mailbox: Mailbox, what: str, uids: Sequence[int], *items: str) -> Answer:
    with mailbox.doing(what):
        return dict(mailbox.client.fetch(list(uids), list(items)))


def _each(ask: Callable[[Sequence[int]], Answer], uids: Sequence[int]) -> Answer:
    """Ask for all at once; where that is refused or unreadable, in halves, until it is known which ones fail."""
    try:
        return ask(uids)
    except (MailboxRefused, AnswerUnreadable):
        if len(uids) == 1:
            return {}
        middle = len(uids) // 2
        return _each(ask, uids[:middle]) | _each(ask, uids[middle:])


def _utc(data: dict[bytes, Any]) -> datetime | None:
    when = data.get(b"INTERNALDATE")
    return when.astimezone(UTC) if isinstance(when, datetime) and when.tzinfo else None
