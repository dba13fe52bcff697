"""What every door of the API asks first: which house, who is there, and is it really their page."""

import secrets
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.requests import HTTPConnection

from agent_bridge.accounts import Role, Session
from agent_bridge.house import House
from config.errors import Forbidden, NotFound
from ivr.queues.roster import Roster

COOKIE = "hotline_session"


class NotYourPage(Forbidden):
    """The request did not come from our own pages (CSRF)."""

    def __init__(self) -> None:
        super().__init__(
            "Permintaan ini tidak berasal dari halaman hotline. Muat ulang halaman.",
            "This request does not come from the hotline's page. Reload the page.",
        )


def the_house(connection: HTTPConnection) -> House:
    """The running house."""
    house: House = connection.app.state.house
    return house


async def signed_in(request: Request, house: Annotated[House, Depends(the_house)]) -> Session:
    """Who is signed in; raises NotSignedIn."""
    return await house.accounts.session(request.cookies.get(COOKIE))


async def acting(
    session: Annotated[Session, Depends(signed_in)],
    x_csrf_token: Annotated[str, Header()] = "",
) -> Session:
    """Who acts, with the token only our own pages know; raises NotYourPage."""
    if not secrets.compare_digest(x_csrf_token.encode(), session.csrf.encode()):
        raise NotYourPage
    return session


async def acting_agent(session: Annotated[Session, Depends(acting)]) -> Session:
    """An agent, or a supervisor who helps out."""
    if session.role not in (Role.AGENT, Role.SUPERVISOR):
        raise Forbidden("Hanya untuk petugas.", "For agents only.")
    return session


def the_roster(house: Annotated[House, Depends(the_house)]) -> Roster:
    """The roster; raises NoPbx where nothing can ring."""
    if house.roster is None:
        _ = house.plan
    assert house.roster is not None
    return house.roster


async def in_practice(house: Annotated[House, Depends(the_house)]) -> House:
    """The house, where it is one for practice; elsewhere the door does not exist."""
    if not house.settings.is_practice:
        raise NotFound("Tidak ada.", "Not found.")
    return house


AnyHouse = Annotated[House, Depends(the_house)]
PracticeHouse = Annotated[House, Depends(in_practice)]
SignedIn = Annotated[Session, Depends(signed_in)]
Acting = Annotated[Session, Depends(acting)]
ActingAgent = Annotated[Session, Depends(acting_agent)]
TheRoster = Annotated[Roster, Depends(the_roster)]
