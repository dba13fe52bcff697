"""What somebody tries who means ill, or errs badly: each try meets a refusal with a name."""

from typing import Any

import pytest
from sqlalchemy import select

from agent_bridge.accounts import LastAdmin
from agent_bridge.house import SEARCHES_A_MINUTE
from tests.agent_bridge.conftest import OfficeAtWork
from tests.agent_bridge.test_cases import FORM
from tests.agent_bridge.test_matrix import GUARDED, address
from ticketing import tables

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
