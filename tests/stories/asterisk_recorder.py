"""Has the real Asterisk live through the stories, and writes down what it says and is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from config.clock import now
from config.office import OFFICE_FOLDER
from ivr.probe.citizen import Citizen
from ivr.probe.network import Manner
from ivr.providers.asterisk import private_pbx
from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.asking import asking
from ivr.providers.asterisk.configuration import AGENTS, CONTROL, READER, files
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.event_reader import EventReader
from ivr.providers.asterisk.fastagi import FastAgiServer
from ivr.providers.asterisk.plan import LOOPBACK, PrivatePlan
from ivr.providers.asterisk.provider import manager_of
from ivr.speech import prompts
from ivr.speech.prompts import sound
from ivr.speech.waves import silence, write_wave
from tests.builders import Desk
from tests.ivr.providers.asterisk.lab import CALLER, Lab, free_port
from tests.stories.asterisk import CLOSED, dialogues, sound_seconds, told_at
from tests.stories.house import House
from tests.stories.recording import AMI, DESK, Recording
from ticketing import facts
from ticketing.calls.call import CallPhase

CITIZEN_E164 = "+6281200000042"
COUNTER = "201"
"""What an agent dials for the second agent's phone when they transfer a caller."""
PATIENCE_SECONDS = 30.0
TO_THE_MENU_SECONDS = 1.5
SETTLED_SECONDS = 0.5


def with_a_counter(plan: PrivatePlan) -> dict[str, str]:
    """The PBX's files, of an office whose phones can be dialled by one another."""
    counter = plan.phones_of("agent", "sip")[1]
    written = files(plan)
    written["extensions.conf"] += f"exten => {COUNTER},1,Dial({counter.interface})\n"
    assert f"[{AGENTS}]" in written["extensions.conf"]
    return written


class Stage:
    """A story being lived through: everybody in it, and who writes it down."""

    def __init__(self, lab: Lab, desk: Desk, recording: Recording) -> None:
        self.lab = lab
        self.house = House(desk, lab.control, self.clock)
        self._recording = recording
        self._citizen: Citizen | None = None
        self._dialogues = 0

    def clock(self) -> datetime:
        """The story's hour, which goes on as the wall's."""
        return now() + self._recording.shift

    # --- who writes it down ---

    def hear(self, event: AmiEvent) -> None:
        """The PBX reports."""
        if event.name == "FullyBooted":
            return
        below = [f"{name}: {value}" for name, value in event.headers.items()]
        self._recording.note(self.clock(), AMI, event.name, below)
        self.house.call_desk.hear(reports_of(told_at(event, self._recording.shift), self.lab.plan.name))

    async def overhear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """Stand between the PBX and our server, and pass on each line."""
        self._dialogues += 1
        ours, to_us = await asyncio.open_connection(LOOPBACK, port)
        name = f"agi {self._dialogues}"
        await asyncio.gather(
            self._pass_on(f"{name} <", reader, to_us), self._pass_on(f"{name} >", ours, writer)
        )

    async def _pass_on(self, kind: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await source.readline():
                self._recording.note(self.clock(), kind, line.decode().rstrip("\n"))
                sink.write(line)
                await sink.drain()
        self._recording.note(self.clock(), kind, CLOSED)
        sink.close()

    # --- who is in it ---

    async def does(self, deed: str) -> None:
        """An agent does something at the desk."""
        self._recording.note(self.clock(), DESK, deed)
        await self.house.do(deed)

    async def sits_down(
        self, agent_id: str, desk_phone: int, ring_seconds: float | None, **more: Any
    ) -> None:
        """An agent's phone is on, and they sit down at it."""
        address = await self.phone(desk_phone, ring_seconds, **more)
        await self.does(f"{agent_id} sits down at {address}")

    async def phone(self, desk_phone: int, ring_seconds: float | None, **more: Any) -> str:
        """A desk phone is on."""
        lab, phone = self.lab, self.lab.plan.phones_of("agent", "sip")[desk_phone]
        port = free_port()
        await lab.sipp.register(phone.account, phone.account, phone.secret, port)
        lab.processes.append(
            await lab.sipp.desk_phone(
                phone.account, port, ring_seconds=ring_seconds, calls=9, seconds=120, **more
            )
        )
        return phone.interface

    async def calls(self) -> None:
        """The citizen dials, and is at the first question."""
        self._citizen = Citizen(self.lab.plan.ports.sip, f"<sip:{CALLER}@{LOOPBACK}>")
        await self._citizen.dial(self.lab.plan.line_number)
        await asyncio.sleep(TO_THE_MENU_SECONDS)

    async def presses(self, key: str) -> None:
        """The citizen presses a key."""
        assert self._citizen
        await self._citizen.press(key)

    async def hangs_up(self) -> None:
        """The citizen hangs up."""
        assert self._citizen
        await self._citizen.hang_up()

    async def registers(self) -> None:
        """The citizen asks for a number, hears it, and waits."""
        await self.calls()
        await self.presses("1")
        await self.until(facts.CallQueued)

    async def until(self, kind: type[facts.CallFact], times: int = 1) -> None:
        """Until that was recorded so often."""
        committed = self.house.desk.committed
        await self._until(lambda: sum(isinstance(one.fact, kind) for one in committed) >= times)

    async def until_recap(self, agent_id: str) -> None:
        """Until the agent has nothing left but the recap."""
        await self._until(lambda: self._phase(agent_id) == CallPhase.WRAP_UP)

    def _phase(self, agent_id: str) -> str | None:
        call = self.house.desk.reader.call_of_agent(agent_id)
        return call.phase if call else None

    async def _until(self, come_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not come_true():  # noqa: ASYNC110 - looks at what the ledger holds
                await asyncio.sleep(0.02)

    async def transfers(self) -> None:
        """The agent's phone hands the caller on to the counter."""
        answered = next(event for event in self.lab.events if event.name == "AgentConnect")
        async with asking(manager_of(self.lab.plan, CONTROL)) as asked:
            done = await asked.one(
                "BlindTransfer", Channel=answered.headers["DestChannel"], Exten=COUNTER, Context=AGENTS
            )
        assert done["Response"] == "Success", done


async def answered(stage: Stage) -> None:
    await stage.sits_down("first", 0, 2.0)
    await stage.registers()
    await asyncio.sleep(2)
    await stage.presses("1")
    await asyncio.sleep(2)
    await stage.does("first becomes ready")
    await stage.until(facts.AgentAnswered)
    await asyncio.sleep(4)
    await stage.does("first begins to close")
    await asyncio.sleep(2)
    await stage.hangs_up()
    await recap(stage, "first")


async def abandoned(stage: Stage) -> None:
    await stage.registers()
    await asyncio.sleep(3)
    await stage.presses("2")
    await asyncio.sleep(6)
    await stage.hangs_up()


async def no_answer(stage: Stage) -> None:
    await stage.sits_down("first", 0, None)
    await stage.sits_down("second", 1, 2.0, talk_seconds=5.0)
    await stage.does("first becomes ready")
    await stage.does("second becomes ready")
    await stage.registers()
    await recap(stage, "second")


async def hang_up_in_menu(stage: Stage) -> None:
    await stage.calls()
    await stage.hangs_up()


async def transfer(stage: Stage) -> None:
    await stage.sits_down("first", 0, 2.0)
    await stage.phone(1, 1.0)
    await stage.does("first becomes ready")
    await stage.registers()
    await stage.until(facts.AgentAnswered)
    await asyncio.sleep(5)
    await stage.transfers()
    await recap(stage, "first")
    await asyncio.sleep(2)
    await stage.hangs_up()


async def call_back(stage: Stage) -> None:
    await stage.lab.citizens_who({CITIZEN_E164: Manner(ring_seconds=2.0, talk_seconds=4.0)})
    await stage.sits_down("first", 0, 1.0)
    await stage.registers()
    await asyncio.sleep(7)
    await stage.hangs_up()
    await stage.until(facts.CallEnded)
    await stage.does("first becomes ready")
    await stage.does("first calls back")
    await recap(stage, "first")


async def after_hours(stage: Stage) -> None:
    await stage.calls()
    await stage.presses("1")


async def recap(stage: Stage, agent_id: str) -> None:
    await stage.until_recap(agent_id)
    await asyncio.sleep(3)
    await stage.does(f"{agent_id} ends the recap")


SCRIPTS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "answered": answered,
    "abandoned": abandoned,
    "no_answer": no_answer,
    "hang_up_in_menu": hang_up_in_menu,
    "transfer": transfer,
    "call_back": call_back,
    "after_hours": after_hours,
}
"""Each as it is told at the head of its expected ledger."""
CALLS = {"call_back": 2}
"""How many calls end in a story, where it is more than one."""


@asynccontextmanager
async def on_stage(lab: Lab, desk: Desk, recording: Recording) -> AsyncIterator[Stage]:
    """The PBX speaks with us, and somebody writes it down."""
    for name in prompts.load(OFFICE_FOLDER):
        write_wave(lab.sound(name), silence(sound_seconds(sound(name))))
    stage = Stage(lab, desk, recording)
    server = FastAgiServer(dialogues(stage.house, lab.plan.name), sound_seconds)
    port = await server.start(LOOPBACK, 0)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stage.overhear(reader, writer, port)

    between = await asyncio.start_server(accept, LOOPBACK, lab.plan.ports.agi)
    ready = asyncio.Event()

    async def on_login() -> None:
        ready.set()

    events = EventReader(manager_of(lab.plan, READER), WANTED, stage.hear, on_login)
    stage.house.call_desk.open()
    reading = asyncio.create_task(events.run())
    try:
        await asyncio.wait_for(ready.wait(), 5)
        yield stage
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        between.close()
        await server.close()
        await stage.house.call_desk.close()


async def record(lab: Lab, desk: Desk, story: str, about: str, played_at: datetime) -> Recording:
    """The story as the real Asterisk tells it."""
    recording = Recording(about, now(), played_at)
    async with on_stage(lab, desk, recording) as stage:
        await SCRIPTS[story](stage)
        await stage.until(facts.CallEnded, CALLS.get(story, 1))
        await asyncio.sleep(SETTLED_SECONDS)
    return recording


def let_phones_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab's PBX, booted after this, has a counter."""
    monkeypatch.setattr(private_pbx, "files", with_a_counter)
