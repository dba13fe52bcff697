"""Twilio's forms as facts: times, causes, who ended a talk, and what is made of values nobody documented."""

from datetime import timedelta
from email.utils import format_datetime
from itertools import permutations

import pytest

from ivr.providers.twilio import leg_facts
from ivr.providers.twilio.leg_facts import after_dial, after_dialling, cause_of, told_at
from tests.builders import CallBackStory, Story, at
from ticketing.calls.call import CallPhase, fold
from ticketing.facts import AgentAnswered, CitizenNotReached, EndedBy, Provenance, TalkEnded

CALL = "CA" + "1" * 32
LEG, BACK = f"{CALL}.1", "twilio-balik-0123456789abcdef"
GONE, HERE = {"CallStatus": "completed"}, {"CallStatus": "in-progress"}


def ringing() -> Story:
    return Story(CALL).arrives().queues(5).rings(20, LEG)


def talking() -> Story:
    return ringing().is_answered(24, LEG)


@pytest.mark.parametrize(("form", "ended_by"), [(GONE, EndedBy.AGENT), (HERE, EndedBy.CALLER)])
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"DialCallStatus": "completed", "DequeueResult": "bridged"},
        {"DialCallStatus": "answered", "DialBridged": "true"},
        {"DialCallStatus": "no-answer", "DequeueResult": "hangup", "DialBridged": "false"},
    ],
)
def test_a_talk_that_is_known_ends_whatever_the_undocumented_values_say(
    form: dict[str, str], ended_by: EndedBy, told: dict[str, str]
):
    call = fold(talking().facts, CALL)

    (fact,) = after_dial(call, LEG, form | told, at(90), moved=False)

    assert isinstance(fact, TalkEnded)
    assert (fact.ended_by, fact.key, fact.occurred_at) == (ended_by, f"{CALL}/talk-ended/{LEG}", at(90))


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"DialCallStatus": "no-answer"},
        {"DialCallStatus": "failed", "DequeueResult": "error"},
        {"DialCallStatus": "completed", "DialBridged": "false", "DequeueResult": "hangup"},
    ],
)
def test_nobody_is_said_to_have_talked_where_nothing_says_so(told: dict[str, str]):
    call = fold(ringing().facts, CALL)

    assert after_dial(call, LEG, HERE | told, at(25), moved=False) == []


def test_an_answer_that_was_not_heard_of_is_worked_out_from_the_length_of_the_talk():
    call = fold(ringing().facts, CALL)
    told = {"DequeueResult": "bridged", "DequeuedCallDuration": "40"}

    answered, ended = after_dial(call, LEG, GONE | told, at(70), moved=False)

    assert isinstance(answered, AgentAnswered)
    assert (answered.occurred_at, answered.provenance) == (at(30), Provenance.RECONSTRUCTED)
    assert ended.occurred_at == at(70)


def test_a_leg_the_ledger_never_rang_says_nothing():
    call = fold(talking().facts, CALL)

    assert after_dial(call, f"{CALL}.9", GONE | {"DequeueResult": "bridged"}, at(90), moved=False) == []
    assert leg_facts.agent_answered(call, f"{CALL}.9", at(90)) is None


def test_a_caller_who_was_led_on_ended_nothing():
    (fact,) = after_dial(fold(talking().facts, CALL), LEG, HERE, at(90), moved=True)

    assert isinstance(fact, TalkEnded)
    assert fact.ended_by == EndedBy.TRANSFER


@pytest.mark.parametrize("gone_at", [20, 60, 600])
def test_a_late_callback_keeps_the_right_time(gone_at: float):
    known = ringing().facts
    form = {"Timestamp": format_datetime(at(gone_at))}

    assert told_at(form, known, at(9000)) == at(gone_at)


def test_whole_seconds_never_put_an_end_before_what_came_before_it():
    known = talking().stops_talking(90.7, LEG).recaps(300).facts

    assert told_at({"Timestamp": format_datetime(at(90))}, known, at(9000)) == at(90.7)


@pytest.mark.parametrize("written", ["", "kemarin", "Mon, 99 Nov 2026 02:00:00 +0000"])
def test_without_a_time_that_can_be_read_it_is_now(written: str):
    assert told_at({"Timestamp": written}, [], at(5)) == at(5)


def test_a_time_whose_place_is_not_told_is_in_utc():
    assert told_at({"Timestamp": "Mon, 23 Nov 2026 02:00:05 -0000"}, [], at(99)) == at(5)


@pytest.mark.parametrize(
    ("status", "sip_response", "cause"),
    [
        ("completed", "200", 16),
        ("completed", "487", 16),
        ("busy", "486", 17),
        ("busy", "", 17),
        ("no-answer", "487", 19),
        ("failed", "404", 1),
        ("failed", "603", 21),
        ("failed", "x", 38),
        ("canceled", "487", 16),
        ("something new", "404", 16),
    ],
)
def test_causes_are_q850(status: str, sip_response: str, cause: int):
    assert cause_of(status, sip_response) == cause


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("busy", "BUSY"),
        ("no-answer", "NOANSWER"),
        ("failed", "CHANUNAVAIL"),
        ("canceled", "CANCEL"),
        ("", "CANCEL"),
    ],
)
def test_dialling_in_vain_is_told_in_asterisks_words(told: str, status: str):
    call = fold(CallBackStory(BACK).is_placed().facts, BACK)

    fact = after_dialling(call, HERE | {"DialCallStatus": told}, at(30))

    assert isinstance(fact, CitizenNotReached)
    assert fact.status == status


def test_a_citizen_whose_answer_was_not_heard_of_was_talked_to_all_the_same():
    call = fold(CallBackStory(BACK).is_placed().facts, BACK)
    leg = "CA" + "2" * 32

    fact = after_dialling(call, GONE | {"DialCallStatus": "completed", "DialCallSid": leg}, at(30))

    assert isinstance(fact, TalkEnded)
    assert (fact.leg_id, fact.ended_by) == (leg, EndedBy.AGENT)


def test_ids_of_ours_are_known_from_twilios():
    made = {leg_facts.new_call_id("twilio") for _ in range(50)}

    assert len(made) == 50
    assert all(leg_facts.is_call_back(one) for one in made)
    assert leg_facts.caller_of(LEG) == CALL
    assert not leg_facts.is_call_back(CALL)
    for odd in (CALL, f"{CALL}.", f"{CALL}.x", f"{CALL}.1\n", f"x{LEG}", BACK):
        assert leg_facts.caller_of(odd) is None


def test_in_whatever_order_the_ends_are_heard_the_call_is_the_same():
    known = talking().facts
    call = fold(known, CALL)
    ends = [
        *after_dial(call, LEG, HERE, at(90.4), moved=False),
        leg_facts.leg_ended(CALL, LEG, at(91)),
        leg_facts.call_ended(CALL, 16, at(90.4)),
    ]

    calls = {fold([*known, *order, order[0]], CALL) for order in permutations(ends)}

    assert len(calls) == 1
    (made,) = calls
    assert (made.ended_by, made.phase) == (EndedBy.CALLER, CallPhase.WRAP_UP)
    assert made.talk_seconds == timedelta(seconds=66.4).total_seconds()
