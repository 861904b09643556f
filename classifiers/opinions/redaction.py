"""Takes out of a message whatever tells who it is about, before anyone but the shipped model is asked about it.

No list knows all names. So it is turned round: a word written with a capital stays only if it is known to be a word
(`vocabulary.txt`). That hides too much rather than too little: a town, a firm, an odd word at the start of a sentence.
What stays: a name written without a capital, or one that is a word too ("Hope"), where it stands neither in the From
line nor in the signature nor beside another name.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from classifiers.opinions.vocabulary import CAPITALISED, FILE, WORD
from triage.core.classification import Question
from triage.core.facts.record import Facts, Span
from triage.core.language import fold
from triage.core.message import Message

# Characters; what is asked stands in the first page or two.
MOST_SUBJECT, MOST_TEXT, MOST_FORWARDED, MOST_ATTACHED = 300, 6_000, 2_000, 6_000
SHORT = 80  # characters of own text, under which a forwarded text speaks too
NAME, NUMBER, EARLIER, CONTACT, PLACE = "[name]", "[number]", "[earlier date]", "[contact]", "[address]"

_MONTH = (
    r"(?:jan(?:uary|vier|v)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|july?"
    r"|juil(?:let)?|aug(?:ust)?|ao[uû]t|sept?(?:ember|embre)?|oct(?:ober|obre)?|nov(?:ember|embre)?"
    r"|d[ée]c(?:ember|embre)?)\b\.?"
)
_YEAR = r"(?:19|20)\d\d"
# In this order: what stands first wins, so a date is no telephone number. All are linear, and see a bounded text.
_TELLING = re.compile(
    rf"(?P<contact>[\w.+'%-]{{1,64}} ?(?:@|\(at\)|\[at\]) ?[\w.-]{{1,200}}|@\w{{2,40}}|\b(?:https?://|www\.)\S+)"
    rf"|(?P<date>(?<![\d./-])(?:{_YEAR}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]{_YEAR})(?![./-]?\d)"
    rf"|(?<![\d./-])\d\d?[-/.]\d\d?[-/.]\d\d(?![ ./-]?\d)"
    rf"|\b\d\d?(?:st|nd|rd|th|er)?(?: of| de)?[ -]{_MONTH}(?:,?[ -]{_YEAR}\b)?"
    rf"|\b{_MONTH} \d\d?(?:st|nd|rd|th)?\b(?:,? {_YEAR}\b)?|\b{_YEAR}\b(?![ .-]?\d))"
    r"|(?P<form>\bIMM[ -]?\d{4}[a-z]?\b)"
    r"|(?P<place>\b\d{1,5}(?:[a-z]|[ -]?(?:bis|ter))?,? (?:[\w’'.-]{1,30} ){1,4}"
    r"(?:street|st|road|rd|avenue|ave|lane|drive|boulevard|blvd|crescent|terrace|square)\b\.?"
    r"|\b\d{1,5}(?: ?(?:bis|ter))?,? (?:rue|avenue|av|boulevard|boul|bd|chemin|all[ée]e|impasse|route|quai)\b\.?"
    r"(?: [\w’'.-]{1,30}){1,4}"
    r"|\b(?:p\.?o\.? box|apt|apartment|suite|unit|flat|bo[iî]te postale|b\.?p\.?|app)\b\.? ?\#?\d{1,6}\b"
    r"|\b[a-z]\d[a-z][ -]?\d[a-z]\d\b|\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b)"
    r"|(?P<number>\+?\(?\d(?:[ ./()_\u2010-\u2015-]{0,3}\d){5,}|\d{5,}"
    r"|\b(?=(?:[a-z-]{0,20}\d){3})(?=[\d-]{0,20}[a-z])[a-z\d-]{7,})",
    re.IGNORECASE,
)
_OF_BIRTH = re.compile(r"\b(?:born|births?|birthday|dob|d\.o\.b|naissance|nee? (?:le|en))\b")
_LOOK_BACK = 40  # characters before a date, for words of birth
_RUN = re.compile(rf"{re.escape(NAME)}(?:[ ,.'’-]{{1,2}}{re.escape(NAME)})+")


def redacted(message: Message, facts: Facts) -> Question:
    """Give what may be asked of others about a message.

    Without identifiers, names, addresses, contacts and dates of birth; bounded; of the facts, only the language and
    the dates, without the words that they were read from.
    """
    body = message.body
    forwarded = body.forwarded[:MOST_FORWARDED] if len(body.newest.strip()) < SHORT else ""
    names = frozenset(_names(message))
    numbers = [found.span.text for found in facts.identifiers]
    # A year back: a refusal, a purchase, an earlier mail. Before that, a date more likely tells a person by their age.
    earliest = message.date.year - 1 if message.date else 0

    def hide(text: str) -> str:
        return _without_names(_without_numbers(text, numbers, earliest), names)

    near = tuple(_wordless(found) for found in facts.dates if found.date.year >= earliest)
    return Question(
        subject=hide(message.subject[:MOST_SUBJECT]),
        newest=hide(body.newest[:MOST_TEXT]),
        forwarded=hide(forwarded),
        attached=hide(message.attached[:MOST_ATTACHED]),
        facts=Facts(language=facts.language, dates=near, likely_deadline=_wordless(facts.likely_deadline)),
    )


def _without_numbers(text: str, numbers: list[str], earliest: int) -> str:
    for number in numbers:
        text = text.replace(number, NUMBER)

    def mark(found: re.Match[str]) -> str:
        match found.lastgroup:
            case "contact":
                return CONTACT
            case "place":
                return PLACE
            case "number":
                return NUMBER
            case "date" if _tells_age(found, earliest):
                return EARLIER
        return found[0]

    return _TELLING.sub(mark, text)


def _tells_age(found: re.Match[str], earliest: int) -> bool:
    """Whether a date is one of birth, or a day long ago; a bare year without words of birth is not."""
    before = fold(found.string[max(0, found.start() - _LOOK_BACK) : found.start()])
    if _OF_BIRTH.search(before):
        return True
    year = re.search(_YEAR, found[0])
    return bool(year) and found[0] != year[0] and int(year[0]) < earliest  # type: ignore[index]


def _names(message: Message) -> Iterator[str]:
    """Words of the names that the message itself gives: its headers' and its signature's, folded."""
    senders = [one for one in (message.from_, *message.reply_to) if one]
    given = [one.name for one in (*senders, *message.to, *message.cc)]
    given += [one.addr.rpartition("@")[0] for one in senders]
    for word in WORD.findall(" ".join(given)):
        if len(word) > 1 and fold(word) not in CAPITALISED:
            yield fold(word)
    for word in WORD.findall(message.body.signature[:MOST_FORWARDED]):
        if len(word) > 1 and word[0].isupper() and fold(word) not in _vocabulary():
            yield fold(word)


def _without_names(text: str, names: frozenset[str]) -> str:
    words = [(found, fold(found[0])) for found in WORD.finditer(text)]
    hidden = [_is_name(found[0], folded, names) for found, folded in words]
    # "Marie [name]", "[name] Stone": a word beside a name, with a capital like it, is a part of it.
    if not _shouted(text):
        hidden = [
            hide or any(hidden[beside] and _goes_with(text, words, at, beside) for beside in _beside(at, words))
            for at, hide in enumerate(hidden)
        ]
    parts, end = [], 0
    for (found, _), hide in zip(words, hidden, strict=True):
        parts += [text[end : found.start()], NAME if hide else found[0]]
        end = found.end()
    return _RUN.sub(NAME, "".join((*parts, text[end:])))


def _is_name(word: str, folded: str, names: frozenset[str]) -> bool:
    if folded in names and (word[0].isupper() or (len(word) > 3 and folded not in _vocabulary())):
        return True
    return word[0].isupper() and len(word) > 1 and folded not in _vocabulary()


def _shouted(text: str) -> bool:
    """Whether capitals tell nothing, since most letters are."""
    return 2 * sum(map(str.isupper, text)) > sum(map(str.isalpha, text))


def _beside(at: int, words: list[tuple[re.Match[str], str]]) -> tuple[int, ...]:
    return tuple(beside for beside in (at - 1, at + 1) if 0 <= beside < len(words))


def _goes_with(text: str, words: list[tuple[re.Match[str], str]], at: int, beside: int) -> bool:
    (word, folded), (name, _) = words[at], words[beside]
    between = text[min(word.end(), name.end()) : max(word.start(), name.start())]
    initial = len(word[0]) == 1 and at < beside and between == ". "
    return word[0][0].isupper() and (between in {" ", "-", " & "} or initial) and folded not in CAPITALISED


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(FILE.read_text(encoding="utf-8").split())


def _wordless(value: Any) -> Any:
    """Give the same fact without the words that it was read from."""
    if isinstance(value, Span):
        return replace(value, start=0, end=0, text="")
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _wordless(getattr(value, one.name)) for one in fields(value)})
    return value
