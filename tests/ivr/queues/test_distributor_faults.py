"""Phones that are off, slow or away, crashes, and two nodes at once: nobody is rung twice, nobody stuck."""

import asyncio
from pathlib import Path

from sqlalchemy.exc import OperationalError

from ivr.queues import offering
from ivr.queues.distributor import AGAIN_AFTER
from ivr.queues.ringing import RingAgent
from tests.builders import OFFICE, Story, a_desk, at
from tests.ivr.queues.scene import RING_SECONDS, Scene, Telephones, a_scene, phone_of
from ticketing.facts import AgentRang
from ticketing.ledger.distribution import FreeAgent
from ticketing.ledger.journal import LedgerBusy

AGAIN_SECONDS = AGAIN_AFTER.total_seconds()


async def test_a_phone_that_cannot_be_rung_is_passed_over_and_not_tried_in_a_loop(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("rini", seconds=0)
        scene.telephones.off.add(phone_of("rini"))
        for n in range(3):
            await scene.waits(f"panggilan-{n}", n)

        for tenths in range(30, 30 + 200):
            await scene.looks(tenths / 10)

        tries = [(ring.agent_id, ring.call_id) for ring in scene.telephones.rung]
        assert len(tries) == 20 / AGAIN_SECONDS
        assert set(tries) == {("rini", "panggilan-0")}
        await scene.is_ready("dewi", seconds=23)
        await scene.looks(23)
        assert scene.rings == [("dewi", "panggilan-0")]


async def test_telephones_that_do_not_answer_cost_the_caller_no_more_than_the_next_try(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        scene.telephones.away = True

        await scene.looks(1)
        waiting = scene.phase("a")
        scene.telephones.away = False
        await scene.looks(1 + AGAIN_SECONDS)

        assert waiting == "waiting"
        assert scene.rings == [("dewi", "a")]


async def test_a_phone_that_is_long_in_ringing_or_stopping_holds_up_nobody_else(tmp_path: Path):
    class Slow(Telephones):
        async def ring(self, ring: RingAgent) -> None:
            if ring.agent_id == "rini":
                await done.wait()
            await super().ring(ring)

        async def stop_ringing(self, leg_id: str) -> None:
            await done.wait()
            await super().stop_ringing(leg_id)

    done = asyncio.Event()
    async with a_desk(tmp_path) as desk:
        scene = Scene(desk, Slow())
        await scene.is_ready("tono", "rini", seconds=0)
        for call_id in ("a", "b"):
            await scene.waits(call_id, 1)
        await scene.distributor.tick()
        await scene.telephones.bell.wait()
        await scene.record(*Story("a").queues(2, "queued-again").facts)
        await scene.distributor.tick()
        await scene.is_ready("dewi", seconds=3)
        await scene.waits("c", 4)

        scene.telephones.bell.clear()
        await scene.distributor.tick()
        await asyncio.wait_for(scene.telephones.bell.wait(), 4)

        assert [ring.agent_id for ring in scene.telephones.rung] == ["tono", "dewi"]
        assert ("dewi", "c") in scene.rings
        done.set()
        await scene.distributor.settled()


async def test_telephones_that_take_too_long_have_not_rung(tmp_path: Path, monkeypatch):
    class Hanging(Telephones):
        async def ring(self, ring: RingAgent) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("ivr.queues.ringer.TELEPHONE_SECONDS", 0.01)
    async with a_desk(tmp_path) as desk:
        scene = Scene(desk, Hanging())
        await scene.is_ready("dewi")
        await scene.waits("a", 1)

        await scene.looks(1)

        assert (scene.phase("a"), scene.telephones.stopped) == ("waiting", ["a.1"])


async def test_a_crash_between_the_record_and_the_ring_leaves_nobody_stuck(tmp_path: Path):
    class NeverAsked(Telephones):
        async def ring(self, ring: RingAgent) -> None:
            raise asyncio.CancelledError

    async with a_desk(tmp_path) as desk:
        before = Scene(desk, NeverAsked())
        await before.is_ready("dewi")
        await before.waits("a", 1)
        await before.looks(1)

    async with a_desk(tmp_path, vault=desk.vault) as desk:
        scene = Scene(desk)
        await scene.looks(5)
        left_behind = scene.phase("a")
        await scene.looks(1 + RING_SECONDS)

        assert left_behind == "ringing"
        assert scene.rings == [("dewi", "a")]
        assert scene.telephones.rung[0].leg_id == "a.2"


async def test_two_nodes_on_one_ledger_never_ring_two_agents_for_one_caller_nor_one_agent_twice(
    tmp_path: Path,
):
    agents, callers = [f"petugas-{n}" for n in range(4)], [f"panggilan-{n}" for n in range(7)]
    async with a_desk(tmp_path) as first, a_desk(tmp_path, vault=first.vault) as second:
        scene = Scene(first)
        nodes = [scene.node(first), scene.node(second)]
        for n, call_id in enumerate(callers):
            await scene.waits(call_id, n)
        await scene.is_ready(*agents, seconds=10)

        for seconds in range(11, 60):
            scene.now = seconds
            await asyncio.gather(*(node.tick() for node in nodes))
            await asyncio.gather(*(node.settled() for node in nodes))
            for each in zip(*scene.rings, strict=True):
                assert len(set(each)) == len(each)

        assert scene.telephones.doubled == []
        rang = [one for known in first.reader.facts_of(callers).values() for one in known]
        assert len({one.leg_id for one in rang if type(one) is AgentRang}) == len(scene.telephones.rung)
        assert len(scene.telephones.rung) >= 3 * len(agents)


async def test_an_offer_that_comes_too_late_is_none(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi", "rini")
        await scene.waits("a", 1)
        await scene.waits("b", 2)
        await scene.hangs_up("b", 3)
        dewi, rini = (FreeAgent(agent_id, phone_of(agent_id), at(0), None) for agent_id in ("dewi", "rini"))

        made = [
            await scene.desk.journal.write(
                lambda writing, offer=offer: offering.offered(writing, *offer, OFFICE, at(4))
            )
            for offer in (("a", dewi), ("a", rini), ("b", rini), ("c", rini))
        ]

        assert [ring.agent_id if ring else None for ring in made] == ["dewi", None, None, None]
        assert scene.desk.reader.call_of_agent("rini") is None


async def test_a_node_whose_clock_is_behind_rings_all_the_same(tmp_path: Path):
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 100)

        await scene.looks(40)

        assert scene.rings == [("dewi", "a")]
        assert scene.desk.reader.call("a").rang_at == at(100)


async def test_it_looks_when_told_to_and_survives_a_ledger_that_does_not_answer(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("ivr.queues.distributor.LOOK_EVERY_SECONDS", 0.01)
    async with a_scene(tmp_path) as scene:
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        connect, faults = scene.desk.reader.connect, [OperationalError("", None, Exception()), LedgerBusy()]

        def connect_at_last():
            if faults:
                raise faults.pop()
            return connect()

        monkeypatch.setattr(scene.desk.reader, "connect", connect_at_last)
        running = asyncio.create_task(scene.distributor.run())
        await asyncio.wait_for(scene.telephones.bell.wait(), 20)

        monkeypatch.setattr("ivr.queues.distributor.LOOK_EVERY_SECONDS", 60)
        await asyncio.sleep(0.1)
        await scene.is_taken("a.1", 2)
        await scene.is_ready("rini", seconds=3)
        await scene.waits("b", 4)
        scene.telephones.bell.clear()
        scene.distributor.look()
        await asyncio.wait_for(scene.telephones.bell.wait(), 20)

        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert scene.rings == [("rini", "b")]


async def test_it_ends_when_it_is_told_to_whatever_hangs_and_the_next_start_goes_on(tmp_path: Path):
    class Hanging(Telephones):
        async def ring(self, ring: RingAgent) -> None:
            self.bell.set()
            await asyncio.Event().wait()

    async with a_desk(tmp_path) as desk:
        scene = Scene(desk, Hanging())
        await scene.is_ready("dewi")
        await scene.waits("a", 1)
        running = asyncio.create_task(scene.distributor.run())
        await asyncio.wait_for(scene.telephones.bell.wait(), 20)

        running.cancel()
        await asyncio.wait([running], timeout=20)
        scene.telephones = Telephones()
        scene.distributor = scene.node()
        await scene.looks(1 + RING_SECONDS)

        assert running.cancelled()
        assert scene.rings == [("dewi", "a")]
