"""The feed without its Redis: what was committed reaches the pages all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_bridge.live.feed import Feed, connect
from tests.builders import Story, a_desk

PAGES_WAIT_AT_MOST_SECONDS = 5.0


@asynccontextmanager
async def mute_redis(socket: Path) -> AsyncIterator[None]:
    """Takes every question and never answers, as a frozen process does."""
    over = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_unix_server(say_nothing, socket)
    try:
        yield
    finally:
        over.set()
        server.close()


@asynccontextmanager
async def nobody(_socket: Path) -> AsyncIterator[None]:
    """No Redis at all."""
    yield


@pytest.mark.parametrize("redis_is", [mute_redis, nobody])
async def test_pages_learn_of_a_call_in_five_seconds_whether_redis_is_frozen_or_gone(
    tmp_path: Path, redis_is
):
    socket = tmp_path / "redis.sock"
    seen: asyncio.Queue[str] = asyncio.Queue()
    async with redis_is(socket), a_desk(tmp_path) as desk:
        redis = connect(f"unix://{socket}")
        feed = Feed(desk.reader, redis)
        feed.follow(lambda rows: seen.put_nowait(rows[0].kind))
        running = asyncio.create_task(feed.run())
        await asyncio.sleep(0.2)

        await desk.record(Story().arrives())
        learned = await asyncio.wait_for(seen.get(), PAGES_WAIT_AT_MOST_SECONDS)

        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await redis.aclose()
        assert learned == "call_arrived"
