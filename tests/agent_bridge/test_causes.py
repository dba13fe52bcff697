"""Peristiwa: opened by a supervisor, linked by agents and callers, answered once for everybody."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from agent_bridge.announcing import CannotSpeak, speaker
from config.clock import now
from config.settings import Settings
from ivr.speech.waves import length_seconds
from tests.agent_bridge.conftest import OfficeAtWork
from ticketing.case_facts import CITIZEN, SolutionWritten, UnlinkedFromCause
from ticketing.people.pin import pin_of
from ticketing.people.texts import read

SPOKEN = "Mengenai kartu keluarga yang diblokir: data Bapak Ibu tidak hilang."
ANSWER = "Kartu keluarga Bapak/Ibu tetap berlaku."


def opening(**more: Any) -> dict[str, Any]:
    until = (now() + timedelta(hours=6)).isoformat()
    return {"title": "KK diblokir", "spoken": SPOKEN, "categories": ["20"], "until_at": until} | more


async def answered(office: OfficeAtWork) -> None:
    """The background does its work."""
    while await office.house.causes.spread():
        pass


def solutions(office: OfficeAtWork, ticket_id: str) -> list[SolutionWritten]:
    found = office.house.reader.case(ticket_id, office.house.office)
    assert found is not None
    return [fact for fact in found.case_facts if isinstance(fact, SolutionWritten)]


async def test_one_answer_reaches_every_linked_ticket_with_its_author_and_its_own_deliverer(
    office: OfficeAtWork,
):
    cause = await office.sari.does("/causes", opening())
    mobile = await office.call(number="081200000042")
    await office.hang_up()
    await office.wrap_up_ends()
    landline = await office.call(number="0315920001")
    for ticket_id in (mobile, landline):
        await office.dewi.does(f"/cases/{ticket_id}/cause", {"cause_id": cause["cause_id"]})

    await office.sari.does(f"/causes/{cause['cause_id']}/answer", {"text": ANSWER})
    await answered(office)

    given = {ticket_id: solutions(office, ticket_id) for ticket_id in (mobile, landline)}
    assert [len(each) for each in given.values()] == [1, 1]
    assert {each[0].actor_id for each in given.values()} == {office.sari.user_id}
    assert [each[0].deliver_by for each in given.values()] == ["message", "agent"]
    with office.house.reader.connect() as connection:
        words = {read(connection, office.house.vault, each[0].text_id) for each in given.values()}
    assert words == {ANSWER}
    (seen,) = (await office.dewi.sees("/causes"))["causes"]
    assert (seen["tickets"], seen["answered"]) == (2, 2)


async def test_who_is_linked_later_gets_the_newest_answer_and_nobody_gets_one_twice(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    early = await office.call()
    await office.dewi.does(f"/cases/{early}/cause", {"cause_id": cause})
    await office.sari.does(f"/causes/{cause}/answer", {"text": ANSWER})
    await answered(office)
    await office.hang_up()
    await office.wrap_up_ends()
    late = await office.call(number="081200000043")
    await office.sari.does(f"/causes/{cause}/answer", {"text": "Diperbarui: tetap berlaku."})

    await office.dewi.does(f"/cases/{late}/cause", {"cause_id": cause})
    await answered(office)
    await answered(office)

    assert [len(solutions(office, ticket_id)) for ticket_id in (early, late)] == [2, 1]


async def test_not_my_case_takes_one_out_and_leaves_what_was_told(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    ticket_id = await office.call()
    await office.dewi.does(f"/cases/{ticket_id}/cause", {"cause_id": cause})
    assert (await office.dewi.sees(f"/cases/{ticket_id}"))["cause_id"] == cause

    await office.dewi.does(f"/cases/{ticket_id}/cause/unlink")
    await office.sari.does(f"/causes/{cause}/answer", {"text": ANSWER})
    await answered(office)

    assert solutions(office, ticket_id) == []
    assert (await office.dewi.sees(f"/cases/{ticket_id}"))["cause_id"] is None
    again = await office.dewi.ask("POST", f"/cases/{ticket_id}/cause/unlink")
    assert again.status_code == 409


async def test_a_citizen_says_not_my_case_by_number_and_pin(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    mine, other = await office.call(), await office.call("rini", "081200000043")
    for agent, ticket_id in ((office.dewi, mine), (office.rini, other)):
        await agent.does(f"/cases/{ticket_id}/cause", {"cause_id": cause})
    await office.sari.does(f"/causes/{cause}/answer", {"text": ANSWER})
    await answered(office)
    pin = pin_of(office.house.vault, mine)

    async with AsyncClient(transport=ASGITransport(office.app), base_url="http://hotline") as citizen:
        before = (await citizen.post("/api/status", json={"number": mine, "pin": pin})).json()
        doors = [(other, pin), (mine, pin), (mine, pin)]
        said = [
            await citizen.post("/api/status/not-mine", json={"number": number, "pin": known})
            for number, known in doors
        ]

    assert (before["standing"], before["in_a_cause"]) == ("answered", True)
    assert [one.status_code for one in said] == [404, 200, 200], "the PIN of one opens no other"
    assert {(one.json()["standing"], one.json()["in_a_cause"]) for one in said[1:]} == {("in_hand", False)}
    found = office.house.reader.case(mine, office.house.office)
    taken_out = [fact for fact in found.case_facts if isinstance(fact, UnlinkedFromCause)]
    assert [fact.actor_id for fact in taken_out] == [CITIZEN], "said twice, done once"
    assert len(solutions(office, mine)) == 1, "what was written stays written"
    assert (found.ticket["owner_role"], found.ticket["state"]) == ("agent", "searching"), "open again"
    (seen,) = (await office.sari.sees("/causes"))["causes"]
    assert seen["tickets"] == 1


async def test_a_caller_links_their_own_ticket_by_a_key_once_in_a_call(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    ticket_id = await office.call()

    assert office.house.registrar.causes.open_now() == (cause,)
    for _ in range(2):
        await office.house.registrar.causes.link(ticket_id, cause, "pbx-1.0")

    found = office.house.reader.case(ticket_id, office.house.office)
    assert [fact.kind for fact in found.case_facts].count("linked_to_cause") == 1
    assert found.standing.case.acted_at is None, "the office has not moved by it"


async def test_a_closed_cause_is_told_to_nobody_and_its_time_ends_it_too(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    ticket_id = await office.call()

    await office.sari.does(f"/causes/{cause}/close")

    assert office.house.causes.open_now() == ()
    refused = await office.dewi.ask("POST", f"/cases/{ticket_id}/cause", {"cause_id": cause})
    assert (refused.status_code, refused.json()["title"]) == (409, "CauseOver")
    sounds = office.house.settings.folder / "sounds"
    assert not list(sounds.rglob(f"peristiwa-{cause}.wav"))


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"spoken": "NIK 3578 0141 0190 0001 diblokir, mohon sabar."}, 400),
        ({"until_at": "2020-01-01T00:00:00Z"}, 400),
        ({"categories": ["77"]}, 404),
        ({"categories": ["91"]}, 404),
        ({"spoken": "x" * 301}, 422),
    ],
)
async def test_what_everybody_would_hear_is_looked_at_first(
    office: OfficeAtWork, more: dict[str, Any], status: int
):
    refused = await office.sari.ask("POST", "/causes", opening(**more))

    assert refused.status_code == status, refused.text
    assert (await office.dewi.sees("/causes"))["causes"] == []


async def test_a_cause_that_cannot_be_spoken_is_not_opened(office: OfficeAtWork):
    def fails(_cause_id: str, _text: str | None) -> None:
        raise CannotSpeak

    office.house.causes._speak = fails  # type: ignore[method-assign]

    refused = await office.sari.ask("POST", "/causes", opening())

    assert refused.status_code == 503
    assert (await office.dewi.sees("/causes"))["causes"] == []


async def test_the_same_request_opens_one_cause_and_only_supervisors_may(office: OfficeAtWork):
    body = opening()
    first, second = [await office.sari.ask("POST", "/causes", body, key="peristiwa-satu") for _ in range(2)]

    assert first.json()["cause_id"] == second.json()["cause_id"]
    assert (await office.dewi.ask("POST", "/causes", body)).status_code == 403
    kinds = [row.kind for row in office.house.reader.changes_since(0)]
    assert kinds.count("cause_opened") == 1


async def test_five_are_open_at_most(office: OfficeAtWork):
    for n in range(5):
        await office.sari.does("/causes", opening(title=f"Peristiwa ke-{n}"))

    refused = await office.sari.ask("POST", "/causes", opening())

    assert (refused.status_code, refused.json()["title"]) == (409, "TooManyCauses")


async def test_a_cause_that_is_over_is_answered_all_the_same_and_told_of_apart(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    ticket_id = await office.call()
    await office.dewi.does(f"/cases/{ticket_id}/cause", {"cause_id": cause})
    await office.sari.does(f"/causes/{cause}/close")

    await office.sari.does(f"/causes/{cause}/answer", {"text": ANSWER, "official": "kabid.dafduk"})
    await answered(office)

    assert (await office.rudi.sees("/causes"))["causes"] == []
    (listed,) = (await office.rudi.sees("/causes?over=true"))["causes"]
    one = await office.dewi.sees(f"/causes/{cause}")
    assert listed == one
    assert (one["open"], one["answered"], one["waiting"], one["told"]) == (1, 1, 0, 0)
    assert (one["is_spoken"], one["answered_by"]) == (False, "kabid.dafduk")
    (solution,) = solutions(office, ticket_id)
    assert (solution.actor_id, solution.actor_role) == ("kabid.dafduk", "official")


async def test_an_official_who_is_none_and_a_cause_that_is_none_are_refused(office: OfficeAtWork):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]

    body = {"text": ANSWER, "official": "bukan-siapa-siapa"}
    nobody = await office.sari.ask("POST", f"/causes/{cause}/answer", body)
    nothing = await office.dewi.ask("GET", "/causes/tidak-ada")

    assert (nobody.status_code, nothing.status_code) == (404, 404)
    assert "bukan-siapa-siapa" not in nobody.text
    assert (await office.sari.sees(f"/causes/{cause}"))["answer"] is None


async def test_what_looks_like_a_number_is_refused_without_being_repeated(office: OfficeAtWork):
    number = "0812-3450-9876"
    cause = (await office.sari.does("/causes", opening()))["cause_id"]

    refused = [
        await office.sari.ask("POST", "/causes", opening(title=f"Hubungi {number}")),
        await office.sari.ask("POST", "/causes", opening(spoken=f"Silakan hubungi {number} hari ini.")),
        await office.sari.ask("POST", f"/causes/{cause}/answer", {"text": f"Hubungi {number}."}),
    ]

    assert [(one.status_code, one.json()["title"]) for one in refused] == [(400, "NotForAll")] * 3
    assert not any("3450" in one.text for one in refused)


async def test_a_supervisor_is_told_of_a_surge_and_nobody_else(office: OfficeAtWork):
    for n in range(12):
        ticket_id = await office.call(number=f"0812000000{n:02d}")
        form = {"type": "information", "category": "22", "story": "KK diblokir."}
        await office.dewi.does(f"/cases/{ticket_id}/form", form, "PUT")
        await office.hang_up()
        await office.wrap_up_ends()

    found = (await office.sari.sees("/causes/hint"))["surges"]

    assert [(one["category"] or {}).get("code") for one in found] == [None, "22"]
    assert [(one["last_hour"], one["usual"]) for one in found] == [(12, 0.0)] * 2
    assert (await office.dewi.ask("GET", "/causes/hint")).status_code == 403


async def test_the_sounds_are_real_ones_made_again_where_they_are_missing_and_gone_with_the_cause(
    office: OfficeAtWork,
):
    cause = (await office.sari.does("/causes", opening()))["cause_id"]
    folder = office.house.settings.folder / "sounds" / "id"
    files = [folder / speed / f"peristiwa-{cause}.wav" for speed in ("hotline", "hotline-pelan")]
    normal, slow = [length_seconds(file) for file in files]
    files[0].unlink()

    office.house.causes._spoken.clear()
    await office.house.causes.refresh()
    made_again = length_seconds(files[0])
    await office.sari.does(f"/causes/{cause}/close")

    assert 2 < normal < slow < 12
    assert made_again == pytest.approx(normal, abs=0.05)
    assert not any(file.exists() for file in files)


async def test_a_text_of_which_nothing_is_heard_opens_no_cause(office: OfficeAtWork):
    refused = await office.sari.ask("POST", "/causes", opening(spoken="... ... ... ..."))

    assert (refused.status_code, refused.json()["title"]) == (503, "CannotSpeak")
    assert (await office.dewi.sees("/causes"))["causes"] == []


def test_an_offices_own_pbx_has_the_sound_while_the_cause_is_open(tmp_path: Path):
    data, theirs = tmp_path / "ast", tmp_path / "etc"
    theirs.mkdir()
    (theirs / "asterisk.conf").write_text(f"[directories]\nastdatadir => {data}\n")
    settings = Settings(home=tmp_path / "hl", pbx="own", pbx_folder=theirs)
    there = data / "sounds" / "id" / "hotline" / "peristiwa-a1.wav"
    own = there.with_name("peristiwa-a2.wav")
    own.parent.mkdir(parents=True)
    own.write_bytes(b"the office's own")

    speaker(settings)("a1", SPOKEN)
    speaker(settings)("a2", SPOKEN)
    brought = there.exists()
    for cause_id in ("a1", "a2"):
        speaker(settings)(cause_id, None)

    assert (brought, there.exists()) == (True, False)
    assert own.read_bytes() == b"the office's own"
