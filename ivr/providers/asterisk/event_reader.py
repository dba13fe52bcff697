"""Our own AMI event reader: cuts, filters by name, and hands on. It never waits for anybody.

An event whose name is not wanted costs one look at its first line. AMI has no replay, so a lost link,
or a reader too far behind, means: reconnect and take a snapshot.
"""

import asyncio
import itertools
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from config import cancelling
from ivr.providers.asterisk.ami_messages import AmiEvent, Cutter

PING_SECONDS = 5.0
SILENCE_SECONDS = 11.0
"""Two pings without a word back: the link is half-open."""
BACK_OFF_SECONDS = (0.5, 10.0)
STEADY = timedelta(seconds=10)
"""A link that held this long is no reason to wait longer before the next."""
BANNER = b"Asterisk Call Manager/"
LOGIN_SECONDS = 5.0
READ_BYTES = 65_536
LIST_SECONDS = 5.0
LIST_ROWS = frozenset({"Status", "StatusComplete", "QueueEntry", "QueueMember", "QueueStatusComplete"})
"""What list actions answer with; none of them is ever sent unasked."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the manager interface listens, and who we are there. `ca` vouches for it: TLS, nothing else."""

    host: str
    port: int
    user: str
    secret: str
    ca: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """What a connection is sealed with; None on this machine. Raises OSError without the CA's file."""
        return ssl.create_default_context(cafile=self.ca) if self.ca else None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection. Raises OSError, which a certificate that does not fit is too."""
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls())

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
        self._wanted = wanted | LIST_ROWS
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
                cancelling.heed()
                # Whatever it was, a reader that ended would leave every board blind.
                log.warning("manager link lost", fault=_cause(fault))
            if self.connected_since and datetime.now(UTC) - self.connected_since > STEADY:
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
        reader, writer = await self._manager.connect()
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
        if not (await reader.readuntil(b"\r\n")).startswith(BANNER):
            raise ConnectionRefusedError("no manager")
        manager = self._manager
        writer.write(
            f"Action: Login\r\nUsername: {manager.user}\r\nSecret: {manager.secret}\r\n\r\n".encode()
        )
        reply = await reader.readuntil(b"\r\n\r\n")
        if not reply.startswith(b"Response: Success\r\n"):
            raise ConnectionRefusedError("login refused")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        cutter = Cutter(self._wanted)
        while True:
            # Not wait_for: before Python 3.12 it forgets a cancellation that meets the data.
            async with asyncio.timeout(SILENCE_SECONDS):
                data = await reader.read(READ_BYTES)
            if not data:
                raise ConnectionResetError
            self.last_heard_at = datetime.now(UTC)
            for event in cutter.feed(data):
                self._hand_on(event)
            if self._lists and b"Response: Error" in data:
                for asked in self._lists.values():
                    asked.fail("refused")

    def _hand_on(self, event: AmiEvent) -> None:
        if event.name in LIST_ROWS:
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


def _cause(fault: BaseException) -> str:
    """The class of the fault beneath the task group's."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return type(fault).__name__
