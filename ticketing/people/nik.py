"""The NIK: sixteen digits, area, date (a woman's day plus 40), serial. It has no check digit, so only doubts.

Nothing about the person is read off it: an area outside Surabaya is as good as any, and after corrections
the date need not be that of the birth.
"""

import re
from calendar import monthrange

from ticketing.people.field_warning import FieldWarning, a_warning

LENGTH = 16
WOMANS_DAY = 40
"""Added to the day of the month in a woman's NIK."""
CENTURIES = (1900, 2000)

_BETWEEN = re.compile(r"[\s.\-–]+")
_LETTER_O = str.maketrans("Oo", "00")
_SIXTEEN = re.compile(r"[0-9]{16}")

NOT_SIXTEEN = a_warning(
    "nik_length",
    "NIK terdiri atas 16 angka. Hitung dan periksa lagi angkanya.",
    "A NIK has 16 digits. Count the digits and check them again.",
)
DAY = a_warning(
    "nik_day",
    "Angka ke-7 dan ke-8 bukan tanggal (01-31, atau 41-71 bagi perempuan). Periksa lagi.",
    "Digits 7 and 8 are no day (01-31, or 41-71 for women). Check them again.",
)
MONTH = a_warning(
    "nik_month",
    "Angka ke-9 dan ke-10 bukan bulan (01-12). Periksa lagi.",
    "Digits 9 and 10 are no month (01-12). Check them again.",
)
NO_SUCH_DATE = a_warning(
    "nik_date",
    "Tanggal pada angka ke-7 sampai ke-12 tidak pernah ada. Periksa lagi.",
    "The date in digits 7 to 12 never was. Check it again.",
)
SERIAL = a_warning(
    "nik_serial",
    "Nomor urut NIK dimulai dari 0001; empat angka terakhir ini 0000. Periksa lagi.",
    "Serials begin at 0001; the last four digits here are 0000. Check them again.",
)


def tidy(typed: str) -> str:
    """What was typed without spaces, dots and dashes, the letter O taken for a nought."""
    return _BETWEEN.sub("", typed).translate(_LETTER_O)


def warnings(nik: str) -> tuple[FieldWarning, ...]:
    """What is doubtful about a NIK as it was typed; the agent may keep it all the same."""
    digits = tidy(nik)
    if not _SIXTEEN.fullmatch(digits):
        return (NOT_SIXTEEN,)
    serial = (SERIAL,) if digits[12:] == "0000" else ()
    return _of_date(digits) + serial


def has_a_date(digits: str) -> bool:
    """Whether the sixteen digits hold a date where a NIK has its own."""
    return not _of_date(digits)


def mask(nik: str) -> str:
    """The NIK as it may be shown: area and serial (`3578••••••••0001`); nothing of what is no NIK."""
    digits = tidy(nik)
    if not _SIXTEEN.fullmatch(digits):
        return "•" * len(digits)
    return digits[:4] + "•" * 8 + digits[12:]


def _of_date(digits: str) -> tuple[FieldWarning, ...]:
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    day -= WOMANS_DAY if day > WOMANS_DAY else 0
    wrong_day, wrong_month = not 1 <= day <= 31, not 1 <= month <= 12
    if wrong_day or wrong_month:
        return ((DAY,) if wrong_day else ()) + ((MONTH,) if wrong_month else ())
    longest = max(monthrange(century + year, month)[1] for century in CENTURIES)
    return () if day <= longest else (NO_SUCH_DATE,)
