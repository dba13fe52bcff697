"""The turns of callers whose telephone asks by requests: what was replied, and where the walk stood then.

A turn is replied to once: whoever asks again, be it at the same instant on another node, gets that reply.
The walk's turns are numbered from 0 on, keys pressed in the queue after it from `IN_QUEUE` on, and below 0
is how each stay in the queue ended.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from ticketing import tables
from ticketing.statements import Statement, insert_for

KEPT_FOR = timedelta(days=1)
"""No call is longer; what was keyed in is gone by then."""
IN_QUEUE = 1000
"""No walk has as many turns."""
TURN = tables.turns.c


class Turn(NamedTuple):
    """One turn: the walk as it was put away, and what was replied."""

    walk: bytes
    reply: bytes


def turn(connection: Connection, call_id: str, number: int) -> Turn | None:
    """That turn of the call, if it was replied to."""
    (found,) = _TURN.each(connection, [{"of_call": call_id, "of_number": number}])
    return Turn(*found) if found else None


def keep(connection: Connection, call_id: str, number: int, new: Turn, at: datetime) -> bytes:
    """Keep the turn unless it was replied to, and return the reply that is kept."""
    row = {"call_id": call_id, "number": number, "taken_at": at} | new._asdict()
    (kept,) = _KEEP.each(connection, [row])
    first = new if kept else turn(connection, call_id, number)
    assert first is not None
    return first.reply


def next_key(connection: Connection, call_id: str) -> int:
    """The number of the key that the caller will press next in the queue."""
    newest = select(func.max(TURN.number)).where(TURN.call_id == call_id, TURN.number >= IN_QUEUE)
    last: int | None = connection.scalar(newest)
    return IN_QUEUE if last is None else last + 1


def forget(connection: Connection, at: datetime) -> None:
    """Drop the turns of calls that are long over."""
    connection.execute(delete(tables.turns).where(TURN.taken_at < at - KEPT_FOR))


_TURN = Statement(
    lambda _: select(TURN.walk, TURN.reply).where(
        TURN.call_id == bindparam("of_call"), TURN.number == bindparam("of_number")
    )
)
_KEEP = Statement(
    lambda dialect: insert_for(dialect, tables.turns).on_conflict_do_nothing().returning(TURN.number),
    tables.turns.c.keys(),
)
