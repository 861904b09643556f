"""Passes IMAP on between a client and a server, and notes when news of mail came and when a move was confirmed."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import NamedTuple, Self


class Move(NamedTuple):
    """When the server told of a message in IDLE (None: it was found otherwise), and when it said that it is moved."""

    noticed: float | None
    confirmed: float


class Listener:
    """A port that leads to the server's; `moves` has each move once it is confirmed."""

    def __init__(self, server_port: int) -> None:
        """Listen on a free port of this machine."""
        self.moves: SimpleQueue[Move] = SimpleQueue()
        self._server_port = server_port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._idle = False
        self._noticed: float | None = None

    def __enter__(self) -> Self:
        """Begin to take connections."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more; those there are end with their client."""
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass_on, args=(client, server, self._asked), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, client, self._told), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, heard: Callable[[bytes], None]) -> None:
        with suppress(OSError), source, target:
            while data := source.recv(1 << 16):
                # Else the kernel keeps back what acknowledges it for 40 ms, and the sender what comes next.
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                heard(data)
                target.sendall(data)

    def _asked(self, data: bytes) -> None:
        if data.endswith(b" IDLE\r\n"):
            self._idle = True
        elif data.startswith(b"DONE"):
            self._idle = False

    def _told(self, data: bytes) -> None:
        if self._idle and b" EXISTS" in data:
            self._noticed = time.perf_counter()
        if b"COPYUID" in data:
            self.moves.put(Move(self._noticed, time.perf_counter()))
            self._noticed = None
