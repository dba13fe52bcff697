"""What is answered before the pages' application sees it."""

from typing import Any

import pytest

from agent_bridge.front import in_front
from ivr.providers.provider import Requests


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
    requests = Requests("/twilio/", named("other", asked))
    front = in_front(named("app", asked), lambda: requests)

    await front(scope, None, None)  # type: ignore[arg-type]

    assert asked == [(name, scope["type"])]


async def test_before_there_is_a_telephone_system_the_application_answers():
    asked: list[tuple[str, str]] = []

    await in_front(named("app", asked), lambda: None)({"type": "http", "path": "/twilio/voice"}, None, None)  # type: ignore[arg-type]

    assert asked == [("app", "http")]
