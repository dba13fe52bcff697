"""`hotline probe` against the real Asterisk: what it notices, what it marks, and what it leaves behind."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent_bridge import supervisor
from agent_bridge.house import Ledger, open_ledger, read_office
from agent_bridge.probe.own_calls import OwnCalls
from agent_bridge.probe.place import place_of, vocabulary
from agent_bridge.probe.run import Result, _call
from agent_bridge.supervisor import settings_environment
from config.clock import OFFICE_ZONE, now
from config.settings import Settings
from ivr.probe.expected import expected
from ivr.probe.softphone import Softphone
from tests.journeys.test_supervisor import children_of, healthy
from ticketing import tables
from ticketing.reports.promises import promises

pytestmark = pytest.mark.real

COMMAND = (sys.executable, "-c", "from agent_bridge.cli import main; main()", "probe", "--json")


async def probed(settings: Settings, *more: str) -> tuple[int, dict[str, Any]]:
    """Run the command as cron would; its exit code and what it prints."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *more, env=os.environ | settings_environment(settings), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(told) if told else {}


def rows(settings: Settings, table: Any) -> list[Any]:
    with (
        contextlib.closing(open_ledger(settings, read_office(settings))) as ledger,
        ledger.reader.connect() as connection,
    ):
        return list(connection.execute(select(table)).all())


def figures(settings: Settings) -> Any:
    with contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        since = now().replace(hour=0, minute=0)
        return promises(ledger.reader, read_office(settings).office, since, now())


async def test_three_probes_hear_their_numbers_and_are_in_no_report(hotline: Settings, tmp_path: Path):
    metrics = tmp_path / "probe.prom"
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)

        code, told = await probed(hotline, "--calls", "3", "--metrics", str(metrics))

        print(json.dumps(told, indent=1))
        assert code == 0, told
        assert [one["ok"] and one["number_is_ledgers"] for one in told["calls"]] == [True] * 3
        assert all(one["number_seconds"] <= 30 for one in told["calls"])
        assert all(one["longest_silence_seconds"] <= 5 for one in told["calls"])
        assert {(row.state, row.origin) for row in rows(hotline, tables.tickets)} == {("cancelled", "probe")}
        await asyncio.sleep(1)
        calls = rows(hotline, tables.calls)
        assert len(calls) == 3
        assert all(row.probe and row.ended_at and row.queued_at is None for row in calls)
        counted = figures(hotline)
        assert (counted.answers_promised, counted.call_backs_promised, counted.texts_promised) == (0, 0, 0)
        assert rows(hotline, tables.outbox) == []
    assert "hotline_probe_success 1" in metrics.read_text()
    heard = [entry["heard"] for entry in told["calls"][0]["transcript"] if entry["heard"]]
    assert heard[1:5] == ["menu-daftar", "menu-cek", "menu-tunggu", "nomor-hari-ini"]


async def test_a_probe_after_hours_expects_what_is_said_then(hotline: Settings):
    always_closed = office_that_is_closed(hotline)
    async with supervisor.running(always_closed) as running:
        assert await healthy(running.address)

        code, told = await probed(always_closed)

        assert code == 0, told["calls"]
        heard = [entry["heard"] for entry in told["calls"][0]["transcript"] if entry["heard"]]
        assert heard[1:4] == ["tutup", "menu-cek", "menu-tutup-tunggu"]
        assert [row.call_back_due_at for row in rows(always_closed, tables.tickets)] == [None]


def office_that_is_closed(settings: Settings) -> Settings:
    """The office's files with hours of which none is now."""
    folder = settings.home / "kantor"
    shutil.copytree(settings.office, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    hour = (now().astimezone(OFFICE_ZONE).hour + 6) % 24
    day = json.dumps({"opens": f"{hour:02d}.00", "closes": f"{hour:02d}.30"})
    week = "".join(f"  {name}: {day}\n" for name in ("monday", "tuesday", "wednesday", "thursday", "friday"))
    kept = (settings.office / "hours.yaml").read_text().partition("days_off:")
    (folder / "hours.yaml").write_text(f"week:\n{week}\n{kept[1]}{kept[2]}")
    return settings.model_copy(update={"office": folder, "keep_hours": True})


async def test_a_prompt_in_anothers_place_is_noticed_and_again_when_it_is_mended(hotline: Settings):
    sounds = hotline.folder / "sounds" / "id" / "hotline"
    kept = (sounds / "menu-daftar.wav").read_bytes()
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)

        shutil.copyfile(sounds / "menu-cek.wav", sounds / "menu-daftar.wav")
        code, told = await probed(hotline)
        assert code == 1
        assert told["calls"][0]["reason"] == "wrong_prompt", told
        assert told["calls"][0]["id"] == "Seharusnya suara 'menu-daftar', yang terdengar 'menu-cek'."

        (sounds / "menu-daftar.wav").write_bytes(kept)
        assert (await probed(hotline))[0] == 0


async def test_a_dead_backend_fails_the_probe_in_time_and_the_call_is_marked_once_it_is_healed(
    hotline: Settings,
):
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)
        killing = asyncio.create_task(keep_killing(hotline))
        began = time.monotonic()

        code, told = await probed(hotline)
        _, again = await probed(hotline)

        killing.cancel()
        one = told["calls"][0]
        assert code == 1
        assert one["reason"] == "no_backend", told
        assert "tetap dilayani" in one["id"]
        assert one["transcript"][-1]["to"] < 30
        assert again["alarm"], "the second in a row"
        assert time.monotonic() - began < 60
        assert await healthy(running.address)
        await asyncio.sleep(12)

        code, told = await probed(hotline)

        assert (code, told["failures_in_a_row"]) == (0, 0), told
        calls = rows(hotline, tables.calls)
        assert len(calls) == 3
        assert all(row.probe for row in calls), [(row.call_id, row.outcome, row.person_id) for row in calls]
        assert {row.state for row in rows(hotline, tables.tickets)} == {"cancelled"}


async def keep_killing(settings: Settings) -> None:
    """The backend is killed as often as it comes back."""
    while True:
        with contextlib.suppress(ProcessLookupError, KeyError):
            os.kill(children_of(settings)["backend"], signal.SIGKILL)
        await asyncio.sleep(0.1)


async def test_a_pbx_that_is_down_is_not_picked_up(hotline: Settings):
    began = time.monotonic()

    code, told = await probed(hotline.model_copy(update={"probe_host": "127.0.0.1", "probe_port": 9}))
    nobody, says = await probed(hotline)

    assert (code, told["calls"][0]["reason"]) == (1, "not_picked_up")
    assert "tidak diangkat" in told["calls"][0]["id"]
    assert (nobody, says["calls"][0]["reason"]) == (1, "not_picked_up")
    assert time.monotonic() - began < 60


@pytest.mark.long
async def test_a_call_outlives_the_half_minute_after_which_pyvoips_own_acknowledgement_ends_it(
    hotline: Settings,
):
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)
        assert running.plan
        phone = Softphone(("127.0.0.1", running.plan.ports.sip), (hotline.probe_number, ""))

        call = await asyncio.to_thread(phone.dial, "1500", 5.0)
        await asyncio.sleep(36)

        assert not call.is_over
        assert len(call.heard()) > 36 * 40, "and goes on hearing"
        await asyncio.to_thread(phone.close)
        await asyncio.sleep(1)
        assert [row.outcome for row in rows(hotline, tables.calls)] == ["abandoned"]


@pytest.mark.long
async def test_twenty_of_twenty_probes_are_fine(hotline: Settings):
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)

        code, told = await probed(hotline, "--calls", "20")

    fine = [one["ok"] and one["number_is_ledgers"] for one in told["calls"]]
    print(f"\n{sum(fine)} of {len(fine)}; number after", [one["number_seconds"] for one in told["calls"]])
    assert code == 0, [one for one in told["calls"] if not one["ok"]]
    assert fine == [True] * 20


LANES, CALLS_EACH = 10, 50


@pytest.mark.long
async def test_five_hundred_probes_leave_calls_sockets_and_memory_as_they_were(hotline: Settings):
    async with supervisor.running(hotline) as running:
        assert await healthy(running.address)
        words = vocabulary(hotline)
        with contextlib.closing(open_ledger(hotline, read_office(hotline))) as ledger:
            assert all(one.fault is None for one in await lane(hotline, ledger, words, 99, 1)), "warmed up"
            await asyncio.sleep(5)
            before = held(hotline)

            lanes = [lane(hotline, ledger, words, n, CALLS_EACH) for n in range(LANES)]
            results = [one for results in await asyncio.gather(*lanes) for one in results]
            await asyncio.sleep(10)

            after = held(hotline)
            live = ledger.reader.live_calls()
    fine = sum(one.fault is None for one in results)
    print(f"\n{fine} of {len(results)} fine; before {before}, after {after}")
    # Ten softphones at once on two processors mishear now and then; the probe itself calls one at a time.
    assert fine >= 0.98 * len(results), {one.fault for one in results}
    assert list(live) == []
    for name, (sockets, megabytes) in after.items():
        assert sockets <= before[name][0] + 2, name
        assert megabytes <= before[name][1] + 30, name


async def lane(settings: Settings, ledger: Ledger, words: Any, number: int, calls: int) -> list[Result]:
    """One caller after the other, from a number of the lane's own."""
    settings = settings.model_copy(update={"probe_number": f"03100000{number:02d}"})
    own, place = OwnCalls(ledger, settings.probe_number), place_of(settings)
    assert place
    await asyncio.sleep(number % LANES * 3)
    results = []
    for _ in range(calls):
        expect = expected(read_office(settings).office, now(), has_open_ticket=own.has_open_ticket())
        results.append((await _call(place, expect, words, own))[0])
    return results


def held(settings: Settings) -> dict[str, tuple[int, int]]:
    """Open files and sockets, and resident megabytes, of the backend, Asterisk and this process."""
    pids = {name: pid for name, pid in children_of(settings).items() if name in ("backend", "asterisk")}
    return {name: (_sockets(pid), _megabytes(pid)) for name, pid in {**pids, "probe": os.getpid()}.items()}


def _sockets(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024
