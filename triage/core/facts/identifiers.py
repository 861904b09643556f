"""Application numbers and UCIs, checked on form: what a file can be found by, and what no screen may show whole."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from triage.core.facts.passage import Hit, Passage, Pattern, passages
from triage.core.facts.record import Identifier
from triage.core.message import Message

MOST = 300  # numbers that are read in one part: a school lists its students

_NUMBER = Pattern(
    # A letter and nine digits, of which some letters fix the first; parted, if at all, in threes or fours.
    application=r"\b(?:v[ -]?\d|[efcb][ -]?0|[ws][ -]?[23])(?:\d{8}|\d{2}[ -]\d{3}[ -]\d{3}|[ -]?\d{4}[ -]\d{4})\b",
    uci=r"\b(?:uci|iuc|client id|id client|(?:unique )?client identifier|client number|identifiant unique(?: de client| du client)?|identificateur unique|numero de client)s?"
    r"(?: (?:number|numbers|nos?|n|numero|is|are|est))?[ .:#\xb0()=-]{0,4}(?:\d{2}[ -]?\d{4}[ -]?\d{4}|\d{4}[ -]?\d{4})\b",
    # With hyphens the form itself tells; only those of the series in use, since telephones look so too.
    uci_form=r"\b1(?:\d-\d{4}-\d{4}|\d{3}-\d{4})\b",
)
_DIGITS = re.compile(rb"\d[\d -]+$")
_TELEPHONE = Pattern(r"\b(?:tel|telephone|phone|fax|cell|mobile|whatsapp|call|ring|dial|extension|ext|poste)\b|\+")
# After an application number, those that leave its letter away: "W347710385, 347710393 et 347710401".
_MORE = re.compile(rb"(?:[ \n]{0,3}[,;/&][ \n]{0,3}|[ \n]{1,3}(?:and|et|to|a)[ \n]{1,3}){1,2}(\d{9})(?![\w-])")
_YEARS = re.compile(rb"(?:19|20)\d\d-(?:19|20)\d\d")


def find_identifiers(message: Message) -> tuple[Identifier, ...]:
    """All identifiers of subject, newest text, signature and quoted history, each once, the newest first."""
    found: dict[tuple[str, str], Identifier] = {}
    for passage in passages(message, "subject", "newest", "signature", "forwarded", "quoted"):
        for one in _in_passage(passage):
            found.setdefault((one.kind, one.value), one)
    return tuple(found.values())


def _in_passage(passage: Passage) -> Iterator[Identifier]:
    for hit in islice(_NUMBER.find_all(passage.plain), MOST):
        start = hit.start
        if hit.name == "uci" and (digits := _DIGITS.search(passage.plain, hit.start, hit.end)):
            start = digits.start()
        if _is_part_of_more(passage, start, hit):
            continue
        kind: Literal["application", "uci"] = "application" if hit.name == "application" else "uci"
        value = re.sub(r"[ -]", "", passage.plain[start : hit.end].decode("latin-1")).upper()
        yield Identifier(kind=kind, value=value, span=passage.span(start, hit.end))
        if kind == "application":
            yield from _listed_after(passage, hit.end, value[0])


def _listed_after(passage: Passage, end: int, letter: str) -> Iterator[Identifier]:
    for _ in range(MOST):
        more = _MORE.match(passage.plain, end)
        if more is None:
            return
        end = more.end()
        yield Identifier(
            kind="application", value=letter + more[1].decode("ascii"), span=passage.span(more.start(1), end)
        )


def _is_part_of_more(passage: Passage, start: int, hit: Hit) -> bool:
    """Whether the digits go on, or are a telephone number or two years."""
    plain = passage.plain
    if re.match(rb"-?\d", plain[hit.end : hit.end + 2]) or re.search(rb"[\d.]-?\Z", plain[max(0, start - 2) : start]):
        return True
    if hit.name != "uci_form":
        return False
    return bool(_YEARS.match(plain, start)) or _TELEPHONE.find(plain, max(0, start - 25), start) is not None
