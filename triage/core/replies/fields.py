"""Writes mail, part by part, as bytes: header fields (RFC 5322 §2.2, RFC 2047), text parts, attached files.

The email package's own writer is not used: it turns a message-id that is longer than a line into encoded words, so
that no mail program finds the thread, and it takes some thirty times as long.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterable
from email.header import Header

CRLF = b"\r\n"
# RFC 5322 §2.1.1: lines should keep to 78 characters, and must keep to 998.
SOFT, HARD = 78, 998
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_NO_LINE = re.compile(rb"[^\r\n]{999}|\x00|[\x80-\xff]|\r(?!\n)|(?<!\r)\n")


def text_field(name: str, text: str) -> bytes:
    """An unstructured field, such as Subject; control characters, line ends among them, become spaces."""
    line = one_line(text)
    # "=?" in plain text would be read as the beginning of an encoded word.
    if line.isascii() and "=?" not in line and all(len(word) < SOFT for word in line.split(" ")):
        return words_field(name, line.split(" "))
    encoded = Header(line, "utf-8", maxlinelen=SOFT - 2, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}\r\n".encode("ascii")


def words_field(name: str, words: Iterable[str]) -> bytes:
    """A field of words that are never broken, such as message-ids; folded between them.

    Raises ValueError for what is not printable ASCII or fits no line: callers choose their words.
    """
    lines, line, empty = [], f"{name}:", True
    for word in words:
        if len(line) + 1 + len(word) > SOFT and not empty:
            lines.append(line)
            line = ""
        line, empty = f"{line} {word}", False
    lines.append(line)
    if not all(part.isascii() and part.isprintable() and len(part) <= HARD for part in lines):
        raise ValueError(f"the field {name} cannot be written: {str(lines)[:80]}")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def mailbox_field(name: str, *, display: str, addr: str) -> bytes:
    """A field with one mailbox; `addr` is plain ASCII, `display` any text (RFC 5322 §3.4)."""
    shown = one_line(display)
    if not shown:
        return words_field(name, [addr])
    if _ATOMS.fullmatch(shown):
        return words_field(name, [*shown.split(" "), f"<{addr}>"])
    # A quoted string could be folded only within itself: an encoded word is safe for any text.
    encoded = Header(shown, "utf-8", maxlinelen=SOFT - 2, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}\r\n <{addr}>\r\n".encode("ascii")


def one_line(text: str) -> str:
    """The text without control characters, each run of white space made one space."""
    kept = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    return " ".join(kept.split())


def text_part(text: str, *, language: str = "") -> bytes:
    """Fields and body of a plain text, UTF-8, in quoted-printable: ASCII lines of at most 76 (RFC 2045 §6.7)."""
    return _words_part("plain", text, language)


def html_part(html: str, *, language: str = "") -> bytes:
    """Fields and body of a page, written as `text_part` writes a text."""
    return _words_part("html", html, language)


def _words_part(kind: str, text: str, language: str) -> bytes:
    about = f"Content-Language: {language}\r\n" if language else ""
    body = b2a_qp(text.encode("utf-8"), istext=True).replace(b"\n", CRLF)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\n{about}Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + body


def message_part(raw: bytes, *, filename: str) -> bytes:
    """Fields and body of an attached message, byte for byte; `filename` is a plain ASCII name without extension.

    As message/rfc822 where the message is plain enough for any relay, since that may not be encoded (RFC 2046
    §5.2.1); otherwise as a file, in base64.
    """
    name = f'filename="{filename}.eml"'.encode("ascii")
    if raw.endswith(CRLF) and not _NO_LINE.search(raw):
        about = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment; " + name
        return about + b"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + raw
    about = b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; " + name
    return about + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encodebytes(raw).replace(b"\n", CRLF)


def mixed(parts: Iterable[bytes], *, boundary: str) -> bytes:
    """Field and body of a multipart/mixed; no part contains the boundary."""
    return _multipart("mixed", parts, boundary)


def alternative(parts: Iterable[bytes], *, boundary: str) -> bytes:
    """Field and body of a multipart/alternative, the plainest first (RFC 2046 §5.1.4).

    A boundary that begins with "=_" stands in no quoted-printable text, which writes each "=" as "=3D".
    """
    return _multipart("alternative", parts, boundary)


def _multipart(kind: str, parts: Iterable[bytes], boundary: str) -> bytes:
    mark = b"--" + boundary.encode("ascii")
    body = b"".join(mark + CRLF + part + CRLF for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode("ascii") + body + mark + b"--\r\n"
