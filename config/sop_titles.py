"""What stands above an SOP's table: its number, its name and its dates, as Indonesian offices write them."""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from config.errors import ConfigurationFault

MONTHS = (
    "januari", "februari", "maret", "april", "mei", "juni",
    "juli", "agustus", "september", "oktober", "november", "desember",
)  # fmt: skip
EMPTY = ("", "-", "–", "—")
_TITLES = {
    "number": ("nomor sop", "no. sop", "no sop"),
    "name": ("nama sop", "judul sop"),
    "made_on": ("tgl. pembuatan", "tgl pembuatan", "tanggal pembuatan"),
    "revised_on": ("tgl. revisi", "tgl revisi", "tanggal revisi"),
    "effective_on": ("tgl. efektif", "tgl efektif", "tanggal efektif"),
}
_WRITTEN_DAY = re.compile(r"([0-9]{1,2})\s+([A-Za-z]+)\s+([0-9]{4})")
_SHORT_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")

Row = tuple[int, list[str]]
"""A line of the file, counted from 1, and its cells."""


class Titles:
    """The rows above the table: `Nomor SOP : 065/...`, in one cell or in several."""

    def __init__(self, file: Path, rows: Iterable[Row]) -> None:
        self._file = file
        self._found: dict[str, tuple[int, str]] = {}
        for line, cells in rows:
            whole = " ".join(cell for cell in cells if cell)
            for name, words in _TITLES.items():
                lengths = [len(word) for word in words if whole.casefold().startswith(word)]
                if lengths:
                    self._found[name] = (line, whole[max(lengths) :].lstrip(" :"))

    def text(self, name: str) -> str:
        """What stands there; refused where it is missing, for a case is kept under number and name."""
        _, text = self._found.get(name, (0, ""))
        if text:
            return text
        title = _TITLES[name][0].capitalize().replace("sop", "SOP")
        raise ConfigurationFault(
            self._file,
            1,
            f"'{title}' belum ada. Tambahkan baris '{title};...' di atas tabel.",
            f"'{title}' is missing. Add a row '{title};...' above the table.",
        )

    def day(self, name: str) -> date | None:
        """The date there, if one is given."""
        line, text = self._found.get(name, (0, ""))
        if text in EMPTY:
            return None
        try:
            return _day(text)
        except ValueError:
            raise ConfigurationFault(
                self._file,
                line,
                f"'{text}' bukan tanggal. Tulis seperti '30 Maret 2022'.",
                f"'{text}' is no date. Write it like '30 Maret 2022'.",
            ) from None


def _day(text: str) -> date:
    if short := _SHORT_DAY.fullmatch(text):
        return date(int(short[3]), int(short[2]), int(short[1]))
    if written := _WRITTEN_DAY.fullmatch(text):
        return date(int(written[3]), MONTHS.index(written[2].casefold()) + 1, int(written[1]))
    return date.fromisoformat(text)
