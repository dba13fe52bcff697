"""A made-up citizen is pushed through every feature; then nothing of them is found where it must not be."""

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from agent_bridge.app import openapi_document
from config import logs
from config.clock import now, office_day
from tests.agent_bridge.conftest import OfficeAtWork
from ticketing import tables
from ticketing.citizens import slips
from ticketing.people.pin import pin_of

NIK = "3578126708940007"
NAME = "Kenanga Sriwedari"
PHONE = "081234509876"
STORY = "Akta anakku ditolak di loket lima karena nama ibunya keliru"
OFFICIAL = "pejabat.dafduk.1"

CANARIES = {
    "NIK": (NIK, "3578 1267 0894 0007", "3578.1267.0894.0007"),
    "name": (NAME, NAME.upper(), NAME.lower(), "Sriwedari", "Kenanga"),
    "phone": (PHONE, "81234509876", "0812 3450 9876", "+62 812-3450-9876"),
    "story": (STORY, "ditolak di loket lima", "nama ibunya keliru"),
}
ALL_OF_THEM = f"{NAME}, NIK {NIK}, telepon {PHONE}: {STORY}."


def found_in(text: str | bytes) -> dict[str, list[str]]:
    """Which of the canaries the text holds, in any spelling."""
    here = text if isinstance(text, bytes) else text.encode(errors="replace")
    found = {what: [one for one in ways if one.encode() in here] for what, ways in CANARIES.items()}
    return {what: ways for what, ways in found.items() if ways}


class Heard(logging.Handler):
    """Everything that was logged, before any guard, with the texts of faults."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.events: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        if record.exc_info:
            self.lines += traceback.format_exception(*record.exc_info)

    @property
    def all(self) -> str:
        return "\n".join([*self.lines, *map(str, self.events)])


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Listens to the logs of ours and of every library."""
    hears, root = Heard(), logging.getLogger()
    level = root.level
    root.addHandler(hears)
    root.setLevel(logging.DEBUG)
    with structlog.testing.capture_logs() as hears.events:
        yield hears
    root.removeHandler(hears)
    root.setLevel(level)


@pytest.fixture
def urls(office: OfficeAtWork) -> list[str]:
    """Every address somebody's page asks."""
    asked: list[str] = []

    async def note(request: Any) -> None:
        asked.append(str(request.url))

    for person in office.people.values():
        person.client.event_hooks["request"].append(note)
    return asked


def listens_to(client: AsyncClient, urls: list[str], problems: list[str]) -> None:
    """Note down what this client asks, and how it is refused."""

    async def note_url(request: Any) -> None:
        urls.append(str(request.url))

    async def note_problem(response: Any) -> None:
        if response.headers.get("content-type") == "application/problem+json":
            problems.append((await response.aread()).decode())

    client.event_hooks = {"request": [note_url], "response": [note_problem]}


@pytest.fixture
def problems(office: OfficeAtWork) -> list[str]:
    """Every refusal that goes out."""
    said: list[str] = []

    async def note(response: Any) -> None:
        if response.headers.get("content-type") == "application/problem+json":
            said.append((await response.aread()).decode())

    for person in office.people.values():
        person.client.event_hooks["response"].append(note)
    return said


async def through_the_call(office: OfficeAtWork) -> str:
    """Draft, form, outline, steps, FAQ: what an agent types while the citizen talks."""
    number = await office.call(number=PHONE)
    dewi, case = office.dewi, f"/cases/{number}"
    fields = ("name", "nik", "phone", "story", "outline", "solution", "recap", "district", "type", "category")
    await dewi.does(f"{case}/draft", {"typed": dict.fromkeys(fields, ALL_OF_THEM)}, "PUT")
    form = {
        "name": NAME, "nik": NIK, "phone": PHONE, "district": "07", "type": "complaint", "category": "11",
        "story": ALL_OF_THEM,
    }  # fmt: skip
    await dewi.does(f"{case}/form", form | {"nik": NIK[:15]}, "PUT")
    await dewi.does(
        f"{case}/form", form | {"phone": "12", "overrides": ["phone"], "override_reason": ALL_OF_THEM}, "PUT"
    )
    await dewi.does(f"{case}/form", form, "PUT")
    await dewi.does(f"{case}/outline", {"text": ALL_OF_THEM})
    await dewi.does(f"{case}/steps/skipped", {"step": 8, "reason": ALL_OF_THEM})
    for text in (ALL_OF_THEM[:200], NAME, NIK, PHONE, STORY):
        await dewi.does("/faq/search", {"text": text})
    await dewi.does(f"{case}/faq", {})
    await dewi.does(f"{case}/dispatch/opened")
    for field in ("nik", "phone"):
        shown = await dewi.does(f"{case}/unmask", {"field": field, "reason": ALL_OF_THEM})
        assert shown["value"] == {"nik": NIK, "phone": "+6281234509876"}[field]
    child = (await dewi.does(f"{case}/another"))["child_number"]
    await dewi.does(f"/cases/{child}/cancel", {"reason": ALL_OF_THEM})
    return number


async def through_the_back_office(office: OfficeAtWork, number: str) -> None:
    """Dispatch, back, forward, wait, follow up, solve, tell, recap, reopen, take over."""
    case, reasoned, text = f"/cases/{number}", {"reason": ALL_OF_THEM}, {"text": ALL_OF_THEM}
    official = office.people[OFFICIAL]
    forward = {"unit": "dafduk", "official": OFFICIAL} | reasoned
    await office.dewi.does(f"{case}/dispatch", {"track": "deferred"})
    await office.hang_up()
    await office.wrap_up_ends()
    await office.rudi.does(f"{case}/return", reasoned)
    await office.dewi.does(f"{case}/dispatch", {"track": "deferred"})
    await office.rudi.does(f"{case}/forward", forward)
    await official.does(f"{case}/wait", reasoned)
    await official.does(f"{case}/wait/over")
    await official.does(f"{case}/follow-ups", text | {"result": "in_progress"})
    await official.does(f"{case}/solution", text)
    await office.sari.does(f"{case}/delivery", {"channel": "call_back"})
    await office.sari.does(f"{case}/confirmation", {"satisfied": True})
    await office.sari.does(f"{case}/recap", {"problem": ALL_OF_THEM, "solution": ALL_OF_THEM, "close": True})
    await office.sari.does(f"{case}/reopen", reasoned)
    await office.sari.does(f"{case}/take-over", reasoned)
    await office.sari.does(f"{case}/refer", {"belongs_to": f"{NAME} {NIK}"} | text)


async def through_merging(office: OfficeAtWork, number: str) -> None:
    """A second call of the same citizen, found to be the same case, and then not."""
    other = await office.call(number=PHONE)
    await office.dewi.does(f"/cases/{other}/form", {"name": NAME, "nik": NIK, "story": STORY}, "PUT")
    assert (await office.dewi.sees(f"/cases/{other}/duplicates"))["cases"]
    await office.dewi.does(f"/cases/{other}/merge", {"into": number, "reason": ALL_OF_THEM})
    await office.dewi.does(f"/cases/{other}/unmerge", {"reason": ALL_OF_THEM})


async def through_the_citizens_own_doors(office: OfficeAtWork, citizen: AsyncClient) -> list[str]:
    """Web form, status, a slip of paper, a PIN read out: answered and refused; returns the PINs."""
    form = {
        "name": ALL_OF_THEM[:120], "phone": PHONE, "nik": NIK, "type": "complaint", "category": "11",
        "story": ALL_OF_THEM, "district": "07",
    }  # fmt: skip
    key = {"Idempotency-Key": "kunci-dari-luar-1"}
    made = (await citizen.post("/api/registrations", json=form, headers=key)).json()
    for body in ({"number": made["number"], "pin": made["pin"]}, {"number": made["number"], "pin": NIK[:12]},
                 {"number": PHONE, "pin": NAME[:12]}, {"number": NIK, NAME: PHONE}):  # fmt: skip
        await citizen.post("/api/status", json=body)
    for wrong in (
        {"phone": NAME},
        {"category": PHONE[:10]},
        {"district": NIK},
        {NIK: NAME},
        {"nik": NAME * 9},
    ):
        key = {"Idempotency-Key": f"kunci-dari-luar-{len(str(wrong))}"}
        refused = await citizen.post("/api/registrations", json=form | wrong, headers=key)
        assert 400 <= refused.status_code < 500

    reserving = partial(slips.reserve, day=office_day(now()), count=2, at=now(), by="cli")
    slip, other = await office.house.journal.write(reserving)
    written = form | {"number": slip.written, "happened_at": now().isoformat(), "solution": ALL_OF_THEM}
    await office.dewi.does("/paper", written | {"closed": True})
    for wrong in ({"number": NIK}, {"happened_at": NAME}, {"phone": NAME, "number": other.written}):
        assert not (await office.dewi.ask("POST", "/paper", written | wrong)).is_success

    number = await office.call(number=PHONE)
    await office.dewi.does(f"/cases/{number}/form", {"name": NAME}, "PUT")
    read = (await office.dewi.does(f"/cases/{number}/pin"))["pin"]
    await office.dewi.does(f"/cases/{number}/contact", {"contact": "text"}, "PUT")
    return [made["pin"], read, pin_of(office.house.vault, slip.digits)]


async def through_a_cause(office: OfficeAtWork, number: str) -> None:
    """The case is one of many; the one answer stands in it, too, beside all that is the citizen's own."""
    until_at = (now() + timedelta(hours=1)).isoformat()
    words = {"title": "KK diblokir", "spoken": "Data Bapak Ibu tidak hilang.", "until_at": until_at}
    cause = (await office.sari.does("/causes", words))["cause_id"]
    await office.sari.does(f"/causes/{cause}/answer", {"text": "Kartu keluarga tetap berlaku."})
    await office.sari.does(f"/cases/{number}/cause", {"cause_id": cause})
    await office.sari.sees(f"/causes/{cause}")
    await office.sari.does(f"/cases/{number}/cause/unlink")


REFUSED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("dewi", "PUT", "/cases/{}/draft", {"typed": {NIK: NAME, f"{NAME} {PHONE}": "x" * 5000}}),
    ("dewi", "PUT", "/cases/{}/form", {"name": NAME, "nik": NIK, NIK: PHONE}),
    ("dewi", "PUT", "/cases/{}/form", {"type": PHONE}),
    ("dewi", "PUT", "/cases/{}/form", {"category": PHONE[:10]}),
    ("dewi", "PUT", "/cases/{}/form", {"overrides": [NAME, NIK]}),
    ("dewi", "PUT", "/cases/{}/form", {"story": f"{ALL_OF_THEM}\0"}),
    ("dewi", "POST", "/cases/{}/faq", {"article": PHONE}),
    ("dewi", "POST", "/cases/{}/answer", {"article": PHONE}),
    ("dewi", "POST", "/cases/{}/merge", {"into": NIK, "reason": ALL_OF_THEM}),
    ("dewi", "POST", "/cases/{}/messages/told", {"message": ALL_OF_THEM[:80], "channel": NAME}),
    ("dewi", "POST", "/cases/{}/messages/told", {"message": f"{NAME} {NIK} {PHONE}", "channel": "call_back"}),
    ("dewi", "POST", "/cases/{}/unmask", {"field": NIK, "reason": ALL_OF_THEM}),
    ("dewi", "POST", "/cases/{}/outline", {"text": {NAME: NIK}}),
    ("dewi", "POST", "/desk/not-ready", {"reason": PHONE}),
    ("dewi", "POST", "/desk/phone", {"phone": NAME}),
    ("sari", "POST", "/cases/{}/forward", {"unit": NAME, "official": PHONE, "reason": ALL_OF_THEM}),
    ("sari", "POST", "/cases/{}/forward", {"unit": "dafduk", "official": NAME, "reason": ALL_OF_THEM}),
    ("sari", "POST", "/causes", {"title": NAME, "spoken": ALL_OF_THEM, "until_at": "2030-01-01T00:00:00Z"}),
    ("sari", "POST", "/causes", {"title": PHONE, "spoken": NAME, "categories": [NIK], "until_at": NIK}),
    ("sari", "POST", "/causes/tidak-ada/answer", {"text": ALL_OF_THEM, "official": f"{NAME} {PHONE}"}),
    ("dewi", "POST", "/cases/{}/cause", {"cause_id": NIK}),
    ("ani", "PUT", "/faq/articles/KTP-01", {"question": ALL_OF_THEM, NIK: NAME}),
    ("adi", "POST", "/users", {"username": PHONE, "name": NAME, "role": NIK}),
    ("adi", "POST", "/users", {"username": "tono", "name": "Tono", "role": "agent", "queue": NAME}),
    ("adi", "PATCH", "/users/tidak-ada", {"name": NAME, "queue": PHONE}),
    ("dewi", "POST", "/session", {"username": PHONE, "password": NAME, NIK: STORY}),
    ("dewi", "POST", "/session", {"username": f"{NAME} {PHONE}", "password": NIK}),
]
"""What is refused, with the citizen in every place one may type in."""


async def through_refusals(office: OfficeAtWork, number: str) -> None:
    for username, method, path, body in REFUSED:
        response = await office.people[username].ask(method, path.format(number), body)
        assert 400 <= response.status_code < 504, (path, response.status_code)
        assert response.status_code != 500


async def through_a_fault(office: OfficeAtWork, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something breaks in the middle of an act, with the citizen's words in the fault."""

    def breaks(*_values: Any, **_named: Any) -> None:
        raise RuntimeError(ALL_OF_THEM)

    with monkeypatch.context() as broken:
        broken.setattr("ticketing.people.texts.write", breaks)
        transport = office.dewi.client._transport
        broken.setattr(transport, "raise_app_exceptions", False)
        response = await office.dewi.ask("POST", f"/cases/{number}/outline", {"text": ALL_OF_THEM})
    assert response.status_code == 500


async def everything_read(office: OfficeAtWork, number: str) -> None:
    """Lists and the case itself; these show what they must, so only their addresses and logs are searched."""
    paths = ("/cases?mine=true", "/cases?over=true", "/messages", "/notices", "/faq/gaps", "/audit")
    for path in (f"/cases/{number}", *paths):
        await office.sari.sees(path)


async def test_nothing_of_a_citizen_is_found_where_it_must_not_be(
    office: OfficeAtWork, heard: Heard, urls: list[str], problems: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    number = await through_the_call(office)
    await through_the_back_office(office, number)
    await through_merging(office, number)
    await through_a_cause(office, number)
    await through_refusals(office, number)
    await through_a_fault(office, number, monkeypatch)
    await everything_read(office, number)
    await office.house.faq.count_left(office.house.timekeeper._clock().replace(year=2099))

    assert len(problems) > len(REFUSED)
    assert {one: found_in(one) for one in problems if found_in(one)} == {}
    assert {one: found_in(one) for one in urls if found_in(one)} == {}
    assert found_in(str(openapi_document())) == {}
    assert found_in((await office.sari.client.get("/api/health")).text) == {}
    for path in ("/faq/gaps", "/audit?limit=200", "/notices", "/messages", "/cases"):
        assert found_in(str(await office.sari.sees(path))) == {}, path
    assert {table: found for table, found in in_tables(office).items() if found} == {}
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert any(one.name.startswith("ledger.sqlite3") for one in files)
    assert {one.name: found_in(one.read_bytes()) for one in files if found_in(one.read_bytes())} == {}
    assert "request failed" in heard.all
    assert "/api/cases" in heard.all
    assert found_in(heard.all) == {}


async def test_nothing_of_who_has_no_account_is_found_where_it_must_not_be(
    office: OfficeAtWork, heard: Heard, urls: list[str], problems: list[str], tmp_path: Path
):
    async with AsyncClient(transport=ASGITransport(office.app), base_url="http://hotline") as citizen:
        listens_to(citizen, urls, problems)
        pins = await through_the_citizens_own_doors(office, citizen)
        health = (await citizen.get("/api/health")).text

    lists = [
        str(await office.sari.sees(path)) for path in ("/audit?limit=200", "/messages", "/notices", "/cases")
    ]
    files = {one.name: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    assert len(problems) >= 8
    assert any(name.startswith("ledger.sqlite3") for name in files)
    for text in (*problems, *urls, *lists, health, heard.all):
        assert (found_in(text), pins_in(text, pins)) == ({}, []), text
    for name, content in files.items():
        assert (found_in(content), pins_in(content, pins)) == ({}, []), name
    with office.house.reader.connect() as connection:
        for table in tables.metadata.sorted_tables:
            rows = "\n".join(str(tuple(row)) for row in connection.execute(select(table)))
            assert (found_in(rows), pins_in(rows, pins)) == ({}, []), table.name


def pins_in(text: str | bytes, pins: list[str]) -> list[str]:
    """The PINs that stand in the text by themselves; parts of seconds are none."""
    here = text.decode(errors="replace") if isinstance(text, bytes) else text
    alone = r"(?<![0-9A-Za-z.]){}(?![0-9A-Za-z])(?!, tzinfo)"
    return [pin for pin in pins if re.search(alone.format(pin), here)]


def in_tables(office: OfficeAtWork) -> dict[str, dict[str, list[str]]]:
    """Every table of the ledger, row by row."""
    with office.house.reader.connect() as connection:
        return {
            table.name: found_in("\n".join(str(tuple(row)) for row in connection.execute(select(table))))
            for table in tables.metadata.sorted_tables
        }


def test_a_fault_in_the_logs_is_its_kind_and_place_never_its_words():
    try:
        raise RuntimeError(ALL_OF_THEM)
    except RuntimeError as fault:
        for exc_info in (fault, (type(fault), fault, fault.__traceback__), True):
            line = logs.guard(None, "error", {"event": "Exception in ASGI application", "exc_info": exc_info})
            assert found_in(str(line)) == {}
            assert line["fault"] == "RuntimeError"
            assert line["at"][-1].startswith("test_canary.py:")


async def test_the_case_itself_still_says_all_of_it_to_those_who_may_know(office: OfficeAtWork):
    number = await through_the_call(office)

    while_talking = await office.dewi.sees(f"/cases/{number}")
    others = [await person.sees(f"/cases/{number}") for person in (office.rini, office.sari)]
    await office.hang_up()
    await office.wrap_up_ends()
    later = await office.dewi.sees(f"/cases/{number}")

    assert NIK in while_talking["draft"]["typed"]["nik"]
    assert NIK not in while_talking["draft"]["typed"]["name"]
    for seen in (*others, later):
        assert seen["identity"]["name"] == NAME
        assert STORY in seen["story"]
        assert seen["identity"]["nik_masked"] == "3578••••••••0007"
        assert {"nik", "phone"}.isdisjoint(seen["draft"]["typed"])
        assert NIK not in str(seen)
