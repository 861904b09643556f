"""A proxy between the service and a real IMAP server: breaks, delays or alters what passes, as a test tells it.

Fault(b"UID MOVE", CUT_AFTER)          the server moves, and the connection ends before the client hears of it
Fault(b"UID MOVE", says=b"NO [INUSE]") the server never hears of it, and this is the answer
Fault(b"IDLE", SWALLOW)                from here on nothing passes either way, and no end of the connection is seen
Fault(b"UID FETCH", after=300)         the connection is reset after so many bytes of the answer
"""

import contextlib
import queue
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

CUT_BEFORE, CUT_AFTER, BYE, SWALLOW, DRIP, PASS = "cut before", "cut after", "BYE", "swallow", "drip", "pass"
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
_DRIP_BYTES, _DRIP_EVERY = 32, 0.02


@dataclass(kw_only=True, slots=True)
class _Session:
    """What holds for one connection at this moment."""

    withheld: bytes | None = None  # the tag of a command whose answer the client does not get
    left: int | None = None  # so many bytes more, then the connection is reset
    silent: bool = False
    drips: bool = False
    goes_on: queue.SimpleQueue[bool] = field(default_factory=queue.SimpleQueue)  # whether a literal is asked for
    literal_of: bytes | None = None  # the tag of the command that offers one


@dataclass(kw_only=True, slots=True)
class Fault:
    """What happens when the client sends a command that begins so."""

    at: bytes
    how: str = PASS
    says: bytes | None = None  # answered in the server's place
    after: int | None = None
    first: Callable[[], object] = lambda: None  # done before the command is passed on
    times: int = 1
    struck: int = 0


@dataclass
class ImapProxy:
    """Stands before `port`; `faults` and the other fields may be changed while it runs."""

    server_port: int
    faults: list[Fault] = field(default_factory=list)
    hidden: frozenset[bytes] = frozenset()  # capabilities that are not told of
    alter: Callable[[bytes], bytes] = lambda line: line  # each line of the server's
    heard: list[bytes] = field(default_factory=list)  # the beginning of each command, without its tag
    sessions: int = 0
    port: int = 0
    _closing: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    def broken(self, *faults: Fault) -> None:
        """From now on, these."""
        self.faults[:] = faults

    def serve(self, client: socket.socket) -> None:
        """Stand between one client and the server."""
        self.sessions += 1
        with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
            self._open += [client, server]
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = _Session()
            back = threading.Thread(target=self._back, args=[session, server, client])
            back.start()
            with contextlib.suppress(OSError, _OverError), client.makefile("rb") as reading:
                self._forth(session, reading, client, server)
            while session.silent and not self._closing.wait(0.05):
                pass
            for one in (server, client):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            back.join()

    def _forth(self, session: _Session, reading: BinaryIO, client: socket.socket, server: socket.socket) -> None:
        while line := reading.readline():
            tag, _, command = line.rstrip(b"\r\n").partition(b" ")
            self.heard.append(command or tag)
            if session.silent or not self._met(session, tag, command, client):
                continue
            session.literal_of = tag if _LITERAL.search(line) else None
            server.sendall(line)
            while (found := _LITERAL.search(line)) and session.goes_on.get():  # content follows, and no command
                server.sendall(reading.read(int(found[1])))
                line = reading.readline()
                session.literal_of = tag if _LITERAL.search(line) else None
                server.sendall(line)

    def _met(self, session: _Session, tag: bytes, command: bytes, client: socket.socket) -> bool:
        """Do what is to happen at this command; whether it is passed on."""
        fault = next((one for one in self.faults if one.struck < one.times and command.startswith(one.at)), None)
        if fault is None:
            return True
        fault.struck += 1
        fault.first()
        if fault.says is not None:
            client.sendall(tag + b" " + fault.says + b"\r\n")
            return False
        if fault.how == BYE:
            client.sendall(b"* BYE maintenance\r\n")
        if fault.how in {BYE, CUT_BEFORE}:
            raise _OverError
        if fault.how == CUT_AFTER:
            session.withheld = tag
        session.silent |= fault.how == SWALLOW
        session.drips |= fault.how == DRIP
        session.left = fault.after
        return not session.silent

    def _back(self, session: _Session, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError, _OverError), server.makefile("rb") as reading:
            while line := reading.readline():
                if session.literal_of is not None and line.startswith((b"+", session.literal_of + b" ")):
                    session.goes_on.put(line.startswith(b"+"))
                if session.withheld is not None and not line.startswith(b"+"):
                    if line.startswith(session.withheld + b" "):
                        raise _OverError
                elif not session.silent:
                    self._give(session, self.alter(self._told(line)), client)
        session.goes_on.put(False)
        if not session.silent:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _told(self, line: bytes) -> bytes:
        if self.hidden and b"CAPABILITY" in line:
            for name in self.hidden:
                line = re.sub(rb" %s\b" % name, b"", line)
        return line

    def _give(self, session: _Session, data: bytes, client: socket.socket) -> None:
        if session.left is not None and session.left < len(data):
            client.sendall(data[: session.left])
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # RST
            raise _OverError
        if session.left is not None:
            session.left -= len(data)
        pieces = [data]
        if session.drips:
            pieces = [data[start : start + _DRIP_BYTES] for start in range(0, len(data), _DRIP_BYTES)]
        for piece in pieces:
            client.sendall(piece)
            if session.drips:
                self._closing.wait(_DRIP_EVERY)

    def close(self) -> None:
        """End all silences and sessions."""
        self._closing.set()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _OverError(Exception):
    """The session is over."""


@contextlib.contextmanager
def running_proxy(server_port: int) -> Iterator[ImapProxy]:
    """Run one on a free loopback port until the block ends."""
    proxy = ImapProxy(server_port)
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    proxy.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                thread = threading.Thread(target=proxy.serve, args=[client])
                thread.start()
                threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        proxy.close()
        for thread in threads:
            thread.join()
