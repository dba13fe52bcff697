"""Agents reached over Twilio, from ring to recap: what each side hears, and what the ledger has of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.switchboard import PhoneEngaged
from tests.builders import CallBackStory, Story
from tests.ivr.providers.twilio.agents_line import (
    BROWSER,
    CITIZEN,
    COLLEAGUE,
    DESK_PHONE,
    DESK_SIP,
    OFFICE_NUMBER,
    OWN_PROOF,
    PUBLIC,
    AgentsLine,
    an_agents_line,
)
from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import Deed, HangUp, Heard, Keys, Refer, Telephone, Until, Wait
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import Twice
from ticketing.calls.call import CallPhase
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import NOT_PICKED_UP, CallEnded, EndedBy, Provenance, TalkEnded, TicketRegistered
from ticketing.tickets.number import from_digits

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


async def test_a_caller_who_leaves_while_the_two_are_put_together_was_answered_for_no_time(line: AgentsLine):
    """Their answer is on record then, as it is on Asterisk; nobody is left behind in a talk."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await line.webhooks(scope, receive, send)
        if scope["path"] == "/twilio/agent/bridge":
            await line.clock.sleep(0.5)

    line.twilio.edge.serve(PUBLIC, slow)
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    caller = await line.calls(Wait(5 + 4.3), HangUp())

    await line.rings(caller.call.sid, DESK_SIP)
    await line.over(caller, line.agents_leg())

    call = await line.call(caller.call.sid)
    assert talks(caller) == []
    assert call.phase == CallPhase.WRAP_UP
    assert call.talk_seconds is not None
    assert call.talk_seconds < 1


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
    leg_id = await talking(line, caller)

    await line.switchboard.transfer(caller.call.sid, leg_id, "meja-2")
    await line.over(line.agents_leg())
    led_at = line.clock.now()
    await line.over(caller)

    call = await line.call(caller.call.sid)
    assert (call.ended_by, call.talk_ended_at) == (EndedBy.TRANSFER, led_at)
    assert len(talks(caller)) == 2
    assert caller.call.ended_at - led_at > timedelta(seconds=20)
    assert line.kinds(caller.call.sid).count("talk_ended") == 1


@pytest.mark.parametrize(
    ("keys", "taken"), [(TAKES, True), ((Until("Tekan satu"), Keys("7"), *TAKES), True), ((), False)],
    ids=["presses one", "presses something else first", "voicemail"],
)  # fmt: skip
async def test_a_colleague_at_a_telephone_number_presses_a_key_and_voicemail_takes_nobody(
    line: AgentsLine, keys: tuple[Deed, ...], taken: bool
):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[DESK_PHONE] = Telephone(2, (*keys, Wait(20), HangUp()))
    caller = await line.calls()
    leg_id = await talking(line, caller)

    await line.switchboard.transfer(caller.call.sid, leg_id, DESK_PHONE)
    await line.over(caller)

    assert len(talks(caller)) == 1 + taken
    assert ("petugas kami sedang melayani" in "".join(caller.transcript)) != taken


async def test_nobody_is_handed_on_to_a_colleague_who_has_a_caller_that_was_handed_on(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[COLLEAGUE] = Telephone(2)
    first = await line.calls()
    await line.switchboard.transfer(first.call.sid, await talking(line, first), "meja-2")
    await line.clock.pass_by(10)
    second = await line.calls()
    leg_id = await talking(line, second)

    with pytest.raises(PhoneEngaged):
        await line.switchboard.transfer(second.call.sid, leg_id, "meja-2")
    await line.clock.pass_by(5)

    assert not first.over
    assert (await line.call(second.call.sid)).phase == CallPhase.TALKING
    first.hang_up()
    await line.over(first)
    await line.switchboard.transfer(second.call.sid, leg_id, "meja-2")
    await line.clock.pass_by(5)
    assert (await line.call(second.call.sid)).ended_by == EndedBy.TRANSFER


async def talking(line: AgentsLine, caller: Leg) -> str:
    """The leg on which the caller talks to the agent at the first desk."""
    leg_id = await line.rings(caller.call.sid, DESK_SIP)
    await line.clock.pass_by(10)
    return leg_id


async def test_whichever_node_heard_of_it_the_talk_was_ended_by_the_transfer(line: AgentsLine):
    """The other node saw no more of it than a caller who left."""
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[COLLEAGUE] = Telephone(2, (Wait(20), HangUp()))
    caller = await line.calls()
    leg_id = await talking(line, caller)

    await line.switchboard.transfer(caller.call.sid, leg_id, "meja-2")
    line.legs._heard.clear()
    await line.over(caller)

    told = [fact.ended_by for fact in line.recorded(caller.call.sid) if isinstance(fact, TalkEnded)]
    assert sorted(told) == [EndedBy.CALLER, EndedBy.TRANSFER]
    assert (await line.call(caller.call.sid)).ended_by == EndedBy.TRANSFER


@pytest.mark.parametrize("wants", [OWN_PROOF, ("luar", "lain")])
async def test_a_colleagues_browser_is_rung_at_our_own_server_by_its_proof_and_shows_the_ticket(
    line: AgentsLine, wants: tuple[str, str]
):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[BROWSER] = Telephone(2, (Wait(20), HangUp()), wants=wants)
    caller = await line.calls()
    await line.knows(*Story(caller.call.sid).is_registered(60).facts)
    leg_id = await talking(line, caller)

    await line.switchboard.transfer(caller.call.sid, leg_id, "PJSIP/layar01")
    await line.over(caller)

    rung, call = list(line.twilio.legs.values())[-1], await line.call(caller.call.sid)
    assert (rung.call.to, rung.call.from_) == (BROWSER, from_digits(call.ticket_id or "").keys)
    taken = wants == OWN_PROOF
    assert len(talks(caller)) == 1 + taken
    assert ("petugas kami sedang melayani" in "".join(caller.transcript)) != taken


@pytest.mark.parametrize("to", [COLLEAGUE, "sip:+441632960000@pbx.kantor"])
async def test_an_agents_telephone_leads_nobody_on_by_itself(line: AgentsLine, to: str):
    """Twilio takes REFER for no caller out of a queue: the talk goes on."""
    line.twilio.telephones[DESK_SIP] = Telephone(3, (Wait(5), Refer(to), Wait(20), HangUp()))
    caller = await line.calls()

    await line.rings(caller.call.sid, DESK_SIP)
    await line.over(caller, line.agents_leg())

    call = await line.call(caller.call.sid)
    assert (call.ended_by, call.talk_seconds) == (EndedBy.AGENT, 25)
    assert {leg.call.to for leg in line.twilio.legs.values()} == {OFFICE_NUMBER, DESK_SIP}


@pytest.mark.parametrize("at_once", [False, True])
async def test_every_request_delivered_twice_makes_one_talk(line: AgentsLine, at_once: bool):
    line.twilio.twice = Twice(at_once=at_once)
    line.twilio.telephones[DESK_PHONE] = Telephone(3, (*TAKES, Wait(20), HangUp()))
    caller = await line.calls()

    await line.rings(caller.call.sid, DESK_PHONE)
    await line.over(caller, line.agents_leg())

    (talk,), call = talks(caller), await line.call(caller.call.sid)
    assert (call.answered_at, call.talk_ended_at) == (talk.at, talk.ended_at)
    assert [line.kinds(caller.call.sid).count(kind) for kind in ("agent_answered", "talk_ended")] == [1, 1]
    assert line.missed == []
    assert all(one.answer == other.answer for one, other in line.twilio.twice.pairs)


async def places(line: AgentsLine, phone: str) -> str:
    """The office calls a citizen back from that telephone."""
    await line.sits(phone)
    await line.desk.record(Story().arrives().is_registered().ends(9))
    (ticket_id,) = [fact.ticket_id for fact in line.recorded("pbx-1.0") if isinstance(fact, TicketRegistered)]
    call_id = line.switchboard.new_call_id()
    story = CallBackStory(call_id).is_placed(60, ticket_id=ticket_id)
    await line.desk.record(story)
    await line.switchboard.call_citizen(call_id, phone, "dewi", CITIZEN, "424")
    return call_id


@pytest.mark.parametrize("phone", [DESK_PHONE, DESK_SIP])
async def test_a_citizen_who_is_called_back_answers_talks_and_hangs_up(line: AgentsLine, phone: str):
    line.twilio.telephones[phone] = Telephone(3, TAKES if phone == DESK_PHONE else ())
    line.twilio.telephones[CITIZEN] = Telephone(4, (Wait(30), HangUp()))

    call_id = await places(line, phone)
    await line.over(line.agents_leg())

    call, citizen = await line.call(call_id), list(line.twilio.legs.values())[-1]
    assert (citizen.call.to, citizen.call.from_) == (CITIZEN, OFFICE_NUMBER)
    assert (call.leg_id, call.ended_by) == (citizen.call.sid, EndedBy.CALLER)
    assert call.talk_seconds == 30
    assert outcome(call) == Outcome.ANSWERED
    assert not [sent.url for sent in line.twilio.edge.sent if CITIZEN[1:] in sent.url]


@pytest.mark.parametrize(
    ("citizen", "status"),
    [
        (Telephone(busy=True), "BUSY"),
        (Telephone(None), "NOANSWER"),
        (Telephone(exists=False), "CHANUNAVAIL"),
    ],
)
async def test_a_citizen_who_cannot_be_reached_is_told_of_in_asterisks_words(
    line: AgentsLine, citizen: Telephone, status: str
):
    line.twilio.telephones[DESK_SIP] = Telephone(3)
    line.twilio.telephones[CITIZEN] = citizen

    call_id = await places(line, DESK_SIP)
    await line.over(line.agents_leg())

    call = await line.call(call_id)
    assert (call.not_reached, outcome(call)) == (status, Outcome.NOT_REACHED)


async def test_an_agent_who_hangs_up_while_it_rings_reached_nobody(line: AgentsLine):
    line.twilio.telephones[DESK_SIP] = Telephone(3, (Wait(5), HangUp()))
    line.twilio.telephones[CITIZEN] = Telephone(None)

    call_id = await places(line, DESK_SIP)
    await line.over(line.agents_leg())

    assert (await line.call(call_id)).not_reached == "CANCEL"


@pytest.mark.parametrize(
    "agent",
    [Telephone(busy=True), Telephone(None), Telephone(3, (Wait(60),))],
    ids=["busy", "lets it ring", "voicemail"],
)
async def test_an_agents_telephone_that_nobody_takes_up_calls_no_citizen(line: AgentsLine, agent: Telephone):
    line.twilio.telephones[DESK_PHONE] = agent

    call_id = await places(line, DESK_PHONE)
    await line.over(line.agents_leg())

    assert (await line.call(call_id)).not_reached == NOT_PICKED_UP
    assert all(leg.call.to != CITIZEN for leg in line.twilio.legs.values())


@pytest.mark.parametrize("seed", range(6))
async def test_with_a_third_of_the_callbacks_lost_all_lengths_are_right_to_the_second(
    tmp_path: Path, seed: int
):
    mischief = Mischief(seed, dropped=1 / 3, doubled=0.3, late_seconds=20)
    async with an_agents_line(tmp_path, mischief) as line:
        line.twilio.telephones[DESK_PHONE] = Telephone(3, (*TAKES, Wait(40), HangUp()))
        line.twilio.telephones[DESK_SIP] = Telephone(3)
        first, second, third = await line.calls(), await line.calls(Wait(33), HangUp()), await line.calls()
        for caller, phone in ((first, DESK_PHONE), (second, DESK_SIP)):
            await line.rings(caller.call.sid, phone)
        await line.clock.pass_by(30)
        third.hang_up()
        await line.over(first, second, third)

        await line.clock.pass_by(600)
        await line.book.round()

        assert [len(talks(caller)) for caller in (first, second, third)] == [1, 1, 0]
        for caller in (first, second, third):
            call = await line.call(caller.call.sid)
            assert call.ended_at is not None
            assert abs((call.ended_at - caller.call.ended_at).total_seconds()) < 1
            for talk in talks(caller):
                assert call.talk_seconds == pytest.approx((talk.ended_at - talk.at).total_seconds(), abs=1)
        assert await line.book.round() == 0


async def test_what_status_callbacks_tell_the_list_of_calls_tells_as_well(tmp_path: Path):
    async with an_agents_line(tmp_path, Mischief(dropped=1)) as line:
        caller = await line.calls(Wait(12.4), HangUp())
        await line.over(caller)

        await line.clock.pass_by(100)
        early = await line.book.round()
        await line.clock.pass_by(30)
        healed = await line.book.round()

        (ended,) = [fact for fact in line.recorded(caller.call.sid) if isinstance(fact, CallEnded)]
        assert (early, healed) == (0, 1)
        assert ended.provenance == Provenance.RECONSTRUCTED
        assert abs((ended.occurred_at - caller.call.ended_at).total_seconds()) < 1
