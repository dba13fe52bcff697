"""The fake carries a document out as the documentation of each verb says."""

import re
from datetime import timedelta

import pytest

from tests.twilio.fake.citizen import HangUp, Keys, Until, Wait
from tests.twilio.fake.errors import Notification
from tests.twilio.server import BEGINS_AT, CITIZEN, OFFICE, ORIGIN, a_bench


def after(seconds: float) -> object:
    return BEGINS_AT + timedelta(seconds=seconds)


async def test_a_call_asks_its_url_while_it_rings_and_hears_what_is_answered():
    async with a_bench(voice="<Say>Selamat pagi</Say><Play>/halo.wav</Play>") as bench:
        leg = bench.call()
        await bench.over(leg)
        asked = bench.server.forms("/voice")[0]
        assert leg.transcript == ["Selamat pagi", "/halo.wav"]
        assert (asked["CallStatus"], asked["Direction"], asked["ApiVersion"]) == (
            "ringing",
            "inbound",
            "2010-04-01",
        )
        assert (asked["From"], asked["Caller"], asked["To"], asked["Called"]) == (
            CITIZEN,
            CITIZEN,
            OFFICE,
            OFFICE,
        )
        assert re.fullmatch("CA[0-9a-f]{32}", asked["CallSid"])
        assert {"FromCity", "FromState", "FromZip", "FromCountry", "ToCity"} <= asked.keys()
        assert not {"ForwardedFrom", "CallerName", "ParentCallSid", "Digits"} & asked.keys()


async def test_ten_minutes_take_no_time():
    async with a_bench(voice='<Pause length="600"/>') as bench:
        leg = bench.call()
        await bench.over(leg)
        assert bench.clock.now() == after(600)


async def test_the_number_is_told_the_end_and_nothing_else():
    async with a_bench(voice='<Say>Ya</Say><Pause length="70"/>', status="") as bench:
        await bench.over(bench.call())
        (told,) = bench.server.forms("/status")
        assert (told["CallStatus"], told["CallDuration"], told["Duration"]) == ("completed", "70", "2")
        assert told["CallbackSource"] == "call-progress-events"
        assert told["SequenceNumber"] == "0"
        assert told["Timestamp"] == "Mon, 23 Nov 2026 01:01:10 +0000"


async def test_keys_end_what_is_said_and_go_to_the_action_url():
    gather = (
        '<Gather numDigits="1" action="/next?langkah=1"><Say>Tekan satu, atau dua, atau tiga</Say></Gather>'
    )
    async with a_bench(voice=gather, next="<Say>Terima kasih</Say>") as bench:
        leg = bench.call(Until("Tekan"), Wait(0.5), Keys("2"))
        await bench.over(leg)
        assert [(heard.what, heard.to_its_end) for heard in leg.heard] == [
            ("Tekan satu, atau dua, atau tiga", False),
            ("Terima kasih", True),
        ]
        asked = bench.server.asked[1]
        assert (asked.form["Digits"], asked.form["CallStatus"]) == ("2", "in-progress")
        assert asked.target == "/next?langkah=1"
        assert asked.at == after(0.5)


async def test_the_finish_key_ends_the_digits_and_is_none_of_them():
    async with a_bench(voice='<Gather action="/next"/>', next="") as bench:
        await bench.over(bench.call(Wait(1), Keys("4711#9")))
        assert bench.server.forms("/next")[0]["Digits"] == "4711"


async def test_without_a_finish_key_the_hash_is_a_digit():
    async with a_bench(voice='<Gather action="/next" finishOnKey=""/>', next="") as bench:
        await bench.over(bench.call(Wait(1), Keys("4#")))
        assert bench.server.forms("/next")[0]["Digits"] == "4#"


async def test_the_time_out_begins_anew_with_each_key():
    async with a_bench(voice='<Gather action="/next" timeout="4"/>', next="") as bench:
        leg = bench.call(Wait(3), Keys("12", apart_seconds=3.5))
        await bench.over(leg)
        assert bench.server.forms("/next")[0]["Digits"] == "12"
        assert bench.server.asked[1].at == after(3 + 3.5 + 4)


@pytest.mark.parametrize("keys", ["", "#"])
async def test_without_a_digit_the_next_verb_follows(keys: str):
    async with a_bench(voice='<Gather action="/next"/><Say>Tidak ada</Say>', next="") as bench:
        leg = bench.call(Wait(1), Keys(keys))
        await bench.over(leg)
        assert leg.transcript == ["Tidak ada"]
        assert not bench.server.forms("/next")


@pytest.mark.parametrize("blank", [False, True])
async def test_with_action_on_empty_result_the_action_is_asked_anyhow(blank: bool):
    gather = '<Gather action="/next" actionOnEmptyResult="true"/><Say>Tidak ada</Say>'
    async with a_bench(voice=gather, next="<Hangup/>") as bench:
        bench.twilio.blank_digits = blank
        leg = bench.call()
        await bench.over(leg)
        assert bench.server.forms("/next")[0].get("Digits") == ("" if blank else None)
        assert leg.transcript == []
        assert bench.clock.now() == after(5)


async def test_a_gather_without_action_asks_its_own_document_again():
    def answer(form: dict[str, str]) -> str:
        return "<Say>Cukup</Say>" if "Digits" in form else '<Gather numDigits="1"/>'

    async with a_bench(voice=answer) as bench:
        leg = bench.call(Wait(1), Keys("1"))
        await bench.over(leg)
        assert leg.transcript == ["Cukup"]


async def test_a_redirect_leads_on_and_relative_addresses_begin_at_the_document():
    async with a_bench(voice="<Redirect>next</Redirect><Say>tidak</Say>", next="<Say>ya</Say>") as bench:
        leg = bench.call()
        await bench.over(leg)
        assert leg.transcript == ["ya"]
        assert bench.server.asked[1].method == "POST"


async def test_a_method_of_get_puts_the_form_into_the_query_and_is_signed_with_it():
    async with a_bench(voice='<Redirect method="GET">next?a=1</Redirect>', next="") as bench:
        await bench.over(bench.call())
        asked = bench.server.asked[1]
        signature = asked.headers["x-twilio-signature"].encode()
        assert (asked.method, asked.body, asked.form["CallStatus"]) == ("GET", b"", "ringing")
        assert bench.check().query(asked.target, signature)["From"] == CITIZEN


@pytest.mark.parametrize(("reason", "status"), [("", "no-answer"), ('reason="busy"', "busy")])
async def test_a_rejected_call_was_never_answered(reason: str, status: str):
    async with a_bench(voice=f"<Reject {reason}/>", status="") as bench:
        leg = bench.call()
        await bench.over(leg)
        told = bench.server.forms("/status")[0]
        assert (told["CallStatus"], told["CallDuration"]) == (status, "0")
        assert leg.call.answered_at is None


async def test_a_pause_before_all_others_lets_it_ring():
    async with a_bench(voice='<Pause length="3"/><Say>Ya</Say>') as bench:
        leg = bench.call()
        await bench.over(leg)
        assert leg.call.answered_at == after(3)


async def test_whoever_hangs_up_hears_no_more_and_nothing_more_is_asked():
    async with a_bench(
        voice='<Gather action="/next"><Pause length="30"/></Gather>', next="", status=""
    ) as bench:
        leg = bench.call(Wait(10), HangUp())
        await bench.over(leg)
        assert [asked.path for asked in bench.server.asked] == ["/voice", "/status"]
        assert leg.call.seconds == 10


async def test_hangup_ends_the_call():
    async with a_bench(voice="<Say>Ya</Say><Hangup/><Say>Tidak</Say>") as bench:
        leg = bench.call()
        await bench.over(leg)
        assert (leg.transcript, leg.call.status) == (["Ya"], "completed")


async def test_the_transcript_has_times():
    async with a_bench(voice="<Play>/a.wav</Play><Play>/b.wav</Play>") as bench:
        bench.twilio.sound_seconds = lambda url: 2.5 if url == f"{ORIGIN}/a.wav" else 1.0
        leg = bench.call()
        await bench.over(leg)
        assert [(heard.at, heard.ended_at) for heard in leg.heard] == [
            (after(0), after(2.5)),
            (after(2.5), after(3.5)),
        ]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, ""), 11200),
        ((404, "<Response/>"), 11200),
        ((200, "<Response><Say>"), 12100),
        ((200, "<Svar/>"), 12102),
        ((200, "<Response/>", "application/json"), 12300),
    ],
)
async def test_what_is_no_document_ends_the_call_with_an_apology(answer: tuple[int, str], code: int):
    async with a_bench(voice=answer, status="") as bench:
        leg = bench.call()
        await bench.over(leg)
        assert [note.code for note in bench.twilio.debugger] == [code]
        assert [heard.kind for heard in leg.heard] == ["error"]


async def test_the_fallback_url_hears_what_went_wrong_and_goes_on_with_the_call():
    async with a_bench(voice=(503, ""), fallback="<Say>Tunggu</Say>", status="") as bench:
        bench.number.voice_fallback_url = f"{ORIGIN}/fallback"
        leg = bench.call()
        await bench.over(leg)
        told = bench.server.forms("/fallback")[0]
        assert (told["ErrorCode"], told["ErrorUrl"]) == ("11200", f"{ORIGIN}/voice")
        assert told["CallSid"] == leg.call.sid
        assert leg.transcript == ["Tunggu"]


@pytest.mark.parametrize(
    ("voice", "code"),
    [
        ("<Sai>x</Sai>", 12200),
        ('<Say bahasa="id">x</Say>', 12200),
        ('<Gather timeout="nol" input="dtmf" numDigits="0"/>', 13313),
        ('<Gather finishOnKey="x"/>', 13310),
        ("<Gather><Dial/></Gather>", 13320),
        ("<Say/>", 13520),
    ],
)
async def test_what_is_no_twiml_is_warned_of(voice: str, code: int):
    async with a_bench(voice=f"<Hangup/>{voice}", status="") as bench:
        await bench.over(bench.call())
        assert code in [note.code for note in bench.twilio.debugger]


async def test_an_answer_in_plain_text_is_read_out_and_one_in_audio_is_played():
    async with a_bench(voice=(200, "Halo", "text/plain")) as bench:
        leg = bench.call()
        await bench.over(leg)
        assert [(heard.kind, heard.what) for heard in leg.heard] == [("say", "Halo")]
        bench.server.answers["/voice"] = (200, "", "audio/wav")
        leg = bench.call()
        await bench.over(leg)
        assert [heard.kind for heard in leg.heard] == ["play"]


async def test_a_status_callback_that_is_not_taken_stands_in_the_debugger():
    async with a_bench(voice="") as bench:
        leg = bench.call()
        await bench.over(leg)
        note = Notification(bench.clock.now(), 11200, "404", leg.call.sid, f"{ORIGIN}/status")
        assert bench.twilio.debugger == [note]
