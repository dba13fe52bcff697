"""An office changes its files while a citizen waits: taken, refused, put back, and the call goes on."""

import asyncio
import os
import shutil
import signal

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from agent_bridge import supervisor
from agent_bridge.cli import app
from agent_bridge.pbx_plan import plan_of
from config.office import OFFICE_FOLDER
from config.settings import Settings
from ivr.probe.citizen import Citizen
from ivr.providers.asterisk.asking import asking
from ivr.providers.asterisk.configuration import READER
from ivr.providers.asterisk.provider import manager_of
from tests.config.test_office_history import contents
from tests.journeys.test_citizens import vocabulary
from tests.journeys.test_supervisor import children_of, healthy

pytestmark = pytest.mark.real
ANOTHER = """  kedua:
    label: {id: Kedua, en: Second}
    strategy: linear
    ring_seconds: 9
    wrap_up_seconds: 9
    max_wait_seconds: 99
    announce_seconds: 30
    service_level_seconds: 30
    at_closing: call_back
"""


async def office_command(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["office", *words])


async def queues(settings: Settings) -> dict[str, int]:
    """The PBX's queues, and how many wait in each."""
    plan = plan_of(settings)
    assert plan
    async with asking(manager_of(plan, READER)) as asked:
        rows = await asked.rows("QueueStatus") or []
    return {row["Queue"]: int(row["Calls"]) for row in rows if row["Event"] == "QueueParams"}


async def used(address: str, at_first: str) -> str:
    """The configuration the backend uses, once it is another than `at_first`."""
    name = at_first
    async with httpx.AsyncClient(base_url=address) as client, asyncio.timeout(15):
        while name == at_first:
            await asyncio.sleep(0.1)
            try:
                name = (await client.get("/api/health")).json()["office"]
            except httpx.HTTPError:
                continue
    return name


async def test_a_citizen_who_waits_notices_nothing_of_a_configuration_taken_refused_and_put_back(
    hotline: Settings, monkeypatch: pytest.MonkeyPatch
):
    office = hotline.home / "office"
    shutil.copytree(OFFICE_FOLDER, office, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, value in {"HOME": hotline.home, "OFFICE": office, "PORT": 0}.items():
        monkeypatch.setenv(f"HOTLINE_{name}", str(value))
    settings = Settings()
    before = contents(office)
    async with supervisor.running(settings) as running:
        first = (await healthy(running.address))["office"]
        assert running.plan
        citizen = Citizen(running.plan.ports.sip, "<sip:081200000071@x>")
        try:
            await citizen.dial("1500")
            await citizen.until_hearing(vocabulary(settings), "hotline/menu-daftar", seconds=15)
            await citizen.press("0")
            await citizen.until_hearing(vocabulary(settings), "music", seconds=20)

            file = office / "queues.yaml"
            file.write_text(file.read_text().replace("ring_seconds: 15", "ring_seconds: lima"))
            broken = await office_command("reload")
            still = await queues(settings)
            file.write_bytes(before["queues.yaml"].replace(b"  dukcapil:", b"  lain:"))
            renamed = await office_command("reload")
            text = before["queues.yaml"].decode().replace("\n# Why an agent", ANOTHER + "\n# Why an agent")
            file.write_text(text.replace("ring_seconds: 15", "ring_seconds: 5"))
            taken = await office_command("reload")
            second = await used(running.address, first)
            changed = await queues(settings)
            os.kill(children_of(settings)["backend"], signal.SIGKILL)
            restarted = (await healthy(running.address))["office"]
            undone = await office_command("undo")
            third = await used(running.address, second)
            back = await queues(settings)
            waits = not citizen.over.is_set()
        finally:
            await citizen.hang_up()

    assert broken.exit_code == 1
    assert "queues.yaml, line" in broken.output or "queues.yaml, baris" in broken.output
    assert renamed.exit_code == 1
    assert still == {"dukcapil": 1}
    assert taken.exit_code == 0, taken.output
    assert "+  kedua:" in taken.output
    assert changed == {"dukcapil": 1, "kedua": 0}
    assert first < second == restarted < third
    assert undone.exit_code == 0, undone.output
    assert contents(office) == before
    assert back == {"dukcapil": 1}
    assert waits, "the citizen was in the queue all the while"
