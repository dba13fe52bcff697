"""What strangers write into the web form: kept like an agent's form, limited, and binding nobody else."""

from typing import Any

import pytest
from sqlalchemy import func, select

from agent_bridge.api.citizen import _source
from agent_bridge.api.small_bodies import LARGEST_BODY
from agent_bridge.house import WEB_REGISTRATIONS_AN_HOUR
from tests.agent_bridge.conftest import OfficeAtWork
from tests.agent_bridge.test_citizen import asks, outside, registers
from ticketing import tables
from ticketing.people import texts

NIK = "3578014101900001"
PHONE = "081200000042"


def kept_of(office: OfficeAtWork, number: str) -> dict[str, str]:
    fields = (texts.NAME, texts.NIK, texts.OFFERED_NIK, texts.STORY, texts.REASON)
    with office.house.reader.connect() as connection:
        return texts.latest(connection, office.house.vault, number.replace("-", ""), fields)


async def test_a_nik_goes_into_its_own_field_and_is_masked(office: OfficeAtWork):
    async with outside(office) as client:
        made = (await registers(client, nik="3578 0141 0190 0001")).json()

    seen = await office.dewi.sees(f"/cases/{made['number']}")
    assert made["warnings"] == []
    assert kept_of(office, made["number"])[texts.NIK] == NIK
    assert seen["identity"]["nik_masked"] == "3578••••••••0001"
    assert "nik" in seen["identity"]["fields"]


async def test_a_doubtful_nik_is_told_is_no_wall_and_waits_for_an_agent(office: OfficeAtWork):
    async with outside(office) as client:
        made, again = [await registers(client, nik="357801", story="KTP belum jadi.") for _ in range(2)]

    (warning,) = made.json()["warnings"]
    seen = await office.dewi.sees(f"/cases/{made.json()['number']}")
    assert (made.status_code, again.json()) == (201, made.json())
    assert (warning["field"], warning["code"]) == ("nik", "nik_length")
    assert "nik" not in seen["identity"]["fields"]
    assert kept_of(office, made.json()["number"])[texts.OFFERED_NIK] == "357801"


async def test_a_nik_in_any_free_text_is_taken_out_of_it(office: OfficeAtWork):
    async with outside(office) as client:
        made = (await registers(client, name=f"Sari {NIK}", story=f"NIK {NIK} ditolak.")).json()

    kept = kept_of(office, made["number"])
    assert (kept[texts.NAME], kept[texts.STORY]) == ("Sari [NIK]", "NIK [NIK] ditolak.")
    assert kept[texts.OFFERED_NIK] == NIK


async def test_what_a_type_requires_and_the_form_left_empty_holds_nothing_up(office: OfficeAtWork):
    async with outside(office) as client:
        made = (await registers(client, type="service", district=None)).json()

    seen = await office.dewi.sees(f"/cases/{made['number']}")
    assert (seen["state"], seen["type"]) == ("recorded", "service")
    assert set(seen["identity"]["missing"]) == {"nik", "district"}
    assert "formulir web" in kept_of(office, made["number"])[texts.REASON]


async def test_a_stranger_who_writes_somebody_elses_number_stops_no_calls_to_them(office: OfficeAtWork):
    await office.call(number=PHONE)
    async with outside(office) as client:
        made = (await registers(client, phone=PHONE, contact="text")).json()

    with office.house.reader.connect() as connection:
        wishes = connection.scalars(select(tables.persons.c.text_only)).all()
    assert wishes == [False]
    assert office.house.reader.ticket(made["number"].replace("-", "")).text_only


async def test_what_happens_next_is_said_with_its_dates(office: OfficeAtWork):
    async with outside(office) as client:
        made = (await registers(client)).json()

    ticket = office.house.reader.ticket(made["number"].replace("-", ""))
    assert made["looked_at_by"] < made["answer_by"]
    assert ticket.next_due_at.isoformat().startswith(made["looked_at_by"][:19])
    assert "Tidak dipungut biaya" in made["next"]


async def test_a_repetition_after_no_answer_is_counted_as_none(office: OfficeAtWork):
    async with outside(office) as client:
        answers = [await registers(client) for _ in range(WEB_REGISTRATIONS_AN_HOUR + 3)]
        more = await registers(client, "kunci-yang-lain")

    assert {answer.text for answer in answers} == {answers[0].text}
    assert more.status_code == 201


async def test_the_same_key_with_another_form_is_refused(office: OfficeAtWork):
    async with outside(office) as client:
        await registers(client)
        other = await registers(client, story="Cerita yang lain sama sekali.")

    assert (other.status_code, other.json()["title"]) == (409, "KeyUsedForAnother")


async def test_the_answer_that_is_kept_holds_no_pin(office: OfficeAtWork):
    async with outside(office) as client:
        made = (await registers(client)).json()

    with office.house.reader.connect() as connection:
        kept = connection.scalars(select(tables.requests.c.answer)).all()
    assert kept == [{"ticket_id": made["number"].replace("-", "")}]


@pytest.mark.parametrize("path", ["/api/registrations", "/api/status", "/api/status/not-mine"])
@pytest.mark.parametrize("says_its_length", [True, False])
async def test_what_is_too_large_is_refused_before_it_is_read(
    office: OfficeAtWork, path: str, *, says_its_length: bool
):
    sent = 0

    async def in_parts() -> Any:
        nonlocal sent
        for _ in range(1000):
            sent += 1024
            yield b" " * 1024

    body = b" " * (LARGEST_BODY + 1) if says_its_length else in_parts()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "kunci-yang-dibuat"}
    async with outside(office) as client:
        refused = await client.post(path, content=body, headers=headers)

    assert (refused.status_code, refused.json()["title"]) == (413, "TooLarge")


async def test_a_form_of_a_whole_story_is_not_too_large(office: OfficeAtWork):
    async with outside(office) as client:
        assert (await registers(client, story="ä" * 4000)).status_code == 201


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("203.0.113.7", "web|203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "web|2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "web|2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "web|::ffff:203.0.113.7"),
        ("testclient", "web|testclient"),
    ],
)
def test_one_subscribers_addresses_are_one_source(host: str, counted_as: str):
    class Asked:
        client = type("Client", (), {"host": host})

    assert _source(Asked()) == counted_as


async def test_a_refused_form_makes_no_ticket_and_no_person(office: OfficeAtWork):
    async with outside(office) as client:
        await registers(client, phone="bukan nomor")
        await registers(client, phone="0315920001", contact="text")
        unknown = await asks(client, "261123-0042-4", "123456")

    with office.house.reader.connect() as connection:
        made = [
            connection.scalar(select(func.count()).select_from(table))
            for table in (tables.tickets, tables.persons, tables.texts)
        ]
    assert made == [0, 0, 0]
    assert unknown.status_code == 404
