"""Periodic follow-up, messages owed, duplicates and unmasking at the API."""

import asyncio
from typing import Annotated

from fastapi import APIRouter

from agent_bridge.api import case_views as said
from agent_bridge.api.at_case import AtCase, doing, ticket_id_of
from agent_bridge.api.refusals import PROBLEMS
from ticketing.desk import follow_ups, merging, personal
from ticketing.desk.matrix import Deed
from ticketing.people.pin import pin_of
from ticketing.tickets.number import from_digits

router = APIRouter(prefix="/api/cases/{number}", tags=["care for a case"], responses=PROBLEMS)
Waiting = Annotated[AtCase, doing(Deed.WAIT_FOR_CITIZEN)]
Telling = Annotated[AtCase, doing(Deed.TELL_CITIZEN)]
Merging = Annotated[AtCase, doing(Deed.MERGE)]


@router.post("/follow-ups")
async def follow_up(body: said.FollowUp, case: Annotated[AtCase, doing(Deed.FOLLOW_UP)]) -> said.ActView:
    """What was done so that the case goes on; not without text."""
    return await case.do(follow_ups.follow_up, body.text, body.result)


@router.post("/wait")
async def wait(body: said.Reasoned, case: Waiting) -> said.ActView:
    """Wait for the citizen: the office's clock pauses, the citizen's does not."""
    return await case.do(follow_ups.wait_for_citizen, body.reason)


@router.post("/wait/over")
async def wait_no_more(case: Waiting) -> said.ActView:
    """The citizen answered, or the office no longer waits."""
    return await case.do(follow_ups.wait_no_more)


@router.post("/take-over")
async def take_over(body: said.Reasoned, case: Annotated[AtCase, doing(Deed.TAKE_OVER)]) -> said.ActView:
    """A supervisor answers for the case from now on."""
    return await case.do(follow_ups.take_over, body.reason)


@router.post("/call-backs")
async def called_back(body: said.CalledBack, case: Telling) -> said.ActView:
    """The call owed to the citizen was made."""
    return await case.do(follow_ups.called_back, reached=body.reached)


@router.post("/messages/told")
async def told(body: said.Tell, case: Telling) -> said.ActView:
    """A message owed was given to the citizen."""
    return await case.do(follow_ups.told, body.message, body.channel)


@router.post("/merge")
async def merge(body: said.Merge, case: Merging) -> said.ActView:
    """The same case as another ticket, which goes on for both."""
    return await case.do(merging.merge, ticket_id_of(body.into), body.reason)


@router.post("/unmerge")
async def unmerge(body: said.Reasoned, case: Merging) -> said.ActView:
    """A case of its own after all."""
    return await case.do(merging.unmerge, body.reason)


@router.put("/contact")
async def prefer(body: said.Preference, case: Annotated[AtCase, doing(Deed.ENTER)]) -> said.ActView:
    """How the citizen wants to be reached; whoever wants text only is never called."""
    return await case.do(personal.prefer, body.contact)


@router.post("/pin")
async def read_pin(case: Annotated[AtCase, doing(Deed.ENTER)]) -> said.PinView:
    """The ticket's PIN, to be read out to the citizen on the line; the audit has it first."""
    await case.look(personal.read_pin)
    return said.PinView(
        number=from_digits(case.ticket_id).written, pin=pin_of(case.house.vault, case.ticket_id)
    )


@router.post("/unmask")
async def unmask(body: said.Unmask, case: Annotated[AtCase, doing(Deed.UNMASK)]) -> said.Unmasked:
    """One field in full, for a reason; the audit has it first. At most thirty an hour."""
    await case.look(personal.unmask, body.field, body.reason)
    value = await asyncio.to_thread(case.house.case_reader.field, case.ticket_id, body.field)
    number = from_digits(case.ticket_id).written
    return said.Unmasked(number=number, field=body.field, value=value)
