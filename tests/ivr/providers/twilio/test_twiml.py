"""Our markup says what the Twilio library's would, and nothing in it gets out of its place."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Dial as LibraryDial
from twilio.twiml.voice_response import Gather as LibraryGather
from twilio.twiml.voice_response import VoiceResponse

from ivr.providers.twilio import twiml
from ivr.providers.twilio.twiml import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Number,
    Pause,
    Play,
    Queue,
    Redirect,
    Reject,
    Say,
    Sip,
    StatusCallback,
    Verb,
    render,
)

URL = "https://hotline.example/twilio/step?a=1&b=2"
NUMBER = "+6281200000042"
INDONESIAN = {"language": "id-ID", "voice": "Google.id-ID-Standard-A"}


def tree(document: str | bytes) -> object:
    """What a document says, whatever its bytes."""

    def said(element: ElementTree.Element) -> object:
        return element.tag, dict(element.attrib), element.text or "", [said(each) for each in element]

    return said(ElementTree.fromstring(document))


def a_gather() -> LibraryGather:
    gather = LibraryGather(
        input="dtmf",
        action=URL,
        method="POST",
        timeout=7,
        num_digits=1,
        finish_on_key="#",
        action_on_empty_result=True,
    )
    gather.say("Tekan 1 & tunggu", **INDONESIAN)
    gather.play(URL)
    gather.pause(length=2)
    return gather


def a_dial(**attributes: object) -> LibraryDial:
    return LibraryDial(action=URL, method="POST", timeout=20, **attributes)


def with_leg(dial: LibraryDial, kind: str, to: str, **attributes: object) -> LibraryDial:
    getattr(dial, kind)(to, **attributes)
    return dial


EVENTS = "initiated ringing answered completed"
SAME: list[tuple[Verb, object]] = [
    (Say("Selamat pagi"), VoiceResponse().say("Selamat pagi", **INDONESIAN)),
    (
        Say("Good <morning>", "en-GB", "alice"),
        VoiceResponse().say("Good <morning>", language="en-GB", voice="alice"),
    ),
    (Play(URL), VoiceResponse().play(URL)),
    (Pause(3), VoiceResponse().pause(length=3)),
    (Dial(Number(NUMBER), None, 20), with_leg(LibraryDial(timeout=20), "number", NUMBER)),
    (Gather(URL, (Say("Tekan 1 & tunggu"), Play(URL), Pause(2)), 7, 1), a_gather()),
    (Redirect(URL), VoiceResponse().redirect(URL, method="POST")),
    (
        Enqueue("umum", URL, URL),
        VoiceResponse().enqueue("umum", wait_url=URL, wait_url_method="POST", action=URL, method="POST"),
    ),
    (Leave(), VoiceResponse().leave()),
    (
        Dial(Number(NUMBER, URL, StatusCallback(URL)), URL, 20, NUMBER, True),
        with_leg(
            a_dial(caller_id=NUMBER, answer_on_bridge=True),
            "number",
            NUMBER,
            url=URL,
            status_callback=URL,
            status_callback_event=EVENTS,
        ),
    ),
    (Dial(Sip("sip:meja-1@example.com"), URL, 20), with_leg(a_dial(), "sip", "sip:meja-1@example.com")),
    (
        Dial(Sip("sip:layar01@example.com", username="twilio", password="a&b"), URL, 20),
        with_leg(a_dial(), "sip", "sip:layar01@example.com", username="twilio", password="a&b"),
    ),
    (Dial(Queue("umum", URL), URL, 20), with_leg(a_dial(), "queue", "umum", url=URL)),
    (Hangup(), VoiceResponse().hangup()),
    (Reject("busy"), VoiceResponse().reject(reason="busy")),
]


@pytest.mark.parametrize(("verb", "library"), SAME, ids=lambda each: type(each).__name__)
def test_each_verb_says_what_the_library_says(verb: Verb, library: object):
    response = VoiceResponse()
    response.append(library)
    assert tree(render([verb])) == tree(str(response))


def test_verbs_follow_one_another_and_the_bytes_never_differ():
    verbs = [verb for verb, _ in SAME]
    response = VoiceResponse()
    for _, library in SAME:
        response.append(library)
    assert tree(render(verbs)) == tree(str(response))
    assert render(verbs) == render(list(verbs))


def test_every_verb_there_is_is_held_against_the_library():
    assert {type(verb) for verb, _ in SAME} == set(twiml.Verb.__args__)  # type: ignore[attr-defined]


def test_keys_may_be_ended_by_none_at_all():
    assert b'finishOnKey=""' in render([Gather(URL, finish_on_key="")])


def fits_xml(character: str) -> bool:
    code = ord(character)
    return (
        code in (9, 10, 13)
        or 0x20 <= code < 0x7F
        or 0xA0 <= code < 0xD800
        or 0xE000 <= code < 0xFFFE
        or code > 0xFFFF
    )


anything = st.text(max_size=40) | st.sampled_from(
    ["</Say><Hangup/>", '" x="', "]]>", "<!--", "&amp;", "&#0;", "\r\n\t"]
)


@given(anything)
def test_no_text_and_no_attribute_gets_out_of_its_place(text: str):
    kept = "".join(filter(fits_xml, text))
    callback = StatusCallback(text, (text,))
    document = render(
        [
            Say(text, text, text),
            Play(text),
            Gather(text, (Say(text, text, text), Play(text)), finish_on_key=text),
            Redirect(text),
            Enqueue(text, text, text),
            Dial(Number(text, text, callback), text, caller_id=text),
            Dial(Sip(text, text, callback), text),
            Dial(Queue(text, text), text),
            Reject(text),
        ]
    )
    top = ElementTree.fromstring(document)
    assert [each.tag for each in top] == [
        "Say", "Play", "Gather", "Redirect", "Enqueue", "Dial", "Dial", "Dial", "Reject",
    ]  # fmt: skip
    assert [each.tag for each in top.iter()].count("Hangup") == 0
    for element in top.iter():
        assert element.text is None or element.text == kept
        fixed = {"POST", "dtmf", "true", "5", "30", "id-ID"}
        assert set(element.attrib.values()) - fixed <= {kept}
        assert not element.tail
