"""Whatever is answered and whatever a citizen does, a call in the fake ends once, and is told of in order."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.providers.twilio import twiml
from tests.twilio.fake.call import OVER
from tests.twilio.fake.citizen import Deed, HangUp, Keys, Telephone, Until, Wait
from tests.twilio.server import DESK, a_bench

prompts = st.sampled_from([twiml.Say("Tekan satu"), twiml.Play("/s.wav"), twiml.Pause(1)])
verbs = st.one_of(
    prompts,
    st.builds(
        twiml.Gather,
        action=st.just("/next"),
        prompts=st.lists(prompts, max_size=2).map(tuple),
        timeout_seconds=st.integers(1, 5),
        count=st.sampled_from([None, 1, 3]),
    ),
    st.just(twiml.Enqueue("umum", "/wait", "/left")),
    st.builds(
        twiml.Dial, st.just(twiml.Sip(DESK, "/whisper", twiml.StatusCallback("/leg"))), st.just("/left")
    ),
    st.just(twiml.Dial(twiml.Queue("umum", "/whisper"), "/left", 5)),
    st.sampled_from([twiml.Hangup(), twiml.Reject()]),
)
documents = st.lists(verbs, max_size=4)
waits = st.lists(prompts | st.sampled_from([twiml.Leave(), twiml.Hangup()]), min_size=1, max_size=3)
deeds = st.one_of(
    st.builds(Wait, st.floats(0, 20)),
    st.builds(Keys, st.text("0123456789*#", max_size=4)),
    st.just(Until("Tekan")),
)
scripts = st.lists(st.lists(deeds, max_size=4), min_size=1, max_size=3)
telephones = st.builds(
    Telephone,
    answers_after_seconds=st.sampled_from([None, 0.0, 3.0]),
    script=st.just((Wait(9), HangUp())),
    busy=st.booleans(),
)


def inside(document: Sequence[twiml.Verb]) -> str:
    return twiml.render(document).decode().partition("<Response>")[2].removesuffix("</Response>")


async def story(
    voice: Sequence[twiml.Verb],
    wait: Sequence[twiml.Verb],
    telephone: Telephone,
    citizens: Sequence[Sequence[Deed]],
) -> None:
    answers = {"voice": inside(voice), "wait": inside(wait), "whisper": "<Say>Halo</Say>"}
    async with a_bench(**answers, next="<Say>Ya</Say>", left="", status="", leg="") as bench:
        bench.twilio.telephones[DESK] = telephone
        legs = [bench.call(*script) for script in citizens]
        await bench.clock.pass_by(300)
        for leg in legs:
            leg.hang_up()
        await bench.clock.pass_by(60)
        told = bench.server.forms("/status")
        assert sorted(form["CallSid"] for form in told) == sorted(leg.call.sid for leg in legs)
        for leg in bench.twilio.legs.values():
            assert leg.call.status in OVER
            assert all(heard.ended_at and heard.ended_at >= heard.at for heard in leg.heard)
        for form in bench.server.forms("/leg"):
            assert form["CallStatus"] in {"initiated", "ringing", "in-progress"} | OVER
        assert all(not queue.members and not queue.watching for queue in bench.twilio.queues.values())


@settings(max_examples=60)
@given(documents, waits, telephones, scripts)
def test_every_call_ends_once_and_leaves_nothing_behind(
    voice: list[twiml.Verb], wait: list[twiml.Verb], telephone: Telephone, citizens: list[list[Deed]]
):
    asyncio.run(story(voice, wait, telephone, citizens))
