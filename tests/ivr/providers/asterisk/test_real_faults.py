"""A backend that is dead, mute or killed on a real Asterisk: the caller reaches the queue all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ivr.probe.sipp import HangUp, Press, Wait
from ivr.providers.asterisk.dialplan import DEAD_MAN_SECONDS
from ivr.providers.asterisk.fastagi import AgiSession
from ivr.providers.asterisk.plan import LOOPBACK
from tests.ivr.providers.asterisk.lab import Lab, OpenLab, register_at_once, sound_seconds
from ticketing import facts

pytestmark = pytest.mark.real

UNTIL_ASKED_SECONDS = 1.5
"""Half a second of waiting for the caller's sound, the greeting, and what a busy machine adds."""
MOST_SILENCE_SECONDS = 5.0
APOLOGY_SECONDS = sound_seconds("hotline/tetap-dilayani")


@asynccontextmanager
async def mute_backend(port: int) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """A backend that takes every connection and never says a word."""
    taken: list[asyncio.StreamWriter] = []

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        await asyncio.sleep(60)

    server = await asyncio.start_server(take, LOOPBACK, port)
    try:
        yield taken
    finally:
        server.close()
        for writer in taken:
            writer.close()


async def seconds_to_queue(lab: Lab) -> float:
    """From the call's arrival until it was queued, by the PBX's clock."""
    queued = await lab.hear(facts.CallQueued)
    arrived = await lab.hear(facts.CallArrived)
    return (queued.occurred_at - arrived.occurred_at).total_seconds()


async def test_without_a_backend_the_caller_is_queued_at_once(open_lab: OpenLab) -> None:
    lab = await open_lab()

    await lab.citizen(Wait(4), HangUp())

    assert await seconds_to_queue(lab) < UNTIL_ASKED_SECONDS + APOLOGY_SECONDS


async def test_a_backend_that_says_nothing_costs_at_most_five_seconds(open_lab: OpenLab) -> None:
    lab = await open_lab()

    async with mute_backend(lab.plan.ports.agi) as taken:
        await lab.citizen(Wait(9), HangUp())
        seconds = await seconds_to_queue(lab)

    assert len(taken) == 1
    assert DEAD_MAN_SECONDS < seconds < UNTIL_ASKED_SECONDS + MOST_SILENCE_SECONDS


async def test_a_backend_that_stalls_in_the_dialogue_costs_its_turn_and_a_little(open_lab: OpenLab) -> None:
    lab = await open_lab()
    asked_at: list[float] = []

    async def stall(session: AgiSession) -> None:
        await session.ask_key(["hotline/menu"], 1.0)
        asked_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(30)

    await lab.answer_dialogues(stall)

    await lab.citizen(Wait(9), HangUp())
    await lab.hear(facts.CallQueued)

    assert asyncio.get_running_loop().time() - asked_at[0] < MOST_SILENCE_SECONDS


async def test_a_backend_killed_in_mid_prompt_hands_the_caller_on_at_once(open_lab: OpenLab) -> None:
    lab = await open_lab()
    speaking = asyncio.Event()

    async def speak(session: AgiSession) -> None:
        speaking.set()
        await session.play(["hotline/long"])

    await lab.answer_dialogues(speak)
    await lab.citizen(Wait(9), HangUp())
    await asyncio.wait_for(speaking.wait(), 5)
    await asyncio.sleep(0.5)

    assert lab.dialogues
    await lab.dialogues.close()

    assert await seconds_to_queue(lab) < sound_seconds("hotline/long")


async def test_a_long_prompt_is_heard_to_its_end(open_lab: OpenLab) -> None:
    lab = await open_lab()
    said: list[str] = []

    async def speak(session: AgiSession) -> None:
        said.append(await session.play(["hotline/long"]))
        await register_at_once(session)

    await lab.answer_dialogues(speak)
    await lab.citizen(Wait(10), HangUp())

    assert await seconds_to_queue(lab) > sound_seconds("hotline/long")
    assert said == [""]
    labelled = next(event for event in lab.events if event.name == "QueueCallerJoin")
    assert labelled.headers["CallerIDNum"] == "00424"


async def test_the_disarmed_switch_leaves_a_waiting_caller_alone(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)

    citizen = await lab.citizen(Wait(DEAD_MAN_SECONDS + 5), HangUp())

    assert await citizen.wait() == 0
    await lab.hear(facts.CallAbandoned)
    assert len(lab.facts(facts.CallQueued)) == 1


async def test_a_caller_who_hangs_up_on_a_mute_backend_is_gone_at_once(open_lab: OpenLab) -> None:
    lab = await open_lab()

    async with mute_backend(lab.plan.ports.agi):
        citizen = await lab.citizen(Wait(2), HangUp())
        assert await citizen.wait() == 0
        ended = await lab.hear(facts.CallEnded)

    arrived = await lab.hear(facts.CallArrived)
    assert (ended.occurred_at - arrived.occurred_at).total_seconds() < DEAD_MAN_SECONDS
    assert lab.facts(facts.CallQueued) == []


async def test_a_key_while_waiting_is_heard_and_the_place_among_three_is_kept(open_lab: OpenLab) -> None:
    lab = await open_lab()
    keys: list[str] = []

    async def hear_key(session: AgiSession) -> None:
        keys.append(session.call.arguments[0])
        await session.play(["hotline/topik-dicatat"])
        await session.disarm()

    await lab.answer_dialogues(register_at_once, hear_key)
    for n in (1, 2, 3):
        acts = (Wait(3), Press("4"), Wait(4), HangUp()) if n == 2 else (Wait(9), HangUp())
        await lab.citizen(*acts, caller=f"08120000004{n}", name=f"citizen{n}")
        await lab.hear(facts.CallQueued, n)

    back = await lab.hear(facts.CallQueued, 4)

    places = [(fact.call_id, fact.position) for fact in lab.facts(facts.CallQueued)]  # type: ignore[attr-defined]
    assert keys == ["4"]
    assert [place for _, place in places] == [1, 2, 3, 2]
    assert back.call_id == places[1][0]
    assert lab.facts(facts.CallAbandoned) == []


async def test_a_key_while_waiting_costs_nothing_when_the_backend_is_dead(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.citizen(Wait(9), HangUp(), name="first")
    await lab.hear(facts.CallQueued)
    await lab.citizen(Wait(2.5), Press("1"), Wait(5), HangUp(), name="second")
    await lab.hear(facts.CallQueued, 2)
    await lab.citizen(Wait(9), HangUp(), name="third")
    await lab.hear(facts.CallQueued, 3)
    assert lab.dialogues
    await lab.dialogues.close()

    back = await lab.hear(facts.CallQueued, 4)

    left = await lab.hear(facts.CallLeftQueue)
    assert isinstance(back, facts.CallQueued)
    assert back.position == 2
    assert (back.occurred_at - left.occurred_at).total_seconds() < 1


async def test_a_key_on_a_mute_backend_returns_the_caller_to_their_place_in_time(open_lab: OpenLab) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.citizen(Wait(12), HangUp(), name="first")
    await lab.hear(facts.CallQueued)
    await lab.citizen(Wait(3), Press("1"), Wait(8), HangUp(), name="second")
    await lab.hear(facts.CallQueued, 2)
    assert lab.dialogues
    await lab.dialogues.close()

    async with mute_backend(lab.plan.ports.agi):
        back = await lab.hear(facts.CallQueued, 3)

    left = await lab.hear(facts.CallLeftQueue)
    assert isinstance(back, facts.CallQueued)
    assert back.position == 2
    assert (back.occurred_at - left.occurred_at).total_seconds() < MOST_SILENCE_SECONDS


async def test_the_longest_wait_counts_over_all_returns_to_the_queue(open_lab: OpenLab) -> None:
    lab = await open_lab(max_wait_seconds=6)
    await lab.answer_dialogues(register_at_once)

    await lab.citizen(Wait(3), Press("1"), Wait(1), Press("2"), Wait(8), HangUp())

    gave_up = await lab.hear(facts.QueueGaveUp)
    arrived = await lab.hear(facts.CallArrived)
    assert len(lab.facts(facts.CallQueued)) == 3
    assert (gave_up.occurred_at - arrived.occurred_at).total_seconds() < 6 + 1.5
