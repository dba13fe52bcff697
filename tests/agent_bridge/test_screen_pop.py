"""Right person, right pop: each agent sees the case of the caller on their own phone and no other."""

import random
from pathlib import Path

from agent_bridge.live.screen_pop import ScreenPop
from tests.builders import MONDAY_MORNING, OFFICE, Desk, Story, a_desk
from ticketing import facts
from ticketing.facts import Report
from ticketing.ledger.recorder import Registration
from ticketing.tickets.number import from_digits

CALLS = 300
LINES = [f"0812000{n:05d}" for n in range(60)]
"""Sixty lines for three hundred calls: families share them, and citizens redial."""


async def test_three_hundred_calls_on_shared_lines_pop_to_the_right_agent_with_their_own_ticket(
    tmp_path: Path,
):
    chance = random.Random(65)
    async with a_desk(tmp_path) as desk:
        pops = ScreenPop(desk.reader, lambda: OFFICE)
        tickets: dict[str, str] = {}
        lines: dict[str, str] = {}
        for n in range(CALLS):
            call_id, line = f"pbx-{n}", chance.choice(LINES)
            lines[call_id] = line
            tickets[call_id] = await register(desk, call_id, line, n)
            wanted, other = f"agent-{n}a", f"agent-{n}b"
            missed = n % 7 == 0
            story = Story(call_id, other if missed else wanted).queues(n + 5).rings(n + 6, f"leg-{n}")
            await desk.record(story)
            pops.prepare(call_id)
            assert shown(pops, story.agent_id) == (call_id, tickets[call_id])
            if missed:
                gone = Story(call_id, other).is_not_answered(n + 21, f"leg-{n}")
                await desk.record(gone)
                assert pops.for_agent(other) is None, "a ring not taken is withdrawn"
                await desk.record(Story(call_id, wanted).rings(n + 22, f"leg-{n}-2"))
                assert shown(pops, wanted) == (call_id, tickets[call_id])

        assert len(set(tickets.values())) == CALLS
        for n in range(CALLS):
            pop = pops.for_agent(f"agent-{n}a")
            assert pop is not None
            own_line = {t for c, t in tickets.items() if lines[c] == lines[f"pbx-{n}"]}
            assert {earlier.number for earlier in pop.caller.earlier} <= own_line
            assert tickets[f"pbx-{n}"] not in {earlier.number for earlier in pop.caller.earlier}


async def register(desk: Desk, call_id: str, line: str, n: int) -> str:
    await desk.record(Story(call_id).arrives(n), caller_number=line)
    first, again = [await desk.journal.register(Registration(call_id, MONDAY_MORNING)) for _ in range(2)]
    assert first == again
    return from_digits(first.ticket_id).written


def shown(pops: ScreenPop, agent_id: str) -> tuple[str, str] | None:
    pop = pops.for_agent(agent_id)
    return (pop.call_id, pop.ticket.number) if pop and pop.ticket else None


async def test_a_line_alone_makes_a_caller_maybe_known_and_a_keyed_number_known(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        pops = ScreenPop(desk.reader, lambda: OFFICE)
        number = await register(desk, "pbx-1", LINES[0], 0)
        await desk.record(
            Story("pbx-1").queues(5).rings(6).is_answered(7).stops_talking(9).ends(9).recaps(9.5)
        )

        async def call_again(call_id: str, *, keyed_in: bool) -> str:
            await desk.record(Story(call_id, call_id).arrives(10), caller_number=LINES[0])
            continued = facts.TicketContinued(
                key=f"{call_id}/continued", occurred_at=MONDAY_MORNING, call_id=call_id,
                ticket_id=from_digits(number).digits, keyed_in=keyed_in, sop_version=OFFICE.sop.version,
            )  # fmt: skip
            await desk.journal.record(Report(continued))
            await desk.record(Story(call_id, call_id).queues(15).rings(16, call_id))
            pop = pops.for_agent(call_id)
            assert pop is not None
            return pop.caller.standing

        assert await call_again("pbx-2", keyed_in=False) == "maybe"
        assert await call_again("pbx-3", keyed_in=True) == "known"


async def test_a_withheld_number_is_unknown_and_shows_nothing(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        pops = ScreenPop(desk.reader, lambda: OFFICE)
        for n in range(2):
            story = Story(f"pbx-{n}", f"agent-{n}").arrives().is_registered().queues(5).rings(6, f"leg{n}")
            await desk.record(story, caller_number="anonymous")

        pop = pops.for_agent("agent-1")
        assert pop is not None
        assert (pop.caller.masked_number, pop.caller.standing, pop.caller.earlier) == (None, "unknown", [])


async def test_hanging_up_while_it_rings_withdraws_the_pop(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        pops = ScreenPop(desk.reader, lambda: OFFICE)
        await desk.record(Story().arrives().is_registered().queues(5).rings(6))
        assert shown(pops, "dewi")

        await desk.record(Story().abandons(8).ends(8))

        assert pops.for_agent("dewi") is None
