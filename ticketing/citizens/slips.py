"""Numbers for paper: reserved in the ledger beforehand, so that none is ever given to anybody else."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select

from config.errors import Refused
from ticketing import tables
from ticketing.facts import NumbersReserved, Provenance
from ticketing.ledger.reader import AnyRow, Reader
from ticketing.ledger.writing import Writing
from ticketing.tickets.number import TicketNumber

MOST = 500
RESERVED = tables.reserved_numbers.c


class TooManySlips(Refused):
    """Nobody fills in that many in one outage."""

    def __init__(self) -> None:
        super().__init__(f"Cetak 1 sampai {MOST} slip sekali jalan.", f"Print 1 to {MOST} slips at a time.")


def reserve(writing: Writing, day: date, count: int, at: datetime, by: str) -> list[TicketNumber]:
    """Take that many numbers of the day for paper. Raises TooManySlips."""
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
