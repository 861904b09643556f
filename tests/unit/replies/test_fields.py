"""Mail written as bytes: what is written can be read again, and nothing can be slipped in."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses
from typing import cast

import pytest

from triage.core.replies.fields import (
    HARD,
    SOFT,
    mailbox_field,
    message_part,
    mixed,
    one_line,
    text_field,
    text_part,
    words_field,
)


def read(field: bytes, name: str) -> str:
    """What another program reads in a field."""
    return str(message_from_bytes(field + b"\r\n", policy=default)[name])


TEXTS = {
    "plain": "Re: a visa",
    "French": "Re: Réexamen – dossier",
    "long plain": "word " * 60,
    "long beyond ASCII": "é" * 300,
    "one long word": "x" * 500,
    "like an encoded word": "Re: =?utf-8?q?abc?= and =?broken",
    "Devanagari": "वीज़ा के लिए अनुरोध " * 8,
    "emoji": "🛂" * 40,
    "empty": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    """Whatever its letters and length; every line fits."""
    field = text_field("Subject", text)
    assert read(field, "Subject") == one_line(text)
    assert all(len(line) <= SOFT for line in field.split(b"\r\n"))


INJECTIONS = ["a\r\nBcc: x@y.example", "a\nBcc: x", "a\rBcc: x", "a\x0bBcc: x", "a\x85b", "a\u2028b", "a\0b", "\u202eb"]


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_nothing_can_begin_a_field_of_its_own(text: str) -> None:
    """Line ends and controls of every kind become spaces."""
    for field in (text_field("Subject", text), mailbox_field("Subject", display=text, addr="a@b.example")):
        lines = field.removesuffix(b"\r\n").split(b"\r\n")
        assert lines[0].startswith(b"Subject: ")
        assert all(line.startswith(b" ") for line in lines[1:])
        assert not {0x0A, 0x0D, 0} & set(b"".join(lines))


def test_a_long_message_id_stays_whole() -> None:
    """No mail program finds the thread by an id in pieces or encoded."""
    ids = [f"<{'x' * length}@mail.example>" for length in (10, 90, 200, 900)]
    field = words_field("References", ids)
    assert all(f"{one}".encode() in field for one in ids)
    assert b"=?" not in field
    assert read(field, "References").split() == ids


def test_words_are_folded_between_them() -> None:
    """Lines keep to 78 characters where words allow."""
    field = words_field("References", [f"<{number}@mail.example>" for number in range(20)])
    assert field.count(b"\r\n ") >= 5
    assert all(len(line) <= SOFT for line in field.split(b"\r\n"))


@pytest.mark.parametrize("words", [["x" * (HARD + 1)], ["a\r\nBcc: x"], ["a", "\r\n"], ["é"]], ids=ascii)
def test_words_that_no_line_can_hold_are_an_error(words: list[str]) -> None:
    """Callers check first; here it is refused rather than sent broken."""
    with pytest.raises(ValueError, match=r"cannot be written|ordinal not in range|ascii"):
        words_field("References", words)


NAMES = {
    "plain": "Delhi visa office",
    "French": "Bureau des visas – Nouméa",
    "quotes": 'Delhi "visa" office',
    "an address inside": "chief@pm.example <x@y.example>",
    "comma": "Delhi, Visa Office",
    "long": "Bureau canadien des visas et de l’immigration " * 4,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_mailbox_is_read_as_one_with_its_name(name: str) -> None:
    """One address, whatever the name says."""
    field = mailbox_field("From", display=name, addr="manager@delhi.example")
    [(display, addr)] = getaddresses([str(message_from_bytes(field + b"\r\n")["From"])])
    # The default policy keeps the space between two encoded words, which RFC 2047 §6.2 has ignored.
    assert (str(make_header(decode_header(display))), addr) == (one_line(name), "manager@delhi.example")
    assert len(message_from_bytes(field + b"\r\n", policy=default)["From"].addresses) == 1
    assert all(len(line) <= SOFT for line in field.split(b"\r\n"))


def test_a_mailbox_without_a_name() -> None:
    """Only the address then."""
    assert mailbox_field("From", display="", addr="a@b.example") == b"From: a@b.example\r\n"


BODIES = [
    "",
    "Hello\n",
    "é" * 300 + "\n",
    "trailing \nspaces\t\n",
    "From here\n.\n..\n",
    "=3D\n" * 50,
    "no end",
    "\n\n",
]


@pytest.mark.parametrize("text", BODIES, ids=ascii)
def test_a_text_part_is_read_as_it_was_written(text: str) -> None:
    """Seven bits, short lines, and the very text."""
    part = text_part(text, language="en")
    assert part.isascii()
    assert all(len(line) <= 76 for line in part.split(b"\r\n"))
    parsed = message_from_bytes(part, policy=default)
    payload = cast("bytes", parsed.get_payload(decode=True))
    assert payload.decode().replace("\r\n", "\n") == text
    assert parsed["Content-Language"] == "en"


PLAIN = b"From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n"
RAWS = {
    "plain": (PLAIN, "message/rfc822"),
    "eight bits": (PLAIN + b"\xc3\xa9\r\n", "application/octet-stream"),
    "line feeds only": (PLAIN.replace(b"\r\n", b"\n"), "application/octet-stream"),
    "a bare carriage return": (PLAIN + b"a\rb\r\n", "application/octet-stream"),
    "a NUL": (PLAIN + b"\0\r\n", "application/octet-stream"),
    "a long line": (PLAIN + b"x" * 999 + b"\r\n", "application/octet-stream"),
    "the longest line": (PLAIN + b"x" * 998 + b"\r\n", "message/rfc822"),
    "no end of line": (PLAIN + b"x", "application/octet-stream"),
    "nothing": (b"", "application/octet-stream"),
}


@pytest.mark.parametrize(("raw", "kind"), RAWS.values(), ids=RAWS.keys())
def test_a_message_is_attached_byte_for_byte(raw: bytes, kind: str) -> None:
    """As a message where any relay lets it through, else as a file; the bytes are the same."""
    whole = mixed([text_part("Cover\n"), message_part(raw, filename="DEL-1")], boundary="=_abc")
    assert whole.isascii()
    assert all(len(line) <= HARD for line in whole.split(b"\r\n"))
    parsed = message_from_bytes(whole, policy=default)
    cover, attached = parsed.iter_parts()
    assert cover.get_content() == "Cover\r\n"
    assert (attached.get_content_type(), attached.get_filename()) == (kind, "DEL-1.eml")
    if kind == "message/rfc822":
        assert raw in whole
        assert attached.get_content()["Subject"] == "x"
    else:
        assert attached.get_payload(decode=True) == raw
