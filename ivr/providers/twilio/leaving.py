"""A caller is out of Twilio's queue: what that reports, and what they hear then."""

import asyncio
from collections.abc import Callable

from config.clock import Clock
from ivr.kept_replies import KeptReplies
from ivr.providers.twilio import queue_facts
from ivr.providers.twilio.doorway import Asked
from ivr.providers.twilio.queue_facts import IN_PROGRESS, Stay, Way
from ivr.providers.twilio.waiting_replies import WaitingReplies
from ivr.queues import wait
from ivr.registration import Registrar
from ticketing.calls.call import Call
from ticketing.ledger.reader import Reader


class Leaving:
    """Answers the request that ends a stay, once for each stay."""

    def __init__(
        self,
        registrar: Registrar,
        kept: KeptReplies,
        reader: Reader,
        replies: WaitingReplies,
        look: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._registrar = registrar
        self._kept = kept
        self._reader = reader
        self._replies = replies
        self._look = look
        self._clock = clock

    async def answer(self, asked: Asked, stay: Stay) -> bytes:
        """The document; raises Unavailable."""
        number = -1 - stay.again
        if known := await self._kept.of(stay.call_id, number):
            return known
        call = await asyncio.to_thread(self._reader.folded, stay.call_id)
        way = queue_facts.way_out(asked.form, call, stay)
        position = await self._registrar.place(call, stay.queue)
        reports = queue_facts.left(way, asked.form, call, stay, position, self._clock())
        if reports:
            await self._registrar.record(*reports)
            self._look()
        return await self._kept.keep(stay.call_id, number, self._reply(way, call, stay))

    def in_trouble(self, asked: Asked, stay: Stay) -> bytes:
        """Nobody is cut off who still waits."""
        result = asked.form.get("QueueResult", "")
        if result.startswith("redirected"):
            return self._replies.nothing()
        if result == "bridged" or asked.form.get("CallStatus") != IN_PROGRESS:
            return self._replies.farewell()
        return self._replies.again(stay, sorry=True)

    def _reply(self, way: Way, call: Call, stay: Stay) -> bytes:
        match way:
            case Way.ELSEWHERE:
                return self._replies.nothing()
            case Way.FELL_OUT:
                return self._replies.again(stay)
            case Way.GIVEN_UP:
                return self._replies.farewell(wait.farewell(call))
            case Way.LET_GO if call.gave_up_at:
                return self._replies.farewell(wait.farewell(call))
            case _:
                return self._replies.farewell()
