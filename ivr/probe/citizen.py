"""A citizen who acts on what happens: a real SIP call whose next act is decided while it goes on.

SIPp plays a scenario that is written beforehand; this one hangs up at the word one is hearing, and may
introduce itself as no telephone does.
"""

import asyncio
import contextlib
import re
import secrets
from typing import Any

from ivr.probe.dialogue import SEQUENCE, STATUS, Dialogue, NotPutThrough, reply
from ivr.probe.scenarios import LOOPBACK, sdp

__all__ = ["Citizen", "NotPutThrough"]

_TO = re.compile(r"^To: *(.+?)\r?$", re.MULTILINE | re.IGNORECASE)


class Citizen(Dialogue, asyncio.DatagramProtocol):
    """One call from `source`. `identity` is what its From header holds; `more` are headers of its own."""

    def __init__(self, sip_port: int, identity: str, *more: str, source: str = LOOPBACK) -> None:
        super().__init__()
        self._target = (LOOPBACK, sip_port)
        self._identity = identity
        self._more = more
        self._source = source
        self._id = secrets.token_hex(8)
        self._number = ""
        self._peer = ""
        self._transport: Any = None

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
        status, sequence = STATUS.match(message), SEQUENCE.search(message)
        if sequence is None:
            return
        if status is None:
            self._transport.sendto(reply(message, "200 OK"), self._target)
            if sequence[2] == "BYE":
                self.over.set()
            return
        asked = (int(sequence[1]), sequence[2])
        if not self._take_answer(message, int(status[1]), asked) and sequence[2] == "INVITE" and self._peer:
            self._send("ACK", int(sequence[1]))

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
