"""HTTP requests made beforehand, over connections that are kept: light enough not to be the limit."""

import contextlib
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

LOOPBACK = "127.0.0.1"
LOST_SECONDS = 30
_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n", re.IGNORECASE)


class AnswersLost(AssertionError):
    """A request was refused, or never answered: the figures mean nothing."""


@dataclass(slots=True)
class Asked:
    """What came of some requests; `bodies` are in the order of the answers."""

    seconds: float = 0.0
    each_ms: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def ask(port: int, requests: Sequence[bytes], at_once: int) -> Asked:
    """Have all of them answered, `at_once` at a time: on each connection the next follows an answer.

    Raises AnswersLost.
    """
    asked, waiting = Asked(), iter(requests)
    with contextlib.ExitStack() as stack:
        poll, lines = stack.enter_context(select.epoll()), dict[int, _Line]()
        for _ in range(at_once):
            connection = stack.enter_context(socket.create_connection((LOOPBACK, port), LOST_SECONDS))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poll.register(connection, select.EPOLLIN)
            lines[connection.fileno()] = _Line(connection)
        began = time.perf_counter()
        busy = sum(line.go_on(waiting) for line in lines.values())
        while busy:
            for handle, _ in poll.poll(LOST_SECONDS) or _lost("no answer"):
                busy -= lines[handle].hear(asked) and not lines[handle].go_on(waiting)
        asked.seconds = time.perf_counter() - began
    return asked


class _Line:
    """One connection, and what is heard on it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._got = b""
        self._began = 0.0

    def go_on(self, requests: Iterator[bytes]) -> bool:
        """Ask for the next, if there is one."""
        request = next(requests, None)
        if request is None:
            return False
        self._got, self._began = b"", time.perf_counter()
        self._connection.sendall(request)
        return True

    def hear(self, asked: Asked) -> bool:
        """Whether the answer is whole now."""
        self._got += self._connection.recv(65_536) or _lost("hung up")
        body = self._got.find(b"\r\n\r\n") + 4
        length = _LENGTH.search(self._got, 0, body)
        if length is None or len(self._got) < body + int(length[1]):
            return False
        asked.each_ms.append((time.perf_counter() - self._began) * 1000)
        asked.bodies.append(self._got[body:])
        return self._got.startswith(b"HTTP/1.1 200 ") or _lost(self._got.partition(b"\r\n")[0].decode())


def _lost(why: str) -> NoReturn:
    raise AnswersLost(why)
