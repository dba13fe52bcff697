"""An agent calls a citizen: the phone is held back, the call is recorded, and only then anything rings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from config.clock import Clock
from config.errors import Refused, Unavailable
from ivr.queues.roster import Roster
from ivr.switchboard import Switchboard
from ticketing.facts import NOT_PICKED_UP, CitizenNotReached, Report
from ticketing.ledger.journal import Journal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Errand:
    """Whom to call: a number in E.164, which nobody may log, and what the agent's phone shows of it."""

    number: str = field(repr=False)
    label: str


class Calling:
    """Places the office's calls. What becomes of them comes back as facts."""

    def __init__(self, roster: Roster, switchboard: Switchboard, journal: Journal, clock: Clock) -> None:
        self._roster = roster
        self._switchboard = switchboard
        self._journal = journal
        self._clock = clock

    async def place(self, agent_id: str, record: Callable[[str], Awaitable[Errand]]) -> str:
        """Ring the agent, then the citizen; returns the call's id.

        `record` is given that id, records CallBackPlaced and says whom to call; whatever it raises
        is raised, and nothing rings. Raises NoPhoneChosen, AgentBusy, Unavailable and the switchboard's
        own refusals; a call that was recorded has then come to nothing.
        """
        phone = await self._roster.hold_back(agent_id)
        call_id = self._switchboard.new_call_id()
        try:
            errand = await record(call_id)
        except BaseException:
            await self._roster.restore(agent_id)
            raise
        try:
            await self._switchboard.call_citizen(call_id, phone, agent_id, errand.number, errand.label)
        except Refused:
            await self._give_up(call_id)
            raise
        return call_id

    async def _give_up(self, call_id: str) -> None:
        """The answer may have been lost on its way, and the phone ring all the same.

        The fact releases the agent's phone, as it does whenever a call comes to nothing.
        """
        try:
            await self._switchboard.hang_up(call_id)
        except Unavailable:
            log.warning("an office's call may still ring", call_id=call_id)
        fact = CitizenNotReached(
            key=f"{call_id}/not-reached", occurred_at=self._clock(), call_id=call_id, status=NOT_PICKED_UP
        )
        await self._journal.record(Report(fact))
