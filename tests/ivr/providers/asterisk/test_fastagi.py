"""The FastAGI server: a dialogue with a scripted Asterisk, and peers that mean no good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ivr.providers.asterisk.fastagi import AgiSession, CallerHungUp, FastAgiServer, ForbiddenValue

ENVIRONMENT = (
    "agi_network: yes\nagi_request: agi://127.0.0.1/daftar\nagi_channel: PJSIP/trunk-1\n"
    "agi_uniqueid: pbx-1.0\nagi_callerid: 081200000042\nagi_dnid: 1500\nagi_arg_1: 7\n\n"
)
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Listening:
    """A server whose handler leaves what it found."""

    def __init__(self) -> None:
        self.results: asyncio.Queue[object] = asyncio.Queue()
        self.dialogue: Callable[[AgiSession], Awaitable[object]] = self._nothing
        self.port = 0

    async def handle(self, session: AgiSession) -> None:
        try:
            await self.results.put(await self.dialogue(session))
        except CallerHungUp as gone:
            await self.results.put(gone)
            raise

    async def connect(self) -> Peer:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def _nothing(self, session: AgiSession) -> object:
        return session.call


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    here = Listening()
    server = FastAgiServer({"daftar": here.handle}, lambda _: 1.0)
    here.port = await server.start("127.0.0.1", 0)
    yield here
    await server.close()


async def answer(peer: Peer, replies: dict[str, str]) -> list[str]:
    """Play Asterisk: answer each command by its beginning; returns the commands."""
    reader, writer = peer
    writer.write(ENVIRONMENT.encode())
    commands = []
    while line := (await reader.readline()).decode().strip():
        commands.append(line)
        reply = next((r for start, r in replies.items() if line.startswith(start)), "200 result=0")
        writer.write(f"{reply}\n".encode())
    return commands


async def result(listening: Listening) -> object:
    return await asyncio.wait_for(listening.results.get(), 3)


async def test_the_environment_introduces_the_call(listening: Listening):
    peer = await listening.connect()
    await answer(peer, {})
    call = await result(listening)

    assert (call.call_id, call.dialed_number, call.arguments) == ("pbx-1.0", "1500", ("7",))  # type: ignore[attr-defined]
    assert "081200000042" not in repr(call)


async def test_each_turn_arms_the_switch_before_it_speaks(listening: Listening):
    listening.dialogue = lambda session: session.ask_key(["hotline/menu-daftar"], 4)

    commands = await answer(await listening.connect(), {"WAIT FOR DIGIT": "200 result=49"})

    assert await result(listening) == "1"
    assert commands[0] == 'SET VARIABLE TIMEOUT(absolute) "3.2"', "prompt 1 s, 2.2 s to spare"
    assert commands[1].startswith('STREAM FILE "hotline/menu-daftar"')
    assert commands[2] == 'SET VARIABLE TIMEOUT(absolute) "5.8"', "window 4 s, 1.8 s to spare"
    assert commands[3].startswith("WAIT FOR DIGIT 4000")
    assert commands[4] == 'SET VARIABLE TIMEOUT(absolute) "2.2"', "for what is done about the key"


async def test_digits_are_taken_until_the_hash(listening: Listening):
    keys = iter("0424#")

    async def peer() -> None:
        reader, writer = await listening.connect()
        writer.write(ENVIRONMENT.encode())
        first = True
        while line := (await reader.readline()).decode().strip():
            key = ord(next(keys)) if line.startswith("WAIT") else 0
            if line.startswith("STREAM") and first:
                key, first = ord("0"), False
            writer.write(f"200 result={key}\n".encode())

    listening.dialogue = lambda session: session.ask_digits(["hotline/masukkan-tiket"], 5)
    asking = asyncio.create_task(peer())

    assert await result(listening) == "00424"
    await asking


async def test_a_hangup_line_is_not_taken_for_a_reply(listening: Listening):
    listening.dialogue = lambda session: session.play(["a"])

    await answer(await listening.connect(), {"STREAM": "HANGUP\n200 result=-1"})

    assert isinstance(await result(listening), CallerHungUp)


async def test_a_value_with_a_line_break_is_never_sent(listening: Listening):
    async def injected(session: AgiSession) -> object:
        try:
            await session.set_variable("X", "a\nEXEC Dial 0900")
        except ForbiddenValue as refusal:
            return refusal
        return "sent"

    listening.dialogue = injected
    commands = await answer(await listening.connect(), {})

    assert isinstance(await result(listening), ForbiddenValue)
    assert commands == []


async def hostile(listening: Listening, data: bytes, *, close: bool) -> Peer:
    reader, writer = await listening.connect()
    writer.write(data)
    await writer.drain()
    if close:
        writer.close()
    return reader, writer


@pytest.mark.parametrize(
    ("data", "close"),
    [
        (b"", True),
        (b"", False),
        (b"agi_network: yes\n", False),
        (b"\x00\xff" * 2000 + b"\n", False),
        (b"x" * 1_000_000, False),
        (b"a: b\n" * 5000, False),
        (b"\n\n\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (ENVIRONMENT.replace("daftar", "lain").encode(), False),
    ],
    ids=["closes", "silent", "slow", "binary", "huge line", "huge", "blank", "http", "unknown script"],
)
async def test_a_hostile_peer_leaves_the_next_caller_unharmed(listening: Listening, data: bytes, close: bool):
    peers = [await hostile(listening, data, close=close) for _ in range(5)]

    await answer(await listening.connect(), {})

    assert (await result(listening)).call_id == "pbx-1.0"  # type: ignore[attr-defined]
    for _, writer in peers:
        writer.close()


async def test_a_silent_peer_is_let_go(listening: Listening):
    reader, writer = await hostile(listening, b"agi_network: yes\n", close=False)

    assert await asyncio.wait_for(reader.read(), 4) == b""
    writer.close()
