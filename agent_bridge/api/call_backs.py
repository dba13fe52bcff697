"""Call-backs at the API: what is owed, the share of agents who call, and calling a citizen by one action."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from agent_bridge.accounts import Session
from agent_bridge.api import call_back_views as said
from agent_bridge.api.at_case import TheTicket
from agent_bridge.api.doorway import AnyHouse, OnceAsked, TheCalling, actor_of, may_do, may_read
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.clock import now
from ticketing.desk import owed, share
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer
from ticketing.ledger.reader import AnyRow
from ticketing.people.audit import write_audit
from ticketing.reports.promises import promises as count_promises
from ticketing.tickets.number import from_digits

router = APIRouter(prefix="/api", tags=["call-backs"], responses=PROBLEMS)
Calling = Annotated[Session, Depends(may_do(Deed.CALL_BACK))]
LISTED = 50


@router.get("/call-backs")
async def board(
    session: Annotated[Session, Depends(may_read(Deed.READ_BOARD))], house: AnyHouse
) -> said.CallBackBoard:
    """How many calls are owed and when they will be made; whoever has waited longest comes first."""
    return await asyncio.to_thread(_board, house, actor_of(session, house).queue)


@router.get("/promises")
async def promises(
    _: Annotated[Session, Depends(may_read(Deed.READ_BOARD))],
    house: AnyHouse,
    days: Annotated[int, Query(ge=1, le=366)] = 7,
) -> said.PromisesView:
    """What citizens were promised in the last days, and what was kept."""
    at = now()
    found = await asyncio.to_thread(count_promises, house.reader, house.office, at - timedelta(days=days), at)
    return said.PromisesView(**found.to_json())


@router.put("/call-backs/share")
async def set_share(
    body: said.Share,
    asked: OnceAsked,
    session: Annotated[Session, Depends(may_do(Deed.SET_SHARE))],
    house: AnyHouse,
) -> said.CallBackBoard:
    """How many of a hundred agents may call back while others wait on the line."""
    at = now()

    def work(connection: Connection) -> Answer:
        share.set_percent(connection, body.percent, at, session.user_id)
        write_audit(
            connection, at, session.user_id, "call_back.share", str(body.percent), role=session.role.value
        )
        return {}

    await house.once(session, asked, work)
    return await asyncio.to_thread(_board, house, actor_of(session, house).queue)


@router.post("/call-backs/next")
async def call_next(session: Calling, asked: OnceAsked, house: AnyHouse, calling: TheCalling) -> said.Placed:
    """Call whoever has waited longest: your telephone rings, then theirs."""
    answer = await calling.call_next(actor_of(session, house), asked)
    return _placed(answer)


@router.post("/cases/{number}/call")
async def call(
    session: Calling, ticket_id: TheTicket, asked: OnceAsked, house: AnyHouse, calling: TheCalling
) -> said.Placed:
    """Call this case's citizen: your telephone rings, then theirs."""
    answer = await calling.call(actor_of(session, house), ticket_id, asked)
    return _placed(answer)


def _placed(answer: Answer) -> said.Placed:
    return said.Placed(number=from_digits(answer["ticket_id"]).written, call_id=answer["call_id"])


def _board(house: House, queue: str) -> said.CallBackBoard:
    office, at = house.office, now()
    with house.reader.connect() as connection:
        found = owed.board(connection, queue, office, at)
        rows = owed.listed(connection, queue, office, LISTED)
    return said.CallBackBoard(
        owed=found.owed,
        due_today=found.due_today,
        late=found.late,
        tried=found.tried,
        longest_since_at=found.longest_since_at,
        done_by=found.done_by,
        share_percent=found.room.percent,
        calling=found.room.calling,
        at_most=found.room.at_most,
        serving=found.room.serving,
        waiting=found.room.waiting,
        calls=[call_back_line(row) for row in rows],
    )


def call_back_line(row: AnyRow) -> said.CallBackLine:
    """One call that is owed, as the pages show it."""
    return said.CallBackLine(
        number=from_digits(row.ticket_id).written,
        since_at=row.since_at,
        due_at=row.call_back_due_at,
        reason=row.call_back_reason,
        tries=row.call_back_tries,
        tried_at=row.call_back_tried_at,
    )
