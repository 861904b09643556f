"""Dates that a text names, absolute and relative to the message's own date, and whether they lie behind or ahead.

dateparser was tried: its search takes a tenth of a second for a letter and reads "may" and "sat" as dates; what
letters really use is a small grammar, and each date must keep the words that it was read from.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from triage.core.facts.date_forms import FORMS, Form, Here
from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.tense import Tense, tense_of

MOST = 80  # dates that are read in one part: more is a table, or meant to cost time
_FARTHEST = 4000  # days from the message


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDate:
    """A date and where it was read."""

    date: date
    start: int
    end: int
    past: bool  # it lies behind, or the words around it say so
    ahead: bool  # the words around it say that it is to come
    full: bool  # day and month are named; others are told from the message's own date
    vague: bool  # no day is named, only a time of some days: "in two weeks", "the end of the month"


def find_dates(passage: Passage, now: datetime, *, day_first: bool) -> Iterator[FoundDate]:
    """Give the dates of a passage in order; `now` is when the message was written, in its own zone.

    `day_first`: how 5/12/26 is read where both readings are possible, equally near, and no other date tells.
    """
    hits = list(islice(_DATE.find_all(passage.plain), MOST))
    day_first = _order(passage, hits, day_first)
    anchor: date | None = None
    before: FoundDate | None = None
    for hit in hits:
        start = hit.start + _article(passage, hit)
        tense = _tense(passage, start, hit.end, before)
        here = Here(now=now, tense=tense, day_first=day_first, anchor=anchor)
        form, end, dates = _read(passage, hit, here)
        for found in dates:
            away = (found - here.today).days
            before = FoundDate(
                date=found,
                start=start,
                end=end,
                past=away < 0 or (tense is Tense.PAST and (away == 0 or form.vague)),
                ahead=tense is Tense.FUTURE,
                full=form.full,
                vague=form.vague,
            )
            yield before
            if form.full and away > 0:
                anchor = found


def _read(passage: Passage, hit: Hit, here: Here) -> tuple[Form, int, Sequence[date]]:
    """Read a hit by the form that found it, or by that which holds where it does not: the form, its end, the dates."""
    name: str | None = hit.name
    while name:
        form = FORMS[name]
        alone, words = _ALONE[name], passage.plain[hit.start : hit.end].decode("latin-1")
        match = alone.fullmatch(words) if name == hit.name else alone.match(words)
        if match and _holds(form, passage.plain, hit.start, hit.start + match.end()):
            try:
                dates = [found for found in form.read(match, here) if abs((found - here.today).days) <= _FARTHEST]
            except (ValueError, OverflowError):
                dates = []  # 31 February, month 13, the year 10000
            if dates:
                return form, hit.start + match.end(), dates
        name = form.otherwise
    return form, hit.end, ()


def _holds(form: Form, plain: bytes, start: int, end: int) -> bool:
    """Whether nothing beside a form's words says that they are no date."""
    before, behind = plain[max(0, start - 30) : start], plain[end : end + 30]
    return not (
        (form.not_before and form.not_before.search(before))
        or (form.not_behind and form.not_behind.match(behind))
        or (form.behind and not form.behind.match(behind))
    )


_NAMED_GROUP = re.compile(r"\(\?P<\w+>")
_BRANCHES = "|".join(f"(?P<{name}>{_NAMED_GROUP.sub('(?:', form.pattern)})" for name, form in FORMS.items())
_DATE = Pattern(rf"\b(?:{_BRANCHES})\b")
_ALONE = {name: re.compile(form.pattern) for name, form in FORMS.items()}
# Words that a form takes in to tell a day from a number: what the text says of the date stands before or in them.
_ARTICLE = re.compile(rb"(?:the|le|du|au|les|(?:on|by|before|until|till?|since)(?: the)?) (?=\d)")
# Between two dates of which the second goes on where the first began: "on 9 and on 17 April", "du 1er mars au 6 avril".
_GOES_ON = re.compile(rb"(?:[ ,/&-]|\b(?:and|et|or|ou|au?|to|then|again|once more|puis|de nouveau|on|the|le)\b){1,12}")


def _article(passage: Passage, hit: Hit) -> int:
    article = _ARTICLE.match(passage.plain, hit.start, hit.end)
    return article.end() - article.start() if article else 0


def _tense(passage: Passage, start: int, end: int, before: FoundDate | None) -> Tense:
    if before and _GOES_ON.fullmatch(passage.plain, before.end, start):
        return Tense.PAST if before.past else Tense.FUTURE
    return tense_of(passage, start, end)


def _order(passage: Passage, hits: Sequence[Hit], day_first: bool) -> bool:
    """Whether numbers put the day first: one date that can be read in one way only tells for all."""
    for hit in hits:
        if hit.name == "numeric":
            one, two = (int(part) for part in re.findall(rb"\d+", passage.plain[hit.start : hit.end])[:2])
            if max(one, two) > 12 and min(one, two) <= 12:
                return one > 12
    return day_first
