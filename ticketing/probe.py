"""The probe's own calls in the ledger: how they are found, marked, and left out of reports.

Nobody is the probe by the number they call from: what a network writes can be written by anybody. A call is
the probe's once the probe says so in the ledger, which takes the installation's files and keys.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from config.clock import Clock
from ticketing import tables
from ticketing.case_facts import Origin
from ticketing.facts import CallMadeByProbe
from ticketing.ledger.reader import AnyRow
from ticketing.ledger.writing import Writing
from ticketing.people import complainant
from ticketing.people.privacy import Vault

CLOCKS_APART = timedelta(seconds=2)
"""How far the PBX's clock and ours may differ."""
CALL, TICKET = tables.calls.c, tables.tickets.c


def by_citizens() -> ColumnElement[bool]:
    """Of calls: not the probe's."""
    return CALL.probe.is_(False)


def of_citizens() -> ColumnElement[bool]:
    """Of tickets: not the probe's."""
    return TICKET.origin != Origin.PROBE.value


def calls_between(
    connection: Connection,
    vault: Vault,
    number: str,
    since_at: datetime,
    until_at: datetime,
    *,
    nameless: bool = False,
) -> Sequence[AnyRow]:
    """The calls that came in from `number` between two instants, marked or not.

    With `nameless` also those that are over, have no ticket, and whose number nobody kept: the backend was
    dead, and the PBX's books hold no numbers.
    """
    person_id = complainant.find(connection, vault, number)
    mine: ColumnElement[bool] = CALL.person_id == person_id if person_id else false()
    without = and_(CALL.person_id.is_(None), CALL.ticket_id.is_(None), CALL.ended_at.is_not(None))
    statement = select(tables.calls).where(
        or_(mine, without) if nameless else mine,
        CALL.arrived_at >= since_at - CLOCKS_APART,
        CALL.arrived_at <= until_at + CLOCKS_APART,
        CALL.outward.is_(False),
    )
    return connection.execute(statement.order_by(CALL.arrived_at)).all()


def mark(writing: Writing, call_id: str, clock: Clock) -> None:
    """Say that the probe made this call: its ticket is over with it. Twice is once."""
    writing.record(CallMadeByProbe(key=f"{call_id}/probe", occurred_at=clock(), call_id=call_id))
