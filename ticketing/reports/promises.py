"""Promises to citizens, counted: waits, call-backs, texts, answers; a breach is a fact like any other."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from config.office import Office
from ticketing import tables
from ticketing.calls.outcome import Outcome
from ticketing.ledger.reader import Reader
from ticketing.waits.reading import told_since

TEXT_WITHIN_SECONDS = 60.0
"""A number goes out as a text within this time of its registration."""


@dataclass(frozen=True, slots=True)
class Promises:
    """What was promised since an instant, and kept. `waits_share` is None where none could be graded."""

    waits_told: int
    waits_true: int
    waits_false: int
    waits_share: float | None
    call_backs_made: int
    call_backs_in_vain: int
    call_backs_put_off: int
    call_backs_open: int
    call_backs_late: int
    due_times_missed: int
    answers_late: int
    numbers_sent: int
    numbers_in_time: int
    texts_owed: int

    def to_json(self) -> dict[str, Any]:
        """As figures."""
        return asdict(self)


def promises(reader: Reader, office: Office, since_at: datetime, at: datetime) -> Promises:
    """Count them; reads the ledger."""
    waits = told_since(reader, office.default_queue.name, since_at, at).total
    call, ticket, outbox = tables.calls.c, tables.tickets.c, tables.outbox.c
    with reader.connect() as connection:
        outward = select(call.outcome, func.count()).where(
            call.outward.is_(True), call.arrived_at >= since_at
        )
        placed = {row[0]: row[1] for row in connection.execute(outward.group_by(call.outcome))}
        owed = ticket.call_back_due_at.is_not(None)
        sent = connection.execute(
            select(outbox.owed_at, outbox.told_at).where(
                outbox.kind == "number", outbox.by_text.is_(True), outbox.told_at >= since_at
            )
        ).all()
        return Promises(
            waits_told=waits.told,
            waits_true=waits.true,
            waits_false=waits.false,
            waits_share=waits.share,
            call_backs_made=placed.get(Outcome.ANSWERED.value, 0),
            call_backs_in_vain=placed.get(Outcome.NOT_REACHED.value, 0),
            call_backs_put_off=_facts(connection, "call_back_put_off", since_at),
            call_backs_open=_count(connection, owed),
            call_backs_late=_count(connection, owed & (ticket.call_back_due_at < at)),
            due_times_missed=_facts(connection, "due_missed", since_at),
            answers_late=_count(connection, ticket.closed_at.is_(None) & (ticket.limit_at < at)),
            numbers_sent=len(sent),
            numbers_in_time=sum(
                (row.told_at - row.owed_at).total_seconds() <= TEXT_WITHIN_SECONDS for row in sent
            ),
            texts_owed=_count(connection, outbox.told_at.is_(None) & outbox.by_text.is_(True)),
        )


def _count(connection: Connection, which: Any) -> int:
    return connection.scalar(select(func.count()).where(which)) or 0


def _facts(connection: Connection, kind: str, since_at: datetime) -> int:
    column = tables.journal.c
    return _count(connection, (column.kind == kind) & (column.occurred_at >= since_at))
