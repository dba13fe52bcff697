"""A telephone system in memory, for more callers than two processors can carry as sound.

It keeps one queue as app_queue does and tells what happens by the same facts; callers go through the
real registration, agents are rung, paused and hung up by the real commands. Nothing is heard here.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from config.clock import FastClock, now
from config.errors import Unavailable
from config.office import Queue
from ivr.providers.asterisk.plan import PbxPlan, draw_up
from ivr.providers.asterisk.provider import PlannedPhones
from ivr.providers.provider import Given
from ivr.registration import Caller
from ivr.switchboard import NoSuchPhone
from ticketing import facts
from ticketing.facts import CallFact, EndedBy, Report

RING_SECONDS = 3.0
"""Until an agent, or a citizen who is called back, picks up."""
SPOKEN_SECONDS = 2.5
"""How long a prompt takes; none is played."""
ANNOUNCED_EVERY_SECONDS = 60.0


class CallerGone(Exception):
    """The caller hung up."""


@dataclass(slots=True)
class Manners:
    """What a caller does: which key at which prompt, and for how long they wait."""

    patience_seconds: float
    keys: dict[str, str] = field(default_factory=dict)
    answers_call_back: bool = True


@dataclass(slots=True)
class Waiting:
    """A caller in the queue; `leg_id` once an agent's phone rings for them."""

    caller: Caller
    joined_at: datetime
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    leg_id: str = ""
    agent_id: str = ""
    answered: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Member:
    """An agent's phone in the queue."""

    phone: str
    agent_id: str
    paused: bool
    busy: bool = False


class SimulatedLine:
    """A caller's side of the dialogue: presses keys by what is said, and may be gone."""

    def __init__(self, clock: FastClock, manners: Manners) -> None:
        self._clock = clock
        self._manners = manners
        self.variables: dict[str, str] = {}
        self.heard: list[str] = []

    def words(self) -> list[str]:
        """What was said, by the prompts' names."""
        return [sound.rpartition("/")[2] for sound in self.heard]

    async def play(self, sounds: Sequence[str], keys: str = "*") -> str:
        """Every sound takes its time; a key that interrupts is returned."""
        for sound in sounds:
            self.heard.append(sound)
            key = self._key(sound)
            if key and key in keys:
                return key
        await self._clock.sleep(SPOKEN_SECONDS)
        return ""

    async def ask_key(self, sounds: Sequence[str], window_seconds: float) -> str:
        """The key this caller presses at what is asked, if any."""
        key = await self.play(sounds, "0123456789*#")
        if not key:
            await self._clock.sleep(window_seconds)
        return key

    async def ask_digits(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Nothing is keyed in."""
        await self.play(sounds, "")
        return ""

    async def set_variable(self, name: str, value: str) -> None:
        """Keep what the dialplan would be told."""
        self.variables[name] = value

    async def arm(self, seconds: float) -> None:
        """There is no dead man here."""

    async def disarm(self) -> None:
        """There is no dead man here."""

    def _key(self, sound: str) -> str:
        return self._manners.keys.get(sound.rpartition("/")[2], "")


class SimulatedPbx(PlannedPhones):
    """A provider and its switchboard in one. `picks_up` says whether a citizen who is called answers."""

    def __init__(self, clock: FastClock, plan: PbxPlan, given: Given) -> None:
        super().__init__(plan)
        self.control = self
        self._clock = clock
        self._desk = given.desk
        self._registrar = given.registrar
        self._waiting: list[Waiting] = []
        self._members: dict[str, Member] = {}
        self._talks: dict[str, asyncio.Event] = {}
        self._handed_on: set[str] = set()
        self._ids = itertools.count(1)
        self._changed = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[Any]] = set()
        self.picks_up: Callable[[str], bool] = lambda _number: True
        self.on_ring: dict[str, asyncio.Event] = {}
        self.placed: list[tuple[datetime, str]] = []

    # --- as a provider ---

    async def open(self, on_login: Callable[[], Awaitable[None]]) -> None:
        """Begin to hand out calls."""
        self._running = [asyncio.create_task(self._hand_out(), name="simulated queue")]
        await on_login()

    async def close(self) -> None:
        """Stop."""
        for task in (*self._running, *self._errands):
            task.cancel()
        await asyncio.gather(*self._running, *self._errands, return_exceptions=True)

    @property
    def connected_since(self) -> datetime | None:
        """Always there."""
        return now()

    @property
    def is_live(self) -> bool:
        """Always there."""
        return True

    def forget_sounds(self) -> None:
        """There are none."""

    # --- as a switchboard ---

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        """The phone may be rung; whoever was in wrap-up is so no more."""
        busy = self._members[phone].busy if phone in self._members else False
        self._members[phone] = Member(phone, agent_id, paused, busy)
        self._changed.set()

    async def remove_agent(self, queue: str, phone: str) -> None:
        """The phone is rung no more."""
        if phone in self._members and not self._members[phone].busy:
            del self._members[phone]

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        """Hold the phone back or release it."""
        if phone in self._members:
            self._members[phone].paused = paused
            self._changed.set()

    async def hang_up(self, leg_id: str) -> None:
        """End the talk on that leg."""
        if talk := self._talks.get(leg_id):
            talk.set()

    async def transfer(self, call_id: str, leg_id: str, phone: str) -> None:
        """End the talk on that leg; the caller is the colleague's, and nothing more is told of them."""
        if phone not in self._members:
            raise NoSuchPhone
        self._handed_on.add(leg_id)
        await self.hang_up(leg_id)

    def new_call_id(self) -> str:
        """An id for a call of the office's own."""
        return f"simulasi-balik-{next(self._ids)}"

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        """Ring the agent's phone, then the citizen's."""
        if phone not in self._members:
            raise Unavailable("Telepon petugas tidak ada.", "There is no such phone.")
        self.placed.append((now(), number))
        self._run(self._call_out(call_id, self._members[phone], agent_id, number))

    # --- callers ---

    async def call(self, number: str, manners: Manners) -> SimulatedLine:
        """One caller from the first ring to the end; returns what they heard and were told."""
        call_id = f"simulasi-{next(self._ids)}"
        caller = Caller(call_id, self.plan.name, self.plan.line_number, number)
        line = SimulatedLine(self._clock, manners)
        plan = self.plan
        self._tell(facts.CallArrived, call_id, "arrived", number,
                   line=plan.name, dialed_number=plan.line_number)  # fmt: skip
        await self._clock.sleep(SPOKEN_SECONDS)
        await self._registrar.register(line, caller)
        if line.variables.get("HOTLINE_NEXT") == "antre":
            await self._queue_up(caller, line, manners)
        self._tell(facts.CallEnded, call_id, "ended", cause=16)
        await self._desk.drained()
        return line

    async def _queue_up(self, caller: Caller, line: SimulatedLine, manners: Manners) -> None:
        waiting = Waiting(caller, now())
        self._join(waiting, int(line.variables.get("HOTLINE_POSITION") or 0))
        gives_up_at = self._clock.sleep(manners.patience_seconds)
        patience = asyncio.create_task(gives_up_at)
        try:
            while not patience.done() and not waiting.answered:
                key = await self._key_or_answer(waiting, manners, patience)
                if key and await self._press(waiting, caller, line, key):
                    return
            if waiting.answered:
                await waiting.over.wait()
            else:
                self._leave(waiting)
        finally:
            patience.cancel()

    async def _key_or_answer(self, waiting: Waiting, manners: Manners, patience: "asyncio.Task[None]") -> str:
        """Wait until the next announcement, the answer, or the end of patience; the key pressed, if any."""
        pause = asyncio.create_task(self._clock.sleep(ANNOUNCED_EVERY_SECONDS))
        answer = asyncio.create_task(waiting.heard.wait())
        await asyncio.wait({pause, answer, patience}, return_when=asyncio.FIRST_COMPLETED)
        announced = pause.done() and not waiting.answered and not waiting.leg_id
        for task in (pause, answer):
            task.cancel()
        return manners.keys.pop("while waiting", "") if announced else ""

    async def _press(self, waiting: Waiting, caller: Caller, line: SimulatedLine, key: str) -> bool:
        """A key in the queue; whether the caller is let go for good."""
        position = self._waiting.index(waiting) + 1
        self._waiting.remove(waiting)
        self._tell(facts.CallLeftQueue, caller.call_id, f"left/{next(self._ids)}",
                   queue=self._queue, position=position)  # fmt: skip
        line.variables.pop("HOTLINE_NEXT", None)
        await self._registrar.key_while_waiting(line, caller, key)
        if line.variables.get("HOTLINE_NEXT") == "selesai":
            return True
        self._join(waiting, position)
        return False

    @property
    def _queue(self) -> str:
        return self.plan.queues[0].name

    def _join(self, waiting: Waiting, position: int) -> None:
        place = min(position - 1, len(self._waiting)) if position else len(self._waiting)
        self._waiting.insert(place, waiting)
        self._tell(facts.CallQueued, waiting.caller.call_id, f"queued/{next(self._ids)}",
                   queue=self._queue, position=place + 1)  # fmt: skip
        self._changed.set()

    def _leave(self, waiting: Waiting) -> None:
        position = self._waiting.index(waiting) + 1 if waiting in self._waiting else 0
        if position:
            self._waiting.remove(waiting)
        self._tell(facts.CallAbandoned, waiting.caller.call_id, "abandoned",
                   queue=self._queue, position=position)  # fmt: skip

    # --- agents ---

    async def _hand_out(self) -> None:
        """The first caller to the first agent who is free, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for member in list(self._members.values()):
                if self._waiting and not member.busy and not member.paused:
                    member.busy = True
                    self._run(self._talk(self._waiting.pop(0), member))

    async def _talk(self, waiting: Waiting, member: Member) -> None:
        call_id, leg_id = waiting.caller.call_id, f"simulasi-kaki-{next(self._ids)}"
        more = {"queue": self._queue, "agent_id": member.agent_id, "leg_id": leg_id}
        waiting.leg_id, waiting.agent_id = leg_id, member.agent_id
        self._tell(facts.AgentRang, call_id, f"rang/{leg_id}", **more)
        await self._clock.sleep(RING_SECONDS)
        waiting.answered = True
        waiting.heard.set()
        self._tell(facts.AgentAnswered, call_id, f"answered/{leg_id}", **more)
        await self._until_hung_up(call_id, leg_id, member)
        waiting.over.set()

    async def _call_out(self, call_id: str, member: Member, agent_id: str, number: str) -> None:
        member.busy = True
        await self._clock.sleep(RING_SECONDS * 2)
        if not self.picks_up(number):
            self._tell(facts.CitizenNotReached, call_id, "not-reached", status="NOANSWER")
            self._tell(facts.CallEnded, call_id, "ended", cause=16)
            self._free(member)
            return
        leg_id = f"simulasi-kaki-{next(self._ids)}"
        self._tell(facts.CitizenAnswered, call_id, f"answered/{leg_id}", agent_id=agent_id, leg_id=leg_id)
        await self._until_hung_up(call_id, leg_id, member)
        self._tell(facts.CallEnded, call_id, "ended", cause=16)

    async def _until_hung_up(self, call_id: str, leg_id: str, member: Member) -> None:
        talk = self._talks[leg_id] = asyncio.Event()
        self._ring(member.agent_id)
        await talk.wait()
        del self._talks[leg_id]
        ended_by = EndedBy.TRANSFER if leg_id in self._handed_on else EndedBy.AGENT
        self._tell(facts.TalkEnded, call_id, f"talk-ended/{leg_id}",
                   agent_id=member.agent_id, leg_id=leg_id, ended_by=ended_by)  # fmt: skip
        # The queue's own wrap-up holds the phone back until our pause does.
        member.paused = True
        self._free(member)

    def _free(self, member: Member) -> None:
        """By its phone: the agent may have been put back into the queue meanwhile."""
        self._members.get(member.phone, member).busy = member.busy = False
        self._ring(member.agent_id)
        self._changed.set()

    def _ring(self, agent_id: str) -> None:
        """The agent notices that something happened at the phone."""
        if event := self.on_ring.get(agent_id):
            event.set()

    def _tell(
        self, kind: type[CallFact], call_id: str, key: str, number: str | None = None, **more: Any
    ) -> None:
        fact = kind(key=f"{call_id}/{key}", occurred_at=now(), call_id=call_id, **more)
        self._desk.hear([Report(fact, number)])

    def _run(self, errand: Any) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def simulated_plan(folder: Path, queues: Sequence[Queue], agents: int) -> PbxPlan:
    """A plan for a telephone system that has no files, with a desk phone for each agent."""
    return draw_up(
        modules=folder,
        data=folder,
        work=folder,
        sounds=folder / "sounds",
        music=folder / "music.wav",
        boot="simulasi",
        queues=queues,
        desk_phones=agents,
    )
