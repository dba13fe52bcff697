"""Whether a line at Twilio is set up: whatever would keep a caller from us is found."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.findings import Finding, Level
from config.settings import Settings
from ivr.providers.twilio import examination
from ivr.providers.twilio.proof import PROOF, OwnProof
from ivr.providers.twilio.rest import TwilioApi
from ivr.providers.twilio.signature import NotFromTwilio, SignatureCheck
from tests.twilio.fake.client import FakeHttp
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.twilio import FakeTwilio
from tests.twilio.server import BEGINS_AT
from ticketing.people.privacy import Vault

ADDRESS, LINE, BIN = "https://hotline.example", "+62311500000", "https://handler.example/twiml/EH1"
OURS, ANOTHERS = Vault(b"o" * 32, b"i" * 32), Vault(b"o" * 32, b"x" * 32)


@dataclass
class Asks:
    """A signed request, as far as the proof reads it."""

    call_id: str


@dataclass
class Node:
    """An installation behind the public address; `asked` has the paths it was asked for."""

    tokens: tuple[str, ...]
    vault: Vault = OURS
    address: str = ADDRESS
    checks: bool = True
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, body = await self._answer(scope, (await receive())["body"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, body: bytes) -> tuple[int, bytes]:
        self.asked.append(scope["path"])
        signature = dict(scope["headers"]).get(b"x-twilio-signature", b"")
        try:
            form = SignatureCheck(self.address, self.tokens).form(scope["path"], body, signature)
        except NotFromTwilio:
            if self.checks:
                return 403, b""
            form = {"CallSid": ""}
        if scope["path"] != PROOF:
            return 400, b""
        return 200, await OwnProof(self.vault).answer(Asks(form["CallSid"]))


@dataclass
class Site:
    """A line at Twilio as it should be, and a look at it."""

    twilio: FakeTwilio
    settings: Settings
    node: Node
    transport: httpx.AsyncBaseTransport | None = None

    async def look(self) -> list[Finding]:
        def api(account: str, token: str) -> TwilioApi:
            return TwilioApi(account, token, FakeHttp(self.twilio))

        transport = self.transport or httpx.ASGITransport(self.node)
        return await examination.examine(self.settings, OURS, api, transport)

    async def wrong(self) -> dict[str, str]:
        """What failed."""
        return {one.code: one.text.en for one in await self.look() if one.level is Level.FAILED}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    twilio = FakeTwilio(VirtualClock(BEGINS_AT))
    token = twilio.account.primary_token
    settings = Settings(
        home=tmp_path, pbx="twilio", twilio_account=twilio.account.sid, twilio_token=token,
        twilio_number=LINE, twilio_url=ADDRESS, twilio_phones={"meja1": "sip:meja1@kantor.sip.twilio.com"},
    )  # fmt: skip
    twilio.add_number(
        LINE, voice_url=f"{ADDRESS}/twilio/voice", voice_fallback_url=BIN,
        status_callback=f"{ADDRESS}/twilio/status",
    )  # fmt: skip
    yield Site(twilio, settings, Node((token,)))
    await twilio.close()


def number(site: Site) -> Any:
    return site.twilio.account.number(LINE)


async def test_of_a_line_that_leads_here_everything_is_right(site: Site):
    found = await site.look()

    assert [one.code for one in found] == ["account", "number", "webhooks", "forged", "address"]
    assert {one.level for one in found} == {Level.OK}


async def test_settings_that_are_missing_are_named_and_nothing_is_asked(site: Site, tmp_path: Path):
    site.settings = Settings(home=tmp_path)

    wrong = await site.look()

    assert "twilio_account" in wrong[0].text.id
    assert site.twilio.rest.asked == []
    assert site.node.asked == []


async def test_a_wrong_token_is_found_and_the_address_is_looked_at_all_the_same(site: Site):
    site.settings = site.settings.model_copy(update={"twilio_token": type(site.settings.twilio_token)("x")})

    wrong = await site.wrong()

    assert "HOTLINE_TWILIO_TOKEN" in wrong["account"]
    assert "403" in wrong["address"]


async def test_an_account_that_is_suspended_is_found_and_a_trial_is_told(site: Site):
    site.twilio.account.kind = "Trial"
    (told,) = [one.text.en for one in await site.look() if one.level is Level.WARNING]
    assert told.startswith("A trial account")

    site.twilio.account.status = "suspended"
    assert "suspended" in (await site.wrong())["account"]


async def test_twilio_that_is_away_is_no_wrong_token(site: Site):
    site.twilio.rest.too_many = 1

    assert "429" in (await site.wrong())["account"]


async def test_a_number_the_account_does_not_have_or_that_takes_no_calls_is_found(site: Site):
    number(site).has_voice = False
    assert "takes no calls" in (await site.wrong())["number"]

    site.twilio.account.numbers.clear()
    assert LINE in (await site.wrong())["number"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voice_url", "https://demo.twilio.com/welcome/voice/"),
        ("voice_url", f"{ADDRESS}/twilio/voice/"),
        ("voice_method", "GET"),
        ("status_callback", ""),
        ("status_callback_method", "GET"),
        ("voice_fallback_url", f"{ADDRESS}/mati"),
        ("voice_application_sid", "AP" + "1" * 32),
        ("trunk_sid", "TK" + "1" * 32),
    ],
)
async def test_calls_that_are_led_elsewhere_are_found_with_what_is_and_what_should_be(
    site: Site, name: str, value: str
):
    setattr(number(site), name, value)

    wrong = await site.wrong()

    assert wrong["webhooks"].startswith(f"{name}: {value or '-'}, should be ")


async def test_another_fallback_than_the_one_set_is_found_and_none_at_all_is_told(site: Site):
    site.settings = site.settings.model_copy(update={"twilio_fallback_url": f"{BIN}2"})
    assert f"{BIN}2" in (await site.wrong())["webhooks"]

    site.settings = site.settings.model_copy(update={"twilio_fallback_url": ""})
    number(site).voice_fallback_url = ""
    assert [one.code for one in await site.look() if one.level is Level.WARNING] == ["fallback"]


def failing(fault: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise fault

    return answer


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (failing(httpx.ConnectError("x")), "address", "ConnectError"),
        (failing(httpx.ReadTimeout("x")), "address", "ReadTimeout"),
        (lambda _: httpx.Response(404), "forged", "404"),
        (lambda _: httpx.Response(502), "forged", "Pass /twilio/ on"),
        (lambda _: httpx.Response(301, headers={"Location": "https://lain.example"}), "forged", "301"),
        (lambda _: httpx.Response(200), "forged", "takes a forged request"),
        (lambda _: httpx.Response(403), "address", "403"),
    ],
)
async def test_an_address_that_does_not_lead_here_is_found(
    site: Site, answer: Callable[[httpx.Request], httpx.Response], code: str, words: str
):
    site.transport = httpx.MockTransport(answer)

    assert words in (await site.wrong())[code]


async def test_a_backend_that_takes_forged_requests_is_found_and_gets_no_call_from_us(site: Site):
    site.node.checks = False

    assert "takes a forged request (400)" in (await site.wrong())["forged"]


async def test_another_installation_with_the_same_token_is_not_taken_for_this_one(site: Site):
    site.node.vault = ANOTHERS

    assert "another installation" in (await site.wrong())["address"]


async def test_a_backend_that_was_started_for_another_address_is_found(site: Site):
    site.node = replace(site.node, address="https://lama.example")

    assert "does not take the signature" in (await site.wrong())["address"]


async def test_while_tokens_are_rotated_both_are_held_against_twilio_and_against_us(site: Site):
    following = site.twilio.account.create_secondary_token()
    secret = type(site.settings.twilio_token)
    site.settings = site.settings.model_copy(update={"twilio_next_token": secret(following)})

    assert "HOTLINE_TWILIO_NEXT_TOKEN" in (await site.wrong())["address"]
    site.node.tokens = (*site.node.tokens, following)
    assert await site.wrong() == {}
    site.twilio.account.secondary_token = None
    assert "HOTLINE_TWILIO_NEXT_TOKEN" in (await site.wrong())["account"]


async def test_no_proof_is_given_twice_alike_and_none_without_the_installations_key(site: Site):
    one, other = [await OwnProof(OURS).answer(Asks(f"CA{n}")) for n in (1, 2)]

    assert one != other
    assert await OwnProof(ANOTHERS).answer(Asks("CA1")) != one
