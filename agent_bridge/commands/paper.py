"""`hotline paper`: slips with numbers of their own, for hours without power."""

import asyncio
import contextlib
import html
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from agent_bridge.accounts import BY_COMMAND
from agent_bridge.commands.speaking import Speaker, refusals, settings_or_exit, write_file
from agent_bridge.house import open_ledger, read_office
from config.clock import now, office_day
from ticketing.citizens import slips
from ticketing.tickets.number import TicketNumber, from_digits

app = typer.Typer(
    help="Slip kertas saat listrik padam / Slips of paper for outages.", invoke_without_command=True
)
_STYLE = """
@page { size: A4 portrait; margin: 10mm }
* { box-sizing: border-box }
body { font: 10.5pt system-ui, "Liberation Sans", Arial, sans-serif; color: #000; margin: 0 }
.slip { height: 136mm; border: 1px solid #000; padding: 4mm 5mm; display: flex; flex-direction: column;
  gap: 2mm; break-inside: avoid }
.slip:nth-child(even) { break-after: page }
.slip + .slip { margin-top: 3mm }
.head { display: flex; justify-content: space-between; align-items: baseline }
.number { font: 700 30pt "Liberation Mono", "DejaVu Sans Mono", monospace; letter-spacing: 1px }
.row { display: flex; gap: 4mm }
.row > * { flex: 1 }
.field { border-bottom: 1px solid #000; height: 9mm; font-size: 8.5pt }
.tall { border: 1px solid #000; flex: 1; font-size: 8.5pt; padding: 1mm }
.boxes { font-size: 10pt }
@media print { .slip { print-color-adjust: exact } }
"""
_FIRST = "Bacakan nomor ini kepada warga dua kali, pelan. Warga mencatatnya."
_LAST = "Ketik slip ini di halaman Slip kertas (/kertas) begitu listrik menyala, lalu coret."


@app.callback()
def paper(
    context: typer.Context,
    count: Annotated[int, typer.Option("--slips", help="banyaknya / how many")] = 40,
    day: Annotated[str | None, typer.Option(help="YYYY-MM-DD; hari ini / today")] = None,
    output: Annotated[Path, typer.Option(help="berkas HTML / HTML file")] = Path("slip.html"),
) -> None:
    """Cetak slip bernomor / Print numbered slips."""
    if context.invoked_subcommand:
        return
    settings = settings_or_exit()
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        of_day, at = _day(day), now()
        # A number that was reserved and not printed is lost, so the file is tried first.
        write_file(output, "")
        left = len(slips.unused(ledger.reader))
        reserving = partial(slips.reserve, day=of_day, count=count, at=at, by=BY_COMMAND)
        numbers = asyncio.run(ledger.journal.write(reserving))
        write_file(output, page(numbers))
    Speaker(settings.language)(
        f"{len(numbers)} slip, {numbers[0].written} sampai {numbers[-1].written}: {output}. Cetak sekarang. "
        f"Dari sebelumnya ada {left} yang belum dipakai.",
        f"{len(numbers)} slips, {numbers[0].written} to {numbers[-1].written}: {output}. Print them now. "
        f"{left} of earlier ones are unused.",
    )


def _day(written: str | None) -> date:
    if written is None:
        return office_day(now())
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise slips.NotThatDay from None


@app.command("list")
def unused() -> None:
    """Slip yang belum diketik / Slips that were not typed in."""
    settings = settings_or_exit()
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        left = slips.unused(ledger.reader)
    for row in left:
        print(from_digits(row.ticket_id).written)  # noqa: T201 - the output
    Speaker(settings.language)(f"{len(left)} belum dipakai", f"{len(left)} unused")


def page(numbers: Sequence[TicketNumber]) -> str:
    """Two slips on a sheet of A4, the number large enough to be read out."""
    body = "".join(_slip(number) for number in numbers)
    head = f'<head><meta charset="utf-8"><title>Slip</title><style>{_STYLE}</style></head>'
    return f'<!doctype html><html lang="id">{head}<body>{body}</body></html>'


def _slip(number: TicketNumber) -> str:
    """The fields of SOP steps 2 to 8, and of the end."""
    parts = (
        f'<div class="head"><div class="number">{number.written}</div><div>2 Nomor tiket</div></div>',
        f"<div>{_FIRST}</div>",
        _row("Tanggal dan jam", "Petugas"),
        _row("5-6 Nama lengkap", "NIK (bila perlu)"),
        _row("Telepon", "Kecamatan"),
        _row("Jenis (pengaduan, informasi, pelayanan, aspirasi)", "Perihal / kategori"),
        f'<div class="boxes">Dihubungi lewat: {_BOX} telepon &nbsp; {_BOX} hanya pesan</div>',
        '<div class="tall">6-7 Uraian keluhan</div>',
        '<div class="tall">8 Jawaban yang disampaikan</div>',
        f'<div class="boxes">{_BOX} selesai: warga sudah dijawab dan puas</div>',
        f"<small>{_LAST}</small>",
    )
    return f'<div class="slip">{"".join(parts)}</div>'


_BOX = "&#9744;"


def _row(*names: str) -> str:
    fields = "".join(f'<div class="field">{html.escape(name)}</div>' for name in names)
    return f'<div class="row">{fields}</div>'
