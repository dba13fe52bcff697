"""Causes at real browsers: two open at once, each with its key; the dispatcher's button; one that is over."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from config.clock import now
from tests.agent_bridge.conftest import OfficeAtWork
from tests.browser.pages import phase
from tests.browser.test_case_pages import COMPLAINT, Floor, floor

__all__ = ["floor"]
pytestmark = pytest.mark.browser

SPOKEN = "Mengenai kartu keluarga yang diblokir: data Bapak Ibu tidak hilang. Kami sedang memeriksanya."


async def surge(office: OfficeAtWork) -> None:
    """More callers in an hour than this hotline has ever had."""
    for n in range(13):
        number = await office.call(number=f"08120000{n:04d}")
        await office.dewi.does(f"/cases/{number}/form", COMPLAINT | {"category": "22"}, "PUT")
        await office.hang_up()
        await office.wrap_up_ends()


async def test_a_surge_is_told_and_a_cause_is_opened_for_it_answered_by_an_official_and_closed(
    floor: Floor, screenshots: Path
):
    await surge(floor.office)
    number = await floor.office.call()
    board = await floor.page_of("sari")

    await expect(board.get_by_test_id("surges")).to_contain_text("biasanya 0", timeout=10_000)
    await board.get_by_role("button", name="Buka untuk perihal ini").click()
    await expect(board.get_by_test_id("causes")).to_contain_text("22 KK diblokir atau nonaktif")
    await board.get_by_test_id("cause-title").fill("KK blokir")
    await board.get_by_test_id("cause-spoken").fill("Hubungi Bapak Anwar di 0812 3456 7890.")
    await board.get_by_test_id("open-cause").click()
    await expect(board.get_by_test_id("cause-refusal")).to_contain_text("nomor panjang")
    await board.screenshot(path=screenshots / "c1-lonjakan.png", full_page=True)
    await board.get_by_test_id("cause-spoken").fill(SPOKEN)
    await board.get_by_test_id("open-cause").click()
    await expect(board.get_by_test_id("cause")).to_contain_text("KK diblokir atau nonaktif", timeout=15_000)
    cause = (await floor.office.sari.sees("/causes"))["causes"][0]["cause_id"]
    await floor.office.dewi.does(f"/cases/{number}/cause", {"cause_id": cause})

    await board.get_by_test_id("cause-answer").fill("Kartu keluarga Bapak/Ibu tetap berlaku.")
    await board.get_by_test_id("cause-author").click()
    await board.get_by_role("option", name="pejabat.dafduk.1").click()
    await board.get_by_test_id("send-answer").click()
    await expect(board.get_by_test_id("cause-figures")).to_have_text(
        re.compile("1 tiket, 1 berjalan · 1 dari 1 terjawab · 0 sudah diberi tahu"), timeout=10_000
    )
    await board.screenshot(path=screenshots / "c2-terjawab.png", full_page=True)
    await board.get_by_test_id("close-cause").click()
    await board.get_by_test_id("ended-causes").locator("summary").click(timeout=15_000)
    await expect(board.get_by_test_id("ended-causes").get_by_test_id("cause-answer")).to_be_visible()
    await board.screenshot(path=screenshots / "c3-berakhir.png", full_page=True)

    seen = await floor.office.sari.sees(f"/cases/{number}")
    assert (seen["solution"]["author_role"], seen["solution"]["author"]) == ("official", "Pejabat.Dafduk.1")


async def test_each_open_cause_has_a_key_at_the_desk_and_a_button_at_the_dispatchers(
    floor: Floor, screenshots: Path
):
    office = floor.office
    sent = await office.call()
    await office.dewi.does(f"/cases/{sent}/form", COMPLAINT, "PUT")
    await office.dewi.does(f"/cases/{sent}/dispatch", {"track": "deferred", "urgency": "normal"})
    await office.hang_up()
    await office.wrap_up_ends()
    await office.call(number="081200000043")
    desk, dispatcher = await floor.page_of("dewi"), await floor.page_of("rudi")
    await phase(desk, "talking")
    for title in ("KK blokir", "Server mati"):
        until_at = (now() + timedelta(hours=8)).isoformat()
        await office.sari.does("/causes", {"title": title, "spoken": SPOKEN, "until_at": until_at})

    keyed = desk.get_by_test_id("link-cause")
    await expect(keyed).to_have_text(["Peristiwa: KK blokir (Alt+G)", "Peristiwa: Server mati (Alt+A)"])
    await desk.screenshot(path=screenshots / "c4-meja-dua-peristiwa.png")
    await desk.keyboard.press("Alt+a")
    await expect(desk.get_by_test_id("linked-cause")).to_contain_text("Peristiwa: Server mati")
    await desk.get_by_test_id("unlink-cause").click()
    await expect(keyed).to_have_count(2)
    await dispatcher.get_by_role("button", name="Peristiwa: KK blokir").click()
    await expect(dispatcher.get_by_test_id("linked-cause")).to_contain_text("Peristiwa: KK blokir")
    await expect(dispatcher.get_by_test_id("history")).to_contain_text("termasuk peristiwa")
    await dispatcher.screenshot(path=screenshots / "c5-dispatcher-peristiwa.png", full_page=True)
