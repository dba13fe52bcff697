"""Agents reached over Twilio, from the ring to the recap: what each side hears, and what the ledger has of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ivr.providers.twilio.agents_line import (
    CITIZEN,
    COLLEAGUE,
    DESK_PHONE,
    DESK_SIP,
    AgentsLine,
    an_agents_line,
)
from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import HangUp, Heard, Keys, Telephone, Until, Wait
from tests.twilio.fake.leg import Leg
from ticketing.calls.call import CallPhase
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import CallBackPlaced, EndedBy

TAKES = (Until("Tekan satu"), Keys("1"))


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[AgentsLine]:
    async with an_agents_line(tmp_path) as made:
        yield made


def talks(leg: Leg) -> list[Heard]:
    return [heard for heard in leg.heard if heard.kind == "talk"]


@pytest.mark.parametrize("phone", [DESK_PHONE, DESK_SIP])
async def test_the_agent_takes_the_call_talks_and_hangs_up(line: AgentsLine, phone: str):
    takes = TAKES if phone == DESK_PHONE else ()
    line.twilio.telephones[phone] = Telephone(3, (*takes, Wait(40), HangUp()))
    caller = await line.calls()

    leg_id = await line.rings(caller.call.sid, phone)
    await line.over(caller, line.agents_leg())

    call, (talk,) = await line.call(caller.call.sid), talks(caller)
    assert (call.leg_id, call.agent_id, call.ended_by) == (leg_id, "dewi", EndedBy.AGENT)
    assert (call.answered_at, call.talk_ended_at) == (talk.at, talk.ended_at)
    assert call.phase == CallPhase.WRAP_UP
    assert call.ended_at is not None
    assert line.twilio.debugger == []
    assert line.missed == []


async def test_the_caller_hangs_up_first(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    caller = await line.calls(Wait(35), HangUp())

    await line.rings(caller.call.sid, DESK_SIP)
    await line.over(caller, line.agents_leg())

    call, (talk,) = await line.call(caller.call.sid), talks(caller)
    assert call.ended_by == EndedBy.CALLER
    assert call.talk_seconds == (talk.ended_at - talk.at).total_seconds()
    assert outcome(call) == Outcome.ANSWERED


async def test_the_agents_telephone_shows_the_ticket_over_sip_and_the_lines_number_else(line: AgentsLine):
    caller = await line.calls()

    await line.rings(caller.call.sid, DESK_SIP)
    over_sip = line.agents_leg().call.from_
    await line.rings(caller.call.sid, DESK_PHONE, 2)

    assert (over_sip, line.agents_leg().call.from_) == ("424", "+62311500000")


@pytest.mark.parametrize(
    "telephone",
    [Telephone(busy=True), Telephone(None), Telephone(exists=False), Telephone(3, (Wait(60),))],
    ids=["busy", "lets it ring", "not there", "voicemail"],
)
async def test_a_telephone_that_nobody_takes_up_is_missed_and_the_caller_waits_on(
    line: AgentsLine, telephone: Telephone
):
    line.twilio.telephones[DESK_PHONE] = telephone
    caller = await line.calls()

    leg_id = await line.rings(caller.call.sid, DESK_PHONE)
    await line.over(line.agents_leg())

    call = await line.call(caller.call.sid)
    assert leg_id in line.missed
    assert (call.phase, call.answered_at) == (CallPhase.WAITING, None)
    assert line.looks


async def test_voicemail_that_is_put_through_by_nobody_hears_no_citizen(line: AgentsLine):
    line.twilio.telephones[DESK_PHONE] = Telephone(3, (Wait(60),))
    caller = await line.calls()

    await line.rings(caller.call.sid, DESK_PHONE)
    await line.over(line.agents_leg())

    assert talks(line.agents_leg()) == []
    assert not caller.over


@pytest.mark.parametrize("after_seconds", [0, 1, 3.99, 4, 4.01])
async def test_a_caller_who_leaves_in_the_very_moment_was_not_talked_to(
    line: AgentsLine, after_seconds: float
):
    """The telephone rings after a second, and is taken up three later."""
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    caller = await line.calls(Wait(5 + after_seconds), HangUp())

    leg_id = await line.rings(caller.call.sid, DESK_SIP)
    await line.over(caller, line.agents_leg())

    call = await line.call(caller.call.sid)
    assert bool(talks(caller)) == (call.answered_at is not None)
    assert call.talk_ended_at is None or call.leg_id == leg_id
    assert call.phase in (CallPhase.OVER, CallPhase.WRAP_UP)
    if not talks(caller):
        assert "Panggilan ini sudah lewat" in "".join(line.agents_leg().transcript)


async def test_a_ring_that_is_stopped_rings_no_more_and_a_talk_is_not_stopped(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    first, second = await line.calls(), await line.calls()
    ringing = await line.rings(first.call.sid, DESK_SIP)
    unheard = line.agents_leg()
    await line.clock.pass_by(1.5)

    await line.switchboard.stop_ringing(ringing)
    await line.over(unheard)
    talking = await line.rings(second.call.sid, DESK_SIP)
    await line.clock.pass_by(10)
    await line.switchboard.stop_ringing(talking)
    await line.clock.pass_by(1)

    assert unheard.call.answered_at is None
    assert (await line.call(second.call.sid)).phase == CallPhase.TALKING


async def test_after_a_restart_a_ring_is_found_by_its_telephone_and_stopped(line: AgentsLine):
    await line.sits(DESK_SIP)
    line.twilio.telephones[DESK_SIP] = Telephone(20)
    caller = await line.calls()
    leg_id = await line.rings(caller.call.sid, DESK_SIP)
    await line.clock.pass_by(4)
    line.legs._heard.clear()

    await line.switchboard.stop_ringing(leg_id)
    await line.over(line.agents_leg())

    assert line.agents_leg().call.answered_at is None


async def test_hanging_up_at_the_desk_ends_the_callers_call(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    caller = await line.calls()
    leg_id = await line.rings(caller.call.sid, DESK_SIP)
    await line.clock.pass_by(10)

    await line.switchboard.hang_up(leg_id)
    await line.over(caller, line.agents_leg())
    await line.switchboard.hang_up(leg_id)

    assert (await line.call(caller.call.sid)).phase == CallPhase.WRAP_UP


async def test_a_caller_is_led_on_to_a_colleague_and_the_agents_talk_is_over(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[COLLEAGUE] = Telephone(2, (Wait(20), HangUp()))
    caller = await line.calls()
    leg_id = await line.rings(caller.call.sid, DESK_SIP)
    await line.clock.pass_by(10)

    await line.switchboard.lead_on(caller.call.sid, leg_id, "meja-2")
    await line.over(line.agents_leg())
    led_at = line.clock.now()
    await line.over(caller)

    call = await line.call(caller.call.sid)
    assert (call.ended_by, call.talk_ended_at) == (EndedBy.TRANSFER, led_at)
    assert len(talks(caller)) == 2
    assert call.ended_at and call.ended_at - led_at > timedelta(seconds=20)


async def placed(line: AgentsLine, phone: str) -> str:
    call_id = line.switchboard.new_call_id()
    await line.sits(phone)
    caller = await line.calls(HangUp())
    ticket = {"ticket_id": "26112300001", "person_id": "p1", "queue": "dukcapil", "sop_version": "v"}
    assert caller
    fact = CallBackPlaced(
        key=f"{call_id}/placed", occurred_at=line.clock.now(), call_id=call_id, agent_id="dewi", **ticket
    )
    await line.knows(fact)
    await line.switchboard.call_citizen(call_id, phone, "dewi", CITIZEN, "424")
    return call_id
