"""YAML that knows its lines: every value read can be refused with file, line and reason."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

import yaml

from config.errors import ConfigurationFault, Text

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3])\.([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Located:
    """One value of a YAML file, and where it stands."""

    file: Path
    node: yaml.Node

    @property
    def line(self) -> int:
        """The line it begins on, from 1."""
        return int(self.node.start_mark.line) + 1

    def refuse(self, id: str, en: str) -> NoReturn:
        """Refuse the file because of this value."""
        raise ConfigurationFault(self.file, self.line, id, en)

    def fields(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, "Located"]:
        """The mapping's values; keys that are missing, unknown or doubled are refused."""
        found = dict(self.pairs())
        for name, value in found.items():
            if name not in required + optional:
                value.refuse(*unknown(name, required + optional))
        for name in required:
            if name not in found:
                self.refuse(
                    f"'{name}' belum diisi. Tambahkan baris '{name}: ...'.",
                    f"'{name}' is missing. Add a line '{name}: ...'.",
                )
        return found

    def pairs(self) -> Iterator[tuple[str, "Located"]]:
        """Each key with its value; a doubled key is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("Di sini harus ada pasangan 'nama: isi'.", "Pairs of 'name: value' belong here.")
        seen: set[str] = set()
        for key, value in self.node.value:
            located = Located(self.file, key)
            name = located.text()
            if name in seen:
                located.refuse(
                    f"'{name}' tertulis dua kali. Hapus salah satunya.",
                    f"'{name}' stands here twice. Remove one of them.",
                )
            seen.add(name)
            yield name, Located(self.file, value)

    def items(self) -> Iterator["Located"]:
        """Each item of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse(
                "Di sini harus ada daftar, satu baris '- ...' tiap isi.",
                "A list belongs here, one line '- ...' for each item.",
            )
        for item in self.node.value:
            yield Located(self.file, item)

    @property
    def empty(self) -> bool:
        """Whether nothing is written here."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or self.empty or not str(self.node.value).strip():
            self.refuse(
                "Di sini harus ada teks. Tulis isinya sesudah titik dua.",
                "A text belongs here. Write it after the colon.",
            )
        return str(self.node.value).strip()

    def number(self, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        text = self.text()
        if not WHOLE_NUMBER.fullmatch(text):
            self.refuse(
                f"'{text}' bukan bilangan bulat. Tulis dengan angka saja, misalnya 30.",
                f"'{text}' is no whole number. Write digits only, such as 30.",
            )
        if int(text) < least:
            self.refuse(
                f"{text} terlalu kecil. Tulis {least} atau lebih.",
                f"{text} is too small. Write {least} or more.",
            )
        return int(text)

    def share(self) -> float:
        """A number above 0 and up to 1."""
        try:
            value = float(self.text())
        except ValueError:
            value = 0.0
        if not 0 < value <= 1:
            self.refuse(
                "Di sini harus ada angka di atas 0 sampai 1, misalnya 0.8.",
                "A number above 0 and up to 1 belongs here, such as 0.8.",
            )
        return value

    def day(self) -> date:
        """A date such as 2026-12-25."""
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            self.refuse(
                f"'{self.node.value}' bukan tanggal. Tulis seperti 2026-12-25.",
                f"'{self.node.value}' is no date. Write it like 2026-12-25.",
            )

    def clock(self) -> time:
        """A time of day such as 07.30, as Indonesian offices write it."""
        found = TIME_OF_DAY.fullmatch(self.text())
        if found is None:
            self.refuse(
                f"'{self.node.value}' bukan jam. Tulis dua angka, titik, dua angka, seperti \"07.30\".",
                f"'{self.node.value}' is no time of day. Write two digits, a dot, two digits: \"07.30\".",
            )
        return time(int(found[1]), int(found[2]))

    def label(self) -> Text:
        """A text in both languages: {id: ..., en: ...}."""
        fields = self.fields(("id", "en"))
        return Text(id=fields["id"].text(), en=fields["en"].text())

    def choice(self, allowed: tuple[str, ...]) -> str:
        """One of the words allowed here."""
        value = self.text()
        if value not in allowed:
            self.refuse(*unknown(value, allowed))
        return value


def unknown(name: str, known: Sequence[str]) -> tuple[str, str]:
    """What to say of a name that is not known: the nearest one, and all there are."""
    near = get_close_matches(name, known, 1)
    meant = (f" Maksudnya '{near[0]}'?", f" Did you mean '{near[0]}'?") if near else ("", "")
    listed = ", ".join(known)
    return (
        f"'{name}' tidak dikenal.{meant[0]} Yang ada: {listed}.",
        f"'{name}' is not known.{meant[1]} There are: {listed}.",
    )


def text_of(file: Path) -> str:
    """What stands in a file of the office; raises ConfigurationFault where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        raise ConfigurationFault(
            file,
            1,
            "Berkas tidak dapat dibaca. Kembalikan berkas itu dari cadangan.",
            "The file cannot be read. Put it back from a copy.",
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationFault(
            file,
            1,
            "Berkas bukan teks UTF-8. Simpan ulang sebagai UTF-8.",
            "The file is no UTF-8 text. Save it again as UTF-8.",
        ) from None


def read(file: Path) -> Located:
    """The whole file; raises ConfigurationFault where it cannot be read or is no YAML."""
    try:
        node = yaml.compose(text_of(file), Loader=yaml.SafeLoader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        problem = getattr(fault, "problem", None) or "?"
        raise ConfigurationFault(
            file,
            (mark.line + 1) if mark else 1,
            f"Penulisan YAML salah ({problem}). Periksa spasi di awal baris, titik dua dan tanda kutip.",
            f"This is no valid YAML ({problem}). Check the indentation, colons and quotes.",
        ) from None
    if node is None:
        raise ConfigurationFault(
            file,
            1,
            "Berkas kosong. Kembalikan isinya dari cadangan.",
            "The file is empty. Put its content back from a copy.",
        )
    return Located(file, node)


def fingerprint(text: str) -> str:
    """Twelve hexadecimal digits that change with the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
