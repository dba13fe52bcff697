"""A provider's gateway on loopback, and a courier over a ledger with a clock that is put forward by hand."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import select

from ivr.texting.courier import Courier
from ivr.texting.gateway import GatewayForm
from ivr.texting.port import Texts
from ivr.texting.wording import StatusWays
from tests.builders import MONDAY_MORNING, NUMBER, OFFICE, Desk, Story
from ticketing import facts, tables
from ticketing.ledger.deliveries import Delivery
from ticketing.tickets.number import from_digits

FIELDS = {"to": "{number}", "message": "{text}", "ref": "{key}"}
HEADERS = {"Authorization": "Bearer {token}"}
TAKES = ("ok", "accepts, then silence", "accepts, then hangs up", "accepts, then 500", "doubled")
"""Ways to behave in which the message is taken, whatever is answered."""
REFUSES = ("down", "500", "503", "429", "hangs up", "silence")
MODES = (*TAKES, *REFUSES)
BAD = "6281200000001"
"""Refused by a provider that refuses one number."""


@dataclass
class Provider:
    """`mode` is how it behaves, `taken` what it took, in order, `most` how many it had before it at once."""

    knows_keys: bool
    mode: str = "ok"
    port: int = 0
    taken: list[dict[str, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    most: int = 0
    _now: int = 0

    @property
    def delivered(self) -> Counter[tuple[str, str]]:
        """How often each message was sent on; one that knows keys sends a repetition once."""
        sent = [(each["to"], each["message"]) for each in self.taken]
        if self.knows_keys:
            sent = list({each["ref"]: (each["to"], each["message"]) for each in self.taken}.values())
        return Counter(sent)

    def form(self, **more: Any) -> GatewayForm:
        """How to hand messages over to it."""
        url = f"http://127.0.0.1:{self.port}/kirim"
        values = {"fields": FIELDS, "headers": HEADERS, "token": "rahasia", "number_form": "62"} | more
        return GatewayForm(url, knows_keys=self.knows_keys, **values)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await self._answer(reader, writer)
        finally:
            self._now -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        body = (
            await reader.readexactly(int({k.lower(): v for k, v in lines.items()}["content-length"]))
        ).decode()
        values = json.loads(body) if "json" in head else {k: v[0] for k, v in parse_qs(body).items()}
        self.heads.append(head)
        refused = self.mode == "one refused" and values["to"] == BAD
        if self.mode in TAKES or (self.mode == "one refused" and not refused):
            self.taken.append(values)
        if "silence" in self.mode:
            await asyncio.sleep(1)
        if "hangs up" in self.mode:
            return
        status = next((code for code in ("500", "503", "429") if code in self.mode), "200")
        answer = (
            f"HTTP/1.1 {'422' if refused else status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        )
        writer.write(answer.encode() * (2 if self.mode == "doubled" else 1))
        await writer.drain()


@asynccontextmanager
async def a_provider(*, knows_keys: bool, mode: str = "ok", port: int = 0) -> AsyncIterator[Provider]:
    """A provider at work; one that is down has a port where nobody listens."""
    provider = Provider(knows_keys, mode)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port)
    provider.port = server.sockets[0].getsockname()[1]
    if mode == "down":
        server.close()
        yield provider
        return
    async with server:
        yield provider


@dataclass
class Bench:
    """A courier at work on a ledger."""

    desk: Desk
    courier: Courier
    clock: "Clock"

    async def rounds(self, count: int = 1, apart: timedelta = timedelta(minutes=11)) -> None:
        """So many looks at the outbox, each followed by a pause."""
        for _ in range(count):
            while await self.courier.begin():
                await self.courier.settle()
            self.clock.at += apart

    def states(self) -> list[str | None]:
        """How far each text that is or was owed has come, in the order they came to be owed."""
        return [row.state for row in self.rows()]

    def rows(self) -> list[Any]:
        joined = tables.outbox.outerjoin(tables.deliveries, tables.deliveries.c.key == tables.outbox.c.key)
        columns = (tables.outbox, tables.deliveries.c.state, tables.deliveries.c.tries)
        with self.desk.reader.connect() as connection:
            found = select(*columns).select_from(joined)
            return list(connection.execute(found.order_by(tables.outbox.c.owed_at, tables.outbox.c.key)))

    def is_consistent(self) -> bool:
        """Whether the citizen counts as told exactly where a text is known to be out."""
        return all((row.state == Delivery.SENT) == (row.told_at is not None) for row in self.rows())


@dataclass
class Clock:
    """A clock that stands where it is put."""

    at: datetime = MONDAY_MORNING + timedelta(seconds=30)

    def __call__(self) -> datetime:
        return self.at


def a_courier(desk: Desk, gateway: Texts | None, *, web: str = "", clock: Clock | None = None) -> Bench:
    clock = clock or Clock()
    ways = StatusWays("1500", web)
    courier = Courier(desk.journal, desk.reader, desk.vault, lambda: OFFICE, clock, gateway, ways)
    return Bench(desk, courier, clock)


async def a_call(desk: Desk, n: int = 1, number: str | None = None) -> str:
    """A call that registered a ticket and is over; returns the ticket's id."""
    story = Story(f"pbx-{n}.0").arrives().enters_menu().is_registered().hears_number(13, 1)
    await desk.record(story.queues(15).abandons(25).ends(25), number or f"0812000000{n:02d}")
    return str(desk.reader.call(f"pbx-{n}.0").ticket_id)


async def a_talk(desk: Desk, *, ends: bool = True) -> str:
    """A call that an agent took; returns the ticket's id."""
    story = Story().arrives().is_registered().queues(15).rings(16).is_answered(18)
    if ends:
        story.stops_talking(25).ends(25)
    await desk.record(story, NUMBER)
    return str(desk.reader.call("pbx-1.0").ticket_id)


def written(ticket_id: str) -> str:
    return from_digits(ticket_id).written


KIND = facts.Fact
