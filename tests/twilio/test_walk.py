"""A caller's walk through Twilio, from the first ring: what they hear, and what the ledger has of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import MONDAY_MORNING, Desk, a_desk
from tests.ivr.providers.twilio.test_webhooks import PUBLIC, a_node
from tests.twilio.fake.citizen import Deed, HangUp, Keys, Until, Wait
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import FakeTwilio, Twice

CITIZEN, LINE = "+6281200000042", "+62311500000"
NUMBER, AGAIN = "hari ini: nol", "Sekali lagi: nol"


@dataclass
class Hotline:
    """A number at Twilio that our webhooks answer."""

    twilio: FakeTwilio
    desk: Desk

    async def called(self, *script: Deed) -> Leg:
        """A citizen who does that, to the end of the call."""
        number = self.twilio.account.number(LINE)
        assert number
        leg = self.twilio.call(number, CITIZEN, script)
        await self.twilio.clock.go_on(lambda: leg.over)
        return leg

    def recorded(self, leg: Leg) -> list[str]:
        return [fact.kind for fact in self.desk.reader.facts_of({leg.call.sid})[leg.call.sid]]


@pytest.fixture
async def hotline(tmp_path: Path) -> AsyncIterator[Hotline]:
    async with a_desk(tmp_path) as desk:
        twilio = FakeTwilio(VirtualClock(MONDAY_MORNING))
        token = twilio.account.primary_token
        twilio.edge.serve(PUBLIC, a_node(desk, tmp_path / "sounds", twilio.account.sid, (token,)))
        twilio.add_number(LINE, voice_url=f"{PUBLIC}/twilio/voice")
        yield Hotline(twilio, desk)
        await twilio.close()


async def test_a_citizen_hears_the_number_twice_within_half_a_minute(hotline: Hotline):
    leg = await hotline.called(Wait(4), Keys("1"), Until(AGAIN), Wait(6), HangUp())

    said = [heard for heard in leg.heard if heard.kind == "say"]
    numbers = [heard for heard in said if NUMBER in heard.what or AGAIN in heard.what]
    assert said[0].what.startswith("Selamat"), leg.transcript
    assert len(numbers) == 2, leg.transcript
    assert (numbers[0].ended_at - leg.call.answered_at).total_seconds() < 30
    assert hotline.recorded(leg)[:3] == ["call_arrived", "menu_entered", "ticket_registered"]
    assert hotline.recorded(leg).count("number_spoken") == 2
    assert hotline.twilio.debugger == []


async def test_whoever_hangs_up_in_the_number_has_a_ticket_and_has_not_heard_it(hotline: Hotline):
    leg = await hotline.called(Wait(4), Keys("1"), Until(NUMBER), Wait(0.5), HangUp())

    assert hotline.recorded(leg) == ["call_arrived", "menu_entered", "ticket_registered"]


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_request_delivered_twice_gets_the_same_bytes_and_one_ticket(hotline: Hotline, at_once: bool):
    hotline.twilio.twice = Twice(at_once=at_once)

    leg = await hotline.called(Wait(4), Keys("1"), Until(AGAIN), Wait(6), HangUp())

    assert len(hotline.twilio.twice.pairs) >= 3
    assert all(one.answer == other.answer for one, other in hotline.twilio.twice.pairs)
    assert hotline.recorded(leg).count("ticket_registered") == 1
