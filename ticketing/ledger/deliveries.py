"""How far each text message has come on its way. That the citizen has it is a fact; this is the way there."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update

from ticketing import tables
from ticketing.case_facts import Origin
from ticketing.ledger.reader import AnyRow
from ticketing.statements import insert_for
from ticketing.tickets.messages import MessageKind

NUMBER_WITHIN = timedelta(hours=24)
"""Who called a day ago has long asked for the number, or does not need it any more."""
TEXTS_GO_OUT_WITHIN = timedelta(hours=1)
"""A text that has not gone out by then is told by a person."""

OUTBOX, DELIVERY = tables.outbox.c, tables.deliveries.c
WITH_DELIVERIES = tables.outbox.outerjoin(tables.deliveries, DELIVERY.key == OUTBOX.key)


class Delivery(StrEnum):
    """Where a message stands on its way."""

    SENDING = "sending"
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    UNSURE = "unsure"


_UNFINISHED = (Delivery.WAITING.value, Delivery.SENDING.value)


class WhyAPerson(StrEnum):
    """Why a person has to tell the citizen."""

    NO_TEXT = "no_text"
    REFUSED = "refused"
    UNSURE = "unsure"
    LATE = "late"


def due(connection: Connection, at: datetime, limit: int, but: Collection[str] = ()) -> Sequence[AnyRow]:
    """Key and ticket of what may be sent now, but for those messages; whose turn came first goes first.

    So what fails again and again stays behind what is new.
    """
    again = and_(DELIVERY.state.in_(_UNFINISHED), DELIVERY.next_try_at <= at)
    statement = (
        select(OUTBOX.key, OUTBOX.ticket_id)
        .select_from(WITH_DELIVERIES)
        .where(_is_owed(at), or_(DELIVERY.key.is_(None), again), OUTBOX.key.not_in(list(but)))
    )
    turn = func.coalesce(DELIVERY.next_try_at, OUTBOX.owed_at)
    return connection.execute(statement.order_by(turn, OUTBOX.key).limit(limit)).all()


def waiting(connection: Connection, at: datetime) -> Sequence[AnyRow]:
    """Every text that is owed, and how far it has come; the oldest first."""
    columns = (DELIVERY.state, DELIVERY.tries, DELIVERY.tried_at, DELIVERY.next_try_at)
    statement = select(OUTBOX.key, OUTBOX.ticket_id, OUTBOX.kind, OUTBOX.owed_at, *columns)
    owed = statement.select_from(WITH_DELIVERIES).where(_is_owed(at))
    return connection.execute(owed.order_by(OUTBOX.owed_at, OUTBOX.key)).all()


def stuck_since(connection: Connection, at: datetime) -> datetime | None:
    """Since when the oldest text is owed that could have gone out by now.

    One that waits for the citizen to hang up has not been tried and could not.
    """
    untried = or_(DELIVERY.key.is_(None), DELIVERY.tries > 0)
    unfinished = or_(DELIVERY.key.is_(None), DELIVERY.state.in_(_UNFINISHED))
    statement = select(OUTBOX.owed_at).select_from(WITH_DELIVERIES).where(_is_owed(at), untried, unfinished)
    found: datetime | None = connection.scalar(statement.order_by(OUTBOX.owed_at).limit(1))
    return found


def seconds_to_number(connection: Connection, since: datetime) -> list[float]:
    """How long each number took from being owed to being sent, of those owed since then; in order.

    One from a paper slip was typed in long after.
    """
    statement = (
        select(OUTBOX.owed_at, DELIVERY.tried_at)
        .select_from(WITH_DELIVERIES.join(tables.tickets, tables.tickets.c.ticket_id == OUTBOX.ticket_id))
        .where(
            tables.tickets.c.origin != Origin.PAPER.value,
            OUTBOX.kind == MessageKind.NUMBER.value,
            OUTBOX.owed_at >= since,
            DELIVERY.state == Delivery.SENT.value,
        )
    )
    return sorted((row.tried_at - row.owed_at).total_seconds() for row in connection.execute(statement))


def _is_owed(at: datetime) -> ColumnElement[bool]:
    """A text the citizen is owed; a number only for a day."""
    recent = or_(OUTBOX.kind != MessageKind.NUMBER.value, OUTBOX.owed_at > at - NUMBER_WITHIN)
    return and_(OUTBOX.told_at.is_(None), OUTBOX.by_text.is_(True), recent)


def find(connection: Connection, key: str) -> AnyRow | None:
    """How far the message has come; None where it was never tried."""
    return connection.execute(select(tables.deliveries).where(DELIVERY.key == key)).one_or_none()


def put(
    connection: Connection,
    key: str,
    state: Delivery,
    tries: int,
    at: datetime,
    next_try_at: datetime | None = None,
) -> None:
    """Write down how far the message has come."""
    row = {
        "key": key,
        "state": state.value,
        "tries": tries,
        "tried_at": at,
        "next_try_at": next_try_at,
    }
    statement = insert_for(connection.dialect.name, tables.deliveries).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=row))


def try_again(connection: Connection, at: datetime, keys: Collection[str]) -> None:
    """Let these be tried at once, as if for the first time; one that is under way goes on."""
    statement = update(tables.deliveries).where(
        DELIVERY.key.in_(list(keys)), DELIVERY.state != Delivery.SENDING.value
    )
    connection.execute(statement.values(state=Delivery.WAITING.value, tries=0, next_try_at=at))


def tasks(at: datetime) -> Select[tuple[object, ...]]:
    """Messages a person must see to, with `why`: no text reaches the citizen, or none went out.

    A number that the citizen has heard, or has on their screen or slip, is nobody's task.
    """
    call, ticket = tables.calls.c, tables.tickets.c
    why = case(
        (OUTBOX.by_text.is_(False), WhyAPerson.NO_TEXT.value),
        (DELIVERY.state == Delivery.REFUSED.value, WhyAPerson.REFUSED.value),
        (DELIVERY.state == Delivery.UNSURE.value, WhyAPerson.UNSURE.value),
        else_=WhyAPerson.LATE.value,
    )
    goes_by_itself = and_(
        OUTBOX.by_text.is_(True),
        or_(DELIVERY.key.is_(None), DELIVERY.state.not_in((Delivery.REFUSED.value, Delivery.UNSURE.value))),
        OUTBOX.owed_at >= at - TEXTS_GO_OUT_WITHIN,
    )
    heard = select(call.call_id).where(
        call.ticket_id == OUTBOX.ticket_id,
        or_(call.times_spoken > 0, call.answered_at.is_not(None)),
    )
    known = or_(heard.exists(), ticket.origin != Origin.CALL.value)
    number_known = and_(OUTBOX.kind == MessageKind.NUMBER.value, known)
    joined = WITH_DELIVERIES.join(tables.tickets, ticket.ticket_id == OUTBOX.ticket_id)
    statement = select(tables.outbox, OUTBOX.owed_at.label("place"), why.label("why")).select_from(joined)
    return statement.where(OUTBOX.told_at.is_(None), ~goes_by_itself, ~number_known)
