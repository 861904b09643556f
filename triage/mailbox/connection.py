"""One logged-in session with an office's mailbox: folders, flags, search, append. All IMAP goes through here."""

import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from triage.errors import MailboxRefused
from triage.mailbox.account import Account
from triage.mailbox.failures import mapped

# Long enough for any batch, short enough for servers that limit a command's length (pitfalls IMAP 24).
UIDS_AT_ONCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A folder as it was when it was selected."""

    uidvalidity: int | None  # None: the server gives none, or 0 (pitfalls IMAP 17): UIDs mean nothing later on
    exists: int
    keywords: bool  # whether new keywords may be made (PERMANENTFLAGS has \\*)


class Mailbox:
    """A session of one thread. Every method may raise MailboxUnavailable or MailboxRefused."""

    def __init__(self, client: IMAPClient, account: Account) -> None:
        """Take a logged-in client; use `connect`."""
        self.client = client
        self.account = account
        # Read again after login, where servers tell more (pitfalls IMAP 20), and whatever case they write.
        with self.doing("asking for capabilities"):
            self.capabilities = frozenset(_text(name).upper() for name in client.capabilities())
            self._prefix, self._delimiter = self._namespace()
        self._opened: tuple[str, bool, Opened] | None = None

    @classmethod
    def connect(cls, account: Account) -> Self:
        """Connect, secure and log in.

        Raises MailboxUnavailable, LoginRefused, or MailboxRefused (no TLS, a certificate that is not trusted).
        """
        secret = account.read_secret()
        with mapped(account.name, "connecting"):
            context = ssl.create_default_context(cafile=str(account.ca_file) if account.ca_file else None)
            client = IMAPClient(
                account.host,
                account.port,
                ssl=account.tls == "implicit",
                ssl_context=context if account.tls == "implicit" else None,
                timeout=account.timeout,
            )
        try:
            if account.tls == "starttls":
                with mapped(account.name, "starting TLS"):
                    client.starttls(context)
            with mapped(account.name, "logging in"):
                client.login(account.user, secret)
            return cls(client, account)
        except BaseException:
            with suppress(IMAPClientError, OSError):
                client.shutdown()
            raise

    def __enter__(self) -> Self:
        """Use as a context manager: logged out at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Log out where the server still listens; else just close."""
        self.close(politely=error is None)

    def close(self, *, politely: bool = True) -> None:
        """End the session. Never raises."""
        with suppress(IMAPClientError, OSError, ValueError):
            if politely:
                self.client.logout()
            else:
                self.client.shutdown()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Map failures of the block onto our errors, saying what was being done."""
        with mapped(self.account.name, what):
            yield

    @property
    def can_move(self) -> bool:
        """RFC 6851."""
        return "MOVE" in self.capabilities

    @property
    def can_expunge_by_uid(self) -> bool:
        """UIDPLUS, RFC 4315."""
        return "UIDPLUS" in self.capabilities

    @property
    def can_idle(self) -> bool:
        """RFC 2177."""
        return "IDLE" in self.capabilities

    def folders(self) -> list[str]:
        """All folders, as a person reads them: "/" between levels, without the server's prefix."""
        with self.doing("listing folders"):
            return sorted(self._readable(_text(name)) for _, _, name in self.client.list_folders())

    def ensure_folders(self, names: Iterable[str]) -> tuple[str, ...]:
        """Create and subscribe what is missing; the names created. Asked of the server at every call."""
        present = {name.upper() if name.upper() == "INBOX" else name for name in self.folders()}
        missing = [name for name in dict.fromkeys(names) if name not in present]
        for name in missing:
            self.create(name)
        return tuple(missing)

    def create(self, name: str) -> None:
        """Create one folder, or learn that another client was faster, and subscribe to it."""
        path = self.path(name)
        with self.doing(f"creating the folder '{name}'"):
            try:
                self.client.create_folder(path)
            except IMAPClientError:
                if not self.client.folder_exists(path):
                    raise
            with suppress(IMAPClientError):
                self.client.subscribe_folder(path)  # some servers have no subscriptions; folders work without

    def open(self, folder: str, *, readonly: bool) -> Opened:
        """Select the folder (EXAMINE where `readonly`)."""
        with self.doing(f"opening the folder '{folder}'"):
            answer = self.client.select_folder(self.path(folder), readonly=readonly)
        flags = {_text(flag) for flag in answer.get(b"PERMANENTFLAGS", ())}
        opened = Opened(
            uidvalidity=int(answer.get(b"UIDVALIDITY", 0)) or None,
            exists=int(answer.get(b"EXISTS", 0)),
            keywords="\\*" in flags,
        )
        self._opened = (folder, readonly, opened)
        return opened

    @contextmanager
    def visiting(self, folder: str) -> Iterator[Opened]:
        """Look into another folder, read-only, and come back to the one that was open."""
        before = self._opened
        try:
            yield self.open(folder, readonly=True)
        finally:
            if before:
                self.open(before[0], readonly=before[1])

    def waiting(self) -> list[int]:
        r"""UIDs in the open folder, ascending, but for those that somebody marked \Deleted.

        ALL of them, by UID and never by date or \Seen (pitfalls IMAP 25, 26, 27).
        """
        with self.doing("searching"):
            return sorted(int(uid) for uid in self.client.search(["UNDELETED"]))

    def search(self, criteria: Sequence[str | int | bytes]) -> list[int]:
        """UIDs in the open folder that match."""
        with self.doing("searching"):
            return [int(uid) for uid in self.client.search(list(criteria))]

    def add_flags(self, uids: Sequence[int], flags: Sequence[str]) -> None:
        r"""Add flags; keywords only where the folder takes new ones, system flags in any case."""
        keywords = self._opened is not None and self._opened[2].keywords
        wanted = [flag for flag in flags if flag.startswith("\\") or keywords]
        if wanted:
            for some in chunks(uids):
                with self.doing("setting flags"):
                    self.client.add_flags(some, wanted, silent=True)

    def append(self, folder: str, content: bytes, *, flags: Sequence[str] = (), when: datetime) -> None:
        """Append a message to the folder, which is created where it is missing."""
        with self.doing(f"saving into the folder '{folder}'"):
            try:
                self.client.append(self.path(folder), content, flags, when)
            except IMAPClientError as error:
                if "TRYCREATE" not in str(error):
                    raise
                self.create(folder)
                self.client.append(self.path(folder), content, flags, when)

    def noop(self) -> None:
        """Ask whether the server is still there."""
        with self.doing("asking for a sign of life"):
            self.client.noop()

    def quota(self) -> str | None:
        """INBOX's quota for people: "storage 12 of 1000 MB"; None where the server tells none."""
        if "QUOTA" not in self.capabilities:
            return None
        try:
            with self.doing("asking for the quota"):
                quotas = self.client.get_quota("INBOX")
        except MailboxRefused:
            return None
        return ", ".join(_quota_words(quota) for quota in quotas) or None

    def path(self, name: str) -> str:
        """Name a folder as the server does: its delimiter, the personal namespace's prefix (pitfalls IMAP 29)."""
        if name.upper() == "INBOX":
            return "INBOX"
        path = name.replace("/", self._delimiter)
        return path if path.startswith(self._prefix) else self._prefix + path

    def _readable(self, path: str) -> str:
        if path.upper() == "INBOX":
            return "INBOX"
        return path.removeprefix(self._prefix).replace(self._delimiter, "/")

    def _namespace(self) -> tuple[str, str]:
        if "NAMESPACE" in self.capabilities:
            with suppress(IMAPClientError):
                personal = self.client.namespace().personal
                if personal:
                    prefix, delimiter = personal[0]
                    return _text(prefix or ""), _text(delimiter or "/")
        for _, delimiter, _ in self.client.list_folders("", "INBOX"):
            return "", _text(delimiter or "/")
        return "", "/"


def chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """UIDs in pieces that fit a command."""
    for start in range(0, len(uids), UIDS_AT_ONCE):
        yield uids[start : start + UIDS_AT_ONCE]


def _quota_words(quota: Any) -> str:
    if quota.resource.upper() == "STORAGE":  # in units of 1,024 bytes (RFC 9208 §5.1)
        return f"storage {quota.usage // 1024} of {quota.limit // 1024} MB"
    return f"{quota.resource.lower()} {quota.usage} of {quota.limit}"


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
