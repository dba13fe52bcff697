"""Numbers survive anything: the ledger's process is killed a hundred times while it issues them."""

import asyncio
import multiprocessing
import os
import random
import signal
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from sqlalchemy import select

from config.clock import now
from tests.builders import MONDAY_MORNING, OFFICE
from ticketing import tables
from ticketing.facts import CallArrived, Report
from ticketing.ledger import upkeep
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.recorder import Recorder, Registration
from ticketing.people.privacy import Vault

KILLS = 100
CALLERS = 32
OFFICE_KEY, INDEX_KEY = os.urandom(32), os.urandom(32)


def issue_for_ever(url: str, life: int, speak: Pipe) -> None:
    """A life of the ledger: 32 callers at a time are told their numbers as soon as those are on disk."""

    async def serve() -> None:
        vault = Vault(OFFICE_KEY, INDEX_KEY)
        journal = Journal(open_database(url), Recorder(vault, lambda: OFFICE, now))
        journal.start()

        async def caller(n: int) -> None:
            for turn in range(1_000_000):
                call_id = f"pbx-{life}.{n}.{turn}"
                arrived = CallArrived(
                    key=f"{call_id}/arrived", occurred_at=MONDAY_MORNING, call_id=call_id, line="pbx",
                    dialed_number="1500",
                )  # fmt: skip
                registration = Registration(call_id, MONDAY_MORNING)
                number = await journal.register(registration, Report(arrived, f"08120000{n:04d}"))
                speak.send_bytes(f"{call_id} {number.ticket_id}".encode())

        await asyncio.gather(*(caller(n) for n in range(CALLERS)))

    asyncio.run(serve())


def live_and_be_killed(url: str, life: int, after_seconds: float) -> dict[str, str]:
    """What was spoken in one life, which ends in the middle of whatever it was doing."""
    hear, speak = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=issue_for_ever, args=(url, life, speak))
    process.start()
    speak.close()
    spoken: dict[str, str] = {}
    with hear:
        call_id, number = hear.recv_bytes().decode().split()
        spoken[call_id] = number
        process.join(after_seconds)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        while True:
            try:
                call_id, number = hear.recv_bytes().decode().split()
            except (EOFError, OSError):
                return spoken
            spoken[call_id] = number


def test_a_hundred_kills_lose_and_double_no_number_that_was_spoken(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    open_database(url).dispose()
    chance = random.Random(11)
    spoken: dict[str, str] = {}

    for life in range(KILLS):
        spoken |= live_and_be_killed(url, life, chance.uniform(0, 0.04))

    engine = open_database(url)
    with engine.connect() as connection:
        rows = connection.execute(select(tables.calls.c.call_id, tables.calls.c.ticket_id)).all()
        on_disk = {row.call_id: row.ticket_id for row in rows}
        numbers = list(connection.scalars(select(tables.tickets.c.ticket_id)))
    assert len(spoken) > KILLS
    assert {call_id: on_disk.get(call_id) for call_id in spoken} == spoken
    assert len(set(spoken.values())) == len(spoken)
    assert len(set(numbers)) == len(numbers)
    assert upkeep.differences(engine, OFFICE) == []
    engine.dispose()
