"""What a start refuses at once: a folder another one holds, a port another program has, secrets left open."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent_bridge import supervisor
from agent_bridge.commands.speaking import settings_or_exit
from agent_bridge.supervisor import PortTaken, RunsAlready
from config.settings import Settings, UnsafeSettings

HOLD = """
import sys, time
from pathlib import Path
from agent_bridge import supervisor
with supervisor._alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
TWILIO = {
    "pbx": "twilio",
    "twilio_account": "AC" + "a" * 32,
    "twilio_number": "+62311500000",
    "twilio_url": "https://hotline.example",
    "twilio_phones": {"meja1": "sip:meja1@hotline.example"},
}


def test_a_folder_that_a_running_hotline_holds_is_refused_until_it_is_gone_however_it_went(tmp_path: Path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()

    with pytest.raises(RunsAlready) as refused, supervisor._alone(tmp_path):
        pass
    holder.kill()
    holder.communicate()

    assert str(holder.pid) in refused.value.text.id
    with supervisor._alone(tmp_path):
        assert (tmp_path / "lock").read_text() != str(holder.pid)


def test_a_port_that_is_taken_is_refused_where_others_expect_us_and_else_another_is_taken(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        practice = Settings(home=tmp_path, port=port)
        for settings in (
            Settings(home=tmp_path, port=port, profile="produksi"),
            Settings(home=tmp_path, port=port, twilio_token="rahasia", **TWILIO),
        ):
            with pytest.raises(PortTaken):
                supervisor._port(settings)

        assert supervisor._port(practice) != port


def test_a_token_that_others_can_read_is_refused_before_anything_is_started(tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("rahasia")
    token.chmod(0o644)

    with pytest.raises(UnsafeSettings, match="chmod 600"):
        Settings(home=tmp_path, twilio_token_file=token, **TWILIO).check_secrets()


def test_a_setting_that_should_be_json_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("HOTLINE_TWILIO_PHONES", "hp2:1")

    with pytest.raises(SystemExit):
        settings_or_exit()

    assert "HOTLINE_TWILIO_PHONES: bukan JSON" in capsys.readouterr().out
