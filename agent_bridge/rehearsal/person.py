"""A person at their page: signed in, and everything they do goes through the public API."""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

AGAIN_SECONDS = 0.5
TRIES = 180
ANSWER_SECONDS = 10.0

Blow = Callable[[int], Awaitable[None]]
"""What a drill does before the first and before each further try of a request, by the try's number."""


async def no_blow(_try: int) -> None:
    """Nothing breaks."""


class Person:
    """Somebody signed in at the hotline's address; `transport` where it is in this very process."""

    def __init__(
        self, address: str, blow: Blow = no_blow, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.api = httpx.AsyncClient(base_url=address, timeout=ANSWER_SECONDS, transport=transport)
        self.csrf = ""
        self._blow = blow

    async def sign_in(self, token: str) -> None:
        """Sign in by a one-time token."""
        session = (await self.ask("POST", "/api/session/once", {"token": token})).json()
        self.csrf = self.api.headers["X-CSRF-Token"] = session["csrf"]

    async def sign_out(self) -> None:
        """Sign out and close the page."""
        with contextlib.suppress(httpx.HTTPError):
            await self.ask("DELETE", "/api/session")
        await self.api.aclose()

    async def sees(self, path: str) -> Any:
        """What the page reads."""
        return (await self.ask("GET", path)).json()

    async def does(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """An act on a case. However often it has to be asked, it carries one key and counts once."""
        key = str(uuid.uuid4())
        return (await self.ask(method, path, body, key)).json()

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> httpx.Response:
        """Ask as a page does: what the backend could not do just now is asked again."""
        headers = {"Idempotency-Key": key} if key else {}
        for n in range(TRIES):
            if key:
                await self._blow(n)
            with contextlib.suppress(httpx.TransportError):
                response = await self.api.request(method, path, json=body, headers=headers)
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    response.raise_for_status()
                    return response
            await asyncio.sleep(AGAIN_SECONDS)
        raise httpx.ConnectError("the backend stayed away")
