"""Peers of the FastAGI server that mean no good: each is let go, and a good caller is served meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ivr.providers.asterisk import fastagi
from ivr.providers.asterisk.fastagi import AgiSession, FastAgiServer

GOOD = "pbx-1.good"
BAD = "pbx-1.bad"
SERVED_SECONDS = 1.0
"""What a good caller may need while others misbehave."""

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Misdeed = Callable[[Peer], Awaitable[object]]


def environment(call_id: str, *more: str) -> bytes:
    lines = (
        "agi_network: yes", "agi_request: agi://127.0.0.1/daftar", "agi_channel: PJSIP/trunk-1",
        f"agi_uniqueid: {call_id}", "agi_callerid: 081200000042", "agi_dnid: 1500", *more,
    )  # fmt: skip
    return "".join(f"{line}\n" for line in lines).encode() + b"\n"


class Office:
    """A server that asks every caller for a key and keeps what came of it."""

    def __init__(self) -> None:
        self.port = 0
        self.begun: list[str] = []
        self.keys: dict[str, str] = {}
        self.faults: dict[str, str] = {}

    async def handle(self, session: AgiSession) -> None:
        call_id = session.call.call_id
        self.begun.append(call_id)
        try:
            self.keys[call_id] = await session.ask_key(["hotline/menu-daftar"], 0.1)
        except Exception as fault:
            self.faults[call_id] = type(fault).__name__
            raise

    async def connect(self) -> Peer:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def good_caller(self) -> str:
        """A caller who presses 1; returns what the server understood."""
        reader, writer = await self.connect()
        writer.write(environment(GOOD))
        while line := (await reader.readline()).decode():
            writer.write(f"200 result={49 if line.startswith('STREAM') else 0}\n".encode())
        writer.close()
        return self.keys.pop(GOOD)


@asynccontextmanager
async def an_office() -> AsyncIterator[Office]:
    here = Office()
    server = FastAgiServer({"daftar": here.handle}, lambda _: 0.1)
    here.port = await server.start("127.0.0.1", 0)
    try:
        yield here
    finally:
        await server.close()


@pytest.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(fastagi, "ENVIRONMENT_SECONDS", 0.4)
    monkeypatch.setattr(fastagi, "REPLY_SPARE_SECONDS", 0.4)
    async with an_office() as here:
        yield here


async def let_go(peer: Peer) -> None:
    """Wait until the server has closed the connection."""
    reader, writer = peer
    try:
        async with asyncio.timeout(3):
            while await reader.read(65_536):
                pass
    except ConnectionError:
        pass
    finally:
        writer.close()


def sends(data: bytes, *, then_closes: bool = False) -> Misdeed:
    async def misdeed(peer: Peer) -> None:
        peer[1].write(data)
        if then_closes:
            peer[1].close()

    return misdeed


def drips(data: bytes) -> Misdeed:
    """One byte at a time, so slowly that it never ends in time."""

    async def misdeed(peer: Peer) -> None:
        for byte in data:
            if peer[1].is_closing():
                return
            peer[1].write(bytes([byte]))
            await asyncio.sleep(0.1)

    return misdeed


STRANGERS = {
    "connects and closes": sends(b"", then_closes=True),
    "says nothing": sends(b""),
    "drips": drips(environment(BAD)),
    "garbage": sends(bytes(range(256)) * 40),
    "environment without end": sends(b"agi_x: y\n" * 100_000),
    "line of a megabyte": sends(b"x" * 1_000_000),
    "argument of a megabyte": sends(environment(BAD, "agi_arg_1: " + "7" * 1_000_000)),
    "no call named": sends(b"agi_request: agi://127.0.0.1/daftar\n\n"),
    "no address": sends(environment(BAD).replace(b"//127.0.0.1", b"//[")),
    "no such script": sends(environment(BAD).replace(b"/daftar", b"/lain")),
    "web browser": sends(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
}


@pytest.mark.parametrize("misdeed", STRANGERS.values(), ids=STRANGERS)
async def test_a_stranger_is_let_go_and_a_good_caller_is_served_meanwhile(office: Office, misdeed: Misdeed):
    with capture_logs() as logs:
        strangers = [await office.connect() for _ in range(10)]
        doing = [asyncio.create_task(misdeed(stranger)) for stranger in strangers]

        key = await asyncio.wait_for(office.good_caller(), SERVED_SECONDS)
        await asyncio.gather(*(let_go(stranger) for stranger in strangers), *doing, return_exceptions=True)

    assert key == "1"
    assert office.begun == [GOOD]
    assert [entry["event"] for entry in logs] == ["fastagi peers dropped"], "ten in a row are told once"


def replies(*lines: bytes) -> Misdeed:
    """Introduces a call properly and then answers every command so."""

    async def misdeed(peer: Peer) -> None:
        reader, writer = peer
        writer.write(environment(BAD))
        for line in lines:
            if not await reader.readline():
                return
            writer.write(line)

    return misdeed


ANSWERED = b"200 result=0\n"
MISBEHAVED = {
    "never answers": replies(),
    "nonsense": replies(b"what?\n"),
    "bytes that are no text": replies(b"\xff\xfe\x00\n"),
    "a usage without end": replies(b"520-Invalid command syntax.\n" * 50),
    "usage": replies(b"520-Invalid command syntax.\nUsage: SET VARIABLE\n520 End of proper usage.\n"),
    "unknown command": replies(b"510 Invalid or unknown command\n"),
    "only hang-ups": replies(b"HANGUP\n" * 50),
    "a reply without end": replies(b"200 result=" + b"1" * 1_000_000),
    "a key no telephone has": replies(ANSWERED, b"200 result=55296\n"),
    "a key beyond all letters": replies(ANSWERED, b"200 result=99999999999\n"),
}
HUNG_UP = {
    "closes": replies(ANSWERED, b""),
    "hang-up before a reply": replies(b"HANGUP\n200 result=-1\n"),
    "hang-up between replies": replies(
        ANSWERED + b"HANGUP\n", b"511 Command Not Permitted on a dead channel\n"
    ),
    "failed": replies(ANSWERED, b"200 result=-1 endpos=0\n"),
}


@pytest.mark.parametrize("misdeed", MISBEHAVED.values(), ids=MISBEHAVED)
async def test_a_peer_that_answers_wrongly_ends_its_own_dialogue_only(office: Office, misdeed: Misdeed):
    with capture_logs() as logs:
        peer = await office.connect()
        doing = asyncio.create_task(misdeed(peer))

        key = await asyncio.wait_for(office.good_caller(), SERVED_SECONDS)
        await asyncio.gather(let_go(peer), doing)

    assert key == "1"
    assert office.faults == {BAD: "PeerMisbehaved"}
    assert [entry["event"] for entry in logs] == ["fastagi peers dropped"]


@pytest.mark.parametrize("misdeed", HUNG_UP.values(), ids=HUNG_UP)
async def test_a_hang_up_anywhere_is_a_hang_up_and_nothing_to_warn_of(office: Office, misdeed: Misdeed):
    with capture_logs() as logs:
        peer = await office.connect()
        await misdeed(peer)
        peer[1].close()

        key = await asyncio.wait_for(office.good_caller(), SERVED_SECONDS)

    assert key == "1"
    assert office.faults == {BAD: "CallerHungUp"}
    assert logs == []


async def test_hang_up_lines_before_a_reply_change_nothing_of_it(office: Office):
    peer = await office.connect()

    await replies(ANSWERED, b"HANGUP\n" * 5 + b"200 result=50\n")(peer)
    await let_go(peer)

    assert office.keys == {BAD: "2"}


async def test_a_line_break_from_the_network_takes_no_other_callers_place(office: Office):
    peer = await office.connect()
    peer[1].write(environment(BAD, "agi_rdnis: 0812", f"agi_uniqueid: {GOOD}", "agi_request: agi://h/lain"))
    peer[1].write(b"200 result=0\n" * 5)

    await let_go(peer)

    assert office.begun == [BAD]


@pytest.mark.parametrize("goes_on", [False, True], ids=["all at once", "and more all the time"])
async def test_a_patient_crowd_that_says_nothing_keeps_no_good_caller_out(
    office: Office, monkeypatch: pytest.MonkeyPatch, goes_on: bool
):
    monkeypatch.setattr(fastagi, "ENVIRONMENT_SECONDS", 60)
    crowd = [await office.connect() for _ in range(700)]
    coming = asyncio.create_task(keep_coming(office) if goes_on else asyncio.sleep(0))

    keys = [await asyncio.wait_for(office.good_caller(), SERVED_SECONDS) for _ in range(20)]

    coming.cancel()
    assert keys == ["1"] * 20
    for _, writer in crowd:
        writer.close()


async def keep_coming(office: Office) -> None:
    while True:
        _, writer = await office.connect()
        writer.write(b"agi_network: yes\n")
        await asyncio.sleep(0.001)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=6))
def test_no_bytes_whatever_break_the_server(pieces: list[bytes]):
    async def attempt() -> tuple[str, list[str]]:
        with capture_logs() as logs:
            async with an_office() as office:
                _, writer = await office.connect()
                writer.write(environment(BAD))
                for piece in pieces:
                    writer.write(piece + b"\n")
                writer.close()
                key = await asyncio.wait_for(office.good_caller(), SERVED_SECONDS)
        return key, [entry["log_level"] for entry in logs]

    key, levels = asyncio.run(attempt())

    assert key == "1"
    assert "error" not in levels
