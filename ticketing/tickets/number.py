"""The ticket number: `YYMMDD`, the day's serial, and a Damm check digit (`261123-0042-4`)."""

from dataclasses import dataclass
from datetime import date, datetime

from stdnum import damm

from config.errors import Refused

SERIAL_WIDTH = 4
DATE_WIDTH = 6
SHORT_FORM_MAX = 8
"""Keys up to this many are the day's part; from 11 on they are a whole number."""


class NotATicketNumber(Refused):
    """The digits are no ticket number: too few, no date, or a wrong check digit."""

    def __init__(self) -> None:
        super().__init__(
            "Nomor tiket tidak cocok. Periksa lagi angkanya.",
            "That is not a ticket number. Please check the digits.",
        )


@dataclass(frozen=True, slots=True, order=True)
class TicketNumber:
    """One ticket's number; `day` is the Asia/Jakarta date of its registration, `serial` counts from 1.

    The serial has at least four digits and grows beyond 9,999 rather than wrap.
    """

    day: date
    serial: int

    @property
    def serial_digits(self) -> str:
        """The serial as it is spoken: `0042`."""
        return f"{self.serial:0{SERIAL_WIDTH}d}"

    @property
    def check_digit(self) -> str:
        """The Damm digit over date and serial; it catches every single slip and neighbour swap."""
        return str(damm.calc_check_digit(f"{self.day:%y%m%d}{self.serial_digits}"))

    @property
    def digits(self) -> str:
        """The whole number, digits only: the ticket's identity in the ledger."""
        return f"{self.day:%y%m%d}{self.serial_digits}{self.check_digit}"

    @property
    def written(self) -> str:
        """As people read it: `261123-0042-4`."""
        return f"{self.day:%y%m%d}-{self.serial_digits}-{self.check_digit}"

    @property
    def keys(self) -> str:
        """The day's part, digits only, as it is heard and keyed in: `00424`."""
        return f"{self.serial_digits}{self.check_digit}"

    @property
    def short(self) -> str:
        """The day's part, as it is spoken and keyed on the same day: `0042-4`."""
        return f"{self.serial_digits}-{self.check_digit}"


def from_digits(digits: str) -> TicketNumber:
    """The number written as `digits`; raises NotATicketNumber when its check digit or date is wrong."""
    digits = digits.replace("-", "").replace(" ", "")
    if len(digits) < DATE_WIDTH + SERIAL_WIDTH + 1 or not (digits.isascii() and digits.isdigit()):
        raise NotATicketNumber
    try:
        day = datetime.strptime(digits[:DATE_WIDTH], "%y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise NotATicketNumber from None
    number = TicketNumber(day, int(digits[DATE_WIDTH:-1]))
    if number.serial < 1 or number.digits != digits:
        raise NotATicketNumber
    return number


def from_keys(keys: str, today: date) -> TicketNumber:
    """The number a caller keyed in: the day's part alone gets `today` put before it."""
    if len(keys) <= SHORT_FORM_MAX:
        keys = f"{today:%y%m%d}{keys}"
    return from_digits(keys)
