"""Whether many more register than at this hour on other days, and about what: a hint to open a cause."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from config.clock import office_day
from ticketing import tables
from ticketing.probe import of_citizens
from ticketing.tickets.calendar import Calendar

AN_HOUR = timedelta(hours=1)
DAYS_COMPARED = 5
LOOKED_BACK = 30
"""Calendar days among which those working days are: long holidays have fewer."""
TIMES_AS_MANY = 4
FEWEST = 12
"""Fewer than these in an hour are no surge, however few there usually are."""
ALL = None
"""What stands for whatever citizens come with."""
TICKET = tables.tickets.c


@dataclass(frozen=True, slots=True)
class Surge:
    """More than four times as many in the last hour as is usual; `category` is None for all together."""

    category: str | None
    last_hour: int
    usual: float


def surges(connection: Connection, calendar: Calendar, at: datetime) -> list[Surge]:
    """What is far more than usual at this hour, all together first, then the most.

    Tickets are counted, not calls: who redials twenty times is one citizen with one matter.
    """
    lately = _registered(connection, at)
    days = [_registered(connection, day) for day in _working_days(calendar, at)]
    usual = {what: sum(day[what] for day in days) / max(1, len(days)) for what in lately}
    found = [
        Surge(what, count, usual[what])
        for what, count in lately.items()
        if count >= FEWEST and count > TIMES_AS_MANY * usual[what]
    ]
    return sorted(found, key=lambda one: (one.category is not ALL, -one.last_hour, one.category or ""))


def _working_days(calendar: Calendar, at: datetime) -> list[datetime]:
    """The same time of day on the last working days."""
    earlier = (at - timedelta(days=n) for n in range(1, LOOKED_BACK + 1))
    return [day for day in earlier if calendar.is_working_day(office_day(day))][:DAYS_COMPARED]


def _registered(connection: Connection, until_at: datetime) -> Counter[str | None]:
    """Tickets of the hour before, by category and all together; of restricted ones only that they came."""
    since_at = until_at - AN_HOUR
    statement = (
        select(TICKET.category, TICKET.restricted, func.count())
        .where(
            # The day is what there is an index for.
            TICKET.day.in_({office_day(since_at), office_day(until_at)}),
            TICKET.registered_at > since_at,
            TICKET.registered_at <= until_at,
            of_citizens(),
        )
        .group_by(TICKET.category, TICKET.restricted)
    )
    found: Counter[str | None] = Counter()
    for category, restricted, count in connection.execute(statement):
        found[ALL] += count
        if category is not None and not restricted:
            found[category] += count
    return found
