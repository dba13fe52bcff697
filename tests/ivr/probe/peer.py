"""A PBX as small as can be, on loopback: it answers as it is told to, and keeps what it was sent."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivr.probe.ears import FRAME_SAMPLES
from ivr.probe.scenarios import sdp

TAG = "of-the-peer"
KEYS_AS_EVENTS = "rtpmap:101 telephone-event/8000"
_METHOD = re.compile(r"([A-Z]+) sip:")
_REPEATED = re.compile(r"^(?:Via|From|To|Call-ID|CSeq):.*?$", re.MULTILINE)


class Peer:
    """`answers` are the status lines it gives to an INVITE in turn; one more INVITE gets the last again."""

    def __init__(self, *answers: str, more: tuple[str, ...] = (), loses: int = 0) -> None:
        self._answers = answers
        self._more = more
        self._loses = loses
        self.sip = self._bound()
        self.rtp = self._bound()
        self.messages: list[str] = []
        self.packets: list[bytes] = []
        self.caller: tuple[str, int] = ("", 0)
        self.answers_bye = True
        self.has_sound = True
        self._runs = True

    @property
    def address(self) -> tuple[str, int]:
        return self.sip.getsockname()  # type: ignore[no-any-return]

    def said(self, method: str) -> list[str]:
        return [one for one in self.messages if one.startswith(f"{method} ")]

    def wait_for(self, method: str, count: int = 1) -> str:
        until(lambda: len(self.said(method)) >= count)
        return self.said(method)[count - 1]

    def says(self, request: str) -> None:
        self.sip.sendto(request.encode(), self.caller)

    def hangs_up(self) -> None:
        invite = self.said("INVITE")[-1]
        named = {line.split(":")[0]: line for line in _REPEATED.findall(invite.replace("\r", ""))}
        own, other = (
            named["To"].replace("To", "From", 1) + f";tag={TAG}",
            named["From"].replace("From", "To", 1),
        )
        head = [
            f"BYE sip:x@{self.caller[0]} SIP/2.0",
            named["Via"].replace("z9hG4bK", "z9hG4bKbye"),
            own,
            other,
        ]
        self.says("\r\n".join([*head, named["Call-ID"], "CSeq: 9 BYE", "Content-Length: 0", "", ""]))

    def plays(self, frames: list[bytes], to: tuple[str, int]) -> None:
        for number, frame in enumerate(frames):
            head = bytes([0x80, 0]) + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big") + b"peer"
            self.rtp.sendto(head + frame, to)

    def media_of_caller(self) -> tuple[str, int]:
        found = re.search(r"m=audio (\d+) ", self.said("INVITE")[-1])
        assert found
        return ("127.0.0.1", int(found[1]))

    def _listen(self) -> None:
        while self._runs:
            try:
                data, self.caller = self.sip.recvfrom(65_535)
            except OSError:
                continue
            self._take(data.decode())

    def _take(self, message: str) -> None:
        method = _METHOD.match(message)
        self.messages.append(message)
        if method is None:
            return
        if method[1] == "INVITE":
            if len(self.said("INVITE")) > self._loses:
                place = min(len(self.said("INVITE")) - self._loses, len(self._answers)) - 1
                self._reply(message, self._answers[place])
        elif method[1] == "CANCEL":
            self._reply(message, "200 OK")
            self._reply(self.said("INVITE")[-1], "487 Request Terminated")
        elif method[1] == "BYE" and self.answers_bye:
            self._reply(message, "200 OK")

    def _reply(self, request: str, status: str) -> None:
        head = _REPEATED.findall(request.partition("\r\n\r\n")[0].replace("\r", ""))
        tagged = [
            f"{line};tag={TAG}" if line.startswith("To:") and "tag=" not in line else line for line in head
        ]
        body = ""
        if self.has_sound and status.startswith("200") and request.startswith("INVITE"):
            body = sdp(self.rtp.getsockname()[1], KEYS_AS_EVENTS).replace("AVP 0", "AVP 0 101")
            body = body.replace("\n", "\r\n")
        content = ["Content-Type: application/sdp"] if body else []
        contact = f"Contact: <sip:peer@127.0.0.1:{self.address[1]}>"
        lines = [f"SIP/2.0 {status}", *tagged, contact, *self._more, *content, f"Content-Length: {len(body)}"]
        self.says("\r\n".join(lines) + "\r\n\r\n" + body)

    def _listen_to_sound(self) -> None:
        while self._runs:
            try:
                self.packets.append(self.rtp.recv(2048))
            except OSError:
                continue

    @staticmethod
    def _bound() -> socket.socket:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        one.settimeout(0.05)
        return one

    @contextmanager
    def running(self) -> Iterator["Peer"]:
        threads = [threading.Thread(target=work) for work in (self._listen, self._listen_to_sound)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._runs = False
            for thread in threads:
                thread.join()
            self.sip.close()
            self.rtp.close()


def until(holds: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait until it holds, and fail where it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def frame(number: int) -> bytes:
    """A loud frame like no other."""
    return bytes([number % 100]) * FRAME_SAMPLES
