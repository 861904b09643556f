"""The ledger on SQLite and PostgreSQL: schema, owner, failures, whole batches, and what it does not tell."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from tests.servers.ports import free_port
from tests.world import ADDRESS, KeywordClassifier, letter
from triage.core.effects import Effect, Reply
from triage.core.message import Message
from triage.core.office import Mode
from triage.core.policy.decision import History
from triage.core.triaged import Triaged
from triage.errors import ConfigurationError, LedgerInUse, LedgerNotMigrated, LedgerUnavailable, TriageError
from triage.ledger import archive, queue, recording, replaying
from triage.ledger.database import Database
from triage.ledger.recording import Stamp
from triage.ledger.records import EffectState, NewEntry, Place, Repeat
from triage.ledger.schema import decisions, effects, ledger_facts, messages, metadata, outbox
from triage.pipeline import Incoming, Setup, content_digest, triage
from triage.rules_folder import read_rules
from triage.settings_file import load_settings

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
SALT = b"only for tests"
CONFIG = f"""\
offices:
  - id: delhi
    names: {{en: Delhi, fr: Delhi}}
    address: {ADDRESS}
    timezone: Asia/Kolkata
    webform_url: https://webform.example/enquiry
    contacts: {{duty: duty@visa-delhi.example}}
    mode: live
    imap: {{host: localhost, user: delhi, secret: "env:X"}}
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new ledger of each kind, opened."""
    with closing(Database(database_url)) as database:
        database.open()
        yield database


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """A live office with the shipped rules and a classifier of keywords."""
    file = tmp_path_factory.mktemp("settings") / "triage.yaml"
    file.write_text(CONFIG)
    settings = load_settings(file)
    return Setup(
        office=settings.offices[0].profile(),
        own_addresses=settings.own_addresses(),
        rule_set=read_rules(settings).default,
    )


def stamp(*, mode: Mode = Mode.LIVE, office: str = "delhi", now: datetime = NOW) -> Stamp:
    """What the rows of a commit share."""
    return Stamp(office=office, mode=mode, salt=SALT, now=now)


def decided(setup: Setup, *raw: bytes, first_uid: int = 1) -> list[NewEntry]:
    """Entries as a sweep makes them."""
    results = triage([Incoming(raw=one, received_at=NOW) for one in raw], setup, KeywordClassifier(), now=NOW)
    return [entry(result, uid) for uid, result in enumerate(results, first_uid)]


def entry(result: Triaged, uid: int) -> NewEntry:
    """One of them."""
    return NewEntry(place=Place(uidvalidity=7, uid=uid), content_digest=content_digest(result.message), triaged=result)


def planned(one: NewEntry, *plan: Effect) -> NewEntry:
    """The same message with another plan."""
    return replace(one, triaged=replace(one.triaged, decision=replace(one.triaged.decision, plan=plan)))


def reply_of(one: NewEntry) -> Reply:
    """The reply planned for it."""
    (reply,) = (effect for effect in one.triaged.decision.plan if isinstance(effect, Reply))
    return reply


def counts(database: Database) -> dict[str, int]:
    """How many rows each table of messages has."""
    with database.transaction() as connection:
        tables = (messages, decisions, effects, outbox)
        return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


# --- schema


def differences(database: Database) -> list[Any]:
    """What alembic would change to make the database as triage.ledger.schema has it."""
    with database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_migrations_and_schema_agree(database: Database) -> None:
    """Tables, columns, types, defaults and indexes, partial ones included."""
    assert differences(database) == []
    with database.transaction() as connection:
        connection.execute(text("DROP INDEX ix_effects_open"))
    assert [change[0] for change in differences(database)] == ["add_index"], "the comparison sees nothing"


def test_the_unique_index_is_as_partial_in_the_database_as_in_the_schema(database: Database) -> None:
    """alembic does not compare conditions. A server without UIDVALIDITY may use a UID again, another may not."""
    columns = {"office": "d", "digest": "x", "content_digest": "x", "size": 1, "seen_at": NOW, "uid": 1}

    def add(uidvalidity: int) -> None:
        with database.transaction() as connection:
            connection.execute(messages.insert().values(**columns, uidvalidity=uidvalidity))

    for uidvalidity in (0, 0, 7):
        add(uidvalidity)
    with pytest.raises(IntegrityError):
        add(7)


def test_migrations_go_down_and_up_again(database: Database) -> None:
    """Down to nothing; up to the same schema, with a salt of its own."""
    before = database.salt()
    database.downgrade("base")
    with database.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    database.upgrade()
    assert differences(database) == []
    assert len(database.salt()) == 16
    assert database.salt() != before


def test_decisions_go_back_to_the_first_schema_and_come_again(database: Database, setup: Setup) -> None:
    """What an earlier version has no room for is lost, and nothing else; the decisions can still be decided again."""
    recording.record(database, stamp(), decided(setup, letter(1, "urgent"), letter(2, "webform")))
    (before,) = replaying.recorded(database, ["delhi"], None)
    database.downgrade("0001")
    database.upgrade()
    (after,) = replaying.recorded(database, ["delhi"], None)
    assert after == [replace(one, circumstances=None) for one in before]
    assert all(one.circumstances for one in before)


def test_recorded_decisions_come_in_parts_and_none_twice(
    database: Database, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of a part; of the offices asked for, since the time asked for."""
    recording.record(database, stamp(), decided(setup, *(letter(n, "webform") for n in range(5))))
    recording.record(database, stamp(office="paris", now=NOW + timedelta(days=1)), decided(setup, letter(9, "urgent")))
    monkeypatch.setattr(replaying, "PART", 2)
    parts = list(replaying.recorded(database, ["delhi"], None))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert len({one.reference for part in parts for one in part}) == 5
    assert replaying.recorded_count(database, ["delhi", "paris"], None) == 6
    assert replaying.recorded_count(database, ["delhi", "paris"], NOW + timedelta(hours=1)) == 1
    (later,) = replaying.recorded(database, ["delhi", "paris"], NOW + timedelta(hours=1))
    assert [one.office for one in later] == ["paris"]


def test_an_opened_ledger_opens_again_with_the_same_salt(database: Database, database_url: str) -> None:
    """Senders are counted across restarts."""
    with closing(Database(database_url)) as again:
        again.open()
        assert again.salt() == database.salt()


def test_a_ledger_of_another_version_is_refused(database: Database) -> None:
    """With the command that mends it; nothing is migrated behind an operator's back."""
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(LedgerNotMigrated, match=r"has schema 0000, this .* needs \d+.*`triage db upgrade`"):
        database.open()
    assert database.revisions()[0] == "0000"


def test_a_database_of_something_else_is_refused(database_url: str) -> None:
    """Its tables are left as they are."""
    with closing(Database(database_url)) as database:
        with database.transaction() as connection:
            connection.execute(text("CREATE TABLE accounts (id INTEGER)"))
        with pytest.raises(LedgerNotMigrated, match="of no known version"):
            database.open()
        with database.engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["accounts"]


# --- failures


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """Worth trying again; the password is not told."""
    database = Database(f"postgresql+psycopg://triage@127.0.0.1:{free_port()}/triage", password="never-told")
    with pytest.raises(LedgerUnavailable) as caught:
        database.open()
    assert "127.0.0.1" in str(caught.value)
    assert "never-told" not in str(caught.value)


def test_a_connection_that_the_server_dropped_is_replaced(database: Database) -> None:
    """A restart of PostgreSQL costs no batch that comes after it."""
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    database.salt()
    with (
        closing(Database(database.engine.url.render_as_string(hide_password=False))) as other,
        other.transaction() as c,
    ):
        c.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    assert len(database.salt()) == 16


@pytest.mark.parametrize("content", [None, b"this is no database" * 100], ids=["no folder", "no database"])
def test_a_file_that_cannot_be_a_ledger_is_unavailable(tmp_path: Path, content: bytes | None) -> None:
    """The sentence names the file."""
    file = tmp_path / "data" / "ledger.sqlite3"
    if content is not None:
        file.parent.mkdir()
        file.write_bytes(content)
    with pytest.raises(LedgerUnavailable, match=str(file)), closing(Database(f"sqlite:///{file}")) as database:
        database.open()


def test_a_full_disk_is_unavailable_and_records_nothing(tmp_path: Path, setup: Setup) -> None:
    """Neither half a batch nor an effect: the messages stay in INBOX until there is room."""
    with closing(Database(f"sqlite:///{tmp_path}/ledger.sqlite3")) as database:
        database.open()
        before = counts(database)
        database.engine.dispose()

        @event.listens_for(database.engine, "connect")
        def full(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the size that the file has

        batch = decided(setup, *(letter(n, "webform", sender=f"p{n}@firm.example") for n in range(40)))
        with pytest.raises(LedgerUnavailable, match="full"):
            recording.record(database, stamp(), batch)
        assert counts(database) == before
        event.remove(database.engine, "connect", full)
        database.engine.dispose()
        recording.record(database, stamp(), batch)
        assert counts(database)["messages"] == 40


@pytest.mark.parametrize("url", ["ledger.sqlite3", "nosuchdb://host/name", "postgresql+psycopg://u:never-told@h:x/n"])
def test_a_url_that_cannot_be_used_is_a_mistake_in_the_settings(url: str) -> None:
    """Not something to wait for; a password in it, against the advice, is not repeated."""
    with pytest.raises(ConfigurationError, match="not a usable database URL") as caught:
        Database(url)
    assert "never-told" not in str(caught.value)


# --- one owner


def test_a_second_owner_is_refused_until_the_first_is_done(database: Database, database_url: str) -> None:
    """Also where the first still has the ledger open."""
    with closing(Database(database_url)) as second:
        with database.owned():
            with pytest.raises(LedgerInUse, match="another triage daemon owns the ledger"), second.owned():
                pytest.fail("two owners")
            second.salt()  # reading is no owning: `triage messages` works beside the daemon
        with second.owned():
            pass


def test_an_owner_that_fails_lets_go(database: Database, database_url: str) -> None:
    """The next start must not wait for an operator."""
    with suppress(ZeroDivisionError), database.owned():
        raise ZeroDivisionError
    with closing(Database(database_url)) as second, second.owned():
        pass


# --- a batch


def with_place_taken(one: NewEntry) -> NewEntry:
    """Break its row in `messages`."""
    return replace(one, place=Place(uidvalidity=7, uid=1))


def with_note_unwritable(one: NewEntry) -> NewEntry:
    """Break its row in `decisions`."""
    broken = replace(one.triaged.decision, notes=(object(),))  # type: ignore[arg-type]
    return replace(one, triaged=replace(one.triaged, decision=broken))


def with_recipient_unwritable(one: NewEntry) -> NewEntry:
    """Break its row in `outbox`, which is written last."""
    reply = reply_of(one)
    broken = replace(reply.mail, envelope_recipients=(object(),))  # type: ignore[arg-type]
    return planned(one, replace(reply, mail=broken))


@pytest.mark.parametrize("broken", [with_place_taken, with_note_unwritable, with_recipient_unwritable])
def test_a_batch_is_recorded_whole_or_not_at_all(database: Database, setup: Setup, broken: Any) -> None:
    """One row that fails, in whichever table, takes the batch back; what could not be written is not repeated."""
    batch = decided(setup, letter(1, "urgent"), letter(2, "webform"), letter(3, "webform"))
    with pytest.raises((IntegrityError, TriageError, TypeError)) as caught:
        recording.record(database, stamp(), [*batch[:2], broken(batch[2])])
    assert set(counts(database).values()) == {0}
    assert "firm.example" not in str(caught.value)
    recording.record(database, stamp(), batch)
    assert counts(database) == {"messages": 3, "decisions": 3, "effects": 10, "outbox": 4}


def test_a_naive_time_is_refused(database: Database, setup: Setup) -> None:
    """A time without a zone is a mistake made earlier; guessing would hide it."""
    naive = NOW.replace(tzinfo=None)
    (one,) = decided(setup, letter(1, "webform"))
    with pytest.raises(TriageError, match="naive datetime"):
        recording.record(database, stamp(now=naive), [one])
    with pytest.raises(TriageError, match="naive datetime"):
        queue.mail_to_send(database, ["delhi"], now=naive, most=1)
    assert set(counts(database).values()) == {0}


def test_times_come_back_aware_and_in_utc(database: Database, setup: Setup) -> None:
    """From whichever zone they went in."""
    zone = setup.office.zone
    recording.record(database, stamp(now=NOW.astimezone(zone)), decided(setup, letter(1, "urgent")))
    (found,) = archive.list_entries(database)
    assert (found.decided_at, found.decided_at.tzinfo) == (NOW, UTC)
    assert found.due_at is not None
    assert found.due_at.tzinfo == UTC


def test_shadow_keeps_no_mail(database: Database, setup: Setup) -> None:
    """Effects are recorded as such, and nothing is there to be sent or done."""
    recording.record(database, stamp(mode=Mode.SHADOW), decided(setup, letter(1, "urgent")))
    assert counts(database) == {"messages": 1, "decisions": 1, "effects": 4, "outbox": 0}
    assert queue.open_filings(database, "delhi", now=NOW) == []
    assert queue.open_count(database, ["delhi"]) == 0


HOSTILE = {
    "long Message-ID": letter(1, "webform").replace(b"<1@firm.example>", b"<" + b"1" * 5000 + b"@firm.example>"),
    "NUL in headers and text": letter(1, "webform").replace(b"file", b"fi\0le").replace(b"<1@", b"<1\0@"),
    "bytes of no charset": letter(1, "webform").replace(b"<1@", b"<\xff\xfe@").replace(b"Person", b"P\xe9rson"),
    "a lone surrogate": letter(1, "webform").replace(b"file", b"=ED=A0=80 file"),
    "dates out of reach": letter(1, "webform")
    .replace(b"2026", b"9999")
    .replace(b"file", b"flight on 31 December 9999"),
    "no headers": b"\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_a_sender_wrote_can_be_recorded(database: Database, setup: Setup, raw: bytes) -> None:
    """PostgreSQL is stricter than SQLite; one message must not keep its batch out of the ledger for ever."""
    recording.record(database, stamp(), decided(setup, raw, letter(2, "urgent")))
    assert counts(database)["decisions"] == 2


# --- history


def history(database: Database, sender: str, *refers_to: str, office: str = "delhi", now: datetime = NOW) -> History:
    """What is known of a message from `sender` that answers `refers_to`."""
    raw = letter("new", "webform", sender=sender, **({"In-Reply-To": refers_to[-1]} if refers_to else {}))
    message: Message = decided_message(raw)
    (found,) = archive.histories(database, office, [(message, refers_to)], salt=SALT, now=now)
    return found


def decided_message(raw: bytes) -> Message:
    """Parsed."""
    from triage.core.mime import read_message

    return read_message(raw)


def test_replies_of_the_last_day_are_counted(database: Database, setup: Setup) -> None:
    """By sender however the address is written, in this office, of the last 24 hours; failed ones are not."""
    batch = decided(setup, *(letter(n, "webform") for n in range(3)), letter(9, "webform", sender="o@firm.example"))
    recording.record(database, stamp(), batch)
    assert history(database, "Counsel@Firm.example").replies_today == 3
    assert history(database, "o@firm.example").replies_today == 1
    assert history(database, "stranger@firm.example").replies_today == 0
    assert history(database, "counsel@firm.example", office="paris").replies_today == 0
    assert history(database, "counsel@firm.example", now=NOW + timedelta(hours=24)).replies_today == 3
    assert history(database, "counsel@firm.example", now=NOW + timedelta(hours=24, seconds=1)).replies_today == 0
    (mail, *_) = queue.mail_to_send(database, ["delhi"], now=NOW, most=1)
    queue.mail_failed(database, mail, why="550", now=NOW)
    assert history(database, "counsel@firm.example").replies_today == 2


def test_a_message_that_answers_ours_is_known(database: Database, setup: Setup) -> None:
    """By our reply's Message-ID. What answers the sender's own earlier message belongs to it, and answers no reply."""
    batch = decided(setup, letter(1, "webform"))
    recording.record(database, stamp(), batch)
    reference = batch[0].triaged.decision.reference
    ours = reply_of(batch[0]).mail.message_id
    first = History(messages_this_week=1)
    assert history(database, "other@firm.example", ours) == replace(first, answers=reference, answers_our_reply=True)
    assert history(database, "other@firm.example", "<1@firm.example>") == replace(first, answers=reference)
    assert history(database, "other@firm.example", "<2@firm.example>") == first
    assert history(database, "other@firm.example", ours, office="paris") == first


def test_what_a_sender_wrote_this_week_is_counted(database: Database, setup: Setup) -> None:
    """By sender however the address is written, at this office, in seven days; machine mail and copies are not."""
    absence = letter(8, "away", **{"Auto-Submitted": "auto-replied"})
    batch = decided(setup, *(letter(n, "webform") for n in range(3)), absence)
    copy = Repeat(
        place=Place(uidvalidity=7, uid=99),
        content_digest=batch[0].content_digest,
        message=batch[0].triaged.message,
        same_as=1,
        returned=False,
        plan=(),
    )
    recording.record(database, stamp(), batch, [copy])
    assert history(database, "Counsel@Firm.example").messages_this_week == 4
    assert history(database, "stranger@firm.example").messages_this_week == 1
    assert history(database, "counsel@firm.example", office="paris").messages_this_week == 1
    week = timedelta(days=7)
    assert history(database, "counsel@firm.example", now=NOW + week).messages_this_week == 4
    assert history(database, "counsel@firm.example", now=NOW + week + timedelta(seconds=1)).messages_this_week == 1


def test_old_mail_that_is_seen_first_today_was_not_written_this_week(database: Database, setup: Setup) -> None:
    """As at the first start on an inbox of years; what the server tells no time of is taken for new."""
    times = [NOW - timedelta(days=300), NOW - timedelta(days=6), None]
    incoming = [Incoming(raw=letter(n, "webform"), received_at=at) for n, at in enumerate(times)]
    results = triage(incoming, setup, KeywordClassifier(), now=NOW)
    recording.record(database, stamp(), [entry(result, uid) for uid, result in enumerate(results, 1)])
    assert history(database, "counsel@firm.example").messages_this_week == 3


def counted_in_a_batch(database: Database, setup: Setup, incoming: Sequence[Incoming]) -> list[int | None]:
    """How many messages the decisions of a batch saw of each one's sender."""
    known = partial(archive.histories, database, "delhi", salt=SALT, now=NOW)
    results = triage(incoming, setup, KeywordClassifier(), now=NOW, history_of=known)
    return [result.history.messages_this_week for result in results]


def test_earlier_messages_of_the_same_batch_count(database: Database, setup: Setup) -> None:
    """Each once, by sender, and none that a machine wrote, that is old, or that the ledger knows already."""
    recording.record(database, stamp(), decided(setup, letter(1, "webform"), letter(2, "webform")))
    here = partial(Incoming, received_at=NOW)
    batch = [
        here(raw=letter(1, "webform")),  # known: it stands in INBOX again
        here(raw=letter(3, "webform")),
        here(raw=letter(3, "webform")),  # a copy
        here(raw=letter(4, "webform", sender="other@firm.example")),
        here(raw=letter(5, "away", **{"Auto-Submitted": "auto-replied"})),
        Incoming(raw=letter(6, "webform"), received_at=NOW - timedelta(days=8)),
        here(raw=letter(7, "webform", sender="COUNSEL@firm.example")),
        here(raw=b"Subject: nobody\r\n\r\nWho am I?\r\n"),
    ]
    assert counted_in_a_batch(database, setup, batch) == [2, 3, 3, 1, 4, 4, 4, None]


def test_a_message_that_only_refers_to_ours_further_up_answers_no_reply(database: Database, setup: Setup) -> None:
    """A person's answer to a manager quotes our reply's id among the older ones."""
    batch = decided(setup, letter(1, "webform"))
    recording.record(database, stamp(), batch)
    found = history(database, "o@firm.example", reply_of(batch[0]).mail.message_id, "<by-a-manager@visa-delhi.example>")
    assert (found.answers, found.answers_our_reply) == (batch[0].triaged.decision.reference, False)


# --- what is not told

SECRET_WORDS = {
    "name": "Ferdinanda Quisling-Bose",
    "address": "ferdinanda@chambers.example",
    "subject": "Kittiwake",
    "body": "bathysphere",
    "identifier": "E304567891",
    "identifier, other": "1122334455",
    "attachment's name": "peregrine-passport",
}


def revealing(number: int, label: str) -> bytes:
    """A message in which each thing that must not be told stands once or more."""
    words = SECRET_WORDS
    raw = letter(
        number, f"{words['subject']} {label} {words['identifier']}", sender=words["address"], Reply_To=words["address"]
    )
    body = f"{words['body']}, file E304567891, UCI 1122334455, decided 3 March 2026, my flight is on 12 November 2026."
    return raw.replace(b"A Person", words["name"].encode()).replace(
        b"Thank you.", f"{body}\r\n{words['name']}".encode()
    )


def told(values: Sequence[Any]) -> set[str]:
    """Which of the secret words stand in the values."""
    everything = b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)
    return {name for name, word in SECRET_WORDS.items() if word.encode() in everything}


def clear_values(database: Database) -> list[Any]:
    """Every value of every column that is not named `protected_…`."""
    found: list[Any] = []
    with database.transaction() as connection:
        for table in (messages, decisions, effects, outbox, ledger_facts):
            columns = [column for column in table.columns if not column.name.startswith("protected_")]
            found += [value for row in connection.execute(select(*columns)) for value in row]
    return found


def test_clear_columns_name_nobody(database: Database, setup: Setup) -> None:
    """Neither name, address, subject, text nor a full identifier; the protected ones have what the work needs."""
    batch = decided(setup, revealing(1, "urgent"), revealing(2, "webform"))
    assert batch[0].triaged.facts.identifiers, "the test's own message shows nothing"
    recording.record(database, stamp(), batch)
    assert told(clear_values(database)) == set()
    with database.transaction() as connection:
        kept = [value for row in connection.execute(select(outbox)) for value in row]
    assert "address" in told(kept), "the search finds nothing"


def test_after_sending_the_whole_file_names_nobody(tmp_path: Path, setup: Setup) -> None:
    """What was deleted from the outbox is overwritten too; identifiers stay, in their protected column."""
    file = tmp_path / "ledger.sqlite3"
    with closing(Database(f"sqlite:///{file}")) as database:
        database.open()
        recording.record(database, stamp(), decided(setup, *(revealing(n, "urgent") for n in range(20))))
    assert "address" in told([file.read_bytes()]), "the search finds nothing"
    with closing(Database(f"sqlite:///{file}")) as database:
        for mail in queue.mail_to_send(database, ["delhi"], now=NOW, most=100):
            queue.mail_sent(database, mail, now=NOW)
        queue.mail_copied(database, queue.mail_to_copy(database, "delhi", now=NOW, most=100), now=NOW)
        filings = queue.open_filings(database, "delhi", now=NOW)
        queue.settle(database, {row: (EffectState.DONE, None) for filing in filings for row in filing.effects}, now=NOW)
        assert queue.open_count(database, ["delhi"]) == 0
        assert counts(database)["outbox"] == 0
    rest = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert told([rest]) <= {"identifier", "identifier, other"}
