"""Due times in an office's own hours, week, zone and holidays."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from triage.core.office import WorkingHours
from triage.core.working_time import (
    WorkingTime,
    due,
    is_working_day,
    keeps_holidays_of,
    office_time,
    parse_working_time,
    working_days_left,
)

WEEK = WorkingHours(days=frozenset(range(5)), opens=time(9), closes=time(17))
SUNDAY_TO_THURSDAY = WorkingHours(days=frozenset({6, 0, 1, 2, 3}), opens=time(8), closes=time(15, 30))
WITH_HOLIDAYS = WorkingHours(days=WEEK.days, opens=WEEK.opens, closes=WEEK.closes, holidays="IN")

# id: (hours, zone, start there, span, due there)
TABLE = {
    "hours within the day": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "4 working hours", "2026-11-25 14:00"),
    "hours up to closing": (WEEK, "Asia/Kolkata", "2026-11-25 13:00", "4 working hours", "2026-11-25 17:00"),
    "hours over night": (WEEK, "Asia/Kolkata", "2026-11-25 15:30", "4 working hours", "2026-11-26 11:30"),
    "hours before opening": (WEEK, "Asia/Kolkata", "2026-11-25 03:00", "4 working hours", "2026-11-25 13:00"),
    "hours after closing": (WEEK, "Asia/Kolkata", "2026-11-25 20:00", "4 working hours", "2026-11-26 13:00"),
    "hours over a week end": (WEEK, "Asia/Kolkata", "2026-11-27 16:00", "2 working hours", "2026-11-30 10:00"),
    "hours on a day off": (WEEK, "Asia/Kolkata", "2026-11-28 12:00", "1 working hour", "2026-11-30 10:00"),
    "more hours than a day has": (WEEK, "Asia/Kolkata", "2026-11-25 09:00", "20 working hours", "2026-11-27 13:00"),
    "minutes": (WEEK, "Asia/Kolkata", "2026-11-25 16:45", "30 working minutes", "2026-11-26 09:15"),
    "a day": (WEEK, "Asia/Kolkata", "2026-11-24 10:00", "1 working day", "2026-11-25 17:00"),
    "a day, before opening": (WEEK, "Asia/Kolkata", "2026-11-24 01:00", "1 working day", "2026-11-25 17:00"),
    "a day, after closing": (WEEK, "Asia/Kolkata", "2026-11-24 20:00", "1 working day", "2026-11-25 17:00"),
    "a day, from Friday": (WEEK, "Asia/Kolkata", "2026-11-27 10:00", "1 working day", "2026-11-30 17:00"),
    "a day, from Saturday": (WEEK, "Asia/Kolkata", "2026-11-28 10:00", "1 working day", "2026-11-30 17:00"),
    "five days": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "5 working days", "2026-12-02 17:00"),
    "a week from Sunday to Thursday": (
        SUNDAY_TO_THURSDAY,
        "Asia/Riyadh",
        "2026-11-26 14:30",
        "2 working hours",
        "2026-11-29 09:00",
    ),
    "its Friday is a day off": (
        SUNDAY_TO_THURSDAY,
        "Asia/Riyadh",
        "2026-11-26 10:00",
        "1 working day",
        "2026-11-29 15:30",
    ),
    # Republic Day: Monday 26 January 2026.
    "hours over a public holiday": (
        WITH_HOLIDAYS,
        "Asia/Kolkata",
        "2026-01-23 16:00",
        "2 working hours",
        "2026-01-27 10:00",
    ),
    "days over a public holiday": (
        WITH_HOLIDAYS,
        "Asia/Kolkata",
        "2026-01-23 10:00",
        "2 working days",
        "2026-01-28 17:00",
    ),
    "on a public holiday": (
        WITH_HOLIDAYS,
        "Asia/Kolkata",
        "2026-01-26 10:00",
        "1 working hour",
        "2026-01-27 10:00",
    ),
    # Clocks in Paris go back on Sunday 25 October 2026, and forward on Sunday 29 March 2026.
    "over the end of summer time": (WEEK, "Europe/Paris", "2026-10-23 16:00", "4 working hours", "2026-10-26 12:00"),
    "over its beginning": (WEEK, "Europe/Paris", "2026-03-27 16:00", "4 working hours", "2026-03-30 12:00"),
    "days over its beginning": (WEEK, "Europe/Paris", "2026-03-27 16:00", "1 working day", "2026-03-30 17:00"),
    "over the turn of the year": (WEEK, "Europe/Paris", "2026-12-31 16:00", "2 working hours", "2027-01-01 10:00"),
}


@pytest.mark.parametrize(("hours", "zone", "start", "span", "expected"), TABLE.values(), ids=TABLE.keys())
def test_only_the_offices_own_time_counts(hours: WorkingHours, zone: str, start: str, span: str, expected: str) -> None:
    """Its opening hours, its week, its zone, less its public holidays; told in UTC."""
    begun = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    found = due(begun, parse_working_time(span), hours, ZoneInfo(zone))
    assert found.tzinfo is UTC
    assert f"{found.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == expected


def test_the_day_is_the_offices_not_the_servers() -> None:
    """Monday evening in UTC is Tuesday in Manila."""
    found = due(datetime(2026, 11, 23, 20, tzinfo=UTC), WorkingTime(1, "days"), WEEK, ZoneInfo("Asia/Manila"))
    assert found == datetime(2026, 11, 25, 9, tzinfo=UTC)


# id: (hours, zone, now there, deadline, working days left)
LEFT = {
    "today": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "2026-11-25", 0),
    "today, after closing": (WEEK, "Asia/Kolkata", "2026-11-25 20:00", "2026-11-25", 0),
    "passed": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "2026-11-20", 0),
    "tomorrow": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "2026-11-26", 1),
    "Monday, on a Friday": (WEEK, "Asia/Kolkata", "2026-11-27 10:00", "2026-11-30", 1),
    "a day off counts as the working day before it": (WEEK, "Asia/Kolkata", "2026-11-27 10:00", "2026-11-29", 0),
    "two weeks": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "2026-12-09", 10),
    "a week from Sunday to Thursday": (SUNDAY_TO_THURSDAY, "Asia/Riyadh", "2026-11-26 10:00", "2026-11-29", 1),
    # Republic Day: Monday 26 January 2026.
    "over a public holiday": (WITH_HOLIDAYS, "Asia/Kolkata", "2026-01-23 10:00", "2026-01-27", 1),
    "on a public holiday": (WITH_HOLIDAYS, "Asia/Kolkata", "2026-01-23 10:00", "2026-01-26", 0),
    "in a year that nobody reaches": (WEEK, "Asia/Kolkata", "2026-11-25 10:00", "9999-12-31", 400),
}


@pytest.mark.parametrize(("hours", "zone", "now", "day", "left"), LEFT.values(), ids=LEFT.keys())
def test_days_left_are_the_offices_working_days(hours: WorkingHours, zone: str, now: str, day: str, left: int) -> None:
    """After today's, up to the deadline; and as many working days from now are over by then, as `due` counts them."""
    moment = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))
    found = working_days_left(moment.astimezone(UTC), date.fromisoformat(day), hours, ZoneInfo(zone))
    assert found == left
    if 0 < left < 400:
        ends = due(moment, WorkingTime(left, "days"), hours, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).date()
        assert (
            ends
            <= date.fromisoformat(day)
            < due(moment, WorkingTime(left + 1, "days"), hours, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).date()
        )


def test_days_left_begin_with_the_offices_day() -> None:
    """Monday evening in UTC is Tuesday in Manila, so that Wednesday is one working day away."""
    evening = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert working_days_left(evening, date(2026, 11, 25), WEEK, ZoneInfo("Asia/Manila")) == 1
    assert working_days_left(evening, date(2026, 11, 25), WEEK, ZoneInfo("UTC")) == 2


# id: (hours, zone, moment in UTC, what it is there)
TIMES = {
    "at opening": (WEEK, "Asia/Kolkata", "2026-11-25 03:30:00", "office-hours"),
    "just before": (WEEK, "Asia/Kolkata", "2026-11-25 03:29:59", "outside-hours"),
    "just before closing": (WEEK, "Asia/Kolkata", "2026-11-25 11:29:59", "office-hours"),
    "at closing": (WEEK, "Asia/Kolkata", "2026-11-25 11:30:00", "outside-hours"),
    "a Saturday": (WEEK, "Asia/Kolkata", "2026-11-28 06:00:00", "outside-hours"),
    "a Sunday that is worked on": (SUNDAY_TO_THURSDAY, "Asia/Riyadh", "2026-11-29 06:00:00", "office-hours"),
    "a public holiday": (WITH_HOLIDAYS, "Asia/Kolkata", "2026-01-26 06:00:00", "holiday"),
    "its night, the day before in UTC": (WITH_HOLIDAYS, "Asia/Kolkata", "2026-01-25 18:30:00", "holiday"),
    "a holiday that is not kept": (WEEK, "Asia/Kolkata", "2026-01-26 06:00:00", "office-hours"),
    "a holiday on a day off": (WITH_HOLIDAYS, "Asia/Kolkata", "2026-08-15 06:00:00", "holiday"),
    # Clocks in Paris go forward on 29 March 2026 and back on 25 October: nine o'clock is another hour in UTC.
    "in winter": (WEEK, "Europe/Paris", "2026-03-27 07:30:00", "outside-hours"),
    "in summer": (WEEK, "Europe/Paris", "2026-03-30 07:30:00", "office-hours"),
    "in winter again": (WEEK, "Europe/Paris", "2026-10-26 07:30:00", "outside-hours"),
}


@pytest.mark.parametrize(("hours", "zone", "moment", "expected"), TIMES.values(), ids=TIMES.keys())
def test_the_time_is_that_of_the_offices_clock(hours: WorkingHours, zone: str, moment: str, expected: str) -> None:
    """From opening until closing, on working days; holidays are told apart."""
    assert office_time(datetime.fromisoformat(moment).replace(tzinfo=UTC), hours, ZoneInfo(zone)) == expected


WRONG = ["4 hours", "two working days", "0 working days", "1000 working days", "4 working weeks", "", "-1 working days"]


@pytest.mark.parametrize("text", WRONG)
def test_other_spans_are_refused(text: str) -> None:
    """The sentence says what is expected."""
    with pytest.raises(ValueError, match="expected one like '4 working hours'"):
        parse_working_time(text)


@pytest.mark.parametrize("text", ["1 working day", "4 working hours", "30 working minutes", "1 working minute"])
def test_a_span_is_told_as_it_was_written(text: str) -> None:
    """What `explain` shows is what the rules say."""
    assert str(parse_working_time(text)) == text


NEVER = {
    "no days": WorkingHours(days=frozenset(), opens=time(9), closes=time(17)),
    "never open": WorkingHours(days=WEEK.days, opens=time(9), closes=time(9)),
}


@pytest.mark.parametrize("hours", NEVER.values(), ids=NEVER.keys())
@pytest.mark.parametrize("span", [WorkingTime(1, "days"), WorkingTime(1, "hours")], ids=str)
def test_an_office_that_never_works_is_an_error_not_an_endless_search(hours: WorkingHours, span: WorkingTime) -> None:
    """Settings refuse such hours; here the search ends."""
    with pytest.raises(ValueError, match="no working hours within 400 days"):
        due(datetime(2026, 11, 25, tzinfo=UTC), span, hours, ZoneInfo("UTC"))


def test_public_holidays_are_days_off_only_where_the_office_keeps_them() -> None:
    """An office without a calendar works on them."""
    republic_day = date(2026, 1, 26)
    assert not is_working_day(republic_day, WITH_HOLIDAYS)
    assert is_working_day(republic_day, WEEK)


def test_the_calendars_of_the_offices_countries_are_known() -> None:
    """Countries with an office of the department."""
    assert all(keeps_holidays_of(code) for code in ("IN", "KE", "FR", "PH", "TR", "GH", "MX", "CA"))
    assert not keeps_holidays_of("XX")
