"""The demo's own mail world: an IMAP server (pymap, in memory) and an SMTP server that delivers into it.

Mail to an office's address lands in that office's INBOX; mail to anybody else is kept as what was sent.
"""

import asyncio
import logging
import socket
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiosmtpd.smtp import SMTP
from pymap.backend.dict import DictBackend, Identity
from pymap.imap import IMAPService
from pymap.parsing.message import AppendMessage
from pymap.user import Passwords, UserMetadata

HOST = "127.0.0.1"
STARTS_WITHIN = 15.0


@dataclass(slots=True)
class MailWorld:
    """The running servers."""

    password: str
    imap_port: int = 0
    smtp_port: int = 0
    sent: list[tuple[str, bytes]] = field(default_factory=list)  # recipient and content, in order


@contextmanager
def running_world(users: Mapping[str, str], password: str) -> Iterator[MailWorld]:
    """Run both servers in a thread until the block ends; `users` are names by address (lower case)."""
    # pymap and aiosmtpd report each dropped connection; the demo shows mail.
    for name in ("pymap", "mail.log", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    world = MailWorld(password=password)
    loop = asyncio.new_event_loop()
    loop.set_task_factory(_KeptTasks())
    started, stop = threading.Event(), asyncio.Event()
    trouble: list[BaseException] = []

    def body() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(_serve(world, users, started, stop))
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            trouble.append(error)
            started.set()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=body, name="demo-servers", daemon=True)
    thread.start()
    try:
        if not started.wait(STARTS_WITHIN) or trouble:
            raise RuntimeError("the demo's mail servers did not start") from next(iter(trouble), None)
        yield world
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(STARTS_WITHIN)


class _KeptTasks:
    """Holds every task until it is done: from Python 3.13 on nothing else holds pymap's, which wait on their peers."""

    def __init__(self) -> None:
        self._kept: set[asyncio.Task[Any]] = set()

    def __call__(self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> "asyncio.Task[Any]":
        task = asyncio.Task(work, loop=loop, **options)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task


async def _serve(world: MailWorld, users: Mapping[str, str], started: threading.Event, stop: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        backend = await _imap_backend(world, users, stack)
        handler = _Delivery(world, users, backend)
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(
            lambda: SMTP(handler, hostname="demo.example", enable_SMTPUTF8=True, decode_data=False), HOST, 0
        )
        world.smtp_port = smtp.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        smtp.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


async def _imap_backend(world: MailWorld, users: Mapping[str, str], stack: AsyncExitStack) -> DictBackend:
    port = _free_port()  # pymap does not tell which port it was given for 0
    # What pymap's own command line would give it.
    args = Namespace(
        host=HOST,
        port=port,
        debug=False,
        cert=None,
        key=None,
        tls=False,
        proxy_protocol=None,
        passlib_cfg=None,
        inherited_sockets=None,
        demo_data=False,
        demo_user="nobody",
        demo_password=world.password,
    )
    backend, config = await DictBackend.init(args, secure_auth=False, invalid_user_sleep=0.0)
    config.apply_context()
    hashed = await Passwords(config).hash_password(world.password)
    for user in users.values():
        await Identity(user, backend.login, None, frozenset()).set(UserMetadata(config, user, password=hashed))
    await backend.start(stack)
    await IMAPService(backend, config).start(stack)
    world.imap_port = port
    return backend


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class _Delivery:
    """aiosmtpd's handler: into an INBOX, or among what was sent."""

    def __init__(self, world: MailWorld, users: Mapping[str, str], backend: DictBackend) -> None:
        self._world = world
        self._users = users
        self._backend = backend

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        content = bytes(envelope.original_content or envelope.content)
        for recipient in envelope.rcpt_tos:
            user = self._users.get(recipient.lower())
            if user:
                await self._deliver(user, _stamped(content, (envelope.mail_from or "").strip("<>"), recipient, session))
            else:
                self._world.sent.append((recipient, content))
        return "250 OK"

    async def _deliver(self, user: str, content: bytes) -> None:
        identity = Identity(user, self._backend.login, None, frozenset())
        async with identity.new_session() as session:
            await session.append_messages("INBOX", [AppendMessage(content, datetime.now(UTC), frozenset())])


def _stamped(content: bytes, sender: str, recipient: str, session: Any) -> bytes:
    """Add what a delivering server of the recipient's domain adds (RFC 5321 §4.4)."""
    peer = session.peer[0] if session.peer else "unknown"
    host, when = f"store.{recipient.rpartition('@')[2]}", format_datetime(datetime.now(UTC))
    stamp = f"Return-Path: <{sender}>\r\nReceived: from {peer} by {host}; {when}\r\n"
    return stamp.encode("utf-8") + content
