"""A case at the API, from the first keystroke to its end: every role at its own door."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from tests.agent_bridge.conftest import OfficeAtWork
from ticketing import tables
from ticketing.ledger import upkeep

FORM = {
    "name": "Sari Contoh",
    "nik": "3578014101900001",
    "district": "07",
    "type": "complaint",
    "category": "11",
    "story": "KTP belum jadi sejak tiga bulan.",
}
"""Made up."""


def numbers(steps: list[dict[str, Any]]) -> list[int]:
    return [step["step"] for step in steps]


async def audited(office: OfficeAtWork) -> list[str]:
    with office.house.reader.connect() as connection:
        return list(connection.scalars(select(tables.audit.c.action).order_by(tables.audit.c.audit_id)))


async def holds_together(office: OfficeAtWork) -> None:
    engine = office.house.reader._engine
    assert await asyncio.to_thread(upkeep.differences, engine, office.house.office) == []


async def test_the_faq_solves_a_short_question_in_six_actions(office: OfficeAtWork):
    number = await office.call()
    dewi, case = office.dewi, f"/cases/{number}"
    actions = [
        ("PUT", "draft", {"typed": {"story": "ktp ilang gimana"}}),
        ("PUT", "form", {"type": "information", "category": "10", "story": "KTP hilang, syaratnya apa?"}),
        ("POST", "answer", {"article": "KTP-01", "told": True}),
        ("POST", "confirmation", {"satisfied": True}),
    ]
    for method, path, body in actions:
        await dewi.does(f"{case}/{path}", body, method)
    await office.hang_up()

    closed = await dewi.does(f"{case}/recap", {"close": True})

    assert closed["state"] == "closed"
    seen = await dewi.sees(case)
    assert numbers(seen["steps"]) == [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15]
    assert all(step["ended_at"] for step in seen["steps"])
    assert seen["recap"]["problem"] == "KTP-el saya hilang, syaratnya apa?"
    assert seen["solution"]["article"] == "KTP-01"
    assert seen["solution"]["told_by"] == seen["recap"]["told_by"] == "Dewi"
    marks = [step[mark] for step in seen["steps"] for mark in ("started_by", "ended_by")]
    assert sum(mark in ("observed", "inferred") for mark in marks) >= 0.9 * len(marks)
    await holds_together(office)


async def test_the_form_says_what_is_missing_and_doubts_a_nik_without_being_a_wall(office: OfficeAtWork):
    number = await office.call()
    form = FORM | {"nik": "3578019999900001", "story": None}

    first = await office.dewi.does(f"/cases/{number}/form", form, "PUT")
    second = await office.dewi.does(
        f"/cases/{number}/form",
        FORM | {"nik": form["nik"], "overrides": ["nik"], "override_reason": "Dibaca dari KTP lama."},
        "PUT",
    )

    assert first["state"] == "begun"
    assert first["missing"] == ["story"]
    assert {warning["field"] for warning in first["warnings"]} == {"nik"}
    assert (second["state"], second["warnings"], second["missing"]) == ("recorded", [], [])
    assert "warning.override" in await audited(office)
    seen = await office.dewi.sees(f"/cases/{number}")
    assert seen["identity"]["nik_masked"] == "3578••••••••0001"
    assert seen["identity"]["name"] == "Sari Contoh"


async def test_who_will_not_say_their_name_is_served_all_the_same_and_why_is_on_record(office: OfficeAtWork):
    number = await office.call(number=None)
    form = {"type": "complaint", "category": "11", "story": "KTP belum jadi."}
    reason = {"overrides": ["name", "phone", "district"], "override_reason": "Warga tidak berkenan."}

    asked = await office.dewi.does(f"/cases/{number}/form", form, "PUT")
    done = await office.dewi.does(f"/cases/{number}/form", form | reason, "PUT")

    assert asked["missing"] == ["name", "phone", "district"]
    assert (done["state"], done["missing"]) == ("recorded", [])
    events = (await office.dewi.sees(f"/cases/{number}"))["events"]
    assert "Warga tidak berkenan." in [event["text"] for event in events]
    assert "warning.override" in await audited(office)


async def test_a_nik_told_in_the_story_is_taken_out_and_offered_to_its_field(office: OfficeAtWork):
    number = await office.call()
    story = "nik saya 3578014101900001 tidak aktif"

    drafted = await office.dewi.does(f"/cases/{number}/draft", {"typed": {"story": story}}, "PUT")
    offered = await office.dewi.sees(f"/cases/{number}")
    form = FORM | {"nik": None, "story": story, "use_offered_nik": True}
    await office.dewi.does(f"/cases/{number}/form", form, "PUT")
    seen = await office.dewi.sees(f"/cases/{number}")

    assert drafted["nik_offered"]
    assert offered["draft"]["typed"] == {"story": "nik saya [NIK] tidak aktif"}
    assert offered["identity"]["offered_nik_masked"] == "3578••••••••0001"
    assert seen["story"] == "nik saya [NIK] tidak aktif"
    assert seen["identity"]["nik_masked"] == "3578••••••••0001"
    assert seen["identity"]["offered_nik_masked"] is None


async def to_the_official(office: OfficeAtWork, number: str, track: str = "deferred") -> None:
    case = f"/cases/{number}"
    await office.dewi.does(f"{case}/form", FORM, "PUT")
    await office.dewi.does(f"{case}/faq", {})
    await office.dewi.does(f"{case}/dispatch/opened")
    await office.dewi.does(f"{case}/dispatch", {"track": track, "urgency": "high"})
    advice = await office.rudi.sees(f"{case}/suggestion")
    await office.rudi.does(f"{case}/forward", {"unit": advice["unit"], "official": advice["official"]})


async def test_an_official_answers_while_the_citizen_holds_the_line(office: OfficeAtWork):
    number = await office.call()
    case, official = f"/cases/{number}", office.people["pejabat.dafduk.1"]
    await to_the_official(office, number, "live")
    await official.does(f"{case}/consult")
    await official.does(f"{case}/solution", {"text": "Kartu sudah tercetak.", "deliver_by": "agent"})
    await office.dewi.does(f"{case}/delivery", {"channel": "live_call"})
    await office.dewi.does(f"{case}/confirmation", {"satisfied": True})
    await office.hang_up()
    await office.dewi.does(f"{case}/recap", {"close": True})

    seen = await office.dewi.sees(case)
    assert numbers(seen["steps"]) == list(range(1, 16))
    assert all(step["ended_at"] for step in seen["steps"])
    assert seen["solution"]["author"] == "Pejabat.Dafduk.1"
    assert seen["solution"]["told_by"] == "Dewi"
    marks = [step[mark] for step in seen["steps"] for mark in ("started_by", "ended_by")]
    assert sum(mark in ("observed", "inferred") for mark in marks) >= 0.9 * len(marks)
    await holds_together(office)


async def test_a_deferred_case_is_followed_up_told_by_call_back_and_closed_with_a_recap(office: OfficeAtWork):
    number = await office.call()
    case, official = f"/cases/{number}", office.people["pejabat.dafduk.1"]
    await to_the_official(office, number)
    await office.dewi.does(f"{case}/confirmation", {"satisfied": False})
    await office.hang_up()
    await office.dewi.does(f"{case}/recap", {"solution": "Dijanjikan kabar paling lambat lusa."})
    await office.wrap_up_ends()
    refused = await office.dewi.ask("POST", f"{case}/recap", {"close": True})
    await official.does(f"{case}/follow-ups", {"text": "Blangko dipesan.", "result": "plan_made"})
    await official.does(f"{case}/solution", {"text": "Kartu dapat diambil.", "deliver_by": "agent"})
    await office.dewi.does(f"{case}/delivery", {"channel": "call_back"})
    await office.dewi.does(f"{case}/confirmation", {"satisfied": True})

    closed = await office.dewi.does(f"{case}/recap", {"close": True})

    assert refused.status_code == 409
    assert closed["state"] == "closed"
    seen = await office.dewi.sees(case)
    assert [(step["step"], step["round"]) for step in seen["steps"] if step["round"] > 1] == [(12, 2)]
    assert all(step["ended_at"] for step in seen["steps"])
    assert {message["kind"] for message in seen["messages"]} == {"number", "progress", "solution"}
    await holds_together(office)


async def test_another_complaint_gets_a_ticket_of_its_own_with_the_identity_carried(office: OfficeAtWork):
    number = await office.call()
    await office.dewi.does(f"/cases/{number}/form", FORM, "PUT")

    child = (await office.dewi.does(f"/cases/{number}/another"))["child_number"]
    done = await office.dewi.does(
        f"/cases/{child}/form", {"type": "complaint", "category": "21", "story": "KK juga belum."}, "PUT"
    )

    assert done["missing"] == []
    seen = await office.dewi.sees(f"/cases/{child}")
    assert seen["parent"].replace("-", "") == number
    assert seen["identity"]["name"] == "Sari Contoh"
    assert numbers(seen["steps"])[:2] == [5, 6]
    assert (await office.dewi.sees(f"/cases/{number}"))["children"] == [child]
    assert await office.dewi.does(f"/cases/{child}/faq", {})
    await holds_together(office)


async def test_the_same_key_with_another_body_is_refused_and_with_the_same_answered_again(
    office: OfficeAtWork,
):
    path = f"/cases/{await office.call()}/outline"

    first = await office.dewi.ask("POST", path, {"text": "Kartu belum jadi."}, key="kunci-yang-sama")
    again = await office.dewi.ask("POST", path, {"text": "Kartu belum jadi."}, key="kunci-yang-sama")
    other = await office.dewi.ask("POST", path, {"text": "Lain."}, key="kunci-yang-sama")

    assert first.json() == again.json()
    assert other.status_code == 409
    events = (await office.dewi.sees(path.removesuffix("/outline")))["events"]
    assert [event["kind"] for event in events] == ["outline_written"]


async def test_cases_stay_in_their_own_eyes(office: OfficeAtWork):
    number = await office.call()
    case = f"/cases/{number}"
    await to_the_official(office, number)
    await office.hang_up()

    codes = {name: (await person.ask("GET", case)).status_code for name, person in office.people.items()}

    assert codes == {
        "dewi": 200, "rini": 200, "rudi": 200, "pejabat.dafduk.1": 200, "sari": 200,
        "pejabat.capil.1": 404, "pengawas.1": 404, "ani": 403, "adi": 403,
    }  # fmt: skip
    assert (
        await office.rini.ask("POST", f"{case}/outline", {"text": "Bukan tiket saya."})
    ).status_code == 403


async def test_what_is_typed_is_shown_to_those_who_may_type_it_and_to_nobody_else(office: OfficeAtWork):
    case = f"/cases/{(number := await office.call())}"
    await office.dewi.does(f"{case}/draft", {"typed": {"nik": "3578014101900001"}}, "PUT")
    await to_the_official(office, number)

    readers = ("dewi", "sari", "rudi", "pejabat.dafduk.1")
    shown = {name: (await office.people[name].sees(case))["draft"] is not None for name in readers}

    assert shown == {"dewi": True, "sari": True, "rudi": False, "pejabat.dafduk.1": False}


async def test_choices_name_each_units_officials_and_its_head(office: OfficeAtWork):
    units = {unit["code"]: unit for unit in (await office.rudi.sees("/choices"))["units"]}

    people = [one["username"] for one in units["dafduk"]["officials"]]
    assert people == ["pejabat.dafduk.1", "pejabat.dafduk.2", "kabid.dafduk"]
    assert units["dafduk"]["officials"][0]["name"] == "Pejabat.Dafduk.1"


async def test_bribery_is_seen_by_supervisors_and_oversight_alone(office: OfficeAtWork):
    number = await office.call()
    case = f"/cases/{number}"
    form = FORM | {"category": "91", "story": "Diminta uang untuk akta."}
    await office.dewi.does(f"{case}/form", form, "PUT")
    while_talking = (await office.dewi.ask("GET", case)).status_code
    await office.dewi.does(f"{case}/dispatch", {"track": "deferred"})
    await office.hang_up()
    await office.wrap_up_ends()
    await office.sari.does(
        f"{case}/forward", {"unit": "pengawasan", "official": "pengawas.1", "reason": "Hal pengawasan."}
    )

    codes = {name: (await person.ask("GET", case)).status_code for name, person in office.people.items()}

    assert while_talking == 200
    assert {name for name, code in codes.items() if code == 200} == {"sari", "pengawas.1"}
    for name, person in office.people.items():
        if name in ("ani", "adi"):
            continue
        listed = (await person.sees("/cases"))["cases"]
        assert bool(listed) == (name in ("sari", "pengawas.1")), name


async def test_unmasking_needs_a_live_call_or_a_reason_and_is_in_the_audit_each_time(office: OfficeAtWork):
    number = await office.call()
    path, body = f"/cases/{number}/unmask", {"field": "nik", "reason": "Mencocokkan dengan berkas."}
    await office.dewi.does(f"/cases/{number}/form", FORM, "PUT")

    shown = [(await office.dewi.ask("POST", path, body, key="sekali-saja")).json()["value"] for _ in range(2)]
    await office.hang_up()
    await office.wrap_up_ends()
    later = await office.dewi.ask("POST", path, body)
    supervisor = await office.sari.does(path, body)

    assert shown == [FORM["nik"]] * 2
    assert later.status_code == 403
    assert supervisor["value"] == FORM["nik"]
    assert (await audited(office)).count("unmask") == 3


async def test_merging_and_unmerging_lose_nothing(office: OfficeAtWork):
    first = await office.call()
    await office.dewi.does(f"/cases/{first}/form", FORM, "PUT")
    await office.hang_up()
    await office.wrap_up_ends()
    second = await office.call(number="081200000099")
    await office.dewi.does(f"/cases/{second}/form", FORM, "PUT")
    before = await office.dewi.sees(f"/cases/{second}")
    offered = (await office.dewi.sees(f"/cases/{second}/duplicates"))["cases"]

    reason = {"reason": "Orang dan keluhan yang sama."}
    await office.dewi.does(f"/cases/{second}/merge", {"into": first} | reason)
    merged = await office.dewi.sees(f"/cases/{second}")
    await office.dewi.does(f"/cases/{second}/unmerge", reason)
    after = await office.dewi.sees(f"/cases/{second}")

    assert [line["number"].replace("-", "") for line in offered] == [first]
    assert (merged["state"], merged["merged_into"].replace("-", "")) == ("merged", first)
    moving = ("events", "seconds_left", "clocks", "next_due_at", "messages")
    assert {k: v for k, v in before.items() if k not in moving} == {
        k: v for k, v in after.items() if k not in moving
    }
    await holds_together(office)


async def test_lists_are_sorted_by_time_left_and_paged_without_gap_or_repetition(office: OfficeAtWork):
    wanted = [await office.call(number=f"0812000001{n:02d}") for n in range(7)]
    seen, after = [], ""
    while True:
        page = await office.sari.sees(f"/cases?limit=3{after}")
        seen += page["cases"]
        if page["next_cursor"] is None:
            break
        after = f"&after={page['next_cursor'].replace('+', '%2B')}"

    left = [line["seconds_left"] for line in seen]
    assert sorted(line["number"].replace("-", "") for line in seen) == sorted(wanted)
    assert all(one <= other + 5 for one, other in pairwise(left))


async def test_messages_owed_are_paged_the_oldest_first(office: OfficeAtWork):
    for n in range(3):
        number = await office.call(number=f"03159200{n:02d}")
        await to_the_official(office, number)
        await office.hang_up()
        await office.wrap_up_ends()
    seen, after = [], ""
    while True:
        page = await office.sari.sees(f"/messages?limit=2{after}")
        seen += page["messages"]
        if page["next_cursor"] is None:
            break
        after = f"&after={page['next_cursor'].replace('+', '%2B')}"

    owed = [message["owed_at"] for message in seen]
    assert len({message["key"] for message in seen}) == len(seen) == 3
    assert owed == sorted(owed)


@pytest.mark.parametrize("path", ["/cases/26112300419", "/cases/abc", "/cases/261123-0042-4"])
async def test_a_number_that_is_none_and_one_of_nobody_look_the_same(office: OfficeAtWork, path: str):
    response = await office.sari.ask("GET", path)

    assert response.status_code == 404
    assert response.json()["detail"] == "Tiket tidak ditemukan."
