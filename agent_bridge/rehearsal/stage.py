"""A rehearsal while it plays: who dials, who sits at which phone, and what each caller hears."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from agent_bridge import parts, practice
from agent_bridge.house import open_ledger, read_office
from agent_bridge.rehearsal import drill
from agent_bridge.rehearsal.agent import Manners, RehearsalAgent
from agent_bridge.rehearsal.crashes import Crashes
from agent_bridge.rehearsal.faults import Scene
from agent_bridge.rehearsal.person import no_blow
from agent_bridge.rehearsal.report import NumberHeard, numbers_heard
from agent_bridge.rehearsal.story import Cast
from agent_bridge.supervisor import Running
from config.errors import Refused
from config.settings import Settings
from ivr.probe.ears import Ear, Transcript, Vocabulary, frames_of, hearing, transcribe
from ivr.probe.network import Manner, Network
from ivr.probe.proxy import Proxy
from ivr.probe.sipp import LOOPBACK, Act, AwaitHangUp, Counts, HangUp, Press, Sipp, SippProcess, Wait
from ivr.providers.asterisk.plan import Phone
from ivr.speech import waves
from ivr.speech.digits import DIGITS
from ivr.speech.prompts import LANGUAGE_FOLDER
from ticketing.calls.call import CallPhase
from ticketing.facts import CallArrived
from ticketing.ledger.reader import Reader
from ticketing.people.phone_number import normalise

FIRST_KEY_SECONDS = 7.0
PATIENCE_SECONDS = 33.0
"""An abandoning citizen hangs up this long after dialling: heard the number, then waited in vain."""
CATEGORY_SECONDS = 20.0
BETWEEN_CALLS_SECONDS = 1.5
CALL_LIMIT_SECONDS = 400.0
DRILL_LIMIT_SECONDS = 150.0
"""Whom a PBX that died leaves on the line hangs up after this."""
RING_SECONDS = 1.5
PATIENCE_TRIES = 60
LOOKED_THROUGH = 100_000
SETTLE_SECONDS = 60.0
"""After the last call everything must be on record within this time, whatever happened."""

Tell = Callable[[str, str], None]


class TooFewAgents(Refused):
    """Nobody would take the calls that are not abandoned."""

    def __init__(self) -> None:
        super().__init__(
            "Paling sedikit satu petugas, dan tidak lebih banyak yang menutup daripada yang menelepon.",
            "At least one agent is needed, and no more abandoning callers than callers.",
        )


class NobodyToCall(Refused):
    """No call-back was owed, or none could be made."""

    def __init__(self) -> None:
        super().__init__(
            "Tidak ada telepon balik yang dapat dilakukan.", "There was no call-back that could be made."
        )


@dataclass(frozen=True, slots=True)
class Script:
    """How many call, how many of them give up, and how many agents there are."""

    calls: int
    agents: int
    abandon: int
    between_seconds: float = BETWEEN_CALLS_SECONDS
    manners: Manners = field(default_factory=Manners)
    unserved: Mapping[int, Sequence[Act]] = field(default_factory=dict)
    """What those do whom nobody serves on the line: the office calls them when they are off it."""
    by_turns: Sequence[Sequence[Act]] = ()
    """What citizens do by turns, instead of the usual."""
    retold: bool = True
    """Whether numbers are told as soon as they are heard; many callers would keep the ears waiting."""

    def __post_init__(self) -> None:
        if self.agents < 1 or not 0 <= self.abandon <= self.calls:
            raise TooFewAgents

    def acts(self, n: int) -> list[Act]:
        """What the n-th citizen does; those who give up come first, while nobody is ready."""
        if self.by_turns:
            return list(self.by_turns[n % len(self.by_turns)])
        if n in self.unserved:
            return list(self.unserved[n])
        if n < self.abandon:
            return [Wait(FIRST_KEY_SECONDS), Press("1"), Wait(PATIENCE_SECONDS - FIRST_KEY_SECONDS), HangUp()]
        category: list[Act] = [Wait(CATEGORY_SECONDS), Press(str(1 + n % 5))] if n % 3 == 0 else []
        return [Wait(FIRST_KEY_SECONDS + n % 3), Press("1"), *category, AwaitHangUp()]


@dataclass(frozen=True, slots=True)
class CitizenCall:
    """One citizen's call: who, when, and what came of it."""

    name: str
    dialled_at: float
    over_at: float
    counts: Counts
    transcript: Transcript


class Stage:
    """The rehearsal while it plays; with a cast its agents play stories."""

    def __init__(
        self,
        settings: Settings,
        running: Running,
        script: Script,
        tell: Tell,
        limit_seconds: float,
    ) -> None:
        assert running.plan is not None
        self._settings = settings
        self._running = running
        self._plan = running.plan
        self._script = script
        self._limit_seconds = limit_seconds
        self._cast: Cast | None = None
        self._tell = tell
        program = parts.find("sipp", settings)
        assert program is not None
        self._sipp = Sipp(program, running.plan.ports.sip, settings.folder / "sipp")
        self._began = time.time()
        self._ears: dict[str, Ear] = {}
        self._vocabulary = _vocabulary(settings)
        self._speech = agents_speech(settings)
        self.before_calls: Callable[[AsyncExitStack], Awaitable[None]] = _nothing
        self.after_calls: Callable[[list[RehearsalAgent]], Awaitable[None]] = _nothing

    def scene(self, proxy: Proxy) -> Scene:
        """The stage as a fault sees it."""
        reader = _reader(self._settings)
        return Scene(
            settings=self._settings,
            address=self._running.address,
            redis_url=self._running.redis_url,
            proxy=proxy,
            drill_file=drill.file_of(self._settings),
            hearing=self._hearing,
            ringing=lambda: any(call.phase == CallPhase.RINGING for call in reader.live_calls()),
        )

    def play_with(self, names: Sequence[str], crashes: Crashes | None) -> Cast:
        """Let the agents play these stories."""
        if crashes:
            crashes.address = self._running.address
        self._cast = Cast(self._running.address, names, self._say, crashes or no_blow)
        return self._cast

    def _hearing(self) -> dict[str, str]:
        """What each caller on the line hears now; a digit of a number as `digits/...`."""
        now = time.time()
        heard = {name: hearing(ear, self._vocabulary, now) for name, ear in self._ears.items()}
        words = {name: sound.rpartition("/")[2] for name, sound in heard.items()}
        return {name: f"digits/{words[name]}" if words[name] in DIGITS else heard[name] for name in heard}

    async def play(self) -> list[CitizenCall]:
        """Everybody takes their place, and the calls come in."""
        script = self._script
        names = [(f"petugas{n}", f"Petugas {n}") for n in range(1, script.agents + 1)]
        links = await practice.sign_in_links(self._settings, names)
        async with AsyncExitStack() as stack:
            agents = []
            for phone, token in zip(self._plan.phones_of("agent", "sip"), links.values(), strict=False):
                agents.append(await self._seat(phone, token, stack))
            await self._open_network(stack)
            ready_after = PATIENCE_SECONDS + 1.0 if script.abandon else 0.0
            readiness = asyncio.create_task(self._open_desks(agents, ready_after))
            self._began = time.time()
            if self._cast:
                await self._cast.sign_in(self._settings, stack)
            await self.before_calls(stack)
            calls = [asyncio.create_task(self._call(n)) for n in range(script.calls)]
            if self._cast:
                await self._cast.over()
            citizens = list(await asyncio.gather(*calls))
            await readiness
            await self.after_calls(agents)
            await self._settled()
        return citizens

    async def _seat(self, phone: Phone, token: str, stack: AsyncExitStack) -> RehearsalAgent:
        port = _free_udp_port()
        await self._sipp.register(phone.account, phone.account, phone.secret, port)
        process = await self._sipp.desk_phone(
            phone.account, port, ring_seconds=RING_SECONDS, calls=10_000,
            seconds=max(CALL_LIMIT_SECONDS, self._limit_seconds) * 2, speech=self._speech,
        )  # fmt: skip
        stack.push_async_callback(process.stop)
        manners = self._script.manners
        agent = self._cast.agent(manners) if self._cast else RehearsalAgent(self._running.address, manners)
        await agent.sit_down(token, phone.interface)
        stack.push_async_callback(agent.leave)
        return agent

    async def _open_network(self, stack: AsyncExitStack) -> None:
        """Citizens can be called, at the numbers they call from."""
        network = Network(self._plan.ports.network)
        await network.open()
        stack.push_async_callback(network.close)
        numbers = (normalise(caller_number(n)) for n in range(self._script.calls))
        network.manners = {number: Manner(ring_seconds=RING_SECONDS) for number in numbers if number}

    async def _open_desks(self, agents: list[RehearsalAgent], after_seconds: float) -> None:
        await asyncio.sleep(after_seconds)
        if self._script.unserved:
            await self._until_off_the_line()
        for agent in agents:
            await agent.become_ready()
        self._say(f"{len(agents)} petugas siap", f"{len(agents)} agents ready")
        for agent in agents[: len(self._script.unserved)]:
            placed = await self._calls_next(agent)
            self._say(f"petugas menelepon warga {placed}", f"an agent calls the citizen of {placed}")

    async def _until_off_the_line(self) -> None:
        """All who call have come, and gone again."""
        reader = _reader(self._settings)
        called: set[str] = set()
        while len(called) < self._script.calls or reader.live_calls():
            await asyncio.sleep(0.5)
            rows = reader.changes_since(0, LOOKED_THROUGH)
            called = {row.call_id for row in rows if row.kind == CallArrived.kind}

    async def _calls_next(self, agent: RehearsalAgent) -> str:
        """By one action; the call before it may still hold the desk's checks for a moment."""
        for _ in range(PATIENCE_TRIES):
            with contextlib.suppress(httpx.HTTPStatusError):
                return str((await agent.does("/api/call-backs/next", {}))["number"])
            await asyncio.sleep(0.5)
        raise NobodyToCall

    async def _call(self, n: int) -> CitizenCall:
        script = self._script
        # Those who give up come first and together; the others a little apart.
        await asyncio.sleep(n * (0.3 if n < script.abandon else script.between_seconds))
        ear = Ear()
        await ear.open()
        name = f"warga{n + 1:02d}"
        dialled_at = time.time()
        process: SippProcess = await self._sipp.call(
            name, self._plan.line_number, caller_number(n), script.acts(n),
            ear_port=ear.port, seconds=self._limit_seconds,
        )  # fmt: skip
        self._say(f"{name} menelepon {self._plan.line_number}", f"{name} dials {self._plan.line_number}")
        retelling = self._retell(name, ear, dialled_at) if script.retold else _nothing(name)
        listening = asyncio.create_task(retelling)
        self._ears[name] = ear
        await process.wait()
        del self._ears[name]
        ear.close()
        listening.cancel()
        self._say(f"{name} selesai", f"{name} is done")
        over_at = time.time()
        transcript = transcribe(ear.frames, self._vocabulary, dialled_at, over_at)
        return CitizenCall(name, dialled_at, over_at, process.counts(), transcript)

    async def _retell(self, name: str, ear: Ear, dialled_at: float) -> None:
        """Tell every number as soon as the caller has heard it."""
        told = 0
        while True:
            await asyncio.sleep(1.0)
            transcript = transcribe(ear.frames, self._vocabulary, dialled_at, time.time())
            for found in numbers_heard(transcript)[told:]:
                told += 1
                after = f"{found.at_seconds:.1f}"
                self._say_at(
                    dialled_at - self._began + found.at_seconds,
                    f"{name} mendengar '{_words(found)}' ({after.replace('.', ',')} dtk setelah menelepon)",
                    f"{name} heard '{_words(found)}' ({after} s after dialling)",
                )

    def _say(self, id: str, en: str) -> None:
        self._say_at(time.time() - self._began, id, en)

    def _say_at(self, seconds: float, id: str, en: str) -> None:
        self._tell(f"{seconds:6.1f} dtk: {id}".replace(".", ",", 1), f"{seconds:6.1f} s: {en}")

    async def _settled(self) -> None:
        """Give the last wrap-ups time to end, so that every step of every call is counted."""
        reader = _reader(self._settings)
        for _ in range(int(SETTLE_SECONDS / 0.2)):
            if not reader.live_calls():
                return
            await asyncio.sleep(0.2)


async def _nothing(_of: object) -> None:
    """Nothing more happens."""


def caller_number(n: int) -> str:
    """The made-up number the n-th citizen calls from; none of those of the practice telephones."""
    return f"0812001{n + 1:05d}"


def _words(number: NumberHeard) -> str:
    spoken = [DIGITS[int(digit)] for digit in number.digits]
    return f"{' '.join(spoken[:-1])}, {spoken[-1]}"


def _vocabulary(settings: Settings) -> Vocabulary:
    sounds = settings.folder / "sounds" / LANGUAGE_FOLDER
    files = {f"{file.parent.name}/{file.stem}": file for file in sorted(sounds.rglob("*.wav"))}
    return Vocabulary.of(files | {"music": settings.folder / "music" / "hold.wav"})


def agents_speech(settings: Settings) -> Path:
    """What the rehearsal's agents say, as their phones send it."""
    source = settings.folder / "sounds" / LANGUAGE_FOLDER / "hotline" / "terima-kasih.wav"
    file = settings.folder / "sipp" / "agent.ulaw"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(frames_of(waves.read_wave(source))))
    return file


def _reader(settings: Settings) -> Reader:
    ledger = open_ledger(settings, read_office(settings))
    ledger.close()
    return ledger.reader


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
