"""Waits in IDLE (RFC 2177) for news of the server, for another thread's call, or for the time to renew."""

import os
import select
import ssl
from contextlib import suppress
from enum import Enum
from typing import Any

from triage.mailbox.connection import Mailbox

_MAIL = b"EXISTS"


class Woken(Enum):
    """Why a wait in IDLE ended."""

    MAIL = "the server told of mail"
    NEWS = "the server told something else"
    CALLED = "another thread called"
    TIME = "it was time to renew"
    REFUSED = "the server refused IDLE"


class Waker:
    """Wakes a watch from another thread: for work to do, or to stop. A file descriptor, since IDLE waits on those."""

    def __init__(self) -> None:
        """Open an event counter of the kernel's: one descriptor, of which a pipe takes two."""
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stopping = False

    def fileno(self) -> int:
        """For poll."""
        return self._event

    def wake(self) -> None:
        """End the wait now under way, or the next one."""
        with suppress(BlockingIOError):  # so many wake-ups that the counter is full
            os.eventfd_write(self._event, 1)

    def stop(self) -> None:
        """End the watch, after the batch in hand."""
        self._stopping = True
        self.wake()

    def stopping(self) -> bool:
        """Whether the watch is to end."""
        return self._stopping

    def wait(self, seconds: float) -> None:
        """Sleep, unless woken."""
        if readable([self._event], seconds):
            self.clear()

    def clear(self) -> None:
        """Forget wake-ups that have been heard."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._event)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._event)


def readable(descriptors: list[int], seconds: float) -> set[int]:
    """Wait until one can be read or has failed; poll, since select takes no descriptor above 1,023."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(max(seconds, 0) * 1000)}


def idle(mailbox: Mailbox, waker: Waker, seconds: float) -> Woken:
    """IDLE in the open folder for at most `seconds`. Raises MailboxUnavailable where the connection is dead."""
    with mailbox.doing("waiting in IDLE"):
        early = _begin(mailbox.client)
        if early is None:
            return Woken.REFUSED
        ready: set[int] = set()
        if not early and not _heard_already(mailbox.client):
            ready = readable([mailbox.client.socket().fileno(), waker.fileno()], seconds)
        called = waker.fileno() in ready
        if called:
            waker.clear()
        # DONE must be answered within the timeout; a connection that died in silence shows here (pitfalls IMAP 1).
        _, told = mailbox.client.idle_done()
    if any(line.endswith(_MAIL) for line in early) or any(line[1:] == (_MAIL,) for line in told):
        return Woken.MAIL
    if called:
        return Woken.CALLED
    return Woken.NEWS if early or told else Woken.TIME


def _begin(client: Any) -> list[bytes] | None:
    """Send IDLE; the lines that came before the continuation, or None where the server refuses.

    Not by IMAPClient's own method, which takes any line before the continuation for a refusal; a server may tell of
    mail there (RFC 3501 §7).
    """
    early: list[bytes] = []
    tag = client._imap._command("IDLE")
    while (line := client._imap._get_response()) is not None:
        if client._imap.tagged_commands[tag]:
            del client._imap.tagged_commands[tag]
            return None
        early.append(line)
    client._idle_tag = tag
    return early


def _heard_already(client: Any) -> bool:
    """Whether something came along with the continuation and lies in a buffer, where poll does not see it."""
    sock = client.socket()
    timeout = sock.gettimeout()
    sock.setblocking(False)
    try:
        return bool(client._imap.file.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        sock.settimeout(timeout)
