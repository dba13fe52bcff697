"""Managers that are none, or mean no good, and values that would be actions: both links bear them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from config.errors import Unavailable
from ivr.providers.asterisk import control, event_reader
from ivr.providers.asterisk.ami_messages import MESSAGE_LIMIT, AmiEvent, Cutter
from ivr.providers.asterisk.control import ControlLink, UnsafeValue
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.event_reader import EventReader, Manager

HELLO = b"Asterisk Call Manager/11.0.0\r\n"
ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
GOOD = (
    b"Event: QueueCallerJoin\r\nTimestamp: 1795511104.735094\r\nUniqueid: pbx-1.1\r\nLinkedid: pbx-1.1\r\n"
    b"Queue: dukcapil\r\nPosition: 1\r\n\r\n"
)
SECRET = "hush-hush"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Hostile:
    """A manager that says `greeting`, answers a login with `reply`, then sends `pieces`."""

    def __init__(
        self,
        greeting: bytes = HELLO,
        reply: bytes = ACCEPTED,
        pieces: Sequence[bytes] = (),
        *,
        reply_after: float = 0.0,
        closes: bool = False,
    ) -> None:
        self.greeting = greeting
        self.reply = reply
        self.pieces = pieces
        self.reply_after = reply_after
        self.closes = closes
        self.connections = 0
        self.received = b""
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(self.greeting)
        try:
            self.received += await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)
            await asyncio.sleep(self.reply_after)
            self.received += bytes(reader._buffer)  # type: ignore[attr-defined]
            writer.write(self.reply)
            for piece in self.pieces:
                writer.write(piece)
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            pass
        if self.closes:
            writer.close()

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def serving(hostile: Hostile) -> AsyncIterator[Manager]:
    server = await asyncio.start_server(hostile.serve, "127.0.0.1", 0)
    try:
        yield Manager("127.0.0.1", server.sockets[0].getsockname()[1], "reader", SECRET)
    finally:
        hostile.close()
        server.close()


@asynccontextmanager
async def reading(manager: Manager) -> AsyncIterator["asyncio.Queue[AmiEvent]"]:
    """A reader that translates every event, as the provider does; what it heard without harm."""
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()

    def hear(event: AmiEvent) -> None:
        reports_of(event, "pbx")
        events.put_nowait(event)

    async def nothing() -> None: ...

    task = asyncio.create_task(EventReader(manager, WANTED, hear, nothing).run())
    try:
        yield events
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def heard(events: "asyncio.Queue[AmiEvent]") -> AmiEvent:
    return await asyncio.wait_for(events.get(), 3)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back at once, and wait for no login."""
    monkeypatch.setattr(event_reader, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(event_reader, "LOGIN_SECONDS", 0.3)


NO_MANAGERS = {
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "web": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "bytes": bytes(range(256)) + b"\r\n",
    "a banner without end": b"x" * 1_000_000,
    "silence": b"",
}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("greeting", NO_MANAGERS.values(), ids=NO_MANAGERS)
async def test_who_is_no_manager_is_never_told_the_secret(greeting: bytes):
    hostile = Hostile(greeting)
    async with serving(hostile) as manager, reading(manager):
        async with asyncio.timeout(5):
            while hostile.connections < 2:  # noqa: ASYNC110 - counts what the reader did
                await asyncio.sleep(0.01)

    assert SECRET.encode() not in hostile.received


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "reply",
    [
        b"Response: Error\r\nMessage: Authentication failed\r\n\r\n",
        b"Event: UserEvent\r\nSays: Response: Success\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
    ids=["refused", "an event that says success", "nonsense"],
)
async def test_only_an_accepted_login_makes_a_link(reply: bytes):
    hostile = Hostile(reply=reply, pieces=[GOOD])
    async with serving(hostile) as manager, reading(manager) as events:
        await asyncio.sleep(0.2)

    assert hostile.connections >= 2
    assert events.empty()


async def test_nothing_is_sent_before_the_login_is_answered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_reader, "PING_SECONDS", 0.02)
    hostile = Hostile(reply_after=0.3, pieces=[GOOD])
    async with serving(hostile) as manager, reading(manager) as events:
        await heard(events)

    assert hostile.received.count(b"Action: ") == 1
    assert hostile.received.startswith(b"Action: Login\r\n")


async def test_a_manager_that_closes_at_once_after_each_login_is_not_stormed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_reader, "BACK_OFF_SECONDS", (0.02, 10.0))
    hostile = Hostile(closes=True)
    async with serving(hostile) as manager, reading(manager):
        await asyncio.sleep(1.0)

    # 0.02, 0.04, 0.08, 0.16, 0.32, 0.64: at half of each at least.
    assert 2 <= hostile.connections <= 8


BROKEN = {
    "garbage": bytes(range(256)) * 100 + b"\r\n\r\n",
    "text that is no UTF-8": GOOD.replace(b"dukcapil", b"\xff\xfe\xc3"),
    "ten megabytes without a blank line": b"x" * 10_000_000 + b"\r\n\r\n",
    "ten thousand headers": b"Event: Hangup\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    "half an event": b"Event: Hangup\r\nUniq\r\n\r\n",
    "nothing but a name": b"Event: Hangup\r\n\r\n",
    "a number that is none": GOOD.replace(b"Position: 1", b"Position: first"),
    "a number of a thousand digits": GOOD.replace(b"Position: 1", b"Position: " + b"9" * 5000),
    "an instant that is none": GOOD.replace(b"1795511104.735094", b"yesterday"),
    "an instant beyond all years": GOOD.replace(b"1795511104.735094", b"1e300"),
    "an instant before all years": GOOD.replace(b"1795511104.735094", b"-1e17"),
    "no number": GOOD.replace(b"1795511104.735094", b"nan"),
    "blank lines": b"\r\n" * 1000,
    "lines without their CR": GOOD.replace(b"\r\n", b"\n") + b"\r\n\r\n",
    "NULs": b"\0" * 1000 + b"\r\n\r\n",
    **{
        f"{name} without headers": f"Event: {name}\r\nLinkedid: x\r\n\r\n".encode() for name in sorted(WANTED)
    },
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_what_is_broken_is_left_out_and_the_next_event_is_heard_on_the_same_link(broken: bytes):
    hostile = Hostile(pieces=[broken, GOOD])
    with capture_logs() as logs:
        async with serving(hostile) as manager, reading(manager) as events:
            while (event := await heard(events)).headers.get("Position") != "1":
                pass
            while not events.empty():
                event = events.get_nowait()

    assert event.headers["Queue"] == "dukcapil"
    assert hostile.connections == 1
    assert {entry["event"] for entry in logs} <= {"manager link up", "event left out"}


@pytest.mark.parametrize("cut", range(1, 4))
async def test_a_letter_cut_in_two_by_the_network_arrives_whole(cut: int):
    message = GOOD.replace(b"dukcapil", "漢字".encode())
    middle = message.index("漢".encode()) + cut
    hostile = Hostile(pieces=[message[:middle], message[middle:]])
    async with serving(hostile) as manager, reading(manager) as events:
        event = await heard(events)

    assert event.headers["Queue"] == "漢字"


@given(st.lists(st.binary(max_size=400) | st.just(GOOD) | st.just(b"Event: Hangup\r\n\r\n"), max_size=12))
def test_no_stream_whatever_breaks_cutting_or_translation(pieces: list[bytes]):
    cutter = Cutter(WANTED)

    events = [event for piece in [*pieces, b"\r\n\r\n", GOOD] for event in cutter.feed(piece)]

    assert events[-1].headers["Queue"] == "dukcapil"
    assert all(event.at.tzinfo is UTC for event in events)
    assert len(cutter._rest) <= MESSAGE_LIMIT


def test_an_event_that_is_nothing_but_a_name_does_not_swallow_the_next():
    events = list(Cutter(WANTED).feed(b"Event: Hangup\r\n\r\nEvent: Hangup\r\nUniqueid: a\r\n\r\n" + GOOD))

    assert [event.headers.get("Uniqueid") for event in events] == [None, "a", "pbx-1.1"]


@given(st.floats() | st.text(max_size=20) | st.integers().map(str))
def test_every_timestamp_is_an_instant(timestamp: object):
    message = f"Event: Hangup\r\nTimestamp: {timestamp}\r\n\r\n".encode("utf-8", "replace")

    for event in Cutter(WANTED).feed(message):
        assert isinstance(event.at, datetime)


VALUES = st.text(max_size=60) | st.text(alphabet="ab\r\n\0 :", max_size=60)


@settings(max_examples=60, deadline=None)
@given(VALUES.filter(lambda value: any(c in value for c in "\r\n\0")), st.integers(0, 3))
def test_a_value_with_a_line_break_is_refused_before_any_byte_is_sent(value: str, where: int):
    async def attempt() -> Hostile:
        hostile = Hostile()
        async with serving(hostile) as manager:
            link = ControlLink(manager)
            commands = (
                link.add_agent(value, "PJSIP/meja01", "dewi", paused=False),
                link.remove_agent("dukcapil", value),
                link.pause_agent("dukcapil", "PJSIP/meja01", paused=True, reason=value),
                link.hang_up(value),
            )
            for n, command in enumerate(commands):
                if n != where:
                    command.close()
            with pytest.raises(UnsafeValue):
                await commands[where]
        return hostile

    assert asyncio.run(attempt()).connections == 0


async def test_a_value_that_no_text_can_hold_is_refused():
    async with serving(Hostile()) as manager:
        with pytest.raises(UnsafeValue):
            await ControlLink(manager).hang_up("pbx-\ud800")


@pytest.mark.parametrize(
    "hostile",
    [
        Hostile(reply=b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"),
        Hostile(reply=b"\xff" * 1000 + b"\r\n\r\n"),
        Hostile(reply=b"x" * 2_000_000),
        Hostile(reply=b"", closes=True),
        Hostile(greeting=b"", reply=b""),
        Hostile(pieces=[b"\xc3\r\n\r\n" * 100]),
    ],
    ids=["refused", "no text", "no blank line", "closes", "silent", "bad text after the login"],
)
async def test_a_command_to_a_hostile_manager_is_refused_in_time(
    hostile: Hostile, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(control, "ACTION_SECONDS", 0.5)
    async with serving(hostile) as manager:
        link = ControlLink(manager)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(link.ping(), 2)
        await link.close()
