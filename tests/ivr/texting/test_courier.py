"""Texts under every fault of a gateway: each goes out once or stays owed, and nobody holds up others."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from config.settings import Settings
from ivr.texting import gateway
from ivr.texting.courier import Courier, Delivery
from ivr.texting.file_drop import FileDrop
from ivr.texting.gateway import GatewayForm, HttpGateway
from ivr.texting.port import NotAccepted
from tests.builders import MONDAY_MORNING, OFFICE, Desk, Story, a_desk
from ticketing import tables
from ticketing.facts import Report
from ticketing.ledger.recorder import Registration

FIELDS = {"to": "{number}", "message": "{text}", "ref": "{key}"}


@dataclass
class Provider:
    """A provider's gateway on loopback. `mode` is how it behaves, `taken` what it would have delivered."""

    knows_keys: bool
    mode: str = "ok"
    port: int = 0
    taken: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0

    @property
    def delivered(self) -> Counter[str]:
        """How often each number was sent something; one that knows keys sends a repetition once."""
        once = {each["ref"]: each for each in self.taken} if self.knows_keys else enumerate(self.taken)
        return Counter(each["to"] for each in dict(once).values())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(
            next(line for line in head.lower().splitlines() if "content-length" in line).split(":")[1]
        )
        body = (await reader.readexactly(length)).decode()
        values = json.loads(body) if "json" in head else {k: v[0] for k, v in parse_qs(body).items()}
        self.asked += 1
        status = 200
        if self.mode in ("ok", "accepts, then silence", "doubled"):
            self.taken.append(values)
        if self.mode == "accepts, then silence":
            await asyncio.sleep(1)
        if self.mode == "one refused" and values["to"].endswith("01"):
            status = 400
        elif self.mode == "one refused":
            self.taken.append(values)
        if self.mode == "500":
            status = 500
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
        writer.close()


@asynccontextmanager
async def a_provider(*, knows_keys: bool) -> AsyncIterator[Provider]:
    provider = Provider(knows_keys)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    async with server:
        yield provider


@dataclass
class Bench:
    """A courier over a ledger, with a clock that is put forward by hand."""

    desk: Desk
    courier: Courier
    waited: timedelta = timedelta()

    async def rounds(self, count: int = 1, apart: timedelta = timedelta(minutes=11)) -> int:
        sent = 0
        for _ in range(count):
            sent += await self.courier.deliver()
            self.waited += apart
        return sent

    def rows(self) -> list[Any]:
        joined = tables.outbox.outerjoin(tables.deliveries, tables.deliveries.c.key == tables.outbox.c.key)
        with self.desk.reader.connect() as connection:
            columns = (tables.outbox.c.told_at, tables.deliveries.c.state)
            return list(connection.execute(select(*columns).select_from(joined)))


def a_courier(desk: Desk, port: Any) -> Bench:
    made = Bench(desk, None)  # type: ignore[arg-type]
    made.courier = Courier(
        desk.journal, desk.reader, desk.vault, lambda: OFFICE,
        lambda: MONDAY_MORNING + timedelta(seconds=30) + made.waited, port, "0315550000",
    )  # fmt: skip
    return made


async def registered(desk: Desk, count: int = 1) -> list[str]:
    tickets = []
    for n in range(count):
        story = Story(f"pbx-{n}.0").arrives().enters_menu()
        for fact in story.facts:
            await desk.journal.record(Report(fact, f"0812000000{n + 1:02d}"))
        made = await desk.journal.register(Registration(f"pbx-{n}.0", MONDAY_MORNING))
        tickets.append(made.ticket_id)
    return tickets


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "ANSWER_SECONDS", 0.2)


def form(provider: Provider, *, as_json: bool = False) -> GatewayForm:
    url = f"http://127.0.0.1:{provider.port}/kirim"
    return GatewayForm(url, FIELDS, as_json=as_json, number_form="62", knows_keys=provider.knows_keys)


@pytest.mark.parametrize("as_json", [False, True])
async def test_the_number_and_pin_are_sent_once_in_one_message(tmp_path: Path, as_json: bool):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=True) as provider:
        (ticket_id,) = await registered(desk)
        bench = a_courier(desk, HttpGateway(form(provider, as_json=as_json)))

        assert await bench.rounds(3) == 1

        (sent,) = provider.taken
        assert sent["to"] == "6281200000001"
        assert f"{ticket_id[:6]}-{ticket_id[6:10]}-{ticket_id[10]}" in sent["message"]
        assert len(sent["message"]) <= 160
        ((told_at, state),) = bench.rows()
        assert (told_at is not None, state) == (True, Delivery.SENT)


@pytest.mark.parametrize("knows_keys", [True, False])
@pytest.mark.parametrize("mode", ["500", "accepts, then silence"])
@pytest.mark.usefixtures("impatient")
async def test_each_message_is_sent_once_or_owed_whatever_the_gateway_does(
    tmp_path: Path, knows_keys: bool, mode: str
):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=knows_keys) as provider:
        await registered(desk, 3)
        bench = a_courier(desk, HttpGateway(form(provider)))
        provider.mode = mode
        assert await bench.rounds(2, timedelta(minutes=1)) == 0

        provider.mode = "ok"
        await bench.rounds(4)

        states = {state for _, state in bench.rows()}
        unsure = mode == "accepts, then silence" and not knows_keys
        assert states == ({Delivery.UNSURE} if unsure else {Delivery.SENT})
        assert set(provider.delivered.values()) == {1}, "nobody gets it twice"


async def test_a_gateway_that_is_down_is_probed_and_everything_goes_out_when_it_is_back(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await registered(desk, 12)
        async with a_provider(knows_keys=False) as provider:
            pass
        bench = a_courier(desk, HttpGateway(form(provider)))
        await bench.rounds(1, timedelta(seconds=6))
        tried = sum(state is not None for _, state in bench.rows())
        await bench.rounds(5, timedelta(seconds=70))
        assert {state for _, state in bench.rows()} <= {Delivery.WAITING, None}
        assert tried <= 12

        server = await asyncio.start_server(provider.serve, "127.0.0.1", provider.port)
        async with server:
            await bench.rounds(6)

        assert {state for _, state in bench.rows()} == {Delivery.SENT}
        assert set(provider.delivered.values()) == {1}


async def test_one_bad_number_holds_nobody_up_and_becomes_a_persons_task(tmp_path: Path):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=True) as provider:
        await registered(desk, 4)
        bench = a_courier(desk, HttpGateway(form(provider)))
        provider.mode = "one refused"

        await bench.rounds(2)

        states = Counter(state for _, state in bench.rows())
        assert states == {Delivery.SENT: 3, Delivery.REFUSED: 1}


class Dies(FileDrop):
    """A process that ends right after the message went out, before that is on record."""

    def __init__(self, folder: Path, *, knows_keys: bool) -> None:
        super().__init__(folder)
        self.knows_keys = knows_keys
        self.sends = 0

    async def send(self, number: str, text: str, key: str) -> None:
        self.sends += 1
        await super().send(number, text, key)
        if self.sends == 1:
            raise asyncio.CancelledError


@pytest.mark.parametrize("knows_keys", [True, False])
async def test_killed_between_sending_and_record_it_is_sent_again_only_where_the_key_is_known(
    tmp_path: Path, knows_keys: bool
):
    async with a_desk(tmp_path) as desk:
        await registered(desk)
        port = Dies(tmp_path / "sms", knows_keys=knows_keys)
        bench = a_courier(desk, port)
        with pytest.raises(asyncio.CancelledError):
            await bench.rounds()
        bench.waited += timedelta(minutes=2)

        await bench.rounds(3)

        assert port.sends == (2 if knows_keys else 1)
        assert len(list((tmp_path / "sms").iterdir())) == 1
        assert {state for _, state in bench.rows()} == {Delivery.SENT if knows_keys else Delivery.UNSURE}


async def test_a_landline_is_owed_no_text_and_an_old_number_is_not_sent_any_more(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        story = Story("pbx-9.0").arrives()
        await desk.journal.record(Report(story.facts[0], "0315920001"))
        await desk.journal.register(Registration("pbx-9.0", MONDAY_MORNING))
        await registered(desk)
        bench = a_courier(desk, FileDrop(tmp_path / "sms"))
        bench.waited = timedelta(hours=25)

        assert await bench.rounds() == 0

        assert not (tmp_path / "sms").exists()


async def test_neither_number_nor_text_shows_in_what_is_logged_of_a_letter(tmp_path: Path):
    class Refuses(FileDrop):
        async def send(self, number: str, text: str, key: str) -> None:
            raise NotAccepted("500")

    async with a_desk(tmp_path) as desk:
        await registered(desk)
        bench = a_courier(desk, Refuses(tmp_path))
        await bench.rounds()

        (row,) = bench.rows()
        assert row.state == Delivery.WAITING


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"sms_url": "http://sms.example/x", "sms_fields": FIELDS}, "https"),
        ({"sms_url": "https://sms.example/x", "sms_fields": {"to": "{number}"}}, "sms_fields"),
    ],
)
def test_a_gateway_without_tls_or_without_its_fields_is_refused(
    tmp_path: Path, more: dict[str, Any], reason: str
):
    with pytest.raises(ValueError, match=reason):
        Settings(home=tmp_path, sms="gateway", **more)
