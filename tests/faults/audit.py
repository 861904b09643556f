"""Looks from outside at what became of the mail, and says what is wrong.

`look` asks the mailbox by a plain client, the relay for what it took, and then the ledger by plain SQL; nothing of the
service's own code has a say. `findings` judges what was seen, and is a pure function.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, func, select

from tests.faults.mail import SENT, Letter
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Taken
from triage.ledger.schema import effects, messages, outbox

INBOX = "INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A message in a folder."""

    uid: int
    flags: frozenset[str]  # without \\Recent, which is the session's
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with all that stands in it."""

    uidvalidity: int
    messages: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An effect as the ledger has it."""

    kind: str
    state: str
    digest: str  # of the message
    detail: Mapping[str, Any]
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that was seen."""

    folders: Mapping[str, Folder]
    taken: tuple[Taken, ...]  # by the relay, in order
    digests: tuple[str, ...]  # of the messages in the ledger
    effects: tuple[Recorded, ...]
    outbox: int  # mails that the ledger still holds


def look(
    server: Dovecot, user: str, *, prefix: str, taken: Iterable[Taken], ledger: Engine, office: str = "delhi"
) -> Seen:
    """See everything there is of one office; `prefix` is what the server's names of folders begin with."""
    with ledger.connect() as connection:
        recorded = connection.execute(
            select(effects.c.kind, effects.c.state, messages.c.digest, effects.c.detail, effects.c.outcome)
            .join(messages, messages.c.id == effects.c.message_id)
            .where(messages.c.office == office)
        ).all()
        digests = connection.scalars(select(messages.c.digest).where(messages.c.office == office)).all()
        held = select(func.count()).select_from(outbox).join(effects, effects.c.id == outbox.c.effect_id)
        waiting = connection.scalar(held.where(effects.c.office == office))
    return Seen(
        folders=_folders(server, user, prefix),
        taken=tuple(taken),
        digests=tuple(digests),
        effects=tuple(
            Recorded(kind=one.kind, state=one.state, digest=one.digest, detail=one.detail, outcome=one.outcome or {})
            for one in recorded
        ),
        outbox=waiting or 0,
    )


def _folders(server: Dovecot, user: str, prefix: str) -> dict[str, Folder]:
    found: dict[str, Folder] = {}
    with server.client(user) as client:
        for _, _, name in client.list_folders():
            opened = client.select_folder(name, readonly=True)
            uids = client.search("ALL")
            answer = client.fetch(uids, ["FLAGS", "BODY.PEEK[]"]) if uids else {}
            found[str(name).removeprefix(prefix)] = Folder(
                uidvalidity=int(opened[b"UIDVALIDITY"]),
                messages=tuple(
                    Standing(
                        uid=uid,
                        flags=frozenset(flag.decode() for flag in answer[uid][b"FLAGS"]) - {"\\Recent"},
                        raw=bytes(answer[uid][b"BODY[]"]),
                    )
                    for uid in uids
                ),
            )
    return found


def findings(
    seen: Seen, delivered: Sequence[Letter], *, in_doubt: Collection[str] = (), marks: bool = False
) -> list[str]:
    """Say what is wrong, in sentences; nothing where all is well.

    `in_doubt` are Message-IDs of mails that were being handed over when the service was killed: these, and no others,
    may have gone out once more. With `marks`, the server cannot remove single messages: what was filed is left in
    INBOX, marked as deleted.
    """
    return [
        *_of_messages(seen, delivered, marks=marks),
        *_of_mail(seen, delivered, list(in_doubt)),
        *_of_copies(seen),
        *_of_ledger(seen, delivered),
    ]


def _of_messages(seen: Seen, delivered: Sequence[Letter], *, marks: bool) -> list[str]:
    """Each message in one folder, the right one, byte for byte, with its flags and no others."""
    found: list[str] = []
    due = Counter((one.folder, one.raw, one.flags) for one in delivered)
    there: Counter[tuple[str, bytes, frozenset[str]]] = Counter()
    for name, folder in seen.folders.items():
        for one in folder.messages if name != SENT else ():
            left_over = marks and name == INBOX and "\\Deleted" in one.flags
            if left_over and any(one.raw == letter.raw for letter in delivered):
                continue
            there[name, one.raw, one.flags] += 1
    found += [f"missing from {_told(*key)}, {count} ×" for key, count in (due - there).items()]
    found += [f"not expected in {_told(*key)}, {count} ×" for key, count in (there - due).items()]
    return found


def _told(folder: str, raw: bytes, flags: frozenset[str]) -> str:
    mail = message_from_bytes(raw)
    who = f"{mail['Message-ID']} from {mail['From']}"
    return f"{folder}: {who}, {len(raw)} bytes {sha256(raw).hexdigest()[:8]}, flags {sorted(flags)}"


def _of_mail(seen: Seen, delivered: Sequence[Letter], in_doubt: list[str]) -> list[str]:
    """Each letter answered once, duty told once of each, nobody else written to; no mail in two versions."""
    found: list[str] = []
    different = {one.raw: one for one in delivered}.values()
    due = Counter(one.sender for one in different if one.answered) + Counter(one.duty for one in different if one.duty)
    versions = {(_id(one.content), tuple(one.recipients), one.content) for one in seen.taken}
    got = Counter(recipient for _, recipients, _ in versions for recipient in recipients)
    found += [f"{who} got {got[who]} mails and not {due[who]}" for who in sorted(due | got) if got[who] != due[who]]
    ids = Counter(message_id for message_id, _, _ in versions)
    found += [f"{message_id} went out in {count} versions" for message_id, count in ids.items() if count > 1]
    times = Counter(_id(one.content) for one in seen.taken)
    allowed = Counter(in_doubt)
    found += [
        f"{message_id} went out {count} times, and was in doubt {allowed[message_id]} times"
        for message_id, count in times.items()
        if count > 1 + allowed[message_id]
    ]
    answered = Counter(message_from_bytes(content)["In-Reply-To"] for _, _, content in versions)
    asked = Counter(message_from_bytes(one.raw)["Message-ID"] for one in different if one.answered)
    return found + [
        f"{message_id} was answered {answered[message_id]} times and not {count}"
        for message_id, count in asked.items()
        if message_id and answered[message_id] != count
    ]


def _of_copies(seen: Seen) -> list[str]:
    r"""Exactly one copy of each reply in Sent, with exactly its bytes, \Seen."""
    replies = Counter({one.content for one in seen.taken if not one.recipients[0].startswith("duty@")})
    copies = Counter(one.raw for one in seen.folders[SENT].messages) if SENT in seen.folders else Counter[bytes]()
    found = [f"Sent lacks the copy of {_id(content)}" for content in replies - copies]
    found += [f"Sent has {_id(content)} {count} × too often" for content, count in (copies - replies).items()]
    if SENT in seen.folders:
        found += [
            f"copy with flags {sorted(one.flags)}" for one in seen.folders[SENT].messages if one.flags != {"\\Seen"}
        ]
    return found


def _of_ledger(seen: Seen, delivered: Sequence[Letter]) -> list[str]:
    """Every message recorded, every effect done, nothing held; each move remembered where the message stands."""
    found: list[str] = []
    if Counter(seen.digests) != Counter(sha256(one.raw).hexdigest() for one in delivered):
        found.append(f"the ledger has {len(seen.digests)} messages, not just the {len(delivered)} delivered")
    found += [
        f"the ledger calls a {one.kind} {one.state}: {one.outcome}" for one in seen.effects if one.state != "done"
    ]
    if seen.outbox:
        found.append(f"the ledger holds {seen.outbox} mails")
    moves = [one for one in seen.effects if one.kind == "move"]
    if len(moves) != len(delivered):
        found.append(f"the ledger has {len(moves)} moves for {len(delivered)} messages")
    places = Counter(
        (name, folder.uidvalidity, one.uid, sha256(one.raw).hexdigest())
        for name, folder in seen.folders.items()
        for one in folder.messages
    )
    remembered = Counter(
        (move.detail["folder"], move.outcome["uidvalidity"], move.outcome["uid"], move.digest)
        for move in moves
        if "uid" in move.outcome
    )
    found += [f"the ledger has a message where it does not stand: {place}" for place in remembered - places]
    return found


def _id(content: bytes) -> str:
    return str(message_from_bytes(content)["Message-ID"])
