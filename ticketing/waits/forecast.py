"""How long a caller waits at most, worked out from the queue's own past. Pure; instants are Unix seconds.

The mean wait at a place is the time an agent needs for a call, shared among those who serve, times the
place. What is told is an upper bound: the mean and as much more as nine in ten of the last waits needed
(conformal prediction), the share itself moved after each wait that was graded (adaptive conformal
inference: Gibbs and Candès 2021), so that it holds through busy hours and slow days.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, islice

MINUTE = 60
MISSED_SHARE = 0.10
"""How many of the waits told may turn out longer."""
LEVEL_STEP = 0.01
"""How far one graded wait moves the level; in a hundred waits a steady fault of a tenth is mended."""
LEAST_LEVEL, MOST_LEVEL = 0.01, 0.35
WAITS_LEARNED_FROM = 200
SERVED_LEARNED_FROM = 60
"""With six agents the calls of the last hour or so; in the morning those of the working day before."""
LEAST_WAITS, LEAST_SERVED = 30, 15
JUST_NOW_SECONDS = 30.0
"""An agent between two calls is off the telephone for no longer than this while people wait."""
LONGEST_CALL_SECONDS = 3600.0
SPREAD = 0.65
"""Luck evens out as the root of the place; too few agents grow with the place itself. This is between."""
LEAST_CORRECTION = -1.0
"""Below this a later place could be told a shorter wait."""


class Grade(StrEnum):
    """What became of a wait that was told."""

    TRUE = "true"
    FALSE = "false"
    NOT_GRADED = "not_graded"
    """Gone before the bound without having been served: nobody knows how long it would have been."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Served:
    """A call an agent was busy with, from the ring to the end of the wrap-up; None while it goes on.

    One made by the office itself (`outward`) took an agent's time and nobody out of the queue.
    """

    agent_id: str
    began: float
    free: float | None
    outward: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait from `since`, at that place; told a bound or not.

    `answered` and `gone` are None while it goes on.
    """

    since: float
    position: int
    told_seconds: int | None = None
    answered: float | None = None
    gone: float | None = None


@dataclass(frozen=True, slots=True)
class Experience:
    """What the past tells: seconds of an agent for each caller served, and what must be added to the mean."""

    handle_seconds: float
    correction: float
    waits: int
    level: float


class Untold(StrEnum):
    """Why a caller is told no bound."""

    AT_ONCE = "at_once"
    """An agent is free: there is nothing to wait for."""
    NOBODY_SERVES = "nobody_serves"
    TOO_LITTLE_KNOWN = "too_little_known"
    PAST_CLOSING = "past_closing"
    TOO_LONG = "too_long"
    """Longer than the queue keeps anybody, so the bound could not be kept."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The queue's floor at an instant: how many serve, how many of them are free, and what ends a wait."""

    serving: int
    free: int
    closes: float | None
    most_wait_seconds: int


def outlook(experience: Experience | None, floor: Floor, position: int, at: float) -> int | Untold:
    """The bound that can be told honestly (seconds, whole minutes), or why none can."""
    if floor.serving < 1:
        return Untold.NOBODY_SERVES
    if position <= floor.free:
        return Untold.AT_ONCE
    if experience is None:
        return Untold.TOO_LITTLE_KNOWN
    seconds = bound_seconds(experience, floor.serving, position)
    if seconds > floor.most_wait_seconds:
        return Untold.TOO_LONG
    if floor.closes is not None and at + seconds > floor.closes:
        return Untold.PAST_CLOSING
    return seconds


def grade(wait: Wait, at: float) -> Grade | None:
    """The grade at that instant; None where nothing was told."""
    if wait.told_seconds is None:
        return None
    until = wait.since + wait.told_seconds
    over = wait.answered or wait.gone
    if (over if over is not None and over <= at else at) > until:
        return Grade.FALSE
    if wait.answered is not None and wait.answered <= at:
        return Grade.TRUE
    return Grade.NOT_GRADED if wait.gone is not None and wait.gone <= at else Grade.OPEN


def bound_seconds(experience: Experience, serving: int, position: int) -> int:
    """The most a caller at that place waits while `serving` agents serve, in whole minutes."""
    place = max(1, position)
    share = experience.handle_seconds / serving
    return _whole_minutes(share * (place + experience.correction * place**SPREAD))


def learn(served: Iterable[Served], waits: Iterable[Wait], at: float) -> Experience | None:
    """What the past tells at that instant; None where it is too short."""
    pace = Pace(served)
    handle_seconds = pace.handle_seconds(at)
    known = [wait for wait in waits if _known_at(wait) <= at]
    known.sort(key=_known_at)
    found = (score for wait in reversed(known) if (score := _score(wait, pace, at)) is not None)
    recent = sorted(islice(found, WAITS_LEARNED_FROM))
    if handle_seconds is None or len(recent) < LEAST_WAITS:
        return None
    level = _level(grade(wait, at) for wait in known)
    rank = math.ceil((len(recent) + 1) * (1 - level))
    correction = max(LEAST_CORRECTION, recent[min(rank, len(recent)) - 1])
    return Experience(handle_seconds, correction, len(recent), level)


class Pace:
    """How fast the queue went at any instant of its past."""

    def __init__(self, served: Iterable[Served]) -> None:
        self._began = sorted(served, key=lambda one: one.began)
        self._starts = [one.began for one in self._began]
        over = sorted((one.free, one.free - one.began, not one.outward) for one in self._began if one.free)
        self._ends = [free for free, _, _ in over]
        self._seconds = list(accumulate((seconds for _, seconds, _ in over), initial=0.0))
        self._callers = list(accumulate((served for _, _, served in over), initial=0))

    def handle_seconds(self, at: float) -> float | None:
        """Seconds of an agent for each caller served by then; calls the office makes are part of the cost."""
        last = bisect_right(self._ends, at)
        first = max(0, last - SERVED_LEARNED_FROM)
        callers = self._callers[last] - self._callers[first]
        if callers < LEAST_SERVED:
            return None
        return (self._seconds[last] - self._seconds[first]) / callers

    def serving(self, at: float) -> frozenset[str]:
        """The agents who were busy with calls just then."""
        first = bisect_left(self._starts, at - LONGEST_CALL_SECONDS)
        last = bisect_right(self._starts, at)
        since = at - JUST_NOW_SECONDS
        return frozenset(
            one.agent_id for one in self._began[first:last] if one.free is None or one.free > since
        )


def _known_at(wait: Wait) -> float:
    """When it was known what became of it: a wait longer than told is false from that moment on."""
    over = wait.answered or wait.gone or math.inf
    return over if wait.told_seconds is None else min(over, wait.since + wait.told_seconds)


def _score(wait: Wait, pace: Pace, at: float) -> float | None:
    """The least correction that would have told enough, rounding included; None where nobody can say.

    Who waited untold is counted only behind others: alone in the queue an agent may have been free.
    """
    if wait.told_seconds is None:
        fair = wait.answered is not None and wait.position > 1
    else:
        fair = grade(wait, at) in (Grade.TRUE, Grade.FALSE)
    handle_seconds = pace.handle_seconds(wait.since) if fair else None
    serving = len(pace.serving(wait.since)) if fair else 0
    if handle_seconds is None or not serving:
        return None
    seconds = min(wait.answered or at, wait.gone or at, at) - wait.since
    enough = _whole_minutes(seconds) - MINUTE + 1
    place = float(max(1, wait.position))
    score: float = (enough * serving / handle_seconds - place) / place**SPREAD
    return score


def _level(grades: Iterable[Grade | None]) -> float:
    """The share of misses aimed at: more after waits that were told truly, less after those that were not."""
    level = MISSED_SHARE
    for one in grades:
        if one in (Grade.TRUE, Grade.FALSE):
            level += LEVEL_STEP * (MISSED_SHARE - (one is Grade.FALSE))
            level = min(MOST_LEVEL, max(LEAST_LEVEL, level))
    return level


def _whole_minutes(seconds: float) -> int:
    """Rounded up, and never less than one minute."""
    return max(1, math.ceil(seconds / MINUTE)) * MINUTE
