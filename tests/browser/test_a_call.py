"""A call from browser to browser over the real Asterisk: no mock, two-way sound, every page looked at."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from agent_bridge import practice, supervisor
from config.settings import Settings
from tests.browser.pages import a_browser, a_computer, dials, phase, presses, sits_down, state

pytestmark = pytest.mark.browser


async def test_a_citizen_dials_and_the_agents_browser_rings_pops_talks_and_wraps_up(
    hotline: Settings, screenshots: Path
):
    links = await practice.sign_in_links(hotline)
    async with supervisor.running(hotline) as running, a_browser(hotline) as browser:
        faults: list[str] = []
        context = await a_computer(browser, faults)
        desk, phone = await context.new_page(), await context.new_page()
        await sits_down(desk, running.address, links["Dewi"])
        await desk.screenshot(path=screenshots / "1-siap.png")

        await dials(phone, running.address)
        await presses(phone, "1")
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


async def test_an_agent_hands_the_caller_on_and_the_colleagues_browser_rings_and_talks(
    hotline: Settings, screenshots: Path
):
    links = await practice.sign_in_links(hotline)
    async with supervisor.running(hotline) as running, a_browser(hotline) as browser:
        faults: list[str] = []
        computers = [await a_computer(browser, faults) for _ in range(3)]
        dewi, rini, phone = [await computer.new_page() for computer in computers]
        await sits_down(dewi, running.address, links["Dewi"])
        await dials(phone, running.address)
        await presses(phone, "1")
        await phase(dewi, "ringing")
        number = await dewi.get_by_test_id("pop-ticket").inner_text()
        await dewi.get_by_test_id("answer").click()
        await phase(dewi, "talking")
        await expect(dewi.get_by_test_id("hand-on")).to_be_disabled()
        await sits_down(rini, running.address, links["Rini"])

        await expect(dewi.get_by_test_id("hand-on")).to_be_enabled(timeout=10_000)
        await dewi.keyboard.press("Alt+h")
        await expect(dewi.get_by_test_id("colleague")).to_have_text("Rini")
        await asyncio.sleep(0.5)
        await dewi.screenshot(path=screenshots / "9-alihkan-ke.png")
        await dewi.keyboard.press("ArrowDown")
        await dewi.keyboard.press("Enter")
        await expect(dewi.get_by_test_id("hand-on-sure")).to_be_focused()
        await dewi.screenshot(path=screenshots / "10-alihkan-yakin.png")
        await dewi.keyboard.press("Enter")

        await expect(rini.get_by_test_id("handed-on")).to_contain_text(number[-6:])
        await rini.screenshot(path=screenshots / "11-dialihkan-kepada-saya.png")
        await phase(dewi, "wrap_up")
        await rini.get_by_test_id("answer-colleague").click()
        await state(rini, "phone-state", "talking")
        await asyncio.sleep(3)
        await both_hear(rini, phone)
        await rini.screenshot(path=screenshots / "12-rekan-bicara.png")
        await rini.get_by_test_id("hang-up-colleague").click()
        await state(phone, "phone-state", "registered")
        await state(rini, "agent-state", "ready")
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


async def test_who_hung_up_while_waiting_is_called_back_by_one_press(hotline: Settings, screenshots: Path):
    links = await practice.sign_in_links(hotline)
    async with supervisor.running(hotline) as running, a_browser(hotline) as browser:
        faults: list[str] = []
        context = await a_computer(browser, faults)
        desk, phone = await context.new_page(), await context.new_page()
        await dials(phone, running.address)
        await presses(phone, "1")
        await asyncio.sleep(20)
        await phone.get_by_test_id("hang-up").click()
        await state(phone, "phone-state", "registered")

        await sits_down(desk, running.address, links["Dewi"])
        await expect(desk.get_by_test_id("next-call-back")).to_be_visible(timeout=10_000)
        await desk.screenshot(path=screenshots / "6-telepon-balik.png")
        await desk.keyboard.press("Alt+o")
        await state(phone, "phone-state", "ringing")
        await desk.screenshot(path=screenshots / "7-menelepon-warga.png")
        await phone.get_by_test_id("answer").click()
        await phase(desk, "talking")
        await asyncio.sleep(3)
        await both_hear(desk, phone)
        await desk.screenshot(path=screenshots / "8-bicara-balik.png")
        await desk.get_by_test_id("close").click()
        await desk.get_by_test_id("hang-up").click()
        await phase(desk, "wrap_up")
        assert faults == []
