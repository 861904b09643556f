"""Replies, notices and forwards: what other programs and people read in them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest

from tests.unit.policy.cases import MESSAGE, NOW, OFFICE, a_case
from triage.core import mime
from triage.core.effects import OutgoingMail
from triage.core.message import Language
from triage.core.replies.composing import (
    MOST_REFERENCES,
    Handover,
    compose_forward,
    compose_notice,
    compose_reply,
    derived_message_id,
)
from triage.core.replies.rendering import Rendered
from triage.core.screening import MachineKind, screen

RENDERED = Rendered(
    subject="Re: Crew – réparation [DEL-1]",
    text="Hello,\n\nA person will read it.\n",
    html="<!DOCTYPE html>\n<p>Hello,</p>\n<p>A person will read it – réparation.</p>\n",
)
HANDOVER = Handover(
    reference="DEL-1",
    key=MESSAGE.digest,
    verdict="serious_error",
    folder="Erreurs graves",
    due_at=datetime(2026, 11, 27, 11, 30, tzinfo=UTC),
    deadline=date(2026, 12, 1),
    truncated=False,
    now=NOW,
)
RAW = b"From: noor@firm.example\r\nSubject: Crew\r\n\r\nDear manager\r\n"


def reply(**message: Any) -> OutgoingMail:
    """A reply to the usual message, with what is given changed."""
    return compose_reply(
        a_case(message=message).message,
        OFFICE,
        RENDERED,
        recipient="noor@firm.example",
        template="acknowledge-urgent",
        reference="DEL-1",
        languages=(Language.ENGLISH, Language.FRENCH),
        now=NOW,
    )


def parsed(mail: OutgoingMail) -> EmailMessage:
    """As another program reads it."""
    return message_from_bytes(mail.content, policy=default)


def test_a_reply_has_the_fields_that_keep_machines_quiet_and_threads_together() -> None:
    """RFC 3834, RFC 5322, and Exchange's own field; each once, and no other."""
    mail = reply()
    assert {name: str(value) for name, value in parsed(mail).items()} == {
        "From": "Delhi <manager@delhi.example>",
        "To": "noor@firm.example",
        "Date": "Wed, 25 Nov 2026 11:30:00 +0530",
        "Message-ID": mail.message_id,
        "Subject": "Re: Crew – réparation [DEL-1]",
        "In-Reply-To": "<one@firm.example>",
        "References": "<one@firm.example>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "X-Manager-Triage": "DEL-1",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{parsed(mail).get_boundary()}"',
    }
    assert (mail.envelope_sender, mail.envelope_recipients) == ("", ("noor@firm.example",))


def test_a_reply_is_a_text_and_the_same_as_a_page() -> None:
    """The plainest first (RFC 2046 §5.1.4); each says its languages and is written in ASCII."""
    parts = [cast("EmailMessage", part) for part in parsed(reply()).iter_parts()]
    assert [
        (part.get_content_type(), part["Content-Language"], part["Content-Transfer-Encoding"]) for part in parts
    ] == [
        ("text/plain", "en, fr", "quoted-printable"),
        ("text/html", "en, fr", "quoted-printable"),
    ]
    assert [part.get_content().replace("\r\n", "\n") for part in parts] == [RENDERED.text, RENDERED.html]


def test_no_text_ends_its_part_early() -> None:
    """The boundary stands in no quoted-printable text, whatever the text is: here the very line of it."""
    boundary = parsed(reply()).get_boundary()
    hostile = f"Hello\n--{boundary}--\n--{boundary}\nContent-Type: text/html\n\nevil\n"
    mail = compose_reply(
        MESSAGE,
        OFFICE,
        Rendered(subject="x", text=hostile, html=hostile),
        recipient="noor@firm.example",
        template="acknowledge-urgent",
        reference="DEL-1",
        languages=(Language.ENGLISH,),
        now=NOW,
    )
    assert parsed(mail).get_boundary() == boundary
    parts = [cast("EmailMessage", part) for part in parsed(mail).iter_parts()]
    assert [part.get_content().replace("\r\n", "\n") for part in parts] == [hostile, hostile]


def test_the_bytes_fit_any_relay() -> None:
    """Seven bits, CRLF, lines of at most 998 and, but for ids, 78 characters."""
    content = reply(references=("<" + "x" * 300 + "@mail.example>",)).content
    lines = content.split(b"\r\n")
    assert content.isascii()
    assert not any({0x0D, 0x0A} & set(line) for line in lines)
    assert all(len(line) <= 78 or b"x" * 300 in line for line in lines)


def test_the_reply_is_known_as_ours_when_it_comes_back() -> None:
    """Screened as our own; no reply to a reply."""
    back = mime.read_message(reply().content)
    assert screen(back, own_addresses=frozenset()).kind is MachineKind.OWN_REPLY


THREADS: dict[str, tuple[dict[str, Any], str | None, str | None]] = {
    "no Message-ID": ({"message_id": None, "references": ("<a@x.example>",)}, None, None),
    "an id beyond ASCII": ({"message_id": "<é@x.example>"}, None, None),
    "an id with a line end": ({"message_id": "<a\r\nBcc: v@x.example>"}, None, None),
    "an id that is too long": ({"message_id": f"<{'x' * 1000}@x.example>"}, None, None),
    "a chain": (
        {"references": ("<a@x.example>", "<b@x.example>")},
        "<one@firm.example>",
        "<a@x.example> <b@x.example> <one@firm.example>",
    ),
    "a parent without a chain": (
        {"in_reply_to": ("<a@x.example>", "<b@x.example>")},
        "<one@firm.example>",
        "<a@x.example> <one@firm.example>",
    ),
    "a chain with the message in it": (
        {"references": ("<one@firm.example>", "<b@x.example>")},
        "<one@firm.example>",
        "<one@firm.example> <b@x.example>",
    ),
    "a chain with what cannot be written": (
        {"references": ("<é@x.example>", "<b\n@x.example>", "<c@x.example>")},
        "<one@firm.example>",
        "<c@x.example> <one@firm.example>",
    ),
}


@pytest.mark.parametrize(("message", "parent", "chain"), THREADS.values(), ids=THREADS.keys())
def test_a_reply_belongs_to_its_thread(message: dict[str, Any], parent: str | None, chain: str | None) -> None:
    """RFC 5322 §3.6.4; ids that no field can hold are left out, and nothing can be slipped in by one."""
    found = parsed(reply(**message))
    assert (found["In-Reply-To"], found["References"]) == (parent, chain)
    assert found["Bcc"] is None


def test_an_endless_chain_is_cut_in_its_middle() -> None:
    """The first id and the last ones find the thread."""
    found = parsed(reply(references=tuple(f"<{number}@x.example>" for number in range(500))))["References"].split()
    assert len(found) == MOST_REFERENCES
    assert (found[0], found[1], found[-1]) == ("<0@x.example>", "<482@x.example>", "<one@firm.example>")


def test_the_same_reply_is_the_same_bytes_under_the_same_id() -> None:
    """What has to be sent again is recognised by the reader's program as the same."""
    assert reply() == reply()


def test_another_office_purpose_or_message_is_another_id() -> None:
    """No two mails share an id; each is short, in our own domain, and derived."""
    ids = {
        derived_message_id(office, purpose, key)
        for office in (OFFICE, replace(OFFICE, id="paris"))
        for purpose in ("acknowledge-urgent", "notice-duty")
        for key in ("ab" * 32, "cd" * 32)
    }
    assert len(ids) == 8
    assert all(one.endswith("@delhi.example>") and len(one) < 250 for one in ids)


def test_a_notice_tells_where_to_look_and_no_more() -> None:
    """Both languages, the office's first; dates in words."""
    office = replace(OFFICE, languages=(Language.FRENCH,), names={"en": "Delhi", "fr": "Dehli"})
    mail = compose_notice(office, HANDOVER, contact="duty", recipient="duty@delhi.example")
    text = parsed(mail).get_content().replace("\r\n", "\n")
    assert parsed(mail)["Subject"] == "[DEL-1] erreur grave – Dehli"
    assert parsed(mail)["Auto-Submitted"] == "auto-generated"
    assert (mail.envelope_sender, mail.envelope_recipients) == ("", ("duty@delhi.example",))
    assert text.index("Référence\u00a0: DEL-1") < text.index("Reference: DEL-1")
    assert (
        "Sorted as: serious error\nFolder: Erreurs graves\nDate named in the message: Tuesday, December 1, 2026\n"
        in text
    )
    assert "A person must have answered by: Friday, November 27, 2026, 5:00\u00a0p.m." in text
    assert "mardi 1er décembre 2026" in text


def test_a_notice_leaves_out_what_there_is_not() -> None:
    """No date, no due time: no empty line about them."""
    mail = compose_notice(
        OFFICE, replace(HANDOVER, due_at=None, deadline=None), contact="duty", recipient="duty@delhi.example"
    )
    text = parsed(mail).get_content()
    assert "Date named" not in text
    assert "answered by" not in text


def test_a_forward_has_the_message_whole() -> None:
    """A cover in both languages, and the very bytes as a message."""
    mail = compose_forward(OFFICE, HANDOVER, RAW, unit="biometrics", recipient="biometrics@delhi.example")
    cover, attached = parsed(mail).iter_parts()
    assert parsed(mail)["Auto-Submitted"] == "auto-forwarded"
    assert parsed(mail)["X-Manager-Triage"] == "DEL-1"
    assert (mail.envelope_sender, mail.envelope_recipients) == ("", ("biometrics@delhi.example",))
    words = " ".join(cast("EmailMessage", cover).get_content().split())
    assert "is for your unit" in words
    assert "relève de votre unité" in words
    assert attached.get_content_type() == "message/rfc822"
    assert RAW in mail.content


def test_a_forward_of_broken_bytes_is_a_file() -> None:
    """Whatever a sender wrote arrives as it was."""
    raw = b"\xff\x00\r" * 1000
    mail = compose_forward(OFFICE, HANDOVER, raw, unit="biometrics", recipient="biometrics@delhi.example")
    _, attached = parsed(mail).iter_parts()
    assert attached.get_payload(decode=True) == raw
    assert mail.content.isascii()


def test_a_forward_says_where_the_rest_of_a_very_large_message_is() -> None:
    """What was not fetched cannot be attached."""
    large = replace(HANDOVER, truncated=True)
    mail = compose_forward(OFFICE, large, RAW, unit="biometrics", recipient="biometrics@delhi.example")
    cover, _ = parsed(mail).iter_parts()
    assert "its attachments are in the mailbox only" in " ".join(cast("EmailMessage", cover).get_content().split())


def test_nobody_can_end_the_attachment_early() -> None:
    """The boundary is derived from the digest of the bytes, so that no message contains its own."""
    first = compose_forward(OFFICE, HANDOVER, RAW, unit="biometrics", recipient="b@delhi.example")
    boundary = parsed(first).get_boundary() or ""
    hostile = RAW + f"--{boundary}\r\nContent-Type: text/html\r\n\r\nevil\r\n--{boundary}--\r\n".encode()
    # A changed message has another digest, and so another boundary.
    second = compose_forward(
        OFFICE, replace(HANDOVER, key="cd" * 32), hostile, unit="biometrics", recipient="b@d.example"
    )
    assert len(list(parsed(second).iter_parts())) == 2
    assert parsed(second).get_boundary() != boundary
