"""The office's calendar: opening hours and days off, in Asia/Jakarta days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import OFFICE_ZONE, office_day
from config.follow_up import Span
from config.office import ROUND_THE_CLOCK, DayOff, Hours
from tests.builders import OFFICE
from ticketing.tickets.calendar import Calendar, alarms

CALENDAR = Calendar(OFFICE.hours)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def wib(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=OFFICE_ZONE)


def test_the_hotline_opens_and_closes_by_the_offices_clock():
    assert not CALENDAR.is_open(wib(2026, 11, 23, 7, 29))
    assert CALENDAR.is_open(wib(2026, 11, 23, 7, 30))
    assert not CALENDAR.is_open(wib(2026, 11, 23, 15, 0))
    assert not CALENDAR.is_open(wib(2026, 11, 22, 10, 0)), "Sunday"


def test_a_call_before_christmas_is_promised_for_the_saturday_after():
    promised = CALENDAR.next_opening(wib(2026, 12, 23, 16, 0))

    assert promised == wib(2026, 12, 26, 9, 0)


def test_a_year_without_a_list_of_holidays_is_known_as_such():
    assert CALENDAR.has_table(2026)
    assert not CALENDAR.has_table(2027)


@given(INSTANTS)
def test_the_next_opening_is_ahead_on_a_working_day_and_open(instant: datetime):
    opening = CALENDAR.next_opening(instant)

    assert opening > instant
    assert CALENDAR.is_open(opening)
    assert not CALENDAR.is_open(opening - timedelta(microseconds=1))
    assert CALENDAR.is_working_day(office_day(opening))


@given(INSTANTS)
def test_a_call_back_falls_due_within_working_time_or_at_its_end(instant: datetime):
    due = CALENDAR.call_back_due(instant)

    assert due > instant
    assert CALENDAR.is_open(due) or CALENDAR.is_open(due - timedelta(seconds=1))


def test_the_day_of_a_number_is_the_jakarta_day():
    assert office_day(datetime(2026, 11, 23, 16, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert office_day(datetime(2026, 11, 23, 17, 0, tzinfo=UTC)) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("at", "closes"),
    [
        (wib(2026, 11, 23, 14, 59, 59), wib(2026, 11, 23, 15, 0)),
        (wib(2026, 11, 23, 15, 0), None),
        (wib(2026, 11, 27, 7, 30), wib(2026, 11, 27, 14, 30)),
        (wib(2026, 12, 25, 10, 0), None),
    ],
)
def test_the_office_closes_at_its_hour_and_not_while_it_is_closed(at: datetime, closes: datetime | None):
    assert CALENDAR.closes(at) == closes


def test_a_line_that_is_always_open_never_closes():
    assert Calendar(ROUND_THE_CLOCK).closes(wib(2026, 11, 23, 23, 59)) is None


def test_who_is_sent_home_at_closing_is_called_back_on_the_next_working_day():
    closes = CALENDAR.closes(wib(2026, 12, 24, 9, 0)) or wib(2026, 12, 23, 15, 0)

    assert CALENDAR.call_back_due(closes) == wib(2026, 12, 26, 9, 0)


def test_an_empty_table_of_days_off_is_told_of_two_months_before_its_year():
    filled = {year: (DayOff(date(year, 12, 25), "Natal", "libur nasional"),) for year in (2026, 2027)}
    hours = Hours(OFFICE.hours.week, {2026: filled[2026]})

    assert alarms(hours, date(2026, 10, 30)) == []
    assert ["2027" in alarm.id for alarm in alarms(hours, date(2026, 11, 24))] == [True]
    assert len(alarms(Hours(OFFICE.hours.week, {}), date(2026, 11, 24))) == 2
    assert alarms(Hours(OFFICE.hours.week, filled), date(2026, 12, 31)) == []
    assert alarms(ROUND_THE_CLOCK, date(2026, 12, 31)) == []


@given(INSTANTS, st.sampled_from([1, 10, 60, 250]), st.sets(st.integers(0, 6), min_size=1))
def test_working_days_are_counted_in_years_whose_days_off_nobody_filled_in(
    instant: datetime, days: int, week: set[int]
):
    calendar = Calendar(Hours({day: (time(7, 30), time(15)) for day in week}, {}))

    later = calendar.after(instant, Span(working_days=days))

    assert calendar.is_working_day(office_day(later))
    assert calendar.before(calendar.after(later, Span(working_days=days)), Span(working_days=days)) == later
    assert later.astimezone(OFFICE_ZONE).time() == instant.astimezone(OFFICE_ZONE).time()


def test_an_office_closed_for_months_opens_again_after_them():
    closed = tuple(DayOff(date(2026, 1, 1) + timedelta(n), "libur", "libur nasional") for n in range(365))
    calendar = Calendar(Hours(OFFICE.hours.week, {2026: closed}))

    assert calendar.next_opening(wib(2026, 1, 5, 8, 0)) == wib(2027, 1, 1, 7, 30)
    assert calendar.after(wib(2026, 1, 5, 8, 0), Span(working_days=1)) == wib(2027, 1, 1, 8, 0)


def test_a_week_without_an_open_day_counts_no_working_days():
    with pytest.raises(AssertionError, match="open day"):
        Calendar(Hours({}, {})).after(wib(2026, 11, 23, 8, 0), Span(working_days=1))
