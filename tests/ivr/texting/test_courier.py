"""Texts under every fault of a gateway: each goes out once or stays owed, and nobody holds up others."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.texting import courier, gateway
from ivr.texting.file_drop import FileDrop
from ivr.texting.gateway import HttpGateway
from ivr.texting.pace import AT_ONCE
from ivr.texting.port import NotAccepted
from tests.builders import OFFICE, a_desk
from tests.ivr.texting.provider import MODES, TAKES, Bench, Provider, a_call, a_courier, a_provider
from ticketing.ledger import upkeep
from ticketing.ledger.deliveries import Delivery
from ticketing.ledger.journal import LedgerBusy

LONG = timedelta(minutes=11)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a provider that is silent."""
    monkeypatch.setattr(gateway, "ANSWER_SECONDS", 0.2)


@pytest.mark.parametrize("knows_keys", [True, False])
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("ok", "doubled")])
async def test_whatever_the_gateway_does_each_text_is_out_once_or_a_persons_task(
    tmp_path: Path, knows_keys: bool, mode: str
):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=knows_keys, mode=mode) as provider:
        for n in (1, 2, 3):
            await a_call(desk, n)
        bench = a_courier(desk, HttpGateway(provider.form()))
        await bench.rounds(3, timedelta(seconds=61))
        assert not any(row.told_at for row in bench.rows())

        async with a_provider(knows_keys=knows_keys, port=provider.port if mode == "down" else 0) as back:
            bench.courier._gateway = HttpGateway(back.form())
            back.taken += provider.taken
            await bench.rounds(6)

        doubtful = not knows_keys and mode not in ("down", "503", "429")
        assert set(bench.states()) == {Delivery.UNSURE if doubtful else Delivery.SENT}
        assert bench.is_consistent()
        if not doubtful or mode in TAKES:
            assert len(back.delivered) == 3
        assert set(back.delivered.values()) <= {1}
        assert upkeep.shortcomings(desk.engine, OFFICE) == []


@pytest.mark.parametrize("knows_keys", [True, False])
async def test_a_doubled_answer_is_one_text(tmp_path: Path, knows_keys: bool):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=knows_keys, mode="doubled") as provider:
        for n in (1, 2):
            await a_call(desk, n)
        bench = a_courier(desk, HttpGateway(provider.form()))

        await bench.rounds(3)

        assert bench.states() == [Delivery.SENT] * 2
        assert len(provider.taken) == 2


async def test_a_gateway_that_is_down_is_probed_by_one_at_a_time_and_by_others_in_turn(tmp_path: Path):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=False, mode="503") as provider:
        for n in range(1, 21):
            await a_call(desk, n)
        bench = a_courier(desk, HttpGateway(provider.form()))
        await bench.rounds()
        first = len(provider.heads)

        await bench.rounds(60, timedelta(seconds=10))

        probes = len(provider.heads) - first
        assert first <= AT_ONCE
        assert 8 <= probes <= 14, "ten minutes at a probe a minute, the first ones sooner"
        assert max(row.tries or 0 for row in bench.rows()) <= 2, "no message is the probe for ever"
        provider.mode = "ok"
        await bench.rounds(8, timedelta(seconds=20))
        assert bench.states() == [Delivery.SENT] * 20
        assert set(provider.delivered.values()) == {1}


async def test_one_bad_number_holds_nobody_up_and_becomes_a_persons_task(tmp_path: Path):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=True, mode="one refused") as provider:
        for n in range(1, 5):
            await a_call(desk, n)
        bench = a_courier(desk, HttpGateway(provider.form()))

        await bench.rounds(3)

        assert bench.states() == [Delivery.REFUSED, *[Delivery.SENT] * 3]
        assert len(provider.heads) == 4, "whom it refuses is not tried again"


async def test_a_slow_text_does_not_keep_the_next_ones_waiting(tmp_path: Path):
    held = asyncio.Event()

    class Slow(FileDrop):
        async def send(self, number: str, text: str, key: str) -> None:
            if number.endswith("01"):
                await held.wait()
            await super().send(number, text, key)

    async with a_desk(tmp_path) as desk:
        for n in range(1, 4):
            await a_call(desk, n)
        bench = a_courier(desk, Slow(tmp_path / "sms"))
        assert await bench.courier.begin() == 3
        await all_but(bench, 1)
        await a_call(desk, 4)

        assert await bench.courier.begin() == 1

        await all_but(bench, 1)
        assert Counter(bench.states()) == {Delivery.SENDING: 1, Delivery.SENT: 3}
        held.set()
        await bench.courier.settle()
        assert bench.states() == [Delivery.SENT] * 4


async def all_but(bench: Bench, count: int) -> None:
    """Wait until no more than so many are under way."""
    while len(tasks := bench.courier._under_way.values()) > count:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


class Dies(FileDrop):
    """The process ends right before or after a message went out, before that is on record."""

    def __init__(self, folder: Path, *, knows_keys: bool, sent: bool) -> None:
        super().__init__(folder)
        self.knows_keys = knows_keys
        self.sent = sent
        self.sends = 0

    async def send(self, number: str, text: str, key: str) -> None:
        self.sends += 1
        if self.sends > 1 or self.sent:
            await super().send(number, text, key)
        if self.sends == 1:
            raise asyncio.CancelledError


@pytest.mark.parametrize("knows_keys", [True, False])
@pytest.mark.parametrize("sent", [True, False])
async def test_cut_off_in_a_try_it_is_made_again_only_where_the_key_is_known(
    tmp_path: Path, knows_keys: bool, sent: bool
):
    async with a_desk(tmp_path) as desk:
        await a_call(desk)
        port = Dies(tmp_path / "sms", knows_keys=knows_keys, sent=sent)
        await a_courier(desk, port).rounds()
        bench = a_courier(desk, port)
        await bench.rounds(1, timedelta(seconds=61))
        assert bench.states() == [Delivery.SENDING], "its lease may still be somebody's"

        await bench.rounds(3)

        assert bench.states() == [Delivery.SENT if knows_keys else Delivery.UNSURE]
        assert port.sends == (2 if knows_keys else 1)
        assert len(list((tmp_path / "sms").glob("*.json"))) == int(sent or knows_keys)


@pytest.mark.parametrize("knows_keys", [True, False])
async def test_two_backends_on_one_ledger_send_each_text_once(tmp_path: Path, knows_keys: bool):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=knows_keys) as provider:
        for n in range(1, 13):
            await a_call(desk, n)
        one, other = (a_courier(desk, HttpGateway(provider.form())) for _ in range(2))

        # They share the time of day: a clock that runs ahead would find the other's leases run out.
        await asyncio.gather(one.rounds(3, timedelta()), other.rounds(3, timedelta()))

        assert one.states() == [Delivery.SENT] * 12
        assert len(provider.taken) == 12
        assert provider.most <= 2 * AT_ONCE


async def test_an_old_number_is_not_sent_any_more_and_a_landline_gets_none(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        for n, number in enumerate((None, "0315920001")):
            await a_call(desk, n + 1, number)
        bench = a_courier(desk, FileDrop(tmp_path / "sms"))
        bench.clock.at += timedelta(hours=24)

        await bench.rounds()

        assert bench.states() == [None]
        assert not (tmp_path / "sms").exists()


async def test_a_busy_ledger_makes_no_text_go_out_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(courier, "KEEP_AGAIN_SECONDS", (0.01, 0.01))
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=False) as provider:
        await a_call(desk)
        bench = a_courier(desk, HttpGateway(provider.form()))
        write, calls = desk.journal.write, []

        async def busy_after_the_first(work: Any) -> Any:
            calls.append(work)
            if len(calls) > 1:
                raise LedgerBusy
            return await write(work)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(desk.journal, "write", busy_after_the_first)
            await bench.rounds(1, timedelta(seconds=61))
        await bench.rounds(3)

        assert bench.states() == [Delivery.UNSURE], "it went out, and nobody wrote that down"
        assert len(provider.taken) == 1


async def test_a_text_that_cannot_be_made_holds_up_no_other_and_is_tried_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=True) as provider:
        bad, _ = [await a_call(desk, n) for n in (1, 2)]
        bench, made = a_courier(desk, HttpGateway(provider.form())), courier.pin_of

        def failing(vault: Any, ticket_id: str) -> str:
            if ticket_id == bad:
                raise KeyError(ticket_id)
            return made(vault, ticket_id)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(courier, "pin_of", failing)
            await bench.rounds(4, timedelta(seconds=4))
        assert bench.states() == [Delivery.WAITING, Delivery.SENT]
        assert bench.rows()[0].tries == 2

        await bench.rounds(2)
        assert bench.states() == [Delivery.SENT] * 2


async def test_what_is_under_way_is_finished_when_the_house_is_closed(tmp_path: Path):
    begun = asyncio.Event()

    class Slow(FileDrop):
        async def send(self, number: str, text: str, key: str) -> None:
            begun.set()
            await asyncio.sleep(0.1)
            await super().send(number, text, key)

    async with a_desk(tmp_path) as desk:
        await a_call(desk)
        bench = a_courier(desk, Slow(tmp_path / "sms"))
        running = asyncio.create_task(bench.courier.run())
        await begun.wait()

        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        assert bench.states() == [Delivery.SENT]


async def test_the_folder_takes_a_key_once_for_its_owner_alone_and_says_when_it_cannot_be_written(
    tmp_path: Path,
):
    drop = FileDrop(tmp_path / "sms")
    for _ in range(2):
        await drop.send("+6281200000042", "Halo", "k1")

    (file,) = (tmp_path / "sms").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sms").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAccepted):
        await FileDrop(tmp_path / "file").send("+6281200000042", "Halo", "k1")


DOING = st.lists(st.tuples(st.sampled_from([*MODES, "cut off"]), st.integers(1, 400)), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(DOING, st.booleans())
def test_through_any_weather_no_citizen_gets_a_text_twice_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, doing: list[tuple[str, int]], knows_keys: bool
):
    async def story() -> None:
        folder = tmp_path_factory.mktemp("ledger")
        async with a_desk(folder) as desk, a_provider(knows_keys=knows_keys) as provider:
            for n in (1, 2):
                await a_call(desk, n)
            bench = a_courier(desk, HttpGateway(provider.form()))
            for mode, seconds in doing:
                await weather(bench, provider, mode)
                bench.clock.at += timedelta(seconds=seconds)
            provider.mode = "ok"
            await bench.rounds(8)

            assert max(provider.delivered.values(), default=0) <= 1
            assert set(bench.states()) <= {Delivery.SENT, Delivery.UNSURE}
            assert bench.is_consistent()
            if knows_keys:
                assert bench.states() == [Delivery.SENT] * 2
                assert len(provider.delivered) == 2
            assert upkeep.shortcomings(desk.engine, OFFICE) == []

    asyncio.run(story())


async def weather(bench: Bench, provider: Provider, mode: str) -> None:
    """One round while the gateway behaves like this; `cut off`: the courier is ended in the middle of it."""
    if mode == "down":
        bench.courier._gateway, up = (
            HttpGateway(Provider(provider.knows_keys, port=1).form()),
            bench.courier._gateway,
        )
        await bench.rounds(1, timedelta())
        bench.courier._gateway = up
        return
    provider.mode = "accepts, then silence" if mode == "cut off" else mode
    if mode != "cut off":
        await bench.rounds(1, timedelta())
        return
    await bench.courier.begin()
    await asyncio.sleep(0.05)
    for task in list(bench.courier._under_way.values()):
        task.cancel()
    await bench.courier.settle()
