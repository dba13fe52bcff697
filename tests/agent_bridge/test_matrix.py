"""Every route as every role and as nobody, held against rulings; and which cases each person sees."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Connection, create_engine, insert, select

from agent_bridge.api import doorway
from agent_bridge.app import create_app
from agent_bridge.live import socket
from config.settings import Settings
from config.units import Leave
from tests.agent_bridge.conftest import PEOPLE, OfficeAtWork
from tests.builders import MONDAY_MORNING, OFFICE
from ticketing import tables
from ticketing.desk.matrix import MATRIX, Deed, Reach, may
from ticketing.desk.reading import visible
from ticketing.desk.sight import Actor, sees
from ticketing.people.roles import Role

AGENT, DISPATCHER, OFFICIAL = Role.AGENT, Role.DISPATCHER, Role.OFFICIAL
SUPERVISOR, ANALYST, ADMIN = Role.SUPERVISOR, Role.ANALYST, Role.ADMIN
OWN, QUEUE, ROUTED, UNIT, ALL = Reach.OWN, Reach.QUEUE, Reach.ROUTED, Reach.UNIT, Reach.ALL

CARRYING_ON = {AGENT: OWN, DISPATCHER: ROUTED, OFFICIAL: UNIT, SUPERVISOR: ALL}
"""Whoever has the case: the agent their own, the dispatcher what was routed, the official their unit's."""

RULINGS: dict[Deed, dict[Role, Reach]] = {
    # The desk is the agent's; a supervisor may sit down at one. Nobody else takes calls.
    Deed.ANSWER_CALLS: {AGENT: OWN, SUPERVISOR: ALL},
    # Analysts and admins read no case. Agents see their whole queue, so that a caller need not wait for one.
    Deed.READ_CASES: {AGENT: QUEUE, DISPATCHER: ROUTED, OFFICIAL: UNIT, SUPERVISOR: ALL},
    Deed.READ_NOTICES: CARRYING_ON,
    # A dispatcher never needs a NIK; an agent only while its citizen is on the line.
    Deed.UNMASK: {AGENT: OWN, OFFICIAL: UNIT, SUPERVISOR: ALL},
    # The form is the call centre's (steps 5 to 7). "W routed" and "W own unit" are the deeds further down.
    Deed.ENTER: {AGENT: OWN, SUPERVISOR: ALL},
    Deed.SEND_TO_DISPATCHER: {AGENT: OWN, SUPERVISOR: ALL},
    # To an official: dispatchers and supervisors. Officials hand back, and they alone are consulted.
    Deed.FORWARD: {DISPATCHER: ROUTED, SUPERVISOR: ALL},
    Deed.REFER: {DISPATCHER: ROUTED, SUPERVISOR: ALL},
    Deed.RETURN: {DISPATCHER: ROUTED, OFFICIAL: UNIT, SUPERVISOR: ALL},
    Deed.CONSULT: {OFFICIAL: UNIT},
    # Dispatchers write no solutions, but may tell one.
    Deed.SOLVE: {AGENT: OWN, OFFICIAL: UNIT, SUPERVISOR: ALL},
    Deed.DELIVER: CARRYING_ON,
    Deed.FOLLOW_UP: CARRYING_ON,
    # Agents may not stop the office's clock.
    Deed.WAIT_FOR_CITIZEN: {DISPATCHER: ROUTED, OFFICIAL: UNIT, SUPERVISOR: ALL},
    Deed.TAKE_OVER: {SUPERVISOR: ALL},
    Deed.MERGE: {AGENT: OWN, DISPATCHER: ROUTED, SUPERVISOR: ALL},
    Deed.TELL_CITIZEN: {AGENT: QUEUE, SUPERVISOR: ALL},
    # Call-backs go by the order of the list; the share of agents is the supervisor's, figures name nobody.
    Deed.CALL_BACK: {AGENT: QUEUE, SUPERVISOR: ALL},
    Deed.SET_SHARE: {SUPERVISOR: ALL},
    Deed.READ_BOARD: dict.fromkeys((AGENT, SUPERVISOR, ANALYST), ALL),
    # A cause is the supervisor's to open and answer; whoever has the case says whether it is of it.
    Deed.LINK_CAUSE: {AGENT: QUEUE, DISPATCHER: ROUTED, SUPERVISOR: ALL},
    Deed.RUN_CAUSES: {SUPERVISOR: ALL},
    # Slips are typed in by whoever wrote them, or has them on the table.
    Deed.ENTER_PAPER: {AGENT: ALL, SUPERVISOR: ALL},
    # Officials propose (they ask whether it is settled); closing and reopening are the agent's.
    Deed.CONFIRM: {AGENT: OWN, OFFICIAL: UNIT, SUPERVISOR: ALL},
    Deed.CLOSE: {AGENT: OWN, SUPERVISOR: ALL},
    # The procedure is no secret.
    Deed.READ_PROCEDURE: dict.fromkeys(Role, ALL),
    # The book: everybody who serves citizens reads, those who know the matter suggest, supervisors publish.
    Deed.READ_FAQ: dict.fromkeys((AGENT, DISPATCHER, OFFICIAL, SUPERVISOR, ANALYST), ALL),
    Deed.SUGGEST_FAQ: dict.fromkeys((AGENT, OFFICIAL, SUPERVISOR, ANALYST), ALL),
    Deed.EDIT_FAQ: {SUPERVISOR: ALL, ANALYST: ALL},
    Deed.PUBLISH_FAQ: {SUPERVISOR: ALL},
    Deed.READ_FAQ_GAPS: {SUPERVISOR: ALL, ANALYST: ALL},
    # Users are the admin's alone; the audit is read by admins, and by supervisors of their own team.
    Deed.MANAGE_USERS: {ADMIN: ALL},
    Deed.READ_AUDIT: {SUPERVISOR: ALL, ADMIN: ALL},
}
"""Who may do what, as the table of roles rules it; nobody may do what does not stand here."""

OPEN = {
    ("POST", "/api/session"): "the way in",
    ("POST", "/api/session/once"): "the way in",
    ("GET", "/api/practice"): "a made-up citizen's telephone, in practice only",
    ("POST", "/api/status"): "a citizen with number and PIN",
    ("POST", "/api/status/not-mine"): "a citizen with number and PIN",
    ("POST", "/api/registrations"): "a citizen at the web form",
    ("GET", "/api/registrations/choices"): "what the web form may hold",
    ("GET", "/api/health"): "is asked by the supervisor process, and names nobody",
    ("GET", "/openapi.json"): "the document of this API",
    ("GET", "/{path:page}"): "the pages, which hold no data",
}
ANY_SIGNED_IN = {("GET", "/api/session"), ("DELETE", "/api/session")}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
FEED = ("/api/feed", Deed.ANSWER_CALLS)
A_KEY = "kunci-yang-dibuat"


@dataclass(frozen=True)
class Door:
    """A method and an address of the API, the deed it is for, and whether it asks for the page's token."""

    method: str
    path: str
    deed: Deed | None
    asks_for_token: bool
    asks_for_key: bool

    @property
    def id(self) -> tuple[str, str]:
        return (self.method, self.path)

    @property
    def is_open(self) -> bool:
        return self.id in OPEN


def doors_of(app: FastAPI) -> list[Door]:
    """Every door the application has; nothing is listed by hand."""
    found = []
    for route in iter_route_contexts(app.routes):
        asked = list(_asked_at(route.dependant)) if hasattr(route, "dependant") else []
        deeds = {one.deed for one in asked if hasattr(one, "deed")}
        assert len(deeds) <= 1, (route.path, deeds)
        for method in (getattr(route, "methods", None) or {"SOCKET"}) - {"HEAD"}:
            deed = next(iter(deeds), None)
            key = doorway.asked in asked
            found.append(Door(method, route.path, deed, doorway.acting in asked, key))
    return found


def _asked_at(dependant: Any) -> Iterator[Any]:
    yield dependant.call
    for one in dependant.dependencies:
        yield from _asked_at(one)


DOORS = doors_of(create_app(Settings(), pages=Path("no pages: their files hold no data")))
API = [door for door in DOORS if door.path.startswith("/api/") and door.method != "SOCKET"]
GUARDED = [door for door in API if not door.is_open]


def bodies() -> dict[tuple[str, str], Any]:
    """A body that every door takes, from the examples of the document."""
    document = create_app(Settings()).openapi()
    found = {}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            content = said.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                name = content["schema"]["$ref"].rsplit("/", 1)[1]
                found[(method.upper(), path)] = document["components"]["schemas"][name]["examples"][0]
    return found


BODIES = bodies()
NO_TICKET = "261123-9999-8"


def address(door: Door, number: str = NO_TICKET) -> str:
    filled = {"number": number, "code": "KTP-01", "username": "rini"}
    filled |= {"call_id": "pbx-404.0", "cause_id": "tidak-ada"}
    return re.sub(r"\{(\w+)\}", lambda found: filled[found[1]], door.path)


async def knocks(client: AsyncClient, door: Door, path: str, **headers: str) -> Response:
    return await client.request(door.method, path, json=BODIES.get(door.id), headers=headers)


# --- data against data ---


def test_the_matrix_says_what_the_rulings_say():
    assert MATRIX == RULINGS


def test_every_deed_has_a_door_and_every_door_a_deed():
    doors = {door.id: door.deed for door in DOORS if door.method != "SOCKET"}

    without = {door for door, deed in doors.items() if deed is None}

    assert without == set(OPEN) | ANY_SIGNED_IN
    assert set(doors.values()) - {None} == set(Deed)
    assert [door.path for door in DOORS if door.method == "SOCKET"] == [FEED[0]]


def test_whatever_changes_something_asks_for_our_pages_token_and_nothing_that_only_looks_does():
    for door in API:
        assert door.asks_for_token == (door.method in UNSAFE and not door.is_open), door.id


KEPT = (
    "/api/cases", "/api/faq/articles", "/api/users", "/api/call-backs", "/api/causes", "/api/paper",
)  # fmt: skip
"""Where what is asked for is kept, so that it must count once."""


def test_whatever_changes_a_case_the_book_or_a_user_asks_for_a_key():
    for door in GUARDED:
        kept = door.path.startswith(KEPT)
        assert door.asks_for_key == (door.method in UNSAFE and kept), door.id


# --- every door, really knocked at ---


async def test_nobody_gets_past_any_door(office: OfficeAtWork):
    async with AsyncClient(transport=ASGITransport(office.app), base_url="http://hotline") as nobody:
        for door in GUARDED:
            response = await knocks(nobody, door, address(door), **{"Idempotency-Key": A_KEY})
            assert response.status_code == 401, door.id
            assert response.headers["content-type"] == "application/problem+json", door.id


async def test_every_role_finds_the_doors_of_its_deeds_open_and_all_others_shut(office: OfficeAtWork):
    """As a table, so that a failure can be read; 404 and 409 stand behind an open door."""
    number = await office.call()
    person_of = {role: username for username, role in reversed(PEOPLE.items())}
    table = {}

    for role, username in person_of.items():
        for n, door in enumerate(GUARDED):
            if door.id == ("DELETE", "/api/session"):
                continue
            # Whoever may is sent to a ticket that is not there; whoever may not, to one that is, too.
            numbers = (NO_TICKET,) if door.deed and may(role, door.deed) else (NO_TICKET, number)
            for one in numbers:
                key = {"Idempotency-Key": f"{role.value}-{n}-{len(one)}"}
                response = await knocks(office.people[username].client, door, address(door, one), **key)
                table[(role.value, *door.id, one)] = response.status_code

    shut = {at for at, code in table.items() if code == 403}
    assert not {at for at, code in table.items() if code == 401 or (code >= 500 and code != 503)}
    assert shut == {
        (role.value, *door.id, one)
        for role in Role
        for door in GUARDED
        for one in (NO_TICKET, number)
        if door.deed and role not in RULINGS[door.deed]
    }, as_table(table)


def as_table(codes: dict[tuple[str, str, str, str], int]) -> str:
    """The codes by door and role."""
    lines = {(method, path): dict.fromkeys(Role, "") for _, method, path, _ in codes}
    for (role, method, path, _), code in codes.items():
        lines[(method, path)][Role(role)] = str(code)
    rows = [f"{' '.join(door):62} {' '.join(line.values())}" for door, line in lines.items()]
    return "\n".join([f"{'':62} {' '.join(role.value[:3] for role in Role)}", *rows])


async def test_without_our_pages_token_nothing_is_done(office: OfficeAtWork):
    for door in GUARDED:
        role = next(iter(RULINGS[door.deed])) if door.deed else AGENT
        client = office.people[next(name for name, one in PEOPLE.items() if one == role)].client
        if door.method not in UNSAFE:
            continue
        response = await knocks(
            client, door, address(door), **{"X-CSRF-Token": "salah", "Idempotency-Key": A_KEY}
        )
        assert (response.status_code, response.json()["title"]) == (403, "NotYourPage"), door.id


@pytest.mark.parametrize("key", [None, "pendek", "a" * 81, "kunci dengan spasi", "kunci/garis-miring"])
async def test_a_missing_or_malformed_key_is_refused_in_words(office: OfficeAtWork, key: str | None):
    number = await office.call()
    headers = {"Idempotency-Key": key} if key else {}

    response = await office.dewi.client.post(
        f"/api/cases/{number}/outline", json={"text": "Kartu belum jadi."}, headers=headers
    )

    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["detail"]
    assert "8 sampai 80" in response.json()["detail"]


# --- the feed's socket ---


async def test_the_feed_is_for_those_who_answer_calls(office: OfficeAtWork):
    said = {}
    for username, role in PEOPLE.items():
        said[role] = await says_hello(office, username)

    for role, message in said.items():
        if role in RULINGS[FEED[1]]:
            assert json.loads(message["text"])["type"] == "snapshot", role
        else:
            assert message == {"type": "websocket.close", "code": socket.REFUSED, "reason": ""}, role


async def says_hello(office: OfficeAtWork, username: str) -> dict[str, Any]:
    """Open the feed's socket and say hello as its page does; returns the first thing that comes back."""
    client = office.people[username].client
    cookie = f"{doorway.COOKIE}={client.cookies[doorway.COOKIE]}"
    headers = {"host": "hotline", "origin": "http://hotline", "cookie": cookie}
    scope = {
        "type": "websocket", "scheme": "ws", "path": FEED[0], "raw_path": FEED[0].encode(), "root_path": "",
        "query_string": b"", "subprotocols": [], "client": ("127.0.0.1", 1), "server": ("hotline", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    hello = json.dumps({"type": "hello", "csrf": client.headers["X-CSRF-Token"]})
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    for message in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": hello}):
        inbox.put_nowait(message)
    talking = asyncio.create_task(office.app(scope, inbox.get, outbox.put))
    async with asyncio.timeout(10):
        assert (await outbox.get())["type"] == "websocket.accept"
        answer = await outbox.get()
        inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await talking
    return answer


# --- which cases: the database's answer and the plain one ---

AT = MONDAY_MORNING
UNITS = (None, *OFFICE.units.units, "sudah-tidak-ada")
OFFICIALS = (None, "bukan-siapa-siapa", *OFFICE.units.people)
QUEUES = (*OFFICE.queues, "antrean-lain")
SEEN_BY = ("restricted", "queue", "agent_id", "track", "unit", "official_id")
"""The columns by which a case is somebody's to see."""
TICKETS = list(
    product(
        (False, True), (None, *QUEUES), (None, "id-dewi", "id-rini"), (None, "deferred"), UNITS, OFFICIALS
    )
)
ACTORS = [
    *(Actor("id-dewi", "dewi", AGENT, queue) for queue in QUEUES),
    *(Actor(f"id-{name}", name, OFFICIAL, QUEUES[0]) for name in (*OFFICE.units.people, "orang-baru")),
    *(Actor("id-lain", "lain", role, QUEUES[0]) for role in Role if role is not OFFICIAL),
]
AWAY = {
    "nobody": (),
    "one official": ("pejabat.dafduk.1",),
    "an official and the deputy": ("pejabat.dafduk.1", "pejabat.dafduk.2"),
    "a head": ("kabid.capil", "pejabat.capil.1", "pejabat.capil.2"),
    "the head of the office": ("kadis", "pengawas.1"),
    "everybody": OFFICE.units.people,
}


def a_ticket(n: int, *values: Any) -> dict[str, Any]:
    born = {"day": AT.date(), "serial": n, "sop_version": "x", "registered_at": AT, "last_call_at": AT}
    return {"ticket_id": str(n), "state": "registered", "misses": 0, **born} | dict(
        zip(SEEN_BY, values, strict=True)
    )


@pytest.fixture(scope="module")
def every_ticket() -> Iterator[tuple[Connection, list[dict[str, Any]]]]:
    """A database with a case for every way in which one may be somebody's to see."""
    engine = create_engine("sqlite://")
    tables.tickets.create(engine)
    rows = [a_ticket(n, *values) for n, values in enumerate(TICKETS)]
    with engine.begin() as connection:
        connection.execute(insert(tables.tickets), rows)
        yield connection, rows


@pytest.mark.parametrize("away", AWAY)
def test_the_database_lists_exactly_the_cases_a_person_sees(every_ticket, away: str):
    connection, rows = every_ticket
    on_leave = tuple(Leave(name, AT.date(), AT.date()) for name in AWAY[away])
    office = replace(OFFICE, units=replace(OFFICE.units, leave=on_leave))

    for actor in ACTORS:
        wanted = select(tables.tickets.c.ticket_id).where(visible(actor, office, AT))
        listed = set(connection.scalars(wanted))
        seen = {row["ticket_id"] for row in rows if sees(actor, row, office, AT)}
        differing = [TICKETS[int(one)] for one in listed ^ seen]
        assert not differing, (actor, SEEN_BY, differing[:3])


# --- objects behind the doors ---


async def test_supervisors_see_their_own_teams_acts_and_admins_everybodys(office: OfficeAtWork):
    number = await office.call()
    await office.dewi.does(f"/cases/{number}/unmask", {"field": "phone", "reason": "Menelepon kembali."})
    await office.adi.does("/users", {"username": "tono", "name": "Tono", "role": "agent"})

    seen = {
        name: {(line["action"], line["name"]) for line in (await person.sees("/audit?limit=200"))["lines"]}
        for name, person in office.people.items()
        if name in ("sari", "adi")
    }

    assert ("unmask", "Dewi") in seen["sari"] & seen["adi"]
    assert ("user.add", "Adi") in seen["adi"] - seen["sari"]
    assert {name for _, name in seen["sari"]} <= {
        name.title() for name, role in PEOPLE.items() if role not in (ANALYST, ADMIN)
    }
