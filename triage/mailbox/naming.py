"""Folders' names: as a person reads them, and as the server writes them (pitfalls IMAP 29)."""

import unicodedata
from dataclasses import dataclass

INBOX = "INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How one server names the folders of one account (RFC 2342); IMAPClient does the modified UTF-7."""

    prefix: str = ""  # of the personal namespace, such as "INBOX."
    delimiter: str = "/"  # between levels; "" where the server has none

    def path(self, name: str) -> str:
        """The server's name of a folder that a person calls `name`, with "/" between levels."""
        name = unicodedata.normalize("NFC", name)
        if name.upper() == INBOX:  # in any case, and without the prefix (RFC 3501 §5.1)
            return INBOX
        if name.upper().startswith(f"{INBOX}/"):
            name = INBOX + name[len(INBOX) :]
        path = name.replace("/", self.delimiter) if self.delimiter else name
        return path if path.startswith(self.prefix) else self.prefix + path

    def readable(self, path: str) -> str:
        """The name for people of a folder that the server calls `path`."""
        path = unicodedata.normalize("NFC", path)
        if path.upper() == INBOX:
            return INBOX
        name = path.removeprefix(self.prefix)
        return name.replace(self.delimiter, "/") if self.delimiter else name
