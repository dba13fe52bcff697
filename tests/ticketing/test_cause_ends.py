"""How an answered cause's tickets end: by silence after the office's time, or not, where somebody objects."""

from datetime import timedelta
from pathlib import Path

from tests.builders import OFFICE
from tests.ticketing.common_causes import ANSWER, BETTER, TITLE, Common, common
from ticketing import case_facts, tables
from ticketing.case_facts import SYSTEM
from ticketing.reports.telling import tell
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Stage
from ticketing.tickets.follow_up import call_back_owed

CALENDAR = Calendar(OFFICE.hours)
WITHIN = OFFICE.follow_up.citizen_answers_within


async def a_told_ticket(house: Common) -> tuple[str, str]:
    """Gone from the line, linked, answered, and texted the answer ten minutes later."""
    cause, ticket_id = await house.begins(), await house.calls(1)
    await house.links(ticket_id, cause)
    await house.answers(cause)
    house.clock.at += timedelta(minutes=10)
    await house.is_texted(ticket_id)
    return cause, ticket_id


def notices(house: Common) -> int:
    with house.reader.connect() as connection:
        return len(connection.execute(tables.notices.select()).all())


async def test_nobody_objects_and_the_case_ends_by_itself_with_a_recap_that_says_who_told_what_when(
    tmp_path: Path,
):
    async with common(tmp_path) as house:
        _, ticket_id = await a_told_ticket(house)
        told_at = house.clock.at
        ends_at = CALENDAR.after(told_at, WITHIN)
        assert (house.ticket(ticket_id).due_kind, house.ticket(ticket_id).next_due_at) == (
            "confirmation", ends_at,
        )  # fmt: skip
        await house.time_passes(seconds=(ends_at - told_at).total_seconds() - 1)
        assert house.case(ticket_id).stage is Stage.AWAITING_CONFIRMATION

        await house.time_passes(seconds=2)

        case = house.case(ticket_id)
        assert (case.stage, case.closed_at) == (Stage.CLOSED, ends_at)
        assert house.words(case.recap.problem_id, case.recap.solution_id) == [TITLE, ANSWER]
        assert (case.recap.told_by, case.recap.told_at) == (SYSTEM, told_at)
        closed = next(fact for fact in house.facts(ticket_id) if isinstance(fact, case_facts.CaseClosed))
        assert closed.actor_id == SYSTEM
        assert notices(house) == 0, "nobody was reminded of what is the citizen's to say"
        house.holds_together()


async def test_whoever_is_told_late_has_the_whole_time_all_the_same_and_the_limit_ends_nothing(
    tmp_path: Path,
):
    async with common(tmp_path) as house:
        cause, ticket_id = await house.begins(), await house.calls(1)
        await house.links(ticket_id, cause)
        await house.does(
            ticket_id, case_facts.ComplaintRecorded, ticket_type="information", category="22", text_id="t1"
        )
        await house.answers(cause)
        await house.time_passes(days=2)
        await house.is_texted(ticket_id)
        told_at, limit_at = house.clock.at, house.ticket(ticket_id).limit_at

        await house.time_passes(days=8)

        assert limit_at < house.clock.at < CALENDAR.after(told_at, WITHIN)
        assert house.case(ticket_id).stage is Stage.AWAITING_CONFIRMATION
        assert house.ticket(ticket_id).next_due_at == CALENDAR.after(told_at, WITHIN)
        house.holds_together()


async def test_an_improved_answer_gives_the_whole_time_anew(tmp_path: Path):
    async with common(tmp_path) as house:
        cause, ticket_id = await a_told_ticket(house)
        await house.time_passes(days=3)

        await house.answers(cause, BETTER)
        solved = house.case(ticket_id).stage
        await house.is_texted(ticket_id)

        assert (solved, house.answers_of(ticket_id)) == (Stage.SOLVED, [ANSWER, BETTER])
        assert house.ticket(ticket_id).next_due_at == CALENDAR.after(house.clock.at, WITHIN)


async def test_not_my_case_after_the_answer_is_open_again_owed_a_call_and_ended_by_no_silence(tmp_path: Path):
    async with common(tmp_path) as house:
        cause, ticket_id = await a_told_ticket(house)
        told_at = house.case(ticket_id).told_at
        assert call_back_owed(house.reader.case(ticket_id, OFFICE).standing) is None

        house.clock.at += timedelta(hours=1)
        await house.unlinks(ticket_id)
        await house.time_passes(days=30)

        case = house.case(ticket_id)
        assert (case.stage, case.cause_id) == (Stage.SEARCHING, None)
        assert (case.told_at, house.answers_of(ticket_id)) == (told_at, [ANSWER]), "what was told stays told"
        assert call_back_owed(house.reader.case(ticket_id, OFFICE).standing) is not None
        assert notices(house) > 0
        house.holds_together()

        await house.links(ticket_id, await house.begins(title="Lain"))
        assert house.case(ticket_id).stage is Stage.SEARCHING
        house.clock.at += timedelta(seconds=1)
        await house.journal.do(
            lambda connection: connection.execute(
                tables.causes.update().where(tables.causes.c.cause_id == cause).values(
                    until_at=house.clock.at + timedelta(days=1)
                )
            ) and None
        )  # fmt: skip
        await house.links(ticket_id, cause)
        assert house.case(ticket_id).stage is Stage.AWAITING_CONFIRMATION, "put back, it is answered again"
        house.holds_together()


async def test_an_answer_that_was_not_told_yet_is_not_told_once_the_case_is_taken_out(tmp_path: Path):
    async with common(tmp_path) as house:
        cause, ticket_id = await house.begins(), await house.calls(1)
        await house.links(ticket_id, cause)
        await house.answers(cause)

        house.clock.at += timedelta(seconds=1)
        await house.unlinks(ticket_id)

        assert house.case(ticket_id).stage is Stage.SEARCHING, "and the courier sends no answer that fell"
        house.clock.at += timedelta(seconds=1)
        await house.answers(cause, BETTER)
        assert house.answers_of(ticket_id) == [ANSWER]


async def test_whoever_calls_again_in_vain_is_owed_a_call_before_silence_ends_anything(tmp_path: Path):
    async with common(tmp_path) as house:
        _, ticket_id = await a_told_ticket(house)
        await house.time_passes(days=1)
        await house.calls_in_vain(2, ticket_id)

        await house.time_passes(days=60)

        assert house.case(ticket_id).stage is Stage.AWAITING_CONFIRMATION
        assert call_back_owed(house.reader.case(ticket_id, OFFICE).standing) is not None
        house.holds_together()


async def test_every_step_of_a_case_that_was_settled_by_silence_is_accounted_for(tmp_path: Path):
    async with common(tmp_path) as house:
        _, ticket_id = await a_told_ticket(house)
        await house.time_passes(days=30)

        found = house.reader.case(ticket_id, OFFICE)
        story = tell(found, OFFICE.sop, OFFICE, house.clock.at)

        assert story.unexplained == ()
