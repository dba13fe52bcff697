"""Another telephone system rings an agent's phone at this Asterisk, on a real one."""

import asyncio
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest

from config import certificate_files, own_authority
from config.certificates import pair_of
from config.clock import now
from ivr.probe.sipp import HangUp, Wait
from ivr.providers.asterisk.configuration import files
from ivr.providers.asterisk.plan import LEGS
from tests.ivr.providers.asterisk.lab import Lab, OpenLab, free_port

pytestmark = pytest.mark.real
INVITE = """INVITE sip:layar01@127.0.0.1:{port};transport=tls SIP/2.0
Via: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1
Max-Forwards: 70
From: <sip:luar@127.0.0.1>;tag=1
To: <sip:layar01@127.0.0.1>
Call-ID: 1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:00424@127.0.0.1:9;transport=tls>
Content-Length: 0

"""


async def ring(lab: Lab, number: str, secret: str) -> int:
    """A call of the other system's; 0 when somebody took it."""
    process = await lab.sipp.call(
        f"leg-{number}", number, LEGS, (Wait(0.5), HangUp()), ear_port=free_port(), seconds=8, secret=secret
    )
    lab.processes.append(process)
    return await process.wait()


async def test_it_rings_an_agents_phone(open_lab: OpenLab) -> None:
    lab = await open_lab(legs_port=free_port())
    await lab.agent("agent-1", 0, ring_seconds=0.2)
    assert lab.plan.legs

    taken = await ring(lab, "meja01", lab.plan.legs.secret)

    assert taken == 0


@pytest.mark.parametrize("number", ["meja02", "1500", "warga-sip", "0215550000", "s", "T"])
async def test_it_rings_nobody_else(open_lab: OpenLab, number: str) -> None:
    lab = await open_lab(legs_port=free_port())
    await lab.agent("agent-1", 0, ring_seconds=0.2)
    assert lab.plan.legs

    assert await ring(lab, number, lab.plan.legs.secret) != 0


async def test_without_the_secret_it_rings_nobody(open_lab: OpenLab) -> None:
    lab = await open_lab(legs_port=free_port())
    await lab.agent("agent-1", 0, ring_seconds=0.2)

    assert await ring(lab, "meja01", "salah") != 0


async def test_a_pbx_that_nobody_else_may_ring_has_no_such_account(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.agent("agent-1", 0, ring_seconds=0.2)

    assert await ring(lab, "meja01", "salah") != 0
    assert f"[{LEGS}]" not in files(lab.plan)["pjsip.conf"]


async def test_with_a_certificate_it_comes_by_tls_and_is_asked_to_prove_itself(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    made = own_authority.make(["localhost"], [ip_address("127.0.0.1")], 30, now())
    pair = certificate_files.put(tmp_path / "tls", pair_of(made.certificate, made.key), made.authority)
    port = free_port(socket.SOCK_STREAM)
    await open_lab(legs_port=port, certificate=pair)
    trusting = ssl.create_default_context(cadata=made.authority.decode())

    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    writer.write(INVITE.replace("\n", "\r\n").format(port=port).encode())
    async with asyncio.timeout(5):
        answer = await reader.readline()
    writer.close()

    assert answer == b"SIP/2.0 401 Unauthorized\r\n"
