"""The fold of a call: any order, repetition or late arrival of its facts ends in the same call."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import OFFICE, Story, an_answered_call, at
from ticketing import facts
from ticketing.calls.call import CallPhase, fold
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import CallBackReason, EndedBy, Provenance
from ticketing.ledger.folded import fold_call
from ticketing.sop.run import steps_of
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.ticket import TicketState, call_back_after, state_after

ANSWERED = an_answered_call()


def folded(story: Story):
    return fold(story.facts, story.call_id)


@given(st.randoms(use_true_random=False), st.data())
def test_any_order_and_repetition_of_facts_folds_to_the_same_call(
    shuffle: random.Random, data: st.DataObject
):
    told = ANSWERED.facts + data.draw(st.lists(st.sampled_from(ANSWERED.facts)))
    shuffle.shuffle(told)

    assert fold(told, ANSWERED.call_id) == folded(ANSWERED)
    assert steps_of(OFFICE.sop, told) == steps_of(OFFICE.sop, ANSWERED.facts)


@given(st.sets(st.sampled_from(range(len(ANSWERED.facts)))))
def test_facts_that_were_missed_and_come_late_make_no_difference(missed: set[int]):
    in_time = [fact for n, fact in enumerate(ANSWERED.facts) if n not in missed]
    late = [fact for n, fact in enumerate(ANSWERED.facts) if n in missed]

    assert fold([*in_time, *late], ANSWERED.call_id) == folded(ANSWERED)


@given(st.sets(st.sampled_from(range(len(ANSWERED.facts)))))
def test_every_ended_call_has_an_outcome_whatever_was_missed(kept: set[int]):
    call = fold([ANSWERED.facts[n] for n in kept], ANSWERED.call_id)

    assert (outcome(call) is not None) == (call.ended_at is not None or call.talk_ended_at is not None)


def test_a_talk_whose_end_the_queue_did_not_report_ends_with_the_agents_channel():
    story = Story().arrives().is_registered().queues(5).rings(6).is_answered(8).closes(40)
    story.add(facts.AgentLegEnded, 42, "leg-ended", leg_id="leg1").ends(42.001).recaps(60)

    folded_call = fold_call(story.facts, story.call_id, OFFICE.sop)

    seconds = {t.step.number: (t.seconds, t.ended_by) for t in folded_call.steps}
    assert folded_call.call.talk_seconds == 34
    assert seconds[13] == (2, Provenance.INFERRED)
    assert seconds[14][0] == 18


def test_a_call_the_pbx_died_under_is_cut_off_and_owed_a_call():
    waiting = Story().arrives().is_registered().queues(5).ends(30).add(facts.CallCutOff, 30, "cut-off")
    talking = Story().arrives().is_registered().queues(5).rings(6).is_answered(8).ends(30)
    talking.add(facts.CallCutOff, 30, "cut-off")

    assert outcome(folded(waiting)) is Outcome.CUT_OFF
    assert outcome(folded(talking)) is Outcome.ANSWERED
    for story in (waiting, talking):
        call = replace(folded(story), person_id="somebody")
        call_back = call_back_after(call, Calendar(OFFICE.hours))
        assert call_back is not None
        assert call_back.reason is CallBackReason.CUT_OFF


@pytest.mark.parametrize(("seconds", "owed"), [(0.9, CallBackReason.ABANDONED), (1.0, None)])
def test_who_is_gone_in_the_first_second_of_the_talk_is_owed_a_call(
    seconds: float, owed: CallBackReason | None
):
    story = Story().arrives().is_registered().queues(5).rings(6).is_answered(8)
    story.stops_talking(8 + seconds).ends(8 + seconds)
    call = replace(folded(story), person_id="somebody")

    call_back = call_back_after(call, Calendar(OFFICE.hours))

    assert outcome(call) is Outcome.ANSWERED, "as the PBX's books have it"
    assert (call_back and call_back.reason) == owed
    assert state_after(call) == (TicketState.ABANDONED if owed else TicketState.WITH_AGENT)


def test_an_answered_call_counts_its_waiting_and_talking():
    call = folded(ANSWERED)

    assert call.phase is CallPhase.OVER
    assert call.wait_seconds == 20
    assert call.talk_seconds == 63
    assert [ring.leg_id for ring in call.rings] == ["leg1", "leg2"]


def test_a_call_occupies_the_agent_who_is_rung_then_the_one_who_answered_until_the_recap():
    story = Story().arrives().queues(5).rings(6)
    assert folded(story).engaged_agent_id == "dewi"

    story.is_not_answered(21)
    assert folded(story).engaged_agent_id is None
    assert folded(story).phase is CallPhase.WAITING

    story.agent_id = "rini"
    story.rings(22, "leg2").is_answered(24, "leg2").stops_talking(60, "leg2").ends(60)
    assert folded(story).engaged_agent_id == "rini"
    assert folded(story).phase is CallPhase.WRAP_UP

    assert folded(story.recaps(90)).engaged_agent_id is None


def test_a_hang_up_of_the_caller_ends_a_talk_whose_end_nobody_saw():
    call = folded(Story().arrives().queues(5).rings(6).is_answered(8).ends(50))

    assert call.talk_seconds == 42
    assert outcome(call) is Outcome.ANSWERED


def test_a_talk_the_agent_ended_on_the_page_was_ended_by_the_agent():
    story = Story().arrives().queues(5).rings(6).is_answered(8).stops_talking(40).ends(40)
    assert folded(story).ended_by is EndedBy.CALLER, "as Asterisk says, whoever it was"

    story.add(facts.AgentHungUp, 40.01, "hung-up", agent_id="dewi")

    assert folded(story).ended_by is EndedBy.AGENT


def test_a_key_pressed_while_waiting_keeps_the_wait_going():
    story = Story().arrives().queues(10).leaves_queue(20).queues(23, "queued/2")

    assert folded(story).phase is CallPhase.WAITING
    assert folded(story.rings(29).is_answered(30)).wait_seconds == 20


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (Story().arrives().ends(2), Outcome.LEFT_IN_GREETING),
        (Story().arrives().enters_menu().ends(6), Outcome.LEFT_IN_REGISTRATION),
        (Story().arrives().enters_menu().is_registered().ends(8), Outcome.LEFT_HEARING_NUMBER),
        (Story().arrives().is_registered().queues(20).abandons(24).ends(24), Outcome.SHORT_ABANDON),
        (Story().arrives().enters_menu().is_registered().queues(20).abandons(60).ends(60), Outcome.ABANDONED),
        (Story().arrives().queues(2).rings(9).abandons(12).ends(12), Outcome.ABANDONED_RINGING),
        (Story().arrives().is_registered().queues(20).rings(40).is_answered(41).ends(42), Outcome.ANSWERED),
        (
            Story().arrives().is_registered().queues(20).add(
                facts.QueueGaveUp, 99, "gave-up", queue="dukcapil", status="TIMEOUT"
            ).ends(105),
            Outcome.TURNED_AWAY,
        ),
        (
            Story().arrives().is_registered().queues(20).add(
                facts.QueueGaveUp, 99, "gave-up", queue="dukcapil", status="CLOSED"
            ).ends(105),
            Outcome.QUEUE_CLOSED,
        ),
        (
            Story().arrives().is_registered().add(
                facts.CallBackPromised, 20, "call-back", due_at=at(9e4), reason=CallBackReason.AFTER_HOURS
            ).ends(30),
            Outcome.AFTER_HOURS,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Outcome) else "",
)  # fmt: skip
def test_where_the_caller_hung_up_decides_the_outcome(story: Story, expected: Outcome):
    assert outcome(folded(story)) is expected


def test_a_ring_given_up_long_before_the_hang_up_was_no_ringing_abandon():
    story = Story().arrives().is_registered().queues(20).rings(25).is_not_answered(40).abandons(44).ends(44)

    assert outcome(folded(story)) is Outcome.ABANDONED


def test_the_steps_of_the_sop_are_timed_by_the_facts_that_bound_them():
    seconds = {t.step.number: (t.seconds, t.within) for t in steps_of(OFFICE.sop, ANSWERED.facts)}

    assert seconds[2] == (18, True)
    assert seconds[3] == (20, True)
    assert seconds[4] == (3, True), "the ring that was answered counts, not the one that was not"
    assert seconds[13] == (4, True)
    assert seconds[14] == (96, True)


def test_a_caller_who_goes_straight_to_a_person_ends_registration_by_queueing():
    story = Story().arrives().enters_menu().is_registered(8).queues(9)

    timings = {t.step.number: t for t in steps_of(OFFICE.sop, story.facts)}
    assert timings[2].seconds == 9
    assert timings[3].ended_at is None


def test_a_caller_who_was_handed_on_is_held_by_nobody_of_ours():
    story = Story().arrives().is_registered().queues(5).rings(6).is_answered(8)
    story.add(facts.TalkEnded, 40, "talk-ended", agent_id="dewi", leg_id="leg1", ended_by=EndedBy.TRANSFER)
    story.add(facts.CallHeld, 50, "held", leg_id="leg2").add(facts.CallResumed, 90, "resumed", leg_id="leg2")

    call = folded(story.ends(120))

    assert (call.talk_seconds, call.hold_seconds, call.ended_by) == (32, 0, EndedBy.TRANSFER)
