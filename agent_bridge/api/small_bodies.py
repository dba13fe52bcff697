"""Doors for strangers take small requests only: what is larger is refused before it is read to its end."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from config.errors import TooLarge

LARGEST_BODY = 64 * 1024


class SmallBodies(APIRoute):
    """A route whose requests hold at most 64 KB; raises TooLarge."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The route's handler, given the whole body at once."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            body = await _small_body(request)

            async def receive() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handle(Request(request.scope, receive))

        return limited


async def _small_body(request: Request) -> bytes:
    # What a sender says of the length is no more than that.
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise TooLarge(
                "Isian terlalu besar. Persingkat ceritanya.",
                "That is too large. Please tell it in fewer words.",
            )
    return bytes(body)
