"""The telephone system's own requests, answered in front of the pages' application."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from ivr.providers.provider import Requests


def in_front(app: ASGIApp, requests: Callable[[], Requests | None]) -> ASGIApp:
    """Requests below the prefix go to the telephone system; all else, sockets and start too, to `app`.

    They meet no middleware of `app`, for callers hear its milliseconds as silence: no header is added, and no
    refusal is written for them.
    """

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        asked = requests() if scope["type"] == "http" else None
        if asked and scope["path"].startswith(asked.prefix):
            await asked.application(scope, receive, send)
        else:
            await app(scope, receive, send)

    return front
