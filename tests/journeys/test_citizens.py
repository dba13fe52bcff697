"""What citizens hear on the real Asterisk: after hours, an old ticket, a keyed-in number, a dead backend."""

import asyncio
import contextlib
import os
import shutil
import signal
import time

import pytest
from sqlalchemy import select

from agent_bridge import parts, supervisor
from agent_bridge.children import started
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal.report import numbers_heard
from agent_bridge.supervisor import Running
from config.office import OFFICE_FOLDER
from config.settings import Settings
from ivr.probe.ears import Ear, Transcript, Vocabulary, transcribe
from ivr.probe.sipp import Act, AwaitHangUp, HangUp, Press, Sipp, Wait
from tests.journeys.test_supervisor import children_of, healthy
from ticketing import tables
from ticketing.ledger.reader import Reader
from ticketing.tickets.number import from_digits

pytestmark = pytest.mark.real


def vocabulary(settings: Settings) -> Vocabulary:
    files = {f"{f.parent.name}/{f.stem}": f for f in (settings.folder / "sounds" / "id").rglob("*.wav")}
    return Vocabulary.of(files | {"music": settings.folder / "music" / "hold.wav"})


async def call(settings: Settings, running: Running, name: str, line: str, *acts: Act) -> Transcript:
    """A citizen calls from `line`, and what they heard."""
    program = parts.find("sipp", settings)
    assert program
    assert running.plan
    ear = Ear()
    await ear.open()
    sipp = Sipp(program, running.plan.ports.sip, settings.folder / "sipp")
    began = time.time()
    process = await sipp.call(name, "1500", line, acts, ear_port=ear.port, seconds=90)
    assert await process.wait() == 0
    ear.close()
    return transcribe(ear.frames, vocabulary(settings), began, time.time())


def reader_of(settings: Settings) -> Reader:
    ledger = open_ledger(settings, read_office(settings))
    ledger.close()
    return ledger.reader


def heard(transcript: Transcript) -> list[str]:
    return [entry.name.partition("/")[2] or entry.name for entry in transcript.heard if entry.share > 0.9]


async def test_after_hours_a_citizen_gets_a_number_a_time_and_the_emergency_number(hotline: Settings):
    office = hotline.home / "office"
    shutil.copytree(OFFICE_FOLDER, office, ignore=shutil.ignore_patterns("__pycache__"))
    closed_days = "".join(
        f"    - {{day: {time.strftime('%Y-%m-%d', time.gmtime(time.time() + 86400 * ahead))}, name: tutup, "
        "kind: cuti bersama}\n"
        for ahead in (-1, 0, 1)
    )
    year = time.strftime("%Y")
    week = (office / "hours.yaml").read_text().split("days_off:")[0]
    (office / "hours.yaml").write_text(f'{week}days_off:\n  "{year}":\n{closed_days}')
    settings = Settings(**(hotline.model_dump() | {"office": office, "keep_hours": True}))
    async with supervisor.running(settings) as running:
        await healthy(running.address)

        transcript = await call(settings, running, "malam", "081200000051", AwaitHangUp())

    said = heard(transcript)
    number = from_digits(issued(settings)[0])
    keys = number.keys
    assert [found.digits for found in numbers_heard(transcript)][:2] == [keys] * 2
    assert said.index("tutup") < said.index("nomor-hari-ini") < said.index("kami-telepon-kembali")
    assert said.index("pukul") < said.index("darurat") < said.index("terima-kasih")
    assert transcript.longest_silence_seconds < 5
    row = reader_of(settings).ticket(issued(settings)[0])
    assert row is not None
    assert row.state == "call_back_owed"
    assert row.call_back_due_at is not None


def issued(settings: Settings) -> list[str]:
    with reader_of(settings).connect() as connection:
        rows = connection.execute(select(tables.tickets.c.ticket_id).order_by(tables.tickets.c.serial))
        return [row.ticket_id for row in rows]


async def test_an_open_ticket_is_offered_and_a_keyed_in_one_is_recognised(hotline: Settings):
    line = "081200000052"
    async with supervisor.running(hotline) as running:
        await healthy(running.address)
        first = await call(hotline, running, "pertama", line, Wait(7), Press("1"), Wait(14), HangUp())
        [ticket] = issued(hotline)
        number = from_digits(ticket)
        keys = number.keys

        again, elsewhere = await asyncio.gather(
            call(hotline, running, "lagi", line, Wait(9), Press("1"), Wait(9), HangUp()),
            call(
                hotline, running, "lain", "081200000053",
                Wait(7), Press("3"), Wait(3), Press(keys + "#"), Wait(24), HangUp(),
            ),
        )  # fmt: skip
        slower = await call(
            hotline,
            running,
            "pelan",
            "081200000054",
            Wait(6),
            Press("*"),
            Wait(14),
            Press("1"),
            Wait(4),
            HangUp(),
        )

    assert [found.digits for found in numbers_heard(first)] == [keys] * 2
    assert {"lanjut-dari-telepon-ini", "kami-lanjutkan"} <= set(heard(again))
    assert numbers_heard(again) == [], "a telephone may be shared: the line's ticket is not told to it"
    assert {"masukkan-pin", "tiket-dikenali"} <= set(heard(elsewhere)), "no PIN: with the ticket to a person"
    for transcript in (again, elsewhere):
        assert transcript.longest_silence_seconds < 5
    assert any(entry.name == "hotline-pelan/menu-daftar" for entry in slower.heard)
    assert len(issued(hotline)) == 2, "one for each citizen who had none"


async def test_a_backend_killed_while_the_number_is_read_costs_the_caller_no_silence(hotline: Settings):
    async with supervisor.running(hotline) as running:
        await healthy(running.address)
        calling = asyncio.create_task(
            call(hotline, running, "putus", "081200000055", Wait(7), Press("1"), Wait(20), HangUp())
        )
        await asyncio.sleep(11)
        os.kill(children_of(hotline)["backend"], signal.SIGKILL)
        transcript = await calling

        said = heard(transcript)
        assert "tetap-dilayani" in said
        assert any(entry.name == "music" for entry in transcript.heard), "the caller is in the queue"
        assert transcript.longest_silence_seconds < 5
        await healthy(running.address)
        assert len(issued(hotline)) == 1


@pytest.mark.long
async def test_a_frozen_backend_costs_the_caller_five_seconds_at_most(hotline: Settings):
    async with supervisor.running(hotline) as running:
        await healthy(running.address)
        backend = children_of(hotline)["backend"]
        assert started(backend)
        os.kill(backend, signal.SIGSTOP)
        try:
            transcript = await call(hotline, running, "beku", "081200000056", Wait(26), HangUp())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(backend, signal.SIGCONT)

    assert "tetap-dilayani" in heard(transcript)
    assert any(entry.name == "music" for entry in transcript.heard)
    assert transcript.longest_silence_seconds < 5
