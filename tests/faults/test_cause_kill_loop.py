"""One answer for a hundred citizens survives being killed: at each checkpoint, and at any instant."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest

from config import checkpoint
from tests.builders import MONDAY_MORNING, OFFICE
from tests.ticketing.common_causes import ANSWER, SARI, Common
from tests.ticketing.test_timekeeper import Clock
from ticketing import tables
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Recorder
from ticketing.people.privacy import Vault

CITIZENS, LIVES = 110, 6
KEYS = (os.urandom(32), os.urandom(32))


def opened(folder: Path) -> Common:
    engine, vault = open_database(f"sqlite:///{folder / 'ledger.sqlite3'}"), Vault(*KEYS)
    journal = Journal(engine, Recorder(vault, lambda: OFFICE, lambda: datetime.now(UTC)))
    journal.start()
    made = Common(engine, vault, journal, Reader(engine, vault), [])
    return made.put_together(Clock(MONDAY_MORNING))


async def linked_and_answered(folder: Path) -> tuple[str, list[str]]:
    """A cause and its tickets; the answer stands, and nobody has it yet."""
    house = opened(folder)
    cause = await house.begins()
    tickets = [await house.calls(n, f"0812000{n:05d}") for n in range(CITIZENS)]
    for ticket_id in tickets:
        await house.causes.link(ticket_id, cause, "pbx-1.0")
    await house.causes.answer(SARI, house.key(), cause, ANSWER)
    house.journal.close()
    return cause, tickets


def spread_for_ever(folder: Path, armed: Path | None, speak: Pipe) -> None:
    """A life of the background, which says whenever some were answered."""
    checkpoint._file = armed

    async def spread() -> None:
        house = opened(folder)
        while given := await house.causes.spread():
            speak.send(given)

    asyncio.run(spread())


def live(folder: Path, armed: Path | None = None, parts: int = 0, after_seconds: float = 0.0) -> int:
    """One life; how it ended. It is killed so long after so many parts, or where it is armed to be."""
    hear, speak = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=spread_for_ever, args=(folder, armed, speak))
    process.start()
    speak.close()
    with hear:
        with contextlib.suppress(EOFError):
            for _ in range(parts):
                hear.recv()
        process.join(after_seconds if parts else None)
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    return process.exitcode or 0


def each_has_it_once(folder: Path, tickets: list[str]) -> None:
    house = opened(folder)
    with house.reader.connect() as connection:
        written = [row.ticket_id for row in connection.execute(tables.texts.select())]
    assert [house.answers_of(ticket_id) for ticket_id in tickets] == [[ANSWER]] * CITIZENS
    assert len(written) == 2 * CITIZENS, "an outline and an answer each, and none that belongs to no fact"
    house.holds_together()
    house.journal.close()


@pytest.mark.parametrize("place", ["cause answered", "before commit", "after commit"])
async def test_killed_at_a_checkpoint_the_rest_is_answered_by_the_next_life_and_nobody_twice(
    tmp_path: Path, place: str
):
    cause, tickets = await linked_and_answered(tmp_path)
    armed = tmp_path / "drill"
    armed.write_text(place)
    assert live(tmp_path, armed) == -signal.SIGKILL
    house = opened(tmp_path)
    assert house.progress(cause).answered == (20 if place == "after commit" else 0)
    house.journal.close()

    assert live(tmp_path) == 0

    each_has_it_once(tmp_path, tickets)


async def test_killed_at_any_instant_each_has_the_answer_once_in_the_end(tmp_path: Path):
    cause, tickets = await linked_and_answered(tmp_path)
    chance, far = random.Random(3), []
    for _ in range(LIVES):
        live(tmp_path, None, 1, chance.uniform(0, 0.03))
        house = opened(tmp_path)
        far.append(house.progress(cause).answered)
        house.journal.close()

    assert live(tmp_path) == 0

    assert far == sorted(far)
    assert far[0] < CITIZENS, "the first lives did not get to the end"
    each_has_it_once(tmp_path, tickets)
