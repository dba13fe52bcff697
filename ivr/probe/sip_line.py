"""The signalling of one call by pyVoIP's SIP client, its faults fenced in.

Of 1.6.8 these are kept out: its ACK names the far side by a made-up tag, so that the PBX ends the call after
31 s; asking for a call reads the socket without a limit; final answers but 404 and 503 end nothing; a call
that was not answered cannot be given up; what it cannot read is printed.
"""

import contextlib
import re
import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pyVoIP.VoIP.VoIP  # before SIP: the other way round pyVoIP's imports go in a circle
from pyVoIP import RTP, SIP
from pyVoIP.SIP import SIPClient, SIPMessage, SIPMessageType

from ivr.probe.dialogue import STATUS, reply

POLL_SECONDS = 0.1
DATAGRAM_BYTES = 65_535
_TO_TAG = re.compile(r"(?m)^(To: [^\r\n]*?;tag=)[^\r\n]*")
_KNOWN_STATUSES = frozenset(int(status) for status in SIP.SIPStatus)


def be_quiet() -> None:
    """Stop pyVoIP from printing: what it prints may hold a number."""
    for module in (SIP, RTP, pyVoIP.VoIP.VoIP):
        vars(module)["debug"] = lambda *_: None


class SipLine(SIPClient):
    """Asks for calls and hears the answers. `taken` is given every message that could be read."""

    def __init__(
        self, server: tuple[str, int], account: tuple[str, str], phone: Any, own: tuple[str, int],
        taken: Callable[[SIPMessage], None],
    ) -> None:  # fmt: skip
        super().__init__(*server, *account, phone=phone, myIP=own[0], myPort=own[1])
        self._taken = taken
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bind and listen; an account proves itself when it calls, without registering. Raises OSError."""
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.settimeout(POLL_SECONDS)
        try:
            self.s.bind((self.myIP, self.myPort))
        except OSError:
            self.s.close()
            raise
        self.NSD = True
        self._thread = threading.Thread(target=self.recv_loop, name="probe sip", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and return once the thread has."""
        self.NSD = False
        if self._thread:
            self._thread.join()
            self.s.close()
        self._thread = None

    def recv_loop(self) -> None:
        """Take messages until stopped, whatever they are."""
        while self.NSD:
            with contextlib.suppress(OSError):
                raw, address = self.s.recvfrom(DATAGRAM_BYTES)
                self.take(raw, address)

    def take(self, raw: bytes, address: tuple[str, int]) -> None:
        """One message; what cannot be read changes nothing, and what is asked of us is answered."""
        message = read(raw)
        if message is None:
            return
        self._taken(message)
        if message.type == SIPMessageType.MESSAGE and message.method != "ACK":
            refused = message.method == "INVITE"
            status = "488 Not Acceptable Here" if refused else "200 OK"
            self.out.sendto(reply(raw.decode("utf-8", "replace"), status), address)

    def say(self, message: str) -> None:
        """Send a message to the PBX; what cannot be sent is as good as lost on the way."""
        with contextlib.suppress(OSError):
            self.out.sendto(message.encode("utf8"), (self.server, self.port))

    def gen_call_id(self) -> str:
        """Made at random: counted up, it would be the same in every process."""
        return f"{uuid.uuid4().hex}@{self.myIP}"

    def gen_ack(self, request: SIPMessage) -> str:
        """The ACK with the tag by which the far side named itself."""
        acknowledged: str = super().gen_ack(request)
        tag = request.headers["To"]["tag"]
        return _TO_TAG.sub(lambda found: found[1] + tag, acknowledged) if tag else acknowledged

    def gen_invitation(self, number: str, port: int, call_id: str, proof: str = "") -> str:
        """The request for a call: G.711 mu-law and keys are offered, and nothing that pyVoIP garbles."""
        offer: dict[int, Any] = {port: {0: RTP.PayloadType.PCMU, 101: RTP.PayloadType.EVENT}}
        invitation: str = self.gen_invite(
            number, "1", offer, RTP.TransmitType.SENDRECV, self.gen_branch(), call_id
        )
        return invitation.replace("\r\nContent-Length", f"\r\n{proof}Content-Length", 1)

    def gen_proof(self, refused: SIPMessage) -> str:
        """The account's answer to a 401 or 407; empty where nothing was asked that we can answer."""
        asked = refused.headers.get("Proxy-Authenticate")
        if asked:
            found = refused.auth_match.findall(asked.replace("Digest ", ""))
            refused.authentication = {name: value.strip('"') for name, value in found}
        given = refused.authentication
        if not {"realm", "nonce"} <= given.keys() or not self.password:
            return ""
        response = self.gen_authorization(refused).decode()
        return (
            f'{"Proxy-" if asked else ""}Authorization: Digest username="{self.username}",'
            f'realm="{given["realm"]}",nonce="{given["nonce"]}",uri="sip:{self.server};transport=UDP",'
            f'response="{response}",algorithm=MD5\r\n'
        )


def read(raw: bytes) -> SIPMessage | None:
    """The message, or None for what is none; a status nobody knows is the first of its hundred (RFC 3261)."""
    status = STATUS.match(raw[:16].decode("ascii", "replace"))
    if status and int(status[1]) not in _KNOWN_STATUSES:
        raw = raw.replace(status[1].encode(), f"{status[1][0]}00".encode(), 1)
    try:
        message = SIPMessage(raw)
        # Nothing is done with a message that lacks these.
        named = message.headers["Call-ID"], message.headers["CSeq"]["method"], message.headers["To"]["tag"]
    except Exception:
        # Whatever a stranger's packet does to the parser, the call goes on.
        return None
    return message if named else None


def gen_cancel(invitation: str) -> str:
    """The request to give an unanswered call up: the invitation's own lines, without its body."""
    kept = ("via:", "from:", "to:", "call-id:", "max-forwards:")
    head = invitation.partition("\r\n\r\n")[0].split("\r\n")
    lines = [line for line in head if line.lower().startswith(kept)]
    sequence = next(line for line in head if line.lower().startswith("cseq:")).split()[1]
    first = head[0].replace("INVITE", "CANCEL", 1)
    return "\r\n".join([first, *lines, f"CSeq: {sequence} CANCEL", "Content-Length: 0", "", ""])
