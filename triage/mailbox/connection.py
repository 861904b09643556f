"""One logged-in session with an office's mailbox: folders, flags, search, append. All IMAP goes through here."""

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from imapclient.imap_utf7 import decode

from triage.errors import MailboxRefused, MailboxUnavailable
from triage.mailbox.account import Account
from triage.mailbox.failures import AnswerUnreadable, mapped
from triage.mailbox.login import logged_in
from triage.mailbox.naming import Naming
from triage.mailbox.suspects import Suspects

# Long enough for any batch, short enough for servers that limit a command's length (pitfalls IMAP 24).
UIDS_AT_ONCE = 200
# imaplib takes lines of a million bytes; an answer to SEARCH is one line of up to 11 bytes a message.
SEARCHED_AT_ONCE = 50_000
_NOT_FOR_MAIL = {"\\NOSELECT", "\\NONEXISTENT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A folder as it was when it was selected."""

    uidvalidity: int | None  # None: the server gives none, or 0 (pitfalls IMAP 17): UIDs mean nothing later on
    exists: int
    flags: frozenset[str] = frozenset()  # FLAGS, upper case: what messages here may carry, told of by EXAMINE too
    lasting_flags: frozenset[str]  # PERMANENTFLAGS, upper case; with "\\*", new keywords may be made

    def takes(self, flag: str) -> bool:
        r"""Whether the flag may be set here: system flags always, keywords where the folder keeps them."""
        return flag.startswith("\\") or not self.lasting_flags.isdisjoint({"\\*", flag.upper()})


class Mailbox:
    """A session of one thread. Every method may raise MailboxUnavailable or MailboxRefused.

    One session for each mailbox and no more: servers count them (pitfalls IMAP 13).
    """

    def __init__(
        self,
        client: IMAPClient,
        account: Account,
        *,
        suspects: Suspects | None = None,
        still: Callable[[], None] = lambda: None,
    ) -> None:
        """Take a logged-in client; use `connect`."""
        self.client = client
        self._still = still
        self.account = account
        self.suspects = Suspects() if suspects is None else suspects
        # Read again after login, where servers tell more (pitfalls IMAP 20), and whatever case they write.
        with self.doing("asking for capabilities"):
            self.capabilities = frozenset(_text(name).upper() for name in client.capabilities())
        self._naming = self._ask_naming()
        self._opened: tuple[str, bool, Opened] | None = None
        self._looked = False
        self._ensured: set[str] = set()
        # UIDs of INBOX that are dealt with, for a server whose UIDVALIDITY means nothing: they hold for a session.
        self.dealt_with: set[int] = set()

    @classmethod
    def connect(
        cls, account: Account, *, suspects: Suspects | None = None, still: Callable[[], None] = lambda: None
    ) -> Self:
        """Connect, secure and log in. `suspects` remembers, across sessions, what the connection broke on.

        `still` is asked before each command, and raises where nothing more may be done here (LeaseLost).
        Raises MailboxUnavailable, LoginRefused, or MailboxRefused (no TLS, a certificate that is not trusted).
        """
        still()
        client = logged_in(account)
        try:
            return cls(client, account, suspects=suspects, still=still)
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
        if politely:
            with suppress(Exception):
                self.client.logout()
                return
        with suppress(IMAPClientError, OSError, ValueError):
            self.client.shutdown()

    def sever(self) -> None:
        """Cut the connection, from another thread: whoever waits for the server finds it broken. Never raises."""
        with suppress(OSError):
            socket.socket.shutdown(self.client.socket(), socket.SHUT_RDWR)  # not TLS's own, for who reads

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Map failures of the block onto our errors, saying what was being done."""
        self._still()
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

    def path(self, name: str) -> str:
        """The server's name of the folder that a person calls `name`."""
        return self._naming.path(name)

    def folders(self) -> list[str]:
        """All folders that can hold mail, as a person reads them: "/" between levels, without the server's prefix."""
        with self.doing("listing folders"):
            self.client.folder_encode = False  # read below: one name that is no modified UTF-7 would cost all others
            try:
                listed = self.client.list_folders()
            finally:
                self.client.folder_encode = True
        names = (_name(name) for flags, _, name in listed if _NOT_FOR_MAIL.isdisjoint(_text(f).upper() for f in flags))
        return sorted(self._naming.readable(name) for name in names)

    def ensure_folders(self, names: Iterable[str]) -> tuple[str, ...]:
        """Create and subscribe what is missing; the names created.

        Asked of the server once a session; a folder that vanishes later is made again when mail goes there.
        """
        unsure = [name for name in dict.fromkeys(names) if name not in self._ensured]
        if not unsure:
            return ()
        present = {self.path(name) for name in self.folders()}
        missing = [name for name in unsure if self.path(name) not in present]
        for name in missing:
            self.create(name)
        self._ensured.update(unsure)
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
            # UIDs that do not stick (RFC 4315 §3) are like those of a folder without UIDVALIDITY.
            lasting = b"UIDNOTSTICKY" not in answer
            opened = Opened(
                uidvalidity=(int(answer.get(b"UIDVALIDITY", 0)) or None) if lasting else None,
                exists=int(answer.get(b"EXISTS", 0)),
                flags=frozenset(_text(flag).upper() for flag in answer.get(b"FLAGS", ())),
                lasting_flags=frozenset(_text(flag).upper() for flag in answer.get(b"PERMANENTFLAGS", ())),
            )
        self._opened = (folder, readonly, opened)
        self._looked = False
        return opened

    @contextmanager
    def visiting(self, folder: str) -> Iterator[Opened]:
        """Look into another folder, read-only, and come back to the one that was open."""
        before = self._opened
        try:
            yield self.open(folder, readonly=True)
        finally:
            if before:
                name, readonly, was = before
                if self.open(name, readonly=readonly).uidvalidity != was.uidvalidity:
                    # The UIDs in hand mean other messages now (pitfalls IMAP 15): begin anew.
                    raise MailboxUnavailable(f"{self.account.name}: the folder '{name}' was replaced meanwhile")

    def waiting(self) -> list[int]:
        r"""UIDs in the open folder, ascending, but for those that somebody marked \Deleted.

        ALL of them, by UID and never by date or \Seen (pitfalls IMAP 25, 26, 27).
        """
        if not self._looked:
            self._looked = True
            self.client._imap.untagged_responses.pop("EXISTS", None)
        exists = self._opened[2].exists if self._opened else 0
        if exists <= SEARCHED_AT_ONCE:
            return sorted(self.search(["UNDELETED"]))
        # By ranges of sequence numbers; what an expunge meanwhile makes slip through is seen by the next sweep.
        starts = range(1, exists + 1, SEARCHED_AT_ONCE)
        ends = [*(str(start - 1) for start in starts[1:]), "*"]
        ranges = [f"{start}:{end}" for start, end in zip(starts, ends, strict=True)]
        return sorted({uid for numbers in ranges for uid in self.search([numbers, "UNDELETED"])})

    def has_news(self) -> bool:
        """Whether the server has told of mail since `waiting` was first asked of the folder that was opened last.

        It tells among the answers to any command, and once: what came there, IDLE does not repeat.
        """
        return "EXISTS" in self.client._imap.untagged_responses

    def search(self, criteria: Sequence[str | int]) -> list[int]:
        """UIDs in the open folder that match; text must be ASCII."""
        with self.doing("searching"):
            # Of a search that was refused after its answer: it would be added to this one's.
            self.client._imap.untagged_responses.pop("SEARCH", None)
            return [int(uid) for uid in self.client.search(list(criteria))]

    def add_flags(self, uids: Sequence[int], flags: Sequence[str]) -> None:
        """Add flags; keywords only where the folder takes them, system flags in any case."""
        wanted = [flag for flag in flags if self._opened is not None and self._opened[2].takes(flag)]
        if wanted:
            for some in chunks(uids):
                with self.doing("setting flags"):
                    self.client.add_flags(some, wanted, silent=True)

    def remove_flags(self, uids: Sequence[int], flags: Sequence[str]) -> None:
        """Take flags and keywords off."""
        for some in chunks(uids):
            with self.doing("taking flags off"):
                self.client.remove_flags(some, list(flags), silent=True)

    def append(self, folder: str, content: bytes, *, flags: Sequence[str] = (), when: datetime) -> None:
        """Append a message to the folder, which is created where it is missing."""
        with self.doing(f"saving into the folder '{folder}'"):
            try:
                self.client.append(self.path(folder), content, flags, when)
            except IMAPClientError as error:
                if not self.lacks(folder, error):
                    raise
                self.create(folder)
                self.client.append(self.path(folder), content, flags, when)

    def lacks(self, folder: str, refusal: IMAPClientError) -> bool:
        """Whether a refused COPY, MOVE or APPEND would succeed in a folder that exists (RFC 3501 §7.1, RFC 5530 §3)."""
        said = str(refusal).upper()
        if "[TRYCREATE]" in said or "[NONEXISTENT]" in said:
            return True
        if "[" in said or isinstance(refusal, IMAPClientAbortError):
            return False
        return not self.client.folder_exists(self.path(folder))  # some servers refuse without a code

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
                return ", ".join(_quota_words(quota) for quota in self.client.get_quota("INBOX")) or None
        except MailboxRefused:
            return None

    def _ask_naming(self) -> Naming:
        if "NAMESPACE" in self.capabilities:
            with suppress(MailboxRefused, AnswerUnreadable), self.doing("asking for namespaces"):
                if personal := self.client.namespace().personal:
                    prefix, delimiter = personal[0]
                    return Naming(prefix=_text(prefix or ""), delimiter=_text(delimiter or ""))
        with self.doing("asking how folders are named"):
            for _, delimiter, _ in self.client.list_folders("", "INBOX"):
                return Naming(delimiter=_text(delimiter or ""))
        return Naming()


def chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """UIDs in pieces that fit a command."""
    for start in range(0, len(uids), UIDS_AT_ONCE):
        yield uids[start : start + UIDS_AT_ONCE]


def _quota_words(quota: Any) -> str:
    if quota.resource.upper() == "STORAGE":  # in units of 1,024 bytes (RFC 9208 §5.1)
        return f"storage {quota.usage // 1024} of {quota.limit // 1024} MB"
    return f"{quota.resource.lower()} {quota.usage} of {quota.limit}"


def _name(written: bytes | str) -> str:
    """A folder's name out of modified UTF-7 (RFC 3501 §5.1.3); as it is written where it is none."""
    try:
        return str(decode(written))
    except UnicodeDecodeError:
        return _text(written)


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
