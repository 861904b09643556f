"""Lists what stands in a folder, read-only: of each message its UID, size and Message-ID, many at once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.mailbox.connection import Mailbox, chunks

_MESSAGE_ID = re.compile(rb"message-id:\s*<?([^>\r\n]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message as a folder has it."""

    folder: str
    uidvalidity: int  # 0: the server gives none
    uid: int
    size: int
    name: str  # its Message-ID without angle brackets; empty: it has none that is plain text


def plain_name(message_id: str | None) -> str:
    """A Message-ID as `Listed` has it."""
    name = (message_id or "").strip("<> ")
    return name if name.isascii() and name.isprintable() else ""


def listed(mailbox: Mailbox, folder: str, *, newest: int | None, only: frozenset[int] | None = None) -> list[Listed]:
    r"""Messages of a folder that nobody marked \Deleted; `newest`: of these, so many that came there last.

    `only`: of these UIDs. The folder is left open, read-only.
    """
    opened = mailbox.open(folder, readonly=True)
    uids = [uid for uid in mailbox.waiting() if only is None or uid in only]
    found: list[Listed] = []
    for some in chunks(uids if newest is None else uids[-newest:]):
        with mailbox.doing("listing messages"):
            answer = mailbox.client.fetch(list(some), ["RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
        for uid in some:
            data = answer.get(uid, {})
            if b"RFC822.SIZE" in data:
                header = bytes(data.get(b"BODY[HEADER.FIELDS (MESSAGE-ID)]") or b"")
                told = _MESSAGE_ID.search(header)
                name = plain_name(told[1].decode("latin-1")) if told else ""
                size, uidvalidity = int(data[b"RFC822.SIZE"]), opened.uidvalidity or 0
                found.append(Listed(folder=folder, uidvalidity=uidvalidity, uid=uid, size=size, name=name))
    return found


def whole(mailbox: Mailbox, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Give the bytes of messages of the open folder, one by one; what the server does not give is left out."""
    for uid in uids:
        with mailbox.doing("reading a message"):
            raw = mailbox.client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
        if raw is not None:
            yield uid, bytes(raw)
