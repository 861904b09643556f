"""Several services share the offices of a ledger on PostgreSQL: every office has one, and a late one can do nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from tests.integration.test_daemon import wait_for
from tests.servers import postgres
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink
from tests.world import letter, make_world
from triage.errors import LeaseLost, LedgerInUse, LedgerUnavailable
from triage.ledger import leases, rule_sets
from triage.ledger.database import Database
from triage.ledger.schema import leases as leases_table
from triage.ledger.schema import ledger_facts, replicas
from triage.mailbox.connection import Mailbox
from triage.ownership import SharedOwner, alone

NOW = datetime(2026, 11, 9, tzinfo=UTC)
OFFICES = [f"office-{number}" for number in range(7)]
LONG = timedelta(seconds=60)
DEAD = timedelta(seconds=-1)


@pytest.fixture
def url(postgres_server: str) -> str:
    """An empty database."""
    return postgres.new_database(postgres_server)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An open ledger."""
    with closing(Database(url)) as database:
        database.open()
        yield database


@given(living=st.sets(st.text("abc", min_size=1, max_size=4), min_size=1), offices=st.integers(0, 700))
def test_shares_are_even_and_sum_up(living: set[str], offices: int) -> None:
    """Whoever reckons: no office is left over, none is wanted twice."""
    names = sorted(living)
    shares = [leases.share_of(name, names, offices) for name in names]
    assert sum(shares) == offices
    assert max(shares) - min(shares) <= 1


def settle(*owners: SharedOwner) -> list[set[str]]:
    """Let each beat until nothing changes; what each holds. Nobody is busy, so surplus is given up at once."""
    for _ in range(4):
        held = [set(owner.beat(())) for owner in owners]
    return held


def test_several_processes_may_make_the_ledger_at_their_first_start(url: str) -> None:
    """One makes it, the others wait for that and find it made; each keeps the same rules."""
    databases = [Database(url) for _ in range(6)]
    with ThreadPoolExecutor(len(databases)) as pool:
        for done in [pool.submit(database.open) for database in databases]:
            done.result()
    assert len({database.salt() for database in databases}) == 1
    with ThreadPoolExecutor(len(databases)) as pool:
        for done in [pool.submit(rule_sets.keep, one, {"d" * 64: {"default.yaml": ""}}, now=NOW) for one in databases]:
            done.result()
    for database in databases:
        database.close()


def test_offices_are_shared_out_anew_when_one_joins_and_leaves(database: Database) -> None:
    """Every office is somebody's at the end of each change, and nobody else's."""
    first, second, third = (SharedOwner(database, OFFICES) for _ in range(3))
    with first.owned():
        assert settle(first) == [set(OFFICES)]
        with second.owned():
            held = settle(first, second)
            assert sorted(map(len, held)) == [3, 4]
            assert set.union(*held) == set(OFFICES)
            with third.owned():
                held = settle(first, second, third)
                assert sorted(map(len, held)) == [2, 2, 3]
                assert set.union(*held) == set(OFFICES)
        assert settle(first) == [set(OFFICES)]


def test_an_office_is_given_up_only_when_nobody_is_busy_with_it(database: Database) -> None:
    """Its batch in hand is finished first; meanwhile no other process gets it."""
    first, second = SharedOwner(database, OFFICES), SharedOwner(database, OFFICES)
    with first.owned(), second.owned():
        settle(first)
        second.beat(())
        kept = set(first.beat(OFFICES))
        assert len(kept) < len(OFFICES)
        assert set(second.beat(())) == set()
        first.beat(kept)
        assert set(second.beat(())) == set(OFFICES) - kept


def test_an_office_is_given_up_one_beat_after_that_was_told(database: Database) -> None:
    """Nobody is busy with it now; but until it was told, a thread may have been about to begin."""
    first, second = SharedOwner(database, OFFICES), SharedOwner(database, OFFICES)
    with first.owned(), second.owned():
        settle(first)
        second.beat(())
        kept = set(first.beat(()))
        assert set(second.beat(())) == set()
        first.beat(())
        assert set(second.beat(())) == set(OFFICES) - kept


def test_a_guest_takes_what_is_nobodys_and_no_part_in_the_sharing(database: Database) -> None:
    """While `triage reconcile` is at one office, the service that starts beside it works for all the others."""
    service, late = SharedOwner(database, OFFICES), SharedOwner(database, OFFICES, guest=True)
    guest = SharedOwner(database, OFFICES[:1], guest=True)
    with service.owned():
        with guest.owned():
            assert settle(guest, service) == [{OFFICES[0]}, set(OFFICES[1:])]
            with late.owned():
                assert settle(service, late, guest) == [set(OFFICES[1:]), set(), {OFFICES[0]}]
        assert settle(service) == [set(OFFICES)]


def test_a_guest_takes_nothing_later(database: Database) -> None:
    """It works for what it got at first: of more it would only keep others away."""
    service, guest = SharedOwner(database, OFFICES), SharedOwner(database, OFFICES, guest=True)
    with guest.owned():
        with service.owned():
            service.beat(())
            assert guest.beat(()) == {}
        assert guest.beat(()) == {}


def test_what_another_process_took_meanwhile_is_not_ours_again_when_we_are_in_time_again(database: Database) -> None:
    """A process that was stopped goes on where it was, and beats: its old right to that office is gone for good."""
    now = [0.0]
    stopped, other = SharedOwner(database, ["delhi"], clock=lambda: now[0]), SharedOwner(database, ["delhi"])
    with stopped.owned(), other.owned():
        old = stopped.beat(())["delhi"]
        old.still()
        now[0] = 20
        with database.transaction() as connection:
            connection.execute(delete(replicas))
        assert set(other.beat(())) == {"delhi"}
        with pytest.raises(LeaseLost, match="could not renew"):
            old.still()
        assert stopped.beat(["delhi"]) == {}
        with pytest.raises(LeaseLost, match="office 'delhi' is another process's now"):
            old.still()


def test_a_dead_process_loses_its_offices_and_its_fence(database: Database) -> None:
    """What it still had in hand is refused whole, and nothing of it is written."""
    leases.register(database, ["delhi"])
    leases.renew(database, "old", lasts=DEAD)
    assert leases.claim(database, "old", ["delhi"], most=1) == {"delhi": 1}
    late = leases.guarded(database, "old", "delhi", 1)
    with late.transaction() as connection:
        connection.execute(insert(ledger_facts).values(name="in time", value="1"))
    leases.renew(database, "new", lasts=LONG)
    assert leases.claim(database, "new", ["delhi"], most=1) == {"delhi": 2}
    with pytest.raises(LeaseLost, match="office 'delhi' is another process's now"), late.transaction() as connection:
        connection.execute(insert(ledger_facts).values(name="too late", value="1"))
    with database.transaction() as connection:
        assert set(connection.scalars(select(ledger_facts.c.name))) == {"salt", "in time"}


def test_what_no_service_may_be_at_work_beside_is_refused_while_one_is(database: Database) -> None:
    """As to note that the ledger was put back; when the last has left, or its time is over, it is free."""
    owner = SharedOwner(database, OFFICES)
    with alone(database):
        pass
    with owner.owned():
        owner.beat(())
        with pytest.raises(LedgerInUse, match="a triage process works on the ledger"), alone(database):
            pytest.fail("not alone")
    with alone(database):
        pass


def test_a_living_process_keeps_its_offices(database: Database) -> None:
    """However many others want them."""
    leases.register(database, ["delhi"])
    leases.renew(database, "old", lasts=LONG)
    leases.claim(database, "old", ["delhi"], most=1)
    leases.renew(database, "new", lasts=LONG)
    assert leases.claim(database, "new", ["delhi"], most=1) == {}


def test_nobody_takes_over_in_the_middle_of_a_commit(database: Database) -> None:
    """A dead process whose transaction is still open keeps its office until the database ends that transaction."""
    leases.register(database, ["delhi"])
    leases.renew(database, "old", lasts=DEAD)
    leases.claim(database, "old", ["delhi"], most=1)
    with leases.guarded(database, "old", "delhi", 1).transaction():
        assert leases.claim(database, "new", ["delhi"], most=1) == {}
    assert leases.claim(database, "new", ["delhi"], most=1) == {"delhi": 2}


def test_a_process_stopped_in_the_middle_of_a_transaction_does_not_keep_its_office(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database ends a transaction that stands still; what it wrote is undone."""
    monkeypatch.setattr(leases, "_LONGEST_PAUSE", timedelta(milliseconds=100))
    leases.register(database, ["delhi"])
    leases.renew(database, "old", lasts=DEAD)
    leases.claim(database, "old", ["delhi"], most=1)

    def stand_still() -> None:
        with leases.guarded(database, "old", "delhi", 1).transaction() as connection:
            connection.execute(insert(ledger_facts).values(name="halfway", value="1"))
            wait_for(lambda: leases.claim(database, "new", ["delhi"], most=1) == {"delhi": 2})
            connection.execute(insert(ledger_facts).values(name="further", value="1"))

    with pytest.raises(LedgerUnavailable, match="idle-in-transaction"):
        stand_still()
    with database.transaction() as connection:
        assert set(connection.scalars(select(ledger_facts.c.name))) == {"salt"}


def test_a_process_that_could_not_renew_stops_before_others_may_begin(database: Database, dovecot: Dovecot) -> None:
    """By its own clock, since mailboxes and relays know no fence: not one more command is sent."""
    now = [0.0]
    owner = SharedOwner(database, ["delhi"], clock=lambda: now[0])
    with owner.owned():
        tenure = owner.beat(())["delhi"]
        with Mailbox.connect(dovecot.account("lease-clock"), still=tenure.still) as mailbox:
            now[0] = 11.9
            mailbox.noop()
            now[0] = 12.1
            with pytest.raises(LeaseLost, match="could not renew"):
                mailbox.noop()
            owner.beat(())
            mailbox.noop()


def test_processes_take_over_from_one_that_is_stopped_killed_or_told_to_end(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, url: str, database: Database
) -> None:
    """Mail goes on being filed and is answered once; who wakes up again after its time does nothing more."""
    world = make_world(tmp_path, dovecot, user=f"shared-{tmp_path.name}", smtp_port=sink.port, database=url, renew=600)
    config = json.loads(world.config.read_text())
    one = config["offices"][0]
    config["offices"] = [
        one | {"id": f"o{n}", "address": f"o{n}@visa.example", "imap": one["imap"] | {"user": f"o{n}-{tmp_path.name}"}}
        for n in range(4)
    ]
    users = {f"o{n}": f"o{n}-{tmp_path.name}" for n in range(4)}
    sent = 0

    def owners() -> list[str | None]:
        with database.transaction() as connection:
            return list(connection.scalars(select(leases_table.c.owner)))

    def shared_among(number: int) -> bool:
        found = owners()
        return len(found) == len(users) and None not in found and len(set(found)) == number

    def all_filed() -> bool:
        folders = [dovecot.folders(user) for user in users.values()]
        return all(
            {name: len(found) for name, found in one.items() if found} == {"Web form": sent, "Sent": sent}
            for one in folders
        )

    def deliver() -> None:
        nonlocal sent
        sent += 1
        for office, user in users.items():
            dovecot.deliver(user, letter(f"{office}-{sent}", "webform", sender=f"{office}-{sent}@firm.example"))

    with ExitStack() as stack:

        def start(number: int) -> subprocess.Popen[bytes]:
            file = tmp_path / f"triage-{number}.yaml"
            file.write_text(json.dumps(config | {"health": {"file": f"health-{number}.json"}}))
            command = [sys.executable, "-m", "triage", "run", "--config", str(file)]
            log = stack.enter_context((tmp_path / f"log-{number}").open("wb"))
            process = subprocess.Popen(command, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        first, second = start(1), start(2)
        wait_for(lambda: shared_among(2))
        deliver()
        wait_for(all_filed)

        second.send_signal(signal.SIGSTOP)
        deliver()
        assert wait_for(lambda: shared_among(1)) < 30
        wait_for(all_filed)
        second.send_signal(signal.SIGCONT)
        wait_for(lambda: shared_among(2))
        deliver()
        wait_for(all_filed)

        first.kill()
        deliver()
        assert wait_for(lambda: shared_among(1)) < 30
        wait_for(all_filed)

        third = start(3)
        wait_for(lambda: shared_among(2))
        second.send_signal(signal.SIGTERM)
        deliver()
        assert wait_for(lambda: shared_among(1)) < 5
        wait_for(all_filed)
        assert second.wait(30) == 0
        third.send_signal(signal.SIGTERM)
        assert third.wait(30) == 0
    assert owners() == [None] * len(users)
    assert len(sink.taken) == sent * len(users)
