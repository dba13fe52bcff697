"""An office's own PBX: what is written there, for which version, and that all of it is taken back."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_bridge.cli import app
from config.errors import ConfigurationFault
from config.trunks import Trunk, Trunks, read_trunks
from ivr.providers.asterisk import marked_files, pbx_sounds
from ivr.providers.asterisk.configuration import EVENTS
from ivr.providers.asterisk.marked_files import ChangedByHand
from ivr.providers.asterisk.own_pbx import STYLES, Style, Target, UnknownVersion, files, filters_by_name
from tests.ivr.providers.asterisk.lab import a_plan

OPERATOR = Trunk(
    name="operator", server="sip.operator.example", match=("203.0.113.10",), user="", secret="",
    codecs=("alaw",), caller_from="From", lines=("0315920000",),
)  # fmt: skip
REGISTERED = Trunk(
    name="daftar", server="sip.example:5070", match=(), user="user", secret="hush",
    codecs=("ulaw",), caller_from="P-Asserted-Identity", lines=("1500",),
)  # fmt: skip
PLAN = a_plan(Path("/var/empty"))
FREEPBX = {
    "manager.conf": "[general]\nenabled = yes\nchannelvars = OFFICE\n[admin]\nsecret = x\n"
    "#include manager_additional.conf\n#include manager_custom.conf\n",
    "extensions.conf": "#include extensions_custom.conf\n",
    "cel.conf": "[general]\n#include cel_general_custom.conf\n",
    "extensions_custom.conf": "[from-internal-custom]\nexten => 9001,1,Hangup()",
    "manager_custom.conf": "",
    "pjsip.endpoint_custom.conf": "; caf\xe9 kantor\n[extra]\ntype=endpoint\n",
}


def a_folder(folder: Path, texts: dict[str, str]) -> dict[str, bytes]:
    """A PBX's folder as somebody left it."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("latin-1"))
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def written(folder: Path, target: Target, trunks: Trunks | None = None) -> dict[str, str]:
    """What the hotline wants in the folder."""
    some = trunks or Trunks({"operator": OPERATOR}, ("1001",))
    return files(PLAN, some, target, lambda name: marked_files.without(folder / name))


@pytest.mark.parametrize("style", STYLES)
def test_what_was_put_into_a_folder_is_taken_back_byte_for_byte(tmp_path: Path, style: Style):
    folder = tmp_path / "etc"
    before = a_folder(folder, FREEPBX)

    marked_files.carry_out(marked_files.putting(folder, written(folder, Target(style))))
    between = contents(folder)
    marked_files.carry_out(marked_files.taking_back(folder))

    assert between != before
    assert contents(folder) == before


def test_freepbx_files_are_touched_only_where_freepbx_never_writes(tmp_path: Path):
    folder = tmp_path / "etc"
    before = a_folder(folder, FREEPBX)

    marked_files.carry_out(marked_files.putting(folder, written(folder, Target("freepbx"))))

    changed = {name for name, content in contents(folder).items() if content != before.get(name)}
    assert changed
    assert all(name.endswith("_custom.conf") for name in changed)
    assert "channelvars = OFFICE,HOTLINE_CALL" in (folder / "manager_custom.conf").read_text()
    assert "[general](+)" in (folder / "manager_custom.conf").read_text()


def test_what_is_put_a_second_time_changes_nothing_and_what_is_no_longer_wanted_goes(tmp_path: Path):
    folder = tmp_path / "etc"
    a_folder(folder, FREEPBX)
    marked_files.carry_out(marked_files.putting(folder, written(folder, Target("freepbx"))))

    again = marked_files.putting(folder, written(folder, Target("freepbx")))
    without_trunk = marked_files.putting(folder, written(folder, Target("freepbx"), Trunks({}, ())))

    assert again == []
    assert {change.file.name for change in without_trunk if "hotline" not in (change.after or "")} == {
        "pjsip.endpoint_custom.conf",
        "pjsip.aor_custom.conf",
        "pjsip.identify_custom.conf",
    }


def test_what_others_wrote_beside_our_lines_stays_and_between_them_is_not_lost(
    tmp_path: Path,
):
    folder = tmp_path / "etc"
    a_folder(folder, FREEPBX)
    marked_files.carry_out(marked_files.putting(folder, written(folder, Target("freepbx"))))
    file = folder / "extensions_custom.conf"
    ours = file.read_text()

    file.write_text(ours + "[later]\n")
    marked_files.carry_out(marked_files.taking_back(folder))
    assert file.read_text() == FREEPBX["extensions_custom.conf"] + "\n[later]\n"

    file.write_text(ours.replace("Hangup()\n", "Hangup()\nexten => 1,1,NoOp()\n"))
    with pytest.raises(ChangedByHand, match="extensions_custom"):
        marked_files.taking_back(folder)


def test_secrets_are_not_shown_in_a_difference(tmp_path: Path):
    folder = tmp_path / "etc"
    a_folder(folder, FREEPBX)

    shown = "".join(change.diff() for change in marked_files.putting(folder, written(folder, Target())))

    assert PLAN.reader_secret not in shown
    assert re.findall(r"secret = (\S+)", shown) == ["***"] * len(re.findall(r"secret = ", shown))


@pytest.mark.parametrize(
    ("version", "by_name"),
    [("18.25", False), ("18.26", True), ("20", False), ("20.10.1", False), ("20.11", True), ("22", True),
     ("22.0.0", False), ("22.10.1", True), ("23", True)],
)  # fmt: skip
def test_event_filters_are_written_as_the_version_reads_them(version: str, by_name: bool, tmp_path: Path):
    manager = written(tmp_path, Target(version=version))["hotline_manager.conf"]

    assert filters_by_name(version) is by_name
    form = "eventfilter(action(include),name({})) =" if by_name else "eventfilter = Event: {}[^A-Za-z]"
    assert all(form.format(event) in manager for event in EVENTS)


@pytest.mark.parametrize("version", ["", "16", "22; x", "baru"])
def test_a_version_nobody_writes_for_is_refused(version: str):
    with pytest.raises(UnknownVersion):
        filters_by_name(version)


def test_no_trunk_lets_a_caller_dial_out_or_say_who_they_are_unasked(tmp_path: Path):
    text = written(tmp_path, Target(), Trunks({"a": OPERATOR, "b": REGISTERED}, ()))

    pjsip = text["hotline_pjsip.conf"]
    assert set(re.findall(r"context=(\S+)", pjsip)) == {"hotline-masuk"}
    assert (
        pjsip.count("trust_id_inbound=no")
        == pjsip.count("type=endpoint")
        == pjsip.count("type=identify")
        == 2
    )
    assert "set_var=HOTLINE_FROM=P-Asserted-Identity" in pjsip
    assert "anonymous" not in pjsip
    assert text["hotline_extensions.conf"].count("Dial(") == 2, "in the contexts that no caller reaches"
    for application in ("System(", "TrySystem(", "Originate(", "SHELL(", "_X"):
        assert application not in text["hotline_extensions.conf"]


def test_the_trunk_that_dials_proves_who_we_are_and_no_other_does(tmp_path: Path):
    dials = replace(REGISTERED, dial="0")
    text = written(tmp_path, Target(), Trunks({"a": OPERATOR, "b": dials}, ()))["hotline_pjsip.conf"]

    assert text.count("outbound_auth=hotline-daftar\nfrom_user=user\n") == 1
    assert "from_user" not in written(tmp_path, Target())["hotline_pjsip.conf"]


def test_what_a_caller_wrote_goes_through_a_filter_wherever_the_dialplan_uses_it(tmp_path: Path):
    dialplan = written(tmp_path, Target())["hotline_extensions.conf"]

    for used in re.findall(r"(.{0,14})\$\{(?:EXTEN|CALLERID\(num\))[^}]*\}", dialplan):
        assert used.endswith(("FILTER(0-9+,", "FILTER(0-9*#,", '"', "LEN(")), used


MISTAKES = {
    "everybody": ("match: [0.0.0.0/0]", "semua orang"),
    "no address": ("match: [operator]", "bukan alamat IP"),
    "neither": ("", "salah satu"),
    "a secret in the file": ('user: "1"\n    secret: hush', "secret"),
    "no secret": ('user: "1"', "secret_file"),
    "a secret that is not there": ('user: "1"\n    secret_env: NOT_THERE_AT_ALL', "NOT_THERE_AT_ALL"),
    "a form nobody writes": ("match: [203.0.113.1]\n    dial: 0062", "0062"),
    "a codec nobody knows": ("match: [203.0.113.1]\n    codecs: [g279]", "g279"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_trunks_is_refused_with_its_line(mistake: str, tmp_path: Path):
    lines, said = MISTAKES[mistake]
    codecs = "" if "codecs" in lines else "codecs: [alaw]\n    "
    (tmp_path / "trunks.yaml").write_text(
        f"trunks:\n  op:\n    server: x.example\n    {codecs}caller_from: From\n    {lines}\n"
        '    lines: ["15"]\ndesk_phones: []\n'
    )

    with pytest.raises(ConfigurationFault) as fault:
        read_trunks(tmp_path)

    assert said in fault.value.text.id
    assert fault.value.line > 1


def test_sounds_are_copied_beside_the_offices_own_and_taken_out_again(tmp_path: Path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for file in (ours / "id/hotline/menu.wav", ours / "id/digits/1.wav", theirs / "id/digits/1.wav"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(str(file).encode())

    count = pbx_sounds.put(ours, theirs)
    assert count == 1
    assert (theirs / "id/hotline/menu.wav").read_bytes() == (ours / "id/hotline/menu.wav").read_bytes()

    pbx_sounds.take_back(theirs)
    assert [file.name for file in theirs.rglob("*") if file.is_file()] == ["1.wav"]
    assert (theirs / "id/digits/1.wav").read_bytes() == str(theirs / "id/digits/1.wav").encode()


def test_the_command_shows_before_it_writes_and_makes_up_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "etc"
    before = a_folder(folder, FREEPBX)
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))

    shown = CliRunner().invoke(app, ["asterisk", "config", "--output", str(folder), "--dry-run"])
    nowhere = CliRunner().invoke(app, ["asterisk", "config", "--output", str(tmp_path / "none")])

    assert shown.exit_code == 0, shown.output
    assert "+[hotline-masuk]" in shown.output
    assert contents(folder) == before
    assert nowhere.exit_code == 1
    assert not (tmp_path / "none").exists()
