"""`hotline bench pop`: from the PBX's word that a phone rings to the pop at the agent's browser.

The whole backend in a process of its own: reader, fact, one transaction with its sync, the journal's rows,
Redis, the pop looked up, masked and sent. Floor: a bare WebSocket echo on the same server, while the same
stream of events flows. And what that stream does to the echo itself.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from agent_bridge import parts, practice
from agent_bridge.bench.measure import Goal, Result, percentile, weigh
from agent_bridge.bench.pop_server import ECHO
from agent_bridge.house import read_office
from agent_bridge.supervisor import settings_environment
from config.errors import Unavailable
from config.settings import Settings
from ivr.providers.asterisk.plan import PbxPlan, Ports

RATES = (0, 16_000, 40_000)
ROUNDS = 5
RINGS = 100
APART_SECONDS = 0.04
LATE_SECONDS = 5.0
TO_ECHO = Goal("floor", 1.5)
TO_IDLE = Goal("floor", 2.0)


class PopsLost(AssertionError):
    """A ring was never shown: the figures mean nothing."""


@dataclass
class Scene:
    """The processes and connections of one run."""

    settings: Settings
    agi_port: int
    pbx: asyncio.subprocess.Process
    backend: asyncio.subprocess.Process
    feed: ClientConnection
    echo: ClientConnection
    agent_id: str
    rings: int = 0

    def say(self, words: str) -> None:
        """Tell the made-up PBX what to do."""
        assert self.pbx.stdin
        self.pbx.stdin.write(f"{words}\n".encode())


async def run(
    tell: Callable[[int, int], None], rounds: int = ROUNDS, rings: int = RINGS, rates: tuple[int, ...] = RATES
) -> list[Result]:
    """The pop and the echo at each rate of events; p99 of each round."""
    pops: dict[int, list[float]] = {rate: [] for rate in rates}
    echoes: dict[int, list[float]] = {rate: [] for rate in rates}
    async with staged() as scene:
        await _round(scene, min(rings, 20))
        for n in range(rounds):
            for rate in rates if n % 2 == 0 else reversed(rates):
                scene.say(f"rate {rate}")
                await asyncio.sleep(0.5)
                shown, echoed = await _round(scene, rings)
                pops[rate].append(percentile(shown, 99) * 1000)
                echoes[rate].append(percentile(echoed, 99) * 1000)
            tell(n + 1, rounds)
    facts = {"rings": rings * rounds, "shown": rings * rounds}
    results = [
        weigh(f"pop-{rate}", "ms p99", TO_ECHO, {"ours": pops[rate], "floor": echoes[rate]}, facts)
        for rate in rates
    ]
    idle = echoes[rates[0]]
    return results + [
        weigh(f"pop-echo-{rate}", "ms p99", TO_IDLE, {"ours": echoes[rate], "floor": idle}, facts)
        for rate in rates[1:]
    ]


async def _round(scene: Scene, rings: int) -> tuple[list[float], list[float]]:
    """Rings and echoes side by side: the seconds each took."""
    shown, echoed = await asyncio.gather(pops(scene, rings), _echoes(scene, rings))
    return shown, echoed


async def pops(scene: Scene, rings: int, apart_seconds: float = APART_SECONDS) -> list[float]:
    """Let phones ring, one after the other: the seconds until each was shown. Raises PopsLost."""
    seen: dict[str, float] = {}
    watching = asyncio.create_task(_watch(scene.feed, seen))
    wrote: dict[str, float] = {}
    assert scene.pbx.stdout
    for _ in range(rings):
        scene.rings += 1
        scene.say(f"ring bench-{scene.rings} {scene.agent_id}")
        call, at = (await scene.pbx.stdout.readline()).decode().split()
        wrote[call] = float(at)
        pause = asyncio.create_task(asyncio.sleep(apart_seconds))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LATE_SECONDS):
                while call not in seen:  # noqa: ASYNC110 - the watcher only collects
                    await asyncio.sleep(0.001)
        # A ring that ended before it was shown would rightly never be.
        scene.say(f"end {call} {scene.agent_id}")
        await pause
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    if lost := wrote.keys() - seen.keys():
        raise PopsLost(f"{len(lost)} of {rings}")
    return [seen[call] - at for call, at in wrote.items()]


async def _watch(feed: ClientConnection, seen: dict[str, float]) -> None:
    async for text in feed:
        at = time.monotonic()
        pop = json.loads(text).get("desk", {}).get("pop")
        if pop and pop["phase"] == "ringing":
            seen.setdefault(pop["call_id"], at)


async def _echoes(scene: Scene, count: int) -> list[float]:
    taken = []
    for n in range(count):
        at = time.monotonic()
        await scene.echo.send(str(n))
        if await scene.echo.recv() != str(n):
            raise PopsLost("echo")
        taken.append(time.monotonic() - at)
        await asyncio.sleep(APART_SECONDS)
    return taken


@asynccontextmanager
async def staged() -> AsyncIterator[Scene]:
    """A backend with an echo, its Redis and ledger, a made-up PBX, and an agent at an open desk."""
    with tempfile.TemporaryDirectory(prefix="hl-pop-") as folder:
        settings = Settings(home=Path(folder), pbx="private", database_url="", redis_url="")
        redis = parts.find("redis-server", settings)
        if redis is None:
            raise Unavailable("Jalankan: hotline parts redis-server", "Run: hotline parts redis-server")
        links = await practice.sign_in_links(settings, [("dewi", "Dewi")])
        ami, web, agi = _free_port(), _free_port(), _free_port()
        at = Path(folder) / "redis.sock"
        async with contextlib.AsyncExitStack() as stack:
            options = ("--port", "0", "--unixsocket", str(at), "--save", "", "--dir", folder)
            await _start(stack, settings, str(redis), *options)
            pbx = await _start(stack, settings, sys.executable, "-m", "agent_bridge.bench.pop_pbx", str(ami))
            server = (sys.executable, "-m", "agent_bridge.bench.pop_server", f"unix://{at}", str(web))
            backend = await _start(stack, settings, *server)
            assert backend.stdin
            backend.stdin.write(_plan(settings, ami, agi).to_json().encode())
            backend.stdin.close()
            feed, echo, agent_id = await _signed_in(stack, web, links["Dewi"])
            yield Scene(settings, agi, pbx, backend, feed, echo, agent_id)


async def _start(
    stack: contextlib.AsyncExitStack, settings: Settings, *command: str
) -> asyncio.subprocess.Process:
    pipe, quiet = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    environment = os.environ | settings_environment(settings)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=quiet, env=environment
    )

    async def end() -> None:
        process.terminate()
        await process.wait()

    stack.push_async_callback(end)
    return process


async def _signed_in(
    stack: contextlib.AsyncExitStack, port: int, token: str
) -> tuple[ClientConnection, ClientConnection, str]:
    """An agent's open desk, the echo, and who the agent is, once the backend hears the PBX."""
    address = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=address) as client, asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/api/health")).json()["pbx"] == "live":
                    break
            await asyncio.sleep(0.1)
        session = (await client.post("/api/session/once", json={"token": token})).json()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    origin: Any = address
    at = f"ws://127.0.0.1:{port}"
    feed = await stack.enter_async_context(
        connect(f"{at}/api/feed", additional_headers={"Cookie": cookie}, origin=origin)
    )
    await feed.send(json.dumps({"type": "hello", "csrf": session["csrf"], "cursor": None}))
    snapshot = json.loads(await feed.recv())
    echo = await stack.enter_async_context(connect(f"{at}{ECHO}"))
    return feed, echo, snapshot["desk"]["agent"]["agent_id"]


def _plan(settings: Settings, ami: int, agi: int) -> PbxPlan:
    queues = tuple(read_office(settings).office.queues.values())
    return PbxPlan(
        name="bench", ports=Ports(ami=ami, agi=agi), reader_secret=secrets.token_hex(8),
        control_secret=secrets.token_hex(8), line_number="1500", queues=queues, phones=(),
        sounds=settings.folder / "sounds", books=None,
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
