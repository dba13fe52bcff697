"""Where citizens hang up, on the real Asterisk: what becomes of the ticket, the call and the call-back.

All call at once into one hotline. Each hangs up when their own ear, or the ledger, says that the moment
has come. Steps 5 to 12 of the SOP leave no facts yet; a hang-up within them is one during the talk.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from agent_bridge import parts, practice, supervisor
from agent_bridge.house import open_ledger, read_office
from agent_bridge.sounds import make_sounds
from agent_bridge.supervisor import Running
from config.clock import now
from config.settings import Settings
from ivr.probe.citizen import Citizen
from ivr.probe.ears import Vocabulary
from ivr.probe.sipp import Sipp
from ivr.speech.digits import DIGITS
from tests.ivr.providers.asterisk.lab import free_port
from tests.journeys.test_citizens import vocabulary
from tests.journeys.test_supervisor import healthy
from ticketing import tables
from ticketing.calls.call import CallPhase
from ticketing.calls.outcome import SHORT_ABANDON_SECONDS, Outcome
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.people import complainant
from ticketing.people.privacy import Vault
from ticketing.tickets.ticket import TicketState

pytestmark = pytest.mark.real

IN_TIME_SECONDS = 60.0
LOOK_SECONDS = 0.03
RING_SECONDS = 2.0
HOLD_AFTER_SECONDS = 5.0
GREETINGS = tuple(f"hotline/salam-{part}" for part in ("pagi", "siang", "sore", "malam"))
SPOKEN_DIGITS = tuple(f"hotline/{digit}" for digit in DIGITS)


@dataclass(frozen=True)
class Left:
    """What a hang-up leaves behind."""

    ticket: TicketState | None
    outcome: Outcome
    times_read: int = 0
    call_back: bool = False
    hung_up: Callable[[AnyRow], bool] = lambda _: True
    """What else the call's row shows of the moment."""


def talked(call: AnyRow) -> bool:
    return bool(call.talk_seconds >= 1)


TABLE = {
    "greeting": Left(None, Outcome.LEFT_IN_GREETING),
    "step 2, before the commit": Left(None, Outcome.LEFT_IN_REGISTRATION),
    "step 2, in the middle of the number": Left(
        TicketState.ABANDONED, Outcome.LEFT_HEARING_NUMBER, call_back=True
    ),
    "step 2, number read once": Left(
        TicketState.ABANDONED, Outcome.LEFT_HEARING_NUMBER, times_read=1, call_back=True
    ),
    "step 3, under 5 s": Left(
        TicketState.ABANDONED, Outcome.SHORT_ABANDON, call_back=True,
        hung_up=lambda c: c.wait_seconds < SHORT_ABANDON_SECONDS,
    ),
    "step 3, 5 s and more": Left(
        TicketState.ABANDONED, Outcome.ABANDONED, call_back=True,
        hung_up=lambda c: c.wait_seconds >= SHORT_ABANDON_SECONDS,
    ),
    "step 4, ringing": Left(
        TicketState.ABANDONED, Outcome.ABANDONED_RINGING, call_back=True, hung_up=lambda c: not c.answered_at
    ),
    "step 4, first second of the talk": Left(
        TicketState.ABANDONED, Outcome.ANSWERED, call_back=True, hung_up=lambda c: c.talk_seconds < 1
    ),
    "steps 5 to 12, talking": Left(TicketState.WITH_AGENT, Outcome.ANSWERED, hung_up=talked),
    "steps 5 to 12, on hold": Left(
        TicketState.WITH_AGENT, Outcome.ANSWERED, hung_up=lambda c: c.hold_seconds > 0
    ),
    "step 13, after the closing key": Left(
        TicketState.WITH_AGENT, Outcome.ANSWERED, hung_up=lambda c: c.closing_at is not None
    ),
    "step 14, the agent leaves in the recap": Left(
        TicketState.WITH_AGENT, Outcome.ANSWERED, hung_up=lambda c: c.wrap_up_ended_at is not None
    ),
}  # fmt: skip
IN_QUEUE = [point for point in TABLE if point.startswith("step 3")]
AT_AN_AGENT = list(TABLE)[list(TABLE).index("step 4, ringing") :]


@dataclass
class Scene:
    """The hotline all of them call."""

    plan: Any
    reader: Reader
    vault: Vault
    words: Vocabulary
    agents: dict[str, httpx.AsyncClient]

    async def until(self, line: str, come_true: Callable[[AnyRow], object]) -> AnyRow:
        """The row of the call from that line, once it is as wanted."""
        async with asyncio.timeout(IN_TIME_SECONDS):
            while (call := self.call(line)) is None or not come_true(call):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
        return call

    def call(self, line: str) -> AnyRow | None:
        with self.reader.connect() as connection:
            person_id = complainant.find(connection, self.vault, line)
            of_line = select(tables.calls).where(tables.calls.c.person_id == person_id)
            return connection.execute(of_line).one_or_none() if person_id else None

    def held(self, call: AnyRow) -> bool:
        return any(fact.kind == "call_held" for fact in self.reader.facts_of({call.call_id})[call.call_id])

    async def until_hearing(self, citizen: Citizen, *sounds: str) -> None:
        await citizen.until_hearing(self.words, *sounds, seconds=IN_TIME_SECONDS)

    async def agent_does(self, call: AnyRow, method: str, path: str) -> None:
        (await self.agents[call.agent_id].request(method, path)).raise_for_status()


async def act(scene: Scene, point: str, citizen: Citizen, line: str) -> None:
    """Stay on the line until the point has come; the citizen hangs up at once after."""
    until = partial(scene.until, line)
    hears = partial(scene.until_hearing, citizen)
    if point == "greeting":
        return await hears(*GREETINGS)
    await hears("hotline/menu-daftar")
    if point == "step 2, before the commit":
        return
    if point.startswith("step 2"):
        await citizen.press("1")
        await hears("hotline/nomor-hari-ini")
        return await hears(*(("hotline/sekali-lagi",) if point.endswith("once") else SPOKEN_DIGITS))
    await citizen.press("0")
    await until(lambda call: call.queued_at)
    if point == "step 3, 5 s and more":
        await until(lambda call: (now() - call.queued_at).total_seconds() > SHORT_ABANDON_SECONDS + 0.5)
    elif point == "step 4, ringing":
        await until(lambda call: call.phase == CallPhase.RINGING)
    elif point in AT_AN_AGENT:
        await in_the_talk(scene, point, until)


async def in_the_talk(scene: Scene, point: str, until: Callable[..., Awaitable[AnyRow]]) -> None:
    call = await until(lambda call: call.phase == CallPhase.TALKING)
    if point == "steps 5 to 12, on hold":
        await until(scene.held)
    elif point != "step 4, first second of the talk":
        await until(lambda call: (now() - call.answered_at).total_seconds() > 1.5)
    if point.startswith("step 13"):
        await scene.agent_does(call, "POST", f"/api/calls/{call.call_id}/closing")


async def live(scene: Scene, point: str, line: str) -> AnyRow:
    """One citizen's call, and its row once all that follows from it is written."""
    citizen = Citizen(scene.plan.ports.sip, f"<sip:{line}@127.0.0.1>")
    try:
        await citizen.dial("1500")
        await act(scene, point, citizen, line)
    finally:
        await citizen.hang_up()
    call = await scene.until(line, lambda call: call.ended_at and call.outcome)
    if point.startswith("step 14"):
        await scene.agent_does(call, "DELETE", "/api/desk/phone")
        call = await scene.until(line, lambda call: call.wrap_up_ended_at)
    return call


async def sit_down(
    running: Running, settings: Settings, stack: AsyncExitStack
) -> dict[str, httpx.AsyncClient]:
    """An agent for each who will reach one, by their id; none is ready yet."""
    assert running.plan
    program = parts.find("sipp", settings)
    assert program
    sipp = Sipp(program, running.plan.ports.sip, settings.folder / "sipp")
    names = [(f"petugas{n}", f"Petugas {n}") for n in range(len(AT_AN_AGENT))]
    tokens = (await practice.sign_in_links(settings, names)).values()
    agents = {}
    for phone, token in zip(running.plan.phones_of("agent", "sip"), tokens, strict=True):
        port = free_port()
        await sipp.register(phone.account, phone.account, phone.secret, port)
        rung = await sipp.desk_phone(
            phone.account, port, ring_seconds=RING_SECONDS, calls=9, seconds=120,
            hold_after_seconds=HOLD_AFTER_SECONDS,
        )  # fmt: skip
        stack.push_async_callback(rung.stop)
        api = await stack.enter_async_context(httpx.AsyncClient(base_url=running.address, timeout=10))
        session = (await api.post("/api/session/once", json={"token": token})).raise_for_status().json()
        api.headers["X-CSRF-Token"] = session["csrf"]
        (await api.post("/api/desk/phone", json={"phone": phone.interface})).raise_for_status()
        agents[session["user"]["user_id"]] = api
    return agents


async def live_through(settings: Settings) -> dict[str, tuple[AnyRow | BaseException, AnyRow | None]]:
    """Everybody's call and ticket, by the point at which they hung up."""
    async with (
        supervisor.running(settings, desk_phones=len(AT_AN_AGENT)) as running,
        AsyncExitStack() as stack,
    ):
        await healthy(running.address)
        ledger = open_ledger(settings, read_office(settings))
        ledger.close()
        agents = await sit_down(running, settings, stack)
        scene = Scene(running.plan, ledger.reader, ledger.vault, vocabulary(settings), agents)
        calls = {
            point: asyncio.create_task(live(scene, point, f"0812000006{n:02d}"))
            for n, point in enumerate(TABLE)
        }
        await asyncio.gather(*(calls[point] for point in IN_QUEUE), return_exceptions=True)
        await asyncio.gather(*(agent.post("/api/desk/ready") for agent in agents.values()))
        ended = await asyncio.gather(*calls.values(), return_exceptions=True)
        return {
            point: (call, None if isinstance(call, BaseException) else ticket_of(scene.reader, call))
            for point, call in zip(calls, ended, strict=True)
        }


def ticket_of(reader: Reader, call: AnyRow) -> AnyRow | None:
    return reader.ticket(call.ticket_id) if call.ticket_id else None


@pytest.fixture(scope="module")
def lived(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[AnyRow | BaseException, AnyRow | None]]:
    """All the calls, made once."""
    settings = Settings(home=tmp_path_factory.mktemp("hl"), port=0)
    make_sounds(settings, lambda *_: None)
    return asyncio.run(live_through(settings))


@pytest.mark.parametrize("point", TABLE)
def test_who_hangs_up_there_leaves_behind_what_the_table_says(point: str, lived: Any):
    expected = TABLE[point]

    call, ticket = lived[point]

    assert not isinstance(call, BaseException), repr(call)
    assert expected.hung_up(call), "hung up at another moment than meant"
    assert call.outcome == expected.outcome
    assert call.times_spoken == expected.times_read
    assert (ticket and ticket.state) == expected.ticket
    assert bool(ticket and ticket.call_back_due_at) == expected.call_back
