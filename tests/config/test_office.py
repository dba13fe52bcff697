"""The office's configuration: what the source says, and the mistakes people make in it."""

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigurationFault, Language
from config.office import OFFICE_FOLDER, OfficeKeeper, faults, load
from config.sop import Sop
from ivr.speech import prompts
from tests.builders import OFFICE
from ticketing.ledger.codec import KINDS

STANDARD_SECONDS = {2: 30, 3: 30, 4: 5, 5: 10, 6: 120, 7: 300, 8: 1800, 9: 60, 10: 60, 11: 1800, 12: 60,
                    13: 10, 14: 180}  # fmt: skip
"""The column "Waktu (detik)" of SOP 065/11590/436.7.11/2022."""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A copy of the office's files to make mistakes in."""
    for file in OFFICE_FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_the_sop_is_the_offices_own_step_for_step():
    sop = OFFICE.sop

    assert sop.number == "065/11590/436.7.11/2022"
    assert str(sop.effective_on) == "2022-05-10"
    assert [step.number for step in sop.steps] == list(range(1, 16))
    assert {s.number: s.standard_seconds for s in sop.steps if s.standard_seconds} == STANDARD_SECONDS
    assert sum(STANDARD_SECONDS.values()) == 4465
    assert all(step.warn_ratio == 0.8 for step in sop.steps)
    assert all(step.name.id and step.name.en for step in sop.steps)


def test_the_sop_kept_with_a_case_reads_back_the_same():
    assert Sop.from_json(OFFICE.sop.to_json()) == OFFICE.sop
    assert OFFICE.sop.version.startswith("065/11590/436.7.11/2022@")


@pytest.mark.parametrize(
    ("file", "right", "wrong", "reason"),
    [
        ("queues.yaml", "strategy: rrmemory", "strategy: ringall", "membunyikan semua"),
        ("queues.yaml", "ring_seconds: 15", "ring_seconds: lima belas", "bilangan bulat"),
        ("queues.yaml", "at_closing: serve", "at_closing: server", "Maksudnya 'serve'?"),
        ("queues.yaml", "ring_seconds: 15", "ring_secs: 15", "Maksudnya 'ring_seconds'?"),
        ("queues.yaml", "ring_seconds: 15", "ring_seconds: -3", "terlalu kecil"),
        ("queues.yaml", "  istirahat: {id: Istirahat, en: Break}", "  istirahat: Istirahat", "pasangan"),
        ("call_backs.yaml", 'prefix: "+6231"', 'prefix: "031"', "awalan nomor Indonesia"),
        ("call_backs.yaml", 'prefix: "+6231"', 'prefix: "+1900"', "awalan nomor Indonesia"),
        ("call_backs.yaml", "+628[1-357-9]", "+628[9-1]", "awalan nomor Indonesia"),
        ("call_backs.yaml", "digits: 7-8", "digits: 8-7", "banyaknya angka"),
        ("call_backs.yaml", "digits: 7-8", "digits: 7-12", "banyaknya angka"),
        ("call_backs.yaml", "between_tries: 15 menit", "between_tries: 1 hari kerja", "menit"),
        ("call_backs.yaml", "share_percent: 30", "share_percent: 130", "100 persen"),
        ("call_backs.yaml", "tries_a_day: 3", "tries_a_day: 0", "terlalu kecil"),
        ("hours.yaml", 'opens: "09.00", closes: "12.00"', 'opens: "12.00", closes: "09.00"', "terbalik"),
        ("hours.yaml", 'monday: {opens: "07.30"', 'monday: {opens: "7:30 AM"', "07.30"),
        ("hours.yaml", "saturday:", "sabtu:", "tidak dikenal"),
        ("hours.yaml", "day: 2026-12-25", "day: 2027-12-25", "2026"),
        ("hours.yaml", "day: 2026-12-25", "day: 25 Desember", "bukan tanggal"),
        ("menus.yaml", "prompts: [menu-daftar,", "prompts: [menu-daftr,", "tidak ada di prompts"),
        ("menus.yaml", '"0": person}\n  window_seconds: 3', '"0": register}\n  window_seconds: 3', "petugas"),
        ("menus.yaml", '"1": register', '"1": registrasi', "tidak dikenal"),
        ("menus.yaml", "cek-tiket:", "cek_tiket:", "tidak dikenal"),
        ("sop.yaml", "ends_on: [{fact: call_arrived}]", "warn_ratio: 0.8", "tidak dapat selesai"),
        ("sop.yaml", "fact: wrap_up_ended", "fact: wrapup_ended", "Maksudnya 'wrap_up_ended'?"),
        ("sop.yaml", "  - number: 7", "  - number: 8", "Langkah 7"),
        ("sop.yaml", "standard_seconds: 1800", "standard_seconds: 0", "terlalu kecil"),
        ("sop.yaml", "actor: dispatcher", "actor: dispacher", "Maksudnya 'dispatcher'?"),
        ("sop.yaml", "  service_desk: {id", "  meja: {id", "Lajur 'service_desk' tidak ada"),
        ("sop.yaml", "en: Dispatcher}", "en: Dispatcher, roles: [despatcher]}", "Maksudnya 'dispatcher'?"),
        ("categories.yaml", 'parent: "10"', 'parent: "19"', "belum ada"),
        ("categories.yaml", 'key: "2"', 'key: "1"', "sudah dipakai"),
        ("categories.yaml", '"99": {id: Lain-lain', '"98": {id: Lain-lain', "dua kali"),
        ("queues.yaml", "ring_seconds: 15", 'ring_seconds: ""', "teks"),
        ("queues.yaml", "ring_seconds: 15", "ring_seconds: 1_5", "angka saja"),
        ("queues.yaml", "ring_seconds: 15", "ring_seconds: yes", "bilangan bulat"),
        ("queues.yaml", "    ring_seconds: 15", "\tring_seconds: 15", "YAML"),
        ("queues.yaml", "    ring_seconds: 15", "  ring_seconds: 15", "YAML"),
        ("queues.yaml", "ring_seconds: 15", "ring_seconds: 15,", "bilangan bulat"),
        ("hours.yaml", 'monday: {opens: "07.30"', 'monday: {opens: "7.3"', "dua angka"),
        ("hours.yaml", 'monday: {opens: "07.30"', 'monday: {opens: "25.00"', "bukan jam"),
        ("hours.yaml", "day: 2026-12-25", "day: 2026-02-31", "bukan tanggal"),
        ("hours.yaml", "day: 2026-12-25", "day: 2026-12-24", "dua kali"),
        ("hours.yaml", '"2026":', '"2026a":', "bukan tahun"),
        ("menus.yaml", ', "0": person}\n  window_seconds: 3', "}\n  window_seconds: 3", "Tombol 0"),
        ("menus.yaml", '"1": register', '"1": nowhere', "Yang ada"),
        ("categories.yaml", '"10": {id: KTP elektronik', '"10": {id: KTP elektronik]', "YAML"),
        ("faq.yaml", "  KTP-02:", "  Ktp-2:", "KTP-01"),
        ("faq.yaml", "  KTP-02:", "  KTP-01:", "dua kali"),
        ("faq.yaml", 'category: "22"', 'category: "29"', "tidak dikenal"),
        ("faq.yaml", "state: draft", "state: drat", "Maksudnya 'draft'?"),
        ("faq.yaml", "review_on: 2026-12-31", "review_on: 31/12/2026", "bukan tanggal"),
        ("faq.yaml", "keywords: [meninggal,", 'keywords: ["meninggal, mati",', "koma"),
        ("messages.id.yaml", "PIN {pin}.", "PIN.", "harus memuat {pin}"),
        ("messages.id.yaml", "PIN {pin}.", "PIN {pn}.", "'{pn}' tidak dikenal"),
        ("messages.id.yaml", "Tiket {number}: {solution} Bila", "Tiket {number}: Bila", "memuat {solution}"),
        ("messages.id.yaml", "paling lambat {date}", "hari ini", "harus memuat {date}"),
        ("messages.id.yaml", "menghubungi {elsewhere}", "bertanya ke sana", "harus memuat {elsewhere}"),
        ("messages.id.yaml", "ke {unit}", "ke {official}", "'{official}' tidak dikenal"),
        ("messages.id.yaml", "PIN {pin}.", "PIN {pin}} .", "Kurung kurawal"),
        ("messages.id.yaml", "ini gratis.", "ini gratis – selalu.", "bukan huruf SMS"),
        ("messages.id.yaml", "ini gratis.", "ini gratis dan tidak dipungut biaya apa pun.", "Pendekkan"),
        ("messages.id.yaml", "  unmerged:", "  terpisah:", "tidak dikenal"),
        ("messages.id.yaml", "restricted:", "rahasia:", "tidak dikenal"),
        ("messages.id.yaml", "tekan 3 atau {web}", "tekan 3 atau web", "harus memuat {web}"),
        ("faq.yaml", "    ilang: hilang", "    ilang2: hilang", "bukan kata"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_file_line_and_reason(
    office: Path, file: str, right: str, wrong: str, reason: str
):
    text = (office / file).read_text()
    assert right in text
    (office / file).write_text(text.replace(right, wrong, 1))
    line = text[: text.index(right)].count("\n") + 1

    with pytest.raises(ConfigurationFault) as refused:
        load(
            office,
            prompts={prompt for menu in OFFICE.menus.values() for prompt in menu.prompts},
            facts=KINDS,
        )

    said = refused.value.text.say(Language.INDONESIAN)
    assert refused.value.file.name == file
    assert abs(refused.value.line - line) <= 6, said
    assert f"{file}, baris {refused.value.line}" in said
    assert reason in said
    assert refused.value.text.say(Language.ENGLISH) != said


def test_a_missing_file_and_one_that_is_no_text_are_refused(office: Path):
    (office / "queues.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationFault, match="UTF-8"):
        load(office)
    (office / "queues.yaml").unlink()
    with pytest.raises(ConfigurationFault, match=r"queues\.yaml, line 1"):
        load(office)


def test_a_fault_of_the_messages_is_among_those_a_check_names(office: Path):
    file = office / "messages.id.yaml"
    file.write_text(file.read_text().replace("{pin}", "{pn}", 1))

    assert [fault.file.name for fault in faults(office, facts=KINDS)] == ["messages.id.yaml"]


@pytest.mark.parametrize("wrong", ["state: drat", "state: draft\n    keyword: [x]"])
def test_a_fault_of_the_faq_is_among_those_a_check_names(office: Path, wrong: str):
    file = office / "faq.yaml"
    file.write_text(file.read_text().replace("state: draft", wrong, 1))

    assert [fault.file.name for fault in faults(office, facts=KINDS)] == ["faq.yaml"]


def test_the_last_good_configuration_goes_on(office: Path):
    keeper = OfficeKeeper(office, prompts=(), facts=KINDS)
    before = keeper.office
    text = (office / "queues.yaml").read_text()
    (office / "queues.yaml").write_text(text.replace("rrmemory", "ringall"))

    with pytest.raises(ConfigurationFault):
        keeper.reload()
    assert keeper.office is before

    (office / "queues.yaml").write_text(text.replace("ring_seconds: 15", "ring_seconds: 20"))
    assert keeper.reload().default_queue.ring_seconds == 20


def test_a_prompt_that_the_hotline_itself_says_cannot_be_left_out(office: Path):
    file = office / "prompts.id.yaml"
    file.write_text(file.read_text().replace("semua-sibuk:", "semua-sibuk-sekali:"))

    with pytest.raises(ConfigurationFault) as fault:
        prompts.load(office)

    assert "'semua-sibuk' tidak ada" in fault.value.text.id
