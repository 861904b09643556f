"""Writes decisions down: message, facts, decision and planned effects in one commit, before anything is done."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, insert, select, update

from triage.core.effects import AddFlags, Call, Effect, Forward, MoveTo, Notify, OutgoingCall, OutgoingMail, Reply
from triage.core.message import Message
from triage.core.office import Mode
from triage.core.triaged import Triaged
from triage.ledger.database import Database
from triage.ledger.records import FILING, EffectState, KnownMessage, NewEntry, Place, Repeat
from triage.ledger.schema import UIDVALIDITY_IS_TOLD, decisions, effects, messages, outbox

_Value = TypeVar("_Value")
# SQLite's limit on variables in one statement is 32,766; PostgreSQL's is higher.
CHUNK = 5000


def chunks(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """Part values so that each part fits into one statement."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def sender_key(address: str, salt: bytes) -> str:
    """A keyed hash of an address: counts its messages, and names nobody to a reader of the ledger."""
    return blake2b(address.strip().lower().encode(), digest_size=16, key=salt).hexdigest()


def known_uids(database: Database, office: str, uidvalidity: int, uids: Sequence[int]) -> set[int]:
    """Which of `uids` of INBOX are in the ledger already; none where the server gives no UIDVALIDITY."""
    found: set[int] = set()
    if uidvalidity:
        here = (messages.c.office == office) & (messages.c.uidvalidity == uidvalidity)
        with database.transaction() as connection:
            for some in chunks(uids):
                query = select(messages.c.uid).where(here, messages.c.uid.in_(some), UIDVALIDITY_IS_TOLD)
                found.update(connection.scalars(query))
    return found


def known_contents(database: Database, office: str, contents: Iterable[str]) -> Mapping[str, KnownMessage]:
    """By content digest: the first message of that content that this office had."""
    m = messages.c
    query = (
        select(messages, decisions.c.folder, decisions.c.mode)
        .join(decisions, decisions.c.message_id == m.id, isouter=True)
        .where(m.office == office, m.content_digest.in_(list(contents)), m.same_as.is_(None))
    )
    with database.transaction() as connection:
        rows = connection.execute(query).all()
        filings = _filing_effects(connection, [row.id for row in rows])
    return {row.content_digest: _known(row, filings.get(row.id, ())) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What all rows of one commit share."""

    office: str
    mode: Mode
    salt: bytes  # this ledger's key for hashing addresses
    now: datetime  # aware: when the decisions were made
    out: frozenset[str] = frozenset()  # Message-IDs of replies that went out before the ledger was restored


def record(database: Database, stamp: Stamp, entries: Sequence[NewEntry], repeats: Sequence[Repeat] = ()) -> None:
    """Commit a batch, whole or not at all."""
    if not entries and not repeats:
        return
    with database.transaction() as connection:
        new = [_message_row(stamp, e.place, e.content_digest, e.triaged.message) for e in entries]
        again = [
            _message_row(stamp, r.place, r.content_digest, r.message, same_as=r.same_as, returned=r.returned)
            for r in repeats
        ]
        rows = _insert(connection, messages, new + again, "uidvalidity", "uid")
        decided = [_decision_row(stamp, entry.triaged, row) for entry, row in zip(entries, rows, strict=False)]
        if decided:
            connection.execute(insert(decisions), decided)
        plans = [entry.triaged.decision.plan for entry in entries] + [repeat.plan for repeat in repeats]
        senders = [row["sender_key"] for row in new + again]
        _insert_plans(connection, stamp, list(zip(rows, plans, senders, strict=True)))


def rekey(database: Database, moved: Mapping[int, Place]) -> None:
    """Note that known messages (by row) stand at other places of INBOX now: UIDVALIDITY changed, or a new UID."""
    with database.transaction() as connection:
        for row, place in moved.items():
            connection.execute(update(messages).where(messages.c.id == row).values(**asdict(place)))


def plan_again(database: Database, office: str, rows: Sequence[int], now: datetime) -> None:
    """Open the flags and moves of messages anew: they stand in INBOX again after a change of UIDVALIDITY."""
    with database.transaction() as connection:
        connection.execute(
            update(effects)
            .where(effects.c.message_id.in_(rows), effects.c.kind.in_(FILING))
            .where(effects.c.office == office, effects.c.state != EffectState.SHADOW)
            .values(state=EffectState.PLANNED, not_before=now, settled_at=None)
        )


def _message_row(
    stamp: Stamp,
    place: Place,
    content_digest: str,
    message: Message,
    *,
    same_as: int | None = None,
    returned: bool = False,
) -> dict[str, Any]:
    return {
        "office": stamp.office,
        **asdict(place),
        "digest": message.digest,
        "content_digest": content_digest,
        "rfc_message_id": message.message_id,
        "size": message.size,
        "received_at": message.received_at,
        "seen_at": stamp.now,
        "sender_key": sender_key(message.from_.addr, stamp.salt) if message.from_ else None,
        "same_as": same_as,
        "returned": returned,
    }


def _decision_row(stamp: Stamp, triaged: Triaged, row: int) -> dict[str, Any]:
    decision, found = triaged.decision, triaged.classification
    trial = decision.on_trial
    return {
        "message_id": row,
        "office": stamp.office,
        "decided_at": stamp.now,
        "mode": stamp.mode.value,
        "reference": decision.reference,
        "answers": decision.answers,
        "rule": decision.rule,
        "rule_set": decision.rule_set,
        "reason": decision.reason.value,
        "folder": decision.folder,
        "label": found.label.value if found else None,
        "verdict": str(found.decision) if found else None,
        "probabilities": {k.value: v for k, v in found.probabilities.items()} if found else None,
        "model": found.model if found else None,
        "machine": triaged.screening.kind.value if triaged.screening.kind else None,
        "language": triaged.facts.language.value,
        "facts": dict(triaged.facts.to_record()),
        "protected_identifiers": [f"{i.kind}:{i.value}" for i in triaged.facts.identifiers],
        "circumstances": _circumstances(triaged),
        "notes": list(decision.notes),
        "defects": list(triaged.message.defects),
        "due_at": decision.due_at,
        "always": list(decision.always),
        "trial_rule": trial.rule if trial else None,
        "trial_folder": trial.folder if trial else None,
        "trial_reply": trial.reply if trial else None,
        "trial_due_at": trial.due_at if trial else None,
    }


def _circumstances(triaged: Triaged) -> dict[str, Any]:
    """What rules and replies looked at and no other column holds; `archive.replayable` reads it."""
    message = triaged.message
    return {
        "unparseable": message.unparseable,
        "truncated": message.truncated,
        "attachments": len(message.attachments),
        "unanswerable": triaged.decision.unanswerable,
        "history": asdict(triaged.history),
    }


def _insert_plans(
    connection: Connection, stamp: Stamp, plans: Sequence[tuple[int, tuple[Effect, ...], str | None]]
) -> None:
    live = stamp.mode is Mode.LIVE
    rows: list[dict[str, Any]] = []
    mails: list[OutgoingMail | None] = []
    for message_row, plan, sender in plans:
        for position, effect in enumerate(plan):
            kind, detail, mail = _described(effect)
            out = mail is not None and mail.message_id in stamp.out
            rows.append(
                {
                    "message_id": message_row,
                    "office": stamp.office,
                    "position": position,
                    "kind": kind,
                    "state": _first_state(effect, out=out) if live else EffectState.SHADOW,
                    "detail": detail,
                    "rfc_message_id": mail.message_id if mail else None,
                    "sender_key": sender if kind == "reply" else None,
                    "not_before": stamp.now,
                    "settled_at": None if live and not out else stamp.now,
                }
            )
            mails.append(mail if live and not out else None)
    if not rows:
        return
    ids = _insert(connection, effects, rows, "message_id", "position")
    queued = [
        {
            "effect_id": effect_id,
            "envelope_sender": mail.envelope_sender,
            "protected_recipients": list(mail.envelope_recipients),
            "protected_content": mail.content,
        }
        for effect_id, mail in zip(ids, mails, strict=True)
        if mail
    ]
    if queued:
        connection.execute(insert(outbox), queued)


def _first_state(effect: Effect, *, out: bool) -> EffectState:
    if out:
        return EffectState.DONE
    return EffectState.HELD if isinstance(effect, Reply | Forward) and effect.held else EffectState.PLANNED


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *key: str) -> list[int]:
    """Insert rows in few statements, and give their ids in order; `key` tells the rows of one batch apart.

    To be asked for the ids in the order of the rows, SQLite must be given one row at a time.
    """
    returned = (table.c.id, *(table.c[name] for name in key))
    ids = {tuple(found): row for row, *found in connection.execute(insert(table).returning(*returned), rows)}
    return [ids[tuple(row[name] for name in key)] for row in rows]


def _described(effect: Effect) -> tuple[str, dict[str, Any], OutgoingMail | None]:
    match effect:
        case MoveTo(folder=folder):
            return "move", {"folder": folder}, None
        case AddFlags(flags=flags):
            return "flags", {"flags": list(flags)}, None
        case Reply(template=template, language=language, mail=mail):
            return "reply", {"template": template, "language": language}, mail
        case Forward(unit=unit, mail=mail):
            return "forward", {"unit": unit}, mail
        case Notify(contact=contact, mail=mail):
            return "notify", {"contact": contact}, mail
        case Call(contact=contact, call=call):
            return "webhook", {"contact": contact}, _as_mail(call)


def _as_mail(call: OutgoingCall) -> OutgoingMail:
    """A call waits in the outbox as mail does: its key stands where a Message-ID does, and it has no recipient."""
    return OutgoingMail(message_id=call.key, envelope_sender="", envelope_recipients=(), content=call.content)


def _filing_effects(connection: Connection, rows: Sequence[int]) -> Mapping[int, Sequence[Row[Any]]]:
    query = select(effects).where(effects.c.message_id.in_(rows), effects.c.kind.in_(FILING))
    found: dict[int, list[Row[Any]]] = {}
    for effect in connection.execute(query):
        found.setdefault(effect.message_id, []).append(effect)
    return found


def flags_of(filing: Iterable[Row[Any]]) -> tuple[str, ...]:
    """The flags and keywords that effects of filing set."""
    return tuple(flag for effect in filing if effect.kind == "flags" for flag in effect.detail["flags"])


def _known(row: Row[Any], filing: Sequence[Row[Any]]) -> KnownMessage:
    return KnownMessage(
        row=row.id,
        place=Place(uidvalidity=row.uidvalidity, uid=row.uid),
        digest=row.digest,
        rfc_message_id=row.rfc_message_id,
        size=row.size,
        folder=row.folder or "",
        flags=flags_of(filing),
        moved=all(effect.state != EffectState.PLANNED for effect in filing if effect.kind == "move"),
        mode=Mode(row.mode) if row.mode else Mode.LIVE,
        purged=row.mode is None,
    )
