"""Cases in a real ledger: whatever order facts come in, its rows are what the facts amount to."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from config.clock import office_day
from tests.builders import (
    MONDAY_MORNING,
    NUMBER,
    OFFICE,
    TICKET,
    Desk,
    Story,
    a_call_talked,
    a_case_to_the_faq,
    a_desk,
    at,
)
from tests.ticketing import case_stories
from tests.ticketing.case_stories import after, some_facts
from ticketing import case_facts, facts, tables
from ticketing.case_facts import SYSTEM, CaseFact, Channel, Track
from ticketing.desk.act import Act, CaseDesk
from ticketing.desk.entries import Entry, outline, record, save_draft
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Asked
from ticketing.desk.sight import Actor
from ticketing.facts import Fact, Report
from ticketing.ledger import upkeep
from ticketing.people.roles import Role
from ticketing.tickets.number import TicketNumber

FOLDED = ("calls", "tickets", "sop_steps", "case_steps", "outbox", "notices")
OTHER = TicketNumber(office_day(MONDAY_MORNING), 43).digits
NIK = "3578014101900001"
WORDS = ("Sari Contoh", "KTP belum jadi", "Kartunya belum", "sedang diketik", "belum dibaca")
"""Made up."""


def done(kind: type[CaseFact], at: datetime, actor_id: str = "", **more: Any) -> CaseFact:
    """Something that people did; what is merged goes on in the other of the two tickets."""
    return _of_two(case_stories.done(kind, at, actor_id, **more))


def _of_two(fact: CaseFact) -> CaseFact:
    into = getattr(fact, "into_ticket_id", None)
    return replace(fact, into_ticket_id=OTHER) if into else fact


def rows(desk: Desk, names: Sequence[str] = FOLDED) -> dict[str, list[dict[str, Any]]]:
    """All rows of those tables."""
    with desk.reader.connect() as connection:
        found = {}
        for name in names:
            table = tables.metadata.tables[name]
            stored = connection.execute(select(table).order_by(*table.primary_key))
            found[name] = [dict(row._mapping) for row in stored]
        return found


def holds_together(desk: Desk) -> None:
    assert upkeep.shortcomings(desk.engine, OFFICE) == []


def registered(ticket_id: str, number: int) -> list[Fact]:
    """A ticket of a call of its own."""
    return [*Story(f"pbx-{number}.0").arrives(number).is_registered(6 + number, ticket_id).facts]


def another_call() -> list[Fact]:
    """The citizen calls again, goes on with the ticket, and gives up in the queue."""
    story = Story("pbx-9.0").arrives(90_000)
    more = {"ticket_id": TICKET, "keyed_in": True, "sop_version": OFFICE.sop.version}
    story.add(facts.TicketContinued, 90_010, "continued", **more)
    return [*story.queues(90_020).abandons(90_060).ends(90_060).facts]


def missed(n: int, hours: float) -> CaseFact:
    return done(
        case_facts.DueMissed, after(hours=hours), SYSTEM, key=f"{TICKET}/missed/{n}",
        due_at=after(hours=hours - 1), level=n, told=("official:kadis", "dispatchers:dispatchers"),
    )  # fmt: skip


async def recorded(folder: Path, begun: Iterable[Fact], batches: Iterable[Iterable[Fact]]) -> dict[str, Any]:
    """The rows that the facts end in, recorded batch by batch."""
    async with a_desk(folder) as desk:
        await desk.journal.record(*(Report(fact) for fact in begun))
        for batch in batches:
            await desk.journal.record(*(Report(fact) for fact in batch))
        holds_together(desk)
        return rows(desk)


@st.composite
def batches(draw: st.DrawFn, told: Sequence[Fact]) -> list[list[Fact]]:
    """The facts in any order, some of them again, cut anywhere."""
    again = draw(st.lists(st.sampled_from(told), max_size=5))
    order = draw(st.permutations([*told, *again]))
    cuts = sorted(draw(st.sets(st.integers(0, len(order)), max_size=6)))
    return [order[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


LEDGERS = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BY_HAND = (case_facts.Merged, case_facts.CaseOpened)
"""No ticket goes on in itself, nor is its own parent; one that a call registered is not opened by hand."""


@LEDGERS
@given(st.data(), some_facts(), some_facts(max_size=6, since=1), st.booleans())
def test_facts_in_any_order_any_batches_and_twice_end_in_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    own: list[CaseFact],
    others: list[CaseFact],
    calls_again: bool,
):
    begun = [*registered(TICKET, 0)[1:], *registered(OTHER, 1)[1:]]
    call = [fact for fact in a_call_talked(until=120).facts if fact.kind != "ticket_registered"]
    mine = [_of_two(fact) for fact in own if not isinstance(fact, case_facts.CaseOpened)]
    of_other = [
        replace(fact, key=f"o/{fact.key}", ticket_id=OTHER)
        for fact in others
        if not isinstance(fact, BY_HAND)
    ]
    again = another_call() if calls_again else []
    # A number is given out when it is asked for: which ticket a call has is known before all else.
    begun += [fact for fact in again if isinstance(fact, facts.TicketContinued)]
    told = [*call, *mine, *of_other, missed(1, 30), missed(2, 60), *again]
    by_fives = [told[begin : begin + 5] for begin in range(0, len(told), 5)]
    folder = tmp_path_factory.mktemp("ledger")

    in_order = asyncio.run(recorded(_new(folder / "a"), begun, by_fives))
    shuffled = asyncio.run(recorded(_new(folder / "b"), begun, data.draw(batches(told))))

    assert shuffled == in_order


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def test_merging_and_taking_it_back_leaves_the_ticket_where_it_stood(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.journal.record(*(Report(f) for f in (*registered(TICKET, 0), *registered(OTHER, 1))))
        await desk.record_case(a_case_to_the_faq().is_sent(300, Track.DEFERRED))
        before = rows(desk, ("tickets", "outbox"))

        await desk.journal.record(Report(done(case_facts.Merged, at(400))))
        merged = rows(desk, ("tickets", "outbox"))
        await desk.journal.record(Report(done(case_facts.Unmerged, at(500))))

        back = rows(desk, ("tickets", "outbox"))
        assert {row["state"] for row in merged["tickets"]} == {"merged", "registered"}
        assert back["tickets"][0] == before["tickets"][0] | {
            # A dispatcher who merges and takes back has looked at the case: the owner's time counts anew.
            "next_due_at": back["tickets"][0]["next_due_at"],
            "limit_at": before["tickets"][0]["limit_at"],
        }
        assert back["tickets"][1] == before["tickets"][1]
        assert [row["kind"] for row in back["outbox"]] == ["progress", "progress"], "both are told of"
        holds_together(desk)


async def test_who_reported_a_merged_ticket_is_owed_the_others_later_news_and_not_once_it_is_taken_back(
    tmp_path: Path,
):
    async with a_desk(tmp_path) as desk:
        await desk.journal.record(*(Report(f) for f in (*registered(TICKET, 0), *registered(OTHER, 1))))
        await desk.journal.record(Report(done(case_facts.Merged, after(hours=1))))
        await desk.journal.record(Report(done(case_facts.FollowUpDone, after(hours=2), ticket_id=OTHER)))
        await desk.journal.record(Report(done(case_facts.Unmerged, after(hours=3))))
        await desk.journal.record(Report(done(case_facts.SolutionWritten, after(hours=4), ticket_id=OTHER)))

        owed = [(row["ticket_id"], row["kind"], row["owed_at"]) for row in rows(desk)["outbox"]]
        assert sorted(owed) == sorted([
            (TICKET, "progress", after(hours=1)), (TICKET, "progress", after(hours=2)),
            (TICKET, "progress", after(hours=3)),
            (OTHER, "progress", after(hours=2)), (OTHER, "solution", after(hours=4)),
        ])  # fmt: skip
        holds_together(desk)


@pytest.mark.parametrize("restarted", [False, True])
async def test_late_news_of_a_ticket_it_once_went_on_in_are_owed_too(tmp_path: Path, restarted: bool):
    async with a_desk(tmp_path) as desk:
        await desk.journal.record(*(Report(f) for f in (*registered(TICKET, 0), *registered(OTHER, 1))))
        await desk.journal.record(Report(done(case_facts.Merged, after(hours=1))))
        await desk.journal.record(Report(done(case_facts.Unmerged, after(hours=3))))
        late = Report(done(case_facts.SolutionWritten, after(hours=2), ticket_id=OTHER))
        if not restarted:
            await desk.journal.record(late)
    async with a_desk(tmp_path) as desk:
        await desk.journal.record(late)

        assert ("solution", after(hours=2)) in [
            (row["kind"], row["owed_at"]) for row in rows(desk)["outbox"] if row["ticket_id"] == TICKET
        ]
        holds_together(desk)


LANDLINE = "0315920042"
"""A text does not reach it, so its caller is told by a person."""


async def test_a_late_word_that_the_number_was_heard_takes_back_what_was_owed(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().is_registered().queues(20).abandons(60).ends(60), LANDLINE)
        (owed,) = rows(desk)["outbox"]
        of_number = {"ticket_id": owed["ticket_id"], "message": owed["key"]}
        told = done(case_facts.CitizenTold, at(90), channel=Channel.MESSAGE, **of_number)
        await desk.journal.record(Report(told))

        await desk.record(Story().hears_number(13, 1, owed["ticket_id"]), LANDLINE)

        assert owed["kind"] == "number"
        assert rows(desk)["outbox"] == []
        holds_together(desk)


async def test_a_late_answer_takes_back_a_number_owed_to_a_caller_nobody_worked_for(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().is_registered().queues(20).rings(21).ends(60), LANDLINE)
        owed = rows(desk)["outbox"]

        await desk.record(Story().is_answered(25), LANDLINE)

        assert [row["kind"] for row in owed] == ["number"]
        assert rows(desk)["outbox"] == []
        holds_together(desk)


async def test_an_older_call_heard_of_late_owes_nothing_that_the_later_one_settled(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().is_registered().queues(20), LANDLINE)
        ticket_id = desk.reader.call("pbx-1.0").ticket_id
        again = Story("pbx-2.0").arrives(900)
        more = {"ticket_id": ticket_id, "keyed_in": True, "sop_version": OFFICE.sop.version}
        await desk.record(again.add(facts.TicketContinued, 910, "continued", **more), LANDLINE)

        await desk.record(Story().ends(60), LANDLINE)

        assert rows(desk)["outbox"] == []
        holds_together(desk)


async def test_a_person_forgotten_leaves_the_cases_figures_and_none_of_the_words(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(a_call_talked(), NUMBER)
        ticket_id = desk.reader.call("pbx-1.0").ticket_id
        people = CaseDesk(desk.journal, desk.vault, lambda: OFFICE, lambda: at(950))
        dewi = Actor("dewi", "dewi", Role.AGENT, "dukcapil")
        form = Entry("Sari Contoh", NIK, NUMBER, "07", "complaint", "11", f"KTP belum jadi, NIK {NIK}.")

        async def does(key: str, work: Any) -> None:
            await people.act(dewi, Deed.ENTER, ticket_id, Asked(key, key), work)

        await does("a", lambda act: save_draft(act, {"story": "sedang diketik"}))
        await does("b", lambda act: record(act, form))
        await does("c", lambda act: outline(act, "Kartunya belum dicetak."))
        await does("d", lambda act: save_draft(act, {"recap": "belum dibaca"}))
        upkeep.back_up(desk.engine, tmp_path / "backup")
        before = rows(desk)
        sealed = ("texts", "drafts", "case_index")
        assert all(rows(desk, sealed).values())

        await upkeep.erase(desk.journal, desk.vault, NUMBER, lambda: MONDAY_MORNING + timedelta(days=1))
        upkeep.overwrite_deleted(desk.engine)

        assert rows(desk) == before
        assert not any(rows(desk, sealed).values())
        holds_together(desk)
        blinds = [desk.vault.blind("nik", NIK), desk.vault.blind("phone", "+6281200000042")]
        upkeep.back_up(desk.engine, tmp_path / "backup-2")
    for file in tmp_path.rglob("*"):
        kept_apart = file.name == "keys.sqlite3" and file.parent.name == "backup"
        if file.is_file() and not kept_apart:
            held = file.read_bytes()
            words = (NIK, "81200000042", *WORDS, *blinds)
            assert not [word for word in words if word.encode() in held], file


async def test_an_act_on_a_case_whose_citizen_was_forgotten_leaves_no_half_of_itself(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.record(a_call_talked(), NUMBER)
        ticket_id = desk.reader.call("pbx-1.0").ticket_id
        people = CaseDesk(desk.journal, desk.vault, lambda: OFFICE, lambda: at(950))
        dewi = Actor("dewi", "dewi", Role.AGENT, "dukcapil")
        await upkeep.erase(desk.journal, desk.vault, NUMBER, lambda: at(960))
        before = rows(desk, (*FOLDED, "requests", "journal"))

        def writes(act: Act) -> dict[str, Any]:
            return outline(act, "Kartunya belum dicetak.")

        with pytest.raises(Exception, match=r".*"):
            await people.act(dewi, Deed.ENTER, ticket_id, Asked("a", "a"), writes)

        assert rows(desk, (*FOLDED, "requests", "journal")) == before
        holds_together(desk)
