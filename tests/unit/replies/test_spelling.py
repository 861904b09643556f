"""Dates and times in words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.unit.policy.cases import OFFICE
from triage.core.message import Language
from triage.core.replies.spelling import spelled, spelled_date

EN, FR = Language.ENGLISH, Language.FRENCH
# id: (moment in UTC, zone, language, in words; "·" is a no-break space)
MOMENTS = {
    "English, afternoon": (
        (2026, 11, 25, 10),
        "Asia/Kolkata",
        EN,
        "Wednesday, November 25, 2026, 3:30·p.m. (Delhi time, UTC+05:30)",
    ),
    "English, noon": (
        (2026, 11, 25, 12),
        "UTC",
        EN,
        "Wednesday, November 25, 2026, 12:00·p.m. (Delhi time, UTC+00:00)",
    ),
    "French, half past": (
        (2026, 11, 25, 10),
        "Asia/Kolkata",
        FR,
        "mercredi 25 novembre 2026 à 15·h·30 (heure locale, Delhi, UTC+05:30)",
    ),
    "French, the full hour": (
        (2026, 11, 25, 16),
        "Europe/Paris",
        FR,
        "mercredi 25 novembre 2026 à 17·h (heure locale, Delhi, UTC+01:00)",
    ),
    "French, five past nine": (
        (2026, 2, 1, 8, 5),
        "Europe/Paris",
        FR,
        "dimanche 1er février 2026 à 9·h·05 (heure locale, Delhi, UTC+01:00)",
    ),
    "in summer": (
        (2026, 7, 1, 7),
        "Europe/Paris",
        FR,
        "mercredi 1er juillet 2026 à 9·h (heure locale, Delhi, UTC+02:00)",
    ),
    "west of Greenwich, the day before": (
        (2026, 8, 11, 3),
        "America/Toronto",
        EN,
        "Monday, August 10, 2026, 11:00·p.m. (Delhi time, UTC-04:00)",
    ),
}


@pytest.mark.parametrize(("moment", "zone", "language", "words"), MOMENTS.values(), ids=MOMENTS.keys())
def test_a_moment_is_told_in_the_offices_time(
    moment: tuple[int, int, int, int], zone: str, language: Language, words: str
) -> None:
    """With its zone, since readers are elsewhere."""
    told = spelled(datetime(*moment, tzinfo=UTC), replace(OFFICE, zone=ZoneInfo(zone)), language)
    assert told.replace("\u00a0", "·") == words


def test_the_first_of_a_month_is_an_ordinal_in_french_only() -> None:
    """1er, and no other day: not the 11th, 21st or 31st."""
    days = [date(2026, 12, day) for day in (1, 11, 21, 31)]
    assert [spelled_date(day, FR).split()[1] for day in days] == ["1er", "11", "21", "31"]
    assert spelled_date(days[0], EN) == "Tuesday, December 1, 2026"


def test_every_day_of_a_year_can_be_told() -> None:
    """Months and weekdays are words of the language, never numbers of the machine."""
    words = {word for day in range(1, 366) for word in spelled_date(date.fromordinal(739_616 + day), FR).split()}
    months = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"}
    months |= {"septembre", "octobre", "novembre", "décembre"}
    assert {*months, "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "1er"} <= words
