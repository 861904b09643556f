"""A ledger of any size, as years of mail leave it: most effects done, few open, some mail still to be sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import insert, text

from triage.ledger.database import Database
from triage.ledger.records import EffectState
from triage.ledger.schema import decisions, effects, messages, outbox

OFFICES = 40  # by office: "office-0" …
NEWEST = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
EVERY = timedelta(seconds=90)  # between two messages
AT_ONCE = 10_000
# The newest so many messages have their effects still open.
OPEN = 20
FACTS = {
    "language": "en",
    "deadlines": [{"date": "2026-11-20", "kind": "flight", "near": "my flight is on 20 November"}],
    "identifiers": ["application:W3*****89", "uci:11-****-1234"],
    "events": ["decision"],
    "representative": True,
    "topics": ["refusal", "documents"],
}


def office_of(number: int) -> str:
    """The office that a message came to."""
    return f"office-{number % OFFICES}"


def digest_of(number: int) -> str:
    """A message's digest; of its content, the same."""
    return blake2b(str(number).encode(), digest_size=32).hexdigest()


def sender_of(number: int) -> str:
    """One of its sender's address; each sender writes some five times."""
    return blake2b(str(number // (OFFICES * 5)).encode(), digest_size=16).hexdigest()


def fill(database: Database, count: int) -> None:
    """Add `count` messages with decisions and effects, numbered from 1; the last is the newest."""
    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        with database.transaction() as connection:
            connection.execute(insert(messages), [_message(n, count) for n in numbers])
            connection.execute(insert(decisions), [_decision(n, count) for n in numbers])
            connection.execute(insert(effects), [row for n in numbers for row in _effects(n, count)])
            if waiting := [_mail(3 * n) for n in numbers if n > count - OPEN]:
                connection.execute(insert(outbox), waiting)
    if not database.is_sqlite:
        # Which autovacuum does in service. In SQLite nobody ever does.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
            for table in ("messages", "decisions", "effects"):
                connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


def _when(number: int, count: int) -> datetime:
    return NEWEST - (count - number) * EVERY


def _message(number: int, count: int) -> dict[str, Any]:
    repeats = number % 50 == 0 and number > OFFICES
    return {
        "id": number,
        "office": office_of(number),
        "uidvalidity": 7,
        "uid": number,
        "digest": digest_of(number),
        "content_digest": digest_of(number),
        "rfc_message_id": f"<{number}.{digest_of(number)[:16]}@firm.example>",
        "size": 4000 + number % 9000,
        "received_at": _when(number, count),
        "seen_at": _when(number, count),
        "sender_key": sender_of(number),
        "same_as": number - OFFICES if repeats else None,
    }


def _decision(number: int, count: int) -> dict[str, Any]:
    return {
        "id": number,
        "message_id": number,
        "office": office_of(number),
        "decided_at": _when(number, count),
        "mode": "live",
        "reference": reference_of(number),
        "answers": reference_of(number - OFFICES) if number % 10 == 0 and number > OFFICES else None,
        "rule": "webform" if number % 3 else "urgent",
        "rule_set": digest_of(number // 100_000),
        "reason": "label",
        "folder": "Web form",
        "label": "webform",
        "verdict": "webform" if number % 3 else "urgent",
        "probabilities": {"urgent": 0.01, "serious_error": 0.01, "reconsideration": 0.01, "webform": 0.97},
        "model": "2026.11",
        "language": "en",
        "facts": FACTS,
        "protected_identifiers": ["application:W312345689"],
        "circumstances": {"history": {"answers_our_reply": False}},
        "notes": [],
        "defects": [],
    }


def reference_of(number: int) -> str:
    """A message's reference."""
    return f"OFF-{number:09d}"


def _effects(number: int, count: int) -> Iterator[dict[str, Any]]:
    """Flags, move and reply of a message, with ids that follow from its number."""
    still_open = number > count - OPEN
    for position, kind in enumerate(("flags", "move", "reply")):
        failed = kind == "reply" and number % 1000 == 0
        state = EffectState.PLANNED if still_open else EffectState.FAILED if failed else EffectState.DONE
        yield {
            "id": 3 * number - 2 + position,
            "message_id": number,
            "office": office_of(number),
            "position": position,
            "kind": kind,
            "state": state,
            "detail": {"folder": "Web form", "flags": ["$Webform"], "template": "webform", "language": "en"},
            "rfc_message_id": reply_of(number) if kind == "reply" else None,
            "sender_key": sender_of(number) if kind == "reply" else None,
            "not_before": _when(number, count),
            "settled_at": None if still_open else _when(number, count),
            "outcome": {"uidvalidity": 9, "uid": number} if kind == "move" and not still_open else None,
        }


def reply_of(number: int) -> str:
    """The Message-ID of our reply to a message."""
    return f"<{digest_of(number)[:24]}.reply@visa-delhi.example>"


def _mail(effect: int) -> dict[str, Any]:
    return {
        "effect_id": effect,
        "envelope_sender": "",
        "protected_recipients": ["counsel@firm.example"],
        "protected_content": b"Subject: Re: a file\r\n\r\nThank you.\r\n" * 40,
    }
