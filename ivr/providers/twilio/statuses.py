"""How calls and legs end, at `/twilio/status`: hints, that may come late, twice, in any order or not at all.

Nothing follows from a status that is not for good. What got lost the account's list of calls tells
(`calls_book`), and both end in the same ledger.
"""

from collections.abc import Callable

from config.clock import Clock
from ivr.providers.twilio.agent_replies import NOTHING, STATUS
from ivr.providers.twilio.agents import Missed, Record
from ivr.providers.twilio.doorway import Asked, OddForm
from ivr.providers.twilio.leg_facts import (
    COMPLETED,
    OVER,
    call_back_ended,
    call_ended,
    caller_of,
    cause_of,
    is_call_back,
    leg_ended,
    told_at,
)
from ivr.providers.twilio.legs import Known, Legs
from ticketing.facts import CallFact, Report


class StatusDoor:
    """Takes the ends of callers' calls, of agents' legs, and of calls that the office made."""

    path = STATUS

    def __init__(
        self, legs: Legs, record: Record, missed: Missed, look: Callable[[], None], clock: Clock
    ) -> None:
        self._legs = legs
        self._record = record
        self._missed = missed
        self._look = look
        self._clock = clock

    async def answer(self, asked: Asked) -> bytes:
        """Nothing, for nobody is on the line; raises OddForm, and what the ledger does."""
        call_id, leg_id = _named(asked)
        status = asked.form.get("CallStatus", "")
        if call_id != asked.call_id:
            self._legs.is_at(leg_id or call_id, asked.call_id)
        if status not in OVER:
            return NOTHING
        known = await self._legs.known(call_id)
        if known is None:
            return NOTHING
        if leg_id:
            await self._leg_over(asked, known, leg_id, status)
        else:
            await self._call_over(asked, known, status)
        self._look()
        return NOTHING

    def in_trouble(self, asked: Asked) -> bytes:
        """The list of calls will tell."""
        return NOTHING

    async def _leg_over(self, asked: Asked, known: Known, leg_id: str, status: str) -> None:
        ringing = known.call.ringing
        # One that was taken may be heard to end before what its dialling came to.
        taken = status == COMPLETED and self._legs.is_put_through(leg_id)
        if ringing and ringing.leg_id == leg_id and not taken:
            await self._missed(known.call.call_id, leg_id)
            return
        at = told_at(asked.form, known.facts, self._clock(), leg_id)
        await self._record(Report(leg_ended(known.call.call_id, leg_id, at)))

    async def _call_over(self, asked: Asked, known: Known, status: str) -> None:
        call, at = known.call, told_at(asked.form, known.facts, self._clock())
        cause = cause_of(status, asked.form.get("SipResponseCode", ""))
        ended: list[CallFact] = (
            call_back_ended(call, status, cause, at)
            if call.is_outward
            else [call_ended(call.call_id, cause, at)]
        )
        await self._record(*(Report(fact) for fact in ended))


def _named(asked: Asked) -> tuple[str, str | None]:
    """The call, and the leg where it is one; raises OddForm. The number's own callback names neither."""
    call_id, leg_id = asked.query.get("call", asked.call_id), asked.query.get("leg")
    if leg_id is not None and caller_of(leg_id) != call_id:
        raise OddForm
    if leg_id is None and call_id != asked.call_id and not is_call_back(call_id):
        raise OddForm
    return call_id, leg_id
