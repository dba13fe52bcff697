"""The FAQ book as a CSV file that Excel in Indonesian opens, changes and saves without harm.

Semicolons, UTF-8 with a byte order mark, dates as dd/mm/yyyy. A cell that Excel would carry out, or a code it
might take for a number or a date, begins with an apostrophe, taken off again on the way back.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from config.errors import Refused
from config.faq import ArticleText
from config.yaml_files import unknown
from ticketing.faq import book
from ticketing.faq.article import LABELS, Article, ArticleFault, ArticleNotFound, check, split_keywords

FIELDS = {
    "code": "kode", "question": "pertanyaan", "answer": "jawaban", "category": "kategori", "source": "sumber",
    "owner": "pemilik", "review_on": "tinjau_ulang", "keywords": "kata_kunci",
}  # fmt: skip
"""The parts of a text, and the columns they stand in."""
TOLD_ALONG = ("versi", "status")
"""Columns for people; they are not read back."""
SEPARATOR = ";"
CARRIED_OUT = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that spreadsheets take for a formula (SEC-21)."""
GUARD = "'"
KEPT_AS_TEXT = ("code", "category")
_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


class CsvFault(Refused):
    """The file cannot be taken; nothing of it was."""

    def __init__(self, file: Path, line: int, id: str, en: str) -> None:
        self.line = line
        super().__init__(f"{file.name}, baris {line}: {id}", f"{file.name}, line {line}: {en}")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a file, and the line it begins on."""

    file: Path
    line: int
    cells: dict[str, str]

    def refuse(self, column: str, id: str, en: str) -> CsvFault:
        return CsvFault(self.file, self.line, f"kolom '{column}': {id}", f"column '{column}': {en}")


def export_csv(articles: Iterable[Article]) -> bytes:
    """The articles as a file."""
    written = io.StringIO(newline="")
    # Every cell quoted: where commas separate, one cannot break out of its quotes and begin another.
    rows = csv.writer(written, delimiter=SEPARATOR, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow((*FIELDS.values(), *TOLD_ALONG))
    for article in articles:
        rows.writerow((*_cells(article.text), str(article.version), LABELS[article.state].id))
    return written.getvalue().encode("utf-8-sig")


def import_csv(file: Path, categories: Collection[str]) -> list[ArticleText]:
    """The texts of a file, checked whole; raises CsvFault with the line and what to write there."""
    texts: dict[str, ArticleText] = {}
    for row in _rows(file):
        text = _text(row)
        try:
            check(text, categories)
        except ArticleFault as fault:
            raise row.refuse(FIELDS[fault.field], fault.text.id, fault.text.en) from None
        if text.code in texts:
            raise row.refuse(FIELDS["code"], f"{text.code} tertulis dua kali. Hapus salah satu barisnya.",
                             f"{text.code} stands here twice. Remove one of the rows.")  # fmt: skip
        texts[text.code] = text
    return list(texts.values())


def save_changes(
    connection: Connection, texts: Iterable[ArticleText], at: datetime, by: str
) -> list[Article]:
    """New drafts of the texts that differ from the book's newest; the others change nothing."""
    return [
        book.save_draft(connection, text, at, by) for text in texts if _newest(connection, text.code) != text
    ]


def guarded(cell: str, *, always: bool = False) -> str:
    """The cell with an apostrophe before what a spreadsheet might carry out or change."""
    return GUARD + cell if always or cell.startswith((*CARRIED_OUT, GUARD)) else cell


def _cells(text: ArticleText) -> Iterator[str]:
    day = text.review_on
    cells = asdict(text) | {"review_on": f"{day.day:02}/{day.month:02}/{day.year:04}"}
    cells["keywords"] = ", ".join(text.keywords)
    for field in FIELDS:
        yield guarded(cells[field], always=field in KEPT_AS_TEXT)


def _rows(file: Path) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(_decoded(file), newline=""), delimiter=SEPARATOR, strict=True)
    line = 1
    try:
        columns = _columns(file, next(reader, []))
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if any(cells):
                yield _row(file, line, columns, cells)
    except csv.Error:
        raise CsvFault(
            file, line, "Tanda kutip salah. Tulis tanda kutip di dalam isi dua kali, seperti \"\".",
            "The quotes are wrong. Write a quote within a cell twice, like \"\".",
        ) from None  # fmt: skip


def _decoded(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError:
        raise CsvFault(
            file, 1, "Berkas tidak dapat dibaca. Periksa nama dan izinnya.",
            "The file cannot be read. Check its name and permissions.",
        ) from None  # fmt: skip
    except UnicodeDecodeError:
        raise CsvFault(
            file, 1, "Berkas bukan UTF-8. Di Excel simpan sebagai 'CSV UTF-8'.",
            "The file is no UTF-8. In Excel save it as 'CSV UTF-8'.",
        ) from None  # fmt: skip


def _columns(file: Path, header: list[str]) -> list[str]:
    columns = [column.strip().casefold() for column in header]
    known = (*FIELDS.values(), *TOLD_ALONG)
    if len(columns) == 1:
        raise CsvFault(
            file, 1, "Kolom harus dipisahkan titik koma (;). Simpan ulang dengan pemisah itu.",
            "Columns must be separated by semicolons (;). Save the file again with that separator.",
        )  # fmt: skip
    for column in columns:
        if column not in known:
            raise CsvFault(file, 1, *unknown(column, known))
    for column in FIELDS.values():
        if columns.count(column) != 1:
            raise CsvFault(
                file, 1, f"Kolom '{column}' harus ada satu kali. Tulis namanya di baris pertama.",
                f"The column '{column}' must be there once. Write its name in the first row.",
            )  # fmt: skip
    return columns


def _row(file: Path, line: int, columns: list[str], cells: list[str]) -> _Row:
    if len(cells) != len(columns):
        raise CsvFault(
            file, line, f"Ada {len(cells)} kolom, seharusnya {len(columns)}. Beri tanda kutip pada isi yang "
            "memuat titik koma.",
            f"There are {len(cells)} columns instead of {len(columns)}. Put quotes around a cell with a "
            "semicolon in it.",
        )  # fmt: skip
    return _Row(
        file, line, {name: cell.removeprefix(GUARD) for name, cell in zip(columns, cells, strict=True)}
    )


def _text(row: _Row) -> ArticleText:
    cells = {field: row.cells[column] for field, column in FIELDS.items()}
    cells |= {field: cells[field].strip() for field in (*KEPT_AS_TEXT, "owner")}
    keywords = split_keywords(cells.pop("keywords"))
    return ArticleText(review_on=_day(row, cells.pop("review_on")), keywords=keywords, **cells)


def _day(row: _Row, cell: str) -> date:
    found = _DAY.fullmatch(cell.strip())
    try:
        day, month, year = map(int, found.groups()) if found else (0, 0, 0)
        return date(year, month, day)
    except ValueError:
        raise row.refuse(FIELDS["review_on"], f"'{cell}' bukan tanggal. Tulis seperti 31/12/2026.",
                         f"'{cell}' is no date. Write it like 31/12/2026.") from None  # fmt: skip


def _newest(connection: Connection, code: str) -> ArticleText | None:
    try:
        return book.newest(connection, code).text
    except ArticleNotFound:
        return None
