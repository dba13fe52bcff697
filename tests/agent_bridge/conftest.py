"""An office at work: users in every role at their pages, and calls told by the facts of a telephone."""

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from agent_bridge.app import create_app
from agent_bridge.house import House
from config.clock import now
from config.settings import Settings
from tests.builders import MONDAY_MORNING, Story
from ticketing.facts import CallArrived, Report, TicketRegistered
from ticketing.ledger.recorder import Registration
from ticketing.people.roles import Role

PEOPLE = {
    "dewi": Role.AGENT,
    "rini": Role.AGENT,
    "rudi": Role.DISPATCHER,
    "pejabat.dafduk.1": Role.OFFICIAL,
    "pejabat.capil.1": Role.OFFICIAL,
    "pengawas.1": Role.OFFICIAL,
    "sari": Role.SUPERVISOR,
    "ani": Role.ANALYST,
    "adi": Role.ADMIN,
}
_keys = itertools.count()


class Person:
    """Somebody who works here, at their page."""

    def __init__(self, username: str, client: AsyncClient, user_id: str) -> None:
        self.username = username
        self.user_id = user_id
        self.client = client

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> Response:
        headers = {"Idempotency-Key": key or f"made-up-{next(_keys)}"}
        return await self.client.request(method, f"/api{path}", json=body, headers=headers)

    async def does(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """Ask, and be answered well."""
        response = await self.ask(method, path, body)
        assert response.is_success, (path, response.status_code, response.text)
        return response.json()

    async def sees(self, path: str) -> Any:
        return await self.does(path, method="GET")


@dataclass
class OfficeAtWork:
    """The office, its people, and the calls that come in."""

    app: FastAPI
    house: House
    people: dict[str, Person] = field(default_factory=dict)
    calls: int = 0

    def __getattr__(self, username: str) -> Person:
        return self.people[username]

    async def call(
        self, agent: str = "dewi", number: str | None = "081200000042", until: float = 42.0
    ) -> str:
        """A call that this agent answered; returns the ticket's number, digits only."""
        self.calls += 1
        agent_id = self.people[agent].user_id
        story = Story(f"pbx-{self.calls}.0", agent_id).arrives().is_registered()
        story.queues(21).rings(30).is_answered(41)
        return await self.tell(story, number, until)

    async def tell(self, story: Story, number: str | None = None, until: float = 42.0) -> str:
        """Tell what the telephone saw, as if `until` seconds into the story were this moment."""
        shift = now() - MONDAY_MORNING - timedelta(seconds=until)
        journal, ticket_id = self.house.journal, ""
        for fact in story.facts:
            at = fact.occurred_at + shift
            if isinstance(fact, TicketRegistered):
                ticket_id = (await journal.register(Registration(fact.call_id, at))).ticket_id
                continue
            moved = type(fact)(**{**_values(fact), "occurred_at": at})
            await journal.record(Report(moved, number if isinstance(fact, CallArrived) else None))
        return ticket_id

    async def hang_up(self, agent: str = "dewi") -> None:
        """The agent's latest call is over, and its wrap-up too."""
        story = Story(f"pbx-{self.calls}.0", self.people[agent].user_id)
        await self.tell(story.stops_talking(100).ends(100), until=100)

    async def wrap_up_ends(self, agent: str = "dewi") -> None:
        story = Story(f"pbx-{self.calls}.0", self.people[agent].user_id)
        await self.tell(story.recaps(120), until=120)


def _values(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[OfficeAtWork]:
    async with AsyncExitStack() as stack:
        app = create_app(
            Settings(home=tmp_path, port=0, sms="none"), None, f"unix://{tmp_path}/no-redis.sock"
        )
        await stack.enter_async_context(app.router.lifespan_context(app))
        made = OfficeAtWork(app, app.state.house)
        for username, role in PEOPLE.items():
            client = AsyncClient(transport=ASGITransport(app), base_url="http://hotline")
            await stack.enter_async_context(client)
            user_id = await made.house.accounts.add_user(username, username.title(), role)
            token = await made.house.accounts.link(user_id)
            session = (await client.post("/api/session/once", json={"token": token})).json()
            client.headers["X-CSRF-Token"] = session["csrf"]
            made.people[username] = Person(username, client, user_id)
        yield made
