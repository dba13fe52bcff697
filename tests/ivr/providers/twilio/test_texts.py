"""Texts by Twilio: what is handed over, and what its answers mean for who still has to be told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.settings import Settings
from ivr.providers.twilio import texts
from ivr.providers.twilio.asking import Http
from ivr.providers.twilio.rest import TwilioApi
from ivr.providers.twilio.texts import TwilioTexts, Way, ways_of
from ivr.texting.port import GatewayAway, NotAccepted, RefusedForGood, Unsure
from ivr.texting.ways import texts_by
from tests.twilio.fake.client import FakeHttp
from tests.twilio.server import CITIZEN, OFFICE, Bench, a_bench

ACCOUNT, SERVICE, TEMPLATE = "AC" + "a" * 32, "MG" + "b" * 32, "HX" + "c" * 32
BY_SMS = Way({"from_": OFFICE})
BY_WHATSAPP = Way({"from_": f"whatsapp:{OFFICE}"}, "whatsapp:", TEMPLATE)
IN_WHATSAPP = f"whatsapp:{CITIZEN}"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_bench() as made:
        made.twilio.templates[TEMPLATE] = "Kabar dari Dukcapil: {{1}} Terima kasih."
        yield made


def way(bench: Bench, *ways: Way) -> TwilioTexts:
    account = bench.twilio.account
    api = TwilioApi(account.sid, account.primary_token, FakeHttp(bench.twilio))
    return TwilioTexts(api, ways or (BY_SMS,), bench.clock.pass_by)


def sent(bench: Bench) -> list[tuple[str, str, str]]:
    return [(one.from_, one.to, one.body) for one in bench.twilio.messages.values()]


async def test_a_text_is_handed_over_once_from_the_offices_number(bench: Bench):
    await way(bench).send(CITIZEN, "Nomor Anda 261123-0042-4.", "k1")

    assert sent(bench) == [(OFFICE, CITIZEN, "Nomor Anda 261123-0042-4.")]


async def test_a_messaging_service_chooses_who_sends(bench: Bench):
    await way(bench, Way({"messaging_service_sid": SERVICE})).send(CITIZEN, "Halo", "k1")

    (message,) = bench.twilio.messages.values()
    assert (message.from_, message.service_sid) == ("", SERVICE)


async def test_whatsapp_takes_the_text_as_one_line_within_the_approved_template(bench: Bench):
    await way(bench, BY_WHATSAPP).send(CITIZEN, "Nomor Anda:\n261123 \t {{1}}", "k1")

    body = "Kabar dari Dukcapil: Nomor Anda: 261123 {{1}} Terima kasih."
    assert sent(bench) == [(f"whatsapp:{OFFICE}", IN_WHATSAPP, body)]


@pytest.mark.parametrize("where", ["refused_messages", "unreachable"])
async def test_who_has_no_whatsapp_gets_an_sms(bench: Bench, where: str):
    getattr(bench.twilio, where)[IN_WHATSAPP] = 63024

    await way(bench, BY_WHATSAPP, BY_SMS).send(CITIZEN, "Halo", "k1")

    assert sent(bench)[-1] == (OFFICE, CITIZEN, "Halo")


async def test_what_does_not_fit_into_whatsapp_goes_by_sms(bench: Bench):
    await way(bench, BY_WHATSAPP, BY_SMS).send(CITIZEN, "a" * 1025, "k1")

    assert [to for _, to, _ in sent(bench)] == [CITIZEN]


async def test_where_whatsapp_is_away_nothing_is_sent_another_way(bench: Bench):
    bench.twilio.refused_messages[IN_WHATSAPP] = 63018

    with pytest.raises(GatewayAway):
        await way(bench, BY_WHATSAPP, BY_SMS).send(CITIZEN, "Halo", "k1")

    assert sent(bench) == []


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (21211, RefusedForGood),
        (21610, RefusedForGood),
        (21612, RefusedForGood),
        (21614, RefusedForGood),
        (21635, RefusedForGood),
        (63016, RefusedForGood),
        (20003, GatewayAway),
        (21606, GatewayAway),
        (21611, GatewayAway),
        (21660, GatewayAway),
        (63007, GatewayAway),
        (63038, GatewayAway),
        (21408, NotAccepted),
        (29999, NotAccepted),
    ],
)
async def test_what_twilio_refuses_was_not_sent_and_its_code_says_what_follows(
    bench: Bench, code: int, raised: type[Exception]
):
    bench.twilio.refused_messages[CITIZEN] = code

    with pytest.raises(raised) as refused:
        await way(bench).send(CITIZEN, "Rahasia", "k1")

    assert type(refused.value) is raised
    assert str(refused.value) == str(code)
    assert sent(bench) == []


@pytest.mark.parametrize(
    ("code", "raised"),
    [(30003, RefusedForGood), (30007, RefusedForGood), (63016, RefusedForGood), (30002, GatewayAway)],
)
async def test_a_message_that_fails_after_it_was_taken_does_not_count_as_told(
    bench: Bench, code: int, raised: type[Exception]
):
    bench.twilio.unreachable[CITIZEN] = code

    with pytest.raises(raised) as failed:
        await way(bench).send(CITIZEN, "Halo", "k1")

    assert str(failed.value) == str(code)


async def test_a_wrong_token_and_too_many_at_once_keep_everybodys_text_back(bench: Bench):
    stranger = TwilioTexts(
        TwilioApi(bench.twilio.account.sid, "salah", FakeHttp(bench.twilio)), (BY_SMS,), bench.clock.pass_by
    )
    with pytest.raises(GatewayAway, match="20003"):
        await stranger.send(CITIZEN, "Halo", "k1")

    bench.twilio.rest.too_many = 1
    with pytest.raises(GatewayAway, match="429"):
        await way(bench).send(CITIZEN, "Halo", "k1")


async def at_once(_seconds: float) -> None:
    """No pause."""


def answering(*answers: httpx.Response | Exception) -> TwilioTexts:
    """Texts to a Twilio that answers so, one request after the other."""
    given = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        said = next(given)
        if isinstance(said, Exception):
            raise said
        return said

    api = TwilioApi(ACCOUNT, "rahasia", Http(httpx.MockTransport(answer)))
    return TwilioTexts(api, (BY_SMS, BY_SMS), at_once)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (httpx.ConnectError("x"), GatewayAway),
        (httpx.Response(503), GatewayAway),
        (httpx.ReadTimeout("x"), Unsure),
        (httpx.RemoteProtocolError("x"), Unsure),
        (httpx.Response(500), Unsure),
        (httpx.Response(201, text="<p>"), Unsure),
        (httpx.Response(401, json={"code": 20003}), GatewayAway),
        (httpx.Response(403), GatewayAway),
    ],
)
async def test_a_request_whose_answer_was_lost_may_have_been_carried_out_and_goes_no_other_way(
    answer: httpx.Response | Exception, raised: type[Exception]
):
    with pytest.raises(raised) as fault:
        await answering(answer).send(CITIZEN, "Rahasia", "k1")

    assert type(fault.value) is raised
    assert CITIZEN not in str(fault.value)


TAKEN = {"sid": "SM" + "1" * 32, "status": "queued"}


@pytest.mark.parametrize(
    "looked",
    [
        httpx.Response(200, json=TAKEN),
        httpx.Response(200, json=TAKEN | {"status": "delivered"}),
        httpx.ReadTimeout("x"),
        httpx.Response(404, json={"code": 20404}),
    ],
)
async def test_a_message_that_was_taken_counts_where_nothing_is_known_against_it(
    looked: httpx.Response | Exception,
):
    await answering(httpx.Response(201, json=TAKEN), looked).send(CITIZEN, "Halo", "k1")


async def test_a_failure_without_a_reason_is_a_failure():
    failed = httpx.Response(200, json=TAKEN | {"status": "failed"})

    with pytest.raises(RefusedForGood, match="30008"):
        await answering(*2 * (httpx.Response(201, json=TAKEN), failed)).send(CITIZEN, "Halo", "k1")


def test_no_code_means_two_things():
    assert not texts._AWAY & texts._FOR_GOOD


def test_which_way_texts_go_is_a_setting(tmp_path: Path):
    def at(**more: Any) -> Settings:
        return Settings(home=tmp_path, sms="twilio", twilio_account=ACCOUNT, twilio_token="rahasia", **more)

    whatsapp = {"twilio_whatsapp_from": OFFICE, "twilio_whatsapp_template": TEMPLATE}

    assert isinstance(texts_by(at(twilio_sms_from="DUKCAPIL")), TwilioTexts)
    assert ways_of(at(twilio_sms_from="DUKCAPIL")) == (Way({"from_": "DUKCAPIL"}),)
    assert ways_of(at(twilio_messaging_service=SERVICE, **whatsapp)) == (
        BY_WHATSAPP,
        Way({"messaging_service_sid": SERVICE}),
    )
    assert ways_of(at(**whatsapp)) == (BY_WHATSAPP,)
