"""Reading cases: lists by time left, one case whole, messages owed, notices, what a form may hold."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from agent_bridge.accounts import Session
from agent_bridge.api import case_answers, views
from agent_bridge.api import case_views as said
from agent_bridge.api.at_case import TheTicket
from agent_bridge.api.doorway import AnyHouse, actor_of, may_read
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.clock import now
from ticketing.desk import dispatching
from ticketing.desk.matrix import Deed, may
from ticketing.tickets.number import from_digits

router = APIRouter(prefix="/api", tags=["cases"], responses=PROBLEMS)
Reader = Annotated[Session, Depends(may_read(Deed.READ_CASES))]
Cursor = Annotated[str | None, Query(max_length=80, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]
PAGE = 50


@router.get("/cases")
async def cases(
    session: Reader,
    house: AnyHouse,
    mine: bool = False,
    over: bool = False,
    after: Cursor = None,
    limit: Limit = PAGE,
) -> said.CaseList:
    """Cases you see, the least time left first; `mine` are those you or your team answer for."""
    actor, office, at = actor_of(session, house), house.office, now()
    page = await asyncio.to_thread(
        lambda: house.case_reader.cases(actor, office, at, mine=mine, over=over, after=after, limit=limit)
    )
    names = await asyncio.to_thread(house.reader.names)
    lines = [case_answers.case_line(dict(row._mapping), office, names, at) for row in page.rows]
    return said.CaseList(cases=lines, next_cursor=page.next_cursor)


@router.get("/cases/{number}")
async def case(session: Reader, ticket_id: TheTicket, house: AnyHouse) -> said.CaseView:
    """One case, whole: identity masked, words, steps with their times and provenance, both clocks."""
    return await asyncio.to_thread(_whole, house, session, ticket_id, now())


@router.get("/cases/{number}/duplicates")
async def duplicates(session: Reader, ticket_id: TheTicket, house: AnyHouse) -> said.CaseList:
    """Open cases that may be this one: of the same line, NIK or phone number."""
    actor, office, at = actor_of(session, house), house.office, now()
    await asyncio.to_thread(house.case_reader.case, actor, ticket_id, office, at)
    rows = await asyncio.to_thread(house.case_reader.duplicates, actor, ticket_id, office, at)
    names = await asyncio.to_thread(house.reader.names)
    lines = [case_answers.case_line(dict(row._mapping), office, names, at) for row in rows]
    return said.CaseList(cases=lines, next_cursor=None)


@router.get("/messages")
async def messages(
    session: Annotated[Session, Depends(may_read(Deed.TELL_CITIZEN))],
    house: AnyHouse,
    after: Cursor = None,
    limit: Limit = PAGE,
) -> said.MessageList:
    """Messages citizens are owed that a person must give them, the oldest first, and why."""
    actor, read = actor_of(session, house), house.case_reader.messages_owed
    page = await asyncio.to_thread(read, actor, house.office, now(), after=after, limit=limit)
    owed = [case_answers.message_view(dict(row._mapping)) for row in page.rows]
    return said.MessageList(messages=owed, next_cursor=page.next_cursor)


@router.get("/notices")
async def notices(
    session: Annotated[Session, Depends(may_read(Deed.READ_NOTICES))],
    house: AnyHouse,
    after: Cursor = None,
    limit: Limit = PAGE,
) -> said.NoticeList:
    """Due times that passed and that you are told of, the newest first."""
    actor, read = actor_of(session, house), house.case_reader.notices
    page = await asyncio.to_thread(read, actor, house.office, now(), after=after, limit=limit)
    told = [
        said.NoticeView(
            number=from_digits(row.ticket_id).written, level=row.level, due_at=row.due_at, at=row.at
        )
        for row in page.rows
    ]
    return said.NoticeList(notices=told, next_cursor=page.next_cursor)


@router.get("/choices")
async def choices(
    _: Annotated[Session, Depends(may_read(Deed.READ_PROCEDURE))], house: AnyHouse
) -> said.ChoicesView:
    """What a form may be filled with, what each type requires, to whom a case can go, and the SOP's steps."""
    office = house.office
    names = await asyncio.to_thread(house.reader.names)
    types = [views.LabelView(code=t.code, id=t.label.id, en=t.label.en) for t in office.types.values()]
    matters = office.categories.values()
    steps = [
        said.SopStepView(
            step=step.number, id=step.name.id, en=step.name.en, actor=step.actor,
            standard_seconds=step.standard_seconds, warn_seconds=step.warn_seconds,
        )
        for step in office.sop.steps
    ]  # fmt: skip
    return said.ChoicesView(
        types=types,
        required={kind.code: list(kind.required) for kind in office.types.values()},
        categories=[views.LabelView(code=c.code, id=c.label.id, en=c.label.en) for c in matters],
        districts=[views.LabelView(code=code, id=name, en=name) for code, name in office.districts.items()],
        units=[case_answers.unit_view(unit, office, names) for unit in office.units.units.values()],
        steps=steps,
        sop_version=office.sop.version,
    )


@router.get("/cases/{number}/suggestion")
async def suggestion(
    session: Annotated[Session, Depends(may_read(Deed.FORWARD))], ticket_id: TheTicket, house: AnyHouse
) -> said.SuggestionView:
    """Whom the hotline suggests: by category, district and duty roster, nobody who is on leave."""
    actor, office, at = actor_of(session, house), house.office, now()
    found = await asyncio.to_thread(house.case_reader.case, actor, ticket_id, office, at)
    made = dispatching.suggestion(office, found.standing, at)
    return said.SuggestionView(
        unit=made.unit, official=made.official, acting_for=made.acting_for, why=made.why.id
    )


def _whole(house: House, session: Session, ticket_id: str, at: datetime) -> said.CaseView:
    reader, office = house.case_reader, house.office
    actor = actor_of(session, house)
    found = reader.case(actor, ticket_id, office, at)
    typist = actor.user_id if reader.in_talk(actor, ticket_id) else None
    sop = house.reader.sop(found.ticket["sop_version"]) or office.sop
    phone = house.reader.masked_number(found.ticket["person_id"])
    children = reader.children(ticket_id)
    names = house.reader.names()
    words = reader.words(found)
    if not may(session.role, Deed.ENTER):
        words = replace(words, draft=None)
    view = case_answers.case_view(found, words, children, office, sop, names, at, phone, typist)
    # Said in whichever case of theirs, it holds for this one too.
    wants_text = view.text_only or house.reader.wants_text(found.ticket["person_id"])
    return view.model_copy(update={"text_only": wants_text})
