"""A provider's gateway: what it is handed, and what its answers mean."""

import socket
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from ivr.texting import gateway
from ivr.texting.file_drop import FileDrop
from ivr.texting.gateway import GatewayForm, HttpGateway, judge
from ivr.texting.port import GatewayAway, NotAccepted, RefusedForGood, Unsure
from ivr.texting.ways import status_ways, texts_by
from tests.ivr.texting.provider import a_provider

NUMBER = "+6281200000042"
FORM = GatewayForm("https://sms.example", {}, expect="OK", refuses="GAGAL")
KNOWS = GatewayForm("https://sms.example", {}, knows_keys=True)


@pytest.mark.parametrize(
    ("status", "said", "form", "raised"),
    [
        (200, "status=OK", FORM, None),
        (202, "", KNOWS, None),
        (409, "", KNOWS, None),
        (409, "", FORM, Unsure),
        (200, "status=GAGAL", FORM, NotAccepted),
        (200, "<html>login</html>", FORM, Unsure),
        (302, "", FORM, Unsure),
        (400, "", FORM, RefusedForGood),
        (422, "", FORM, RefusedForGood),
        (401, "", FORM, GatewayAway),
        (402, "", FORM, GatewayAway),
        (404, "", FORM, GatewayAway),
        (429, "", FORM, GatewayAway),
        (408, "", FORM, NotAccepted),
        (418, "", FORM, Unsure),
        (500, "", FORM, Unsure),
        (502, "", FORM, Unsure),
        (503, "", FORM, GatewayAway),
        (504, "", FORM, Unsure),
    ],
)
def test_what_does_not_say_clearly_that_nothing_was_taken_may_have_been(
    status: int, said: str, form: GatewayForm, raised: type[Exception] | None
):
    if raised is None:
        judge(status, said, form)
        return
    with pytest.raises(raised) as fault:
        judge(status, said, form)
    assert type(fault.value) is raised


@given(st.integers(100, 599), st.text(max_size=20))
def test_no_answer_is_taken_for_yes_but_one_that_says_so(status: int, said: str):
    try:
        judge(status, said, FORM)
    except (NotAccepted, RefusedForGood, Unsure):
        return
    assert status // 100 == 2
    assert "OK" in said


@pytest.mark.parametrize(("form", "sent"), [("+62", NUMBER), ("62", NUMBER[1:]), ("0", "081200000042")])
@pytest.mark.parametrize("as_json", [True, False])
async def test_number_text_key_and_secret_stand_where_the_provider_wants_them(
    form: str, sent: str, as_json: bool
):
    fields = {"to": "{number}", "msg": "{text}", "ref": "hotline-{key}", "from": "DUKCAPIL"}
    async with a_provider(knows_keys=True) as provider:
        way = HttpGateway(provider.form(fields=fields, number_form=form, as_json=as_json))

        text = "Jawaban {number} & {token}: 100% = beres"
        await way.send(NUMBER, text, "k/1")

        assert provider.taken == [{"to": sent, "msg": text, "ref": "hotline-k/1", "from": "DUKCAPIL"}]
        assert "authorization: bearer rahasia" in provider.heads[0].lower()
        assert provider.heads[0].startswith("POST /kirim HTTP/1.1")
        await way.close()


async def test_a_number_from_abroad_keeps_its_country(monkeypatch: pytest.MonkeyPatch):
    async with a_provider(knows_keys=True) as provider:
        for form in ("+62", "62", "0"):
            await HttpGateway(provider.form(number_form=form)).send("+60123456789", "Halo", form)

    assert [each["to"] for each in provider.taken] == ["+60123456789", "60123456789", "60123456789"]


@pytest.mark.parametrize(
    ("mode", "raised"),
    [("down", GatewayAway), ("silence", Unsure), ("hangs up", Unsure), ("accepts, then silence", Unsure)],
)
async def test_only_a_gateway_that_was_never_reached_has_surely_taken_nothing(
    monkeypatch: pytest.MonkeyPatch, mode: str, raised: type[Exception]
):
    monkeypatch.setattr(gateway, "ANSWER_SECONDS", 0.1)
    async with a_provider(knows_keys=False, mode=mode) as provider:
        with pytest.raises(raised) as fault:
            await HttpGateway(provider.form()).send(NUMBER, "Halo", "k1")

    assert "812" not in str(fault.value)
    assert "Halo" not in str(fault.value)


async def test_neither_proxies_of_the_environment_nor_redirects_lead_a_message_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        async with a_provider(knows_keys=True) as provider:
            await HttpGateway(provider.form()).send(NUMBER, "Halo", "k1")

    assert len(provider.taken) == 1
    assert HttpGateway(FORM)._client.follow_redirects is False


async def test_an_answer_without_end_is_read_in_part():
    class Endless(httpx.AsyncByteStream):
        read = 0

        async def __aiter__(self):
            while True:
                self.read += 1
                yield b"OK" * 4096

    way, endless = HttpGateway(FORM), Endless()
    way._client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=endless))
    )

    await way.send(NUMBER, "Halo", "k1")

    assert endless.read * 8192 <= gateway.ANSWER_BYTES + 8192


def test_which_way_texts_go_is_a_setting(tmp_path: Path):
    more = {"sms_url": "https://sms.example", "sms_fields": {"to": "{number}", "msg": "{text}"}}

    assert texts_by(Settings(home=tmp_path, sms="none")) is None
    assert isinstance(texts_by(Settings(home=tmp_path)), FileDrop)
    assert isinstance(texts_by(Settings(home=tmp_path, sms="gateway", **more)), HttpGateway)
    assert status_ways(Settings(home=tmp_path, public_url="https://cc.example/")).web == "https://cc.example"
