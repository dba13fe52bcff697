"""The fake reads what our own renderer writes, and fetches the sounds in it."""

import io
import wave
from datetime import timedelta

import pytest

from ivr.providers.twilio import twiml
from tests.twilio.fake.document import parsed
from tests.twilio.fake.errors import DocumentFault
from tests.twilio.server import BEGINS_AT, CITIZEN, DESK, ORIGIN, a_bench

URL = f"{ORIGIN}/next?a=1&b=2"
LEG = twiml.StatusCallback(URL)
EVERY_VERB: list[twiml.Verb] = [
    twiml.Say("Selamat & <pagi>", voice="Polly.Andika"),
    twiml.Play(URL),
    twiml.Pause(2),
    twiml.Gather(URL, (twiml.Say("Tekan 1"), twiml.Play(URL), twiml.Pause(1)), 5, 1),
    twiml.Gather(URL, finish_on_key=""),
    twiml.Enqueue("umum", URL, URL),
    twiml.Dial(twiml.Number(CITIZEN, URL, LEG), URL, 20, CITIZEN, True),
    twiml.Dial(twiml.Sip(DESK, URL, LEG), URL),
    twiml.Dial(twiml.Queue("umum", URL), URL),
    twiml.Redirect(URL),
    twiml.Leave(),
    twiml.Hangup(),
    twiml.Reject("busy"),
]


def test_what_we_write_is_twiml_without_a_warning():
    noted: list[tuple[int, str]] = []
    verbs = parsed(twiml.render(EVERY_VERB), URL, lambda code, what: noted.append((code, what)))
    assert noted == []
    assert len(verbs) == len(EVERY_VERB)
    assert verbs[0].text == "Selamat & <pagi>"
    assert verbs[3].get("action") == URL


@pytest.mark.parametrize(
    "markup", [b"", b"Halo", b"<Response>", b"<?xml version='1.0'?><Response></Respons>"]
)
def test_what_is_no_xml_is_no_document(markup: bytes):
    with pytest.raises(DocumentFault) as fault:
        parsed(markup, URL, lambda _code, _what: None)
    assert fault.value.code == 12100


def a_sound(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(64)
        sound.writeframes(b"\0\0" * round(64 * seconds))
    return file.getvalue()


async def test_a_sound_is_fetched_once_and_as_long_as_it_is():
    voice = "<Play>/s.wav</Play><Play>/s.wav</Play>"
    async with a_bench(voice=voice, status="", **{"s.wav": (200, a_sound(1.5), "audio/wav")}) as bench:
        bench.twilio.fetches_sounds = True
        await bench.over(bench.call())
        assert bench.clock.now() == BEGINS_AT + timedelta(seconds=3)
        fetched = [asked for asked in bench.server.asked if asked.path == "/s.wav"]
        assert [asked.method for asked in fetched] == ["GET"]
        assert bench.check().query("/s.wav", fetched[0].headers["x-twilio-signature"].encode()) == {}


@pytest.mark.parametrize(("answer", "code"), [((404, ""), 11200), ((200, "", "text/xml"), 13420)])
async def test_a_sound_that_is_not_there_stands_in_the_debugger_and_the_call_goes_on(
    answer: tuple[int, str], code: int
):
    voice = "<Play>/s.wav</Play><Say>Ya</Say>"
    async with a_bench(voice=voice, status="", **{"s.wav": answer}) as bench:
        bench.twilio.fetches_sounds = True
        leg = bench.call()
        await bench.over(leg)
        assert leg.transcript[-1] == "Ya"
        assert [note.code for note in bench.twilio.debugger] == [code]
