"""A caller's dialogue: each step of the walk carried out on the telephone, and what became of it recorded."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, Protocol

from config.checkpoint import reach
from ivr import steps
from ivr.speech.prompts import sounds
from ivr.steps import Heard
from ticketing import facts

if TYPE_CHECKING:
    from ivr.registration import Registrar

REPLAY_KEY = "*"


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
    caller_number: str | None = field(repr=False)


class Dialogue:
    """Carries out the steps of one caller's walk."""

    def __init__(self, registrar: "Registrar", line: Line, caller: Caller) -> None:
        self._registrar = registrar
        self._line = line
        self._caller = caller

    @singledispatchmethod
    async def take(self, step: steps.Step) -> Heard:
        """Carry out a step and bring back what was heard."""
        raise TypeError(f"no way to carry out {type(step).__name__}")

    @take.register
    async def _(self, step: steps.Say) -> Heard:
        return Heard(key=await self._play(step))

    @take.register
    async def _(self, step: steps.AskKey) -> Heard:
        prompts = sounds(step.prompts, slow=step.slow)
        return Heard(key=await self._line.ask_key(prompts, step.window_seconds))

    @take.register
    async def _(self, step: steps.AskDigits) -> Heard:
        prompts = sounds(step.prompts, slow=step.slow)
        digits = await self._line.ask_digits(prompts, step.window_seconds)
        return Heard(key=digits) if digits == REPLAY_KEY else Heard(digits=digits)

    @take.register
    async def _(self, step: steps.LookUp) -> Heard:
        return Heard(ticket=await self._registrar.find(step.digits))

    @take.register
    async def _(self, step: steps.CheckStatus) -> Heard:
        found = await self._registrar.status_of(step.digits, step.pin, self._caller.call_id)
        return Heard(status=found)

    @take.register
    async def _(self, step: steps.SpeakStatus) -> Heard:
        if key := await self._play(step):
            return Heard(key=key)
        await self._tell(facts.StatusHeard, "status", status_of=step.ticket.digits)
        return Heard()

    @take.register
    async def _(self, step: steps.Register) -> Heard:
        return Heard(ticket=await self._registrar.issue(self._caller.call_id))

    @take.register
    async def _(self, step: steps.Continue) -> Heard:
        version = await asyncio.to_thread(self._registrar.sop_version_of, step.ticket)
        await self._tell(
            facts.TicketContinued,
            "continued",
            ticket_id=step.ticket.digits,
            keyed_in=step.keyed_in,
            sop_version=version,
        )
        return Heard(ticket=step.ticket)

    @take.register
    async def _(self, step: steps.SpeakNumber) -> Heard:
        if key := await self._play(step):
            return Heard(key=key)
        spoken = f"spoken/{step.times}"
        await self._tell(facts.NumberSpoken, spoken, ticket_id=step.ticket.digits, times=step.times)
        reach("number spoken once" if step.times == 1 else "number spoken twice")
        return Heard()

    @take.register
    async def _(self, step: steps.LinkCause) -> Heard:
        await self._registrar.causes.link(step.ticket.digits, step.cause_id, self._caller.call_id)
        return Heard()

    @take.register
    async def _(self, step: steps.LookAhead) -> Heard:
        return Heard(ahead=await self._registrar.ahead(step.ticket))

    @take.register
    async def _(self, step: steps.TellWait) -> Heard:
        if key := await self._play(step):
            return Heard(key=key)
        await self._tell(
            facts.WaitTold,
            "wait-told",
            queue=self._registrar.queue,
            position=step.position,
            at_most_seconds=step.at_most_seconds,
        )
        return Heard()

    @take.register
    async def _(self, step: steps.PromiseCallBack) -> Heard:
        await self._tell(facts.CallBackPromised, "call-back", due_at=step.due_at, reason=step.reason)
        return Heard(key=await self._play(step))

    async def _play(self, step: Any) -> str:
        return await self._line.play(sounds(step.prompts, slow=step.slow))

    async def _tell(self, kind: type[facts.CallFact], key: str, **more: Any) -> None:
        await self._registrar.record(self._registrar.now_fact(kind, self._caller.call_id, key, **more))
