"""Slips of paper: numbers that are nobody else's, typed in once, as what happened when it happened."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent_bridge.cli import app
from agent_bridge.commands.paper import page
from config.clock import now, office_day
from tests.agent_bridge.conftest import OfficeAtWork
from tests.builders import Story, a_desk
from ticketing.citizens import slips
from ticketing.ledger import upkeep
from ticketing.ledger.recorder import Registration
from ticketing.people.pin import pin_of
from ticketing.reports.telling import tell
from ticketing.tickets.number import TicketNumber, from_digits

SLIP = {
    "name": "Sari Contoh", "phone": "0812 0000 0042", "type": "complaint", "category": "11",
    "story": "KTP belum jadi.", "district": "07",
}  # fmt: skip


async def reserved(office: OfficeAtWork, count: int = 3) -> list[TicketNumber]:
    reserving = partial(slips.reserve, day=office_day(now()), count=count, at=now(), by="cli")
    return await office.house.journal.write(reserving)


def filled_in(number: TicketNumber, **more: Any) -> dict[str, Any]:
    return SLIP | {"number": number.written, "happened_at": now().isoformat()} | more


# --- typing in ---


async def test_a_slip_is_typed_in_once_under_its_own_number_and_time(office: OfficeAtWork):
    first, second, third = await reserved(office)
    registered = from_digits(await office.call())
    slip = filled_in(first)

    taken = await office.dewi.does("/paper", slip)
    repeated = [await office.dewi.ask("POST", "/paper", filled_in(third), key="slip-ketiga") for _ in "12"]
    twice = await office.dewi.ask("POST", "/paper", slip)
    by_another = await office.rini.ask("POST", "/paper", slip)
    never_printed = await office.dewi.ask("POST", "/paper", filled_in(registered))

    assert taken["number"] == first.written
    assert registered not in (first, second, third)
    assert [one.status_code for one in (twice, by_another, never_printed)] == [409] * 3
    assert "sudah pernah diketik" in twice.json()["detail"]
    assert [one.status_code for one in repeated] == [201, 409], "another form: the time on it differs"
    found = office.house.reader.case(first.digits, office.house.office)
    assert {fact.provenance.value for fact in found.case_facts} == {"reconstructed"}
    assert found.ticket["origin"] == "paper"
    assert [row.ticket_id for row in slips.unused(office.house.reader)] == [second.digits]


async def test_the_same_request_again_gets_the_same_ticket(office: OfficeAtWork):
    first, *_ = await reserved(office)
    slip = filled_in(first)

    answers = [await office.dewi.ask("POST", "/paper", slip, key="slip-pertama") for _ in range(2)]

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("offset", [timedelta(days=-1), timedelta(minutes=5)])
async def test_a_slip_was_not_filled_in_before_it_was_printed_nor_will_be(
    office: OfficeAtWork, offset: timedelta
):
    first, *_ = await reserved(office)
    at = (now() + offset).isoformat()

    refused = await office.dewi.ask("POST", "/paper", filled_in(first, happened_at=at))

    assert (refused.status_code, refused.json()["title"]) == (400, "WrongTime")
    assert len(slips.unused(office.house.reader)) == 3


async def test_what_was_settled_on_paper_is_closed_and_leaves_no_step_unexplained(office: OfficeAtWork):
    first, *_ = await reserved(office)
    slip = filled_in(first, solution="Kartu dapat diambil di kelurahan.", closed=True)

    taken = await office.dewi.does("/paper", slip)

    found = office.house.reader.case(first.digits, office.house.office)
    story = tell(found, office.house.office.sop, office.house.office, now())
    case = found.standing.case
    assert (taken["state"], story.unexplained) == ("closed", ())
    assert {line.step for line in story.steps} == {2, 5, 6, 7, 8, 12, 14, 15}
    assert case.recap.told_by == office.dewi.user_id
    assert case.closed_at == datetime.fromisoformat(slip["happened_at"])


async def test_an_answer_that_was_found_and_not_told_is_owed(office: OfficeAtWork):
    first, *_ = await reserved(office)

    taken = await office.dewi.does("/paper", filled_in(first, solution="Kartu dapat diambil."))

    assert taken["state"] == "solved"
    assert office.house.reader.ticket(first.digits).due_kind == "delivery"


async def test_settled_by_nothing_is_refused_and_the_slip_stays_unused(office: OfficeAtWork):
    first, *_ = await reserved(office)

    refused = await office.dewi.ask("POST", "/paper", filled_in(first, closed=True))

    assert (refused.status_code, refused.json()["title"]) == (400, "NothingTold")
    assert len(slips.unused(office.house.reader)) == 3


async def test_who_has_no_telephone_gets_a_ticket_all_the_same(office: OfficeAtWork):
    first, second, _ = await reserved(office)
    nameless = filled_in(first, phone=None, nik="3578014101900001")

    await office.dewi.does("/paper", nameless)
    text_only = await office.dewi.ask("POST", "/paper", filled_in(second, phone=None, contact="text"))

    seen = await office.dewi.sees(f"/cases/{first.written}")
    assert seen["identity"]["phone_masked"] is None
    assert seen["identity"]["nik_masked"] == "3578••••••••0001"
    assert (text_only.status_code, text_only.json()["title"]) == (400, "TextNeedsMobile")


async def test_a_slip_is_in_the_audit_and_its_ledger_follows_from_the_journal(office: OfficeAtWork):
    first, *_ = await reserved(office)
    await office.dewi.does("/paper", filled_in(first, solution="Sudah.", closed=True))

    acts = [line["action"] for line in (await office.sari.sees("/audit"))["lines"]]
    assert acts.count("paper.enter") == 1
    assert upkeep.differences(office.house.engine, office.house.office) == []
    with office.house.reader.connect() as connection:
        journal = str(connection.exec_driver_sql("select body from journal").all())
    assert pin_of(office.house.vault, first.digits) not in journal
    assert "Sari" not in journal


# --- numbers never clash ---

MIDNIGHT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""00.00 WIB on the 24th."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["call", "today", "tomorrow", "by hand"]), st.integers(1, 7), st.integers(0, 45)
    ),
    min_size=2, max_size=14,
)  # fmt: skip
"""What is done, how many slips at a time, how many minutes after what was done before."""


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=STEPS)
def test_no_number_is_given_twice_by_voice_by_hand_or_on_paper_over_midnight_too(
    tmp_path_factory: Any, plan: list[tuple[str, int, int]]
):
    async def run() -> list[str]:
        taken: list[str] = []
        at = MIDNIGHT - timedelta(hours=2)
        async with a_desk(tmp_path_factory.mktemp("kertas")) as desk:
            for n, (what, count, minutes) in enumerate(plan):
                at += timedelta(minutes=minutes)
                if what == "call":
                    taken.append((await desk.journal.register(Registration(f"pbx-{n}.0", at))).ticket_id)
                elif what == "by hand":
                    taken.append(await desk.journal.write(lambda writing, at=at: writing.next_number(at)))
                else:
                    day = office_day(at) + timedelta(days=what == "tomorrow")
                    reserving = partial(slips.reserve, day=day, count=count, at=at, by="cli")
                    taken += [one.digits for one in await desk.journal.write(reserving)]
        return taken

    taken = asyncio.run(run())

    assert len(set(taken)) == len(taken)
    assert all(from_digits(one).digits == one for one in taken)


# --- the command ---


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["paper", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def test_slips_are_printed_listed_and_those_left_over_are_said(home: Path):
    code, said = run("--slips", "3", "--output", str(home / "hari-ini.html"))
    again, more = run("--slips", "2", "--output", str(home / "lagi.html"))
    _, listed = run("list")

    printed = re.findall(r'class="number">([0-9-]+)<', (home / "hari-ini.html").read_text())
    assert (code, again) == (0, 0)
    assert len(printed) == 3
    assert f"3 slip, {printed[0]} sampai {printed[2]}" in said
    assert "Dari sebelumnya ada 0" in said
    assert "Dari sebelumnya ada 3" in more
    assert listed.split()[:3] == printed
    assert "5 belum dipakai" in listed


@pytest.mark.parametrize(
    "words",
    [
        ("--day", "besok"),
        ("--day", "2020-01-01"),
        ("--day", "2999-01-01"),
        ("--slips", "0"),
        ("--slips", "5000"),
        ("--output", "tidak/ada/slip.html"),
    ],
)
def test_what_cannot_be_printed_is_refused_in_words_and_reserves_nothing(home: Path, words: tuple[str, ...]):
    code, said = run(*words)

    assert code == 1
    assert len(said.strip()) > 20
    assert "0 belum dipakai" in run("list")[1]


async def test_slips_of_tomorrow_are_of_tomorrow(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        at = MIDNIGHT - timedelta(hours=5)
        reserving = partial(slips.reserve, day=date(2026, 11, 24), count=2, at=at, by="cli")
        first, _ = await desk.journal.write(reserving)
        await desk.record(Story().arrives(3600 * 18).is_registered(3600 * 18))
        called = desk.reader.call("pbx-1.0").ticket_id

    assert (first.written, called) == ("261124-0001-" + first.check_digit, TicketNumber(first.day, 3).digits)


def test_a_slip_shows_its_number_and_what_is_to_be_written():
    made = page([TicketNumber(date(2026, 11, 23), 42)])

    assert "261123-0042-4" in made
    for asked in ("Tanggal dan jam", "Nama lengkap", "Telepon", "Uraian keluhan", "Jawaban", "Petugas"):
        assert asked in made
