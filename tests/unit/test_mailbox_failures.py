"""Every foreign exception becomes one of ours, with a sentence that says where and what."""

import imaplib
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import imapclient.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import LoginRefused, MailboxRefused, MailboxUnavailable, TriageError
from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox
from triage.mailbox.failures import AnswerUnreadable, as_failure, mapped
from triage.mailbox.fetching import arrival_time, fetch
from triage.mailbox.locating import Sought, landed
from triage.mailbox.moving import move, remove, standing
from triage.mailbox.room import Room

KINDS = {LoginRefused, MailboxRefused, MailboxUnavailable, AnswerUnreadable}
ACCOUNT = Account(host="mail.example", port=993, tls="implicit", user="delhi", read_secret=lambda: "s3cret")


def _exceptions_of(*modules: Any) -> list[type[Exception]]:
    found = {thing for module in modules for thing in vars(module).values() if isinstance(thing, type)}
    return sorted((t for t in found if issubclass(t, Exception)), key=lambda t: (t.__module__, t.__qualname__))


FOREIGN = [
    *_exceptions_of(imapclient.exceptions, imaplib, imaplib.IMAP4, ssl, socket),
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError, UnicodeError),
    *(ConnectionResetError, BrokenPipeError, TimeoutError, MemoryError, EOFError),
]


def _made(kind: type[Exception]) -> Exception:
    if issubclass(kind, ssl.SSLCertVerificationError):
        error = kind(1, "certificate verify failed")
        error.verify_message = "self-signed"
        return error
    return kind(1, "said") if issubclass(kind, OSError) else kind("said")


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__qualname__)
def test_no_foreign_exception_is_left_unmapped(kind: type[Exception]) -> None:
    """All that imaplib, IMAPClient, ssl and socket define, and what parsers raise, becomes ours; cause kept."""
    error = _made(kind)
    with pytest.raises(TriageError) as failed, mapped("delhi at mail.example:993", "searching"):
        raise error
    assert type(failed.value) in KINDS
    assert failed.value.__cause__ is error
    assert str(failed.value).startswith("delhi at mail.example:993: searching: ")


class _Breaking:
    """A client of which everything that is called raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._imap = SimpleNamespace(untagged_responses={}, response=lambda _code: (None, None))

    def __getattr__(self, name: str) -> Any:
        def call(*_args: Any, **_kwargs: Any) -> Any:
            raise self._error

        return call


USES: dict[str, Callable[[Mailbox], object]] = {
    "folders": lambda m: m.folders(),
    "ensure_folders": lambda m: m.ensure_folders(["Urgent"]),
    "create": lambda m: m.create("Urgent"),
    "open": lambda m: m.open("INBOX", readonly=True),
    "waiting": lambda m: m.waiting(),
    "append": lambda m: m.append("Sent", b"", when=datetime(2026, 1, 1, tzinfo=UTC)),
    "noop": lambda m: m.noop(),
    "fetch": lambda m: list(fetch(m, [1], limit=10, room=Room(0))),
    "arrival_time": lambda m: arrival_time(m, 1),
    "move": lambda m: move(m, [1], "Urgent"),
    "remove": lambda m: remove(m, [1]),
    "standing": lambda m: standing(m, "Urgent", ["<a@b.example>"]),
    "landed": lambda m: landed(m, "Urgent", [Sought(row=1, message_id=None, size=1, digest="")], limit=1),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
@pytest.mark.parametrize("error", [OSError("gone"), imaplib.IMAP4.abort("EOF")], ids=["OSError", "abort"])
def test_every_use_of_a_session_maps_what_breaks(use: Callable[[Mailbox], object], error: Exception) -> None:
    """No method lets a foreign exception through."""
    mailbox = _session(error)
    with pytest.raises(MailboxUnavailable):
        use(mailbox)


def test_closing_a_broken_session_never_raises() -> None:
    """Whatever state it is in."""
    for error in (OSError("gone"), imaplib.IMAP4.abort("EOF"), ValueError("closed file")):
        _session(error).close()
        _session(error).close(politely=False)


def _session(error: Exception) -> Mailbox:
    class Calm:
        def capabilities(self) -> tuple[bytes, ...]:
            return (b"MOVE", b"UIDPLUS", b"QUOTA")

        def list_folders(self, *_args: Any) -> list[Any]:
            return []

    mailbox = Mailbox(Calm(), ACCOUNT)
    mailbox.client = _Breaking(error)
    return mailbox


@given(st.text(max_size=2000), st.sampled_from([imaplib.IMAP4.error, imaplib.IMAP4.abort, ValueError]))
def test_what_a_server_says_becomes_one_short_printable_line(said: str, kind: type[Exception]) -> None:
    """No line breaks or control characters of a server's reach a log, and no endless text."""
    sentence = str(as_failure(kind(said), "delhi at mail.example:993", "searching"))
    assert sentence.isprintable()
    assert len(sentence) < 450


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (imaplib.IMAP4.error(b"[NOPERM] no"), "[NOPERM] no"),
        (imaplib.IMAP4.error("""FETCH command error: BAD [b"what's that?"]"""), "BAD what's that?"),
        (imaplib.IMAP4.error("select failed: [NONEXISTENT] no"), "select failed: [NONEXISTENT] no"),
    ],
    ids=["bytes", "BAD", "text"],
)
def test_what_the_server_said_is_shown_without_pythons_quotes(error: Exception, shown: str) -> None:
    """A person reads the server's words."""
    assert str(as_failure(error, "a", "b")) == f"a: b: the server refuses: {shown}"


def test_an_account_does_not_show_its_secret() -> None:
    """Neither in its repr nor in the name that failures bear."""
    assert "read_secret" not in repr(ACCOUNT)
    assert ACCOUNT.name == "delhi at mail.example:993"
