"""The faults a drill can bring about, each against callers who are heard to be in the middle of something."""

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from agent_bridge import practice
from agent_bridge.children import pids
from config import checkpoint
from config.settings import Settings
from ivr.probe.proxy import Proxy

MENU, NUMBER, WAITING, TALKING = "menu", "number", "waiting", "talking"
SOUNDS = {MENU: "hotline/menu-", NUMBER: "digits/", WAITING: "music", TALKING: "hotline/terima-kasih"}
"""What a caller hears in each state; agents of a rehearsal say the thanks over and over."""
RINGING = "ringing"
STATES = (MENU, NUMBER, WAITING, RINGING, TALKING)
UP_AGAIN_SECONDS = 40.0
FROZEN_SECONDS = 8.0
CUTS = 100
LOCKED_SECONDS = 60.0
FULL_SECONDS = 15.0


@dataclass(slots=True)
class Struck:
    """One blow: what was done, and what the callers it met were hearing at that instant."""

    fault: str
    state: str
    heard: dict[str, str]
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault may look at and lay hands on. `hearing` says what each caller hears now."""

    settings: Settings
    address: str
    redis_url: str
    proxy: Proxy
    drill_file: Path
    hearing: Callable[[], dict[str, str]]
    ringing: Callable[[], bool]
    struck: list[Struck] = field(default_factory=list)

    def pid(self, name: str) -> int:
        """A child of the supervisor."""
        return pids(self.settings.folder / "run" / "children.json")[name]

    async def someone_in(self, state: str) -> dict[str, str]:
        """Wait until somebody is heard to be in that state; returns who hears what."""
        while True:
            heard = self.hearing()
            sound = SOUNDS[WAITING if state == RINGING else state]
            inside = {name: one for name, one in heard.items() if one.startswith(sound)}
            if inside and (state != RINGING or await asyncio.to_thread(self.ringing)):
                return inside
            await asyncio.sleep(0.05)

    def note(self, fault: str, state: str, heard: dict[str, str], **notes: Any) -> None:
        """Write a blow down."""
        self.struck.append(Struck(fault, state, heard, notes))

    async def healthy(self) -> float:
        """Wait until the backend answers and its link is live; returns the seconds that took."""
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.address, timeout=2) as client:
            while time.monotonic() - began < UP_AGAIN_SECONDS:
                with contextlib.suppress(httpx.HTTPError, ValueError):
                    if (await client.get("/api/health")).json().get("pbx") == "live":
                        break
                await asyncio.sleep(0.1)
        return round(time.monotonic() - began, 1)


async def backend_killed(scene: Scene) -> None:
    """Killed while a caller is in each state in turn."""
    for state in STATES:
        heard = await scene.someone_in(state)
        os.kill(scene.pid("backend"), signal.SIGKILL)
        await asyncio.sleep(0.5)
        scene.note("backend-killed", state, heard, up_again_seconds=await scene.healthy())


async def backend_killed_at_checkpoints(scene: Scene) -> None:
    """Killed at each checkpoint in turn, by itself."""
    for place in checkpoint.PLACES:
        before = scene.pid("backend")
        draft = scene.drill_file.with_suffix(".new")
        draft.write_text(place)
        draft.rename(scene.drill_file)
        heard: dict[str, str] = {}
        while scene.drill_file.exists():
            heard = scene.hearing()
            await asyncio.sleep(0.05)
        while scene.pid("backend") == before:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
        scene.note("checkpoint", place, heard, up_again_seconds=await scene.healthy())


async def backend_frozen(scene: Scene) -> None:
    """Stopped for eight seconds while a caller is in each state in turn."""
    for state in (MENU, NUMBER, WAITING, TALKING):
        heard = await scene.someone_in(state)
        pid = scene.pid("backend")
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(FROZEN_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        scene.note("backend-frozen", state, heard, up_again_seconds=await scene.healthy())


async def link_cut(scene: Scene) -> None:
    """The manager link cut a hundred times."""
    heard = await scene.someone_in(WAITING)
    for _ in range(CUTS):
        scene.proxy.cut()
        await asyncio.sleep(0.4)
    notes = {"cuts": CUTS, "connections": scene.proxy.connections}
    scene.note("link-cut", WAITING, heard, **notes, up_again_seconds=await scene.healthy())


async def link_half_open(scene: Scene) -> None:
    """Nothing passes any more, and nobody says so."""
    heard = await scene.someone_in(TALKING)
    scene.proxy.swallow()
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=scene.address, timeout=2) as client:
        while time.monotonic() - began < 20:
            if (await client.get("/api/health")).json().get("pbx") != "live":
                break
            await asyncio.sleep(0.1)
    noticed = round(time.monotonic() - began, 1)
    scene.proxy.pass_on()
    notes = {"noticed_seconds": noticed}
    scene.note("link-half-open", TALKING, heard, **notes, up_again_seconds=await scene.healthy())


async def pbx_restarted(scene: Scene) -> None:
    """Asterisk killed while callers wait and talk: those calls are lost, and owed a call-back."""
    await scene.someone_in(TALKING)
    heard = await scene.someone_in(WAITING)
    os.kill(scene.pid("asterisk"), signal.SIGKILL)
    await asyncio.sleep(3)
    scene.note("pbx-restarted", TALKING, heard, up_again_seconds=await scene.healthy())


async def redis_flushed_and_stopped(scene: Scene) -> None:
    """Emptied, then killed."""
    heard = await scene.someone_in(WAITING)
    redis = Redis.from_url(scene.redis_url)
    await redis.flushall()
    await redis.aclose()
    await asyncio.sleep(5)
    os.kill(scene.pid("redis"), signal.SIGKILL)
    scene.note("redis-flushed-and-stopped", WAITING, heard)


async def ledger_locked(scene: Scene) -> None:
    """Another process holds the ledger's lock for a minute."""
    heard = await scene.someone_in(MENU)
    async with _asked_meanwhile(scene) as answers:
        await asyncio.to_thread(_lock, scene.settings.folder / "ledger.sqlite3", LOCKED_SECONDS)
    scene.note("ledger-locked", MENU, heard, answers=answers)


async def disk_full(scene: Scene) -> None:
    """The backend may write to no file any more."""
    heard = await scene.someone_in(MENU)
    pid = scene.pid("backend")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    async with _asked_meanwhile(scene) as answers:
        await asyncio.sleep(FULL_SECONDS)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    scene.note("disk-full", MENU, heard, answers=answers)


def _lock(ledger: Path, seconds: float) -> None:
    with contextlib.closing(sqlite3.connect(ledger, timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")


@asynccontextmanager
async def _asked_meanwhile(scene: Scene) -> AsyncIterator[dict[str, int]]:
    """Somebody tries to sign in the while, which the ledger has to write; which answers they got."""
    answers: dict[str, int] = {}
    token = (await practice.sign_in_links(scene.settings, [("penguji", "Penguji")]))["Penguji"]

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=scene.address, timeout=10) as client:
            while True:
                answer = await client.post("/api/session/once", json={"token": token})
                wait = answer.headers.get("Retry-After")
                said = f"{answer.status_code}" + (f", Retry-After {wait}" if wait else "")
                answers[said] = answers.get(said, 0) + 1
                await asyncio.sleep(1)

    asking = asyncio.create_task(ask())
    try:
        yield answers
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


Fault = Callable[[Scene], Awaitable[None]]

FAULTS: dict[str, Fault] = {
    "backend-killed": backend_killed,
    "checkpoints": backend_killed_at_checkpoints,
    "backend-frozen": backend_frozen,
    "link-cut": link_cut,
    "link-half-open": link_half_open,
    "pbx-restarted": pbx_restarted,
    "redis": redis_flushed_and_stopped,
    "ledger-locked": ledger_locked,
    "disk-full": disk_full,
}
"""Every drill by its name."""
