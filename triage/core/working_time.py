"""Due times and days left in an office's own working hours: its week, its time zone, its public holidays."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
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

    Whole days end at closing time: "1 working day" from Tuesday 10:00, as from Tuesday 20:00, is Wednesday's closing.
    Wall-clock hours count, so that a change to summer time moves no due time out of office hours. Raises ValueError
    where the office never works.
    """
    local = start.astimezone(zone).replace(tzinfo=None)
    ends = _after_days(local, span.amount, hours) if span.unit == "days" else _after_hours(local, span, hours)
    return ends.replace(tzinfo=zone).astimezone(UTC)


class OfficeTime(StrEnum):
    """What a moment is to an office."""

    OPEN = "office-hours"
    CLOSED = "outside-hours"  # before opening, from closing on, or on a day of the week that is off
    HOLIDAY = "holiday"  # a public holiday, whatever its weekday and hour


def office_time(moment: datetime, hours: WorkingHours, zone: ZoneInfo) -> OfficeTime:
    """Say what `moment` (aware) is by the office's own clock on the wall, summer time and all."""
    local = moment.astimezone(zone)
    if _is_holiday(local.date(), hours):
        return OfficeTime.HOLIDAY
    is_open = local.weekday() in hours.days and hours.opens <= local.time() < hours.closes
    return OfficeTime.OPEN if is_open else OfficeTime.CLOSED


def working_days_left(now: datetime, day: date, hours: WorkingHours, zone: ZoneInfo) -> int:
    """Count the office's working days after today's, up to `day` and with it; 0 where `day` is today or past.

    As `due` counts: so many working days from now end on `day`, or on the last working day before it. What is more than
    MOST_DAYS days off has MOST_DAYS left, since a sender may name any year.
    """
    today = now.astimezone(zone).date()
    ahead = (day - today).days
    if ahead > MOST_DAYS:
        return MOST_DAYS
    return sum(is_working_day(today + timedelta(days=later), hours) for later in range(1, ahead + 1))


def no_later(span: WorkingTime, limit: WorkingTime, hours: WorkingHours) -> bool:
    """Whether `span` is over no later than `limit`, whenever both begin, in an office with these hours.

    Hours and days compare by the working day's length: k hours that begin after closing time end with day n where
    k <= n * length; n days that begin at opening time last until n + 1 whole days are worked.
    """
    if span.unit == limit.unit == "days":
        return span.amount <= limit.amount
    if span.unit == "days":
        return (span.amount + 1) * hours.day <= _worked(limit)
    return _worked(span) <= (limit.amount * hours.day if limit.unit == "days" else _worked(limit))


def _worked(span: WorkingTime) -> timedelta:
    return timedelta(**{span.unit: span.amount})


def is_working_day(day: date, hours: WorkingHours) -> bool:
    """Whether the office works on that day of its own calendar."""
    return day.weekday() in hours.days and not _is_holiday(day, hours)


def keeps_holidays_of(country: str) -> bool:
    """Whether the public holidays of `country` (ISO 3166) are known."""
    return country in holidays.list_supported_countries(include_aliases=True)


def _after_days(local: datetime, days: int, hours: WorkingHours) -> datetime:
    day = local.date()
    for _ in range(days):
        day = _working_day(day + timedelta(days=1), hours)
    return datetime.combine(day, hours.closes)


def _after_hours(local: datetime, span: WorkingTime, hours: WorkingHours) -> datetime:
    left = _worked(span)
    day = _working_day(local.date(), hours)
    while True:
        begins = max(local, datetime.combine(day, hours.opens))
        worked = max(datetime.combine(day, hours.closes) - begins, timedelta(0))
        if left <= worked:
            return begins + left
        left -= worked
        day = _working_day(day + timedelta(days=1), hours)


def _working_day(day: date, hours: WorkingHours) -> date:
    """That day, or the next one on which the office works."""
    if hours.opens < hours.closes:
        for later in range(MOST_DAYS):
            found = day + timedelta(days=later)
            if is_working_day(found, hours):
                return found
    raise ValueError(f"no working hours within {MOST_DAYS} days; check the office's days, hours and holidays")


def _is_holiday(day: date, hours: WorkingHours) -> bool:
    return hours.holidays is not None and day in _holidays(hours.holidays, day.year)


@lru_cache(maxsize=4096)
def _holidays(country: str, year: int) -> frozenset[date]:
    # Copied out, since the library's own object grows whenever it is asked, which threads would do at once.
    return frozenset(holidays.country_holidays(country, years=year))
