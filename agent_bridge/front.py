"""An application in front of another: some addresses are answered before the other sees the request."""

from starlette.types import ASGIApp, Receive, Scope, Send


def in_front(app: ASGIApp, prefix: str, other: ASGIApp) -> ASGIApp:
    """Requests whose path begins with `prefix` go to `other`; all else, sockets and start too, to `app`.

    What goes to `other` meets no middleware of `app`: no header is added, and no refusal is written for it.
    """

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        theirs = scope["type"] == "http" and scope["path"].startswith(prefix)
        await (other if theirs else app)(scope, receive, send)

    return front
