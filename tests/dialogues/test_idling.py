"""IDLE on servers that speak early, speak of other things, refuse, or are dead without a sign."""

import threading
from collections.abc import Iterator

import pytest

from tests.dialogues.server import Dialogue, logged_in, selected, talking
from triage.errors import MailboxUnavailable
from triage.mailbox.connection import Mailbox
from triage.mailbox.idling import Waker, Woken, idle

LONG = 60.0  # longer than any test may take: only what is tested ends the wait
DONE = """
    C: DONE
    S: $ OK done
"""


@pytest.fixture
def waker() -> Iterator[Waker]:
    """A waker of the test's own."""
    waker = Waker()
    yield waker
    waker.close()


def idled(script: str, waker: Waker, seconds: float = LONG) -> Woken:
    """What ends one IDLE."""
    with talking(logged_in("IDLE") + selected() + "C: IDLE\n" + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        return idle(mailbox, waker, seconds)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("S: + idling\nS: * 4 EXISTS", Woken.MAIL),
        ("S: + idling␍␊* 4 EXISTS", Woken.MAIL),
        ("S: * 4 EXISTS\nS: + idling", Woken.MAIL),
        ("S: + idling\nS: * OK Still here", Woken.NEWS),
        ("S: + idling\nS: * 1 EXPUNGE", Woken.NEWS),
    ],
    ids=["after", "in the same packet", "before the continuation", "a keepalive", "an expunge"],
)
def test_what_the_server_tells_ends_the_wait(told: str, expected: Woken, waker: Waker) -> None:
    """Wherever it comes: poll does not see what was read along with the continuation."""
    assert idled(told + DONE, waker) is expected


def test_mail_told_of_only_at_the_end_counts_as_told(waker: Waker) -> None:
    """A server that gathers its news until DONE has told of it."""
    assert idled("S: + idling\nC: DONE\nS: * 4 EXISTS\nS: $ OK done", waker, seconds=0) is Woken.MAIL


def test_time_to_renew_ends_the_wait(waker: Waker) -> None:
    """Pitfalls IMAP 1, 3: whatever the server says, IDLE is renewed."""
    assert idled("S: + idling" + DONE, waker, seconds=0.01) is Woken.TIME


def test_a_call_from_another_thread_ends_the_wait(waker: Waker) -> None:
    """Also one that came before the wait began; it is heard once."""
    waker.wake()
    assert idled("S: + idling" + DONE, waker) is Woken.CALLED
    threading.Timer(0.02, waker.wake).start()
    assert idled("S: + idling" + DONE, waker) is Woken.CALLED
    assert idled("S: + idling" + DONE, waker, seconds=0.01) is Woken.TIME


@pytest.mark.parametrize("answer", ["S: $ NO not now", "S: $ BAD what?", "S: * 4 EXISTS\nS: $ NO not now"])
def test_a_refused_idle_is_told_and_the_session_goes_on(answer: str, waker: Waker) -> None:
    """A server that tells of IDLE and refuses it can still be polled."""
    script = logged_in("IDLE") + selected() + f"C: IDLE\n{answer}\nC: NOOP\nS: $ OK done"
    with talking(script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        assert idle(mailbox, waker, LONG) is Woken.REFUSED
        mailbox.noop()


@pytest.mark.parametrize("end", ["S: DROP", "S: * BYE timeout\nS: DROP"], ids=["EOF", "BYE"])
def test_a_dropped_connection_ends_the_wait_at_once(end: str, waker: Waker) -> None:
    """Pitfalls IMAP 5: some servers drop whatever the client does; that is noticed without waiting for the renewal."""
    with pytest.raises(MailboxUnavailable, match="waiting in IDLE"):
        idled(f"S: + idling\n{end}", waker)


def test_a_connection_that_died_in_silence_shows_when_done_is_not_answered(waker: Waker) -> None:
    """Pitfalls IMAP 1: IDLE itself never fails; DONE must be answered within the timeout."""
    script = logged_in("IDLE") + selected() + "C: IDLE\nS: + idling\nC: DONE"
    with Dialogue(script) as dialogue:
        mailbox = Mailbox.connect(dialogue.account(timeout=0.2))
        mailbox.open("INBOX", readonly=False)
        with pytest.raises(MailboxUnavailable, match="timed out"):
            idle(mailbox, waker, 0)
        mailbox.close(politely=False)


def test_reading_goes_on_after_looking_into_the_buffer(waker: Waker) -> None:
    """The look does not block, takes nothing away, and leaves the timeout as it was."""
    script = "C: IDLE\nS: + idling␍␊* 4 EXISTS" + DONE + "C: NOOP\nS: * 5 EXISTS\nS: $ OK done"
    with talking(logged_in("IDLE") + selected() + script) as mailbox:
        mailbox.open("INBOX", readonly=False)
        before = mailbox.client.socket().gettimeout()
        assert idle(mailbox, waker, LONG) is Woken.MAIL
        assert mailbox.client.socket().gettimeout() == before is not None
        mailbox.noop()
