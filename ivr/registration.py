"""Registration on the telephone: takes a caller through the walk and records what became of it."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Protocol

import structlog

from config.checkpoint import reach
from config.clock import Clock, office_day
from config.errors import Unavailable
from config.office import Office
from ivr import menu
from ivr.call_desk import CallDesk
from ivr.menu import Heard, Walk
from ivr.speech.digits import spoken_ticket
from ivr.speech.prompts import sounds
from ticketing import facts
from ticketing.facts import CallBackReason, CallFact, Provenance, Report
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Registration
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.number import NotATicketNumber, TicketNumber, from_digits, from_keys
from ticketing.tickets.ticket import OVER_STATES

LEDGER_SECONDS = 1.2
"""How long a caller may wait for the ledger in silence; then they go on without a number."""
REPLAY_KEY = "*"

log = structlog.get_logger(__name__)


class Line(Protocol):
    """What a telephone must be able to do in a dialogue with its caller."""

    async def play(self, sounds: Sequence[str], keys: str = ...) -> str:
        """Play; one of `keys` interrupts and is returned."""

    async def ask_key(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Play and wait for one key."""

    async def ask_digits(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Play and take digits."""

    async def set_variable(self, name: str, value: str) -> None:
        """Hand a value to the dialplan."""

    async def arm(self, seconds: float) -> None:
        """Arm the dead-man switch."""

    async def disarm(self) -> None:
        """Disarm the dead-man switch."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is on the line; the number is for the ledger's eyes only."""

    call_id: str
    line: str
    dialed_number: str
    caller_number: str | None

    def __repr__(self) -> str:
        return f"Caller({self.call_id})"


class Registrar:
    """Registers callers, and hears the keys they press while waiting."""

    def __init__(
        self, desk: CallDesk, journal: Journal, reader: Reader, office: Callable[[], Office], clock: Clock
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._reader = reader
        self._office = office
        self._clock = clock

    async def register(self, line: Line, caller: Caller) -> None:
        """The whole walk; leaves the dialplan told where to go, `REG_OK` last."""
        dialogue = _Dialogue(self, line, caller)
        walk, heard = await self._begin(caller), Heard()
        reach("call recorded")
        while True:
            walk, step = menu.next_step(self._office(), walk, heard)
            if isinstance(step, menu.Enqueue | menu.HangUp):
                break
            heard = await dialogue.take(step)
        await self._hand_over(line, walk, step)

    async def key_while_waiting(self, line: Line, caller: Caller, key: str) -> None:
        """A caller in the queue pressed a key: a category, or `*` to hear the number again, slower."""
        call = await asyncio.to_thread(self._reader.call, caller.call_id)
        category = self._office().category_of_key(key)
        if key == REPLAY_KEY and call and call.ticket_id:
            number = from_digits(call.ticket_id)
            spoken = spoken_ticket(number.serial_digits, number.check_digit)
            await line.play(sounds(("nomor-anda", *spoken), slow=True), keys="")
        elif category:
            at = self._clock()
            key_ = f"{caller.call_id}/category/{at.isoformat()}"
            fact = facts.CategoryChosen(
                key=key_, occurred_at=at, call_id=caller.call_id, category=category.code
            )
            await self.record(Report(fact))
            await line.play(sounds(("topik-dicatat",)), keys="")
        else:
            await line.play(sounds(("pilihan-salah",)), keys="")
        await line.disarm()

    async def _begin(self, caller: Caller) -> Walk:
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
        calendar = Calendar(self._office().hours)
        if not calendar.is_open(at):
            return Walk(opens_at=calendar.next_opening(at))
        return Walk(offered=await self._open_ticket(caller))

    async def _open_ticket(self, caller: Caller) -> TicketNumber | None:
        row = await asyncio.to_thread(self._reader.open_ticket_of_number, caller.caller_number)
        return from_digits(row.ticket_id) if row else None

    async def _hand_over(self, line: Line, walk: Walk, step: menu.Enqueue | menu.HangUp) -> None:
        reach("handing over")
        if walk.ticket:
            label = walk.ticket.serial_digits + walk.ticket.check_digit
            await line.set_variable("HOTLINE_LABEL", label)
        if isinstance(step, menu.Enqueue):
            await line.set_variable("HOTLINE_QUEUE", step.queue)
            if closes_at := self.closes_on(step.queue):
                await line.set_variable("HOTLINE_CLOSES", str(math.ceil(closes_at.timestamp())))
        await line.set_variable("HOTLINE_NEXT", "antre" if isinstance(step, menu.Enqueue) else "selesai")
        # A switch left on would pull the caller out of the queue; REG_OK is the last word of all.
        await line.disarm()
        reach("handed over")
        await line.set_variable("REG_OK", "1")
        reach("registration done")

    def closes_on(self, queue: str) -> datetime | None:
        """When those who wait in the queue are sent home with a promise; None where they are served."""
        office = self._office()
        if office.queues[queue].at_closing == "serve":
            return None
        return Calendar(office.hours).closes(self._clock())

    async def issue(self, call_id: str) -> TicketNumber | None:
        """A number for the call, or None when the ledger cannot write in time: none is invented."""
        reach("number asked for")
        try:
            async with asyncio.timeout(LEDGER_SECONDS):
                registered = await self._journal.register(Registration(call_id, self._clock()))
        except (TimeoutError, Unavailable) as fault:
            log.warning("no number issued", fault=type(fault).__name__, call_id=call_id)
            return None
        reach("number committed")
        return from_digits(registered.ticket_id)

    async def find(self, digits: str) -> TicketNumber | None:
        """The open ticket whose number was keyed in, if there is one."""
        try:
            number = from_keys(digits, office_day(self._clock()))
        except NotATicketNumber:
            return None
        row = await asyncio.to_thread(self._reader.ticket, number.digits)
        return number if row and row.state not in OVER_STATES else None

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


class _Dialogue:
    """Carries out the steps of one caller's walk."""

    def __init__(self, registrar: Registrar, line: Line, caller: Caller) -> None:
        self._registrar = registrar
        self._line = line
        self._caller = caller

    @singledispatchmethod
    async def take(self, step: menu.Step) -> Heard:
        """Carry out a step and bring back what was heard."""
        raise TypeError(f"no way to carry out {type(step).__name__}")

    @take.register
    async def _(self, step: menu.Say) -> Heard:
        return Heard(key=await self._line.play(sounds(step.prompts, slow=step.slow)))

    @take.register
    async def _(self, step: menu.AskKey) -> Heard:
        prompts = sounds(step.prompts, slow=step.slow)
        return Heard(key=await self._line.ask_key(prompts, step.window_seconds))

    @take.register
    async def _(self, step: menu.AskDigits) -> Heard:
        prompts = sounds(step.prompts, slow=step.slow)
        digits = await self._line.ask_digits(prompts, step.window_seconds)
        return Heard(key=digits) if digits == REPLAY_KEY else Heard(digits=digits)

    @take.register
    async def _(self, step: menu.LookUp) -> Heard:
        return Heard(ticket=await self._registrar.find(step.digits))

    @take.register
    async def _(self, step: menu.Register) -> Heard:
        return Heard(ticket=await self._registrar.issue(self._caller.call_id))

    @take.register
    async def _(self, step: menu.Continue) -> Heard:
        registrar = self._registrar
        version = await asyncio.to_thread(registrar.sop_version_of, step.ticket)
        continued = registrar.now_fact(
            facts.TicketContinued,
            self._caller.call_id,
            "continued",
            ticket_id=step.ticket.digits,
            keyed_in=step.keyed_in,
            sop_version=version,
        )
        await registrar.record(continued)
        return Heard(ticket=step.ticket)

    @take.register
    async def _(self, step: menu.SpeakNumber) -> Heard:
        key = await self._line.play(sounds(step.prompts, slow=step.slow))
        if key:
            return Heard(key=key)
        registrar = self._registrar
        spoken = registrar.now_fact(
            facts.NumberSpoken,
            self._caller.call_id,
            f"spoken/{step.times}",
            ticket_id=step.ticket.digits,
            times=step.times,
        )
        await registrar.record(spoken)
        reach("number spoken once" if step.times == 1 else "number spoken twice")
        return Heard()

    @take.register
    async def _(self, step: menu.PromiseCallBack) -> Heard:
        registrar = self._registrar
        promised = registrar.now_fact(
            facts.CallBackPromised,
            self._caller.call_id,
            "call-back",
            due_at=step.due_at,
            reason=CallBackReason.AFTER_HOURS,
        )
        await registrar.record(promised)
        return Heard(key=await self._line.play(sounds(step.prompts, slow=step.slow)))
