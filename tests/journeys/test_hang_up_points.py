"""The caller hangs up at every point: what becomes of the call, its ticket and the call-back owed.

On the real Asterisk with everything behind it. Where a caller was is read off what they heard last. Points
of the SOP's steps 5 to 12 have no facts of their own yet: they are points of the talk.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from agent_bridge import parts, practice, supervisor
from agent_bridge.rehearsal.agent import Manners, RehearsalAgent
from agent_bridge.rehearsal.rehearse import agents_speech
from agent_bridge.supervisor import Running
from config.settings import Settings
from ivr.probe.ears import Transcript
from ivr.probe.sipp import Act, HangUp, Press, Sipp, Wait
from tests.ivr.providers.asterisk.lab import free_port
from tests.journeys.test_citizens import call, reader_of
from tests.journeys.test_supervisor import healthy
from ticketing import tables
from ticketing.calls.outcome import Outcome
from ticketing.people import complainant
from ticketing.tickets.ticket import TicketState

pytestmark = pytest.mark.real

TO_A_PERSON: tuple[Act, ...] = (Wait(6), Press("0"))
"""From the first menu straight to the queue: some two seconds."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where the caller hangs up, what they heard last, and what is to come of it."""

    name: str
    acts: tuple[Act, ...]
    heard_last: str
    outcome: Outcome
    state: TicketState | None
    call_back: bool = False
    numbers_read: int = 0


ALONE = (
    Point("in the greeting", (Wait(2.5),), "hotline/salam-", Outcome.LEFT_IN_GREETING, None),
    Point("in the menu, before a number", (Wait(6.5),), "hotline/menu-",
          Outcome.LEFT_IN_REGISTRATION, None),
    Point("while the number is read", (Wait(6), Press("1"), Wait(5)), "hotline/",
          Outcome.LEFT_HEARING_NUMBER, TicketState.REGISTERED),
    Point("after the number was read once", (Wait(6), Press("1"), Wait(10)), "hotline/",
          Outcome.LEFT_HEARING_NUMBER, TicketState.REGISTERED, numbers_read=1),
    Point("in the queue, at once", (*TO_A_PERSON, Wait(4.5)), "hotline/urutan",
          Outcome.SHORT_ABANDON, TicketState.ABANDONED),
    Point("in the queue, after a while", (*TO_A_PERSON, Wait(12)), "music",
          Outcome.ABANDONED, TicketState.ABANDONED, call_back=True),
)  # fmt: skip
WITH_AN_AGENT = (
    Point("while a phone rings", (*TO_A_PERSON, Wait(9)), "music",
          Outcome.ABANDONED_RINGING, TicketState.ABANDONED, call_back=True),
    Point("in the talk's first second", (*TO_A_PERSON, Wait(5)), "hotline/terima-kasih",
          Outcome.ANSWERED, TicketState.CLOSED),
    Point("in the middle of the talk", (*TO_A_PERSON, Wait(11)), "hotline/terima-kasih",
          Outcome.ANSWERED, TicketState.CLOSED),
    Point("after the closing key", (*TO_A_PERSON, Wait(14)), "hotline/terima-kasih",
          Outcome.ANSWERED, TicketState.CLOSED),
)  # fmt: skip


class Office:
    """A running hotline whose agents are seated as the points need them."""

    def __init__(self, settings: Settings, running: Running, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._running = running
        self._stack = stack
        program = parts.find("sipp", settings)
        assert program
        assert running.plan
        self._phones = running.plan.phones_of("agent", "sip")
        self._sipp = Sipp(program, running.plan.ports.sip, settings.folder / "sipp")

    async def seat(self, desk: int, ring_seconds: float | None, manners: Manners) -> RehearsalAgent:
        """An agent at a desk phone, who may be rung from now on."""
        name = f"petugas{desk}"
        links = await practice.sign_in_links(self._settings, [(name, name)])
        phone, port = self._phones[desk], free_port()
        await self._sipp.register(phone.account, phone.account, phone.secret, port)
        process = await self._sipp.desk_phone(
            phone.account, port, ring_seconds=ring_seconds, calls=5, seconds=120,
            speech=agents_speech(self._settings),
        )  # fmt: skip
        self._stack.push_async_callback(process.stop)
        agent = RehearsalAgent(self._running.address, manners)
        await agent.sit_down(links[name], phone.interface)
        await agent.become_ready()
        return agent


def number_of(n: int) -> str:
    return f"0812000010{n:02d}"


def row_of(settings: Settings, number: str) -> tuple[Any, Any]:
    """The call from that number, and its ticket."""
    reader = reader_of(settings)
    with reader.connect() as connection:
        person_id = complainant.find(connection, reader._vault, number)
        calls = connection.execute(select(tables.calls).where(tables.calls.c.person_id == person_id)).all()
    assert len(calls) == 1
    return calls[0], reader.ticket(calls[0].ticket_id) if calls[0].ticket_id else None


def check(settings: Settings, n: int, point: Point, transcript: Transcript) -> None:
    row, ticket = row_of(settings, number_of(n))
    assert transcript.heard[-1].name.startswith(point.heard_last), (point.name, transcript.to_json())
    assert row.outcome == point.outcome, point.name
    assert (ticket.state if ticket else None) == point.state, point.name
    assert bool(ticket and ticket.call_back_due_at) == point.call_back, point.name
    assert row.times_spoken == point.numbers_read, point.name


async def test_each_point_has_its_outcome(hotline: Settings) -> None:
    async with supervisor.running(hotline) as running, AsyncExitStack() as stack:
        assert await healthy(running.address)

        async def hang_up(n: int, point: Point) -> Transcript:
            return await call(hotline, running, f"warga{n}", number_of(n), *point.acts, HangUp())

        heard = list(await asyncio.gather(*(hang_up(n, point) for n, point in enumerate(ALONE))))
        office = Office(hotline, running, stack)
        silent = await office.seat(0, None, Manners())
        heard.append(await hang_up(6, WITH_AN_AGENT[0]))
        await silent.leave()
        answering = await office.seat(1, 0.3, Manners(talk_seconds=60, recap_seconds=0.2))
        heard.append(await hang_up(7, WITH_AN_AGENT[1]))
        heard.append(await hang_up(8, WITH_AN_AGENT[2]))
        await answering.leave()
        closing = await office.seat(2, 0.3, Manners(talk_seconds=2, farewell_seconds=30, recap_seconds=0.2))
        heard.append(await hang_up(9, WITH_AN_AGENT[3]))
        await asyncio.sleep(2)
        await closing.leave()

        for n, (point, transcript) in enumerate(zip((*ALONE, *WITH_AN_AGENT), heard, strict=True)):
            check(hotline, n, point, transcript)
        assert row_of(hotline, number_of(9))[0].closing_at is not None
