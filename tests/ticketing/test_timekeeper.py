"""Due times in a real ledger: each is noticed once, late rather than never, whatever happens meanwhile."""

import asyncio
import multiprocessing
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Row, select

from tests.builders import MONDAY_MORNING, OFFICE, CaseStory, Desk, Story, a_desk, at
from tests.ticketing.case_stories import OTHER, some_facts
from ticketing import tables
from ticketing.case_facts import CaseFact, Track
from ticketing.desk import timekeeper
from ticketing.desk.timekeeper import Timekeeper
from ticketing.facts import CallFact, Report
from ticketing.ledger import upkeep
from ticketing.ledger.database import open_database
from ticketing.ledger.journal import Journal, LedgerBusy
from ticketing.ledger.reader import Reader
from ticketing.ledger.recorder import Recorder, Registration
from ticketing.people.privacy import Vault
from ticketing.tickets.calendar import Calendar

CALENDAR = Calendar(OFFICE.hours)
KEYS = (os.urandom(32), os.urandom(32))
LIVES, TICKETS = 8, 80
MANY = 500


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, at: datetime = MONDAY_MORNING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Watched(Desk):
    """A ledger whose due times are kept by a clock that the test sets."""

    clock: Clock
    timekeeper: Timekeeper

    def ticket(self, ticket_id: str) -> Row:
        return self.reader.ticket(ticket_id)

    def notices(self, ticket_id: str) -> list[tuple[int, str]]:
        """Level and person of each notice."""
        column = tables.notices.c
        found = select(column.level, column.to_role, column.to_id).where(column.ticket_id == ticket_id)
        with self.reader.connect() as connection:
            rows = connection.execute(found.order_by(column.at, column.key))
            return [(row.level, f"{row.to_role}:{row.to_id}") for row in rows]

    def told(self, ticket_id: str, level: int) -> set[str]:
        return {whom for one, whom in self.notices(ticket_id) if one == level}

    def holds_together(self) -> None:
        assert upkeep.shortcomings(self.engine, OFFICE) == []

    async def with_the_official(self, number: int = 1, **more: float | None) -> str:
        """A ticket that a dispatcher forwarded a quarter of an hour after it was registered."""
        ticket_id = (await self.register(number)).ticket_id
        case = CaseStory(ticket_id, None, "dewi").complaint_is_recorded(600)
        await self.record_case(case.is_sent(700, Track.DEFERRED).is_forwarded(900, **more))
        return ticket_id

    async def register(self, number: int) -> CallFact:
        return await self.journal.register(Registration(f"pbx-{number}.0", self.clock.at))


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    async with a_desk(folder) as desk:
        made = Watched(desk.engine, desk.vault, desk.journal, desk.reader, desk.committed)
        made.clock = Clock()
        made.timekeeper = Timekeeper(desk.journal, desk.reader, lambda: OFFICE, made.clock)
        yield made


async def test_while_nobody_stirs_everybody_above_hears_of_it_one_after_another(tmp_path: Path):
    async with watched(tmp_path) as desk:
        ticket_id = await desk.with_the_official()
        for level in (1, 2, 3, 4):
            desk.clock.at = desk.ticket(ticket_id).next_due_at
            assert await desk.timekeeper.tick() == 1
            assert desk.ticket(ticket_id).misses == level
            assert desk.ticket(ticket_id).next_due_at > desk.clock.at

        assert desk.told(ticket_id, 1) == {"official:pejabat.dafduk.1", "dispatchers:dispatchers"}
        assert desk.told(ticket_id, 2) == {"official:kabid.dafduk"}
        assert desk.told(ticket_id, 3) == {"supervisors:supervisors", "official:kadis"}
        assert desk.told(ticket_id, 4) == desk.told(ticket_id, 3)
        desk.holds_together()


async def test_who_acts_in_the_meantime_is_reminded_at_the_first_level_again(tmp_path: Path):
    async with watched(tmp_path) as desk:
        ticket_id = await desk.with_the_official()
        for _ in (1, 2):
            desk.clock.at = desk.ticket(ticket_id).next_due_at
            await desk.timekeeper.tick()
        acted = (desk.clock.at - MONDAY_MORNING).total_seconds() + 60
        await desk.record_case(CaseStory(ticket_id, None).is_followed_up(acted))
        assert desk.ticket(ticket_id).misses == 0

        desk.clock.at = desk.ticket(ticket_id).next_due_at
        await desk.timekeeper.tick()

        assert desk.ticket(ticket_id).misses == 1
        assert [level for level, _ in desk.notices(ticket_id)] == [1, 1, 2, 1, 1]
        desk.holds_together()


async def test_what_fell_due_while_nobody_looked_is_noticed_once_and_late(tmp_path: Path):
    async with watched(tmp_path) as desk:
        ticket_id = await desk.with_the_official()
        due_at = desk.ticket(ticket_id).next_due_at
        desk.clock.at = due_at + timedelta(days=5)

        assert await desk.timekeeper.tick() == 1
        assert await desk.timekeeper.tick() == 0

        with desk.reader.connect() as connection:
            notices = connection.execute(select(tables.notices)).all()
        assert {(one.level, one.due_at, one.at) for one in notices} == {(1, due_at, desk.clock.at)}
        assert desk.ticket(ticket_id).next_due_at == CALENDAR.after(
            desk.clock.at, OFFICE.follow_up.again_after
        )


async def test_a_consult_that_ran_out_is_deferred_and_nobody_has_missed_anything(tmp_path: Path):
    async with watched(tmp_path) as desk:
        ticket_id = await desk.with_the_official(consult_until=1080)
        assert desk.ticket(ticket_id).due_kind == "consult"
        desk.clock.at = at(1081)

        assert await desk.timekeeper.tick() == 1

        ticket = desk.ticket(ticket_id)
        assert (ticket.track, ticket.misses, desk.notices(ticket_id)) == ("deferred", 0, [])
        first_response = OFFICE.follow_up_class("complaint", "11").first_response
        assert (ticket.due_kind, ticket.next_due_at) == ("official", CALENDAR.after(at(900), first_response))
        assert await desk.timekeeper.tick() == 0
        desk.holds_together()


async def test_ticks_at_once_notice_each_due_time_once(tmp_path: Path):
    async with watched(tmp_path) as desk:
        tickets = [await desk.with_the_official(n) for n in range(20)]
        desk.clock.at += timedelta(days=3)
        other = Timekeeper(desk.journal, desk.reader, lambda: OFFICE, desk.clock)

        noticed = await asyncio.gather(*(one.tick() for one in (desk.timekeeper, other) * 3))

        assert sum(noticed) == len(tickets)
        assert all(len(desk.notices(ticket_id)) == 2 for ticket_id in tickets)
        desk.holds_together()


async def test_two_backends_on_one_ledger_notice_each_due_time_once_and_see_each_others_work(tmp_path: Path):
    async with watched(tmp_path) as desk, watched(tmp_path) as other:
        tickets = [await desk.with_the_official(n) for n in range(20)]
        for days in (3, 6):
            desk.clock.at = other.clock.at = MONDAY_MORNING + timedelta(days=days)
            noticed = await asyncio.gather(desk.timekeeper.tick(), other.timekeeper.tick())
            assert sum(noticed) == len(tickets)
        await other.record_case(CaseStory(tickets[0], None).is_followed_up(6 * 86_400 + 60))

        assert {desk.ticket(ticket_id).misses for ticket_id in tickets} == {0, 2}
        desk.holds_together()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-40, 60), min_size=2, max_size=8), st.integers(0, 3))
@example([1, 1], 2)
def test_a_clock_that_jumps_back_and_forth_loses_no_due_time(
    tmp_path_factory: pytest.TempPathFactory, hours: Sequence[int], back: int
):
    async def story() -> None:
        async with watched(tmp_path_factory.mktemp("ledger")) as desk:
            tickets = [await desk.with_the_official(n, consult_until=1080 * n) for n in range(1, 4)]
            seen = put_back(desk.clock, back)
            desk.timekeeper = Timekeeper(desk.journal, desk.reader, lambda: OFFICE, seen)
            for jump in hours:
                desk.clock.at = max(MONDAY_MORNING, desk.clock.at + timedelta(hours=jump))
                await desk.timekeeper.tick()
                desk.holds_together()
            desk.clock.at += timedelta(days=20)
            await desk.timekeeper.tick()
            assert all(desk.notices(ticket_id) for ticket_id in tickets)
            assert desk.reader.due(desk.clock.at - timedelta(hours=back), 100) == []
            desk.holds_together()

    asyncio.run(story())


def put_back(clock: Clock, hours_back: int) -> Callable[[], datetime]:
    """The clock as read first, and so many hours earlier whenever it is read again before it moves."""
    read: list[datetime] = []

    def seen() -> datetime:
        again = bool(read) and read[-1] == clock.at
        read.append(clock.at)
        return clock.at - timedelta(hours=hours_back) if again else clock.at

    return seen


async def test_five_hundred_at_once_are_noticed_and_registrations_wait_for_few_of_them(tmp_path: Path):
    async with watched(tmp_path) as desk:
        await asyncio.gather(*(desk.register(n) for n in range(MANY)))
        desk.clock.at += timedelta(days=8)
        ticking = asyncio.create_task(desk.timekeeper.tick())
        registered = MANY
        while not ticking.done():
            await desk.register(registered)
            registered += 1

        assert await ticking == MANY
        with desk.reader.connect() as connection:
            written = list(connection.scalars(select(tables.journal.c.kind).order_by(tables.journal.c.seq)))
        between = "".join("r" if kind == "ticket_registered" else "d" for kind in written[MANY:]).split("r")
        assert registered - MANY > MANY / timekeeper.DUE_AT_A_TIME
        assert max(map(len, between)) <= 5, "notices that one registration waited for"
        desk.holds_together()


async def test_a_ticket_that_cannot_be_noticed_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(timekeeper, "DUE_AT_A_TIME", 2)
    noticed = timekeeper.missed

    def failing(found, *more):
        if found.ticket["serial"] <= 3:
            raise KeyError("a category nobody knows any more")
        return noticed(found, *more)

    monkeypatch.setattr(timekeeper, "missed", failing)
    async with watched(tmp_path) as desk:
        tickets = [await desk.with_the_official(n) for n in range(6)]
        desk.clock.at += timedelta(days=3)

        assert await desk.timekeeper.tick() == 3

        assert [bool(desk.notices(ticket_id)) for ticket_id in tickets] == [False] * 3 + [True] * 3
        desk.holds_together()


async def test_a_busy_ledger_is_told_to_whoever_keeps_the_time_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with watched(tmp_path) as desk:
        ticket_id = await desk.with_the_official()
        desk.clock.at += timedelta(days=3)

        async def busy(_: object) -> None:
            raise LedgerBusy

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(desk.journal, "write", busy)
            with pytest.raises(LedgerBusy):
                await desk.timekeeper.tick()

        assert await desk.timekeeper.tick() == 1
        assert len(desk.notices(ticket_id)) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(some_facts(), min_size=1, max_size=4), st.integers(0, 40))
def test_whatever_people_do_no_ticket_that_goes_on_is_nobodys(
    tmp_path_factory: pytest.TempPathFactory, stories: list[list[CaseFact]], days: int
):
    async def told() -> None:
        async with watched(tmp_path_factory.mktemp("ledger")) as desk:
            other = (await desk.register(0)).ticket_id
            for n, story in enumerate(stories, start=1):
                ticket_id = (await desk.register(n)).ticket_id
                for fact in story:
                    await desk.journal.record(Report(_of(fact, ticket_id, other)))
                    with desk.reader.connect() as connection:
                        assert upkeep.orphans(connection) == []
                desk.clock.at = MONDAY_MORNING + timedelta(days=days)
                await desk.timekeeper.tick()
            desk.holds_together()

    asyncio.run(told())


def _of(fact: CaseFact, ticket_id: str, other: str) -> CaseFact:
    """The same done to that ticket."""
    mine = {"key": f"{ticket_id}/{fact.key}", "ticket_id": ticket_id}
    for name in ("into_ticket_id", "parent_ticket_id"):
        if getattr(fact, name, None) == OTHER:
            mine[name] = other
    return replace(fact, **mine)


async def test_a_ticket_made_nobodys_is_named(tmp_path: Path):
    async with watched(tmp_path) as desk:
        ticket_id = await desk.with_the_official()
        await desk.journal.do(
            lambda connection: connection.execute(tables.tickets.update().values(owner_id="")) and None
        )

        assert f"tickets {ticket_id}: no owner or no due time" in upkeep.shortcomings(desk.engine, OFFICE)


async def test_tickets_of_an_earlier_version_and_of_another_calendar_are_counted_anew(tmp_path: Path):
    async with watched(tmp_path) as desk:
        forwarded = await desk.with_the_official()
        untouched = (await desk.register(2)).ticket_id
        before = {one: dict(desk.ticket(one)._mapping) for one in (forwarded, untouched)}
        old = tables.tickets.update().values(
            owner_role=None,
            owner_id=None,
            next_due_at=None,
            due_kind=None,
            limit_at=None,
            calendar_version=None,
        )
        await desk.journal.do(lambda connection: connection.execute(old) and None)

        counted = [await desk.timekeeper.count_anew() for _ in range(2)]

        assert counted == [2, 0]
        assert {one: dict(desk.ticket(one)._mapping) for one in before} == before
        desk.holds_together()


async def test_answers_nobody_will_ask_for_again_are_forgotten(tmp_path: Path):
    async with watched(tmp_path) as desk:
        rows = [
            {
                "key": f"k{hours}",
                "fingerprint": "f",
                "answer": {},
                "at": desk.clock.at - timedelta(hours=hours),
            }
            for hours in (47, 49)
        ]
        await desk.journal.do(lambda connection: connection.execute(tables.requests.insert(), rows) and None)

        await desk.timekeeper.forget_requests()

        with desk.reader.connect() as connection:
            assert list(connection.scalars(select(tables.requests.c.key))) == ["k47"]


def notice_for_ever(url: str, at: datetime, speak: Pipe) -> None:
    """A life of the timekeeper, which says whenever something is on disk."""

    async def keep() -> None:
        engine, vault = open_database(url), Vault(*KEYS)
        recorder = Recorder(vault, lambda: OFFICE, lambda: datetime.now(UTC))
        journal = Journal(engine, recorder, lambda committed: speak.send(len(committed)))
        journal.start()
        await Timekeeper(journal, Reader(engine, vault), lambda: OFFICE, lambda: at).tick()

    asyncio.run(keep())


def live(url: str, at: datetime, noticed: int | None = None, after_seconds: float = 0.0) -> None:
    """One life, killed that long after it noticed so many; it ends by itself where no number is given."""
    hear, speak = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=notice_for_ever, args=(url, at, speak))
    process.start()
    speak.close()
    with hear:
        for _ in range(noticed or 0):
            hear.recv()
        process.join(after_seconds if noticed else None)
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()


async def test_due_times_survive_being_killed_at_any_instant(tmp_path: Path):
    chance, url = random.Random(7), f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    noon = MONDAY_MORNING + timedelta(days=3)
    async with watched(tmp_path) as desk:
        tickets = [await desk.with_the_official(n) for n in range(TICKETS)]
    for _ in range(LIVES):
        await asyncio.to_thread(live, url, noon, chance.randint(1, 3), chance.uniform(0, 0.01))
    async with watched(tmp_path) as desk:
        left = len(desk.reader.due(noon, 2 * TICKETS))

    await asyncio.to_thread(live, url, noon)

    async with watched(tmp_path) as desk:
        assert 0 < left < TICKETS, "some lives got somewhere, none to the end"
        assert desk.reader.due(noon, 1) == []
        for ticket_id in tickets:
            assert desk.ticket(ticket_id).misses == 1
            assert [level for level, _ in desk.notices(ticket_id)] == [1, 1]
        desk.holds_together()


async def test_a_call_in_the_queue_is_nobodys_at_no_moment(tmp_path: Path):
    async with watched(tmp_path) as desk:
        story = Story().arrives().enters_menu().is_registered().queues(20).abandons(60).ends(60)
        for count in range(len(story.facts)):
            told = Story()
            told.facts = story.facts[: count + 1]
            await desk.record(told)
            desk.holds_together()
