"""The feed: after each commit, what changed reaches whoever looks at it.

The Redis stream carries cursors only and wakes every node; what changed is read from SQL. With Redis
down the feed asks SQL twice a second: pages slow down, nothing is lost.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy import Row

from config import cancelling
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Committed

STREAM = "hotline:cursor"
KEPT_ENTRIES = 1000
WAKE_MILLISECONDS = 1000
POLL_SECONDS = 0.5
ANSWER_SECONDS = 2.0
"""A Redis that takes a question and says nothing for so long counts as gone."""

Follower = Callable[[Sequence[Row[Any]]], None]
log = structlog.get_logger(__name__)


def connect(url: str) -> Redis:
    """The Redis at `url`: asked once, waited for briefly, for there is always the ledger to ask."""
    return Redis.from_url(
        url,
        socket_connect_timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class Feed:
    """Follows the journal and hands its new rows to the followers, in order, each once."""

    def __init__(self, reader: Reader, redis: Redis) -> None:
        self._reader = reader
        self._redis = redis
        self._followers: list[Follower] = []
        self._committed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._newest = 0
        self.cursor = reader.cursor()

    def follow(self, follower: Follower) -> None:
        """Call `follower` with every batch of new journal rows."""
        self._followers.append(follower)

    def publish(self, committed: Sequence[Committed]) -> None:
        """Tell the world; called by the ledger's writer thread after the commit."""
        self._newest = committed[-1].seq
        self._loop.call_soon_threadsafe(self._committed.set)

    async def run(self) -> None:
        """Announce our commits and follow everybody's, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._announce())
            tasks.create_task(self._follow())

    async def _announce(self) -> None:
        while True:
            await self._committed.wait()
            self._committed.clear()
            try:
                await self._redis.xadd(STREAM, {"seq": self._newest}, maxlen=KEPT_ENTRIES, approximate=True)
            except (RedisError, OSError) as fault:
                cancelling.heed()
                log.warning("redis does not answer; the feed asks the ledger", fault=type(fault).__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _follow(self) -> None:
        last = "$"
        while True:
            try:
                entries = await self._redis.xread({STREAM: last}, block=WAKE_MILLISECONDS)
                if entries:
                    last = _newest_id(entries)
            except (RedisError, OSError):
                cancelling.heed()
                last = "$"
                await asyncio.sleep(POLL_SECONDS)
            self._hand_on()

    def _hand_on(self) -> None:
        while rows := self._reader.changes_since(self.cursor):
            self.cursor = rows[-1].seq
            for follower in self._followers:
                follower(rows)


def _newest_id(entries: Any) -> str:
    """The last entry's id; redis-py answers with a list under RESP2 and a dict under RESP3."""
    streams = list(entries.values()) if isinstance(entries, dict) else [pair[1] for pair in entries]
    batch = streams[0]
    while batch and isinstance(batch[0], list):
        batch = batch[0]
    newest = batch[-1][0]
    return newest.decode() if isinstance(newest, bytes) else str(newest)
