"""The PBX's books as a second witness: whatever was not heard, the call ends up the same."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.book_files import cel_rows, queue_rows
from ivr.providers.asterisk.books import Books
from ivr.providers.asterisk.reconcile import gone, missing, snapshot_of
from tests.builders import CallBackStory, at
from tests.ivr.providers.asterisk.test_events import RECORDINGS, reports
from ticketing import facts
from ticketing.calls.call import Call, CallPhase, fold
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import CallFact, Provenance

AGENTS = {"PJSIP/meja01": "rini", "PJSIP/meja02": "dewi"}


@cache
def seen() -> dict[str, list[CallFact]]:
    """The six calls as the events tell them."""
    told: dict[str, list[CallFact]] = {}
    for report in reports("six-calls"):
        assert isinstance(report.fact, CallFact)
        told.setdefault(report.fact.call_id, []).append(report.fact)
    return told


@cache
def booked() -> dict[str, list[CallFact]]:
    """The six calls as the books tell them."""
    books = Books(RECORDINGS / "six-calls.cel.csv", RECORDINGS / "six-calls.queue_log")
    return {call.call_id: call.facts("pbx", "1500", AGENTS.get) for call in books.read()}


def likeness(call: Call) -> tuple[object, ...]:
    """What must be the same of a call, however it came to be known; instants to a tenth of a second."""
    instants = (call.queued_at, call.answered_at, call.talk_ended_at, call.ended_at)
    return (
        outcome(call),
        call.phase,
        call.agent_id,
        call.ended_by,
        [ring.agent_id for ring in call.rings],
        *(instant and round(instant.timestamp(), 1) for instant in instants),
    )


def test_the_recording_holds_every_way_a_call_ends() -> None:
    ways = {outcome(fold(told, call_id)) for call_id, told in seen().items()}

    assert ways == {Outcome.LEFT_IN_GREETING, Outcome.ANSWERED, Outcome.ABANDONED, Outcome.TURNED_AWAY}
    assert len(seen()) == 6


def test_the_books_alone_tell_every_call_as_the_events_do() -> None:
    assert {c: likeness(fold(told, c)) for c, told in booked().items()} == {
        c: likeness(fold(told, c)) for c, told in seen().items()
    }


@given(st.data())
def test_whatever_events_were_lost_the_books_make_the_call_whole(data: st.DataObject) -> None:
    call_id = data.draw(st.sampled_from(sorted(seen())))
    heard = [fact for fact in seen()[call_id] if data.draw(st.booleans())]

    healed = [*heard, *missing(heard, booked()[call_id])]

    assert likeness(fold(healed, call_id)) == likeness(fold(seen()[call_id], call_id))


@given(st.data())
def test_no_healed_call_has_a_negative_duration(data: st.DataObject) -> None:
    call_id = data.draw(st.sampled_from(sorted(seen())))
    heard = [fact for fact in seen()[call_id] if data.draw(st.booleans())]

    call = fold([*heard, *missing(heard, booked()[call_id])], call_id)

    assert all(seconds is None or seconds >= 0 for seconds in (call.wait_seconds, call.talk_seconds))


def test_a_call_heard_whole_lacks_nothing() -> None:
    for call_id, told in seen().items():
        assert missing(told, booked()[call_id]) == []


def test_healed_facts_say_that_they_were_reconstructed() -> None:
    assert {fact.provenance for told in booked().values() for fact in told} == {Provenance.RECONSTRUCTED}


def test_books_read_in_pieces_tell_the_same(tmp_path: Path) -> None:
    cel, queue_log = tmp_path / "hotline.csv", tmp_path / "queue_log"
    books = Books(cel, queue_log)
    assert books.read() == []
    whole_cel = (RECORDINGS / "six-calls.cel.csv").read_bytes()
    whole_log = (RECORDINGS / "six-calls.queue_log").read_bytes()

    told: dict[str, list[CallFact]] = {}
    for end in range(0, len(whole_cel) + 500, 500):
        cel.write_bytes(whole_cel[:end])
        queue_log.write_bytes(whole_log[: len(whole_log) * end // len(whole_cel)])
        told |= {call.call_id: call.facts("pbx", "1500", AGENTS.get) for call in books.read()}

    assert told == booked()


@pytest.mark.parametrize(
    "line",
    ["", "x", '"CHAN_START"', '"CHAN_START","yesterday","a","a","","",""', "9|", "1|2|3", "|||||", "\0"],
)
def test_a_line_that_is_no_row_is_left_out(line: str) -> None:
    assert list(cel_rows([line])) == []
    assert list(queue_rows([line])) == []


def status(call_id: str, channel_id: str = "", **more: str) -> AmiEvent:
    """A row of `Status`."""
    headers = {"HOTLINE_CALL": call_id, "Uniqueid": channel_id or call_id, **more}
    return AmiEvent("Status", {"Context": "hotline-masuk", "Seconds": "9", **headers}, at(0))


def test_a_snapshot_tells_who_waits_and_who_talks_with_whom() -> None:
    leg = {"Context": "hotline-petugas", "Application": "AppQueue", "Channel": "PJSIP/meja02-00000007"}
    channels = [
        status("c1"),
        status("c2", HOTLINE_CALLER="081200000042"),
        status("c2", "leg", BridgeID="b", Seconds="4", **leg),
        status("", "other", Context="default"),
    ]
    queues = [
        AmiEvent("QueueEntry", {"Uniqueid": "c1", "Queue": "dukcapil", "Wait": "5", "Position": "2"}, at(0)),
        AmiEvent("QueueMember", {"Location": "PJSIP/meja02", "Name": "dewi"}, at(0)),
    ]

    snapshot = snapshot_of(channels, queues, at(100))
    calls = {c: fold(live.facts("pbx", "1500", snapshot.agents), c) for c, live in snapshot.calls.items()}

    assert set(calls) == {"c1", "c2"}
    assert (calls["c1"].phase, calls["c1"].queued_at, calls["c1"].position) == (CallPhase.WAITING, at(95), 2)
    assert (calls["c2"].phase, calls["c2"].agent_id) == (CallPhase.TALKING, "dewi")
    assert snapshot.calls["c2"].caller_number == "081200000042"


def an_open_call() -> list[CallFact]:
    arrived = facts.CallArrived(key="c/a", occurred_at=at(0), call_id="c", line="pbx", dialed_number="1500")
    queued = facts.CallQueued(key="c/q", occurred_at=at(9), call_id="c", queue="dukcapil", position=1)
    return [arrived, queued]


def test_a_call_the_pbx_no_longer_has_ended_when_it_was_last_heard_of() -> None:
    nobody = snapshot_of([], [], at(60))

    ended = gone(an_open_call(), nobody, booted_at=at(-100))

    assert [(fact.kind, fact.occurred_at) for fact in ended] == [("call_ended", at(9))]


def test_a_call_of_the_pbxs_former_life_was_cut_off() -> None:
    nobody = snapshot_of([], [], at(60))

    ended = gone(an_open_call(), nobody, booted_at=at(30))

    assert outcome(fold([*an_open_call(), *ended], "c")) is Outcome.CUT_OFF


def test_a_call_heard_of_after_the_snapshot_is_left_alone() -> None:
    before = snapshot_of([], [], at(9) - timedelta(seconds=1))

    assert gone(an_open_call(), before, booted_at=None) == []


OUTWARD = CallBackStory().call_id


def of_the_office(application: str = "Dial", **citizen: str) -> list[AmiEvent]:
    """The channels of an office's call, as `Status` has them while the agent's phone rings or is taken."""
    own = {"Context": "hotline-petugas", "Application": application, "Channel": "PJSIP/meja02-00000007"}
    channels = [status(OUTWARD, **own)]
    if citizen:
        leg = {"Context": "hotline-masuk", "Application": "AppDial", "Channel": "PJSIP/trunk-00000008"}
        channels.append(status(OUTWARD, "leg", **leg, **citizen))
    return channels


@pytest.mark.parametrize(
    ("channels", "phase"),
    [
        (of_the_office("AppDial2"), CallPhase.CALLING),
        (of_the_office(Seconds="4"), CallPhase.CALLING),
        (of_the_office(Seconds="4", BridgeID="b"), CallPhase.TALKING),
    ],
    ids=["the agent's phone rings", "the citizen's phone rings", "they talk"],
)
def test_a_snapshot_tells_of_the_offices_call_whether_it_talks_and_never_that_somebody_called(
    channels: list[AmiEvent], phase: CallPhase
) -> None:
    queues = [AmiEvent("QueueMember", {"Location": "PJSIP/meja02", "Name": "dewi"}, at(0))]

    snapshot = snapshot_of(channels, queues, at(100))
    told = snapshot.calls[OUTWARD].facts("pbx", "1500", snapshot.agents)

    assert set(snapshot.calls) == {OUTWARD}
    assert fold([*CallBackStory().is_placed().facts, *told], OUTWARD).phase is phase
    assert not any(isinstance(fact, facts.CallArrived) for fact in told)


@pytest.mark.parametrize(("seconds", "ends"), [(14, False), (16, True)])
def test_a_call_placed_a_moment_ago_is_on_its_way_and_later_it_never_will_be(
    seconds: float, ends: bool
) -> None:
    placed = CallBackStory().is_placed().facts

    ended = gone(placed, snapshot_of([], [], at(seconds)), booted_at=at(-100))

    assert [fact.kind for fact in ended] == (["call_ended"] if ends else [])


def test_a_call_of_the_office_that_was_heard_of_is_gone_as_soon_as_its_channel_is() -> None:
    known = CallBackStory().is_placed().reaches(9).facts

    ended = gone(known, snapshot_of([], [], at(12)), booted_at=None)

    assert [(fact.kind, fact.occurred_at) for fact in ended] == [("call_ended", at(9))]
