"""Queues and dialling in the fake go as the documentation of Enqueue, Queue and Dial says."""

from datetime import timedelta

import pytest

from tests.twilio.fake.citizen import HangUp, Keys, Refer, Telephone, Until, Wait
from tests.twilio.fake.document import Document
from tests.twilio.fake.leg import Ended, Leg, Moved, Source
from tests.twilio.server import BEGINS_AT, CITIZEN, DESK, ORIGIN, Answering, Bench, a_bench

ENQUEUE = '<Enqueue waitUrl="/wait" action="/left">umum</Enqueue><Say>Berikutnya</Say>'
MUSIC = "<Play>/musik.wav</Play>"
NUMBER = "+6281200000077"
AGENT_OFFICE = "+6231500001"


def queue_bench(**answers: Answering) -> object:
    given: dict[str, Answering] = {
        "voice": ENQUEUE,
        "wait": MUSIC,
        "left": "<Say>Sampai jumpa</Say>",
        "agent": '<Dial action="/dialled"><Queue url="/whisper">umum</Queue></Dial>',
        "whisper": "<Say>Anda tersambung</Say>",
        "dialled": "",
        "status": "",
    }
    return a_bench(**(given | answers))


def agent(bench: Bench, *script: object) -> Leg:
    """An agent who calls a number of their own, and takes the next caller."""
    number = bench.twilio.account.number(AGENT_OFFICE) or bench.twilio.add_number(
        AGENT_OFFICE, voice_url=f"{ORIGIN}/agent"
    )
    return bench.twilio.call(number, "+6281200000099", script)  # type: ignore[arg-type]


async def test_the_wait_document_is_asked_for_again_whenever_it_runs_out():
    async with queue_bench() as bench:
        leg = bench.call(Wait(10), HangUp())
        await bench.over(leg)
        forms = bench.server.forms("/wait")
        assert [form["QueueTime"] for form in forms] == ["0", "3", "6", "9"]
        assert forms[0]["QueuePosition"] == "1"
        assert forms[0]["CurrentQueueSize"] == "1"
        assert forms[0]["MaxQueueSize"] == "1000"
        assert forms[0]["QueueSid"].startswith("QU")
        assert "AvgQueueTime" in forms[0]
        assert forms[0]["CallStatus"] == "in-progress"


async def test_places_move_up():
    async with queue_bench() as bench:
        first = bench.call(Wait(3.5), HangUp())
        await bench.clock.pass_by(1)
        second = bench.call(Wait(10), HangUp())
        await bench.over(first, second)
        forms = [each for each in bench.server.forms("/wait") if each["CallSid"] == second.call.sid]
        assert [form["QueuePosition"] for form in forms] == ["2", "1", "1", "1"]


async def test_leave_asks_the_action_at_once_and_its_document_follows():
    async with queue_bench(wait="<Play>/musik.wav</Play><Leave/>") as bench:
        leg = bench.call()
        await bench.over(leg)
        (told,) = bench.server.forms("/left")
        assert (told["QueueResult"], told["QueueTime"], told["CallStatus"]) == ("leave", "3", "in-progress")
        assert leg.transcript == ["/musik.wav", "Sampai jumpa"]


async def test_without_an_action_the_next_verb_follows():
    async with queue_bench(
        voice='<Enqueue waitUrl="/wait">umum</Enqueue><Say>Berikutnya</Say>', wait="<Leave/>"
    ) as bench:
        leg = bench.call()
        await bench.over(leg)
        assert leg.transcript == ["Berikutnya"]


async def test_keys_in_the_wait_document_go_to_its_gather():
    wait = '<Gather numDigits="1" action="/key"><Play>/musik.wav</Play></Gather>'
    async with queue_bench(wait=wait, key="<Leave/>") as bench:
        leg = bench.call(Wait(4), Keys("9"))
        await bench.over(leg)
        assert bench.server.forms("/key")[0]["Digits"] == "9"
        assert bench.server.forms("/left")[0]["QueueResult"] == "leave"


async def test_whoever_hangs_up_in_the_queue_is_told_of_as_hangup():
    async with queue_bench() as bench:
        leg = bench.call(Wait(7), HangUp())
        await bench.over(leg)
        (told,) = bench.server.forms("/left")
        assert (told["QueueResult"], told["QueueTime"], told["CallStatus"]) == ("hangup", "7", "completed")
        assert "Sampai jumpa" not in leg.transcript
        assert not bench.twilio.queues["umum"].members


async def test_a_full_queue_takes_nobody():
    async with queue_bench() as bench:
        bench.twilio.queue("umum").max_size = 1
        first = bench.call(Wait(60), HangUp())
        await bench.clock.pass_by(1)
        second = bench.call()
        await bench.over(second)
        (told,) = bench.server.forms("/left")
        assert told["QueueResult"] == "queue-full"
        assert not {"QueueSid", "QueueTime"} & told.keys()
        await bench.over(first)


@pytest.mark.parametrize("wait", [(500, ""), "<Dial>+6281200000001</Dial>"])
async def test_a_wait_document_that_is_none_is_an_error(wait: Answering):
    async with queue_bench(wait=wait) as bench:
        leg = bench.call()
        await bench.over(leg)
        assert bench.server.forms("/left")[0]["QueueResult"] == "error"
        assert leg.transcript == ["Sampai jumpa"]


async def test_an_empty_wait_url_is_silence_and_none_at_all_is_music():
    async with queue_bench(voice='<Enqueue waitUrl="">umum</Enqueue>') as bench:
        leg = bench.call(Wait(5), HangUp())
        await bench.over(leg)
        bench.server.answers["/voice"] = "<Enqueue>umum</Enqueue>"
        other = bench.call(Wait(5), HangUp())
        await bench.over(other)
        assert leg.heard == []
        assert [heard.kind for heard in other.heard] == ["music"]


async def test_whoever_dials_the_queue_gets_the_first_in_it():
    async with queue_bench() as bench:
        first, second = bench.call(Wait(30), HangUp()), bench.call(Wait(60), HangUp())
        await bench.clock.pass_by(10)
        taker = agent(bench)
        await bench.over(first, taker)
        whispered = bench.server.forms("/whisper")[0]
        assert (whispered["CallSid"], whispered["DequeingCallSid"]) == (first.call.sid, taker.call.sid)
        assert (whispered["QueueTime"], whispered["QueueSid"][:2]) == ("10", "QU")
        assert [heard.what or heard.kind for heard in first.heard][-2:] == ["Anda tersambung", "talk"]
        assert not second.over
        (told,) = bench.server.forms("/left")
        assert (told["QueueResult"], told["QueueTime"]) == ("bridged", "10")
        (dialled,) = bench.server.forms("/dialled")
        assert (dialled["DequeueResult"], dialled["DequeuedCallSid"]) == ("bridged", first.call.sid)
        assert (dialled["DequeuedCallQueueTime"], dialled["DialCallStatus"]) == ("10", "completed")
        await bench.over(second)


async def test_when_the_agent_hangs_up_the_callers_action_is_asked():
    async with queue_bench() as bench:
        leg = bench.call()
        await bench.clock.pass_by(5)
        taker = agent(bench, Wait(40), HangUp())
        await bench.over(leg, taker)
        told = bench.server.forms("/left")[0]
        assert (told["QueueResult"], told["CallStatus"]) == ("bridged", "in-progress")
        assert leg.transcript[-1] == "Sampai jumpa"
        assert bench.server.forms("/dialled")[0]["CallStatus"] == "completed"


async def test_an_agent_waits_for_somebody_to_join():
    async with queue_bench() as bench:
        bench.twilio.queue("umum")
        taker = agent(bench)
        await bench.clock.pass_by(20)
        leg = bench.call(Until("tersambung"), Wait(10), HangUp())
        await bench.over(leg, taker)
        assert bench.server.forms("/left")[0]["QueueTime"] == "0"


async def test_an_empty_queue_is_waited_for_until_the_time_out():
    async with queue_bench() as bench:
        bench.twilio.queue("umum")
        taker = agent(bench)
        await bench.over(taker)
        (dialled,) = bench.server.forms("/dialled")
        assert (dialled["DialCallStatus"], dialled["DialBridged"]) == ("no-answer", "false")
        assert bench.clock.now() == BEGINS_AT + timedelta(seconds=30)


async def test_a_queue_that_is_not_there_is_an_error_at_once():
    async with queue_bench() as bench:
        await bench.over(agent(bench))
        assert bench.server.forms("/dialled")[0]["DialCallStatus"] == "failed"
        assert bench.clock.now() == BEGINS_AT


async def test_a_caller_led_out_of_the_queue_goes_on_elsewhere():
    async with queue_bench(elsewhere="<Say>Di sini</Say>") as bench:
        leg = bench.call()
        await bench.clock.pass_by(5)
        leg.interrupt(Moved(Source(f"{ORIGIN}/elsewhere")))
        await bench.over(leg)
        assert bench.server.forms("/left")[0]["QueueResult"] == "redirected"
        assert leg.transcript == ["/musik.wav", "/musik.wav", "Di sini"]


async def test_a_caller_led_out_of_the_talk_is_redirected_from_bridged():
    async with queue_bench(elsewhere="<Say>Di sini</Say>") as bench:
        leg = bench.call()
        taker = agent(bench)
        await bench.clock.pass_by(60)
        leg.interrupt(Moved(Document(ORIGIN, ())))
        await bench.over(leg, taker)
        assert bench.server.forms("/left")[0]["QueueResult"] == "redirected-from-bridged"


async def test_a_caller_who_is_gone_when_they_are_taken_keeps_nobody_waiting():
    async with queue_bench() as bench:
        bench.twilio.queue("umum")
        taker = agent(bench)
        await bench.clock.pass_by(5)
        leg = bench.call(Until("tersambung"), HangUp())
        await bench.over(leg, taker)
        assert bench.server.forms("/left")[0]["QueueResult"] == "hangup"
        assert bench.server.forms("/dialled")[0]["DequeueResult"] == "hangup"


DIAL = (
    '<Dial action="/dialled" timeout="20" callerId="+6231500000"><Number url="/whisper" statusCallback="/leg"'
    f' statusCallbackEvent="initiated ringing answered completed">{NUMBER}</Number></Dial>'
)


async def test_a_dialled_leg_is_a_call_of_its_own_and_told_of_in_order():
    async with queue_bench(voice=DIAL, leg="", dialled="<Say>Selesai</Say>") as bench:
        bench.twilio.telephones[NUMBER] = Telephone(4, (Wait(30), HangUp()))
        leg = bench.call()
        await bench.over(leg)
        told = bench.server.forms("/leg")
        assert [form["CallStatus"] for form in told] == ["initiated", "ringing", "in-progress", "completed"]
        assert [form["SequenceNumber"] for form in told] == ["0", "1", "2", "3"]
        assert {form["Direction"] for form in told} == {"outbound-dial"}
        assert {(form["From"], form["To"], form["ParentCallSid"]) for form in told} == {
            ("+6231500000", NUMBER, leg.call.sid)
        }
        assert told[-1]["CallDuration"] == "30"
        (dialled,) = bench.server.forms("/dialled")
        assert dialled["DialCallSid"] == told[0]["CallSid"] != leg.call.sid
        assert (dialled["DialCallStatus"], dialled["DialBridged"]) == ("completed", "true")
        assert leg.transcript[-1] == "Selesai"
        assert bench.server.forms("/whisper")[0]["CallSid"] == told[0]["CallSid"]
        assert int(dialled["DialCallDuration"]) < 30


@pytest.mark.parametrize(
    ("telephone", "status", "code"),
    [
        (Telephone(busy=True), "busy", "486"),
        (Telephone(exists=False), "failed", "404"),
        (Telephone(answers_after_seconds=None), "no-answer", "487"),
        (Telephone(answers_after_seconds=25), "no-answer", "487"),
    ],
)
async def test_whoever_is_not_reached_is_told_of(telephone: Telephone, status: str, code: str):
    async with queue_bench(voice=DIAL, leg="", dialled="<Say>Maaf</Say>") as bench:
        bench.twilio.telephones[NUMBER] = telephone
        leg = bench.call()
        await bench.over(leg)
        (dialled,) = bench.server.forms("/dialled")
        assert (dialled["DialCallStatus"], dialled["DialBridged"]) == (status, "false")
        final = bench.server.forms("/leg")[-1]
        assert (final["CallStatus"], final["SipResponseCode"], final["CallDuration"]) == (status, code, "0")
        assert leg.transcript[-1] == "Maaf"


async def test_a_caller_who_hangs_up_while_it_rings_cancels_the_leg():
    async with queue_bench(voice=DIAL, leg="") as bench:
        bench.twilio.telephones[NUMBER] = Telephone(15)
        leg = bench.call(Wait(8), HangUp())
        await bench.over(leg)
        assert bench.server.forms("/leg")[-1]["CallStatus"] == "canceled"
        assert bench.server.forms("/dialled")[0]["CallStatus"] == "completed"


async def test_a_caller_who_hangs_up_in_the_talk_ends_the_leg():
    async with queue_bench(voice=DIAL, leg="") as bench:
        leg = bench.call(Wait(60), HangUp())
        await bench.over(leg)
        assert bench.server.forms("/leg")[-1]["CallStatus"] == "completed"
        assert [heard.kind for heard in leg.heard] == ["ringing", "talk"]


async def test_with_answer_on_bridge_the_caller_is_answered_with_the_leg():
    voice = f'<Dial answerOnBridge="true" action="/dialled"><Sip>{DESK}</Sip></Dial>'
    async with queue_bench(voice=voice) as bench:
        bench.twilio.telephones[DESK] = Telephone(9, (Wait(20), HangUp()))
        leg = bench.call()
        await bench.over(leg)
        assert leg.call.answered_at == BEGINS_AT + timedelta(seconds=10)
        assert leg.call.from_ == CITIZEN


async def test_a_call_ended_from_outside_is_over_for_both():
    async with queue_bench(voice=DIAL, leg="") as bench:
        leg = bench.call()
        await bench.clock.pass_by(30)
        leg.interrupt(Ended())
        await bench.over(leg)
        assert bench.server.forms("/leg")[-1]["CallStatus"] == "completed"


async def test_a_sip_telephones_transfer_leads_whoever_dialled_on():
    dial = f'<Dial referUrl="/refer"><Sip>{DESK}</Sip></Dial>'
    async with a_bench(voice=dial, refer="<Say>Rekan kami</Say>", status="") as bench:
        bench.twilio.telephones[DESK] = Telephone(2, (Wait(10), Refer("sip:meja-2@hotline.example")))
        leg = bench.call()
        await bench.over(leg)
        (told,) = bench.server.forms("/refer")
        assert (told["CallSid"], told["ReferTransferTarget"]) == (
            leg.call.sid,
            "<sip:meja-2@hotline.example>",
        )
        assert leg.transcript[-1] == "Rekan kami"
        assert all(each.over for each in bench.twilio.legs.values())


async def test_a_transfer_is_taken_neither_without_an_address_for_it_nor_of_a_caller_from_a_queue():
    async with queue_bench(voice=f"<Dial><Sip>{DESK}</Sip></Dial>") as bench:
        bench.twilio.telephones[DESK] = Telephone(2, (Wait(10), Refer("sip:meja-2@hotline.example")))
        leg = bench.call(Wait(30), HangUp())
        await bench.over(leg)
        talked = next(heard for heard in leg.heard if heard.kind == "talk")
        assert (talked.ended_at - talked.at).total_seconds() > 20

        bench.server.answers["/voice"] = ENQUEUE
        queued = bench.call(Wait(30), HangUp())
        await bench.clock.pass_by(5)
        await bench.over(agent(bench, Wait(5), Refer("sip:meja-2@hotline.example")), queued)
        assert [note.code for note in bench.twilio.debugger] == [13802, 13802]
