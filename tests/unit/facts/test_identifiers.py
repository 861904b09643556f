"""Application numbers and UCIs: what is one, how it is normalised, what only looks like one."""

import pytest

from tests.unit.facts.letters import facts_of, gather, letter


def _found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in facts_of(text).identifiers]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("File V123456789.", "V123456789"),
        ("file v123456789", "V123456789"),
        ("V 123 456 789", "V123456789"),
        ("V-123-456-789", "V123456789"),
        ("E012345678", "E012345678"),
        ("E0 1234 5678", "E012345678"),
        ("W311200418 (welder)", "W311200418"),
        ("S301740092/student", "S301740092"),
        ("F046611208", "F046611208"),
        ("C033805571", "C033805571"),
        ("(B041190726)", "B041190726"),
        ("n°V357104228", "V357104228"),
        ("W285518840", "W285518840"),
        ("I beg you.\nE005390276", "E005390276"),
    ],
)
def test_an_application_number_is_read(text: str, value: str) -> None:
    """A letter and nine digits, parted or not, in upper case without the parting."""
    assert _found(text) == [("application", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("UCI 11-2345-6789", "1123456789"),
        ("UCI: 1123-4567", "11234567"),
        ("UCI #9876-5432", "98765432"),
        ("IUC : 1123456789", "1123456789"),
        ("IUC n° 11 2345 6789", "1123456789"),
        ("client ID 11234567", "11234567"),
        ("identifiant unique de client 1123-4567", "11234567"),
        ("(11-2345-6789)", "1123456789"),
        ("her number, 1123-4567, is", "11234567"),
    ],
)
def test_a_uci_is_read(text: str, value: str) -> None:
    """By its name, or by its hyphens where it is of a series in use."""
    assert _found(text) == [("uci", value)]


@pytest.mark.parametrize(
    "text",
    [
        "Call 514-555-0123 or +1 613 555 0199.",
        "Tel. 1123-4567, cell 1198-7654",
        "WhatsApp +64 11-2345-6789",
        "It cost 12345678 dollars, or 1,123,456,789.",
        "2015-2019, 1990-2020",
        "On 2026-05-12 or 12-05-2026, 0900-1230.",
        "Receipt 11234567, order 1123456789",
        "Parcel 1123-4567-8901, V123456789-10",
        "V12345678 is too short and V1234567890 too long",
        "IMM 5476, LMIA 9876543, W123456789, X311200418",
        "EV123456789 and V123456789A",
        "C-0061-22873, V-12-34-56-78-9",
    ],
)
def test_what_only_looks_like_one_is_not_read(text: str) -> None:
    """Telephones, money, years, dates, receipts, and numbers of another length."""
    assert _found(text) == []


@pytest.mark.parametrize("parting", [", ", " / ", ";", " and ", ", et ", ",\n"])
def test_numbers_listed_after_one_share_its_letter(parting: str) -> None:
    """An employer writes the letter once; only nine digits go on, and only from number to number."""
    assert _found(f"W347710385{parting}347710393{parting}347710401") == [
        ("application", "W347710385"),
        ("application", "W347710393"),
        ("application", "W347710401"),
    ]
    assert _found(f"W347710385{parting}34771039 or 347710401") == [("application", "W347710385")]
    assert _found("W347710385 was filed with receipt 347710393") == [("application", "W347710385")]


def test_each_is_given_once_where_it_stands_first() -> None:
    """The same file in subject, text and signature is one identifier, with its own words."""
    message = letter(
        "About V123456789 and V 987 654 321.", subject="V987654321", signature="V123456789", quoted="> V111111111"
    )
    found = gather(message).identifiers
    assert [(one.value, one.span.where) for one in found] == [
        ("V987654321", "subject"),
        ("V123456789", "newest"),
        ("V111111111", "quoted"),
    ]
    assert found[1].span.text == "V123456789"


def test_the_span_of_a_uci_is_its_digits() -> None:
    """Not the word before it: what is masked on a screen is the number."""
    (found,) = facts_of("Her UCI is: 1123-4567.").identifiers
    assert (found.span.text, found.masked) == ("1123-4567", "11••••67")


def test_a_school_may_list_all_its_students() -> None:
    """A hundred numbers are a hundred identifiers."""
    text = "\n".join(f"{number}. S3{number:08d}" for number in range(100))
    assert len(facts_of(text).identifiers) == 100
