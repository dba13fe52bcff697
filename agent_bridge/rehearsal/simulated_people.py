"""Agents of a simulation: at their pages through the API, signed in, at the pace of a simulated clock."""

import asyncio
import contextlib
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from agent_bridge.rehearsal.person import Person
from agent_bridge.rehearsal.simulated_pbx import SimulatedPbx
from config.clock import FastClock

LOOKS_EVERY_SECONDS = 20.0
"""How often an idle agent looks for a call-back to be made."""
PRESSES_SECONDS = 1.0
IDENTITY = {"name": "Contoh Warga", "district": "07"}


def inside(app: FastAPI) -> Person:
    """Somebody at a page of an application in this process."""
    return Person("http://hotline", transport=httpx.ASGITransport(app))


@dataclass(frozen=True, slots=True)
class Habits:
    """How long an agent talks, and writes the recap, on average in seconds; what they say is made up."""

    talk_seconds: float = 480.0
    recap_seconds: float = 120.0


@dataclass(slots=True)
class SimulatedAgent:
    """Takes the calls that ring, calls back when nothing does, and links what belongs to a cause."""

    person: Person
    pbx: SimulatedPbx
    clock: FastClock
    chance: random.Random
    habits: Habits
    agent_id: str = ""
    cause_id: str = ""
    talked: int = 0
    faults: list[str] = field(default_factory=list)
    in_hand: bool = False
    _rang: asyncio.Event = field(default_factory=asyncio.Event)

    async def sit_down(self, token: str, phone: str) -> None:
        """Sign in, take the phone, be ready."""
        await self.person.sign_in(token)
        await self.person.ask("POST", "/api/desk/phone", {"phone": phone})
        self.agent_id = (await self.person.sees("/api/desk"))["agent"]["agent_id"]
        self.pbx.on_ring[self.agent_id] = self._rang
        await self.person.ask("POST", "/api/desk/ready")

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            await self._next()
            await self._tries(self._look())

    async def stop(self) -> None:
        """Take nothing new; return once what is in hand is finished."""
        with contextlib.suppress(httpx.HTTPStatusError):
            await self.person.ask("POST", "/api/desk/not-ready", {"reason": "istirahat"})
        while self.in_hand:
            await self.clock.sleep(LOOKS_EVERY_SECONDS)

    async def _next(self) -> None:
        waiting = asyncio.create_task(self.clock.sleep(LOOKS_EVERY_SECONDS))
        rang = asyncio.create_task(self._rang.wait())
        await asyncio.wait({waiting, rang}, return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, rang):
            task.cancel()
        self._rang.clear()

    async def _look(self) -> None:
        desk = await self.person.sees("/api/desk")
        pop, state = desk["pop"], desk["agent"]["state"]
        self.in_hand = pop is not None
        if pop and pop["phase"] == "talking":
            await self._talk(pop)
            self.in_hand = False
        elif state == "ready" and desk["queue"]["next_call_back"]:
            # Another agent, or the queue, may have been faster.
            with contextlib.suppress(httpx.HTTPStatusError):
                await self.person.does("/api/call-backs/next", {})

    async def _talk(self, pop: dict[str, Any]) -> None:
        """The case through its steps; whatever is refused, nobody is left on the line."""
        self.talked += 1
        case, call_id = f"/api/cases/{pop['ticket']['number']}", pop["call_id"]
        await self._tries(self._serves(case))
        await self._tries(self.person.ask("POST", f"/api/calls/{call_id}/closing"))
        await self.clock.sleep(PRESSES_SECONDS)
        await self._tries(self.person.ask("POST", f"/api/calls/{call_id}/hang-up"))
        await self._takes(self.habits.recap_seconds)
        await self._tries(self.person.does(f"{case}/recap", {"solution": None, "close": True}))
        await self._tries(self.person.ask("POST", "/api/desk/wrap-up/end"))

    async def _serves(self, case: str) -> None:
        await self._takes(0.2 * self.habits.talk_seconds)
        form = IDENTITY | {"type": "complaint", "category": "20", "story": "Kartu keluarga saya diblokir."}
        await self.person.does(f"{case}/form", form, "PUT")
        await self.person.does(f"{case}/faq", {})
        await self._takes(0.8 * self.habits.talk_seconds)
        found = await self.person.does("/api/faq/search", {"text": "kk hilang"})
        await self.person.does(f"{case}/answer", {"article": found["hits"][0]["code"], "told": True})
        await self.person.does(f"{case}/confirmation", {"satisfied": True})

    async def _tries(self, act: Coroutine[Any, Any, Any]) -> None:
        """Do it, and note what was refused."""
        try:
            await act
        except httpx.HTTPStatusError as refused:
            title = refused.response.json().get("title")
            self.faults.append(f"{refused.request.url.path.rpartition('/')[2]}: {title}")

    async def _takes(self, seconds: float) -> None:
        """About that long, as people do."""
        await self.clock.sleep(seconds * self.chance.lognormvariate(-0.08, 0.4))
