"""The turns of callers whose telephone asks by requests: what was replied, and where the walk stood then.

A turn is replied to once: whoever asks again, be it at the same instant on another node, gets that reply.
The walk's turns are numbered from 0 on, keys pressed in the queue after it from `IN_QUEUE` on, and below 0
is how each stay in the queue ended.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from ticketing import tables
from ticketing.ledger.reader import AnyRow
from ticketing.statements import insert_for

KEPT_FOR = timedelta(days=1)
"""No call is longer; what was keyed in is gone by then."""
IN_QUEUE = 1000
"""No walk has as many turns."""
TURN = tables.turns.c


def turn(connection: Connection, call_id: str, number: int) -> AnyRow | None:
    """That turn of the call, if it was replied to."""
    mine = (TURN.call_id == call_id) & (TURN.number == number)
    return connection.execute(select(tables.turns).where(mine)).one_or_none()


def keep(connection: Connection, call_id: str, number: int, walk: bytes, reply: bytes, at: datetime) -> bytes:
    """Keep the reply unless there is one, and return the one that is kept."""
    row = {"call_id": call_id, "number": number, "walk": walk, "reply": reply, "taken_at": at}
    statement = insert_for(connection.dialect.name, tables.turns).values(row).on_conflict_do_nothing()
    connection.execute(statement)
    kept = turn(connection, call_id, number)
    assert kept is not None
    first: bytes = kept.reply
    return first


def next_key(connection: Connection, call_id: str) -> int:
    """The number of the key that the caller will press next in the queue."""
    newest = select(func.max(TURN.number)).where(TURN.call_id == call_id, TURN.number >= IN_QUEUE)
    last: int | None = connection.scalar(newest)
    return IN_QUEUE if last is None else last + 1


def forget(connection: Connection, at: datetime) -> None:
    """Drop the turns of calls that are long over."""
    connection.execute(delete(tables.turns).where(TURN.taken_at < at - KEPT_FOR))
