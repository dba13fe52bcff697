"""A real Asterisk for tests: booted in its own folder, with tones for sounds, callers and desk phones."""

import asyncio
import math
import socket
import struct
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from config.errors import Text
from config.office import Queue
from ivr.probe.network import Manner, Network
from ivr.probe.sipp import Act, Sipp, SippProcess
from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.configuration import READER
from ivr.providers.asterisk.control import ControlLink
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.event_reader import EventReader, Manager
from ivr.providers.asterisk.fastagi import AgiSession, FastAgiServer, Handler
from ivr.providers.asterisk.plan import LOOPBACK, PrivatePlan, draw_up
from ivr.providers.asterisk.private_pbx import PrivatePbx
from ivr.providers.asterisk.provider import control_of
from ticketing.facts import CallFact, Report

ALLOWED = ("^[+]6231[0-9]{7,8}$", "^[+]628[1-357-9][0-9]{7,10}$")
"""The numbers that may be called, as the office has them."""
CALLER = "081200000042"
"""A number no network assigns."""
TONES = {"salam-pagi": 0.3, "salam-siang": 0.3, "salam-sore": 0.3, "salam-malam": 0.3, "tetap-dilayani": 0.4,
         "semua-sibuk": 0.4, "tutup-saat-menunggu": 0.4, "tutup-saat-menunggu-netral": 0.4, "menu": 0.5,
         "long": 6.0, "urutan": 0.2, "urutan-pertama": 0.2, "jeda": 0.1,
         "pilih-topik": 0.2, "topik-dicatat": 0.2, "semua-sibuk-netral": 0.4}  # fmt: skip
AT_MOST_SECONDS = 15.0


def queue(**changes: object) -> Queue:
    """A queue that rings for two seconds and says nothing while waiting."""
    plain = Queue(
        name="dukcapil", label=Text("Dukcapil", "Civil registration"), strategy="rrmemory", ring_seconds=2,
        wrap_up_seconds=0, max_wait_seconds=60, announce_seconds=0, service_level_seconds=30,
        at_closing="serve",
    )  # fmt: skip
    return replace(plain, **changes)


def a_plan(work: Path, **changes: object) -> PrivatePlan:
    """A plan for a PBX that is never booted."""
    queues = [queue(**changes)]
    return draw_up(modules=work / "modules", data=work / "data", work=work / "pbx", sounds=work / "sounds",
                   music=work / "music" / "hold.wav", boot="abc", queues=queues, allowed=ALLOWED)  # fmt: skip


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def tone(file: Path, seconds: float, hertz: float = 440.0) -> None:
    """Write a tone as the telephone takes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        samples = (int(9000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(int(seconds * 8000)))
        target.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


async def register_at_once(session: AgiSession) -> None:
    """The shortest registration: label the caller, disarm, and let them go on to the queue."""
    await session.set_variable("HOTLINE_LABEL", "00424")
    await session.disarm()
    await session.set_variable("REG_OK", "1")


@dataclass
class Lab:
    """One booted PBX and all that talks to it."""

    plan: PrivatePlan
    pbx: PrivatePbx
    sipp: Sipp
    events: list[AmiEvent] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    dialogues: FastAgiServer | None = None
    network: Network | None = None
    processes: list[SippProcess] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None
    _control: ControlLink | None = None

    @property
    def control(self) -> ControlLink:
        """The link that commands the PBX."""
        if self._control is None:
            self._control = control_of(self.plan)
        return self._control

    async def open(self) -> None:
        """Boot and listen to the events."""
        await self.pbx.start()
        manager = Manager(LOOPBACK, self.plan.ports.ami, READER, self.plan.reader_secret)
        ready = asyncio.Event()

        async def on_login() -> None:
            ready.set()

        reader = EventReader(manager, WANTED, self._hear, on_login)
        self._reading = asyncio.create_task(reader.run())
        await asyncio.wait_for(ready.wait(), 5)

    async def close(self) -> None:
        """End everything this lab started."""
        for process in self.processes:
            await process.stop()
        if self.dialogues:
            await self.dialogues.close()
        if self.network:
            await self.network.close()
        if self._reading:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._control:
            await self._control.close()
        await self.pbx.stop()

    async def answer_dialogues(self, register: Handler, waiting: Handler = register_at_once) -> None:
        """Be the backend."""
        self.dialogues = FastAgiServer({"daftar": register, "menunggu": waiting}, lambda s: sound_seconds(s))
        await self.dialogues.start(LOOPBACK, self.plan.ports.agi)

    async def citizens_who(self, manners: dict[str, Manner]) -> Network:
        """Be the network: those numbers can be called, and behave like that."""
        if self.network is None:
            self.network = Network(self.plan.ports.network)
            await self.network.open()
        self.network.manners |= manners
        return self.network

    def sound(self, name: str) -> Path:
        """The file of one of the hotline's sounds."""
        return self.plan.sounds / "id" / "hotline" / f"{name}.wav"

    async def citizen(
        self, *acts: Act, caller: str = CALLER, name: str = "citizen", ear_port: int | None = None
    ) -> SippProcess:
        """A citizen dials the hotline."""
        port = ear_port or free_port()
        process = await self.sipp.call(name, self.plan.line_number, caller, acts, ear_port=port, seconds=40)
        self.processes.append(process)
        return process

    async def agent(
        self,
        agent_id: str,
        desk: int,
        *,
        ring_seconds: float | None,
        talk_seconds: float | None = None,
        busy: bool = False,
        calls: int = 1,
        speech: Path | None = None,
    ) -> SippProcess:
        """An agent's desk phone, registered and in the queue."""
        phone = self.plan.phones_of("agent", "sip")[desk]
        port = free_port()
        await self.sipp.register(phone.account, phone.account, phone.secret, port)
        process = await self.sipp.desk_phone(
            phone.account, port, ring_seconds=ring_seconds, talk_seconds=talk_seconds, busy=busy,
            calls=calls, seconds=60, speech=speech,
        )  # fmt: skip
        self.processes.append(process)
        await self.control.add_agent(self.plan.queues[0].name, phone.interface, agent_id, paused=False)
        return process

    def facts(self, *kinds: type[CallFact]) -> list[CallFact]:
        """The facts heard so far, of those kinds."""
        return [r.fact for r in self.reports if isinstance(r.fact, kinds or CallFact)]  # type: ignore[misc]

    async def hear(self, kind: type[CallFact], times: int = 1) -> CallFact:
        """Wait for the `times`-th fact of a kind and return it."""
        await self.until(lambda: len(self.facts(kind)) >= times)
        return self.facts(kind)[times - 1]

    async def until(self, come_true: Callable[[], bool]) -> None:
        """Wait until it is true, but not for ever; what was heard instead is told."""
        try:
            async with asyncio.timeout(AT_MOST_SECONDS):
                while not come_true():  # noqa: ASYNC110 - looks at what the reader collected
                    await asyncio.sleep(0.02)
        except TimeoutError:
            heard = "\n".join(f"{event.at:%T.%f} {event.name} {dict(event.headers)}" for event in self.events)
            raise AssertionError(f"it did not come true; the PBX said:\n{heard}") from None

    def _hear(self, event: AmiEvent) -> None:
        self.events.append(event)
        self.reports.extend(reports_of(event, self.plan.name))


def sound_seconds(sound: str) -> float:
    """How long a sound of the tests plays."""
    return TONES[sound.removeprefix("hotline/")]


OpenLab = Callable[..., Awaitable[Lab]]
"""Boots a lab; keyword arguments change its queue, `call_ring_seconds` how long citizens are rung."""
