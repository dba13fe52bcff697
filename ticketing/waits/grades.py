"""The waits that were told, counted: how many were true, by day and by hour of the office. Pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from statistics import median
from typing import Any, TypeVar

from config.clock import OFFICE_ZONE
from ticketing.waits.forecast import Grade, Wait, grade

Key = TypeVar("Key", date, int)


@dataclass(slots=True)
class Tally:
    """How many were told, and what became of them."""

    told: int = 0
    true: int = 0
    false: int = 0
    not_graded: int = 0
    open: int = 0

    def count(self, one: Grade) -> None:
        """One more."""
        self.told += 1
        setattr(self, one.value, getattr(self, one.value) + 1)

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        mine, others = asdict(self), asdict(other)
        return Tally(**{name: mine[name] + others[name] for name in mine})

    @property
    def share(self) -> float | None:
        """The share of the graded ones that were true; None without any."""
        graded = self.true + self.false
        return round(self.true / graded, 4) if graded else None

    def to_json(self) -> dict[str, Any]:
        """As figures."""
        return asdict(self) | {"share": self.share}


@dataclass(frozen=True, slots=True)
class ToldWaits:
    """All that were told, together and apart. `generosity` is the median of bound to actual wait."""

    total: Tally = field(default_factory=Tally)
    by_day: dict[date, Tally] = field(default_factory=dict)
    by_hour: dict[int, Tally] = field(default_factory=dict)
    generosity: float | None = None

    @property
    def worst_day(self) -> date | None:
        """The day on which the smallest share was true."""
        graded = {day: tally.share for day, tally in self.by_day.items() if tally.share is not None}
        return min(graded, key=lambda day: (graded[day], day), default=None)

    def to_json(self) -> dict[str, Any]:
        """As figures."""
        return {
            "total": self.total.to_json(),
            "by_day": {day.isoformat(): tally.to_json() for day, tally in self.by_day.items()},
            "by_hour": {f"{hour:02d}": tally.to_json() for hour, tally in self.by_hour.items()},
            "worst_day": self.worst_day.isoformat() if self.worst_day else None,
            "bound_to_actual_median": self.generosity,
        }


def told_waits(waits: Iterable[Wait], at: float = math.inf) -> ToldWaits:
    """Grade every wait as it stands at that instant; those that were told nothing are left out."""
    graded = [(wait, one) for wait in waits if (one := grade(wait, at))]
    total: Tally = Tally()
    for _, one in graded:
        total.count(one)
    ratios = [
        (wait.told_seconds or 0) / max(1.0, wait.answered - wait.since)
        for wait, _ in graded
        if wait.answered is not None
    ]
    return ToldWaits(
        total,
        _apart(graded, datetime.date),
        _apart(graded, lambda local: local.hour),
        round(median(ratios), 2) if ratios else None,
    )


def _apart(graded: Iterable[tuple[Wait, Grade]], key_of: Callable[[datetime], Key]) -> dict[Key, Tally]:
    found: defaultdict[Key, Tally] = defaultdict(Tally)
    for wait, one in graded:
        found[key_of(datetime.fromtimestamp(wait.since, UTC).astimezone(OFFICE_ZONE))].count(one)
    return dict(sorted(found.items()))
