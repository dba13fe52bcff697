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
