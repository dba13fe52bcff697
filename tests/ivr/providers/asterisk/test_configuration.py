"""The PBX's files: nothing beyond loopback, nothing that dials out, nobody with more rights than needed."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from ivr.providers.asterisk.configuration import EVENTS, files
from ivr.providers.asterisk.dialplan import QUEUE_STATUSES
from ivr.providers.asterisk.event_facts import WANTED
from ivr.providers.asterisk.plan import PbxPlan, PrivatePlan, draw_up
from tests.builders import OFFICE


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> PrivatePlan:
    folder = tmp_path_factory.mktemp("pbx")
    return draw_up(
        modules=folder, data=folder, work=folder, sounds=folder, music=folder / "moh/hold.wav",
        boot="abc", queues=list(OFFICE.queues.values()),
    )  # fmt: skip


def test_everything_listens_on_loopback_only(plan: PrivatePlan):
    for name, text in files(plan).items():
        for address in re.findall(r"bind(?:addr)?\s*=\s*([\d.]+)", text):
            assert address == "127.0.0.1", name


def test_no_context_can_dial_out_or_run_a_command(plan: PrivatePlan):
    dialplan = files(plan)["extensions.conf"]

    for application in ("Dial(", "System(", "TrySystem(", "Originate(", "SHELL(", "MixMonitor(", "ChanSpy("):
        assert application not in dialplan
    assert "_X" not in dialplan
    assert "FILTER(0-9+" in dialplan


def test_every_way_out_of_the_queue_is_spoken(plan: PrivatePlan):
    dialplan = files(plan)["extensions.conf"]

    for status in ("", *QUEUE_STATUSES):
        assert f"exten => exit-{status},1,Playback(hotline/semua-sibuk)" in dialplan


def test_the_caller_goes_on_when_the_backend_dies_or_falls_silent(plan: PrivatePlan):
    dialplan = files(plan)["extensions.conf"]

    assert dialplan.index("AGIEXITONHANGUP") < dialplan.index("TIMEOUT(absolute)=4") < dialplan.index("AGI(")
    assert "AGISTATUS" not in dialplan
    assert dialplan.count("exten => T,1,") == 2


def test_the_reader_may_change_nothing_and_the_control_may_not_originate(plan: PrivatePlan):
    manager = files(plan)["manager.conf"]
    rights = dict(re.findall(r"\[(hotline-\w+)\].*?write = ([\w,]*)", manager, re.DOTALL))

    assert rights == {"hotline-reader": "reporting", "hotline-control": "call,agent"}
    assert "webenabled = no" in manager


def test_the_pbx_sends_what_is_read_and_nothing_else(plan: PrivatePlan):
    assert set(EVENTS) == set(WANTED)


def test_keys_and_numbers_stay_out_of_the_pbxs_own_files(plan: PrivatePlan):
    written = files(plan)

    assert "DTMF" not in written["cel.conf"]
    assert "callerid" not in written["cel_custom.conf"].lower()
    assert "enable=no" in written["cdr.conf"]
    assert "verbose" not in written["logger.conf"]


def test_the_plan_travels_to_another_process_whole(plan: PrivatePlan):
    there = PbxPlan.from_json(plan.to_json())

    assert all(getattr(there, one.name) == getattr(plan, one.name) for one in fields(PbxPlan))


def test_a_reboot_changes_the_name_that_ids_begin_with(plan: PrivatePlan):
    assert files(plan.rebooted("def"))["asterisk.conf"] != files(plan)["asterisk.conf"]


def test_a_long_folder_gets_a_short_place_for_its_socket(plan: PrivatePlan):
    deep = Path("/tmp") / ("x" * 120)
    other = draw_up(
        modules=plan.modules, data=plan.data, work=deep, sounds=deep, music=deep / "m", boot="a",
        queues=plan.queues,
    )  # fmt: skip

    assert len(str(other.run / "asterisk.ctl")) < 108
    assert replace(other, run=plan.run).work == deep
