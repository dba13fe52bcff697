"""`hotline bench agi`: what one FastAGI dialogue costs, 24 headers and 6 commands.

Peer: panoramisk 1.4's server on asyncio's own loop. Floor: the same seven exchanges on a bare protocol.
And what bad peers (silent, slow, talking nonsense) cost the good ones.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop
from panoramisk.fast_agi import Application

from agent_bridge.bench.measure import Goal, Result, compare, percentile, weigh
from ivr.providers.asterisk.fastagi import AgiSession, FastAgiServer

SESSIONS = 300
ROUNDS = 7
COMMANDS = 6
GOOD_CALLERS = 400
BAD_PEERS = 150
TO_PEER = Goal("peer", 1 / 4)
BESIDE_BAD_PEERS = Goal("floor", 1.2)
LOOPBACK = "127.0.0.1"

INTRODUCTION = "".join(
    f"{name}: {value}\n"
    for name, value in (
        ("agi_network", "yes"), ("agi_network_script", "daftar"), ("agi_request", "agi://127.0.0.1/daftar"),
        ("agi_channel", "PJSIP/trunk-00000001"), ("agi_language", "id"), ("agi_type", "PJSIP"),
        ("agi_uniqueid", "hotline-bench-1795500000.1"), ("agi_version", "22.10.1"),
        ("agi_callerid", "081200000042"), ("agi_calleridname", "unknown"), ("agi_callingpres", "0"),
        ("agi_callingani2", "0"), ("agi_callington", "0"), ("agi_callingtns", "0"), ("agi_dnid", "1500"),
        ("agi_rdnis", "unknown"), ("agi_context", "hotline-masuk"), ("agi_extension", "1500"),
        ("agi_priority", "14"), ("agi_enhanced", "0.0"), ("agi_accountcode", ""),
        ("agi_threadid", "139836000000000"), ("agi_arg_1", "x"), ("agi_arg_2", "y"),
    )
).encode() + b"\n"  # fmt: skip


class DialogueBroken(AssertionError):
    """A dialogue did not go as written: the figures mean nothing."""


def run(tell: Callable[[int, int], None], sessions: int = SESSIONS, rounds: int = ROUNDS) -> list[Result]:
    """A dialogue's cost, and what bad peers add to it."""
    with _serving(_ours, uvloop) as ours, _serving(_peer, asyncio) as peer, _serving(_floor, uvloop) as floor:
        costs = compare(
            "agi", "us CPU/session", TO_PEER, rounds,
            lambda: _cost(ours, sessions), lambda: _cost(peer, sessions), lambda: _cost(floor, sessions),
            {"commands": COMMANDS, "headers": INTRODUCTION.count(b"\n") - 1}, tell,
        )  # fmt: skip
        return [costs, _beside_bad_peers(ours, rounds, sessions)]


class _Server:
    """A server in a thread of its own, whose CPU time can be read from it."""

    def __init__(self, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.port = port
        self._loop = loop

    def cpu_seconds(self) -> float:
        """What the thread has used so far."""
        return asyncio.run_coroutine_threadsafe(_thread_time(), self._loop).result(5)


async def _thread_time() -> float:
    return time.thread_time()


@contextmanager
def _serving(start: Callable[[], Coroutine[Any, Any, int]], kind: Any) -> Iterator[_Server]:
    loop = kind.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    try:
        yield _Server(port, loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _ours() -> int:
    async def register(session: AgiSession) -> None:
        for n in range(COMMANDS):
            await session.set_variable("HOTLINE_LABEL", str(n))

    return await FastAgiServer({"daftar": register}, lambda _: 0.0).start(LOOPBACK, 0)


async def _peer() -> int:
    async def register(request: Any) -> None:
        for n in range(COMMANDS):
            await request.send_command(f'SET VARIABLE HOTLINE_LABEL "{n}"')

    application = Application(loop=asyncio.get_running_loop())
    application.add_route("daftar", register)
    server = await asyncio.start_server(application.handler, LOOPBACK, 0)
    return int(server.sockets[0].getsockname()[1])


class _Bare(asyncio.Protocol):
    """Sends the six commands, one for each thing it hears, and reads nothing."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._left = COMMANDS

    def data_received(self, data: bytes) -> None:
        if self._left == 0:
            self._transport.close()
        else:
            self._transport.write(b'SET VARIABLE HOTLINE_LABEL "0"\n')
            self._left -= 1


async def _floor() -> int:
    server = await asyncio.get_running_loop().create_server(_Bare, LOOPBACK, 0)
    return int(server.sockets[0].getsockname()[1])


def _cost(server: _Server, sessions: int) -> float:
    before = server.cpu_seconds()
    for _ in range(sessions):
        _call(server.port)
    return (server.cpu_seconds() - before) / sessions * 1e6


def _call(port: int) -> None:
    """One caller's dialogue, as Asterisk holds it."""
    with socket.create_connection((LOOPBACK, port), 5) as line:
        line.sendall(INTRODUCTION)
        for _ in range(COMMANDS):
            if not line.recv(4096).startswith(b"SET VARIABLE"):
                raise DialogueBroken
            line.sendall(b"200 result=1\n")
        if line.recv(4096):
            raise DialogueBroken


def _beside_bad_peers(server: _Server, rounds: int, sessions: int) -> Result:
    taken: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(rounds):
        taken["floor"].append(_slowest(server.port, sessions))
        with _bad_peers(server.port):
            taken["ours"].append(_slowest(server.port, sessions))
    return weigh("agi-bad-peers", "ms p99 of good callers", BESIDE_BAD_PEERS, taken, {"bad_peers": BAD_PEERS})


def _slowest(port: int, sessions: int) -> float:
    took = []
    for _ in range(sessions):
        began = time.perf_counter()
        _call(port)
        took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 99)


@contextmanager
def _bad_peers(port: int) -> Iterator[None]:
    """Peers that say nothing, half a header, or nonsense, and stay."""
    lines = []
    for n in range(BAD_PEERS):
        line = socket.create_connection((LOOPBACK, port), 5)
        line.sendall((b"", b"agi_network: y", b"\x00\xff" * 500)[n % 3])
        lines.append(line)
    try:
        yield
    finally:
        for line in lines:
            line.close()
