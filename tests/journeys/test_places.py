"""The place in the queue as callers hear it on the real Asterisk, held against the queue as it was."""

import asyncio
import os
import shutil
import time
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import pytest

from agent_bridge import parts, supervisor
from agent_bridge.supervisor import Running
from config.office import OFFICE_FOLDER
from config.settings import Settings
from ivr.probe.ears import Ear, Transcript, Vocabulary, transcribe
from ivr.probe.sipp import HangUp, Press, Sipp, Wait
from tests.journeys.test_citizens import reader_of, vocabulary

pytestmark = pytest.mark.real

CALLERS = int(os.environ.get("HOTLINE_PLACES", "8"))
ANNOUNCED_EVERY = 5
FIRST_LEAVES_AFTER, APART = 45.0, 4.0
SAID_WITHIN = 1.5
"""Between app_queue's look at the queue and the sound, somebody may have left."""


@dataclass(frozen=True)
class Spoken:
    """A place that was heard, and when (Unix seconds)."""

    at: float
    place: int


def spoken_places(transcript: Transcript, began: float) -> list[Spoken]:
    """Each place in a transcript; one cut off half-way is left out."""
    found, heard = [], [entry for entry in transcript.heard if entry.share > 0.9]
    for lead, number in zip(heard, [*heard[1:], None], strict=True):
        name = lead.name.rpartition("/")[2]
        if name == "urutan-pertama":
            found.append(Spoken(began + lead.starts_at_seconds, 1))
        elif name == "urutan" and number and number.name.startswith("digits/"):
            found.append(Spoken(began + lead.starts_at_seconds, int(number.name.rpartition("/")[2])))
    return found


def true_places(rows: list[Any], call_id: str, at: float) -> set[int]:
    """Where the caller stood in the moments before `at`."""
    spans = {row.call_id: (row.queued_at.timestamp(), row.ended_at.timestamp()) for row in rows}
    joined = spans[call_id][0]
    instants = [at - SAID_WITHIN, at - SAID_WITHIN / 2, at, at + 0.1]
    return {1 + sum(s < joined and s <= t < e for s, e in spans.values()) for t in instants}


async def test_every_place_that_is_spoken_is_the_callers_own(hotline: Settings):
    office = hotline.home / "office"
    shutil.copytree(OFFICE_FOLDER, office, ignore=shutil.ignore_patterns("__pycache__"))
    queues = office / "queues.yaml"
    queues.write_text(
        queues.read_text().replace("announce_seconds: 30", f"announce_seconds: {ANNOUNCED_EVERY}")
    )
    settings = Settings(**(hotline.model_dump() | {"office": office}))
    async with supervisor.running(settings) as running:
        words = vocabulary(settings)
        heard = await asyncio.gather(*(one_caller(settings, running, words, n) for n in range(CALLERS)))
    reader = reader_of(settings)
    rows = [
        row
        for row in reader.calls(
            {row.call_id for row in reader.changes_since(0, 100_000) if row.call_id}
        ).values()
        if row.queued_at
    ]
    arrivals = sorted(rows, key=lambda row: row.arrived_at)
    began = [row.arrived_at.timestamp() for row in arrivals]

    said = wrong = 0
    for dialled, places in heard:
        call = arrivals[min(bisect_left(began, dialled - 0.2), len(arrivals) - 1)]
        for one in places:
            said += 1
            wrong += one.place not in true_places(rows, call.call_id, one.at)

    print(f"\nplaces spoken: {said}, wrong: {wrong}")
    assert said >= CALLERS * 2
    assert wrong == 0


async def one_caller(
    settings: Settings, running: Running, words: Vocabulary, n: int
) -> tuple[float, list[Spoken]]:
    """Registers, waits, and leaves in an order that is not the one they came in."""
    program = parts.find("sipp", settings)
    assert program
    assert running.plan
    await asyncio.sleep(n * 1.5)
    ear = Ear()
    await ear.open()
    sipp = Sipp(program, running.plan.ports.sip, settings.folder / "sipp")
    began = time.time()
    acts = [Wait(7), Press("1"), Wait(FIRST_LEAVES_AFTER + APART * (n * 5 % CALLERS)), HangUp()]
    line = f"0812002{n:05d}"
    process = await sipp.call(f"urut{n}", "1500", line, acts, ear_port=ear.port, seconds=400)
    await process.wait()
    ear.close()
    return began, spoken_places(transcribe(ear.frames, words, began, time.time()), began)
