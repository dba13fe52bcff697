"""Whether far more register than is usual at this hour: counted on made-up days, weekends and holidays."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert

from config.clock import office_day
from tests.builders import MONDAY_MORNING, OFFICE
from ticketing import tables
from ticketing.causes.surge import ALL, FEWEST, Surge, surges
from ticketing.tickets.calendar import Calendar

CALENDAR = Calendar(OFFICE.hours)
NOW = MONDAY_MORNING + timedelta(days=2)
"""Wednesday at nine."""
SERIALS = count(1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    tables.tickets.create(engine)
    with engine.begin() as opened:
        yield opened


def registered(connection: Connection, many: int, at: datetime, category: str | None = "22") -> None:
    same = {"day": office_day(at), "sop_version": "x", "last_call_at": at, "state": "registered", "misses": 0}
    same |= {"category": category, "restricted": category == "91"}
    rows: list[dict[str, Any]] = [
        same
        | {
            "ticket_id": str(next(SERIALS)),
            "serial": next(SERIALS),
            "registered_at": at - timedelta(minutes=n % 50),
        }
        for n in range(many)
    ]
    connection.execute(insert(tables.tickets), rows)


def on_working_days(connection: Connection, many: int, days: int = 5, category: str | None = "22") -> None:
    """So many at this hour on each of the last working days."""
    day = NOW
    for _ in range(days):
        day -= timedelta(days=1)
        while not CALENDAR.is_working_day(office_day(day)):
            day -= timedelta(days=1)
        registered(connection, many, day, category)


def test_more_than_four_times_the_usual_is_told_for_all_and_for_the_matter(connection: Connection):
    on_working_days(connection, 5)
    registered(connection, 21, NOW)
    registered(connection, 3, NOW, category="11")

    assert surges(connection, CALENDAR, NOW) == [Surge(ALL, 24, 5.0), Surge("22", 21, 5.0)]


def test_four_times_the_usual_is_not_yet_more_than_that(connection: Connection):
    on_working_days(connection, 5)
    registered(connection, 20, NOW)

    assert surges(connection, CALENDAR, NOW) == []


def test_a_hotline_without_a_past_tells_of_what_is_many_by_itself(connection: Connection):
    registered(connection, FEWEST - 1, NOW)
    few = surges(connection, CALENDAR, NOW)
    registered(connection, 1, NOW)

    assert (few, surges(connection, CALENDAR, NOW)) == ([], [Surge(ALL, 12, 0.0), Surge("22", 12, 0.0)])


def test_days_off_are_not_what_is_usual_and_another_hour_neither(connection: Connection):
    on_working_days(connection, 5)
    sunday = NOW - timedelta(days=3)
    assert not CALENDAR.is_working_day(office_day(sunday))
    registered(connection, 300, sunday)
    registered(connection, 300, NOW - timedelta(days=1, hours=2))
    registered(connection, 300, NOW - timedelta(hours=2))
    registered(connection, 21, NOW)

    assert surges(connection, CALENDAR, NOW) == [Surge(ALL, 21, 5.0), Surge("22", 21, 5.0)]


def test_a_restricted_matter_is_counted_among_all_and_named_nowhere(connection: Connection):
    registered(connection, 30, NOW, category="91")

    assert surges(connection, CALENDAR, NOW) == [Surge(ALL, 30, 0.0)]


def test_an_hour_around_midnight_counts_both_days(connection: Connection):
    midnight = NOW.replace(hour=17, minute=20)  # 00.20 WIB
    registered(connection, 40, midnight - timedelta(minutes=25))
    registered(connection, 10, midnight - timedelta(minutes=50))

    assert surges(connection, CALENDAR, midnight)[0].last_hour > 10
