"""Numbers for paper: reserved in the ledger beforehand, so that none is ever given to anybody else."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select

from config.clock import office_day
from config.errors import Refused
from ticketing import tables
from ticketing.facts import NumbersReserved, Provenance
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.writing import Writing
from ticketing.tickets.number import TicketNumber

MOST = 500
AHEAD = timedelta(days=31)
RESERVED = tables.reserved_numbers.c


class TooManySlips(Refused):
    """Nobody fills in that many in one outage."""

    def __init__(self) -> None:
        super().__init__(f"Cetak 1 sampai {MOST} slip sekali jalan.", f"Print 1 to {MOST} slips at a time.")


class NotThatDay(Refused):
    """Slips are for today or for an outage that is announced."""

    def __init__(self) -> None:
        super().__init__(
            f"Slip dicetak untuk hari ini atau sampai {AHEAD.days} hari ke depan. Tulis --day YYYY-MM-DD.",
            f"Slips are printed for today or for up to {AHEAD.days} days ahead. Write --day YYYY-MM-DD.",
        )


def reserve(writing: Writing, day: date, count: int, at: datetime, by: str) -> list[TicketNumber]:
    """Take that many numbers of the day for paper. Raises TooManySlips, NotThatDay."""
    if not office_day(at) <= day <= office_day(at) + AHEAD:
        raise NotThatDay
    if not 1 <= count <= MOST:
        raise TooManySlips
    numbers = writing.reserve_numbers(day, count)
    rows = [{"ticket_id": one.digits, "reserved_at": at, "reserved_by": by} for one in numbers]
    writing.connection.execute(insert(tables.reserved_numbers), rows)
    key = f"reserved/{numbers[0].digits}/{count}"
    writing.record(
        NumbersReserved(
            key=key, occurred_at=at, provenance=Provenance.DECLARED, day=day.isoformat(),
            first_serial=numbers[0].serial, count=count, by=by,
        )
    )  # fmt: skip
    return numbers


def unused(reader: Reader) -> Sequence[AnyRow]:
    """Slips that were printed and not typed in yet, the oldest first."""
    statement = select(tables.reserved_numbers).where(RESERVED.used_at.is_(None))
    with reader.connect() as connection:
        return connection.execute(statement.order_by(RESERVED.ticket_id)).all()
