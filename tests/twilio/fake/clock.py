"""Time that passes only while everybody waits: ten minutes on the telephone take milliseconds.

What runs in `spawn` has a lane. While some lane works (asks a web server, say) the clock stands still; once
all of them wait, whoever drives it (`go_on`, `pass_by`) puts it forward to the next instant somebody waits
for.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")
TURNS = 12
"""So many turns of the event loop let everything happen that can happen now."""
LONGEST_REAL_SECONDS = 20.0


class Stuck(AssertionError):
    """Everybody waits for something that nobody will do; or somebody works for ever."""


class _Lane:
    def __init__(self) -> None:
        self.waits = 0


_lane: ContextVar[_Lane | None] = ContextVar("lane", default=None)
_Waiter = tuple["asyncio.Future[bool]", _Lane | None]


class VirtualClock:
    """`now` is a clock for the product, `sleep` its way to wait.

    `settled` is awaited before time goes on: for work in threads, which the clock cannot see.
    """

    def __init__(self, begins_at: datetime, settled: Callable[[], Awaitable[None]] | None = None) -> None:
        self._now = begins_at
        self._settled = settled
        self._lanes: set[_Lane] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._due: list[tuple[datetime, int, _Waiter]] = []
        self._count = 0
        self._driving = asyncio.Lock()
        self.failures: list[BaseException] = []

    def now(self) -> datetime:
        """The instant it is now."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await self.wait(seconds, [])

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Do it beside everything else; time stands still while it works."""
        lane = _Lane()
        self._lanes.add(lane)
        mine = _lane.set(lane)
        task = asyncio.get_running_loop().create_task(work)
        _lane.reset(mine)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(done, lane))
        return task

    def _over(self, task: "asyncio.Task[Any]", lane: _Lane) -> None:
        self._tasks.discard(task)
        self._lanes.discard(lane)
        if not task.cancelled() and (fault := task.exception()):
            self.failures.append(fault)

    async def wait(self, seconds: float | None, rung: "list[_Waiter]") -> bool:
        """Until woken through `rung` (True) or until `seconds` have passed (False)."""
        lane = _lane.get()
        waiter: _Waiter = (asyncio.get_running_loop().create_future(), lane)
        rung.append(waiter)
        if seconds is not None:
            self._count += 1
            due_at = self._now + timedelta(seconds=max(seconds, 0))
            heapq.heappush(self._due, (due_at, self._count, waiter))
        if lane:
            lane.waits += 1
        try:
            return await waiter[0]
        except asyncio.CancelledError:
            if lane and waiter[0].cancelled():
                lane.waits -= 1
            raise
        finally:
            if waiter in rung:
                rung.remove(waiter)

    @staticmethod
    def wake(waiter: _Waiter, rung: bool) -> None:
        """End somebody's wait; from now on they work."""
        future, lane = waiter
        if future.done():
            return
        future.set_result(rung)
        if lane:
            lane.waits -= 1

    async def pass_by(self, seconds: float) -> None:
        """Let that much time pass, and all that happens in it."""
        ends_at = self._now + timedelta(seconds=seconds)
        passed = self.spawn(self.sleep(seconds))
        await self.go_on(lambda: passed.done() and self._now >= ends_at)

    async def go_on(self, until: Callable[[], bool]) -> None:
        """Let time pass until that is so; raises Stuck, and what failed meanwhile."""
        async with self._driving:
            while True:
                await self._quiet()
                if self.failures:
                    raise self.failures.pop(0)
                if until():
                    return
                if not self._advance():
                    raise Stuck("nobody waits for an instant any more")

    def _advance(self) -> bool:
        """On to the next instant; all who wait for it are woken, in the order they came."""
        woken = False
        while self._due and not (woken and self._due[0][0] > self._now):
            due_at, _, waiter = heapq.heappop(self._due)
            if not waiter[0].done():
                self._now = max(self._now, due_at)
                self.wake(waiter, rung=False)
                woken = True
        return woken

    async def _quiet(self) -> None:
        """Until all lanes wait, and went on waiting for some turns."""
        begun, still = monotonic(), 0
        while still < TURNS:
            busy = any(lane.waits <= 0 for lane in self._lanes)
            still = 0 if busy else still + 1
            await asyncio.sleep(0.0005 if busy and monotonic() - begun > 0.05 else 0)
            if monotonic() - begun > LONGEST_REAL_SECONDS:
                raise Stuck("somebody works for ever without waiting")
        if self._settled:
            await self._settled()

    async def close(self) -> None:
        """End whatever still runs."""
        while self._tasks:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)


class Bell:
    """Wakes those who wait for something to change."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._waiting: list[_Waiter] = []

    def ring(self) -> None:
        """Something changed."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            self._clock.wake(waiter, rung=True)

    async def wait(self, seconds: float | None = None) -> bool:
        """Whether it rang within that time."""
        return await self._clock.wait(seconds, self._waiting)
