"""`hotline bench ami`: what one manager event costs, from bytes to facts.

Peer: panoramisk 1.4 with one handler a name, making the same facts. Floor: the bytes merely received.
"""

import asyncio
import hashlib
import itertools
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from agent_bridge.bench.ami_stream import EVENTS_A_CALL, stream
from agent_bridge.bench.measure import Goal, Measure, Result, compare, cpu_seconds
from ivr.providers.asterisk.ami_messages import AmiEvent, Cutter, instant
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ticketing.facts import Report

CHUNK = 65_536
CALLS = 250
ROUNDS = 9
TO_PEER = Goal("peer", 1 / 20)
MORE_TYPES = Goal("floor", 1.1)
"""Knowing 200 names against knowing ten; the ten are the floor."""


class StatesDiffer(AssertionError):
    """The same stream led to different facts: the figures mean nothing."""


def run(tell: Callable[[int, int], None], calls: int = CALLS, rounds: int = ROUNDS) -> list[Result]:
    """Both figures: against panoramisk, and 200 event types against ten."""
    data = stream(calls)
    ours, peer = fingerprint(_ours(data)), fingerprint(_peers(data))
    # A second call would bring no other place to cut.
    cut = stream(1)
    whole = fingerprint(_ours(cut))
    if ours != peer or any(fingerprint(_ours(cut, [at])) != whole for at in range(len(cut))):
        raise StatesDiffer
    events = data.count(b"\r\n\r\n")

    def per_event(read: Callable[[], object]) -> Measure:
        return lambda: cpu_seconds(read) / events * 1e6

    facts = {"events": events, "facts_sha256": ours, "cut_at_every_byte": len(cut), "a_call": EVENTS_A_CALL}
    against_peer = compare(
        "ami", "us CPU/event", TO_PEER, rounds,
        per_event(lambda: sum(1 for _ in _ours(data))),
        per_event(lambda: sum(1 for _ in _peers(data))),
        per_event(lambda: _received(data)), facts, tell,
    )  # fmt: skip
    few = frozenset(sorted(WANTED)[:10])
    many = few | {f"{letter}Unheard{n}" for n in range(38) for letter in "ABCDE"}
    more_types = compare(
        "ami-200-types", "us CPU/event", MORE_TYPES, rounds,
        per_event(lambda: sum(1 for _ in _ours(data, wanted=many))),
        floor=per_event(lambda: sum(1 for _ in _ours(data, wanted=few))),
    )  # fmt: skip
    return [against_peer, more_types]


def fingerprint(reports: Iterator[Report]) -> str:
    """The facts, in order, in a few letters."""
    digest = hashlib.sha256()
    for report in reports:
        digest.update(repr((report.fact, report.caller_number)).encode())
    return digest.hexdigest()[:16]


def _ours(data: bytes, cuts: list[int] | None = None, wanted: frozenset[str] = WANTED) -> Iterator[Report]:
    cutter = Cutter(wanted)
    edges = [0, *(cuts or range(CHUNK, len(data), CHUNK)), len(data)]
    for begin, end in itertools.pairwise(edges):
        for event in cutter.feed(data[begin:end]):
            yield from reports_of(event, "bench")


class _Message(Mapping[str, str]):
    """panoramisk's message, asked for headers as ours is."""

    def __init__(self, message: Any) -> None:
        self._headers = message

    def get(self, name: str, default: Any = None) -> Any:
        headers = self._headers
        if name in ("HOTLINE_CALL", "Dest/HOTLINE_CALL"):
            header = "ChanVariable" if name == "HOTLINE_CALL" else "DestChanVariable"
            return (headers.get(header) or "").removeprefix("HOTLINE_CALL=")
        return headers.get(name, default)

    def __getitem__(self, name: str) -> str:
        return str(self._headers[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def _peers(data: bytes) -> Iterator[Report]:
    manager = Manager()
    reports: list[Report] = []

    def hear(_manager: Any, message: Any) -> None:
        event = AmiEvent(message.event, _Message(message), instant(message.get("Timestamp")))
        reports.extend(reports_of(event, "bench"))

    for name in sorted(WANTED):
        manager.register_event(name, hear)
    protocol = AMIProtocol()
    protocol.connection_made(_Nowhere())
    protocol.factory = manager
    protocol.version = "11.0.0"
    for begin in range(0, len(data), CHUNK):
        protocol.data_received(data[begin : begin + CHUNK])
    return iter(reports)


class _Nowhere(asyncio.Transport):
    """A connection that goes nowhere: nothing is sent in this benchmark."""


def _received(data: bytes) -> int:
    """The bytes through a socket and thrown away; half of the cost is the sender's."""
    sender, receiver = socket.socketpair()
    buffer = bytearray(CHUNK)
    received = 0
    with sender, receiver:
        for begin in range(0, len(data), CHUNK):
            sender.sendall(data[begin : begin + CHUNK])
            received += receiver.recv_into(buffer)
    return received
