"""Dates and times in words, in the reader's language and the office's time."""

import re
from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date, format_time

from triage.core.message import Language
from triage.core.office import Office

_LOCALES = {Language.ENGLISH: "en_CA", Language.FRENCH: "fr_CA"}
_FIRST = re.compile(r"(?<!\d)1 (?=\D)")


def spelled(when: datetime, office: Office, language: Language) -> str:
    """Spell an aware moment: "Tuesday, May 12, 2026, 5:00 p.m. (Delhi time, UTC+05:30)"; English or French."""
    local = when.astimezone(office.zone)
    offset = local.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:5]}"
    if language is Language.FRENCH:
        # "9 h", "17 h 05": the locale data says "09 h 00" and breaks between the number and its h.
        hour = f"{local.hour}\u00a0h" + (f"\u00a0{local.minute:02}" if local.minute else "")
        return f"{spelled_date(local.date(), language)} à {hour} (heure locale, {office.name(language)}, {zone})"
    # Older mail programs have no glyph for the narrow no-break space.
    hour = format_time(local, "short", locale="en_CA").replace("\u202f", "\u00a0")
    return f"{spelled_date(local.date(), language)}, {hour} ({office.name(language)} time, {zone})"


@lru_cache(maxsize=1024)
def spelled_date(day: date, language: Language) -> str:
    """Spell a day with its weekday: "Tuesday, May 12, 2026", "mardi 1er décembre 2026"."""
    words = format_date(day, "full", locale=_LOCALES[language])
    # The locale data has no ordinals, which French needs for the first of a month.
    return _FIRST.sub("1er ", words) if language is Language.FRENCH else words
