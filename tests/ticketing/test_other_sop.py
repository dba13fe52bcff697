"""Another office's procedure, of another shape, runs by its file alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config.errors import Language
from config.sop import Sop
from config.sop_file import read_sop
from config.yaml_files import read
from tests.builders import OFFICE, CaseStory, Desk, Story, a_desk, at
from ticketing import tables
from ticketing.case_facts import Channel, Track
from ticketing.ledger.codec import KINDS
from ticketing.reports.story_page import page
from ticketing.reports.telling import tell
from ticketing.sop.run import missing, steps_of
from ticketing.tickets.follow_up import DueKind

WATER = read_sop(read(Path(__file__).parent / "sop_pengaduan_air.yaml"), frozenset(KINDS))
WATER_WORKS = replace(OFFICE, sop=WATER)

Row = tuple[int, int, float | None, bool | None]


def a_call() -> Story:
    story = Story().arrives().is_registered().hears_number(13, 1).hears_number(18, 2).queues(21)
    return story.rings(24).is_answered(28).stops_talking(400).ends(400).recaps(420)


def guided_at_home(case: CaseStory) -> CaseStory:
    case.entry_begins(30).complaint_is_recorded(128).solution_is_delivered(300, from_faq=True)
    return case.is_confirmed(330).closes(350)


def visited_twice(case: CaseStory) -> CaseStory:
    case.entry_begins(30).complaint_is_recorded(128).is_sent(380, Track.DEFERRED)
    case.is_forwarded(980, "teknisi.1").is_returned(5000, "teknisi.1").is_forwarded(5600, "teknisi.2")
    case.solution_is_written(15000, "teknisi.2", "official")
    return case.solution_is_delivered(16000, Channel.CALL_BACK).is_confirmed(16200).closes(16230)


AT_HOME: list[Row] = [
    (1, 1, 18, True), (2, 1, 7, True), (3, 1, 100, True), (4, 1, 172, True), (7, 1, 30, True),
    (8, 1, 20, True),
]  # fmt: skip
VISITED: list[Row] = [
    (1, 1, 18, True), (2, 1, 7, True), (3, 1, 100, True), (4, 1, 252, True), (5, 1, 600, True),
    (5, 2, 600, True), (6, 1, 4020, True), (6, 2, 9400, True), (7, 1, 1200, True), (8, 1, 30, True),
]  # fmt: skip
STORIES = [(guided_at_home, AT_HOME), (visited_twice, VISITED)]


@pytest.mark.parametrize(("story", "expected"), STORIES)
def test_its_steps_are_timed_and_none_is_missing(story, expected: list[Row]):
    facts = [*a_call().facts, *story(CaseStory()).facts]

    timings = steps_of(WATER, facts)
    assert [(t.step.number, t.round, t.seconds, t.within) for t in timings] == expected
    assert missing(WATER, facts, timings) == ()


async def registered(desk: Desk) -> str:
    await desk.record(a_call())
    return desk.reader.call("pbx-1.0").ticket_id


@pytest.mark.parametrize(("story", "expected"), STORIES)
async def test_the_ledger_keeps_the_version_and_the_rows(tmp_path: Path, story, expected: list[Row]):
    async with a_desk(tmp_path, WATER_WORKS) as desk:
        ticket_id = await registered(desk)
        await desk.record_case(story(CaseStory(ticket_id)))

        column = tables.case_steps.c
        with desk.reader.connect() as connection:
            rows = connection.execute(
                select(column.step, column.round, column.seconds, column.within).order_by(
                    column.step, column.round
                )
            ).all()
        assert [tuple(row) for row in rows] == expected
        ticket = desk.reader.ticket(ticket_id)
        assert (ticket.sop_version, ticket.state) == (WATER.version, "closed")
        found = desk.reader.case(ticket_id, WATER_WORKS)
        told = tell(found, WATER, WATER_WORKS, at(20000))
        assert {event.lane for event in told.events} <= {actor.code for actor in WATER.actors}
        assert "Petugas lapangan" in page(told, WATER.actors, Language.INDONESIAN)
        assert missing(desk.reader.sop(WATER.version), found.facts, steps_of(WATER, found.facts)) == ()


async def test_whoever_forwards_owes_it_in_the_time_this_sop_gives(tmp_path: Path):
    async with a_desk(tmp_path, WATER_WORKS) as desk:
        ticket_id = await registered(desk)
        await desk.record_case(CaseStory(ticket_id).complaint_is_recorded(128).is_sent(380))

        ticket = desk.reader.ticket(ticket_id)
        assert ticket.due_kind == DueKind.DISPATCH
        assert ticket.next_due_at == at(380) + timedelta(seconds=900)


def test_its_lanes_are_its_own():
    assert [actor.code for actor in WATER.actors] == [
        "customer", "operator", "service_desk", "supervisor", "technician",
    ]  # fmt: skip
    assert WATER.lane_of("official") == "technician"
    assert WATER.lane_of("system") == WATER.lane_of("analyst") == "service_desk"
    assert Sop.from_json(WATER.to_json()) == WATER


def test_a_version_kept_before_lanes_were_named_reads_back_under_its_name():
    before = OFFICE.sop.to_json()
    del before["actors"]

    kept = Sop.from_json(before)
    assert kept.steps == OFFICE.sop.steps
    assert [actor.code for actor in kept.actors] == [
        "citizen", "agent", "service_desk", "dispatcher", "official",
    ]  # fmt: skip
    assert kept.version == Sop.from_json(before).version != OFFICE.sop.version
