"""The API and its doors, without telephones: who may come in, and how a refusal reads."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from agent_bridge import practice
from agent_bridge.accounts import Accounts
from agent_bridge.app import create_app, openapi_document
from agent_bridge.house import open_ledger, read_office
from config.clock import now
from config.settings import Profile, Settings
from tests.agent_bridge.test_matrix import OPEN
from ticketing.people.roles import Role

PASSWORD = "cukup-panjang-sekali"
"""Made up."""


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, port=0)
    ledger = open_ledger(made, read_office(made))
    accounts = Accounts(ledger.journal, ledger.reader, now)
    await accounts.add_user("dewi", "Dewi", Role.AGENT, PASSWORD)
    await accounts.add_user("ani", "Ani", Role.ANALYST, PASSWORD)
    ledger.close()
    return made


@pytest.fixture
async def app(settings: Settings, tmp_path: Path) -> AsyncIterator[FastAPI]:
    made = create_app(settings, None, f"unix://{tmp_path}/no-redis.sock")
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://hotline") as client:
        yield client


async def sign_in(browser: AsyncClient, username: str = "dewi", password: str = PASSWORD) -> None:
    response = await browser.post("/api/session", json={"username": username, "password": password})
    response.raise_for_status()
    browser.headers["X-CSRF-Token"] = response.json()["csrf"]


async def test_a_right_password_opens_a_session_in_a_cookie_no_script_can_read(browser: AsyncClient):
    response = await browser.post("/api/session", json={"username": "dewi", "password": PASSWORD})

    assert response.json()["user"] == {
        "user_id": response.json()["user"]["user_id"], "name": "Dewi", "role": "agent",
    }  # fmt: skip
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert (await browser.get("/api/session")).status_code == 200


async def test_a_wrong_name_and_a_wrong_password_are_refused_alike(browser: AsyncClient):
    wrong = [
        await browser.post("/api/session", json={"username": name, "password": "salah"})
        for name in ("dewi", "siapa")
    ]

    assert [response.status_code for response in wrong] == [401, 401]
    assert wrong[0].json() == wrong[1].json()
    assert wrong[0].headers["content-type"] == "application/problem+json"


async def test_the_sixth_try_within_a_minute_is_refused(browser: AsyncClient):
    body = {"username": "dewi", "password": "salah"}
    codes = [(await browser.post("/api/session", json=body)).status_code for _ in range(6)]

    assert codes == [401] * 5 + [429]


async def test_a_one_time_link_works_once(settings: Settings, browser: AsyncClient):
    token = (await practice.sign_in_links(settings, [("dewi", "Dewi")]))["Dewi"]

    codes = [(await browser.post("/api/session/once", json={"token": token})).status_code for _ in range(2)]

    assert codes == [200, 401]


async def test_a_request_without_our_pages_token_is_refused(browser: AsyncClient):
    await sign_in(browser)
    del browser.headers["X-CSRF-Token"]

    response = await browser.post("/api/desk/ready")

    assert response.status_code == 403


async def test_an_analyst_cannot_sit_down_at_a_phone(browser: AsyncClient):
    await sign_in(browser, "ani")

    assert (await browser.post("/api/desk/ready")).status_code == 403


async def test_without_a_pbx_the_desk_says_so_and_the_rest_works(browser: AsyncClient):
    await sign_in(browser)

    assert (await browser.get("/api/desk")).json()["link"]["pbx"] == "absent"
    refused = await browser.post("/api/desk/phone", json={"phone": "browser"})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "PBX" in refused.json()["detail"]


async def test_refusals_speak_the_readers_language(browser: AsyncClient):
    for language, word in (("id", "masuk"), ("en", "sign in")):
        response = await browser.get("/api/desk", headers={"Accept-Language": language})
        assert word in response.json()["detail"]


async def test_a_session_ends_by_signing_out(browser: AsyncClient):
    await sign_in(browser)
    cookie = browser.cookies["hotline_session"]

    assert (await browser.delete("/api/session")).status_code == 204
    browser.cookies.set("hotline_session", cookie)
    assert (await browser.get("/api/session")).status_code == 401


async def test_an_idle_session_ends(settings: Settings):
    ledger = open_ledger(settings, read_office(settings))
    later = [now()]
    accounts = Accounts(ledger.journal, ledger.reader, lambda: later[0])
    session = await accounts.sign_in("dewi", PASSWORD, "x")
    later[0] += timedelta(minutes=29)
    assert (await accounts.session(session.token)).name == "Dewi"
    later[0] += timedelta(minutes=31)
    with pytest.raises(Exception, match="sign in"):
        await accounts.session(session.token)
    ledger.close()


async def test_the_practice_phone_is_not_there_in_production(tmp_path: Path):
    made = create_app(Settings(home=tmp_path, profile=Profile.PRODUCTION), None, f"unix://{tmp_path}/none")
    async with (
        made.router.lifespan_context(made),
        AsyncClient(transport=ASGITransport(made), base_url="http://x") as client,
    ):
        assert (await client.get("/api/practice")).status_code == 404


async def test_pages_may_run_only_their_own_scripts(browser: AsyncClient):
    headers = (await browser.get("/api/health")).headers

    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_every_route_but_the_way_in_asks_who_is_there(browser: AsyncClient):
    open_doors = {path for _, path in OPEN}
    for path, methods in openapi_document()["paths"].items():
        for method in methods:
            if path in open_doors and (path, method) != ("/api/session", "delete"):
                continue
            address = re.sub(r"\{\w+\}", "x", path)
            response = await browser.request(
                method, address, json={"phone": "x", "reason": "x", "seconds": 60}
            )
            assert response.status_code == 401, (method, path)


async def test_what_was_sent_is_not_repeated_in_a_refusal(browser: AsyncClient):
    response = await browser.post("/api/session", json={"username": "081200000042", "pasword": "rahasia"})

    assert response.status_code == 422
    assert "081200000042" not in response.text
    assert "rahasia" not in response.text
