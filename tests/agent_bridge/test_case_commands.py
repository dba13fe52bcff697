"""`hotline ticket`, `follow-ups` and `sop`: what they print, refuse, and leave out."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_bridge.cli import app
from agent_bridge.commands.follow_ups import NoSpan, span
from agent_bridge.house import open_ledger, read_office
from config.office import OFFICE_FOLDER
from config.settings import Settings
from tests.builders import NUMBER, CaseStory, Desk, a_call_talked, a_case_to_the_faq
from ticketing.case_facts import Track

TABLE = Path(__file__).parents[1] / "config" / "tables" / "sop_pelayanan_call_center.csv"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout


@pytest.fixture
def ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number of a ticket that an official has, in a ledger of its own."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return asyncio.run(_recorded())


async def _recorded() -> str:
    settings = Settings()
    with contextlib.closing(open_ledger(settings, read_office(settings))) as ledger:
        desk = Desk(ledger.engine, ledger.vault, ledger.journal, ledger.reader, [])
        await desk.record(a_call_talked(370, closing=362).recaps(460))
        ticket_id = desk.reader.call("pbx-1.0").ticket_id
        case = a_case_to_the_faq(CaseStory(ticket_id)).opens_dispatch(300).is_sent(330, Track.DEFERRED)
        await desk.record_case(case.is_forwarded(4000).is_followed_up(5000))
        return str(ticket_id)


def written(ticket: str) -> str:
    return f"{ticket[:6]}-{ticket[6:10]}-{ticket[10:]}"


def test_a_ticket_is_told_step_by_step_by_either_form_of_its_number(ticket: str):
    code, said = run("ticket", "show", written(ticket))

    assert (code, said) == run("ticket", "show", ticket)
    assert code == 0
    assert f"{written(ticket)}  Disposisi pejabat · Pengaduan · KTP belum jadi" in said
    assert "Penanggung jawab: pejabat.dafduk.1" in said
    assert "10. Dispatcher meneruskan keluhan masyarakat kepada pejabat terkait" in said
    assert "23/11/2026 09.05.30 - 23/11/2026 10.06.40  1 jam 1 mnt / 1 mnt  TERLAMBAT" in said
    assert "Pesan terutang: nomor tiket, perkembangan, perkembangan" in said
    assert "Tindak lanjut:" in said


def test_a_story_for_machines_and_one_to_keep_hold_nothing_of_the_citizen(ticket: str, tmp_path: Path):
    _, said = run("ticket", "show", ticket, "--json")
    code, file = run("ticket", "story", ticket, "--html", str(tmp_path / "cerita.html"))

    plain = json.loads(said)
    assert [line["step"] for line in plain["steps"]][:8] == list(range(1, 9))
    assert code == 0
    page = Path(file.strip()).read_text()
    for text in (said, page):
        assert NUMBER[1:] not in text
        assert "person_id" not in text


def test_a_page_that_cannot_be_written_is_refused_in_words(ticket: str, tmp_path: Path):
    code, said = run("ticket", "story", ticket, "--html", str(tmp_path / "tidak-ada" / "cerita.html"))

    assert code == 1
    assert "tidak dapat ditulis" in said


@pytest.mark.parametrize(
    ("number", "reason"), [("261123-0042-5", "Periksa lagi angkanya"), ("261123-0043-5", "tidak ada")]
)
def test_a_wrong_number_and_one_nobody_has_are_refused(ticket: str, number: str, reason: str):
    code, said = run("ticket", "show", number)

    assert code == 1
    assert reason in said


def test_what_falls_due_is_listed_with_its_owner(ticket: str):
    _, said = run("follow-ups", "due")
    assert written(ticket) in said
    assert "pejabat.dafduk.1" in said
    assert "1 tiket" in said

    rows = json.loads(run("follow-ups", "due", "--within", "2d", "--json")[1])
    assert {row["number"] for row in rows} <= {written(ticket)}
    assert run("follow-ups", "due", "--within", "besok")[0] == 1


@pytest.mark.parametrize(("text", "hours"), [("2d", 48), ("12 jam", 12), ("30m", 0.5), ("1 hari", 24)])
def test_a_span_is_written_as_people_write_it(text: str, hours: float):
    assert span(text).total_seconds() == hours * 3600


@pytest.mark.parametrize("text", ["", "2", "0d", "dua hari", "-1d"])
def test_what_is_no_span_is_refused(text: str):
    with pytest.raises(NoSpan):
        span(text)


def test_an_imported_table_is_checked_and_equals_the_sop_we_ship(ticket: str, tmp_path: Path):
    file = tmp_path / "sop.yaml"

    code, said = run("sop", "import", str(TABLE), "--output", str(file))
    assert code == 0
    assert " 8. Call Center Agent mencari solusi dari keluhan melalui FAQ [Call Center, 1800 detik]" in said
    assert "Langkah yang belum diamati: tidak ada" in said
    assert run("sop", "diff", str(file)) == (0, "Tidak ada yang berubah.\n")
    assert run("sop", "import", str(TABLE), "--output", str(file))[0] == 1, "it would be written over"


def test_a_faulty_sop_is_refused_with_its_line(ticket: str, tmp_path: Path):
    file = tmp_path / "sop.yaml"
    text = (OFFICE_FOLDER / "sop.yaml").read_text()
    file.write_text(text.replace("actor: dispatcher", "actor: dispacher"))

    code, said = run("sop", "check", str(file))
    assert code == 1
    line = text[: text.index("actor: dispatcher")].count("\n") + 1
    assert f"sop.yaml, baris {line}" in said
    assert "Maksudnya 'dispatcher'?" in said


def test_a_changed_sop_is_held_against_the_version_cases_began_under(ticket: str, tmp_path: Path):
    file = tmp_path / "sop.yaml"
    text = (OFFICE_FOLDER / "sop.yaml").read_text()
    file.write_text(text.replace("standard_seconds: 120", "standard_seconds: 90"))
    version = Settings()
    with contextlib.closing(open_ledger(version, read_office(version))) as ledger:
        kept = ledger.reader.sop_versions()[-1].rpartition("@")[2]

    assert run("sop", "diff", kept, str(file)) == (0, "Langkah 6, waktu (detik): 120 -> 90\n1 perubahan\n")
    code, said = run("sop", "diff", "tidak-ada")
    assert code == 1
    assert kept in said
