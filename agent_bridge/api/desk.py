"""The agent's desk: phone, readiness, wrap-up, and the end of a call."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request

from agent_bridge.api import views
from agent_bridge.api.doorway import ActingAgent, Agent, AnyHouse, TheRoster, asked_host
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.clock import now
from config.errors import Conflict, NotFound
from ivr.providers.provider import Phone, Provider
from ticketing import facts
from ticketing.agents.shift import ShiftState
from ticketing.calls.call import CallPhase
from ticketing.facts import Provenance, Report
from ticketing.ledger.reader import AnyRow

router = APIRouter(prefix="/api", tags=["desk"], responses=PROBLEMS)
CallId = Annotated[str, Path(max_length=80, examples=["pbx-1764000000.42"])]
BROWSER: Final = "browser"


@router.get("/desk")
async def desk(session: Agent, house: AnyHouse) -> views.DeskView:
    """Everything on the agent's desk."""
    return await asyncio.to_thread(house.desks.view, session.user_id, session.name)


@router.get("/desk/choices")
async def choices(_: Agent, house: AnyHouse) -> views.DeskChoices:
    """The phones and the not-ready reasons an agent may choose from."""
    phones = []
    if house.telephones:
        if house.telephones.phones("agent", BROWSER):
            phones.append(views.PhoneChoice(phone=BROWSER, label=BROWSER))
        desks = house.telephones.phones("agent", "sip")
        phones += [views.PhoneChoice(phone=phone.address, label=phone.account) for phone in desks]
    reasons = house.office.not_ready_reasons.items()
    return views.DeskChoices(
        phones=phones,
        not_ready_reasons=[views.LabelView(code=code, id=text.id, en=text.en) for code, text in reasons],
    )


@router.post("/desk/phone")
async def take_phone(
    body: views.TakePhone, session: ActingAgent, request: Request, house: AnyHouse, roster: TheRoster
) -> views.PhoneView:
    """Sit down at a phone; a browser gets an account of its own for the shift."""
    phone = _phone(house, body.phone, session.user_id)
    await roster.sit_down(session.user_id, phone.address)
    sip = sip_account(house.provider, phone, request) if phone.kind == BROWSER else None
    return views.PhoneView(phone=body.phone, sip=sip)


@router.delete("/desk/phone", status_code=204)
async def leave_phone(session: ActingAgent, roster: TheRoster) -> None:
    """Get up from the phone."""
    await roster.leave(session.user_id)


@router.post("/desk/ready", status_code=204)
async def ready(session: ActingAgent, roster: TheRoster) -> None:
    """May be rung from now on."""
    await roster.become_ready(session.user_id)


@router.post("/desk/not-ready", status_code=204)
async def not_ready(body: views.NotReady, session: ActingAgent, house: AnyHouse, roster: TheRoster) -> None:
    """May not be rung, and why."""
    if body.reason not in house.office.not_ready_reasons:
        raise NotFound("Alasan itu tidak ada.", "There is no such reason.")
    await roster.become_not_ready(session.user_id, body.reason)


@router.post("/desk/wrap-up/extend", status_code=204)
async def extend_wrap_up(body: views.ExtendWrapUp, session: ActingAgent, roster: TheRoster) -> None:
    """More time for the recap."""
    await roster.extend_wrap_up(session.user_id, body.seconds)


@router.post("/desk/wrap-up/end", status_code=204)
async def end_wrap_up(session: ActingAgent, roster: TheRoster) -> None:
    """The recap is written."""
    await roster.end_wrap_up(session.user_id)


@router.post("/calls/{call_id}/closing", status_code=204)
async def start_closing(call_id: CallId, session: ActingAgent, house: AnyHouse) -> None:
    """The agent begins to close the call: SOP step 13."""
    own_talk(house, call_id, session.user_id)
    await _declare(house, facts.ClosingStarted, f"{call_id}/closing", call_id, session.user_id)


@router.post("/calls/{call_id}/hang-up", status_code=204)
async def hang_up(call_id: CallId, session: ActingAgent, house: AnyHouse) -> None:
    """End the call from the agent's side."""
    call = own_talk(house, call_id, session.user_id)
    await house.provider.control.hang_up(call.leg_id)
    await _declare(house, facts.AgentHungUp, f"{call_id}/hung-up", call_id, session.user_id)


async def _declare(
    house: House,
    kind: type[facts.ClosingStarted] | type[facts.AgentHungUp],
    key: str,
    call_id: str,
    agent_id: str,
) -> None:
    """Record what the agent said by pressing a key."""
    fact = kind(
        key=key, occurred_at=now(), provenance=Provenance.DECLARED, call_id=call_id, agent_id=agent_id
    )
    await house.journal.record(Report(fact))


def sip_account(provider: Provider, phone: Phone, request: Request) -> views.SipAccount:
    """What the browser that asks needs to register as `phone`."""
    return views.SipAccount(**asdict(provider.browser_account(phone, asked_host(request))))


def _phone(house: House, wanted: str, agent_id: str) -> Phone:
    """The phone asked for; for a browser the agent's own account, else one nobody sits at."""
    shifts = [s for s in house.reader.shifts() if s.state != ShiftState.SIGNED_OUT]
    mine = {shift.phone for shift in shifts if shift.agent_id == agent_id}
    taken = {shift.phone for shift in shifts} - mine
    known = house.provider.phones("agent", "browser" if wanted == BROWSER else "sip")
    phones = [phone for phone in known if wanted in (BROWSER, phone.address)]
    if not phones:
        raise NotFound("Telepon itu tidak ada.", "There is no such phone.")
    free = [phone for phone in phones if phone.address not in taken]
    if not free:
        raise Conflict("Telepon itu sedang dipakai petugas lain.", "Another agent sits at that phone.")
    return next((phone for phone in free if phone.address in mine), free[0])


def own_talk(house: House, call_id: str, agent_id: str) -> AnyRow:
    """The agent's own call in talk; another's does not exist for them."""
    call = house.reader.call(call_id)
    if call is None or call.agent_id != agent_id:
        raise NotFound("Panggilan tidak ditemukan.", "No such call.")
    if call.phase != CallPhase.TALKING:
        raise Conflict("Panggilan sudah berakhir.", "The call is over already.")
    return call
