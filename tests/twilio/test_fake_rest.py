"""The fake's REST API is what the twilio library expects, and does what its documentation says."""

import asyncio
import inspect
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account import AccountInstance
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
from twilio.rest.api.v2010.account.message import MessageInstance
from twilio.rest.api.v2010.account.queue import QueueInstance
from twilio.rest.api.v2010.account.queue.member import MemberInstance

from tests.twilio.fake.citizen import HangUp, Telephone, Wait
from tests.twilio.fake.client import FakeAsyncHttp, FakeHttp
from tests.twilio.server import CITIZEN, DESK, OFFICE, ORIGIN, Bench, a_bench

ENQUEUE = '<Enqueue waitUrl="/wait" action="/left">umum</Enqueue>'


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_bench(
        voice=ENQUEUE, wait="<Play>/m.wav</Play>", left="", status="", desk="<Say>Halo</Say>", told=""
    ) as made:
        yield made


def client(bench: Bench, token: str | None = None) -> Any:
    account = bench.twilio.account
    return Client(account.sid, token or account.primary_token, http_client=FakeHttp(bench.twilio))


def raw(bench: Bench, path: str) -> Any:
    """A resource as it goes over the wire."""
    account = bench.twilio.account
    basic = httpx.BasicAuth(account.sid, account.primary_token)._auth_header
    status, payload = bench.twilio.rest.answer(
        "GET", f"/2010-04-01/Accounts/{account.sid}{path}", "", "", basic
    )
    assert status == 200
    return json.loads(json.dumps(payload))


def fields_of(instance: type) -> set[str]:
    """What the library's class reads from a resource."""
    return set(re.findall(r'payload\.get\(\s*"(\w+)"', inspect.getsource(instance.__init__)))


async def test_every_resource_has_the_fields_the_library_reads_and_no_others(bench: Bench):
    api = client(bench)
    leg = bench.call()
    await bench.clock.pass_by(5)
    queue = bench.twilio.queues["umum"]
    message = api.messages.create(to=CITIZEN, from_=OFFICE, body="Halo")
    resources = {
        AccountInstance: raw(bench, ".json"),
        CallInstance: raw(bench, f"/Calls/{leg.call.sid}.json"),
        IncomingPhoneNumberInstance: raw(bench, f"/IncomingPhoneNumbers/{bench.number.sid}.json"),
        QueueInstance: raw(bench, f"/Queues/{queue.sid}.json"),
        MemberInstance: raw(bench, f"/Queues/{queue.sid}/Members/{leg.call.sid}.json"),
        MessageInstance: raw(bench, f"/Messages/{message.sid}.json"),
    }
    for instance, payload in resources.items():
        assert set(payload) == fields_of(instance), instance


def of_its_type(instance: Any) -> None:
    """Each field is of the type the library's class declares."""
    for name, declared in re.findall(
        r"self\.(\w+): Optional\[(\w+)", inspect.getsource(type(instance).__init__)
    ):
        value = getattr(instance, name)
        if value is not None and declared in {"str", "int", "bool", "datetime"} and name != "capabilities":
            assert type(value).__name__ == declared, (type(instance), name, value)


async def test_every_resource_is_read_by_the_library_and_of_its_types(bench: Bench):
    api = client(bench)
    leg = bench.call(Wait(30), HangUp())
    await bench.clock.pass_by(5)
    queue = api.queues.list()[0]
    message = api.messages.create(to=CITIZEN, from_=OFFICE, body="Halo")
    read = [
        api.api.accounts(bench.twilio.account.sid).fetch(),
        api.calls(leg.call.sid).fetch(),
        api.incoming_phone_numbers.list()[0],
        queue,
        api.queues(queue.sid).members.list()[0],
        message,
    ]
    await bench.over(leg)
    read.append(api.calls(leg.call.sid).fetch())
    for instance in read:
        of_its_type(instance)
    assert (read[-1].duration, read[-1].status) == ("30", "completed")
    assert read[-1].start_time.tzinfo is not None


@pytest.mark.parametrize(
    ("token", "too_many", "path", "refused"),
    [
        ("wrong", 0, "Calls", (401, 20003)),
        (None, 1, "Calls", (429, 20429)),
        (None, 0, "Nothing", (404, 20404)),
        (None, 0, "Calls/CA00000000000000000000000000000000", (404, 20404)),
    ],
)
async def test_refusals_have_the_codes_of_the_documentation(
    bench: Bench, token: str | None, too_many: int, path: str, refused: tuple[int, int]
):
    bench.twilio.rest.too_many = too_many
    answer = client(bench, token).request(
        "GET", f"https://api.twilio.com/2010-04-01/Accounts/{bench.twilio.account.sid}/{path}.json"
    )
    assert (answer.status_code, json.loads(answer.text)["code"]) == refused


async def test_both_tokens_open_it_while_they_are_rotated(bench: Bench):
    account = bench.twilio.account
    old, new = account.primary_token, account.create_secondary_token()
    for token in (old, new):
        assert client(bench, token).calls.list() == []
    account.promote_secondary_token()
    with pytest.raises(TwilioRestException) as refused:
        client(bench, old).calls(bench.twilio.account.new_sid("CA")).fetch()
    assert refused.value.code == 20003


async def test_a_call_is_made_rings_and_hears_its_document(bench: Bench):
    bench.twilio.telephones[DESK] = Telephone(4, (Wait(20), HangUp()))
    made = client(bench).calls.create(
        to=DESK,
        from_=OFFICE,
        url=f"{ORIGIN}/desk",
        status_callback=f"{ORIGIN}/told",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        machine_detection="Enable",
    )
    assert (made.status, made.direction) == ("queued", "outbound-api")
    leg = bench.twilio.legs[made.sid]
    await bench.over(leg)
    assert leg.transcript == ["Halo"]
    told = bench.server.forms("/told")
    assert [form["CallStatus"] for form in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert {form["Direction"] for form in told} == {"outbound-api"}
    asked = bench.server.forms("/desk")[0]
    assert (asked["To"], asked["From"], asked["CallStatus"]) == (DESK, OFFICE, "in-progress")


@pytest.mark.parametrize(
    ("telephone", "status"),
    [
        (Telephone(busy=True), "busy"),
        (Telephone(exists=False), "failed"),
        (Telephone(answers_after_seconds=None), "no-answer"),
    ],
)
async def test_without_events_named_only_the_end_is_told(bench: Bench, telephone: Telephone, status: str):
    bench.twilio.telephones[DESK] = telephone
    made = client(bench).calls.create(
        to=DESK, from_=OFFICE, twiml="<Response/>", status_callback=f"{ORIGIN}/told", timeout=15
    )
    await bench.over(bench.twilio.legs[made.sid])
    assert [form["CallStatus"] for form in bench.server.forms("/told")] == [status]
    assert client(bench).calls(made.sid).fetch().status == status


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "0812"}, 21211),
        ({"from_": "+6281200000001"}, 21210),
        ({"url": "hotline.example"}, 21205),
    ],
)
async def test_a_call_that_cannot_be_made_is_refused(bench: Bench, given: dict[str, str], code: int):
    call = {"to": CITIZEN, "from_": OFFICE, "url": f"{ORIGIN}/desk"} | given
    with pytest.raises(TwilioRestException) as refused:
        client(bench).calls.create(**call)
    assert (refused.value.status, refused.value.code) == (400, code)


async def test_a_call_that_rings_is_canceled_and_one_that_talks_is_completed(bench: Bench):
    api = client(bench)
    bench.twilio.telephones[DESK] = Telephone(30)
    ringing = api.calls.create(to=DESK, from_=OFFICE, url=f"{ORIGIN}/desk")
    waiting = bench.call()
    await bench.clock.pass_by(10)
    api.calls(ringing.sid).update(status="canceled")
    api.calls(waiting.call.sid).update(status="completed")
    await bench.over(waiting, bench.twilio.legs[ringing.sid])
    assert (api.calls(ringing.sid).fetch().status, waiting.call.status) == ("canceled", "completed")


async def test_a_call_in_progress_is_led_elsewhere_and_one_that_is_over_is_not(bench: Bench):
    api, leg = client(bench), bench.call()
    await bench.clock.pass_by(4)
    api.calls(leg.call.sid).update(url=f"{ORIGIN}/desk", method="POST")
    await bench.over(leg)
    assert leg.transcript[-1] == "Halo"
    with pytest.raises(TwilioRestException) as refused:
        api.calls(leg.call.sid).update(twiml="<Response/>")
    assert refused.value.code == 21220


async def test_calls_are_listed_by_what_they_are(bench: Bench):
    api = client(bench)
    first, second = bench.call(Wait(5), HangUp()), bench.call(Wait(50), HangUp(), from_="+6281200000043")
    await bench.clock.pass_by(20)
    assert [call.sid for call in api.calls.list()] == [second.call.sid, first.call.sid]
    assert [call.sid for call in api.calls.list(status="in-progress")] == [second.call.sid]
    assert [call.sid for call in api.calls.list(from_=CITIZEN)] == [first.call.sid]
    assert [call.sid for call in api.calls.list(to="+6231599999")] == []
    assert len(api.calls.list(start_time_after=bench.clock.now())) == 0
    assert len(api.calls.list(start_time_before=bench.clock.now())) == 2
    await bench.over(second)


async def test_long_lists_come_in_pages(bench: Bench):
    api = client(bench)
    for place in range(7):
        api.queues.create(friendly_name=f"antrean-{place}")
    assert len(api.queues.list(page_size=3)) == 7
    assert len([path for _, path in bench.twilio.rest.asked if path.endswith("/Queues.json")]) == 7 + 3


async def test_a_queue_and_its_members_are_seen_and_led_out(bench: Bench):
    api, leg = client(bench), bench.call()
    await bench.clock.pass_by(6)
    (queue,) = api.queues.list()
    assert (queue.friendly_name, queue.current_size, queue.average_wait_time) == ("umum", 1, 6)
    (member,) = api.queues(queue.sid).members.list()
    assert (member.call_sid, member.position, member.wait_time) == (leg.call.sid, 1, 6)
    api.queues(queue.sid).members("Front").update(url=f"{ORIGIN}/desk")
    await bench.over(leg)
    assert leg.transcript[-1] == "Halo"
    assert bench.server.forms("/left")[0]["QueueResult"] == "redirected"
    assert api.queues(queue.sid).fetch().current_size == 0


async def test_a_queues_name_is_taken_once(bench: Bench):
    api = client(bench)
    api.queues.create(friendly_name="umum", max_size=5)
    with pytest.raises(TwilioRestException) as refused:
        api.queues.create(friendly_name="umum")
    assert refused.value.code == 22003
    assert bench.twilio.queues["umum"].max_size == 5


async def test_a_numbers_addresses_are_changed(bench: Bench):
    api = client(bench)
    (number,) = api.incoming_phone_numbers.list(phone_number=OFFICE)
    api.incoming_phone_numbers(number.sid).update(
        voice_url=f"{ORIGIN}/desk", voice_fallback_url=f"{ORIGIN}/wait"
    )
    leg = bench.call()
    await bench.over(leg)
    assert leg.transcript == ["Halo"]
    assert bench.number.voice_fallback_url == f"{ORIGIN}/wait"


@pytest.mark.parametrize(
    ("to", "error", "statuses"),
    [
        (CITIZEN, None, ["sent", "delivered"]),
        (CITIZEN, 30003, ["sent", "undelivered"]),
        (f"whatsapp:{CITIZEN}", None, ["sent", "delivered", "read"]),
        (f"whatsapp:{CITIZEN}", 63016, ["failed"]),
    ],
)
async def test_a_messages_way_is_told(bench: Bench, to: str, error: int | None, statuses: list[str]):
    if error:
        bench.twilio.unreachable[to] = error
    sent = client(bench).messages.create(
        to=to, from_=OFFICE, body="Nomor Anda", status_callback=f"{ORIGIN}/told"
    )
    assert (sent.status, sent.error_code) == ("queued", None)
    await bench.clock.pass_by(10)
    told = bench.server.forms("/told")
    assert [form["MessageStatus"] for form in told] == statuses
    assert {form["MessageSid"] for form in told} == {sent.sid}
    assert told[-1].get("ErrorCode") == (str(error) if error else None)
    assert client(bench).messages(sent.sid).fetch().error_code == error


async def test_the_librarys_asynchronous_methods_are_answered_and_so_are_other_threads(bench: Bench):
    account = bench.twilio.account
    api = Client(account.sid, account.primary_token, http_client=FakeAsyncHttp(bench.twilio))
    assert (await api.calls.list_async()) == []
    made = client(bench)
    queue = await asyncio.to_thread(made.queues.create, friendly_name="lain")
    assert queue.friendly_name == "lain"


async def test_it_is_an_asgi_app_as_well(bench: Bench):
    account = bench.twilio.account
    transport = httpx.ASGITransport(bench.twilio.rest)
    auth = (account.sid, account.primary_token)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.twilio.com", auth=auth) as web:
        path = f"/2010-04-01/Accounts/{account.sid}/Messages.json"
        answer = await web.post(path, data={"To": CITIZEN, "From": OFFICE, "Body": "Halo"})
        assert (answer.status_code, answer.json()["to"]) == (201, CITIZEN)
        assert (await web.get(path, auth=("AC", "x"))).status_code == 401
