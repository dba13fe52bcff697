"""What the probe keeps, counts and tells: the record, the alarm, the metrics, the exit code, the doctor."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_bridge import cli, doctor
from agent_bridge.commands import probe as command
from agent_bridge.probe import record
from agent_bridge.probe.own_calls import Span
from agent_bridge.probe.place import NoSounds, NoWay, place_of, vocabulary
from agent_bridge.probe.record import Record, Timing
from agent_bridge.probe.run import ProbesAlready, Result
from agent_bridge.sounds import make_sounds
from config.errors import Text
from config.findings import Level
from config.settings import Settings
from ivr.probe.ears import frames_of
from ivr.probe.judgement import Fault, Reason
from ivr.speech import waves

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FAULT = Fault(Reason.NO_NUMBER, Text("Tidak ada nomor.", "No number."))
FINE, FAILED = Result(NOW, None, Timing(0.1, 17.6, 0.9)), Result(NOW, FAULT, Timing(0.1, None, 4.0))


def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, results: list[Result], *more: str
) -> tuple[int, str, str]:
    """`hotline probe` whose calls come to `results`; exit code, what it prints, what it says on stderr."""

    async def made_up(settings: Settings, calls: int) -> AsyncIterator[tuple[Result, Record]]:
        for result in results:
            kept = record.read(settings).after(result.fault, result.timing, result.at)
            record.write(settings, kept)
            yield result, kept

    monkeypatch.setattr(command, "probe", made_up)
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    done = CliRunner().invoke(cli.app, ["probe", *more])
    return done.exit_code, done.stdout, done.stderr


def test_a_fine_call_is_exit_code_0_and_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    code, told, _ = run(monkeypatch, tmp_path, [FINE])

    assert code == 0
    assert told.count("\n") == 1
    assert "17.6" in told


def test_a_failed_call_is_exit_code_1_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    code, told, _ = run(monkeypatch, tmp_path, [FINE, FAILED], "--quiet")

    assert (code, told) == (1, "GAGAL: Tidak ada nomor.\n")


def test_what_cannot_be_tried_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    async def another(settings: Settings, calls: int) -> AsyncIterator[tuple[Result, Record]]:
        raise ProbesAlready
        yield

    monkeypatch.setattr(command, "probe", another)
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    file = tmp_path / "hotline.prom"

    done = CliRunner().invoke(cli.app, ["probe", "--metrics", str(file)])

    assert (done.exit_code, done.stderr) == (2, "Probe lain sedang menelepon.\n")
    assert "hotline_probe_could_try 0\n" in file.read_text()


def test_two_failures_in_a_row_are_an_alarm_and_one_success_ends_it(tmp_path: Path):
    one = Record().after(FAULT, Timing(), NOW)
    two = one.after(FAULT, Timing(), NOW)

    assert [kept.is_alarm for kept in (one, two, two.after(None, Timing(), NOW))] == [False, True, False]
    assert two.after(None, Timing(), NOW).failures_in_a_row == 0


def test_the_alarm_counts_over_runs_and_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    run(monkeypatch, tmp_path, [FAILED])
    code, told, _ = run(monkeypatch, tmp_path, [FAILED], "--json")

    assert code == 1
    plain = json.loads(told[told.index("{\n") :])
    assert (plain["failures_in_a_row"], plain["alarm"]) == (2, True)
    assert plain["calls"][0]["reason"] == "no_number"


def test_the_record_is_kept_whole_and_one_that_cannot_be_read_is_begun_anew(tmp_path: Path):
    settings = Settings(home=tmp_path)
    spans = [Span(NOW, NOW + timedelta(seconds=20)), Span(NOW - timedelta(days=2), NOW - timedelta(days=2))]
    kept = Record().after(FAULT, Timing(0.2, 17.0, 1.0), NOW).owing(spans)

    record.write(settings, kept)

    assert record.read(settings) == kept
    assert list(kept.spans(NOW + timedelta(hours=1))) == spans[:1], "for a day"
    (settings.folder / "probe" / record.FILE).write_text("{")
    assert record.read(settings) == Record()


def test_metrics_are_what_a_textfile_collector_reads(tmp_path: Path):
    file = tmp_path / "hotline.prom"
    kept = Record().after(FAULT, Timing(0.1, None, 4.0), NOW).after(FAULT, Timing(0.1, None, 4.0), NOW)

    record.write_metrics(file, kept, could_try=True)

    lines = file.read_text().splitlines()
    assert "hotline_probe_success 0" in lines
    assert "hotline_probe_alarm 1" in lines
    assert 'hotline_probe_failed{reason="no_number"} 1' in lines
    assert "hotline_probe_last_call_timestamp_seconds 1795399200" in lines
    assert not [line for line in lines if line.startswith("hotline_probe_number_seconds")]
    assert all(line.startswith(("# HELP ", "# TYPE ", "hotline_probe_")) for line in lines)
    assert [one.name for one in tmp_path.iterdir()] == ["hotline.prom"]


def test_the_doctor_tells_of_the_last_probe(tmp_path: Path):
    settings = Settings(home=tmp_path)
    assert list(doctor.probed(settings)) == []

    levels = []
    kept = Record()
    for fault in (None, FAULT, FAULT):
        kept = kept.after(fault, Timing(), NOW)
        record.write(settings, kept)
        levels += [finding.level for finding in doctor.probed(settings)]

    assert levels == [Level.OK, Level.WARNING, Level.FAILED]


def test_it_calls_where_the_settings_say_and_else_the_pbx_that_runs_here(tmp_path: Path):
    own = Settings(home=tmp_path, probe_host="pbx.example", probe_dial="112", probe_account="probe")

    place = place_of(own)

    assert place
    assert (place.server, place.dial, place.user) == (("pbx.example", 5060), "112", "probe")
    assert place_of(Settings(home=tmp_path)) is None
    with pytest.raises(NoWay):
        place_of(Settings(home=tmp_path, pbx="own"))


def test_the_probe_knows_prompts_as_they_were_made_and_not_as_the_pbx_plays_them(tmp_path: Path):
    settings = Settings(home=tmp_path)
    with pytest.raises(NoSounds):
        vocabulary(settings)
    make_sounds(settings, lambda *_: None)
    known = vocabulary(settings)
    played = settings.folder / "sounds" / "id" / "hotline"

    shutil.copyfile(played / "tutup.wav", played / "menu-daftar.wav")

    assert make_sounds(settings, lambda *_: None) == 0, "a start does not take it for an original"
    assert vocabulary(settings).frames.keys() == known.frames.keys()
    assert frames_of(waves.read_wave(played / "tutup.wav"))[20] in known.frames
