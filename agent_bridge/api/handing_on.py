"""An agent hands the caller on to a colleague."""

import asyncio

from fastapi import APIRouter

from agent_bridge.api import views
from agent_bridge.api.desk import CallId, own_talk
from agent_bridge.api.doorway import ActingAgent, Agent, AnyHouse
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House
from config.errors import Conflict
from ticketing.ledger.distribution import FreeAgent, free_agents

router = APIRouter(prefix="/api", tags=["desk"], responses=PROBLEMS)


class ColleagueNotFree(Conflict):
    """Nobody of that id sits ready at a phone of their own, with no call on hand."""

    def __init__(self) -> None:
        super().__init__(
            "Rekan itu sedang tidak dapat menerima panggilan. Pilih rekan lain.",
            "That colleague cannot take a call now. Choose another one.",
        )


class CitizenWasCalled(Conflict):
    """The office made the call: whoever called the citizen finishes it."""

    def __init__(self) -> None:
        super().__init__(
            "Telepon balik tidak dapat dialihkan. Hanya warga yang menelepon dapat dialihkan.",
            "A call-back cannot be handed on: only a citizen who called can be.",
        )


@router.get("/desk/colleagues")
async def colleagues(session: Agent, house: AnyHouse) -> views.ColleaguesView:
    """Who could take a call now, by name."""
    free = await asyncio.to_thread(_free, house, session.user_id)
    names = await asyncio.to_thread(house.reader.names)
    found = [views.ColleagueView(agent_id=one, name=names.get(one, one)) for one in free]
    return views.ColleaguesView(colleagues=sorted(found, key=lambda one: one.name))


@router.post("/calls/{call_id}/transfer", status_code=204)
async def transfer(call_id: CallId, body: views.HandOn, session: ActingAgent, house: AnyHouse) -> None:
    """The caller goes on to a colleague; the agent's own part of the call ends."""
    call = own_talk(house, call_id, session.user_id)
    if call.outward:
        raise CitizenWasCalled
    free = await asyncio.to_thread(_free, house, session.user_id)
    if body.agent_id not in free:
        raise ColleagueNotFree
    await house.provider.control.transfer(call_id, call.leg_id, free[body.agent_id].phone)


def _free(house: House, agent_id: str) -> dict[str, FreeAgent]:
    """The agent's colleagues who are ready at a phone and have no call, by their ids."""
    with house.reader.connect() as connection:
        return {one.agent_id: one for one in free_agents(connection) if one.agent_id != agent_id}
