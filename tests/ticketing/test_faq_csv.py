"""The FAQ book through Excel: out and back unchanged, nothing carried out, faults named by line."""

import csv
import io
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faq import ArticleText
from tests.builders import MONDAY_MORNING, OFFICE, a_desk, at
from ticketing.faq import book
from ticketing.faq.article import Article, ArticleState
from ticketing.faq.csv_files import CARRIED_OUT, CsvFault, export_csv, guarded, import_csv, save_changes

TEXT = next(article.text for article in OFFICE.faq.articles if article.text.code == "KK-01")
HEADER = "kode;pertanyaan;jawaban;kategori;sumber;pemilik;tinjau_ulang;kata_kunci\r\n"
ROW = "KK-01;Hilang?;Lapor.;20;Laman;kabid;31/12/2026;hilang\r\n"

DANGEROUS = st.builds(
    str.__add__, st.sampled_from([*CARRIED_OUT, "'", '"', ";", "=1+1|"]), st.text(max_size=20)
)
PROSE = (st.text(max_size=40) | DANGEROUS).filter(str.strip)
KEYWORDS = st.lists(st.text("abc =+-@'\";", min_size=1, max_size=12).map(lambda word: " ".join(word.split())))
TEXTS = st.builds(
    ArticleText,
    code=st.from_regex(r"[A-Z]{2,5}-[0-9]{2,3}", fullmatch=True),
    question=PROSE,
    answer=PROSE,
    category=st.sampled_from(sorted(OFFICE.categories)),
    source=PROSE,
    owner=PROSE.map(str.strip).filter(lambda owner: len(owner) <= 40),
    review_on=st.dates(),
    keywords=KEYWORDS.map(lambda words: tuple(word for word in words if word)),
)


def written(*texts: ArticleText) -> bytes:
    instant = datetime(2026, 11, 23, tzinfo=UTC)
    return export_csv(Article(text, 1, ArticleState.PUBLISHED, "x", instant) for text in texts)


def taken(content: bytes) -> list[ArticleText]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faq.csv"
        file.write_bytes(content)
        return import_csv(file, OFFICE.categories)


@given(st.lists(TEXTS, max_size=5, unique_by=lambda text: text.code))
def test_whatever_the_book_holds_comes_back_from_the_file_as_it_was(texts: list[ArticleText]):
    assert taken(written(*texts)) == texts


@given(TEXTS)
def test_no_cell_begins_as_a_formula(text: ArticleText):
    content = written(text)

    assert content.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"):
        assert not [cell for cell in row if cell.startswith(CARRIED_OUT)]


@pytest.mark.parametrize("cell", ["=1+1", "+62", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'kata"])
def test_what_a_spreadsheet_would_carry_out_is_guarded(cell: str):
    assert guarded(cell) == "'" + cell
    assert guarded(f"Tulis {cell}") == f"Tulis {cell}"


def test_codes_stay_text_and_dates_are_written_as_indonesians_write_them():
    line = (
        written(replace(TEXT, code="MEI-01", review_on=date(2027, 2, 6))).decode("utf-8-sig").splitlines()[1]
    )

    assert line.startswith('"\'MEI-01";')
    assert ';"\'20";' in line
    assert ';"06/02/2027";' in line


def test_a_file_as_excel_saves_it_is_taken():
    content = (
        "\ufeff" + HEADER + 'KK-01;Hilang?;"Lapor;\nlalu tunggu.";20;Laman;kabid;1/2/2027;a, b\r\n;;;;;;;\r\n'
    )

    (text,) = taken(content.encode())

    assert text.answer == "Lapor;\nlalu tunggu."
    assert (text.review_on, text.keywords) == (date(2027, 2, 1), ("a", "b"))


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (HEADER + ROW + ROW, 3, "tertulis dua kali"),
        (HEADER + ROW + 'KK-02;"Dua\r\nbaris";x;29;L;kabid;31/12/2026;\r\n', 3, "'kategori': '29' tidak"),
        (HEADER + ROW.replace("31/12/2026", "12/31/2026"), 2, "Tulis seperti 31/12/2026"),
        (HEADER + ROW.replace("31/12/2026", "2026-12-31"), 2, "bukan tanggal"),
        (HEADER + ROW.replace("Lapor.", ""), 2, "kolom 'jawaban': Belum diisi"),
        (HEADER + ROW.replace("KK-01", "kk 1"), 2, "seperti KTP-01"),
        (HEADER + ROW.replace("Lapor.", "Lapor; tunggu"), 2, "9 kolom, seharusnya 8"),
        (HEADER + ROW.replace("Lapor.", '"Lapor'), 2, "Tanda kutip"),
        (HEADER.replace("sumber", "sumbr") + ROW, 1, "Maksudnya 'sumber'?"),
        (HEADER.replace("sumber;", "") + ROW, 1, "Kolom 'sumber' harus ada"),
        ((HEADER + ROW).replace(";", ","), 1, "titik koma"),
        ("", 1, "harus ada"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_the_line_and_what_to_write(content: str, line: int, said: str):
    with pytest.raises(CsvFault) as refused:
        taken(content.encode())

    assert refused.value.line == line
    assert refused.value.text.id.startswith(f"faq.csv, baris {line}: ")
    assert said in refused.value.text.id
    assert refused.value.text.id != refused.value.text.en


def test_a_file_that_is_missing_or_no_utf8_is_refused(tmp_path: Path):
    with pytest.raises(CsvFault, match="CSV UTF-8"):
        taken(HEADER.encode("utf-16"))
    with pytest.raises(CsvFault, match="cannot be read"):
        import_csv(tmp_path / "none.csv", OFFICE.categories)


async def test_a_changed_row_is_a_new_draft_and_an_unchanged_one_nothing(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        await desk.journal.do(lambda c: book.seed(c, OFFICE.faq.articles, MONDAY_MORNING))
        with desk.reader.connect() as c:
            content = export_csv(book.listed(c))
        changed = (
            content.decode("utf-8-sig").replace("surat kehilangan kepolisian", "surat kepolisian").encode()
        )

        same, texts = taken(content), taken(changed)
        nothing = await desk.journal.do(lambda c: save_changes(c, same, at(60), "sari"))
        saved = await desk.journal.do(lambda c: save_changes(c, texts, at(60), "sari"))
        again = await desk.journal.do(lambda c: save_changes(c, texts, at(61), "sari"))

        assert nothing == again == []
        assert [(one.text.code, one.version, one.state) for one in saved] == [
            ("KK-01", 2, ArticleState.DRAFT)
        ]
        with desk.reader.connect() as c:
            assert book.current(c, "KK-01").version == 1
