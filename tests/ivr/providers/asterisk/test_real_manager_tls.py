"""A manager on another machine is reached by TLS: on a real Asterisk, and by who vouches for it alone."""

import asyncio
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from config import own_authority
from config.clock import now
from ivr.providers.asterisk import configuration, private_pbx
from ivr.providers.asterisk.configuration import CONTROL, READER
from ivr.providers.asterisk.control import ControlLink, PbxDoesNotAnswer
from ivr.providers.asterisk.event_facts import WANTED
from ivr.providers.asterisk.event_reader import EventReader
from ivr.providers.asterisk.examination import examine
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan, PrivatePlan
from ivr.providers.asterisk.provider import manager_of
from tests.ivr.providers.asterisk.lab import OpenLab, free_port

pytestmark = pytest.mark.real


def certificate(folder: Path) -> tuple[Path, Path]:
    """A pair for the manager, and who vouches for it."""
    made = own_authority.make(["localhost"], [IPv4Address(LOOPBACK)], 30, now())
    pair, authority = folder / "manager.pem", folder / "authority.pem"
    pair.write_bytes(made.certificate + made.key)
    authority.write_bytes(made.authority)
    return pair, authority


async def connected(plan: PbxPlan, seconds: float) -> bool:
    """Whether the event reader comes up."""
    came = asyncio.Event()

    async def on_login() -> None:
        came.set()

    task = asyncio.create_task(
        EventReader(manager_of(plan, READER), WANTED, lambda _event: None, on_login).run()
    )
    try:
        async with asyncio.timeout(seconds):
            await came.wait()
    except TimeoutError:
        return False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return True


async def test_both_links_and_the_doctor_come_by_tls_and_trust_nobody_else(
    open_lab: OpenLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, authority = certificate(tmp_path)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    port = free_port()
    plainly = configuration.files

    def by_tls(plan: PrivatePlan) -> dict[str, str]:
        lines = (
            f"[general]\ntlsenable = yes\ntlsbindaddr = {LOOPBACK}:{port}\n"
            f"tlscertfile = {pair}\ntlsprivatekey = {pair}\n"
        )
        written = plainly(plan)
        return written | {"manager.conf": written["manager.conf"].replace("[general]\n", lines)}

    monkeypatch.setattr(private_pbx, "files", by_tls)
    lab = await open_lab()
    sealed = replace(lab.plan, ports=replace(lab.plan.ports, ami=port), ca=authority)
    deceived = replace(sealed, ca=certificate(stranger)[1])
    control, astray = ControlLink(manager_of(sealed, CONTROL)), ControlLink(manager_of(deceived, CONTROL))

    try:
        assert await connected(sealed, 5)
        assert not await connected(deceived, 2)
        await control.ping()
        with pytest.raises(PbxDoesNotAnswer):
            await astray.ping()
        assert {finding.code for finding in await examine(sealed, now)} >= {"rights", "dead-man", "queue"}
        assert [finding.level for finding in await examine(deceived, now)] == ["failed"]
    finally:
        await control.close()
        await astray.close()
