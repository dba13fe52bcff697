"""Gaps on a real Asterisk: what nobody heard is healed from its snapshot and its books."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from config.clock import now
from ivr.call_desk import CallDesk
from ivr.probe.sipp import AwaitHangUp, HangUp, Wait
from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.books import Books
from ivr.providers.asterisk.configuration import READER
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.event_reader import EventReader, Manager
from ivr.providers.asterisk.healing import Healer
from ivr.providers.asterisk.plan import LOOPBACK
from tests.builders import Desk, a_desk
from tests.ivr.providers.asterisk.lab import Lab, OpenLab, register_at_once
from ticketing import facts
from ticketing.calls.call import CallPhase, fold
from ticketing.calls.outcome import Outcome, outcome
from ticketing.facts import Provenance

pytestmark = pytest.mark.real

GHOSTS_GONE_SECONDS = 15.0


@asynccontextmanager
async def listening(
    lab: Lab, desk: Desk, loses: Callable[[AmiEvent], bool] = lambda _: False
) -> AsyncIterator[None]:
    """A backend's ears on the PBX, which do not catch the events it `loses`."""
    door = CallDesk(desk.journal)
    healer: Healer

    def hear(event: AmiEvent) -> None:
        if event.name == "FullyBooted":
            healer.on_boot(event)
        elif not loses(event):
            door.hear(reports_of(event, lab.plan.name))

    async def on_login() -> None:
        healer.wake()

    manager = Manager(LOOPBACK, lab.plan.ports.ami, READER, lab.plan.reader_secret)
    events = EventReader(manager, WANTED, hear, on_login)
    log = lab.plan.work / "log"
    books = Books(log / "cel-custom" / "hotline.csv", log / "queue_log")
    healer = Healer(lab.plan.name, lab.plan.line_number, events, books, door, desk.reader, now)
    door.open()
    tasks = [asyncio.create_task(events.run()), asyncio.create_task(healer.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await door.close()


async def until(come_true: Callable[[], bool], seconds: float = GHOSTS_GONE_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not come_true():  # noqa: ASYNC110 - looks at what the ledger holds
            await asyncio.sleep(0.1)


def as_seen(lab: Lab, call_id: str):
    """The call as the lab's own reader, which missed nothing, saw it."""
    return fold([fact for fact in lab.facts() if fact.call_id == call_id], call_id)


async def test_a_call_that_came_and_went_unheard_is_in_the_ledger_with_its_times(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("dewi", 0, ring_seconds=0.5, talk_seconds=1.0)
    await lab.citizen(Wait(2), AwaitHangUp(), name="answered")
    await lab.hear(facts.CallEnded)
    await lab.control.remove_agent(lab.plan.queues[0].name, lab.plan.phones_of("agent", "sip")[0].interface)
    await lab.citizen(Wait(7), HangUp(), name="gave-up")
    await lab.hear(facts.CallEnded, 2)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        await until(lambda: len(desk.reader.facts_of([f.call_id for f in lab.facts(facts.CallEnded)])) == 2)

        for arrived in lab.facts(facts.CallArrived):
            call_id = arrived.call_id
            known = desk.reader.facts_of([call_id])[call_id]
            healed, seen = fold(known, call_id), as_seen(lab, call_id)
            assert outcome(healed) is outcome(seen)
            assert {f.provenance for f in known if not isinstance(f, facts.TicketRegistered)} == {
                Provenance.RECONSTRUCTED
            }
            assert healed.wait_seconds == pytest.approx(seen.wait_seconds, abs=0.1)
            assert (healed.agent_id, healed.ended_by) == (seen.agent_id, seen.ended_by)
            assert healed.talk_seconds == pytest.approx(seen.talk_seconds, abs=0.1)
            assert desk.reader.call(call_id).ticket_id is not None


async def test_a_call_taken_while_nobody_listened_is_shown_as_it_stands(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)

    async with a_desk(tmp_path) as desk:
        async with listening(lab, desk):
            await lab.citizen(Wait(20), HangUp())
            queued = await lab.hear(facts.CallQueued)
            await until(lambda: desk.reader.call(queued.call_id) is not None)
        await lab.agent("dewi", 0, ring_seconds=0.5)
        await lab.hear(facts.AgentAnswered)
        async with listening(lab, desk):
            await until(lambda: desk.reader.call(queued.call_id).phase == CallPhase.TALKING)

        row = desk.reader.call(queued.call_id)
        seen = as_seen(lab, queued.call_id)
        assert (row.agent_id, row.leg_id) == ("dewi", seen.leg_id)
        assert abs((row.answered_at - seen.answered_at).total_seconds()) < 0.1


async def test_a_pbx_killed_under_its_calls_leaves_no_ghost_and_owes_each_a_call(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("dewi", 0, ring_seconds=0.5)

    async with a_desk(tmp_path) as desk, listening(lab, desk):
        await lab.citizen(Wait(30), HangUp(), name="talking")
        await lab.hear(facts.AgentAnswered)
        await lab.citizen(Wait(30), HangUp(), name="waiting", caller="081200000043")
        await lab.hear(facts.CallQueued, 2)
        await until(lambda: len(desk.reader.live_calls()) == 2)

        os.kill(lab.pbx.pid or 0, signal.SIGKILL)
        await lab.pbx.wait()
        await asyncio.sleep(1)
        lab.pbx.plan = lab.pbx.plan.rebooted("anew")
        await lab.pbx.start()
        await until(lambda: not desk.reader.calls_not_ended())

        rows = desk.reader.calls({fact.call_id for fact in lab.facts(facts.CallArrived)}).values()
        assert {row.outcome for row in rows} == {Outcome.ANSWERED, Outcome.CUT_OFF}
        for row in rows:
            assert desk.reader.ticket(row.ticket_id).call_back_reason == "cut_off"


async def test_an_event_that_is_lost_alone_is_made_good_within_fifteen_seconds(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = await open_lab()
    await lab.answer_dialogues(register_at_once)
    await lab.agent("dewi", 0, ring_seconds=0.5, talk_seconds=2.0)
    lost = ("Newchannel", "QueueCallerJoin", "AgentConnect", "QueueCallerAbandon", "Hangup")

    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(a_desk(tmp_path / name)) for name in lost]
        for name, desk in zip(lost, desks, strict=True):
            await stack.enter_async_context(listening(lab, desk, partial(_is_called, name)))
        await lab.citizen(Wait(1), AwaitHangUp(), name="answered")
        await lab.hear(facts.CallEnded)
        await lab.citizen(Wait(6), HangUp(), name="gave-up", caller="081200000043")
        await lab.hear(facts.CallEnded, 2)
        calls = [fact.call_id for fact in lab.facts(facts.CallArrived)]
        await until(lambda: all(_agree(desk, lab, calls) for desk in desks))


def _is_called(name: str, event: AmiEvent) -> bool:
    return event.name == name


def _agree(desk: Desk, lab: Lab, call_ids: list[str]) -> bool:
    rows = desk.reader.calls(call_ids)
    return all(
        call_id in rows and rows[call_id].outcome == outcome(as_seen(lab, call_id)) for call_id in call_ids
    )
