"""A scripted IMAP server: says and expects exactly what a dialogue says, line by line, without sleeping.

    C: UID MOVE 7 "Urgent"        the client must send this next, after its tag; "…" stands for any text
    S: * OK [COPYUID 3 7 12]      the server sends this; "$" at the beginning is the tag of the last command
    S: * 1 FETCH (BODY[] {9}…     the server sends this without an end of line
    S: DROP                       the server closes the connection

`literal(b"…")` writes what is sent as a literal. Whatever the script, EXPUNGE without UIDs and CLOSE fail it: they
destroy what others have marked \\Deleted. LOGOUT is answered at the end, whether it is written or not.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

from triage.mailbox.account import Account
from triage.mailbox.connection import Mailbox

USER, SECRET = "delhi", "only-for-tests"
# Longer than any step takes, so that a test that would hang fails instead.
PATIENCE = 5.0
_LINE_END = "␍␊"


def literal(content: bytes) -> str:
    """Write content as a literal within a line that the server sends."""
    text = content.decode("latin-1").replace("\r\n", _LINE_END)
    return f"{{{len(content)}}}{_LINE_END}{text}"


def greeted(capabilities: str = "") -> str:
    """The beginning of a session."""
    return f"""
        S: * OK ready
        C: CAPABILITY
        S: * CAPABILITY IMAP4rev1 {capabilities}
        S: $ OK done
    """


def logged_in(capabilities: str = "", *, delimiter: str = '"/"') -> str:
    """A session up to where Mailbox.connect returns; the capabilities are told after login."""
    return f"""
        {greeted()}
        C: LOGIN "{USER}" "{SECRET}"
        S: $ OK [CAPABILITY IMAP4rev1 {capabilities}] logged in
        C: LIST "" "INBOX"
        S: * LIST () {delimiter} INBOX
        S: $ OK done
    """


def selected(exists: int = 3, uidvalidity: str = "S: * OK [UIDVALIDITY 9] valid", flags: str = "\\Deleted \\*") -> str:
    """INBOX being opened for writing."""
    return f"""
        C: SELECT "INBOX"
        S: * {exists} EXISTS
        S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
        S: * OK [PERMANENTFLAGS ({flags})] limited
        {uidvalidity}
        S: $ OK [READ-WRITE] done
    """


class Dialogue:
    """A server that plays one script for each connection, in order; complains at the end of the block."""

    def __init__(self, *scripts: str) -> None:
        """Take the scripts; nothing is opened yet."""
        self._scripts = scripts
        self._complaints: list[str] = []
        self.heard: list[str] = []  # every command, without its tag
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the end, and fail where the client did not keep to the script."""
        self._thread.join()
        self._listener.close()
        if self._complaints:
            raise AssertionError("\n".join(self._complaints)) from error

    def account(
        self,
        *,
        secret: str = SECRET,
        tls: Literal["implicit", "starttls", "none"] = "none",
        ca_file: Path | None = None,
        timeout: float = PATIENCE,
    ) -> Account:
        """How to reach the server."""
        return Account(
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            tls=tls,
            user=USER,
            read_secret=lambda: secret,
            ca_file=ca_file,
            timeout=timeout,
        )

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                self._complaints.append("the client did not connect")
                return
            with connection, connection.makefile("rb") as reading:
                connection.settimeout(PATIENCE)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _Play(self, connection, reading).play(script)

    def complain(self, complaint: str) -> None:
        """Note that the client departed from the script."""
        self._complaints.append(complaint)


class _Play:
    """One connection."""

    def __init__(self, dialogue: Dialogue, connection: socket.socket, reading: BinaryIO) -> None:
        self._dialogue = dialogue
        self._connection = connection
        self._reading = reading
        self._tag = "*"

    def play(self, script: str) -> None:
        lines = [line.strip() for line in script.splitlines() if line.strip()]
        try:
            for line in lines:
                kind, _, text = line.partition(" ")
                if kind == "C:":
                    if not self._expect(text):
                        return
                elif text == "DROP":
                    return
                else:
                    self._say(text)
            self._finish()
        except OSError as error:
            self._dialogue.complain(f"{type(error).__name__} in the dialogue: {error}")

    def _say(self, text: str) -> None:
        if text.startswith("$"):
            text = self._tag + text[1:]
        ends = "" if text.endswith("…") else _LINE_END  # or a literal that breaks off
        data = text.removesuffix("…") + ends
        self._connection.sendall(data.replace(_LINE_END, "\r\n").encode("latin-1"))

    def _expect(self, pattern: str) -> bool:
        heard = self._hear()
        wanted = ".*".join(re.escape(piece) for piece in pattern.split("…"))
        if heard is None or not re.fullmatch(wanted, heard):
            said = "closed the connection" if heard is None else f"sent: {heard}"
            self._dialogue.complain(f"expected: {pattern}\nbut the client {said}")
            return False
        return True

    def _hear(self) -> str | None:
        line = self._line()
        if not line:
            return None
        tag, _, command = line.partition(" ")
        # What continues a command has no tag: DONE, and the answer to a challenge.
        self._tag, heard = (tag, command) if command else (self._tag, line)
        while found := re.search(r"\{(\d+)\}$", heard):
            self._say("+ go on")
            content = self._reading.read(int(found[1])).decode("latin-1").replace("\r\n", _LINE_END)
            heard = heard[: found.start()] + content + self._line()
        self._dialogue.heard.append(heard)
        if heard in {"EXPUNGE", "CLOSE"}:
            self._dialogue.complain(f"the client sent {heard}, which destroys what others have marked deleted")
        return heard

    def _line(self) -> str:
        return self._reading.readline().decode("latin-1").rstrip("\r\n")

    def _finish(self) -> None:
        while (heard := self._hear()) is not None:
            if heard != "LOGOUT":
                self._dialogue.complain(f"the script is over, but the client sent: {heard}")
                return
            self._say("* BYE")
            self._say("$ OK")


@contextlib.contextmanager
def talking(*scripts: str, secret: str = SECRET) -> Iterator[Mailbox]:
    """A session with a scripted server, logged in and ended."""
    with Dialogue(*scripts) as dialogue, Mailbox.connect(dialogue.account(secret=secret)) as mailbox:
        yield mailbox
