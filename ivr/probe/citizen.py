"""A citizen who acts on what happens: a real SIP call whose next act is decided while it goes on.

SIPp plays a scenario that is written beforehand; this one hangs up at the word one is hearing, and may
introduce itself as no telephone does.
"""

import asyncio
import contextlib
import itertools
import re
import secrets
import time
from typing import Any

from ivr.probe.ears import Ear, Vocabulary, hearing
from ivr.probe.scenarios import BETWEEN_KEYS_MILLISECONDS, KEY_MILLISECONDS, LOOPBACK, sdp

RESEND_SECONDS = 0.5
ANSWER_SECONDS = 10.0
LISTEN_SECONDS = 0.02

_STATUS = re.compile(r"SIP/2\.0 (\d{3})")
_SEQUENCE = re.compile(r"^CSeq: *(\d+) (\w+)", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(r"^To: *(.+?)\r?$", re.MULTILINE | re.IGNORECASE)
_REPEATED = re.compile(r"^(?:Via|From|To|Call-ID|CSeq):.*?$", re.MULTILINE | re.IGNORECASE)


class NotPutThrough(Exception):
    """The PBX refused a request, or did not answer it."""


class Citizen(asyncio.DatagramProtocol):
    """One call from `source`. `identity` is what its From header holds; `more` are headers of its own."""

    def __init__(self, sip_port: int, identity: str, *more: str, source: str = LOOPBACK) -> None:
        self._target = (LOOPBACK, sip_port)
        self._identity = identity
        self._more = more
        self._source = source
        self._id = secrets.token_hex(8)
        self._number = ""
        self._peer = ""
        self._sequences = itertools.count(1)
        self._answers: dict[tuple[int, str], asyncio.Future[str]] = {}
        self._transport: Any = None
        self.ear = Ear()
        self.over = asyncio.Event()

    async def dial(self, number: str) -> None:
        """Call, and return once answered. Raises NotPutThrough."""
        await self.ear.open()
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(self._source, 0))
        self._number = number
        answer = await self._ask("INVITE", "application/sdp", sdp(self.ear.port), *self._more)
        found = _TO.search(answer)
        self._peer = found[1] if found else ""
        self._send("ACK", 1)

    async def press(self, keys: str, between_milliseconds: int = BETWEEN_KEYS_MILLISECONDS) -> None:
        """Press keys, one after the other."""
        for key in keys:
            signal = f"Signal={key}\r\nDuration={KEY_MILLISECONDS}\r\n"
            await self._ask("INFO", "application/dtmf-relay", signal)
            await asyncio.sleep(between_milliseconds / 1000)

    async def until_hearing(self, vocabulary: Vocabulary, *sounds: str, seconds: float) -> str:
        """Listen until one of the sounds reaches the ear, and return which; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (heard := hearing(self.ear, vocabulary, time.time())) not in sounds:  # noqa: ASYNC110 - the ear only collects
                await asyncio.sleep(LISTEN_SECONDS)
        return heard

    async def hang_up(self) -> None:
        """End the call; one that is over already stays so."""
        if not self.over.is_set():
            with contextlib.suppress(NotPutThrough):
                await self._ask("BYE")
        self.close()

    def close(self) -> None:
        """Let go of the ports."""
        self.over.set()
        self.ear.close()
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: Any) -> None:
        """The port is bound."""
        self._transport = transport

    def datagram_received(self, data: bytes, _address: Any) -> None:
        """An answer to one of ours, or a request of the PBX's."""
        message = data.decode("utf-8", "replace")
        status, sequence = _STATUS.match(message), _SEQUENCE.search(message)
        if sequence is None:
            return
        if status is None:
            self._reply(message)
            if sequence[2] == "BYE":
                self.over.set()
            return
        asked = self._answers.get((int(sequence[1]), sequence[2]))
        if asked and not asked.done() and int(status[1]) >= 200:
            asked.set_result(message)
        elif sequence[2] == "INVITE" and self._peer:
            self._send("ACK", int(sequence[1]))

    async def _ask(self, method: str, content: str = "", body: str = "", *more: str) -> str:
        sequence = next(self._sequences)
        asked = asyncio.get_running_loop().create_future()
        self._answers[sequence, method] = asked
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not asked.done():
                    self._send(method, sequence, content, body, *more)
                    await asyncio.wait([asked], timeout=RESEND_SECONDS)
        except TimeoutError:
            raise NotPutThrough(method) from None
        answer: str = asked.result()
        if not answer.startswith("SIP/2.0 2"):
            raise NotPutThrough(f"{method}: {answer.partition(chr(13))[0]}")
        return answer

    def _send(self, method: str, sequence: int, content: str = "", body: str = "", *more: str) -> None:
        host, port = self._transport.get_extra_info("sockname")
        target = f"sip:{self._number}@{LOOPBACK}:{self._target[1]}"
        lines = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self._id}{sequence}{method}",
            f"From: {self._identity};tag={self._id}",
            f"To: {self._peer or f'<{target}>'}",
            f"Call-ID: {self._id}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:warga@{host}:{port}>",
            "Max-Forwards: 70",
            *more,
            *([f"Content-Type: {content}"] if content else []),
            f"Content-Length: {len(body.encode())}",
        ]
        self._transport.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._target)

    def _reply(self, request: str) -> None:
        head = request.partition("\r\n\r\n")[0]
        lines = ["SIP/2.0 200 OK", *_REPEATED.findall(head.replace("\r", "")), "Content-Length: 0"]
        self._transport.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self._target)
