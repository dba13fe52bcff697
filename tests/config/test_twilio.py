"""A Twilio account's settings: what is missing or not safe is refused at start, by its name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from agent_bridge.supervisor import settings_environment
from config.settings import Settings, UnsafeSettings

ACCOUNT = "AC" + "a" * 32
TEMPLATE = "HX" + "b" * 32
LINE = {
    "pbx": "twilio",
    "twilio_account": ACCOUNT,
    "twilio_token": "rahasia",
    "twilio_number": "+62311500000",
    "twilio_url": "https://hotline.example/",
    "twilio_phones": {"meja1": "sip:meja1@kantor.sip.twilio.com", "meja2": "+6281200000001"},
}
SMS = {"sms": "twilio", "twilio_account": ACCOUNT, "twilio_token": "rahasia", "twilio_sms_from": "DUKCAPIL"}
WHATSAPP = {"twilio_whatsapp_from": "+62311500000", "twilio_whatsapp_template": TEMPLATE}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"twilio_account": ""}, "twilio_account belum diisi"),
        ({"twilio_account": "AC1"}, "twilio_account"),
        ({"twilio_token": ""}, "twilio_token_file is not set"),
        ({"twilio_token_file": "t"}, "twilio_token and twilio_token_file: set one"),
        ({"twilio_next_token": "x", "twilio_next_token_file": "t"}, "twilio_next_token_file: set one"),
        ({"twilio_number": ""}, "twilio_number is not set"),
        ({"twilio_number": "0311500000"}, "twilio_number"),
        ({"twilio_url": ""}, "twilio_url is not set"),
        ({"twilio_url": "", "public_url": "https://kantor.example/hotline"}, "twilio_url is not set"),
        ({"twilio_url": "http://hotline.example"}, "twilio_url: https"),
        ({"twilio_url": "https://hotline.example/hotline"}, "without a path"),
        ({"twilio_url": "https://u:p@hotline.example"}, "twilio_url: https"),
        ({"twilio_url": "https://hotline.example?x=1"}, "twilio_url: https"),
        ({"twilio_url": "https://[::"}, "twilio_url: https"),
        ({"twilio_url": "https://hotline.example:x"}, "twilio_url: https"),
        ({"twilio_phones": {}}, "twilio_phones is not set"),
        ({"twilio_phones": {"meja1": "081200000001"}}, "'meja1' must be"),
        ({"twilio_phones": {"meja 1": "+6281200000001"}}, "'meja 1' must be"),
        ({"twilio_phones": {"meja1": "sip:meja1"}}, "'meja1' must be"),
        ({"twilio_fallback_number": "112"}, "twilio_fallback_number"),
        ({"twilio_fallback_url": "http://handler.example/x"}, "twilio_fallback_url: an https"),
        ({"twilio_fallback_url": "https://[::"}, "twilio_fallback_url: an https"),
        ({"twilio_fallback_url": "https://hotline.example/mati"}, "not on our machine"),
    ],
)
def test_a_line_that_is_not_complete_or_not_public_is_refused(
    tmp_path: Path, more: dict[str, object], reason: str
):
    with pytest.raises(ValidationError, match=reason):
        Settings(home=tmp_path, **(LINE | more))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"twilio_account": ""}, "twilio_account is not set"),
        ({"twilio_sms_from": ""}, "twilio_sms_from is not set"),
        ({"twilio_sms_from": "KANTOR-DUKCAPIL"}, "twilio_sms_from"),
        ({"twilio_messaging_service": "MG" + "c" * 32}, "set one of the two"),
        ({"twilio_messaging_service": "MG1", "twilio_sms_from": ""}, "twilio_messaging_service"),
        ({"twilio_whatsapp_from": "+62311500000"}, "twilio_whatsapp_template is not set"),
        (WHATSAPP | {"twilio_whatsapp_template": "HX1"}, "twilio_whatsapp_template"),
    ],
)
def test_texts_that_would_not_arrive_are_refused(tmp_path: Path, more: dict[str, object], reason: str):
    with pytest.raises(ValidationError, match=reason):
        Settings(home=tmp_path, **(SMS | more))


def test_a_phones_number_is_in_no_refusal(tmp_path: Path):
    with pytest.raises(ValidationError) as refused:
        Settings(home=tmp_path, **(LINE | {"twilio_phones": {"meja1": "081200000001"}}))

    assert "081200000001" not in refused.value.errors()[0]["msg"]


def test_the_public_address_serves_where_it_has_no_path(tmp_path: Path):
    own = Settings(home=tmp_path, **LINE)
    public = Settings(home=tmp_path, **(LINE | {"twilio_url": "", "public_url": "https://kantor.example/"}))

    assert own.twilio_address == "https://hotline.example"
    assert public.twilio_address == "https://kantor.example"


def test_a_token_comes_from_its_owners_file_and_while_they_are_rotated_there_are_two(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("berikut\n")
    file.chmod(0o600)
    both = Settings(home=tmp_path, **LINE, twilio_next_token_file=file)

    assert Settings(home=tmp_path, **LINE).twilio_tokens == ("rahasia",)
    assert both.twilio_tokens == ("rahasia", "berikut")
    assert "rahasia" not in repr(both) + both.model_dump_json()
    for spoil, reason in (
        (lambda: file.chmod(0o640), "chmod 600"),
        (lambda: file.unlink(), "cannot be read"),
    ):
        spoil()
        with pytest.raises(UnsafeSettings, match=reason):
            _ = Settings(home=tmp_path, **LINE, twilio_next_token_file=file).twilio_tokens


def test_a_token_file_with_nothing_in_it_is_no_token(tmp_path: Path):
    file = tmp_path / "token"
    file.touch(0o600)

    with pytest.raises(UnsafeSettings, match="empty"):
        _ = Settings(home=tmp_path, **(LINE | {"twilio_token": ""}), twilio_token_file=file).twilio_tokens


def test_the_backend_finds_the_line_as_it_was_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(home=tmp_path, **(LINE | SMS | WHATSAPP), twilio_next_token="berikut")

    for name, value in settings_environment(settings).items():
        monkeypatch.setenv(name, value)

    assert Settings() == settings
    assert Settings().twilio_tokens == ("rahasia", "berikut")
    assert Settings().twilio_phones == LINE["twilio_phones"]
