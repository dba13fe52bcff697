"""What somebody tries who means ill, or errs badly: each try meets a refusal with a name."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from agent_bridge.accounts import LastAdmin
from agent_bridge.house import SEARCHES_A_MINUTE
from tests.agent_bridge.conftest import OfficeAtWork
from tests.agent_bridge.test_cases import FORM
from tests.agent_bridge.test_matrix import GUARDED, address
from ticketing import tables
from ticketing.people.pin import pin_of

KEY = "kunci-orang-lain"
MOVING = ("sessions",)
"""Tables that a look may change: when a session was seen last."""


def everything(office: OfficeAtWork) -> dict[str, Any]:
    with office.house.reader.connect() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
            if table.name not in MOVING
        }


# --- keys and numbers of others ---


async def test_a_key_of_somebody_else_brings_neither_their_answer_nor_their_right(office: OfficeAtWork):
    number = await office.call()
    path, body = f"/cases/{number}/outline", {"text": "Kartu belum jadi."}

    own = await office.dewi.ask("POST", path, body, key=KEY)
    others = await office.rini.ask("POST", path, body, key=KEY)
    elsewhere = await office.dewi.ask("POST", f"/cases/{number}/cancel", {"reason": "Iseng."}, key=KEY)

    assert own.is_success
    assert (others.status_code, others.json()["title"]) == (403, "NotYourDeed")
    assert (elsewhere.status_code, elsewhere.json()["title"]) == (409, "KeyUsedForAnother")


async def test_a_restricted_case_does_not_show_in_the_next_agents_pop(office: OfficeAtWork):
    number = await office.call(number="081200000042")
    await office.dewi.does(f"/cases/{number}/form", FORM | {"category": "91"}, "PUT")
    await office.hang_up()
    await office.wrap_up_ends()

    await office.call("rini", number="081200000042")

    assert (await office.rini.sees("/desk"))["pop"]["caller"]["earlier"] == []


# --- looking changes nothing ---


async def test_no_get_changes_anything(office: OfficeAtWork):
    number = await office.call()
    await office.dewi.does(f"/cases/{number}/form", FORM, "PUT")
    before = everything(office)

    for door in GUARDED:
        if door.method == "GET":
            for person in (office.sari, office.adi):
                await person.client.get(address(door, number))

    assert everything(office) == before


# --- users ---


@pytest.mark.parametrize(
    "body",
    [
        {"user_id": "x"},
        {"username": "adi"},
        {"password_hash": "x"},
        {"disabled_at": None},
        {"role": "kepala"},
        {"disabled": False, "csrf": "x"},
    ],
)
async def test_nothing_but_what_may_change_changes_on_a_user(office: OfficeAtWork, body: dict[str, Any]):
    before = everything(office)["users"]

    response = await office.adi.ask("PATCH", "/users/dewi", body)

    assert response.status_code == 422
    assert everything(office)["users"] == before


async def test_nobody_makes_themself_an_admin(office: OfficeAtWork):
    for username, person in office.people.items():
        if username == "adi":
            continue
        response = await person.ask("PATCH", f"/users/{username}", {"role": "admin"})
        assert response.status_code == 403, username
        assert (await person.sees("/session"))["user"]["role"] != "admin"


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "agent"}])
async def test_an_admin_cannot_shut_themself_out(office: OfficeAtWork, change: dict[str, Any]):
    response = await office.adi.ask("PATCH", "/users/adi", change)

    assert (response.status_code, response.json()["title"]) == (409, "NotYourself")
    assert "admin lain" in response.json()["detail"]
    assert (await office.adi.sees("/session"))["user"]["role"] == "admin"


async def test_the_last_admin_stays_whoever_asks_and_another_may_go(office: OfficeAtWork):
    accounts = office.house.accounts
    await office.adi.does("/users", {"username": "tono", "name": "Tono", "role": "admin"})

    await office.adi.does("/users/tono", {"disabled": True}, "PATCH")

    for change in ({"disabled": True}, {"role": "agent"}):
        with pytest.raises(LastAdmin):
            await accounts.change_user("adi", **change)


async def test_null_takes_only_a_queue_away(office: OfficeAtWork):
    await office.adi.does("/users/dewi", {"queue": "dukcapil"}, "PATCH")
    nothing = {"name": None, "role": None, "disabled": None}

    stays = await office.adi.does("/users/dewi", nothing, "PATCH")
    empty = await office.adi.does("/users/dewi", {}, "PATCH")
    without = await office.adi.does("/users/dewi", {"queue": None}, "PATCH")

    assert stays == empty == without | {"queue": "dukcapil"}
    assert (stays["role"], stays["disabled"], without["queue"]) == ("agent", False, None)
    assert (await office.dewi.ask("GET", "/session")).is_success


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "supervisor"}])
async def test_who_is_disabled_or_changes_role_is_out_at_once(office: OfficeAtWork, change: dict[str, Any]):
    await office.adi.does("/users/dewi", change, "PATCH")

    assert (await office.dewi.ask("GET", "/session")).status_code == 401
    assert (await office.dewi.ask("GET", "/cases")).status_code == 401


# --- cases and the book ---


async def test_nothing_is_closed_without_a_recap_and_a_citizen_who_was_told(office: OfficeAtWork):
    number = await office.call()
    case = f"/cases/{number}"

    empty = await office.dewi.ask("POST", f"{case}/recap", {"close": True})
    await office.dewi.does(f"{case}/form", FORM, "PUT")
    untold = await office.dewi.ask(
        "POST", f"{case}/recap", {"problem": "Belum jadi.", "solution": "Menunggu.", "close": True}
    )

    assert (empty.status_code, untold.status_code) == (409, 409)
    assert (await office.dewi.sees(case))["state"] == "recorded"


async def test_markup_in_an_article_stays_text(office: OfficeAtWork):
    answer = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    draft = {
        "question": "<b>KTP</b> hilang?", "answer": answer, "category": "10", "source": "Uji",
        "owner": "dafduk", "review_on": "2027-11-01",
    }  # fmt: skip

    await office.ani.does("/faq/articles/KTP-99", draft, "PUT")
    await office.sari.does("/faq/articles/KTP-99/publish")
    response = await office.dewi.ask("GET", "/faq/articles/KTP-99")

    assert response.json()["answer"] == answer
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_typing_is_searched_but_a_flood_of_searches_is_refused_for_that_person_alone(
    office: OfficeAtWork,
):
    codes = [
        (await office.dewi.ask("POST", "/faq/search", {"text": "ktp hilang"[: 1 + n % 10]})).status_code
        for n in range(SEARCHES_A_MINUTE + 1)
    ]
    others = await office.rini.ask("POST", "/faq/search", {"text": "ktp"})

    assert codes == [200] * SEARCHES_A_MINUTE + [429]
    assert others.status_code == 200


# --- strangers: citizens' own doors ---

A_FORM = {
    "name": "Sari Contoh", "phone": "081200000042", "type": "complaint", "category": "11",
    "story": "KTP belum jadi.",
}  # fmt: skip
ODD = [
    {"number": "261123-0042-4", "pin": "' OR 1=1 --"},
    {"number": "%", "pin": "%"},
    {"number": "261123-0042-4", "pin": ["123456"]},
    {"number": {"$ne": ""}, "pin": {"$ne": ""}},
    {"number": "261123-0042-4", "pin": None},
    {"number": "२६११२३००४२४", "pin": "१२३४५६"},
    {"number": "9" * 20, "pin": "0" * 12},
]


@pytest.fixture
async def stranger(office: OfficeAtWork) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(office.app), base_url="http://hotline") as client:
        yield client


@pytest.mark.parametrize("body", ODD)
async def test_odd_numbers_and_pins_find_nothing_and_break_nothing(
    office: OfficeAtWork, stranger: AsyncClient, body: dict[str, Any]
):
    await office.call()

    refused = await stranger.post("/api/status", json=body)

    assert refused.status_code in (404, 422)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["cache-control"] == "no-store"


async def test_neither_number_nor_pin_is_taken_from_an_address(office: OfficeAtWork, stranger: AsyncClient):
    number = await office.call()
    pin = pin_of(office.house.vault, number)

    asked = [
        await stranger.get(f"/api/status?number={number}&pin={pin}"),
        await stranger.post(f"/api/status?number={number}&pin={pin}"),
    ]

    assert [one.status_code for one in asked] == [405, 422]


async def test_the_pin_of_one_ticket_opens_no_other(office: OfficeAtWork, stranger: AsyncClient):
    first, second = await office.call(number="081200000042"), await office.call("rini", "081200000043")

    crossed = await stranger.post(
        "/api/status", json={"number": first, "pin": pin_of(office.house.vault, second)}
    )

    assert crossed.status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"ticket_id": "26112300424"},
        {"origin": "call"},
        {"agent_id": "id-dewi"},
        {"solution": "Sudah selesai."},
        {"closed": True},
        {"happened_at": "2026-11-23T02:00:00Z"},
        {"number": "261123-0042-4"},
    ],
)
async def test_a_stranger_fills_in_nothing_but_the_form(
    office: OfficeAtWork, stranger: AsyncClient, more: dict[str, Any]
):
    before = everything(office)

    refused = await stranger.post(
        "/api/registrations", json=A_FORM | more, headers={"Idempotency-Key": "kunci-dari-luar"}
    )

    assert refused.status_code == 422
    assert everything(office) == before


async def test_a_form_that_another_site_sends_along_is_not_read(office: OfficeAtWork, stranger: AsyncClient):
    """A page elsewhere may send plain text in a visitor's name, but neither JSON nor a key of its own."""
    sent = await stranger.post(
        "/api/registrations", content=json.dumps(A_FORM), headers={"Content-Type": "text/plain"}
    )

    assert sent.status_code == 422
    assert office.house.reader.counted_otherwise("lain") == []


async def test_one_citizens_key_brings_another_nothing(office: OfficeAtWork, stranger: AsyncClient):
    headers = {"Idempotency-Key": "kunci-dari-luar"}
    made = await stranger.post("/api/registrations", json=A_FORM, headers=headers)

    other = await stranger.post("/api/registrations", json=A_FORM | {"name": "Orang Lain"}, headers=headers)

    assert made.status_code == 201
    assert (other.status_code, other.json()["title"]) == (409, "KeyUsedForAnother")
    assert made.json()["pin"] not in other.text


async def test_markup_in_a_form_stays_text(office: OfficeAtWork, stranger: AsyncClient):
    story = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    made = await stranger.post(
        "/api/registrations", json=A_FORM | {"story": story}, headers={"Idempotency-Key": "kunci-dari-luar"}
    )

    seen = await office.dewi.ask("GET", f"/cases/{made.json()['number']}")
    assert seen.json()["story"] == story
    assert seen.headers["content-type"] == "application/json"


async def test_a_bribe_told_by_web_is_seen_by_no_agent(office: OfficeAtWork, stranger: AsyncClient):
    made = await stranger.post(
        "/api/registrations", json=A_FORM | {"category": "91"}, headers={"Idempotency-Key": "kunci-dari-luar"}
    )
    number = made.json()["number"]

    status = await stranger.post("/api/status", json={"number": number, "pin": made.json()["pin"]})

    assert (await office.dewi.ask("GET", f"/cases/{number}")).status_code == 404
    assert (await office.sari.ask("GET", f"/cases/{number}")).status_code == 200
    assert "91" not in [str(value) for value in status.json().values()]
    assert "ungutan" not in status.text


async def test_slips_are_typed_in_by_nobody_from_outside(office: OfficeAtWork, stranger: AsyncClient):
    slip = A_FORM | {"number": "261123-0042-4", "happened_at": "2026-11-23T02:00:00Z"}

    refused = await stranger.post("/api/paper", json=slip, headers={"Idempotency-Key": "kunci-dari-luar"})

    assert refused.status_code == 401
