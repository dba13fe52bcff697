"""Signing in and out."""

from fastapi import APIRouter, Request, Response

from agent_bridge.accounts import ABSOLUTE, Session
from agent_bridge.api import views
from agent_bridge.api.doorway import COOKIE, SECURE_COOKIE, Acting, AnyHouse, SignedIn, is_secure
from agent_bridge.api.refusals import PROBLEMS
from agent_bridge.house import House

router = APIRouter(prefix="/api/session", tags=["session"], responses=PROBLEMS)


@router.post("")
async def sign_in(
    body: views.SignIn, request: Request, response: Response, house: AnyHouse
) -> views.SessionView:
    """Sign in by name and password."""
    address = request.client.host if request.client else ""
    session = await house.accounts.sign_in(body.username, body.password, address)
    return _opened(request, response, session, house)


@router.post("/once")
async def sign_in_once(
    body: views.SignInOnce, request: Request, response: Response, house: AnyHouse
) -> views.SessionView:
    """Sign in by a one-time token."""
    return _opened(request, response, await house.accounts.sign_in_once(body.token), house)


@router.get("")
async def who_am_i(session: SignedIn, house: AnyHouse) -> views.SessionView:
    """The session of this browser."""
    return _view(session, house)


@router.delete("", status_code=204)
async def sign_out(session: Acting, request: Request, response: Response, house: AnyHouse) -> None:
    """Sign out; an agent leaves the queue too."""
    if house.roster:
        await house.roster.leave(session.user_id)
    await house.accounts.sign_out(session)
    _set_cookie(request, response, "", 0)


def _opened(request: Request, response: Response, session: Session, house: House) -> views.SessionView:
    _set_cookie(request, response, session.token, int(ABSOLUTE.total_seconds()))
    return _view(session, house)


def _set_cookie(request: Request, response: Response, token: str, seconds: int) -> None:
    """Set the session's cookie; 0 seconds take it away."""
    secure = is_secure(request)
    name = SECURE_COOKIE if secure else COOKIE
    response.set_cookie(
        name, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict"
    )


def _view(session: Session, house: House) -> views.SessionView:
    user = views.UserView(user_id=session.user_id, name=session.name, role=session.role)
    settings = house.settings
    return views.SessionView(
        user=user, csrf=session.csrf, profile=settings.profile.value, language=settings.language.value
    )
