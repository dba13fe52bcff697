"""Citizens' own pages on a telephone, by keyboard and without an account; slips typed in at the office."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from config.clock import OFFICE_ZONE, now, office_day
from config.settings import Settings
from tests.agent_bridge.conftest import OfficeAtWork
from tests.browser.pages import POCKET, a_browser, a_computer, phase
from tests.browser.test_case_pages import Floor, floor, served
from ticketing.citizens import slips
from ticketing.people.pin import pin_of

__all__ = ["floor"]
pytestmark = pytest.mark.browser

STORY = "KTP belum jadi sejak tiga bulan. <b>Tolong</b>"
TOO_PALE = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("main *, header *")]
    .filter((one) => [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .filter((one) => one.checkVisibility() && !one.closest(":disabled"))
    .filter((one) => {
      const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    })
    .map((one) => one.textContent.trim());
}"""
"""Texts on the page whose contrast is below that of WCAG 2.2 AA (4.5 : 1)."""
NAMELESS = """() => [...document.querySelectorAll("input, textarea, select, button")]
  .filter((one) => one.checkVisibility() && one.type !== "hidden")
  .filter((one) => !one.labels?.length && !one.getAttribute("aria-label") && !one.textContent.trim())
  .map((one) => one.outerHTML)"""
"""Fields and buttons that say nothing to whoever cannot see them."""


@dataclass
class Outside:
    """A citizen with a telephone of their own, who knows the office's address."""

    office: OfficeAtWork
    browser: Browser
    address: str
    faults: list[str] = field(default_factory=list)

    async def opens(self, path: str) -> Page:
        page = await (await a_computer(self.browser, self.faults, **POCKET)).new_page()
        await page.goto(f"{self.address}{path}")
        return page


@pytest.fixture
async def outside(office: OfficeAtWork) -> AsyncIterator[Outside]:
    async with served(office) as address, a_browser(Settings()) as browser:
        made = Outside(office, browser, address)
        yield made
    assert made.faults == []


async def readable(page: Page) -> None:
    """Every text has the contrast it must have, every field a name, and nothing is wider than the screen."""
    assert await page.evaluate(TOO_PALE) == []
    assert await page.evaluate(NAMELESS) == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wide)


async def types(page: Page, *keys: str) -> None:
    """By keyboard alone: a text, then on to the next field."""
    for text in keys:
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")


async def chooses(page: Page, words: str) -> None:
    """In the field that has the focus: reads the choices, types until one is left, and takes it."""
    choice = page.get_by_role("option")
    await expect(choice.first).to_be_visible()
    await page.keyboard.type(words)
    await expect(choice).to_have_count(1)
    await expect(choice).to_have_attribute("data-combobox-selected", "true")
    await page.keyboard.press("Enter")


async def looks(page: Page, number: str, pin: str) -> None:
    await page.get_by_test_id("number").fill(number)
    await page.get_by_test_id("pin").fill(pin)
    await page.keyboard.press("Enter")


async def test_a_citizen_registers_by_keyboard_alone_and_reads_what_happens_next(
    outside: Outside, screenshots: Path
):
    page = await outside.opens("/daftar")
    await expect(page.get_by_text("Tidak dipungut biaya").first).to_be_visible()
    await expect(page.locator("input:visible, textarea:visible")).to_have_count(4 + 2)
    await page.screenshot(path=screenshots / "p1-daftar.png")
    await readable(page)

    await page.get_by_test_id("name").focus()
    await types(page, "Sari Contoh", "0812 0000 0042")
    await chooses(page, "belum jadi")
    await page.keyboard.press("Tab")
    await types(page, STORY)
    await page.keyboard.press("Enter")
    await page.get_by_test_id("nik").fill("357801")
    await page.screenshot(path=screenshots / "p2-daftar-terisi.png", full_page=True)
    await readable(page)
    await page.get_by_test_id("nik").press("Enter")

    await expect(page.get_by_test_id("registered")).to_be_visible()
    await expect(page.get_by_test_id("doubt")).to_contain_text("16 angka")
    await expect(page.get_by_text("Diperiksa petugas paling lambat")).to_be_visible()
    await expect(page.get_by_text("Jawaban paling lambat")).to_be_visible()
    await page.screenshot(path=screenshots / "p3-terdaftar.png", full_page=True)
    await readable(page)
    number = (await page.get_by_test_id("new-number").text_content() or "").replace("-", "")
    assert await page.get_by_test_id("new-pin").text_content() == pin_of(outside.office.house.vault, number)
    assert number not in page.url
    assert (await outside.office.dewi.sees(f"/cases/{number}"))["story"] == STORY


async def test_a_form_that_is_refused_keeps_what_was_typed_and_says_why(outside: Outside, screenshots: Path):
    page = await outside.opens("/daftar")
    await page.get_by_test_id("name").fill("Sari Contoh")
    await page.get_by_test_id("phone").fill("bukan nomor")
    await page.get_by_test_id("category").click()
    await page.get_by_role("option").first.click()
    await page.get_by_test_id("story").fill(STORY)
    await page.get_by_test_id("register").click()

    await expect(page.get_by_test_id("refusal")).to_contain_text("Nomor telepon tidak terbaca")
    await expect(page.get_by_test_id("story")).to_have_value(STORY)
    await page.screenshot(path=screenshots / "p4-daftar-ditolak.png", full_page=True)
    await readable(page)


async def test_number_and_pin_tell_how_it_stands_in_both_languages_and_nothing_personal(
    outside: Outside, screenshots: Path
):
    office = outside.office
    ticket_id = await office.call()
    await office.dewi.does(f"/cases/{ticket_id}/form", {"name": "Budi Rahasia", "story": STORY}, "PUT")
    number, pin = f"{ticket_id[:6]}-{ticket_id[6:10]}-{ticket_id[10:]}", pin_of(office.house.vault, ticket_id)
    page = await outside.opens("/status")
    await page.screenshot(path=screenshots / "p5-status-kosong.png")
    await readable(page)

    await looks(page, number, "000000" if pin != "000000" else "000001")
    await expect(page.get_by_test_id("refusal")).to_contain_text("tidak cocok")
    await page.screenshot(path=screenshots / "p6-status-tidak-cocok.png")
    await looks(page, number, pin)
    await expect(page.get_by_test_id("status")).to_contain_text("Sedang ditangani petugas")
    await expect(page.get_by_test_id("status")).to_contain_text("Ombudsman")
    await page.screenshot(path=screenshots / "p7-status.png", full_page=True)
    await readable(page)
    said = await page.locator("body").inner_text()
    assert "Budi" not in said
    assert "KTP" not in said

    until = (now() + timedelta(hours=6)).isoformat()
    about = {
        "title": "KK diblokir",
        "spoken": "Kartu keluarga tetap berlaku.",
        "categories": [],
        "until_at": until,
    }
    cause = await office.sari.does("/causes", about)
    await office.dewi.does(f"/cases/{ticket_id}/cause", {"cause_id": cause["cause_id"]})
    await looks(page, number, pin)
    await expect(page.get_by_test_id("not-mine")).to_be_visible()
    await page.screenshot(path=screenshots / "p7-status-peristiwa.png", full_page=True)
    await readable(page)
    await page.get_by_test_id("not-mine").click()
    await expect(page.get_by_test_id("status")).to_contain_text("Sedang ditangani petugas")
    await expect(page.get_by_test_id("not-mine")).to_have_count(0)
    assert (await office.dewi.sees(f"/cases/{ticket_id}"))["cause_id"] is None

    await page.get_by_text("EN", exact=True).click()
    await looks(page, ticket_id, pin)
    await expect(page.get_by_test_id("status")).to_contain_text("An agent has it in hand")
    await page.screenshot(path=screenshots / "p8-status-en.png", full_page=True)
    assert number not in page.url
    assert pin not in page.url


async def test_the_entrance_leads_citizens_to_both_pages(outside: Outside):
    for title, path in (("Cek tiket", "/status"), ("Daftar lewat web", "/daftar")):
        page = await outside.opens("/")
        await page.locator(f'a[href="{path}"]').click()
        await expect(page.get_by_role("heading", name=title)).to_be_visible()


async def test_an_agent_types_slips_in_one_after_the_other(floor: Floor, screenshots: Path):
    house = floor.office.house
    reserving = partial(
        slips.reserve, day=office_day(now()), count=2, at=now() - timedelta(hours=1), by="cli"
    )
    first, second = await house.journal.write(reserving)
    happened = (now() - timedelta(minutes=2)).astimezone(OFFICE_ZONE)
    page = await floor.page_of("dewi")
    await expect(page.get_by_test_id("idle")).to_be_visible()
    await page.goto(f"{floor.address}/kertas")
    await expect(page.get_by_test_id("number")).to_be_focused()

    await page.keyboard.type(first.written)
    await page.get_by_test_id("happened").fill(f"{happened:%Y-%m-%dT%H:%M}")
    await page.get_by_test_id("name").fill("Sari Contoh")
    await page.get_by_test_id("category").click()
    await chooses(page, "belum jadi")
    await page.get_by_test_id("story").fill(STORY)
    await expect(page.get_by_test_id("closed")).to_be_disabled()
    await page.get_by_test_id("solution").fill("Kartu dapat diambil.")
    await page.get_by_test_id("closed").check()
    await page.screenshot(path=screenshots / "p9-kertas.png", full_page=True)
    await readable(page)
    await page.get_by_test_id("take").click()

    await expect(page.get_by_test_id("taken")).to_contain_text(f"{first.written} tercatat: selesai")
    await expect(page.get_by_test_id("number")).to_be_focused()
    await expect(page.get_by_test_id("happened")).to_have_value(f"{happened:%Y-%m-%dT%H:%M}")
    await page.keyboard.type(first.written)
    await page.get_by_test_id("name").fill("Sari Contoh")
    await page.get_by_test_id("category").click()
    await page.get_by_role("option").first.click()
    await page.get_by_test_id("story").fill(STORY)
    await page.get_by_test_id("take").click()
    await expect(page.get_by_test_id("refusal")).to_contain_text("sudah pernah diketik")
    await page.screenshot(path=screenshots / "p10-kertas-ditolak.png", full_page=True)
    assert [row.ticket_id for row in slips.unused(house.reader)] == [second.digits]


async def test_an_agent_sets_text_only_and_reads_the_pin_out(floor: Floor, screenshots: Path):
    number = await floor.office.call()
    desk = await floor.page_of("dewi")
    await phase(desk, "talking")

    await desk.get_by_test_id("read-pin").click()
    await expect(desk.get_by_test_id("pin-refusal")).to_contain_text("nama atau NIK")
    await floor.office.dewi.does(f"/cases/{number}/form", {"name": "Sari Contoh"}, "PUT")
    await desk.get_by_test_id("text-only").click(force=True)
    await expect(desk.get_by_test_id("text-only")).to_be_checked()
    await desk.get_by_test_id("read-pin").click()
    pin = pin_of(floor.office.house.vault, number)
    await expect(desk.get_by_test_id("pin")).to_have_text(f"PIN {pin[:3]} {pin[3:]}")
    await desk.screenshot(path=screenshots / "p11-pin.png")

    assert (await floor.office.dewi.sees(f"/cases/{number}"))["text_only"]
