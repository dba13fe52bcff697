"""Texts survive being killed: before or after they went out, and at any instant."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest

from config import checkpoint
from ivr.texting.courier import Courier
from ivr.texting.file_drop import FileDrop
from ivr.texting.wording import StatusWays
from tests.builders import OFFICE, Desk, Story
from tests.ivr.texting.provider import Clock, a_courier
from ticketing.ledger import upkeep
from ticketing.ledger.database import open_database
from ticketing.ledger.deliveries import Delivery
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Recorder
from ticketing.people.privacy import Vault

LIVES, CITIZENS = 6, 90
KEYS = (os.urandom(32), os.urandom(32))


class Forgetful(FileDrop):
    """A provider that does not know keys: whatever it is handed it sends on, each as one line."""

    knows_keys = False

    async def send(self, number: str, text: str, key: str) -> None:
        with (self._folder / "sent").open("a") as out:
            out.write(f"{key}\n")


def provider(folder: Path, knows_keys: bool) -> FileDrop:
    return FileDrop(folder) if knows_keys else Forgetful(folder)


def sent(folder: Path, knows_keys: bool) -> list[str]:
    """Whatever went out, one entry a text."""
    if knows_keys:
        return [file.name for file in folder.glob("*.json")]
    file = folder / "sent"
    return file.read_text().splitlines() if file.exists() else []


def a_ledger(folder: Path) -> Desk:
    engine, vault = open_database(f"sqlite:///{folder / 'ledger.sqlite3'}"), Vault(*KEYS)
    journal = Journal(engine, Recorder(vault, lambda: OFFICE, lambda: datetime.now(UTC)))
    journal.start()
    return Desk(engine, vault, journal, Reader(engine, vault), [])


def deliver_for_ever(folder: Path, knows_keys: bool, at: datetime, armed: Path | None, speak: Pipe) -> None:
    """A life of the courier, which says whenever a text is handed over, until somebody ends it."""
    checkpoint._file = armed

    async def live() -> None:
        desk = a_ledger(folder)
        gateway, ways = provider(folder / "sms", knows_keys), StatusWays("1500")
        send = gateway.send

        async def heard(number: str, text: str, key: str) -> None:
            speak.send("handed over")
            await send(number, text, key)

        gateway.send = heard
        courier = Courier(desk.journal, desk.reader, desk.vault, lambda: OFFICE, Clock(at), gateway, ways)
        while await courier.begin():
            await courier.settle()

    asyncio.run(live())


def live(
    folder: Path, knows_keys: bool, at: datetime, armed: Path | None = None, handed: int = 0, after: float = 0
) -> int:
    """One life; how it ended. It is killed so long after so many texts, or where it is armed to be."""
    hear, speak = multiprocessing.Pipe(duplex=False)
    told = (folder, knows_keys, at, armed, speak)
    process = multiprocessing.get_context("fork").Process(target=deliver_for_ever, args=told)
    process.start()
    speak.close()
    with hear, contextlib.suppress(EOFError):
        for _ in range(handed):
            hear.recv()
        process.join(after if handed else None)
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    return process.exitcode or 0


async def citizens(folder: Path, count: int) -> None:
    desk = a_ledger(folder)
    for n in range(count):
        await desk.record(Story(f"pbx-{n}.0").arrives().is_registered().ends(25), f"0812000000{n:02d}")
    desk.journal.close()
    (folder / "sms").mkdir()


def states(folder: Path) -> list[str | None]:
    desk = a_ledger(folder)
    bench = a_courier(desk, None)
    assert upkeep.shortcomings(desk.engine, OFFICE) == []
    assert bench.is_consistent()
    desk.journal.close()
    return bench.states()


@pytest.mark.parametrize("knows_keys", [True, False])
@pytest.mark.parametrize("place", ["message taken", "message sent"])
async def test_killed_on_either_side_of_sending_a_text_goes_out_once_or_becomes_a_persons_task(
    tmp_path: Path, knows_keys: bool, place: str
):
    await citizens(tmp_path, 1)
    armed, clock = tmp_path / "drill", Clock()
    armed.write_text(place)
    assert live(tmp_path, knows_keys, clock.at, armed) == -signal.SIGKILL
    assert len(sent(tmp_path / "sms", knows_keys)) == int(place == "message sent")
    assert states(tmp_path) == [Delivery.SENDING]

    assert live(tmp_path, knows_keys, clock.at + timedelta(minutes=2)) == 0

    assert states(tmp_path) == [Delivery.SENT if knows_keys else Delivery.UNSURE]
    assert len(sent(tmp_path / "sms", knows_keys)) == int(knows_keys or place == "message sent")


@pytest.mark.parametrize("knows_keys", [True, False])
async def test_killed_at_any_instant_no_text_is_doubled_and_none_is_lost(tmp_path: Path, knows_keys: bool):
    await citizens(tmp_path, CITIZENS)
    chance, clock = random.Random(5), Clock()
    for _ in range(LIVES):
        some = {"handed": chance.randint(1, 12), "after": chance.uniform(0, 0.02)}
        live(tmp_path, knows_keys, clock.at, **some)
        clock.at += timedelta(minutes=2)
    early = states(tmp_path)

    assert live(tmp_path, knows_keys, clock.at) == 0

    found, out = states(tmp_path), sent(tmp_path / "sms", knows_keys)
    assert set(found) <= {Delivery.SENT, Delivery.UNSURE}
    assert len(set(out)) == len(out), "each went out once"
    assert found.count(Delivery.SENT) <= len(out) <= CITIZENS
    assert Delivery.SENT in early, "some lives got somewhere"
    assert {None, Delivery.SENDING} & set(early), "none got to the end"
    if knows_keys:
        assert (found.count(Delivery.SENT), len(out)) == (CITIZENS, CITIZENS)
