"""Whoever has a telephone at their ear: what they do, and what they heard, with times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.twilio.fake.leg import Leg

BETWEEN_KEYS_SECONDS = 0.25


@dataclass
class Heard:
    """Something that was heard: `say`, `play`, `pause`, `music`, `ringing`, `talk`, `error`."""

    kind: str
    what: str
    at: datetime
    ended_at: datetime | None = None
    to_its_end: bool = False


@dataclass(frozen=True)
class Wait:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True)
class Keys:
    """Press keys, one after the other."""

    keys: str
    apart_seconds: float = BETWEEN_KEYS_SECONDS


@dataclass(frozen=True)
class Until:
    """Listen until something is heard that has `part` in it; to its end, if wished."""

    part: str
    to_its_end: bool = False


@dataclass(frozen=True)
class Refer:
    """Send SIP REFER: the other side is to go on to `target`."""

    target: str


@dataclass(frozen=True)
class HangUp:
    """Put the receiver down."""


Deed = Wait | Keys | Until | Refer | HangUp


@dataclass
class Telephone:
    """Somebody who can be called. Without `answers_after_seconds` they let it ring.

    A SIP server rings it only for whoever proves to be the one it `wants`.
    """

    answers_after_seconds: float | None = 3.0
    script: Sequence[Deed] = field(default_factory=tuple)
    busy: bool = False
    exists: bool = True
    rings_after_seconds: float = 1.0
    wants: tuple[str, str] | None = None


async def act(script: Sequence[Deed], leg: "Leg") -> None:
    """Do all of it, in order, then stay on the line."""
    seen = 0
    for deed in script:
        if leg.over:
            return
        if isinstance(deed, Wait):
            await leg.clock.sleep(deed.seconds)
        elif isinstance(deed, Keys):
            await _press(deed, leg)
        elif isinstance(deed, Until):
            seen = await _listen(deed, leg, seen)
        elif isinstance(deed, Refer):
            leg.refer(deed.target)
        else:
            leg.hang_up()


async def _press(deed: Keys, leg: "Leg") -> None:
    for place, key in enumerate(deed.keys):
        if place:
            await leg.clock.sleep(deed.apart_seconds)
        leg.press(key)


async def _listen(deed: Until, leg: "Leg", seen: int) -> int:
    """What was listened for once is not listened for again: returns how much was heard by then."""
    while not leg.over:
        for place, heard in enumerate(leg.heard[seen:], seen):
            if deed.part in heard.what and (heard.ended_at or not deed.to_its_end):
                return place + 1
        await leg.hearing.wait()
    return seen
