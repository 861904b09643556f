"""A stand-in for a chat model's server, which answers as it is told to, well or with malice."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """Parsed."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def said(self) -> str:
        """What the user's message was."""
        return str(self.json["messages"][1]["content"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server is to send."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False  # a byte now and then, for ever


def verdict(label: object = "urgent", probability: object = 0.9, **more: object) -> Answer:
    """Answer as a good model would."""
    return says(json.dumps({"label": label, "probability": probability, **more}))


def says(content: str) -> Answer:
    """Answer with that text in the usual envelope."""
    message = {"role": "assistant", "content": content}
    return Answer(body=json.dumps({"choices": [{"index": 0, "message": message}]}).encode())


@dataclass
class ChatServer:
    """Keeps what it was asked; `answer` says what comes back, None for nothing at all while the server lives."""

    url: str = ""
    answer: Callable[[Asked], Answer | None] = lambda _: verdict()
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def received(self) -> bytes:
        """Every byte of every request: lines, headers and bodies."""
        parts = [f"{one.path}{one.headers}".encode() + one.body for one in self.asked]
        # Text is looked for as it is, however JSON wrote it.
        return b"\n".join(parts) + "\n".join(json.dumps(one.json, ensure_ascii=False) for one in self.asked).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128  # with the usual five, the kernel resets what comes at once


@contextlib.contextmanager
def running_chat(authority: trustme.CA | None = None) -> Iterator[ChatServer]:
    """Run a server on a free loopback port until the block ends; with TLS where there is an authority."""
    chat = ChatServer()
    server = _Server(("127.0.0.1", 0), _handler(chat))
    if authority:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    chat.url = f"http{'s' if authority else ''}://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield chat
    finally:
        chat.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(chat: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = Asked(self.path, dict(self.headers), body)
            chat.asked.append(asked)
            answer = chat.answer(asked)
            if answer is None:
                chat.closing.wait(30)
                self.close_connection = True
                return
            with contextlib.suppress(OSError):  # a client that has heard enough
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(10**6 if answer.drips else len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            while answer.drips and not chat.closing.wait(0.01):
                self.wfile.write(b" ")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Be silent."""

    return Handler
