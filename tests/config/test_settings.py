"""Settings and logs: two profiles kept apart, keys for their owner alone, no personal data in a line."""

import json
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from config import logs
from config.settings import Profile, Settings, UnsafeSettings


def test_the_two_profiles_share_no_folder_and_no_key(tmp_path: Path):
    practice = Settings(home=tmp_path, profile=Profile.PRACTICE)
    production = Settings(home=tmp_path, profile=Profile.PRODUCTION)

    assert practice.ledger_url != production.ledger_url
    assert practice.office_key != production.office_key
    assert practice.index_key != practice.office_key


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path):
    first = Settings(home=tmp_path).office_key
    file = tmp_path / "latihan" / "keys" / "office.key"

    assert Settings(home=tmp_path).office_key == first
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(UnsafeSettings, match="chmod 600"):
        _ = Settings(home=tmp_path).office_key


def test_the_line_is_open_round_the_clock_in_practice_and_keeps_hours_in_production(tmp_path: Path):
    assert not Settings(home=tmp_path).keeps_hours
    assert Settings(home=tmp_path, profile=Profile.PRODUCTION).keeps_hours
    assert Settings(home=tmp_path, keep_hours=True).keeps_hours


def test_settings_come_from_the_file_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("hotline.toml").write_text('line_number = "1600"\nlanguage = "en"\n')
    monkeypatch.setenv("HOTLINE_LANGUAGE", "id")

    settings = Settings()

    assert settings.line_number == "1600"
    assert settings.language.value == "id"


def test_a_misspelt_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("hotline.toml").write_text('lin_number = "1600"\n')

    with pytest.raises(ValidationError, match="lin_number"):
        Settings()


@pytest.mark.parametrize("secret", ["081200000042", "+62 812 0000 0042", "3578010101900001"])
def test_a_number_that_slips_into_a_log_line_is_masked(secret: str):
    line = logs.guard(
        None, "info", {"event": f"call from {secret} ended", "caller_number": secret, "seconds": 12}
    )

    assert secret not in json.dumps(line)
    assert line["seconds"] == 12


def test_ids_and_instants_stay_readable_in_a_log_line():
    line = logs.guard(
        None, "info", {"event": "x", "call_id": "hotline-ab12-1795506000.14", "pid": os.getpid()}
    )

    assert line["call_id"] == "hotline-ab12-1795506000.14"


def test_a_manager_on_another_machine_is_reached_by_tls_or_not_at_all(tmp_path: Path):
    with pytest.raises(ValidationError, match="TLS"):
        Settings(home=tmp_path, ami_host="192.0.2.10")

    assert Settings(home=tmp_path, ami_host="192.0.2.10", ami_ca=tmp_path / "ca.pem").ami_host == "192.0.2.10"


FIELDS = {"to": "{number}", "msg": "{text}"}
GATEWAY = {"sms": "gateway", "sms_url": "https://sms.example/kirim", "sms_fields": FIELDS}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"sms_url": ""}, "https"),
        ({"sms_url": "http://sms.example/kirim"}, "https"),
        ({"sms_url": "http://127.0.0.1.example/kirim"}, "https"),
        ({"sms_url": "ftp://127.0.0.1/kirim"}, "https"),
        ({"sms_url": "https://[::/kirim"}, "https"),
        ({"sms_url": "https://sms.example/{number}"}, "must not stand in an address"),
        ({"sms_fields": {"to": "{number}"}}, "such as"),
        ({"sms_fields": FIELDS | {"ref": "{kunci}"}}, "{kunci} is not known"),
        ({"sms_knows_keys": True}, r"send \{key\} too"),
        ({"sms_headers": {"X-Key": "{token}"}}, "neither"),
        ({"sms_token": "rahasia"}, "name {token}"),
        ({"sms_token": "a", "sms_token_file": "b", "sms_headers": {"X-Key": "{token}"}}, "one of the two"),
        ({"sms_number_form": "+60"}, "sms_number_form"),
        ({"public_url": "http://hotline.example"}, "begins with https"),
        ({"public_url": "https://" + 60 * "x"}, "public_url"),
    ],
)
def test_a_gateway_that_is_not_safe_or_not_complete_is_refused(
    tmp_path: Path, more: dict[str, object], reason: str
):
    with pytest.raises(ValidationError, match=reason):
        Settings(home=tmp_path, **(GATEWAY | more))


def test_texts_go_into_a_folder_in_practice_and_nowhere_in_production_until_a_gateway_is_set(tmp_path: Path):
    assert Settings(home=tmp_path).sms_by == "files"
    assert Settings(home=tmp_path, profile=Profile.PRODUCTION).sms_by == "none"
    assert Settings(home=tmp_path, profile=Profile.PRODUCTION, **GATEWAY).sms_by == "gateway"
    loopback = GATEWAY | {"sms_url": "http://127.0.0.1:8080/kirim"}
    assert Settings(home=tmp_path, **loopback).sms_by == "gateway"


def test_the_gateways_secret_comes_from_the_environment_or_its_owners_file_and_shows_nowhere(tmp_path: Path):
    file = tmp_path / "sms.key"
    file.write_text("rahasia-2\n")
    file.chmod(0o600)
    headers = {"sms_headers": {"X-Key": "{token}"}}
    by_value = Settings(home=tmp_path, **GATEWAY, **headers, sms_token="rahasia-1")
    by_file = Settings(home=tmp_path, **GATEWAY, **headers, sms_token_file=file)

    assert (by_value.sms_secret, by_file.sms_secret) == ("rahasia-1", "rahasia-2")
    assert "rahasia-1" not in repr(by_value) + by_value.model_dump_json()
    file.chmod(0o640)
    with pytest.raises(UnsafeSettings, match="chmod 600"):
        _ = Settings(home=tmp_path, **GATEWAY, **headers, sms_token_file=file).sms_secret
    with pytest.raises(UnsafeSettings, match="cannot be read"):
        _ = Settings(home=tmp_path, **GATEWAY, **headers, sms_token_file=tmp_path / "none").sms_secret
