"""A recording of a real Asterisk lived through again: the product's own translation and dialogue, no PBX.

What the PBX reported and said is given line by line, at the recording's instants; what it was told must be
the same again, word for word.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from ivr.dialogue import Caller
from ivr.providers.asterisk.ami_messages import AmiEvent, Cutter
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.fastagi import AgiSession, FastAgiServer, Handler
from ivr.providers.asterisk.plan import LOOPBACK
from tests.builders import Desk
from tests.stories.house import House, StoryClock
from tests.stories.recording import AMI, DESK, Line, Recording

CLOSED = "(closed)"
LINE = "pbx"
"""The PBX's name in the ledger."""
PATIENCE_SECONDS = 5.0
SOUND_SECONDS = 0.5


def kept_at(story: str, folder: Path) -> Path:
    """Where the story's recording lies."""
    return folder / f"{story}.asterisk.txt"


def sound_seconds(_sound: str) -> float:
    """How long each sound of a recording played."""
    return SOUND_SECONDS


def dialogues(house: House, line: str) -> Mapping[str, Handler]:
    """The dialogues the dialplan asks for, as the provider has them."""

    def caller(session: AgiSession) -> Caller:
        call = session.call
        return Caller(call.call_id, line, call.dialed_number, call.caller_number)

    async def register(session: AgiSession) -> None:
        await house.registrar.register(session, caller(session))

    async def key_while_waiting(session: AgiSession) -> None:
        await house.registrar.key_while_waiting(session, caller(session), session.call.arguments[0])

    return {"daftar": register, "menunggu": key_while_waiting}


def told_at(event: AmiEvent, shift: timedelta) -> AmiEvent:
    """The event as of the story's hour."""
    return replace(event, at=event.at + shift)


def event_of(line: Line, shift: timedelta) -> AmiEvent:
    """The event as the product's reader cuts it out of the stream."""
    # Blanks at the ends of lines are not kept.
    below = [f"{text} " if text.endswith(":") else text for text in line.below]
    text = "\r\n".join([f"Event: {line.text}", *below])
    (event,) = Cutter(WANTED).feed(f"{text}\r\n\r\n".encode())
    return told_at(event, shift)


class MutePbx:
    """Does as it is told and says nothing: what came of it stands in the recording."""

    def __init__(self, call_ids: list[str]) -> None:
        self._call_ids = call_ids

    async def add_agent(self, queue: str, phone: str, agent_id: str, *, paused: bool) -> None:
        """Nothing."""

    async def remove_agent(self, queue: str, phone: str) -> None:
        """Nothing."""

    async def pause_agent(self, queue: str, phone: str, *, paused: bool, reason: str) -> None:
        """Nothing."""

    async def hang_up(self, leg_id: str) -> None:
        """Nothing."""

    def new_call_id(self) -> str:
        """The id that the office's next call had."""
        return self._call_ids.pop(0)

    async def call_citizen(self, call_id: str, phone: str, agent_id: str, number: str, label: str) -> None:
        """Nothing."""

    async def transfer(self, call_id: str, leg_id: str, phone: str) -> None:
        """Nothing."""


@dataclass
class _Peer:
    """The PBX's side of one dialogue."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says(self, text: str) -> None:
        """One line, or the end."""
        if text == CLOSED:
            self.writer.close()
        else:
            self.writer.write(f"{text}\n".encode())
            await self.writer.drain()

    async def is_told(self, text: str) -> None:
        """Raises AssertionError where it is told anything else."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            told = (await self.reader.readline()).decode().rstrip("\n") or CLOSED
        assert told == text, f"told {told}, where the recording has {text}"


@dataclass
class Replay:
    """Goes through a recording, line by line."""

    recording: Recording
    house: House
    clock: StoryClock
    port: int
    _peers: dict[str, _Peer] = field(default_factory=dict)

    async def run(self, *, twice: bool = False) -> None:
        """All of it; each event is heard twice, if so wished."""
        told: set[int] = set()
        lines = self.recording.lines
        for place, line in enumerate(lines):
            if place in told:
                continue
            self.clock.go_on(self.recording.instant(line))
            await self._take(line)
            if twice and line.kind == AMI:
                await self._take(line)
            # What it is told next follows from this alone, so it is told at this instant.
            if line.kind.endswith("<") and (answer := _answer(lines, place)):
                told.add(answer)
                await self._take(lines[answer])

    async def _take(self, line: Line) -> None:
        if line.kind == DESK:
            await self.house.do(line.text)
        elif line.kind == AMI:
            self.house.call_desk.hear(reports_of(event_of(line, self.recording.shift), LINE))
            await self.house.call_desk.drained()
        else:
            dialogue, _, direction = line.kind.rpartition(" ")
            peer = await self._peer(dialogue)
            await (peer.says(line.text) if direction == "<" else peer.is_told(line.text))

    async def _peer(self, dialogue: str) -> _Peer:
        if dialogue not in self._peers:
            self._peers[dialogue] = _Peer(*await asyncio.open_connection(LOOPBACK, self.port))
        return self._peers[dialogue]

    async def close(self) -> None:
        """Let go of the dialogues."""
        for peer in self._peers.values():
            peer.writer.close()


def _answer(lines: list[Line], place: int) -> int | None:
    """Where the line stands that the PBX is told before it says anything more in this dialogue."""
    kind = lines[place].kind
    answer = f"{kind[:-1]}>"
    for later in range(place + 1, len(lines)):
        if lines[later].kind in (kind, answer):
            return later if lines[later].kind == answer else None
    return None


def office_calls(recording: Recording) -> list[str]:
    """The ids of the calls that the office made, in order."""
    named = [
        below.partition("HOTLINE_CALL=")[2]
        for line in recording.lines
        for below in line.below
        if below.startswith("ChanVariable: HOTLINE_CALL=") and "-balik-" in below
    ]
    return list(dict.fromkeys(named))


@asynccontextmanager
async def replaying(recording: Recording, desk: Desk) -> AsyncIterator[Replay]:
    """A backend at the recording's hour, on that ledger."""
    clock = StoryClock(recording.played_at)
    house = House(desk, lambda _: MutePbx(office_calls(recording)), clock)
    server = FastAgiServer(dialogues(house, LINE), sound_seconds)
    house.call_desk.open()
    replay = Replay(recording, house, clock, await server.start(LOOPBACK, 0))
    try:
        yield replay
    finally:
        await replay.close()
        await server.close()
        await house.call_desk.close()
