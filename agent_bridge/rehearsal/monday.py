"""A bad Monday in compressed time: far more callers than agents, in memory, until the next day's noon.

Callers go through the real registration and ledger, agents and the supervisor through the API, the
telephone system is simulated, and the clock runs ahead.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from agent_bridge.app import create_app
from agent_bridge.house import House, read_office
from agent_bridge.rehearsal.person import Person
from agent_bridge.rehearsal.simulated_pbx import Manners, SimulatedPbx, simulated_plan
from agent_bridge.rehearsal.simulated_people import Habits, SimulatedAgent, inside
from config import clock
from config.clock import FastClock, now
from config.office import Office
from config.settings import Settings
from ivr.providers.provider import Given, Provider
from ticketing import tables
from ticketing.calls.outcome import Outcome
from ticketing.ledger import upkeep
from ticketing.ledger.cases import FoldedCase
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.people.roles import Role

BEGINS_AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday, 08.00 WIB."""
MORNING_AFTER = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
NOON_AFTER = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
CLOSES_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ABOUT_THE_CAUSE = 0.8
LINKS_BY_KEY = 0.8
ASKS_TO_BE_CALLED = 0.4
REDIALS = 0.3
PICKS_UP, SURELY_AT = 0.85, 3
QUIET_CALLERS_AN_HOUR = 15.0
MEAN_PATIENCE_SECONDS = 420.0
OPENED_AFTER = timedelta(minutes=5)
ANSWERED_AFTER = timedelta(minutes=75)
BEFORE_REGISTRATION = (Outcome.LEFT_IN_GREETING, Outcome.LEFT_IN_REGISTRATION)
CAUSE = {
    "title": "KK diblokir",
    "spoken": "Mengenai kartu keluarga yang diblokir: data Bapak Ibu tidak hilang. Kami sedang memeriksanya.",
    "categories": ["20"],
}
ANSWER = (
    "Kartu keluarga Bapak/Ibu tetap berlaku. Bila alamat masih sama, sampaikan klarifikasi kepada RT/RW dan "
    "kelurahan; tidak perlu datang ke kantor dan tidak dipungut biaya."
)
Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Surge:
    """How many call, for how long, and who is there to take it."""

    callers_an_hour: float = 300.0
    hours: float = 2.0
    agents: int = 6
    pace: float = 150.0
    seed: int = 1


@dataclass(slots=True)
class Monday:
    """The day while it plays."""

    house: House
    pbx: SimulatedPbx
    clock: FastClock
    surge: Surge
    tell: Tell
    chance: random.Random
    agents: list[SimulatedAgent] = field(default_factory=list)
    supervisor: Person | None = None
    numbers: list[str] = field(default_factory=list)
    calls: list[asyncio.Task[None]] = field(default_factory=list)
    working: list[asyncio.Task[None]] = field(default_factory=list)
    cause_id: str = ""

    async def surges(self) -> None:
        """The rush, and the rest of the day."""
        until = BEGINS_AT + timedelta(hours=self.surge.hours)
        while now() < CLOSES_AT - timedelta(minutes=2):
            rate = self.surge.callers_an_hour if now() < until else QUIET_CALLERS_AN_HOUR
            await self.clock.sleep(self.chance.expovariate(rate / 3600.0))
            self._dials()

    def _dials(self) -> None:
        number = f"0812{len(self.numbers):08d}"
        self.numbers.append(number)
        self.calls.append(asyncio.create_task(self._citizen(number)))

    async def _citizen(self, number: str) -> None:
        """Calls, and calls again if that came to nothing and patience is left."""
        keys = {"menu-daftar": "1"}
        if self.chance.random() < ABOUT_THE_CAUSE * LINKS_BY_KEY:
            keys["tekan-tujuh"] = "7"
        while True:
            more = dict(keys)
            if self.chance.random() < ASKS_TO_BE_CALLED:
                more["tawar-telepon-kembali"] = more["while waiting"] = "9"
            patience = self.chance.expovariate(1 / MEAN_PATIENCE_SECONDS)
            line = await self.pbx.call(number, Manners(patience, more))
            if "HOTLINE_NEXT" not in line.variables or self.chance.random() > REDIALS:
                return
            await self.clock.sleep(self.chance.uniform(300, 900))
            if now() > CLOSES_AT - timedelta(minutes=5):
                return

    async def cause(self) -> None:
        """The supervisor sees what it is all about, opens it, and later has the answer."""
        assert self.supervisor is not None
        await self._until(BEGINS_AT + OPENED_AFTER)
        until = {"until_at": CLOSES_AT.isoformat()}
        opened = await self.supervisor.does("/api/causes", CAUSE | until)
        self.cause_id = opened["cause_id"]
        self.say("peristiwa dibuka", "the cause is opened")
        await self._until(BEGINS_AT + ANSWERED_AFTER)
        # An hour idle signs one out.
        await self.supervisor.sign_in(await self._link("pengawas", Role.SUPERVISOR))
        await self.supervisor.does(f"/api/causes/{self.cause_id}/answer", {"text": ANSWER})
        self.say("peristiwa dijawab", "the cause is answered")

    async def _until(self, at: datetime) -> None:
        await self.clock.sleep(max(0.0, (at - now()).total_seconds()))

    def say(self, id: str, en: str) -> None:
        """Tell it with the simulated time of day."""
        hour = now().astimezone(clock.OFFICE_ZONE)
        self.tell(f"{hour:%a %H.%M} {id}", f"{hour:%a %H:%M} {en}")

    async def come_to_work(self) -> None:
        """Everybody signs in and sits down."""
        assert self.supervisor is not None
        await self.supervisor.sign_in(await self._link("pengawas", Role.SUPERVISOR))
        phones = self.pbx.plan.phones_of("agent", "sip")
        for n, (agent, phone) in enumerate(zip(self.agents, phones, strict=False), start=1):
            await agent.sit_down(await self._link(f"petugas{n}", Role.AGENT), phone.interface)
        self.working = [asyncio.create_task(agent.work()) for agent in self.agents]

    async def go_home(self) -> None:
        """Whoever still talks finishes the talk; then nobody takes another call."""
        await asyncio.gather(*(agent.stop() for agent in self.agents))
        for task in self.working:
            task.cancel()
        await asyncio.gather(*self.working, return_exceptions=True)

    async def _link(self, username: str, role: Role) -> str:
        accounts = self.house.accounts
        user = accounts.user_named(username)
        user_id = user.user_id if user else await accounts.add_user(username, username.title(), role)
        return await accounts.link(user_id)

    def picks_up(self, number: str) -> bool:
        """Most answer the first time, everybody the third."""
        tries = sum(placed == number for _, placed in self.pbx.placed)
        return tries >= SURELY_AT or self.chance.random() < PICKS_UP

    def stands(self) -> Counter[str]:
        """What became of each citizen."""
        return how_they_stand(self.house.reader, self.house.office)


def how_they_stand(reader: Reader, office: Office) -> Counter[str]:
    """What became of each ticket's citizen: served by a person, answered, owed a call, none of these."""
    with reader.connect() as connection:
        tickets = connection.execute(select(tables.tickets)).all()
    return Counter(_how(reader.case(ticket.ticket_id, office), ticket) for ticket in tickets)


def _how(found: FoldedCase | None, ticket: AnyRow) -> str:
    assert found is not None
    if found.standing.agent_id:
        return "served"
    if found.standing.case.delivered:
        return "answered"
    return "owed" if ticket.call_back_due_at else "lost"


async def play(settings: Settings, surge: Surge, tell: Tell) -> dict[str, Any]:
    """The whole day and the next morning; returns the figures."""
    # Its warnings are of a machine without telephones and Redis, at a time that is not.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    ticking = FastClock(BEGINS_AT, surge.pace)
    with clock.keeping(ticking):
        async with AsyncExitStack() as stack:
            day = await _opened(settings, surge, ticking, tell, stack)
            return await _played(day)


async def _opened(
    settings: Settings, surge: Surge, ticking: FastClock, tell: Tell, stack: AsyncExitStack
) -> Monday:
    made: list[SimulatedPbx] = []

    def telephones(given: Given) -> Provider:
        made.append(SimulatedPbx(ticking, plan, given))
        return made[0]

    own = settings.model_copy(update={"keep_hours": True})
    queues = list(read_office(own).office.queues.values())
    plan = simulated_plan(own.folder, queues, surge.agents)
    app = create_app(own, telephones, f"unix://{own.folder}/no-redis.sock")
    await stack.enter_async_context(app.router.lifespan_context(app))
    day = Monday(app.state.house, made[0], ticking, surge, tell, random.Random(surge.seed))  # noqa: S311 - a simulation
    made[0].picks_up = day.picks_up
    day.supervisor = inside(app)
    for _ in range(surge.agents):
        day.agents.append(SimulatedAgent(inside(app), made[0], ticking, day.chance, Habits()))
    return day


async def _played(day: Monday) -> dict[str, Any]:
    await day.come_to_work()
    cause = asyncio.create_task(day.cause())
    await day.surges()
    await asyncio.gather(cause, *day.calls)
    evening = day.stands()
    day.say(f"kantor tutup: {counted(evening)}", f"the office closes: {counted(evening)}")
    await day.go_home()
    day.clock.go_on(day.surge.pace, MORNING_AFTER)
    await day.come_to_work()
    while now() < NOON_AFTER and day.stands()["owed"]:
        await day.clock.sleep(300)
    await day.go_home()
    done_at, noon = now(), day.stands()
    day.say(f"telepon balik selesai: {counted(noon)}", f"the call-backs are made: {counted(noon)}")
    return _figures(day, evening, noon, done_at)


def counted(stands: Counter[str]) -> str:
    """The figures in words."""
    return ", ".join(f"{how} {count}" for how, count in sorted(stands.items()))


def _figures(day: Monday, evening: Counter[str], noon: Counter[str], done_at: datetime) -> dict[str, Any]:
    rows = day.house.reader.calls(
        row.call_id for row in day.house.reader.changes_since(0, 1_000_000) if row.call_id
    )
    outcomes = Counter(row.outcome for row in rows.values() if not row.outward)
    without = [
        row for row in rows.values() if row.ticket_id is None and row.outcome not in BEFORE_REGISTRATION
    ]
    differing = upkeep.shortcomings(day.house.engine, day.house.office)
    return {
        "citizens": len(day.numbers),
        "calls": {str(outcome): count for outcome, count in outcomes.most_common()},
        "tickets": sum(noon.values()),
        "placed": len(day.pbx.placed),
        "talked": sum(agent.talked for agent in day.agents),
        "at_closing": dict(evening),
        "next_noon": dict(noon),
        "call_backs_done_at": done_at.isoformat(),
        "silent_losses": evening["lost"] + noon["lost"] + len(without),
        "owed_at_noon": noon["owed"],
        "ledger_differences": len(differing),
        "refused": dict(Counter(fault for agent in day.agents for fault in agent.faults)),
    }
