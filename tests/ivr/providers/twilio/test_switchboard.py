"""Commands at Twilio: what is asked of its REST API, what is not, and who is held back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.errors import NotFound, Refused, Unavailable
from ivr.providers.twilio.leg_facts import is_call_back
from ivr.queues.ringing import RingAgent
from ivr.queues.roster import CALLING_PAUSE, RESTORED, WRAP_UP_PAUSE
from ivr.switchboard import NoSuchPhone
from tests.builders import CallBackStory, Story
from tests.ivr.providers.twilio.agents_line import (
    BACK,
    CALL,
    CITIZEN,
    COLLEAGUE,
    DESK_PHONE,
    DESK_SIP,
    AgentsLine,
    an_agents_line,
)
from tests.twilio.fake.citizen import Telephone
from ticketing.ledger import turns
from ticketing.people.dialling import NumberNotAllowed

LEG = f"{CALL}.1"


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[AgentsLine]:
    async with an_agents_line(tmp_path) as made:
        yield made


def a_ring(phone: str, label: str = "424") -> RingAgent:
    return RingAgent(CALL, LEG, "dewi", phone, "dukcapil", label, 15)


async def test_a_phone_is_held_back_from_the_moment_its_agent_calls_until_it_is_released(line: AgentsLine):
    board, held = line.switchboard, list[bool]()

    async def now(step: object) -> None:
        held.append(board.is_held_back(DESK_SIP))

    await now(await board.add_agent("dukcapil", DESK_SIP, "dewi", paused=False))
    await now(await board.pause_agent("dukcapil", DESK_SIP, paused=True, reason=CALLING_PAUSE))
    await now(await board.pause_agent("dukcapil", DESK_PHONE, paused=True, reason=WRAP_UP_PAUSE))
    await now(await board.remove_agent("dukcapil", DESK_SIP))
    await now(await board.pause_agent("dukcapil", DESK_SIP, paused=True, reason=CALLING_PAUSE))
    await now(await board.pause_agent("dukcapil", DESK_SIP, paused=False, reason=RESTORED))

    assert held == [False, True, True, False, True, False]
    assert line.twilio.rest.asked == []
    assert line.looks


@pytest.mark.parametrize("phone", ["PJSIP/1001", "1500", "+6281200000077", "sip:meja-2@pbx.kantor", ""])
async def test_what_is_no_telephone_of_the_offices_is_not_rung(line: AgentsLine, phone: str):
    with pytest.raises(NoSuchPhone):
        await line.switchboard.ring(a_ring(phone))
    with pytest.raises(NoSuchPhone):
        await line.switchboard.call_citizen(BACK, phone, "dewi", CITIZEN, "424")

    assert line.twilio.rest.asked == []


@pytest.mark.parametrize(
    "number", ["081200000042", "+6281", "+6281200000042,+44", "+14155550100", "sip:x@y", ""]
)
async def test_a_number_the_office_may_not_call_is_not_dialled(line: AgentsLine, number: str):
    with pytest.raises(NumberNotAllowed):
        await line.switchboard.call_citizen(BACK, DESK_SIP, "dewi", number, "424")

    assert line.twilio.rest.asked == []


async def test_without_a_ticket_the_lines_number_is_shown(line: AgentsLine):
    await line.switchboard.ring(a_ring(DESK_SIP, label=""))

    assert line.agents_leg().call.from_ == "+62311500000"


async def test_twilio_away_is_unavailable_and_a_number_it_will_not_call_is_refused(line: AgentsLine):
    line.twilio.rest.too_many = 1
    with pytest.raises(Unavailable):
        await line.switchboard.ring(a_ring(DESK_PHONE))

    line.twilio.account.numbers.clear()
    with pytest.raises(Refused):
        await line.switchboard.ring(a_ring(DESK_PHONE))


async def test_a_ring_that_is_known_to_nobody_or_over_is_no_error_to_stop(line: AgentsLine):
    await line.switchboard.stop_ringing(LEG)

    line.twilio.telephones[DESK_SIP] = Telephone(busy=True)
    await line.switchboard.ring(a_ring(DESK_SIP))
    await line.over(line.agents_leg())
    await line.switchboard.stop_ringing(LEG)


async def test_another_nodes_talk_is_not_stopped_as_a_ring(line: AgentsLine):
    await line.knows(*Story(CALL).arrives().queues(5).rings(50, LEG).is_answered(54, LEG).facts)

    await line.switchboard.stop_ringing(LEG)

    assert line.twilio.rest.asked == []


async def test_a_ring_of_the_same_telephone_at_another_time_is_left_alone(line: AgentsLine):
    """The ring that is to be stopped never reached Twilio."""
    await line.sits(DESK_SIP)
    await line.knows(*Story(CALL).arrives().queues(5).rings(30, LEG).facts)
    later = f"{CALL}.2"
    await line.switchboard.ring(RingAgent(CALL, later, "dewi", DESK_SIP, "dukcapil", "424", 15))
    await line.clock.pass_by(2)

    await line.switchboard.stop_ringing(LEG)
    await line.clock.pass_by(1)

    assert not line.agents_leg().over


async def test_a_call_of_the_offices_is_ended_by_its_own_id_on_any_node(line: AgentsLine):
    await line.sits(DESK_SIP)
    line.twilio.telephones[DESK_SIP] = Telephone(None)
    await line.knows(*CallBackStory(BACK).is_placed(60).facts)
    await line.switchboard.call_citizen(BACK, DESK_SIP, "dewi", CITIZEN, "424")
    await line.clock.pass_by(2)
    line.legs._heard.clear()

    await line.switchboard.hang_up(BACK)
    await line.over(line.agents_leg())

    assert line.agents_leg().call.status == "canceled"


async def test_hanging_up_what_is_nothing_of_ours_asks_nobody(line: AgentsLine):
    await line.switchboard.hang_up("pbx-1.0")

    assert line.twilio.rest.asked == []


async def test_each_call_of_the_offices_has_an_id_of_its_own(line: AgentsLine):
    first, second = line.switchboard.new_call_id(), line.switchboard.new_call_id()

    assert first != second
    assert is_call_back(first)


async def test_nobody_is_led_on_to_a_number_that_somebody_asks_for(line: AgentsLine):
    for to in (CITIZEN, COLLEAGUE, "meja-9", ""):
        with pytest.raises(NotFound):
            await line.switchboard.transfer(CALL, LEG, to)

    assert line.twilio.rest.asked == []


async def test_a_caller_who_could_not_be_led_on_has_not_been(line: AgentsLine):
    with pytest.raises(Refused):
        await line.switchboard.transfer(CALL, LEG, "meja-2")

    assert not line.legs.is_moved(LEG)


async def test_an_agents_number_for_a_citizen_stands_in_no_request_of_ours(line: AgentsLine):
    line.twilio.telephones[DESK_PHONE] = Telephone(None)
    await line.switchboard.call_citizen(BACK, DESK_PHONE, "dewi", CITIZEN, "424")
    await line.over(line.agents_leg())

    assert line.twilio.edge.sent
    assert all(CITIZEN[1:] not in sent.url for sent in line.twilio.edge.sent)
    assert await line.numbers.number(BACK) == CITIZEN
    with line.desk.reader.connect() as connection:
        kept = turns.turn(connection, BACK, 0)
        assert kept
        assert CITIZEN.encode() not in kept.walk + kept.reply
