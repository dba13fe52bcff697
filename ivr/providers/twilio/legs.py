"""Which call of Twilio's a leg of ours is. What is heard of it says so; else its telephone does.

The SID comes back when the leg is placed, to one node, and that may be gone: a telephone has one call of ours
at a time, so the account's list finds it again.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.providers.twilio.leg_facts import caller_of, ring_of
from ivr.providers.twilio.phones import OfficePhones
from ivr.providers.twilio.rest import CallState, TwilioApi
from ticketing.calls.call import Call, fold
from ticketing.facts import CallFact
from ticketing.ledger.reader import Reader

PLACED_BY_API = "outbound-api"
CLOCKS_APART = timedelta(seconds=5)
"""Between our writing a leg down and its beginning by Twilio's clock; no telephone is rung more often."""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """A call as the ledger has it now, and the facts that say so."""

    call: Call
    facts: list[CallFact]


@dataclass(slots=True)
class _Heard:
    """What this node has heard of a leg."""

    sid: str | None = None
    put_through: bool = False
    moved: bool = False


class Legs:
    """Finds legs, and remembers what this node has heard of the latest."""

    def __init__(self, api: TwilioApi, reader: Reader, phones: OfficePhones) -> None:
        self._api = api
        self._reader = reader
        self._phones = phones
        self._heard: dict[str, _Heard] = {}

    async def known(self, call_id: str) -> Known | None:
        """The call in the ledger; None where it is not there."""
        found = await asyncio.to_thread(self._reader.facts_of, {call_id})
        facts = found.get(call_id)
        return Known(fold(facts, call_id), facts) if facts else None

    def is_at(self, leg_id: str, sid: str) -> None:
        """That leg is this call of Twilio's."""
        self._of(leg_id).sid = sid

    def put_through(self, leg_id: str) -> None:
        """Its agent took the call: it rings no more."""
        self._of(leg_id).put_through = True

    def is_put_through(self, leg_id: str) -> bool:
        """Whether it was taken, as far as this node knows."""
        return leg_id in self._heard and self._heard[leg_id].put_through

    def moved(self, leg_id: str, *, moved: bool = True) -> None:
        """Its caller is being led to somebody else; or is not, after all."""
        self._of(leg_id).moved = moved

    def is_moved(self, leg_id: str) -> bool:
        """Whether the caller was led elsewhere from this node."""
        return leg_id in self._heard and self._heard[leg_id].moved

    def _of(self, leg_id: str) -> _Heard:
        if leg_id not in self._heard and len(self._heard) >= REMEMBERED:
            del self._heard[next(iter(self._heard))]
        return self._heard.setdefault(leg_id, _Heard())

    async def sid_of(self, leg_id: str) -> str | None:
        """The leg's call at Twilio; None where there was none. Raises TwilioAway, TwilioRefused."""
        heard = self._heard.get(leg_id)
        if heard and heard.sid:
            return heard.sid
        found = await self._looked_up(leg_id)
        return found.sid if found else None

    async def _looked_up(self, leg_id: str) -> CallState | None:
        known = await self.known(caller_of(leg_id) or leg_id)
        if known and leg_id == known.call.call_id and known.call.leg_id:
            # The citizen's leg was dialled from within it.
            citizen = await self._api.state_of(known.call.leg_id)
            return await self._api.state_of(citizen.parent_sid) if citizen and citizen.parent_sid else None
        began_at, agent_id = _began(known.call, leg_id) if known else (None, None)
        if began_at is None or agent_id is None:
            return None
        shift = await asyncio.to_thread(self._reader.shift, agent_id)
        if shift is None:
            return None
        since = await self._api.calls_since(began_at - CLOCKS_APART)
        # One that is still queued at Twilio has not begun.
        mine = [
            (abs((one.started_at or began_at) - began_at), one)
            for one in since
            if one.to == self._phones.dialled(shift.phone) and one.direction == PLACED_BY_API
        ]
        apart, nearest = min(mine, key=lambda found: found[0], default=(CLOCKS_APART, None))
        return nearest if apart < CLOCKS_APART else None


def _began(call: Call, leg_id: str) -> tuple[datetime | None, str | None]:
    """When our leg was put on record, and for which agent."""
    if leg_id == call.call_id:
        return call.placed_at, call.agent_id
    ring = ring_of(call, leg_id)
    return (ring.rang_at, ring.agent_id) if ring else (None, None)
