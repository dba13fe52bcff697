"""An SOP's table as offices keep it in spreadsheets, read off a CSV: lanes, activities, times, outputs. Pure.

Rows above the table name the SOP and its dates; header rows may be two, and come again on each page.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config.errors import ConfigurationFault
from config.sop_titles import EMPTY, Row, Titles

DELIMITERS = (";", "\t", ",")
UNIT_SECONDS = {"detik": 1, "menit": 60, "jam": 3600}
_COLUMNS = {
    "kelengkapan": ("kelengkapan",),
    "time": ("waktu",),
    "output": ("output", "keluaran", "hasil"),
    "note": ("ket",),
}
_TIME = re.compile(r"([0-9]{1,2}\.[0-9]{3}|[0-9]{1,5})(?:,([0-9]{1,3}))?\s*([a-z]*)")


@dataclass(frozen=True, slots=True)
class TableStep:
    """One row. `lanes` are those that carry a mark; `seconds` is None where no time is given or readable."""

    line: int
    number: int
    name: str
    lanes: tuple[str, ...]
    time: str
    seconds: int | None
    output: str | None


@dataclass(frozen=True, slots=True)
class SopTable:
    """A whole table, in the words of its source."""

    number: str
    name: str
    made_on: date | None
    revised_on: date | None
    effective_on: date | None
    lanes: tuple[str, ...]
    steps: tuple[TableStep, ...]


def read_table(file: Path, text: str) -> SopTable:
    """The table of a CSV; raises ConfigurationFault with the line that cannot be read."""
    try:
        rows = _rows(text)
    except csv.Error:
        raise ConfigurationFault(
            file,
            1,
            "Berkas bukan CSV. Simpan tabelnya sebagai CSV.",
            "The file is no CSV. Save the table as CSV.",
        ) from None
    top = _header_at(rows)
    if top is None:
        raise ConfigurationFault(
            file,
            1,
            "Tidak ada baris judul dengan 'No.' dan 'Kegiatan'. Simpan tabel sebagai CSV bersama judulnya.",
            "There is no header row with 'No.' and 'Kegiatan'. Save the SOP's table as CSV with its header.",
        )
    columns = _Columns(file, rows[top], _second_header(rows, top))
    steps = tuple(_steps(file, rows[top + 1 :], columns))
    if not steps:
        raise ConfigurationFault(
            file,
            rows[top][0],
            "Di bawah judul tidak ada langkah.",
            "There are no steps below the header.",
        )
    titles = Titles(file, rows[:top])
    return SopTable(
        number=titles.text("number"),
        name=titles.text("name"),
        made_on=titles.day("made_on"),
        revised_on=titles.day("revised_on"),
        effective_on=titles.day("effective_on"),
        lanes=columns.lanes,
        steps=steps,
    )


class _Columns:
    """Which column holds what: lanes stand between the activity and the equipment or time."""

    def __init__(self, file: Path, header: Row, below: list[str]) -> None:
        line, cells = header
        names = [(below[n] if n < len(below) and below[n] else cell) for n, cell in enumerate(cells)] + below[
            len(cells) :
        ]
        self.number = next(n for n, cell in enumerate(cells) if _is_number_title(cell))
        self.activity = next(n for n, cell in enumerate(cells) if cell.casefold() == "kegiatan")
        found = {
            column: next((n for n, name in enumerate(names) if name.casefold().startswith(words)), None)
            for column, words in _COLUMNS.items()
        }
        self.time, self.output = found["time"], found["output"]
        ends = [n for n in found.values() if n is not None and n > self.activity]
        if self.time is None:
            raise ConfigurationFault(
                file,
                line,
                "Kolom 'Waktu (detik)' tidak ada. Beri judul kolom waktu.",
                "There is no column 'Waktu (detik)'. Give the column of times its title.",
            )
        between = range(self.activity + 1, min(ends))
        self.lane_of = {n: names[n] for n in between if names[n] and names[n].casefold() != "pelaksana"}
        self.lanes = tuple(self.lane_of.values())
        unit = re.search(r"\((\w+)\)", names[self.time])
        self.unit = unit[1].casefold() if unit and unit[1].casefold() in UNIT_SECONDS else "detik"


def seconds_of(written: str, unit: str) -> int | None:
    """A time such as `1.800`, `5 menit` or `1,5 jam` in whole seconds; None where it is none."""
    found = _TIME.fullmatch(written.casefold())
    if found is None or (found[3] or unit) not in UNIT_SECONDS:
        return None
    count = float(f"{found[1].replace('.', '')}.{found[2] or 0}")
    return round(count * UNIT_SECONDS[found[3] or unit]) or None


def _rows(text: str) -> list[Row]:
    """The cells of each row, cut by the delimiter under which the header has most columns."""
    tried = [list(_cut(text, delimiter)) for delimiter in DELIMITERS]
    return max(tried, key=_header_width)


def _header_width(rows: list[Row]) -> int:
    top = _header_at(rows)
    return len(rows[top][1]) if top is not None else 0


def _cut(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(text.lstrip("\ufeff").splitlines(keepends=True), delimiter=delimiter)
    before = 0
    for row in reader:
        yield before + 1, [_readable(cell) for cell in row]
        before = reader.line_num


def _readable(cell: str) -> str:
    """The cell in one line; what cannot be seen is left out."""
    return "".join(letter for letter in " ".join(cell.split()) if letter.isprintable()).strip()


def _is_number_title(cell: str) -> bool:
    return cell.casefold() in ("no.", "no", "nomor")


def _is_header(cells: list[str]) -> bool:
    return any(map(_is_number_title, cells)) and any(cell.casefold() == "kegiatan" for cell in cells)


def _header_at(rows: list[Row]) -> int | None:
    return next((n for n, (_, cells) in enumerate(rows) if _is_header(cells)), None)


def _second_header(rows: list[Row], top: int) -> list[str]:
    """The row below, where the lanes stand under `Pelaksana`; it is no step, for it has no number."""
    below = rows[top + 1][1] if top + 1 < len(rows) else []
    number = next(n for n, cell in enumerate(rows[top][1]) if _is_number_title(cell))
    if _cell(below, number):
        return []
    names = tuple(word for words in _COLUMNS.values() for word in words)
    return below if any(cell.casefold().startswith(names) for cell in below[2:]) else []


def _steps(file: Path, rows: list[Row], columns: _Columns) -> Iterator[TableStep]:
    expected = 1
    for line, cells in rows:
        number = _cell(cells, columns.number).rstrip(".")
        if not number.isdecimal():
            continue
        if int(number) != expected:
            raise ConfigurationFault(
                file,
                line,
                f"Langkah {expected} harus ada di sini, bukan {number}.",
                f"Step {expected} belongs here, not {number}.",
            )
        if not _cell(cells, columns.activity):
            raise ConfigurationFault(
                file,
                line,
                f"Langkah {number} tidak punya kegiatan. Isi kolom 'Kegiatan'.",
                f"Step {number} has no activity. Fill in the column 'Kegiatan'.",
            )
        yield _step(line, expected, cells, columns)
        expected += 1


def _step(line: int, number: int, cells: list[str], columns: _Columns) -> TableStep:
    time, output = _cell(cells, columns.time), _cell(cells, columns.output)
    return TableStep(
        line=line,
        number=number,
        name=_sentence(_cell(cells, columns.activity)),
        lanes=tuple(lane for n, lane in columns.lane_of.items() if _cell(cells, n) not in EMPTY),
        time="" if time in EMPTY else time,
        seconds=seconds_of(time, columns.unit),
        output=None if output in EMPTY else _sentence(output),
    )


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
