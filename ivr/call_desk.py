"""The one door for facts from telephones: whatever a provider saw goes up to the ledger through here."""

import asyncio
from collections.abc import Iterable

import structlog

from config.errors import Unavailable
from ticketing.facts import Report
from ticketing.ledger.journal import Journal

RETRY_SECONDS = 0.5
QUEUE_LIMIT = 50_000

log = structlog.get_logger(__name__)


class CallDesk:
    """Takes reports and has them recorded, in order. A ledger that cannot write is waited for."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._reports: asyncio.Queue[tuple[Report, ...]] = asyncio.Queue(QUEUE_LIMIT)
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to pass on what `hear` was given."""
        self._task = asyncio.create_task(self._pass_on(), name="call-desk")

    async def close(self) -> None:
        """Stop; what was not passed on yet comes back by the next reconciliation."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def hear(self, reports: Iterable[Report]) -> None:
        """Take reports from a reader that must not wait; raises asyncio.QueueFull when far behind."""
        if batch := tuple(reports):
            self._reports.put_nowait(batch)

    async def drained(self) -> None:
        """Return once everything heard so far is recorded."""
        await self._reports.join()

    async def receive(self, *reports: Report) -> None:
        """Record reports and return once they are durable; raises Unavailable."""
        await self._journal.record(*reports)

    async def _pass_on(self) -> None:
        while True:
            batch = list(await self._reports.get())
            taken = 1
            while not self._reports.empty() and len(batch) < 500:
                batch.extend(self._reports.get_nowait())
                taken += 1
            await self._until_recorded(batch)
            for _ in range(taken):
                self._reports.task_done()

    async def _until_recorded(self, batch: list[Report]) -> None:
        while True:
            try:
                await self._journal.record(*batch)
                return
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as fault:
                # One report the ledger refuses must not hold up the rest for ever.
                log.error("reports refused by the ledger", fault=type(fault).__name__, reports=len(batch))
                if len(batch) == 1:
                    return
                for report in batch:
                    await self._until_recorded([report])
                return
