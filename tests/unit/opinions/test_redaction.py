"""What leaves for a second opinion tells what is asked, and not who asks or about whom."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.opinions.redaction import MOST_SUBJECT, MOST_TEXT, redacted
from tests.unit.facts.letters import TORONTO, WEDNESDAY
from triage.core import facts, mime
from triage.core.classification import Question
from triage.core.message import Attachment, Language, Message

LANGUAGES = (Language.ENGLISH, Language.FRENCH)


def asked(message: Message) -> Question:
    """What would be asked about a message."""
    gathered = facts.gather(message, zone=TORONTO, languages=LANGUAGES, authserv_id=None)
    return redacted(message, gathered)


def letter(
    body: str, subject: str = "A question", name: str = "Imani Okoro", addr: str = "imani@firm.example"
) -> Message:
    """A message of 6 May 2026."""
    return mime.message_from_fields(
        subject=subject, body=body, from_addr=addr, from_name=name, to="manager@office.example", date=WEDNESDAY
    )


@pytest.mark.parametrize(
    ("body", "gone", "left"),
    [
        pytest.param(
            "The file of my brother Kwabena Asante-Mensah (E000123456, UCI 11-2233-4455) was refused.",
            ["Kwabena", "Asante", "Mensah", "E000123456", "2233", "4455"],
            "The file of my brother [name] ([number], UCI [number]) was refused.",
            id="a name and the office's numbers",
        ),
        pytest.param(
            "please help, imani okoro here again, the okoro family waits",
            ["imani", "okoro"],
            "please help, [name] here again, the [name] family waits",
            id="the sender's own name, in small letters",
        ),
        pytest.param(
            "Write to k.asante+visa@mail.example or call +1 (416) 555-0199, or 06 12 34 56 78, or 020 7946 0958.",
            ["asante", "mail.example", "416", "0199", "06 12", "34 56", "7946"],
            "Write to [contact] or call [number], or [number], or [number].",
            id="how to reach a person",
        ),
        pytest.param(
            "She was born on 12 May 1984. Date of birth: 3/11/2024. Née le 4 avril 1990. DOB 1990-04-04. Born in 1984.",
            ["1984", "3/11/2024", "1990", "12 May", "4 avril"],
            "She was born on [earlier date]. Date of birth: [earlier date].",
            id="days of birth, of a small child too",
        ),
        pytest.param(
            "Imani Okoro (7 March 1979), passport AB1234567, lives at 12 Rosewood Hill Road, Leeds LS1 4AB.",
            ["Okoro", "1979", "AB1234567", "Rosewood", "Leeds", "LS1", "4AB"],
            "[name] ([earlier date]), passport [number], lives at [address], [name] [address].",
            id="a day long ago, a passport, an address",
        ),
        pytest.param(
            "Mon adresse : 45 bis, rue des Érables, appartement 7, K1A 0B1, BP 1234. Mme Séraphine Tchoumi.",
            ["rables", "K1A", "0B1", "1234", "raphine", "Tchoumi"],
            "Mon adresse : [address]",
            id="an address in French",
        ),
        pytest.param(
            "The file is W3\u200b00\u200b123\u200b456 of Kwa\u00adbena.",
            ["123", "456", "bena"],
            "The file is [number] of [name].",
            id="invisible characters within",
        ),
        pytest.param(
            "Marie Tchoumi and Dr. J. Asante of Stone & Asante LLP, https://files.example/okoro?id=1 and @kwabena_a",
            ["Marie", "Tchoumi", "Asante", "Stone", "files.example", "okoro", "kwabena"],
            "[name] and Dr. ",
            id="names that are words, initials, links",
        ),
        pytest.param(
            "Her flight is on 14 May 2026, the refusal is of 2 April, and form IMM 5476 is on file since 2026-01-05.",
            [],
            "Her flight is on 14 May 2026, the refusal is of 2 April, and form IMM 5476 is on file since 2026-01-05.",
            id="what must stay: days that matter, and the form",
        ),
        pytest.param(
            "Le vol est le vendredi 15 mai 2026 à 14 h 30 ; ma mère sera opérée lundi. On a payé 1 525 $.",
            [],
            "Le vol est le vendredi 15 mai 2026 à 14 h 30 ; ma mère sera opérée lundi. On a payé 1 525 $.",
            id="what must stay, in French",
        ),
        pytest.param(
            "MY MOTHER IS DYING IN THE HOSPITAL, KWABENA ASANTE CAN NOT TRAVEL BEFORE FRIDAY",
            ["KWABENA", "ASANTE"],
            "MY MOTHER IS DYING IN THE HOSPITAL, [name] CAN NOT TRAVEL BEFORE FRIDAY",
            id="all in capitals",
        ),
    ],
)
def test_what_tells_a_person_is_taken_out(body: str, gone: list[str], left: str) -> None:
    """Names, numbers, contacts, addresses and old dates go; the words of the request stay."""
    question = asked(letter(body))
    told = repr(question).lower()
    assert [one for one in gone if one.lower() in told] == []
    assert question.newest.startswith(left)


def test_subject_signature_forwarded_and_attached_text_are_treated_alike() -> None:
    """Names of the signature go wherever they stand; the signature itself is not sent."""
    body = replace(
        letter("").body,
        newest="Please see below, for rowan and for Hillcrest.",
        forwarded="From: Anneke Vandermolen\nThe visa of Rowan Hillcrest, V304567890, was refused.",
        signature="Rowan Hillcrest\nHillcrest Law, 555-010-4477",
    )
    message = replace(letter("", subject="Rowan HILLCREST V304567890: refusal"), body=body)
    document = Attachment(name="r.pdf", content_type="application/pdf", size=9, sha256="", text="For Kwabena: help.")
    question = asked(replace(message, attachments=(document,)))
    assert question.subject == "[name] [number]: refusal"
    assert question.newest == "Please see below, for [name] and for [name]."
    assert question.attached == "For [name]: help."
    assert question.forwarded == "From: [name]\nThe visa of [name], [number], was refused."


def test_of_the_facts_only_days_are_told() -> None:
    """Identifiers go, and so do the words that a date was read from, and dates of birth."""
    question = asked(
        letter("Kwabena, E000123456, born 12 May 1984, was refused on 2 April 2026. His surgery is on 14 May 2026.")
    )
    assert [found.date.isoformat() for found in question.facts.dates] == ["2026-04-02", "2026-05-14"]
    assert question.facts.likely_deadline is not None
    assert question.facts.likely_deadline.span.text == ""
    assert question.facts.identifiers == ()


def test_what_is_sent_is_bounded() -> None:
    """A letter of a megabyte is asked about by its first pages, and a long subject by its beginning."""
    question = asked(letter("word " * 200_000, subject="word " * 1000))
    assert len(question.newest) <= MOST_TEXT
    assert len(question.subject) <= MOST_SUBJECT


@given(st.text(max_size=400), st.text(max_size=60))
def test_any_text_is_redacted_without_an_exception(body: str, name: str) -> None:
    """Whatever a sender wrote, there is a question to ask; and their name is not in it."""
    question = asked(letter(f"{body}\nQuillfeather {body}", name=f"{name} Quillfeather"))
    assert "quillfeather" not in repr(question).lower()


@pytest.mark.parametrize("separator", ["", " ", "-", ".", " - ", "/", "\u2011", "("])
@given(digits=st.text("0123456789", min_size=7, max_size=15))
def test_no_long_number_is_left_however_it_is_parted(separator: str, digits: str) -> None:
    """Seven digits or more never leave whole, unless they are a day."""
    told = asked(letter(f"My number is {separator.join(digits)}, thank you.")).newest
    assert told == "My number is [number], thank you."
