"""Time: instants are UTC everywhere, the office's day is Asia/Jakarta (UTC+7, no daylight saving)."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Jakarta")

Clock = Callable[[], datetime]
"""Gives the present instant in UTC; handed in, so that a test can hold it still."""


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


def office_day(instant: datetime) -> date:
    """The office's calendar day at `instant`."""
    return instant.astimezone(OFFICE_ZONE).date()
