"""Replies to requests that change something, kept under call and number: asked again, they are the same."""

import asyncio

from config.clock import Clock
from ticketing.facts import Report
from ticketing.ledger import turns
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.turns import Turn
from ticketing.ledger.writing import Writing

NO_WALK = b""


class KeptReplies:
    """Replies to what comes after the walk; the walk's own are kept by `ivr.turns`."""

    def __init__(self, journal: Journal, reader: Reader, clock: Clock) -> None:
        self._journal = journal
        self._reader = reader
        self._clock = clock

    async def of(self, call_id: str, number: int) -> bytes | None:
        """What was replied, if anything was."""
        return await asyncio.to_thread(self._of, call_id, number)

    async def keep(self, call_id: str, number: int, reply: bytes, *reports: Report) -> bytes:
        """Keep the reply and record what it reports, unless there is one, and return the one that is kept.

        Raises Unavailable; then nothing is recorded.
        """
        at = self._clock()

        def work(writing: Writing) -> bytes:
            if known := turns.turn(writing.connection, call_id, number):
                return known.reply
            writing.record(*(report.fact for report in reports))
            return turns.keep(writing.connection, call_id, number, Turn(NO_WALK, reply), at)

        return await self._journal.write(work)

    async def next_key(self, call_id: str) -> int:
        """The number of the key that the caller will press next in the queue."""
        return await asyncio.to_thread(self._next_key, call_id)

    def _of(self, call_id: str, number: int) -> bytes | None:
        with self._reader.connect() as connection:
            known = turns.turn(connection, call_id, number)
            return known.reply if known else None

    def _next_key(self, call_id: str) -> int:
        with self._reader.connect() as connection:
            return turns.next_key(connection, call_id)
