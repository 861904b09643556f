"""An SMTP relay that answers well, but for what a test tells it: an answer, a hang-up or silence at any stage.

FaultyRelay({Stage.RCPT: ["450 busy"]})        the first recipient is deferred, all that follow are taken
FaultyRelay({Stage.FINAL_DOT: [GOOD, DROP]})   the second mail is taken, and its answer never given
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from triage.core.smtp_answers import Stage

GOOD, DROP, HANG, SLOW = "", "DROP", "HANG", "SLOW"
SLOW_SECONDS = 1.5
PATIENCE = 10.0  # longer than any step takes, so that a test that would hang fails instead
_GOOD = {
    Stage.GREETING: "220 relay ready",
    Stage.STARTTLS: "220 go on",
    Stage.AUTH: "235 well",
    Stage.MAIL: "250 well",
    Stage.RCPT: "250 well",
    Stage.DATA: "354 go on",
    Stage.CONTENT: GOOD,
    Stage.FINAL_DOT: "250 taken",
}
_STAGES = {
    b"EHLO": Stage.EHLO,
    b"HELO": Stage.EHLO,
    b"STARTTLS": Stage.STARTTLS,
    b"AUTH": Stage.AUTH,
    b"MAIL": Stage.MAIL,
    b"RCPT": Stage.RCPT,
    b"DATA": Stage.DATA,
}


@dataclass
class FaultyRelay:
    """What is told to it, and what it heard; `faults` gives the answers to successive arrivals at a stage."""

    faults: Mapping[Stage, Sequence[str]] = field(default_factory=dict)
    offers: tuple[str, ...] = ("AUTH PLAIN",)
    tls: ssl.SSLContext | None = None
    taken: list[bytes] = field(default_factory=list)  # every mail of which the final dot was heard and not refused
    sessions: int = 0
    port: int = 0
    _seen: dict[Stage, int] = field(default_factory=dict)
    _closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, stage: Stage) -> str:
        """What is said at this arrival at the stage."""
        number = self._seen.get(stage, 0)
        self._seen[stage] = number + 1
        planned = self.faults.get(stage, ())
        if number < len(planned) and planned[number] != GOOD:
            return planned[number]
        if stage is Stage.EHLO:
            offers = (*self.offers, "STARTTLS") if self.tls else self.offers
            return "\r\n".join(["250-relay.example", *(f"250-{offer}" for offer in offers), "250 8BITMIME"])
        return _GOOD[stage]

    def serve(self, connection: socket.socket) -> None:
        """Play one session."""
        self.sessions += 1
        with contextlib.suppress(_OverError, OSError), contextlib.ExitStack() as opened:
            opened.enter_context(connection)
            connection.settimeout(PATIENCE)
            self._say(connection, Stage.GREETING)
            while True:
                connection = self._played(connection, opened.enter_context(connection.makefile("rb")))
                opened.enter_context(connection)

    def _played(self, connection: socket.socket, reading: BinaryIO) -> socket.socket:
        """Answer commands until the session goes on under TLS; ends by _OverError."""
        while line := reading.readline():
            verb = line.split()[0].upper()
            if verb == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                break
            stage = _STAGES.get(verb)
            if stage is None:  # RSET, NOOP
                connection.sendall(b"250 well\r\n")
                continue
            said = self._say(connection, stage)
            if stage is Stage.STARTTLS and said.startswith("220") and self.tls:
                return self.tls.wrap_socket(connection, server_side=True)
            if stage is Stage.DATA and said.startswith("354"):
                self._take(connection, reading)
        raise _OverError

    def _take(self, connection: socket.socket, reading: BinaryIO) -> None:
        if self.faults.get(Stage.CONTENT) and self.answer(Stage.CONTENT) == DROP:
            reading.readline()
            # RST, or the client would fill the buffers of a dead connection and notice only at the end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            raise _OverError
        content = bytearray()
        while (line := reading.readline()) != b".\r\n":
            if not line:
                raise _OverError
            content += line.removeprefix(b".")
        answer = self.answer(Stage.FINAL_DOT)
        if not answer[0].isdigit() or answer.startswith("2"):
            self.taken.append(bytes(content))
        self._send(connection, answer)

    def _say(self, connection: socket.socket, stage: Stage) -> str:
        said = self.answer(stage)
        self._send(connection, said)
        return said

    def _send(self, connection: socket.socket, said: str) -> None:
        if said == DROP:
            raise _OverError
        if said == HANG:
            self._closing.wait(PATIENCE)
            raise _OverError
        if said == SLOW:
            self._closing.wait(SLOW_SECONDS)
            said = _GOOD[Stage.FINAL_DOT]
        connection.sendall(said.encode() + b"\r\n")

    def close(self) -> None:
        """End all silences."""
        self._closing.set()


class _OverError(Exception):
    """The session is over."""


@contextlib.contextmanager
def running(relay: FaultyRelay) -> Iterator[FaultyRelay]:
    """Run it on a free loopback port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=20)
    relay.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                thread = threading.Thread(target=relay.serve, args=[connection])
                thread.start()
                threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield relay
    finally:
        relay.close()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join()
