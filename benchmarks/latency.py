"""How long one new message waits, in the running service and in a raw client that only moves what comes.

From delivery to folder, of which Dovecot's own delay is 500 ms; and from Dovecot's notice in IDLE to the finished
move, which is ours alone.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

from benchmarks.listening import Listener
from benchmarks.mail import letters
from benchmarks.service import running_daemon, settings
from tests.servers.dovecot import PASSWORD, Dovecot

WITHIN = 30.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds, one figure a message."""

    from_delivery: Sequence[float]
    from_notice: Sequence[float]


def percentile(figures: Sequence[float], part: float) -> float:
    """Give the figure below which that part of all lies."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def of_service(server: Dovecot, folder: Path, messages: int) -> Waits:
    """Deliver one message after the other to an office that the daemon watches."""
    with (
        Listener(server.imap_port) as listener,
        running_daemon(settings(server, folder, ["latency"], port=listener.port)),
    ):
        return _waits(server, "latency", messages, listener, lambda: None)


def of_raw_client(server: Dovecot, messages: int) -> Waits:
    """The same by a client that fetches what it is told of and moves it, with no decision and no ledger."""
    with Listener(server.imap_port) as listener, IMAPClient("127.0.0.1", listener.port, ssl=False, timeout=WITHIN) as c:
        c.login("latency-raw", PASSWORD)
        c.create_folder("Sorted")
        c.select_folder("INBOX")

        def move_what_comes() -> None:
            while not c.idle_check(timeout=WITHIN):
                pass
            c.idle_done()
            uids = c.search("ALL")
            c.fetch(uids, ["BODY.PEEK[]"])
            c.move(uids, "Sorted")
            c.idle()

        c.idle()
        waits = _waits(server, "latency-raw", messages, listener, move_what_comes)
        c.idle_done()
    return waits


def _waits(server: Dovecot, user: str, messages: int, listener: Listener, work: Callable[[], None]) -> Waits:
    from_delivery, from_notice = [], []
    for letter in letters(messages, tag=user):
        server.deliver(user, letter)
        delivered = time.perf_counter()
        work()
        move = listener.moves.get(timeout=WITHIN)
        from_delivery.append(move.confirmed - delivered)
        if move.noticed:
            from_notice.append(move.confirmed - move.noticed)
        time.sleep(0.05)  # until it waits in IDLE again, as with mail that comes now and then
    return Waits(from_delivery=from_delivery, from_notice=from_notice)
