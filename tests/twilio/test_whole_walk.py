"""A citizen and the agents over Twilio, by the product's own provider: walk, wait, talk, recap."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.twilio.fake.callbacks import Mischief
from tests.twilio.fake.citizen import HangUp, Heard, Keys, Telephone, Until, Wait
from tests.twilio.fake.twilio import Twice
from tests.twilio.line import FIRST, SECOND, TwilioLine, a_line
from ticketing.calls.call import CallPhase
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import EndedBy

SECOND_OF_TWILIOS = timedelta(seconds=1)
"""Its list of calls, and its callbacks, have whole seconds."""


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[TwilioLine]:
    async with a_line(tmp_path) as made:
        yield made


@pytest.mark.parametrize("twice", [False, True])
async def test_a_citizen_waits_while_one_lets_it_ring_and_talks_to_the_next(line: TwilioLine, twice: bool):
    line.twilio.twice = Twice(at_once=True) if twice else None
    # Voicemail takes the first agent's telephone, and presses no key.
    line.twilio.telephones[FIRST] = Telephone(2, (Wait(60),))
    line.twilio.telephones[SECOND] = Telephone(3, (Wait(42), HangUp()))
    await line.sits("adi", "meja-1")
    leg = line.calls(Wait(4), Keys("1"), Until("Tekan bintang"))
    await line.clock.pass_by(60)
    await line.sits("dewi", "meja-2")
    await line.over(leg)

    call = line.call(leg)
    talk = [heard for heard in leg.heard if heard.kind == "talk"]
    assert len(talk) == 1, leg.transcript
    assert (call.agent_id, call.ended_by, call.phase) == ("dewi", EndedBy.AGENT, CallPhase.WRAP_UP)
    assert (call.answered_at, call.talk_ended_at) == (talk[0].at, talk[0].ended_at)
    assert call.ended_at is not None
    assert [ring.agent_id for ring in call.rings][-1] == "dewi"
    assert "adi" in [ring.agent_id for ring in call.rings]
    assert line.twilio.debugger == []


async def test_the_caller_hangs_up_while_a_telephone_rings_and_it_rings_no_more(line: TwilioLine):
    line.twilio.telephones[SECOND] = Telephone(None)
    await line.sits("dewi", "meja-2")

    leg = line.calls(Wait(4), Keys("1"), Wait(45), HangUp())
    await line.over(leg)

    assert line.rung()
    assert all(each.over for each in line.rung())
    assert line.call(leg).phase == CallPhase.OVER
    assert outcome(line.call(leg)) in (Outcome.ABANDONED, Outcome.ABANDONED_RINGING)


async def test_who_hangs_up_while_waiting_is_owed_a_call_at_once_without_any_callback(tmp_path: Path):
    async with a_line(tmp_path, mischief=Mischief(dropped=1.0)) as line:
        leg = line.calls(Wait(4), Keys("1"), Until("Tekan bintang"), Wait(20), HangUp())

        await line.over(leg)

        call = line.call(leg)
        ticket = line.desk.reader.ticket(call.ticket_id)
    assert call.phase == CallPhase.OVER
    assert outcome(call) == Outcome.ABANDONED
    assert ticket.call_back_due_at is not None


async def test_with_a_third_of_the_callbacks_lost_every_length_is_right_to_the_second(tmp_path: Path):
    lost = Mischief(seed=7, dropped=0.34, doubled=0.2, late_seconds=90)
    async with a_line(tmp_path, mischief=lost) as line:
        line.twilio.telephones[SECOND] = Telephone(3, (Wait(20), HangUp()))
        await line.sits("dewi", "meja-2")
        legs = []
        for number in range(12):
            gone = (Wait(number), HangUp()) if number % 3 == 0 else (Wait(90), HangUp())
            script = (Wait(4), Keys("1"), Until("Tekan bintang"), *gone)
            legs.append(line.calls(*script, number=f"+62812000000{number:02d}"))
            await line.over(legs[-1])
            await line.recaps(legs[-1])
        await line.over(*legs, seconds=3700)

        calls = [line.call(leg) for leg in legs]
        said = [leg.transcript for leg in legs]
    talks = [[heard for heard in leg.heard if heard.kind == "talk"] for leg in legs]
    assert sum(map(len, talks)) >= 6
    for leg, call, talk, transcript in zip(legs, calls, talks, said, strict=True):
        assert call.ended_at, transcript
        assert abs(call.ended_at - leg.call.ended_at) <= SECOND_OF_TWILIOS, transcript
        assert call.talk_seconds == (pytest.approx(_length(talk[0]), abs=1) if talk else None), transcript
        assert outcome(call) is not None


def _length(heard: Heard) -> float:
    return (heard.ended_at - heard.at).total_seconds()
