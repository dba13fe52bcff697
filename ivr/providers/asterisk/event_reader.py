"""Our own AMI event reader: cuts, filters by name, and hands on. It never waits for anybody.

An event whose name is not wanted costs one look at its first line. AMI has no replay, so a lost link,
or a reader too far behind, means: reconnect and take a snapshot.
"""

import asyncio
import itertools
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog

BLANK_LINE = b"\r\n\r\n"
MESSAGE_LIMIT = 65_536
"""No event of Asterisk's is larger; what is, is skipped to the next blank line."""
PING_SECONDS = 5.0
SILENCE_SECONDS = 11.0
"""Two pings without a word back: the link is half-open."""
BACK_OFF_SECONDS = (0.5, 10.0)
LOGIN_SECONDS = 5.0
READ_BYTES = 65_536
LIST_SECONDS = 5.0
LIST_ROWS = frozenset({b"Status", b"StatusComplete", b"QueueEntry", b"QueueMember", b"QueueStatusComplete"})
"""What list actions answer with; none of them is ever sent unasked."""

log = structlog.get_logger(__name__)


class Headers(Mapping[str, str]):
    """A message's headers, each found when it is asked for: most are never. A repeated one has its first value."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get(self, name: str, default: Any = None) -> Any:
        """The header's value, or `default`."""
        text = self._text
        needle = _NEEDLES.get(name) or _NEEDLES.setdefault(name, f"\r\n{name}: ")
        at = text.find(needle)
        if at < 0:
            return default
        at += len(needle)
        end = text.find("\r", at)
        return text[at:end] if end >= 0 else text[at:]

    def __getitem__(self, name: str) -> str:
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        # The first line is the event's name.
        lines = self._text.split("\r\n")[1:]
        return iter(dict.fromkeys(line.partition(": ")[0] for line in lines if ": " in line))

    def __len__(self) -> int:
        return sum(1 for _ in self)


_NEEDLES = {
    # A channel variable sent along by `channelvars`: one of several, so its own name is looked for.
    "HOTLINE_CALL": "\r\nChanVariable: HOTLINE_CALL=",
    "Dest/HOTLINE_CALL": "\r\nDestChanVariable: HOTLINE_CALL=",
    "HOTLINE_CALLER": "\r\nVariable: HOTLINE_CALLER=",
}
"""How a header begins in a message; as many as our own code asks for."""


class AmiEvent(NamedTuple):
    """One event; `at` is the PBX's own time (microseconds), of the reader where it sends none."""

    name: str
    headers: Headers
    at: datetime


_EVENT = re.compile(rb"\r\n\r\nEvent: (\w+)\r")


class Cutter:
    """Cuts a byte stream into events, wherever the network cut it. What is not `wanted` costs a look.

    `wanted` has each name as it is sent and as text.
    """

    def __init__(self, wanted: Mapping[bytes, str]) -> None:
        self._wanted = wanted
        self._rest = bytearray()
        self._skipping = False
        self.oversized = 0

    def feed(self, data: bytes) -> Sequence[AmiEvent]:
        """The wanted events that `data` completes."""
        rest = self._rest
        # The blank line may have been cut; bytes that complete nothing are only put by.
        if BLANK_LINE not in data and BLANK_LINE not in rest[-3:] + data[:3]:
            rest += data
            self._limit()
            return ()
        # Every message then begins after a blank line, the first one too.
        # Every message then begins after a blank line, the first one too.
        whole = b"".join((BLANK_LINE, rest, data))
        begin = whole.find(BLANK_LINE, 4) if self._skipping else 0
        self._skipping = False
        last = whole.rfind(BLANK_LINE)
        self._rest = bytearray(whole[last + 4 :])
        self._limit()
        return self._events(whole, begin, last)

    def _events(self, whole: bytes, begin: int, last: int) -> list[AmiEvent]:
        """The wanted events from the blank line at `begin` to the one at `last`."""
        events = []
        for found in _EVENT.finditer(whole, begin, last):
            if name := self._wanted.get(found[1]):
                start = found.start(1)
                text = whole[start : whole.find(BLANK_LINE, start)].decode("utf-8", "replace")
                headers = Headers(text)
                events.append(AmiEvent(name, headers, _instant(headers.get("Timestamp"))))
        return events

    def _limit(self) -> None:
        if len(self._rest) > MESSAGE_LIMIT:
            self.oversized += 1
            self._skipping = True
            del self._rest[:-3]


def _instant(timestamp: str | None) -> datetime:
    try:
        return datetime.fromtimestamp(float(timestamp), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the manager interface listens, and who we are there."""

    host: str
    port: int
    user: str
    secret: str

    def __repr__(self) -> str:
        return f"Manager({self.user}@{self.host}:{self.port})"


class ListNotGiven(Exception):
    """A list action was refused, cut short, or not answered in time; it may be asked again."""


@dataclass(slots=True)
class _List:
    """A list on its way: its rows so far, and who waits for them."""

    done: asyncio.Future[list[AmiEvent]]
    rows: list[AmiEvent] = field(default_factory=list)

    def take(self, row: AmiEvent) -> None:
        """One more row, or the list's end."""
        ending = row.headers.get("EventList", "").lower()
        if not ending:
            self.rows.append(row)
        elif ending != "complete":
            self.fail(ending)
        elif not self.done.done():
            self.done.set_result(self.rows)

    def fail(self, why: str) -> None:
        """It will not come."""
        if not self.done.done():
            self.done.set_exception(ListNotGiven(why))


class EventReader:
    """Reads the wanted events for ever, reconnecting by itself.

    `on_event` must not wait; when its queue is full (`asyncio.QueueFull`), the reader reconnects, and an
    event it cannot take is left out. `on_login` runs after every login, beside the events: the place for
    a snapshot; when it raises, the reader reconnects, so that it is tried again.
    """

    def __init__(
        self,
        manager: Manager,
        wanted: frozenset[str],
        on_event: Callable[[AmiEvent], None],
        on_login: Callable[[], Awaitable[None]],
    ) -> None:
        self._manager = manager
        self._wanted = frozenset(name.encode() for name in wanted) | LIST_ROWS
        self._on_event = on_event
        self._on_login = on_login
        self._writer: asyncio.StreamWriter | None = None
        self._lists: dict[str, _List] = {}
        self._numbers = itertools.count(1)
        self.connected_since: datetime | None = None
        self.last_heard_at: datetime | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        shortest, longest = BACK_OFF_SECONDS
        wait = shortest
        while True:
            try:
                await self._session()
            except Exception as fault:
                _heed_cancellation()
                # Whatever it was, a reader that ended would leave every board blind.
                log.warning("manager link lost", fault=_cause(fault))
            if self.connected_since:
                wait = shortest
            self.connected_since = None
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects
            wait = min(wait * 2, longest)

    async def rows(self, action: str, **headers: str) -> list[AmiEvent]:
        """The rows of a list action such as `Status`, over the same link as the events.

        Raises ListNotGiven. Values must be our own: they are not checked for line breaks.
        """
        if self._writer is None or self.connected_since is None:
            raise ListNotGiven("no link")
        number = f"list-{next(self._numbers)}"
        asked = self._lists[number] = _List(asyncio.get_running_loop().create_future())
        lines = {"Action": action, "ActionID": number, **headers}
        self._writer.write("".join(f"{k}: {v}\r\n" for k, v in lines.items()).encode() + b"\r\n")
        try:
            async with asyncio.timeout(LIST_SECONDS):
                return await asked.done
        except TimeoutError:
            raise ListNotGiven("no answer") from None
        finally:
            del self._lists[number]

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection(self._manager.host, self._manager.port)
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                await self._log_in(reader, writer)
            self._writer = writer
            self.connected_since = self.last_heard_at = datetime.now(UTC)
            log.info("manager link up")
            async with asyncio.TaskGroup() as tasks:
                pinging = tasks.create_task(self._ping(writer))
                snapshot = tasks.create_task(self._after_login())
                try:
                    await self._read(reader)
                finally:
                    pinging.cancel()
                    snapshot.cancel()
        finally:
            self._writer = None
            for asked in self._lists.values():
                asked.fail("link lost")
            writer.close()

    async def _after_login(self) -> None:
        await self._on_login()

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n")
        manager = self._manager
        writer.write(
            f"Action: Login\r\nUsername: {manager.user}\r\nSecret: {manager.secret}\r\n\r\n".encode()
        )
        reply = await reader.readuntil(b"\r\n\r\n")
        if b"Response: Success" not in reply:
            raise ConnectionRefusedError("login refused")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        cutter = Cutter()
        while True:
            # Not wait_for: before Python 3.12 it forgets a cancellation that meets the data.
            async with asyncio.timeout(SILENCE_SECONDS):
                data = await reader.read(READ_BYTES)
            if not data:
                raise ConnectionResetError
            self.last_heard_at = datetime.now(UTC)
            for message in cutter.feed(data):
                if event := parse(message, self._wanted):
                    self._hand_on(event)
                elif message.startswith(b"Response: Error"):
                    self._refuse_list(message)

    def _refuse_list(self, message: bytes) -> None:
        for number, asked in self._lists.items():
            if f"ActionID: {number}\r\n".encode() in message + b"\r\n":
                asked.fail("refused")

    def _hand_on(self, event: AmiEvent) -> None:
        if event.name.encode() in LIST_ROWS:
            if asked := self._lists.get(event.headers.get("ActionID", "")):
                asked.take(event)
            return
        try:
            self._on_event(event)
        except asyncio.QueueFull:
            raise
        except Exception as fault:
            # The fault's text may quote the event, which may hold a caller's number.
            log.error("event left out", event_name=event.name, fault=type(fault).__name__)

    async def _ping(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            writer.write(b"Action: Ping\r\n\r\n")
            await writer.drain()


def _heed_cancellation() -> None:
    """A task group that fails while it is cancelled forgets the cancellation (Python 3.11, 3.12)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _cause(fault: BaseException) -> str:
    """The class of the fault beneath the task group's."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return type(fault).__name__
