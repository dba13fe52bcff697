"""A case from the first word to its end, at three people's pages, over the real Asterisk."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from agent_bridge import practice, supervisor
from config.settings import Settings
from tests.browser.pages import POCKET, a_browser, a_computer, dials, phase, presses, sits_down, state

pytestmark = pytest.mark.browser

STORY = "KK saya diblokir sejak pindah, padahal surat pindah sudah diserahkan. <b>Tolong</b>"
"""What a citizen says is text, whatever stands in it."""
ANSWER = "Blokir KK sudah dibuka hari ini. KK dapat dicetak sendiri lewat KLAMPID."


async def test_a_complaint_goes_from_the_agent_by_the_dispatcher_to_the_official_and_back(
    hotline: Settings, screenshots: Path
):
    tokens = {name: token for _, name, token in await practice.all_sign_in_links(hotline)}
    async with supervisor.running(hotline) as running, a_browser(hotline) as browser:
        faults: list[str] = []
        office, room, pocket = [await a_computer(browser, faults, **more) for more in ({}, {}, POCKET)]
        desk, phone = await office.new_page(), await office.new_page()
        await sits_down(desk, running.address, tokens["Dewi"])
        await dials(phone, running.address)
        dispatcher, official = await room.new_page(), await pocket.new_page()
        await asyncio.gather(
            presses(phone, "0"),
            dispatcher.goto(f"{running.address}/masuk#sekali={tokens['Rudi']}"),
            official.goto(f"{running.address}/masuk#sekali={tokens['Anwar']}"),
        )
        await phase(desk, "ringing")
        await desk.keyboard.press("Alt+t")
        await phase(desk, "talking")
        number = await desk.get_by_test_id("pop-ticket").inner_text()

        await types_the_complaint(desk, screenshots)
        await sends_it_on(desk, screenshots)
        await answers_another_from_the_book(desk, screenshots)
        await hangs_up_and_recaps(desk, number, screenshots)
        await forwards_it(dispatcher, number, screenshots)
        await answers_it(official, number, screenshots)

        await tells_and_closes(desk, number, screenshots)
        await expect(dispatcher.get_by_test_id(f"row-{number}")).to_be_hidden(timeout=10_000)
        await dispatcher.screenshot(path=screenshots / "b3-dispatcher-selesai.png")
        assert faults == []


async def types_the_complaint(desk: Page, screenshots: Path) -> None:
    """By keyboard alone: the cursor stands in the form's first field."""
    await expect(desk.get_by_test_id("field-name")).to_be_focused()
    await desk.screenshot(path=screenshots / "a1-bicara-kosong.png")
    await desk.keyboard.type("Sari Contoh")
    await desk.keyboard.press("Tab")
    await chooses(desk, "Tambak")
    await desk.keyboard.type("3578019999900001")
    await desk.keyboard.press("Tab")
    await expect(desk.get_by_test_id("doubt-nik")).to_be_visible()
    await desk.get_by_test_id("field-type").focus()
    await chooses(desk, "Pengad")
    await chooses(desk, "diblokir")
    await desk.keyboard.insert_text(STORY)
    await expect(desk.locator(".hit").first).to_be_visible()
    await expect(desk.get_by_test_id("saved")).to_contain_text("detik lalu")
    await desk.screenshot(path=screenshots / "a2-bicara-terisi.png")
    await desk.keyboard.press("Tab")
    await desk.keyboard.insert_text("KK masih diblokir setelah pindah")
    await expect(desk.get_by_test_id("missing")).to_have_text("Isian lengkap")

    await desk.context.set_offline(True)
    await desk.keyboard.insert_text("; surat pindah ada.")
    await expect(desk.get_by_test_id("unsaved")).to_be_visible(timeout=15_000)
    await desk.screenshot(path=screenshots / "a3-tanpa-jaringan.png")
    await desk.context.set_offline(False)
    await expect(desk.get_by_test_id("unsaved")).to_be_hidden(timeout=15_000)


async def chooses(page: Page, text: str) -> None:
    """Type into a choice, take the first, and go on to the next field."""
    await page.keyboard.type(text)
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")


async def sends_it_on(desk: Page, screenshots: Path) -> None:
    await desk.keyboard.press("Alt+k")
    await expect(desk.get_by_test_id("track-deferred")).to_be_focused()
    await desk.screenshot(path=screenshots / "a4-ke-dispatcher.png")
    await desk.keyboard.press("Enter")
    await state(desk, "case", "with_dispatcher")
    await expect(desk.get_by_test_id("confirmation")).to_be_visible()
    await desk.screenshot(path=screenshots / "a5-di-dispatcher.png")
    await desk.keyboard.press("Alt+y")
    await expect(desk.get_by_test_id("confirmation")).to_be_hidden()


async def answers_another_from_the_book(desk: Page, screenshots: Path) -> None:
    """A short question beside it: a ticket of its own, and besides typing two keys until it is settled."""
    await desk.keyboard.press("Alt+l")
    await expect(desk.get_by_role("tab")).to_have_count(2)
    await expect(desk.get_by_test_id("field-name")).to_have_value("Sari Contoh")
    await desk.keyboard.press("Alt+q")
    await desk.keyboard.type("ktp ilang")
    await expect(desk.get_by_test_id("hit-KTP-01")).to_have_attribute("data-open", "true")
    await desk.screenshot(path=screenshots / "a6-keluhan-lain.png")
    await desk.keyboard.press("Alt+p")
    await state(desk, "case", "awaiting_confirmation")
    await desk.keyboard.press("Alt+y")
    await state(desk, "case", "settled")


async def hangs_up_and_recaps(desk: Page, number: str, screenshots: Path) -> None:
    await desk.keyboard.press("Alt+u")
    await expect(desk.get_by_test_id("farewell")).to_be_visible()
    await desk.keyboard.press("Alt+u")
    await phase(desk, "wrap_up")
    await expect(desk.get_by_test_id("recap-problem")).to_have_value("KTP-el saya hilang, syaratnya apa?")
    await desk.keyboard.press("Alt+w")
    await state(desk, "case", "closed")
    await desk.get_by_test_id(f"tab-{number}").click()
    await expect(desk.get_by_test_id("recap-problem")).to_have_value(
        "KK masih diblokir setelah pindah; surat pindah ada."
    )
    await expect(desk.get_by_test_id("recap-solution")).to_have_value(
        re.compile("^Diteruskan; warga dikabari")
    )
    await desk.screenshot(path=screenshots / "a7-rekap.png")
    await desk.keyboard.press("Alt+i")
    await expect(desk.get_by_test_id("recap-saved")).to_be_visible()
    await desk.keyboard.press("Alt+r")
    await state(desk, "agent-state", "ready")


async def forwards_it(dispatcher: Page, number: str, screenshots: Path) -> None:
    await expect(dispatcher.get_by_test_id(f"row-{number}")).to_be_visible(timeout=15_000)
    await expect(dispatcher.get_by_test_id("case-story")).to_have_text(STORY)
    await expect(dispatcher.get_by_test_id("why")).to_contain_text("Tambaksari")
    await dispatcher.screenshot(path=screenshots / "b1-dispatcher.png")
    await dispatcher.keyboard.press("Alt+t")
    await state(dispatcher, "case", "with_official")
    await dispatcher.screenshot(path=screenshots / "b2-diteruskan.png")


async def answers_it(official: Page, number: str, screenshots: Path) -> None:
    await expect(official.get_by_test_id(f"line-{number}")).to_be_visible(timeout=15_000)
    await official.screenshot(path=screenshots / "c1-pejabat.png")
    await official.get_by_test_id("open-case").first.click()
    await official.get_by_test_id("reply-text").fill(ANSWER)
    await official.screenshot(path=screenshots / "c2-pejabat-jawab.png", full_page=True)
    await official.get_by_test_id("send-reply").click()
    await expect(official.get_by_test_id("reply-sent")).to_be_visible()
    await official.screenshot(path=screenshots / "c3-pejabat-terkirim.png")


async def tells_and_closes(desk: Page, number: str, screenshots: Path) -> None:
    """Between calls the case stands among the agent's tasks."""
    await expect(desk.get_by_test_id("tasks")).to_contain_text("sampaikan solusi", timeout=10_000)
    await desk.screenshot(path=screenshots / "a8-tugas.png")
    await desk.get_by_test_id("open-task").first.click()
    await expect(desk.get_by_test_id("solution-text")).to_have_text(ANSWER)
    await desk.screenshot(path=screenshots / "a9-solusi.png")
    await desk.keyboard.press("Alt+p")
    await state(desk, "case", "awaiting_confirmation")
    await desk.keyboard.press("Alt+y")
    await state(desk, "case", "settled")
    await expect(desk.get_by_test_id("recap-solution")).to_have_value(ANSWER)
    await desk.screenshot(path=screenshots / "a10-tutup-tiket.png")
    await desk.keyboard.press("Alt+w")
    await state(desk, "case", "closed")
    await desk.screenshot(path=screenshots / "a11-selesai.png")
