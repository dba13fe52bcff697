"""The ledger held against the account's list of calls: what was not heard is healed, nothing is made up."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.providers.twilio import booked, calls_book
from ivr.providers.twilio.calls_book import is_due
from ivr.providers.twilio.legs import Known
from ivr.providers.twilio.rest import CallState
from tests.builders import CallBackStory, Story, at
from tests.ivr.providers.twilio.agents_line import BACK, CITIZEN, DESK_SIP, AgentsLine, an_agents_line
from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import HangUp, Telephone, Wait
from ticketing.calls.call import CallPhase, fold
from ticketing.facts import NOT_PICKED_UP, Provenance

LEG = "CA" + "2" * 32


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[AgentsLine]:
    """No status callback ever arrives."""
    async with an_agents_line(tmp_path, Mischief(dropped=1)) as made:
        yield made


def test_a_call_is_asked_for_after_two_ten_and_sixty_minutes_and_then_every_hour():
    minutes, asked = range(1, 60 * 5), list[int]()
    before = 0
    for minute in minutes:
        if is_due(at(0), at(before * 60), at(minute * 60)):
            asked.append(minute)
            before = minute

    assert asked == [2, 10, 60, 120, 180, 240]


def test_after_a_restart_all_are_asked_for():
    assert is_due(at(0), None, at(100_000))


async def test_a_caller_who_waits_is_left_waiting(line: AgentsLine):
    caller = await line.calls()
    await line.clock.pass_by(700)

    assert await line.book.round() == 0
    assert (await line.call(caller.call.sid)).phase == CallPhase.WAITING


async def test_each_call_is_asked_for_no_more_often_than_it_has_to_be(line: AgentsLine):
    await line.calls()
    for _ in range(40):
        await line.clock.pass_by(30)
        await line.book.round()

    assert len(line.twilio.rest.asked) == 2


async def test_a_talk_whose_agents_leg_is_gone_is_over(line: AgentsLine, monkeypatch: pytest.MonkeyPatch):
    """The end of the dialling and of the caller's stay in the queue were not heard either: we were away."""
    line.twilio.telephones[DESK_SIP] = Telephone(3, (Wait(20), HangUp()))
    await line.sits(DESK_SIP)
    caller = await line.calls()
    await line.rings(caller.call.sid, DESK_SIP)
    await line.clock.pass_by(10)
    line.twilio.edge.unreachable["https://hotline.kantor"] = "refused"
    await line.over(line.agents_leg(), caller)
    line.legs._heard.clear()
    await line.clock.pass_by(130)

    healed = await line.book.round()

    call, agents = await line.call(caller.call.sid), line.agents_leg().call
    assert healed == 2
    assert call.talk_ended_at is not None
    assert call.ended_at is not None
    assert abs(call.talk_ended_at - agents.ended_at) < timedelta(seconds=1)
    assert abs(call.ended_at - caller.call.ended_at) < timedelta(seconds=1)
    assert {fact.provenance for fact in line.recorded(call.call_id)[-2:]} == {Provenance.RECONSTRUCTED}
    assert line.looks


async def test_twilio_away_is_asked_again_in_the_next_round(line: AgentsLine):
    caller = await line.calls(Wait(10), HangUp())
    await line.over(caller)
    await line.clock.pass_by(130)
    line.twilio.rest.too_many = 1

    assert [await line.book.round(), await line.book.round()] == [0, 1]


async def test_calls_of_another_line_are_nobodys_here(line: AgentsLine):
    await line.knows(*Story("pbx-1.0").arrives().queues(5).facts)
    await line.clock.pass_by(700)

    await line.book.round()

    assert line.twilio.rest.asked == []


async def test_a_round_that_fails_is_followed_by_the_next(line: AgentsLine, monkeypatch: pytest.MonkeyPatch):
    rounds = 0

    async def fails() -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            raise KeyboardInterrupt
        raise OSError("disk")

    monkeypatch.setattr(line.book, "round", fails)
    monkeypatch.setattr(calls_book, "ROUND_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        await line.book.run()

    assert rounds == 3


def a_state(
    ended: float | None, status: str = "completed", seconds: int = 0, sid: str = "CA" + "a" * 32
) -> CallState:
    ended_at = at(ended) if ended is not None else None
    return CallState(sid, status, at(1), ended_at, seconds, None, "outbound-api", CITIZEN)


def known(story: Story) -> Known:
    return Known(fold(story.facts, story.call_id), story.facts)


def placed() -> CallBackStory:
    return CallBackStory(BACK).is_placed(1)


@pytest.mark.parametrize(
    ("story", "agent", "legs", "not_reached", "talk"),
    [
        (placed, None, [], NOT_PICKED_UP, None),
        (placed, a_state(20, "no-answer"), [], NOT_PICKED_UP, None),
        (placed, a_state(20), [], NOT_PICKED_UP, None),
        (placed, a_state(20), [a_state(19, "busy", sid=LEG)], "BUSY", None),
        (placed, a_state(20), [a_state(19, "failed", sid=LEG)], "CHANUNAVAIL", None),
        (placed, a_state(90), [a_state(89, seconds=60, sid=LEG)], None, 60),
        (lambda: placed().reaches(30, LEG), a_state(90), [a_state(89, seconds=60, sid=LEG)], None, 59),
        (lambda: placed().reaches_nobody(20), a_state(21), [a_state(20, "busy", sid=LEG)], "BUSY", None),
    ],
)
def test_a_call_of_the_offices_is_told_by_its_two_legs(
    story: Callable[[], CallBackStory],
    agent: CallState | None,
    legs: list[CallState],
    not_reached: str | None,
    talk: float | None,
):
    before = story()

    lacking = booked.call_back_gone(known(before), agent, legs)

    call = fold([*before.facts, *lacking], BACK)
    assert (call.not_reached, call.talk_seconds) == (not_reached, talk)
    assert call.ended_at is not None
    assert all(fact.provenance is Provenance.RECONSTRUCTED for fact in lacking)


@pytest.mark.parametrize("agent", [None, a_state(None, "in-progress")])
def test_a_call_of_the_offices_that_goes_on_or_cannot_be_found_is_left_alone(agent: CallState | None):
    assert booked.call_back_gone(known(placed().reaches(30, LEG)), agent, []) == []


async def test_a_call_back_whose_end_nobody_heard_is_healed_after_a_restart(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[CITIZEN] = Telephone(4, (Wait(30), HangUp()))
    await line.sits(DESK_SIP)
    await line.knows(*CallBackStory(BACK).is_placed(60).facts)
    await line.switchboard.call_citizen(BACK, DESK_SIP, "dewi", CITIZEN, "424")
    line.twilio.edge.unreachable["https://hotline.kantor"] = "refused"
    await line.over(line.agents_leg())
    line.legs._heard.clear()
    await line.clock.pass_by(130)

    await line.book.round()

    call = await line.call(BACK)
    assert call.talk_seconds is not None
    assert call.phase in (CallPhase.WRAP_UP, CallPhase.OVER)
    assert await line.book.round() == 0
