"""The mailbox edge against pymap, a server of quite another make, which the demo runs."""

import smtplib
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from triage.demo.servers import MailWorld, running_world
from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox
from triage.mailbox.fetching import fetch
from triage.mailbox.idling import Waker, Woken, idle
from triage.mailbox.locating import Sought, landed
from triage.mailbox.moving import move, standing
from triage.mailbox.room import Room

ADDRESS, USER, PASSWORD = "manager@visa-delhi.example", "delhi", "only-for-tests"
WITHIN = 20.0


@pytest.fixture
def world() -> Iterator[MailWorld]:
    """The servers, with one empty mailbox."""
    with running_world({ADDRESS: USER}, PASSWORD) as world:
        yield world


@pytest.fixture
def mailbox(world: MailWorld) -> Iterator[Mailbox]:
    """The mailbox, with INBOX open."""
    account = Account(
        host="127.0.0.1", port=world.imap_port, tls="none", user=USER, read_secret=lambda: PASSWORD, timeout=WITHIN
    )
    with Mailbox.connect(account) as mailbox:
        mailbox.open("INBOX", readonly=False)
        yield mailbox


def deliver(world: MailWorld, *contents: bytes) -> None:
    """Deliver by SMTP; pymap shows it to a session when the folder is opened, or by IDLE."""
    with smtplib.SMTP("127.0.0.1", world.smtp_port) as session:
        for content in contents:
            session.sendmail("counsel@firm.example", [ADDRESS], content)


def letter(number: int, text: bytes = b"hello") -> bytes:
    """A message of its own."""
    return b"Subject: x\r\nMessage-ID: <%d@firm.example>\r\n\r\n%s\r\n" % (number, text)


def looked(mailbox: Mailbox) -> list[int]:
    """Open INBOX anew, as each sweep does, and look."""
    mailbox.open("INBOX", readonly=False)
    return mailbox.waiting()


def test_mail_is_fetched_flagged_moved_and_found(world: MailWorld, mailbox: Mailbox) -> None:
    """The whole way of a message, with a folder that is missing at first."""
    deliver(world, letter(1), letter(2), letter(3))
    uids = looked(mailbox)
    (batch,) = fetch(mailbox, uids, limit=10_000, room=Room(0))
    assert [arrival.raw.endswith(letter(n)) for n, arrival in enumerate(batch.arrivals, 1)] == [True] * 3
    mailbox.add_flags(uids[:2], ["\\Flagged", "$Urgent"])
    assert mailbox.ensure_folders(["Suivi/Délais"]) == ("Suivi/Délais",)
    landings = move(mailbox, uids[:2], "Suivi/Délais")
    assert mailbox.waiting() == uids[2:]
    raw = batch.arrivals[0].raw
    known = Sought(row=1, message_id="<1@firm.example>", digest=sha256(raw).hexdigest(), size=len(raw))
    assert landed(mailbox, "Suivi/Délais", [known], limit=10_000) == {1: landings[uids[0]]}
    mailbox.open("Suivi/Délais", readonly=True)
    assert len(mailbox.search(["FLAGGED"])) == 2


def test_a_move_to_a_missing_folder_makes_it(world: MailWorld, mailbox: Mailbox) -> None:
    """As does a copy of what was sent."""
    deliver(world, letter(1))
    assert len(move(mailbox, looked(mailbox), "Urgent")) == 1
    mailbox.append("Sent", letter(2), flags=["\\Seen"], when=datetime.now(UTC))
    assert standing(mailbox, "Sent", ["<2@firm.example>"])


def test_of_a_large_message_the_text_is_read(world: MailWorld, mailbox: Mailbox) -> None:
    """Its text is there, as far as it is read."""
    deliver(world, letter(1, b"hello hello\r\n" * 500))
    ((arrival,),) = [batch.arrivals for batch in fetch(mailbox, looked(mailbox), limit=1000, room=Room(0))]
    assert arrival.truncated
    assert b"\r\n\r\nhello hello" in arrival.raw


def test_idle_hears_of_mail(world: MailWorld, mailbox: Mailbox) -> None:
    """And the session goes on."""
    with closing(Waker()) as waker:
        assert mailbox.waiting() == []
        threading.Timer(0.05, deliver, [world, letter(1)]).start()
        assert idle(mailbox, waker, WITHIN) is Woken.MAIL
        assert len(looked(mailbox)) == 1
