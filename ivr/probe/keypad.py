"""Keys as RTP events (RFC 4733, before it 2833): what a telephone sends while a key is held down. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

KEYS = "0123456789*#"
HELD_PACKETS = 5
END_PACKETS = 3
"""The end is sent three times: a lost one would leave the key pressed."""
PACKET_SAMPLES = 160
VOLUME = 10
END = 0x80


@dataclass(frozen=True, slots=True)
class KeyPacket:
    """One packet of a key; `begins` is the first, which carries RTP's marker."""

    payload: bytes
    begins: bool


def packets(key: str) -> Iterator[KeyPacket]:
    """The packets of one key, sent 20 ms apart with the same timestamp; raises ValueError for no key."""
    event = KEYS.index(key)
    for number in range(1, HELD_PACKETS + END_PACKETS + 1):
        held = min(number, HELD_PACKETS + 1) * PACKET_SAMPLES
        flags = VOLUME | (END if number > HELD_PACKETS else 0)
        yield KeyPacket(bytes([event, flags]) + held.to_bytes(2, "big"), begins=number == 1)
