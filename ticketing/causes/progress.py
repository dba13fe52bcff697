"""How far a cause's answer has come: who is linked, who has it, who was told and how, who still waits."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, Select, String, cast, func, select

from ticketing import tables
from ticketing.case_facts import SolutionDelivered
from ticketing.ledger.reader import AnyRow

TICKET, CAUSE, JOURNAL = tables.tickets.c, tables.causes.c, tables.journal.c


@dataclass(frozen=True, slots=True)
class Progress:
    """Tickets of a cause: all of them, those that are not over, that have the newest answer, wait for it.

    `told` are those whose citizens have heard the newest answer, by the channel they heard it by.
    """

    tickets: int
    open: int
    answered: int
    waiting: int
    told: int
    channels: dict[str, int] = field(default_factory=dict)


def progress(connection: Connection, cause: AnyRow) -> Progress:
    """How far the newest answer has come. Counted by facts: nobody is told of who was not."""
    mine = TICKET.cause_id == cause.cause_id
    goes_on = TICKET.closed_at.is_(None) & TICKET.merged_into.is_(None)
    counts = select(func.count(), func.count().filter(goes_on)).where(mine)
    tickets, open_ = connection.execute(counts).one()
    if not cause.answer_version:
        return Progress(tickets, open_, 0, 0, 0)
    key = TICKET.ticket_id + f"/cause/{cause.cause_id}/{cause.answer_version}"
    answered = select(func.count()).select_from(tables.tickets).join(tables.journal, JOURNAL.key == key)
    waiting = waiting_for_answer().where(mine).subquery()
    channels = _told(connection, mine, key)
    return Progress(
        tickets=tickets,
        open=open_,
        answered=connection.scalar(answered.where(mine)) or 0,
        waiting=connection.scalar(select(func.count()).select_from(waiting)) or 0,
        told=channels.total(),
        channels=dict(channels),
    )


def waiting_for_answer(but: Collection[str] = ()) -> Select[tuple[str]]:
    """The open tickets that do not have the newest answer of their cause, if it has one; by number.

    Left out are restricted matters, and citizens who were erased: nothing can be sealed for them.
    """
    key = TICKET.ticket_id + "/cause/" + CAUSE.cause_id + "/" + cast(CAUSE.answer_version, String)
    has_it = select(JOURNAL.seq).where(JOURNAL.key == key).exists()
    persons = tables.persons
    return (
        select(TICKET.ticket_id)
        .join(tables.causes, CAUSE.cause_id == TICKET.cause_id)
        .outerjoin(persons, persons.c.person_id == TICKET.person_id)
        .where(
            CAUSE.answer_version > 0,
            TICKET.closed_at.is_(None),
            TICKET.merged_into.is_(None),
            TICKET.restricted.is_(False),
            persons.c.erased_at.is_(None),
            ~has_it,
            TICKET.ticket_id.not_in(but),
        )
        .order_by(TICKET.ticket_id)
    )


def _told(connection: Connection, mine: ColumnElement[bool], key: ColumnElement[str]) -> Counter[str]:
    """By which channel each citizen heard the newest answer last."""
    given, delivered = tables.journal.alias("given"), tables.journal.alias("delivered")
    statement = (
        select(TICKET.ticket_id, delivered.c.body["channel"].as_string())
        .join(given, given.c.key == key)
        .join(delivered, delivered.c.ticket_id == TICKET.ticket_id)
        .where(
            mine,
            delivered.c.kind == SolutionDelivered.kind,
            delivered.c.occurred_at >= given.c.occurred_at,
        )
        .order_by(delivered.c.occurred_at)
    )
    last = {row[0]: str(row[1]) for row in connection.execute(statement)}
    return Counter(last.values())
