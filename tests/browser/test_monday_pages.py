"""The pages of a bad Monday: a cause opened and answered, a ticket's status, and registering by web."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from config.settings import Settings
from tests.agent_bridge.conftest import OfficeAtWork
from tests.browser.pages import POCKET, a_browser, a_computer, phase
from tests.browser.test_case_pages import Floor, floor, served

__all__ = ["floor"]
pytestmark = pytest.mark.browser

SPOKEN = "Mengenai kartu keluarga yang diblokir: data Bapak Ibu tidak hilang. Kami sedang memeriksanya."


async def test_a_supervisor_opens_a_cause_an_agent_links_it_and_one_answer_goes_out(
    floor: Floor, screenshots: Path
):
    number = await floor.office.call()
    board = await floor.page_of("sari")
    desk = await floor.page_of("dewi")
    await phase(desk, "talking")

    await board.get_by_test_id("cause-title").fill("KK diblokir")
    await board.get_by_test_id("cause-spoken").fill(SPOKEN)
    await board.get_by_test_id("open-cause").click()
    await expect(board.get_by_test_id("cause")).to_be_visible(timeout=15_000)
    await expect(desk.get_by_test_id("link-cause")).to_be_visible(timeout=10_000)
    await desk.screenshot(path=screenshots / "m1-meja-peristiwa.png")
    await desk.keyboard.press("Alt+g")
    await expect(desk.get_by_test_id("linked-cause")).to_be_visible()
    await board.get_by_test_id("cause-answer").fill("Kartu keluarga Bapak/Ibu tetap berlaku.")
    await board.get_by_test_id("send-answer").click()

    await expect(board.get_by_test_id("cause-figures")).to_have_text(
        re.compile("1 tiket, 1 berjalan · 1 dari 1 terjawab"), timeout=10_000
    )
    await board.screenshot(path=screenshots / "m2-pengawas.png")
    found = floor.office.house.reader.case(number, floor.office.house.office)
    assert found.standing.case.solution is not None


async def test_a_citizen_registers_by_web_and_looks_how_it_stands_on_a_telephone(
    office: OfficeAtWork, screenshots: Path
):
    faults: list[str] = []
    async with served(office) as address, a_browser(Settings()) as browser:
        page = await (await a_computer(browser, faults, **POCKET)).new_page()
        await page.goto(f"{address}/daftar")
        await page.get_by_test_id("name").fill("Sari Contoh")
        await page.get_by_test_id("phone").fill("0812 0000 0042")
        await page.get_by_test_id("category").click()
        await page.get_by_role("option").first.click()
        await page.get_by_test_id("story").fill("KTP belum jadi sejak tiga bulan.")
        await page.screenshot(path=screenshots / "m3-daftar.png", full_page=True)
        await page.get_by_test_id("register").click()
        number = await page.get_by_test_id("new-number").text_content()
        pin = await page.get_by_test_id("new-pin").text_content()
        await page.screenshot(path=screenshots / "m4-terdaftar.png")

        await page.goto(f"{address}/status")
        await page.get_by_test_id("number").fill(number or "")
        await page.get_by_test_id("pin").fill("000000" if pin != "000000" else "000001")
        await page.get_by_test_id("look").click()
        await expect(page.get_by_test_id("refusal")).to_be_visible()
        await page.get_by_test_id("pin").fill(pin or "")
        await page.get_by_test_id("look").click()
        await expect(page.get_by_test_id("status")).to_be_visible()
        await page.screenshot(path=screenshots / "m5-status.png", full_page=True)

    assert faults == []
