"""A message too large to fetch, made small: its own header, and the text parts that a server gave of it. No I/O."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

TEXT_PART_BYTES = 1024 * 1024  # of each text part, so much is read,
TEXT_PARTS = 6  # and of so many parts
_DISPOSITION = 9  # its place in a text part's BODYSTRUCTURE (RFC 3501 §7.4.2)

_CONTENT_FIELDS = re.compile(rb"^content-[a-z-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*", re.IGNORECASE | re.MULTILINE)


def text_parts(structure: Any) -> list[str]:
    """Numbers of the plain and HTML parts that are no attachments (RFC 3501 §6.4.5), depth first."""
    found: list[str] = []
    for number in _numbers(structure, ""):
        found.append(number)
        if len(found) == TEXT_PARTS:
            break
    return found


def put_together(header: bytes, parts: Sequence[tuple[bytes | None, bytes]]) -> bytes:
    """Make a message of `header` and of text parts (their MIME header, None where it is the message's own; body)."""
    if len(parts) == 1 and parts[0][0] is None:
        return header.rstrip(b"\r\n") + b"\r\n\r\n" + parts[0][1]
    fields = _CONTENT_FIELDS.sub(b"", header.rstrip(b"\r\n") + b"\r\n").rstrip(b"\r\n")
    # Of the content's digest: nobody can write a part that ends with it.
    boundary = b"=_" + sha256(b"".join(body for _, body in parts)).hexdigest().encode()
    lines = [fields] if fields else []
    lines += [b'Content-Type: multipart/mixed; boundary="' + boundary + b'"', b""]
    for mime, body in parts or [(b"Content-Type: text/plain", b"")]:
        lines += [b"--" + boundary, (mime or b"").rstrip(b"\r\n"), b"", body]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", b""])


def _numbers(structure: Any, number: str) -> Iterator[str]:
    if structure.is_multipart:
        for position, part in enumerate(structure[0], 1):
            yield from _numbers(part, f"{number}.{position}" if number else str(position))
    elif _word(structure, 0) == b"text" and _word(structure, 1) in {b"plain", b"html"} and not _attached(structure):
        yield number or "1"


def _attached(structure: Any) -> bool:
    disposition = structure[_DISPOSITION] if len(structure) > _DISPOSITION else None
    return isinstance(disposition, tuple) and bool(disposition) and _word(disposition, 0) == b"attachment"


def _word(items: Any, place: int) -> bytes:
    value = items[place] if len(items) > place else b""
    return value.lower() if isinstance(value, bytes) else b""
