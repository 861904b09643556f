"""Plain language: what is too long is told with the sentence, and headings and quotations do not count."""

import pytest

from triage.core.replies.plain_language import LIMITS, too_long

TEN = "one two three four five six seven eight nine ten"


def sentence(words: int) -> str:
    """A sentence of so many words."""
    return " ".join(["word"] * words) + "."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_at_the_limit_is_well_and_one_more_is_not(language: str) -> None:
    """Of a sentence, and of the whole."""
    limits = LIMITS[language]
    short = f"{sentence(6)} " * 6
    assert too_long(short + sentence(limits.sentence), language) == []
    (found,) = too_long(short + sentence(limits.sentence + 1), language)
    assert found.startswith(f"a sentence of {limits.sentence + 1} words; at most {limits.sentence}: “word word")
    tens = f"{TEN}.\n" * (limits.words // 10)
    assert too_long(tens, language) == []
    assert too_long(f"{tens}One more.", language) == [f"{limits.words + 2} words; at most {limits.words}"]


def test_many_long_sentences_are_too_many() -> None:
    """Each within the limit, all of them together not; headings do not make up for them."""
    long = f"{sentence(25)} " * 5 + "\nHELLO\n" * 50
    assert too_long(long, "en") == ["25.0 words a sentence; at most 16"]


def test_lines_colons_and_semicolons_divide() -> None:
    """A list of clauses is read clause by clause; a time or an address is not divided."""
    assert too_long(f"{TEN}: {TEN}; {TEN}\n{TEN}. {TEN}", "en") == []
    assert too_long(sentence(25).replace("word.", "at 5:30 p.m. see web.example/a.b now"), "en") != []


def test_the_senders_own_words_do_not_count() -> None:
    """What they wrote may be as long as they like."""
    assert too_long(f"Hello.\n> {sentence(100)}", "en") == []


def test_nothing_is_not_too_long() -> None:
    """No division by the number of no sentences."""
    assert too_long("", "fr") == []
