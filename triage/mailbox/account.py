"""How an office's mailbox is reached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An IMAP account; the secret is read anew at each login, so that it can be rotated (pitfalls IMAP 11)."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str
    read_secret: Callable[[], str] = field(repr=False)
    ca_file: Path | None = None  # an authority to trust besides the system's
    timeout: float = 30.0  # seconds to wait for the server, at each step

    @property
    def name(self) -> str:
        """For messages: where and who, never the secret."""
        return f"{self.user} at {self.host}:{self.port}"
