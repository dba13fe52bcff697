"""Texts in a whole office: how soon they go out, which are a person's task, the command, the doctor."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select, update
from typer.testing import CliRunner

from agent_bridge.app import create_app
from agent_bridge.cli import app
from agent_bridge.doctor import texts
from agent_bridge.house import open_ledger, read_office
from agent_bridge.supervisor import settings_environment
from config.clock import now
from config.findings import Level
from config.settings import Profile, Settings
from ivr.texting.courier import Courier
from ivr.texting.file_drop import FileDrop
from ivr.texting.wording import StatusWays
from tests.agent_bridge.conftest import OfficeAtWork
from tests.builders import Story
from ticketing import tables
from ticketing.ledger import deliveries
from ticketing.ledger.deliveries import Delivery
from ticketing.people.pin import pin_of

CALLERS = 100
PROMISED_SECONDS = 60


async def test_a_hundred_callers_have_their_numbers_within_a_minute(tmp_path: Path):
    app = create_app(Settings(home=tmp_path, port=0), None, f"unix://{tmp_path}/no-redis.sock")
    async with app.router.lifespan_context(app):
        office = OfficeAtWork(app, app.state.house)
        tickets = []
        for n in range(CALLERS):
            story = Story(f"pbx-{n}.0").arrives().is_registered().queues(0)
            tickets.append(await office.tell(story, f"0812000000{n:02d}", until=6))
        folder = tmp_path / "latihan" / "sms"
        async with asyncio.timeout(PROMISED_SECONDS):
            while not folder.exists() or len(list(folder.glob("*.json"))) < CALLERS:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        sent = [json.loads(file.read_text()) for file in folder.iterdir()]
        vault = office.house.vault

    settings = Settings(home=tmp_path)
    with (
        contextlib.closing(open_ledger(settings, read_office(settings))) as opened,
        opened.reader.connect() as connection,
    ):
        seconds = deliveries.seconds_to_number(connection, now() - timedelta(hours=1))
    assert len({each["to"] for each in sent}) == CALLERS
    said = " ".join(each["text"] for each in sent)
    assert all(f"{one[:6]}-{one[6:10]}-{one[10:]}, PIN {pin_of(vault, one)}" in said for one in tickets)
    assert len(seconds) == CALLERS
    assert seconds[-1] < PROMISED_SECONDS
    print(
        f"numbers sent after {seconds[49]:.1f} s (p50), {seconds[94]:.1f} s (p95), {seconds[-1]:.1f} s (last)"
    )


async def put(office: OfficeAtWork, ticket_id: str, state: Delivery) -> None:
    def work(connection: Any) -> None:
        deliveries.put(connection, f"{ticket_id}/number", state, 1, now())

    await office.house.journal.do(work)


async def owed_for(office: OfficeAtWork, ticket_id: str, length: timedelta) -> None:
    older = update(tables.outbox).where(tables.outbox.c.ticket_id == ticket_id)
    earlier = older.values(owed_at=now() - length)
    await office.house.journal.do(lambda connection: connection.execute(earlier) and None)


async def unheard(office: OfficeAtWork, number: str) -> str:
    """Somebody who hung up before the number was read out."""
    office.calls += 1
    return await office.tell(
        Story(f"pbx-{office.calls}.0").arrives().is_registered().queues(20).ends(21), number
    )


async def test_only_what_a_person_must_do_is_a_task_and_it_is_said_why(office: OfficeAtWork):
    fresh, refused, doubtful, late = [await unheard(office, f"0812000000{n:02d}") for n in range(4)]
    landline = await unheard(office, "0315920001")
    heard = await office.call(number="081200000099")
    await put(office, refused, Delivery.REFUSED)
    await put(office, doubtful, Delivery.UNSURE)
    await owed_for(office, late, timedelta(hours=2))
    await owed_for(office, heard, timedelta(hours=2))

    tasks = (await office.sari.sees("/messages"))["messages"]

    why = {message["number"].replace("-", ""): message["why"] for message in tasks}
    assert why == {late: "late", refused: "refused", doubtful: "unsure", landline: "no_text"}
    assert fresh not in why
    assert heard not in why, "an agent had them on the line"


async def test_a_withheld_number_is_a_persons_task(office: OfficeAtWork):
    office.calls += 1
    story = Story(f"pbx-{office.calls}.0").arrives().is_registered().queues(20).ends(21)
    ticket_id = await office.tell(story, None)

    (task,) = (await office.sari.sees("/messages"))["messages"]
    assert (task["number"].replace("-", ""), task["why"]) == (ticket_id, "no_text")


async def test_who_registers_by_web_and_wants_text_reads_number_and_answer_and_is_nobodys_task(
    office: OfficeAtWork, tmp_path: Path
):
    drop = FileDrop(tmp_path / "sms")
    ways, house = StatusWays("1500", "https://cc.example"), office.house
    courier = Courier(house.journal, house.reader, house.vault, lambda: house.office, now, drop, ways)
    form = {"name": "Sari Contoh", "phone": "081200000042", "type": "complaint", "category": "11",
            "story": "KTP belum jadi.", "contact": "text"}  # fmt: skip
    async with AsyncClient(transport=ASGITransport(office.app), base_url="http://hotline") as client:
        made = await client.post("/api/registrations", json=form, headers={"Idempotency-Key": "daftar-web-1"})
    ticket_id = made.json()["number"].replace("-", "")
    case, official = f"/cases/{ticket_id}", office.people["pejabat.dafduk.1"]
    await office.sari.does(f"{case}/dispatch", {"track": "deferred"})
    await office.rudi.does(f"{case}/forward", {"unit": "dafduk", "official": official.username})
    await official.does(f"{case}/solution", {"text": "Kartu dapat diambil Senin."})

    for _ in range(5):
        await courier.begin()
        await courier.settle()

    said = [json.loads(file.read_text())["text"] for file in (tmp_path / "sms").glob("*.json")]
    assert len(said) == 3
    assert any("PIN" in text and "https://cc.example" in text for text in said)
    assert any("Kartu dapat diambil Senin. Bila" in text for text in said)
    seen = await office.sari.sees(case)
    assert (seen["state"], seen["solution"]["channel"]) == ("awaiting_confirmation", "message")
    assert all(message["told_at"] for message in seen["messages"])
    assert (await office.sari.sees("/messages"))["messages"] == []
    with house.reader.connect() as connection:
        facts = connection.execute(
            select(tables.journal.c.body).where(tables.journal.c.ticket_id == ticket_id)
        )
        assert not [row for row in facts if "81200000042" in str(row.body) or "Senin" in str(row.body)]


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tickets whose numbers could not be sent: one new, one refused, one doubtful."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return asyncio.run(_waiting())


async def _waiting() -> list[str]:
    tickets = []
    with ledger() as opened:
        office = OfficeAtWork(None, opened)
        for n, state in enumerate((None, Delivery.REFUSED, Delivery.UNSURE)):
            story = Story(f"pbx-{n}.0").arrives().is_registered()
            tickets.append(await office.tell(story, f"0812000000{n:02d}", until=726))
            if state:
                await put(office, tickets[-1], state)
    return tickets


@contextlib.contextmanager
def ledger() -> Iterator[Any]:
    """The ledger of the settings, as a command opens it."""
    settings = Settings()
    with contextlib.closing(open_ledger(settings, read_office(settings))) as opened:
        yield opened


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout


def states() -> list[str | None]:
    with ledger() as desk, desk.reader.connect() as connection:
        return [row.state for row in deliveries.waiting(connection, now())]


def test_the_list_says_what_waits_since_when_and_why_and_nothing_of_the_citizen(waiting: list[str]):
    code, said = run("texts", "list")
    _, plain = run("texts", "list", "--json")

    lines = said.splitlines()
    assert code == 0
    assert [line.split()[0].replace("-", "") for line in lines[:3]] == waiting
    assert "nomor tiket" in lines[0]
    assert "belum dicoba" in lines[0]
    assert "ditolak gateway" in lines[1]
    assert "tidak pasti" in lines[2]
    assert "3 pesan menunggu; jalur: files" in said
    assert [row["state"] for row in json.loads(plain)["waiting"]] == [None, "refused", "unsure"]
    for text in (said, plain):
        assert "81200000" not in text
        assert "PIN" not in text


def test_what_was_refused_is_tried_again_and_what_is_doubtful_only_where_that_is_asked_for(
    waiting: list[str],
):
    assert run("texts", "retry", waiting[0])[1].startswith("0 pesan")
    assert states() == [None, "refused", "unsure"]

    assert run("texts", "retry")[1].startswith("1 pesan")
    assert states() == [None, "waiting", "unsure"]
    written = f"{waiting[2][:6]}-{waiting[2][6:10]}-{waiting[2][10:]}"
    assert run("texts", "retry", written, "--unsure")[1].startswith("1 pesan")
    assert states() == [None, "waiting", "waiting"]
    assert run("texts", "retry", "12345")[0] == 1
    with ledger() as desk, desk.reader.connect() as connection:
        audited = select(tables.audit.c.action, tables.audit.c.object).where(
            tables.audit.c.action == "texts.retry"
        )
        assert [tuple(row) for row in connection.execute(audited)] == [
            ("texts.retry", "all"), ("texts.retry", waiting[2]),
        ]  # fmt: skip


def test_the_doctor_tells_of_texts_that_wait_and_of_a_hotline_without_a_gateway(
    waiting: list[str], tmp_path: Path
):
    practice = Settings()
    (found,) = texts(practice, now)
    assert (found.code, found.level) == ("texts", Level.FAILED)
    assert "12 menit" in found.text.id
    (early,) = texts(practice, lambda: now() - timedelta(minutes=3))
    assert early.level is Level.OK

    (none,) = texts(Settings(home=tmp_path / "p", profile=Profile.PRODUCTION), now)
    assert none.level is Level.WARNING
    assert "HOTLINE_SMS=gateway" in none.text.id
    assert list(texts(Settings(sms="none"), now)) == []


def test_the_backend_finds_the_gateway_as_it_was_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(
        home=tmp_path, sms="gateway", sms_url="https://gateway.example.id/kirim", sms_json=True,
        sms_fields={"to": "{number}", "isi": 'Yth: "{text}"'},
        sms_headers={"Authorization": "Bearer {token}"}, sms_token="rahasia",
    )  # fmt: skip

    for name, value in settings_environment(settings).items():
        monkeypatch.setenv(name, value)

    assert Settings() == settings
    assert Settings().sms_token.get_secret_value() == "rahasia"
