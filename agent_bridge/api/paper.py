"""Slips of paper at the API: typed in later, under the numbers that were reserved for them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends

from agent_bridge.accounts import Session
from agent_bridge.api import citizen_views as said
from agent_bridge.api.at_case import ticket_id_of
from agent_bridge.api.doorway import AnyHouse, OnceAsked, may_do
from agent_bridge.api.refusals import PROBLEMS
from config.clock import now
from ticketing.case_facts import Origin
from ticketing.citizens.filing import Filing
from ticketing.citizens.form import Form
from ticketing.desk.matrix import Deed
from ticketing.desk.once import Answer, once
from ticketing.ledger.writing import Writing
from ticketing.tickets.number import from_digits

router = APIRouter(prefix="/api", tags=["paper"], responses=PROBLEMS)


@router.post("/paper", status_code=201)
async def take_slip(
    body: said.Slip,
    asked: OnceAsked,
    session: Annotated[Session, Depends(may_do(Deed.ENTER_PAPER))],
    house: AnyHouse,
) -> said.SlipTaken:
    """A slip becomes a ticket under its own number and time, marked as reconstructed."""
    ticket_id = ticket_id_of(body.number)
    values = body.model_dump(exclude={"type", "number", "happened_at"})
    form = Form(**values, ticket_type=body.type)
    at = now()

    def work(writing: Writing) -> Answer:
        filing = Filing(
            writing, house.vault, house.office, body.happened_at, Origin.PAPER, session.user_id,
            session.role.value,
        )  # fmt: skip

        def filed() -> Answer:
            filing.from_paper(ticket_id, body.happened_at, form, at)
            return {"ticket_id": ticket_id}

        return once(writing.connection, house.vault, session.user_id, asked, at, filed)

    await house.journal.write(work)
    ticket = await asyncio.to_thread(house.reader.ticket, ticket_id)
    assert ticket is not None
    number = from_digits(ticket_id).written
    return said.SlipTaken(number=number, state=ticket.state, warnings=said.warning_views(form))
