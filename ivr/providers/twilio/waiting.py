"""The requests of a caller who waits: the wait itself, keys pressed in it, and how it ended.

`/twilio/queue` begins it, also anew after trouble; `/twilio/queue/key/N` comes after each round, with the key
if one was pressed; `/twilio/queue/left` comes once the caller is out of Twilio's queue.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.clock import Clock
from config.office import Queue
from ivr import menu
from ivr.kept_replies import KeptReplies
from ivr.providers.twilio import queue_facts
from ivr.providers.twilio.doorway import Asked, NotThere, OddForm
from ivr.providers.twilio.leaving import Leaving
from ivr.providers.twilio.queue_facts import Stay
from ivr.providers.twilio.voice import WAIT
from ivr.providers.twilio.waiting_replies import KEY, WaitingReplies
from ivr.queues import wait
from ivr.queues.wait import Limit
from ivr.registration import Registrar
from ivr.turns import TURN_SECONDS, TurnLost
from ivr.waiting import Answer, Waiting
from ticketing.calls.call import Call, CallPhase
from ticketing.facts import Report
from ticketing.ledger import distribution
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.writing import Writing

LEFT = "left"
_KEY = re.compile(rf"{KEY}/([1-9][0-9]{{3,5}})")
_COUNT = re.compile(r"[0-9]{1,4}")
_WANTED = (CallPhase.RINGING, CallPhase.TALKING)


@dataclass(frozen=True, slots=True)
class Round:
    """A round of the wait: the number that a key in it will have, and how many came before since the last."""

    number: int
    count: int = 0


class WaitingRoom:
    """Keeps callers company; `line` is the account's name in the ledger.

    `look` is told whenever somebody joined the queue or left it.
    """

    path = WAIT

    def __init__(
        self,
        line: str,
        registrar: Registrar,
        journal: Journal,
        reader: Reader,
        replies: WaitingReplies,
        look: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._line = line
        self._registrar = registrar
        self._journal = journal
        self._reader = reader
        self._kept = KeptReplies(journal, reader, clock)
        self._leaving = Leaving(registrar, self._kept, reader, replies, look, clock)
        self._replies = replies
        self._look = look
        self._clock = clock

    async def answer(self, asked: Asked) -> bytes:
        """The document; raises Unavailable."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                return await self._answered(asked, _stay(asked))
        except TimeoutError:
            raise TurnLost from None

    def in_trouble(self, asked: Asked) -> bytes:
        """Whoever waits waits on, and is told why where they pressed a key or fell out."""
        if asked.below == LEFT:
            return self._leaving.in_trouble(asked, _stay(asked))
        return self._replies.music_only(sorry=bool(asked.form.get("Digits")))

    async def _answered(self, asked: Asked, stay: Stay) -> bytes:
        if asked.below == LEFT:
            return await self._leaving.answer(asked, stay)
        if not asked.below:
            number = await self._kept.next_key(stay.call_id)
            return await self._wait_on(asked, stay, Round(number))
        key = _KEY.fullmatch(asked.below)
        if key is None:
            raise NotThere
        number = int(key[1])
        if asked.pressed:
            return await self._press(asked, stay, number)
        return await self._wait_on(asked, stay, Round(number, _count(asked, "round") + 1))

    # --- waiting ---

    async def _wait_on(self, asked: Asked, stay: Stay, round_: Round) -> bytes:
        """The next round, unless it is time to go."""
        call = await asyncio.to_thread(self._reader.folded, stay.call_id)
        if call.call_back_due_at and not call.was_taken:
            # Promised, and perhaps never heard.
            return self._replies.let_go(menu.call_back(call.call_back_due_at).prompts)
        if call.gave_up_at:
            return self._replies.let_go()
        if _is_outside(call):
            await self._join(asked, stay, call)
        position = await self._registrar.place(call, stay.queue)
        limit, at = self._limit(stay, call), self._clock()
        if at >= limit.at and await self._give_up(stay, limit, position, at):
            return self._replies.let_go()
        return self._round(stay, round_, call, position, at)

    def _round(
        self, stay: Stay, round_: Round, call: Call, position: int, at: datetime, answer: Answer | None = None
    ) -> bytes:
        queue, rest_seconds = self._queue(stay), (self._limit(stay, call).at - at).total_seconds()
        return self._replies.page(
            stay,
            round_.number,
            round_.count,
            wait.announced(round_.count, position, call),
            # Past its end a wait goes on only while a phone rings.
            min(queue.announce_seconds, rest_seconds if rest_seconds > 0 else queue.ring_seconds),
            answer,
        )

    async def _join(self, asked: Asked, stay: Stay, call: Call) -> None:
        position = await self._registrar.place(call, stay.queue)
        at = self._clock()
        await self._registrar.record(*queue_facts.joined(asked.form, self._line, call, stay, position, at))
        self._look()

    async def _give_up(self, stay: Stay, limit: Limit, position: int, at: datetime) -> bool:
        """Let the caller go, unless a phone rings for them or is being taken at this very moment."""
        gone = queue_facts.out_of_queue(stay, position, at), queue_facts.gave_up(stay, limit.status, at)

        def work(writing: Writing) -> bool:
            phase = distribution.phase_of(writing.connection, stay.call_id)
            if phase is CallPhase.WAITING:
                writing.record(*gone)
            return phase not in _WANTED

        let_go = await self._journal.write(work)
        self._look()
        return let_go

    # --- keys ---

    async def _press(self, asked: Asked, stay: Stay, number: int) -> bytes:
        """The answer to a key and the first round after it, kept as one with what the key brought."""
        if known := await self._kept.of(stay.call_id, number):
            return known
        call = await asyncio.to_thread(self._reader.folded, stay.call_id)
        if queue_facts.is_let_go(call):
            return await self._wait_on(asked, stay, Round(number + 1))
        answer = await Waiting(self._registrar).answer(stay.call_id, asked.pressed, str(number))
        position, at = await self._registrar.place(call, stay.queue), self._clock()
        if not answer.over:
            reply = self._round(stay, Round(number + 1), call, position, at, answer)
            return await self._kept.keep(stay.call_id, number, reply, *answer.reports)
        reply = self._replies.let_go(answer.prompts)
        # Out of the queue before a word of it is said: no phone rings for somebody who is leaving.
        out = Report(queue_facts.out_of_queue(stay, position, at))
        kept = await self._kept.keep(stay.call_id, number, reply, *answer.reports, out)
        self._look()
        return kept

    def _queue(self, stay: Stay) -> Queue:
        """The queue's settings; those of the default one where it was renamed meanwhile."""
        office = self._registrar.office
        return office.queues.get(stay.queue, office.default_queue)

    def _limit(self, stay: Stay, call: Call) -> Limit:
        queue, since_at = self._queue(stay), call.queued_at or self._clock()
        return wait.limit(queue, since_at, self._registrar.closes_on(queue.name, since_at))


def _is_outside(call: Call) -> bool:
    """Whether the ledger does not have the caller in the queue, who is."""
    return not (call.in_queue or call.was_taken or call.abandoned_at or call.ended_at)


def _stay(asked: Asked) -> Stay:
    return Stay(asked.call_id, asked.query.get("queue", ""), _count(asked, "again"))


def _count(asked: Asked, name: str) -> int:
    written = asked.query.get(name, "0")
    if not _COUNT.fullmatch(written):
        raise OddForm
    return int(written)
