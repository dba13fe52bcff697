"""What texts say: what happened, in the office's words, and nothing of what is restricted."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import gsm
from ivr.texting.file_drop import FileDrop
from ivr.texting.gateway import HttpGateway
from tests.builders import OFFICE, CaseStory, Desk, a_desk, at
from tests.ivr.texting.provider import Bench, Provider, a_call, a_courier, a_provider, a_talk, written
from ticketing import case_facts, tables
from ticketing.case_facts import Channel, Origin, Track
from ticketing.facts import Report
from ticketing.ledger import upkeep
from ticketing.ledger.deliveries import Delivery
from ticketing.people import texts
from ticketing.people.pin import pin_of
from ticketing.tickets.messages import _OWN_NEWS, MessageKind

_seconds = itertools.count()
ANSWER = "Kartu “dapat diambil” di kelurahan – mulai Senin"


class Phone:
    """What the citizen reads."""

    def __init__(self, desk: Desk, bench: Bench, provider: Provider) -> None:
        self.desk, self.bench, self.provider = desk, bench, provider

    async def reads(self, rounds: int = 2) -> list[str]:
        """The texts that came since last asked, in order."""
        before = len(self.provider.taken)
        await self.bench.rounds(rounds)
        return [each["message"] for each in self.provider.taken[before:]]

    async def told(self, *facts: case_facts.CaseFact) -> None:
        await self.desk.journal.record(*(Report(fact) for fact in facts))

    def ticket(self, ticket_id: str) -> Any:
        return self.desk.reader.case(ticket_id, OFFICE).standing.case


@pytest.fixture
async def phone(tmp_path: Path):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=True) as provider:
        bench = a_courier(desk, HttpGateway(provider.form()))
        yield Phone(desk, bench, provider)
        assert all(row.told_at for row in bench.rows() if row.state == Delivery.SENT)
        assert upkeep.shortcomings(desk.engine, OFFICE) == []


async def sealed(desk: Desk, ticket_id: str, text: str = ANSWER, field: str = texts.SOLUTION) -> str:
    """A text about the ticket, sealed as the desk seals it, each later than the one before."""
    person_id = desk.reader.ticket(ticket_id).person_id
    more = {
        "ticket_id": ticket_id,
        "person_id": person_id,
        "field": field,
        "at": at(next(_seconds)),
        "by": "dewi",
    }
    return await desk.journal.do(lambda connection: texts.write(connection, desk.vault, value=text, **more))


def story(ticket_id: str) -> CaseStory:
    return CaseStory(ticket_id, None)


async def solved(
    phone: Phone,
    ticket_id: str,
    seconds: float = 300,
    text: str = ANSWER,
    role: str = "official",
    **more: Any,
) -> CaseStory:
    text_id = await sealed(phone.desk, ticket_id, text)
    case = story(ticket_id).add(case_facts.SolutionWritten, seconds, "budi", role, text_id=text_id, **more)
    await phone.desk.record_case(_keyed(case, seconds))
    return case


def _keyed(case: CaseStory, seconds: float) -> CaseStory:
    """Each fact a key of its own, though the stories begin anew."""
    case.facts = [type(f)(**{**_values(f), "key": f"{f.key}/{seconds}"}) for f in case.facts]
    return case


def _values(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


async def test_the_number_comes_at_once_with_pin_and_how_to_ask_in_one_message(phone: Phone):
    ticket_id = await a_call(phone.desk)

    (text,) = await phone.reads()

    assert written(ticket_id) in text
    assert f"PIN {pin_of(phone.desk.vault, ticket_id)}" in text
    assert "telepon 1500 tekan 3" in text
    assert "gratis" in text
    assert gsm.room(text) <= gsm.ONE_MESSAGE
    assert gsm.strange(text) is None


@pytest.mark.parametrize(("web", "named"), [("https://cc.example", True), ("https://" + 52 * "x", False)])
async def test_the_web_is_named_where_it_fits_in(tmp_path: Path, web: str, named: bool):
    async with a_desk(tmp_path) as desk, a_provider(knows_keys=True) as provider:
        await a_call(desk)
        await a_courier(desk, HttpGateway(provider.form()), web=web).rounds()

        (sent,) = provider.taken
        assert (web in sent["message"]) is named
        assert gsm.room(sent["message"]) <= gsm.ONE_MESSAGE


def test_whatever_is_news_has_its_words():
    worded = set(OFFICE.messages.progress)
    others = {case_facts.SolutionWritten.kind, case_facts.CallBackPutOff.kind}

    assert {kind.kind for kind in _OWN_NEWS} == worded | others


async def test_the_citizen_reads_how_the_case_goes_on(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    elsewhere = await sealed(phone.desk, ticket_id, "BPJS Kesehatan", texts.ELSEWHERE)
    case = story(ticket_id).complaint_is_recorded(100).is_sent(110, Track.DEFERRED).is_forwarded(120)
    case.is_followed_up(130).add(case_facts.ReferredElsewhere, 140, belongs_to=elsewhere, text_id="t")

    await phone.desk.record_case(case)

    forwarded, followed_up, referred = await phone.reads()
    assert "diteruskan ke Bidang Pendaftaran Penduduk" in forwarded
    assert "tindak lanjuti" in followed_up
    assert "menghubungi BPJS Kesehatan." in referred
    assert all(written(ticket_id) in text for text in (forwarded, followed_up, referred))


async def test_an_answer_is_read_whole_and_its_case_still_owes_a_call_unless_texts_are_the_way(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    await solved(phone, ticket_id)

    (text,) = await phone.reads()

    assert 'Kartu "dapat diambil" di kelurahan - mulai Senin. Bila' in text
    case = phone.ticket(ticket_id)
    assert (case.delivered, case.stage.value) == (None, "solved")


@pytest.mark.parametrize("way", ["by message", "text only", "this citizen anywhere", "web"])
@pytest.mark.parametrize("role", ["agent", "official", "dispatcher"])
async def test_where_texts_are_the_way_the_answer_is_delivered_by_the_system(
    phone: Phone, way: str, role: str
):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    person_id = phone.desk.reader.ticket(ticket_id).person_id
    prefers = case_facts.ContactPreferred(
        key="prefers", occurred_at=at(50), ticket_id=ticket_id, person_id=person_id, actor_id="dewi",
        actor_role="agent", contact=case_facts.Contact.TEXT,
    )  # fmt: skip
    if way == "text only":
        await phone.told(prefers)
    if way == "this citizen anywhere":
        wants = tables.persons.update().values(text_only=True)
        await phone.desk.journal.do(lambda connection: connection.execute(wants) and None)
    if way == "web":
        more = {
            "origin": Origin.WEB,
            "person_id": person_id,
            "sop_version": OFFICE.sop.version,
            "by_mobile": True,
        }
        await phone.told(
            *story(ticket_id).add(case_facts.CaseRegistered, 60, "citizen", "citizen", **more).facts
        )
    await solved(phone, ticket_id, role=role, deliver_by="message" if way == "by message" else None)

    (text,) = await phone.reads()

    case = phone.ticket(ticket_id)
    assert "kelurahan" in text
    assert (case.delivered.by, case.delivered.channel) == ("system", Channel.MESSAGE)
    assert case.stage.value == "awaiting_confirmation"
    assert case.agent_id != "system", "nobody of that name owns the case"
    known = phone.desk.reader.case(ticket_id, OFFICE).case_facts
    (delivered,) = [fact for fact in known if isinstance(fact, case_facts.SolutionDelivered)]
    assert (delivered.actor_id, delivered.actor_role) == ("system", role)


async def test_an_answer_put_right_meanwhile_is_sent_once_in_its_last_words(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    await solved(phone, ticket_id, 300, "Datang hari Senin", deliver_by="message")
    await solved(phone, ticket_id, 310, "Datang hari Selasa", deliver_by="message")

    (text,) = await phone.reads()

    assert "Datang hari Selasa." in text
    solutions = [row for row in phone.bench.rows() if row.kind == MessageKind.SOLUTION]
    assert all(row.told_at for row in solutions)


async def test_an_answer_that_fell_is_not_sent(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    case = await solved(phone, ticket_id)
    case.facts.clear()
    await phone.desk.record_case(_keyed(case.is_sent(320, Track.DEFERRED), 320))

    assert await phone.reads(5) == []


async def test_an_answer_too_long_for_texts_is_told_by_telephone_and_not_taken_for_delivered(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    await solved(phone, ticket_id, text="Bawa KK. " * 300, deliver_by="message")

    (text,) = await phone.reads()

    assert "jawaban untuk Bapak/Ibu sudah ada" in text
    assert phone.ticket(ticket_id).delivered is None


async def test_of_a_restricted_matter_nothing_is_said_but_that_there_is_news(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    await phone.desk.record_case(story(ticket_id).complaint_is_recorded(100, category="91"))
    await solved(phone, ticket_id, deliver_by="message")

    (text,) = await phone.reads()

    assert text.startswith(f"Ada kabar tentang tiket {written(ticket_id)}.")
    assert "kelurahan" not in text
    assert phone.ticket(ticket_id).delivered is None


@pytest.mark.parametrize(
    ("same", "says"), [(True, "kelurahan"), (False, "jawaban untuk Bapak/Ibu sudah ada")]
)
async def test_who_reported_a_merged_case_reads_the_others_answer_only_if_it_is_their_own(
    phone: Phone, same: bool, says: str
):
    mine = await a_call(phone.desk, 1)
    other = await a_call(phone.desk, 2, "081200000001" if same else None)
    await phone.reads()
    await phone.desk.record_case(
        story(mine).add(case_facts.Merged, 200, "rudi", "dispatcher", into_ticket_id=other, reason_id="r")
    )
    await solved(phone, other, deliver_by="message")

    sent = [text for text in await phone.reads() if written(mine) in text]

    assert "bersama laporan yang sama" in sent[0]
    assert says in sent[1]
    assert phone.ticket(mine).delivered is None


async def test_while_the_citizen_is_on_the_line_an_agent_tells_them_and_the_number_goes_out(phone: Phone):
    ticket_id = await a_talk(phone.desk, ends=False)
    await solved(phone, ticket_id)

    assert [text.startswith("Nomor tiket") for text in await phone.reads()] == [True]

    told = case_facts.SolutionDelivered(
        key="told", occurred_at=at(400), ticket_id=ticket_id, actor_id="dewi", actor_role="agent",
        channel=Channel.LIVE_CALL,
    )  # fmt: skip
    await phone.told(told)
    assert await phone.reads(3) == []
    assert all(row.told_at for row in phone.bench.rows())


async def test_a_text_told_by_a_person_while_it_is_under_way_is_told_once(tmp_path: Path):
    async with a_desk(tmp_path) as desk:
        ticket_id = await a_call(desk)

        class Overtaken(FileDrop):
            async def send(self, number: str, text: str, key: str) -> None:
                told = case_facts.CitizenTold(
                    key="told", occurred_at=at(60), ticket_id=ticket_id, actor_id="dewi", actor_role="agent",
                    message=key, channel=Channel.CALL_BACK,
                )  # fmt: skip
                await desk.journal.record(Report(told))
                await super().send(number, text, key)

        bench = a_courier(desk, Overtaken(tmp_path / "sms"))
        await bench.rounds(2)

        known = desk.reader.case(ticket_id, OFFICE).case_facts
        assert [fact.actor_id for fact in known if isinstance(fact, case_facts.CitizenTold)] == ["dewi"]
        assert bench.states() == [Delivery.SENT]


async def test_a_call_back_put_off_is_told_with_its_new_time_and_not_once_it_was_made(phone: Phone):
    first, second = [await a_call(phone.desk, n) for n in (1, 2)]
    await phone.reads()
    for ticket_id in (first, second):
        more = {"missed_at": at(100), "due_at": at(86_400 + 3 * 3600)}
        await phone.told(
            *story(ticket_id).add(case_facts.CallBackPutOff, 200, "system", "system", **more).facts
        )
    await phone.desk.record_case(story(second).is_called_back(300))

    (text,) = await phone.reads()

    assert written(first) in text
    assert "Selasa 24 November pukul 12.00" in text


async def test_texts_go_to_the_number_the_agent_wrote_down_and_to_no_landline(phone: Phone):
    ticket_id = await a_call(phone.desk)
    await phone.reads()
    await sealed(phone.desk, ticket_id, "0813 0000 0077", texts.PHONE)
    await phone.desk.record_case(story(ticket_id).complaint_is_recorded(100).is_sent(110).is_forwarded(120))
    await phone.reads()
    assert phone.provider.taken[-1]["to"] == "6281300000077"

    await sealed(phone.desk, ticket_id, "031 5920001", texts.PHONE)
    case = story(ticket_id).add(case_facts.EntryBegun, 125).is_followed_up(130)
    await phone.desk.record_case(_keyed(case, 130))
    assert await phone.reads() == []
    assert phone.bench.states()[-1] == Delivery.REFUSED


async def test_of_somebody_forgotten_nothing_is_sent(phone: Phone):
    await a_call(phone.desk)
    await upkeep.erase(phone.desk.journal, phone.desk.vault, "081200000001", lambda: at(20))

    assert await phone.reads() == []
    assert phone.bench.states() == [Delivery.REFUSED]


@given(st.text())
def test_plain_letters_cost_no_double_room_where_there_are_any(text: str):
    made = gsm.plain(text)

    assert gsm.plain(made) == made
    assert all(gsm.strange(one) is None for one in gsm.plain("“Ibu’s” — résumé café … 10 €\t"))
