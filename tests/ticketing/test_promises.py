"""Promises to citizens are counted from what happened: the call owed, the answer, the text."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.builders import OFFICE, CaseStory, Story, a_desk, at
from ticketing import case_facts, facts, tables
from ticketing.calls.call import Call, fold
from ticketing.case_facts import SYSTEM
from ticketing.reports.promised import Kept, Promised, answer_promised, calls_promised
from ticketing.reports.promises import promises
from ticketing.tickets.calendar import Calendar

CALENDAR = Calendar(OFFICE.hours)
CLOSING = 6 * 3600.0
"""The office closes at 15.00, six hours into the stories."""
DAY = 86400.0


def gives_up(call_id: str = "pbx-1.0", seconds: float = 0.0) -> Call:
    """Registered, waited a minute in the queue, gone."""
    story = Story(call_id).add(
        facts.CallArrived, seconds, "arrived", line="pbx", dialed_number="1500", person_id="p1"
    )
    story.is_registered(seconds + 6).queues(seconds + 20).abandons(seconds + 80).ends(seconds + 80)
    return fold(story.facts, call_id)


def is_called(seconds: float, talked: float = 60.0) -> Call:
    """The office called, and the citizen talked."""
    more = {"agent_id": "dewi", "ticket_id": "26112300424", "person_id": "p1", "queue": "dukcapil"}
    story = Story(f"out-{seconds}").add(
        facts.CallBackPlaced, seconds - 5, "placed", sop_version=OFFICE.sop.version, **more
    )
    story.add(facts.CitizenAnswered, seconds, "reached", agent_id="dewi", leg_id="leg1")
    return fold(story.stops_talking(seconds + talked).ends(seconds + talked).facts, story.call_id)


def put_off(case: CaseStory, missed: float, due: float) -> CaseStory:
    more = {"missed_at": at(missed), "due_at": at(due)}
    return case.add(case_facts.CallBackPutOff, missed + 1, SYSTEM, SYSTEM, **more)


def stands(calls: list[Call], case: CaseStory | None, seconds: float) -> list[Kept]:
    return [one.stands(at(seconds)) for one in calls_promised(calls, case.facts if case else [], CALENDAR)]


def test_a_call_owed_is_kept_late_put_off_or_open():
    gone = gives_up()
    postponed = put_off(CaseStory(), CLOSING, DAY)

    assert stands([gone], None, 3600) == [Kept.OPEN]
    assert stands([gone], None, CLOSING + 1) == [Kept.LATE], "due, and nobody called"
    assert stands([gone, is_called(3600)], None, 2 * DAY) == [Kept.KEPT]
    assert stands([gone, is_called(CLOSING + 60)], None, 2 * DAY) == [Kept.LATE]
    assert stands([gone], postponed, 2 * DAY) == [Kept.PUT_OFF]
    assert stands([gone, is_called(DAY)], postponed, 2 * DAY) == [Kept.PUT_OFF], "the first time was not kept"


def test_a_call_of_the_citizens_that_is_answered_keeps_the_promise_too():
    again = Story("pbx-2.0").arrives(900).is_registered(906).queues(920).rings(930).is_answered(935)

    assert stands([gives_up(), fold(again.facts, "pbx-2.0")], None, DAY) == [Kept.KEPT]


def test_an_office_call_that_is_gone_in_its_first_second_keeps_nothing():
    assert stands([gives_up(), is_called(3600, talked=0.5)], None, DAY) == [Kept.LATE]


def test_twenty_redials_in_vain_are_owed_one_call_by_the_first_due_time():
    redials = [gives_up(f"pbx-{n}.0", 90.0 * n) for n in range(20)]

    assert len(calls_promised(redials, [], CALENDAR)) == 1
    assert stands([*redials, is_called(3600)], None, DAY) == [Kept.KEPT]


def test_whoever_was_served_and_calls_in_vain_again_is_owed_another_call():
    calls = [gives_up(), is_called(3600), gives_up("pbx-9.0", 7200)]

    assert stands(calls, None, DAY) == [Kept.KEPT, Kept.LATE]


def test_nobody_is_owed_a_call_who_wants_text_only_or_whose_case_is_over_in_time():
    texts = CaseStory().add(case_facts.ContactPreferred, 100, person_id="p1", contact=case_facts.Contact.TEXT)
    withdrawn = CaseStory().add(case_facts.CaseCancelled, 3600, reason_id="t1")
    withdrawn_late = CaseStory().add(case_facts.CaseCancelled, CLOSING + 60, reason_id="t1")

    assert stands([gives_up()], texts, DAY) == []
    assert stands([gives_up()], withdrawn, DAY) == []
    assert stands([gives_up()], withdrawn_late, DAY) == [Kept.LATE]


@given(st.permutations([gives_up(), is_called(3600), gives_up("pbx-9.0", 7200), is_called(CLOSING + 60)]))
def test_the_order_in_which_calls_are_read_counts_for_nothing(calls: list[Call]):
    assert stands(calls, None, DAY) == [Kept.KEPT, Kept.LATE]


def answered(case: CaseStory, seconds: float) -> Kept | None:
    found = answer_promised(at(0), None, case.facts, OFFICE, CALENDAR)
    return found.stands(at(seconds)) if found else None


def test_an_answer_is_due_by_its_classs_limit_and_waiting_for_the_citizen_moves_it():
    limit = (CALENDAR.after(at(0), OFFICE.follow_up_class(None, None).limit) - at(0)).total_seconds()
    in_time = CaseStory().solution_is_written(50).solution_is_delivered(limit - 1)
    too_late = CaseStory().solution_is_written(50).solution_is_delivered(limit + 1)
    waited = CaseStory().add(case_facts.WaitForCitizenBegun, 3600, reason_id="t0")
    waited.add(case_facts.WaitForCitizenEnded, DAY, "dewi").solution_is_delivered(limit + 1)

    assert answered(CaseStory(), limit - 1) is Kept.OPEN
    assert answered(CaseStory(), limit) is Kept.LATE
    assert answered(in_time, 2 * limit) is Kept.KEPT
    assert answered(too_late, 2 * limit) is Kept.LATE
    assert answered(waited, 2 * limit) is Kept.KEPT
    assert answered(CaseStory().closes(1800), 2 * limit) is Kept.KEPT
    assert answered(CaseStory().add(case_facts.CaseCancelled, 1800, reason_id="t1"), 2 * limit) is None


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(-10, 10))
def test_what_was_kept_once_stays_kept_and_what_was_broken_is_never_made_good(
    kept: float, early: float, later: float
):
    promised = Promised(at(-20), at(0), at(kept))
    before, after = (promised.stands(at(seconds)) for seconds in sorted((early, later)))

    assert after is before or before is Kept.OPEN


async def test_the_ledgers_own_promises_are_counted(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        for n, ends in enumerate((80.0, 80.0)):
            story = Story(f"pbx-{n}.0").arrives().is_registered()
            more = {"queue": "dukcapil", "position": 2, "at_most_seconds": 60 + 60 * n}
            story.add(facts.WaitTold, 18, "wait", **more).queues(20).abandons(ends + n).ends(ends + n)
            await desk.record(story, f"08120000004{n}")
        talk = Story("pbx-2.0").arrives().is_registered().queues(20).rings(30).is_answered(35)
        await desk.record(talk.stops_talking(300).ends(300), "081200000049")
        with desk.engine.begin() as connection:
            connection.execute(insert(tables.outbox), [a_text(n, told) for n, told in enumerate(TOLD)])

        found = promises(desk.reader, OFFICE, at(-60), at(3600))
        due = promises(desk.reader, OFFICE, at(-60), at(CLOSING + 1))
        later = promises(desk.reader, OFFICE, at(DAY), at(DAY + 1))

    assert (found.waits_told, found.waits_false, found.waits_not_graded) == (2, 1, 1)
    assert (found.call_backs_promised, found.call_backs_open) == (2, 2)
    assert (due.call_backs_promised, due.call_backs_late) == (2, 2)
    assert (found.answers_promised, found.answers_open) == (3, 3)
    texts = (found.texts_promised, found.texts_in_time, found.texts_late, found.texts_owed)
    own = found.numbers_promised - len(TOLD), found.texts_owed - 1
    assert own[0] == own[1], "the numbers of the calls themselves are owed"
    assert texts == (found.numbers_promised, 1, 1, found.texts_owed)
    assert set(asdict(later).values()) == {0, None}, "nothing was promised since"


TOLD = (60.0, 61.0, None)


def a_text(n: int, told: float | None) -> dict[str, Any]:
    told_at = at(told) if told is not None else None
    row = {"key": f"2611230099{n}/number", "ticket_id": f"2611230099{n}", "kind": "number", "by_text": True}
    return row | {"owed_at": at(0), "told_at": told_at}


async def test_more_tickets_than_one_statement_names_are_each_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ticketing.reports.promises.PART", 7)
    async with a_desk(tmp_path) as desk:
        for n in range(24):
            story = Story(f"pbx-{n}.0").arrives(n).is_registered(n + 6).queues(n + 20).abandons(n + 80)
            await desk.record(story.ends(n + 80), f"0812000{n:05d}")
        found = promises(desk.reader, OFFICE, at(-60), at(3600))

    assert (found.call_backs_promised, found.answers_promised) == (24, 24)
