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
from agent_bridge.commands.speaking import Speaker, refusals, settings_or_exit
from agent_bridge.house import open_ledger, read_office
from config.clock import now, office_day
from ticketing.citizens import slips
from ticketing.tickets.number import TicketNumber, from_digits

app = typer.Typer(
    help="Slip kertas saat listrik padam / Slips of paper for outages.", invoke_without_command=True
)
FIELDS = (
    "Tanggal dan jam", "Nama lengkap", "Telepon", "Kecamatan", "Jenis / perihal", "Uraian pengaduan",
    "Jawaban", "Petugas",
)  # fmt: skip
_TALL = ("Uraian pengaduan", "Jawaban")
_STYLE = """
@page { size: A4; margin: 10mm }
body { font: 11pt system-ui, sans-serif; margin: 0 }
.slip { height: 132mm; border: 1px dashed #444; padding: 6mm; box-sizing: border-box; break-inside: avoid }
.slip + .slip { margin-top: 4mm }
.number { font: 700 26pt monospace }
.field { border-bottom: 1px solid #999; height: 8mm }
.tall { height: 20mm }
"""


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
    speaker = Speaker(settings.language)
    with refusals(settings), contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        of_day = date.fromisoformat(day) if day else office_day(now())
        left = len(slips.unused(ledger.reader))
        reserving = partial(slips.reserve, day=of_day, count=count, at=now(), by=BY_COMMAND)
        numbers = asyncio.run(ledger.journal.write(reserving))
        output.write_text(_page(numbers), encoding="utf-8")
    speaker(
        f"{len(numbers)} slip, {numbers[0].written} sampai {numbers[-1].written}: {output}. Cetak sekarang. "
        f"Dari sebelumnya ada {left} yang belum dipakai.",
        f"{len(numbers)} slips, {numbers[0].written} to {numbers[-1].written}: {output}. Print them now. "
        f"{left} of earlier ones are unused.",
    )


@app.command("list")
def unused() -> None:
    """Slip yang belum diketik / Slips that were not typed in."""
    settings = settings_or_exit()
    with contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        for row in slips.unused(ledger.reader):
            print(from_digits(row.ticket_id).written)  # noqa: T201 - the output


def _page(numbers: Sequence[TicketNumber]) -> str:
    """Two slips on a sheet of A4, the number large enough to be read out."""
    body = "".join(_slip(number) for number in numbers)
    head = f'<meta charset="utf-8"><title>Slip</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="id">{head}{body}'


def _slip(number: TicketNumber) -> str:
    lines = "".join(
        f'<div class="field{" tall" if name in _TALL else ""}">{html.escape(name)}:</div>' for name in FIELDS
    )
    said = "Bacakan nomor ini kepada warga, dua kali. Ketik slip ini bila listrik sudah menyala."
    return f'<div class="slip"><div class="number">{number.written}</div><small>{said}</small>{lines}</div>'
