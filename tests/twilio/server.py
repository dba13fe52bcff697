"""A web server that answers by a table and remembers what it was asked: for the fake's own tests."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from ivr.providers.twilio.signature import SignatureCheck
from tests.twilio.fake.account import IncomingNumber
from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import Deed
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import FakeTwilio

ORIGIN = "https://hotline.example"
FALLBACK = "https://handler.example"
BEGINS_AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CITIZEN, OFFICE, DESK = "+6281200000042", "+6231500000", "sip:meja-1@hotline.example"

Answer = str | tuple[int, str] | tuple[int, str | bytes, str]
Answering = Answer | Callable[[dict[str, str]], Answer | Awaitable[Answer]]


@dataclass
class Asked:
    """One request."""

    at: datetime
    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str


@dataclass
class Server:
    """`answers` has what a path answers: the inside of a Response, or a function of the form."""

    clock: VirtualClock
    answers: dict[str, Answering] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        query = scope["query_string"].decode()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        form = dict(parse_qsl((body or scope["query_string"]).decode(), keep_blank_values=True))
        target = scope["raw_path"].decode() + (f"?{query}" if query else "")
        path = scope["path"]
        self.asked.append(Asked(self.clock.now(), scope["method"], path, form, headers, body, target))
        answer = self.answers.get(path, (404, ""))
        if callable(answer):
            given = answer(form)
            answer = await given if inspect.isawaitable(given) else given
        status, text, kind = _whole(answer)
        start = {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind.encode())],
        }
        await send(start)
        await send({"type": "http.response.body", "body": text if isinstance(text, bytes) else text.encode()})

    def forms(self, path: str) -> list[dict[str, str]]:
        """What a path was told, in order."""
        return [each.form for each in self.asked if each.path == path]


def _whole(answer: Any) -> tuple[int, str | bytes, str]:
    if isinstance(answer, str):
        return 200, f"<Response>{answer}</Response>", "text/xml"
    return (*answer, "text/xml")[:3] if len(answer) == 2 else answer


@dataclass
class Bench:
    """A fake, a server it asks, and a number that leads there."""

    clock: VirtualClock
    twilio: FakeTwilio
    server: Server
    number: IncomingNumber

    def call(self, *script: Deed, from_: str = CITIZEN) -> Leg:
        """A citizen calls."""
        return self.twilio.call(self.number, from_, script)

    async def over(self, *legs: Leg) -> None:
        """Until those calls are over, and all is told of them."""
        await self.clock.go_on(lambda: all(leg.over for leg in legs))
        await self.clock.pass_by(0)

    def check(self) -> SignatureCheck:
        """The product's own check, by the account's tokens."""
        account = self.twilio.account
        tokens = [account.primary_token, *([account.secondary_token] if account.secondary_token else [])]
        return SignatureCheck(ORIGIN, tokens)


@asynccontextmanager
async def a_bench(mischief: Mischief | None = None, **answers: Answering) -> AsyncIterator[Bench]:
    """One at work; `voice` is what a new call hears, other names are other paths."""
    clock = VirtualClock(BEGINS_AT)
    twilio = FakeTwilio(clock, mischief)
    server = Server(clock, {f"/{name}": answer for name, answer in answers.items()})
    twilio.edge.serve(ORIGIN, server)
    twilio.edge.serve(FALLBACK, server)
    number = twilio.add_number(OFFICE, voice_url=f"{ORIGIN}/voice", status_callback=f"{ORIGIN}/status")
    try:
        yield Bench(clock, twilio, server, number)
    finally:
        await twilio.close()
