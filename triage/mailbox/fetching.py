r"""Fetches messages: sizes first, then whole ones in batches bounded in number and bytes; never sets \Seen."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from triage.mailbox.connection import Mailbox, chunks

MIB = 1024 * 1024
BATCH = 100
BATCH_BYTES = 16 * MIB
# Of a message over the limit, so much of each text part is read, and so many of them.
TEXT_PART_BYTES = MIB
TEXT_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as it stands in the folder."""

    uid: int
    size: int  # RFC822.SIZE, which may be more than `raw` holds
    received_at: datetime | None  # INTERNALDATE, aware UTC
    raw: bytes
    truncated: bool  # over the limit: only headers and text parts were fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages fetched together, and the UIDs that the server listed and gave no data for (pitfalls IMAP 22)."""

    arrivals: tuple[Arrival, ...]
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    uid: int
    size: int
    received_at: datetime | None


def fetch(mailbox: Mailbox, uids: Sequence[int], *, limit: int) -> Iterator[Batch]:
    """Give the messages of the open folder in batches, in order; messages larger than `limit` bytes are cut.

    Lazy: no more than one batch is held, however many wait.
    """
    for some in chunks(uids):
        listed, missing = _sizes(mailbox, some)
        if missing:
            yield Batch(arrivals=(), missing=tuple(missing))
        for group in _groups(listed, limit):
            if group[0].size > limit:
                yield _fetch_cut(mailbox, group[0])
            else:
                yield _fetch_whole(mailbox, group)


def arrival_time(mailbox: Mailbox, uid: int) -> datetime | None:
    """When the server took a message of the open folder in (aware UTC); None where it does not say."""
    with mailbox.doing("asking for a message's arrival"):
        return _utc(mailbox.client.fetch([uid], ["INTERNALDATE"]).get(uid, {}).get(b"INTERNALDATE"))


def _sizes(mailbox: Mailbox, uids: Sequence[int]) -> tuple[list[_Listed], list[int]]:
    with mailbox.doing("fetching sizes"):
        answer = mailbox.client.fetch(list(uids), ["RFC822.SIZE", "INTERNALDATE"])
    listed, missing = [], []
    for uid in uids:
        data = answer.get(uid, {})
        size = data.get(b"RFC822.SIZE")
        if size is None:
            missing.append(uid)
        else:
            listed.append(_Listed(uid=uid, size=int(size), received_at=_utc(data.get(b"INTERNALDATE"))))
    return listed, missing


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
    with mailbox.doing("fetching messages"):
        # PEEK: what a person has not read stays unread.
        answer = mailbox.client.fetch([item.uid for item in group], ["BODY.PEEK[]"])
    arrivals, missing = [], []
    for item in group:
        raw = answer.get(item.uid, {}).get(b"BODY[]")
        if raw is None:
            missing.append(item.uid)
        else:
            arrivals.append(_arrival(item, bytes(raw), truncated=False))
    return Batch(arrivals=tuple(arrivals), missing=tuple(missing))


def _fetch_cut(mailbox: Mailbox, item: _Listed) -> Batch:
    """Header and text parts of a message over the limit, put together as a small message of the same headers."""
    with mailbox.doing("fetching a large message's header and text"):
        answer = mailbox.client.fetch([item.uid], ["BODY.PEEK[HEADER]", "BODYSTRUCTURE"]).get(item.uid, {})
        header, structure = answer.get(b"BODY[HEADER]"), answer.get(b"BODYSTRUCTURE")
        if header is None:
            return Batch(arrivals=(), missing=(item.uid,))
        numbers = list(_text_parts(structure))[:TEXT_PARTS] if structure else []
        wanted = [f"BODY.PEEK[{n}]<0.{TEXT_PART_BYTES}>" for n in numbers]
        wanted += [f"BODY.PEEK[{n}.MIME]" for n in numbers if n != "1" or (structure and structure.is_multipart)]
        parts = mailbox.client.fetch([item.uid], wanted).get(item.uid, {}) if wanted else {}
    raw = _put_together(bytes(header), numbers, parts)
    return Batch(arrivals=(_arrival(item, raw, truncated=True),), missing=())


def _text_parts(structure: Any, number: str = "") -> Iterator[str]:
    """Numbers of the text parts that are not attachments (RFC 3501 §6.4.5), depth first."""
    if structure.is_multipart:
        for position, part in enumerate(structure[0], 1):
            yield from _text_parts(part, f"{number}.{position}" if number else str(position))
    elif bytes(structure[0] or b"").lower() == b"text" and bytes(structure[1] or b"").lower() in {b"plain", b"html"}:
        yield number or "1"


def _put_together(header: bytes, numbers: Sequence[str], parts: dict[bytes, Any]) -> bytes:
    if not numbers:
        return header
    single = parts.get(f"BODY[{numbers[0]}.MIME]".encode()) is None
    if single:
        return header + bytes(_part(parts, numbers[0]))
    boundary = b"=_cut_by_triage"
    lines = [_CONTENT_FIELDS.sub(b"", header.rstrip(b"\r\n") + b"\r\n").rstrip(b"\r\n")]
    lines += [b'Content-Type: multipart/mixed; boundary="' + boundary + b'"', b""]
    for number in numbers:
        mime = bytes(parts.get(f"BODY[{number}.MIME]".encode()) or b"")
        lines += [b"--" + boundary, mime.rstrip(b"\r\n"), b"", _part(parts, number)]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", b""])


_CONTENT_FIELDS = re.compile(rb"^content-[a-z-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*", re.IGNORECASE | re.MULTILINE)


def _part(parts: dict[bytes, Any], number: str) -> bytes:
    """A part's bytes; servers name a partial one with its origin, "BODY[1]<0>"."""
    for key in (f"BODY[{number}]<0>", f"BODY[{number}]"):
        if (data := parts.get(key.encode())) is not None:
            return bytes(data)
    return b""


def _arrival(item: _Listed, raw: bytes, *, truncated: bool) -> Arrival:
    return Arrival(uid=item.uid, size=item.size, received_at=item.received_at, raw=raw, truncated=truncated)


def _utc(when: datetime | None) -> datetime | None:
    """IMAPClient gives local, naive times (its normalise_times): make them aware."""
    return when.astimezone(UTC) if when else None
