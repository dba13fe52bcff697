"""`hotline bench ticket`: from a caller's arrival to a number on disk, the whole transaction.

Once-only key, person sealed and indexed, call, number, ticket, SOP steps, journal; a full sync each.
Audit and outbox do not exist yet. Peer: SQLAlchemy's async ORM on aiosqlite, one commit a request. Floor:
an fdatasync of 4 KiB appended on the same file system.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select

from agent_bridge.bench.measure import Goal, Result, percentile, weigh
from config.clock import now
from config.office import load
from ticketing import tables
from ticketing.facts import CallArrived, Report
from ticketing.ledger.codec import KINDS
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.recorder import Recorder, Registration
from ticketing.people.privacy import Vault

ROUNDS = 7
ALONE = 200
TOGETHER, CALLERS = 64, 1200
PEER_SHARE = 4
"""The peer serves so many fewer callers a round; it takes long enough."""
AS_FLOOR = Goal("floor", 2.0)
THROUGHPUT = Goal("peer", 20.0, at_least=True)
WAITING = Goal("peer", 1 / 50)
BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class NumbersLost(AssertionError):
    """Numbers were answered that the ledger does not hold, or holds twice."""


class Desk(Protocol):
    """Registers one caller and returns the number."""

    async def register(self, call_id: str, caller_number: str) -> str:
        """The number, once it is on disk."""

    def tickets(self) -> int:
        """How many the disk holds."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The hotline's own journal."""

    journal: Journal
    file: Path

    async def register(self, call_id: str, caller_number: str) -> str:
        """The number, once it is on disk."""
        arrived = CallArrived(
            key=f"{call_id}/arrived", occurred_at=BEGAN, call_id=call_id, line="bench", dialed_number="1500"
        )
        registration = Registration(call_id, BEGAN)
        return (await self.journal.register(registration, Report(arrived, caller_number))).ticket_id

    def tickets(self) -> int:
        """How many the disk holds."""
        return count_tickets(self.file)


@asynccontextmanager
async def ours(folder: Path) -> AsyncIterator[Ours]:
    """A fresh ledger of ours."""
    office = load(facts=KINDS)
    file = folder / "ours.sqlite3"
    engine = open_database(f"sqlite:///{file}")
    journal = Journal(engine, Recorder(Vault(os.urandom(32), os.urandom(32)), lambda: office, now))
    journal.start()
    try:
        yield Ours(journal, file)
    finally:
        journal.close()
        engine.dispose()


def count_tickets(file: Path) -> int:
    """The tickets another connection finds in the file."""
    engine = open_database(f"sqlite:///{file}")
    with engine.connect() as connection:
        found = connection.scalar(select(func.count()).select_from(tables.tickets))
    engine.dispose()
    return found or 0


async def run(tell: Callable[[int, int], None], rounds: int = ROUNDS, callers: int = CALLERS) -> list[Result]:
    """One caller against the floor; 64 callers against the peer, in numbers a second and in the slowest."""
    # What only benchmarks need is not installed with the hotline.
    from agent_bridge.bench.peers.orm import orm

    alone: dict[str, list[float]] = {"ours": [], "floor": []}
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    slowest: dict[str, list[float]] = {"ours": [], "peer": []}
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder = Path(name)
        async with ours(folder) as mine, orm(folder) as theirs:
            desks: dict[str, tuple[Desk, int]] = {
                "ours": (mine, callers),
                "peer": (theirs, callers // PEER_SHARE),
            }
            for n in range(rounds):
                alone["floor"].append(await asyncio.to_thread(_sync_ms, folder))
                took = await serve(mine, f"alone{n}", ALONE, 1)
                alone["ours"].append(percentile(took.each_ms, 50))
                for who in sorted(desks, reverse=bool(n % 2)):
                    desk, many = desks[who]
                    took = await serve(desk, f"round{n}", many, TOGETHER)
                    rates[who].append(many / took.seconds)
                    slowest[who].append(percentile(took.each_ms, 99))
                tell(n + 1, rounds)
            answered = rounds * (callers + ALONE)
            if mine.tickets() != answered:
                raise NumbersLost
    facts = {"answered": answered, "on_disk": answered}
    return [
        weigh("ticket", "ms p50, one caller", AS_FLOOR, alone, facts),
        weigh("ticket-64", "tickets/s, 64 callers", THROUGHPUT, rates, facts),
        weigh("ticket-64-p99", "ms p99, 64 callers", WAITING, slowest, facts),
    ]


@dataclass(frozen=True, slots=True)
class Took:
    seconds: float
    each_ms: list[float]


async def serve(desk: Desk, name: str, callers: int, at_once: int) -> Took:
    """Serve so many callers, `at_once` of them at a time."""
    waiting = iter(range(callers))
    each: list[float] = []
    numbers: set[str] = set()

    async def line() -> None:
        for n in waiting:
            began = time.perf_counter()
            # No network assigns 0812 0000 xxxx.
            numbers.add(await desk.register(f"{name}-{n}.0", f"+62812{hash((name, n)) % 10**8:08d}"))
            each.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(line() for _ in range(at_once)))
    if len(numbers) != callers:
        raise NumbersLost
    return Took(time.perf_counter() - began, each)


def _sync_ms(folder: Path) -> float:
    took = []
    handle = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with contextlib.closing(os.fdopen(handle, "wb", buffering=0)) as file:
        for _ in range(ALONE):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 50)
