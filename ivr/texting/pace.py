"""How fast texts go out: several at once while the gateway takes them, else one as a probe. Pure."""

from datetime import datetime, timedelta

from config.yaml_files import fingerprint

AT_ONCE = 8
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=1)
FIRST_AGAIN, LAST_AGAIN = timedelta(seconds=5), timedelta(minutes=10)


class Pace:
    """What the gateway can take now, by how it answered last."""

    def __init__(self) -> None:
        self._rest = FIRST_REST
        self._rests_until: datetime | None = None

    def room(self, at: datetime, under_way: int) -> int:
        """How many more may be sent now, beside those under way."""
        if self._rests_until is None:
            return max(0, AT_ONCE - under_way)
        return int(at >= self._rests_until and not under_way)

    def took(self) -> None:
        """It takes messages."""
        self._rest, self._rests_until = FIRST_REST, None

    def failed(self, at: datetime) -> None:
        """It does not; of several that failed together one is enough to know it."""
        if self._rests_until and at < self._rests_until:
            return
        self._rests_until = at + self._rest
        self._rest = min(2 * self._rest, LONGEST_REST)


def again_after(key: str, tries: int, *, away: bool = False) -> timedelta:
    """When a message is tried again, a quarter sooner or later, so that not all come at once.

    While the gateway is away nobody's own time grows beyond its rest: any of them may be the next probe.
    """
    longest = LONGEST_REST if away else LAST_AGAIN
    wait = min(FIRST_AGAIN * 2.0 ** min(tries - 1, 20), longest)
    share = int(fingerprint(f"{key}/{tries}"), 16) / 16**12
    return wait * (0.75 + share / 2)
