"""Maps what imaplib, IMAPClient, sockets and TLS raise onto our errors: here and nowhere else."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import CapabilityError, LoginError, ProtocolError

from triage.errors import LoginRefused, MailboxRefused, MailboxUnavailable, TriageError

# Response codes (RFC 5530) and words that mean "later", at login as for any command. "User is authenticated but not
# connected" is Outlook under many connections, not the secret (pitfalls IMAP 12); OVERQUOTA and bandwidth are daily
# limits (pitfalls IMAP 14); THROTTLED is Exchange's. SERVERBUG is not among them: one command's, or one message's.
_LATER = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|THROTTLED|OVERQUOTA)\b|^\* BYE\b"
    r"|authenticated but not connected|too many (?:simultaneous )?connections|try again later|temporar|bandwidth",
    re.IGNORECASE,
)
# Of these, what is not the whole server's trouble: a folder in use, a message too much (RFC 5530 §3), a full mailbox.
_BUSY = re.compile(r"\[(?:INUSE|LIMIT|OVERQUOTA)\b", re.IGNORECASE)
_LATER_AT_LOGIN = re.compile(rf"\[SERVERBUG\b|{_LATER.pattern}", re.IGNORECASE)
# The server's last word on the credentials, whatever else it says (RFC 5530 §3).
_NEVER = re.compile(r"\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED)\b", re.IGNORECASE)
# How OpenSSL says that the other side speaks no TLS, or none that is safe enough: waiting does not mend that.
_NO_TLS = re.compile(r"WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HTTP_REQUEST|NO_PROTOCOLS|NO_SHARED")
# How imaplib and IMAPClient show what a server said: their own representation of bytes.
_SHOWN_BYTES = re.compile(r"""^(?:(?:command: \w+ => )?\w+ command error: (BAD )\[)?b(['"])(.*)\2\]?$""", re.DOTALL)
_SAID_AT_MOST = 300


class AnswerUnreadable(MailboxUnavailable):
    """The server completed a command with an answer that the library cannot read; the session is still in step."""


class Busy(MailboxUnavailable):
    """The server completed a command with "not now, not here"; other folders may be well, and the session is too."""


@contextmanager
def mapped(account: str, doing: str) -> Iterator[None]:
    """Turn any failure of the block into MailboxUnavailable, LoginRefused or MailboxRefused.

    `account` and `doing` are for the sentence: "delhi at mail.example:993: opening the folder 'INBOX': …".
    """
    try:
        yield
    except TriageError:
        raise
    except Exception as error:
        raise as_failure(error, account, doing) from error


def as_failure(error: Exception, account: str, doing: str) -> TriageError:
    """Give the failure that an error of the libraries or the network means. Total: no error is left unmapped."""
    where, said = f"{account}: {doing}", _said(error)
    kind: type[TriageError]
    match error:
        case OSError():
            return _broken_network(error, where, said)
        case LoginError():
            return _failed_login(error, where, said)
        case CapabilityError() | imaplib.IMAP4.readonly():
            kind, why = MailboxRefused, "the server does not allow it"
        case ProtocolError():
            kind, why = AnswerUnreadable, "the server's answer cannot be read"
        case imaplib.IMAP4.abort():
            kind, why = MailboxUnavailable, "the connection broke"
        case imaplib.IMAP4.error() if said.startswith("got more than"):
            # The rest of the line is still to come, and would be taken for the next answer.
            kind, why = MailboxUnavailable, "the server wrote a line that is too long"
        case MemoryError():
            kind, why = MailboxUnavailable, "the server announced more than the memory holds"
        case imaplib.IMAP4.error() if "[OVERQUOTA]" in said.upper():
            kind, why = Busy, "the server asks to wait (the mailbox is full, or over a limit; make room in it)"
        case imaplib.IMAP4.error() if _BUSY.search(said):
            kind, why = Busy, "the server asks to wait"
        case imaplib.IMAP4.error() if _LATER.search(said):
            kind, why = MailboxUnavailable, "the server asks to wait"
        case imaplib.IMAP4.error():
            kind, why = MailboxRefused, "the server refuses"
        case _:  # ValueError, KeyError, RecursionError, …: what IMAPClient raises on answers that it did not expect
            kind, why = AnswerUnreadable, f"the server's answer cannot be read ({type(error).__name__})"
    return kind(f"{where}: {why}: {said}")


def _broken_network(error: OSError, where: str, said: str) -> TriageError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxRefused(
            f"{where}: the server's certificate is not trusted ({error.verify_message}); "
            "set imap.ca_file to its authority, or mend the certificate"
        )
    if isinstance(error, ssl.SSLError) and _NO_TLS.search(said):
        return MailboxRefused(f"{where}: the server does not speak TLS here ({said}); check imap.port and imap.tls")
    return MailboxUnavailable(f"{where}: {said}; check imap.host and imap.port if this lasts")


def _failed_login(error: LoginError, where: str, said: str) -> TriageError:
    # IMAPClient makes a LoginError of a dropped connection too: what it came from tells them apart.
    dropped = isinstance(error.__context__, imaplib.IMAP4.abort)
    if dropped or (_LATER_AT_LOGIN.search(said) and not _NEVER.search(said)):
        return MailboxUnavailable(f"{where}: the server cannot take the login now: {said}")
    return LoginRefused(f"{where}: the server refuses the user or the secret ({said}); check imap.user and imap.secret")


def _said(error: Exception) -> str:
    """What the error says, in one printable line."""
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    if found := _SHOWN_BYTES.match(text):
        text = (found[1] or "") + found[3]
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _SAID_AT_MOST]).split())
    return line[:_SAID_AT_MOST] or type(error).__name__
