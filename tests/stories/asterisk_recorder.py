"""Has the real Asterisk live through the stories, and writes down what it says and is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from config.clock import now
from config.office import OFFICE_FOLDER
from ivr.probe.citizen import Citizen
from ivr.probe.network import Manner, Network
from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.configuration import READER
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.event_reader import EventReader
from ivr.providers.asterisk.fastagi import FastAgiServer
from ivr.providers.asterisk.plan import LOOPBACK
from ivr.providers.asterisk.provider import manager_of
from ivr.speech import prompts
from ivr.speech.prompts import sound
from ivr.speech.waves import silence, write_wave
from tests.builders import Desk
from tests.ivr.providers.asterisk.lab import CALLER, Lab, free_port
from tests.stories.asterisk import CLOSED, dialogues, sound_seconds, told_at
from tests.stories.house import House
from tests.stories.ledger import about
from tests.stories.recording import AMI, DESK, Recording
from tests.stories.scripts import CITIZEN_E164, begins_at, play
from ticketing import facts
from ticketing.calls.call import CallPhase

PATIENCE_SECONDS = 30.0
TO_THE_MENU_SECONDS = 1.5
SETTLED_SECONDS = 0.5


class AsteriskStage:
    """A story on the real Asterisk, and who writes it down."""

    def __init__(self, lab: Lab, desk: Desk, recording: Recording) -> None:
        self.lab = lab
        self.house = House(desk, lambda _: lab.control, self.clock)
        self._recording = recording
        self._citizen: Citizen | None = None
        self._phones: list[Network] = []
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

    async def close(self) -> None:
        """The phones are off."""
        for phone in self._phones:
            await phone.close()

    # --- what people do ---

    async def passes(self, seconds: float) -> None:
        """Time goes on."""
        await asyncio.sleep(seconds)

    async def does(self, deed: str) -> None:
        """An agent does something at the desk."""
        self._recording.note(self.clock(), DESK, deed)
        await self.house.do(deed)

    async def phone(self, number: int, ring_seconds: float | None, talk_seconds: float | None = None) -> str:
        """A desk phone is on."""
        known, port = self.lab.plan.phones_of("agent", "sip")[number], free_port()
        await self.lab.sipp.register(known.account, known.account, known.secret, port)
        phone = Network(port)
        await phone.open()
        phone.manners = {known.account: Manner(ring_seconds, talk_seconds)}
        self._phones.append(phone)
        return known.interface

    async def can_be_called(self, ring_seconds: float, talk_seconds: float) -> None:
        """The citizen is reached at their number."""
        await self.lab.citizens_who({CITIZEN_E164: Manner(ring_seconds, talk_seconds)})

    async def calls(self) -> None:
        """The citizen dials."""
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

    async def until(self, kind: type[facts.CallFact], times: int = 1) -> None:
        """Until that was recorded so often."""
        committed = self.house.desk.committed
        await self._until(lambda: sum(isinstance(one.fact, kind) for one in committed) >= times)

    async def until_phase(self, agent_id: str, phase: CallPhase) -> None:
        """Until the agent's call has come so far."""
        await self._until(lambda: self.house.phase_of(agent_id) == phase)

    async def _until(self, come_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not come_true():  # noqa: ASYNC110 - looks at what the ledger holds
                await asyncio.sleep(0.02)


@asynccontextmanager
async def on_stage(lab: Lab, desk: Desk, recording: Recording) -> AsyncIterator[AsteriskStage]:
    """The PBX speaks with us, and somebody writes it down."""
    for name in prompts.load(OFFICE_FOLDER):
        write_wave(lab.sound(name), silence(sound_seconds(sound(name))))
    stage = AsteriskStage(lab, desk, recording)
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
        await stage.close()
        await stage.house.call_desk.close()


async def record(lab: Lab, desk: Desk, story: str) -> Recording:
    """The story as the real Asterisk tells it."""
    recording = Recording(about(story), now(), begins_at(story))
    async with on_stage(lab, desk, recording) as stage:
        await play(stage, story)
        await asyncio.sleep(SETTLED_SECONDS)
    return recording
