"""A made-up agent: a desk phone of SIPp, and a person who does everything through the public API."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from agent_bridge.rehearsal.person import Blow, Person, no_blow

TALK_SECONDS = 6.0
FAREWELL_SECONDS = 2.0
RECAP_SECONDS = 2.0
RECONNECT_SECONDS = 0.5

Talk = Callable[["RehearsalAgent", dict[str, Any]], Coroutine[Any, Any, None]]
"""What the agent does once a call is answered, told by its pop; the recap is part of it."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How long the agent takes for what."""

    talk_seconds: float = TALK_SECONDS
    farewell_seconds: float = FAREWELL_SECONDS
    recap_seconds: float = RECAP_SECONDS


class RehearsalAgent(Person):
    """Signs in, sits down, is ready, and works through the calls that ring."""

    def __init__(
        self, address: str, manners: Manners, talk: Talk | None = None, blow: Blow = no_blow
    ) -> None:
        super().__init__(address, blow)
        self._manners = manners
        self._talk = talk
        self._desk: dict[str, Any] = {}
        self._phase = ""
        self._talked: set[str] = set()
        self._acting: asyncio.Task[None] | None = None
        self._feed: asyncio.Task[None] | None = None
        self.pops_seen: list[tuple[str, str | None]] = []

    async def sit_down(self, token: str, phone: str) -> None:
        """Sign in by the one-time token and take the phone; not ready yet."""
        await self.sign_in(token)
        await self.ask("POST", "/api/desk/phone", {"phone": phone})
        self._feed = asyncio.create_task(self._watch())

    async def become_ready(self) -> None:
        """May be rung."""
        await self.ask("POST", "/api/desk/ready")

    async def leave(self) -> None:
        """Sign out."""
        for task in (self._feed, self._acting):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self.sign_out()

    async def _watch(self) -> None:
        """Follow the desk's feed as a page would, and tell when a pop was shown."""
        url = str(self.api.base_url.copy_with(scheme="ws", path="/api/feed"))
        cookie = "; ".join(f"{name}={value}" for name, value in self.api.cookies.items())
        origin: Any = str(self.api.base_url).rstrip("/")
        while True:
            with contextlib.suppress(OSError, WebSocketException):
                async with connect(url, additional_headers={"Cookie": cookie}, origin=origin) as socket:
                    await socket.send(json.dumps({"type": "hello", "csrf": self.csrf, "cursor": None}))
                    async for text in socket:
                        self._desk |= json.loads(text).get("desk", {})
                        await self._notice(socket)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _notice(self, socket: Any) -> None:
        pop = self._desk.get("pop")
        phase = f"{pop['call_id']}/{pop['phase']}" if pop else ""
        if phase == self._phase or not pop:
            self._phase = phase
            return
        self._phase = phase
        if pop["phase"] == "ringing":
            await socket.send(json.dumps({"type": "shown", "call_id": pop["call_id"]}))
            ticket = pop["ticket"]
            self.pops_seen.append((pop["call_id"], ticket["number"] if ticket else None))
        elif pop["phase"] == "talking" and self._talk and pop["call_id"] not in self._talked:
            self._talked.add(pop["call_id"])
            self._acting = asyncio.create_task(self._talk(self, pop))
        elif self._talk is None:
            act = self._close if pop["phase"] == "talking" else self._end_recap
            self._acting = asyncio.create_task(act(pop["call_id"]))

    async def _close(self, call_id: str) -> None:
        """Talk, say good-bye, hang up; a citizen who hung up first has saved the agent the trouble."""
        await asyncio.sleep(self._manners.talk_seconds)
        with contextlib.suppress(httpx.HTTPStatusError):
            await self.ask("POST", f"/api/calls/{call_id}/closing")
            await asyncio.sleep(self._manners.farewell_seconds)
            await self.ask("POST", f"/api/calls/{call_id}/hang-up")

    async def _end_recap(self, _call_id: str) -> None:
        await asyncio.sleep(self._manners.recap_seconds)
        with contextlib.suppress(httpx.HTTPStatusError):
            await self.ask("POST", "/api/desk/wrap-up/end")
