"""How a message's text is made ready for the finders: folded, unwrapped, one byte a character."""

import pytest

from tests.unit.facts.letters import letter
from triage.core.facts.passage import MOST, Passage, Pattern, passages, plain_text


def _passage(text: str) -> Passage:
    (found,) = passages(letter(text), "newest")
    return found


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Été À l’hôpital", b"ete a l'hopital"),
        ("Надія — €5 – « ok »…", b"      -  5 - \xab ok \xbb."),
        ("İstanbul ﬁn", b"istanbul  n"),
        ("😀x\udc80y", b" x y"),
    ],
)
def test_each_character_is_one_byte(text: str, plain: bytes) -> None:
    """Accents and case go, what Latin-1 has not becomes a space or a plain mark, and every place stays."""
    assert plain_text(text) == plain
    assert len(plain_text(text)) == len(text)


def test_only_what_a_mail_program_wrapped_is_joined() -> None:
    """A long line goes on; a short one was ended by its writer, and an item or an empty line begins anew."""
    long = "We write about the application of our client, which has"
    assert plain_text(f"{long}\nbeen refused").endswith(b"which has been refused")
    assert plain_text("Dear Sir,\nwe write").endswith(b"sir,\nwe write")
    assert plain_text(f"{long}\n\nbeen refused").endswith(b"has\n\nbeen refused")
    assert plain_text(f"{long}\n- been refused").endswith(b"has\n- been refused")
    assert plain_text(f"{long}\n2. been refused").endswith(b"has\n2. been refused")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. The date is here now. Three.", "The date is here now"),
        ("One! The date is here; Three.", "The date is here"),
        (
            "Mr. A. Okoye says the date is here, Dr. Bedi too. Three.",
            "Mr. A. Okoye says the date is here, Dr. Bedi too",
        ),
        ("One\nThe date is here\nThree", "The date is here"),
        ("The date is here", "The date is here"),
    ],
)
def test_the_sentence_around_a_place(text: str, sentence: str) -> None:
    """It ends at points, line ends and the text's own ends, but not at a title's point."""
    start = text.index("here")
    begins, ends = _passage(text).sentence(start, start + 4)
    assert text[begins:ends] == sentence


def test_a_sentence_without_end_is_cut() -> None:
    """A text without a point must not be read from end to end for each date in it."""
    text = "x " * 5000 + "here" + " x" * 5000
    begins, ends = _passage(text).sentence(10_000, 10_004)
    assert (10_000 - begins, ends - 10_004) == (400, 400)


def test_only_the_beginning_of_a_long_part_is_read() -> None:
    """What a letter says stands in its first pages."""
    assert len(_passage("a" * (MOST + 5)).plain) == MOST


def test_parts_come_in_the_order_asked_for_and_empty_ones_not_at_all() -> None:
    """So a finder says what it prefers."""
    message = letter("new", subject="about", signature="me")
    assert [one.where for one in passages(message, "quoted", "signature", "newest", "subject")] == [
        "signature",
        "newest",
        "subject",
    ]


def test_a_pattern_names_what_it_found_and_minds_the_words_around_its_bounds() -> None:
    """A word that begins before the place is not a word there."""
    pattern = Pattern(r"\bnothing\b", fruit=r"\bpears?\b", stone=r"\bagates?\b")
    plain = b"pear agate appears"
    assert [(hit.name, plain[hit.start : hit.end]) for hit in pattern.find_all(plain)] == [
        ("fruit", b"pear"),
        ("stone", b"agate"),
    ]
    assert pattern.find(plain, 1) == next(pattern.find_all(plain, 5))
    assert pattern.find(plain, 13) is None
    assert pattern.find(plain, 0, 3) is None
