"""What handing calls out asks the ledger: who waits on a line, whose phone rings, which agents are free."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select

from ticketing import tables
from ticketing.agents.shift import ShiftState
from ticketing.calls.call import CallPhase
from ticketing.facts import AgentDidNotAnswer, AgentLegEnded, AgentRang, CallAbandoned, QueueGaveUp
from ticketing.ledger.reader import AnyRow

CALL, FACT, SHIFT = tables.calls.c, tables.journal.c, tables.shifts.c
LATER = tables.journal.alias("later").c
LEFT = (QueueGaveUp.kind, CallAbandoned.kind)
"""Facts of a caller who is in no queue any more, and may be on the line all the same."""
ENDS = (AgentDidNotAnswer.kind, AgentLegEnded.kind)
"""Facts after which a phone rings no more."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A phone that rings for a call."""

    call_id: str
    leg_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """An agent who is ready at a phone, with nothing on hand since `since_at`; last rung at `rang_at`."""

    agent_id: str
    phone: str
    since_at: datetime
    rang_at: datetime | None


def waiting(connection: Connection, line: str, limit: int) -> Sequence[AnyRow]:
    """The first of the line's callers whom nobody is rung for: call_id, rung_agent_id and since_at.

    Their places are those of `Reader.waiting_before`: who came back counts from the first time.
    """
    since = func.coalesce(tables.tickets.c.place_since_at, CALL.queued_at)
    statement = (
        select(CALL.call_id, CALL.rung_agent_id, since.label("since_at"))
        .select_from(tables.calls.outerjoin(tables.tickets, tables.tickets.c.ticket_id == CALL.ticket_id))
        .where(CALL.phase == CallPhase.WAITING.value, CALL.line == line, CALL.queue.is_not(None))
        .order_by(since, CALL.call_id)
    )
    return connection.execute(statement.limit(limit)).all()


def still_waiting(connection: Connection, call_id: str) -> AnyRow | None:
    """The call's row if its caller waits and nobody is rung for them."""
    waits = (CALL.call_id == call_id) & (CALL.phase == CallPhase.WAITING.value)
    return connection.execute(select(tables.calls).where(waits, CALL.queue.is_not(None))).one_or_none()


def phase_of(connection: Connection, call_id: str) -> CallPhase | None:
    """Where the call stands; None where it is not known."""
    phase = connection.scalar(select(CALL.phase).where(CALL.call_id == call_id))
    return CallPhase(phase) if phase else None


def ringing(connection: Connection, line: str) -> Sequence[AnyRow]:
    """The line's calls for which a phone rings: call_id, queue, leg_id and rang_at."""
    rings = CALL.phase == CallPhase.RINGING.value
    columns = CALL.call_id, CALL.queue, CALL.leg_id, CALL.rang_at
    return connection.execute(select(*columns).where(rings, CALL.line == line)).all()


def still_ringing(connection: Connection, call_id: str, leg_id: str) -> AnyRow | None:
    """The call's row if that leg rings for it."""
    rings = (CALL.phase == CallPhase.RINGING.value) & (CALL.leg_id == leg_id)
    return connection.execute(select(tables.calls).where(CALL.call_id == call_id, rings)).one_or_none()


def needless(connection: Connection, line: str, since_at: datetime) -> list[Leg]:
    """The line's phones that began to ring since then and may ring still, for nobody.

    The caller is gone, left the queue or was taken elsewhere, and no fact has ended the ring.
    """
    rung = connection.execute(_RUNG, {"of_line": line, "since_at": since_at}).all()
    legs = [Leg(row.call_id, row.body["leg_id"], row.agent_id) for row in rung if not _has_use(row)]
    if not legs:
        return []
    ends = FACT.call_id.in_({leg.call_id for leg in legs}) & FACT.kind.in_(ENDS)
    over = {body["leg_id"] for body in connection.scalars(select(FACT.body).where(ends))}
    return [leg for leg in legs if leg.leg_id not in over]


def _has_use(rung: AnyRow) -> bool:
    """Whether the caller was put through to this phone, or still would be."""
    is_of_call: bool = rung.leg_id == rung.body["leg_id"]
    return is_of_call and (rung.taken or (rung.phase == CallPhase.RINGING.value and not rung.left))


def rung_for(connection: Connection, call_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The agents who were rung for each of the calls, once for each ring."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(call_ids, ())
    mine = FACT.call_id.in_(list(call_ids)) & (FACT.kind == AgentRang.kind)
    for row in connection.execute(select(FACT.call_id, FACT.agent_id).where(mine)):
        found[row.call_id] += (row.agent_id,)
    return found


def rings_and_latest(connection: Connection, call_id: str) -> tuple[int, datetime]:
    """How often agents were rung for the call, and when the latest thing in it happened."""
    rang = func.count().filter(FACT.kind == AgentRang.kind)
    statement = select(rang, func.max(FACT.occurred_at)).where(FACT.call_id == call_id)
    count, latest_at = connection.execute(statement).one()
    return count, latest_at


def free_agents(connection: Connection) -> list[FreeAgent]:
    """The agents who may be rung. Nobody is free at a phone where another has a call on hand."""
    engaged = select(CALL.engaged_agent_id).where(CALL.engaged_agent_id.is_not(None))
    busy = set(connection.scalars(engaged))
    shifts = connection.execute(_SHIFTS).all()
    in_use = {row.phone for row in shifts if row.agent_id in busy}
    return [
        _free(row)
        for row in shifts
        if row.state == ShiftState.READY.value and row.agent_id not in busy and row.phone not in in_use
    ]


def _free(shift: AnyRow) -> FreeAgent:
    on_hand = (shift.since_at, shift.recapped_at, shift.rang_at)
    return FreeAgent(shift.agent_id, shift.phone, max(filter(None, on_hand)), shift.rang_at)


_RECAPPED = select(func.max(CALL.wrap_up_ended_at)).where(CALL.agent_id == SHIFT.agent_id)
_RANG = select(func.max(FACT.occurred_at)).where(FACT.agent_id == SHIFT.agent_id, tables.RANG)
_SHIFTS = select(
    SHIFT.agent_id,
    SHIFT.phone,
    SHIFT.state,
    SHIFT.since_at,
    _RECAPPED.scalar_subquery().label("recapped_at"),
    _RANG.scalar_subquery().label("rang_at"),
).where(SHIFT.phone.is_not(None))
_LEFT = exists().where(LATER.call_id == CALL.call_id, LATER.kind.in_(LEFT), LATER.occurred_at >= CALL.rang_at)
_RUNG = (
    select(
        FACT.call_id,
        FACT.agent_id,
        FACT.body,
        CALL.leg_id,
        CALL.phase,
        (CALL.answered_at.is_not(None) | CALL.talk_ended_at.is_not(None)).label("taken"),
        _LEFT.label("left"),
    )
    .join_from(tables.journal, tables.calls, CALL.call_id == FACT.call_id)
    # Agent by agent the index is entered where the latest rings stand.
    .where(FACT.agent_id.in_(select(SHIFT.agent_id)), tables.RANG)
    .where(FACT.occurred_at >= bindparam("since_at"), CALL.line == bindparam("of_line"))
)
