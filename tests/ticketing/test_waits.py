"""The wait that is told: an upper bound from the queue's own past, and the grade it gets afterwards."""

import dataclasses
import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import OFFICE, Desk, Story, a_desk, at
from ticketing import facts
from ticketing.calls.call import fold
from ticketing.waits import reading
from ticketing.waits.forecast import (
    Experience,
    Floor,
    Grade,
    Served,
    Untold,
    Wait,
    bound_seconds,
    grade,
    learn,
    outlook,
)
from ticketing.waits.grades import told_waits
from ticketing.waits.reading import STALE_SECONDS, Forecaster

EXPERIENCE = st.builds(
    Experience,
    handle_seconds=st.floats(30, 3600),
    correction=st.floats(-1, 20),
    waits=st.just(200),
    level=st.just(0.1),
)
FLOOR = Floor(serving=5, free=0, closes=None, most_wait_seconds=1800)


@given(EXPERIENCE, st.integers(1, 20), st.integers(1, 200))
def test_a_later_place_is_told_no_shorter_wait_and_nobody_less_than_a_minute(
    experience: Experience, serving: int, position: int
):
    here, behind = (bound_seconds(experience, serving, place) for place in (position, position + 1))

    assert 60 <= here <= behind
    assert here % 60 == 0


@given(EXPERIENCE, st.integers(1, 20), st.integers(1, 50))
def test_more_agents_make_no_wait_longer(experience: Experience, serving: int, position: int):
    assert bound_seconds(experience, serving + 1, position) <= bound_seconds(experience, serving, position)


def test_nothing_is_told_where_it_could_not_be_kept():
    known = Experience(handle_seconds=500, correction=1.0, waits=200, level=0.1)
    told = outlook(known, FLOOR, 3, 0.0)

    assert told == 540, "5 agents: 100 s a place, and 100 s times 3 ** 0.65 more, rounded up"
    assert outlook(known, dataclasses.replace(FLOOR, serving=0), 3, 0.0) is Untold.NOBODY_SERVES
    assert outlook(None, FLOOR, 3, 0.0) is Untold.TOO_LITTLE_KNOWN
    assert outlook(known, dataclasses.replace(FLOOR, free=3), 3, 0.0) is Untold.AT_ONCE
    assert outlook(known, dataclasses.replace(FLOOR, closes=539.0), 3, 0.0) is Untold.PAST_CLOSING
    assert outlook(known, FLOOR, 30, 0.0) is Untold.TOO_LONG


def test_a_wait_is_graded_by_what_became_of_it():
    told = Wait(since=0.0, position=3, told_seconds=300)

    assert grade(told, 299.0) is Grade.OPEN
    assert grade(told, 301.0) is Grade.FALSE, "still waiting"
    assert grade(dataclasses.replace(told, answered=300.0), 900.0) is Grade.TRUE
    assert grade(dataclasses.replace(told, answered=301.0), 900.0) is Grade.FALSE
    assert grade(dataclasses.replace(told, gone=301.0), 900.0) is Grade.FALSE, "gone after it, unserved"
    assert grade(dataclasses.replace(told, gone=299.0), 900.0) is Grade.NOT_GRADED
    assert grade(dataclasses.replace(told, told_seconds=None), 900.0) is None


def a_past(
    waits: int = 120, seed: int = 1, told_seconds: int | None = None
) -> tuple[list[Served], list[Wait]]:
    """Four agents, calls of 400 s one after the other; waits at places two to six, as luck makes them."""
    draw = random.Random(seed)
    served = [Served(f"a{n % 4}", n * 100.0, n * 100.0 + 395) for n in range(waits + 20)]
    past = []
    for n in range(waits):
        since, position = 2000.0 + n * 100, 2 + n % 5
        answered = since + position * 100 * draw.uniform(0.5, 1.5)
        past.append(Wait(since, position, told_seconds, answered))
    return served, past


def test_nothing_is_known_of_a_queue_with_too_short_a_past():
    served, past = a_past()

    assert learn(served, past[:29], 1e9) is None
    assert learn(served[:10], past, 1e9) is None
    assert learn(served, past, 1e9) is not None


def test_what_is_learned_holds_for_nine_in_ten_of_the_waits_it_was_learned_from():
    served, past = a_past()
    known = learn(served, past, 1e9)
    assert known

    kept = [bound_seconds(known, 4, one.position) >= (one.answered or 0) - one.since for one in past]

    # Whole minutes come in steps, so a little more than nine in ten.
    assert 0.9 <= sum(kept) / len(kept) <= 0.95


def test_misses_make_the_next_bounds_longer_and_true_ones_shorter():
    too_short, generous = (learn(*a_past(told_seconds=seconds), at=1e9) for seconds in (60, 3600))

    assert too_short
    assert generous
    assert too_short.level < 0.10 < generous.level
    assert too_short.correction > generous.correction


def test_one_who_waited_alone_and_untold_teaches_nothing():
    served, past = a_past()
    alone = [dataclasses.replace(one, position=1) for one in past]

    assert learn(served, alone, 1e9) is None


@given(st.permutations(range(12)))
def test_the_order_of_rows_teaches_nothing(order: list[int]):
    served, past = a_past(60, told_seconds=300)
    shuffled = [past[n] for n in order] + past[12:]

    assert learn(reversed(served), shuffled, 1e9) == learn(served, past, 1e9)


def test_calls_the_office_makes_cost_the_callers_time():
    served, past = a_past()
    outward = [dataclasses.replace(one, outward=n % 2 == 0) for n, one in enumerate(served)]
    alone, shared = learn(served, past, 1e9), learn(outward, past, 1e9)

    assert alone
    assert shared
    assert shared.handle_seconds == pytest.approx(2 * alone.handle_seconds)


def test_told_waits_are_counted_by_the_offices_hour_and_day():
    nine_o_clock = at(0).timestamp()
    waits = [
        Wait(nine_o_clock, 2, 120, answered=nine_o_clock + 60),
        Wait(nine_o_clock + 3600, 2, 120, answered=nine_o_clock + 3600 + 121),
        Wait(nine_o_clock + 86400, 2, 120, gone=nine_o_clock + 86400 + 5),
        Wait(nine_o_clock, 2, None, answered=nine_o_clock + 60),
    ]
    told = told_waits(waits)

    assert told.total.to_json() == {
        "told": 3, "true": 1, "false": 1, "not_graded": 1, "open": 0, "share": 0.5,
    }  # fmt: skip
    assert {hour: tally.told for hour, tally in told.by_hour.items()} == {9: 2, 10: 1}
    assert [day.isoformat() for day in told.by_day] == ["2026-11-23", "2026-11-24"]
    assert told.worst_day == at(0).date()


# --- the promise in a call ---


def a_told_call(*told: tuple[float, int]) -> Story:
    story = Story().arrives().is_registered()
    for seconds, at_most in told:
        more = {"queue": "dukcapil", "position": 4, "at_most_seconds": at_most}
        story.add(facts.WaitTold, seconds, f"wait/{seconds}", **more)
    return story.queues(21)


def test_whoever_is_told_again_is_owed_the_promise_that_runs_out_first():
    longer, shorter = a_told_call((20, 300), (80, 600)), a_told_call((20, 300), (80, 120))

    for known, expected in ((longer, (at(20), 300)), (shorter, (at(80), 120))):
        call = fold(known.facts, known.call_id)
        assert (call.told_wait_at, call.told_wait_seconds) == expected
        assert (call.told_wait_position, call.queued_position) == (4, 1)


# --- the forecast on a ledger ---


async def a_morning(desk: Desk, calls: int = 90) -> None:
    """Three agents, ten minutes a call, each behind others; then all of them are ready."""
    for n in range(calls):
        agent, begins = f"a{n % 3}", n * 200.0
        story = Story(f"pbx-{n}.0", agent).arrives(begins)
        story.add(facts.CallQueued, begins + 20, "queued", queue="dukcapil", position=3).rings(
            begins + 600, f"leg{n}"
        ).is_answered(begins + 605, f"leg{n}")
        story.stops_talking(begins + 1000, f"leg{n}").ends(begins + 1000).recaps(begins + 1190)
        await desk.record(story)
    for agent in ("a0", "a1", "a2"):
        for kind, seconds in ((facts.AgentSignedIn, -60), (facts.AgentBecameReady, -50)):
            more = {"phone": f"PJSIP/{agent}"} if kind is facts.AgentSignedIn else {}
            key = f"{agent}/{kind.kind}"
            fact = kind(key=key, occurred_at=at(seconds), agent_id=agent, **more)
            await desk.journal.record(facts.Report(fact))


async def test_the_ledgers_own_rows_foretell_the_wait_and_a_restart_changes_nothing(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        moment = [at(90 * 200.0)]
        first, again = (Forecaster(desk.reader, lambda: moment[0], lambda: OFFICE) for _ in range(2))
        before = first.outlook("dukcapil", 4)
        first.refresh()
        again.refresh()
        told = [first.at_most_seconds("dukcapil", place) for place in (4, 5, 6)]

        assert before is Untold.TOO_LITTLE_KNOWN
        assert told == [again.at_most_seconds("dukcapil", place) for place in (4, 5, 6)]
        assert None not in told
        assert told == sorted(told)
        assert first.outlook("tidak-ada", 4) is Untold.TOO_LITTLE_KNOWN
        moment[0] += timedelta(seconds=STALE_SECONDS + 1)
        assert first.at_most_seconds("dukcapil", 4) is None, "that view is old"


async def test_told_waits_stand_in_the_ledger_with_their_grades(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        for n, (told, answered) in enumerate(((300, 200.0), (120, 200.0), (600, None))):
            story = Story(f"pbx-{n}.0").arrives()
            more = {"queue": "dukcapil", "position": 2, "at_most_seconds": told}
            story.add(facts.WaitTold, 20, "wait", **more).queues(21)
            if answered:
                story.rings(answered, f"leg{n}").is_answered(answered, f"leg{n}")
            else:
                story.abandons(100).ends(100)
            await desk.record(story)
        forecaster = Forecaster(desk.reader, lambda: at(3600), lambda: OFFICE)

        figures = forecaster.told("dukcapil", at(-60)).total

    assert (figures.told, figures.true, figures.false, figures.not_graded) == (3, 1, 1, 1)


async def test_looking_at_the_ledger_reads_no_more_rows_as_it_grows(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        with desk.engine.connect() as connection:
            for statement in reading.latest("dukcapil", at(0)):
                compiled = statement.compile(desk.engine, compile_kwargs={"literal_binds": True})
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
                told = " ".join(row[3] for row in plan)
                assert "ix_calls_queue_" in told
                assert "_at>?" in told, told
                assert "TEMP B-TREE" not in told, told
