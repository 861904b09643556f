"""English, French, both or neither: by the function words of the two languages.

General language detectors carry tens of megabytes of models for languages that do not matter here; two lists of
small words, which work in capitals and without accents, are enough to choose between two.
"""

import re
from unicodedata import normalize

from triage.core.message import Language

MOST = 20_000  # characters that are looked at
_WORD = re.compile(r"[a-z]+'(?:t|m|re|ve|ll|s|d)\b|[a-z]+(?:'(?=[a-z]))?")

# Without words of both languages, and those that are too often names or units: on, a, me, or, as, son, sur, car, plus.
_ENGLISH = frozenset(
    """the and of to is are was were be been have has had i you we they he she it my our your their his her this
    that these those with for from by at not but when will would can could should may must who which what where how
    why there here about into than then so because before after since until please thank thanks dear regards hello
    hi any some all does did don't didn't doesn't isn't can't i'm i've we're we've it's am""".split()  # noqa: SIM905 - a list of words reads better so
)
_FRENCH = frozenset(
    """le la les des du de un une et est sont etait etaient etre ete avoir ont avait je j' nous vous ils elles il
    elle mon ma mes notre nos votre vos leur leurs sa ses ce cet cette ces avec pour par dans sous aux au qui que qu'
    quoi dont ou comment pourquoi ne pas n' d' l' c' s' m' mais si quand donc afin depuis avant apres jusqu' merci
    bonjour madame monsieur cordialement veuillez svp tres bien faire peut puis doit sera serait ai avons avez suis
    sommes etes sans tout tous toute rien jamais aussi comme chez toujours deja cela ca""".split()  # noqa: SIM905 - as above
)
# By themselves these are parts of names, firms and closings.
_WEAK = frozenset(
    """de du des la le les d' l' et merci bonjour cordialement madame monsieur
    the of and for at by thank thanks hello hi dear regards""".split()  # noqa: SIM905 - as above
)
# One of these is enough: nobody says them in the other language.
_SURE = frozenset({"please", "thank", "thanks", "hello", "dear", "merci", "bonjour", "svp", "madame", "monsieur"})


def detect(text: str) -> Language:
    """Tell the language of a text by counting small words; UNKNOWN where there are too few to tell.

    MIXED means that a person wrote a part in each language: three words in the lesser one that are neither part of a
    name nor of a closing, and a sixth of all such words.
    """
    words = _WORD.findall(fold(text[:MOST]))
    english = [word for word in words if word in _ENGLISH]
    french = [word for word in words if word in _FRENCH]
    strong_english = sum(word not in _WEAK for word in english)
    strong_french = sum(word not in _WEAK for word in french)
    lesser = min(strong_english, strong_french)
    if lesser >= 3 and lesser * 6 >= strong_english + strong_french:
        return Language.MIXED
    if not strong_french and _SURE.isdisjoint(french):
        french = []  # Maria de la Cruz
    told = len(english) + len(french) > 1 or _SURE.intersection(words)
    if not told or len(english) == len(french):
        return Language.UNKNOWN
    return Language.ENGLISH if len(english) > len(french) else Language.FRENCH


def fold(text: str) -> str:
    """Lower case, without accents, straight apostrophes: how words are compared whatever keyboard they came from.

    Of the same length as `text` (NFC), so that a place in one is the place in the other.
    """
    folded = text.replace("İ", "I").lower()
    return folded if folded.isascii() else _ACCENTED.sub(lambda found: _PLAIN[found.group()], folded)


def _plain_letters() -> dict[str, str]:
    """Accented Latin letters, each to its base letter."""
    plain = {"’": "'", "‘": "'", "\u00a0": " ", "\u202f": " ", "–": "-", "‑": "-"}
    for code in range(0x00C0, 0x0250):
        base = normalize("NFD", chr(code))[0]
        if base != chr(code):
            plain[chr(code)] = base
    return plain


_PLAIN = _plain_letters()
_ACCENTED = re.compile(f"[{''.join(_PLAIN)}]")
