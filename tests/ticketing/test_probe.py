"""The probe's calls in the ledger: marked by the probe alone, over at once, and in no report."""

import itertools
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from agent_bridge.probe.own_calls import own_of
from tests.builders import NUMBER, OFFICE, Desk, Story, a_desk, at
from ticketing import facts, probe, tables
from ticketing.calls.call import fold
from ticketing.desk import owed
from ticketing.ledger import upkeep
from ticketing.reports.promises import promises
from ticketing.waits.reading import told_since

PROBES_NUMBER = "0310000000"


def a_probes_call(call_id: str = "pbx-1.0", begins: float = 0.0) -> Story:
    """Registered, heard its number twice, hung up, owed a call back like anyone."""
    story = Story(call_id).arrives(begins).enters_menu(begins + 5).is_registered(begins + 12)
    return story.hears_number(begins + 18, 1).hears_number(begins + 23, 2).ends(begins + 24)


async def mark(desk: Desk, call_id: str = "pbx-1.0") -> None:
    await desk.journal.write(lambda writing: probe.mark(writing, call_id, lambda: at(23)))


async def ticket_of(desk: Desk, call_id: str = "pbx-1.0") -> Any:
    call = desk.reader.call(call_id)
    assert call
    return desk.reader.ticket(call.ticket_id)


async def test_a_marked_calls_ticket_is_over_and_owed_nothing(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(a_probes_call(), PROBES_NUMBER)
        assert (await ticket_of(desk)).call_back_due_at is not None

        await mark(desk)
        await mark(desk)

        ticket = await ticket_of(desk)
        assert (ticket.state, ticket.origin) == ("cancelled", "probe")
        assert ticket.call_back_due_at is ticket.next_due_at is ticket.owner_role is None
        assert desk.reader.open_ticket_of_number(PROBES_NUMBER) is None
        with desk.reader.connect() as connection:
            assert owed.listed(connection, "dukcapil", OFFICE, 5) == []
            assert connection.execute(select(tables.outbox)).all() == []
        assert list(upkeep.shortcomings(desk.engine, OFFICE)) == []


async def test_it_is_the_same_whenever_it_is_marked(tmp_path: Path):
    story = a_probes_call()
    for place in range(len(story.facts) + 1):
        folder = tmp_path / str(place)
        folder.mkdir()
        async with a_desk(folder) as desk:
            before, after = Story(), Story()
            before.facts, after.facts = story.facts[:place], story.facts[place:]
            await desk.record(before, PROBES_NUMBER)
            await mark(desk)
            await desk.record(after, PROBES_NUMBER)

            ticket = await ticket_of(desk)
            assert (ticket.state, ticket.origin, ticket.call_back_due_at) == ("cancelled", "probe", None)


def test_the_mark_folds_in_any_order():
    story = Story().arrives().is_registered().ends(20)
    story.add(facts.CallMadeByProbe, 15, "probe")

    folded = {str(fold(order, story.call_id)) for order in itertools.permutations(story.facts)}

    assert len(folded) == 1


async def test_whoever_writes_the_probes_number_is_served_like_anyone(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(a_probes_call(), PROBES_NUMBER)

        ticket = await ticket_of(desk)
        assert (ticket.state, ticket.origin) == ("abandoned", "call")
        assert ticket.call_back_due_at is not None


async def test_a_ticket_the_call_only_went_on_with_stays_its_citizens(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(a_probes_call("pbx-1.0"), NUMBER)
        known = await ticket_of(desk)
        more = {"ticket_id": known.ticket_id, "keyed_in": True, "sop_version": OFFICE.sop.version}
        again = Story("pbx-2.0").arrives(60).add(facts.TicketContinued, 70, "continued", **more).ends(80)
        await desk.record(again, PROBES_NUMBER)

        await mark(desk, "pbx-2.0")

        ticket = await ticket_of(desk)
        assert (ticket.origin, ticket.closed_at) == ("call", None)


async def test_reports_count_citizens_only(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        for number, call_id in enumerate(("pbx-1.0", "pbx-2.0")):
            story = a_probes_call(call_id, begins=100.0 * number)
            told = {"queue": "dukcapil", "position": 1, "at_most_seconds": 60}
            story.add(facts.WaitTold, 100 * number + 23.5, "wait-told", **told)
            await desk.record(story, PROBES_NUMBER)
        before = asdict(promises(desk.reader, OFFICE, at(-60), at(300)))

        await mark(desk, "pbx-2.0")

        after = asdict(promises(desk.reader, OFFICE, at(-60), at(300)))
        for what in ("waits_told", "call_backs_promised", "answers_promised"):
            assert (before[what], after[what]) == (2, 1), what
        assert told_since(desk.reader, "dukcapil", at(-60), at(300)).total.told == 1


async def test_its_calls_are_found_by_number_and_time(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(a_probes_call("pbx-1.0"), PROBES_NUMBER)
        await desk.record(a_probes_call("pbx-2.0", begins=300), PROBES_NUMBER)
        await desk.record(a_probes_call("pbx-3.0", begins=301), NUMBER)

        with desk.reader.connect() as connection:
            found = probe.calls_between(connection, desk.vault, PROBES_NUMBER, at(299), at(330))
            nobody = probe.calls_between(connection, desk.vault, "0311111111", at(0), at(900))

        assert [row.call_id for row in found] == ["pbx-2.0"]
        assert list(nobody) == []
        assert timedelta(0) < probe.CLOCKS_APART


def test_of_two_calls_at_once_only_the_one_whose_number_was_heard_is_the_probes():
    own, other = (SimpleNamespace(ticket_id=one, person_id="p") for one in ("26112300424", "26112300435"))
    without, nameless = (SimpleNamespace(ticket_id=None, person_id=one) for one in ("p", None))

    assert own_of([other, own], "00424") is own  # type: ignore[list-item]
    assert own_of([other, own], None) is None  # type: ignore[list-item]
    assert own_of([without, nameless], None) is without  # type: ignore[list-item]
    assert own_of([nameless], None) is nameless  # type: ignore[list-item]
    assert own_of([nameless, nameless], None) is None  # type: ignore[list-item]
    assert own_of([], "00424") is None


async def test_a_call_that_nobody_heard_is_found_in_what_was_healed(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story("pbx-1.0").arrives().ends(8), None)
        await desk.record(Story("pbx-2.0").arrives(1).enters_menu(5).is_registered(6).ends(8), None)

        with desk.reader.connect() as connection:
            span = at(-1), at(9)
            live = probe.calls_between(connection, desk.vault, PROBES_NUMBER, *span)
            healed = probe.calls_between(connection, desk.vault, PROBES_NUMBER, *span, nameless=True)

        assert list(live) == []
        assert [row.call_id for row in healed] == ["pbx-1.0"], "who has a ticket is somebody else"
