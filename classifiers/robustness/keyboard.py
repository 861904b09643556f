"""How a message is typed: in capitals or without any, without accents, with slips of the finger."""

import re
from dataclasses import replace
from random import Random
from unicodedata import combining, normalize

from classifiers.robustness.mail import Mail

ONE_IN = 15  # words that a hurried person mistypes
_WORD = re.compile(r"[^\W\d_]{4,}")  # a slip in a shorter word makes another word of it


def in_capitals(mail: Mail, _: Random) -> Mail:
    """Caps lock; ß and the like stay one letter."""
    return replace(mail, subject=mail.subject.upper(), text=mail.text.upper(), from_name=mail.from_name.upper())


def in_small_letters(mail: Mail, _: Random) -> Mail:
    """A phone, in a hurry."""
    return replace(mail, subject=mail.subject.lower(), text=mail.text.lower(), from_name=mail.from_name.lower())


def without_accents(mail: Mail, _: Random) -> Mail:
    """An English keyboard; typewriter's quotes and dashes too."""
    return replace(mail, subject=_plain(mail.subject), text=_plain(mail.text), from_name=_plain(mail.from_name))


def mistyped(mail: Mail, chance: Random) -> Mail:
    """Letters swapped, dropped or doubled in one word of fifteen; figures stay: another one is another fact."""
    return replace(mail, subject=_mistyped(mail.subject, chance), text=_mistyped(mail.text, chance))


def _plain(text: str) -> str:
    decomposed = normalize("NFD", text.translate(_PUNCTUATION))
    return "".join(letter for letter in decomposed if not combining(letter))


_PUNCTUATION = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-",
                              "œ": "oe", "Œ": "OE", "æ": "ae", "\u00a0": " ", "\u202f": " "})  # fmt: skip


def _mistyped(text: str, chance: Random) -> str:
    return _WORD.sub(lambda word: _slip(word[0], chance) if chance.randrange(ONE_IN) == 0 else word[0], text)


def _slip(word: str, chance: Random) -> str:
    at = chance.randrange(1, len(word) - 1)  # first letters are rarely wrong
    match chance.randrange(3):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case _:
            return word[:at] + word[at] + word[at:]
