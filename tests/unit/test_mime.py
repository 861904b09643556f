"""Bytes become a Message: what is read, what stands in for what cannot be read, and what is never lost."""

from base64 import encodebytes
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from triage.core.message import Address, DateSource, Language, TextSource
from triage.core.mime import message_from_fields, read_message

ARRIVED = datetime(2026, 5, 4, 14, 12, 9, tzinfo=UTC)
HEAD = (
    b"From: Ana Lim <ana@post.example>\r\nTo: delhi-manager@visa.example\r\nSubject: Passport\r\n"
    b"Date: Mon, 04 May 2026 10:12:00 -0400\r\nMessage-ID: <m@post.example>\r\nMIME-Version: 1.0\r\n"
)
LETTER = b"My passport is at your office and my flight is on 9 May.\r\n"


def mail(*, head: bytes = HEAD, kind: bytes = b"text/plain; charset=utf-8", body: bytes = LETTER) -> bytes:
    """A message; `head` ends with a line's end."""
    return head + b"Content-Type: " + kind + b"\r\n\r\n" + body


def parts(*inner: bytes, kind: bytes = b"mixed") -> bytes:
    """A multipart message; each inner part is its header fields, an empty line and its text."""
    body = b"".join(b"--=b\r\n" + part + b"\r\n" for part in inner) + b"--=b--\r\n"
    return mail(kind=b"multipart/" + kind + b'; boundary="=b"', body=body)


def plain(text: bytes) -> bytes:
    """A plain text part."""
    return b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text


def html(text: bytes) -> bytes:
    """An HTML part."""
    return b"Content-Type: text/html; charset=utf-8\r\n\r\n" + text


class TestWhatIsRead:
    """An ordinary message."""

    def test_identity_and_size_are_those_of_the_bytes_fetched(self) -> None:
        """The digest is SHA-256 of the bytes; the size too, unless the server said more."""
        raw = mail()
        assert read_message(raw).digest == sha256(raw).hexdigest()
        assert read_message(raw).size == len(raw)
        assert read_message(raw, size=30_000_000).size == 30_000_000

    def test_a_clean_letter_has_no_defects(self) -> None:
        """Nothing is complained of where nothing is wrong, or every message would look broken."""
        message = read_message(mail(), received_at=ARRIVED)
        assert (message.defects, message.unparseable, message.received_at) == ((), False, ARRIVED)

    def test_a_truncated_message_says_so_and_is_readable(self) -> None:
        """Over the limit, only attachments are missing: that alone sends nobody's letter to review."""
        message = read_message(mail(), size=30_000_000, truncated=True)
        assert message.truncated
        assert not message.unparseable
        assert message.defects == ("It is larger than the limit (30000000 bytes): attachments were not fetched.",)

    def test_header_fields_stand_in_order_decoded_and_unfolded(self) -> None:
        """Rules and `explain` look at fields by name, in any case, topmost first."""
        head = b"Received: one\r\nreceived: two\r\n  more\r\nX-Note: =?utf-8?q?=C3=A9t=C3=A9?=\r\n" + HEAD
        message = read_message(mail(head=head))
        assert message.header_values("Received") == ("one", "two more")
        assert message.header("x-NOTE") == "été"
        assert message.headers[2] == ("x-note", "été")

    def test_the_null_sender_differs_from_no_return_path(self) -> None:
        """ "" is the null sender, None means that the server noted none."""
        assert read_message(mail()).return_path is None
        assert read_message(mail(head=b"Return-Path: <>\r\n" + HEAD)).return_path == ""
        assert read_message(mail(head=b"Return-Path:\r\n" + HEAD)).return_path == ""
        assert read_message(mail(head=b"Return-Path: <a@x.example>\r\n" + HEAD)).return_path == "a@x.example"

    def test_message_ids_are_read_out_of_comments_and_commas(self) -> None:
        """Old programs write prose into In-Reply-To; only what stands in angle brackets is an id."""
        head = HEAD + b"In-Reply-To: Your message of Monday, <a@x.example> (Re: b)\r\n"
        head += b"References: <r@x.example>,\r\n <a@x.example>\r\n"
        message = read_message(mail(head=head))
        assert message.in_reply_to == ("<a@x.example>",)
        assert message.references == ("<r@x.example>", "<a@x.example>")

    def test_attachments_are_measured_and_digested_as_decoded(self) -> None:
        """Size and digest are of the file itself, not of its transfer encoding."""
        data = bytes(range(256)) * 20
        attached = (
            b"Content-Type: application/PDF; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + encodebytes(data)
        )
        (attachment,) = read_message(parts(plain(LETTER), attached)).attachments
        assert (attachment.name, attachment.content_type) == ("a.pdf", "application/pdf")
        assert (attachment.size, attachment.sha256) == (len(data), sha256(data).hexdigest())


class TestDates:
    """When a message was written, and where that was read."""

    RECEIVED = b"Received: from a by b; Mon, 04 May 2026 16:12:05 +0200\r\n"

    def test_the_date_keeps_its_own_zone(self) -> None:
        """ "Tomorrow" in a letter is the writer's tomorrow."""
        message = read_message(mail())
        assert message.date == datetime(2026, 5, 4, 10, 12, tzinfo=timezone(timedelta(hours=-4)))
        assert message.date.utcoffset() == timedelta(hours=-4)
        assert message.date_source is DateSource.DATE

    def test_minus_zero_is_utc(self) -> None:
        """ "-0000" says that the zone is not known (RFC 5322 §3.3); a date must be aware all the same."""
        message = read_message(mail(head=HEAD.replace(b"-0400", b"-0000")))
        assert message.date == datetime(2026, 5, 4, 10, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        "date",
        [b"Mon, 04 May 99999 10:12:00 +0000", b"yesterday", b"", b"Mon, 04 May 1026 10:12:00 +0000", b"\xff\xfe"],
    )
    def test_an_unreadable_date_gives_way_to_received_and_then_to_arrival(self, date: bytes) -> None:
        """Pitfalls MIME 7: Date, the topmost readable Received, INTERNALDATE, and at last nothing."""
        head = HEAD.replace(b"Mon, 04 May 2026 10:12:00 -0400", date)
        by_received = read_message(mail(head=b"Received: x; garbage\r\n" + self.RECEIVED + head), received_at=ARRIVED)
        assert by_received.date == datetime(2026, 5, 4, 14, 12, 5, tzinfo=UTC)
        assert by_received.date_source is DateSource.RECEIVED
        by_arrival = read_message(mail(head=head), received_at=ARRIVED)
        assert (by_arrival.date, by_arrival.date_source) == (ARRIVED, DateSource.INTERNALDATE)
        nothing = read_message(mail(head=head))
        assert (nothing.date, nothing.date_source) == (None, DateSource.NONE)
        assert all(not one.unparseable and one.defects for one in (by_received, by_arrival, nothing))


class TestHeaderFields:
    """Each field is guarded on its own (pitfalls MIME 6)."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (b"Ana Lim <ana@Post.EXAMPLE>", Address(name="Ana Lim", addr="ana@post.example")),
            (b"=?utf-8?q?Ren=C3=A9e?= <r@x.example>", Address(name="Renée", addr="r@x.example")),
            (b'"=?utf-8?q?Ren=C3=A9e?=" <r@x.example>', Address(name="Renée", addr="r@x.example")),
            ("Renée <r@x.example>".encode(), Address(name="Renée", addr="r@x.example")),
            ("Renée <r@x.example>".encode("cp1252"), Address(name="Renée", addr="r@x.example")),
            (b"Lim, Ana <ana@post.example>", Address(name="Ana", addr="ana@post.example")),
            (b"ana@post.example (Ana Lim)", Address(name="Ana Lim", addr="ana@post.example")),
            (b"Clinic: ana@post.example;", Address(name="", addr="ana@post.example")),
            (b"<<ana@post.example>>", Address(name="", addr="ana@post.example")),
            (b"Ana [mailto:ana@post.example]", Address(name="", addr="ana@post.example")),
            (b"<ana@post.example", Address(name="", addr="ana@post.example")),
            (b"Ana <a@x.example> or <b@x.example>", None),
            (b"nobody", None),
            (b"undisclosed-recipients:;", None),
        ],
    )
    def test_from_is_read_where_one_address_stands_in_it(self, value: bytes, expected: Address | None) -> None:
        """Broken forms that mean one address give it; where two could be meant, none is guessed."""
        message = read_message(mail(head=HEAD.replace(b"Ana Lim <ana@post.example>", value)))
        assert message.from_ == expected
        assert ("Its From could not be read." in message.defects) is (expected is None)

    def test_a_missing_from_is_a_defect_and_no_reason_for_review(self) -> None:
        """The letter can be read and filed; only an answer is impossible."""
        head = b"".join(
            line for line in HEAD.splitlines(keepends=True) if not line.startswith((b"From", b"Message-ID"))
        )
        message = read_message(mail(head=head))
        assert (message.from_, message.message_id, message.unparseable) == (None, None, False)
        assert message.defects == ("It has no From.", "It has no Message-ID.")

    def test_a_broken_encoded_word_costs_only_itself(self) -> None:
        """What cannot be decoded is shown as it stands; the rest of the subject is read."""
        subject = b"=?utf-8?B?4pyI?= flight =?x-none?Q?=E9?= =?utf-8?Q?Friday"
        message = read_message(mail(head=HEAD.replace(b"Passport", subject)))
        assert message.subject == "✈ flight é =?utf-8?Q?Friday"

    def test_a_character_parted_between_two_encoded_words_is_whole(self) -> None:
        """Many programs cut encoded words within a character, against RFC 2047 §5."""
        message = read_message(mail(head=HEAD.replace(b"Passport", b"=?utf-8?q?d=C3?=\r\n =?utf-8?q?=A9c=C3=A8s?=")))
        assert message.subject == "décès"

    def test_essential_fields_are_found_behind_hundreds_of_others(self) -> None:
        """A long way through relays must not push out who wrote, and what about."""
        message = read_message(mail(head=b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + HEAD))
        assert message.from_ == Address(name="Ana Lim", addr="ana@post.example")
        assert (message.subject, message.message_id) == ("Passport", "<m@post.example>")
        assert len(message.headers) <= 210

    def test_header_values_are_capped(self) -> None:
        """200 fields of 2,000 characters: a ledger row and a screen stay bounded."""
        message = read_message(mail(head=b"X-Long: " + b"y" * 100_000 + b"\r\n" + HEAD))
        assert len(message.header("x-long") or "") == 2_000


class TestText:
    """Which text is the letter, in which form."""

    def test_plain_text_goes_before_html(self) -> None:
        """Of a text in two forms the plain one is read: it has quotes marked by lines."""
        message = read_message(parts(plain(LETTER), html(b"<p>" + LETTER + b"</p>"), kind=b"alternative"))
        assert (message.body.newest, message.body.source) == (LETTER.decode().strip(), TextSource.PLAIN)

    @pytest.mark.parametrize(
        "stub",
        [b"", b"  \r\n", b"This message requires an HTML view.", b"Ce message ne peut s'afficher qu'en HTML.", b"Ana"],
    )
    def test_html_is_read_where_the_plain_part_says_less(self, stub: bytes) -> None:
        """An empty or fragmentary plain part must not hide the letter in the HTML."""
        letter = b"<p>My flight is on 9 May.</p><p>The passport with the visa is still at your office. Ana</p>"
        message = read_message(parts(plain(stub), html(letter), kind=b"alternative"))
        assert (
            message.body.newest == "My flight is on 9 May.\n\nThe passport with the visa is still at your office. Ana"
        )
        assert message.body.source is TextSource.HTML

    def test_texts_side_by_side_are_both_read(self) -> None:
        """A banner in plain text above a letter in HTML is no other form of it."""
        message = read_message(parts(plain(b"Seen by the scanner."), html(b"<p>Help, my flight leaves tonight.</p>")))
        assert message.body.newest == "Seen by the scanner.\n\nHelp, my flight leaves tonight."

    def test_the_same_text_side_by_side_is_read_once(self) -> None:
        """Some programs send plain text and HTML as if they were two texts."""
        message = read_message(parts(plain(LETTER), html(b"<p>" + LETTER + b"</p>")))
        assert message.body.newest == LETTER.decode().strip()

    @pytest.mark.parametrize("disposition", [b"", b"Content-Disposition: inline; filename=text_0.txt\r\n"])
    def test_a_text_part_with_a_name_is_the_text(self, disposition: bytes) -> None:
        """Pitfalls MIME 5: scanners and phones name the text; nothing says "attachment"."""
        part = b'Content-Type: text/plain; name="text_0.txt"\r\n' + disposition + b"\r\n" + LETTER
        message = read_message(parts(part))
        assert (message.body.newest, message.attachments) == (LETTER.decode().strip(), ())

    def test_a_whole_message_marked_as_attachment_is_the_text(self) -> None:
        """There is nothing else that it could be attached to."""
        message = read_message(mail(head=HEAD + b"Content-Disposition: attachment\r\n"))
        assert message.body.newest == LETTER.decode().strip()

    def test_an_odd_kind_of_text_is_read_where_there_is_no_other(self) -> None:
        """RFC 2046 §4.1.4: unknown kinds of text are shown as plain text."""
        assert read_message(mail(kind=b"text/enriched")).body.newest == LETTER.decode().strip()
        both = read_message(parts(b"Content-Type: text/enriched\r\n\r\n<bold>x", plain(LETTER), kind=b"alternative"))
        assert both.body.newest == LETTER.decode().strip()

    def test_the_charset_that_html_names_is_used_where_its_part_names_none(self) -> None:
        """Web forms send HTML with its charset only inside."""
        page = '<html><head><meta charset="windows-1251"></head><body>Прошу визу</body></html>'
        assert read_message(mail(kind=b"text/html", body=page.encode("cp1251"))).body.newest == "Прошу визу"

    def test_the_text_of_an_enclosed_message_is_not_the_senders(self) -> None:
        """A forwarded file stays closed; its Message-ID is kept, since a bounce answers it."""
        enclosed = b"Content-Type: message/rfc822\r\n\r\nMessage-ID:\r\n <old@x.example>\r\nSubject: x\r\n\r\nold text"
        message = read_message(parts(plain(LETTER), enclosed))
        assert message.body.newest == LETTER.decode().strip()
        assert message.enclosed_ids == ("<old@x.example>",)
        assert [one.content_type for one in message.attachments] == ["message/rfc822"]

    def test_language_is_that_of_the_newest_text(self) -> None:
        """A French letter above an English history is French; an empty one takes the subject's language."""
        body = "Bonjour, je vous écris pour ma mère.\r\n\r\nOn 3 May 2026 at 10:12, Office <o@visa.example> wrote:\r\n"
        body += "> Dear you, this is the answer that we have for you.\r\n"
        assert read_message(mail(body=body.encode())).language is Language.FRENCH
        empty = read_message(mail(head=HEAD.replace(b"Passport", b"Demande de visa pour ma soeur"), body=b""))
        assert empty.language is Language.FRENCH


class TestUnparseable:
    """Which defects send a message to a person: those by which text may be missing."""

    def test_a_message_of_headers_alone_is_whole(self) -> None:
        """Some people write all into the subject."""
        message = read_message(mail(body=b"\r\n"))
        assert (message.unparseable, message.subject, message.body.newest) == (False, "Passport", "")

    def test_a_message_of_attachments_alone_is_whole(self) -> None:
        """A scan without a word: the classifier says that it is unsure."""
        message = read_message(parts(b"Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF"))
        assert (message.unparseable, len(message.attachments)) == (False, 1)

    @pytest.mark.parametrize(
        ("raw", "why"),
        [
            (b"", "none of the headers"),
            (b"\0" * 50, "none of the headers"),
            (b"just a line of text\r\n", "none of the headers"),
            (parts(kind=b"mixed"), "No text could be found"),
            (mail(kind=b"multipart/mixed", body=b"--=b\r\n\r\n" + LETTER), "outside its parts"),
            (mail(kind=b'multipart/mixed; boundary="=never"', body=b"--=b\r\n\r\n" + LETTER), "outside its parts"),
            (mail(kind=b"application/pkcs7-mime; name=smime.p7m", body=b"0\x82"), "encrypted or packed"),
            (
                parts(b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1", kind=b"encrypted"),
                "encrypted or packed",
            ),
            (mail(kind=b"application/ms-tnef; name=winmail.dat", body=b"x\x9f>"), "encrypted or packed"),
            (mail(body=b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----\r\n"), "encrypted"),
            (mail(kind=b"text/html", body=b"<img src='https://x.example/letter.png'>"), "in a picture"),
            (mail(body=b"x " * 600_000), "too long for a letter"),
            (mail(kind=b"text/html", body=b"<b>x</b>" * 300_000), "too long for a letter"),
        ],
    )
    def test_what_may_lack_text_goes_to_a_person_and_says_why(self, raw: bytes, why: str) -> None:
        """Every reason is a sentence in `defects`."""
        message = read_message(raw)
        assert message.unparseable
        assert any(why in defect for defect in message.defects)

    def test_the_text_of_a_broken_structure_is_shown_all_the_same(self) -> None:
        """A person who opens it in `explain` must see what it says."""
        message = read_message(mail(kind=b'multipart/mixed; boundary="=never"', body=LETTER))
        assert LETTER.decode().strip() in message.body.newest

    def test_an_unclosed_multipart_is_read(self) -> None:
        """Pitfalls MIME 4: common, and no text is missing; a defect, not a reason for review."""
        raw = parts(plain(LETTER)).replace(b"--=b--\r\n", b"")
        message = read_message(raw)
        assert (message.body.newest, message.unparseable) == (LETTER.decode().strip(), False)
        assert len(message.defects) == 1

    def test_defects_are_sentences_each_once_and_few(self) -> None:
        """A thousand broken parts do not make a thousand lines."""
        broken = b"Content-Type: text/plain; charset=x-none\r\n\r\n\xe9t\xe9 %d"
        message = read_message(parts(*[broken % n for n in range(100)]))
        assert 0 < len(message.defects) <= 40
        assert len(set(message.defects)) == len(message.defects)


class TestHostileBytes:
    """What a sender may put into a message to stop the service: read in time, and nothing raised."""

    @staticmethod
    def nested(levels: int) -> bytes:
        """Multiparts within multiparts."""
        inner = b"".join(
            b'Content-Type: multipart/mixed; boundary="=%d"\r\n\r\n--=%d\r\n' % (n, n) for n in range(levels)
        )
        return HEAD + inner + plain(LETTER)

    def test_ten_thousand_parts_are_cut(self) -> None:
        """Invariant: a person looks; what stands first is read."""
        message = read_message(parts(plain(LETTER), *[plain(b"x")] * 10_000))
        assert message.unparseable
        assert "It has more than 500 parts; the rest was not read." in message.defects
        assert message.body.newest.startswith(LETTER.decode().strip())

    def test_a_thousand_levels_of_nesting_are_cut(self) -> None:
        """Pitfalls MIME 9: the standard library's parser is recursive."""
        message = read_message(self.nested(1_000))
        assert message.unparseable
        assert "It has more than 200 nested parts; the rest was not read." in message.defects
        assert message.subject == "Passport"

    def test_forty_levels_are_read(self) -> None:
        """The limit is beyond what forwarding does."""
        assert read_message(self.nested(40)).body.newest == LETTER.decode().strip()

    def test_enclosed_messages_a_thousand_deep_are_cut(self) -> None:
        """The same by another way."""
        assert read_message(HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1_000 + LETTER).unparseable

    @pytest.mark.timeout(40)  # each took minutes, or all memory, before it was bounded
    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(lambda: mail(body=b"x" * (25 << 20)), id="one line of 25 MiB"),
            pytest.param(lambda: mail(body=b"\r\n" * (12 << 20)), id="12 million empty lines"),
            pytest.param(lambda: mail(body=b"\r" * (25 << 20)), id="25 million bare CR"),
            pytest.param(lambda: mail(head=b"X: y\r\n" * 1_000_000 + HEAD), id="a million header fields"),
            pytest.param(lambda: mail(head=HEAD + b"X: " + b"y" * (20 << 20) + b"\r\n"), id="a field of 20 MiB"),
            pytest.param(lambda: mail(head=HEAD + (b"To: " + b"<" * 5_000 + b"\r\n") * 2_000), id="2,000 broken To"),
            pytest.param(lambda: mail(kind=b'text/plain; x="' + b';"' * 500_000), id="half a million parameters"),
            pytest.param(
                lambda: mail(
                    head=HEAD
                    + b"".join(
                        b"X%d: %s\r\n" % (n, b"".join(b"=?z%d-%d?q?=E9?= " % (n, m) for m in range(600)))
                        for n in range(200)
                    )
                ),
                id="unknown charsets by the thousand",
            ),
            pytest.param(
                lambda: mail(kind=b"text/plain; charset=punycode", body=b"a-" + b"b" * 300_000), id="punycode"
            ),
            pytest.param(lambda: mail(body=b"a" + "\u0315\u0300".encode() * 200_000), id="combining marks"),
            pytest.param(
                lambda: parts(*[b"Content-Type: text/plain" + b";a=b" * 2_400 + b"\r\n\r\nx"] * 1_900),
                id="many parameters",
            ),
        ],
    )
    def test_nothing_takes_minutes(self, raw: "object") -> None:
        """The timeout is the claim: the slowest of these takes about a second."""
        assert callable(raw)
        read_message(raw())

    def test_nul_and_bare_cr_do_not_split_or_hide_text(self) -> None:
        """Control characters leave the text; a bare CR ends a line, as it does for whoever wrote it."""
        message = read_message(mail(body=b"My visa\0 is stuck.\rMy flight\x1b is\x07 tonight.\r\n"))
        assert message.body.newest == "My visa is stuck.\nMy flight is tonight."

    def test_nul_in_a_field_does_not_hide_the_structure(self) -> None:
        """A NUL before "multipart" would make the whole message one unknown file."""
        raw = parts(plain(LETTER)).replace(b"Content-Type: multipart", b"Content-Type: \0multipart")
        assert read_message(raw).body.newest == LETTER.decode().strip()

    def test_invisible_characters_do_not_part_words(self) -> None:
        """A soft hyphen or zero-width space within "urgent" hides it from every rule."""
        body = "ur\u00adg\u200bent\u202e \u2066help\u2069\U000e0041".encode()
        assert read_message(mail(body=body)).body.newest == "urgent help"

    def test_accents_are_composed(self) -> None:
        """NFC: "é" typed on a Mac is one character everywhere else."""
        assert read_message(mail(body="de\u0301ce\u0300s".encode())).body.newest == "décès"


class TestMessageFromFields:
    """A record's fields, as `classify --jsonl` gives them."""

    def test_a_record_is_taken_apart_as_mail_is(self) -> None:
        """Quotes and signatures in the body do not speak for the sender."""
        message = message_from_fields(
            subject="Re:  visa\r\n\0",
            body="Help, please.\r\n\r\nRegards,\r\nAna\r\n\r\n> old\r\n",
            from_addr="ana@post.example",
            from_name="Ana",
            to="delhi-manager@visa.example",
            date=ARRIVED,
        )
        assert (message.subject, message.body.newest) == ("Re:  visa", "Help, please.")
        assert (message.body.signature, message.body.quoted) == ("Regards,\nAna", "> old")
        assert message.from_ == Address(name="Ana", addr="ana@post.example")
        assert (message.date, message.date_source) == (ARRIVED, DateSource.DATE)
        assert message.defects == ()

    def test_the_digest_depends_on_every_field(self) -> None:
        """Two records are one message only where they say the same."""
        one = message_from_fields(subject="a", body="b").digest
        assert one == message_from_fields(subject="a", body="b").digest
        others = [
            message_from_fields(subject="ab", body=""),
            message_from_fields(subject="a", body="c"),
            message_from_fields(subject="a", body="b", from_addr="x@y.example"),
            message_from_fields(subject="a", body="b", from_name="x"),
            message_from_fields(subject="a", body="b", to="x@y.example"),
            message_from_fields(subject="a", body="b", date=ARRIVED),
        ]
        assert len({one, *(other.digest for other in others)}) == len(others) + 1

    def test_lone_surrogates_of_json_are_taken(self) -> None:
        r"""JSON may hold "\ud800", which is no text."""
        assert message_from_fields(subject="\ud800a", body="b\udfff").body.newest == "b"

    def test_a_body_that_is_no_letter_goes_to_a_person(self) -> None:
        """As with mail, what was not read may hold anything."""
        assert message_from_fields(subject="", body="x " * 600_000).unparseable
