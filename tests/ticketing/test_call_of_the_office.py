"""A call the office makes: where it stands, whom it occupies, how it ends, in whatever order it is told."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import OFFICE, CallBackStory, Story, a_call_back_talked
from ticketing import facts
from ticketing.calls.call import CallPhase, fold
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import EndedBy
from ticketing.ledger.folded import fold_call
from ticketing.reports.balance import unexplained

TALKED = a_call_back_talked()


def folded(story: Story):
    return fold(story.facts, story.call_id)


def a_call_that_reached_nobody(status: str = "BUSY") -> CallBackStory:
    story = CallBackStory().is_placed().reaches_nobody(12, status)
    story.ends(12.001)
    return story


@pytest.mark.parametrize("story", [TALKED, a_call_that_reached_nobody()])
@given(shuffle=st.randoms(use_true_random=False), data=st.data())
def test_any_order_and_repetition_of_its_facts_folds_to_the_same_call(
    story: Story, shuffle: random.Random, data: st.DataObject
):
    told = story.facts + data.draw(st.lists(st.sampled_from(story.facts)))
    shuffle.shuffle(told)

    assert fold(told, story.call_id) == folded(story)


@given(st.sets(st.sampled_from(range(1, len(TALKED.facts)))))
def test_whatever_was_missed_it_has_an_outcome_once_it_ended(kept: set[int]):
    call = fold([TALKED.facts[0], *(TALKED.facts[n] for n in kept)], TALKED.call_id)

    assert (outcome(call) is not None) == (call.ended_at is not None or call.talk_ended_at is not None)


def test_it_occupies_the_agent_from_its_placing_to_the_recap():
    story = CallBackStory().is_placed()
    assert (folded(story).phase, folded(story).engaged_agent_id) == (CallPhase.CALLING, "dewi")

    story.reaches(9)
    assert (folded(story).phase, folded(story).engaged_agent_id) == (CallPhase.TALKING, "dewi")

    story.add(facts.AgentLegEnded, 69, "leg-ended/leg1", leg_id="leg1")
    assert (folded(story).phase, folded(story).engaged_agent_id) == (CallPhase.WRAP_UP, "dewi")
    assert outcome(folded(story)) is Outcome.ANSWERED

    story.ends(69.01).recaps(100)
    assert (folded(story).phase, folded(story).engaged_agent_id) == (CallPhase.OVER, None)


@pytest.mark.parametrize("status", ["BUSY", "NOANSWER", "CANCEL", facts.NOT_PICKED_UP, "REFUSED"])
def test_one_that_reached_nobody_lets_the_agent_go_at_once(status: str):
    call = folded(CallBackStory().is_placed().reaches_nobody(12, status))

    assert (call.phase, call.engaged_agent_id, call.not_reached) == (CallPhase.OVER, None, status)
    assert outcome(call) is Outcome.NOT_REACHED
    assert call.number_unheard is False


def test_the_talk_is_timed_from_the_citizens_answer_and_says_who_hung_up():
    call = folded(TALKED)

    assert call.talk_seconds == 60
    assert call.ended_by is EndedBy.CALLER, "told after the channel's end was seen"
    assert (call.agent_id, call.leg_id, call.cause) == ("dewi", "leg1", 16)


def test_one_given_up_here_that_reached_the_citizen_after_all_was_answered():
    """The PBX's answer was lost on its way, and the phone rang all the same."""
    story = CallBackStory().is_placed().reaches_nobody(3, facts.NOT_PICKED_UP).reaches(9)
    assert (folded(story).phase, folded(story).ended_at) == (CallPhase.TALKING, None)

    story.add(facts.AgentLegEnded, 69, "leg-ended/leg1", leg_id="leg1").ends(69.01)

    assert (folded(story).talk_seconds, outcome(folded(story))) == (60, Outcome.ANSWERED)


def test_one_the_pbx_died_under_reached_nobody_or_talked():
    calling = CallBackStory().is_placed()
    calling.add(facts.CallCutOff, 5, "cut-off")

    assert outcome(folded(calling)) is Outcome.NOT_REACHED
    assert folded(calling).engaged_agent_id is None


def test_the_recap_after_it_is_timed_as_after_any_talk():
    steps = {t.step.number: t.seconds for t in fold_call(TALKED.facts, TALKED.call_id, OFFICE.sop).steps}

    assert steps[14] == pytest.approx(51, abs=0.01)
    assert not {2, 3, 4} & steps.keys(), "nobody registered, waited or was rung"


def test_the_books_agree_on_calls_of_the_office_though_no_queue_has_them():
    ledger = {"talked": Outcome.ANSWERED, "busy": Outcome.NOT_REACHED, "switched-off": Outcome.NOT_REACHED}

    assert unexplained(ledger, {"talked", "busy"}, {}, set(ledger)) == []
    assert [one.call_id for one in unexplained(ledger, {"busy"}, {}, set(ledger))] == ["talked"]
    assert [one.call_id for one in unexplained(ledger, {"talked", "busy", "by-hand"}, {}, set(ledger))] == [
        "by-hand"
    ]
    assert len(unexplained(ledger, set(ledger), {})) == 3, "a caller's talk needs its line in queue_log"
