"""An office's table becomes its sop.yaml: what is sure is filled in, the rest is said."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import ConfigurationFault
from config.sop import Sop
from config.sop_changes import changes
from config.sop_draft import REMARK, draft
from config.sop_file import read_sop
from config.sop_table import read_table, seconds_of
from config.yaml_files import read
from tests.builders import OFFICE
from ticketing.ledger.codec import KINDS

SOURCE = Path(__file__).parent / "tables" / "sop_pelayanan_call_center.csv"
"""The table of SOP 065/11590/436.7.11/2022, as the office wrote it."""
WATER = """Nomor SOP,PDAM/07/2025
Nama SOP,Penanganan Pengaduan Air
Tgl. Efektif,01/03/2025

No,Kegiatan,Pelanggan,Operator,Petugas Lapangan,Waktu (menit),Output,Ket
1,Pelanggan menelepon,,,,-,-,
2,"Operator mencatat, lalu memeriksa",,x,,"1,5",pengaduan tercatat,
3,Perbaikan di tempat,,,✓,2 jam,Air mengalir,
4,Konfirmasi,x,x,,10,,
5,Menutup laporan,,,,segera,Selesai,
"""


def imported(text: str, folder: Path, file: Path = SOURCE) -> tuple[str, Sop]:
    drafted = draft(read_table(file, text), OFFICE.sop)
    target = folder / "sop.yaml"
    target.write_text(drafted, encoding="utf-8")
    return drafted, read_sop(read(target), frozenset(KINDS))


def remarks(drafted: str, number: int) -> list[str]:
    """What the draft says of one step."""
    part = re.split(r"^  - number: \d+$", drafted, flags=re.MULTILINE)[number]
    return [line.strip().removeprefix(REMARK).strip() for line in part.splitlines() if REMARK in line]


def test_the_sources_table_gives_the_steps_we_ship(tmp_path: Path):
    drafted, sop = imported(SOURCE.read_text(), tmp_path)

    assert len(sop.steps) == len(OFFICE.sop.steps) == 15
    for ours, theirs in zip(OFFICE.sop.steps, sop.steps, strict=True):
        assert (theirs.name, theirs.standard_seconds, theirs.output) == (
            ours.name, ours.standard_seconds, ours.output,
        )  # fmt: skip
    assert sop == OFFICE.sop
    said = [line for line in drafted.splitlines() if REMARK in line]
    assert len(said) == 1
    assert "Mengonfrimasi" in said[0], "the source's slip of the pen is told, not copied"


def test_another_offices_table_says_what_is_to_be_looked_at(tmp_path: Path):
    drafted, sop = imported(WATER, tmp_path)

    assert (sop.number, sop.name, str(sop.effective_on)) == (
        "PDAM/07/2025", "Penanganan Pengaduan Air", "2025-03-01",
    )  # fmt: skip
    assert [actor.code for actor in sop.actors] == [
        "pelanggan",
        "operator",
        "petugas_lapangan",
        "service_desk",
    ]
    assert [step.standard_seconds for step in sop.steps] == [None, 90, 7200, 600, None]
    assert [step.actor for step in sop.steps] == [
        "pelanggan",
        "operator",
        "petugas_lapangan",
        "pelanggan",
        None,
    ]
    assert not any(step.observed for step in sop.steps)
    assert "read off the sentence" in remarks(drafted, 1)[1]
    assert "more than one lane" in remarks(drafted, 4)[1]
    assert "the actor is not known" in remarks(drafted, 5)[1]
    assert "the time cannot be read: segera" in remarks(drafted, 5)[2]
    assert drafted.count("the table does not give this date") == 2


def test_a_first_step_that_reads_like_a_title_is_a_step(tmp_path: Path):
    text = WATER.replace("1,Pelanggan menelepon,,,,-,-,", "1,Pelanggan menelepon,,,,-,Hasil pemeriksaan,")

    assert imported(text, tmp_path)[1].steps[0].output.id == "Hasil pemeriksaan"


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_whatever_cuts_the_columns_is_found(delimiter: str, tmp_path: Path):
    rows = [line.split(";") for line in SOURCE.read_text().splitlines()]
    quoted = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]

    assert imported("\ufeff" + "\r\n".join(quoted), tmp_path)[1] == OFFICE.sop


def test_a_known_step_keeps_its_facts_at_another_number(tmp_path: Path):
    text = SOURCE.read_text().replace(
        "3;Masyarakat menunggu", "3;Salam pembuka;;;;;;;5;;\n4;Masyarakat menunggu"
    )
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("4;Masyarakat menunggu"))
    for n in range(at + 1, len(lines)):
        number, rest = lines[n].partition(";")[::2]
        if number.isdecimal():
            lines[n] = f"{int(number) + 1};{rest}"

    _, sop = imported("\n".join(lines), tmp_path)

    assert not sop.steps[2].observed
    assert [pattern.where for pattern in sop.steps[6].starts_on] == [{"step": 6}]
    said = [change.id for change in changes(OFFICE.sop, sop)]
    assert said[0] == "Langkah 3 baru: Salam pembuka"
    assert said[1].startswith("Langkah 3 menjadi langkah 4: Masyarakat menunggu")
    assert len(said) == 14


def test_a_step_that_waits_for_one_the_table_lacks_is_not_observed(tmp_path: Path):
    text = "\n".join(line for line in SOURCE.read_text().splitlines() if line[:2] not in ("5;",))
    text = re.sub(r"^(\d+);", lambda m: f"{int(m[1]) - (int(m[1]) > 5)};", text, flags=re.MULTILINE)

    _, sop = imported(text, tmp_path)

    assert sop.steps[4].name.id.startswith("Call Center Agent melakukan pendataan")
    assert not sop.steps[4].observed


@pytest.mark.parametrize(
    ("right", "wrong", "line", "reason"),
    [
        ("Kegiatan", "Aktivitas", 1, "Tidak ada baris judul"),
        ("Nomor SOP,PDAM/07/2025\n", "", 1, "'Nomor SOP' belum ada"),
        ("01/03/2025", "31 Februari 2025", 3, "bukan tanggal"),
        ("01/03/2025", "1 Mart 2025", 3, "bukan tanggal"),
        ("Waktu (menit)", "Lama", 5, "Kolom 'Waktu (detik)' tidak ada"),
        ("3,Perbaikan", "4,Perbaikan", 8, "Langkah 3 harus ada di sini"),
        ("Perbaikan di tempat", "", 8, "Langkah 3 tidak punya kegiatan"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(right: str, wrong: str, line: int, reason: str):
    assert right in WATER
    with pytest.raises(ConfigurationFault) as refused:
        read_table(SOURCE, WATER.replace(right, wrong))

    assert refused.value.line == line
    assert reason in refused.value.text.id


CELLS = st.one_of(st.text(max_size=12), st.sampled_from(["", "-", "x", "1", "2", "5 menit", "null", "yes"]))


@given(st.lists(st.tuples(*[CELLS] * 6), min_size=1, max_size=5), st.tuples(CELLS, CELLS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_table_it_is_refused_or_becomes_a_file_that_can_be_read(
    tmp_path: Path, rows: list[tuple[str, ...]], lanes: tuple[str, str]
):
    out = io.StringIO()
    table = csv.writer(out, delimiter=";")
    table.writerows([["Nomor SOP", "1"], ["Nama SOP", "Uji"], ["No.", "Kegiatan", *lanes, "Waktu", "Output"]])
    table.writerows([n, name, *rest] for n, (name, *rest) in enumerate(rows, 1))
    try:
        read_table(SOURCE, out.getvalue())
    except ConfigurationFault:
        return

    assert len(imported(out.getvalue(), tmp_path)[1].steps) == len(rows)


@pytest.mark.parametrize(
    ("written", "unit", "seconds"),
    [
        ("30", "detik", 30), ("1.800", "detik", 1800), ("1,5", "menit", 90), ("5 menit", "detik", 300),
        ("2 jam", "menit", 7200), ("-", "detik", None), ("dua", "detik", None), ("3 hari", "detik", None),
    ],
)  # fmt: skip
def test_times_are_read_as_offices_write_them(written: str, unit: str, seconds: int | None):
    assert seconds_of(written, unit) == seconds


def test_changes_are_told_in_words_of_both_languages():
    old = OFFICE.sop
    steps = list(old.steps)
    steps[4] = replace(steps[4], standard_seconds=15, actor="dispatcher")
    steps[5] = replace(steps[5], ends_on=steps[6].ends_on[:1])
    new = replace(old, steps=tuple(steps[:14]), name="Panduan Baru")

    said = changes(old, new)
    assert [one.id for one in said] == [
        "Nama SOP: Panduan Pelaksanaan Pelayanan Call Center -> Panduan Baru",
        "Langkah 15 dihapus: Selesai",
        "Langkah 5, pelaksana: Call Center -> Dispatcher Agent",
        "Langkah 5, waktu (detik): 10 -> 15",
        "Langkah 6, selesai pada: complaint_recorded -> outline_written",
    ]
    assert said[3].en == "Step 5, seconds: 10 -> 15"
    assert changes(old, old) == ()
