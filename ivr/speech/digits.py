"""Numbers, dates and times as Indonesians say them, as the names of prompts in order. Pure."""

from collections.abc import Iterable
from datetime import date, time

PAUSE = "jeda"
"""A short silence, so that a group of digits is heard as one."""
DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
WEEKDAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
MONTHS = (
    "januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober",
    "november", "desember",
)  # fmt: skip
LARGEST = 9_999_999


def spoken_digits(digits: str) -> tuple[str, ...]:
    """Digit by digit: Asterisk 22 has no Indonesian number grammar of its own."""
    return tuple(DIGITS[int(digit)] for digit in digits)


def spoken_ticket(serial: str, check_digit: str) -> tuple[str, ...]:
    """The day's part of a ticket number: the serial, a pause, the check digit."""
    return (*spoken_digits(serial), PAUSE, *spoken_digits(check_digit))


def spoken_count(number: int) -> tuple[str, ...]:
    """A whole number up to 9,999,999 in words."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is out of range")
    if number < 1000:
        return _below_thousand(number)
    if number < 1_000_000:
        thousands, rest = divmod(number, 1000)
        head = ("seribu",) if thousands == 1 else (*_below_thousand(thousands), "ribu")
    else:
        millions, rest = divmod(number, 1_000_000)
        head = (*_below_thousand(millions), "juta")
    return (*head, *spoken_count(rest)) if rest else head


def _below_thousand(number: int) -> tuple[str, ...]:
    if number < 100:
        return _below_hundred(number)
    hundreds, rest = divmod(number, 100)
    head = ("seratus",) if hundreds == 1 else (DIGITS[hundreds], "ratus")
    return (*head, *_below_hundred(rest)) if rest else head


def _below_hundred(number: int) -> tuple[str, ...]:
    if number < 10:
        return (DIGITS[number],)
    if number < 12:
        return ("sepuluh", "sebelas")[number - 10 : number - 9]
    if number < 20:
        return (DIGITS[number - 10], "belas")
    tens, rest = divmod(number, 10)
    head = (DIGITS[tens], "puluh")
    return (*head, DIGITS[rest]) if rest else head


def spoken_date(day: date) -> tuple[str, ...]:
    """Weekday, day, month and year."""
    return (
        WEEKDAYS[day.weekday()],
        *spoken_count(day.day),
        MONTHS[day.month - 1],
        *spoken_count(day.year),
    )


def spoken_time(at: time) -> tuple[str, ...]:
    """Hour and minutes; never "setengah", which is heard as the hour after."""
    minutes = ("lewat", *spoken_count(at.minute), "menit") if at.minute else ()
    return ("pukul", *spoken_count(at.hour), *minutes, "wib")


def words(names: Iterable[str]) -> str:
    """The names as a transcript shows them."""
    return " ".join(name for name in names if name != PAUSE).replace("wib", "Waktu Indonesia Barat")
