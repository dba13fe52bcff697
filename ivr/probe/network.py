"""The network beyond the PBX: synthetic citizens who can be called, each by a number and a manner.

It stands at one port, as an operator's server would, and any number of calls may go on at once.
"""

import asyncio
import contextlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from ivr.probe.dialogue import SEQUENCE, STATUS, Dialogue, NotPutThrough, reply
from ivr.probe.scenarios import LOOPBACK, sdp

CALLED_SECONDS = 10.0

_REQUEST = re.compile(r"(\w+) sip:([^@>; ]*)@")
_CALL = re.compile(r"^Call-ID: *(\S+)", re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(r"^From: *(.+?)\r?$", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(r"^To: *(.+?)\r?$", re.MULTILINE | re.IGNORECASE)
_CONTACT = re.compile(r"^Contact: *<([^>]+)>", re.MULTILINE | re.IGNORECASE)
_USER = re.compile(r"sip:([^@>]*)@")


@dataclass(frozen=True, slots=True)
class Manner:
    """What a citizen does when called: answers after `ring_seconds`, or (None) lets it ring.

    One who `refuses` does it at once, with that status; one who answered hangs up after `talk_seconds`,
    or (None) is hung up on.
    """

    ring_seconds: float | None = 0.5
    talk_seconds: float | None = None
    refuses: str = ""


ANSWERS = Manner()
BUSY = Manner(refuses="486 Busy Here")
DECLINES = Manner(refuses="603 Decline")
NO_ANSWER = Manner(ring_seconds=None)
NOT_IN_USE = Manner(refuses="404 Not Found")


class CalledCitizen(Dialogue):
    """One call to a citizen, from the ring to the end."""

    def __init__(self, network: "Network", invitation: str, number: str, address: tuple[str, int]) -> None:
        super().__init__()
        self._network = network
        self._invitation = invitation
        self._address = address
        self._tag = secrets.token_hex(8)
        self.number = number
        self.caller_number = _first(_USER, _first(_FROM, invitation))
        self.answered = asyncio.Event()

    async def behave(self, manner: Manner) -> None:
        """Go through the call as the manner is."""
        if manner.refuses:
            self._reply(manner.refuses)
            self.over.set()
            return
        self._reply("180 Ringing")
        if manner.ring_seconds is None or await self._is_over_within(manner.ring_seconds):
            return
        await self.ear.open()
        self._reply("200 OK", sdp(self.ear.port))
        self.answered.set()
        if manner.talk_seconds is not None and not await self._is_over_within(manner.talk_seconds):
            await self.hang_up()

    async def hang_up(self) -> None:
        """End the call; one that is over already stays so."""
        if not self.over.is_set():
            with contextlib.suppress(NotPutThrough):
                await self._ask("BYE")
        self.close()

    def close(self) -> None:
        """Hear no more."""
        self.over.set()
        self.ear.close()

    def take(self, message: str, method: str) -> None:
        """A request or an answer of the PBX's within the call."""
        status, sequence = STATUS.match(message), SEQUENCE.search(message)
        if status and sequence:
            self._take_answer(message, int(status[1]), (int(sequence[1]), sequence[2]))
        elif method == "CANCEL" and not self.answered.is_set():
            self._network.send(reply(message, "200 OK"), self._address)
            self._reply("487 Request Terminated")
            self.close()
        elif method != "ACK":
            self._network.send(reply(message, "200 OK", tag=self._tag), self._address)
            if method == "BYE":
                self.close()

    async def _is_over_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()
        return self.over.is_set()

    def _reply(self, status: str, body: str = "") -> None:
        more = [f"Contact: <sip:warga@{LOOPBACK}:{self._network.port}>"]
        if body:
            more.append("Content-Type: application/sdp")
        self._network.send(reply(self._invitation, status, *more, tag=self._tag, body=body), self._address)

    def _send(self, method: str, sequence: int, content: str = "", body: str = "", *more: str) -> None:
        invited = self._invitation
        call = _first(_CALL, invited)
        lines = [
            f"{method} {_first(_CONTACT, invited)} SIP/2.0",
            f"Via: SIP/2.0/UDP {LOOPBACK}:{self._network.port};branch=z9hG4bK{self._tag}{sequence}{method}",
            f"From: {_first(_TO, invited)};tag={self._tag}",
            f"To: {_first(_FROM, invited)}",
            f"Call-ID: {call}",
            f"CSeq: {sequence} {method}",
            "Max-Forwards: 70",
            *more,
            *([f"Content-Type: {content}"] if content else []),
            f"Content-Length: {len(body.encode())}",
        ]
        self._network.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._address)


class Network(asyncio.DatagramProtocol):
    """Numbers and the manners of those who have them; `calls` are all that came, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.manners: dict[str, Manner] = {}
        self.calls: list[CalledCitizen] = []
        self._by_id: dict[str, CalledCitizen] = {}
        self._transport: Any = None
        self._running: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to take calls."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, self.port))

    async def close(self) -> None:
        """Take none any more; those that go on are let go of."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for call in self.calls:
            call.close()
        if self._transport:
            self._transport.close()

    async def called(self, number: str, times: int = 1) -> CalledCitizen:
        """Wait until `number` is called for the `times`-th time; raises TimeoutError."""
        async with asyncio.timeout(CALLED_SECONDS):
            while len(found := [call for call in self.calls if call.number == number]) < times:  # noqa: ASYNC110 - calls only collect
                await asyncio.sleep(0.02)
        return found[times - 1]

    def send(self, message: bytes, address: tuple[str, int]) -> None:
        """To the PBX."""
        self._transport.sendto(message, address)

    def connection_made(self, transport: Any) -> None:
        """The port is bound."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        """A call, or something said within one."""
        message = data.decode("utf-8", "replace")
        request, call_id = _REQUEST.match(message), _first(_CALL, message)
        method = request[1] if request else ""
        if call := self._by_id.get(call_id):
            # An invitation sent again was answered already, or will be.
            if method != "INVITE":
                call.take(message, method)
        elif request and method == "INVITE":
            self._begin(call_id, CalledCitizen(self, message, request[2], address))

    def _begin(self, call_id: str, call: CalledCitizen) -> None:
        self._by_id[call_id] = call
        self.calls.append(call)
        manner = self.manners.get(call.number, NOT_IN_USE)
        task = asyncio.create_task(call.behave(manner), name="called-citizen")
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
