"""Dates that a text names, English and French, absolute and relative to the message's own date.

dateparser was tried: its search takes a tenth of a second for a letter and reads "may" and "sat" as dates; what
letters really use is a small grammar, and each date must keep the words that it was read from.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from triage.core.facts.passage import Passage

_MONTHS = {
    "january": 1, "jan": 1, "janvier": 1, "janv": 1,
    "february": 2, "feb": 2, "fevrier": 2, "fevr": 2, "fev": 2,
    "march": 3, "mar": 3, "mars": 3,
    "april": 4, "apr": 4, "avril": 4, "avr": 4,
    "may": 5, "mai": 5,
    "june": 6, "jun": 6, "juin": 6,
    "july": 7, "jul": 7, "juillet": 7, "juil": 7,
    "august": 8, "aug": 8, "aout": 8,
    "september": 9, "sept": 9, "sep": 9, "septembre": 9,
    "october": 10, "oct": 10, "octobre": 10,
    "november": 11, "nov": 11, "novembre": 11,
    "december": 12, "dec": 12, "decembre": 12,
}  # fmt: skip
_DAYS = {
    "monday": 0, "mon": 0, "lundi": 0, "tuesday": 1, "tues": 1, "tue": 1, "mardi": 1, "wednesday": 2, "wed": 2,
    "mercredi": 2, "thursday": 3, "thurs": 3, "thur": 3, "thu": 3, "jeudi": 3, "friday": 4, "fri": 4,
    "vendredi": 4, "saturday": 5, "sat": 5, "samedi": 5, "sunday": 6, "sun": 6, "dimanche": 6,
}  # fmt: skip
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "un": 1, "une": 1, "two": 2, "deux": 2, "couple of": 2, "three": 3, "trois": 3,
    "four": 4, "quatre": 4, "five": 5, "cinq": 5, "six": 6, "seven": 7, "sept": 7, "eight": 8, "huit": 8,
    "nine": 9, "neuf": 9, "ten": 10, "dix": 10, "eleven": 11, "onze": 11, "twelve": 12, "douze": 12,
    "fourteen": 14, "quatorze": 14, "fifteen": 15, "quinze": 15, "twenty": 20, "vingt": 20, "thirty": 30, "trente": 30,
}  # fmt: skip


def _any(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_MONTH, _DAY = _any(_MONTHS), _any(_DAYS)
_LONG_DAY = "|".join(name for name in _DAYS if len(name) > 4)
_NUMBER = rf"\d{{1,3}}|{_any(_NUMBERS)}"
_YEAR = r"(?:,?[ \n]*(?P<{0}>20\d\d|'\d\d\b))?"
_NOT_YEAR = r"(?![\d/]|[.:]\d)"

# One alternation, tried once over the text: each branch is named for its reader below.
_DATE = re.compile(
    r"\b(?:"  # every branch begins a word: one test for all where there is none
    rf"(?P<iso>20\d\d[-/]\d{{1,2}}[-/]\d{{1,2}}\b)"
    rf"|(?P<numeric>\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:20)?\d\d\b(?![/.-]?\d))"
    rf"|(?P<dmy>(?:the |le )?(?P<dmy_d>\d{{1,2}})(?:st|nd|rd|th|er|e)?[ \n]*(?:of |de |-)?[ \n]*"
    rf"(?P<dmy_m>{_MONTH})\b\.?{_YEAR.format('dmy_y')})"
    rf"|(?P<mdy>(?P<mdy_m>{_MONTH})\b\.?[ \n](?P<mdy_d>\d{{1,2}})(?:st|nd|rd|th)?\b{_NOT_YEAR}{_YEAR.format('mdy_y')})"
    rf"|(?P<week_from>(?:a|one) week from (?P<week_from_d>tomorrow|today|now|{_LONG_DAY})\b"
    rf"|\b(?P<day_week>{_LONG_DAY}) week\b|\b(?P<day_huit>{_LONG_DAY}) en huit\b|\bdemain en huit\b)"
    r"|(?P<after_tomorrow>day after tomorrow\b|\bapres-?[ ]?demain\b)"
    r"|(?P<tomorrow>tomorrow\b|\btmrw\b|\btmrow\b|\bdemain\b)"
    r"|(?P<today>tonight\b|\btoday\b|\bthis (?:evening|afternoon|morning)\b|\bce soir\b|\baujourd'hui\b)"
    rf"|(?P<span>(?:in|within|in under|in less than|less than|under|only|have|dans|d'ici|sous|reste|moins de)"
    rf"(?: the next| only| about| exactly| les| moins de| environ| seulement| que| just)?[ \n]+(?P<span_n>{_NUMBER})[ -]?"
    r"(?P<span_u>hours?|hrs?|h|heures?|days?|jours?|weeks?|semaines?)\b"
    r"(?! ago| old| after| before| since| passe)"
    rf"|\b(?P<span_n2>{_NUMBER})[ -](?P<span_u2>hours?|days?|weeks?) from (?:now|today)\b)"
    rf"|(?P<weekday>(?:(?P<weekday_next>next|coming)[ ]|(?P<weekday_this>this|ce)[ ](?:coming[ ])?)?"
    rf"(?P<weekday_d>{_LONG_DAY})\b(?P<weekday_after>[ ]prochain)?)"
    r"|(?P<weekend>this week-?end\b|\bce week-?end\b|\bcette fin de semaine\b)"
    r"|(?P<week_end>end of (?:the|this) week\b|\bfin de (?:la|cette) semaine\b)"
    r"|(?P<month_end>end of (?:the|this) month\b|\bmonth-?end\b|\bfin (?:du|de ce) mois\b)"
    r"|(?P<next_week>next week\b|\bla semaine prochaine\b)"
    r"|(?P<ordinal>(?:the (?P<ord_en>\d{1,2})(?:st|nd|rd|th)|le (?P<ord_fr>\d{1,2})(?:er)?"
    r"(?: courant| prochain| de ce mois)?)\b(?![ ]?(?:h\b|:|%|\d|heures|jours|ans|dossiers|enfants)|[-/.]\d))"
    r")"
)

# Words before a date that say that it is over.
_PAST = re.compile(
    r"\b(?:since|dated|refused|rejected|submitted|filed|applied|sent|received|uploaded|paid|issued|born|birth|dob"
    r"|was|were|had|did|wrote|called|arrived|returned|landed|married|died|passed away|graduated|last|ago"
    r"|depuis|datee?|refusee?|rejetee?|soumise?|deposee?|envoyee?|recue?|transmise?|payee?|nee?|naissance"
    r"|etait|avait|ecrit|delivree?|emise?|dernier|derniere|decedee?|mort|lettre du|decision du|refus du|courriel du"
    r"|letter of|decision of|email of|refusal of|message of|demande du)\b"
)
_FUTURE = re.compile(
    r"\b(?:will|by|before|until|till|expires?|lapses?|leaves?|departs?|flies|fly|flight|due|starts?|begins?|is on"
    r"|must|deadline|no later|scheduled|booked|d'ici|avant|jusqu'au|expire|echeance|au plus tard|prevue?|vol|part"
    r"|aura lieu|doit|debute|commence|sera|seront)\b"
)


# "Till today there is no news": nothing happens today.
_SO_FAR = re.compile(r"\b(?:till?|until|as of|up to|to|jusqu'a|a partir d)\s*$")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and where it was read; `relative`: told from the message's own date."""

    date: date
    start: int
    end: int
    relative: bool
    past: bool  # the words before it say that it is over


def find_dates(passage: Passage, today: date, *, day_first: bool) -> Iterator[FoundDate]:
    """Give the dates of a passage in order; `today` is the message's own date, in its own zone.

    `day_first`: how 5/12/26 is read where both readings are possible and equally near.
    """
    matches = list(_DATE.finditer(passage.folded))
    for number, match in enumerate(matches):
        kind = str(match.lastgroup)  # the branch: the outermost group closes last
        following = matches[number + 1] if number + 1 < len(matches) else None
        if kind == "weekday" and following and _names_same_day(match, following, passage.folded):
            continue  # "Thursday, 1 October": the date says it better
        before = passage.folded[max(0, match.start() - 60) : match.start()]
        past = _is_past(before) or (kind == "today" and bool(_SO_FAR.search(before)))
        try:
            found = _READ[kind](match, today, past, day_first)
        except ValueError:
            continue  # 31 February, month 13
        if found and abs((found - today).days) < 4000:
            relative = kind not in _ABSOLUTE
            yield FoundDate(found, match.start(), match.end(), relative, past or found < today)


def _names_same_day(weekday: re.Match[str], date_: re.Match[str], text: str) -> bool:
    between = text[weekday.end() : date_.start()]
    return date_.lastgroup in {*_ABSOLUTE, "ordinal"} and bool(re.fullmatch(r"[ ,\n(]{0,3}(?:the |le )?", between))


def _is_past(before: str) -> bool:
    """Whether the words just before a date say that it is over: the nearer of the two kinds of words decides."""
    clause = re.split(r"[.;!?\n]", before)[-1]
    past = max((m.end() for m in _PAST.finditer(clause)), default=-1)
    future = max((m.end() for m in _FUTURE.finditer(clause)), default=-1)
    return past > future


Reader = Callable[[re.Match[str], date, bool, bool], date | None]


def _iso(match: re.Match[str], _today: date, _past: bool, _day_first: bool) -> date:
    year, month, day = (int(part) for part in re.split(r"[-/]", match.group("iso")))
    return date(year, month, day)


def _numeric(match: re.Match[str], today: date, _past: bool, day_first: bool) -> date | None:
    one, two, year = (int(part) for part in re.split(r"[-/.]", match.group("numeric")))
    year += 2000 if year < 100 else 0
    readings = []
    for day, month in ((one, two), (two, one)) if day_first else ((two, one), (one, two)):
        if 1 <= month <= 12 and 1 <= day <= 31:
            readings.append(date(year, month, day))
    near = [reading for reading in readings if abs((reading - today).days) <= 60]
    return near[0] if len(near) == 1 else next(iter(readings), None)


def _dmy(match: re.Match[str], today: date, past: bool, _day_first: bool) -> date:
    return _named(match.group("dmy_d"), match.group("dmy_m"), match.group("dmy_y"), today, past)


def _mdy(match: re.Match[str], today: date, past: bool, _day_first: bool) -> date:
    return _named(match.group("mdy_d"), match.group("mdy_m"), match.group("mdy_y"), today, past)


def _named(day: str, month: str, year: str | None, today: date, past: bool) -> date:
    if year:
        return date(int(year) if len(year) == 4 else 2000 + int(year[1:]), _MONTHS[month], int(day))
    here = date(today.year, _MONTHS[month], int(day))
    away = (here - today).days
    if past:
        return here if away <= 0 else here.replace(year=today.year - 1)
    if away < -45 and away + 365 <= 270:
        return here.replace(year=today.year + 1)
    return here.replace(year=today.year - 1) if away > 300 else here


def _weekday(match: re.Match[str], today: date, past: bool, _day_first: bool) -> date:
    ahead = (_DAYS[match.group("weekday_d")] - today.weekday()) % 7
    if past:
        return today - timedelta(days=(7 - ahead) if ahead else 7)
    # "next Friday" said on a Wednesday may mean the day after tomorrow: the nearer one is the safer reading.
    return today + timedelta(days=ahead or 7)


def _week_from(match: re.Match[str], today: date, _past: bool, _day_first: bool) -> date:
    day = match.group("week_from_d") or match.group("day_week") or match.group("day_huit") or "tomorrow"
    if day in _DAYS:
        return today + timedelta(days=((_DAYS[day] - today.weekday()) % 7 or 7) + 7)
    return today + timedelta(days=8 if day == "tomorrow" else 7)


def _span(match: re.Match[str], today: date, _past: bool, _day_first: bool) -> date:
    number = match.group("span_n") or match.group("span_n2")
    unit = match.group("span_u") or match.group("span_u2")
    amount = int(number) if number.isdigit() else _NUMBERS[number]
    if unit.startswith("h"):
        return today + timedelta(days=(amount + 23) // 24 if amount > 12 else 0)
    return today + timedelta(days=amount * 7 if unit.startswith(("week", "semaine")) else amount)


def _ordinal(match: re.Match[str], today: date, past: bool, _day_first: bool) -> date:
    day = int(match.group("ord_en") or match.group("ord_fr"))
    here = today.replace(day=day)
    if past:
        return here if here <= today else (today.replace(day=1) - timedelta(days=1)).replace(day=day)
    return here if here >= today else (today.replace(day=28) + timedelta(days=4)).replace(day=day)


def _ahead(days: int) -> Reader:
    return lambda _match, today, _past, _day_first: today + timedelta(days=days)


def _day_of_week(weekday: int, extra: int = 0) -> Reader:
    return lambda _match, today, _past, _day_first: today + timedelta(days=(weekday - today.weekday()) % 7 + extra)


def _month_end(_match: re.Match[str], today: date, _past: bool, _day_first: bool) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


_READ: dict[str, Reader] = {
    "iso": _iso,
    "numeric": _numeric,
    "dmy": _dmy,
    "mdy": _mdy,
    "week_from": _week_from,
    "after_tomorrow": _ahead(2),
    "tomorrow": _ahead(1),
    "today": _ahead(0),
    "span": _span,
    "weekday": _weekday,
    "weekend": _day_of_week(5),
    "week_end": _day_of_week(4),
    "month_end": _month_end,
    "next_week": lambda _m, today, _p, _d: today + timedelta(days=7 - today.weekday()),
    "ordinal": _ordinal,
}
_ABSOLUTE = frozenset({"iso", "numeric", "dmy", "mdy"})
