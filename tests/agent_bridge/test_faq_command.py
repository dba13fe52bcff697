"""`hotline faq` as people use it: looked at, taken out, changed, brought back, published, searched."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_bridge.cli import app


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOTLINE_LANGUAGE", "id")
    return tmp_path


def faq(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["faq", *words])
    return result.exit_code, result.output


def test_the_book_begins_with_the_offices_articles():
    code, listed = faq("list")
    assert code == 0
    assert listed.count("terbit") == 18

    assert [line[:6] for line in faq("list", "--state", "draft")[1].splitlines()] == ["KK-03 ", "MTI-01"]


def test_a_change_goes_out_to_excel_and_comes_back_to_be_published(home: Path):
    file = home / "faq.csv"
    assert faq("export", str(file)) == (0, "20 artikel ditulis.\n")
    file.write_bytes(file.read_bytes().replace(b"jemput bola.", b"jemput bola tiap Rabu."))

    assert "1 rancangan baru, 19 tidak berubah." in faq("import", str(file))[1]
    assert faq("publish", "KTP-06") == (0, "KTP-06 versi 2 terbit.\n")

    assert "tiap Rabu" in faq("show", "KTP-06")[1]
    assert "tiap Rabu" not in faq("show", "KTP-06", "--version", "1")[1]


def test_a_search_on_the_command_line_is_the_agents_search():
    assert faq("search", "ktp", "ilang")[1].startswith("KTP-01  v1")
    assert faq("search", "zzz") == (0, "Tidak ada artikel yang cocok.\n")


def test_what_cannot_be_done_is_refused_in_words(home: Path):
    (home / "salah.csv").write_text("kode;pertanyaan\n")

    for words, said in [
        (("show", "XYZ-99"), "Artikel XYZ-99 tidak ada"),
        (("publish", "KTP-01"), "tidak mempunyai rancangan"),
        (("import", str(home / "salah.csv")), "salah.csv, baris 1"),
        (("export", str(home / "tidak-ada" / "faq.csv")), "tidak dapat ditulis"),
    ]:
        code, told = faq(*words)
        assert code == 1
        assert said in told
    assert "0 celah" in faq("gaps")[1]
