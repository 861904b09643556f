"""No question that is asked for every batch, office or pass reads a whole table, on either database.

The functions themselves are run on a ledger of some size, and what they sent is explained: a query that changes, or an
index that is dropped, is noticed.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event

from tests.full_ledger import NEWEST, digest_of, fill, office_of, reference_of, reply_of
from tests.servers.postgres import new_database
from triage.ledger import archive, dead_letters, holding, queue, recording, reversals, shadowed
from triage.ledger.database import Database
from triage.ledger.dead_letters import Which
from triage.ledger.records import EffectState, Place, QueuedMail

ROWS = 20_000
NUMBER = ROWS // 2
OFFICE = office_of(NUMBER)
SALT = b"only for tests"


def mail(effect: int) -> QueuedMail:
    """A mail in the sender's hands."""
    return QueuedMail(
        effect=effect,
        office=OFFICE,
        kind="reply",
        message_id="<x@y.example>",
        envelope_sender="",
        recipients=(),
        content=b"",
        attempts=0,
    )


def histories(database: Database) -> object:
    """What is known of a sender and of the messages that theirs answers."""
    sender = SimpleNamespace(addr="counsel@firm.example")
    message: Any = SimpleNamespace(from_=sender, message_id="<new@firm.example>", in_reply_to=())
    refers_to = (reply_of(NUMBER), f"<{NUMBER}@firm.example>")
    return archive.histories(database, OFFICE, [(message, refers_to)], salt=SALT, now=NEWEST)


HOT: dict[str, Callable[[Database], object]] = {
    "known uids": lambda d: recording.known_uids(d, OFFICE, 7, range(NUMBER, NUMBER + 200)),
    "known contents": lambda d: recording.known_contents(d, OFFICE, [digest_of(n) for n in range(NUMBER, NUMBER + 80)]),
    "undone contents": lambda d: reversals.undone_contents(d, OFFICE, [digest_of(NUMBER)]),
    "histories": histories,
    "rekey": lambda d: recording.rekey(d, {NUMBER: Place(uidvalidity=8, uid=1)}),
    "plan again": lambda d: recording.plan_again(d, OFFICE, [NUMBER], NEWEST),
    "open filings": lambda d: queue.open_filings(d, OFFICE, now=NEWEST),
    "open filings of places": lambda d: queue.open_filings(
        d, OFFICE, now=NEWEST, places=[Place(uidvalidity=7, uid=n) for n in range(NUMBER, NUMBER + 50)]
    ),
    "settle": lambda d: queue.settle(d, {3 * NUMBER: (EffectState.DONE, None)}, now=NEWEST),
    "postpone": lambda d: queue.postpone(d, [3 * NUMBER], until=NEWEST, why="test"),
    "mail to send": lambda d: queue.mail_to_send(d, [OFFICE], now=NEWEST, most=50),
    "mail to copy": lambda d: queue.mail_to_copy(d, OFFICE, now=NEWEST, most=50),
    "mail sent": lambda d: queue.mail_sent(d, mail(3 * NUMBER), now=NEWEST),
    "mail copied": lambda d: queue.mail_copied(d, [mail(3 * NUMBER)], now=NEWEST),
    "mail failed": lambda d: queue.mail_failed(d, mail(3 * NUMBER), why="550", now=NEWEST),
    "withdrawn mail": lambda d: queue.drop_withdrawn(d, [OFFICE]),
    "next due": queue.next_due,
    "open count": lambda d: queue.open_count(d, [OFFICE]),
    "counts of what failed and waits": dead_letters.counts,
    "what failed and waits": lambda d: dead_letters.stuck(d, Which()),
    "held mail of an office": lambda d: dead_letters.stuck(d, Which(office=OFFICE, state=EffectState.HELD)),
    "held mail counted": holding.holdings,
    "held mail released": lambda d: holding.release(d, [3 * NUMBER], now=NEWEST),
    "held mail dropped": lambda d: dead_letters.drop(
        d, dead_letters.stuck(d, Which(state=EffectState.HELD)), note="test", now=NEWEST
    ),
    "trials of an office": lambda d: shadowed.trial_decisions(d, OFFICE, since=NEWEST),
    "newest of an office": lambda d: archive.list_entries(d, office=OFFICE, most=50),
    "newest of all": lambda d: archive.list_entries(d, most=50),
    "one shown": lambda d: archive.show_entries(d, reference_of(NUMBER)),
}


class Sent(NamedTuple):
    """A statement as it went to the database, and the first of its parameters."""

    statement: str
    parameters: Any


def sent_by(database: Database, ask: Callable[[Database], object]) -> list[Sent]:
    """What the function sends."""
    found: list[Sent] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        found.append(Sent(statement, parameters[0] if many else parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        ask(database)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return found


def plan(database: Database, sent: Sent) -> str:
    """How the database says that it does it."""
    with database.engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        rows = connection.exec_driver_sql(explain + sent.statement, sent.parameters).all()
        return "\n".join(str(row[-1]) for row in rows)


# What reads more the older a ledger is: a table or one of its indexes from end to end, and in SQLite what is found by
# the office alone. Small by nature, however old the ledger: the outbox, the indexes of open and of failed effects.
BY_OFFICE = r"SEARCH (messages|decisions|effects) .* \(office=\?( AND uidvalidity>\?)?\)$"
WHOLE = re.compile(rf"(SCAN|Seq Scan on) (messages|decisions|effects)|{BY_OFFICE}", re.MULTILINE)
BOUNDED = re.compile(r"INDEX (ix_effects_(open|failed|held)|ix_decisions_office_decided_at|ix_decisions_decided_at)\b")


def read_whole(plan: str) -> bool:
    """Whether rows are found by reading a table of messages from end to end."""
    return any(WHOLE.search(line) and not BOUNDED.search(line) for line in plan.splitlines())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A ledger of some size, of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('full')}/ledger.sqlite3"
    else:
        url = new_database(request.getfixturevalue("postgres_server"))
    with closing(Database(url)) as database:
        database.open()
        fill(database, ROWS)
        yield database


@pytest.mark.parametrize("name", HOT)
def test_no_hot_query_reads_a_whole_table(full: Database, name: str) -> None:
    """Each statement finds its rows by an index."""
    plans = [plan(full, sent) for sent in sent_by(full, HOT[name])]
    assert [one for one in plans if read_whole(one)] == []


USED = {
    "ix_messages_office_content_digest": "known contents",
    "ix_messages_office_rfc_message_id": "histories",
    "ix_messages_office_sender_key_seen_at": "histories",
    "ix_messages_same_as": "one shown",
    "uq_messages_office_uidvalidity_uid": "known uids",
    "ix_decisions_reference": "one shown",
    "ix_decisions_office_decided_at": "newest of an office",
    "ix_decisions_decided_at": "newest of all",
    "ix_effects_message_id": "one shown",
    "ix_effects_open": "open filings",
    "ix_effects_failed": "counts of what failed and waits",
    "ix_effects_rfc_message_id": "histories",
    "ix_effects_sender_key_settled_at": "histories",
}


@pytest.mark.parametrize("index", USED)
def test_the_index_is_used_by_the_query_that_it_is_for(full: Database, index: str) -> None:
    """An index that no query uses only costs; one that is dropped is missed here."""
    plans = [plan(full, sent) for sent in sent_by(full, HOT[USED[index]])]
    assert any(index in one for one in plans), plans


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("SCAN effects", True),
        ("SCAN effects USING INDEX ix_effects_message_id", True),
        ("SEARCH messages USING INDEX ix_messages_office_content_digest (office=?)", True),
        ("SEARCH messages USING INDEX ix_messages_office_content_digest (office=? AND content_digest=?)", False),
        ("SCAN outbox", False),
        ("  ->  Seq Scan on effects  (cost=0.00..1.00 rows=1 width=8)", True),
        ("  ->  Parallel Seq Scan on messages  (cost=0.00..1.00 rows=1 width=8)", True),
        ("  ->  Index Scan using ix_effects_open on effects  (cost=0.00..1.00 rows=1 width=8)", False),
    ],
)
def test_a_plan_that_reads_a_whole_table_is_told_from_others(line: str, whole: bool) -> None:
    """As both databases write it."""
    assert read_whole(line) is whole
