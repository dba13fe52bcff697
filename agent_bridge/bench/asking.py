"""HTTP requests made beforehand, over connections that are kept: light enough not to be the limit."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

LOOPBACK = "127.0.0.1"
_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n", re.IGNORECASE)


class AnswersLost(AssertionError):
    """A request was refused, or never answered: the figures mean nothing."""


@dataclass(slots=True)
class Asked:
    """What came of some requests; `bodies` are in the order of the answers."""

    seconds: float = 0.0
    each_ms: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


async def ask(port: int, requests: Sequence[bytes], at_once: int) -> Asked:
    """Have all of them answered, `at_once` at a time. Raises AnswersLost."""
    asked, waiting, loop = Asked(), iter(requests), asyncio.get_running_loop()
    lines = [_Line(waiting, asked) for _ in range(at_once)]
    for line in lines:
        await loop.create_connection(lambda line=line: line, LOOPBACK, port)  # type: ignore[misc]
    began = time.perf_counter()
    for line in lines:
        line.go_on()
    await asyncio.gather(*(line.over for line in lines))
    asked.seconds = time.perf_counter() - began
    return asked


class _Line(asyncio.Protocol):
    """One connection: the next request goes out as soon as the one before is answered."""

    def __init__(self, requests: Iterator[bytes], asked: Asked) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._asked = asked
        self._got = b""
        self._began = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(AnswersLost("hung up"))

    def go_on(self) -> None:
        """Ask for the next, if there is one."""
        request = next(self._requests, None)
        if request is None:
            self.over.set_result(None)
            self._transport.close()
            return
        self._got, self._began = b"", time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        body = self._got.find(b"\r\n\r\n") + 4
        length = _LENGTH.search(self._got, 0, body)
        if length is None or len(self._got) < body + int(length[1]):
            return
        self._asked.each_ms.append((time.perf_counter() - self._began) * 1000)
        self._asked.bodies.append(self._got[body:])
        if self._got.startswith(b"HTTP/1.1 200 "):
            self.go_on()
        else:
            self.over.set_exception(AnswersLost(self._got.partition(b"\r\n")[0].decode()))
            self._transport.close()
