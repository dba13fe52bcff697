"""`hotline bench rush`: a Monday morning in people's units.

300 registrations a minute while the PBX says 16,000 things a second. The whole backend is one process, on
real Redis and a real ledger; callers and the PBX are others. A sound is
over as soon as it is played, so the dialogues come closer together than people's would. Measured: the turn
(a caller's answer until the next command) and the pop; counted: every caller in the ledger, once.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from agent_bridge.bench.agi import INTRODUCTION
from agent_bridge.bench.measure import Result, percentile
from agent_bridge.bench.pop import Scene, pops, staged
from agent_bridge.house import open_ledger, read_office
from ticketing import tables

CALLERS = 300
CALLERS_A_SECOND = 5.0
EVENTS_A_SECOND = 16_000
TURN_MILLISECONDS, POP_MILLISECONDS = 300.0, 50.0
SOUND_SECONDS = 0.02
ASKS = re.compile(rb"hotline/menu-daftar")
KEY_ONE = b"200 result=49\n"
GONE_ON = b"200 result=0\n"


class CallersLost(AssertionError):
    """The ledger does not hold each caller once: the figures mean nothing."""


@dataclass
class Rush:
    """What was seen."""

    turns: list[float] = field(default_factory=list)
    broken: int = 0


async def run(
    tell: Callable[[int, int], None], callers: int = CALLERS, events_a_second: int = EVENTS_A_SECOND
) -> list[Result]:
    """The turn's and the pop's p99 against what callers and agents are promised."""
    rush = Rush()
    async with staged() as scene:
        await pops(scene, min(callers, 20))
        already = scene.rings
        scene.say(f"rate {events_a_second}")
        shown, _ = await asyncio.gather(
            pops(scene, callers, 1 / CALLERS_A_SECOND), _call(scene, rush, callers, tell)
        )
        scene.say("rate 0")
        await asyncio.sleep(1)
        held, numbers = in_the_ledger(scene)
    if rush.broken or held != callers + callers + already or numbers != callers:
        raise CallersLost(f"{rush.broken} broken, {held} calls, {numbers} numbers of {callers}")
    facts = {
        "callers": callers,
        "numbers": numbers,
        "events_a_second": events_a_second,
        "turns": len(rush.turns),
    }
    return [
        _promised("rush-turn", percentile(rush.turns, 99) * 1000, TURN_MILLISECONDS, facts),
        _promised("rush-pop", percentile(shown, 99) * 1000, POP_MILLISECONDS, facts),
    ]


def _promised(path: str, ours: float, limit: float, facts: dict[str, int]) -> Result:
    """In people's units: there is no peer, and the floor is what was promised."""
    return Result(
        path, "ms p99", ours, None, None, None, None, f"<= {limit:g} ms", ours <= limit, 1, dict(facts)
    )


async def _call(scene: Scene, rush: Rush, callers: int, tell: Callable[[int, int], None]) -> None:
    async with asyncio.TaskGroup() as calls:
        for n in range(callers):
            calls.create_task(dialogue(scene, rush, n))
            tell(n + 1, callers)
            await asyncio.sleep(1 / CALLERS_A_SECOND)


async def dialogue(scene: Scene, rush: Rush, n: int) -> None:
    """One caller: presses 1, hears the number twice, and is handed over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.agi_port)
    call = f"rush-{n}".encode()
    told = INTRODUCTION.replace(b"hotline-bench-1795500000.1", call).replace(
        b"081200000042", b"08120000%04d" % n
    )
    at = time.monotonic()
    writer.write(told)
    handed_over = False
    while line := await reader.readline():
        rush.turns.append(time.monotonic() - at)
        handed_over = handed_over or b"REG_OK" in line
        if line.startswith((b"STREAM", b"WAIT")):
            await asyncio.sleep(SOUND_SECONDS)
        at = time.monotonic()
        writer.write(KEY_ONE if ASKS.search(line) else GONE_ON)
    writer.close()
    rush.broken += not handed_over


def in_the_ledger(scene: Scene) -> tuple[int, int]:
    """Calls and different numbers."""
    ledger = open_ledger(scene.settings, read_office(scene.settings))
    try:
        with ledger.reader.connect() as connection:
            calls = connection.execute(select(func.count()).select_from(tables.calls)).scalar_one()
            named = tables.calls.c.call_id.like("rush-%")
            numbers = select(func.count(func.distinct(tables.calls.c.ticket_id))).where(named)
            return int(calls), int(connection.execute(numbers).scalar_one())
    finally:
        ledger.close()
