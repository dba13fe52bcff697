"""Twilio's REST API as the hotline uses it, against the fake's; and what it means when no answer comes."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ivr.providers.twilio import asking, rest
from ivr.providers.twilio.asking import AnswerLost, Http, TwilioAway, TwilioRefused
from ivr.providers.twilio.rest import TwilioApi, Webhooks
from tests.twilio.fake.citizen import HangUp, Telephone, Wait
from tests.twilio.fake.client import FakeHttp
from tests.twilio.server import BEGINS_AT, CITIZEN, DESK, OFFICE, ORIGIN, Bench, a_bench

NOBODY = "CA" + "0" * 32
ACCOUNT, TOKEN = "AC" + "a" * 32, "b" * 32
STATUS = f"{ORIGIN}/told"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_bench(
        voice="<Say>Selamat pagi</Say><Pause length='60'/>", status="", desk="<Say>Halo</Say>", told=""
    ) as made:
        yield made


@pytest.fixture
async def api(bench: Bench) -> AsyncIterator[TwilioApi]:
    account = bench.twilio.account
    made = TwilioApi(account.sid, account.primary_token, FakeHttp(bench.twilio))
    yield made
    await made.close()


@pytest.mark.parametrize(
    "document", [{"url": f"{ORIGIN}/desk"}, {"twiml": b"<Response><Say>Halo</Say></Response>"}]
)
async def test_a_phone_is_rung_hears_its_document_and_all_is_told_of_it(
    bench: Bench, api: TwilioApi, document: dict[str, Any]
):
    bench.twilio.telephones[DESK] = Telephone(4, (Wait(20), HangUp()))

    sid = await api.place_call(DESK, OFFICE, **document, status_url=STATUS, ring_seconds=15)
    await bench.over(bench.twilio.legs[sid])

    assert bench.twilio.legs[sid].transcript == ["Halo"]
    told = [form["CallStatus"] for form in bench.server.forms("/told")]
    assert told == ["initiated", "ringing", "in-progress", "completed"]


async def test_a_phone_rings_as_long_as_it_may_and_then_nobody_answered(bench: Bench, api: TwilioApi):
    bench.twilio.telephones[DESK] = Telephone(answers_after_seconds=None)

    sid = await api.place_call(DESK, OFFICE, url=f"{ORIGIN}/desk", status_url=STATUS, ring_seconds=15)
    await bench.over(bench.twilio.legs[sid])

    state = await api.state_of(sid)
    assert (state.status, state.is_over, state.duration_seconds) == ("no-answer", True, 0)


@pytest.mark.parametrize("answers_after", [2, 30])
async def test_a_call_is_ended_whether_it_rings_or_talks_and_ending_it_again_is_no_error(
    bench: Bench, api: TwilioApi, answers_after: int
):
    bench.twilio.telephones[DESK] = Telephone(answers_after, (Wait(60), HangUp()))
    sid = await api.place_call(DESK, OFFICE, url=f"{ORIGIN}/desk", status_url=STATUS, ring_seconds=60)
    await bench.clock.pass_by(2.5)

    await api.end_call(sid)
    await bench.over(bench.twilio.legs[sid])
    await api.end_call(sid)
    await api.end_call(NOBODY)

    assert (await api.state_of(sid)).is_over


async def test_a_call_in_progress_is_led_elsewhere_and_one_that_is_over_is_refused_by_its_code(
    bench: Bench, api: TwilioApi
):
    leg = bench.call()
    await bench.clock.pass_by(4)

    await api.redirect_call(leg.call.sid, f"{ORIGIN}/desk")
    await bench.over(leg)

    assert leg.transcript[-1] == "Halo"
    with pytest.raises(TwilioRefused) as refused:
        await api.redirect_call(leg.call.sid, f"{ORIGIN}/desk")
    assert (refused.value.code, refused.value.status) == (21220, 400)


async def test_how_a_call_stands_is_known_and_that_there_is_none(bench: Bench, api: TwilioApi):
    leg = bench.call(Wait(30), HangUp())
    await bench.clock.pass_by(5)
    now = await api.state_of(leg.call.sid)
    await bench.over(leg)
    then = await api.state_of(leg.call.sid)

    assert (now.status, now.is_over, now.duration_seconds, now.direction) == (
        "in-progress",
        False,
        None,
        "inbound",
    )
    assert (then.status, then.is_over, then.duration_seconds) == ("completed", True, 30)
    assert (then.ended_at - then.started_at) >= timedelta(seconds=30)
    assert OFFICE not in repr(then)
    assert await api.state_of(NOBODY) is None


async def test_the_legs_of_a_call_are_those_dialled_from_within_it(bench: Bench, api: TwilioApi):
    bench.twilio.telephones[DESK] = Telephone(4, (Wait(20), HangUp()))
    bench.server.answers["/voice"] = f"<Dial><Sip>{DESK}</Sip></Dial>"
    leg, _other = bench.call(Wait(60), HangUp()), bench.call(Wait(60), HangUp())
    await bench.clock.pass_by(15)

    legs = await api.legs_of(leg.call.sid)

    assert [(one.parent_sid, one.to, one.status) for one in legs] == [(leg.call.sid, DESK, "in-progress")]
    assert await api.legs_of(NOBODY) == []
    assert legs[0] in await api.calls_in_progress()
    await bench.clock.pass_by(15)
    assert DESK not in {one.to for one in await api.calls_in_progress()}


async def test_calls_since_an_instant_are_all_of_them_however_many_pages_and_none_before(
    bench: Bench, api: TwilioApi, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rest, "PAGE_SIZE", 2)
    before = bench.call(Wait(1), HangUp())
    await bench.clock.pass_by(60)
    since = bench.clock.now()
    legs = [bench.call(Wait(1), HangUp(), from_=f"+6281200000{n:03}") for n in range(5)]
    await bench.clock.pass_by(5)

    found = await api.calls_since(since)

    assert {call.sid for call in found} == {leg.call.sid for leg in legs}
    assert len(await api.calls_since(BEGINS_AT - timedelta(days=1))) == 6
    assert before.over


async def test_a_number_is_found_and_its_calls_are_answered_where_it_is_told(bench: Bench, api: TwilioApi):
    number = await api.number(OFFICE)
    wanted = Webhooks(f"{ORIGIN}/desk", "POST", "https://handler.example/wait", STATUS, "POST")

    changed = await api.set_webhooks(number, wanted)

    assert changed == await api.number(OFFICE)
    assert (number.has_voice, number.webhooks.voice_url) == (True, f"{ORIGIN}/voice")
    assert changed.webhooks == wanted
    assert await api.number("+6231599999") is None


async def test_the_account_is_seen_with_its_token_and_not_with_another(bench: Bench, api: TwilioApi):
    stranger = TwilioApi(bench.twilio.account.sid, "salah", FakeHttp(bench.twilio))

    assert (await api.account_state()).status == "active"
    with pytest.raises(TwilioRefused) as refused:
        await stranger.account_state()
    assert (refused.value.code, refused.value.status) == (20003, 401)


async def test_a_refusal_names_the_code_and_never_the_number(bench: Bench, api: TwilioApi):
    with pytest.raises(TwilioRefused) as refused:
        await api.place_call("0812000000", OFFICE, url=f"{ORIGIN}/desk", status_url=STATUS, ring_seconds=5)

    assert refused.value.code == 21211
    assert "21211" in refused.value.text.id
    assert "0812" not in f"{refused.value} {refused.value.text} {refused.value.__cause__}"


async def test_too_many_requests_are_no_refusal(bench: Bench, api: TwilioApi):
    bench.twilio.rest.too_many = 1

    with pytest.raises(TwilioAway) as away:
        await api.state_of(NOBODY)

    assert not isinstance(away.value, AnswerLost)


@pytest.mark.parametrize(
    ("status", "body", "raised", "said"),
    [
        (401, {"code": 20003}, TwilioRefused, "20003"),
        (400, ["?"], TwilioRefused, "400"),
        (429, {"code": 20429}, TwilioAway, "429"),
        (500, None, AnswerLost, "500"),
    ],
)
async def test_a_list_is_refused_like_anything_else(
    status: int, body: Any, raised: type[Exception], said: str
):
    api = TwilioApi(ACCOUNT, TOKEN, Http(httpx.MockTransport(lambda _: httpx.Response(status, json=body))))

    with pytest.raises(raised) as fault:
        await api.number(OFFICE)

    assert type(fault.value) is raised
    assert said in fault.value.text.en
    await api.close()


def raising(fault: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise fault

    return answer


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (raising(httpx.ConnectError("x")), TwilioAway),
        (raising(httpx.ConnectTimeout("x")), TwilioAway),
        (raising(httpx.ReadTimeout("x")), AnswerLost),
        (raising(httpx.RemoteProtocolError("x")), AnswerLost),
        (raising(httpx.WriteError("x")), AnswerLost),
        (lambda _: httpx.Response(503), TwilioAway),
        (lambda _: httpx.Response(429, json={"code": 20429}), TwilioAway),
        (lambda _: httpx.Response(500), AnswerLost),
        (lambda _: httpx.Response(502, html="<p>"), AnswerLost),
        (lambda _: httpx.Response(302), AnswerLost),
        (lambda _: httpx.Response(201, html="<p>"), AnswerLost),
        (lambda _: httpx.Response(201, json=[]), AnswerLost),
        (lambda _: httpx.Response(400, json={"code": 21211, "message": f"{CITIZEN} is bad"}), TwilioRefused),
        (lambda _: httpx.Response(418, html="<p>"), TwilioRefused),
    ],
)
async def test_a_request_is_made_once_and_what_may_have_been_carried_out_is_told_from_what_was_not(
    answer: Callable[[httpx.Request], httpx.Response],
    raised: type[Exception],
    caplog: pytest.LogCaptureFixture,
):
    asked = []

    def once(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    api = TwilioApi(ACCOUNT, TOKEN, Http(httpx.MockTransport(once)))
    with caplog.at_level("WARNING"), pytest.raises(raised) as fault:
        await api.place_call(CITIZEN, OFFICE, url=f"{ORIGIN}/desk", status_url=STATUS, ring_seconds=5)

    assert type(fault.value) is raised
    assert len(asked) == 1
    assert CITIZEN not in f"{fault.value}{fault.value.text}{caplog.text}"
    await api.close()


async def test_what_is_asked_goes_to_twilio_signed_in_and_not_into_the_address():
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"sid": NOBODY})

    api = TwilioApi(ACCOUNT, TOKEN, Http(httpx.MockTransport(answer)))

    assert await api.place_call(CITIZEN, OFFICE, twiml=b"<R/>", status_url=STATUS, ring_seconds=5) == NOBODY

    (request,) = asked
    assert str(request.url) == f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert request.headers["authorization"] == httpx.BasicAuth(ACCOUNT, TOKEN)._auth_header
    form = httpx.QueryParams(request.content.decode())
    assert form.get_list("StatusCallbackEvent") == ["initiated", "ringing", "answered", "completed"]
    assert (form["To"], form["Timeout"], form["Twiml"]) == (CITIZEN, "5", "<R/>")
    await api.close()


async def test_the_next_pages_address_is_asked_for_as_it_was_given():
    pages = iter([f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?Page=1&PageToken=PA1", None])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        return httpx.Response(200, json={"calls": [], "next_page_uri": next(pages), "page_size": 1000})

    api = TwilioApi(ACCOUNT, TOKEN, Http(httpx.MockTransport(answer)))

    assert await api.legs_of(NOBODY) == []
    assert asked[1] == "Page=1&PageToken=PA1"
    await api.close()


async def test_a_slow_twilio_is_given_up_and_keeps_no_other_thread_from_its_work(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(asking, "WHOLE_SECONDS", 0.2)
    gone_on = threading.Event()

    def never(request: httpx.Request) -> httpx.Response:
        gone_on.wait(10)
        return httpx.Response(201, json={"sid": NOBODY})

    api = TwilioApi(ACCOUNT, TOKEN, Http(httpx.MockTransport(never)))
    await api.prepare()
    began = time.monotonic()
    many = [asyncio.create_task(api.end_call(NOBODY)) for _ in range(40)]
    await asyncio.sleep(0.05)

    assert await asyncio.to_thread(lambda: "free") == "free"
    assert time.monotonic() - began < 0.2
    given_up = await asyncio.gather(*many, return_exceptions=True)
    assert {type(one) for one in given_up} == {AnswerLost}
    gone_on.set()
    await api.close()
