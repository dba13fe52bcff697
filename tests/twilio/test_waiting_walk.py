"""A caller who waits on Twilio, to the end of the call: what they hear, and what the ledger has of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from config.clock import OFFICE_ZONE
from config.errors import Unavailable
from config.office import Office
from ivr.providers.twilio.twiml import Dial, Queue, render
from ivr.speech.music import make_music
from tests.builders import MONDAY_MORNING, OFFICE, Desk, a_desk
from tests.ivr.providers.twilio.test_waiting import BOOK, PUBLIC, a_node, an_office
from tests.twilio.fake.call import Call as AgentCall
from tests.twilio.fake.citizen import Deed, HangUp, Keys, Telephone, Until, Wait
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.document import Document, parsed
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import FakeTwilio, Twice
from ticketing import facts
from ticketing.calls.call import Call, CallPhase
from ticketing.calls.outcome import Outcome
from ticketing.facts import EndedBy, Report
from ticketing.ledger.reader import Reader

CITIZEN, LINE, AGENT = "+6281200000042", "+62311500000", "+6281200000077"
REGISTERS: tuple[Deed, ...] = (Wait(4), Keys("1"))
PLACE, TOPICS, OFFER = "pada urutan", "tekan satu untuk KTP", "tekan sembilan"
THANKS, PROMISE = "sudah kami catat", "paling lambat hari"


@dataclass
class Hotline:
    """A number at Twilio that our webhooks answer."""

    twilio: FakeTwilio
    desk: Desk

    def begins(self, *script: Deed) -> Leg:
        number = self.twilio.account.number(LINE)
        assert number
        return self.twilio.call(number, CITIZEN, (*REGISTERS, *script))

    async def called(self, *script: Deed) -> Leg:
        """A citizen who registers and then does that, to the end of the call."""
        leg = self.begins(*script)
        await self.twilio.clock.go_on(lambda: leg.over)
        await self.ends(leg)
        return leg

    async def ends(self, leg: Leg) -> None:
        """The number's own status callback tells of the end."""
        at = leg.call.ended_at
        assert at
        ended = facts.CallEnded(key=f"{leg.call.sid}/ended", occurred_at=at, call_id=leg.call.sid, cause=16)
        await self.desk.journal.record(Report(ended))

    def call(self, leg: Leg) -> Call:
        return self.desk.reader.folded(leg.call.sid)

    def recorded(self, leg: Leg) -> list[str]:
        return [fact.kind for fact in self.desk.reader.facts_of({leg.call.sid})[leg.call.sid]]

    def outcome(self, leg: Leg) -> str:
        row = self.desk.reader.call(leg.call.sid)
        assert row
        return str(row.outcome)


@pytest.fixture
async def open_line(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def opened(office: Office = OFFICE, begins_at: datetime = MONDAY_MORNING) -> Hotline:
            desk = await stack.enter_async_context(a_desk(tmp_path, office))
            twilio = FakeTwilio(VirtualClock(begins_at))
            twilio.fetches_sounds = True
            make_music(tmp_path / "music" / "hold.wav")
            token, account = twilio.account.primary_token, twilio.account.sid
            node = a_node(desk, tmp_path, twilio.clock.now, office=office, account=account, token=token)
            twilio.edge.serve(PUBLIC, node)
            twilio.add_number(LINE, voice_url=f"{PUBLIC}/twilio/voice")
            stack.push_async_callback(twilio.close)
            return Hotline(twilio, desk)

        yield opened


def heard(leg: Leg, part: str) -> list[datetime]:
    return [each.at for each in leg.heard if part in each.what]


async def test_whoever_waits_hears_the_place_music_topics_and_an_offer_in_turn(open_line):
    hotline = await open_line()

    leg = await hotline.called(Until(OFFER, to_its_end=True), HangUp())

    places = heard(leg, PLACE)
    assert len(places) == 3
    gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(places)]
    assert all(28 <= gap <= 60 for gap in gaps), gaps
    assert places[0] < heard(leg, TOPICS)[0] < heard(leg, OFFER)[0]
    assert any(each.kind == "play" and each.ended_at - each.at >= timedelta(seconds=24) for each in leg.heard)
    assert hotline.outcome(leg) == Outcome.ABANDONED
    assert hotline.recorded(leg)[-3:] == ["call_queued", "call_abandoned", "call_ended"]
    assert hotline.twilio.debugger == []


async def test_a_key_in_the_music_is_answered_at_once_and_costs_no_place(open_line):
    hotline = await open_line()

    leg = await hotline.called(Until(PLACE), Wait(10), Keys("1"), Until(THANKS), Wait(5), Keys("*"),
                               Until("Nomor Bapak Ibu: ", to_its_end=True), HangUp())  # fmt: skip

    pressed_at = heard(leg, PLACE)[0] + timedelta(seconds=10)
    assert (heard(leg, THANKS)[0] - pressed_at).total_seconds() < 0.5
    call = hotline.call(leg)
    assert call.category is not None
    assert hotline.recorded(leg).count("call_queued") == 1
    assert hotline.twilio.debugger == []


async def test_whoever_asks_for_a_call_hears_the_promise_and_the_call_ends(open_line):
    hotline = await open_line()

    leg = await hotline.called(Until(PLACE), Wait(3), Keys("9"))

    assert PROMISE in leg.transcript[-1]
    assert leg.heard[-1].to_its_end
    assert hotline.outcome(leg) == Outcome.CALL_BACK_ASKED
    assert "call_abandoned" not in hotline.recorded(leg)
    assert hotline.twilio.debugger == []


async def test_after_the_longest_wait_the_caller_is_told_and_the_call_ends(open_line):
    hotline = await open_line(an_office(max_wait_seconds=100))

    leg = await hotline.called()

    call = hotline.call(leg)
    assert leg.transcript[-1] == BOOK["semua-sibuk"]
    assert leg.heard[-1].to_its_end
    assert 100 <= (call.gave_up_at - call.queued_at).total_seconds() < 120
    assert hotline.outcome(leg) == Outcome.TURNED_AWAY
    assert hotline.twilio.debugger == []


async def test_at_closing_the_caller_is_told_of_the_next_working_day(open_line):
    closing = datetime(2026, 11, 23, 15, 0, tzinfo=OFFICE_ZONE)
    hotline = await open_line(an_office(at_closing="call_back"), closing - timedelta(minutes=2))

    leg = await hotline.called()

    assert leg.transcript[-1] == BOOK["tutup-saat-menunggu"]
    assert timedelta(0) <= hotline.call(leg).gave_up_at - closing < timedelta(seconds=20)
    assert hotline.outcome(leg) == Outcome.QUEUE_CLOSED


async def test_while_the_ledger_is_away_the_caller_hears_music_and_then_waits_on(
    open_line, monkeypatch: pytest.MonkeyPatch
):
    hotline = await open_line()
    leg = hotline.begins(Until(PLACE), Wait(60), Keys("1"), Until(THANKS), HangUp())
    await hotline.twilio.clock.go_on(lambda: heard(leg, PLACE))
    with monkeypatch.context() as away:
        away.setattr(Reader, "folded", _away)
        await hotline.twilio.clock.pass_by(35)
        assert not leg.over
    await hotline.twilio.clock.go_on(lambda: leg.over)
    await hotline.ends(leg)

    call = hotline.call(leg)
    assert call.category is not None
    assert hotline.recorded(leg).count("call_queued") == 1
    silent = [
        each for each in leg.heard if each.kind == "pause" and each.ended_at - each.at > timedelta(seconds=2)
    ]
    assert silent == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_every_request_delivered_twice_changes_nothing(open_line, at_once: bool):
    hotline = await open_line()
    hotline.twilio.twice = Twice(at_once=at_once)

    leg = await hotline.called(Until(PLACE), Wait(3), Keys("1"), Until(THANKS), Wait(40), Keys("2"),
                               Until(THANKS), Wait(3), Keys("9"))  # fmt: skip

    pairs = [pair for pair in hotline.twilio.twice.pairs if "/twilio/queue" in pair[0].url]
    assert len(pairs) >= 6
    assert all(one.answer == other.answer for one, other in pairs)
    counted = hotline.recorded(leg)
    assert [counted.count(kind) for kind in ("call_queued", "category_chosen", "call_back_promised")] == [
        1,
        2,
        1,
    ]
    assert hotline.outcome(leg) == Outcome.CALL_BACK_ASKED


@pytest.mark.parametrize(("agent_leaves", "by"), [(True, EndedBy.AGENT), (False, EndedBy.CALLER)])
async def test_a_talk_ends_by_whoever_left_it(open_line, agent_leaves: bool, by: EndedBy):
    hotline = await open_line()
    leg = hotline.begins(Until(PLACE), Wait(20), *([] if agent_leaves else [Wait(30), HangUp()]))
    await hotline.twilio.clock.go_on(lambda: heard(leg, PLACE))
    await _is_answered(hotline, leg)
    _takes(hotline, leg, *([Wait(30), HangUp()] if agent_leaves else []))
    await hotline.twilio.clock.go_on(lambda: leg.over)
    await hotline.ends(leg)

    call = hotline.call(leg)
    assert (call.ended_by, call.leg_id) == (by, f"{leg.call.sid}.1")
    assert "call_abandoned" not in hotline.recorded(leg)
    assert hotline.outcome(leg) == Outcome.ANSWERED


async def test_whoever_could_not_be_connected_waits_on_in_the_same_place(open_line):
    hotline = await open_line()
    leg = hotline.begins()
    await hotline.twilio.clock.go_on(lambda: heard(leg, PLACE))

    # What is to be said before they are connected cannot be had.
    agent = _takes(hotline, leg, url=f"{PUBLIC}/twilio/queue/none")
    await hotline.twilio.clock.go_on(lambda: agent.over)
    await hotline.twilio.clock.pass_by(5)

    assert len(heard(leg, PLACE)) == 2
    assert hotline.call(leg).phase is CallPhase.WAITING
    assert hotline.recorded(leg).count("call_queued") == 1


def _takes(hotline: Hotline, leg: Leg, *script: Deed, url: str | None = None) -> Leg:
    """An agent's telephone takes the caller out of the queue of their own."""
    twilio = hotline.twilio
    twilio.telephones[AGENT] = Telephone(answers_after_seconds=1, script=script)
    markup = render([Dial(Queue(leg.call.sid, url), f"{PUBLIC}/twilio/agent/over")])
    call = AgentCall(
        twilio.account.new_sid("CA"), twilio.account, LINE, AGENT, "outbound-api", twilio.clock.now()
    )
    return twilio.call_out(call, Document("", parsed(markup, "", twilio.note)), None, 30)


async def _is_answered(hotline: Hotline, leg: Leg) -> None:
    sid, leg_id = leg.call.sid, f"{leg.call.sid}.1"
    who = {"queue": "dukcapil", "agent_id": "dewi", "leg_id": leg_id, "call_id": sid}
    at = hotline.twilio.clock.now()
    for kind, key in ((facts.AgentRang, "rang"), (facts.AgentAnswered, "answered")):
        await hotline.desk.journal.record(Report(kind(key=f"{sid}/{key}/{leg_id}", occurred_at=at, **who)))


def _away(*_: object) -> None:
    class Away(Unavailable):
        def __init__(self) -> None:
            super().__init__("Tidak ada.", "Away.")

    raise Away
