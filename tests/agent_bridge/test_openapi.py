"""The API's document, and the API held against it by made-up requests: nothing fails, nothing is unsaid."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agent_bridge.api import views
from agent_bridge.api.doorway import COOKIE
from agent_bridge.app import create_app, openapi_document
from config.settings import Settings
from tests.agent_bridge.conftest import OfficeAtWork, Person
from ticketing.people.roles import Role

DOCUMENT = openapi_document()


def nothing_fails(_ctx: Any, response: Any, _case: Any) -> None:
    """No fault of ours, and no ledger said to be busy for what it cannot keep; only the PBX is away here."""
    code = response.status_code
    assert code < 500 or response.json()["title"] == "NoPbx", code


CHECKS = [
    nothing_fails,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("HOTLINE_EXAMPLES", "3"))
"""Requests made up for each operation, role and kind (right and wrong); the seed is the same each time."""
LEFT_OUT = {
    ("DELETE", "/api/session"): "would sign the asker out; test_api.py asks it",
}
TRIED = {
    "sari": ("/",),
    # The other doors are shut to an admin, whatever is asked there: test_matrix.py knocks at each.
    "adi": ("/api/users", "/api/audit", "/api/choices", "/api/session", "/api/practice"),
}
"""Who asks, and at which addresses."""


@dataclass
class Hotline:
    """The application with somebody signed in for each role tried, and one ticket to ask about."""

    schema: Any
    cookies: dict[str, str]
    tokens: dict[str, str]
    number: str


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    folder = tmp_path_factory.mktemp("openapi")
    app = create_app(Settings(home=folder, port=0), None, f"unix://{folder}/no-redis.sock")
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    made = Hotline(schema, {}, {}, "")
    asyncio.run(_people(app, made))
    yield made
    shutdown_lifespans()


async def _people(app: Any, made: Hotline) -> None:
    accounts = app.state.house.accounts
    office = OfficeAtWork(app, app.state.house)
    people = {"dewi": Role.AGENT, "rudi": Role.DISPATCHER, "sari": Role.SUPERVISOR, "adi": Role.ADMIN}
    for username, role in people.items():
        user_id = await accounts.add_user(username, username.title(), role)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://testserver") as client:
            token = await accounts.link(user_id)
            session = (await client.post("/api/session/once", json={"token": token})).json()
            made.cookies[username], made.tokens[username] = client.cookies[COOKIE], session["csrf"]
            office.people[username] = Person(username, client, user_id)
    made.number = await office.call()


@pytest.mark.parametrize("username", TRIED)
@pytest.mark.parametrize("mode", GenerationMode)
def test_whatever_is_asked_is_answered_as_the_document_says(
    hotline: Hotline, username: str, mode: GenerationMode
):
    codes: Counter[int] = Counter()
    told: dict[str, str] = {}

    for result in hotline.schema.get_all_operations():
        operation = result.ok()
        left_out = (operation.method.upper(), operation.path) in LEFT_OUT
        if operation.path.startswith(TRIED[username]) and not left_out:
            told |= asked_of(hotline, operation, username, mode, codes)

    print(
        f"\nschemathesis, {username}, {mode.value}: {codes.total()} requests, {dict(sorted(codes.items()))}"
    )
    assert not told, "\n\n".join(f"{name}\n{what}" for name, what in told.items())
    assert codes[200] > 0 or mode is GenerationMode.NEGATIVE


def asked_of(
    hotline: Hotline, operation: Any, username: str, mode: GenerationMode, codes: Counter[int]
) -> dict[str, str]:
    """Make requests up for one operation; returns what was found wrong with it."""
    known = {"number": hotline.number, "code": "KTP-01", "username": "rudi", "call_id": "pbx-1.0"}
    fixed = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    strategy = operation.as_strategy(
        mode,
        headers={"X-CSRF-Token": hotline.tokens[username]},
        # What is right is asked of things that are there.
        path_parameters=fixed if mode is GenerationMode.POSITIVE and fixed else None,
    )

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize="HOTLINE_EXAMPLES" not in os.environ,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def ask(case: Any) -> None:
        response = case.call(cookies={COOKIE: hotline.cookies[username]})
        codes[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        return {}  # Nothing can be got wrong there, or not in so few tries.
    except FailureGroup as found:
        return {operation.label: "\n".join(str(one) for one in found.exceptions)}
    except Exception as fault:
        return {operation.label: f"{type(fault).__name__}: {fault}"}
    return {}


# --- the document ---


def test_the_document_is_openapi_3_1_and_every_refusal_in_it_a_problem():
    assert DOCUMENT["openapi"].startswith("3.1")
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, methods in DOCUMENT["paths"].items():
        for method, said in methods.items():
            for status, response in said["responses"].items():
                assert status.startswith("2") or response["content"] == problem, (method, path, status)


def kinds_of(base: type) -> set[type]:
    return {each for kind in base.__subclasses__() for each in (kind, *kinds_of(kind))}


def test_every_request_has_an_example_that_the_request_itself_takes():
    asked = {
        said["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        for methods in DOCUMENT["paths"].values()
        for said in methods.values()
        if "requestBody" in said
    }
    models = {model.__name__: model for model in kinds_of(views.Asking)}

    assert set(models) == asked
    for name, model in models.items():
        (example,) = DOCUMENT["components"]["schemas"][name]["examples"]
        assert example, name
        model.model_validate(example)


# --- refusals before any door, and what no database keeps ---


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(office: OfficeAtWork):
    client = office.sari.client
    unknown = [await client.request(method, "/api/tidak-ada") for method in ("GET", "POST", "DELETE")]
    wrong = await client.patch("/api/cases/261123-0042-4/form")
    page = await client.post("/meja")
    unread = await client.post("/api/session", content=b"{", headers={"Content-Type": "application/json"})

    assert [response.status_code for response in unknown] == [404] * 3
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "PUT")
    assert page.status_code == 405
    assert unread.status_code == 422
    for response in (*unknown, wrong, page, unread):
        assert response.headers["content-type"] == "application/problem+json"
        assert set(response.json()) == {"type", "title", "status", "detail"}
        assert response.json()["status"] == response.status_code


async def test_a_method_of_another_route_of_the_address_is_named(office: OfficeAtWork):
    response = await office.sari.client.patch("/api/session")

    assert response.headers["allow"] == "DELETE, GET, POST"


UNKEPT = ("a\x00b", "\ud800", "tiga \udfff")
"""NUL, and halves of letters: JSON carries them, databases do not."""
TYPED = [
    ("POST", "/cases/{number}/outline", {"text": "?"}),
    ("PUT", "/cases/{number}/draft", {"typed": {"story": "?"}}),
    ("PUT", "/cases/{number}/form", {"name": "?"}),
    ("POST", "/faq/search", {"text": "?"}),
    ("POST", "/session", {"username": "?", "password": "x"}),
]


async def test_text_that_cannot_be_kept_is_refused_wherever_it_is_typed(office: OfficeAtWork):
    number = await office.call()

    for text in UNKEPT:
        for method, path, body in TYPED:
            written = json.dumps(body).replace('"?"', json.dumps(text)).encode()
            response = await sends(office, method, path.format(number=number), written)
            assert response.status_code == 422, (path, text)


ODD_ADDRESSES = (
    "/cases?after=",
    "/cases?after=0001-01-01T00:00:00%2B14:00~1",
    "/cases?after=9999-12-31T23:59:59-14:00~1",
    "/cases?after=bukan~penanda",
    "/cases?after=2026-11-23T02:00:00%2B00:00~%00",
    "/cases?limit=99999999999999999999",
    "/cases/%00",
    f"/cases/{'9' * 5000}",
    "/cases/261123-0042-4%ff",
    "/faq/articles/%00",
    "/faq/articles/KTP-01%0a",
    "/faq/gaps?since=0001-01-01",
    "/audit?before=99999999999999999999",
)


async def test_odd_addresses_are_refused_not_failed_on(office: OfficeAtWork):
    for path in ODD_ADDRESSES:
        response = await office.sari.ask("GET", path)
        assert response.status_code in (200, 400, 404, 422), path


ODD_BODIES = (b'{"step": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'"\xff"', b"null", b'{"step": NaN}')


async def test_odd_bodies_are_refused_not_failed_on(office: OfficeAtWork):
    number = await office.call()

    for body in ODD_BODIES:
        response = await sends(office, "POST", f"/cases/{number}/steps/done", body)
        assert response.status_code in (400, 422), body[:20]
        assert response.headers["content-type"] == "application/problem+json"


async def sends(office: OfficeAtWork, method: str, path: str, body: bytes) -> Response:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "kunci-yang-dibuat"}
    return await office.dewi.client.request(method, f"/api{path}", content=body, headers=headers)
