"""`hotline twilio` as people type it, against the fake Twilio."""

import json
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from typer.testing import CliRunner, Result

from agent_bridge import doctor
from agent_bridge.cli import app
from agent_bridge.commands import twilio as command
from config.clock import now
from config.findings import Finding, ok
from config.settings import Settings
from ivr.providers.twilio import examination
from ivr.providers.twilio.rest import TwilioApi
from tests.twilio.fake.client import FakeHttp
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.twilio import FakeTwilio
from tests.twilio.server import BEGINS_AT

ADDRESS, LINE, BIN = "https://hotline.example", "+62311500000", "https://handler.twilio.example/twiml/EH1"
PEOPLE = "+62311500001"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTwilio:
    made = FakeTwilio(VirtualClock(BEGINS_AT))
    made.add_number(LINE, voice_url="https://demo.twilio.com/welcome/voice/")
    for name, value in {
        "HOME": str(tmp_path),
        "PBX": "twilio",
        "TWILIO_ACCOUNT": made.account.sid,
        "TWILIO_TOKEN": made.account.primary_token,
        "TWILIO_NUMBER": LINE,
        "TWILIO_URL": ADDRESS,
        "TWILIO_PHONES": '{"meja1": "sip:meja1@kantor.sip.twilio.com"}',
    }.items():
        monkeypatch.setenv(f"HOTLINE_{name}", value)

    def api(account: str, token: str) -> TwilioApi:
        return TwilioApi(account, token, FakeHttp(made))

    nobody = httpx.MockTransport(lambda _: httpx.Response(502))
    monkeypatch.setattr(command, "TwilioApi", api)
    monkeypatch.setattr(examination, "examine", partial(examination.examine, api_of=api, transport=nobody))
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["twilio", *words])


def changes(fake: FakeTwilio, *words: str) -> list[str]:
    result = run("provision", "--json", *words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["made"] == (bool(told["changes"]) and "--dry-run" not in words)
    return [one["name"] for one in told["changes"]]


def number(fake: FakeTwilio) -> Any:
    return fake.account.number(LINE)


def test_a_number_is_led_here_once_and_then_nothing_changes(fake: FakeTwilio):
    assert changes(fake, "--fallback-url", BIN) == ["voice_url", "voice_fallback_url", "status_callback"]
    assert changes(fake) == []

    line = number(fake)
    assert (line.voice_url, line.voice_method) == (f"{ADDRESS}/twilio/voice", "POST")
    assert (line.voice_fallback_url, line.status_callback) == (BIN, f"{ADDRESS}/twilio/status")
    assert "Tidak ada yang berubah." in run("provision").output


def test_what_would_change_is_shown_and_a_dry_run_changes_nothing(fake: FakeTwilio):
    shown = run("provision", "--dry-run")

    assert f"voice_url: https://demo.twilio.com/welcome/voice/ -> {ADDRESS}/twilio/voice" in shown.output
    assert number(fake).voice_url == "https://demo.twilio.com/welcome/voice/"
    assert "POST" not in {method for method, _ in fake.rest.asked}


def test_an_application_that_went_before_the_number_does_so_no_more(fake: FakeTwilio):
    number(fake).voice_application_sid = "AP" + "1" * 32

    assert "voice_application_sid" in changes(fake)
    assert number(fake).voice_application_sid == ""


@pytest.mark.parametrize("url", [f"{ADDRESS}/mati", "http://handler.twilio.example/x"])
def test_a_fallback_that_is_down_with_us_or_read_by_others_is_refused(fake: FakeTwilio, url: str):
    result = run("provision", "--fallback-url", url)

    assert result.exit_code == 1
    assert "TwiML Bin" in result.output
    assert number(fake).voice_fallback_url == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TWILIO_NUMBER", "+62311599999", "HOTLINE_TWILIO_NUMBER"),
        ("TWILIO_TOKEN", "salah", "20003"),
        ("PBX", "private", None),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_changed(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str | None
):
    monkeypatch.setenv(f"HOTLINE_{name}", value)

    result = run("provision")

    assert result.exit_code == (1 if words else 0)
    assert (words or "Diubah") in result.output
    assert number(fake).voice_url.startswith("https://demo" if words else ADDRESS)


def test_a_line_that_is_not_set_up_names_what_is_missing(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HOTLINE_TWILIO_URL")
    assert run("check").exit_code == 2

    monkeypatch.setenv("HOTLINE_PBX", "private")
    for words in (("check",), ("provision",)):
        result = run(*words)
        assert result.exit_code == 1
        assert "twilio_url" in result.output


def test_a_check_says_what_is_wrong_in_both_languages_and_for_machines(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
):
    in_indonesian, for_machines = run("check"), run("check", "--json")
    monkeypatch.setenv("HOTLINE_LANGUAGE", "en")
    in_english = run("check")

    assert {one.exit_code for one in (in_indonesian, for_machines, in_english)} == {1}
    assert f"seharusnya {ADDRESS}/twilio/voice" in in_indonesian.output
    assert f"should be {ADDRESS}/twilio/voice" in in_english.output
    levels = {(one["code"], one["level"]) for one in json.loads(for_machines.output)}
    assert {
        ("account", "ok"),
        ("webhooks", "failed"),
        ("forged", "failed"),
        ("fallback", "warning"),
    } <= levels
    assert fake.account.primary_token not in in_indonesian.output + for_machines.output


def test_the_fallback_reaches_people_and_names_no_host_of_ours(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOTLINE_TWILIO_FALLBACK_NUMBER", PEOPLE)

    result = run("fallback")

    document = ElementTree.fromstring(result.stdout.strip())
    assert [verb.tag for verb in document] == ["Say", "Dial", "Say", "Say", "Hangup"]
    assert {said.get("language") for said in document.iter("Say")} == {"id-ID"}
    assert document.findtext("Dial/Number") == PEOPLE
    assert "hotline.example" not in result.stdout
    assert document.find("Dial").get("action") is None
    assert "TwiML Bin" in result.stderr
    assert "kosong" not in result.stderr


def test_without_a_number_the_fallback_apologises_and_says_that_it_does_no_more(fake: FakeTwilio):
    result = run("fallback")

    assert [verb.tag for verb in ElementTree.fromstring(result.stdout.strip())] == ["Say", "Say", "Hangup"]
    assert "HOTLINE_TWILIO_FALLBACK_NUMBER" in result.stderr


async def test_the_doctor_looks_at_the_line_instead_of_a_pbx(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
):
    async def examine(*_: object) -> list[Finding]:
        return [ok("account", "Baik.", "Fine.")]

    monkeypatch.setattr(examination, "examine", examine)

    found = await doctor.look(Settings(), now)

    assert found[-1].code == "account"
    assert "pbx" not in {one.code for one in found}
