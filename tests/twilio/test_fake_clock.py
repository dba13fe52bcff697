"""Virtual time passes only while everybody waits."""

import asyncio
from datetime import timedelta

import pytest

from tests.twilio.fake.clock import Bell, Stuck, VirtualClock
from tests.twilio.server import BEGINS_AT


async def test_sleepers_wake_in_the_order_of_their_instants():
    clock, woken = VirtualClock(BEGINS_AT), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now() - BEGINS_AT))

    for seconds in (3600, 5, 60):
        clock.spawn(sleeper(seconds))
    await clock.pass_by(3600)
    assert woken == [(each, timedelta(seconds=each)) for each in (5, 60, 3600)]


async def test_time_stands_still_while_somebody_works():
    clock, seen = VirtualClock(BEGINS_AT), []

    async def worker() -> None:
        await asyncio.sleep(0.02)
        seen.append(clock.now())

    clock.spawn(worker())
    await clock.pass_by(10)
    assert seen == [BEGINS_AT]


async def test_a_worker_who_waits_in_a_task_of_its_own_holds_nobody_up():
    clock = VirtualClock(BEGINS_AT)

    async def worker() -> None:
        await asyncio.gather(clock.sleep(5), clock.sleep(7))

    task = clock.spawn(worker())
    await clock.go_on(task.done)
    assert clock.now() == BEGINS_AT + timedelta(seconds=7)


async def test_a_bell_wakes_before_its_time():
    clock = VirtualClock(BEGINS_AT)
    bell, rang = Bell(clock), []

    async def waiter(seconds: float) -> None:
        rang.append((await bell.wait(seconds), clock.now() - BEGINS_AT))

    clock.spawn(waiter(10))
    clock.spawn(waiter(2))
    await clock.pass_by(3)
    bell.ring()
    await clock.pass_by(0)
    assert rang == [(False, timedelta(seconds=2)), (True, timedelta(seconds=3))]


async def test_waiting_for_what_never_comes_is_said_and_not_waited_for():
    clock = VirtualClock(BEGINS_AT)
    with pytest.raises(Stuck):
        await clock.go_on(lambda: False)


async def test_a_fault_beside_everything_else_is_not_lost():
    clock = VirtualClock(BEGINS_AT)

    async def broken() -> None:
        raise RuntimeError("broken")

    clock.spawn(broken())
    with pytest.raises(RuntimeError, match="broken"):
        await clock.pass_by(1)


async def test_work_in_threads_is_waited_for_where_it_is_told_of():
    done = []

    async def settled() -> None:
        if not done:
            await asyncio.to_thread(done.append, 1)

    clock = VirtualClock(BEGINS_AT, settled)
    await clock.pass_by(1)
    assert done == [1]
