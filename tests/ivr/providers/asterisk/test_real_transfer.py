"""An agent hands a caller on to a colleague, on a real Asterisk."""

import asyncio
import time
from pathlib import Path

import pytest

from ivr.probe.ears import Ear, Vocabulary, transcribe
from ivr.probe.sipp import AwaitHangUp, HangUp, SippProcess, Wait
from ivr.providers.asterisk.asking import DENIED
from ivr.providers.asterisk.configuration import READER
from ivr.providers.asterisk.handing_on import COLLEAGUES
from ivr.switchboard import NoSuchPhone, PhoneEngaged
from tests.builders import a_desk
from tests.ivr.providers.asterisk.lab import CALLER, Lab, OpenLab, register_at_once
from tests.ivr.providers.asterisk.test_real_gaps import listening, until
from tests.ivr.providers.asterisk.test_real_rights import said_to
from ticketing import facts
from ticketing.calls.call import Call, CallPhase, fold
from ticketing.facts import AgentAnswered, EndedBy

pytestmark = pytest.mark.real


async def a_talk(lab: Lab, *acts: Wait | HangUp | AwaitHangUp, ear: Ear | None = None) -> SippProcess:
    """A citizen who talks to Dewi at the first desk."""
    await lab.answer_dialogues(register_at_once)
    await lab.agent("dewi", 0, ring_seconds=0.2)
    citizen = await lab.citizen(*acts, ear_port=ear.port if ear else None)
    await lab.hear(AgentAnswered)
    await asyncio.sleep(1)
    return citizen


async def hand_on(lab: Lab, desk: int = 1) -> Call:
    """Dewi hands the citizen on; the call once her talk is over."""
    answered = await lab.hear(AgentAnswered)
    assert isinstance(answered, AgentAnswered)
    phone = lab.plan.phones_of("agent", "sip")[desk].interface
    await lab.control.transfer(answered.call_id, answered.leg_id, phone)
    await lab.hear(facts.TalkEnded)
    return fold(lab.facts(), answered.call_id)


async def test_the_colleague_answers_and_the_caller_talks_on(open_lab: OpenLab) -> None:
    lab = await open_lab()
    citizen = await a_talk(lab, Wait(8), HangUp())
    await lab.agent("rini", 1, ring_seconds=0.3)

    call = await hand_on(lab)
    await asyncio.sleep(3)
    still = lab.facts(facts.CallEnded)

    assert (call.agent_id, call.ended_by, call.phase) == ("dewi", EndedBy.TRANSFER, CallPhase.WRAP_UP)
    assert call.talk_seconds is not None
    assert 0.9 < call.talk_seconds < 3
    assert still == []
    assert await citizen.wait() == 0
    await lab.hear(facts.CallEnded)
    assert len(lab.facts(facts.TalkEnded)) == len(lab.facts(AgentAnswered)) == 1


async def test_the_colleagues_phone_shows_the_ticket_and_never_the_callers_number(open_lab: OpenLab) -> None:
    lab = await open_lab()
    citizen = await a_talk(lab, Wait(5), HangUp())
    await lab.agent("rini", 1, ring_seconds=0.3)

    await hand_on(lab)
    await citizen.wait()
    await lab.until(lambda: len(lab.facts(facts.AgentLegEnded)) == 2)

    (colleague,) = [
        event.headers
        for event in lab.events
        if event.name == "Hangup" and event.headers["Channel"].startswith("PJSIP/meja02-")
    ]
    assert colleague["ConnectedLineNum"] == "00424"
    assert CALLER not in str(dict(colleague))


async def test_a_colleague_who_does_not_answer_leaves_the_caller_with_a_sentence(open_lab: OpenLab) -> None:
    lab = await open_lab()
    vocabulary = Vocabulary.of({name: lab.sound(name) for name in ("semua-sibuk", "semua-sibuk-netral")})
    ear = Ear()
    await ear.open()
    began = time.time()
    citizen = await a_talk(lab, AwaitHangUp(), ear=ear)
    await lab.agent("rini", 1, ring_seconds=None)

    call = await hand_on(lab)

    assert await citizen.wait() == 0
    ear.close()
    heard = [one.name for one in transcribe(ear.frames, vocabulary, began, time.time()).heard]
    assert heard == ["semua-sibuk-netral"]
    assert call.ended_by == EndedBy.TRANSFER
    await lab.hear(facts.CallEnded)


@pytest.mark.parametrize(
    ("phone", "refusal"),
    [
        ("PJSIP/meja09", NoSuchPhone),
        ("PJSIP/warga-sip", NoSuchPhone),
        ("PJSIP/081200000042@trunk", NoSuchPhone),
        ("", NoSuchPhone),
        # Nobody has registered there.
        ("PJSIP/meja03", PhoneEngaged),
        # The agent's own phone, in the talk.
        ("PJSIP/meja01", PhoneEngaged),
    ],
)
async def test_a_phone_that_is_not_ours_or_not_free_is_refused_and_the_talk_goes_on(
    open_lab: OpenLab, phone: str, refusal: type[Exception]
) -> None:
    lab = await open_lab()
    citizen = await a_talk(lab, Wait(4), HangUp())
    answered = await lab.hear(AgentAnswered)
    assert isinstance(answered, AgentAnswered)

    with pytest.raises(refusal):
        await lab.control.transfer(answered.call_id, answered.leg_id, phone)
    await asyncio.sleep(0.5)

    assert lab.facts(facts.TalkEnded, facts.CallEnded) == []
    assert await citizen.wait() == 0
    assert await lab.hear(facts.TalkEnded)


async def test_whoever_only_reads_hands_nobody_on(open_lab: OpenLab) -> None:
    lab = await open_lab()
    where = {"Channel": "PJSIP/meja01-1", "Context": COLLEAGUES, "Exten": "ke_meja02"}

    assert DENIED in await said_to(lab, READER, lab.plan.reader_secret, "BlindTransfer", where)


async def test_nobody_who_was_handed_on_is_taken_for_gone_after_a_gap(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    citizen = await a_talk(lab, Wait(12), HangUp())
    await lab.agent("rini", 1, ring_seconds=0.3)

    async with a_desk(tmp_path) as desk:
        async with listening(lab, desk):
            call = await hand_on(lab)
        async with listening(lab, desk):
            await asyncio.sleep(4)
            still = desk.reader.call(call.call_id)
            assert await citizen.wait() == 0
            await until(lambda: desk.reader.call(call.call_id).ended_at is not None)

        assert (still.phase, still.ended_at) == (CallPhase.WRAP_UP, None)


async def test_what_nobody_heard_is_told_by_the_books_with_no_ring_of_the_colleagues(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    citizen = await a_talk(lab, Wait(4), HangUp())
    await lab.agent("rini", 1, ring_seconds=0.3)
    call = await hand_on(lab)
    await citizen.wait()
    await lab.hear(facts.CallEnded)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        await until(lambda: bool(desk.reader.facts_of([call.call_id])))
        healed = fold(desk.reader.facts_of([call.call_id])[call.call_id], call.call_id)

    assert (healed.agent_id, healed.ended_by) == ("dewi", EndedBy.TRANSFER)
    assert [ring.agent_id for ring in healed.rings] == ["dewi"]
    assert healed.talk_seconds == pytest.approx(call.talk_seconds, abs=0.1)
