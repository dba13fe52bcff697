"""The sound of one call by pyVoIP's RTP client, its faults fenced in.

Of 1.6.8 these are kept out: any packet it cannot read ends its receiving thread, what it received is kept
twice and for ever, its sequence overflows, and it has no keys. Ours keeps whole frames, as they came, and no
more than a call may last; keys go out between the frames of silence, in the one order RTP counts in.
"""

import contextlib
import queue
import socket
import threading
import time
from collections import deque

from pyVoIP.RTP import PayloadType, RTPClient, TransmitType

from ivr.probe.ears import FRAME_SAMPLES, FRAME_SECONDS, PCMU, RTP_HEADER_BYTES, Frame
from ivr.probe.keypad import KeyPacket, packets

LONGEST_CALL_SECONDS = 120
MOST_FRAMES = int(LONGEST_CALL_SECONDS / FRAME_SECONDS)
PACKET_BYTES = 2048
POLL_SECONDS = 0.1
SILENCE = b"\xff" * FRAME_SAMPLES
PLAIN_RTP = 0x80
"""Version 2, no padding, no extension, nobody mixed in: what a PBX sends."""
MARKER = 0x80


class RtpLine(RTPClient):
    """Listens to what `peer` sends and sends it silence and keys; `events` is the payload type of keys."""

    def __init__(self, own: tuple[str, int], peer: tuple[str, int], events: int | None) -> None:
        assoc = {PCMU: PayloadType.PCMU} | ({events: PayloadType.EVENT} if events is not None else {})
        super().__init__(assoc, *own, *peer, TransmitType.SENDRECV)
        self.frames: deque[Frame] = deque(maxlen=MOST_FRAMES)
        self._events = events
        self._keys: queue.SimpleQueue[KeyPacket] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Bind and begin; raises OSError."""
        self.sin = self.sout = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sin.settimeout(POLL_SECONDS)
        self.sin.bind((self.inIP, self.inPort))
        self._threads = [
            threading.Thread(target=work, name=f"probe rtp {work.__name__}", daemon=True)
            for work in (self.recv, self.trans)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and return once both threads have."""
        self.NSD = False
        for thread in self._threads:
            thread.join()
        if self._threads:
            self.sin.close()
        self._threads = []

    def press(self, key: str) -> None:
        """Hold a key down for 160 ms; raises ValueError where the line takes no keys, or it is none."""
        if self._events is None:
            raise ValueError("the other side takes no keys as RTP events")
        for packet in packets(key):
            self._keys.put(packet)

    def heard(self) -> list[Frame]:
        """What has arrived so far, oldest first."""
        return list(self.frames)

    def recv(self) -> None:
        """Take packets until stopped, whatever they are."""
        while self.NSD:
            with contextlib.suppress(OSError):
                packet, address = self.sin.recvfrom(PACKET_BYTES)
                self.take(packet, address)

    def take(self, packet: bytes, address: tuple[str, int]) -> None:
        """One packet; what is no frame of the other side's sound changes nothing."""
        is_frame = len(packet) == RTP_HEADER_BYTES + FRAME_SAMPLES and packet[0] == PLAIN_RTP
        if is_frame and packet[1] & 0x7F == PCMU and address[0] == self.outIP:
            self.frames.append(Frame(time.time(), packet[RTP_HEADER_BYTES:]))

    def trans(self) -> None:
        """Send a packet every 20 ms until stopped: the next one of a key, else silence."""
        due = time.monotonic()
        key_began = 0
        while self.NSD:
            try:
                key = self._keys.get_nowait()
            except queue.Empty:
                self._send(PCMU, self.outTimestamp, SILENCE)
            else:
                key_began = self.outTimestamp if key.begins else key_began
                self._send((self._events or 0) | (MARKER if key.begins else 0), key_began, key.payload)
            self.outSequence += 1
            self.outTimestamp += FRAME_SAMPLES
            due = max(due + FRAME_SECONDS, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))

    def _send(self, kind: int, timestamp: int, payload: bytes) -> None:
        head = bytes([PLAIN_RTP, kind]) + (self.outSequence & 0xFFFF).to_bytes(2, "big")
        head += (timestamp & 0xFFFFFFFF).to_bytes(4, "big") + self.outSSRC.to_bytes(4, "big")
        with contextlib.suppress(OSError):
            self.sout.sendto(head + payload, (self.outIP, self.outPort))
