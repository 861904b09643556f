"""The ways in which letters write a date, English and French, and how each is read.

A form's pattern is matched twice: joined with all others by RE2, which finds it, and alone, for its parts. Hence it
may hold named groups, but no look-around: what must not stand beside it has patterns of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from triage.core.facts.date_words import (
    FEASTS,
    FRENCH_SHORT_WEEKDAYS,
    MONTHS,
    NUMBERS,
    ORDINALS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    any_of,
)
from triage.core.facts.tense import Tense


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What a date's words are read against."""

    now: datetime  # when the message was written, in its own zone
    tense: Tense  # of the words around
    day_first: bool  # how 5/12/26 is read where nothing else tells
    anchor: date | None = None  # the last full date ahead that was named before: "the 14th" is of its month

    @property
    def today(self) -> date:
        """The message's own day."""
        return self.now.date()


Reader = Callable[[re.Match[str], Here], Sequence[date]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write a date."""

    pattern: str  # of folded text, beginning and ending at a word's edge
    read: Reader  # may raise ValueError or OverflowError: there is no such day
    full: bool = False  # day and month are named; the others are told from the message's own date
    vague: bool = False  # a time of some days is named, not a day
    not_before: re.Pattern[bytes] | None = None  # must not match the 30 characters before it (pattern ends in $)
    not_behind: re.Pattern[bytes] | None = None  # must not match what follows
    behind: re.Pattern[bytes] | None = None  # must match what follows
    otherwise: str | None = None  # the form to read its beginning by where it does not hold: "Thursday 6 am"


# --- Readers -------------------------------------------------------------------------------------------------------


def _iso(match: re.Match[str], _here: Here) -> Sequence[date]:
    year, month, day = (int(part) for part in re.findall(r"\d+", match.group())[:3])
    return [date(year, month, day)]


def _numeric(match: re.Match[str], here: Here) -> Sequence[date]:
    """Read numbers in the order in which they give a near date, where only one does; else as the writer would."""
    one, two, *years = (int(part) for part in re.findall(r"\d+", match.group()))
    readings = []
    for day, month in ((one, two), (two, one)) if here.day_first else ((two, one), (one, two)):
        if years:
            reading = _safe(years[0] + (2000 if years[0] < 100 else 0), month, day)
        else:
            reading = _yearless(day, month, here)
        readings += [reading] if reading else []
    near = [reading for reading in readings if abs((reading - here.today).days) <= 60]
    return near if len(near) == 1 else readings[:1]


def _named(match: re.Match[str], here: Here) -> Sequence[date]:
    """Read a day and a month by name, with or without year and weekday."""
    day, month, year = _day(match["d"]), MONTHS[match["m"]], match["y"] or match["y2"]
    if year and len(year) == 2 and not match["y2"] and abs(int(year) + 2000 - here.today.year) > 1:
        year = None  # "12 May 27 people"
    if year:
        digits = year.lstrip("'")
        return [date(int(digits) + (0 if len(digits) == 4 else 2000), month, day)]
    found = _yearless(day, month, here, match["wd"])
    return [found] if found else []


def _two_named(match: re.Match[str], here: Here) -> Sequence[date]:
    """Read two days of one month: "15-19 June", "le 9 et le 17 avril", "June 15-19"."""
    return [one for found in _named(match, here) for one in _in_order(found, _day(match["d2"]))]


def _in_order(found: date, other_day: int) -> Sequence[date]:
    other = _safe(found.year, found.month, other_day)
    return sorted({found, other}) if other else [found]


def _yearless(day: int, month: int, here: Here, weekday: str | None = None) -> date | None:
    """Choose the year: that of the weekday named, or that which the tense asks for, or the nearest.

    A tense that leads almost a year away is misread: verbs near a date are not always its own. Where nothing tells,
    what is ahead counts as nearer: people leave the year away from what is to come more than from what was.
    """
    candidates = [one for more in (-1, 0, 1) if (one := _safe(here.today.year + more, month, day))]
    if weekday:
        named = _WEEKDAYS[weekday]
        candidates = [one for one in candidates if one.weekday() == named] or candidates
    away = {(one - here.today).days: one for one in candidates}
    bounds = {Tense.PAST: (-300, 0), Tense.FUTURE: (0, 320), Tense.OPEN: (-400, 400)}[here.tense]
    fitting = [days for days in away if bounds[0] <= days <= bounds[1]] or list(away)
    nearest = min(fitting, key=lambda days: days if days >= 0 else -1.6 * days, default=None)
    return None if nearest is None else away[nearest]


def _feast(match: re.Match[str], here: Here) -> Sequence[date]:
    month, day = FEASTS[match.group()]
    this_year, next_year = date(here.today.year, month, day), date(here.today.year + 1, month, day)
    return [this_year if this_year >= here.today or here.tense is Tense.PAST else next_year]


def _weekday(match: re.Match[str], here: Here) -> Sequence[date]:
    named = _WEEKDAYS[match["wd"]]
    parts = match.groupdict()
    if parts.get("d"):
        return _of_near_month(_day(parts["d"]), named, here)
    ahead = (named - here.today.weekday()) % 7
    which = f"{parts.get('which') or ''} {parts.get('which_behind') or ''}"
    is_next = any(word in which for word in ("this", "next", "coming", "ce", "prochain", "vient"))
    if any(word in which for word in ("last", "past", "since", "dernier", "passe")) or (
        here.tense is Tense.PAST and not is_next
    ):
        return [here.today - timedelta(days=(7 - ahead) if ahead else 7)]
    if "next week" in (parts.get("on") or "") or "semaine prochaine" in (parts.get("on") or ""):
        return [_monday_next(here) + timedelta(days=named)]
    # "next Friday" said on a Wednesday may mean the day after tomorrow: the nearer one is the safer reading.
    weeks = {"week": 1, "en huit": 1, "en quinze": 2}.get(parts.get("on") or "", 0)
    return [here.today + timedelta(days=(ahead or 7) + 7 * weeks)]


def _of_near_month(day: int, weekday: int, here: Here) -> Sequence[date]:
    """Find "Thursday the 12th": the nearest month in which they go together."""
    candidates = [one for one in _days_around(day, here) if one.weekday() == weekday]
    return sorted(candidates, key=lambda one: abs((one - here.today).days))[:1]


def _ordinal(match: re.Match[str], here: Here) -> Sequence[date]:
    """Read "the 14th": of this month, the last or the next, as tense and the dates before it tell."""
    candidates, more = _days_around(_day(match["d"]), here), match["more"] or ""
    behind = [one for one in candidates if one <= here.today]
    ahead = [one for one in candidates if one >= here.today]
    if "inst" in more:
        return [one for one in candidates if (one.year, one.month) == (here.today.year, here.today.month)]
    if "next" in more or "mois prochain" in more:
        return [one for one in ahead if one.month != here.today.month][:1]
    if here.tense is Tense.PAST or "ult" in more:
        return behind[-1:]
    anchor = here.anchor
    if anchor and (near := [one for one in ahead if abs((one - anchor).days) <= 20]):
        return [min(near, key=lambda one: abs((one - anchor).days))]
    return ahead[:1]


def _days_around(day: int, here: Here) -> list[date]:
    """That day of the two months behind, this one, and the three ahead, in order; only where it exists."""
    middle = here.today.replace(day=15)
    months = [middle + timedelta(days=30 * step) for step in range(-2, 4)]
    return [one for month in months if (one := _safe(month.year, month.month, day))]


def _duration(match: re.Match[str], here: Here) -> Sequence[date]:
    number, unit = match["n"], match["unit"]
    amount = int(number) if number.isdigit() else NUMBERS[number]
    if unit.startswith("h"):
        return [(here.now + timedelta(hours=amount)).date()]
    if unit.startswith(("business", "working")) or "ouvr" in unit:
        return [_working_days_on(here.today, amount)]
    days = {"week": 7, "sema": 7, "fort": 14, "quin": 15}.get(unit.strip()[:4], 1)
    return [here.today + timedelta(days=amount * days)]


def _working_days_on(day: date, amount: int) -> date:
    for _ in range(amount):
        day += timedelta(days=3 if day.weekday() == 4 else 2 if day.weekday() == 5 else 1)
    return day


def _weeks_from(match: re.Match[str], here: Here) -> Sequence[date]:
    weeks = timedelta(weeks=NUMBERS.get(match["n"]) or int(match["n"]))
    if match["day"] == "tomorrow":
        return [here.today + weeks + timedelta(days=1)]
    return [here.today + weeks + timedelta(days=(WEEKDAYS[match["day"]] - here.today.weekday()) % 7 or 7)]


def _days_on(days: int) -> Reader:
    return lambda _match, here: [here.today + timedelta(days=days)]


def _next(weekday: int) -> Reader:
    return lambda _match, here: [here.today + timedelta(days=(weekday - here.today.weekday()) % 7)]


def _next_week(_match: re.Match[str], here: Here) -> Sequence[date]:
    return [_monday_next(here)]


def _monday_next(here: Here) -> date:
    return here.today + timedelta(days=7 - here.today.weekday())


def _month_end(match: re.Match[str], here: Here) -> Sequence[date]:
    first = _yearless(1, MONTHS[match["m"]], here) if match["m"] else here.today.replace(day=1)
    return [(first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)] if first else []


def _day(words: str) -> int:
    return ORDINALS[words] if words in ORDINALS else int(re.findall(r"\d+", words)[0])


_WEEKDAYS = WEEKDAYS | SHORT_WEEKDAYS | FRENCH_SHORT_WEEKDAYS


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


# --- Forms ---------------------------------------------------------------------------------------------------------

_S = r"[ \n]{1,3}"
_MONTH, _WEEKDAY, _SHORT, _NUMBER = any_of(MONTHS), any_of(WEEKDAYS), any_of(SHORT_WEEKDAYS), any_of(NUMBERS)
_D = rf"(?:\d{{1,2}}(?:[ ]?(?:st|nd|rd|th|er|e)\b)?|\b(?:{any_of(ORDINALS)})\b)"
_Y = r"(?:19|20)\d\d"
_YEAR = rf"(?:[ ]?,?[ \n]{{0,2}}\b(?:of |de )?(?P<y>{_Y}|'\d\d|2\d)\b|[-/](?P<y2>{_Y}|\d\d)\b)?"
_DAY_NAME = rf"(?:(?:(?:this|next|the|le|du|au|ce) )?(?P<wd>{any_of(_WEEKDAYS)})[.,]?{_S})?"
_THE = r"(?:the |le |du |au |les )?"
_PREPOSITION = r"(?:on|by|before|until|till?|since|le|du|au)"
_AND = r"[ ]?(?:-|to|and|&|/|or|a|au|et|ou|until)[ ]?"
_AMOUNT = (
    rf"(?P<n>\d{{1,3}}|{_NUMBER})(?:[ ]?\(\d{{1,3}}\))?[ -]?"
    r"(?P<unit>hours?|hrs?|h|heures?|(?:business|working|calendar|short|more|full)? ?days?|jours?(?: ouvrables| ouvres)?"
    r"|weeks?|fortnights?|semaines?|quinzaine)"
)

# A time, a decimal, a unit, more digits: the number before was no day.
_COUNTED = re.compile(rb"[:.,]\d|[ ]?(?:%|\$|h\b|am\b|pm\b|a\.m|p\.m|o'clock|heures?\b)|[/-]\d|\d")
_STREET = re.compile(rb"[ ,\n]{1,3}(?:rue|avenue|av\b|bd|boul|chemin|place|impasse|allee|route)|[:.,]\d|[ ]?h\b|[/-]\d")
# What goes on after "the 14th"; a noun would say that it is not a day: "the 3rd floor", "le 2 rue".
_GOES_ON = re.compile(
    rb"[ \n]*(?:$|[.,;:!?)\"'\xbb(/-])|[ \n]{1,3}(?:"
    rb"and|or|at|of|for|to|in|from|with|so|but|because|when|which|is|was|if|then|that|we|he|she|they|i|it|you|there|after"
    rb"|before|by|on|off|would|will|may|as|please|pls|morning|evening|afternoon|night|noon|next|inst|instant|this|the|my|his"
    rb"|her|our|their|your|nobody|no|not|has|have|had|until|through|since|also|only|already|again|cannot"
    rb"|et|ou|a|au|aux|de|du|pour|mais|car|avec|sans|il|elle|je|nous|vous|on|ils|elles|que|qui|si|c'|j'|l'|la|le|les|en|dans"
    rb"|matin|soir|apres|avant|puis|courant|prochain|dernier|pas|sera|est|s'il|svp|merci|afin|donc|jusqu|sur|date|par|chez"
    rb"|ne|n'|d'|mon|ma|mes|sa|son|ses|notre|votre)\b"
)
# Of a month that was named before, not of the message's own.
_OTHER_MONTH = re.compile(rb"[ \n]{1,3}of (?:that|the same|the following|each|every) month|" + _COUNTED.pattern)
# Which of all Mondays "le lundi" is.
_ONE_DAY = re.compile(
    rb",? (?:\d|prochain|dernier|passe|suivant|qui|en huit|en quinze|de la semaine|apres|avant|matin|soir)"
)
_MAY_THE_VERB = re.compile(rb"[ ]+(?:be|not|have|also|only|well|never|need|take|come|go|want|require|apply|travel)\b")
_SINCE_THEN = re.compile(rb"[ ]+(?:ago|old|before|after|since|of|per|a week|notice|passee?s?|plus tard|apres|par)\b")
# "Every Friday", "a Friday"; Good Friday and Easter Monday fall otherwise than the next one.
_EVERY = re.compile(rb"\b(?:every|each|any|on a|good|easter|holy|chaque|tous les) (?:\w+ (?:and|or|et|ou) )?$")
# "No answer till today": what was, not what is to come.
_UP_TO = re.compile(rb"\b(?:till?|until|up ?to|jusqu'a|a ce jour) $")
_DIGITS_ON = re.compile(rb"[-/]\d|\.\d|\d")
_IN_A_NUMBER = re.compile(rb"\d[-/.,: ]$|[-+#/]$")

FORMS: dict[str, Form] = {
    "iso": Form(
        pattern=rf"{_Y}[-/.](?:0?[1-9]|1[0-2])[-/.](?:3[01]|[12]\d|0?[1-9])(?:t\d\d)?",
        read=_iso,
        full=True,
        not_before=_IN_A_NUMBER,
        not_behind=_DIGITS_ON,
    ),
    "numeric": Form(
        pattern=rf"(?:{_PREPOSITION} )?\d{{1,2}}(?:/\d{{1,2}}/|\.\d{{1,2}}\.|-\d{{1,2}}-)(?:{_Y}|\d\d)",
        read=_numeric,
        full=True,
        not_before=_IN_A_NUMBER,
        not_behind=_DIGITS_ON,
    ),
    "days_month": Form(
        pattern=rf"{_DAY_NAME}{_THE}(?P<d2>{_D}){_AND}(?:(?:the|le|{_WEEKDAY}) )?(?P<d>{_D}){_S}(?:of |de )?"
        rf"(?P<m>{_MONTH})\b\.?{_YEAR}",
        read=_two_named,
        full=True,
        not_before=_IN_A_NUMBER,
    ),
    "day_month": Form(
        pattern=rf"{_DAY_NAME}{_THE}(?P<d>{_D})(?:[ \n]{{0,3}}|[-/.])(?:day )?(?:of |de )?(?P<m>{_MONTH})\b\.?{_YEAR}",
        read=_named,
        full=True,
        not_before=_IN_A_NUMBER,
        not_behind=_MAY_THE_VERB,
    ),
    "month_days": Form(
        pattern=rf"{_DAY_NAME}(?P<m>{_MONTH})\.?{_S}(?P<d>{_D}){_AND}(?P<d2>{_D})\b{_YEAR}",
        read=_two_named,
        full=True,
        not_behind=_COUNTED,
    ),
    "month_day": Form(
        pattern=rf"{_DAY_NAME}(?P<m>{_MONTH})\b\.?(?:(?:{_S}|-)(?:the )?|,? le )(?P<d>{_D})\b{_YEAR}",
        read=_named,
        full=True,
        not_behind=_COUNTED,
    ),
    "short_numeric": Form(
        pattern=rf"{_PREPOSITION} \d{{1,2}}/\d{{1,2}}",
        read=_numeric,
        full=True,
        not_behind=_DIGITS_ON,
    ),
    "weeks_from": Form(
        pattern=rf"(?P<n>a|one|two|three|[123]) weeks? (?:from (?:this )?|on |after |next )?(?P<day>tomorrow|{_WEEKDAY})",
        read=_weeks_from,
    ),
    "after_tomorrow": Form(pattern=r"(?:the )?day after tomorrow|apres[- ]?demain", read=_days_on(2)),
    "tomorrow_week": Form(pattern=r"tomorrow week|demain en huit", read=_days_on(8)),
    "tomorrow": Form(pattern=r"tomm?orr?ow|tmrw|tmrow|tmr|2moro|demain", read=_days_on(1)),
    "tonight": Form(pattern=r"tonight|tonite|this evening|ce soir|cette nuit", read=_days_on(0)),
    "today": Form(
        pattern=r"today|this (?:afternoon|morning)|aujourd'hui|cet apres-midi|ce matin",
        read=_days_on(0),
        vague=True,
        not_before=_UP_TO,
    ),
    "in_time": Form(
        pattern=r"(?:in|within|inside|under|less than|only|have|has|just|another|next|dans|d'ici|sous|moins de|reste|encore"
        r"|que|lui|nous)(?: the| only| about| exactly| just| under| less than| next| barely| some| les| moins de| environ"
        rf"| seulement| que| a peine| encore| plus que)?{_S}{_AMOUNT}(?:' time| time| from (?:now|today)| away| left| hence)?",
        read=_duration,
        vague=True,
        not_behind=_SINCE_THEN,
    ),
    "time_left": Form(
        pattern=rf"{_AMOUNT} (?:from (?:now|today)|away|left|out|remain\w*|to go|time|hence)",
        read=_duration,
        vague=True,
    ),
    "weekday_day": Form(
        pattern=rf"(?:(?:this|next|the|le|du|au|ce) )?(?P<wd>{_WEEKDAY})\b,? (?:the |le )?(?P<d>{_D})",
        read=_weekday,
        not_behind=_COUNTED,
        otherwise="weekday",
    ),
    "habit": Form(
        pattern=rf"le (?P<wd>{_WEEKDAY})", read=_weekday, vague=True, not_behind=_ONE_DAY, otherwise="weekday"
    ),
    "weekday": Form(
        pattern=r"(?:(?P<which>last|past|next|coming|this coming|this next|this past|this|ce|du|le) )?"
        rf"(?P<wd>{_WEEKDAY})\b(?:,? (?P<on>week|of next week|next week|de la semaine prochaine|en huit|en quinze))?(?:[ ](?P<which_behind>next|prochain|qui vient|dernier|passe|last))?",
        read=_weekday,
        not_before=_EVERY,
    ),
    "short_weekday_day": Form(
        pattern=rf"(?:(?:on|by|this|next|until|till?|before|is|for|the|le) )?(?P<wd>{_SHORT})\b[.,]? (?:the |le )?(?P<d>\d{{1,2}}(?:st|nd|rd|th))",
        read=_weekday,
    ),
    "short_weekday": Form(
        pattern=rf"(?P<which>on|by|this|next|until|till?|before|is|for|last|since) (?P<wd>{_SHORT})\b", read=_weekday
    ),
    "weekend": Form(
        pattern=r"this (?:coming )?week-?end|(?:on|over|at|past) the week-?end|ce week-?end|cette fin de semaine",
        read=_next(5),
        vague=True,
    ),
    "week_end": Form(
        pattern=r"(?:the )?end of (?:the|this) week|(?:la )?fin de (?:la|cette) semaine", read=_next(4), vague=True
    ),
    "month_end": Form(
        pattern=r"(?:(?:the )?end of (?:the |this |of )?|month-?|(?:la )?fin (?:de |du |de ce )?)"
        rf"(?:month|end|mois|(?P<m>{_MONTH}))",
        read=_month_end,
        vague=True,
    ),
    "next_week": Form(pattern=r"next week|(?:la )?semaine prochaine", read=_next_week, vague=True),
    "feast": Form(pattern=any_of(FEASTS), read=_feast, vague=True, not_before=_IN_A_NUMBER),
    "ordinal": Form(
        pattern=r"(?P<d>\d{1,2}[ ]?(?:st|nd|rd|th)|(?:by|before|until|till?) the \d{1,2})"
        r"(?P<more> of (?:next|this) month| next month| inst(?:ant)?| ult)?",
        read=_ordinal,
        not_behind=_OTHER_MONTH,
        behind=_GOES_ON,
    ),
    "ordinal_word": Form(
        pattern=rf"(?P<d>{any_of(ORDINALS)})(?P<more> of (?:next|this) month| next month| inst(?:ant)?| ult)",
        read=_ordinal,
    ),
    "ordinal_fr": Form(
        pattern=r"(?:le|du|au|les) (?P<d>\d{1,2}(?:er)?)(?P<more> courant| prochain| du mois prochain| du mois| de ce mois)?",
        read=_ordinal,
        not_behind=_STREET,
        behind=_GOES_ON,
    ),
}
