"""Registration on the telephone: takes a caller through the walk and records what became of it."""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from config.checkpoint import reach
from config.clock import Clock, office_day
from config.errors import Refused, Unavailable
from config.office import Office
from ivr import menu
from ivr.ahead import Causes, Forecast, NoCauses, NoForecast, NoStatuses, Outlook, Statuses
from ivr.call_desk import CallDesk
from ivr.dialogue import Caller, Line, OpenDialogue
from ivr.speech.prompts import sounds
from ivr.steps import Ahead, Heard, SpokenStatus, Walk
from ivr.waiting import Waiting
from ticketing import facts
from ticketing.calls.call import Call
from ticketing.facts import CallFact, Provenance, Report
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.recorder import Registration
from ticketing.people.phone_number import is_mobile, normalise
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.number import NotATicketNumber, TicketNumber, from_digits, from_keys
from ticketing.tickets.ticket import OVER_STATES

__all__ = ["Caller", "Line", "Registrar"]

LEDGER_SECONDS = 1.2
"""How long a caller may wait for the ledger in silence; then they go on without what it would say."""
CAUSES_TOLD = 2

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Registrar:
    """Registers callers, and hears the keys they press while waiting.

    What it tells of waits, causes and tickets' states comes from `forecast`, `causes` and `statuses`;
    `sends_texts` says whether numbers go out as text messages.
    """

    def __init__(
        self, desk: CallDesk, journal: Journal, reader: Reader, office: Callable[[], Office], clock: Clock
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._reader = reader
        self._office = office
        self._clock = clock
        self.causes: Causes = NoCauses()
        self.statuses: Statuses = NoStatuses()
        self.sends_texts = False
        self._outlook = Outlook(reader, NoForecast(), office, clock)

    def foretell_by(self, forecast: Forecast) -> None:
        """Tell waits as this forecast has them."""
        self._outlook = Outlook(self._reader, forecast, self._office, self._clock)

    @property
    def office(self) -> Office:
        """The configuration as it is now."""
        return self._office()

    @property
    def queue(self) -> str:
        """Where callers wait."""
        return self.office.default_queue.name

    async def register(self, line: Line, caller: Caller) -> None:
        """The whole walk; leaves the dialplan told where to go, `REG_OK` last."""
        dialogue = OpenDialogue(self, line, caller)
        walk, heard = await self.begin(caller), Heard()
        reach("call recorded")
        while True:
            walk, step = menu.next_step(self._office(), walk, heard)
            if isinstance(step, menu.Enqueue | menu.HangUp):
                break
            heard = await dialogue.take(step)
        await self._hand_over(line, walk, step)

    async def key_while_waiting(self, line: Line, caller: Caller, key: str) -> None:
        """A caller in the queue pressed a key; the dialplan then queues them again, or hangs up."""
        answer = await Waiting(self).answer(caller.call_id, key, self._clock().isoformat())
        await self.record(*answer.reports)
        await line.play(sounds(answer.prompts, slow=answer.slow), keys="")
        if answer.over:
            await line.set_variable("HOTLINE_NEXT", "selesai")
        await line.disarm()

    async def begin(self, caller: Caller) -> Walk:
        """The beginning of a walk; records that the caller came."""
        at = self._clock()
        call_id = caller.call_id
        # The PBX tells of the arrival before it knows the number, and then of the number.
        arrived = facts.CallArrived(
            key=f"{call_id}/introduced",
            occurred_at=at,
            call_id=call_id,
            line=caller.line,
            dialed_number=caller.dialed_number,
        )
        entered = facts.MenuEntered(key=f"{call_id}/menu", occurred_at=at, call_id=call_id, menu="daftar")
        await self.record(Report(arrived, caller.caller_number), Report(entered))
        calendar = Calendar(self.office.hours)
        number = normalise(caller.caller_number)
        return Walk(
            opens_at=None if calendar.is_open(at) else calendar.next_opening(at),
            offered=await self._open_ticket(caller),
            callable=number is not None,
            texted=self.sends_texts if number is None or is_mobile(number) else None,
            causes=tuple(self.causes.open_now()[:CAUSES_TOLD]),
        )

    async def _open_ticket(self, caller: Caller) -> TicketNumber | None:
        row = await asyncio.to_thread(self._reader.open_ticket_of_number, caller.caller_number)
        return from_digits(row.ticket_id) if row else None

    async def _hand_over(self, line: Line, walk: Walk, step: menu.Enqueue | menu.HangUp) -> None:
        reach("handing over")
        if walk.ticket:
            label = walk.ticket.keys
            await line.set_variable("HOTLINE_LABEL", label)
        if walk.callable:
            await line.set_variable("HOTLINE_CALLABLE", "1")
        if isinstance(step, menu.Enqueue):
            await line.set_variable("HOTLINE_QUEUE", step.queue)
            if walk.ahead and walk.ahead.kept:
                await line.set_variable("HOTLINE_POSITION", str(walk.ahead.position))
            if closes_at := self.closes_on(step.queue):
                await line.set_variable("HOTLINE_CLOSES", str(math.ceil(closes_at.timestamp())))
        await line.set_variable("HOTLINE_NEXT", "antre" if isinstance(step, menu.Enqueue) else "selesai")
        # A switch left on would pull the caller out of the queue; REG_OK is the last word of all.
        await line.disarm()
        reach("handed over")
        await line.set_variable("REG_OK", "1")
        reach("registration done")

    def closes_on(self, queue: str, joined_at: datetime | None = None) -> datetime | None:
        """When those who wait in the queue are sent home with a promise; None where they are served.

        They joined it at `joined_at`, or join it now: whoever joins after closing is served.
        """
        office = self._office()
        if office.queues[queue].at_closing == "serve":
            return None
        return Calendar(office.hours).closes(joined_at or self._clock())

    async def issue(self, call_id: str) -> TicketNumber | None:
        """A number for the call, or None when the ledger cannot write in time: none is invented."""
        return await self.issue_and(call_id, lambda _, ticket: ticket)

    async def issue_and(self, call_id: str, then: Callable[[Connection, TicketNumber], T]) -> T | None:
        """What `then` makes of a number for the call, in the writer's transaction; None as `issue` has it."""
        reach("number asked for")
        try:
            async with asyncio.timeout(LEDGER_SECONDS):
                made = await self._journal.register_and(
                    Registration(call_id, self._clock()),
                    lambda connection, registered: then(connection, from_digits(registered.ticket_id)),
                )
        except (TimeoutError, Unavailable) as fault:
            log.warning("no number issued", fault=type(fault).__name__, call_id=call_id)
            return None
        reach("number committed")
        return made

    async def find(self, digits: str) -> TicketNumber | None:
        """The open ticket whose number was keyed in, if there is one."""
        try:
            number = from_keys(digits, office_day(self._clock()))
        except NotATicketNumber:
            return None
        row = await asyncio.to_thread(self._reader.ticket, number.digits)
        return number if row and row.state not in OVER_STATES else None

    async def status_of(self, digits: str, pin: str, call_id: str) -> SpokenStatus | None:
        """How the ticket stands; None for whatever is wrong, be it the number, the PIN or the ledger."""
        try:
            number = from_keys(digits, office_day(self._clock())).digits
        except NotATicketNumber:
            number = digits
        try:
            async with asyncio.timeout(LEDGER_SECONDS):
                return await self.statuses.spoken(number, pin, call_id)
        except (TimeoutError, Refused):
            return None

    async def ahead(self, ticket: TicketNumber | None) -> Ahead | None:
        """What awaits the caller; None where the ledger does not tell in time, and then nothing is said."""
        try:
            async with asyncio.timeout(LEDGER_SECONDS):
                return await self._outlook.of(ticket, self.queue)
        except (TimeoutError, Unavailable):
            return None

    async def place(self, call: Call, queue: str) -> int:
        """The place of a caller in the queue, or of one who joins it now; 1 is next."""
        return await self._outlook.place(call, queue)

    async def promise_at(self) -> datetime:
        """By when somebody who asks for a call now will have been called."""
        return await self._outlook.promise_at(self.queue)

    def call(self, call_id: str) -> AnyRow | None:
        """The call's row."""
        return self._reader.call(call_id)

    def is_callers_own(self, call: AnyRow) -> bool:
        """Whether the ticket's number was given to, or keyed in by, this very caller."""
        ticket = self._reader.ticket(call.ticket_id)
        return bool(call.recognised) or (ticket is not None and ticket.registered_by_call_id == call.call_id)

    async def record(self, *reports: Report) -> None:
        """Record in the time a caller may be kept waiting; later facts bring the call up to date."""
        try:
            async with asyncio.timeout(LEDGER_SECONDS):
                await self._desk.receive(*reports)
        except (TimeoutError, Unavailable) as fault:
            log.warning("fact handed to the desk to record later", fault=type(fault).__name__)
            self._desk.hear(reports)

    def now_fact(self, kind: type[CallFact], call_id: str, key: str, **more: Any) -> Report:
        """A fact of this instant."""
        at = self._clock()
        provenance = Provenance.OBSERVED
        made = kind(key=f"{call_id}/{key}", occurred_at=at, provenance=provenance, call_id=call_id, **more)
        return Report(made)

    def sop_version_of(self, ticket: TicketNumber) -> str:
        """The SOP version the ticket's case began under."""
        row = self._reader.ticket(ticket.digits)
        return str(row.sop_version) if row else self._office().sop.version
