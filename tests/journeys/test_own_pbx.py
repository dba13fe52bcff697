"""An office's own Asterisk, set up by `hotline asterisk config` alone, called by its trunks, and left."""

import asyncio
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from agent_bridge import doctor, parts, practice, supervisor
from agent_bridge.cli import app
from agent_bridge.house import open_ledger, read_office
from agent_bridge.pbx_plan import own_plan
from agent_bridge.rehearsal.agent import Manners, RehearsalAgent
from agent_bridge.rehearsal.report import numbers_heard
from config.clock import now
from config.settings import Settings
from ivr.probe.citizen import Citizen
from ivr.probe.ears import transcribe
from ivr.probe.sipp import HangUp, Sipp, Wait
from ivr.providers.asterisk import examination
from tests.ivr.providers.asterisk.lab import free_port
from tests.journeys.office_pbx import OPERATOR, OfficePbx, Operator
from tests.journeys.test_citizens import vocabulary
from tests.journeys.test_supervisor import healthy
from ticketing import tables

pytestmark = pytest.mark.real


def command(*words: str) -> str:
    done = CliRunner().invoke(app, ["asterisk", "config", *words])
    assert done.exit_code == 0, done.output
    return done.output


async def levels(settings: Settings) -> dict[str, str]:
    """What the doctor says, the worst of each kind."""
    worst: dict[str, str] = {}
    for finding in await doctor.look(settings, now):
        if finding.level != "ok" or finding.code not in worst:
            worst[finding.code] = finding.level.value
    return worst


async def citizen_calls(office: OfficePbx, settings: Settings, number: str, *said: str, source: str) -> str:
    """A citizen calls by a trunk and asks for a number; the number heard, once an agent took the call."""
    words = vocabulary(settings)
    citizen = Citizen(office.sip_port, *said, source=source)
    began = time.time()
    try:
        await citizen.dial(number)
        await citizen.until_hearing(words, "hotline/menu-daftar", seconds=15)
        await citizen.press("1")
        await asyncio.wait_for(citizen.over.wait(), 60)
    finally:
        await citizen.hang_up()
    return numbers_heard(transcribe(citizen.ear.frames, words, began, time.time()))[0].digits


async def stranger_waits(sipp: Sipp) -> None:
    """A colleague calls another queue of the office, which is none of the hotline's business."""
    process = await sipp.call("rekan", "700", "1002", [Wait(4), HangUp()], ear_port=free_port(), seconds=20)
    await process.wait()


def rows(settings: Settings) -> list[Any]:
    ledger = open_ledger(settings, read_office(settings))
    try:
        with ledger.reader.connect() as connection:
            calls = connection.execute(select(tables.calls)).all()
        return [(call, ledger.reader.masked_number(call.person_id)) for call in calls]
    finally:
        ledger.close()


async def test_an_offices_own_pbx_is_set_up_looked_at_and_called_by_both_its_trunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    operator = Operator()
    port = free_port(socket.SOCK_DGRAM)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: operator, local_addr=(OPERATOR, port))
    office = OfficePbx(tmp_path, port, monkeypatch)
    untouched = office.contents()
    settings = Settings()
    program = parts.find("sipp", settings)
    assert program

    assert (await levels(settings))["manager"] == "failed"
    command("--sounds", str(office.plan.sounds))
    await office.pbx.start()
    try:
        async with supervisor.running(settings) as running, AsyncExitStack() as stack:
            assert await healthy(running.address)
            sipp = Sipp(program, office.sip_port, tmp_path / "sipp")
            links = await practice.sign_in_links(settings, [("dewi", "Dewi"), ("rini", "Rini")])
            for name, token in zip(("1001", "1003"), links.values(), strict=True):
                at = free_port()
                await sipp.register(name, name, "kantor", at)
                phone = await sipp.desk_phone(name, at, ring_seconds=0.5, calls=9, seconds=90)
                stack.push_async_callback(phone.stop)
                agent = RehearsalAgent(running.address, Manners(1.0, 0.5, 0.5))
                await agent.sit_down(token, f"PJSIP/{name}")
                await agent.become_ready()
                stack.push_async_callback(agent.leave)

            # Asterisk waits up to ten seconds before it registers for the first time.
            while not operator.registered:  # noqa: ASYNC110 - the operator only collects
                await asyncio.sleep(0.1)
            found = await levels(Settings(**(settings.model_dump() | {"port": running.port})))
            pai = "P-Asserted-Identity: <sip:+6281200000062@operator>"
            listens = asyncio.create_task(
                examination.await_call(own_plan(settings, read_office(settings).office), 20)
            )
            await asyncio.sleep(2)
            dialled_in, by_address, by_registration, _ = await asyncio.gather(
                listens,
                citizen_calls(office, settings, "1500", "<sip:081200000061@x>", source="127.0.0.1"),
                citizen_calls(office, settings, "0315920000", "<sip:anonymous@x>", pai, source=OPERATOR),
                stranger_waits(sipp),
            )
            await asyncio.sleep(1)
    finally:
        await office.pbx.stop()
    command("--sounds", str(office.plan.sounds), "--undo")

    assert dialled_in.level == "ok"
    assert "hotline-" in dialled_in.text.en
    assert "failed" not in found.values(), found
    assert set(found) >= {
        "rights",
        "filters",
        "dead-man",
        "prompts",
        "trunk",
        "clock",
        "disk",
        "kept",
        "gaps",
    }
    assert found["gaps"] == "ok"
    assert operator.registered[:1] == ["0315920000"]
    calls = {number: call for call, number in rows(settings)}
    assert len(calls) == 2, "the office's own calls are not ours"
    assert {call.outcome for call in calls.values()} == {"answered"}
    assert sorted(number[-2:] for number in calls) == ["61", "62"]
    assert by_address != by_registration
    assert office.contents() == untouched
    assert not list(office.plan.sounds.rglob("*.wav"))
