"""An agent's telephone that was rung for a caller, at `/twilio/agent` and below.

Taken up it asks ``, or `key` once a key was pressed; `bridge` is asked on the caller's side just before the
two hear one another, `over` when one of them has left. A caller who is led on to a colleague asks `moved`,
and `colleague` afterwards; below that the colleague's own telephone asks.
"""

import asyncio
from collections.abc import Awaitable, Callable

from config.clock import Clock
from ivr.providers.twilio.agent_replies import AGENT, NOTHING, TAKE, AgentReplies, is_sip
from ivr.providers.twilio.doorway import Asked, NotThere, OddForm
from ivr.providers.twilio.leg_facts import (
    COMPLETED,
    IN_PROGRESS,
    after_dial,
    agent_answered,
    caller_of,
    ring_of,
    still_wanted,
    talk_ended,
    talked,
)
from ivr.providers.twilio.legs import Legs
from ivr.providers.twilio.phones import OfficePhones
from ivr.turns import TURN_SECONDS
from ticketing.calls.call import Call
from ticketing.facts import CallFact, EndedBy, Report
from ticketing.tickets.number import from_digits

Record = Callable[..., Awaitable[None]]
"""Takes reports, and returns once they are durable or will be."""
Missed = Callable[[str, str], Awaitable[None]]
"""Takes a call and a leg of it that rang in vain."""


class AgentDoor:
    """Puts agents through to the callers they were rung for."""

    path = AGENT

    def __init__(
        self,
        legs: Legs,
        replies: AgentReplies,
        phones: OfficePhones,
        record: Record,
        missed: Missed,
        look: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._legs = legs
        self._replies = replies
        self._phones = phones
        self._record = record
        self._missed = missed
        self._look = look
        self._clock = clock
        self._steps: dict[str, Callable[[Asked, str, str], Awaitable[bytes]]] = {
            "": self._taken,
            "key": self._keyed,
            "bridge": self._bridged,
            "over": self._over,
            "moved": self._moved,
        }
        self._colleagues = {
            "colleague/ask": self._ask_colleague,
            "colleague/key": self._keyed_by_colleague,
            "colleague": self._after_colleague,
        }

    async def answer(self, asked: Asked) -> bytes:
        """What that telephone does next; raises NotThere, OddForm, TimeoutError, and what the ledger does."""
        if asked.below in self._colleagues:
            return self._colleagues[asked.below](asked)
        step = self._steps.get(asked.below)
        if step is None:
            raise NotThere
        async with asyncio.timeout(TURN_SECONDS):
            return await step(asked, *_named(asked))

    def in_trouble(self, asked: Asked) -> bytes:
        """A caller who waits is put through, whatever the ledger does: nobody else will take the call."""
        call_id, leg_id = _named(asked)
        if asked.below == "" and not is_sip(asked.form.get("To", "")):
            return self._replies.ask(f"{AGENT}/key", call=call_id, leg=leg_id)
        if asked.below == "" or (asked.below == "key" and asked.pressed == TAKE):
            self._legs.put_through(leg_id)
            return self._replies.put_through(call_id, leg_id)
        if asked.below == "moved" and self._phones.dialled(asked.query.get("to", "")):
            return self._to_colleague(asked, call_id, None)
        return NOTHING if asked.below == "bridge" else self._replies.hang_up()

    async def _taken(self, asked: Asked, call_id: str, leg_id: str) -> bytes:
        self._legs.is_at(leg_id, asked.call_id)
        if not is_sip(asked.form.get("To", "")):
            return self._replies.ask(f"{AGENT}/key", call=call_id, leg=leg_id)
        return await self._put_through(call_id, leg_id)

    async def _keyed(self, asked: Asked, call_id: str, leg_id: str) -> bytes:
        if asked.pressed == TAKE:
            return await self._put_through(call_id, leg_id)
        if asked.pressed:
            return self._replies.ask(f"{AGENT}/key", call=call_id, leg=leg_id)
        await self._missed(call_id, leg_id)
        return self._replies.hang_up()

    async def _put_through(self, call_id: str, leg_id: str) -> bytes:
        known = await self._legs.known(call_id)
        if not still_wanted(known.call if known else None, leg_id):
            return self._replies.gone()
        self._legs.put_through(leg_id)
        return self._replies.put_through(call_id, leg_id)

    async def _bridged(self, asked: Asked, call_id: str, leg_id: str) -> bytes:
        """The answer: asked for once the caller is out of the queue, and not at all where they had gone."""
        known = await self._legs.known(call_id)
        fact = agent_answered(known.call, leg_id, self._clock()) if known else None
        if fact:
            await self._recorded(fact)
        return NOTHING

    async def _over(self, asked: Asked, call_id: str, leg_id: str) -> bytes:
        known = await self._legs.known(call_id)
        if known is None:
            return self._replies.hang_up()
        told = after_dial(known.call, leg_id, asked.form, self._clock(), self._legs.is_moved(leg_id))
        if told:
            await self._recorded(*told)
            return self._replies.hang_up()
        await self._missed(call_id, leg_id)
        # The caller left in the very moment.
        still_there = asked.form.get("CallStatus") == IN_PROGRESS
        return self._replies.gone() if still_there else self._replies.hang_up()

    async def _moved(self, asked: Asked, call_id: str, leg_id: str) -> bytes:
        known = await self._legs.known(call_id)
        ring = ring_of(known.call, leg_id) if known else None
        if known and ring and talked(known.call, leg_id):
            at = self._clock()
            await self._recorded(talk_ended(known.call, leg_id, ring.agent_id, EndedBy.TRANSFER, at))
        return self._to_colleague(asked, call_id, known.call if known else None)

    def _to_colleague(self, asked: Asked, call_id: str, call: Call | None) -> bytes:
        """Raises OddForm where no colleague is named."""
        name = asked.query.get("to", "")
        phone = self._phones.dialled(name)
        if phone is None:
            raise OddForm
        label = from_digits(call.ticket_id).keys if call and call.ticket_id else ""
        return self._replies.to_colleague(call_id, phone, self._phones.proof(name), label)

    def _ask_colleague(self, asked: Asked) -> bytes:
        return self._replies.ask(f"{AGENT}/colleague/key", call=asked.query.get("call", ""))

    def _keyed_by_colleague(self, asked: Asked) -> bytes:
        if asked.pressed and asked.pressed != TAKE:
            return self._ask_colleague(asked)
        return NOTHING if asked.pressed else self._replies.hang_up()

    def _after_colleague(self, asked: Asked) -> bytes:
        taken = asked.form.get("DialCallStatus") in (COMPLETED, "answered")
        reached = taken and asked.form.get("DialBridged") != "false"
        return self._replies.hang_up() if reached else self._replies.nobody_there()

    async def _recorded(self, *facts: CallFact) -> None:
        await self._record(*(Report(fact) for fact in facts))
        self._look()


def _named(asked: Asked) -> tuple[str, str]:
    """The call and the leg in an address of ours; raises OddForm."""
    call_id, leg_id = asked.query.get("call", ""), asked.query.get("leg", "")
    if not call_id or caller_of(leg_id) != call_id:
        raise OddForm
    return call_id, leg_id
