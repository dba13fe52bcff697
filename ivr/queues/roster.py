"""The agents at their phones: who may be rung. The PBX's queue is kept as the shifts have it.

Wrap-up is kept twice over: the PBX's own `wrapuptime` holds the next ring back in the instant a talk
ends, whatever becomes of us, and a pause of ours lets the agent ask for more.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from config.clock import Clock
from config.errors import Conflict, Unavailable
from ivr.switchboard import Switchboard
from ticketing import facts
from ticketing.agents.shift import ShiftState
from ticketing.calls.call import CallPhase
from ticketing.facts import AgentFact, Provenance, Report, WrapUpEndedBy
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader

WRAP_UP_PAUSE = "rekap"
SIGNED_IN_PAUSE = "baru masuk"
RESTORED = "dipulihkan"
CALLING_PAUSE = "menelepon warga"
WRAP_UP_CHECK_SECONDS = 1.0

log = structlog.get_logger(__name__)


class NoPhoneChosen(Conflict):
    """The agent has no phone yet, so nothing can ring."""

    def __init__(self) -> None:
        super().__init__("Pilih telepon dahulu.", "Choose a phone first.")


class NoWrapUp(Conflict):
    """The agent is not in wrap-up."""

    def __init__(self) -> None:
        super().__init__("Tidak sedang merekap.", "There is no wrap-up going on.")


class AgentBusy(Conflict):
    """The agent has a call, or its recap, on hand."""

    def __init__(self) -> None:
        super().__init__(
            "Selesaikan dahulu panggilan atau rekap yang sedang berjalan.",
            "Finish the call or the recap that is going on first.",
        )


class Roster:
    """Carries out what agents ask for and sees to it that the PBX agrees."""

    def __init__(
        self, queue: str, switchboard: Switchboard, journal: Journal, reader: Reader, clock: Clock
    ) -> None:
        self._queue = queue
        self._switchboard = switchboard
        self._journal = journal
        self._reader = reader
        self._clock = clock

    async def sit_down(self, agent_id: str, phone: str) -> None:
        """The agent takes `phone`; not ready yet."""
        before = self._reader.shift(agent_id)
        if before and before.phone and before.phone != phone and before.state != ShiftState.SIGNED_OUT:
            await self._switchboard.remove_agent(self._queue, before.phone)
        await self._switchboard.add_agent(self._queue, phone, agent_id, paused=True)
        await self._switchboard.pause_agent(self._queue, phone, paused=True, reason=SIGNED_IN_PAUSE)
        await self._record(facts.AgentSignedIn, agent_id, phone=phone)

    async def leave(self, agent_id: str) -> None:
        """The agent leaves the phone; a wrap-up still running ends with it."""
        shift = self._reader.shift(agent_id)
        if shift is None or shift.state == ShiftState.SIGNED_OUT:
            return
        await self._switchboard.remove_agent(self._queue, shift.phone)
        call = self._reader.call_of_agent(agent_id)
        if call and call.phase == CallPhase.WRAP_UP:
            await self._record_wrap_up_end(call.call_id, agent_id, WrapUpEndedBy.SIGN_OUT)
        await self._record(facts.AgentSignedOut, agent_id)

    async def become_ready(self, agent_id: str) -> None:
        """The agent may be rung from now on; ends a wrap-up that is still running."""
        phone = self._phone(agent_id)
        call = self._reader.call_of_agent(agent_id)
        if call and call.phase == CallPhase.WRAP_UP:
            await self._record_wrap_up_end(call.call_id, agent_id, WrapUpEndedBy.AGENT)
        await self._release(agent_id, phone, paused=False)
        await self._record(facts.AgentBecameReady, agent_id)

    async def become_not_ready(self, agent_id: str, reason: str) -> None:
        """The agent may not be rung; `reason` is one of `queues.yaml`."""
        phone = self._phone(agent_id)
        await self._switchboard.pause_agent(self._queue, phone, paused=True, reason=reason)
        await self._record(facts.AgentBecameNotReady, agent_id, reason=reason)

    async def extend_wrap_up(self, agent_id: str, seconds: int) -> None:
        """Give the agent's wrap-up `seconds` more."""
        call = self._reader.call_of_agent(agent_id)
        if call is None or call.phase != CallPhase.WRAP_UP:
            raise NoWrapUp
        at = self._clock()
        until_at = max(call.wrap_up_until_at or at, at) + timedelta(seconds=seconds)
        fact = facts.WrapUpExtended(
            key=f"{call.call_id}/wrap-up/{until_at.isoformat()}",
            occurred_at=at,
            provenance=Provenance.DECLARED,
            call_id=call.call_id,
            agent_id=agent_id,
            until_at=until_at,
        )
        await self._journal.record(Report(fact))

    async def end_wrap_up(self, agent_id: str, ended_by: WrapUpEndedBy = WrapUpEndedBy.AGENT) -> None:
        """The agent's wrap-up is over; who was ready before the call may be rung again."""
        call = self._reader.call_of_agent(agent_id)
        if call is None or call.phase != CallPhase.WRAP_UP:
            raise NoWrapUp
        await self._record_wrap_up_end(call.call_id, agent_id, ended_by)
        await self._restore(agent_id)

    async def after_talk(self, agent_id: str) -> None:
        """Hold the agent's phone back while the recap is written."""
        shift = self._reader.shift(agent_id)
        if shift is None or shift.state != ShiftState.READY:
            return
        try:
            await self._switchboard.pause_agent(self._queue, shift.phone, paused=True, reason=WRAP_UP_PAUSE)
        except Unavailable:
            log.warning("wrap-up pause not set; the queue's own wrap-up time holds", agent_id=agent_id)

    async def keep_time(self) -> None:
        """End every wrap-up whose time is over, for ever; survives a PBX or ledger that does not answer."""
        while True:
            await asyncio.sleep(WRAP_UP_CHECK_SECONDS)
            try:
                for call in await asyncio.to_thread(self._reader.wrap_ups_over, self._clock()):
                    await self.end_wrap_up(call.engaged_agent_id, WrapUpEndedBy.CLOCK)
            except (Unavailable, NoWrapUp) as refusal:
                log.warning("wrap-up not ended yet", refusal=type(refusal).__name__)

    async def restore_all(self) -> None:
        """Put every agent on shift back into the PBX's queue; it forgets them when it restarts."""
        for shift in await asyncio.to_thread(self._reader.shifts):
            if shift.state != ShiftState.SIGNED_OUT:
                await self._put_back(shift.agent_id, shift.phone)

    async def _put_back(self, agent_id: str, phone: str) -> None:
        """As `_restore`, for an agent who may be ringing at this moment: the PBX may know them still."""
        paused = self._is_held_back(agent_id)
        await self._switchboard.add_agent(self._queue, phone, agent_id, paused=paused)
        await self._switchboard.pause_agent(self._queue, phone, paused=paused, reason=RESTORED)

    async def _restore(self, agent_id: str) -> None:
        shift = self._reader.shift(agent_id)
        if shift is None or shift.state == ShiftState.SIGNED_OUT:
            return
        await self._release(agent_id, shift.phone, paused=self._is_held_back(agent_id))

    async def hold_back(self, agent_id: str) -> str:
        """Let nobody ring the agent who is about to call a citizen; the phone. Raises AgentBusy, Unavailable.

        Raises NoPhoneChosen too. Undone by `restore`.
        """
        phone = self._phone(agent_id)
        if self._reader.call_of_agent(agent_id) is not None:
            raise AgentBusy
        await self._switchboard.pause_agent(self._queue, phone, paused=True, reason=CALLING_PAUSE)
        return phone

    async def restore(self, agent_id: str) -> None:
        """Let the queue ring the agent again as the shift has it; nobody is harmed where it fails."""
        try:
            await self._restore(agent_id)
        except Unavailable:
            log.warning("phone not released yet", agent_id=agent_id)

    def _is_held_back(self, agent_id: str) -> bool:
        shift = self._reader.shift(agent_id)
        call = self._reader.call_of_agent(agent_id)
        busy = call is not None and (call.outward or call.phase == CallPhase.WRAP_UP)
        return busy or shift is None or shift.state != ShiftState.READY

    async def _release(self, agent_id: str, phone: str, *, paused: bool) -> None:
        """Removing and adding is the only way to end the wrap-up that app_queue itself is keeping."""
        await self._switchboard.remove_agent(self._queue, phone)
        await self._switchboard.add_agent(self._queue, phone, agent_id, paused=paused)

    def _phone(self, agent_id: str) -> str:
        shift = self._reader.shift(agent_id)
        if shift is None or shift.phone is None or shift.state == ShiftState.SIGNED_OUT:
            raise NoPhoneChosen
        phone: str = shift.phone
        return phone

    async def _record_wrap_up_end(self, call_id: str, agent_id: str, ended_by: WrapUpEndedBy) -> None:
        fact = facts.WrapUpEnded(
            key=f"{call_id}/wrap-up-ended/{agent_id}",
            occurred_at=self._clock(),
            provenance=Provenance.OBSERVED if ended_by is WrapUpEndedBy.CLOCK else Provenance.DECLARED,
            call_id=call_id,
            agent_id=agent_id,
            ended_by=ended_by,
        )
        await self._journal.record(Report(fact))

    async def _record(self, kind: type[AgentFact], agent_id: str, **more: str) -> None:
        at: datetime = self._clock()
        key = f"{agent_id}/{kind.kind}/{at.isoformat()}"
        fact = kind(key=key, occurred_at=at, provenance=Provenance.DECLARED, agent_id=agent_id, **more)
        await self._journal.record(Report(fact))
