"""The mailbox edge against a real Dovecot: TLS, folders, fetching, moving, and waking."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import trustme

from tests.servers.dovecot import Dovecot
from triage.errors import LoginRefused, MailboxRefused
from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox
from triage.mailbox.fetching import BATCH, Arrival, fetch
from triage.mailbox.idling import Waker, Woken, idle
from triage.mailbox.locating import Sought, landed
from triage.mailbox.moving import move, remove, standing
from triage.mailbox.room import Room
from triage.mailbox.watching import Pace, Watch, WatchState

pytestmark = pytest.mark.dovecot
LIMIT = 25 * 1024 * 1024
WITHIN = 20.0


def letter(number: int) -> bytes:
    """A message of its own."""
    return (
        f"From: counsel@firm.example\r\nSubject: number {number}\r\nMessage-ID: <{number}@firm.example>\r\n"
        f"\r\nDear manager,\r\n\r\nnumber {number}.\r\nThank you.\r\n"
    ).encode()


@pytest.fixture
def user(tmp_path: Path) -> str:
    """A user of the test's own, with an empty mailbox."""
    return f"mailbox-{tmp_path.name}"


@contextmanager
def inbox(server: Dovecot, user: str) -> Iterator[Mailbox]:
    """INBOX, open for writing."""
    with Mailbox.connect(server.account(user)) as mailbox:
        mailbox.open("INBOX", readonly=False)
        yield mailbox


def fetched(mailbox: Mailbox, limit: int = LIMIT) -> list[Arrival]:
    """All that waits."""
    return [
        arrival for batch in fetch(mailbox, mailbox.waiting(), limit=limit, room=Room(0)) for arrival in batch.arrivals
    ]


def wait_for(condition: Callable[[], bool]) -> None:
    """Look often; fail when it does not come true in time."""
    until = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
def test_each_way_to_connect_works_with_an_authority_of_ones_own(dovecot: Dovecot, user: str, tls: str) -> None:
    """The certificate is checked against imap.ca_file; Dovecot tells of more after login than before."""
    with Mailbox.connect(dovecot.account(user, tls=tls)) as mailbox:
        assert mailbox.can_move
        assert mailbox.can_expunge_by_uid
        assert mailbox.can_idle
        assert mailbox.open("INBOX", readonly=True).uidvalidity


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ca_file": None}, "certificate is not trusted.*set imap.ca_file"),
        ({"host": "127.0.0.1"}, "certificate is not trusted.*IP address mismatch"),
    ],
    ids=["unknown authority", "another name"],
)
def test_a_certificate_that_is_not_the_servers_is_refused_before_the_secret_is_sent(
    dovecot: Dovecot, user: str, tls: str, change: dict[str, object], words: str
) -> None:
    """Authority and name are both checked, for STARTTLS too; a person must mend it."""
    account = replace(dovecot.account(user, tls=tls), **change)  # type: ignore[arg-type]
    with pytest.raises(MailboxRefused, match=words):
        Mailbox.connect(account)


def test_an_authority_file_that_is_none_says_which(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Missing, or no PEM: a sentence with the path, not a traceback."""
    (tmp_path / "not.pem").write_text("no certificate")
    for name in ("not.pem", "missing.pem"):
        account = replace(dovecot.account(user, tls="implicit"), ca_file=tmp_path / name)
        with pytest.raises(MailboxRefused, match=rf"imap\.ca_file .*/{name} cannot be used"):
            Mailbox.connect(account)


def test_another_authority_in_the_file_does_not_help(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Any certificate of anybody's is not enough."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    account = replace(dovecot.account(user, tls="implicit"), ca_file=tmp_path / "other.pem")
    with pytest.raises(MailboxRefused, match="not trusted"):
        Mailbox.connect(account)


def test_the_secret_is_read_at_each_login(dovecot: Dovecot, user: str) -> None:
    """Pitfalls IMAP 11: a secret that was put right is used without a restart; a wrong one is not shown."""
    secrets = iter(["wr0ng", dovecot.account(user).read_secret()])
    account = replace(dovecot.account(user), read_secret=lambda: next(secrets))
    with pytest.raises(LoginRefused) as refused:
        Mailbox.connect(account)
    assert "wr0ng" not in str(refused.value)
    Mailbox.connect(account).close()


def test_folders_are_made_once_and_found_again(dovecot: Dovecot, plain_dovecot: Dovecot, user: str) -> None:
    """With levels, spaces, quotes and accents; with a prefix and without; the same names come back."""
    names = ["Urgent", "Suivi/Délais échus", 'Dossiers "à revoir" & plus', "50% fait", "Ünïçødé/深い/フォルダ"]
    for server in (dovecot, plain_dovecot):
        with Mailbox.connect(server.account(user)) as mailbox:
            assert mailbox.ensure_folders(names) == tuple(names)
            assert set(names) <= set(mailbox.folders())
        with Mailbox.connect(server.account(user)) as mailbox:
            assert mailbox.ensure_folders(names) == ()
        with server.client(user) as client:
            assert len(client.list_sub_folders()) >= len(names)


def test_the_quota_is_told(dovecot: Dovecot, user: str) -> None:
    """In words for `check --connect`."""
    with Mailbox.connect(dovecot.account(user)) as mailbox:
        assert mailbox.quota() == "storage 0 of 10240 MB"


def test_messages_come_byte_for_byte_in_order_and_stay_unread(dovecot: Dovecot, user: str) -> None:
    """More than one batch, odd bytes included; the arrival's time is the server's."""
    messages = [letter(number) for number in range(250)]
    messages[7] = b"Subject: odd\r\n\r\n\xff\xfe 8 bit, \x01 and no end of line: \r\n"
    dovecot.append(user, messages)
    with inbox(dovecot, user) as mailbox:
        arrivals = fetched(mailbox)
        assert mailbox.search(["UNSEEN"]) == [arrival.uid for arrival in arrivals]
    assert [arrival.raw for arrival in arrivals] == messages
    assert [arrival.size for arrival in arrivals] == [len(message) for message in messages]
    now = datetime.now(UTC)
    assert all(a.received_at and abs(now - a.received_at) < timedelta(minutes=5) for a in arrivals)


def test_only_one_batch_is_fetched_at_a_time(dovecot: Dovecot, user: str) -> None:
    """Lazy, so that memory does not grow with what waits: before the second batch is asked for, it is not read."""
    dovecot.append(user, [letter(number) for number in range(BATCH + 50)])
    with inbox(dovecot, user) as mailbox:
        batches = fetch(mailbox, mailbox.waiting(), limit=LIMIT, room=Room(0))
        first = next(batches)
        with dovecot.client(user) as client:  # what is gone meanwhile was not read before
            client.select_folder("INBOX")
            client.delete_messages(list(range(BATCH + 1, BATCH + 51)))
            client.expunge()
        assert len(first.arrivals) == BATCH
        assert [(batch.arrivals, len(batch.missing)) for batch in batches] == [((), 50)]


def test_of_a_message_over_the_limit_the_text_is_read_and_not_the_attachment(dovecot: Dovecot, user: str) -> None:
    """A real server's parts, put together: header, plain and HTML text, kept in their encodings."""
    attachment = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
    message = (
        b"From: a@firm.example\r\nSubject: big\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed;\r\n boundary=outer\r\n\r\n--outer\r\n"
        b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
        b"--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"=C3=A9t=C3=A9\r\n--inner\r\nContent-Type: text/html\r\n\r\n<p>summer</p>\r\n--inner--\r\n"
        b"--outer\r\n" + attachment + b"PDF" * 100_000 + b"\r\n--outer--\r\n"
    )
    dovecot.append(user, [letter(1), message])
    with inbox(dovecot, user) as mailbox:
        small, big = fetched(mailbox, limit=100_000)
    assert not small.truncated
    assert big.truncated
    assert big.size == len(message)
    assert len(big.raw) < 1000
    assert b"=C3=A9t=C3=A9" in big.raw
    assert b"<p>summer</p>" in big.raw
    assert b"PDF" not in big.raw.replace(b"filename=a.pdf", b"")


@pytest.mark.parametrize("depth", [50, 1000])
def test_a_large_message_nested_without_end_is_read_as_far_as_it_goes(dovecot: Dovecot, user: str, depth: int) -> None:
    """A hostile structure is cut too; nothing raises."""
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    dovecot.append(
        user, [b"Subject: deep\r\n" + nested + b"Content-Type: text/plain\r\n\r\nhello\r\n" + b"x" * 200_000]
    )
    with inbox(dovecot, user) as mailbox:
        (arrival,) = fetched(mailbox, limit=1000)
    assert arrival.raw.startswith(b"Subject: deep\r\n")
    assert arrival.truncated


@pytest.mark.parametrize("kind", ["dovecot", "plain_dovecot"])
def test_moved_messages_are_where_the_server_says(request: pytest.FixtureRequest, user: str, kind: str) -> None:
    """With MOVE and without: COPYUID's place holds the very bytes, flags are kept, INBOX keeps the rest."""
    server: Dovecot = request.getfixturevalue(kind)
    messages = [letter(number) for number in range(5)]
    server.append(user, messages)
    with inbox(server, user) as mailbox:
        uids = mailbox.waiting()
        mailbox.add_flags(uids[:3], ["\\Flagged", "$Urgent"])
        landings = move(mailbox, [*uids[:3], 999], "Suivi/Urgent")
        assert sorted(landings) == uids[:3]
        assert mailbox.waiting() == uids[3:]
        with mailbox.visiting("Suivi/Urgent") as opened:
            found = {arrival.uid: arrival.raw for arrival in fetched(mailbox)}
            assert mailbox.search(["FLAGGED", "KEYWORD", "$Urgent"]) == sorted(found)
    for uid, message in zip(uids, messages[:3], strict=False):
        landing = landings[uid]
        assert landing is not None
        assert landing.uidvalidity == opened.uidvalidity
        assert found[landing.uid] == message


def test_without_move_what_others_have_marked_deleted_stays(plain_dovecot: Dovecot, user: str) -> None:
    r"""Pitfalls IMAP 18: only our own messages are expunged; what a person marked \Deleted is neither moved."""
    plain_dovecot.append(user, [letter(number) for number in range(4)])
    with plain_dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.delete_messages([1, 2])
    with inbox(plain_dovecot, user) as mailbox:
        assert mailbox.waiting() == [3, 4]
        assert list(move(mailbox, [2, 3], "Urgent")) == [3]
        remove(mailbox, [4])
        assert mailbox.search(["ALL"]) == [1, 2]


def sought(row: int, raw: bytes, *, message_id: str | None = "<1@firm.example>") -> Sought:
    """A message as the ledger would know it."""
    return Sought(row=row, message_id=message_id, size=len(raw), digest=sha256(raw).hexdigest())


def test_a_move_that_happened_is_found_before_it_is_repeated(dovecot: Dovecot, user: str) -> None:
    """By Message-ID or size, and by the bytes; a forger who takes the Message-ID is not taken for it."""
    with_id, without = letter(1), b"Subject: no id\r\n\r\nhello\r\n"
    forged = letter(1).replace(b"Thank you", b"Thank yew")
    dovecot.append(user, [with_id, without])
    with inbox(dovecot, user) as mailbox:
        landings = move(mailbox, mailbox.waiting(), "Urgent")
        both = [sought(1, with_id), sought(2, without, message_id=None)]
        assert landed(mailbox, "Elsewhere", both, limit=10_000) == {}
        assert landed(mailbox, "Urgent", both, limit=10_000) == landings
        assert landed(mailbox, "Urgent", [sought(1, forged)], limit=10_000) == {}
        # Nothing here disturbed what was open.
        assert mailbox.search(["ALL"]) == []


def test_many_are_sought_at_once(dovecot: Dovecot, user: str) -> None:
    """More than one command holds; those that stand in the folder are told, and INBOX is open again."""
    with inbox(dovecot, user) as mailbox:
        sought = [f"<{number}@firm.example>" for number in range(120)]
        assert standing(mailbox, "Sent", sought) == set()
        for number in (7, 119):
            mailbox.append("Sent", letter(number), when=datetime.now(UTC))
        assert standing(mailbox, "Sent", sought) == {"<7@firm.example>", "<119@firm.example>"}
        assert mailbox.waiting() == []


def test_an_appended_message_is_read_and_dated(dovecot: Dovecot, user: str) -> None:
    """The copy of a reply in Sent: the folder is made, the flag and the time are kept."""
    when = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    with inbox(dovecot, user) as mailbox:
        mailbox.append("Sent", letter(1), flags=["\\Seen"], when=when)
        assert standing(mailbox, "Sent", ["<1@firm.example>"]) == {"<1@firm.example>"}
        mailbox.open("Sent", readonly=True)
        assert mailbox.search(["SEEN"]) == [1]
        assert [arrival.received_at for arrival in fetched(mailbox)] == [when]


@pytest.mark.parametrize("tls", ["implicit", "none"])
def test_idle_hears_of_mail(dovecot: Dovecot, user: str, tls: str) -> None:
    """Over TLS too; the session goes on afterwards."""
    with Mailbox.connect(dovecot.account(user, tls=tls)) as mailbox, closing(Waker()) as waker:
        mailbox.open("INBOX", readonly=False)
        assert mailbox.waiting() == []
        threading.Timer(0.1, dovecot.deliver, [user, letter(1)]).start()
        assert idle(mailbox, waker, WITHIN) is Woken.MAIL
        assert mailbox.waiting() == [1]


class Found:
    """A sweep that only looks; what it saw, and whether it saw anything new."""

    more = False

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.found = 0

    def __call__(self, mailbox: Mailbox) -> "Found":
        mailbox.open("INBOX", readonly=True)
        waiting = set(mailbox.waiting())
        self.found = len(waiting - self.seen)
        self.seen |= waiting
        return self


@contextmanager
def watched(account: Account, pace: Pace) -> Iterator[tuple[Found, Waker, list[WatchState]]]:
    """A watch in a thread of its own, stopped at the end."""
    sweep, states = Found(), list[WatchState]()
    with closing(Waker()) as waker:
        watch = Watch(account, sweep, waker=waker, pace=pace, report=states.append)
        thread = threading.Thread(target=watch.run)
        thread.start()
        try:
            yield sweep, waker, states
        finally:
            waker.stop()
            thread.join(WITHIN)
            assert not thread.is_alive()
            assert states[-1].name == "stopped"


@pytest.mark.parametrize(
    ("kind", "pace"),
    [("dovecot", Pace(renew_seconds=600)), ("plain_dovecot", Pace(poll_seconds=0.1))],
    ids=["by IDLE", "by polling"],
)
def test_a_watch_sees_each_message_soon(request: pytest.FixtureRequest, user: str, kind: str, pace: Pace) -> None:
    """With IDLE long before its renewal; without IDLE at the next poll."""
    server: Dovecot = request.getfixturevalue(kind)
    server.deliver(user, letter(0))
    with watched(server.account(user), pace) as (sweep, _, states):
        wait_for(lambda: len(sweep.seen) == 1)
        for number in range(1, 4):
            server.deliver(user, letter(number))
            wait_for(lambda number=number: len(sweep.seen) == number + 1)  # type: ignore[misc]
        assert ("polling" in {state.name for state in states}) is (kind == "plain_dovecot")


def test_a_watch_that_waits_in_idle_hears_another_thread(dovecot: Dovecot, user: str) -> None:
    """A wake-up ends the wait; a sweep follows, and IDLE again."""
    with watched(dovecot.account(user), Pace(renew_seconds=600)) as (_, waker, states):
        wait_for(lambda: states[-1:] != [] and states[-1].name == "idle")
        before = len(states)
        waker.wake()
        wait_for(lambda: [state.name for state in states[before:]] == ["sweeping", "idle"])


def test_a_watch_renews_idle_and_sweeps_each_time(dovecot: Dovecot, user: str) -> None:
    """Pitfalls IMAP 1 to 4."""
    with watched(dovecot.account(user), Pace(renew_seconds=0.05)) as (_, _, states):
        wait_for(lambda: [state.name for state in states].count("idle") >= 4)
        assert {state.name for state in states[1:]} == {"sweeping", "idle"}
