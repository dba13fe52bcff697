"""How many agents call back while others wait on the line: the supervisor's share, and the room left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from config.office import Office
from ticketing import tables
from ticketing.agents.shift import ShiftState
from ticketing.calls.call import CallPhase
from ticketing.statements import insert_for

SHARE = "call_back_share_percent"
_ON_THE_LINE = (CallPhase.WAITING.value, CallPhase.RINGING.value)


@dataclass(frozen=True, slots=True)
class Room:
    """The agents of a queue at this instant. `at_most` of them may call back while somebody waits."""

    percent: int
    serving: int
    calling: int
    waiting: int

    @property
    def at_most(self) -> int:
        """How many may call back: all of them while nobody waits, one at least unless the share is 0."""
        if not self.waiting:
            return self.serving
        return max(1, self.serving * self.percent // 100) if self.percent else 0

    @property
    def is_left(self) -> bool:
        """Whether one more may begin to."""
        return self.calling < self.at_most


def room(connection: Connection, office: Office, queue: str) -> Room:
    """Who serves, who calls back and who waits in the queue now."""
    call, shift = tables.calls.c, tables.shifts.c
    engaged = connection.execute(
        select(call.engaged_agent_id, call.outward).where(call.engaged_agent_id.is_not(None))
    ).all()
    ready = connection.scalars(select(shift.agent_id).where(shift.state == ShiftState.READY.value))
    waiting = select(func.count()).where(call.queue == queue, call.phase.in_(_ON_THE_LINE))
    calling = {row.engaged_agent_id for row in engaged if row.outward}
    return Room(
        percent=percent(connection, office),
        serving=len({*ready, *(row.engaged_agent_id for row in engaged)}),
        calling=len(calling),
        waiting=connection.scalar(waiting) or 0,
    )


def percent(connection: Connection, office: Office) -> int:
    """The share in percent: as a supervisor set it, else as the office's files have it."""
    column = tables.switches.c
    value: Any = connection.scalar(select(column.value).where(column.name == SHARE))
    return office.call_backs.share_percent if value is None else int(value)


def set_percent(connection: Connection, value: int, at: datetime, by: str) -> None:
    """Set the share, from now on."""
    row = {"name": SHARE, "value": value, "set_at": at, "set_by": by}
    statement = insert_for(connection.dialect.name, tables.switches).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
