"""`hotline bench overload`: 300 citizens register within 60 seconds, against the same line while it is idle.

The whole backend is one process, on real Redis and a real ledger; callers are another. A sound is over as
soon as it is played. Measured: the turn (a caller's answer until the next command) and the memory that is
kept afterwards; counted: every caller in the ledger, once, and the text with their number.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from agent_bridge.bench.measure import Ratio, Result, percentile
from agent_bridge.bench.pop import Scene, staged
from agent_bridge.bench.rush import CallersLost, Rush, dialogue, in_the_ledger

CALLERS, WITHIN_SECONDS = 300, 60.0
IDLE_CALLERS, IDLE_APART_SECONDS = 40, 0.5
TURN_MILLISECONDS = 300.0
KEPT_MEGABYTES = 30.0
"""What may be kept in memory of 300 callers: their calls stay at hand, by the thousand and no more."""
TEXTS_SECONDS = 60.0


async def run(
    tell: Callable[[int, int], None], callers: int = CALLERS, within_seconds: float = WITHIN_SECONDS
) -> list[Result]:
    """The turn under the rush, beside the idle line's; the memory kept; and that nobody is lost."""
    idle, rush = Rush(), Rush()
    async with staged() as scene:
        await _calls(scene, idle, IDLE_CALLERS, IDLE_APART_SECONDS, 1000, lambda *_: None)
        before = _megabytes(scene)
        await _calls(scene, rush, callers, within_seconds / callers, 0, tell)
        texts_seconds = await _until_sent(scene, callers + IDLE_CALLERS)
        after = _megabytes(scene)
        held, numbers = in_the_ledger(scene)
    if idle.broken or rush.broken or held != numbers or numbers != callers + IDLE_CALLERS:
        raise CallersLost(f"{rush.broken} broken, {held} calls, {numbers} numbers of {callers}")
    turn, quiet = (percentile(one.turns, 99) * 1000 for one in (rush, idle))
    facts = {
        "callers": callers, "within_seconds": within_seconds, "numbers": numbers, "lost": 0,
        "turns": len(rush.turns), "texts_sent_after_seconds": round(texts_seconds, 1),
    }  # fmt: skip
    ratio = Ratio(turn / quiet, turn / quiet, turn / quiet)
    kept = max(0.0, after - before)
    return [
        Result("overload-turn", "ms p99", turn, None, quiet, None, ratio, f"<= {TURN_MILLISECONDS:g} ms",
               turn <= TURN_MILLISECONDS, 1, dict(facts)),
        Result("overload-memory", "MB kept", kept, None, before, None, None, f"<= {KEPT_MEGABYTES:g} MB",
               kept <= KEPT_MEGABYTES, 1, {"before": round(before, 1), "after": round(after, 1)}),
    ]  # fmt: skip


async def _calls(
    scene: Scene, rush: Rush, callers: int, apart: float, first: int, tell: Callable[[int, int], None]
) -> None:
    """Callers come at their times, whether or not those before them are served."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as calls:
        for n in range(callers):
            await asyncio.sleep(max(0.0, began + n * apart - time.monotonic()))
            calls.create_task(dialogue(scene, rush, first + n))
            tell(n + 1, callers)


async def _until_sent(scene: Scene, texts: int) -> float:
    """How long until every number went out as a text."""
    began = time.monotonic()
    folder = scene.settings.folder / "sms"
    while not folder.exists() or len(list(folder.iterdir())) < texts:
        if time.monotonic() - began > TEXTS_SECONDS:
            raise CallersLost(f"{len(list(folder.iterdir()))} texts of {texts}")
        await asyncio.sleep(0.2)
    return time.monotonic() - began


def _megabytes(scene: Scene) -> float:
    """What the backend holds in memory."""
    status = Path(f"/proc/{scene.backend.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
