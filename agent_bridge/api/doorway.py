"""What every door of the API asks first: which house, who is there, and is it really their page."""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.requests import HTTPConnection

from agent_bridge.accounts import Session
from agent_bridge.api.views import can_be_kept
from agent_bridge.call_back_desk import CallBackDesk
from agent_bridge.house import House
from config.errors import Forbidden, NotFound, Refused
from ivr.queues.roster import Roster
from ticketing.desk.matrix import Deed, may
from ticketing.desk.once import Asked
from ticketing.desk.sight import Actor, NotYourDeed

KEY = re.compile(r"^[A-Za-z0-9._:-]+$")
_A_KEY = "7f0c2a51-6d0e-4f7e-9d55-0a4f1c8b2e10"
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


def asked_host(connection: HTTPConnection) -> str:
    """The name the page was reached under; '' where the browser named none."""
    return connection.url.hostname or ""


class Illegible(Refused):
    """An address holds what no database keeps."""

    def __init__(self) -> None:
        super().__init__(
            "Alamat memuat tanda yang tidak dapat dibaca. Ketik ulang.",
            "The address holds characters that cannot be read. Type it again.",
        )


def legible(request: Request) -> None:
    """The address can be looked up as it is written; raises Illegible."""
    typed = (*request.path_params.values(), *request.query_params.values())
    if not all(can_be_kept(str(one)) for one in typed):
        raise Illegible


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


def may_read(deed: Deed) -> Callable[..., Awaitable[Session]]:
    """A door only for those whose role includes `deed`, to look; raises NotYourDeed."""

    async def allowed(session: Annotated[Session, Depends(signed_in)]) -> Session:
        return _allowed(session, deed)

    return _marked(allowed, deed)


def may_do(deed: Deed) -> Callable[..., Awaitable[Session]]:
    """A door only for those whose role includes `deed`, to act; raises NotYourPage, NotYourDeed."""

    async def allowed(session: Annotated[Session, Depends(acting)]) -> Session:
        return _allowed(session, deed)

    return _marked(allowed, deed)


def _allowed(session: Session, deed: Deed) -> Session:
    if not may(session.role, deed):
        raise NotYourDeed
    return session


def _marked(door: Callable[..., Awaitable[Session]], deed: Deed) -> Callable[..., Awaitable[Session]]:
    """Says on the door which deed it is for: a test holds every door against the matrix."""
    door.deed = deed  # type: ignore[attr-defined]
    return door


def actor_of(session: Session, house: House) -> Actor:
    """Who acts, as cases know them."""
    queue = session.queue or house.office.default_queue.name
    return Actor(session.user_id, session.username, session.role, queue)


async def asked(
    request: Request,
    idempotency_key: Annotated[
        str, Header(min_length=8, max_length=80, pattern=KEY.pattern, examples=[_A_KEY])
    ],
) -> Asked:
    """What is asked, and the key that makes it once: the same key with another body is refused."""
    body = (await request.body()).decode(errors="replace")
    return Asked(idempotency_key, f"{request.method} {request.url.path}\n{body}")


def the_roster(house: Annotated[House, Depends(the_house)]) -> Roster:
    """The roster; raises NoPbx where nothing can ring."""
    if house.roster is None:
        _ = house.provider
    assert house.roster is not None
    return house.roster


def the_calling(house: Annotated[House, Depends(the_house)]) -> CallBackDesk:
    """What places calls to citizens; raises NoPbx where nothing can ring."""
    if house.calling is None:
        _ = house.provider
    assert house.calling is not None
    return house.calling


async def in_practice(house: Annotated[House, Depends(the_house)]) -> House:
    """The house, where it is one for practice; elsewhere the door does not exist."""
    if not house.settings.is_practice:
        raise NotFound("Tidak ada.", "Not found.")
    return house


AnyHouse = Annotated[House, Depends(the_house)]
PracticeHouse = Annotated[House, Depends(in_practice)]
SignedIn = Annotated[Session, Depends(signed_in)]
Acting = Annotated[Session, Depends(acting)]
Agent = Annotated[Session, Depends(may_read(Deed.ANSWER_CALLS))]
ActingAgent = Annotated[Session, Depends(may_do(Deed.ANSWER_CALLS))]
OnceAsked = Annotated[Asked, Depends(asked)]
TheRoster = Annotated[Roster, Depends(the_roster)]
TheCalling = Annotated[CallBackDesk, Depends(the_calling)]
