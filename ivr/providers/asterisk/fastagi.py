"""Our own FastAGI server: one dialogue a connection, bounded in everything a peer can send.

Asterisk has no time limit on an AGI reply and reads SUCCESS into a socket that closed, so each turn
re-arms the dialplan's dead-man switch before it speaks.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from config.errors import Refused

ENVIRONMENT_BYTES = 8192
ENVIRONMENT_SECONDS = 2.0
REPLY_BYTES = 4096
SPARE_SECONDS = 2.2
"""How much longer than its longest turn the dead-man switch waits."""
WINDOW_SPARE_SECONDS = 1.8
"""The same where the caller waits in silence already: with three seconds for a key less than five."""
REPLY_SPARE_SECONDS = 10.0
MOST_DIGITS = 20
ALL_KEYS = "0123456789*#"
TELL_AGAIN_SECONDS = 10.0
DIALOGUES = 500
STRANGERS = 200
"""How many may be connected without having said which call they are about. Asterisk says it at once, so
the one who has been silent longest makes room for the next."""
BACKLOG = 1024

log = structlog.get_logger(__name__)
_RESULT = re.compile(r"^200 result=(-?\d+)")


class CallerHungUp(Exception):
    """The caller's channel is gone."""


class PeerMisbehaved(Exception):
    """The peer sent what no Asterisk sends, or nothing in time."""


class ForbiddenValue(Refused):
    """A line break in a value would be a command of its own."""

    def __init__(self) -> None:
        super().__init__("Nilai memuat pindah baris.", "The value holds a line break.")


@dataclass(frozen=True, slots=True)
class AgiCall:
    """The call a dialogue is about, as Asterisk introduces it."""

    call_id: str
    channel: str
    script: str
    dialed_number: str
    arguments: tuple[str, ...]
    caller_number: str | None = field(repr=False)


class AgiSession:
    """One dialogue with a caller. Every method raises CallerHungUp once the caller is gone."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        call: AgiCall,
        length_seconds: Callable[[str], float],
    ) -> None:
        self.call = call
        self._reader = reader
        self._writer = writer
        self._length_seconds = length_seconds

    async def play(self, sounds: Sequence[str], keys: str = "*") -> str:
        """Play the sounds; one of `keys` interrupts and is returned, else ''."""
        return await self._stream(sounds, keys)

    async def ask_key(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Play the sounds and wait for one key, pressed at any time; '' when none came."""
        return await self._stream(sounds, ALL_KEYS) or await self._key(window_seconds)

    async def ask_digits(self, sounds: Sequence[str], window_seconds: float) -> str:
        """Play the sounds and take digits until `#` or until nothing more comes; a lone `*` is returned."""
        key = await self._stream(sounds, ALL_KEYS) or await self._key(window_seconds)
        digits = ""
        while key and key != "#" and len(digits) < MOST_DIGITS:
            digits += key
            if digits == "*":
                break
            key = await self._key(window_seconds)
        return digits

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable of the caller's channel."""
        await self._command(f"SET VARIABLE {name} {_quoted(value)}", 0.0)

    async def arm(self, seconds: float) -> None:
        """Let the dead-man switch fire unless the next turn begins within `seconds` and a little."""
        await self._arm(seconds + SPARE_SECONDS)

    async def _arm(self, seconds: float) -> None:
        await self.set_variable("TIMEOUT(absolute)", f"{seconds:.1f}")

    async def disarm(self) -> None:
        """Take the dead-man switch off; left on it would pull the caller out of the queue."""
        await self.set_variable("TIMEOUT(absolute)", "0")

    async def _stream(self, sounds: Sequence[str], keys: str) -> str:
        for sound in sounds:
            # Armed for each sound anew: frozen in a long number, nobody waits for what never comes.
            await self.arm(self._length_seconds(sound))
            code = await self._command(
                f"STREAM FILE {_quoted(sound)} {_quoted(keys)}", self._length_seconds(sound)
            )
            if code > 0:
                return _key_of(code)
        return ""

    async def _key(self, window_seconds: float) -> str:
        await self._arm(window_seconds + WINDOW_SPARE_SECONDS)
        code = await self._command(f"WAIT FOR DIGIT {int(window_seconds * 1000)}", window_seconds)
        await self.arm(0.0)
        return _key_of(code) if code > 0 else ""

    async def _command(self, line: str, takes_seconds: float) -> int:
        if any(character in line for character in "\r\n\0"):
            raise ForbiddenValue
        self._writer.write(line.encode() + b"\n")
        try:
            async with asyncio.timeout(takes_seconds + REPLY_SPARE_SECONDS):
                await self._writer.drain()
                return await self._result()
        except TimeoutError:
            raise PeerMisbehaved("no reply in time") from None
        except (ConnectionError, asyncio.IncompleteReadError):
            raise CallerHungUp from None

    async def _result(self) -> int:
        """The reply's result; a `HANGUP` line may come before it and is no reply."""
        while (line := await _line_of(self._reader)) == "HANGUP":
            continue
        if line.startswith("511"):
            raise CallerHungUp
        if line.startswith("520-"):
            while not (await _line_of(self._reader)).startswith("520 "):
                continue
            raise PeerMisbehaved("usage")
        match = _RESULT.match(line)
        if match is None:
            raise PeerMisbehaved("no result")
        if match[1] == "-1":
            raise CallerHungUp
        return int(match[1])


Handler = Callable[[AgiSession], Awaitable[None]]


class FastAgiServer:
    """Listens for dialogues and hands each to the handler of its script."""

    def __init__(self, handlers: Mapping[str, Handler], length_seconds: Callable[[str], float]) -> None:
        self._handlers = handlers
        self._length_seconds = length_seconds
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.dropped = 0
        self._told_at = float("-inf")
        # In the order they came.
        self._strangers: dict[asyncio.StreamWriter, None] = {}

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port."""
        self._server = await asyncio.start_server(
            self._accept, host, port, limit=REPLY_BYTES, backlog=BACKLOG
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end the dialogues; their callers go on to the queue."""
        if self._server:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            call = await self._introduction(reader, writer)
            if len(self._open) - len(self._strangers) <= DIALOGUES:
                await self._converse(AgiSession(reader, writer, call, self._length_seconds))
        except CallerHungUp:
            pass
        except (PeerMisbehaved, ConnectionError, TimeoutError, asyncio.IncompleteReadError) as fault:
            self._drop(type(fault).__name__)
            # A peer that reads nothing would keep a polite close waiting.
            writer.transport.abort()
        except Exception as fault:
            # The dialplan takes the caller on; the fault's text may quote what was typed.
            log.error("fastagi dialogue failed", fault=type(fault).__name__)
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _drop(self, fault: str) -> None:
        """Count it, and tell at most once in a while: whoever floods the port must not fill the disk."""
        self.dropped += 1
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= TELL_AGAIN_SECONDS:
            self._told_at = now
            log.warning("fastagi peers dropped", fault=fault, so_far=self.dropped)

    async def _introduction(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AgiCall:
        """The call a new peer is about."""
        self._strangers[writer] = None
        if len(self._strangers) > STRANGERS:
            longest_silent = next(iter(self._strangers))
            del self._strangers[longest_silent]
            longest_silent.transport.abort()
        try:
            async with asyncio.timeout(ENVIRONMENT_SECONDS):
                return call_of(await _environment(reader))
        finally:
            self._strangers.pop(writer, None)

    async def _converse(self, session: AgiSession) -> None:
        handler = self._handlers.get(session.call.script)
        if handler is None:
            raise PeerMisbehaved("no such script")
        await handler(session)


async def _environment(reader: asyncio.StreamReader) -> dict[str, str]:
    """The `agi_...` lines up to the blank one. Of a repeated one the first holds.

    What the caller's network writes (`agi_rdnis`) comes after what Asterisk says of the call, and may
    hold a line break.
    """
    environment: dict[str, str] = {}
    size = 0
    while line := await _line_of(reader):
        size += len(line)
        if size > ENVIRONMENT_BYTES:
            raise PeerMisbehaved("too large an environment")
        name, _, value = line.partition(": ")
        environment.setdefault(name, value)
    return environment


async def _line_of(reader: asyncio.StreamReader) -> str:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        raise PeerMisbehaved("a line without end") from None
    return line.decode("utf-8", "replace").strip()


def call_of(environment: Mapping[str, str]) -> AgiCall:
    """The call an environment introduces; raises PeerMisbehaved where it is none of Asterisk's."""
    try:
        arguments = tuple(environment[f"agi_arg_{n}"] for n in range(1, 9) if f"agi_arg_{n}" in environment)
        return AgiCall(
            call_id=environment["agi_uniqueid"],
            channel=environment["agi_channel"],
            script=urlsplit(environment["agi_request"]).path.strip("/"),
            dialed_number=environment.get("agi_dnid", ""),
            arguments=arguments,
            caller_number=environment.get("agi_callerid"),
        )
    except KeyError as missing:
        raise PeerMisbehaved(f"no {missing}") from None
    except ValueError:
        raise PeerMisbehaved("no address") from None


def _key_of(code: int) -> str:
    """The key a positive result stands for."""
    key = chr(code) if code < 128 else ""
    if key not in ALL_KEYS or not key:
        raise PeerMisbehaved("no such key")
    return key


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
