"""A caller's dialogue: each step of the walk carried out on the telephone, and what became of it recorded.

A telephone that stays on the line takes step after step (`OpenDialogue`); one that asks by requests is told
what to say, and comes back with the key that was pressed (`ivr.turns`).
"""

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
    """What the steps of one caller's walk do beyond speaking."""

    def __init__(self, registrar: "Registrar", caller: Caller) -> None:
        self._registrar = registrar
        self._caller = caller

    async def begin(self, step: steps.Spoken) -> None:
        """Before the step is spoken: a promise stands from its first word on."""
        if isinstance(step, steps.PromiseCallBack):
            await self._tell(facts.CallBackPromised, "call-back", due_at=step.due_at, reason=step.reason)

    @singledispatchmethod
    async def end(self, step: steps.Spoken, pressed: str) -> Heard:
        """After the step was spoken, or cut short by a key: record what was told to its end."""
        return Heard(key=pressed)

    @end.register
    async def _(self, step: steps.AskDigits, pressed: str) -> Heard:
        return Heard(key=pressed) if pressed == REPLAY_KEY else Heard(digits=pressed)

    @end.register
    async def _(self, step: steps.SpeakStatus, pressed: str) -> Heard:
        if not pressed:
            await self._tell(facts.StatusHeard, "status", status_of=step.ticket.digits)
        return Heard(key=pressed)

    @end.register
    async def _(self, step: steps.SpeakNumber, pressed: str) -> Heard:
        if not pressed:
            spoken = f"spoken/{step.times}"
            await self._tell(facts.NumberSpoken, spoken, ticket_id=step.ticket.digits, times=step.times)
            reach("number spoken once" if step.times == 1 else "number spoken twice")
        return Heard(key=pressed)

    @end.register
    async def _(self, step: steps.TellWait, pressed: str) -> Heard:
        if not pressed:
            told = {"position": step.position, "at_most_seconds": step.at_most_seconds}
            await self._tell(facts.WaitTold, "wait-told", queue=self._registrar.queue, **told)
        return Heard(key=pressed)

    @singledispatchmethod
    async def work(self, step: steps.Silent) -> Heard:
        """Carry out a step that says nothing, and bring back what it found."""
        raise TypeError(f"no way to carry out {type(step).__name__}")

    @work.register
    async def _(self, step: steps.LookUp) -> Heard:
        return Heard(ticket=await self._registrar.find(step.digits))

    @work.register
    async def _(self, step: steps.CheckStatus) -> Heard:
        found = await self._registrar.status_of(step.digits, step.pin, self._caller.call_id)
        return Heard(status=found)

    @work.register
    async def _(self, step: steps.Register) -> Heard:
        return Heard(ticket=await self._registrar.issue(self._caller.call_id))

    @work.register
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

    @work.register
    async def _(self, step: steps.LinkCause) -> Heard:
        await self._registrar.causes.link(step.ticket.digits, step.cause_id, self._caller.call_id)
        return Heard()

    @work.register
    async def _(self, step: steps.LookAhead) -> Heard:
        return Heard(ahead=await self._registrar.ahead(step.ticket))

    async def _tell(self, kind: type[facts.CallFact], key: str, **more: Any) -> None:
        await self._registrar.record(self._registrar.now_fact(kind, self._caller.call_id, key, **more))


class OpenDialogue(Dialogue):
    """A dialogue on a line that stays open until the walk is over."""

    def __init__(self, registrar: "Registrar", line: Line, caller: Caller) -> None:
        super().__init__(registrar, caller)
        self._line = line

    async def take(self, step: steps.Spoken | steps.Silent) -> Heard:
        """Carry out a step and bring back what was heard."""
        if not isinstance(step, steps.Spoken):
            return await self.work(step)
        await self.begin(step)
        return await self.end(step, await self._speak(step))

    async def _speak(self, step: steps.Spoken) -> str:
        prompts = sounds(step.prompts, slow=step.slow)
        match step:
            case steps.AskKey():
                return await self._line.ask_key(prompts, step.window_seconds)
            case steps.AskDigits():
                return await self._line.ask_digits(prompts, step.window_seconds)
            case _:
                return await self._line.play(prompts)
