"""A made-up agent: a desk phone of SIPp, and a person who does everything through the public API."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

TALK_SECONDS = 6.0
FAREWELL_SECONDS = 2.0
RECAP_SECONDS = 2.0
RECONNECT_SECONDS = 0.5
TRIES = 180


@dataclass(frozen=True, slots=True)
class Manners:
    """How long the agent takes for what."""

    talk_seconds: float = TALK_SECONDS
    farewell_seconds: float = FAREWELL_SECONDS
    recap_seconds: float = RECAP_SECONDS


class RehearsalAgent:
    """Signs in, sits down, is ready, and works through the calls that ring."""

    def __init__(self, address: str, manners: Manners) -> None:
        self._api = httpx.AsyncClient(base_url=address, timeout=10)
        self._manners = manners
        self._desk: dict[str, Any] = {}
        self._phase = ""
        self._acting: asyncio.Task[None] | None = None
        self._feed: asyncio.Task[None] | None = None
        self.pops_seen: list[tuple[str, str | None]] = []

    async def sit_down(self, token: str, phone: str) -> None:
        """Sign in by the one-time token and take the phone; not ready yet."""
        session = (await self._ask("POST", "/api/session/once", {"token": token})).json()
        self._api.headers["X-CSRF-Token"] = session["csrf"]
        await self._ask("POST", "/api/desk/phone", {"phone": phone})
        self._feed = asyncio.create_task(self._watch(session["csrf"]))

    async def become_ready(self) -> None:
        """May be rung."""
        await self._ask("POST", "/api/desk/ready")

    async def leave(self) -> None:
        """Sign out."""
        for task in (self._feed, self._acting):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        with contextlib.suppress(httpx.HTTPError):
            await self._ask("DELETE", "/api/session")
        await self._api.aclose()

    async def _watch(self, csrf: str) -> None:
        """Follow the desk's feed as a page would, and tell when a pop was shown."""
        url = str(self._api.base_url.copy_with(scheme="ws", path="/api/feed"))
        cookie = "; ".join(f"{name}={value}" for name, value in self._api.cookies.items())
        origin: Any = str(self._api.base_url).rstrip("/")
        while True:
            with contextlib.suppress(OSError, WebSocketException):
                async with connect(url, additional_headers={"Cookie": cookie}, origin=origin) as socket:
                    await socket.send(json.dumps({"type": "hello", "csrf": csrf, "cursor": None}))
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
        else:
            act = self._close if pop["phase"] == "talking" else self._end_recap
            self._acting = asyncio.create_task(act(pop["call_id"]))

    async def _close(self, call_id: str) -> None:
        """Talk, say good-bye, hang up; a citizen who hung up first has saved the agent the trouble."""
        await asyncio.sleep(self._manners.talk_seconds)
        with contextlib.suppress(httpx.HTTPStatusError):
            await self._ask("POST", f"/api/calls/{call_id}/closing")
            await asyncio.sleep(self._manners.farewell_seconds)
            await self._ask("POST", f"/api/calls/{call_id}/hang-up")

    async def _end_recap(self, _call_id: str) -> None:
        await asyncio.sleep(self._manners.recap_seconds)
        with contextlib.suppress(httpx.HTTPStatusError):
            await self._ask("POST", "/api/desk/wrap-up/end")

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Ask as a page does: what the backend could not do just now is asked again."""
        for _ in range(TRIES):
            with contextlib.suppress(httpx.TransportError):
                response = await self._api.request(method, path, json=body)
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    response.raise_for_status()
                    return response
            await asyncio.sleep(RECONNECT_SECONDS)
        raise httpx.ConnectError("the backend stayed away")
