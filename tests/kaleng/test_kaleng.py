"""A third provider: its folder and the wiring are all it takes, and the whole house works with it."""

import ast
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from agent_bridge.app import create_app
from agent_bridge.house import House
from config.settings import Settings
from ivr.providers.provider import Given
from tests.agent_bridge.conftest import Person
from tests.builders import NUMBER
from tests.kaleng.provider import LINE, Kaleng, Tin
from ticketing.calls.call import CallPhase, fold
from ticketing.calls.outcome import Outcome
from ticketing.facts import EndedBy
from ticketing.people.roles import Role
from ticketing.tickets.number import from_digits

ROOT = Path(__file__).parents[2]


@dataclass
class Floor:
    house: House
    kaleng: Kaleng
    dewi: Person
    rini: Person

    async def until(self, come_true: Callable[[], Any]) -> Any:
        async with asyncio.timeout(10):
            while not (found := come_true()):  # noqa: ASYNC110 - looks into the ledger
                await asyncio.sleep(0.02)
        return found

    def the_call(self, phase: CallPhase) -> Any:
        return next((call for call in self.house.reader.live_calls() if call.phase == phase), None)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    made: list[Kaleng] = []

    def telephones(given: Given) -> Kaleng:
        made.append(Kaleng(given))
        return made[0]

    async with AsyncExitStack() as stack:
        settings = Settings(home=tmp_path, port=0, sms="none")
        app = create_app(settings, telephones, f"unix://{tmp_path}/no-redis.sock")
        await stack.enter_async_context(app.router.lifespan_context(app))
        house: House = app.state.house
        people = []
        for name in ("dewi", "rini"):
            client = AsyncClient(transport=ASGITransport(app), base_url="http://hotline")
            await stack.enter_async_context(client)
            user_id = await house.accounts.add_user(name, name.title(), Role.AGENT)
            token = await house.accounts.link(user_id)
            session = (await client.post("/api/session/once", json={"token": token})).json()
            client.headers["X-CSRF-Token"] = session["csrf"]
            people.append(Person(name, client, user_id))
        yield Floor(house, made[0], *people)


async def sits_ready(person: Person, tin: str) -> None:
    await person.does("/desk/phone", {"phone": f"tali/{tin}"})
    assert (await person.ask("POST", "/desk/ready")).is_success


async def test_a_citizen_hears_the_number_and_talks_to_an_agent_who_sees_who_it_is(floor: Floor):
    await sits_ready(floor.dewi, "kiri")
    tin = Tin(knocks="1")

    shouting = asyncio.create_task(floor.kaleng.shout(tin, NUMBER))
    call = await floor.until(lambda: floor.the_call(CallPhase.TALKING))
    desk = await floor.dewi.sees("/desk")
    assert (await floor.dewi.ask("POST", f"/calls/{call.call_id}/closing")).is_success
    tin.let_go.set()
    await shouting

    assert tin.heard.index("menu-daftar") < tin.heard.index("nomor-hari-ini")
    assert desk["pop"]["call_id"] == call.call_id
    assert desk["pop"]["ticket"]["number"] == from_digits(call.ticket_id).written
    row = floor.house.reader.call(call.call_id)
    assert row.times_spoken == 2
    assert (row.line, row.outcome, row.agent_id) == (LINE, Outcome.ANSWERED, floor.dewi.user_id)
    assert {step.step for step in floor.house.reader.steps(call.call_id)} >= {1, 2, 3, 4, 5, 13, 14}


async def test_who_does_not_take_up_is_passed_over_and_the_place_is_kept(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
):
    floor.kaleng.takes_up = {"kanan"}
    await sits_ready(floor.dewi, "kiri")
    monkeypatch.setattr("ivr.queues.distributor.Distributor._ring_time", lambda *_: timedelta(seconds=0.1))
    tin = Tin(knocks="1")
    shouting = asyncio.create_task(floor.kaleng.shout(tin, NUMBER))
    await floor.until(lambda: floor.the_call(CallPhase.RINGING))

    await sits_ready(floor.rini, "kanan")
    call = await floor.until(lambda: floor.the_call(CallPhase.TALKING))
    tin.let_go.set()
    await shouting

    assert call.agent_id == floor.rini.user_id


async def test_an_agent_hands_the_caller_on_to_a_colleague_who_is_free(floor: Floor):
    await sits_ready(floor.dewi, "kiri")
    tin = Tin(knocks="1")
    shouting = asyncio.create_task(floor.kaleng.shout(tin, NUMBER))
    call = await floor.until(lambda: floor.the_call(CallPhase.TALKING))
    nobody = await floor.dewi.sees("/desk/colleagues")
    await sits_ready(floor.rini, "kanan")
    free = await floor.dewi.sees("/desk/colleagues")

    to_rini = {"agent_id": floor.rini.user_id}
    assert (await floor.dewi.ask("POST", f"/calls/{call.call_id}/transfer", to_rini)).status_code == 204
    await floor.until(lambda: floor.the_call(CallPhase.WRAP_UP))
    again = await floor.dewi.ask("POST", f"/calls/{call.call_id}/transfer", to_rini)
    tin.let_go.set()
    await shouting

    assert (nobody, free) == ({"colleagues": []}, {"colleagues": [to_rini | {"name": "Rini"}]})
    known = fold(floor.house.reader.facts_of([call.call_id])[call.call_id], call.call_id)
    assert (known.agent_id, known.ended_by) == (floor.dewi.user_id, EndedBy.TRANSFER)
    assert again.status_code == 409


async def test_a_caller_is_handed_on_by_whoever_talks_and_to_nobody_who_cannot_talk(floor: Floor):
    await sits_ready(floor.dewi, "kiri")
    tin = Tin(knocks="1")
    shouting = asyncio.create_task(floor.kaleng.shout(tin, NUMBER))
    call = await floor.until(lambda: floor.the_call(CallPhase.TALKING))
    path, dewi, rini = f"/calls/{call.call_id}/transfer", floor.dewi, floor.rini

    async def refused(who: Person, to: str) -> str:
        return str((await who.ask("POST", path, {"agent_id": to})).json()["title"])

    assert await refused(rini, dewi.user_id) == "NotFound"
    assert await refused(dewi, dewi.user_id) == "ColleagueNotFree"
    assert await refused(dewi, "siapa-saja") == "ColleagueNotFree"
    assert await refused(dewi, rini.user_id) == "ColleagueNotFree", "signed out"
    await rini.ask("POST", "/desk/phone", {"phone": "tali/kanan"})
    assert await refused(dewi, rini.user_id) == "ColleagueNotFree", "not ready"
    assert floor.the_call(CallPhase.TALKING), "the talk goes on"
    tin.let_go.set()
    await shouting


async def test_who_lets_go_while_waiting_is_owed_a_call(floor: Floor):
    tin = Tin(knocks="1")
    shouting = asyncio.create_task(floor.kaleng.shout(tin, NUMBER))
    await floor.until(lambda: floor.the_call(CallPhase.WAITING))

    tin.let_go.set()
    call_id = await shouting

    call = floor.house.reader.call(call_id)
    assert call.outcome in (Outcome.ABANDONED, Outcome.SHORT_ABANDON)
    assert floor.house.reader.ticket(call.ticket_id).call_back_due_at is not None


WIRING = {
    "agent_bridge/backend.py",
    "agent_bridge/supervisor.py",
    "agent_bridge/watchdog.py",
    "agent_bridge/pbx_plan.py",
    "agent_bridge/taking.py",
    "agent_bridge/announcing.py",
    "agent_bridge/doctor.py",
    "ivr/texting/ways.py",
}
"""What starts a telephone system, hands sounds and texts to it, or examines it."""
TOOLS = ("agent_bridge/commands/", "agent_bridge/bench/", "agent_bridge/rehearsal/", "agent_bridge/probe/")
"""Commands of one make, and what measures or tries it out."""


def test_a_providers_words_stop_in_its_folder_but_for_the_wiring():
    known = []
    for room in ("agent_bridge", "ivr", "ticketing", "config"):
        for file in sorted((ROOT / room).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if not name.startswith(("ivr/providers/", *TOOLS)) and _knows_a_make(file):
                known.append(name)

    assert set(known) <= WIRING


def _knows_a_make(file: Path) -> bool:
    tree = ast.parse(file.read_text())
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    return any(module.startswith(("ivr.providers.asterisk", "ivr.providers.twilio")) for module in modules)
