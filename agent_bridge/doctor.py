"""The doctor: looks at one installation, its PBX and its machine, before callers do."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from agent_bridge import pbx_plan
from agent_bridge.accounts import Accounts
from agent_bridge.house import open_ledger, read_office
from agent_bridge.probe import record
from agent_bridge.watchdog import anybody
from config import certificate_files, office
from config.clock import OFFICE_ZONE, Clock, now
from config.errors import ConfigurationFault
from config.findings import Finding, Level, failed, ok, warning
from config.settings import Settings
from ivr.providers.asterisk import examination, kept_data, pbx_sounds
from ivr.providers.twilio import examination as twilio
from ivr.speech import prompts
from ivr.speech.prompts import LANGUAGE_FOLDER, NORMAL
from ticketing.ledger import deliveries
from ticketing.ledger.codec import KINDS
from ticketing.people.privacy import Vault
from ticketing.people.roles import Role
from ticketing.tickets.calendar import alarms

LOW, VERY_LOW = 0.15, 0.05
"""Shares of the disk still free: to be known, and to be mended."""
TEXTS_WAIT_AT_MOST = timedelta(minutes=10)


async def look(settings: Settings, clock: Clock, call_seconds: float = 0) -> list[Finding]:
    """All findings, the office's files first: where they cannot be used, nothing more is looked at."""
    found = list(_files(settings))
    if any(finding.level is Level.FAILED for finding in found):
        return found
    found += [*_hours(settings, clock), *people(settings), *texts(settings, clock), *_disk(settings)]
    found += probed(settings)
    found.append(await _backend(settings))
    if settings.pbx == "twilio":
        vault = Vault(settings.office_key, settings.index_key)
        return [*found, *await twilio.examine(settings, vault)]
    plan = pbx_plan.plan_of(settings)
    if plan is None:
        return [
            *found,
            failed(
                "pbx",
                "Tidak ada PBX yang berjalan. Jalankan hotline run, atau isi HOTLINE_PBX=own.",
                "No PBX runs. Run hotline run, or set HOTLINE_PBX=own.",
            ),
        ]
    found += await examination.examine(plan, clock)
    folder = settings.pbx_folder if settings.pbx == "own" else settings.folder / "pbx" / "etc"
    found += [*_sounds(settings, folder), *kept_data.look(folder, plan.books)]
    if call_seconds:
        found.append(await examination.await_call(plan, call_seconds))
    return found


def _files(settings: Settings) -> Iterator[Finding]:
    try:
        book = frozenset(prompts.load(settings.office))
        if settings.pbx == "own":
            pbx_plan.own_plan(settings, office.load(settings.office, prompts=book, facts=frozenset(KINDS)))
    except ConfigurationFault as fault:
        yield Finding("office", Level.FAILED, fault.text)
        return
    faults = office.faults(settings.office, prompts=book, facts=frozenset(KINDS))
    yield from (Finding("office", Level.FAILED, fault.text) for fault in faults)
    if not faults:
        yield ok("office", "Konfigurasi kantor benar.", "The office's configuration is right.")


def _hours(settings: Settings, clock: Clock) -> Iterator[Finding]:
    # Those of the files, also where practice leaves the line open round the clock.
    hours = office.load(settings.office).hours
    found = alarms(hours, clock().astimezone(OFFICE_ZONE).date())
    yield from (Finding("hours", Level.WARNING, text) for text in found)
    if not found:
        yield ok("hours", "Hari libur terisi.", "The days off are filled in.")


def people(settings: Settings) -> Iterator[Finding]:
    """Everybody a case can be forwarded to can sign in."""
    keeper = read_office(settings)
    with contextlib.closing(open_ledger(settings, keeper)) as ledger:
        known = Accounts(ledger.journal, ledger.reader, now).users()
    present = {row.username for row in known if row.role == Role.OFFICIAL and not row.disabled_at}
    missing = [one for one in keeper.office.units.people if one not in present]
    if not missing:
        yield ok("people", "Semua pejabat dapat masuk.", "Every official can sign in.")
        return
    listed = ", ".join(missing)
    yield warning(
        "people",
        f"Pejabat di units.yaml tanpa akun: {listed}. Tambahkan: hotline user add ... --role official",
        f"Officials in units.yaml without an account: {listed}. Add: hotline user add ... --role official",
    )


def texts(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Citizens who want their number or answer as a text get it."""
    if settings.sms_by == "none":
        if not settings.is_practice:
            yield warning(
                "texts",
                "Tidak ada gateway SMS: nomor dan kabar disampaikan petugas. Isi HOTLINE_SMS=gateway.",
                "No SMS gateway: agents tell numbers and news. Set HOTLINE_SMS=gateway.",
            )
        return
    at = clock()
    with (
        contextlib.closing(open_ledger(settings, read_office(settings))) as ledger,
        ledger.reader.connect() as connection,
    ):
        since = deliveries.stuck_since(connection, at)
    if since is None or at - since <= TEXTS_WAIT_AT_MOST:
        yield ok("texts", "Pesan untuk warga terkirim.", "Texts to citizens go out.")
        return
    minutes = int((at - since).total_seconds() // 60)
    yield failed(
        "texts",
        f"Pesan untuk warga menunggu {minutes} menit. Lihat: hotline texts list; periksa gateway SMS.",
        f"Texts to citizens wait for {minutes} minutes. See: hotline texts list; look at the SMS gateway.",
    )


def probed(settings: Settings) -> Iterator[Finding]:
    """What the last call of `hotline probe` came to; nothing where it never called."""
    last = record.read(settings)
    if not last.at:
        return
    at = datetime.fromisoformat(last.at).astimezone(OFFICE_ZONE).strftime("%d-%m-%Y %H.%M WIB")
    if not last.reason:
        yield ok("probe", f"Probe terakhir baik ({at}).", f"The last probe was fine ({at}).")
        return
    made = failed if last.is_alarm else warning
    times = last.failures_in_a_row
    yield made(
        "probe",
        f"Probe gagal {times} kali berturut-turut ({at}): {last.id}",
        f"The probe failed {times} times in a row ({at}): {last.en}",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    for folder in {settings.folder, settings.pbx_logs if settings.pbx == "own" else settings.folder}:
        if not folder.is_dir():
            continue
        usage = shutil.disk_usage(folder)
        free = usage.free / usage.total
        said = f"{folder}: {free:.0%} bebas.", f"{folder}: {free:.0%} free."
        if free < VERY_LOW:
            yield failed("disk", f"{said[0]} Kosongkan sekarang.", f"{said[1]} Make room now.")
        elif free < LOW:
            yield warning("disk", f"{said[0]} Kosongkan segera.", f"{said[1]} Make room soon.")
        else:
            yield ok("disk", *said)


async def _backend(settings: Settings) -> Finding:
    pair = certificate_files.pair_in(settings.tls_folder)
    address = f"{'https' if pair else 'http'}://127.0.0.1:{settings.port}/api/health"
    try:
        async with httpx.AsyncClient(timeout=3, verify=anybody() if pair else True) as client:
            state = (await client.get(address)).json()
    except (httpx.HTTPError, ValueError):
        return warning(
            "backend",
            f"Backend tidak menjawab di {address}. Jalankan: hotline run",
            f"The backend does not answer at {address}. Run: hotline run",
        )
    if state.get("pbx") == "live":
        return ok("backend", "Backend berjalan dan mendengar PBX.", "The backend runs and hears the PBX.")
    return failed(
        "backend",
        "Backend berjalan tetapi tidak mendengar PBX.",
        "The backend runs and does not hear the PBX.",
    )


def _sounds(settings: Settings, folder: Path) -> Iterator[Finding]:
    """Every prompt of the office is a sound the PBX can play."""
    there = pbx_sounds.folder_of(folder)
    if there is None or not there.is_dir():
        yield warning(
            "prompts",
            "Folder suara PBX tidak terlihat dari sini: suara tidak diperiksa.",
            "The PBX's folder of sounds cannot be seen from here: prompts were not looked at.",
        )
        return
    names = sorted(prompts.load(settings.office))
    files = {name: there / LANGUAGE_FOLDER / NORMAL / f"{name}.wav" for name in names}
    missing = [name for name, file in files.items() if not os.access(file, os.R_OK)]
    if missing:
        yield failed(
            "prompts",
            f"{len(missing)} suara tidak ada di PBX, misalnya {missing[0]}. {examination.WRITE}",
            f"{len(missing)} prompts are not in the PBX, {missing[0]} for one. {examination.WRITE_EN}",
        )
    else:
        yield ok("prompts", f"{len(names)} suara ada.", f"{len(names)} prompts are there.")
