"""A ticket's status by number and PIN: what guessers can and cannot do, and what is promised honestly."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from tests.builders import MONDAY_MORNING, OFFICE, CaseStory, Desk, Story, a_desk, at
from ticketing import facts, tables
from ticketing.case_facts import Merged
from ticketing.citizens.limits import AskedTooOften
from ticketing.citizens.status import (
    AT_ONCE,
    BUCKET_DIGITS,
    KEPT_FOR,
    LOCKED_AFTER,
    CitizenStatus,
    Standing,
    StatusDesk,
)
from ticketing.facts import Report
from ticketing.ledger.recorder import Registration
from ticketing.people.pin import pin_of
from ticketing.tickets.number import TicketNumber

DAY = date(2026, 11, 23)
GUESSES = 10_000


@dataclass
class Counter:
    """Somebody at the ledger who asks for statuses; `now` is the office's clock."""

    desk: Desk
    now: datetime = MONDAY_MORNING + timedelta(minutes=10)
    asked: int = 0
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        desk = self.desk
        self.status = StatusDesk(desk.journal, desk.reader, desk.vault, lambda: OFFICE, lambda: self.now)
        event.listen(desk.engine, "before_cursor_execute", lambda *more: self.said.append(more[2]))

    async def asks(self, number: str, pin: str) -> CitizenStatus | None:
        """From an address of its own each time."""
        self.asked += 1
        return await self.status.check(number, pin, f"alamat {self.asked}")

    async def knows(self, number: str) -> CitizenStatus | None:
        return await self.asks(number, pin_of(self.desk.vault, number))

    async def guesses(self, number: str, times: int = LOCKED_AFTER) -> None:
        wrong = f"{(int(pin_of(self.desk.vault, number)) + 1) % 10**6:06d}"
        for _ in range(times):
            assert await self.asks(number, wrong) is None

    def rows(self) -> int:
        with self.desk.reader.connect() as connection:
            return connection.scalar(select(func.count()).select_from(tables.pin_guesses)) or 0


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    """Ticket 0001 of that Monday, whose citizen hung up in the queue."""
    async with a_desk(tmp_path) as desk:
        await desk.record(Story().arrives().is_registered().queues(20).abandons(60).ends(60))
        yield Counter(desk)


MINE = TicketNumber(DAY, 1).digits


def goes_on(call_id: str, seconds: float, *, keyed_in: bool = False) -> Story:
    more = {"ticket_id": MINE, "keyed_in": keyed_in, "sop_version": OFFICE.sop.version}
    return Story(call_id).arrives(seconds).add(facts.TicketContinued, seconds + 5, "continued", **more)


# --- guessing ---


@pytest.mark.parametrize("pin", ["", "é", "१२३४५६", "\ud800", "0" * 500, " 000000"])
async def test_whatever_is_typed_for_a_pin_is_no_more_than_wrong(counter: Counter, pin: str):
    assert await counter.asks(MINE, pin) is None
    assert await counter.knows(MINE) is not None


async def test_a_ticket_whose_caller_withheld_the_number_costs_a_guesser_the_same_work(counter: Counter):
    await counter.desk.record(Story("pbx-2.0").arrives(70).is_registered(80), caller_number=None)
    nameless, unknown = TicketNumber(DAY, 2).digits, TicketNumber(DAY, 900).digits
    done = set()

    for number in (MINE, nameless, unknown, "12", ""):
        counter.said.clear()
        await counter.asks(number, "salah")
        done.add("\n".join(counter.said))

    assert len(done) == 1


async def test_nobody_locks_a_number_before_it_is_given_to_somebody(counter: Counter):
    tomorrow = TicketNumber(DAY, 2).digits
    await counter.guesses(tomorrow, 3 * LOCKED_AFTER)

    await counter.desk.journal.register(Registration("pbx-2.0", at(900)))

    assert await counter.knows(tomorrow) is not None


async def test_guesses_from_everywhere_find_nothing_fill_nothing_and_keep_nobody_waiting(counter: Counter):
    found, refused, done, numbers, waited_for = 0, 0, 0, [], []

    async def guess(n: int) -> None:
        nonlocal found, refused, done
        number = TicketNumber(DAY, 2 + n).digits if n % 10 else f"{n}"
        source = f"alamat {n % 900}" if n % 10 else f"alamat lain {n}"
        try:
            found += await counter.status.check(number, f"{n:06d}", source) is not None
        except AskedTooOften:
            refused += 1
        done += 1

    async def registers(n: int) -> None:
        before = done
        numbers.append(await counter.desk.journal.register(Registration(f"pbx-9{n}.0", at(700))))
        waited_for.append(done - before)

    for start in range(0, GUESSES, 500):
        await asyncio.gather(*map(guess, range(start, start + 500)), registers(start))

    assert (found, refused) == (0, 0), "so many addresses stay below what each may ask"
    assert counter.rows() <= 10**BUCKET_DIGITS
    assert len({one.ticket_id for one in numbers}) == GUESSES // 500
    assert max(waited_for) <= 3 * AT_ONCE, "who registers meanwhile waits for a few of them, not for all"
    assert await counter.knows(MINE) is not None


async def test_one_address_is_refused_long_before_it_finds_anything(counter: Counter):
    answered = 0
    for n in range(GUESSES):
        try:
            answered += await counter.status.check(TicketNumber(DAY, 1 + n).digits, "000000", "satu") is None
        except AskedTooOften:
            continue

    assert answered == 30


# --- the lock ---


async def test_a_right_pin_forgets_the_failures_before_it(counter: Counter):
    for _ in range(3):
        await counter.guesses(MINE, LOCKED_AFTER - 1)
        assert await counter.knows(MINE) is not None


async def test_a_lock_outlasts_every_pruning_and_opens_by_the_citizens_own_call(counter: Counter):
    await counter.guesses(MINE)
    counter.now += KEPT_FOR * 3
    await counter.asks("12", "x")

    locked = await counter.knows(MINE)
    await counter.desk.record(goes_on("pbx-2.0", (counter.now - MONDAY_MORNING).total_seconds() + 60))
    opened = await counter.knows(MINE)

    assert locked is None
    assert opened is not None


async def test_whoever_only_keys_in_the_number_from_elsewhere_opens_nothing_until_an_agent_answers(
    counter: Counter,
):
    await counter.guesses(MINE)
    stranger = goes_on("pbx-2.0", 700, keyed_in=True).queues(720)
    await counter.desk.record(stranger, caller_number="081299999999")
    before = await counter.knows(MINE)

    later = Story("pbx-2.0").rings(730).is_answered(735)
    await counter.desk.record(later)

    assert before is None
    assert await counter.knows(MINE) is not None


async def test_the_offices_call_to_the_citizen_opens_it_too(counter: Counter):
    await counter.guesses(MINE)
    with counter.desk.reader.connect() as connection:
        person_id = connection.scalar(select(tables.tickets.c.person_id))
    more = {"agent_id": "dewi", "ticket_id": MINE, "person_id": person_id, "queue": "dukcapil"}
    call = Story("balik-1").add(
        facts.CallBackPlaced, 800, "placed", sop_version=OFFICE.sop.version, **more
    ).add(facts.CitizenAnswered, 810, "reached", agent_id="dewi", leg_id="leg1")  # fmt: skip
    await counter.desk.record(call)

    assert await counter.knows(MINE) is not None


async def test_guessing_begins_anew_after_the_citizens_call(counter: Counter):
    await counter.guesses(MINE)
    await counter.desk.record(goes_on("pbx-2.0", 700))
    counter.now = at(900)

    await counter.guesses(MINE, LOCKED_AFTER - 1)
    still_open = await counter.knows(MINE)
    await counter.guesses(MINE)

    assert still_open is not None
    assert await counter.knows(MINE) is None


# --- what is told ---


async def test_a_date_that_is_past_is_told_as_missed_never_as_a_promise(counter: Counter):
    before = await counter.knows(MINE)
    counter.now += timedelta(days=90)
    after = await counter.knows(MINE)

    assert before is not None
    assert after is not None
    assert (before.promised_at, before.missed_at) == (before.call_by, None)
    assert (after.promised_at, after.missed_at) == (None, after.call_by)


async def test_whose_ticket_went_on_in_another_hears_how_that_one_stands(counter: Counter):
    await counter.desk.journal.register(Registration("pbx-2.0", at(100)))
    other = TicketNumber(DAY, 2).digits
    await counter.desk.record_case(CaseStory(MINE).add(Merged, 200, into_ticket_id=other, reason_id="t0"))
    merged = await counter.knows(MINE)
    case = CaseStory(other, None).entry_begins(300).complaint_is_recorded(310).is_sent(320).is_forwarded(330)
    await counter.desk.record_case(case)
    forwarded = await counter.knows(MINE)

    assert merged is not None
    assert forwarded is not None
    assert (merged.standing, forwarded.standing) == (Standing.REGISTERED, Standing.WITH_OFFICIAL)
    assert forwarded.ticket_id == MINE
    assert forwarded.is_open


async def test_what_is_kept_of_guesses_holds_no_pin(counter: Counter):
    await counter.guesses(MINE, 2)
    await counter.desk.journal.record(Report(Story().recaps(500).facts[0]))

    with counter.desk.reader.connect() as connection:
        kept = str(connection.execute(select(tables.pin_guesses)).all())
    pin = pin_of(counter.desk.vault, MINE)
    assert pin not in kept
    assert f"{int(pin) + 1:06d}" not in kept
