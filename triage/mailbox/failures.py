"""Maps what imaplib, IMAPClient, sockets and TLS raise onto our errors: here and nowhere else."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
    ProtocolError,
)

from triage.errors import LoginRefused, MailboxRefused, MailboxUnavailable, TriageError

# Response codes (RFC 5530, RFC 9051 §7.1) and words that mean "later", also at login and for single commands.
# "User is authenticated but not connected" is Outlook under many connections (pitfalls IMAP 12), not the secret.
_LATER = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|THROTTLED|SERVERBUG|OVERQUOTA|CONTACTADMIN)\b"
    r"|authenticated but not connected|too many (?:simultaneous )?connections|try again later|temporar|bandwidth",
    re.IGNORECASE,
)


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
        if (failure := as_failure(error, account, doing)) is None:
            raise
        raise failure from error


def as_failure(error: Exception, account: str, doing: str) -> TriageError | None:  # noqa: PLR0911 - a table
    """Give the failure that a foreign error means; None where it is no failure of the mailbox."""
    where = f"{account}: {doing}"
    said = str(error).strip() or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxRefused(
            f"{where}: the server's certificate is not trusted ({error.verify_message}); "
            "set imap.ca_file to its authority, or mend the certificate"
        )
    if isinstance(error, LoginError):
        if _LATER.search(said):
            return MailboxUnavailable(f"{where}: the server cannot take the login now: {said}")
        return LoginRefused(
            f"{where}: the server refuses the user or the secret ({said}); check imap.user and imap.secret"
        )
    if isinstance(error, (CapabilityError, IMAPClientReadOnlyError)):
        return MailboxRefused(f"{where}: the server does not allow it: {said}")
    if isinstance(error, (IMAPClientAbortError, imaplib.IMAP4.abort, ProtocolError)):
        # A protocol error leaves the session in an unknown state: it is dropped, and a new one tells.
        return MailboxUnavailable(f"{where}: the connection broke: {said}")
    if isinstance(error, (IMAPClientError, imaplib.IMAP4.error)):
        if _LATER.search(said):
            return MailboxUnavailable(f"{where}: the server asks to wait: {said}")
        return MailboxRefused(f"{where}: the server refuses: {said}")
    if isinstance(error, OSError):
        return MailboxUnavailable(f"{where}: {said}")
    return None
