"""Status callbacks: hints that come late, twice, in any order or never, and what the ledger makes of them."""

from collections.abc import AsyncIterator
from email.utils import format_datetime
from itertools import permutations
from pathlib import Path

import pytest

from tests.builders import CallBackStory, Story, at
from tests.ivr.providers.twilio.agents_line import BACK, CALL, AgentsLine, an_agents_line
from ticketing.calls.call import Call, CallPhase
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import NOT_PICKED_UP

LEG, AGENT_SID = f"{CALL}.1", "CA" + "a" * 32
OURS = f"/twilio/status?call={CALL}&leg={LEG}"
NUMBERS = "/twilio/status"


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[AgentsLine]:
    async with an_agents_line(tmp_path) as made:
        await made.knows(*Story(CALL).arrives().queues(5).facts)
        yield made


def ended(seconds: float, status: str = "completed", sip: str = "200") -> dict[str, str]:
    return {"CallStatus": status, "Timestamp": format_datetime(at(seconds)), "SipResponseCode": sip}


async def test_a_caller_who_hung_up_is_gone_at_that_second(line: AgentsLine):
    assert await line.told(NUMBERS, CALL, **ended(42)) == []

    call = await line.call()
    assert (call.ended_at, call.cause) == (at(42), 16)
    assert outcome(call) == Outcome.ABANDONED
    assert line.looks


async def test_a_callback_that_comes_twice_and_late_changes_nothing(line: AgentsLine):
    await line.told(NUMBERS, CALL, **ended(42))
    before = line.recorded()
    await line.clock.pass_by(3600)
    await line.told(NUMBERS, CALL, **ended(42))

    assert line.recorded() == before


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "something new", ""])
async def test_what_is_not_for_good_is_a_hint_alone(line: AgentsLine, status: str):
    before = line.kinds()
    await line.told(OURS, AGENT_SID, CallStatus=status)
    await line.told(NUMBERS, CALL, CallStatus=status)

    assert line.kinds() == before


async def test_a_call_the_ledger_never_heard_of_is_not_made_up(line: AgentsLine):
    stranger = "CA" + "9" * 32

    assert await line.told(NUMBERS, stranger, **ended(42)) == []
    assert line.recorded(stranger) == []


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled", "completed"])
async def test_a_ring_that_came_to_nothing_is_missed_at_once(line: AgentsLine, status: str):
    await line.knows(*Story(CALL).rings(50, LEG).facts)

    await line.told(OURS, AGENT_SID, **ended(55, status))

    assert line.missed == [LEG]
    assert (await line.call()).phase == CallPhase.WAITING


async def test_a_ring_that_was_over_already_is_not_missed_again(line: AgentsLine):
    await line.knows(*Story(CALL).rings(50, LEG).is_not_answered(54.6, LEG).facts)

    await line.told(OURS, AGENT_SID, **ended(54, "canceled"))

    assert line.missed == []
    assert line.kinds()[-2:] == ["agent_did_not_answer", "agent_leg_ended"]
    assert line.recorded()[-1].occurred_at == at(54.6)


async def test_a_leg_that_talked_ends_the_talk_when_it_ends(line: AgentsLine):
    await line.knows(*Story(CALL).rings(50, LEG).is_answered(54, LEG).facts)

    await line.told(OURS, AGENT_SID, **ended(58))

    call = await line.call()
    assert (call.talk_ended_at, call.phase) == (at(58), CallPhase.WRAP_UP)


async def test_a_leg_that_was_just_put_through_is_not_taken_for_missed(line: AgentsLine):
    """Its answer is not on record, because the ledger could not write."""
    await line.knows(*Story(CALL).rings(50, LEG).facts)
    line.legs.put_through(LEG)

    await line.told(OURS, AGENT_SID, **ended(58))

    assert line.missed == []


async def test_in_whatever_order_callbacks_come_the_call_is_the_same(tmp_path: Path):
    told = [
        (OURS, AGENT_SID, 70),
        (NUMBERS, CALL, 71),
        (f"/twilio/agent/over?call={CALL}&leg={LEG}", AGENT_SID, 0),
    ]
    calls: list[Call] = []
    for number, order in enumerate(permutations(told)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with an_agents_line(folder) as line:
            await line.knows(*Story(CALL).arrives().queues(5).rings(50, LEG).is_answered(54, LEG).facts)
            await line.clock.pass_by(10)
            for path, sid, seconds in order:
                await line.told(path, sid, **(ended(seconds) if seconds else {"CallStatus": "in-progress"}))
            calls.append(await line.call())

    assert {(call.talk_ended_at, call.ended_at, call.ended_by) for call in calls} == {
        (at(70), at(71), calls[0].ended_by)
    }


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
async def test_a_call_of_the_offices_that_no_agent_took_up_reached_nobody(line: AgentsLine, status: str):
    await line.knows(*CallBackStory(BACK).is_placed(50).facts)

    await line.told(f"/twilio/status?call={BACK}", AGENT_SID, **ended(58, status))

    call = await line.call(BACK)
    assert (call.not_reached, call.ended_at) == (NOT_PICKED_UP, at(58))


async def test_a_call_of_the_offices_that_talked_ends_with_its_agents_leg(line: AgentsLine):
    await line.knows(*CallBackStory(BACK).is_placed(50).reaches(55, "CA" + "2" * 32).facts)

    await line.told(f"/twilio/status?call={BACK}", AGENT_SID, **ended(90))

    call = await line.call(BACK)
    assert (call.not_reached, call.ended_at, call.talk_ended_at) == (None, at(90), at(90))


@pytest.mark.parametrize(
    "query", [f"?call={CALL}", f"?call={CALL}&leg=x", f"?leg={LEG}", "?call=twilio-balik-1"]
)
async def test_an_address_that_names_no_call_of_ours_is_refused(line: AgentsLine, query: str):
    assert (await line.asks(f"/twilio/status{query}", AGENT_SID, **ended(50))).status_code == 400


async def test_with_the_ledger_away_nothing_is_said_and_the_list_of_calls_heals_it(
    line: AgentsLine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ticketing.ledger.reader.Reader.facts_of", lambda *_: 1 / 0)

    assert await line.told(NUMBERS, CALL, **ended(42)) == []
