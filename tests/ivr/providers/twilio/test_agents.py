"""Requests of agents' telephones: who is put through, what is recorded, what holds without the ledger."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr.providers.twilio import agents
from ivr.providers.twilio.agent_replies import is_sip
from tests.builders import Story, at
from tests.ivr.providers.twilio.agents_line import (
    BACK,
    CALL,
    CITIZEN,
    DESK_PHONE,
    DESK_SIP,
    PUBLIC,
    AgentsLine,
    an_agents_line,
)
from ticketing.calls.call import CallPhase
from ticketing.ledger.reader import Reader

LEG, AGENT_SID = f"{CALL}.1", "CA" + "a" * 32
OURS = f"?call={CALL}&leg={LEG}"
SIP, PHONE = {"To": DESK_SIP}, {"To": DESK_PHONE}


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[AgentsLine]:
    async with an_agents_line(tmp_path) as made:
        await made.knows(*Story(CALL).arrives().queues(5).rings(50, LEG).facts)
        yield made


async def document(line: AgentsLine, path: str, sid: str = AGENT_SID, **more: str) -> ElementTree.Element:
    reply = await line.asks(path, sid, **more)
    assert reply.status_code == 200, reply.text
    return ElementTree.fromstring(reply.content)


async def test_a_sip_phone_is_put_through_to_the_queue_of_that_caller(line: AgentsLine):
    reply = await document(line, f"/twilio/agent{OURS}", **SIP)

    (dial,) = reply
    (queue,) = dial
    assert queue.text == CALL
    assert dial.get("action") == f"{PUBLIC}/twilio/agent/over{OURS}"
    assert queue.get("url") == f"{PUBLIC}/twilio/agent/bridge{OURS}"
    assert "agent_answered" not in line.kinds()


async def test_a_telephone_number_is_asked_for_a_key_first(line: AgentsLine):
    asked = await document(line, f"/twilio/agent{OURS}", **PHONE)
    wrong = await line.told(f"/twilio/agent/key{OURS}", AGENT_SID, Digits="5", **PHONE)
    taken = await line.told(f"/twilio/agent/key{OURS}", AGENT_SID, Digits="1", **PHONE)

    assert [verb.tag for verb in asked] == ["Gather"]
    assert (wrong, taken) == (["Gather"], ["Dial"])
    assert line.missed == []


async def test_without_a_key_nobody_is_put_through_and_the_ring_was_in_vain(line: AgentsLine):
    told = await line.told(f"/twilio/agent/key{OURS}", AGENT_SID, **PHONE)

    assert told == ["Hangup"]
    assert (await line.call()).phase == CallPhase.WAITING


async def test_the_answer_is_recorded_when_the_two_are_bridged_and_once(line: AgentsLine):
    await line.told(f"/twilio/agent{OURS}", AGENT_SID, **SIP)
    for _ in range(2):
        told = await line.told(f"/twilio/agent/bridge{OURS}", CALL, DequeingCallSid=AGENT_SID)
        await line.clock.pass_by(1)

    call = await line.call()
    assert told == []
    assert (call.answered_at, call.leg_id, call.agent_id) == (at(60), LEG, "dewi")
    assert line.kinds().count("agent_answered") == 1
    assert line.looks


@pytest.mark.parametrize(
    "meanwhile",
    [
        Story(CALL).ends(55),
        Story(CALL).abandons(55),
        Story(CALL).is_not_answered(55, LEG),
        Story(CALL).rings(55, f"{CALL}.2").is_answered(57, f"{CALL}.2"),
    ],
    ids=["gone", "abandoned", "rung in vain", "taken by another"],
)
async def test_whoever_comes_too_late_is_told_so(line: AgentsLine, meanwhile: Story):
    await line.knows(*meanwhile.facts)

    assert await line.told(f"/twilio/agent{OURS}", AGENT_SID, **SIP) == ["Say", "Hangup"]


async def test_after_a_dial_in_vain_the_agent_hears_that_the_call_has_gone(line: AgentsLine):
    told = await line.told(f"/twilio/agent/over{OURS}", AGENT_SID, DialCallStatus="no-answer")

    assert told == ["Say", "Hangup"]
    assert line.missed == [LEG]
    assert "talk_ended" not in line.kinds()


async def test_the_talk_ends_once_however_often_it_is_told(line: AgentsLine):
    await line.told(f"/twilio/agent/bridge{OURS}", CALL)
    await line.clock.pass_by(30)
    for _ in range(2):
        told = await line.told(f"/twilio/agent/over{OURS}", AGENT_SID, CallStatus="completed")
        await line.clock.pass_by(1)

    call = await line.call()
    assert told == ["Hangup"]
    assert call.talk_seconds == 30
    assert line.kinds().count("talk_ended") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/twilio/agent",
        f"/twilio/agent?call={CALL}&leg={'CA' + '2' * 32}.1",
        f"/twilio/agent?call=&leg={LEG}",
        f"/twilio/agent/moved{OURS}&to=siapa-saja",
        f"/twilio/agent/moved{OURS}&to=%2B6281200000099",
        f"/twilio/back?call={CALL}",
        "/twilio/back?call=twilio-balik-1",
    ],
)
async def test_an_address_that_names_no_leg_or_no_colleague_is_refused(line: AgentsLine, path: str):
    assert (await line.asks(path, AGENT_SID, **SIP)).status_code == 400


@pytest.mark.parametrize("path", ["/twilio/agent/else", "/twilio/back/else"])
async def test_an_address_that_is_not_ours_is_not_there(line: AgentsLine, path: str):
    ours = OURS if "agent" in path else f"?call={BACK}"

    assert (await line.asks(f"{path}{ours}", AGENT_SID)).status_code == 404


async def test_with_the_ledger_away_callers_and_agents_are_put_through_all_the_same(
    line: AgentsLine, monkeypatch: pytest.MonkeyPatch
):
    def away(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(Reader, "facts_of", away)

    assert await line.told(f"/twilio/agent{OURS}", AGENT_SID, **SIP) == ["Dial"]
    assert await line.told(f"/twilio/agent{OURS}", AGENT_SID, **PHONE) == ["Gather"]
    assert await line.told(f"/twilio/agent/key{OURS}", AGENT_SID, Digits="1", **PHONE) == ["Dial"]
    assert await line.told(f"/twilio/agent/bridge{OURS}", CALL) == []
    assert await line.told(f"/twilio/agent/over{OURS}", AGENT_SID) == ["Hangup"]
    assert await line.told(f"/twilio/agent/moved{OURS}&to=meja-2", CALL) == ["Dial"]
    assert await line.told(f"/twilio/back/reached?call={BACK}", AGENT_SID) == []
    assert await line.told(f"/twilio/back/over?call={BACK}", AGENT_SID) == ["Hangup"]


async def test_a_ledger_that_hangs_keeps_nobody_waiting(line: AgentsLine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Reader, "facts_of", lambda *_: time.sleep(0.5))
    monkeypatch.setattr(agents, "TURN_SECONDS", 0.05)

    assert await line.told(f"/twilio/agent{OURS}", AGENT_SID, **SIP) == ["Dial"]
    assert await line.told(f"/twilio/agent/bridge{OURS}", CALL) == []


async def test_a_talk_that_was_put_through_without_the_ledger_is_not_stopped_as_a_ring(
    line: AgentsLine, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:
        broken.setattr(Reader, "facts_of", lambda *_: 1 / 0)
        await line.told(f"/twilio/agent{OURS}", AGENT_SID, **SIP)

    await line.switchboard.stop_ringing(LEG)

    assert line.twilio.rest.asked == []


async def test_an_agent_who_presses_the_key_is_led_to_the_number_that_was_kept(line: AgentsLine):
    await line.numbers.keep(BACK, CITIZEN)

    (dial,) = await document(line, f"/twilio/back?call={BACK}", Digits="1", **PHONE)

    (number,) = dial
    assert (number.text, dial.get("callerId")) == (CITIZEN, "+62311500000")
    assert number.get("url") == f"{PUBLIC}/twilio/back/reached?call={BACK}"


async def test_a_caller_who_is_led_on_and_finds_nobody_hears_so(line: AgentsLine):
    in_vain = await line.told(f"/twilio/agent/colleague?call={CALL}", CALL, DialCallStatus="no-answer")
    reached = await line.told(f"/twilio/agent/colleague?call={CALL}", CALL, DialCallStatus="completed")

    assert (in_vain, reached) == (["Say", "Hangup"], ["Hangup"])


@pytest.mark.parametrize(
    ("phone", "over_sip"),
    [("sip:meja-1@pbx.kantor", True), ("sips:meja-1@pbx.kantor", True), ("+62311500001", False)],
)
def test_an_address_of_sip_sealed_or_not_is_no_telephone_number(phone: str, over_sip: bool):
    assert is_sip(phone) is over_sip
