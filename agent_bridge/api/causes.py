"""Peristiwa at the API: causes that many call about, their one answer, and which cases are about them."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from agent_bridge.accounts import Session
from agent_bridge.api import case_views, views
from agent_bridge.api import cause_views as said
from agent_bridge.api.at_case import AtCase, doing
from agent_bridge.api.doorway import AnyHouse, OnceAsked, actor_of, may_do, may_read
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from agent_bridge.live.screen_pop import label
from config.clock import now
from config.errors import NotFound
from ticketing.causes import book
from ticketing.causes.book import Author, NewCause
from ticketing.causes.progress import Progress, progress
from ticketing.causes.surge import Surge, surges
from ticketing.desk import linking
from ticketing.desk.matrix import Deed
from ticketing.ledger.reader import AnyRow
from ticketing.people.roles import Role
from ticketing.tickets.calendar import Calendar

router = APIRouter(prefix="/api", tags=["causes"], responses=PROBLEMS)
CauseId = Annotated[str, Path(max_length=32, examples=["3f0c2a516d0e"])]
Looking = Annotated[Session, Depends(may_read(Deed.LINK_CAUSE))]
Running = Annotated[Session, Depends(may_do(Deed.RUN_CAUSES))]
Linking = Annotated[AtCase, doing(Deed.LINK_CAUSE)]


@router.get("/causes")
async def causes(_: Looking, house: AnyHouse, over: bool = False) -> said.CauseList:
    """The causes callers are told of now, the newest first, and how far each one's answer has come.

    With `over` those that ended lately: whoever is linked to them may still wait for an answer.
    """
    return said.CauseList(causes=await asyncio.to_thread(_listed, house, over=over))


@router.get("/causes/hint")
async def hint(_: Annotated[Session, Depends(may_read(Deed.RUN_CAUSES))], house: AnyHouse) -> said.Hints:
    """Whether far more register than is usual at this hour, and about what: time to open a cause."""

    def look() -> list[Surge]:
        with house.reader.connect() as connection:
            return surges(connection, Calendar(house.office.hours), now())

    found = await asyncio.to_thread(look)
    categories = house.office.categories
    return said.Hints(
        surges=[
            said.SurgeView(
                category=label(categories.get(one.category or "")),
                last_hour=one.last_hour, usual=round(one.usual, 1),
            )
            for one in found
        ]
    )  # fmt: skip


@router.get("/causes/{cause_id}")
async def cause(cause_id: CauseId, _: Looking, house: AnyHouse) -> said.CauseView:
    """One cause, open or over, and how far its answer has come: who was told, and by which channel."""
    return await asyncio.to_thread(_one, house, cause_id)


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
    cause_id: CauseId, body: said.CauseAnswering, asked: OnceAsked, session: Running, house: AnyHouse
) -> said.CauseView:
    """One answer to everybody who is linked, now or later; again, an improved one.

    `official` names the one who gave it and answers for it, where that is not the supervisor.
    """
    author = await asyncio.to_thread(_author, house, body.official) if body.official else None
    await house.causes.answer(actor_of(session, house), asked, cause_id, body.text, author)
    return await asyncio.to_thread(_one, house, cause_id)


@router.post("/cases/{number}/cause")
async def link(body: said.CauseChoice, case: Linking) -> case_views.ActView:
    """This case is about that cause."""
    return await case.do(linking.link, body.cause_id)


@router.post("/cases/{number}/cause/unlink")
async def unlink(case: Linking) -> case_views.ActView:
    """Not about it after all ("bukan masalah saya")."""
    return await case.do(linking.unlink)


def _author(house: House, username: str) -> Author:
    """The official of that name: by their user's id, where they are a user already."""
    if username not in house.office.units.people:
        raise NotFound(
            "Pejabat itu tidak ada. Pilih dari daftar.", "There is no such official. Choose from the list."
        )
    user = house.accounts.user_named(username)
    return Author(user.user_id if user else username, Role.OFFICIAL)


def _listed(house: House, *, over: bool) -> list[said.CauseView]:
    names = house.reader.names()
    with house.reader.connect() as connection:
        rows = (book.recent if over else book.open_causes)(connection, now())
        return [_view(row, progress(connection, row), house, names) for row in rows]


def _one(house: House, cause_id: str) -> said.CauseView:
    names = house.reader.names()
    with house.reader.connect() as connection:
        row = book.cause(connection, cause_id)
        return _view(row, progress(connection, row), house, names)


def _view(row: AnyRow, so_far: Progress, house: House, names: Mapping[str, str]) -> said.CauseView:
    categories = [house.office.categories.get(code) for code in row.categories]
    same = ("cause_id", "title", "spoken", "opened_at", "until_at", "closed_at", "answer", "answered_at")
    return said.CauseView(
        **{name: getattr(row, name) for name in same},
        categories=[views.LabelView(code=c.code, id=c.label.id, en=c.label.en) for c in categories if c],
        is_spoken=row.cause_id in house.causes.open_now(),
        answered_by=names.get(row.answered_by, row.answered_by) if row.answered_by else None,
        **asdict(so_far),
    )
