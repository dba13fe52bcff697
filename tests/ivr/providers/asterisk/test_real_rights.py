"""What the two manager users may do on a real Asterisk, and what a phone may dial."""

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from config.clock import now
from config.errors import Unavailable
from ivr.probe.sipp import AwaitHangUp
from ivr.providers.asterisk import configuration, private_pbx
from ivr.providers.asterisk.configuration import CONTROL, READER
from ivr.providers.asterisk.control import ControlLink, PbxDoesNotAnswer
from ivr.providers.asterisk.event_reader import Manager
from ivr.providers.asterisk.plan import LOOPBACK
from ivr.providers.asterisk.private_pbx import PbxDidNotStart, PrivatePbx
from ivr.providers.asterisk.provider import AsteriskProvider
from ivr.providers.asterisk.rights import TooWideRights, refuse_wide_rights
from ivr.providers.provider import Given
from tests.ivr.providers.asterisk.lab import Lab, OpenLab, a_plan, free_port
from ticketing import facts

pytestmark = pytest.mark.real

ORIGINATE = {"Channel": "PJSIP/meja01", "Application": "Hangup", "Async": "true"}
ADD = {"Queue": "dukcapil", "Interface": "PJSIP/meja01"}
FORBIDDEN = (
    ("Command", {"Command": "core show version"}),
    ("Originate", ORIGINATE),
    ("GetConfig", {"Filename": "manager.conf"}),
    ("UpdateConfig", {"SrcFilename": "queues.conf", "DstFilename": "queues.conf"}),
    ("Redirect", {"Channel": "PJSIP/x", "Context": "hotline-masuk", "Exten": "1500", "Priority": "1"}),
)


async def said_to(lab: Lab, user: str, secret: str, action: str, headers: dict[str, str]) -> str:
    """What the manager answers to one action of one user."""
    reader, writer = await asyncio.open_connection(LOOPBACK, lab.plan.ports.ami)
    try:
        for name, values in (("Login", {"Username": user, "Secret": secret}), (action, headers)):
            lines = [f"Action: {name}", f"ActionID: {name}", *(f"{k}: {v}" for k, v in values.items())]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while f"ActionID: {action}".encode() not in answer:
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        return answer.decode()
    finally:
        writer.close()


@pytest.mark.parametrize(("action", "headers"), [*FORBIDDEN, ("QueueAdd", ADD), ("Hangup", {"Channel": "x"})])
async def test_the_reader_can_change_nothing(open_lab: OpenLab, action: str, headers: dict[str, str]) -> None:
    lab = await open_lab()

    said = await said_to(lab, READER, lab.plan.reader_secret, action, headers)

    assert "Permission denied" in said


async def test_the_readers_own_rights_are_not_refused(open_lab: OpenLab) -> None:
    lab = await open_lab()

    await refuse_wide_rights(Manager(LOOPBACK, lab.plan.ports.ami, READER, lab.plan.reader_secret))


@pytest.mark.parametrize(("write", "named"), [("command", "Command"), ("originate", "Originate")])
async def test_a_reader_that_may_do_more_is_refused_by_what_it_may(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch, write: str, named: str
) -> None:
    narrow = configuration.files
    monkeypatch.setattr(
        private_pbx,
        "files",
        lambda plan: {
            name: text.replace("write = reporting", f"write = reporting,{write}")
            for name, text in narrow(plan).items()
        },
    )
    lab = await open_lab()

    with pytest.raises(TooWideRights) as refused:
        await refuse_wide_rights(Manager(LOOPBACK, lab.plan.ports.ami, READER, lab.plan.reader_secret))

    given = Given(Mock(), Mock(), Mock(), Mock(), Mock(), Mock(), now)
    with pytest.raises(TooWideRights):
        await AsteriskProvider(lab.plan, given).open(AsyncMock())
    allowed = AsteriskProvider(lab.plan, given, allow_wide_rights=True)
    await allowed.open(AsyncMock())
    await allowed.close()
    assert f"boleh {named}." in refused.value.text.id
    assert "HOTLINE_ALLOW_WIDE_AMI_RIGHTS" in refused.value.text.en


async def test_the_reader_can_take_snapshots(open_lab: OpenLab) -> None:
    lab = await open_lab()

    for action in ("CoreStatus", "Status", "QueueStatus", "Ping"):
        assert "Response: Success" in await said_to(lab, READER, lab.plan.reader_secret, action, {})


async def test_the_control_can_neither_command_nor_originate_nor_hear(open_lab: OpenLab) -> None:
    lab = await open_lab()
    said = [
        await said_to(lab, CONTROL, lab.plan.control_secret, action, headers)
        for action, headers in FORBIDDEN
        if action != "Redirect"
    ]

    assert all("Permission denied" in answer for answer in said)


async def test_commands_done_twice_are_no_error(open_lab: OpenLab) -> None:
    lab = await open_lab()
    phone = lab.plan.phones_of("agent", "sip")[0].interface

    for _ in range(2):
        await lab.control.add_agent("dukcapil", phone, "agent-1", paused=True)
    for _ in range(2):
        await lab.control.pause_agent("dukcapil", phone, paused=False, reason="")
    for _ in range(2):
        await lab.control.remove_agent("dukcapil", phone)
    await lab.control.hang_up("hotline-abc-1.99")


async def test_a_queue_nobody_knows_is_refused_by_name(open_lab: OpenLab) -> None:
    lab = await open_lab()

    with pytest.raises(PbxDoesNotAnswer) as refused:
        await lab.control.add_agent("nobody", "PJSIP/meja01", "agent-1", paused=False)

    assert "QueueAdd" in refused.value.text.id


async def test_the_control_link_comes_back_after_the_pbx_did(open_lab: OpenLab) -> None:
    lab = await open_lab()
    phone = lab.plan.phones_of("agent", "sip")[0].interface
    await lab.control.add_agent("dukcapil", phone, "agent-1", paused=False)
    await lab.pbx.stop()
    with pytest.raises(Unavailable):
        await lab.control.ping()

    await lab.pbx.start()

    await lab.control.add_agent("dukcapil", phone, "agent-1", paused=False)
    assert lab.pbx.pid


async def test_a_citizen_can_dial_nothing_but_the_hotline(open_lab: OpenLab) -> None:
    lab = await open_lab()

    for number in ("meja01", "081200000001", "s", "enter", "T", "h", "i"):
        process = await lab.sipp.call(
            f"dials-{number}", number, "081200000042", [AwaitHangUp()], ear_port=free_port(), seconds=5
        )
        lab.processes.append(process)
        assert await process.wait() != 0, number

    assert lab.facts(facts.CallQueued, facts.AgentRang) == []


async def test_the_pbx_keeps_its_folder_to_itself(open_lab: OpenLab, tmp_path: Path) -> None:
    lab = await open_lab()
    files = [file for file in (tmp_path / "pbx" / "etc").iterdir() if file.is_file()]

    assert (tmp_path / "pbx").stat().st_mode & 0o077 == 0
    assert {file.stat().st_mode & 0o077 for file in files} == {0}
    assert lab.pbx.pid


async def test_a_pbx_that_ends_at_once_says_where_its_log_is(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    pbx = PrivatePbx(Path("/bin/false"), plan)

    with pytest.raises(PbxDidNotStart) as refused:
        await pbx.start()

    assert str(plan.work / "log") in refused.value.text.id
    assert pbx.pid is None


async def test_a_dead_pbx_is_told_within_the_limit(tmp_path: Path) -> None:
    link = ControlLink(Manager(LOOPBACK, a_plan(tmp_path).ports.ami, CONTROL, "x"))

    with pytest.raises(Unavailable):
        async with asyncio.timeout(6):
            await link.ping()
