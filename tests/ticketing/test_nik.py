"""The NIK as citizens say it and agents type it: doubts, masking, and taking it out of free text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.people import nik, phone_number
from ticketing.people.free_text import PLACEHOLDER, take_out_niks

DIGITS = st.text("0123456789", min_size=16, max_size=16)
DAYS = st.one_of(st.integers(1, 28), st.integers(41, 68))
NIKS = st.builds(
    lambda area, day, month, year, serial: f"{area}{day:02d}{month:02d}{year:02d}{serial:04d}",
    st.integers(110101, 949999), DAYS, st.integers(1, 12), st.integers(0, 99), st.integers(1, 9999),
)  # fmt: skip
LAYOUTS = ((4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 2, 2, 2, 4), (2, 2, 2, 6, 4), (6, 2, 2, 2, 4), (12, 4), (8, 8))
SIXTEEN = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")


def codes(typed: str) -> list[str]:
    return [warning.code for warning in nik.warnings(typed)]


@pytest.mark.parametrize(
    ("typed", "doubts"),
    [
        ("3578010101900001", []),
        ("3578 0101 0190 0001", []),
        ("3578.010101.90-0001", []),
        ("3578O1O1O19OOOO1", []),
        ("3201017112990007", []),  # a woman born on the 31st, first registered elsewhere
        ("3578012902000001", []),  # 29 February 2000
        ("3578016902040001", []),  # a woman's, 2004
        ("3578010101000001", []),  # the year 00
        ("3578012902010001", ["nik_date"]),
        ("3578013104900001", ["nik_date"]),
        ("3578017104900001", ["nik_date"]),
        ("3578010001900001", ["nik_day"]),
        ("3578013201900001", ["nik_day"]),
        ("3578014001900001", ["nik_day"]),
        ("3578017201900001", ["nik_day"]),
        ("3578010113900001", ["nik_month"]),
        ("3578010000900000", ["nik_day", "nik_month", "nik_serial"]),
        ("357801010190000", ["nik_length"]),
        ("35780101019000011", ["nik_length"]),
        ("357801010190000x", ["nik_length"]),
        ("٣٥٧٨٠١٠١٠١٩٠٠٠٠١", ["nik_length"]),
        ("", ["nik_length"]),
    ],
)  # fmt: skip
def test_what_is_doubtful_about_a_nik_is_said(typed: str, doubts: list[str]):
    assert codes(typed) == doubts


@given(NIKS)
def test_a_nik_of_any_area_and_date_raises_no_doubt(number: str):
    assert nik.warnings(number) == ()


@given(st.text())
def test_anything_may_be_typed_and_each_doubt_is_told_in_both_languages(typed: str):
    for warning in (*nik.warnings(typed), *phone_number.warnings(typed)):
        assert warning.text.id != warning.text.en
        assert typed.strip() == "" or len(typed) < 4 or typed not in warning.text.id


def test_a_nik_is_shown_by_its_area_and_serial():
    assert nik.mask("3578 0101 0190 0001") == "3578••••••••0001"
    assert nik.mask("35780101") == "••••••••", "nothing of what is no NIK"


@given(NIKS)
def test_the_date_is_never_shown(number: str):
    assert nik.mask(number)[4:12] == "•" * 8


@pytest.mark.parametrize(
    ("typed", "doubts"),
    [
        ("0812-3456-7878", []),
        ("031 9925 4200", []),
        ("031 829 1234", []),
        ("0800 1234567", []),
        ("0809 1234567", ["phone_premium"]),
        ("08123", ["phone_unlikely"]),
        ("112", ["phone_unreadable"]),
        ("tidak punya", ["phone_unreadable"]),
        ("", ["phone_unreadable"]),
    ],
)
def test_what_is_doubtful_about_a_telephone_number_is_said(typed: str, doubts: list[str]):
    assert [warning.code for warning in phone_number.warnings(typed)] == doubts


@pytest.mark.parametrize(
    ("written", "kept", "found"),
    [
        ("NIK3578010101900001, tolong", "NIK[NIK], tolong", 1),
        ("nik saya 3578 0101 0190 0001 ya", "nik saya [NIK] ya", 1),
        ("nik saya 3578 - 0101 - 0190 - 0001", "nik saya [NIK]", 1),
        ("0812 3456 7890 3578 0101 0190 0001", "0812 3456 7890 [NIK]", 1),
        ("3578  0101 0190 0001", "[NIK]", 1),
        ("3578010101900001/357801.410190.0002", "[NIK]/[NIK]", 2),
    ],
)
def test_a_nik_is_taken_out_of_a_story(written: str, kept: str, found: int):
    text, niks = take_out_niks(written)

    assert text == kept
    assert len(niks) == found


@pytest.mark.parametrize(
    "written",
    [
        "telepon 0812 3456 7890 atau +62 812 3456 7890 1234",
        "0812-3456-7890-1234",
        "628123456789 1234",
        "tiket 26112300424 dan 261123-0042-4 261123-0043-1",
        "diminta Rp12.500.000-12.500.000 lalu Rp 1.000.000.000.000.000",
        "cuti 10-02-2012 03-04-2026",
        "tanggal 10-02-2026 - 13-04-2026 pukul 10.30",
        "rekening 12345678901234567",
    ],
)
def test_telephones_tickets_dates_and_amounts_stay(written: str):
    assert take_out_niks(written) == (written, ())


@given(st.lists(st.one_of(st.text(), DIGITS, NIKS)).map(" ".join))
def test_no_run_of_sixteen_digits_survives_and_all_else_is_kept(written: str):
    text, niks = take_out_niks(written)

    assert not SIXTEEN.search(text)
    pieces = text.split(PLACEHOLDER)
    if PLACEHOLDER not in written:
        assert len(pieces) == len(niks) + 1
        assert all(len(one) == 16 for one in niks)
        between = ["".join(r"[ \u00a0.\-–]*" + digit for digit in one) for one in niks]
        pattern = re.escape(pieces[0]) + "".join(
            f"(?:{one}){re.escape(piece)}" for one, piece in zip(between, pieces[1:], strict=True)
        )
        assert re.fullmatch(pattern, written, re.DOTALL)


@given(st.text("0123456789 .-", max_size=80))
def test_taking_out_twice_takes_out_no_more(written: str):
    text, _ = take_out_niks(written)

    assert take_out_niks(text) == (text, ())


@given(NIKS, st.sampled_from(LAYOUTS), st.sampled_from(" .-"), st.sampled_from(["", "NIK: ", "telp 0812 "]))
def test_a_nik_is_found_however_it_is_grouped(number: str, layout: tuple[int, ...], mark: str, before: str):
    groups, rest = [], number
    for length in layout:
        groups.append(rest[:length])
        rest = rest[length:]

    assert take_out_niks(f"{before}{mark.join(groups)}.") == (f"{before}{PLACEHOLDER}.", (number,))
