"""A hotline's working days, made up event by event: what the wait that is told is held against.

Citizens call by the hour and the weekday, in hundreds after a scare; agents come, go on breaks and change
shifts; calls grow longer and shorter by the day. The forecast is the real one, fed with rows of the
ledger's shape. The same seed makes the same month.
"""

import heapq
import itertools
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from agent_bridge.rehearsal.simulated_rows import Caller
from config.clock import OFFICE_ZONE
from config.office import Hours
from ticketing.tickets.calendar import Calendar
from ticketing.waits.forecast import Experience, Floor, Untold, learn, outlook
from ticketing.waits.grades import ToldWaits, told_waits
from ticketing.waits.rows import wait_of

FIRST_DAY = date(2026, 2, 2)
"""A Monday."""
ARRIVALS_AN_HOUR = (24.0, 36.0, 44.0, 40.0, 28.0, 32.0, 30.0, 18.0)
"""By the hour since the office opened."""
WEEKDAYS = (1.35, 1.0, 0.9, 0.85, 0.8, 0.7, 0.0)
SCARE_AN_HOUR, SCARE_SECONDS, SCARED_MONDAYS = 300.0, 2 * 3600.0, 0.5
"""Half of all Mondays bring three hundred calls an hour for two hours."""
REGISTRATION_SECONDS, TOLD_BEFORE_SECONDS = 22.0, 3.0
RING_SECONDS, RING_LIMIT_SECONDS, NOT_TAKEN = (2.0, 8.0), 15.0, 0.03
MEAN_CALL_SECONDS, DAILY_DRIFT, SPREAD_OF_CALLS = (240.0, 600.0), 0.12, 0.75
MEAN_WRAP_UP_SECONDS, MOST_WRAP_UP_SECONDS = 80.0, 180.0
PATIENCE_SECONDS, SPREAD_OF_PATIENCE = 1100.0, 0.9
REDIALS, REDIAL_SECONDS = 0.35, (20.0, 120.0)
MOST_WAIT_SECONDS = 1800
CALL_BACK_SHARE = 0.15
REFRESH_SECONDS = 10.0
ROWS_KEPT = 400
"""As many rows as the ledger is asked for."""

Learn = Callable[..., Experience | None]


@dataclass(slots=True, eq=False)
class Agent:
    """Somebody at a phone or away from it; `pace` makes their calls longer or shorter."""

    agent_id: str
    pace: float
    at_phone: bool = False
    is_busy: bool = False


class SimulatedQueue:
    """A queue that lives for some working days; `learning` is the forecast's own unless another is tried."""

    def __init__(self, hours: Hours, seed: int, learning: Learn = learn) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a made-up month, no secret
        self._hours = hours
        self._learning = learning
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._served: deque[Caller] = deque(maxlen=ROWS_KEPT)
        self._told: deque[Caller] = deque(maxlen=ROWS_KEPT)
        self._waiting: list[Caller] = []
        self._agents: list[Agent] = []
        self._experience: Experience | None = None
        self._learned_at = -math.inf
        self._mean_call_seconds = 400.0
        self._owed = 0
        self._now = 0.0
        self._closes = 0.0
        self.callers: list[Caller] = []

    def run(self, days: int) -> list[Caller]:
        """Play that many working days; returns every call."""
        day, calendar = FIRST_DAY, Calendar(self._hours)
        for _ in range(days):
            while not calendar.is_working_day(day):
                day += timedelta(days=1)
            self._play_day(day)
            day += timedelta(days=1)
        return self.callers

    def _play_day(self, day: date) -> None:
        opens, closes = (
            datetime.combine(day, clock, OFFICE_ZONE).timestamp() for clock in self._hours.week[day.weekday()]
        )
        self._now, self._closes = opens, closes
        drifted = self._mean_call_seconds * math.exp(self._random.gauss(0, DAILY_DRIFT))
        self._mean_call_seconds = min(MEAN_CALL_SECONDS[1], max(MEAN_CALL_SECONDS[0], drifted))
        self._roster(opens, closes)
        for arrival in self._arrivals(day, opens, closes):
            self._at(arrival + REGISTRATION_SECONDS - TOLD_BEFORE_SECONDS, self._arrives, arrival)
        # Whoever waits at closing is served: the day ends when nobody waits.
        while self._events:
            self._now, _, act = heapq.heappop(self._events)
            act()

    def _at(self, when: float, act: Callable[..., None], *what: object) -> None:
        heapq.heappush(self._events, (when, next(self._order), lambda: act(*what)))

    # --- who calls, and who serves ---

    def _arrivals(self, day: date, opens: float, closes: float) -> Iterator[float]:
        """Poisson, thinned from the busiest hour."""
        scared = day.weekday() == 0 and self._random.random() < SCARED_MONDAYS
        scare = opens + self._random.uniform(0.5, 2.5) * 3600 if scared else math.inf
        at = opens
        while (at := at + self._random.expovariate(SCARE_AN_HOUR / 3600)) < closes:
            hour = min(int((at - opens) // 3600), len(ARRIVALS_AN_HOUR) - 1)
            rate = ARRIVALS_AN_HOUR[hour] * WEEKDAYS[day.weekday()]
            if scare <= at < scare + SCARE_SECONDS:
                rate = SCARE_AN_HOUR
            if self._random.random() < rate / SCARE_AN_HOUR:
                yield at

    def _roster(self, opens: float, closes: float) -> None:
        """Three to eight people: early, late or all day, with breaks."""
        draw = self._random
        self._agents = [Agent(f"a{n}", draw.lognormvariate(0, 0.15)) for n in range(draw.randint(5, 8))]
        middle = (opens + closes) / 2
        for n, agent in enumerate(self._agents):
            begins, ends = opens, closes
            if n % 4 == 3:
                begins, ends = (opens, middle + 900) if n % 8 == 3 else (middle - 900, closes)
            self._at(begins, self._sits_down, agent)
            length = draw.uniform(1800, 2700)
            rest = draw.uniform(middle - 2700 - length / 2, middle + 2700 - length / 2) + (n % 3 - 1) * 1200
            for away_at, seconds in ((rest, length), (draw.uniform(begins, ends - 600), 600)):
                if begins < away_at < ends - seconds:
                    self._at(away_at, self._goes_away, agent)
                    self._at(away_at + seconds, self._sits_down, agent)
            if ends < closes:
                self._at(ends, self._goes_away, agent)

    def _sits_down(self, agent: Agent) -> None:
        agent.at_phone = True
        self._match()

    def _goes_away(self, agent: Agent) -> None:
        agent.at_phone = sum(one.at_phone for one in self._agents) <= 3

    # --- a call ---

    def _arrives(self, place_since: float) -> None:
        patience = PATIENCE_SECONDS * self._random.lognormvariate(0, SPREAD_OF_PATIENCE)
        caller = Caller(place_since, patience)
        self.callers.append(caller)
        position = 1 + sum(one.place_since <= place_since for one in self._waiting)
        told = self._outlook(position)
        if isinstance(told, Untold):
            caller.untold = told
        else:
            caller.told, caller.told_wait_seconds, caller.told_wait_position = self._now, told, position
            self._told.append(caller)
        self._at(self._now + TOLD_BEFORE_SECONDS, self._joins, caller)

    def _outlook(self, position: int) -> int | Untold:
        serving = sum(agent.at_phone or agent.is_busy for agent in self._agents)
        free = sum(agent.at_phone and not agent.is_busy for agent in self._agents)
        if position > free:
            self._learn()
        floor = Floor(serving, free, self._closes, MOST_WAIT_SECONDS)
        return outlook(self._experience, floor, position, self._now)

    def _learn(self) -> None:
        """As the running forecast does every few seconds, when somebody asks."""
        if self._now - self._learned_at < REFRESH_SECONDS:
            return
        known = [one.known() for one in dict.fromkeys((*self._served, *self._told))]
        served = (call for call, _ in known if call)
        waits = (wait for _, wait in known if wait)
        self._experience, self._learned_at = self._learning(served, waits, self._now), self._now

    def _joins(self, caller: Caller) -> None:
        caller.queued = self._now
        ahead = sum(one.place_since <= caller.place_since for one in self._waiting)
        caller.queued_position = ahead + 1
        self._waiting.insert(ahead, caller)
        self._at(self._now + min(caller.patience_seconds, MOST_WAIT_SECONDS), self._gives_up, caller)
        self._match()

    def _gives_up(self, caller: Caller) -> None:
        if caller not in self._waiting:
            return
        self._waiting.remove(caller)
        caller.gone = self._now
        redials = caller.patience_seconds < MOST_WAIT_SECONDS and self._random.random() < REDIALS
        if redials and self._now < self._closes:
            again = self._now + self._random.uniform(*REDIAL_SECONDS)
            self._at(again, self._arrives, caller.place_since)
        else:
            self._owed += 1

    def _match(self) -> None:
        free = [agent for agent in self._agents if agent.at_phone and not agent.is_busy]
        self._random.shuffle(free)
        for agent in free[: len(self._waiting)]:
            caller = self._waiting.pop(0)
            agent.is_busy = True
            caller.rang = self._now
            if self._random.random() < NOT_TAKEN:
                self._at(self._now + RING_LIMIT_SECONDS, self._rings_in_vain, agent, caller)
            else:
                self._at(self._now + self._random.uniform(*RING_SECONDS), self._answers, agent, caller)

    def _rings_in_vain(self, agent: Agent, caller: Caller) -> None:
        agent.is_busy = False
        self._waiting.insert(0, caller)
        self._match()

    def _answers(self, agent: Agent, caller: Caller) -> None:
        caller.answered, caller.agent_id = self._now, agent.agent_id
        self._served.append(caller)
        self._at(self._now + self._call_seconds(agent), self._is_free, agent, caller)

    def _call_seconds(self, agent: Agent) -> float:
        """Talk and wrap-up."""
        draw, spread = self._random, SPREAD_OF_CALLS
        talk = self._mean_call_seconds * agent.pace * draw.lognormvariate(-(spread**2) / 2, spread)
        return talk + min(MOST_WRAP_UP_SECONDS, draw.expovariate(1 / MEAN_WRAP_UP_SECONDS))

    def _is_free(self, agent: Agent, caller: Caller) -> None:
        caller.free = self._now
        agent.is_busy = False
        if (
            self._owed
            and agent.at_phone
            and self._now < self._closes
            and self._random.random() < CALL_BACK_SHARE
        ):
            self._calls_back(agent)
        self._match()

    def _calls_back(self, agent: Agent) -> None:
        self._owed -= 1
        agent.is_busy = True
        call = Caller(self._now, 0.0, agent_id=agent.agent_id, answered=self._now, outward=True)
        self._served.append(call)
        self._at(self._now + self._call_seconds(agent), self._is_free, agent, call)


@dataclass(frozen=True, slots=True)
class Month:
    """What a simulation came to."""

    calls: int
    told: ToldWaits
    untold: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """As figures."""
        return {"calls": self.calls, "untold": self.untold} | self.told.to_json()


def simulate(hours: Hours, seed: int, days: int, learning: Learn = learn) -> Month:
    """Play that many working days and grade all that was told."""
    callers = SimulatedQueue(hours, seed, learning).run(days)
    waits = (wait for one in callers if (wait := wait_of(one.row())))
    untold = Counter(one.untold.value for one in callers if one.untold)
    return Month(len(callers), told_waits(waits), dict(sorted(untold.items())))
