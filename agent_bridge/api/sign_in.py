"""Signing in and out."""

from fastapi import APIRouter, Request, Response

from agent_bridge.accounts import ABSOLUTE, Session
from agent_bridge.api import views
from agent_bridge.api.doorway import COOKIE, Acting, AnyHouse, SignedIn
from agent_bridge.house import House

router = APIRouter(prefix="/api/session", tags=["session"])


@router.post("")
async def sign_in(
    body: views.SignIn, request: Request, response: Response, house: AnyHouse
) -> views.SessionView:
    """Sign in by name and password."""
    address = request.client.host if request.client else ""
    session = await house.accounts.sign_in(body.username, body.password, address)
    return _opened(response, session, house)


@router.post("/once")
async def sign_in_once(body: views.SignInOnce, response: Response, house: AnyHouse) -> views.SessionView:
    """Sign in by a one-time token."""
    return _opened(response, await house.accounts.sign_in_once(body.token), house)


@router.get("")
async def who_am_i(session: SignedIn, house: AnyHouse) -> views.SessionView:
    """The session of this browser."""
    return _view(session, house)


@router.delete("", status_code=204)
async def sign_out(session: Acting, response: Response, house: AnyHouse) -> None:
    """Sign out; an agent leaves the queue too."""
    if house.roster:
        await house.roster.leave(session.user_id)
    await house.accounts.sign_out(session)
    response.delete_cookie(COOKIE)


def _opened(response: Response, session: Session, house: House) -> views.SessionView:
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="strict",
    )
    return _view(session, house)


def _view(session: Session, house: House) -> views.SessionView:
    user = views.UserView(user_id=session.user_id, name=session.name, role=session.role)
    settings = house.settings
    return views.SessionView(
        user=user, csrf=session.csrf, profile=settings.profile.value, language=settings.language.value
    )
