"""The ledger: once only, durable, in one transaction; persons sealed and forgotten."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, func, insert, select

from config.errors import Conflict
from tests.builders import MONDAY_MORNING, NUMBER, OFFICE, Story, a_desk, an_answered_call
from ticketing import facts, tables
from ticketing.facts import Report
from ticketing.ledger import upkeep
from ticketing.ledger.database import MIGRATIONS, open_database
from ticketing.ledger.journal import LedgerBusy
from ticketing.ledger.recorder import Registration
from ticketing.tickets.number import from_digits


def count(connection: Connection, table: str) -> int:
    return connection.scalar(select(func.count()).select_from(tables.metadata.tables[table])) or 0


async def test_a_fact_recorded_twice_stands_once_and_is_announced_once(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        story = Story().arrives().enters_menu()
        await desk.record(story)
        await desk.record(story)

        assert [c.fact.kind for c in desk.committed] == ["call_arrived", "menu_entered"]
        assert desk.reader.cursor() == 2


async def test_whoever_reaches_the_queue_without_a_number_is_given_one_there(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().queues(5))
        await desk.record(Story().queues(9, "queued-again"))

        registered = await desk.journal.register(Registration("pbx-1.0", MONDAY_MORNING))

        assert [c.fact.kind for c in desk.committed].count("ticket_registered") == 1
        assert desk.reader.call("pbx-1.0").ticket_id == registered.ticket_id
        assert desk.reader.ticket(registered.ticket_id).person_id is not None


async def test_whoever_goes_on_with_a_ticket_gets_no_other_in_the_queue(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().is_registered().ends(9))
        ticket_id = desk.reader.call("pbx-1.0").ticket_id
        again = Story("pbx-2.0").arrives(60)
        again.add(facts.TicketContinued, 70, "continued", ticket_id=ticket_id, keyed_in=False, sop_version="")
        await desk.record(again.queues(75))

        with desk.reader.connect() as connection:
            assert count(connection, "tickets") == 1


async def test_two_registrations_of_one_call_at_once_get_one_number(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives())
        asked = [Registration("pbx-1.0", MONDAY_MORNING) for _ in range(20)]

        numbers = {r.ticket_id for r in await asyncio.gather(*map(desk.journal.register, asked))}

        assert len(numbers) == 1
        with desk.reader.connect() as connection:
            assert count(connection, "tickets") == 1


async def test_two_hundred_registrations_across_midnight_get_numbers_of_their_own_day(tmp_path: Path):
    midnight = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    async with a_desk(tmp_path) as desk:
        instants = [midnight + timedelta(milliseconds=5 * n - 500) for n in range(200)]
        asked = [Registration(f"pbx-{n}", instant) for n, instant in enumerate(instants)]

        registered = await asyncio.gather(*map(desk.journal.register, asked))

        numbers = [from_digits(fact.ticket_id) for fact in registered]
        assert len(set(numbers)) == 200
        for number, instant in zip(numbers, instants, strict=True):
            assert number.day.day == (23 if instant < midnight else 24)
        for day in (23, 24):
            serials = sorted(n.serial for n in numbers if n.day.day == day)
            assert serials == list(range(1, len(serials) + 1))


async def test_one_refused_item_fails_its_own_waiter_only(tmp_path: Path):
    def refuse(_: Connection) -> None:
        raise Conflict("tidak", "no")

    async with a_desk(tmp_path) as desk:
        work = [desk.journal.register(Registration(f"pbx-{n}", MONDAY_MORNING)) for n in range(10)]
        results = await asyncio.gather(*work[:5], desk.journal.do(refuse), *work[5:], return_exceptions=True)

        assert sum(isinstance(result, facts.TicketRegistered) for result in results) == 10
        assert isinstance(results[5], Conflict)
        assert len({r.ticket_id for r in results if isinstance(r, facts.TicketRegistered)}) == 10


async def test_a_number_and_what_is_done_with_it_are_recorded_both_or_neither(tmp_path: Path):
    def refuse(_: Connection, registered: facts.TicketRegistered) -> str:
        if registered.call_id == "pbx-3":
            raise Conflict("tidak", "no")
        return registered.ticket_id

    async with a_desk(tmp_path) as desk:
        asked = [Registration(f"pbx-{n}", MONDAY_MORNING) for n in range(6)]
        results = await asyncio.gather(
            *(desk.journal.register_and(one, refuse) for one in asked), return_exceptions=True
        )

        assert isinstance(results.pop(3), Conflict)
        with desk.reader.connect() as connection:
            tickets = connection.scalars(select(tables.tickets.c.ticket_id)).all()
        assert sorted(tickets) == sorted(results)


async def test_a_locked_ledger_refuses_and_invents_no_number(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        blocker = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="cannot write"):
            await desk.journal.register(Registration("pbx-1.0", MONDAY_MORNING))
        blocker.execute("ROLLBACK")
        blocker.close()

        registered = await desk.journal.register(Registration("pbx-1.0", MONDAY_MORNING))
        assert from_digits(registered.ticket_id).serial == 1


async def test_everybody_who_waits_on_a_locked_ledger_is_told(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        blocker = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        asked = [desk.journal.register(Registration(f"pbx-{n}.0", MONDAY_MORNING)) for n in range(3)]

        async with asyncio.timeout(20):
            answers = await asyncio.gather(*asked, return_exceptions=True)

        blocker.execute("ROLLBACK")
        blocker.close()
        assert [type(answer) for answer in answers] == [LedgerBusy] * 3
        issued = await desk.journal.register(Registration("pbx-9.0", MONDAY_MORNING))
        assert from_digits(issued.ticket_id).serial == 1


async def test_a_late_fact_of_an_older_call_does_not_change_its_tickets_state(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        first = Story("pbx-1").arrives().is_registered().queues(20).abandons(60)
        await desk.record(first)
        ticket_id = next(c.fact.ticket_id for c in desk.committed if c.fact.kind == "ticket_registered")
        second = Story("pbx-2").arrives(100).add(
            facts.TicketContinued, 105, "continued", ticket_id=ticket_id, keyed_in=True,
            sop_version=OFFICE.sop.version,
        )  # fmt: skip
        second.queues(110).rings(112).is_answered(113)
        await desk.record(second)
        await desk.journal.record(Report(Story("pbx-1").ends(60).facts[0]))

        ticket = desk.reader.ticket(ticket_id)
        assert ticket.state == "with_agent"
        assert ticket.call_back_due_at is None


async def test_who_hangs_up_in_the_queue_is_owed_a_call_back_the_same_day(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().is_registered().queues(20).abandons(60).ends(60))

        assert desk.reader.queue_counts("dukcapil", MONDAY_MORNING).call_backs_due == 1
        with desk.reader.connect() as connection:
            ticket = connection.execute(select(tables.tickets)).one()
        assert ticket.state == "abandoned"
        assert ticket.call_back_due_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC), "closing time, 15.00 WIB"


async def test_a_case_keeps_the_sop_it_began_under(tmp_path: Path):
    slower = replace(OFFICE.sop.steps[2], standard_seconds=5)
    new_sop = replace(OFFICE.sop, steps=(*OFFICE.sop.steps[:2], slower, *OFFICE.sop.steps[3:]))
    assert new_sop.version != OFFICE.sop.version
    story = Story().arrives().is_registered().queues(10)
    async with a_desk(tmp_path) as desk:
        await desk.record(story)
    async with a_desk(tmp_path, replace(OFFICE, sop=new_sop)) as desk:
        await desk.journal.record(*(Report(f) for f in Story().rings(18).is_answered(20).facts))

        wait = {row.step: row for row in desk.reader.steps("pbx-1.0")}[3]
        assert (wait.seconds, wait.standard_seconds, wait.within) == (10, 30, True)


async def test_the_migrations_make_the_tables_the_code_knows(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        with desk.reader.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []


async def test_a_person_forgotten_leaves_the_figures_and_nothing_else(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        for n in range(5):
            await desk.record(an_answered_call(f"pbx-{n}"), caller_number=NUMBER)
        await desk.record(an_answered_call("pbx-other"), caller_number="081200000077")
        person_id = desk.reader.call("pbx-0").person_id
        assert desk.reader.masked_number(person_id) == "+62 8** ****** 42"
        kept, _ = upkeep.back_up(desk.engine, tmp_path / "backup")
        with desk.reader.connect() as connection:
            wrapped = connection.scalars(
                select(tables.person_keys.c.wrapped_key).where(tables.person_keys.c.person_id == person_id)
            ).one()
        blind = desk.vault.blind("phone", "+6281200000042")
        before = upkeep.differences(desk.engine, OFFICE)

        await upkeep.erase(desk.journal, desk.vault, NUMBER, lambda: MONDAY_MORNING)
        upkeep.overwrite_deleted(desk.engine)

        assert before == upkeep.differences(desk.engine, OFFICE) == []
        assert desk.reader.masked_number(person_id) is None
        assert desk.reader.open_ticket_of_number(NUMBER) is None
        with desk.reader.connect() as connection:
            assert count(connection, "calls") == count(connection, "tickets") == 6
        upkeep.back_up(desk.engine, tmp_path / "backup-2")
    for file in tmp_path.rglob("*"):
        if (file.is_file() and file.name != "keys.sqlite3") or file.parent.name == "backup-2":
            held = file.read_bytes()
            assert wrapped not in held, file
            assert blind.encode() not in held, file
            assert b"81200000042" not in held, file
    assert kept.exists()


async def test_a_tampered_fold_is_found(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(an_answered_call())
        assert upkeep.differences(desk.engine, OFFICE) == []

        await desk.journal.do(
            lambda connection: connection.execute(tables.calls.update().values(wait_seconds=1.0)) and None
        )

        assert upkeep.differences(desk.engine, OFFICE) == ["calls pbx-1.0"]


def test_an_earlier_ledger_keeps_its_steps_through_every_migration(tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    step = {"call_id": "pbx-1.0", "step": 2, "sop_version": "old", "seconds": 18.5, "within": True}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(insert(tables.sop_steps).values(step))
    engine.dispose()

    newest = open_database(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")

    with newest.connect() as connection:
        (row,) = connection.execute(select(tables.sop_steps))
    newest.dispose()
    assert {name: row._mapping[name] for name in step} == step
