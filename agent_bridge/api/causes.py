"""Peristiwa at the API: causes that many call about, their one answer, and which cases are about them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from agent_bridge.accounts import Session
from agent_bridge.api import case_views, views
from agent_bridge.api import cause_views as said
from agent_bridge.api.at_case import AtCase, doing
from agent_bridge.api.doorway import AnyHouse, OnceAsked, actor_of, may_do, may_read
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.clock import now
from ticketing.causes import book
from ticketing.causes.book import NewCause
from ticketing.desk import linking
from ticketing.desk.matrix import Deed
from ticketing.ledger.reader import AnyRow

router = APIRouter(prefix="/api", tags=["causes"], responses=PROBLEMS)
CauseId = Annotated[str, Path(max_length=32, examples=["3f0c2a516d0e"])]
Running = Annotated[Session, Depends(may_do(Deed.RUN_CAUSES))]
Linking = Annotated[AtCase, doing(Deed.LINK_CAUSE)]


@router.get("/causes")
async def causes(
    _: Annotated[Session, Depends(may_read(Deed.LINK_CAUSE))], house: AnyHouse
) -> said.CauseList:
    """The causes callers are told of now, the newest first, and how far each one's answer has come."""
    return said.CauseList(causes=await asyncio.to_thread(_open, house))


@router.post("/causes", status_code=201)
async def open_cause(
    body: said.CauseOpening, asked: OnceAsked, session: Running, house: AnyHouse
) -> said.CauseView:
    """Open a cause: from now on callers hear it right after their number."""
    new = NewCause(body.title, body.spoken, tuple(body.categories), body.until_at)
    cause_id = await house.causes.open(actor_of(session, house), asked, new)
    return await asyncio.to_thread(_one, house, cause_id)


@router.post("/causes/{cause_id}/close")
async def close_cause(
    cause_id: CauseId, asked: OnceAsked, session: Running, house: AnyHouse
) -> said.CauseView:
    """Callers hear of it no more; who is linked still gets the answer."""
    await house.causes.close(actor_of(session, house), asked, cause_id)
    return await asyncio.to_thread(_one, house, cause_id)


@router.post("/causes/{cause_id}/answer")
async def answer_cause(
    cause_id: CauseId, body: case_views.Written, asked: OnceAsked, session: Running, house: AnyHouse
) -> said.CauseView:
    """One answer to everybody who is linked, now or later; again, an improved one."""
    await house.causes.answer(actor_of(session, house), asked, cause_id, body.text)
    return await asyncio.to_thread(_one, house, cause_id)


@router.post("/cases/{number}/cause")
async def link(body: said.CauseChoice, case: Linking) -> case_views.ActView:
    """This case is about that cause."""
    return await case.do(linking.link, body.cause_id)


@router.post("/cases/{number}/cause/unlink")
async def unlink(case: Linking) -> case_views.ActView:
    """Not about it after all ("bukan masalah saya")."""
    return await case.do(linking.unlink)


def _open(house: House) -> list[said.CauseView]:
    with house.reader.connect() as connection:
        rows = book.open_causes(connection, now())
        return [_view(row, book.linked(connection, row), house) for row in rows]


def _one(house: House, cause_id: str) -> said.CauseView:
    with house.reader.connect() as connection:
        row = book.cause(connection, cause_id)
        return _view(row, book.linked(connection, row), house)


def _view(row: AnyRow, linked: book.Linked, house: House) -> said.CauseView:
    categories = [house.office.categories.get(code) for code in row.categories]
    return said.CauseView(
        cause_id=row.cause_id,
        title=row.title,
        spoken=row.spoken,
        categories=[views.LabelView(code=c.code, id=c.label.id, en=c.label.en) for c in categories if c],
        opened_at=row.opened_at,
        until_at=row.until_at,
        closed_at=row.closed_at,
        answer=row.answer,
        answered_at=row.answered_at,
        tickets=linked.tickets,
        answered=linked.answered,
        told=linked.told,
        over=linked.over,
    )
