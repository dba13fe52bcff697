"""Twilio's requests for a caller: signed or refused, replied to once, and never left without people."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from httpx import ASGITransport, AsyncClient, Response
from twilio.request_validator import RequestValidator

from config.errors import Unavailable
from config.office import OFFICE_FOLDER
from ivr.call_desk import CallDesk
from ivr.providers.twilio.signature import SignatureCheck
from ivr.providers.twilio.utterances import Utterances
from ivr.providers.twilio.voice import VoiceReplies
from ivr.providers.twilio.voice_turns import VoiceTurns
from ivr.providers.twilio.webhooks import BODY_BYTES, TwilioWebhooks
from ivr.registration import Registrar
from ivr.speech import prompts
from ivr.speech.prompts import sound
from ivr.speech.waves import silence, write_wave
from ivr.turns import Turns
from tests.builders import MONDAY_MORNING, NUMBER, OFFICE, Desk, a_desk
from ticketing.facts import NumberSpoken

PUBLIC = "https://hotline.kantor"
ACCOUNT = "AC" + "a" * 32
TOKEN, OLD_TOKEN = "rahasia-baru", "rahasia-lama"
CALL = "CA" + "1" * 32


def now() -> datetime:
    return MONDAY_MORNING


@dataclass
class Line:
    """A telephone number at Twilio, as far as requests go."""

    desk: Desk
    webhooks: TwilioWebhooks
    client: AsyncClient

    async def asks(self, path: str = "/twilio/voice", token: str = TOKEN, **more: str) -> Response:
        form = {
            "AccountSid": ACCOUNT,
            "CallSid": CALL,
            "From": NUMBER,
            "To": "0311500",
            "ApiVersion": "2010-04-01",
        }
        form |= more
        signature = RequestValidator(token).compute_signature(f"{PUBLIC}{path}", form)
        return await self.client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    async def goes(self, *pressed: str) -> list[ElementTree.Element]:
        """A caller who presses these keys, each when asked."""
        path, documents = "/twilio/voice", []
        for key in pressed:
            reply = await self.asks(path, **({"Digits": key} if key else {}))
            assert reply.status_code == 200, reply.text
            documents.append(ElementTree.fromstring(reply.content))
            gather = documents[-1].find("Gather")
            path = urlsplit(gather.get("action")).path if gather is not None else ""
        return documents

    def recorded(self) -> list[str]:
        return [fact.kind for fact in self.desk.reader.facts_of({CALL})[CALL]]


def a_node(
    desk: Desk, sounds: Path, account: str = ACCOUNT, tokens: tuple[str, ...] = (TOKEN, OLD_TOKEN)
) -> TwilioWebhooks:
    """One backend on that ledger."""
    registrar = Registrar(CallDesk(desk.journal), desk.journal, desk.reader, lambda: OFFICE, now)
    book = prompts.load(OFFICE_FOLDER).texts
    utterances = Utterances(PUBLIC, b"kunci" * 8, sounds)
    turns = Turns(registrar, desk.journal, desk.reader, desk.vault, now)
    replies = VoiceReplies(PUBLIC, utterances, lambda: book, now)
    check = SignatureCheck(PUBLIC, tokens)
    voice = VoiceTurns("twilio", lambda: "dukcapil", turns, replies)
    return TwilioWebhooks(check, account, [voice], utterances, now)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with a_desk(tmp_path) as desk:
        webhooks = a_node(desk, tmp_path / "sounds")
        async with AsyncClient(transport=ASGITransport(webhooks), base_url="http://127.0.0.1:8065") as client:
            yield Line(desk, webhooks, client)


async def test_the_number_comes_first_and_is_said_twice(line: Line):
    asked, first, second = await line.goes("", "1", "")

    assert asked.find("Gather").get("numDigits") == "1"
    spoken = [" ".join(said.text for said in each.iter("Say")) for each in (first, second)]
    assert spoken[0].startswith("Nomor")
    assert re.search("nol nol nol satu", spoken[0])
    assert spoken[0].split()[-5:] == spoken[1].split()[-5:]
    assert line.recorded() == ["call_arrived", "menu_entered", "ticket_registered", "number_spoken"]


async def test_whoever_listens_to_the_end_goes_to_people(line: Line):
    documents = await line.goes("", "1", "", "", "")

    people = documents[-1].find("Enqueue")
    assert people.text == CALL
    assert people.get("waitUrl") == f"{PUBLIC}/twilio/queue?queue=dukcapil"
    assert line.recorded().count("number_spoken") == 2


async def test_the_same_request_at_once_on_two_nodes_gets_the_same_bytes_and_one_ticket(tmp_path: Path):
    async with a_desk(tmp_path) as first, a_desk(tmp_path, vault=first.vault) as second:
        nodes = [a_node(desk, tmp_path) for desk in (first, second)]
        clients = [AsyncClient(transport=ASGITransport(node), base_url="http://127.0.0.1") for node in nodes]
        lines = [Line(first, node, client) for node, client in zip(nodes, clients, strict=True)]

        await lines[0].asks()
        replies = await asyncio.gather(
            *(line.asks("/twilio/voice/1", Digits="1") for line in (*lines, *lines))
        )

        assert len({reply.content for reply in replies}) == 1
        assert lines[0].recorded().count("ticket_registered") == 1
        for client in clients:
            await client.aclose()


async def test_a_request_that_is_replayed_later_changes_nothing(line: Line):
    await line.goes("", "1", "", "")
    before = line.recorded()

    replayed = await line.asks("/twilio/voice/1", Digits="1")

    assert replayed.status_code == 200
    assert line.recorded() == before


async def test_forged_rewritten_and_foreign_requests_are_refused_and_counted(line: Line):
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/twilio/voice", {"CallSid": CALL})
    spoof = {"X-Twilio-Signature": signature, "Host": "hotline.kantor", "X-Forwarded-Host": "hotline.kantor"}
    refused = [
        await line.asks(token="salah"),
        await line.client.post("/twilio/voice", data={"CallSid": CALL}),
        await line.client.post("/twilio/voice", data={"CallSid": CALL, "Digits": "1"}, headers=spoof),
        await line.client.post("/twilio/voice/2", data={"CallSid": CALL}, headers=spoof),
        await line.client.post("/twilio/voice?x=1", data={"CallSid": CALL}, headers=spoof),
    ]

    assert [reply.status_code for reply in refused] == [403] * 5
    assert line.webhooks.refused == 5
    assert line.desk.reader.facts_of({CALL}) == {}


async def test_while_tokens_are_rotated_both_hold(line: Line):
    assert [(await line.asks(token=token)).status_code for token in (OLD_TOKEN, TOKEN)] == [200, 200]
    assert line.webhooks.refused == 0


@pytest.mark.parametrize(
    "more",
    [
        {"CallSid": "CA1"},
        {"CallSid": f"{CALL}\n"},
        {"Digits": "x"},
        {"Digits": "1" * 21},
        {"AccountSid": "AC1"},
    ],
)
async def test_a_signed_form_that_is_none_of_a_call_is_refused(line: Line, more: dict[str, str]):
    assert (await line.asks(**more)).status_code == 400


async def test_a_caller_whose_turn_nobody_knows_or_whom_the_ledger_fails_goes_to_people(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    class Busy(Unavailable):
        def __init__(self) -> None:
            super().__init__("Sibuk.", "Busy.")

    lost = await line.asks("/twilio/voice/7", Digits="1")
    for fault in (Busy(), OSError("disk")):
        monkeypatch.setattr(Turns, "take", _raises(fault))
        failed = await line.asks()
        assert failed.content == lost.content

    document = ElementTree.fromstring(lost.content)
    assert [verb.tag for verb in document] == ["Say", "Enqueue"]


def _raises(fault: Exception):
    async def take(*_: object) -> bytes:
        raise fault

    return take


async def test_no_number_keyed_in_or_called_from_is_in_a_reply(line: Line):
    await line.goes("", "3")

    asked_for_pin = await line.asks("/twilio/voice/2", Digits="26112300424")

    assert b"Gather" in asked_for_pin.content
    assert NUMBER.encode() not in asked_for_pin.content
    assert b"26112300424" not in asked_for_pin.content


async def test_our_own_recordings_are_played_where_there_are_all_of_them(line: Line, tmp_path: Path):
    for name in (*OFFICE.menus["daftar"].prompts, "salam-pagi"):
        write_wave(tmp_path / "sounds" / "id" / f"{sound(name)}.wav", silence(0.1))

    (asked,) = await line.goes("")

    played = urlsplit(asked.findall("Gather/Play")[1].text)
    heard = await line.client.get(played.path)
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/wav")
    assert len(heard.content) > 44 + 1600 * len(OFFICE.menus["daftar"].prompts) - 1
    assert (await line.client.get(played.path.replace("menu-daftar", "tutup"))).status_code == 403


async def test_what_is_no_address_of_ours_or_too_large_is_refused(line: Line):
    answers = [
        await line.client.get("/twilio/voice"),
        await line.client.post("/twilio/lain", data={}),
        await line.asks("/twilio/voice/0"),
        await line.asks("/twilio/voice/1/2"),
        await line.client.post("/twilio/voice", content=b"x" * (BODY_BYTES + 1)),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 413]


async def test_a_hang_up_in_the_middle_of_the_number_is_not_taken_for_a_number_heard(line: Line):
    await line.goes("", "1")

    assert NumberSpoken.kind not in line.recorded()
