"""Call-backs at the desk: owed in the order of the wait, made by one action, within every limit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from agent_bridge.app import create_app
from agent_bridge.house import House
from agent_bridge.rehearsal.simulated_pbx import Manners, SimulatedPbx, simulated_plan
from config import clock
from config.clock import FastClock, now
from config.settings import Settings
from ivr.providers.provider import Given
from ivr.speech.digits import DIGITS
from tests.agent_bridge.conftest import Person
from tests.builders import OFFICE
from ticketing.calls.call import CallPhase
from ticketing.desk.owed import done_by
from ticketing.desk.share import Room
from ticketing.people.roles import Role
from ticketing.tickets.calendar import Calendar

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""09.00 WIB."""
PACE = 200.0
AGENTS = ("dewi", "rini", "tono")


@dataclass
class Floor:
    """Agents at their phones on a Monday morning, and a supervisor; nobody is ready yet."""

    house: House
    pbx: SimulatedPbx
    clock: FastClock
    people: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        return self.people[name]

    async def gives_up(self, number: str = "081200000042", patience: float = 40.0) -> str:
        """A caller who registers and hangs up in the queue; their ticket's number, digits only."""
        await self.pbx.call(number, Manners(patience, {"menu-daftar": "1"}))
        ticket = self.house.reader.open_ticket_of_number(number)
        assert ticket is not None
        return str(ticket.ticket_id)

    async def until(self, what: Callable[[], Any], seconds: float = 300.0) -> Any:
        """Wait, in simulated seconds, until it is so."""
        for _ in range(int(seconds)):
            if found := what():
                return found
            await self.clock.sleep(1)
        raise AssertionError("did not come about")

    async def signs_in(self, name: str) -> None:
        """Again, after a long time."""
        person = self.people[name]
        token = await self.house.accounts.link(person.user_id)
        session = (await person.client.post("/api/session/once", json={"token": token})).json()
        person.client.headers["X-CSRF-Token"] = session["csrf"]

    def outward(self, ticket_id: str) -> Any:
        """The office's latest call for the ticket."""
        calls = [call for call in self.all_calls() if call.outward and call.ticket_id == ticket_id]
        return calls[-1] if calls else None

    def waiting(self) -> list[str]:
        """The tickets of those in the queue, in its order."""
        calls = (self.house.reader.call(one.caller.call_id) for one in self.pbx._waiting)
        return [str(call.ticket_id) for call in calls if call and call.phase == CallPhase.WAITING]

    def person(self, number: str) -> str:
        """Who calls from there."""
        ticket = self.house.reader.open_ticket_of_number(number)
        assert ticket is not None
        return str(ticket.person_id)

    def all_calls(self) -> list[Any]:
        ids = [row.call_id for row in self.house.reader.changes_since(0, 10_000) if row.call_id]
        return sorted(self.house.reader.calls(ids).values(), key=lambda call: call.arrived_at)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    ticking = FastClock(MONDAY, PACE)
    with clock.keeping(ticking):
        async with AsyncExitStack() as stack:
            made: list[SimulatedPbx] = []

            def telephones(given: Given) -> SimulatedPbx:
                made.append(SimulatedPbx(ticking, plan, given))
                return made[0]

            settings = Settings(home=tmp_path, port=0, keep_hours=True)
            plan = simulated_plan(tmp_path, list(OFFICE.queues.values()), len(AGENTS))
            redis = f"unix://{tmp_path}/no-redis.sock"
            app = create_app(settings, telephones, redis)
            await stack.enter_async_context(app.router.lifespan_context(app))
            house: House = app.state.house
            at_work = Floor(house, made[0], ticking)
            for username in (*AGENTS, "sari"):
                client = AsyncClient(transport=ASGITransport(app), base_url="http://hotline")
                await stack.enter_async_context(client)
                role = Role.SUPERVISOR if username == "sari" else Role.AGENT
                user_id = await house.accounts.add_user(username, username.title(), role)
                at_work.people[username] = Person(username, client, user_id)
                await at_work.signs_in(username)
            for n, username in enumerate(AGENTS, start=1):
                phone = {"phone": f"PJSIP/meja{n:02d}"}
                (await at_work.people[username].ask("POST", "/desk/phone", phone)).raise_for_status()
            yield at_work


async def test_whoever_hung_up_is_called_by_one_action_and_the_same_ticket_goes_on(floor: Floor):
    ticket_id = await floor.gives_up()
    (await floor.dewi.ask("POST", "/desk/ready")).raise_for_status()

    shown = (await floor.dewi.sees("/desk"))["queue"]["next_call_back"]
    placed = await floor.dewi.does("/call-backs/next")
    call = await floor.until(lambda: (c := floor.outward(ticket_id)) and c.phase == CallPhase.TALKING and c)

    assert shown["number"] == placed["number"]
    assert floor.pbx.placed[0][1] == "+6281200000042"
    pop = (await floor.dewi.sees("/desk"))["pop"]
    assert (pop["phase"], pop["ticket"]["number"]) == ("talking", placed["number"])
    await floor.dewi.does(f"/cases/{ticket_id}/draft", {"typed": {"story": "KTP"}}, "PUT")
    (await floor.dewi.ask("POST", f"/calls/{call.call_id}/hang-up")).raise_for_status()
    over = await floor.until(lambda: (c := floor.outward(ticket_id)) and c.outcome and c)
    assert over.outcome == "answered"
    ticket = floor.house.reader.ticket(ticket_id)
    assert ticket.call_back_due_at is None
    assert (await floor.sari.sees("/call-backs"))["owed"] == 0


async def test_whoever_called_a_citizen_back_finishes_the_call(floor: Floor):
    ticket_id = await floor.gives_up()
    for agent in (floor.dewi, floor.rini):
        (await agent.ask("POST", "/desk/ready")).raise_for_status()
    await floor.dewi.does("/call-backs/next")
    call = await floor.until(lambda: (c := floor.outward(ticket_id)) and c.phase == CallPhase.TALKING and c)

    to_rini = {"agent_id": floor.rini.user_id}
    refusal = await floor.dewi.ask("POST", f"/calls/{call.call_id}/transfer", to_rini)

    assert (refusal.status_code, refusal.json()["title"]) == (409, "CitizenWasCalled")
    assert floor.outward(ticket_id).phase == CallPhase.TALKING


async def test_a_caller_who_is_handed_on_is_the_colleagues_and_the_agent_writes_the_recap(floor: Floor):
    for agent in (floor.dewi, floor.rini):
        (await agent.ask("POST", "/desk/ready")).raise_for_status()
    calling = asyncio.create_task(floor.pbx.call("081200000042", Manners(600, {"menu-daftar": "1"})))
    call = await floor.until(
        lambda: next((c for c in floor.house.reader.live_calls() if c.phase == CallPhase.TALKING), None)
    )
    people = {person.user_id: person for person in (floor.dewi, floor.rini)}
    talker = people.pop(call.agent_id)
    (colleague,) = people

    asked = await talker.ask("POST", f"/calls/{call.call_id}/transfer", {"agent_id": colleague})
    await calling

    assert asked.status_code == 204
    assert floor.house.reader.call(call.call_id).phase == CallPhase.WRAP_UP
    assert (await talker.sees("/desk"))["agent"]["state"] == "wrap_up"


async def test_nobody_there_is_tried_again_a_quarter_of_an_hour_later_three_times_a_day(floor: Floor):
    ticket_id = await floor.gives_up()
    floor.pbx.picks_up = lambda _number: False
    (await floor.dewi.ask("POST", "/desk/ready")).raise_for_status()

    for tries in (1, 2, 3):
        await floor.dewi.does(f"/cases/{ticket_id}/call")
        over = await floor.until(lambda: (c := floor.outward(ticket_id)) and c.outcome and c)
        assert over.outcome == "not_reached"
        ticket = floor.house.reader.ticket(ticket_id)
        assert (ticket.call_back_tries, ticket.state) == (tries, "abandoned")
        assert ticket.call_back_due_at is not None
        assert (await floor.dewi.ask("POST", f"/cases/{ticket_id}/call")).status_code == 429
        floor.clock.go_on(PACE, now() + timedelta(minutes=16))
    refused = await floor.dewi.ask("POST", f"/cases/{ticket_id}/call")

    assert refused.status_code == 429
    # The agent was put back as before, each time.
    assert (await floor.dewi.sees("/desk"))["agent"]["state"] == "ready"


async def test_they_are_owed_in_the_order_of_the_wait_and_the_board_says_when_they_are_done(floor: Floor):
    first = await floor.gives_up("081200000001")
    second = await floor.gives_up("081200000002")
    # The first calls again, waits once more in vain: their place is that of the first time.
    await floor.gives_up("081200000001")

    board = await floor.sari.sees("/call-backs")

    numbers = [line["number"].replace("-", "") for line in board["calls"]]
    assert (numbers, board["owed"], board["late"]) == ([first, second], 2, 0)
    assert board["done_by"] is None, "nobody is ready: no telling when"


@pytest.mark.parametrize(
    "number",
    [
        "0809123456",
        "+18005550100",
        "0800140001",
        "112",
        "0315920000000",
        "021555000",
        "1500537",
        "+6591234567",
    ],
)
async def test_a_number_that_may_not_be_called_is_refused_and_written_down(floor: Floor, number: str):
    ticket_id = await floor.gives_up()
    (await floor.dewi.ask("POST", "/desk/ready")).raise_for_status()
    form = {"phone": number, "overrides": ["phone"], "reason": "Ditulis petugas."}
    await floor.house.journal.do(lambda connection: _write_phone(floor, connection, ticket_id, number))

    refused = await floor.dewi.ask("POST", f"/cases/{ticket_id}/call")

    assert refused.status_code in (403, 404), (form, refused.text)
    assert not floor.pbx.placed
    assert floor.outward(ticket_id) is None


def _write_phone(floor: Floor, connection: Any, ticket_id: str, number: str) -> None:
    from ticketing.people import texts

    ticket = floor.house.reader.ticket(ticket_id)
    texts.write(
        connection, floor.house.vault, ticket_id=ticket_id, person_id=ticket.person_id, field=texts.PHONE,
        value=number, at=now(), by=floor.dewi.user_id,
    )  # fmt: skip


async def test_outside_hours_nobody_is_called(floor: Floor):
    ticket_id = await floor.gives_up()
    floor.clock.go_on(PACE, MONDAY + timedelta(hours=6, minutes=5))
    await floor.signs_in("dewi")

    refused = await floor.dewi.ask("POST", f"/cases/{ticket_id}/call")

    assert (refused.status_code, refused.json()["title"]) == (409, "OutsideHours")


async def test_while_others_wait_only_the_share_of_agents_calls_back(floor: Floor):
    owed = [await floor.gives_up(f"08120000001{n}") for n in range(3)]
    await floor.sari.does("/call-backs/share", {"percent": 40}, "PUT")
    for name in AGENTS:
        (await floor.people[name].ask("POST", "/desk/ready")).raise_for_status()
    for name, ticket_id in zip(AGENTS, owed, strict=True):
        answer = await floor.people[name].ask("POST", f"/cases/{ticket_id}/call")
        assert answer.is_success, "nobody waits: everybody may"

    room = Room(percent=40, serving=3, calling=1, waiting=5)

    assert (room.at_most, room.is_left) == (1, False)
    assert Room(percent=40, serving=6, calling=1, waiting=5).is_left
    assert not Room(percent=0, serving=6, calling=0, waiting=1).is_left
    assert (await floor.dewi.ask("PUT", "/call-backs/share", {"percent": 100})).status_code == 403


async def test_a_call_that_is_not_made_in_time_is_owed_by_the_next_noon_and_the_citizen_is_told(floor: Floor):
    ticket_id = await floor.gives_up()
    promised_at = floor.house.reader.ticket(ticket_id).call_back_due_at

    floor.clock.go_on(PACE, promised_at + timedelta(minutes=1))
    await floor.house.timekeeper.tick()
    await floor.signs_in("sari")

    ticket = floor.house.reader.ticket(ticket_id)
    assert ticket.call_back_due_at == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    found = floor.house.reader.case(ticket_id, OFFICE)
    assert {"number", "call_back"} <= {message.kind.value for message in found.messages}
    (line,) = (await floor.sari.sees("/call-backs"))["calls"]
    assert line["number"].replace("-", "") == ticket_id


def test_when_they_are_done_is_counted_in_office_hours():
    calendar = Calendar(OFFICE.hours)
    half_past_two = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)

    assert done_by(4, 600.0, 2, half_past_two, calendar) == half_past_two + timedelta(minutes=20)
    # Half an hour is left of Monday; the other ten minutes come on Tuesday from 07.30.
    assert done_by(8, 600.0, 2, half_past_two, calendar) == datetime(2026, 11, 24, 0, 40, tzinfo=UTC)
    assert done_by(4, 600.0, 0, half_past_two, calendar) is None
    assert done_by(4, None, 2, half_past_two, calendar) is None


async def test_twenty_redials_in_two_minutes_make_one_ticket_and_keep_the_place(floor: Floor):
    first = await floor.gives_up("081200000001", patience=30)
    began = now()
    waits = asyncio.create_task(floor.pbx.call("081200000002", Manners(4000, {"menu-daftar": "1"})))
    await floor.until(lambda: len(floor.waiting()) == 1)
    for _ in range(19):
        # Hung up in the first menu, or while hearing that their ticket goes on.
        await floor.pbx.call("081200000001", Manners(0.5, {}))
    last = asyncio.create_task(floor.pbx.call("081200000001", Manners(4000, {})))
    await floor.until(lambda: len(floor.waiting()) == 2)

    tickets = {call.ticket_id for call in floor.all_calls() if call.person_id == floor.person("081200000001")}
    assert tickets == {first}
    assert floor.waiting()[0] == first, "before the one who came between"
    assert (now() - began).total_seconds() < 1200
    for call in (waits, last):
        call.cancel()


async def test_a_second_person_on_the_same_telephone_gets_a_number_of_their_own(floor: Floor):
    first = await floor.gives_up("081200000001")

    line = await floor.pbx.call("081200000001", Manners(20, {"baru-tekan-dua": "2"}))

    tickets = [call.ticket_id for call in floor.all_calls()]
    assert tickets[0] == first
    assert tickets[1] != first
    heard = "".join(str(DIGITS.index(word)) for word in line.words() if word in DIGITS)
    serial, check = first[6:-1], first[-1]
    assert serial + check not in heard
    assert tickets[1][6:] in heard


async def test_who_goes_on_by_default_is_not_told_the_number_by_a_star(floor: Floor):
    await floor.gives_up("081200000001")

    line = await floor.pbx.call("081200000001", Manners(90, {"while waiting": "*"}))

    assert "nomor-tidak-disebut" in line.words()
    assert not set(DIGITS) & set(line.words())
