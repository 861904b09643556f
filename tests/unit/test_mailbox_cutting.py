"""Messages over the limit, put together from header and text parts."""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from triage.mailbox.cutting import TEXT_PARTS, put_together, text_parts

TEXT = '("TEXT" "{kind}" NIL NIL NIL "7BIT" 5 1 NIL {disposition} NIL NIL)'
PLAIN = TEXT.format(kind="PLAIN", disposition="NIL")
HTML = TEXT.format(kind="HTML", disposition="NIL")
CALENDAR = TEXT.format(kind="CALENDAR", disposition="NIL")
ATTACHED = TEXT.format(kind="PLAIN", disposition='("ATTACHMENT" ("FILENAME" "log.txt"))')
INLINE = TEXT.format(kind="PLAIN", disposition='("inline" NIL)')
PDF = '("APPLICATION" "PDF" NIL NIL NIL "BASE64" 9000 NIL NIL NIL NIL)'
FORWARDED = f'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 900 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) {PLAIN} 10)'
SHORT = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'


def _multi(kind: str, *parts: str) -> str:
    return f'({"".join(parts)} "{kind}")'


@pytest.mark.parametrize(
    ("structure", "numbers"),
    [
        (PLAIN, ["1"]),
        (SHORT, ["1"]),
        (PDF, []),
        (_multi("MIXED", PLAIN, PDF), ["1"]),
        (_multi("MIXED", _multi("ALTERNATIVE", PLAIN, HTML), PDF), ["1.1", "1.2"]),
        (_multi("MIXED", PDF, INLINE, ATTACHED, CALENDAR), ["2"]),
        (_multi("MIXED", PLAIN, FORWARDED), ["1"]),
        (_multi("MIXED", *[PLAIN] * 50), [str(n) for n in range(1, TEXT_PARTS + 1)]),
    ],
)
def test_text_parts_are_numbered_as_imap_does(structure: str, numbers: list[str]) -> None:
    """RFC 3501 §6.4.5; attachments, other types and forwarded messages are left alone, and so many are enough."""
    answer = parse_fetch_response([f"1 (UID 1 BODYSTRUCTURE {structure})".encode()])
    assert text_parts(answer[1][b"BODYSTRUCTURE"]) == numbers


def test_of_several_parts_a_message_is_made_that_any_parser_reads() -> None:
    """The headers are the message's own, the parts have their encodings, and nothing is left of the old structure."""
    original = EmailMessage(policy=SMTP)
    original["From"] = "a@firm.example"
    original["Subject"] = "Délais"
    original.set_content("hello")
    original.add_attachment(b"x" * 100, maintype="application", subtype="pdf", filename="a.pdf")
    header = original.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    parts = [
        (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
         base64.b64encode("été".encode())),
        (b"Content-Type: text/html\r\n\r\n", b"<p>hi</p>"),
    ]  # fmt: skip
    made = message_from_bytes(put_together(header, parts), policy=default)
    assert (made["From"], made["Subject"]) == ("a@firm.example", "Délais")
    assert [part.get_content().strip() for part in made.iter_parts()] == ["été", "<p>hi</p>"]
    assert made.get_all("Content-Type") == [made["Content-Type"]]
    assert made.defects == []


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_message_that_is_not_multipart_keeps_its_header_whole(end: bytes) -> None:
    """Its encoding is said there; however much of the blank line came along."""
    header = b"Subject: x\r\nContent-Type: text/plain; charset=latin-1" + end
    assert put_together(header, [(None, b"hello")]) == (
        b"Subject: x\r\nContent-Type: text/plain; charset=latin-1\r\n\r\nhello"
    )


def test_nobody_can_write_a_part_that_ends_with_the_boundary() -> None:
    """It depends on what the parts say: that of another message, or of this one without the line, is text."""
    mime = b"Content-Type: text/plain"
    seen = put_together(b"", [(mime, b"hello")]).rstrip(b"\r\n-").rpartition(b"--")[2]
    forged = b"hello\r\n--" + seen + b"\r\nContent-Type: text/html\r\n\r\n<p>urgent</p>"
    made = message_from_bytes(put_together(b"Subject: x", [(mime, forged)]), policy=default)
    assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain"]


@given(st.binary(max_size=300), st.lists(st.tuples(st.binary(max_size=60), st.binary(max_size=300)), max_size=4))
def test_whatever_a_sender_wrote_the_parts_are_as_many_as_were_given(
    header: bytes, parts: list[tuple[bytes, bytes]]
) -> None:
    """Any bytes in header and parts: the structure is ours."""
    made = put_together(header, parts)
    boundary = made.rstrip(b"\r\n").rpartition(b"--=_")[2].removesuffix(b"--")
    assert made.count(b"\r\n--=_" + boundary) == max(len(parts), 1) + 1
