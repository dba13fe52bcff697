"""The probe's telephone: one call by pyVoIP 1.6.8, whose faults `sip_line.py` and `rtp_line.py` keep out."""

import socket
import threading
import time
from typing import Any

import pyVoIP.VoIP  # noqa: F401 - before SIP: else pyVoIP's imports go in a circle
from pyVoIP.RTP import PayloadType
from pyVoIP.SIP import SIPMessage, SIPMessageType
from pyVoIP.VoIP import CallState, VoIPCall, VoIPPhone

from ivr.probe.ears import Frame
from ivr.probe.rtp_line import RtpLine
from ivr.probe.sip_line import SipLine, be_quiet, gen_cancel

SAID_AGAIN_SECONDS = 0.5
"""After this a request is sent again, and then each time after twice as long (RFC 3261)."""
NO_ANSWER_AT_ALL_SECONDS = 6.0
GIVEN_UP_SECONDS = 2.0
TIMES_TOLD = 4
WAIT_SECONDS = 0.02
PROOF_WANTED = (401, 407)
NOT_ACCEPTABLE = 488


class NotPickedUp(Exception):
    """Nobody answered the call; `status` is the PBX's last word, 0 where it said nothing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Softphone(VoIPPhone):
    """Calls once, from `account` (user and secret; the secret may be empty), through the PBX at `server`.

    Made with OSError where the server has no address or this machine no way to it.
    """

    sip: SipLine

    def __init__(self, server: tuple[str, int], account: tuple[str, str]) -> None:
        be_quiet()
        address = (socket.gethostbyname(server[0]), server[1])
        own = _own_address(address)
        sip_port, rtp_port = _free_port(own), _free_port(own)
        super().__init__(
            *address, *account, myIP=own, sipPort=sip_port, rtpPortLow=rtp_port, rtpPortHigh=rtp_port
        )
        self.sip = SipLine(address, account, self, (own, sip_port), self.callback)
        self.rtp_port = rtp_port
        self.call_now: OutgoingCall | None = None

    def dial(self, number: str, seconds: float) -> "OutgoingCall":
        """Call, and return once answered; raises NotPickedUp, and OSError where no port can be had."""
        self.sip.start()
        self.call_now = call = OutgoingCall(self, number)
        call.invite()
        call.wait_for_answer(seconds)
        return call

    def callback(self, request: SIPMessage) -> None:
        """A message of the PBX's; those of no call of ours change nothing."""
        call = self.call_now
        if call is None or request.headers["Call-ID"] != call.call_id:
            return
        if request.type == SIPMessageType.RESPONSE:
            call.take_answer(request)
        elif request.method == "BYE":
            call.bye()

    def close(self) -> None:
        """Hang up, if there is anything to hang up, and let go of ports and threads."""
        if self.call_now:
            self.call_now.hang_up()
        self.sip.stop()


class OutgoingCall(VoIPCall):
    """A call of ours: asked for, answered, over."""

    phone: "Softphone"
    sip: SipLine

    def __init__(self, phone: Softphone, number: str) -> None:
        self._number = number
        call_id = phone.sip.gen_call_id()
        self._invitation = phone.sip.gen_invitation(number, phone.rtp_port, call_id)
        offer: dict[int, Any] = {phone.rtp_port: {}}
        asked = SIPMessage(self._invitation.encode())
        super().__init__(phone, CallState.DIALING, asked, 1, phone.myIP, ms=offer)
        self._line: RtpLine | None = None
        self.answered_at = 0.0
        self.status = 0
        self._changed = threading.Condition()
        self._was_heard = False
        self._has_proven = False
        self._is_told_of_end = False

    def __del__(self) -> None:
        """Nothing: pyVoIP's frees a port a second time and prints a fault."""

    @property
    def is_over(self) -> bool:
        """Whether the call has ended, by whomever."""
        return bool(self.state == CallState.ENDED)

    @property
    def line(self) -> RtpLine:
        """The sound of an answered call."""
        assert self._line is not None
        return self._line

    def heard(self) -> list[Frame]:
        """What has been heard so far."""
        return self.line.heard()

    def invite(self, proof: str = "") -> None:
        """Ask for the call, anew with a proof of who we are."""
        if proof:
            self._invitation = self.sip.gen_invitation(self._number, self.phone.rtp_port, self.call_id, proof)
            self.request = SIPMessage(self._invitation.encode())
        self.sip.say(self._invitation)

    def wait_for_answer(self, seconds: float) -> None:
        """Until answered; raises NotPickedUp after `seconds`, sooner where nothing answers at all."""
        began = time.monotonic()
        again, later = SAID_AGAIN_SECONDS, SAID_AGAIN_SECONDS
        while self.state == CallState.DIALING:
            waited = time.monotonic() - began
            if waited > (seconds if self._was_heard else min(seconds, NO_ANSWER_AT_ALL_SECONDS)):
                self._give_up()
                break
            if waited > again and not self._was_heard:
                self.sip.say(self._invitation)
                later *= 2
                again += later
            self._wait(WAIT_SECONDS)
        if self.state != CallState.ANSWERED:
            raise NotPickedUp(self.status)

    def take_answer(self, answer: SIPMessage) -> None:
        """What the PBX says to something we asked."""
        status, asked = int(answer.status), answer.headers["CSeq"]["method"]
        if asked == "BYE":
            self._is_told_of_end = True
        if asked != "INVITE":
            return
        self._was_heard = True
        if status < 200:
            return
        self.sip.say(self.sip.gen_ack(answer))
        if self.state != CallState.DIALING:
            return
        if status < 300:
            self.answered(answer)
        elif status not in PROOF_WANTED or not self._prove(answer):
            self._end(status)

    def answered(self, request: SIPMessage) -> None:
        """The far side picked up; an answer without sound that we can hear ends the call."""
        self.request.headers["Contact"] = request.headers.get(
            "Contact", f"<sip:{self._number}@{self.sip.server}>"
        )
        self.request.headers["To"]["tag"] = request.headers["To"]["tag"]
        try:
            line = _line_of(request, (self.myIP, self.phone.rtp_port))
            line.start()
        except (KeyError, StopIteration, OSError):
            self.sip.say(self.sip.gen_bye(self.request))
            self._end(NOT_ACCEPTABLE)
            return
        self._line, self.RTPClients = line, [line]
        self.answered_at = time.time()
        self._become(CallState.ANSWERED)

    def press(self, key: str) -> None:
        """Press a key; raises ValueError where the line takes none."""
        self.line.press(key)

    def bye(self) -> None:
        """The far side hung up."""
        self._end(self.status)

    def hang_up(self) -> None:
        """End the call, however it stands; one that is over stays so."""
        if self.state == CallState.DIALING:
            self._give_up()
        if self.state == CallState.ANSWERED:
            self._end(self.status)
            self._tell_of_end()

    def _prove(self, refused: SIPMessage) -> bool:
        proof = "" if self._has_proven else self.sip.gen_proof(refused)
        self._has_proven = True
        if proof:
            self.invite(proof)
        return bool(proof)

    def _give_up(self) -> None:
        """Take back a call that was not answered; one that is answered at this very moment is hung up."""
        if self._was_heard:
            self.sip.say(gen_cancel(self._invitation))
            until = time.monotonic() + GIVEN_UP_SECONDS
            while self.state == CallState.DIALING and time.monotonic() < until:
                self._wait(WAIT_SECONDS)
        if self.state == CallState.ANSWERED:
            self.hang_up()
        self._end(self.status)

    def _tell_of_end(self) -> None:
        farewell = self.sip.gen_bye(self.request)
        for _ in range(TIMES_TOLD):
            self.sip.say(farewell)
            until = time.monotonic() + SAID_AGAIN_SECONDS
            while time.monotonic() < until:
                if self._is_told_of_end:
                    return
                self._wait(WAIT_SECONDS)

    def _end(self, status: int) -> None:
        self.status = status
        self._become(CallState.ENDED)
        if self._line:
            self._line.stop()

    def _become(self, state: CallState) -> None:
        with self._changed:
            self.state = state
            self._changed.notify_all()

    def _wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait(seconds)


def _line_of(answer: SIPMessage, own: tuple[str, int]) -> RtpLine:
    """The sound that the answer describes; raises KeyError or StopIteration where it has none for us."""
    media = next(one for one in answer.body["m"] if one["type"] == "audio" and "0" in one["methods"])
    names = {kind: said.get("rtpmap", {}).get("name") for kind, said in media["attributes"].items()}
    events = next((int(kind) for kind, name in names.items() if name == str(PayloadType.EVENT)), None)
    return RtpLine(own, (answer.body["c"][-1]["address"], media["port"]), events)


def _own_address(server: tuple[str, int]) -> str:
    """Our address on the way to the server; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(server)
        return str(way.getsockname()[0])


def _free_port(own: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((own, 0))
        return int(free.getsockname()[1])
