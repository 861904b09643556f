"""Due times in an office's own working hours: its week, its time zone, its public holidays."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

from triage.core.office import WorkingHours

Unit = Literal["minutes", "hours", "days"]
_FORM = re.compile(r"^(\d{1,3}) working (minute|hour|day)s?$")
# A year without one working day is a mistake in the settings, not an office.
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A span that counts only while the office works: "4 working hours", "2 working days"."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        """As rules write it."""
        return f"{self.amount} working {self.unit if self.amount != 1 else self.unit[:-1]}"


def parse_working_time(text: str) -> WorkingTime:
    """Read "30 working minutes", "4 working hours", "2 working days"; raises ValueError saying what is expected."""
    found = _FORM.match(text.strip())
    if not found or int(found.group(1)) == 0:
        raise ValueError(f"'{text}' is no working time; expected one like '4 working hours' or '2 working days'")
    units: dict[str, Unit] = {"minute": "minutes", "hour": "hours", "day": "days"}
    return WorkingTime(int(found.group(1)), units[found.group(2)])


def due(start: datetime, span: WorkingTime, hours: WorkingHours, zone: ZoneInfo) -> datetime:
    """Give the moment (aware UTC) when `span` of the office's working time has passed since `start` (aware).

    Whole days end at closing time: "1 working day" from Tuesday 10:00 is Wednesday's closing. Wall-clock hours count,
    so that a change to summer time moves no due time out of office hours.
    """
    local = start.astimezone(zone)
    if span.unit == "days":
        day = local.date()
        # After closing, or on a day off, the first whole day is the next working day.
        counted = 0
        while counted < span.amount:
            day = _next_working_day(day, hours)
            counted += 1
        return _at(day, hours.closes.hour, hours.closes.minute, zone)
    left = timedelta(hours=span.amount) if span.unit == "hours" else timedelta(minutes=span.amount)
    day = local.date()
    now = local.replace(tzinfo=None)
    for _ in range(MOST_DAYS):
        if is_working_day(day, hours):
            opens, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
            begins = max(now, opens)
            if begins + left <= closes:
                ends = begins + left
                return _at(ends.date(), ends.hour, ends.minute, zone)
            left -= max(closes - begins, timedelta(0))
        day += timedelta(days=1)
    raise ValueError(f"no working hours within {MOST_DAYS} days; check the office's days and holidays")


def is_working_day(day: date, hours: WorkingHours) -> bool:
    """Whether the office works on that day of its own calendar."""
    return day.weekday() in hours.days and not (hours.holidays and day in _holidays(hours.holidays))


def _next_working_day(day: date, hours: WorkingHours) -> date:
    for _ in range(MOST_DAYS):
        day += timedelta(days=1)
        if is_working_day(day, hours):
            return day
    raise ValueError(f"no working day within {MOST_DAYS} days; check the office's days and holidays")


def _at(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


@cache
def _holidays(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)
