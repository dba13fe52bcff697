"""What is answered before the pages' application sees it."""

from typing import Any

import pytest

from agent_bridge.front import in_front


def named(name: str, asked: list[tuple[str, str]]) -> Any:
    """An application that remembers what it was asked."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append((name, scope["type"]))

    return app


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ({"type": "http", "path": "/twilio/voice"}, "other"),
        ({"type": "http", "path": "/twilio"}, "app"),
        ({"type": "http", "path": "/api/twilio/voice"}, "app"),
        ({"type": "http", "path": "//twilio/voice"}, "app"),
        ({"type": "websocket", "path": "/twilio/voice"}, "app"),
        ({"type": "lifespan"}, "app"),
    ],
)
async def test_requests_below_the_prefix_go_to_the_other_and_all_else_to_the_application(
    scope: dict[str, str], name: str
):
    asked: list[tuple[str, str]] = []
    front = in_front(named("app", asked), "/twilio/", named("other", asked))

    await front(scope, None, None)  # type: ignore[arg-type]

    assert asked == [(name, scope["type"])]
