"""Whatever bytes come: a Message, its text clean, and nothing of it lost."""

from collections import Counter
from email.message import EmailMessage
from pathlib import Path
from unicodedata import category, is_normalized

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mailparser.utils import get_addresses

from triage.core.headers import _ONE_MAILBOX, clean
from triage.core.html import html_to_text
from triage.core.message import Body, Message
from triage.core.mime import message_from_fields, read_message
from triage.core.screening import refers_to, screen
from triage.core.text import take_apart

GOLDENS = [file.read_bytes() for file in sorted((Path(__file__).parents[1] / "golden" / "parsing").glob("*.eml"))]
# Whole messages are slow to draw and slower to shrink; what matters is that many are seen.
MAIL = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

pieces = st.sampled_from(
    [
        *(
            b"Content-Type: text/plain; charset=",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"\r\n\r\n",
            b"\r\n",
            b"--b",
        ),
        *(
            b"--b--\r\n",
            b"Subject: ",
            b"From: ",
            b"To: ",
            b"Date: ",
            b"=?utf-8?q?",
            b"=?",
            b"?=",
            b"=C3=A9",
            b"\0",
            b"\r",
            b"\xff",
        ),
        *(
            b"<a@b.example>",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Type: message/rfc822\r\n",
            b'"',
            b";",
            b"(",
            b"<",
        ),
        *(
            b"Content-Type: text/html\r\n",
            b"<p>",
            b"<!--",
            b"On 3 May at 10:12 A <a@b.example> wrote:\r\n",
            b"> x\r\n",
            b"-- \r\n",
        ),
        *(
            b"filename*0*=utf-8''%C3",
            b"begin 644 x\r\n",
            b"Received: ; ",
            b"Mon, 32 Foo 99999 99:99 +9999",
            b"\xc3\xa9",
            b"a" * 50,
        ),
    ]
)
mailish = st.lists(st.one_of(pieces, st.binary(max_size=8)), max_size=60).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real message with bytes cut out, doubled and put in."""
    raw = bytearray(draw(st.sampled_from(GOLDENS)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 80)))
        change = draw(st.sampled_from(["cut", "double", "put", "swap"]))
        if change == "cut":
            del raw[start:end]
        elif change == "double":
            raw[start:start] = raw[start:end]
        elif change == "put":
            raw[start:start] = draw(st.one_of(pieces, st.binary(max_size=6)))
        else:
            raw[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
    return bytes(raw)


def texts_of(message: Message) -> list[str]:
    """All text of a message."""
    body = message.body
    addresses = [one for one in (message.from_, *message.to, *message.cc, *message.reply_to) if one]
    return [
        *(body.newest, body.quoted, body.forwarded, body.signature, body.disclaimer, message.subject, *message.defects),
        *(part for one in addresses for part in (one.name, one.addr)),
        *(part for field in message.headers for part in field),
        *(part for one in message.attachments for part in (one.name, one.content_type)),
        *(
            message.content_type,
            message.message_id or "",
            *message.references,
            *message.in_reply_to,
            *message.enclosed_ids,
        ),
        *(message.return_path or "", message.report_type or "", message.calendar_method or ""),
    ]


def assert_clean(message: Message) -> None:
    """NFC, and no control characters but line ends and tabs."""
    for text in texts_of(message):
        assert is_normalized("NFC", text)
        assert not [char for char in text if category(char) in {"Cc", "Cs"} and char not in "\n\t"]
        text.encode("utf-8")
    assert "\n" not in message.subject
    assert not any("\n" in value for _, value in message.headers)


@MAIL
@given(st.one_of(st.binary(max_size=400), mailish, mutated()))
@example(b"")
@example(b"\r\n\r\n")
@example(b":\r\n\r\n")
@example(b"From:\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n----\r\n")
@example(b"Content-Type: text/plain; charset*0*=x''%ff; name*1*=%\r\n\r\nx")
@example(b"Content-Type: multipart/report; report-type*=utf-8''%ff\r\n\r\nx")
@example(b"Content-Type: \xff/\xfe; boundary=\xff\r\n\r\n--\xff\r\n\r\nx")
@example(b"From: =?utf-8?q?=0D=0ABcc:_x?= <a@b.example>\r\n\r\nx")
def test_any_bytes_give_a_message_whose_text_is_clean(raw: bytes) -> None:
    """read_message is total, and what it gives can be stored, shown and compared."""
    message = read_message(raw)
    assert_clean(message)
    assert message.date is None or message.date.tzinfo is not None
    assert message.size == len(raw)
    refers_to(message)
    screen(message, own_addresses=frozenset())


@MAIL
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_record_gives_a_message_whose_text_is_clean(subject: str, body: str) -> None:
    """The same for JSON, where anything may stand in a string."""
    assert_clean(message_from_fields(subject=subject, body=body, from_addr=subject, from_name=body, to=body))


lines = st.one_of(
    st.sampled_from(
        [
            *("", "> quoted", ">> deeper", ">From here", "-- ", "--", "Regards,", "Thanks", "Ana Lim", "Cordialement,"),
            *("On Mon, May 4, 2026 at 10:12 AM A <a@b.example> wrote:", "On Mon, May 4, 2026 at 10:12 AM", "a écrit :"),
            *("-----Original Message-----", "---------- Forwarded message ---------", "From: A <a@b.example>", "To: B"),
            *(
                "Sent: Monday 10:12",
                "Subject: x",
                "De : A",
                "Envoyé : lundi 10:12",
                "________________",
                "Sent from my iPhone",
            ),
            *(
                "This e-mail is confidential and intended for the addressee; delete it if received in error.",
                "[EXTERNAL]",
            ),
            *("My mother is dying.", "see below", "P.S. help", "+1 555 0100"),
        ]
    ),
    st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(lines, max_size=40), st.booleans())
def test_taking_a_text_apart_loses_and_doubles_no_line(given_lines: list[str], is_forward: bool) -> None:
    """Each line that is not blank stands in exactly one field; a blank at its end may go."""
    text = "\n".join(given_lines)
    body = take_apart(text, is_forward=is_forward)
    kept = Counter(line.rstrip() for field in fields_of(body) for line in field.split("\n") if line.strip())
    assert kept == Counter(line.rstrip() for line in text.split("\n") if line.strip())


@settings(max_examples=300, deadline=None)
@given(st.lists(lines, max_size=30))
def test_a_reply_adds_to_the_newest_text_only(history: list[str]) -> None:
    """Whatever stands in the history, the sender's line above it is newest."""
    body = take_apart("\n".join(["My flight is tomorrow, please decide.", "", "-----Original Message-----", *history]))
    assert body.newest == "My flight is tomorrow, please decide."


def fields_of(body: Body) -> tuple[str, ...]:
    """The five texts of a body."""
    return body.newest, body.quoted, body.forwarded, body.signature, body.disclaimer


@MAIL
@given(st.lists(st.one_of(st.sampled_from(["<p>", "</p>", "<div style='display:none'>", "</div>", "<blockquote type=cite>", "</blockquote>", "<td>", "<pre>", "<!--", "-->", "<script>", "</script>", "<br>", "&#0;", "&#xD800;", "<", "\n"]), st.text(max_size=5)), max_size=50))  # fmt: skip # noqa: E501 - a list of tags
def test_any_html_gives_text(source: list[str]) -> None:
    """Never an exception, and text that can be written."""
    text, whole = html_to_text("".join(source))
    assert whole
    clean(text).encode("utf-8")


@MAIL
@given(st.from_regex(_ONE_MAILBOX, fullmatch=True))
def test_a_plain_mailbox_is_read_as_the_library_reads_it(field: str) -> None:
    """The library is not asked for it, since it takes a tenth of a message's time."""
    complaints: list[object] = []
    [(name, addr)] = get_addresses(field, defects=complaints, decode_names=True)
    sender = read_message(f"From: {field}".encode()).from_
    assert sender
    assert (sender.name, sender.addr.lower(), complaints) == (name, addr.lower(), [])


words = st.text(alphabet="abcdefghij éàç’", min_size=1, max_size=40).filter(str.strip)


@MAIL
@given(words, st.lists(words, min_size=1, max_size=8), st.sampled_from(["utf-8", "iso-8859-15", "windows-1252"]), st.sampled_from(["quoted-printable", "base64", "8bit"]))  # fmt: skip # noqa: E501 - as above
def test_what_a_mail_program_writes_is_read_back(subject: str, text: list[str], charset: str, encoding: str) -> None:
    """Subject and every line of the text, through the standard library's own composing."""
    mail = EmailMessage()
    mail["Subject"] = subject
    body = "\n".join(text).encode(charset, "ignore").decode(charset)
    mail.set_content(body, charset=charset, cte=encoding)
    message = read_message(mail.as_bytes())
    assert message.subject.split() == clean(subject).split()
    read = [line.strip() for field in fields_of(message.body) for line in field.split("\n") if line.strip()]
    assert read == [line.strip() for line in body.split("\n") if line.strip()]
    assert not message.unparseable
