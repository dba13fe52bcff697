"""The journal's one writer: a thread that commits whatever waits as one transaction (group commit).

A batch forms only while the commit before it runs, so a lone caller waits for nobody. A batch that
fails is replayed item by item, each under a savepoint, so that one refused item fails its own waiter only.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from config.checkpoint import reach
from config.errors import Refused, Unavailable
from ticketing.facts import Report, TicketRegistered
from ticketing.ledger.recorder import Committed, Recorder, Registration
from ticketing.ledger.writing import Writing

BATCH_LIMIT = 256
QUEUE_LIMIT = 10_000
"""A writer this far behind says so at once: the caller goes on to people, no number is invented."""

T = TypeVar("T")
Publish = Callable[[Sequence[Committed]], None]
log = structlog.get_logger(__name__)


class LedgerBusy(Unavailable):
    """The ledger is locked, full or too slow; nothing of the request was recorded."""

    def __init__(self) -> None:
        super().__init__(
            "Buku besar sedang tidak dapat menulis. Coba lagi sebentar lagi.",
            "The ledger cannot write at the moment. Please try again shortly.",
        )


@dataclass(slots=True)
class _Item:
    """One thing to be written, and who waits for it."""

    reports: tuple[Report, ...] = ()
    registration: Registration | None = None
    work: Callable[[Writing], Any] | None = None
    then: Callable[[Connection, TicketRegistered], Any] = lambda _, registered: registered
    """What becomes of the registration, in its transaction."""
    done: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, result: Any, fault: Exception | None) -> None:
        """Tell whoever waits, if anybody still does. Runs in their loop."""
        if self.done.done():
            return
        if fault:
            self.done.set_exception(fault)
        else:
            self.done.set_result(result)


class Journal:
    """Takes facts from any task or thread and makes them durable, in order."""

    def __init__(self, engine: Engine, recorder: Recorder, publish: Publish = lambda _: None) -> None:
        self._engine = engine
        self._recorder = recorder
        self._publish = publish
        self._waiting: queue.Queue[_Item | None] = queue.Queue(QUEUE_LIMIT)
        self._thread = threading.Thread(target=self._write, name="ledger-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what still waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    async def record(self, *reports: Report) -> None:
        """Record the reports' facts; returns once they are durable. Facts known already change nothing."""
        await self._ask(_Item(reports=reports))

    async def register(self, registration: Registration, *reports: Report) -> TicketRegistered:
        """Issue the call's ticket number; the same call gets the same number again."""
        registered: TicketRegistered = await self._ask(_Item(reports=reports, registration=registration))
        return registered

    async def register_and(
        self, registration: Registration, then: Callable[[Connection, TicketRegistered], T]
    ) -> T:
        """Issue the call's ticket number and do `then` with it: both are recorded, or neither."""
        result: T = await self._ask(_Item(registration=registration, then=then))
        return result

    async def do(self, work: Callable[[Connection], T], *reports: Report) -> T:
        """Run `work` in the writer's transaction, with the facts that belong to it."""
        result: T = await self._ask(_Item(reports=reports, work=lambda writing: work(writing.connection)))
        return result

    async def write(self, work: Callable[[Writing], T]) -> T:
        """Run `work` in the writer's transaction, where it decides by what stands and records facts."""
        result: T = await self._ask(_Item(work=work))
        return result

    async def _ask(self, item: _Item) -> Any:
        try:
            self._waiting.put_nowait(item)
        except queue.Full:
            raise LedgerBusy from None
        return await item.done

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            last = False
            while len(batch) < BATCH_LIMIT and not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    last = True
                    break
                batch.append(item)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: list[_Item]) -> None:
        try:
            with self._engine.begin() as connection:
                self._recorder.begin(connection)
                committed, results = self._settle(connection, batch)
                reach("before commit")
        except Exception as fault:
            self._recorder.forget()
            self._replay_or_fail(batch, fault)
            return
        reach("after commit")
        self._finish(batch, results, committed)

    def _settle(self, connection: Connection, batch: list[_Item]) -> tuple[list[Committed], list[Any]]:
        asked: list[Report | Registration] = []
        for item in batch:
            asked.extend(item.reports)
            if item.registration:
                asked.append(item.registration)
        committed = self._recorder.record(connection, asked) if asked else []
        results = []
        for item in batch:
            result, more = self._result(connection, item)
            committed += more
            results.append(result)
        return committed, results

    def _result(self, connection: Connection, item: _Item) -> tuple[Any, list[Committed]]:
        if item.registration:
            return item.then(connection, self._recorder.registered(connection, item.registration)), []
        if item.work is None:
            return None, []
        writing = Writing(connection, self._recorder)
        try:
            with connection.begin_nested():
                return item.work(writing), writing.committed
        except Refused as refusal:
            # Refused by what stands in the ledger: nobody else's work in the batch is touched.
            if writing.committed:
                self._recorder.forget()
            return refusal, []

    def _replay_or_fail(self, batch: list[_Item], fault: Exception) -> None:
        if len(batch) == 1:
            self._fail(batch[0], fault)
            return
        log.warning("ledger batch replayed", items=len(batch), fault=type(fault).__name__)
        survivors: list[_Item] = []
        results: list[Any] = []
        committed: list[Committed] = []
        try:
            with self._engine.begin() as connection:
                self._recorder.begin(connection)
                for item in batch:
                    self._replay_one(connection, item, survivors, results, committed)
        except Exception as late_fault:
            self._recorder.forget()
            # All of them: a ledger still locked does not even begin, and nobody has survived by then.
            for item in batch:
                self._fail(item, late_fault)
            return
        self._finish(survivors, results, committed)

    def _replay_one(
        self,
        connection: Connection,
        item: _Item,
        survivors: list[_Item],
        results: list[Any],
        committed: list[Committed],
    ) -> None:
        try:
            with connection.begin_nested():
                recorded, result = self._settle(connection, [item])
        except Exception as own_fault:
            self._recorder.forget()
            self._fail(item, own_fault)
            return
        committed.extend(recorded)
        survivors.append(item)
        results.extend(result)

    def _fail(self, item: _Item, fault: Exception) -> None:
        if not isinstance(fault, Refused):
            # The fault's text may quote values; its class is all that is logged.
            log.error("ledger write failed", fault=type(fault).__name__)
        ours = LedgerBusy() if isinstance(fault, DBAPIError | sqlite3.Error) else fault
        _answer([(item, None, ours)])

    def _finish(self, batch: list[_Item], results: list[Any], committed: list[Committed]) -> None:
        _answer([_answer_of(item, result) for item, result in zip(batch, results, strict=True)])
        if committed:
            self._publish(committed)


Answer = tuple[_Item, Any, Exception | None]


def _answer_of(item: _Item, result: Any) -> Answer:
    return (item, None, result) if isinstance(result, Refused) else (item, result, None)


def _answer(answers: Sequence[Answer]) -> None:
    """Wake each waiting loop once, whatever the batch: a wake-up costs more than the answer."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer[0].done.get_loop(), []).append(answer)
    for loop, theirs in by_loop.items():
        # A loop that is closed waits for nothing.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer_here, theirs)


def _answer_here(answers: Sequence[Answer]) -> None:
    for item, result, fault in answers:
        item.answer(result, fault)
