"""The mistakes people make in types, categories, districts, units and follow-up, and what they are told."""

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigurationFault, Language
from config.office import OFFICE_FOLDER, faults, load
from tests.builders import OFFICE
from ticketing.ledger.codec import KINDS


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A copy of the office's files to make mistakes in."""
    for file in OFFICE_FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


NEEDS = "required: [category, story], follow"
NEW_ONE = '  "51": {id: Baru, en: New}\n  "98": {'
LEAVE = "leave: []"
AWAY = "leave:\n  - {{official: {}, first_day: {}, last_day: {}}}"


@pytest.mark.parametrize(
    ("file", "right", "wrong", "reason"),
    [
        ("categories.yaml", NEEDS, "required: [kategori], follow", "'kategori' tidak dikenal"),
        ("categories.yaml", NEEDS, "required: [category, stori], follow", "Maksudnya 'story'?"),
        ("categories.yaml", NEEDS, "required: story, follow", "harus ada daftar"),
        ("categories.yaml", NEEDS, "required: [story], follow", "Tambahkan 'category'"),
        ("categories.yaml", NEEDS, "follow", "'required' belum diisi"),
        ("categories.yaml", "follow_up: information}", "follow_up: informasi}", "Maksudnya 'information'?"),
        ("categories.yaml", "en: Suggestion, ", "", "'en' belum diisi"),
        ("categories.yaml", "restricted: true", "restricted: ya", "Yang ada: true, false"),
        ("categories.yaml", "follow_up: oversight", "follow_up: pengawasan", "'pengawasan' tidak dikenal"),
        ("categories.yaml", 'key: "5"', 'key: "0"', "'0' tidak dikenal"),
        ("categories.yaml", "belum jadi, en: Card", "belum jadi, label: Card", "'label' tidak dikenal"),
        ("categories.yaml", '  "98": {', NEW_ONE, 'Kategori 51 (Baru) belum ada unitnya. Tulis "51"'),
        ("districts.yaml", '"07"', "7", "bukan kode kecamatan"),
        ("districts.yaml", '"07"', '"007"', "bukan kode kecamatan"),
        ("districts.yaml", '"08"', '"07"', "dua kali"),
        ("districts.yaml", "Genteng", '""', "harus ada teks"),
        ("units.yaml", 'categories: ["30"]', 'categories: ["38"]', "'38' tidak dikenal"),
        ("units.yaml", 'categories: ["30"]', 'categories: ["30", "20"]', "20 sudah ada pada unit 'dafduk'"),
        ("units.yaml", '"95", "98", "99"', '"95", "98"', 'Tulis "99" pada categories'),
        ("units.yaml", "head: kabid.capil", 'head: ""', "harus ada teks"),
        ("units.yaml", "pejabat.piak.1: {unit: piak", "pejabat.piak.1: {unit: paik", "Maksudnya 'piak'?"),
        ("units.yaml", "deputy: kabid.piak", "deputy: kabid.pkia", "Maksudnya 'kabid.piak'?"),
        ("units.yaml", "deputy: kabid.piak", "deputy: pejabat.piak.1", "wakil dirinya sendiri"),
        ("units.yaml", "{unit: piak, deputy: kabid.piak}", "{unit: piak}", "'deputy' belum diisi"),
        ("units.yaml", "pengawasan, deputy: kadis", "pengawasan, deputy: kabid.capil", "dirahasiakan"),
        ("units.yaml", 'districts: ["12"', 'districts: ["42"', "'42' tidak dikenal"),
        ("units.yaml", "duty: [thursday", "duty: [kamis", "Yang ada: monday"),
        ("units.yaml", LEAVE, AWAY.format("pejabat.dafduk.1", "2026-12-31", "2026-12-28"), "Tukar keduanya"),
        ("units.yaml", LEAVE, AWAY.format("pejabat.dafduk.9", "2026-12-28", "2026-12-31"), "Maksudnya"),
        ("units.yaml", LEAVE, AWAY.format("kadis", "28 Desember", "2026-12-31"), "bukan tanggal"),
        ("units.yaml", "department_head: kadis\n", "", "'department_head' belum diisi"),
        ("follow_up.yaml", "again_after: 1 hari kerja", "again_after: 1 hari", "bukan jangka waktu"),
        ("follow_up.yaml", "again_after: 1 hari kerja", "again_after: 0 jam", "Tulis seperti '2 hari kerja'"),
        ("follow_up.yaml", "- [unit_head]", "- [kepala]", "'kepala' tidak dikenal"),
        ("follow_up.yaml", "- [unit_head]", "- []", "tiap tingkat paling sedikit satu orang"),
        ("follow_up.yaml", "consult_window: 180 detik", "consult_window: 180", "bukan jangka waktu"),
        ("follow_up.yaml", "    limit: 14 hari kerja\n", "", "'limit' belum diisi"),
        ("follow_up.yaml", "valid_from: 2022-05-10", "valid_from: 10 Mei 2022", "bukan tanggal"),
        ("follow_up.yaml", "tell_citizen_every:", "tell_every:", "Maksudnya 'tell_citizen_every'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_file_line_and_what_to_write(
    office: Path, file: str, right: str, wrong: str, reason: str
):
    text = (office / file).read_text()
    assert right in text
    (office / file).write_text(text.replace(right, wrong, 1))
    line = text[: text.index(right)].count("\n") + 1

    with pytest.raises(ConfigurationFault) as refused:
        load(office, facts=KINDS)

    said = refused.value.text.say(Language.INDONESIAN)
    assert reason in said
    assert f"baris {refused.value.line}" in said
    assert refused.value.text.say(Language.ENGLISH) != said
    if refused.value.file.name == file:
        assert abs(refused.value.line - line) <= 35, said
    assert [fault.text for fault in faults(office, facts=KINDS)] == [refused.value.text]


@pytest.mark.parametrize(
    ("right", "wrong", "line_of"),
    [
        ('categories: ["30"]', 'categories: ["30", "20"]', 'categories: ["30"]'),
        ("deputy: kabid.piak", "deputy: kabid.pkia", "deputy: kabid.piak"),
        ("duty: [thursday", "duty: [kamis", "duty: [thursday"),
        ("{unit: pengawasan, deputy: kadis}", "{unit: pengawasan, deputy: kabid.capil}", "{unit: pengawasan"),
    ],
)
def test_a_mistake_in_the_units_is_found_on_its_line(office: Path, right: str, wrong: str, line_of: str):
    text = (office / "units.yaml").read_text()
    (office / "units.yaml").write_text(text.replace(right, wrong, 1))

    with pytest.raises(ConfigurationFault) as refused:
        load(office, facts=KINDS)

    assert refused.value.line == text[: text.index(line_of)].count("\n") + 1


def test_every_category_of_the_office_has_a_unit_and_restricted_ones_that_of_their_own():
    units = {code: OFFICE.units.unit_for(code, OFFICE.categories) for code in OFFICE.categories}

    assert None not in units.values()
    assert {units[code].code for code in ("91", "92", "93")} == {"pengawasan"}
    assert OFFICE.units.unit_for("12345", OFFICE.categories) is None


def test_deputies_may_stand_in_for_each_other_and_the_heads_come_after_them():
    line = OFFICE.units.succession("pejabat.capil.1")

    assert line == ("pejabat.capil.1", "pejabat.capil.2", "kabid.capil", "kadis")


def test_a_week_without_an_open_day_is_refused(office: Path):
    text = (office / "hours.yaml").read_text()
    week, after = text.index("week:"), text.index("days_off:")
    (office / "hours.yaml").write_text(text[:week] + "week: {}\n" + text[after:])

    with pytest.raises(ConfigurationFault) as refused:
        load(office, facts=KINDS)

    assert "satu hari buka" in refused.value.text.id
