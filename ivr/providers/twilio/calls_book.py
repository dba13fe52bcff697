"""The ledger held against the account's list of calls: whoever hung up unheard is not there for ever.

Status callbacks are hints, and may be lost. A call that is open in the ledger is asked for 2, 10 and 60
minutes after it was last heard of, then every hour; at the start all of them are. No timer is kept.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from config.clock import Clock
from config.errors import Refused
from ivr.providers.twilio import booked
from ivr.providers.twilio.agents import Record
from ivr.providers.twilio.leg_facts import is_call_back
from ivr.providers.twilio.legs import Known, Legs
from ivr.providers.twilio.rest import TwilioApi
from ticketing.facts import CallFact, Report
from ticketing.ledger.reader import Reader

ROUND_SECONDS = 30.0
ASKED_AFTER = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
THEN_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


def is_due(heard_at: datetime, before_at: datetime | None, now_at: datetime) -> bool:
    """Whether a call last heard of at `heard_at` is to be asked for now, and was not at `before_at`."""
    if before_at is None:
        return True
    return _asked_so_far(before_at - heard_at) < _asked_so_far(now_at - heard_at)


def _asked_so_far(age: timedelta) -> int:
    return sum(after <= age for after in ASKED_AFTER) + max(age // THEN_EVERY - 1, 0)


class CallsBook:
    """Asks for the calls of `line`, and records what the ledger lacks."""

    def __init__(
        self,
        line: str,
        api: TwilioApi,
        legs: Legs,
        reader: Reader,
        record: Record,
        look: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._line = line
        self._api = api
        self._legs = legs
        self._reader = reader
        self._record = record
        self._look = look
        self._clock = clock
        self._before_at: dict[str, datetime] = {}

    async def run(self) -> None:
        """Ask for ever; a round that fails is followed by the next."""
        while True:
            try:
                await self.round()
            except Exception as fault:
                # A fault's text may quote values; whatever it is, the next round may do better.
                log.warning("calls not asked for", fault=type(fault).__name__)
            await asyncio.sleep(ROUND_SECONDS)

    async def round(self) -> int:
        """Ask for all that is due; how many facts were missing. Raises what the ledger does."""
        open_now = await asyncio.to_thread(self._open)
        self._before_at = {one: at for one, at in self._before_at.items() if one in open_now}
        healed = 0
        for call_id in sorted(open_now):
            try:
                healed += await self._ask(call_id)
            except Refused as refusal:
                log.warning("call not asked for yet", refusal=type(refusal).__name__, call_id=call_id)
        if healed:
            log.warning("gap healed", facts=healed)
            self._look()
        return healed

    def _open(self) -> set[str]:
        """The line's calls whose end is not known, and the office's own."""
        rows = self._reader.calls(self._reader.calls_not_ended())
        return {
            call_id
            for call_id, row in rows.items()
            if row.line == self._line or (row.outward and is_call_back(call_id))
        }

    async def _ask(self, call_id: str) -> int:
        known, now_at = await self._legs.known(call_id), self._clock()
        if known is None:
            return 0
        heard_at = max(fact.occurred_at for fact in known.facts)
        before_at = self._before_at.get(call_id)
        if before_at is None and now_at - heard_at < ASKED_AFTER[0]:
            return 0
        if not is_due(heard_at, before_at, now_at):
            return 0
        lacking = await self._lacking(known)
        self._before_at[call_id] = now_at
        if lacking:
            await self._record(*(Report(fact) for fact in lacking))
        return len(lacking)

    async def _lacking(self, known: Known) -> list[CallFact]:
        call_id = known.call.call_id
        if known.call.is_outward:
            sid = await self._legs.sid_of(call_id)
            state = await self._api.state_of(sid) if sid else None
            return booked.call_back_gone(known, state, await self._api.legs_of(sid) if sid else [])
        state = await self._api.state_of(call_id)
        lacking = booked.caller_gone(known, state) if state else []
        if known.call.answered_at and known.call.talk_ended_at is None and known.call.leg_id:
            sid = await self._legs.sid_of(known.call.leg_id)
            lacking += booked.agent_gone(known, await self._api.state_of(sid) if sid else None)
        return lacking
