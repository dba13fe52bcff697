"""Hands out the callers of a line whose telephone system keeps no queue of its own.

All it goes by stands in the ledger, so it goes on after a restart, and several nodes may hand out one line.
A ring is on record before the phone rings: one that a crash left behind ends by its age, like any other.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from config.clock import Clock
from config.errors import Unavailable
from config.office import Office
from ivr.queues import acd, offering
from ivr.queues.ringer import Ringer
from ivr.queues.ringing import Ringing
from ticketing.ledger import distribution
from ticketing.ledger.distribution import FreeAgent, Leg
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader

LOOK_EVERY_SECONDS = 1.0
SLACK_SECONDS = 5
"""So much longer than it was told to may a phone ring; then it needs no stopping."""
AGAIN_AFTER = timedelta(seconds=5)
"""No phone is rung more often: one that cannot be rung is not tried in a loop, whoever waits.

So long is app_queue's `retry` unless it is set; ours may be shorter, for our PBX knows which phones are off.
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The line at one instant; `needless` are the phones that ring for nobody."""

    ringing: Sequence[AnyRow]
    needless: Sequence[Leg]
    waiting: Sequence[acd.Waiting]
    free: Sequence[FreeAgent]


class Distributor:
    """Rings agents for the callers of `line`: the oldest place first, one agent at a time."""

    def __init__(
        self,
        line: str,
        ringing: Ringing,
        journal: Journal,
        reader: Reader,
        office: Callable[[], Office],
        clock: Clock,
    ) -> None:
        self._line = line
        self._ringer = Ringer(ringing, journal, office, clock)
        self._reader = reader
        self._office = office
        self._clock = clock
        self._changed = asyncio.Event()
        self._errands: dict[str, asyncio.Task[None]] = {}

    def look(self) -> None:
        """Something changed: look soon. Called in the loop of `run`."""
        self._changed.set()

    async def run(self) -> None:
        """Look whenever something changed and every second, for ever; survives whatever does not answer."""
        try:
            while True:
                self._changed.clear()
                try:
                    await self.tick()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), LOOK_EVERY_SECONDS)
                except Exception as fault:
                    _tell("calls wait to be handed out", fault)
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            for errand in self._errands.values():
                errand.cancel()
            await self.settled()

    async def missed(self, call_id: str, leg_id: str) -> None:
        """The phone was busy, off or not taken up, and rings no more: the caller goes on to the next agent.

        No error where the ring was over already. Raises Unavailable.
        """
        await self._ringer.not_answered(call_id, leg_id)
        self.look()

    async def tick(self) -> None:
        """Look at the line once; what follows is begun, and not waited for. Raises what the ledger does."""
        at = self._clock()
        seen = await asyncio.to_thread(self._see, at)
        for leg in seen.needless:
            self._begin(leg.call_id, partial(self._ringer.stop, leg.call_id, leg.leg_id))
        for call in seen.ringing:
            if at - call.rang_at >= self._ring_time(call.queue):
                self._begin(call.call_id, partial(self._ringer.give_up, call.call_id, call.leg_id))
        free = {agent.agent_id: agent for agent in seen.free if self._may_be_rung(agent, at)}
        waiting = (caller for caller in seen.waiting if caller.call_id not in self._errands)
        idle = (acd.Idle(agent.agent_id, agent.since_at) for agent in free.values())
        for one in acd.offers(waiting, idle):
            self._begin(one.call_id, partial(self._ringer.ring, one.call_id, free[one.agent_id]))

    async def settled(self) -> None:
        """Return once all that was begun is done."""
        while self._errands:
            await asyncio.gather(*self._errands.values(), return_exceptions=True)

    def _see(self, at: datetime) -> _Seen:
        longest = max(queue.ring_seconds for queue in self._office().queues.values())
        ringing_since_at = at - timedelta(seconds=longest + SLACK_SECONDS)
        with self._reader.connect() as connection:
            needless = distribution.needless(connection, self._line, ringing_since_at)
            still_rung = {leg.agent_id for leg in needless}
            free = [one for one in distribution.free_agents(connection) if one.agent_id not in still_rung]
            # Of those who wait only the first can be offered to anybody.
            rows = distribution.waiting(connection, self._line, len(free) + len(self._errands))
            rung = distribution.rung_for(connection, [row.call_id for row in rows if row.rung_agent_id])
            waiting = [acd.Waiting(row.call_id, row.since_at, rung.get(row.call_id, ())) for row in rows]
            return _Seen(distribution.ringing(connection, self._line), needless, waiting, free)

    def _may_be_rung(self, agent: FreeAgent, at: datetime) -> bool:
        rested = agent.rang_at is None or at - agent.rang_at >= AGAIN_AFTER
        return rested and not self._ringer.is_held_back(agent.phone)

    def _ring_time(self, queue: str) -> timedelta:
        return timedelta(seconds=offering.queue_of(self._office(), queue).ring_seconds)

    def _begin(self, call_id: str, errand: Callable[[], Awaitable[bool]]) -> None:
        """One thing at a time is done for a call; what is left out follows from the next look."""
        if call_id not in self._errands:
            self._errands[call_id] = asyncio.create_task(self._carry_out(errand))
            self._errands[call_id].add_done_callback(lambda _: self._errands.pop(call_id))

    async def _carry_out(self, errand: Callable[[], Awaitable[bool]]) -> None:
        try:
            if await errand():
                self.look()
        except Exception as fault:
            _tell("call not handed out yet", fault)


def _tell(event: str, fault: Exception) -> None:
    """A fault's text may quote values; its class is all that is logged."""
    (log.warning if isinstance(fault, Unavailable) else log.error)(event, fault=type(fault).__name__)
