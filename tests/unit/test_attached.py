"""Messages that leave their ask to an attachment: which these are, and what the attachment then counts for."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from tests.unit.attachments.documents import mail
from tests.unit.facts.letters import gather, letter
from triage.core import attached
from triage.core.attached import MOST_DOCUMENTS, TOO_MANY, Opened, only_points, points_to_attachment, with_opened
from triage.core.facts.record import Facts
from triage.core.message import Attachment, Language, Message
from triage.core.mime import attached_bytes, read_message
from triage.offline import no_office
from triage.pipeline import Incoming, content_digest, read

ONLY_POINTS = (
    "Please see attached letter.",
    "Dear Manager,\n\nKindly find enclosed our letter of today regarding the above matter.\n\nRegards,\nAda Ward LLP",
    "URGENT - please see attached, for your immediate attention.",
    "Bonjour,\n\nVeuillez trouver ci-jointe notre lettre.\n\nCordialement,\nMe Julie Roy",
    "Pièces jointes.",
)
SAYS_MORE = (
    "Attached is the refusal letter. My mother is in hospital in Calgary and has asked for me every day.",
    "You sent me another person's passport, see attached.",
    "MY MOTHER IS DYING. SEE ATTACHED",
    "Ci-joint le certificat de décès de mon père; les obsèques ont lieu vendredi à Rimouski.",
)
POINTS_NOWHERE = ("How long does it take?", "", f"Please see attached. {'The file is long. ' * 10}")
LETTER = Attachment(name="letter.pdf", content_type="application/pdf", size=9, sha256="1" * 64)
PICTURE = Attachment(name="logo.png", content_type="image/png", size=9, sha256="2" * 64)


def pointing(text: str, *attachments: Attachment, newest: str = "Please see our attached letter.") -> Message:
    """A message that points to a letter which says `text`."""
    message = replace(letter(newest), attachments=attachments or (LETTER,))
    return with_opened(message, [Opened(text=text)])


@pytest.mark.parametrize("text", ONLY_POINTS)
def test_a_text_that_does_nothing_but_point_is_known(text: str) -> None:
    """English and French, with courtesy, stuffing and names around."""
    assert only_points(text)


@pytest.mark.parametrize("text", SAYS_MORE)
def test_a_short_text_that_points_and_says_something_is_known(text: str) -> None:
    """It may be decided by what it says."""
    assert points_to_attachment(text)
    assert not only_points(text)


@pytest.mark.parametrize("text", POINTS_NOWHERE)
def test_a_text_that_points_nowhere_or_is_long_is_known(text: str) -> None:
    """What it asks stands in it."""
    assert not points_to_attachment(text)


@pytest.mark.parametrize(
    ("newest", "attachments", "left"),
    [
        pytest.param(ONLY_POINTS[0], (LETTER,), True, id="it points"),
        pytest.param("", (LETTER,), True, id="it says nothing"),
        pytest.param(ONLY_POINTS[0], (PICTURE,), False, id="only a picture is attached"),
        pytest.param(ONLY_POINTS[0], (), False, id="nothing is attached"),
        pytest.param("How long does it take?", (LETTER,), False, id="it asks itself"),
        pytest.param("See attached. Her surgery is on 20 May.", (LETTER,), False, id="it names a deadline itself"),
    ],
)
def test_attachments_are_opened_only_where_the_ask_is_left_to_them(
    newest: str, attachments: Sequence[Attachment], *, left: bool
) -> None:
    """Every other attachment stays closed."""
    message = replace(letter(newest), attachments=tuple(attachments))
    assert attached.leaves_ask_to_attachments(message, gather(message)) is left


def test_what_is_opened_stands_with_its_attachment() -> None:
    """In order, pictures left out; what is beyond the limit says so."""
    many = (PICTURE, *(replace(LETTER, name=str(number)) for number in range(MOST_DOCUMENTS + 1)))
    opened = [Opened(text=f"text {number}") for number in range(MOST_DOCUMENTS)]
    found = with_opened(replace(letter("See attached."), attachments=many), opened).attachments
    assert found[0] == PICTURE
    assert [one.text for one in found[1:]] == [*(one.text for one in opened), ""]
    assert found[-1].unread == TOO_MANY


def test_facts_are_read_from_it_with_their_place() -> None:
    """Deadline, decision, ask and identifier, each a part of the attached text."""
    message = pointing("You refused V317000452 on 8 April. Her surgery is on 20 May. Please reconsider the refusal.")
    facts = gather(message)
    assert facts.deadline
    assert (facts.deadline.date, facts.deadline.span.where) == (date(2026, 5, 20), "attachment")
    assert facts.asks_to_reopen
    spans = [facts.deadline.span, facts.asks_to_reopen, facts.identifiers[0].span, facts.decisions[0].span]
    for span in spans:
        assert message.attached[span.start : span.end] == span.text
    assert json.dumps(facts.to_record()).count('"attachment"') >= len(spans)


def test_what_the_sender_newly_wrote_comes_first() -> None:
    """The same fact in both is that of the newest text."""
    message = pointing("Please reconsider the refusal.", newest="See attached: reconsider the refusal of my son.")
    assert [one.span.where for one in gather(message).decisions] == ["newest"]


@pytest.mark.parametrize(
    "text",
    [
        "Toronto, 6 May 2026\n\nDear Manager, how long does it take?",
        "Her surgery is tomorrow.",
        "The exam is on Friday.",
    ],
    ids=["its own date", "tomorrow", "a weekday"],
)
def test_a_letter_has_a_date_of_its_own(text: str) -> None:
    """It is no deadline, and days told from it, whenever it was, are none."""
    assert gather(pointing(text)).deadline is None


def test_its_language_is_that_of_a_message_without_words() -> None:
    """So that the answer is in the sender's."""
    text = "Nous vous demandons de revoir la décision que votre bureau a rendue, car elle repose sur une erreur."
    silent = replace(letter("", language=Language.UNKNOWN), attachments=(LETTER,))
    assert with_opened(silent, [Opened(text=text)]).language is Language.FRENCH


RAW = mail("Please see our attached letter.", ("letter.pdf", b"a letter"), ("photo.jpg", b"a photo"), ("x.bin", b"x"))


def test_the_bytes_of_an_attachment_are_found_again() -> None:
    """Of those that are asked for only."""
    message = read_message(RAW)
    wanted = [one.sha256 for one in message.attachments if one.name != "x.bin"]
    assert sorted(attached_bytes(RAW, wanted).values()) == [b"a letter", b"a photo"]


def read_with(*, read_attachments: bool, raw: bytes = RAW) -> tuple[Message, Facts, list[bytes]]:
    """Read a mail as an office with this setting does: message, facts, and the documents that were opened."""
    given: list[bytes] = []

    def opener(documents: Sequence[bytes]) -> list[Opened]:
        given.extend(documents)
        return [Opened(text=f"{document.decode()}: the surgery is on 20 May 2026") for document in documents]

    office = replace(no_office(), read_attachments=read_attachments)
    reading = read([Incoming(raw=raw)], office, frozenset(), None, opener=opener)[0]
    return reading.message, reading.facts, given


def test_nothing_is_opened_unless_the_office_wants_it() -> None:
    """The default is off."""
    message, facts, given = read_with(read_attachments=False)
    assert (message.attached, facts.deadline, given) == ("", None, [])
    assert no_office().read_attachments is False


def test_an_office_that_wants_it_has_documents_opened() -> None:
    """Pictures are not; what is read counts for the facts, and changes nothing of what the mail is known by."""
    message, facts, given = read_with(read_attachments=True)
    assert given == [b"a letter", b"x"]
    assert facts.deadline
    assert message.attached.startswith("a letter: ")
    assert content_digest(message) == content_digest(read_with(read_attachments=False)[0])


def test_machine_mail_stays_closed() -> None:
    """Nobody asks anything in it."""
    raw = RAW.replace(b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:", 1)
    assert read_with(read_attachments=True, raw=raw)[2] == []


def test_each_message_of_a_batch_has_its_own_documents() -> None:
    """One without between two with."""
    two = [mail("See attached.", (name, data)) for name, data in (("1.pdf", b"first"), ("2.pdf", b"second"))]
    raws = [two[0], mail("How long does it take?", ("3.pdf", b"third")), two[1]]
    office = replace(no_office(), read_attachments=True)
    incoming = [Incoming(raw=raw) for raw in raws]
    readings = read(
        incoming, office, frozenset(), None, opener=lambda given: [Opened(text=one.decode()) for one in given]
    )
    assert [reading.message.attached for reading in readings] == ["first", "", "second"]
