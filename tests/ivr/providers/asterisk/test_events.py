"""AMI events: cut anywhere, filtered by name, and translated into facts."""

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.providers.asterisk.ami_messages import MESSAGE_LIMIT, AmiEvent, Cutter
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ticketing.calls.call import Call, fold
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import CallFact, Report

RECORDINGS = Path(__file__).parents[3] / "recordings" / "asterisk"


def events_of(stream: bytes, cuts: list[int] | None = None) -> list[AmiEvent]:
    """The wanted events of a stream that arrives cut at these places."""
    cutter = Cutter(WANTED - {"FullyBooted"})
    edges = [0, *sorted(cuts or []), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(edges)]
    return [event for piece in pieces for event in cutter.feed(piece)]


def reports(name: str) -> list[Report]:
    events = events_of((RECORDINGS / f"{name}.ami").read_bytes())
    return [report for event in events for report in reports_of(event, "pbx")]


def call_of(name: str) -> Call:
    facts = [report.fact for report in reports(name) if isinstance(report.fact, CallFact)]
    call_ids = {fact.call_id for fact in facts}
    assert len(call_ids) == 1
    return fold(facts, call_ids.pop())


def test_a_caller_who_leaves_in_the_menu_never_queued():
    call = call_of("hangs_up_in_menu")

    assert call.queued_at is None
    assert outcome(call) is Outcome.LEFT_IN_GREETING, "the menu itself is reported by the dialogue"


def test_a_caller_who_names_the_matter_keeps_waiting_and_then_gives_up():
    call = call_of("abandoned_with_category")

    assert outcome(call) is Outcome.ABANDONED
    assert call.wait_seconds is not None
    assert call.wait_seconds > 10, "the wait goes on through the key"


def test_a_ring_in_vain_is_withdrawn_and_the_next_agent_answers():
    call = call_of("no_answer_then_answered")

    first, second = call.rings
    assert first.agent_id != second.agent_id
    assert first.ended_at is not None
    assert (first.ended_at - first.rang_at).total_seconds() == pytest.approx(15, abs=0.2)
    assert call.agent_id == second.agent_id
    assert outcome(call) is Outcome.ANSWERED


def test_ring_times_of_unanswered_rings_are_read_as_milliseconds():
    unanswered = [r.fact for r in reports("no_answer_then_answered") if r.fact.kind == "agent_did_not_answer"]

    assert [fact.ring_seconds for fact in unanswered] == [pytest.approx(15, abs=0.1)]  # type: ignore[attr-defined]


def test_the_callers_number_travels_beside_the_fact_and_shows_in_no_repr():
    arrived = reports("hangs_up_in_menu")[0]

    assert arrived.caller_number == "081200000042"
    assert "081200000042" not in repr(arrived)
    assert "081200000042" not in repr(arrived.fact)


def test_a_stream_cut_at_every_byte_gives_the_same_events():
    stream = (RECORDINGS / "no_answer_then_answered.ami").read_bytes()
    whole = events_of(stream)

    assert events_of(stream, list(range(1, len(stream)))) == whole
    for cut in range(1, len(stream), 7):
        assert events_of(stream, [cut]) == whole


def test_a_letter_cut_in_two_arrives_whole():
    stream = "Event: UserEvent\r\nLinkedid: a\r\nUserEvent: Ивáñ 漢\r\n\r\n".encode()

    for cut in range(len(stream)):
        assert events_of(stream, [cut])[0].headers["UserEvent"] == "Ивáñ 漢"


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=5))
def test_no_garbage_breaks_the_reader(garbage: bytes, cuts: list[int]):
    event = b"\r\n\r\nEvent: Hangup\r\nUniqueid: a\r\nLinkedid: a\r\n\r\n"
    stream = garbage + event

    found = events_of(stream, [cut for cut in cuts if cut < len(stream)])

    assert found[-1].name == "Hangup"


def test_an_endless_message_is_skipped_to_the_next_blank_line():
    cutter = Cutter(WANTED)
    for _ in range(3 * MESSAGE_LIMIT // 1000):
        assert list(cutter.feed(b"x" * 1000)) == []

    assert [e.name for e in cutter.feed(b"rest\r\n\r\nEvent: Hangup\r\n\r\n")] == ["Hangup"]
    assert cutter.oversized >= 1


@given(st.randoms(use_true_random=False))
def test_events_doubled_and_out_of_order_fold_to_the_same_call(shuffle: random.Random):
    told = [r.fact for r in reports("no_answer_then_answered") if isinstance(r.fact, CallFact)] * 2
    shuffle.shuffle(told)

    assert fold(told, told[0].call_id) == call_of("no_answer_then_answered")


def test_events_of_other_peoples_calls_report_nothing():
    stream = b"Event: Newchannel\r\nContext: office\r\nUniqueid: x\r\nLinkedid: x\r\n\r\n"

    assert [report for event in events_of(stream) for report in reports_of(event, "pbx")] == []
