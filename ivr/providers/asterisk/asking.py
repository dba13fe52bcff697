"""Asking a manager a few things and leaving again: for checks, not for the hotline's work."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ivr.providers.asterisk.event_reader import Manager

ASK_SECONDS = 5.0
DENIED = "Permission denied"

Answer = dict[str, str]


class Asking:
    """One logged-in connection. Events that nobody asked for are kept in `heard`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self.heard: list[Answer] = []

    async def one(self, action: str, **headers: str) -> Answer:
        """The answer to an action."""
        number = self._send(action, headers)
        async with asyncio.timeout(ASK_SECONDS):
            while (answer := await self._next()).get("ActionID") != number or "Response" not in answer:
                self._keep(answer)
        return answer

    async def rows(self, action: str, **headers: str) -> list[Answer] | None:
        """The rows of a list action; None where it is not allowed or not known."""
        number = self._send(action, headers)
        rows: list[Answer] = []
        async with asyncio.timeout(ASK_SECONDS):
            while True:
                answer = await self._next()
                if answer.get("ActionID") != number:
                    self._keep(answer)
                elif answer.get("Response") == "Error":
                    return None
                elif answer.get("EventList", "").lower() == "complete":
                    return rows
                elif "Event" in answer:
                    rows.append(answer)

    async def listen(self, seconds: float) -> list[Answer]:
        """Everything heard so far and for some seconds more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._keep(await self._next())
        return self.heard

    def _keep(self, answer: Answer) -> None:
        if "Event" in answer:
            self.heard.append(answer)

    def _send(self, action: str, headers: Answer) -> str:
        lines = {"Action": action, "ActionID": f"ask-{next(self._numbers)}", **headers}
        self._writer.write(
            "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n"
        )
        return lines["ActionID"]

    async def _next(self) -> Answer:
        text = (await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
        pairs = (line.partition(": ") for line in text.split("\r\n") if ":" in line)
        return {name.rstrip(":"): value for name, _, value in pairs}


@asynccontextmanager
async def asking(manager: Manager, *, events: bool = False) -> AsyncIterator[Asking]:
    """Log in and leave again. Raises OSError (ConnectionRefusedError for the login) and EOFError."""
    async with asyncio.timeout(ASK_SECONDS):
        reader, writer = await manager.connect()
    try:
        asked = Asking(reader, writer)
        login = {"Username": manager.user, "Secret": manager.secret, "Events": "on" if events else "off"}
        if (await asked.one("Login", **login)).get("Response") != "Success":
            raise ConnectionRefusedError("login refused")
        yield asked
    finally:
        writer.close()
