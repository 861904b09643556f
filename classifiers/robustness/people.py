"""The same request from or about somebody else: other names, countries, gender, firm; the facts stay.

Names are found by what stands before them (a title, a relation, "my name is") and by the sender's own; a name that
nothing gives away stays, which makes a swap weaker and never wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from classifiers.robustness.mail import Mail, Perturbation
from classifiers.robustness.names import FIRMS, NAMES, PLACES, Place

_NAME = r"[A-ZÀ-Þ][\w'’-]+"
_FEMALE = (
    "Mrs|Ms|Miss|Mme|Mlle|Sra|wife|mother|daughter|sister|aunt|niece|grandmother|fiancée|femme|épouse|mère|fille|sœur"
    "|tante|nièce"
)
_MALE = "Mr|M|Sr|husband|father|son|brother|uncle|nephew|grandfather|fiancé|mari|époux|père|fils|frère|oncle|neveu"
_EITHER = "Dr|Me|client|cliente|cousin|cousine|friend|name is|m'appelle|m’appelle|behalf of|nom de"
_BEFORE_A_NAME = re.compile(
    rf"\b(?:(?P<female>{_FEMALE})|(?P<male>{_MALE})|{_EITHER})\.?,? (?P<name>{_NAME}(?: {_NAME}){{0,2}})"
)
_TITLES = frozenset("me dr mr mrs ms miss mme mlle sr sra maître the and la le de office of".split())  # noqa: SIM905
_OF_A_FIRM = re.compile(
    r"\b(?:LLP|Inc|Ltd|Ltée|Corp|LLC|Law|Legal|Immigration|avocats|Office|Bureau|University|College|Group|Clinic"
    r"|Services?|Team|Centre|MP|HR|Admissions)\b",
    re.IGNORECASE,
)
_NO_NAMES = frozenset(
    """canada canadian ircc manager sir madam application visa permit minister the this that their there january
    february march april may june july august september october november december monday tuesday wednesday thursday
    friday saturday sunday not also very sorry counsel writing""".split()  # noqa: SIM905 - a list of words reads better so
)
_FIRM = re.compile(
    rf"(?:{_NAME},? (?:(?:&|and|et) )?){{1,4}}(?=(?:LLP|Inc|inc|Ltd|Ltée|Corp|LLC|avocats|Law|Legal|Immigration)\b)"
)


def named(origin: str) -> Perturbation:
    """Give the sender, and the people named in the text, names of one origin."""
    male, female, family = NAMES[origin]

    def perturbation(mail: Mail, chance: Random) -> Mail:
        given, surnames = _people(mail)
        others = {name: chance.choice(female if is_female else male) for name, is_female in given.items()}
        others |= {name: chance.choice(family) for name in surnames}
        return _with_words(mail, others)

    return perturbation


def placed(place: Place) -> Perturbation:
    """Move the message to a country: the one most named and this one change places, with people and cities."""

    def perturbation(mail: Mail, _: Random) -> Mail:
        text = f"{mail.subject}\n{mail.text}"
        counts = {one: sum(len(_whole(word).findall(text)) for word in one) for one in PLACES}
        most = max(PLACES, key=lambda one: counts[one])
        if most is place or not counts[most]:
            return mail
        return _with_words(mail, _renamed(place, most) | _renamed(most, place))

    return perturbation


def all_women(mail: Mail, _: Random) -> Mail:
    """Make mothers of fathers; names stay, and so does a message about a birth."""
    return mail if _BIRTH.search(mail.text) else _with_words(mail, _FRENCH if mail.french else _ENGLISH)


def all_men(mail: Mail, _: Random) -> Mail:
    """Make fathers of mothers; as above."""
    if _BIRTH.search(mail.text):
        return mail
    if mail.french:
        return _with_words(mail, {woman: man for man, woman in _FRENCH.items()})
    back = {woman: man for man, woman in _ENGLISH.items()} | {"her": "his", "her him": "him", "Mrs": "Mr"}
    return _with_words(replace(mail, text=_HER_OBJECT.sub(r"\g<0> him", mail.text)), back)


def by_the_firm(kind: str) -> Perturbation:
    """Give firms other names, and the sender another domain; what kind of firm it is stays."""

    def perturbation(mail: Mail, chance: Random) -> Mail:
        name = chance.choice(FIRMS[kind])
        text, found = _FIRM.subn(f"{name} ", mail.text)
        if not found:
            return mail
        domain = re.sub(r"\W", "", name).lower()
        return replace(mail, text=text, from_addr=f"{mail.from_addr.partition('@')[0]}@{domain}.example")

    return perturbation


def _people(mail: Mail) -> tuple[dict[str, bool], set[str]]:
    """Given names, each with whether a woman bears it, and family names."""
    found = [] if _OF_A_FIRM.search(mail.from_name) else [(mail.from_name.split(), False)]
    found += [
        (match["name"].split(), match["female"] is not None)
        for match in _BEFORE_A_NAME.finditer(f"{mail.subject}\n{mail.text}")
    ]
    given: dict[str, bool] = {}
    family: set[str] = set()
    for words, is_female in found:
        kept = [word.strip(",.'’") for word in words if _is_name(word.strip(",.'’"))]
        if kept:
            family.add(kept[-1].lower())
            given |= {word.lower(): is_female for word in kept[:-1]}
    return {name: is_female for name, is_female in given.items() if name not in family}, family


def _is_name(word: str) -> bool:
    return len(word) > 2 and word[0].isupper() and word.lower() not in _TITLES | _NO_NAMES


def _with_words(mail: Mail, others: Mapping[str, str]) -> Mail:
    """Put other words in place of whole words, written as they were: in capitals, with a capital, or without."""
    if not others:
        return mail
    by_word = {word.lower(): other for word, other in others.items()}
    longest_first = sorted(by_word, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)

    def other(match: re.Match[str]) -> str:
        found = match[0]
        new = by_word[found.lower()]
        if found.isupper() and len(found) > 1:
            return new.upper()
        return new[0].upper() + new[1:] if found[0].isupper() else new

    return replace(
        mail,
        subject=pattern.sub(other, mail.subject),
        text=pattern.sub(other, mail.text),
        from_name=pattern.sub(other, mail.from_name),
    )


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)


def _renamed(here: Place, there: Place) -> dict[str, str]:
    """One place's words for the other's; "d'Inde" is "du Kenya" as "de l'Inde" is.

    A name that is the same in both languages, such as Kenya, stands for the English one, which comes last.
    """
    words = dict(zip(reversed(here), reversed(there), strict=True))
    return {here.of_it.replace("de l'", "d'"): there.of_it, **words}


def _pairs(pairs: str) -> dict[str, str]:
    """Give the man's word in each pair, and with it the woman's."""
    return dict(pair.split("=", 1) for pair in " ".join(pairs.split()).split(" / "))


_BIRTH = re.compile(
    r"pregnan|birth\b|childbirth|gave birth|deliver(?:y|ing) a|midwi|enceinte|accouch|grossesse", re.IGNORECASE
)
# "her" is "him" before anything that no noun phrase begins with, else "his".
_HER_OBJECT = re.compile(
    r"\bher(?=[.,;:!?\n)]| (?:to|in|on|at|for|from|with|and|or|that|when|if|by|before|up|home)\b)", re.IGNORECASE
)
_ENGLISH = _pairs(
    """he=she / him=her / his=her / himself=herself / father=mother / dad=mum / husband=wife / son=daughter
    / brother=sister / uncle=aunt / nephew=niece / grandfather=grandmother / boy=girl / man=woman / Mr=Ms
    / widower=widow / groom=bride / stepfather=stepmother / gentleman=lady"""
)
_FRENCH = _pairs(
    """il=elle / mon père=ma mère / mon fils=ma fille / mon frère=ma sœur / mon mari=ma femme / mon époux=mon épouse
    / mon oncle=ma tante / mon neveu=ma nièce / mon grand-père=ma grand-mère / son père=sa mère / son fils=sa fille
    / son frère=sa sœur / son mari=sa femme / notre père=notre mère / notre fils=notre fille / le père=la mère
    / père=mère / frère=sœur / mon client=ma cliente / le demandeur=la demanderesse"""
)
