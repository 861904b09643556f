"""Connects to a server, secures the connection, and logs in."""

import socket
import ssl
from contextlib import suppress

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from triage.errors import MailboxRefused
from triage.mailbox.account import Account
from triage.mailbox.failures import mapped


def logged_in(account: Account) -> IMAPClient:
    """Give a client that is logged in; the certificate is checked, and every step waits at most account.timeout.

    The secret is read anew at each login (pitfalls IMAP 11), and only then (pitfalls IMAP 10). Raises
    MailboxUnavailable, LoginRefused, MailboxRefused (no TLS, a certificate that is not trusted, no way to log in), and
    what `read_secret` raises.
    """
    secret = account.read_secret()
    context = _context(account) if account.tls != "none" else None
    with mapped(account.name, "connecting"):
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.tls == "implicit",
            ssl_context=context if account.tls == "implicit" else None,
            timeout=account.timeout,
        )
    try:
        # IMAPClient sends some commands in two pieces; Nagle would hold the second back for a whole round trip.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Aware times: IMAPClient's own conversion to local time is an hour off on the other side of a clock change.
        client.normalise_times = False
        if account.tls == "starttls":
            with mapped(account.name, "starting TLS"):
                client.starttls(context)
        _log_in(client, account, secret)
    except BaseException:
        with suppress(IMAPClientError, OSError):
            client.shutdown()
        raise
    return client


def _context(account: Account) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if account.ca_file:
        try:
            context.load_verify_locations(cafile=str(account.ca_file))
        except OSError as error:
            raise MailboxRefused(
                f"{account.name}: imap.ca_file {account.ca_file} cannot be used ({error}); "
                "it must be a readable file of certificates in PEM"
            ) from error
    return context


def _log_in(client: IMAPClient, account: Account, secret: str) -> None:
    with mapped(account.name, "logging in"):
        offered = {name.upper() for name in client.capabilities()}
        # PLAIN where it is offered, since it takes any character (RFC 4616); LOGIN takes ASCII only.
        if b"AUTH=PLAIN" in offered:
            client.plain_login(account.user, secret)
            return
        if b"LOGINDISABLED" in offered:
            raise MailboxRefused(
                f"{account.name}: logging in: the server takes no password on this connection; set imap.tls"
            )
        if not (account.user + secret).isascii():
            raise MailboxRefused(
                f"{account.name}: logging in: the server offers only LOGIN, which cannot carry a user or secret "
                "with characters outside ASCII"
            )
        # imaplib quotes the password and leaves the user as it is.
        client.login(client._imap._quote(account.user), secret)
