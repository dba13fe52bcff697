"""How often strangers may ask: counted in memory, for a bounded number of them."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from config.errors import TooManyTries

KEPT = 10_000


class AskedTooOften(TooManyTries):
    """More than is allowed from there; the same whatever was asked for."""

    def __init__(self) -> None:
        super().__init__(
            "Terlalu banyak percobaan dari sini. Coba lagi nanti, atau telepon kami.",
            "Too many tries from here. Try again later, or call us.",
        )


class Limit:
    """At most `count` in `span` for each source; who has been quiet longest is forgotten first."""

    def __init__(self, count: int, span: timedelta) -> None:
        self._count = count
        self._span = span
        self._asked: OrderedDict[str, deque[datetime]] = OrderedDict()

    def check(self, source: str, at: datetime) -> None:
        """Count one more; raises AskedTooOften, and then does not count it."""
        asked = self._asked.setdefault(source, deque(maxlen=self._count))
        self._asked.move_to_end(source)
        if len(self._asked) > KEPT:
            self._asked.popitem(last=False)
        if len(asked) == self._count and at - asked[0] < self._span:
            raise AskedTooOften
        asked.append(at)
