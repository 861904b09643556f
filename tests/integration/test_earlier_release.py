"""A process of an earlier release goes on working on a ledger that was upgraded below it: expand first, contract later.

Its statements are written down here as release 0.1.0 (schema 0001) makes them, and are not to be changed: a migration
that fails one of them must wait until no release that is still in use makes it. See docs/operating.md, Upgrade.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import DateTime, bindparam, text

from triage.ledger import archive, queue, recording
from triage.ledger.database import Database

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)

INSERT_MESSAGE = """
    INSERT INTO messages (office, uidvalidity, uid, digest, content_digest, rfc_message_id, size, received_at, seen_at,
                          sender_key, same_as, returned)
    VALUES ('delhi', 7, :number, :digest, :digest, :message_id, 4000, :now, :now, :sender, NULL, false) RETURNING id
"""
INSERT_DECISION = """
    INSERT INTO decisions (message_id, office, decided_at, mode, reference, answers, rule, rule_set, reason, folder,
                           label, verdict, probabilities, model, machine, language, facts, protected_identifiers,
                           notes, defects, due_at)
    VALUES (:message, 'delhi', :now, 'live', :reference, NULL, 'webform', 'abc', 'label', 'Web form',
            'webform', 'webform', '{"webform": 0.97}', '2026.11', NULL, 'en', '{}', '[]', '[]', '[]', NULL)
"""
INSERT_EFFECT = """
    INSERT INTO effects (message_id, office, position, kind, state, detail, rfc_message_id, sender_key, not_before,
                         settled_at)
    VALUES (:message, 'delhi', :position, :kind, 'planned', :detail, :reply, :sender, :now, NULL) RETURNING id
"""
INSERT_MAIL = """
    INSERT INTO outbox (effect_id, envelope_sender, protected_recipients, protected_content)
    VALUES (:effect, '', '["counsel@firm.example"]', :content)
"""
KNOWN_UIDS = "SELECT uid FROM messages WHERE office = 'delhi' AND uidvalidity = 7 AND uid IN (:number)"
KNOWN_CONTENTS = """
    SELECT m.id, m.uidvalidity, m.uid, m.digest, m.rfc_message_id, m.size, d.folder, d.mode
    FROM messages m JOIN decisions d ON d.message_id = m.id
    WHERE m.office = 'delhi' AND m.content_digest IN (:digest)
"""
OPEN_FILINGS = """
    SELECT e.id, e.message_id, e.position, e.kind, e.detail, m.uidvalidity, m.uid, m.digest, m.rfc_message_id, m.size
    FROM effects e JOIN messages m ON m.id = e.message_id
    WHERE e.office = 'delhi' AND e.kind IN ('flags', 'move') AND e.state = 'planned' AND e.not_before <= :now
    ORDER BY e.message_id, e.position
"""
SETTLE = "UPDATE effects SET state = 'done', settled_at = :now, outcome = '{}' WHERE id = :effect"
POSTPONE = """
    UPDATE effects SET not_before = :now, attempts = effects.attempts + 1, outcome = '{"error": "451"}'
    WHERE id = :effect
"""
MAIL_TO_SEND = """
    SELECT e.id, e.office, e.kind, e.rfc_message_id, e.attempts, o.envelope_sender, o.protected_recipients,
           o.protected_content
    FROM effects e JOIN outbox o ON o.effect_id = e.id
    WHERE e.state = 'planned' AND e.kind IN ('reply', 'forward', 'notify') AND e.not_before <= :now
"""
MAIL_SENT = "UPDATE effects SET state = 'sent', settled_at = :now, attempts = 1 WHERE id = :effect"
MAIL_COPIED = "DELETE FROM outbox WHERE effect_id IN (:effect)"
REKEY = "UPDATE messages SET uidvalidity = 8, uid = :number WHERE id = :message"
REPLIES_SINCE = """
    SELECT e.sender_key, count(*) FROM effects e JOIN messages m ON m.id = e.message_id
    WHERE e.sender_key IN (:sender) AND e.office = 'delhi' AND e.kind = 'reply' AND e.state <> 'failed'
      AND m.seen_at >= :now GROUP BY e.sender_key
"""
SALT = "SELECT value FROM ledger_facts WHERE name = 'salt'"


class EarlierProcess:
    """A process of release 0.1.0, which looked at the schema when it started and never again."""

    def __init__(self, database: Database) -> None:
        """Take a connection pool of its own."""
        self._database = database

    def ask(self, statement: str, **values: Any) -> list[Any]:
        """Run one statement in a transaction of its own."""
        asked = text(statement)
        if "now" in values:
            asked = asked.bindparams(bindparam("now", type_=DateTime(timezone=True)))
        with self._database.transaction() as connection:
            result = connection.execute(asked, values)
            return list(result.all()) if result.returns_rows else []

    def take(self, number: int) -> tuple[int, list[int]]:
        """Record a message, its decision and its plan; the message's row and its effects'."""
        known: dict[str, Any] = {"number": number, "digest": f"{number:064}", "sender": f"{number:032}", "now": NOW}
        assert self.ask(KNOWN_UIDS, number=number) == []
        assert self.ask(KNOWN_CONTENTS, digest=known["digest"]) == []
        ((message,),) = self.ask(INSERT_MESSAGE, message_id=f"<{number}@firm.example>", **known)
        self.ask(INSERT_DECISION, message=message, reference=f"DEL-{number}", now=NOW)
        made = []
        for position, (kind, detail) in enumerate(
            [("move", {"folder": "Web form"}), ("reply", {"template": "webform", "language": "en"})]
        ):
            reply = f"<{number}.reply@visa-delhi.example>" if kind == "reply" else None
            values = {"position": position, "kind": kind, "detail": json.dumps(detail), "reply": reply}
            ((effect,),) = self.ask(INSERT_EFFECT, message=message, sender=known["sender"], now=NOW, **values)
            made.append(effect)
        self.ask(INSERT_MAIL, effect=made[1], content=b"Subject: a reply\r\n\r\nThank you.\r\n")
        return message, made

    def finish(self, number: int, message: int, made: list[int]) -> None:
        """File, send, copy, and what else happens to a message."""
        assert message in {row.message_id for row in self.ask(OPEN_FILINGS, now=NOW)}
        self.ask(SETTLE, effect=made[0], now=NOW)
        self.ask(POSTPONE, effect=made[1], now=NOW)
        assert made[1] in {row.id for row in self.ask(MAIL_TO_SEND, now=NOW)}
        self.ask(MAIL_SENT, effect=made[1], now=NOW)
        self.ask(MAIL_COPIED, effect=made[1])
        self.ask(SETTLE, effect=made[1], now=NOW)
        self.ask(REKEY, message=message, number=number)
        assert [row[1] for row in self.ask(REPLIES_SINCE, sender=f"{number:032}", now=NOW)] == [1]
        assert self.ask(SALT)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A ledger as release 0.1.0 made it, of each kind."""
    with closing(Database(database_url)) as database:
        database.upgrade("0001")
        yield database


def test_a_process_of_release_0_1_0_goes_on_while_the_ledger_is_upgraded(database: Database, database_url: str) -> None:
    """It records and finishes messages before, while and after; the new version finds all of them."""
    failures: list[BaseException] = []
    begun, stop, rounds = threading.Event(), threading.Event(), [0]

    def work() -> None:
        try:
            with closing(Database(database_url)) as own:
                process = EarlierProcess(own)
                while not stop.is_set():
                    rounds[0] += 1
                    process.finish(rounds[0], *process.take(rounds[0]))
                    begun.set()
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)
            begun.set()

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait()
    before = rounds[0]
    database.upgrade()
    upgraded_at = rounds[0]
    while rounds[0] < upgraded_at + 3 and not failures:
        stop.wait(0.01)
    stop.set()
    worker.join()
    assert failures == []
    assert before < rounds[0]
    assert len(archive.list_entries(database, most=100_000)) == rounds[0]
    assert recording.known_uids(database, "delhi", 8, range(1, rounds[0] + 1)) == set(range(1, rounds[0] + 1))
    assert queue.open_count(database, ["delhi"]) == 0


def test_what_an_earlier_release_began_on_the_new_schema_is_finished(database: Database, database_url: str) -> None:
    """It is killed with a message half done, and a process of the new version takes over."""
    database.upgrade()
    with closing(Database(database_url)) as own:
        EarlierProcess(own).take(1)
    (filing,) = queue.open_filings(database, "delhi", now=NOW)
    assert (filing.folder, filing.place.uid) == ("Web form", 1)
    (entry,) = archive.show_entries(database, "DEL-1")
    assert [effect["kind"] for effect in entry.detail["effects"]] == ["move", "reply"]
    (mail,) = queue.mail_to_send(database, ["delhi"], now=NOW, most=10)
    assert mail.content.startswith(b"Subject: a reply")


def test_a_column_that_an_earlier_release_does_not_fill_is_found_out(database: Database, database_url: str) -> None:
    """The tests above can fail: this is what a migration must not do."""
    database.upgrade()
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE messages ADD COLUMN needed INTEGER NOT NULL DEFAULT 0"))
        connection.execute(text("ALTER TABLE messages RENAME COLUMN returned TO put_back"))
    with closing(Database(database_url)) as own, pytest.raises(Exception, match="returned"):
        EarlierProcess(own).take(1)
