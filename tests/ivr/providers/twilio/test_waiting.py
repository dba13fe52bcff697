"""Twilio's requests for a caller who waits: what they hear, what a key does, and how the wait ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from httpx import ASGITransport, AsyncClient, Response
from twilio.request_validator import RequestValidator

from config.clock import OFFICE_ZONE
from config.errors import Unavailable
from config.office import OFFICE_FOLDER, Office
from ivr.call_desk import CallDesk
from ivr.providers.twilio.signature import SignatureCheck
from ivr.providers.twilio.utterances import Utterances
from ivr.providers.twilio.voice import VoiceReplies
from ivr.providers.twilio.voice_turns import VoiceTurns
from ivr.providers.twilio.waiting import WaitingRoom
from ivr.providers.twilio.waiting_replies import WaitingReplies
from ivr.providers.twilio.webhooks import TwilioWebhooks
from ivr.registration import Registrar
from ivr.speech import prompts
from ivr.speech.waves import silence, write_wave
from ivr.turns import Turns
from tests.builders import MONDAY_MORNING, NUMBER, OFFICE, Desk, Story, a_desk, at
from tests.ivr.providers.twilio.test_webhooks import ACCOUNT, CALL, PUBLIC, TOKEN
from ticketing import facts
from ticketing.calls.call import CallPhase
from ticketing.facts import EndedBy, Provenance, Report
from ticketing.ledger.journal import Journal, LedgerBusy
from ticketing.ledger.reader import Reader

QUEUE = "/twilio/queue?queue=dukcapil"
LEFT = "/twilio/queue/left?queue=dukcapil"
BOOK = prompts.load(OFFICE_FOLDER).texts


def an_office(**more: object) -> Office:
    """The office with other settings of its queue."""
    queue = replace(OFFICE.default_queue, **more)
    return replace(OFFICE, queues={queue.name: queue})


def a_node(
    desk: Desk,
    folder: Path,
    clock: Callable[[], datetime],
    *,
    office: Office = OFFICE,
    account: str = ACCOUNT,
    token: str = TOKEN,
    look: Callable[[], None] = lambda: None,
) -> TwilioWebhooks:
    """One backend on that ledger, with the doors a citizen comes through."""
    registrar = Registrar(CallDesk(desk.journal), desk.journal, desk.reader, lambda: office, clock)
    utterances = Utterances(PUBLIC, b"kunci" * 8, folder / "sounds", folder / "music" / "hold.wav")
    voice = VoiceReplies(PUBLIC, utterances, lambda: BOOK, clock)
    turns = Turns(registrar, desk.journal, desk.reader, desk.vault, clock)
    replies = WaitingReplies(PUBLIC, voice, utterances, clock)
    doors = [
        VoiceTurns("twilio", lambda: "dukcapil", turns, voice),
        WaitingRoom("twilio", registrar, desk.journal, desk.reader, replies, look, clock),
    ]
    return TwilioWebhooks(SignatureCheck(PUBLIC, (token,)), account, doors, utterances, clock)


@dataclass
class Caller:
    """A caller in the queue, as far as requests go; `looks` counts how often the ACD was told to look."""

    desk: Desk
    folder: Path
    office: Office = OFFICE
    now: datetime = MONDAY_MORNING
    looks: int = 0
    clients: list[AsyncClient] = field(default_factory=list)

    def look(self) -> None:
        self.looks += 1

    def node(self, desk: Desk) -> None:
        node = a_node(desk, self.folder, lambda: self.now, office=self.office, look=self.look)
        self.clients.append(AsyncClient(transport=ASGITransport(node), base_url="http://127.0.0.1"))

    async def asks(self, path: str, node: int = 0, **more: str) -> Response:
        form = {
            "AccountSid": ACCOUNT, "CallSid": CALL, "CallStatus": "in-progress", "From": NUMBER,
            "To": "0311500", **more,
        }  # fmt: skip
        signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", form)
        return await self.clients[node].post(path, data=form, headers={"X-Twilio-Signature": signature})

    async def hears(self, path: str, **more: str) -> ElementTree.Element:
        reply = await self.asks(path, **more)
        assert reply.status_code == 200, reply.text
        return ElementTree.fromstring(reply.content)

    async def registers(self, call_id: str = CALL) -> None:
        await self.desk.record(Story(call_id).arrives().enters_menu().is_registered())

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def recorded(self, call_id: str = CALL) -> list[str]:
        return [fact.kind for fact in self.desk.reader.facts_of({call_id}).get(call_id, ())]

    @property
    def call(self):
        return self.desk.reader.folded(CALL)


@pytest.fixture
async def open_caller(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def opened(office: Office = OFFICE, nodes: int = 1) -> Caller:
            desks: list[Desk] = []
            for _ in range(nodes):
                vault = desks[0].vault if desks else None
                desks.append(await stack.enter_async_context(a_desk(tmp_path, office, vault)))
            caller = Caller(desks[0], tmp_path, office)
            for desk in desks:
                caller.node(desk)
                await stack.enter_async_context(caller.clients[-1])
            await caller.registers()
            caller.passes(21)
            return caller

        yield opened


def said(document: ElementTree.Element) -> str:
    return " ".join(each.text or "" for each in document.iter("Say"))


def action(document: ElementTree.Element) -> str:
    gather = document.find("Gather")
    assert gather is not None
    parts = urlsplit(gather.get("action", ""))
    return f"{parts.path}?{parts.query}"


async def test_whoever_comes_is_queued_once_and_told_their_place(open_caller):
    caller = await open_caller()
    await caller.desk.record(Story("CAyy").arrives().is_registered().queues(10))

    first, again = [await caller.asks(QUEUE) for _ in range(2)]

    assert first.content == again.content
    assert said(ElementTree.fromstring(first.content)) == "Bapak Ibu berada pada urutan ke dua"
    assert caller.recorded().count("call_queued") == 1
    assert (caller.call.phase, caller.call.position) == (CallPhase.WAITING, 2)
    assert caller.looks == 1


async def test_a_caller_the_ledger_never_heard_of_gets_a_line_a_number_and_a_place(open_caller):
    caller = await open_caller()
    stranger = "CA" + "2" * 32

    await caller.asks(QUEUE, CallSid=stranger)

    row = caller.desk.reader.call(stranger)
    assert (row.line, row.phase) == ("twilio", CallPhase.WAITING)
    assert row.ticket_id is not None
    assert row.person_id is not None


async def test_a_place_kept_from_an_earlier_call_of_the_day_counts(open_caller):
    caller = await open_caller()
    await caller.asks(QUEUE)
    await caller.asks(LEFT, QueueResult="hangup", CallStatus="completed", QueueTime="9")
    await caller.desk.journal.record(Report(_ended(at(31))))
    caller.passes(60)
    await caller.desk.record(Story("CAyy").arrives().is_registered().queues(50))
    back = "CA" + "3" * 32
    ticket = caller.call.ticket_id
    await caller.desk.record(Story(back).arrives(70).enters_menu(71))
    await caller.desk.journal.record(_continued(back, ticket))

    heard = await caller.hears(QUEUE, CallSid=back)

    assert said(heard) == "Bapak Ibu berada pada urutan pertama."
    assert caller.desk.reader.folded(back).position == 1


async def test_rounds_offer_topics_and_a_call_back_by_turns_and_last_as_long_as_the_office_says(open_caller):
    caller = await open_caller()
    write_wave(caller.folder / "music" / "hold.wav", silence(3))

    rounds = [await caller.hears(QUEUE)]
    for _ in range(3):
        caller.passes(30)
        rounds.append(await caller.hears(action(rounds[-1])))

    assert ["pertama" in said(each) for each in rounds] == [True] * 4
    assert ["satu untuk KTP" in said(each) for each in rounds] == [False, True, False, True]
    assert ["tekan sembilan" in said(each) for each in rounds] == [False, False, True, False]
    played = {urlsplit(each.findtext("Gather/Play", "")).path for each in rounds}
    assert len(played) == 1, "the same music has the same address"
    music = await caller.clients[0].get(played.pop())
    assert len(music.content) == 44 + 28 * 16000
    assert caller.recorded().count("call_queued") == 1


async def test_nobody_is_offered_a_call_who_cannot_be_called(open_caller):
    caller = await open_caller()
    hidden = "CA" + "4" * 32
    await caller.desk.record(Story(hidden).arrives().is_registered(), caller_number=None)

    rounds = [await caller.hears(QUEUE, CallSid=hidden, From="anonymous")]
    for _ in range(2):
        rounds.append(await caller.hears(action(rounds[-1]), CallSid=hidden))
    refused = await caller.hears(action(rounds[-1]), CallSid=hidden, Digits="9")

    assert not any("sembilan" in said(each) for each in rounds)
    assert said(refused).startswith("Mohon maaf, pilihan tidak dikenali.")
    assert refused.find("Leave") is None


@pytest.mark.parametrize(
    ("key", "answer"),
    [("1", "Terima kasih, sudah kami catat."), ("*", "Nomor Bapak Ibu: nol"), ("8", "Mohon maaf, pilihan")],
)
async def test_a_key_is_answered_and_the_wait_goes_on_in_the_same_place(open_caller, key: str, answer: str):
    caller = await open_caller()
    waiting = await caller.hears(QUEUE)

    answered = await caller.hears(action(waiting), Digits=key)

    assert said(answered).startswith(answer)
    assert said(answered).endswith("urutan pertama.")
    assert (caller.call.category is not None) == (key == "1")
    assert caller.call.phase is CallPhase.WAITING
    assert caller.recorded().count("call_queued") == 1
    assert action(answered) != action(waiting)


async def test_the_same_key_at_once_on_two_nodes_gets_the_same_bytes_and_counts_once(open_caller):
    caller = await open_caller(nodes=2)
    waiting = await caller.hears(QUEUE)

    replies = await asyncio.gather(
        *(caller.asks(action(waiting), node, Digits=key) for key in "19" for node in (0, 1, 0, 1))
    )
    late = await caller.asks(action(waiting), 1, Digits="1")

    assert len({reply.content for reply in (*replies, late)}) == 1
    counted = [kind for kind in caller.recorded() if kind in ("category_chosen", "call_back_promised")]
    assert len(counted) == 1, "whatever came second under that number changes nothing"


async def test_the_second_key_of_the_same_topic_is_another_one(open_caller):
    caller = await open_caller()
    path = action(await caller.hears(QUEUE))

    for key in "121":
        path = action(await caller.hears(path, Digits=key))

    assert caller.recorded().count("category_chosen") == 3


async def test_a_key_after_trouble_is_not_taken_for_an_old_one(open_caller):
    caller = await open_caller()
    await caller.hears(action(await caller.hears(QUEUE)), Digits="1")

    anew = await caller.hears(action(await caller.hears(QUEUE)), Digits="2")

    assert said(anew).startswith("Terima kasih")
    assert caller.recorded().count("category_chosen") == 2


async def test_a_call_back_is_promised_before_it_is_said_and_ends_the_wait(open_caller):
    caller = await open_caller()
    waiting = await caller.hears(QUEUE)

    promised = await caller.hears(action(waiting), Digits="9")

    assert [verb.tag for verb in promised][-1] == "Leave"
    assert said(promised).startswith("Baik, kami menelepon kembali paling lambat hari Senin")
    assert caller.call.call_back_due_at is not None
    assert not caller.call.in_queue
    assert caller.looks == 2
    left = await caller.hears(LEFT, QueueResult="leave", QueueTime="20")
    assert [verb.tag for verb in left] == ["Hangup"]
    assert "call_abandoned" not in caller.recorded()


async def test_whoever_hangs_up_in_the_promise_of_a_call_has_abandoned_nothing(open_caller):
    caller = await open_caller()
    await caller.hears(action(await caller.hears(QUEUE)), Digits="9")

    await caller.hears(LEFT, QueueResult="hangup", CallStatus="completed", QueueTime="20")

    assert "call_abandoned" not in caller.recorded()


async def test_a_promise_that_was_kept_but_never_heard_is_said_to_whoever_still_waits(open_caller):
    caller = await open_caller()
    promised = await caller.asks(action(await caller.hears(QUEUE)), Digits="9")
    caller.passes(20)

    assert (await caller.asks(QUEUE)).content == promised.content


async def test_after_the_longest_wait_callers_hear_so_and_are_owed_a_call(open_caller):
    caller = await open_caller(an_office(max_wait_seconds=60))
    waiting = await caller.hears(QUEUE)
    caller.passes(59)
    last = await caller.hears(action(waiting))
    caller.passes(4)

    over = await caller.hears(action(last))

    assert [verb.tag for verb in over] == ["Leave"]
    assert last.find("Gather/Pause").get("length") == "4", "no longer than is left"
    assert (caller.call.gave_up_at, caller.call.queue_closed) == (caller.now, False)
    left, again = [await caller.asks(LEFT, QueueResult="leave", QueueTime="63") for _ in range(2)]
    heard = ElementTree.fromstring(left.content)
    assert said(heard) == BOOK["semua-sibuk"]
    assert [verb.tag for verb in heard] == ["Say", "Hangup"]
    assert left.content == again.content
    assert caller.recorded().count("queue_gave_up") == 1


async def test_who_cannot_be_called_is_promised_nothing_at_the_end(open_caller):
    caller = await open_caller(an_office(max_wait_seconds=60))
    hidden = "CA" + "4" * 32
    await caller.desk.record(Story(hidden).arrives().is_registered(), caller_number=None)
    waiting = await caller.hears(QUEUE, CallSid=hidden)
    caller.passes(61)

    await caller.hears(action(waiting), CallSid=hidden)
    left = await caller.hears(LEFT, CallSid=hidden, QueueResult="leave", QueueTime="61")

    assert said(left) == BOOK["semua-sibuk-netral"]


@pytest.mark.parametrize(("at_closing", "status"), [("call_back", "CLOSED"), ("serve", None)])
async def test_at_closing_callers_are_sent_home_where_the_queue_calls_back(
    open_caller, at_closing: str, status: str | None
):
    caller = await open_caller(an_office(at_closing=at_closing))
    caller.now = datetime(2026, 11, 23, 14, 59, tzinfo=OFFICE_ZONE)
    waiting = await caller.hears(QUEUE)
    caller.passes(61)

    heard = await caller.hears(action(waiting))

    assert (heard.find("Leave") is not None) == (status is not None)
    if status:
        left = await caller.hears(LEFT, QueueResult="leave", QueueTime="61")
        assert said(left) == BOOK["tutup-saat-menunggu"]
        assert caller.call.queue_closed


async def test_whoever_joins_after_closing_is_served(open_caller):
    caller = await open_caller(an_office(at_closing="call_back"))
    caller.now = datetime(2026, 11, 23, 15, 1, tzinfo=OFFICE_ZONE)

    waiting = await caller.hears(QUEUE)

    assert waiting.find("Gather") is not None


@pytest.mark.parametrize("answered", [False, True])
async def test_no_wait_ends_while_a_phone_rings_for_the_caller_or_was_taken(open_caller, answered: bool):
    caller = await open_caller(an_office(max_wait_seconds=60))
    waiting = await caller.hears(QUEUE)
    story = Story(CALL).rings(75)
    await caller.desk.record(story.is_answered(79) if answered else story)
    caller.passes(61)

    heard = await caller.hears(action(waiting))

    assert heard.find("Leave") is None
    assert "queue_gave_up" not in caller.recorded()


async def test_whoever_hangs_up_has_abandoned_the_queue_from_their_place(open_caller):
    caller = await open_caller()
    await caller.hears(QUEUE)
    caller.passes(9)

    ends = [
        await caller.asks(LEFT, QueueResult="hangup", CallStatus="completed", QueueTime="9") for _ in range(2)
    ]

    assert ends[0].content == ends[1].content
    assert caller.recorded().count("call_abandoned") == 1
    assert caller.call.wait_seconds == 9
    assert caller.looks == 2


async def test_the_end_of_a_wait_told_at_once_to_two_nodes_counts_once(open_caller):
    caller = await open_caller(an_office(max_wait_seconds=60), nodes=2)
    waiting = await caller.hears(QUEUE)
    caller.passes(61)

    over = await asyncio.gather(*(caller.asks(action(waiting), node) for node in (0, 1, 0, 1)))
    left = await asyncio.gather(*(caller.asks(LEFT, node, QueueResult="leave") for node in (0, 1, 0, 1)))

    assert len({reply.content for reply in over}) == len({reply.content for reply in left}) == 1
    assert caller.recorded().count("queue_gave_up") == 1


async def test_a_wait_whose_beginning_nobody_could_record_is_put_together_at_its_end(open_caller):
    caller = await open_caller()
    caller.passes(40)

    await caller.asks(LEFT, QueueResult="hangup", CallStatus="completed", QueueTime="40")

    (queued,) = [f for f in caller.desk.reader.facts_of({CALL})[CALL] if f.kind == "call_queued"]
    assert (queued.occurred_at, queued.provenance) == (at(21), Provenance.RECONSTRUCTED)
    assert caller.call.wait_seconds == 40


@pytest.mark.parametrize(("status", "by"), [("in-progress", EndedBy.AGENT), ("completed", EndedBy.CALLER)])
async def test_who_ended_the_talk_is_who_is_not_there_any_more(open_caller, status: str, by: EndedBy):
    caller = await open_caller()
    await caller.hears(QUEUE)
    await caller.desk.record(Story(CALL).rings(25, f"{CALL}.1").is_answered(30, f"{CALL}.1"))
    caller.passes(100)

    after = await caller.hears(LEFT, QueueResult="bridged", CallStatus=status, QueueTime="9")

    assert [verb.tag for verb in after] == ["Hangup"]
    assert (caller.call.ended_by, caller.call.talk_ended_at) == (by, caller.now)
    (ended,) = [f for f in caller.desk.reader.facts_of({CALL})[CALL] if f.kind == "talk_ended"]
    assert ended.key == f"{CALL}/talk-ended/{CALL}.1"


@pytest.mark.parametrize(
    "result", ["error", "system-error", "bridged", "leave", "bridging-in-process", "neu"]
)
async def test_whoever_falls_out_of_the_queue_is_put_back_in_the_same_place(open_caller, result: str):
    caller = await open_caller()
    await caller.hears(QUEUE)
    caller.passes(5)

    back = await caller.hears(LEFT, QueueResult=result, QueueTime="5")

    (enqueue,) = list(back)
    assert (enqueue.tag, enqueue.text) == ("Enqueue", CALL)
    assert enqueue.get("waitUrl") == f"{PUBLIC}{QUEUE}&again=1"
    await caller.hears(f"{QUEUE}&again=1")
    assert (caller.call.phase, caller.call.queued_at) == (CallPhase.WAITING, at(21))
    assert caller.recorded().count("call_queued") == 1


@pytest.mark.parametrize("result", ["error", "hangup"])
async def test_whoever_was_taken_is_never_put_back_nor_counted_as_having_given_up(open_caller, result: str):
    caller = await open_caller()
    await caller.hears(QUEUE)
    await caller.desk.record(Story(CALL).rings(25).is_answered(30))
    caller.passes(100)

    after = await caller.hears(LEFT, QueueResult=result, QueueTime="9")

    assert [verb.tag for verb in after] == ["Hangup"]
    assert caller.recorded()[-1] == "talk_ended"


async def test_whoever_falls_out_again_and_again_is_told_and_owed_a_call(open_caller):
    caller = await open_caller()
    stays = ["", "&again=1", "&again=2", "&again=3"]
    for stay in stays:
        await caller.hears(f"{QUEUE}{stay}")
        heard = await caller.hears(f"{LEFT}{stay}", QueueResult="queue-full")

    assert said(heard) == BOOK["semua-sibuk"]
    assert [verb.tag for verb in heard] == ["Say", "Hangup"]
    assert caller.recorded().count("queue_gave_up") == 1


async def test_a_caller_who_is_led_elsewhere_is_left_there(open_caller):
    caller = await open_caller()
    await caller.hears(QUEUE)
    before = caller.recorded()

    for result in ("redirected", "redirected-from-bridged"):
        assert list(await caller.hears(LEFT, QueueResult=result, QueueTime="5")) == []

    assert caller.recorded() == before


async def test_while_the_ledger_is_away_callers_wait_on(open_caller, monkeypatch: pytest.MonkeyPatch):
    caller = await open_caller()
    waiting = await caller.hears(QUEUE)
    monkeypatch.setattr(Reader, "folded", _away)

    heard = [await caller.hears(path) for path in (QUEUE, action(waiting))]
    pressed = await caller.hears(action(waiting), Digits="1")
    fell_out = await caller.hears(LEFT, QueueResult="error", QueueTime="5")
    over = await caller.hears(LEFT, QueueResult="bridged", QueueTime="5")

    assert [[verb.tag for verb in each] for each in heard] == [["Pause"], ["Pause"]]
    assert [verb.tag for verb in pressed] == ["Say", "Pause"]
    assert [verb.tag for verb in fell_out] == ["Say", "Enqueue"]
    assert [verb.tag for verb in over] == ["Hangup"]
    monkeypatch.undo()
    assert caller.recorded().count("call_queued") == 1
    assert (await caller.hears(QUEUE)).find("Gather") is not None


async def test_a_key_that_could_not_be_recorded_is_regretted_and_may_be_pressed_again(
    open_caller, monkeypatch: pytest.MonkeyPatch
):
    caller = await open_caller()
    waiting = await caller.hears(QUEUE)
    with monkeypatch.context() as busy:
        busy.setattr(Journal, "write", _busy)
        regretted = await caller.hears(action(waiting), Digits="1")
    nothing_yet = caller.call.category

    answered = await caller.hears(action(await caller.hears(QUEUE)), Digits="1")

    assert said(regretted) == BOOK["tetap-dilayani"]
    assert nothing_yet is None
    assert said(answered).startswith("Terima kasih, sudah kami catat.")


@pytest.mark.parametrize("path", ["/twilio/queue/key", "/twilio/queue/key/1", "/twilio/queue/lain"])
async def test_other_addresses_below_the_queue_are_none(open_caller, path: str):
    caller = await open_caller()

    assert (await caller.asks(path)).status_code == 404


async def test_no_number_and_no_key_is_in_a_reply(open_caller):
    caller = await open_caller()
    waiting = await caller.asks(QUEUE)

    answered = await caller.asks(action(ElementTree.fromstring(waiting.content)), Digits="8#8")

    assert answered.status_code == 200
    assert not any(NUMBER.encode() in reply.content for reply in (waiting, answered))
    assert b"8#8" not in answered.content


async def _busy(*_: object) -> None:
    raise LedgerBusy


def _away(*_: object) -> None:
    class Away(Unavailable):
        def __init__(self) -> None:
            super().__init__("Tidak ada.", "Away.")

    raise Away


def _ended(when: datetime) -> facts.CallEnded:
    return facts.CallEnded(key=f"{CALL}/ended", occurred_at=when, call_id=CALL, cause=16)


def _continued(call_id: str, ticket_id: str | None) -> Report:
    return Report(
        facts.TicketContinued(
            key=f"{call_id}/continued", occurred_at=at(75), call_id=call_id, ticket_id=ticket_id or "",
            keyed_in=True, sop_version=OFFICE.sop.version,
        )
    )  # fmt: skip
