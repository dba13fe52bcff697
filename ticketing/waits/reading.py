"""The forecast on the ledger: what the queue's rows tell, worked out every few seconds in a thread.

Nothing is kept but the last answer: after a restart the same rows tell the same.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import SQLAlchemyError

from config.clock import Clock
from config.office import Office
from ticketing import tables
from ticketing.agents.shift import ShiftState
from ticketing.ledger.reader import Reader
from ticketing.probe import by_citizens
from ticketing.tickets.calendar import Calendar
from ticketing.waits.forecast import Experience, Floor, Untold, Wait, learn, outlook
from ticketing.waits.grades import ToldWaits, told_waits
from ticketing.waits.rows import COLUMNS, served_of, wait_of

ROWS_READ = 400
"""Of either kind, the latest: some days of an ordinary hotline, hours after a scare."""
REMEMBERED = timedelta(days=30)
REFRESH_SECONDS = 5.0
STALE_SECONDS = 60.0
"""An older view of the floor is told to nobody."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """One queue as it was at an instant (Unix seconds)."""

    experience: Experience | None
    serving: int
    free: int
    seen: float


class Forecaster:
    """Answers from memory; `refresh` looks at the ledger and belongs in a thread."""

    def __init__(self, reader: Reader, clock: Clock, office: Callable[[], Office]) -> None:
        self._reader = reader
        self._clock = clock
        self._office = office
        self._views: dict[str, View] = {}

    def at_most_seconds(self, queue: str, position: int) -> int | None:
        """The bound to be told to a caller at that place, in whole minutes; None where none is honest."""
        told = self.outlook(queue, position)
        return None if isinstance(told, Untold) else told

    def outlook(self, queue: str, position: int) -> int | Untold:
        """The same, or why nothing is told: one that is too long is a reason to offer a call-back."""
        view, office, at = self._views.get(queue), self._office(), self._clock()
        if view is None or queue not in office.queues or at.timestamp() - view.seen > STALE_SECONDS:
            return Untold.TOO_LITTLE_KNOWN
        closes_at = Calendar(office.hours).closes(at)
        closes = closes_at.timestamp() if closes_at else None
        floor = Floor(view.serving, view.free, closes, office.queues[queue].max_wait_seconds)
        return outlook(view.experience, floor, position, at.timestamp())

    def refresh(self) -> None:
        """Look at the ledger: who serves, and what the latest calls tell."""
        at = self._clock()
        with self._reader.connect() as connection:
            ready, busy = _agents(connection)
            for queue in self._office().queues:
                known = _learned(connection, queue, at)
                self._views[queue] = View(known, len(ready), len(ready - busy), at.timestamp())

    async def keep_fresh(self) -> None:
        """Refresh every few seconds, for ever; while the ledger does not answer, nobody is told a wait."""
        while True:
            try:
                await asyncio.to_thread(self.refresh)
            except SQLAlchemyError as fault:
                log.warning("waits are not foretold", fault=type(fault).__name__)
            await asyncio.sleep(REFRESH_SECONDS)

    def told(self, queue: str, since_at: datetime) -> ToldWaits:
        """What was told since then and what became of it; reads the ledger."""
        return told_since(self._reader, queue, since_at, self._clock())


def told_since(reader: Reader, queue: str, since_at: datetime, at: datetime) -> ToldWaits:
    """Every wait told in `queue` since then, graded as it stands at `at`."""
    with reader.connect() as connection:
        waits = _waits(connection.execute(_told(queue, since_at)))
    return told_waits(waits, at.timestamp())


def _agents(connection: Connection) -> tuple[set[str], set[str]]:
    """Who may be rung, and who of all agents is busy. Agents serve every queue there is."""
    shift, call = tables.shifts.c, tables.calls.c
    ready = select(shift.agent_id).where(shift.state == ShiftState.READY.value)
    busy = select(call.engaged_agent_id).where(call.engaged_agent_id.is_not(None))
    return set(connection.scalars(ready)), set(connection.scalars(busy))


def _learned(connection: Connection, queue: str, at: datetime) -> Experience | None:
    rows = {
        row.call_id: row
        for statement in latest(queue, at - REMEMBERED)
        for row in connection.execute(statement)
    }
    served = [one for row in rows.values() if (one := served_of(row))]
    return learn(served, _waits(rows.values()), at.timestamp())


def latest(queue: str, since_at: datetime) -> tuple[Select[Any], Select[Any]]:
    """The latest calls answered and the latest waits told; each has an index that begins with the newest."""
    call = tables.calls.c
    answered = (
        select(call.call_id, *_columns())
        .where(call.queue == queue, call.answered_at >= since_at, by_citizens())
        .order_by(call.answered_at.desc())
    )
    told = _told(queue, since_at).order_by(call.told_wait_at.desc())
    return answered.limit(ROWS_READ), told.limit(ROWS_READ)


def _told(queue: str, since_at: datetime) -> Select[Any]:
    call = tables.calls.c
    told = call.queue == queue, call.told_wait_at >= since_at
    return select(call.call_id, *_columns()).where(*told, by_citizens())


def _columns() -> list[Any]:
    return [tables.calls.c[name] for name in COLUMNS]


def _waits(rows: Iterable[Any]) -> list[Wait]:
    return [one for row in rows if (one := wait_of(row))]
