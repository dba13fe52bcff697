"""Citizens without an account: status by number and PIN, registration by web, slips of paper."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from config.clock import now, office_day
from config.sliding_window import KEPT, SlidingWindow
from tests.agent_bridge.conftest import OfficeAtWork
from tests.builders import MONDAY_MORNING
from ticketing import tables
from ticketing.people.pin import pin_of
from ticketing.reports.telling import tell
from ticketing.tickets.number import TicketNumber, from_digits

FORM = {
    "name": "Sari Contoh", "phone": "0812 0000 0042", "type": "complaint", "category": "11",
    "story": "KTP belum jadi. NIK saya 3578014101900001.", "district": "07",
}  # fmt: skip


def outside(office: OfficeAtWork) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(office.app), base_url="http://hotline")


async def asks(client: AsyncClient, number: str, pin: str, language: str = "id") -> Response:
    headers = {"Accept-Language": language}
    return await client.post("/api/status", json={"number": number, "pin": pin}, headers=headers)


async def registers(client: AsyncClient, key: str = "daftar-web-1", **more: Any) -> Response:
    return await client.post("/api/registrations", json=FORM | more, headers={"Idempotency-Key": key})


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"


async def test_number_and_pin_tell_how_it_stands_and_nothing_personal(office: OfficeAtWork):
    ticket_id = await office.call()
    await office.dewi.does(f"/cases/{ticket_id}/form", {"name": "Budi Rahasia", "story": "rahasia"}, "PUT")
    pin = pin_of(office.house.vault, ticket_id)

    async with outside(office) as client:
        right = await asks(client, from_digits(ticket_id).written, pin)
        english = await asks(client, ticket_id, pin, "en")

    said = right.json()
    assert (said["standing"], said["is_open"]) == ("in_hand", True)
    assert english.json()["sentence"] == "An agent has it in hand."
    assert {1, 3, 4} <= {step["step"] for step in said["steps"]}
    assert "Ombudsman" in said["further"]
    assert said["promised_at"]
    assert "Budi" not in right.text
    assert "081200000042" not in right.text
    assert right.headers["cache-control"] == "no-store"


async def test_a_wrong_pin_an_unknown_number_and_no_number_get_the_same_answer(office: OfficeAtWork):
    ticket_id = await office.call()
    unknown = TicketNumber(office_day(now()), 4711).digits

    async with outside(office) as client:
        answers = [
            await asks(client, number, pin)
            for number, pin in (
                (ticket_id, wrong(pin_of(office.house.vault, ticket_id))),
                (unknown, pin_of(office.house.vault, unknown)),
                ("12345", "000000"),
            )
        ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_a_limit_forgets_whom_it_has_no_room_for():
    limit = SlidingWindow(2, timedelta(hours=1))
    for n in range(KEPT + 500):
        limit.count(f"alamat {n}", MONDAY_MORNING)

    assert len(limit._done) == KEPT


async def test_a_web_form_becomes_a_ticket_of_the_same_series_with_the_same_clocks(office: OfficeAtWork):
    by_phone = await office.call()
    async with outside(office) as client:
        first, again = await registers(client), await registers(client)
        status = await asks(client, first.json()["number"], first.json()["pin"])

    number = first.json()["number"].replace("-", "")
    assert (first.status_code, again.json()) == (201, first.json()), "asked twice, registered once"
    assert from_digits(number).serial == from_digits(by_phone).serial + 1
    ticket = office.house.reader.ticket(number)
    assert (ticket.origin, ticket.state, ticket.owner_role) == ("web", "recorded", "call_centre")
    assert ticket.limit_at is not None
    assert status.json()["standing"] == "in_hand"
    seen = await office.dewi.sees(f"/cases/{number}")
    assert "[NIK]" in seen["story"]
    assert number in [line["number"].replace("-", "") for line in (await office.dewi.sees("/cases"))["cases"]]
    assert not any(step["step"] in (3, 4) for step in seen["steps"])


async def test_a_closed_web_ticket_leaves_no_step_unexplained(office: OfficeAtWork):
    async with outside(office) as client:
        number = (await registers(client)).json()["number"]
    case = f"/cases/{number}"
    await office.dewi.does(f"{case}/outline", {"text": "Kartu belum dicetak."})
    await office.dewi.does(f"{case}/answer", {"article": "KTP-01", "told": False})
    await office.dewi.does(f"{case}/delivery", {"channel": "message"})
    await office.dewi.does(f"{case}/confirmation", {"satisfied": True})
    done = await office.dewi.does(f"{case}/recap", {"close": True})

    assert done["state"] == "closed"
    found = office.house.reader.case(number.replace("-", ""), office.house.office)
    assert tell(found, office.house.office.sop, office.house.office, now()).unexplained == ()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"phone": "bukan nomor"}, 400),
        ({"phone": "0315920001", "contact": "text"}, 400),
        ({"category": "zz"}, 404),
        ({"story": "x"}, 422),
    ],
)
async def test_a_form_that_is_wrong_is_refused_in_words(
    office: OfficeAtWork, more: dict[str, Any], status: int
):
    async with outside(office) as client:
        refused = await registers(client, **more)

    assert refused.status_code == status, refused.text
    assert refused.json()["detail"]


async def test_one_address_and_one_number_may_register_only_so_often(office: OfficeAtWork):
    async with outside(office) as client:
        answers = [await registers(client, f"daftar-web-{n}") for n in range(7)]

    assert [answer.status_code for answer in answers] == [201] * 3 + [429] * 4


async def test_who_wants_text_only_is_never_called(office: OfficeAtWork):
    ticket_id = await office.call()
    await office.dewi.does(f"/cases/{ticket_id}/contact", {"contact": "text"}, "PUT")
    await office.hang_up()

    found = office.house.reader.case(ticket_id, office.house.office)
    assert found.standing.case.text_only
    with office.house.reader.connect() as connection:
        assert connection.scalar(select(tables.persons.c.text_only)) is True


async def test_the_pin_is_read_out_only_while_the_citizen_talks_and_the_audit_has_it(office: OfficeAtWork):
    ticket_id = await office.call()
    pin = f"/cases/{ticket_id}/pin"

    unnamed = await office.dewi.ask("POST", pin)
    await office.dewi.does(f"/cases/{ticket_id}/form", {"name": "Sari Contoh"}, "PUT")
    told = [await office.dewi.ask("POST", pin, key="baca-pin-1") for _ in range(2)]
    others = await office.rini.ask("POST", pin)
    await office.hang_up()
    later = [await office.dewi.ask("POST", pin, key=key) for key in ("baca-pin-1", "baca-pin-2")]

    assert {one.json()["pin"] for one in told} == {pin_of(office.house.vault, ticket_id)}
    assert (unnamed.status_code, others.status_code) == (409, 403)
    assert "nama atau NIK" in unnamed.json()["detail"]
    assert [one.status_code for one in later] == [409, 409], "in the wrap-up the citizen is not on the line"
    read = [line["action"] for line in (await office.sari.sees("/audit"))["lines"]]
    assert read.count("pin.read") == 2, "each look is audited"


async def test_pins_are_read_thirty_times_an_hour_at_most(office: OfficeAtWork):
    ticket_id = await office.call()
    await office.dewi.does(f"/cases/{ticket_id}/form", {"name": "Sari Contoh"}, "PUT")

    codes = [(await office.dewi.ask("POST", f"/cases/{ticket_id}/pin")).status_code for _ in range(31)]

    assert codes == [200] * 30 + [429]


async def test_whoever_opens_a_case_sees_that_its_citizen_wants_text_only(office: OfficeAtWork):
    first = await office.call()
    before = await office.dewi.sees(f"/cases/{first}")
    await office.dewi.does(f"/cases/{first}/contact", {"contact": "text"}, "PUT")
    await office.hang_up()
    await office.wrap_up_ends()
    second = await office.call()
    seen = [await office.dewi.sees(f"/cases/{one}") for one in (first, second)]
    await office.dewi.does(f"/cases/{second}/contact", {"contact": "call"}, "PUT")
    after = await office.dewi.sees(f"/cases/{second}")

    assert (before["text_only"], before["origin"]) == (False, "call")
    assert [one["text_only"] for one in seen] == [True, True]
    assert after["text_only"] is False
