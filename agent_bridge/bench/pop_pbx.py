"""A made-up manager for `hotline bench pop`: a stream of events nobody reads, and now and then a ring.

A process of its own. Told on standard input `rate N`, `ring CALL AGENT` or `end CALL AGENT`; says on standard
output when it wrote each ring (seconds of the monotonic clock, which all processes share).
"""

import asyncio
import contextlib
import sys
import time

from agent_bridge.bench.ami_stream import stream
from ivr.providers.asterisk.event_facts import WANTED

TICK_SECONDS = 0.005
CALLS_IN_STREAM = 100
APART_SECONDS = 0.015
"""Between a call's joining and its ringing."""
LISTS = {"Status": "StatusComplete", "QueueStatus": "QueueStatusComplete"}
DENIED = ("Command", "Originate")


def noise() -> list[bytes]:
    """Events as an Asterisk sends them, without those the hotline reads."""
    events = stream(CALLS_IN_STREAM).split(b"\r\n\r\n")[:-1]
    unread = [event for event in events if event[7:].split(b"\r\n", 1)[0].decode() not in WANTED]
    return [event + b"\r\n\r\n" for event in unread]


class Manager:
    """Both links log in here; the reader, whose events are on, is told everything."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamWriter | None = None
        self._rate = 0
        self._noise = noise()

    async def serve(self, port: int) -> None:
        """Serve until standard input ends."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", port)
        murmuring = asyncio.create_task(self._murmur())
        words = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(words), sys.stdin
        )
        async with server:
            while line := (await words.readline()).decode().split():
                if line[0] == "rate":
                    self._rate = int(line[1])
                elif line[0] == "ring":
                    await self._ring(line[1], line[2])
                else:
                    self._end(line[1], line[2])
        murmuring.cancel()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(OSError, EOFError):
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line)
                writer.write(_answer(headers))
                if headers["Action"] == "Login" and headers.get("Events", "on") == "on":
                    self._reader = writer

    async def _murmur(self) -> None:
        """Keep the rate by the clock: what one tick could not write, the next does."""
        began, written, at = time.monotonic(), 0, 0
        rate = self._rate
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if rate != self._rate:
                began, written, rate = time.monotonic(), 0, self._rate
            owed = int((time.monotonic() - began) * rate) - written
            if self._reader is None or owed <= 0:
                continue
            for _ in range(owed):
                self._reader.write(self._noise[at])
                at = (at + 1) % len(self._noise)
            written += owed
            with contextlib.suppress(OSError):
                await self._reader.drain()

    async def _ring(self, call: str, agent: str) -> None:
        self._tell(
            _event("Newchannel", call), _event("QueueCallerJoin", call, Queue="dukcapil", Position="1")
        )
        await asyncio.sleep(APART_SECONDS)
        leg = {"Queue": "dukcapil", "MemberName": agent, "DestUniqueid": f"{call}.1"}
        rang = _event("AgentCalled", call, **leg)
        at = time.monotonic()
        self._tell(rang)
        print(call, at, flush=True)  # noqa: T201 - read by the benchmark

    def _end(self, call: str, agent: str) -> None:
        leg = {"Queue": "dukcapil", "MemberName": agent, "DestUniqueid": f"{call}.1"}
        unanswered = _event("AgentRingNoAnswer", call, **leg, RingTime="15")
        self._tell(unanswered, _event("Hangup", call, Cause="16"))

    def _tell(self, *events: bytes) -> None:
        if self._reader:
            self._reader.write(b"".join(events))


def _answer(headers: dict[str, str]) -> bytes:
    action, number = headers["Action"], headers.get("ActionID", "")
    if action in DENIED:
        return f"Response: Error\r\nActionID: {number}\r\nMessage: Permission denied\r\n\r\n".encode()
    text = f"Response: Success\r\nActionID: {number}\r\nMessage: done\r\n\r\n"
    if action in LISTS:
        text += f"Event: {LISTS[action]}\r\nActionID: {number}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
    return text.encode()


def _event(name: str, call: str, **more: str) -> bytes:
    headers = {
        "Event": name,
        "Timestamp": f"{time.time():.6f}",
        "Context": "hotline-masuk",
        "Exten": "1500",
        "Uniqueid": call,
        "Linkedid": call,
        "ChanVariable": f"HOTLINE_CALL={call}",
        **more,
    }
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode() + b"\r\n"


if __name__ == "__main__":
    asyncio.run(Manager().serve(int(sys.argv[1])))
