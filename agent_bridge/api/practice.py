"""Practising: the telephones a newcomer's browser may be a citizen with. Not there in production."""

from fastapi import APIRouter, Request

from agent_bridge.api import views
from agent_bridge.api.desk import sip_account
from agent_bridge.api.doorway import PracticeHouse
from agent_bridge.api.refusals import PROBLEMS
from ticketing.people.phone_number import mask

router = APIRouter(prefix="/api/practice", tags=["practice"], responses=PROBLEMS)


@router.get("")
async def practice(request: Request, house: PracticeHouse) -> views.PracticeView:
    """The line's number and the practice phones."""
    provider = house.provider
    phones = [
        views.PracticePhone(
            account=phone.account,
            label=phone.account,
            caller_number_masked=mask(phone.caller_number),
            sip=sip_account(provider, phone, request),
        )
        for phone in provider.phones("citizen", "browser")
    ]
    return views.PracticeView(line_number=provider.line_number, phones=phones)
