"""A line without a queue of its own: its telephones in memory, its callers and agents told in seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from config.errors import Refused, Unavailable
from ivr.queues.distributor import Distributor
from ivr.queues.ringing import RingAgent
from tests.builders import OFFICE, Desk, Story, a_desk, at
from ticketing import facts
from ticketing.facts import AgentFact, Fact, Report

QUEUE, LINE = "dukcapil", "pbx"
MOST_LOOKS = 20
RING_SECONDS = OFFICE.queues[QUEUE].ring_seconds


class PhoneOff(Refused):
    def __init__(self) -> None:
        super().__init__("Telepon mati.", "The phone is off.")


class TelephonesAway(Unavailable):
    def __init__(self) -> None:
        super().__init__("Tidak menjawab.", "No answer.")


@dataclass
class Telephones:
    """They ring, and remember what they were asked for."""

    rung: list[RingAgent] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    ringing: dict[str, RingAgent] = field(default_factory=dict)
    held_back: set[str] = field(default_factory=set)
    off: set[str] = field(default_factory=set)
    away: bool = False
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    doubled: list[RingAgent] = field(default_factory=list)
    """Rings at a phone that rang already: there ought to be none, ever."""

    async def ring(self, ring: RingAgent) -> None:
        self.rung.append(ring)
        self.bell.set()
        if self.away:
            raise TelephonesAway
        if ring.phone in self.off:
            raise PhoneOff
        if ring.phone in {other.phone for other in self.ringing.values()}:
            self.doubled.append(ring)
        self.ringing[ring.leg_id] = ring

    async def stop_ringing(self, leg_id: str) -> None:
        if self.away:
            raise TelephonesAway
        self.stopped.append(leg_id)
        self.ringing.pop(leg_id, None)

    def is_held_back(self, phone: str) -> bool:
        return phone in self.held_back


class Scene:
    """Callers, agents and one node that hands the ones to the others; `now` is in seconds."""

    def __init__(self, desk: Desk, telephones: Telephones | None = None) -> None:
        self.desk = desk
        self.now = 0.0
        self.telephones = telephones or Telephones()
        self.distributor = self.node()

    def clock(self) -> datetime:
        return at(self.now)

    def node(self, desk: Desk | None = None) -> Distributor:
        """A node that has just started."""
        desk = desk or self.desk
        return Distributor(LINE, self.telephones, desk.journal, desk.reader, lambda: OFFICE, self.clock)

    async def looks(self, seconds: float | None = None) -> None:
        """It is so late now, and the node looks until nothing follows any more."""
        self.now = self.now if seconds is None else seconds
        before = -1
        for _ in range(MOST_LOOKS):
            await self.distributor.tick()
            await self.distributor.settled()
            if before == (before := self.desk.reader.cursor()):
                return
        raise AssertionError("something follows for ever")

    async def record(self, *known: Fact) -> None:
        await self.desk.journal.record(*(Report(fact) for fact in known))

    async def is_ready(self, *agents: str, seconds: float = 0.0) -> None:
        """Each sits down at a phone of their own, ready from then on."""
        for agent_id in agents:
            await self.shift(facts.AgentSignedIn, agent_id, seconds, phone=phone_of(agent_id))
            await self.shift(facts.AgentBecameReady, agent_id, seconds + 0.001)

    async def shift(self, kind: type[AgentFact], agent_id: str, seconds: float, **more: str) -> None:
        key = f"{agent_id}/{kind.kind}/{seconds}"
        await self.record(kind(key=key, occurred_at=at(seconds), agent_id=agent_id, **more))

    async def waits(self, call_id: str, seconds: float) -> None:
        """A caller joins the queue."""
        await self.desk.record(Story(call_id).arrives(seconds).is_registered(seconds).queues(seconds))

    async def is_taken(self, leg_id: str, seconds: float) -> None:
        """The agent answers that ring."""
        ring = self.telephones.ringing.pop(leg_id)
        await self.record(*Story(ring.call_id, ring.agent_id).is_answered(seconds, leg_id).facts)

    async def talk_ends(self, call_id: str, agent_id: str, seconds: float) -> None:
        """Both hang up, and the recap begins."""
        await self.record(*Story(call_id, agent_id).stops_talking(seconds).ends(seconds).facts)

    async def recap_ends(self, call_id: str, agent_id: str, seconds: float) -> None:
        await self.record(*Story(call_id, agent_id).recaps(seconds).facts)

    async def hangs_up(self, call_id: str, seconds: float) -> None:
        """The caller gives up waiting."""
        await self.record(*Story(call_id).abandons(seconds).ends(seconds).facts)

    @property
    def rings(self) -> list[tuple[str, str]]:
        """Who rings now, and for whom."""
        return sorted((ring.agent_id, ring.call_id) for ring in self.telephones.ringing.values())

    def phase(self, call_id: str) -> str:
        return str(self.desk.reader.call(call_id).phase)


def phone_of(agent_id: str) -> str:
    return f"PJSIP/{agent_id}"


@asynccontextmanager
async def a_scene(folder: Path) -> AsyncIterator[Scene]:
    async with a_desk(folder) as desk:
        scene = Scene(desk)
        yield scene
        assert scene.telephones.doubled == []
