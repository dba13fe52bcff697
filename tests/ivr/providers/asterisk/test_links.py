"""Both links to the manager, against a manager that cuts, refuses, falls silent and sends nonsense."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from config.errors import Unavailable
from ivr.providers.asterisk import event_reader
from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.control import ACTION_SECONDS, ControlLink, UnsafeValue
from ivr.providers.asterisk.event_facts import reports_of
from ivr.providers.asterisk.event_reader import EventReader, Manager
from ticketing.facts import EndedBy, TalkEnded

HELLO = b"Asterisk Call Manager/11.0.0\r\n"
ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
JOINED = (
    b"Event: QueueCallerJoin\r\nTimestamp: 1795511104.735094\r\nUniqueid: pbx-1.1\r\nLinkedid: pbx-1.1\r\n"
    b"CallerIDNum: 081200000042\r\nQueue: dukcapil\r\nPosition: 1\r\n\r\n"
)
WANTED = frozenset({"QueueCallerJoin"})


class FakeManager:
    """Accepts every login and then sends `greeting`, once a connection; can cut what is open."""

    def __init__(self, greeting: bytes = b"", *, mute: bool = False) -> None:
        self.greeting = greeting
        self.mute = mute
        self.logins = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        if self.mute:
            await asyncio.sleep(60)
        writer.write(HELLO)
        await reader.readuntil(b"\r\n\r\n")
        self.logins += 1
        writer.write(ACCEPTED + self.greeting)

    def cut(self) -> None:
        for writer in self.writers:
            writer.close()


@asynccontextmanager
async def serving(fake: FakeManager) -> AsyncIterator[Manager]:
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    try:
        yield Manager("127.0.0.1", server.sockets[0].getsockname()[1], "reader", "secret")
    finally:
        fake.cut()
        server.close()


@asynccontextmanager
async def reading(reader: EventReader) -> AsyncIterator[None]:
    task = asyncio.create_task(reader.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back at once: the tests need not wait."""
    monkeypatch.setattr(event_reader, "BACK_OFF_SECONDS", (0.01, 0.02))


async def nothing() -> None:
    """A snapshot that finds nothing."""


async def heard(events: "asyncio.Queue[AmiEvent]") -> AmiEvent:
    return await asyncio.wait_for(events.get(), 3)


async def test_a_cut_link_comes_back_by_itself_with_a_snapshot() -> None:
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()
    snapshots: list[datetime] = []

    async def snapshot() -> None:
        snapshots.append(datetime.now(UTC))

    fake = FakeManager(JOINED)
    async with serving(fake) as manager:
        reader = EventReader(manager, WANTED, events.put_nowait, snapshot)
        async with reading(reader):
            await heard(events)
            fake.cut()
            again = await heard(events)
            since = reader.connected_since

    assert again.at == datetime(2026, 11, 24, 9, 5, 4, 735094, tzinfo=UTC)
    assert len(snapshots) == fake.logins == 2
    assert since is not None


async def test_a_reader_too_far_behind_reconnects() -> None:
    events: asyncio.Queue[AmiEvent] = asyncio.Queue(1)
    fake = FakeManager(JOINED * 2)
    async with serving(fake) as manager, reading(EventReader(manager, WANTED, events.put_nowait, nothing)):
        await heard(events)
        await heard(events)

    assert fake.logins >= 2


async def test_an_event_that_cannot_be_read_is_left_out_and_names_nobody_in_the_log() -> None:
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()

    def take(event: AmiEvent) -> None:
        if event.headers["Position"] == "first":
            raise ValueError(event.headers["CallerIDNum"])
        events.put_nowait(event)

    fake = FakeManager(JOINED.replace(b"Position: 1", b"Position: first") + JOINED)
    with capture_logs() as logs:
        async with serving(fake) as manager, reading(EventReader(manager, WANTED, take, nothing)):
            event = await heard(events)

    assert event.headers["Position"] == "1"
    assert fake.logins == 1
    assert "081200000042" not in str(logs)
    assert [entry["fault"] for entry in logs if entry["log_level"] == "error"] == ["ValueError"]


async def test_a_snapshot_that_fails_is_taken_again() -> None:
    tries: asyncio.Queue[int] = asyncio.Queue()

    async def snapshot() -> None:
        tries.put_nowait(tries.qsize())
        if tries.qsize() == 1:
            raise Unavailable("belum", "not yet")

    fake = FakeManager()
    async with serving(fake) as manager, reading(EventReader(manager, WANTED, lambda _: None, snapshot)):
        async with asyncio.timeout(3):
            while tries.qsize() < 2:  # noqa: ASYNC110 - counts what the reader did
                await asyncio.sleep(0.01)

    assert fake.logins == 2


async def test_a_link_on_which_nothing_is_heard_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_reader, "SILENCE_SECONDS", 0.05)
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()
    fake = FakeManager(JOINED)
    async with serving(fake) as manager, reading(EventReader(manager, WANTED, events.put_nowait, nothing)):
        await heard(events)
        await heard(events)

    assert fake.logins >= 2


async def test_a_mute_pbx_costs_many_commands_at_once_one_time_limit() -> None:
    async with serving(FakeManager(mute=True)) as manager:
        link = ControlLink(manager)
        began = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(link.ping() for _ in range(5)), return_exceptions=True)
        seconds = asyncio.get_running_loop().time() - began

    assert [isinstance(answer, Unavailable) for answer in answers] == [True] * 5
    assert seconds < ACTION_SECONDS + 1


@pytest.mark.parametrize("value", ["x\r\nAction: Originate", "x\ny", "x\0y", "x" * 2000])
async def test_a_value_that_would_be_an_action_of_its_own_is_never_sent(value: str) -> None:
    fake = FakeManager()
    async with serving(fake) as manager:
        with pytest.raises(UnsafeValue):
            await ControlLink(manager).pause_agent("dukcapil", "PJSIP/meja01", paused=True, reason=value)

    assert fake.logins == 0


async def test_the_secret_of_a_manager_shows_in_no_repr() -> None:
    assert "hush" not in repr(Manager("127.0.0.1", 5038, "reader", "hush"))


def test_a_talk_without_the_agents_leg_does_not_blame_the_caller() -> None:
    # Asterisk 22, the agent's leg hung up before the bridge stood.
    headers = {"HOTLINE_CALL": "pbx-1.1", "Uniqueid": "pbx-1.1", "MemberName": "agent-1", "Reason": "caller"}

    (report,) = reports_of(AmiEvent("AgentComplete", headers, datetime.now(UTC)), "pbx")

    assert isinstance(report.fact, TalkEnded)
    assert report.fact.ended_by is EndedBy.UNKNOWN


class _NoWriter:
    """A writer whose words go nowhere."""

    def write(self, _data: bytes) -> None:
        """Say it to nobody."""

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.parametrize("turns", range(8))
async def test_a_reader_ends_when_told_so_even_while_an_event_arrives(
    monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    stream = asyncio.StreamReader()

    async def connect(*_where: object, **_how: object) -> tuple[asyncio.StreamReader, _NoWriter]:
        return stream, _NoWriter()

    monkeypatch.setattr(asyncio, "open_connection", connect)
    events: asyncio.Queue[AmiEvent] = asyncio.Queue()
    manager = Manager("127.0.0.1", 1, "reader", "secret")
    task = asyncio.create_task(EventReader(manager, WANTED, events.put_nowait, nothing).run())
    stream.feed_data(HELLO + ACCEPTED + JOINED)
    await heard(events)

    stream.feed_data(JOINED)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()

    done, _ = await asyncio.wait([task], timeout=1)
    assert done == {task}
