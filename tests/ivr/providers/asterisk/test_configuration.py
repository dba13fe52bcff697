"""The PBX's files: nothing beyond loopback, nothing that dials out, nobody with more rights than needed."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from ivr.providers.asterisk.calling_out import OUTWARD, REACHED
from ivr.providers.asterisk.configuration import DIALLER, EVENTS, files
from ivr.providers.asterisk.dialplan import QUEUE_STATUSES, extensions
from ivr.providers.asterisk.event_facts import WANTED
from ivr.providers.asterisk.handing_on import COLLEAGUES
from ivr.providers.asterisk.plan import Outward, PbxPlan, PrivatePlan, draw_up
from tests.builders import OFFICE


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> PrivatePlan:
    folder = tmp_path_factory.mktemp("pbx")
    return draw_up(
        modules=folder, data=folder, work=folder, sounds=folder, music=folder / "moh/hold.wav",
        boot="abc", queues=list(OFFICE.queues.values()), allowed=OFFICE.call_backs.allowed_regexes,
    )  # fmt: skip


def test_everything_listens_on_loopback_only(plan: PrivatePlan):
    for name, text in files(plan).items():
        for address in re.findall(r"bind(?:addr)?\s*=\s*([\d.]+)", text):
            assert address == "127.0.0.1", name


@pytest.mark.parametrize("listen", ["192.0.2.10", "0.0.0.0"])
def test_beyond_loopback_only_browsers_phones_are_listened_to_and_only_by_tls(plan: PrivatePlan, listen: str):
    written = files(replace(plan, listen=listen, certificate=Path("/kantor/hotline.pem")))

    beyond = {
        (name, line)
        for name, text in written.items()
        for line in text.splitlines()
        if "bind" in line and listen in line
    }
    assert beyond == {
        ("http.conf", f"tlsbindaddr={listen}:{plan.ports.wss}"),
        ("pjsip.conf", f"bind={listen}"),
    }
    assert f"[transport-wss]\ntype=transport\nprotocol=wss\nbind={listen}\n" in written["pjsip.conf"]
    assert "tlscertfile=/kantor/hotline.pem\n" in written["http.conf"]
    assert "tls" not in files(plan)["http.conf"]


def test_sound_goes_by_the_one_address_that_is_listened_on(plan: PrivatePlan):
    one, every = (
        files(replace(plan, listen=listen, certificate=Path("/x.pem")))
        for listen in ("192.0.2.10", "0.0.0.0")
    )

    assert "ice_permit=192.0.2.10/255.255.255.255\n" in one["rtp.conf"]
    browsers = len([phone for phone in plan.phones if phone.kind == "browser"])
    assert one["pjsip.conf"].count("media_address=192.0.2.10\nbind_rtp_to_media_address=yes\n") == browsers
    assert "media_address" not in every["pjsip.conf"]
    assert "ice_permit" not in every["rtp.conf"]


def test_the_trunk_is_known_by_its_address_and_never_by_a_name_that_anybody_may_write(plan: PrivatePlan):
    trunk = files(plan)["pjsip.conf"].partition("[trunk]")[2].partition("[")[0]

    assert "identify_by=ip\n" in trunk


def contexts_of(dialplan: str) -> dict[str, str]:
    """Each context's lines."""
    parts = re.split(r"(?m)^\[([\w-]+)\]$", dialplan)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_no_context_a_caller_reaches_can_dial_out_and_none_can_run_a_command(plan: PrivatePlan):
    written = files(plan)
    contexts = contexts_of(written["extensions.conf"])

    for application in ("System(", "TrySystem(", "Originate(", "SHELL(", "MixMonitor(", "ChanSpy("):
        assert application not in written["extensions.conf"]
    assert {name for name, lines in contexts.items() if "Dial(" in lines} == {OUTWARD, COLLEAGUES}
    ours = {OUTWARD, REACHED, COLLEAGUES}
    assert ours < set(contexts)
    for name in contexts.keys() - ours:
        assert "hotline-balik" not in contexts[name]
        assert "hotline-terhubung" not in contexts[name]
        assert COLLEAGUES not in contexts[name]
        assert "PJSIP/" not in contexts[name]
    assert not ours & set(re.findall(r"context\s*=\s*(\S+)", written["pjsip.conf"] + written["queues.conf"]))
    assert "include" not in written["extensions.conf"]
    assert "_X" not in written["extensions.conf"]
    assert "FILTER(0-9+" in written["extensions.conf"]


def test_a_caller_who_is_handed_on_reaches_agents_phones_and_nobody_else(plan: PrivatePlan):
    lines = contexts_of(files(plan)["extensions.conf"])[COLLEAGUES]
    agents = {phone.interface for phone in plan.phones if phone.role == "agent"}

    assert set(re.findall(r"Set\(PHONE=(.*)\)", lines)) == agents
    assert re.findall(r"Dial\(.*", lines) == ["Dial(${PHONE},15)"]
    assert lines.index("CALLERID(num)=${IF(") < lines.index("Dial(")


def test_a_number_is_held_against_every_pattern_before_it_is_dialled(plan: PrivatePlan):
    lines = contexts_of(files(plan)["extensions.conf"])[OUTWARD].splitlines()
    dialled = next(n for n, line in enumerate(lines) if "Dial(" in line)
    checked = next(n for n, line in enumerate(lines) if 'GotoIf($["${MAY}"="0"]?bye)' in line)

    assert checked < dialled
    for regex in OFFICE.call_backs.allowed_regexes:
        assert any(f'REGEX("{regex}" ${{TO}})' in line for line in lines[:checked])


@pytest.mark.parametrize(("form", "written"), [("+62", "${TO}"), ("62", "${TO:1}"), ("0", "0${TO:3}")])
def test_a_number_is_written_as_the_operator_wants_it(plan: PrivatePlan, form: str, written: str):
    outward = Outward("hotline-operator", OFFICE.call_backs.allowed_regexes, form)

    assert f"DOOR=PJSIP/{written}@hotline-operator)" in extensions(replace(plan, outward=outward))


def test_an_office_that_calls_nobody_has_neither_the_context_nor_the_user(plan: PrivatePlan):
    written = files(replace(plan, outward=None))

    assert OUTWARD not in written["extensions.conf"]
    assert DIALLER not in written["manager.conf"]
    assert "originate" not in re.sub("(?m)^;.*", "", written["manager.conf"])


def test_every_way_out_of_the_queue_is_spoken(plan: PrivatePlan):
    dialplan = files(plan)["extensions.conf"]

    for status in ("", *QUEUE_STATUSES):
        assert f"exten => exit-{status},1,Playback(hotline/semua-sibuk$" in dialplan
    # A call-back is promised only where the backend said that the number can be called.
    assert dialplan.count('$["${HOTLINE_CALLABLE}"="1"]?:-netral') == len(QUEUE_STATUSES) + 3


def test_the_caller_goes_on_when_the_backend_dies_or_falls_silent(plan: PrivatePlan):
    dialplan = files(plan)["extensions.conf"]

    assert dialplan.index("AGIEXITONHANGUP") < dialplan.index("TIMEOUT(absolute)=4") < dialplan.index("AGI(")
    assert "AGISTATUS" not in dialplan
    assert dialplan.count("exten => T,1,") == 2


def test_the_reader_may_change_nothing_and_only_the_dialler_may_originate(plan: PrivatePlan):
    manager = files(plan)["manager.conf"]
    rights = dict(re.findall(r"\[(hotline-\w+)\].*?write = ([\w,]*)", manager, re.DOTALL))

    assert rights == {
        "hotline-reader": "reporting",
        "hotline-control": "call,agent",
        "hotline-dialler": "originate",
    }
    assert "read =\nwrite = originate\n" in manager
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
    for whole in (plan, replace(plan, certificate=Path("/x.pem"), listen="0.0.0.0", outward=None)):
        there = PbxPlan.from_json(whole.to_json())

        assert all(getattr(there, one.name) == getattr(whole, one.name) for one in fields(PbxPlan))


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
