"""An SMTP relay that keeps what it is given, and can be told to defer, refuse or vanish."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers.ports import free_port


@dataclass(slots=True)
class Taken:
    """One mail that the relay took."""

    envelope_sender: str
    recipients: list[str]
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        """Parsed."""
        return message_from_bytes(self.content, policy=default)


@dataclass
class Sink:
    """The relay's handler; `answer` is given after the final dot instead of 250, where it is set."""

    taken: list[Taken] = field(default_factory=list)
    answer: str = ""
    answer_rcpt: str = ""
    port: int = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Take or refuse a recipient."""
        if self.answer_rcpt:
            return self.answer_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail."""
        if self.answer:
            return self.answer
        self.taken.append(
            Taken((envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos), bytes(envelope.original_content))
        )
        return "250 OK"


@contextlib.contextmanager
def running_sink() -> Iterator[Sink]:
    """Run a relay on a free loopback port until the block ends."""
    sink = Sink(port=free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
