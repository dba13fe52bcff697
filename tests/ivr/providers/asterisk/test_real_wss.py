"""Browsers' phones at a real Asterisk beyond loopback: by TLS with our certificate, and by nothing else."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from agent_bridge import parts
from agent_bridge.pbx_plan import plan_pbx
from config import certificate_files, own_authority
from config.certificates import pair_of
from config.clock import now
from config.settings import Profile, Settings
from ivr.providers.asterisk.plan import PrivatePlan
from ivr.providers.asterisk.private_pbx import PrivatePbx

pytestmark = pytest.mark.real

BEYOND, OUTSIDER = "127.0.0.2", "127.0.0.3"
"""Loopback too, but neither is the address that our own trunk and plain WebSockets are on."""


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    made = own_authority.make(["localhost"], [ip_address(BEYOND)], 30, now())
    folder = tmp_path / "produksi" / "tls"
    certificate_files.put(folder, pair_of(made.certificate, made.key), made.authority)
    return Settings(home=tmp_path, profile=Profile.PRODUCTION, host=BEYOND, port=0)


@pytest.fixture
async def plan(settings: Settings) -> AsyncIterator[PrivatePlan]:
    program = parts.find("asterisk", settings)
    planned = plan_pbx(settings)
    assert program, "no Asterisk: hotline parts asterisk sipp"
    assert isinstance(planned, PrivatePlan)
    pbx = PrivatePbx(program, planned)
    await pbx.start()
    yield planned
    await pbx.stop()


async def test_a_phone_beyond_loopback_comes_by_tls_and_nobody_is_taken_for_the_trunk(
    settings: Settings, plan: PrivatePlan
):
    trusting = ssl.create_default_context(cafile=str(settings.tls_folder / certificate_files.AUTHORITY))
    address = f"wss://{BEYOND}:{plan.ports.wss}/ws"

    async with connect(address, ssl=trusting, subprotocols=["sip"], local_addr=(OUTSIDER, 0)) as phone:  # type: ignore[list-item]
        assert phone.subprotocol == "sip"
        for user in ("trunk", "meja01", "siapa"):
            assert await answer_to_a_call_from(phone, user) == "SIP/2.0 401 Unauthorized"

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(BEYOND, plan.ports.http)


async def answer_to_a_call_from(phone: ClientConnection, user: str) -> str:
    await phone.send(
        "INVITE sip:1500@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/WSS luar.invalid;branch=z9hG4bK{user}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:{user}@127.0.0.1>;tag={user}\r\nTo: <sip:1500@127.0.0.1>\r\n"
        f"Call-ID: {user}\r\nCSeq: 1 INVITE\r\nContact: <sip:{user}@luar.invalid;transport=ws>\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    answer = await asyncio.wait_for(phone.recv(decode=True), 5)
    return str(answer).splitlines()[0]
