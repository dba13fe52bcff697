"""Searches as they are typed: one left without a look at any article is something the book lacks.

Kept in memory only, and let go of at once; what is counted comes from `Index.gap_of`.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

LEFT_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody last typed, as far as it may be counted."""

    text: str
    gap: str | None
    at: datetime


class Searches:
    """What each person is searching for at this moment."""

    def __init__(self) -> None:
        self._typing: dict[str, Typed] = {}
        self._lock = threading.Lock()

    def typed(self, user_id: str, text: str, gap: str | None, at: datetime) -> str | None:
        """Somebody typed; returns the search they gave up for it, if it was another one."""
        with self._lock:
            before = self._typing.get(user_id)
            self._typing[user_id] = Typed(text, gap, at)
        if before is None or _goes_on(before.text, text):
            return None
        return before.gap

    def opened(self, user_id: str) -> None:
        """They looked at an article: the search was not in vain."""
        with self._lock:
            self._typing.pop(user_id, None)

    def given_up(self, user_id: str) -> str | None:
        """They turned to something else; returns what they had searched for in vain."""
        with self._lock:
            before = self._typing.pop(user_id, None)
        return before.gap if before else None

    def left(self, at: datetime) -> list[str]:
        """Searches nobody went on with."""
        with self._lock:
            old = [user_id for user_id, typed in self._typing.items() if at - typed.at >= LEFT_AFTER]
            gaps = [self._typing.pop(user_id).gap for user_id in old]
        return [gap for gap in gaps if gap]


def _goes_on(before: str, now: str) -> bool:
    """Whether a search is the one before with letters more or less."""
    one, other = before.strip().casefold(), now.strip().casefold()
    return one.startswith(other) or other.startswith(one)
