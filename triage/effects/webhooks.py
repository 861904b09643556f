"""Calls of webhooks: a small JSON, signed, without a name or a text, for people's own systems of alarm.

Signed as Standard Webhooks 1.0 has it (https://www.standardwebhooks.com), so that receivers find a library.
"""

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Self

import httpx

from triage.errors import ConfigurationError, MailDeferred, MailRefused
from triage.ledger.records import QueuedMail
from triage.secrets import read_secret
from triage.settings import Contact

# Another answer to the same call can come later: too early, too many, and all that is the server's own trouble.
_LATER = frozenset({408, 425, 429})
_PREFIX = "whsec_"  # of a key that is written in base64


class Webhooks:
    """What is called, for one pass; a webhook that fails once is left alone for the rest of it."""

    def __init__(self, hooks: Mapping[tuple[str, str], Contact], *, clock: Callable[[], datetime]) -> None:
        """By office and contact; `clock` gives aware times."""
        self._hooks = hooks
        self._clock = clock
        self._failed: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        """Nothing is opened: each call has a connection of its own."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is held."""

    def sever(self) -> None:
        """Nothing to cut: a call's time is bounded as a whole (`timeout_seconds`)."""

    def send(self, call: QueuedMail, *, still: Callable[[], None]) -> None:
        """Make one call, if we may `still`; returns when the webhook has taken it (2xx).

        Raises MailDeferred where another try may do (no connection, too slow, 5xx, 429), and MailRefused where it will
        not (other 4xx, a redirect, no such webhook).
        """
        key = call.office, call.contact
        name = f"webhook '{call.contact}' of office {call.office}"
        hook = self._hooks.get(key)
        if hook is None:
            raise MailRefused(f"the settings name no {name} any more")
        if key in self._failed:
            raise MailDeferred(self._failed[key])
        still()
        try:
            status = asyncio.run(self._status(hook, call))
        # A secret or a ca_file that cannot be read, refused, reset, late, untrusted: the next try may find it mended.
        except (ConfigurationError, httpx.HTTPError, OSError, TimeoutError) as error:
            why = str(error) if isinstance(error, ConfigurationError) else type(error).__name__
            self._failed[key] = f"{name} cannot be reached: {why}"
            raise MailDeferred(self._failed[key]) from None  # httpx's own words hold the address, which may be secret
        if status >= 500 or status in _LATER:
            self._failed[key] = f"{name} gave HTTP {status}"
            raise MailDeferred(self._failed[key])
        if 300 <= status < 400:
            raise MailRefused(f"{name} gave HTTP {status}: redirects are not followed; give its new address")
        if not 200 <= status < 300:
            raise MailRefused(f"{name} gave HTTP {status}")

    async def _status(self, hook: Contact, call: QueuedMail) -> int:
        assert hook.webhook
        assert hook.secret
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "triage",
            **signed(call.message_id, call.content, secret=read_secret(hook.secret), now=self._clock()),
        }
        verify = ssl.create_default_context(cafile=str(hook.ca_file) if hook.ca_file else None)
        # httpx bounds each read and not their sum; what is answered beside the status nobody reads.
        async with (
            asyncio.timeout(hook.timeout_seconds),
            httpx.AsyncClient(
                verify=verify, timeout=hook.timeout_seconds, follow_redirects=False, trust_env=False
            ) as client,
            client.stream("POST", hook.webhook, content=call.content, headers=headers) as response,
        ):
            return response.status_code


def signed(key: str, content: bytes, *, secret: str, now: datetime) -> dict[str, str]:
    """Give the headers that prove who calls and when; `key` is the same at each try, so that one call counts once."""
    raw = base64.b64decode(secret.removeprefix(_PREFIX)) if secret.startswith(_PREFIX) else secret.encode()
    at = str(int(now.timestamp()))
    digest = hmac.digest(raw, b".".join((key.encode(), at.encode(), content)), hashlib.sha256)
    return {
        "Webhook-Id": key,
        "Webhook-Timestamp": at,
        "Webhook-Signature": f"v1,{base64.b64encode(digest).decode()}",
    }
