"""The `hotline` command."""

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path

import typer
from rich.progress import BarColumn, Progress, TextColumn

from agent_bridge import parts, practice, supervisor
from agent_bridge.app import openapi_document
from agent_bridge.commands import (
    asterisk,
    bench,
    doctor,
    faq,
    follow_ups,
    office,
    paper,
    probe,
    promises,
    rehearsing,
    sop,
    texts,
    ticket,
    tls,
    twilio,
    users,
    waits,
)
from agent_bridge.commands.speaking import Speaker, console, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from agent_bridge.pages import ensure_pages
from agent_bridge.sounds import make_sounds
from config.clock import now
from config.errors import Text, Unavailable
from config.settings import Settings
from ticketing.ledger import upkeep
from ticketing.people.roles import Role

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hotline dengan SOP / A hotline with an SOP.",
)


@app.command()
def run() -> None:
    """Jalankan hotline / Run the hotline."""
    settings = settings_or_exit()
    with refusals(settings):
        settings.check_secrets()
        asyncio.run(_run(settings, Speaker(settings.language)))


async def _run(settings: Settings, tell: Speaker) -> None:
    _prepare(settings, tell)
    links = await practice.all_sign_in_links(settings) if settings.is_practice else []
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with supervisor.running(settings) as running:
        _welcome(settings, running, links, tell)
        await stopping.wait()
        tell("Menghentikan semuanya ...", "Stopping everything ...")


def _prepare(settings: Settings, tell: Speaker) -> None:
    """Bring what is missing; what cannot be had is said, and the rest goes on."""
    without_asterisk = settings.pbx == "twilio" and not settings.twilio_sip
    try:
        parts.bring(("redis-server",) if without_asterisk else ("asterisk", "redis-server"), settings, tell)
    except Unavailable as refusal:
        tell(f"{refusal.text.id} Halaman tetap berjalan, tanpa telepon.",
             f"{refusal.text.en} The pages run all the same, without telephones.")  # fmt: skip
    ensure_pages(tell)
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bars:
        bar = bars.add_task("Suara / Prompts")
        made = make_sounds(settings, lambda done, total: bars.update(bar, completed=done, total=total))
    if made:
        tell(f"{made} suara dibuat.", f"{made} prompts made.")


PAGES_OF = {
    Role.AGENT: Text("Meja petugas", "Desk of agent"),
    Role.DISPATCHER: Text("Halaman dispatcher", "Page of dispatcher"),
    Role.OFFICIAL: Text("Halaman pejabat", "Page of official"),
    Role.SUPERVISOR: Text("Papan pengawas", "Board of supervisor"),
}


def _welcome(
    settings: Settings, running: supervisor.Running, links: list[tuple[Role, str, str]], tell: Speaker
) -> None:
    tell("\n[bold]Hotline siap.[/bold]", "\n[bold]The hotline is ready.[/bold]")
    for role, name, token in links:
        page = PAGES_OF[role]
        tell(f"  {page.id} {name} (sekali pakai): {running.address}/masuk#sekali={token}",
             f"  {page.en} {name} (one time): {running.address}/masuk#sekali={token}")  # fmt: skip
    if running.certificate:
        tls.tell_of_running(running, tell)
    elif not links:
        tell(f"  Halaman: {running.address}", f"  Pages: {running.address}")
    if settings.port and running.port != settings.port:
        tell(f"  Port {settings.port} dipakai program lain; kali ini {running.port}.",
             f"  Port {settings.port} is used by another program; {running.port} this time.")  # fmt: skip
    if settings.pbx == "twilio":
        tell(f"  Jalur Twilio: {settings.twilio_number}. Periksa: hotline twilio check",
             f"  The line at Twilio: {settings.twilio_number}. Look at it: hotline twilio check")  # fmt: skip
        return
    if running.plan is None:
        tell("  Tanpa Asterisk: halaman dapat dilihat, telepon tidak.",
             "  Without Asterisk: the pages can be seen, telephones do not work.")  # fmt: skip
        return
    tell(f"  Telepon latihan warga: {running.address}/telepon",
         f"  A citizen's practice phone: {running.address}/telepon")  # fmt: skip
    sip = running.plan.ports.sip
    for phone in (*running.plan.phones_of("citizen", "sip"), running.plan.phones_of("agent", "sip")[0]):
        tell(f"  Telepon SIP ({phone.role}): {phone.account} / {phone.secret} di 127.0.0.1:{sip}",
             f"  SIP phone ({phone.role}): {phone.account} / {phone.secret} at 127.0.0.1:{sip}")  # fmt: skip
    number = running.plan.line_number
    tell(
        f"\nBuka meja, pilih telepon browser, lalu Siap; di tab lain telepon {number}. Ctrl-C: berhenti.",
        f"\nOpen a desk, choose the browser phone, be ready; in another tab dial {number}. Ctrl-C: stop.",
    )


app.command("promises")(promises.promises)
app.command("probe")(probe.probe_command)
app.add_typer(paper.app, name="paper")
app.add_typer(users.user, name="user")
app.add_typer(users.unit, name="unit")
app.add_typer(office.app, name="office")
app.add_typer(faq.app, name="faq")
app.add_typer(sop.app, name="sop")
app.add_typer(ticket.app, name="ticket")
app.add_typer(follow_ups.app, name="follow-ups")
app.add_typer(waits.app, name="waits")
app.add_typer(texts.app, name="texts")
app.add_typer(asterisk.app, name="asterisk")
app.add_typer(twilio.app, name="twilio")
app.add_typer(tls.app, name="tls")
app.command()(bench.bench)
app.command()(doctor.doctor)
ledger = typer.Typer(no_args_is_help=True, help="Buku besar / The ledger.")
app.add_typer(ledger, name="ledger")


@ledger.command("verify")
def verify_ledger() -> None:
    """Lipat ulang semua panggilan dari jurnal dan bandingkan / Fold every call anew and compare."""
    settings = settings_or_exit()
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as opened:
        found = upkeep.shortcomings(opened.engine, read_office(settings).office)
    for difference in found:
        console.print(difference)
    Speaker(settings.language)(f"{len(found)} perbedaan", f"{len(found)} differences")
    sys.exit(1 if found else 0)


@ledger.command("erase")
def erase_person() -> None:
    """Hapus satu penelepon; nomornya dibaca dari masukan / Forget a caller; the number is read from input."""
    settings = settings_or_exit()
    # An argument would stay in the shell's history and in the list of processes.
    number = typer.prompt("Nomor telepon / telephone number", hide_input=True)
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as opened:
        asyncio.run(upkeep.erase(opened.journal, opened.vault, number, now))
        upkeep.overwrite_deleted(opened.engine)
    Speaker(settings.language)(
        "Data penelepon itu dihapus; hitungan tetap.", "The caller was forgotten; the figures stay."
    )


@ledger.command("backup")
def back_up_ledger(folder: Path) -> None:
    """Cadangkan buku besar, kuncinya terpisah / Back up the ledger, its keys apart."""
    settings = settings_or_exit()
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as opened:
        copies = upkeep.back_up(opened.engine, folder)
    for copy in copies:
        console.print(str(copy))


app.command()(rehearsing.rehearse)


@app.command("parts")
def bring_parts(names: list[str]) -> None:
    """Ambil bagian privat / Bring private parts (asterisk, redis-server, sipp, chromium)."""
    settings = settings_or_exit()
    with refusals(settings):
        parts.bring(names, settings, Speaker(settings.language))


@app.command("pages")
def build_pages() -> None:
    """Bangun halaman web / Build the web pages."""
    settings = settings_or_exit()
    with refusals(settings):
        ensure_pages(Speaker(settings.language))


@app.command("openapi")
def print_openapi() -> None:
    """Cetak dokumen OpenAPI / Print the OpenAPI document."""
    print(json.dumps(openapi_document(), indent=2))  # noqa: T201 - the document is the output


def main() -> None:
    """The entry point."""
    app()
