"""Time: instants are UTC everywhere, the office's day is Asia/Jakarta (UTC+7, no daylight saving)."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Jakarta")

Clock = Callable[[], datetime]
"""Gives the present instant in UTC; handed in, so that a test can hold it still."""


def _of_the_wall() -> datetime:
    return datetime.now(UTC)


_present: Clock = _of_the_wall


def now() -> datetime:
    """The present instant in UTC."""
    return _present()


def office_day(instant: datetime) -> date:
    """The office's calendar day at `instant`."""
    return instant.astimezone(OFFICE_ZONE).date()


class FastClock:
    """A clock for simulations: it begins at an instant, and runs `pace` times as fast as the wall's."""

    def __init__(self, begins_at: datetime, pace: float) -> None:
        self._from_at = begins_at
        self._from_wall = time.monotonic()
        self._pace = pace

    def __call__(self) -> datetime:
        """The simulated instant."""
        return self._from_at + timedelta(seconds=(time.monotonic() - self._from_wall) * self._pace)

    async def sleep(self, seconds: float) -> None:
        """Wait that many simulated seconds."""
        await asyncio.sleep(seconds / self._pace)

    def go_on(self, pace: float, at: datetime | None = None) -> None:
        """Run at another pace from now on; put forward to `at`, never back."""
        present = self()
        self._from_at = max(at or present, present)
        self._from_wall, self._pace = time.monotonic(), pace


@contextmanager
def keeping(clock: Clock) -> Iterator[None]:
    """Let `now` be what this clock says: for simulations, in a process of their own."""
    global _present
    before, _present = _present, clock
    try:
        yield
    finally:
        _present = before
