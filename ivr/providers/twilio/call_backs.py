"""The office's calls to citizens, at `/twilio/back` and below: `` once the agent has pressed a key, `reached`
on the citizen's side just before the two hear one another, `over` when dialling or talk is over."""

import asyncio
from collections.abc import Callable

from config.clock import Clock
from ivr.providers.twilio.agent_replies import CALL_BACK, NOTHING, TAKE, AgentReplies
from ivr.providers.twilio.agents import Record
from ivr.providers.twilio.doorway import Asked, NotThere, OddForm
from ivr.providers.twilio.kept_numbers import KeptNumbers
from ivr.providers.twilio.leg_facts import after_dialling, citizen_answered, is_call_back, not_reached
from ivr.providers.twilio.legs import Legs
from ivr.turns import TURN_SECONDS
from ticketing.facts import NOT_PICKED_UP, CallFact, Report


class CallBackDoor:
    """Leads an agent to the citizen they call."""

    path = CALL_BACK

    def __init__(
        self,
        legs: Legs,
        replies: AgentReplies,
        numbers: KeptNumbers,
        record: Record,
        look: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._legs = legs
        self._replies = replies
        self._numbers = numbers
        self._record = record
        self._look = look
        self._clock = clock

    async def answer(self, asked: Asked) -> bytes:
        """What the telephone does next; raises NotThere, OddForm, TimeoutError, and what the ledger does."""
        call_id = asked.query.get("call", "")
        if not is_call_back(call_id):
            raise OddForm
        step = {"": self._dialled, "reached": self._reached, "over": self._over}.get(asked.below)
        if step is None:
            raise NotThere
        async with asyncio.timeout(TURN_SECONDS):
            return await step(asked, call_id)

    def in_trouble(self, asked: Asked) -> bytes:
        """Whoever was reached is talked to, whatever the ledger does."""
        return NOTHING if asked.below == "reached" else self._replies.hang_up()

    async def _dialled(self, asked: Asked, call_id: str) -> bytes:
        if asked.pressed and asked.pressed != TAKE:
            return self._replies.ask(CALL_BACK, call=call_id)
        number = await self._numbers.number(call_id) if asked.pressed else None
        if number is None:
            await self._recorded(not_reached(call_id, NOT_PICKED_UP, self._clock()))
            return self._replies.hang_up()
        return self._replies.to_citizen(call_id, number)

    async def _reached(self, asked: Asked, call_id: str) -> bytes:
        known = await self._legs.known(call_id)
        if known:
            await self._recorded(citizen_answered(known.call, asked.call_id, self._clock()))
        return NOTHING

    async def _over(self, asked: Asked, call_id: str) -> bytes:
        known = await self._legs.known(call_id)
        if known:
            await self._recorded(after_dialling(known.call, asked.form, self._clock()))
        return self._replies.hang_up()

    async def _recorded(self, fact: CallFact) -> None:
        await self._record(Report(fact))
        self._look()
