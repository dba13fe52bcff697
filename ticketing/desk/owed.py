"""The calls the office owes: in the order of the wait already suffered, and by when they will be made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select

from config.office import Office
from ticketing import tables
from ticketing.desk.share import Room, room
from ticketing.ledger.reader import AnyRow
from ticketing.tickets.calendar import Calendar

TALKS_LOOKED_AT = 50
"""How many of the latest talks tell how long one takes."""
TICKET, CALL = tables.tickets.c, tables.calls.c


@dataclass(frozen=True, slots=True)
class Board:
    """What is owed in a queue. `done_by` is None where nobody calls, or nothing tells how long it takes."""

    owed: int
    due_today: int
    late: int
    tried: int
    longest_since_at: datetime | None
    done_by: datetime | None
    room: Room


def owed(queue: str, office: Office) -> Select[tuple[str]]:
    """The open tickets whose citizen is owed a call, whoever has waited longest first.

    Whoever wants to be written to is not among them, whichever of their tickets says so.
    """
    since = func.coalesce(TICKET.place_since_at, TICKET.registered_at)
    return (
        select(tables.tickets, since.label("since_at"))
        .join(tables.persons, tables.persons.c.person_id == TICKET.person_id)
        .where(
            TICKET.call_back_due_at.is_not(None),
            func.coalesce(TICKET.queue, office.default_queue.name) == queue,
            tables.persons.c.text_only.is_(False),
        )
        .order_by(since, TICKET.ticket_id)
    )


def can_be_tried(office: Office, at: datetime) -> ColumnElement[bool]:
    """Whether a citizen may be called now: not on the line, not called just now or too often today."""
    rules = office.call_backs
    on_the_line = exists().where(CALL.ticket_id == TICKET.ticket_id, CALL.ended_at.is_(None))
    outward = and_(CALL.ticket_id == TICKET.ticket_id, CALL.outward.is_(True))
    today = select(func.count()).where(outward, CALL.arrived_at >= Calendar.day_began(at)).scalar_subquery()
    just_now = exists().where(outward, CALL.arrived_at > at - timedelta(seconds=rules.between_tries.seconds))
    return and_(~on_the_line, ~just_now, today < rules.tries_a_day)


def next_owed(connection: Connection, queue: str, office: Office, at: datetime) -> AnyRow | None:
    """The call to be made next, of those that may be made now."""
    if not Calendar(office.hours).is_open(at):
        return None
    statement = owed(queue, office).where(can_be_tried(office, at)).limit(1)
    return connection.execute(statement).one_or_none()


def listed(connection: Connection, queue: str, office: Office, limit: int) -> Sequence[AnyRow]:
    """The first of those owed."""
    return connection.execute(owed(queue, office).limit(limit)).all()


def board(connection: Connection, queue: str, office: Office, at: datetime) -> Board:
    """How many calls are owed, and when the last of them will have been made at this pace."""
    rows = connection.execute(owed(queue, office)).all()
    now_room = room(connection, office, queue)
    closes = Calendar(office.hours).closes(at)
    today = closes or at + timedelta(days=1)
    return Board(
        owed=len(rows),
        due_today=sum(at <= row.call_back_due_at <= today for row in rows),
        late=sum(row.call_back_due_at < at for row in rows),
        tried=sum(row.call_back_tries > 0 for row in rows),
        longest_since_at=rows[0].since_at if rows else None,
        done_by=done_by(len(rows), _handle_seconds(connection), now_room.at_most, at, Calendar(office.hours)),
        room=now_room,
    )


def done_by(
    count: int, handle_seconds: float | None, agents: int, at: datetime, calendar: Calendar
) -> datetime | None:
    """When `agents` will have made that many calls, counted in the office's hours alone."""
    if not count or not agents or handle_seconds is None:
        return None
    left = timedelta(seconds=handle_seconds * count / agents)
    now = at if calendar.is_open(at) else calendar.next_opening(at)
    while (closes := calendar.closes(now)) is not None and now + left > closes:
        left -= closes - now
        now = calendar.next_opening(closes)
    return now + left


def promise_at(connection: Connection, queue: str, office: Office, at: datetime) -> datetime:
    """By when whoever asks now will have been called: today, if the calls owed before can be made today."""
    calendar = Calendar(office.hours)
    by_closing = calendar.call_back_due(at)
    before = connection.scalar(select(func.count()).select_from(owed(queue, office).subquery())) or 0
    agents = room(connection, office, queue).at_most
    done_at = done_by(before + 1, _handle_seconds(connection), agents, at, calendar)
    if done_at is None or done_at <= by_closing:
        return by_closing
    return calendar.next_day_at(max(by_closing, at), office.call_backs.put_off_until)


def _handle_seconds(connection: Connection) -> float | None:
    """How long a talk and its recap took of late, on average."""
    statement = (
        select(CALL.answered_at, CALL.wrap_up_ended_at)
        .where(CALL.answered_at.is_not(None), CALL.wrap_up_ended_at.is_not(None))
        .order_by(CALL.wrap_up_ended_at.desc())
        .limit(TALKS_LOOKED_AT)
    )
    seconds = [
        (row.wrap_up_ended_at - row.answered_at).total_seconds() for row in connection.execute(statement)
    ]
    return fmean(seconds) if seconds else None
