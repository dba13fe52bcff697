"""The pages over TLS, by a real server on two loopback addresses: what is offered, and what is not."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from agent_bridge import supervisor, watchdog
from agent_bridge.accounts import Accounts
from agent_bridge.api.doorway import asked_host
from agent_bridge.cli import app
from agent_bridge.house import open_ledger, read_office
from config import certificate_files, own_authority
from config.certificates import examine, pair_of
from config.clock import now
from config.settings import Profile, Settings
from tests.ivr.providers.asterisk.lab import a_plan
from ticketing.people.roles import Role

PASSWORD = "cukup-panjang-sekali"
"""Made up."""
BEYOND = "127.0.0.2"
"""Stands for the office's network: it is not the address that plain http may be on."""


def put_a_certificate(folder: Path, days: int = 90, at: datetime | None = None) -> own_authority.Made:
    addresses = [ip_address(one) for one in ("127.0.0.1", BEYOND)]
    made = own_authority.make(["localhost"], addresses, days, at or now())
    certificate_files.put(folder, pair_of(made.certificate, made.key), made.authority)
    return made


@dataclass(frozen=True)
class Served:
    settings: Settings
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pair(self) -> Path:
        return self.settings.tls_folder / certificate_files.PAIR

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.settings.tls_folder / certificate_files.AUTHORITY))

    def browser(self, host: str = BEYOND) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"https://{host}:{self.port}", verify=self.trusting(), timeout=5)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("tls")
    put_a_certificate(home / "produksi" / "tls")
    settings = Settings(home=home, profile=Profile.PRODUCTION, host=BEYOND)
    ledger = open_ledger(settings, read_office(settings))
    accounts = Accounts(ledger.journal, ledger.reader, now)
    asyncio.run(accounts.add_user("dewi", "Dewi", Role.AGENT, PASSWORD))
    ledger.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pair = certificate_files.pair_in(settings.tls_folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_bridge.backend", f"unix://{home}/none.sock", str(port), str(pair)],
        stdin=subprocess.DEVNULL, env=os.environ | supervisor.settings_environment(settings),
    )  # fmt: skip
    try:
        until_it_listens(port)
        yield Served(settings, port, process)
    finally:
        process.kill()
        process.wait()


def until_it_listens(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not come up")


async def test_the_session_is_in_a_cookie_that_goes_to_this_host_by_tls_only(served: Served):
    async with served.browser() as browser:
        response = await browser.post("/api/session", json={"username": "dewi", "password": PASSWORD})
        flags = response.headers["set-cookie"].lower()
        who = await browser.get("/api/session")

    assert flags.startswith("__host-hotline_session=")
    for flag in ("secure", "httponly", "samesite=strict", "path=/"):
        assert f"; {flag}" in flags
    assert "domain" not in flags
    assert who.status_code == 200
    token = response.cookies["__Host-hotline_session"]
    async with served.browser() as other:
        # Plain http could have planted this one.
        planted = await other.get("/api/session", headers={"Cookie": f"hotline_session={token}"})
    assert planted.status_code == 401


async def test_browsers_are_told_to_come_by_tls_from_now_on(served: Served):
    async with served.browser() as browser:
        headers = (await browser.get("/api/health")).headers

    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@pytest.mark.parametrize("host", ["127.0.0.1", BEYOND])
async def test_plain_http_and_old_tls_are_refused_on_every_address(served: Served, host: str):
    async with httpx.AsyncClient(base_url=f"http://{host}:{served.port}") as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get("/api/health")

    for version, refused in ((ssl.TLSVersion.TLSv1_1, True), (ssl.TLSVersion.TLSv1_2, False)):
        assert await is_refused(host, served, version) == refused


async def is_refused(host: str, served: Served, version: ssl.TLSVersion) -> bool:
    context = served.trusting()
    # OpenSSL itself would not even offer 1.1 at a higher level.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, version
    try:
        _, writer = await asyncio.open_connection(host, served.port, ssl=context)
    except OSError:
        return True
    writer.close()
    return False


async def test_a_socket_is_opened_by_a_page_that_came_by_tls(served: Served):
    address = f"{BEYOND}:{served.port}"

    async with connect(
        f"wss://{address}/api/feed", ssl=served.trusting(), origin=f"https://{address}"
    ) as feed:
        assert feed.response.status_code == 101
    for origin in (f"http://{address}", "https://evil.example", None):
        with pytest.raises(InvalidStatus):
            await connect(f"wss://{address}/api/feed", ssl=served.trusting(), origin=origin)


def served_certificate(served: Served) -> str:
    return ssl.get_server_certificate((BEYOND, served.port))


def test_a_renewal_is_served_without_a_restart_and_a_broken_one_is_not(served: Served):
    before = served_certificate(served)
    renewed = put_a_certificate(served.settings.tls_folder)
    after = served_certificate(served)
    good = served.pair.read_bytes()
    served.pair.write_bytes(good[: len(good) // 2])
    still = served_certificate(served)
    served.pair.write_bytes(good)

    assert before != after == still
    assert after.strip() == renewed.certificate.decode().strip()


async def test_the_watchdog_asks_by_tls_and_notices_a_frozen_backend(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watchdog, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(watchdog, "ANSWER_SECONDS", 0.5)
    ended = asyncio.Event()
    watching = asyncio.create_task(watchdog.watch(served.port, ended.set, by_tls=True))

    await asyncio.sleep(1)
    assert not ended.is_set()
    served.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.wait_for(ended.wait(), 5)
    finally:
        served.process.send_signal(signal.SIGCONT)
        watching.cancel()


@pytest.mark.parametrize(
    ("host", "listen", "told"),
    [
        ("hotline.kantor:8065", "0.0.0.0", "wss://hotline.kantor:8066"),
        ("192.0.2.10:8065", "192.0.2.10", "wss://192.0.2.10:8066"),
        ("127.0.0.1:8065", "192.0.2.10", "wss://192.0.2.10:8066"),
        ("127.0.0.1:8065", "127.0.0.1", "wss://127.0.0.1:8066"),
        ("x;script-src *", "0.0.0.0", "wss://127.0.0.1:8066"),
    ],
)
def test_the_browsers_phone_is_sent_to_the_pbx_under_the_name_the_page_has(
    tmp_path: Path, host: str, listen: str, told: str
):
    plan = a_plan(tmp_path)
    ports = replace(plan.ports, wss=8066)
    scope = {"type": "http", "scheme": "https", "path": "/", "headers": [(b"host", host.encode())]}
    request = Request(scope | {"query_string": b"", "server": ("127.0.0.1", 8065)})

    assert plan.browser_socket(asked_host(request)) == f"ws://127.0.0.1:{plan.ports.http}"
    by_tls = replace(plan, ports=ports, listen=listen, certificate=tmp_path / "x.pem")
    assert by_tls.browser_socket(asked_host(request)) == told


def tls(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["tls", *words])
    return result.exit_code, result.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    # What only the certificate will allow does not stop it from being made.
    monkeypatch.setenv("HOTLINE_HOST", "0.0.0.0")
    monkeypatch.setenv("HOTLINE_PROFILE", "produksi")
    monkeypatch.setenv("HOTLINE_LANGUAGE", "id")
    return tmp_path


def test_a_valid_certificate_is_not_replaced_by_mistake(home: Path):
    assert tls("show")[0] == 1
    assert tls("self-signed", "--name", "Hotline.Kantor.example", "--ip", BEYOND, "--json")[0] == 0
    first = json.loads(tls("show", "--json")[1])

    code, said = tls("self-signed")

    assert code == 1
    assert "--again" in said
    assert first["names"] == ["localhost", "hotline.kantor.example", "127.0.0.1", BEYOND]
    assert json.loads(tls("show", "--json")[1]) == first
    assert tls("self-signed", "--again")[0] == 0
    assert json.loads(tls("show", "--json")[1])["fingerprint_sha256"] != first["fingerprint_sha256"]


@pytest.mark.parametrize(("days", "code"), [(14, 1), (16, 0)])
def test_show_fails_while_there_is_still_time_to_renew(home: Path, days: int, code: int):
    tls("self-signed", "--days", str(days))

    assert tls("show")[0] == code


def test_the_offices_own_files_are_taken_and_expired_ones_are_not(home: Path, tmp_path: Path):
    certificate, key = tmp_path / "kantor.pem", tmp_path / "kantor.key"
    for days_ago, code in ((100, 1), (0, 0)):
        own = own_authority.make(["kantor.example"], [], 90, now() - timedelta(days=days_ago))
        certificate.write_bytes(own.certificate + own.authority)
        key.write_bytes(own.key)
        result, said = tls("files", str(certificate), str(key))
        assert result == code
        assert ("kedaluwarsa" in said) == bool(code)

    file = home / "produksi" / "tls" / certificate_files.PAIR
    assert file.stat().st_mode & 0o777 == 0o600
    assert examine(file.read_bytes(), file.read_bytes()).names == ("kantor.example",)
    assert json.loads(tls("show", "--json")[1])["trust"] is None
