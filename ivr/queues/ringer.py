"""Has phones rung and stopped: a ring is on record before the phone rings, and until it does no more."""

import asyncio
from collections.abc import Callable

import structlog

from config.clock import Clock
from config.office import Office
from ivr.queues import offering
from ivr.queues.ringing import RingAgent, Ringing
from ivr.queues.roster import AgentBusy
from ticketing.facts import AgentLegEnded, Report
from ticketing.ledger.distribution import FreeAgent
from ticketing.ledger.journal import Journal

TELEPHONE_SECONDS = 5.0
"""A telephone system that takes longer to ring a phone, or to stop it, has not done it."""

log = structlog.get_logger(__name__)


class Ringer:
    """Carries out one thing at a time; each says whether that may free somebody for another ring.

    All of them raise Unavailable where the ledger cannot write; it is then as it was.
    """

    def __init__(
        self, ringing: Ringing, journal: Journal, office: Callable[[], Office], clock: Clock
    ) -> None:
        self._ringing = ringing
        self._journal = journal
        self._office = office
        self._clock = clock

    async def ring(self, call_id: str, agent: FreeAgent) -> bool:
        """Ring the agent for the caller, if both are still free."""
        office, at = self._office(), self._clock()
        ring = await self._journal.write(
            lambda writing: offering.offered(writing, call_id, agent, office, at)
        )
        if ring is None:
            return False
        try:
            await self._pass_on(ring)
        except Exception as fault:
            log.warning("phone not rung", fault=type(fault).__name__, call_id=call_id)
            # The answer may have been lost on its way, and the phone ring all the same.
            return await self.give_up(call_id, ring.leg_id)
        return False

    async def give_up(self, call_id: str, leg_id: str) -> bool:
        """The phone rings in vain. It is stopped first: whoever takes it up until then has the caller."""
        await self._is_stopped(leg_id)
        return await self.not_answered(call_id, leg_id)

    async def stop(self, call_id: str, leg_id: str) -> bool:
        """Let a phone that rings for nobody ring no more; what cannot be stopped stays on record as it is."""
        if not await self._is_stopped(leg_id):
            return False
        fact = AgentLegEnded(
            key=f"{call_id}/leg-ended/{leg_id}", occurred_at=self._clock(), call_id=call_id, leg_id=leg_id
        )
        await self._journal.record(Report(fact))
        return True

    async def not_answered(self, call_id: str, leg_id: str) -> bool:
        """Record that the ring was in vain, if it still rings on record."""
        at = self._clock()
        return await self._journal.write(lambda writing: offering.not_answered(writing, call_id, leg_id, at))

    def is_held_back(self, phone: str) -> bool:
        """Whether its agent is about to call a citizen."""
        return self._ringing.is_held_back(phone)

    async def _pass_on(self, ring: RingAgent) -> None:
        # The agent may have begun to call a citizen while the ring was written.
        if self._ringing.is_held_back(ring.phone):
            raise AgentBusy
        async with asyncio.timeout(TELEPHONE_SECONDS):
            await self._ringing.ring(ring)

    async def _is_stopped(self, leg_id: str) -> bool:
        """Stop the phone; whether that was done. If not, its own time ends the ring."""
        try:
            async with asyncio.timeout(TELEPHONE_SECONDS):
                await self._ringing.stop_ringing(leg_id)
        except Exception as fault:
            log.warning("phone not stopped", fault=type(fault).__name__, leg_id=leg_id)
            return False
        return True
