"""Whatever happens in whatever order: no agent has two calls, and no caller waits while an agent is idle."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.queues.distributor import AGAIN_AFTER
from tests.builders import a_desk
from tests.ivr.queues.scene import RING_SECONDS, Scene, phone_of
from ticketing import facts

AGENTS = ("dewi", "rini", "tono")
CALLERS = tuple(f"panggilan-{n}" for n in range(5))
AGENT_DEEDS = ("ends talk", "recaps", "ready", "not ready", "held back", "phone off")
DEEDS = (
    "joins", "joins", "answers", "answers", "is busy", "hangs up", "restart", "other node", "time",
    *AGENT_DEEDS,
)  # fmt: skip

Deed = tuple[str, int, int]
deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 4), st.integers(0, 9)), max_size=30)


class Day:
    """A scene in which anything may happen, one deed after the other."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.joined: list[str] = []
        self.spare = scene.node()

    async def happens(self, deed: Deed) -> None:
        """What cannot happen as things stand does not."""
        what, which, seconds = deed
        self.scene.now += 0.5 + (seconds if what == "time" else 0)
        if what in ("answers", "is busy", "hangs up"):
            await getattr(self, what.replace(" ", "_"))(which)
        elif what == "joins" and len(self.joined) < len(CALLERS):
            self.joined.append(CALLERS[len(self.joined)])
            await self.scene.waits(self.joined[-1], self.scene.now)
        elif what == "restart":
            self.scene.distributor = self.scene.node()
        elif what == "other node":
            self.scene.distributor, self.spare = self.spare, self.scene.distributor
        elif what in AGENT_DEEDS:
            await self.agent_does(what, AGENTS[which % len(AGENTS)])

    async def agent_does(self, what: str, agent: str) -> None:
        scene, telephones = self.scene, self.scene.telephones
        call = scene.desk.reader.call_of_agent(agent)
        if what == "ends talk" and call and call.phase == "talking":
            await scene.talk_ends(call.call_id, agent, scene.now)
        elif what == "recaps" and call and call.phase == "wrap_up":
            await scene.recap_ends(call.call_id, agent, scene.now)
        elif what == "ready":
            await scene.is_ready(agent, seconds=scene.now)
        elif what == "not ready" and scene.desk.reader.shift(agent):
            await scene.shift(facts.AgentBecameNotReady, agent, scene.now, reason="istirahat")
        elif what == "held back":
            telephones.held_back ^= {phone_of(agent)}
        elif what == "phone off":
            telephones.off ^= {phone_of(agent)}

    async def answers(self, which: int) -> None:
        """As a provider does it: a ring that is over on record is not taken any more."""
        if legs := sorted(self.scene.telephones.ringing):
            leg_id = legs[which % len(legs)]
            call = self.scene.desk.reader.call(self.scene.telephones.ringing[leg_id].call_id)
            if (call.phase, call.leg_id) == ("ringing", leg_id):
                await self.scene.is_taken(leg_id, self.scene.now)

    async def is_busy(self, which: int) -> None:
        if legs := sorted(self.scene.telephones.ringing):
            ring = self.scene.telephones.ringing.pop(legs[which % len(legs)])
            await self.scene.distributor.missed(ring.call_id, ring.leg_id)

    async def hangs_up(self, which: int) -> None:
        if self.joined:
            call_id = self.joined[which % len(self.joined)]
            if self.scene.phase(call_id) in ("waiting", "ringing"):
                await self.scene.hangs_up(call_id, self.scene.now)

    def check(self) -> None:
        """At no instant has an agent two calls, and no phone rings for nobody."""
        live = self.scene.desk.reader.live_calls()
        engaged = [row.engaged_agent_id for row in live if row.engaged_agent_id]
        assert len(set(engaged)) == len(engaged)
        assert self.scene.telephones.doubled == []
        rings = {row.leg_id for row in live if row.phase == "ringing"}
        assert rings == self.scene.telephones.ringing.keys()

    def forgotten(self) -> tuple[set[str], set[str]]:
        """Callers for whom nobody is rung, and agents who could be."""
        scene = self.scene
        waiting = {call_id for call_id in self.joined if scene.phase(call_id) == "waiting"}
        barred = scene.telephones.held_back | scene.telephones.off
        idle = {
            shift.agent_id
            for shift in scene.desk.reader.shifts()
            if shift.state == "ready"
            and shift.phone not in barred
            and scene.desk.reader.call_of_agent(shift.agent_id) is None
        }
        return waiting, idle


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with its tables and nothing in it: to migrate one for each example would take too long."""
    folder = tmp_path_factory.mktemp("empty")

    async def make() -> None:
        async with a_desk(folder):
            pass

    asyncio.run(make())
    return folder


async def live(folder: Path, told: Sequence[Deed]) -> None:
    async with a_desk(folder) as desk:
        day = Day(Scene(desk))
        for deed in told:
            await day.happens(deed)
            await day.scene.distributor.tick()
            await day.scene.distributor.settled()
            day.check()
        # Whatever was left ringing rings out, and whoever was rung in vain may be rung again.
        ends = day.scene.now + RING_SECONDS + AGAIN_AFTER.total_seconds() + 1
        while day.scene.now < ends:
            await day.scene.looks(day.scene.now + 1)
            day.check()
        waiting, idle = day.forgotten()
        assert not waiting or not idle


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=deeds)
def test_no_agent_has_two_calls_and_no_caller_is_forgotten_while_an_agent_is_idle(
    empty: Path, told: list[Deed]
):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(empty, folder, dirs_exist_ok=True)

        asyncio.run(live(Path(folder), told))
