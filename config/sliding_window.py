"""How often somebody did something lately: so many times within a span, and no more."""

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from config.errors import TooManyTries

KEPT = 10_000
"""People counted at a time: whoever tries ever new names pushes out the oldest, not our memory's limit."""


class TriedTooOften(TooManyTries):
    """More than is allowed within a minute."""

    def __init__(self) -> None:
        super().__init__(
            "Terlalu banyak percobaan. Tunggu satu menit.", "Too many tries. Please wait a minute."
        )


class SlidingWindow:
    """Counts, in memory, what each person did within the span."""

    def __init__(
        self, limit: int, span: timedelta, refusal: Callable[[], TooManyTries] = TriedTooOften
    ) -> None:
        self._limit = limit
        self._span = span
        self._refusal = refusal
        self._done: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count(self, who: str, at: datetime) -> None:
        """Count one more at `at`; raises the refusal, and then does not count it."""
        done = self._done.setdefault(who, deque(maxlen=self._limit))
        self._done.move_to_end(who)
        if len(self._done) > KEPT:
            self._done.popitem(last=False)
        if len(done) == self._limit and at - done[0] < self._span:
            raise self._refusal()
        done.append(at)
