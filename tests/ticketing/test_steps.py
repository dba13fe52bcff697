"""The steps of a case, from the registration to the recap: the SOP's own stories, and what may go wrong."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import OFFICE, TICKET, CaseStory, Story, a_call_talked, a_case_to_the_faq, at
from ticketing.case_facts import Channel, ReferredElsewhere, Track
from ticketing.facts import Fact, Provenance
from ticketing.ledger.folded import fold_call
from ticketing.sop.run import StepTiming, missing, steps_of
from ticketing.tickets.case import Stage
from ticketing.tickets.folding import fold

CHILD = "26112300435"


def facts_of(call: Story | None, case: CaseStory) -> list[Fact]:
    return [*(call.facts if call else []), *case.facts]


def steps(call: Story | None, case: CaseStory) -> tuple[StepTiming, ...]:
    return steps_of(OFFICE.sop, facts_of(call, case))


def left_out(call: Story | None, case: CaseStory) -> tuple[int, ...]:
    return missing(OFFICE.sop, facts_of(call, case), steps(call, case))


def rounds(timings: Sequence[StepTiming], number: int) -> list[tuple[int, float | None]]:
    return [(t.round, t.seconds) for t in timings if t.step.number == number]


def spans(timings: Sequence[StepTiming]) -> dict[int, float | None]:
    return {t.step.number: t.seconds for t in timings}


def share_seen(timings: Sequence[StepTiming]) -> float:
    timed = [t for t in timings if t.step.standard_seconds]
    marks = [mark for t in timed for mark in (t.started_by, t.ended_by) if mark]
    return sum(mark in (Provenance.OBSERVED, Provenance.INFERRED) for mark in marks) / len(marks)


def solved_by_the_faq() -> tuple[Story, CaseStory]:
    case = a_case_to_the_faq().solution_is_written(400).solution_is_delivered(420, from_faq=True)
    return a_call_talked(470, closing=466).recaps(600), case.is_confirmed(460).is_recapped(560).closes(561)


def escalated_with_the_call_held() -> tuple[Story, CaseStory]:
    case = a_case_to_the_faq().opens_dispatch(300).is_sent(330)
    case.is_forwarded(370, consult_until=550).consult_is_accepted(400)
    case.solution_is_written(600, "pejabat.dafduk.1", "official").solution_is_delivered(640)
    case.is_confirmed(680).is_recapped(800).closes(801)
    return a_call_talked(700, closing=690).recaps(820), case


def deferred() -> tuple[Story, CaseStory]:
    case = a_case_to_the_faq().opens_dispatch(300).is_sent(330, Track.DEFERRED).is_recapped(450)
    case.is_forwarded(4000).is_followed_up(5000)
    case.solution_is_written(6000, "pejabat.dafduk.1", "official")
    case.solution_is_delivered(7000, Channel.CALL_BACK).is_confirmed(7040).closes(7100)
    return a_call_talked(370, closing=362).recaps(460), case


def returned_and_forwarded_again() -> tuple[Story, CaseStory]:
    case = a_case_to_the_faq().opens_dispatch(300).is_sent(330, Track.DEFERRED).is_recapped(450)
    case.is_forwarded(400).is_returned(900).is_forwarded(950, "pejabat.dafduk.2")
    case.solution_is_written(1500, "pejabat.dafduk.2", "official").solution_is_delivered(1600)
    return a_call_talked(370, closing=362).recaps(460), case.is_confirmed(1630).closes(1700)


STORIES = (solved_by_the_faq, escalated_with_the_call_held, deferred, returned_and_forwarded_again)


def test_a_case_the_faq_solves_takes_steps_2_to_8_and_12_to_14():
    call, case = solved_by_the_faq()

    assert [t.step.number for t in steps(call, case)] == [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15]
    assert spans(steps(call, case)) == {
        1: 0, 2: 18, 3: 20, 4: 3, 5: 5, 6: 104, 7: 90, 8: 180, 12: 40, 13: 4, 14: 90, 15: 0
    }  # fmt: skip
    assert left_out(call, case) == ()


def test_a_case_for_an_official_takes_all_steps_in_order_while_the_call_is_held():
    call, case = escalated_with_the_call_held()

    found = steps(call, case)
    assert [t.step.number for t in found] == list(range(1, 16))
    assert [t.started_at for t in found[:14]] == sorted(t.started_at for t in found[:14])
    assert spans(found)[9] == 30
    assert spans(found)[10] == 40
    assert spans(found)[11] == 270
    assert {t.step.number: t.by for t in found if t.by}[10] == "sari"
    assert left_out(call, case) == ()


def test_a_deferred_case_is_confirmed_twice_and_answered_long_after_the_call():
    call, case = deferred()

    found = steps(call, case)
    assert rounds(found, 9) == [(1, 30)]
    assert rounds(found, 12) == [(1, 32), (2, 40)]
    assert rounds(found, 13) == [(1, 8)]
    assert rounds(found, 11) == [(1, 3000)]
    assert next(t for t in found if t.step.number == 15).ended_at == at(7100), (
        "the case's end, not the call's"
    )
    assert next(t for t in found if t.step.number == 10).within is False
    assert left_out(call, case) == ()


def test_a_complaint_an_official_returns_is_forwarded_and_answered_in_a_second_round():
    call, case = returned_and_forwarded_again()

    found = steps(call, case)
    assert rounds(found, 9) == [(1, 30)]
    assert rounds(found, 10) == [(1, 70), (2, 50)]
    assert rounds(found, 11) == [(1, 500), (2, 650)]
    assert left_out(call, case) == ()


def test_what_a_dispatcher_returns_is_sent_again_in_a_second_round():
    case = a_case_to_the_faq().opens_dispatch(300).is_sent(330).is_returned(360, "sari", "dispatcher")
    case.is_sent(400).is_forwarded(430)

    assert rounds(steps(None, case), 9) == [(1, 30), (2, 0)]
    assert rounds(steps(None, case), 10) == [(1, 30), (2, 30)]
    assert fold(case.facts, TICKET).stage is Stage.WITH_OFFICIAL


def test_a_second_complaint_begins_at_step_5_and_owes_nothing_of_the_steps_before():
    call = a_call_talked(900, closing=890).recaps(1000)
    case = CaseStory(CHILD).is_opened_beside(500).entry_begins(507).complaint_is_recorded(600)
    case.outline_is_written(650).solution_is_delivered(700).is_confirmed(720).is_recapped(990).closes(995)
    since = Story()
    since.facts = [fact for fact in call.facts if fact.occurred_at >= at(500)]

    assert spans(steps(since, case)) == {5: 7, 6: 93, 7: 50, 8: 50, 12: 20, 13: 10, 14: 90, 15: 0}
    assert left_out(since, case) == ()


def test_who_hangs_up_at_step_7_leaves_it_open_and_is_called_back():
    call = a_call_talked(200).recaps(260)
    case = CaseStory().entry_begins(46).complaint_is_recorded(150)
    assert spans(steps(call, case))[7] is None
    assert left_out(call, case) == (7, 8, 12, 15)

    case.outline_is_written(300).opens_faq(310).is_called_back(500)
    case.solution_is_delivered(560, Channel.CALL_BACK).is_confirmed(580).is_recapped(600).closes(601)
    assert left_out(call, case) == ()
    assert spans(steps(call, case))[13] == 0


def test_who_gave_up_waiting_is_heard_from_the_call_back_on():
    call = Story().arrives().is_registered().hears_number(13, 1).queues(21).abandons(60).ends(60)
    case = CaseStory().is_called_back(400, reached=False).is_called_back(1000).entry_begins(1004)
    case.complaint_is_recorded(1100).opens_faq(1150)
    case.solution_is_delivered(1300, Channel.CALL_BACK).is_confirmed(1320).is_recapped(1400).closes(1401)

    assert spans(steps(call, case)) == {1: 0, 2: 21, 3: 39, 5: 4, 6: 96, 7: 50, 8: 150, 12: 20, 14: 0, 15: 0}
    assert left_out(call, case) == ()


def test_who_finds_the_answer_before_the_complaint_is_recorded_has_analysed_and_searched():
    case = CaseStory().entry_begins(46).opens_faq(60).complaint_is_recorded(150)
    case.solution_is_written(180).solution_is_delivered(200)

    found = spans(steps(a_call_talked(300), case))
    assert (found[7], found[8]) == (30, 20)


def test_a_matter_for_another_agency_is_told_and_confirmed():
    case = a_case_to_the_faq().opens_dispatch(300).is_sent(330)
    case.add(ReferredElsewhere, 360, "sari", "dispatcher", belongs_to="lapor", text_id="t9")
    case.is_confirmed(400).is_recapped(500).closes(501)

    call = a_call_talked(420).recaps(510)
    assert rounds(steps(call, case), 12) == [(1, 40)]
    assert left_out(call, case) == ()


def test_a_step_may_be_skipped_for_a_reason_and_then_has_no_seconds():
    call, case = a_call_talked(900).recaps(960), CaseStory().entry_begins(46).complaint_is_recorded(150)
    case.skips(160, 7).skips(161, 8).solution_is_delivered(200).is_confirmed(230).closes(961)

    skipped = [t for t in steps(call, case) if t.skip_reason_id]
    assert [(t.step.number, t.seconds, t.within, t.by) for t in skipped] == [
        (7, None, None, "dewi"),
        (8, None, None, "dewi"),
    ]
    assert left_out(call, case) == ()


def test_what_was_over_before_a_skip_stands():
    call, case = a_call_talked(370, closing=362), a_case_to_the_faq().is_sent(330, Track.DEFERRED)
    case.is_forwarded(400).solution_is_delivered(900, Channel.MESSAGE).skips(1000, 12)

    twelve = [t for t in steps(call, case) if t.step.number == 12]
    assert [(t.round, t.seconds, t.skip_reason_id is None) for t in twelve] == [
        (1, 32, True),
        (2, None, False),
    ]


def test_a_step_somebody_declares_done_is_over():
    case = CaseStory().entry_begins(46).complaint_is_recorded(150).declares_done(170, 7)

    seven = next(t for t in steps(a_call_talked(900), case) if t.step.number == 7)
    assert (seven.seconds, seven.ended_by) == (20, Provenance.DECLARED)


@pytest.mark.parametrize(("begun_at", "seconds"), [(44.0, 3.0), (51.0, 10.0), (80.0, 10.0)])
def test_the_question_is_heard_at_the_first_keystroke_or_after_ten_seconds(begun_at: float, seconds: float):
    five = next(t for t in steps(a_call_talked(), CaseStory().entry_begins(begun_at)) if t.step.number == 5)

    assert five.seconds == seconds
    assert five.ended_by is Provenance.INFERRED
    assert five.within is True


def test_step_5_runs_until_something_later_is_known():
    story = Story().arrives().is_registered().queues(21).rings(38).is_answered(41)

    five = next(t for t in steps(story, CaseStory()) if t.step.number == 5)
    assert five.ended_at is None


def test_each_boundary_says_how_it_is_known():
    call, case = solved_by_the_faq()

    known = {t.step.number: (t.started_by.value, t.ended_by and t.ended_by.value) for t in steps(call, case)}
    assert known[2] == known[3] == known[4] == ("observed", "observed")
    assert known[5] == ("observed", "inferred")
    assert known[6] == known[7] == known[8] == ("inferred", "inferred")
    assert known[12] == ("inferred", "inferred")
    assert known[13] == ("observed", "observed")
    assert known[14] == ("observed", "inferred")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_nine_of_ten_boundaries_are_seen_or_read_off_what_people_did(story):
    assert share_seen(steps(*story())) >= 0.9


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_story_ends_closed_told_confirmed_and_recapped(story):
    case = fold(story()[1].facts, TICKET)

    assert case.stage is Stage.CLOSED
    assert case.delivered is not None
    assert case.satisfied
    assert case.recap is not None


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_calls_own_steps_are_the_same_in_its_case(story):
    call, case = story()

    of_call = {t.step.number: t for t in fold_call(call.facts, call.call_id, OFFICE.sop).steps}
    of_case = {t.step.number: t for t in steps(call, case) if t.round == 1}
    for number in (1, 2, 3, 4, 13):
        assert of_case[number] == of_call[number]


@given(st.sampled_from(STORIES), st.randoms(use_true_random=False), st.data())
def test_any_order_and_repetition_of_facts_is_the_same_case_with_the_same_steps(
    story, shuffle: random.Random, data: st.DataObject
):
    call, case = story()
    told = facts_of(call, case)
    again = told + data.draw(st.lists(st.sampled_from(told)))
    shuffle.shuffle(again)
    of_case = [fact for fact in again if fact in case.facts]

    assert fold(of_case, TICKET) == fold(case.facts, TICKET)
    assert steps_of(OFFICE.sop, again) == steps_of(OFFICE.sop, told)


@given(st.data())
def test_facts_of_one_instant_fold_to_the_same_case_in_any_order(data: st.DataObject):
    _, case = returned_and_forwarded_again()
    moved = [type(f)(**{n: getattr(f, n) for n in f.__struct_fields__} | {"occurred_at": at(100)})
             for f in case.facts]  # fmt: skip

    assert fold(data.draw(st.permutations(moved)), TICKET) == fold(moved, TICKET)
