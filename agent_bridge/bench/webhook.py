"""`hotline bench webhook`: what a request of Twilio's costs us: signed, with 26 fields, by real HTTP.

Each server is a process of its own, on the product's uvicorn. Floor: the same bytes for everybody, unread
and unchecked. Peer: FastAPI with Twilio's validator and Twilio's TwiML. Ours answers with the same bytes
once the signature is checked; what a turn from the ledger costs is told beside it. And the turn in which a
ticket is issued, against the ticket path without any request plus a request to the floor.
"""

import asyncio
import contextlib
import itertools
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from agent_bridge.bench import ticket
from agent_bridge.bench.asking import LOOPBACK, Asked, ask
from agent_bridge.bench.measure import Goal, Result, percentile, weigh
from agent_bridge.bench.webhook_server import ACCOUNT, LEDGER, PUBLIC, TOKEN
from ivr.providers.twilio.voice import VOICE

ROUNDS = 15
REQUESTS = 3000
ALONE, CALLERS = 100, 320
AT_ONCE = 32
TO_BARE = Goal("floor", 2.5)
TO_TUTORIAL = Goal("peer", 5.0, at_least=True)
TO_TICKET = Goal("floor", 1.0)
KINDS = {"floor": "bare", "ours": "signed", "peer": "tutorial", "again": "ledger"}
"""Which server is which; a turn that was replied to is asked for again."""


class TicketsLost(AssertionError):
    """A caller got no number, or two the same: the figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server at work."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """What its process has used so far, by its own CPU clock (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def cost(self, requests: Sequence[bytes], at_once: int) -> tuple[float, Asked]:
        """The CPU of one request in us, and what came of them all."""
        before = self.cpu_seconds()
        asked = ask(self.port, requests, at_once)
        return (self.cpu_seconds() - before) / len(requests) * 1e6, asked


async def run(
    tell: Callable[[int, int], None],
    rounds: int = ROUNDS,
    requests: int = REQUESTS,
    callers: tuple[int, int] = (ALONE, CALLERS),
) -> list[Result]:
    """A request's cost and rate; and the turn with a ticket in it, for one caller and for 32 at once."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder = Path(name)
        async with serving(folder) as servers, ticket.ours(folder) as desk:
            figures = _Figures(servers, desk)
            for n in range(rounds):
                figures.ask([request(0)] * requests, backwards=n % 2 == 1)
                for many, at_once in zip(callers, (1, AT_ONCE), strict=True):
                    await figures.register(many, at_once)
                tell(n + 1, rounds)
        tickets = ticket.count_tickets(folder / LEDGER)
    if tickets != rounds * sum(callers):
        raise TicketsLost
    return figures.results({"answered": rounds * sum(callers), "on_disk": tickets})


class _Figures:
    """What was measured, round by round."""

    def __init__(self, servers: dict[str, Server], desk: ticket.Desk) -> None:
        self._servers = servers
        self._desk = desk
        self._calls = itertools.count(1)
        self._costs: dict[str, list[float]] = {who: [] for who in (*KINDS, "ticket")}
        self._rates: dict[str, list[float]] = {who: [] for who in KINDS}
        self._slowest: dict[int, dict[str, list[float]]] = {
            n: {"ours": [], "floor": []} for n in (1, AT_ONCE)
        }

    def ask(self, requests: Sequence[bytes], *, backwards: bool) -> None:
        """The same requests to each server."""
        for who in reversed(KINDS) if backwards else KINDS:
            cost, asked = self._servers[who].cost(requests, AT_ONCE)
            self._costs[who].append(cost)
            self._rates[who].append(len(requests) / asked.seconds)

    async def register(self, callers: int, at_once: int) -> None:
        """New callers; the floor is the ticket path without a request, and a request without anything."""
        calls = [next(self._calls) for _ in range(callers)]
        cost, ours = _registering(self._servers["again"], calls, at_once)
        alone = await ticket.serve(self._desk, f"from {calls[0]}", callers, at_once)
        bare = ask(self._servers["floor"].port, [request(0)] * callers, at_once)
        slowest = self._slowest[at_once]
        slowest["ours"].append(percentile(ours.each_ms, 99))
        slowest["floor"].append(percentile(alone.each_ms, 99) + percentile(bare.each_ms, 99))
        if at_once == AT_ONCE:
            self._costs["ticket"].append(cost)

    def results(self, facts: dict[str, Any]) -> list[Result]:
        """Each held against its goal; what turns from the ledger cost is told beside."""
        turns = {f"turn_{who}_us": median(self._costs.pop(who)) for who in ("again", "ticket")}
        return [
            weigh("webhook", "us CPU/request", TO_BARE, self._costs, turns),
            weigh("webhook-rate", "requests/s, 32 at once", TO_TUTORIAL, self._rates),
            weigh("webhook-ticket", "ms p99, one caller", TO_TICKET, self._slowest[1], facts),
            weigh("webhook-ticket-32", "ms p99, 32 callers", TO_TICKET, self._slowest[AT_ONCE], facts),
        ]


def _registering(server: Server, calls: Sequence[int], at_once: int) -> tuple[float, Asked]:
    """New callers, all of whom have heard the greeting, press 1."""
    ask(server.port, [request(call) for call in calls], AT_ONCE)
    cost, asked = server.cost([request(call, 1, Digits="1") for call in calls], at_once)
    if len(set(asked.bodies)) != len(calls):
        raise TicketsLost
    return cost, asked


def request(call: int, turn: int = 0, **more: str) -> bytes:
    """A signed request for a turn of a call, as Twilio's proxy writes it."""
    path = f"{VOICE}/{turn}" if turn else VOICE
    form = _form(call) | more
    body = urlencode(form)
    return (
        f"POST {path} HTTP/1.1\r\nHost: hotline.example\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"X-Home-Region: us1\r\nI-Twilio-Idempotency-Token: {call:032x}\r\n"
        f"X-Twilio-Signature: {RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)}\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _form(call: int) -> dict[str, str]:
    # No network assigns 0812 0000 xxxx.
    caller, called = f"+628120000{call:06d}", "+62311500000"
    form = {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": f"CA{call:032x}",
        "CallStatus": "in-progress", "Direction": "inbound", "Called": called, "Caller": caller,
        "From": caller, "To": called,
        "CallToken": '{"parentCallInfoToken":"' + "x" * 300 + '","identityHeaderTokens":[]}',
    }  # fmt: skip
    for who in ("Called", "Caller", "From", "To"):
        place = {"City": "Kota Surabaya", "Country": "ID", "State": "Jawa Timur", "Zip": ""}
        form |= {f"{who}{name}": value for name, value in place.items()}
    return form


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[dict[str, Server]]:
    """The four servers, each once it has answered a first request."""
    async with contextlib.AsyncExitStack() as stack:
        servers = {who: await _start(stack, kind, folder) for who, kind in KINDS.items()}
        for server in servers.values():
            ask(server.port, [request(0)] * AT_ONCE, 1)
        yield servers


async def _start(stack: contextlib.AsyncExitStack, kind: str, folder: Path) -> Server:
    with socket.create_server((LOOPBACK, 0), backlog=2 * AT_ONCE) as listening:
        command = (sys.executable, "-m", "agent_bridge.bench.webhook_server", kind)
        handed = listening.fileno()
        process = await asyncio.create_subprocess_exec(*command, str(handed), folder, pass_fds=(handed,))
        port = int(listening.getsockname()[1])

    async def end() -> None:
        process.terminate()
        await process.wait()

    stack.push_async_callback(end)
    return Server(port, process.pid)
