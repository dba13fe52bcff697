"""The pages of a case at an office at work: its calls are made up, its people sit at real browsers."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, expect

from config.settings import Settings
from tests.agent_bridge.conftest import OfficeAtWork
from tests.browser.pages import POCKET, a_browser, a_computer, phase, state

pytestmark = pytest.mark.browser

COMPLAINT = {
    "name": "Sari Contoh", "district": "07", "type": "complaint", "category": "11",
    "story": "KTP belum jadi sejak tiga bulan.",
}  # fmt: skip
"""Made up."""


@asynccontextmanager
async def served(office: OfficeAtWork) -> AsyncIterator[str]:
    """The office's application at an address of its own."""
    server = uvicorn.Server(uvicorn.Config(office.app, port=0, lifespan="off", log_level="warning"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by this flag alone
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


class Floor:
    """The office's people, each at a browser of their own."""

    def __init__(self, office: OfficeAtWork, browser: Browser, address: str) -> None:
        self.office, self.browser, self.address = office, browser, address
        self.faults: list[str] = []

    async def page_of(self, username: str, **more: object) -> Page:
        context = await a_computer(self.browser, self.faults, **more)
        page = await context.new_page()
        token = await self.office.house.accounts.link(self.office.people[username].user_id)
        await page.goto(f"{self.address}/masuk#sekali={token}")
        return page


@pytest.fixture
async def floor(office: OfficeAtWork) -> AsyncIterator[Floor]:
    async with served(office) as address, a_browser(Settings()) as browser:
        made = Floor(office, browser, address)
        yield made
    assert made.faults == []


async def test_an_official_answers_from_a_phone_while_the_citizen_holds_the_line(
    floor: Floor, screenshots: Path
):
    number = await floor.office.call()
    await floor.office.dewi.does(f"/cases/{number}/form", COMPLAINT, "PUT")
    desk = await floor.page_of("dewi")
    dispatcher = await floor.page_of("rudi")
    official = await floor.page_of("pejabat.dafduk.1", **POCKET)

    await phase(desk, "talking")
    await desk.keyboard.press("Alt+k")
    await desk.get_by_test_id("track-live").check()
    await desk.keyboard.press("Enter")
    await state(desk, "case", "with_dispatcher")
    await expect(dispatcher.get_by_test_id("why")).to_be_visible(timeout=10_000)
    await dispatcher.screenshot(path=screenshots / "d1-dispatcher-langsung.png")
    await dispatcher.keyboard.press("Alt+t")
    await state(desk, "case", "with_official")
    await expect(desk.get_by_test_id("consult-left")).to_have_text(re.compile(r"^2:\d\d$"))
    await desk.screenshot(path=screenshots / "d2-warga-menunggu.png")
    await expect(official.get_by_test_id("consult")).to_be_visible(timeout=10_000)
    await official.screenshot(path=screenshots / "d3-konsultasi.png")
    await official.get_by_test_id("accept-consult").click()
    await official.get_by_test_id("reply-text").fill("Kartu sudah tercetak; ambil di kelurahan.")
    await official.screenshot(path=screenshots / "d4-konsultasi-jawab.png")
    await official.get_by_test_id("send-reply").click()
    await expect(desk.get_by_test_id("told-citizen")).to_be_visible(timeout=10_000)
    await desk.keyboard.press("Alt+p")
    await state(desk, "case", "awaiting_confirmation")
    await desk.screenshot(path=screenshots / "d5-konfirmasi.png")
    await desk.keyboard.press("Alt+y")

    await expect(desk.get_by_test_id("settled")).to_be_visible()


async def test_what_is_typed_comes_back_and_a_nik_is_offered_doubted_and_kept_for_a_reason(
    floor: Floor, screenshots: Path
):
    number = await floor.office.call()
    desk = await floor.page_of("dewi")
    await phase(desk, "talking")

    await desk.get_by_test_id("field-story").fill("nik saya 3578014101900001 tidak aktif")
    await expect(desk.get_by_test_id("offered-nik")).to_be_visible(timeout=10_000)
    await desk.reload()
    await expect(desk.get_by_test_id("field-story")).to_have_value("nik saya [NIK] tidak aktif")
    await desk.get_by_test_id("offered-nik").click()
    await expect(desk.get_by_test_id("field-nik")).to_have_attribute("placeholder", "3578••••••••0001")
    await desk.get_by_test_id("field-nik").fill("3578019999900001")
    await desk.get_by_test_id("field-name").focus()
    await desk.get_by_test_id("keep-nik").click()
    await desk.keyboard.type("Dibaca dari KTP lama.")
    await desk.screenshot(path=screenshots / "d6-nik-diragukan.png")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_test_id("doubt-nik")).to_be_hidden()

    seen = await floor.office.dewi.sees(f"/cases/{number}")
    assert "nik" in seen["identity"]["fields"]


async def test_a_dispatcher_returns_waits_merges_and_chooses_somebody_else_for_a_reason(
    floor: Floor, screenshots: Path
):
    office, numbers = floor.office, []
    for caller in ("081200000042", "081200000043", "081200000042"):
        number = await office.call(number=caller)
        await office.dewi.does(f"/cases/{number}/form", COMPLAINT, "PUT")
        await office.dewi.does(f"/cases/{number}/dispatch", {"track": "deferred", "urgency": "high"})
        await office.hang_up()
        await office.wrap_up_ends()
        numbers.append((await office.dewi.sees(f"/cases/{number}"))["number"])
    dispatcher = await floor.page_of("rudi")

    await dispatcher.get_by_test_id(f"row-{numbers[0]}").click()
    await expect(dispatcher.get_by_test_id("duplicates")).to_contain_text(numbers[2])
    await dispatcher.get_by_test_id("deed-sendBack").click()
    await dispatcher.screenshot(path=screenshots / "d7-dispatcher-daftar.png")
    await dispatcher.get_by_test_id("do-send-back-text").fill("Nomor berkasnya belum ada.")
    await dispatcher.get_by_test_id("do-send-back").click()
    await state(dispatcher, "case", "returned")
    await dispatcher.get_by_test_id(f"row-{numbers[1]}").click()
    await dispatcher.get_by_test_id("deed-wait").click()
    await dispatcher.get_by_test_id("do-wait-text").fill("Foto surat pindah.")
    await dispatcher.get_by_test_id("do-wait").click()
    await expect(dispatcher.get_by_test_id("wait-over")).to_be_visible()
    await dispatcher.get_by_test_id("forward-official").click()
    await dispatcher.get_by_role("option", name="pejabat.dafduk.2").click()
    await dispatcher.get_by_test_id("forward-reason").fill("Sudah memegang berkasnya.")
    await dispatcher.screenshot(path=screenshots / "d8-dispatcher-lain.png")
    await dispatcher.get_by_test_id("forward").click()
    await state(dispatcher, "case", "with_official")
    await dispatcher.get_by_test_id(f"row-{numbers[2]}").click()
    await dispatcher.get_by_test_id("merge-offer").first.click()
    await dispatcher.get_by_test_id("merge").click()
    await state(dispatcher, "case", "merged")

    seen = [await office.rudi.sees(f"/cases/{number}") for number in numbers]
    assert [one["state"] for one in seen] == ["returned", "with_official", "merged"]


async def test_signing_in_leads_to_ones_own_page_or_to_a_sentence_where_there_is_none(
    floor: Floor, screenshots: Path
):
    own = {"dewi": "meja", "rudi": "dispatcher", "sari": "pengawas", "pejabat.dafduk.1": "pejabat"}

    for username, path in own.items():
        page = await floor.page_of(username)
        await page.wait_for_url(f"{floor.address}/{path}", timeout=10_000)
        await page.context.close()
    analyst = await floor.page_of("ani")

    await expect(analyst.get_by_test_id("no-page")).to_contain_text("Peran analis belum mempunyai halaman")
    await analyst.screenshot(path=screenshots / "d9-tanpa-halaman.png")
    await analyst.goto(f"{floor.address}/meja")
    await analyst.wait_for_url(f"{floor.address}/", timeout=10_000)
