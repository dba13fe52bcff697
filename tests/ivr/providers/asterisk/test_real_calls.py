"""Whole calls on a real Asterisk: what a citizen does becomes the right facts."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from ivr.probe.ears import Ear, Vocabulary, transcribe
from ivr.probe.sipp import AwaitHangUp, HangUp, Press, Wait
from ivr.providers.asterisk.dialplan import UNTOLD
from ivr.providers.asterisk.fastagi import AgiSession
from tests.ivr.providers.asterisk.lab import CALLER, OpenLab, free_port, register_at_once
from ticketing import facts
from ticketing.calls.call import CallPhase, fold
from ticketing.facts import EndedBy

pytestmark = pytest.mark.real


async def test_a_citizen_registers_by_keys_and_talks_to_an_agent(open_lab: OpenLab) -> None:
    lab = await open_lab()
    typed: list[str] = []

    async def register(session: AgiSession) -> None:
        typed.append(await session.ask_key(["hotline/menu"], 3.0))
        typed.append(await session.ask_digits(["hotline/menu"], 3.0))
        await register_at_once(session)

    await lab.answer_dialogues(register)
    await lab.agent("agent-1", 0, ring_seconds=0.5)

    citizen = await lab.citizen(Wait(1.2), Press("1"), Wait(0.3), Press("2042#"), Wait(4), HangUp())

    assert await citizen.wait() == 0
    ended = await lab.hear(facts.CallEnded)
    await lab.hear(facts.TalkEnded)
    assert typed == ["1", "2042"]
    told = [fact.kind for fact in lab.facts() if fact.kind != "agent_leg_ended"]
    assert told.pop(0) == "call_arrived", "and again with the caller's number"
    assert told[:5] == ["call_arrived", "call_queued", "agent_rang", "call_left_queue", "agent_answered"]
    # The PBX sends the last two in either order.
    assert sorted(told[5:]) == ["call_ended", "talk_ended"]
    assert {fact.call_id for fact in lab.facts()} == {ended.call_id}


async def test_only_the_second_arrival_carries_the_callers_number(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("agent-1", 0, ring_seconds=0.2)

    await (await lab.citizen(Wait(3), HangUp())).wait()

    await lab.hear(facts.CallEnded)
    assert [report.caller_number for report in lab.reports if report.caller_number] == [UNTOLD, CALLER]
    rang = next(event for event in lab.events if event.name == "AgentCalled")
    assert rang.headers["CallerIDNum"] == "00424"
    assert CALLER not in str(dict(rang.headers))


async def test_no_file_of_the_pbx_keeps_the_callers_number_or_keys(open_lab: OpenLab, tmp_path: Path) -> None:
    lab = await open_lab()

    async def register(session: AgiSession) -> None:
        await session.ask_digits(["hotline/menu"], 3.0)
        await register_at_once(session)

    await lab.answer_dialogues(register)
    await lab.agent("agent-1", 0, ring_seconds=0.2)
    await (await lab.citizen(Wait(1.2), Press("7391846#"), Wait(3), HangUp())).wait()
    await lab.hear(facts.AgentAnswered)
    await lab.hear(facts.CallEnded)
    await lab.pbx.stop()

    written = [file for file in (tmp_path / "pbx").rglob("*") if file.is_file() and not file.is_symlink()]

    kept = [file.name for file in written if CALLER.encode() in file.read_bytes()]
    typed = [file.name for file in written if b"7391846" in file.read_bytes()]
    assert kept == []
    assert typed == []
    books = (tmp_path / "pbx/log/queue_log").read_text() + (
        tmp_path / "pbx/log/cel-custom/hotline.csv"
    ).read_text()
    assert "ENTERQUEUE" in books
    assert "HANGUP" in books


async def test_a_phone_that_is_not_taken_is_told_in_seconds_and_the_next_one_rings(open_lab: OpenLab) -> None:
    lab = await open_lab(strategy="linear")
    await lab.answer_dialogues(register_at_once)
    await lab.agent("agent-1", 0, ring_seconds=None, calls=9)
    await lab.agent("agent-2", 1, ring_seconds=0.2)
    await lab.control.pause_agent(
        "dukcapil", lab.plan.phones_of("agent", "sip")[1].interface, paused=True, reason="salat"
    )

    citizen = await lab.citizen(Wait(7), HangUp())
    missed = await lab.hear(facts.AgentDidNotAnswer)
    await lab.control.pause_agent(
        "dukcapil", lab.plan.phones_of("agent", "sip")[1].interface, paused=False, reason=""
    )
    await lab.control.remove_agent("dukcapil", lab.plan.phones_of("agent", "sip")[0].interface)
    answered = await lab.hear(facts.AgentAnswered)
    await citizen.wait()

    assert isinstance(missed, facts.AgentDidNotAnswer)
    assert isinstance(answered, facts.AgentAnswered)
    assert (missed.agent_id, answered.agent_id) == ("agent-1", "agent-2")
    assert 1.9 < missed.ring_seconds < 2.5


async def test_who_hangs_up_while_waiting_is_told_as_abandoned(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)

    await (await lab.citizen(Wait(2.5), HangUp())).wait()

    abandoned = await lab.hear(facts.CallAbandoned)
    await lab.hear(facts.CallEnded)
    assert isinstance(abandoned, facts.CallAbandoned)
    assert (abandoned.queue, abandoned.position) == ("dukcapil", 1)


async def test_a_wait_that_lasts_too_long_ends_with_a_sentence_and_a_fact(open_lab: OpenLab) -> None:
    lab = await open_lab(max_wait_seconds=3)
    await lab.answer_dialogues(register_at_once)

    citizen = await lab.citizen(AwaitHangUp())

    gave_up = await lab.hear(facts.QueueGaveUp)
    assert await citizen.wait() == 0
    assert isinstance(gave_up, facts.QueueGaveUp)
    assert gave_up.status == "TIMEOUT"


async def test_the_control_link_ends_a_talk_and_ending_it_twice_is_no_error(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("agent-1", 0, ring_seconds=0.2)
    citizen = await lab.citizen(AwaitHangUp())
    answered = await lab.hear(facts.AgentAnswered)
    assert isinstance(answered, facts.AgentAnswered)

    await lab.control.hang_up(answered.leg_id)

    await lab.hear(facts.CallEnded)
    assert await asyncio.wait_for(citizen.wait(), 10) == 0
    # Of a talk ended in its first instant Asterisk may say no AgentComplete, or one that names no call.
    call = fold(lab.facts(), answered.call_id)
    assert call.talk_ended_at is not None
    assert call.phase is CallPhase.WRAP_UP
    await lab.control.hang_up(answered.leg_id)


async def test_an_agent_who_hangs_up_is_told_as_the_one_who_ended_the_talk(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("agent-1", 0, ring_seconds=0.2, talk_seconds=1.0)

    citizen = await lab.citizen(AwaitHangUp())

    ended = await lab.hear(facts.TalkEnded)
    assert isinstance(ended, facts.TalkEnded)
    assert ended.ended_by is EndedBy.AGENT
    assert await asyncio.wait_for(citizen.wait(), 10) == 0


async def test_a_busy_phone_is_passed_over_without_a_ring(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("agent-1", 0, ring_seconds=0.0, busy=True, calls=9)

    await lab.citizen(Wait(3), HangUp())

    missed = await lab.hear(facts.AgentDidNotAnswer)
    assert isinstance(missed, facts.AgentDidNotAnswer)
    assert missed.ring_seconds < 0.5


async def test_a_newcomer_may_dial_the_hotline_from_a_desk_phone_and_nothing_else(open_lab: OpenLab) -> None:
    lab = await open_lab()
    account = lab.plan.phones_of("agent", "sip")[0]

    dialled = await lab.sipp.call(
        "newcomer", "meja02", account.account, [AwaitHangUp()], ear_port=free_port(), seconds=5,
        secret=account.secret,
    )  # fmt: skip
    lab.processes.append(dialled)
    assert await dialled.wait() != 0
    await lab.sipp.call(
        "newcomer2", lab.plan.line_number, account.account, [Wait(2), HangUp()], ear_port=free_port(),
        seconds=10, secret=account.secret,
    )  # fmt: skip
    queued = await lab.hear(facts.CallQueued)

    assert isinstance(queued, facts.CallQueued)
    assert lab.facts(facts.AgentRang) == []


async def test_a_caller_who_waits_is_told_their_place_and_the_topics(open_lab: OpenLab) -> None:
    lab = await open_lab(announce_seconds=2)
    vocabulary = Vocabulary.of({name: lab.sound(name) for name in ("urutan-pertama", "pilih-topik")})
    ear = Ear()
    await ear.open()
    await lab.answer_dialogues(register_at_once)

    began = time.time()
    await (await lab.citizen(Wait(8), HangUp(), ear_port=ear.port)).wait()
    ear.close()

    heard = [entry.name for entry in transcribe(ear.frames, vocabulary, began, time.time()).heard]
    assert {"urutan-pertama", "pilih-topik"} <= set(heard)
    messages = (lab.plan.work / "log" / "messages").read_text()
    assert "Asterisk 22" in messages
    assert not re.search("WARNING|ERROR", messages)


@pytest.mark.parametrize(
    ("callable_", "told"),
    [("1", "tutup-saat-menunggu"), ("0", "tutup-saat-menunggu-netral")],
    ids=["a call-back is promised", "who cannot be called is promised none"],
)
async def test_who_waits_at_closing_is_told_and_let_go_and_who_talks_is_not_cut(
    open_lab: OpenLab, callable_: str, told: str
) -> None:
    lab = await open_lab()
    sounds = ("tutup-saat-menunggu", "tutup-saat-menunggu-netral", "semua-sibuk")
    vocabulary = Vocabulary.of({name: lab.sound(name) for name in sounds})
    ear = Ear()
    await ear.open()

    async def register(session: AgiSession) -> None:
        await session.set_variable("HOTLINE_CLOSES", str(int(time.time()) + 4))
        await session.set_variable("HOTLINE_CALLABLE", callable_)
        await register_at_once(session)

    await lab.answer_dialogues(register)
    await lab.agent("agent-1", 0, ring_seconds=0.3, talk_seconds=8)
    talking = await lab.citizen(AwaitHangUp(), name="talking")
    await lab.hear(facts.AgentAnswered)
    began = time.time()
    waiting = await lab.citizen(AwaitHangUp(), name="waiting", ear_port=ear.port)
    assert await waiting.wait() == 0
    ear.close()
    gave_up = await lab.hear(facts.QueueGaveUp)
    still = lab.facts(facts.TalkEnded)
    assert await talking.wait() == 0

    assert isinstance(gave_up, facts.QueueGaveUp)
    assert gave_up.status == facts.CLOSED
    assert [e.name for e in transcribe(ear.frames, vocabulary, began, time.time()).heard][:1] == [told]
    assert still == []
    assert len(lab.facts(facts.QueueGaveUp)) == 1
