"""What every door of the API asks first: which house, who is there, and is it really their page."""

import re
import secrets
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.requests import HTTPConnection

from agent_bridge.accounts import Session
from agent_bridge.house import House
from config.certificates import OWN_NAMES
from config.errors import Forbidden, NotFound
from ivr.providers.asterisk.plan import EVERYWHERE, LOOPBACK, PbxPlan
from ivr.queues.roster import Roster
from ticketing.people.roles import Role

HOST = re.compile(r"[A-Za-z0-9.-]+")
COOKIE = "hotline_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Browsers take a cookie of such a name from this very host by TLS only, and send it to no other."""


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


def is_secure(connection: HTTPConnection) -> bool:
    """Whether it came by TLS."""
    return connection.url.scheme in ("https", "wss")


def session_token(connection: HTTPConnection) -> str | None:
    """The token in the session's cookie; by TLS only the cookie that plain http could not have set."""
    return connection.cookies.get(SECURE_COOKIE if is_secure(connection) else COOKIE)


def origin_is_ours(connection: HTTPConnection) -> bool:
    """Whether a socket was opened by our own pages, by TLS if it is; no Origin at all is refused too."""
    scheme = "https" if is_secure(connection) else "http"
    host = connection.headers.get("host")
    return bool(host) and connection.headers.get("origin") == f"{scheme}://{host}"


def phone_socket(plan: PbxPlan, connection: HTTPConnection) -> str:
    """The origin of the PBX's socket for the browser that asks.

    By TLS the PBX is reached under the very name the page was, which its certificate holds.
    """
    if plan.certificate is None:
        return f"ws://{LOOPBACK}:{plan.ports.http}"
    asked = connection.url.hostname or ""
    name = asked if HOST.fullmatch(asked) else LOOPBACK
    if plan.listen != EVERYWHERE and (name in OWN_NAMES):
        name = plan.listen
    return f"wss://{name}:{plan.ports.wss}"


async def signed_in(request: Request, house: Annotated[House, Depends(the_house)]) -> Session:
    """Who is signed in; raises NotSignedIn."""
    return await house.accounts.session(session_token(request))


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
