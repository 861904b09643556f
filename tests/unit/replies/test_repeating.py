"""What is repeated of a sender's words, and to whom: a From can be forged, and mail is read by others on its way."""

from typing import Any

import pytest

from tests.unit.policy.cases import a_case
from triage.core.facts.record import Authentication
from triage.core.message import Address, Body
from triage.core.replies.repeating import LONGEST_QUOTE, LONGEST_SUBJECT, MOST_LINES, quoted, repeated_subject

SUBJECTS = {
    "code": ("{{ 7 * 7 }}{% for x in y %}", "{{ 7 * 7 }}{% for x in y %}"),
    "line ends": ("a\r\nBcc: victim@other.example\r\n\r\nbody", "a Bcc: […] body"),
    "controls": ("\0\x1b[31m\x85\u2028\u202e", "[31m"),
    "letters that run the other way": ("\u200f\u202eabc\u202c עברית", "abc עברית"),
    "a link": ("Your visa is ready https://evil.example/x now", "Your visa is ready […] now"),
    "a bare host": ("see evil.example today", "see […] today"),
    "an address": ("write to me@evil.example", "write to […]"),
    "nothing": ("", ""),
    "blanks": (" \t\n ", ""),
    "many marks": ("Re: RE: Re[2]: AW: Ré : real", "real"),
    "our mark": ("Re: real [automatic reply DEL-TSRW-AG2J]", "real"),
    "no mark": ("fire: a request", "fire: a request"),
    "a number of a file": ("V304418822 and E012345678", "V30••••••• and E01•••••••"),
    "a UCI as people write it": ("UCI 11-2345-6789, again", "UCI 11••••••••••, again"),
    "a telephone": ("call 613.555.0123", "call 61••••••••••"),
    "five digits are a number": ("room 12345, 1234", "room 12•••, 1234"),
    "a year is no number of a file": ("Class of 2026", "Class of 2026"),
    "long": ("word " * 100, ("word " * 16).strip()[: LONGEST_SUBJECT - 1] + "…"),
}


@pytest.mark.parametrize(("subject", "repeated"), SUBJECTS.values(), ids=SUBJECTS.keys())
def test_of_a_subject_only_words_are_repeated(subject: str, repeated: str) -> None:
    """No code is run; no control, no link from a government address, no number of a file."""
    assert repeated_subject(subject) == repeated


def quote(text: str, **message: Any) -> str:
    """What is quoted of a text whose sender the domain vouches for, with what is given changed."""
    facts = {"authentication": message.pop("authentication", Authentication.PASS)}
    case = a_case(facts=facts, message={"body": Body(newest=text), **message})
    return quoted(case.message, case.facts)


TEXTS = {
    "short": ("Dear manager,\n\nThe crew waits.\n", "> Dear manager,\n> The crew waits."),
    "empty": ("\n \n", ""),
    "as many lines as are shown": ("a\nb\nc\nd\ne\nf", "> a\n> b\n> c\n> d\n> e\n> f"),
    "one line more": ("a\nb\nc\nd\ne\nf\ng", "> a\n> b\n> c\n> d\n> e\n> f\n> […]"),
    "a long line": ("word " * 100, "> " + "word " * 59 + "word […]"),
    "one long word": ("x" * 400, "> " + "x" * 69 + "…"),
    "blanks alone after the beginning": ("a" + "\n" * 5000 + "b", "> a\n> […]"),
    "a quotation within": ("> you wrote\nyes", "> > you wrote\n> yes"),
    "markup": ("<b>now</b> & <script>x</script>", "> <b>now</b> & <script>x</script>"),
    "links, addresses and numbers": (
        "See https://evil.example/a\nor me@evil.example, V304418822, 613-555-0123.",
        "> See […]\n> or […] V30•••••••, 61••••••••••.",
    ),
    "a header": ("Bcc: all\r\nSubject: x", "> Bcc: all\n> Subject: x"),
    "controls": ("a\u202eb\u2028c\0d", "> a b c d"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_the_beginning_of_the_text_is_marked_and_cut(text: str, expected: str) -> None:
    """At most so many lines and characters, each line marked, a mark where something is left out."""
    found = quote(text)
    assert found == expected
    assert all(line.startswith("> ") for line in found.split("\n") if found)
    assert found.count("\n") <= MOST_LINES


def test_a_number_that_the_cut_goes_through_stays_masked() -> None:
    """Its first half alone would be too short to be known as one."""
    for before in range(LONGEST_QUOTE - 12, LONGEST_QUOTE):
        found = quote("x" * 60 + " y" * ((before - 60) // 2) + " 1123 4567 89 and more")
        assert "1123" not in found, before


NOT_REPEATED: dict[str, dict[str, Any]] = {
    "nobody vouches for the sender": {"authentication": Authentication.NONE},
    "the domain denies it": {"authentication": Authentication.FAIL},
    "the answer goes to another address of the domain": {"reply_to": (Address(name="", addr="desk@firm.example"),)},
    "no sender": {"from_": None},
}


@pytest.mark.parametrize("message", NOT_REPEATED.values(), ids=NOT_REPEATED.keys())
def test_the_text_goes_only_to_who_surely_wrote_it(message: dict[str, Any]) -> None:
    """Else anybody could have a text of theirs sent to a stranger from a government address."""
    assert quote("Pay here.", **message) == ""


def test_only_what_the_sender_newly_wrote_is_quoted() -> None:
    """Not the history, not a forwarded text, not the signature."""
    body = Body(newest="Mine.", quoted="Theirs.", forwarded="Passed on.", signature="Noor Haddad")
    assert quote("", body=body) == "> Mine."
