"""Ears: what a caller heard, read off the RTP that reached them.

Asterisk sends a sound in frames of 20 ms cut from its beginning, so each frame of a known sound is
found again as it is: which prompt, how much of it, and when. Nothing is guessed.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.speech import waves

FRAME_SECONDS = 0.02
FRAME_SAMPLES = 160
RTP_HEADER_BYTES = 12
PCMU = 0
AUDIBLE = 300
"""Samples of 16 bits below this are silence on a telephone (-40 dBFS)."""
SAME_UTTERANCE_SECONDS = 0.25
WHOLE = 1.02
NOW_FRAMES = 15
NOW_SECONDS = 0.4
LEAST_FRAMES = 3
"""Fewer frames than these of a sound may be those of another."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One packet's sound, and when it arrived (seconds of the wall clock)."""

    at: float
    sound: bytes


class Ear(asyncio.DatagramProtocol):
    """Listens on a port of its own; the caller's SDP names it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Begin to listen on loopback."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))

    def connection_made(self, transport: Any) -> None:
        """The port is bound."""
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, _address: Any) -> None:
        """One packet; anything that is no G.711 frame is not sound."""
        if len(data) == RTP_HEADER_BYTES + FRAME_SAMPLES and data[1] & 0x7F == PCMU:
            self.frames.append(Frame(time.time(), data[RTP_HEADER_BYTES:]))

    def close(self) -> None:
        """Stop listening."""
        if self._transport:
            self._transport.close()


def hearing(ear: "Ear", vocabulary: "Vocabulary", at: float) -> str:
    """The sound that reaches the ear at this instant of the wall clock; '' for silence or none we know."""
    recent = [frame for frame in ear.frames[-NOW_FRAMES:] if at - frame.at < NOW_SECONDS]
    votes = Counter(name for frame in recent for name in vocabulary.frames.get(frame.sound, ()))
    return votes.most_common(1)[0][0] if votes else ""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sound heard: from when to when (seconds since the beginning), and which share of it."""

    name: str
    starts_at_seconds: float
    ends_at_seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """All a caller heard, in order, and the silences in between."""

    heard: tuple[Heard, ...]
    silences: tuple[tuple[float, float], ...]

    @property
    def longest_silence_seconds(self) -> float:
        """The longest time without a sound."""
        return max((end - start for start, end in self.silences), default=0.0)

    def until(self, seconds: float) -> "Transcript":
        """The transcript up to an instant."""
        heard = tuple(entry for entry in self.heard if entry.starts_at_seconds < seconds)
        silences = tuple((start, min(end, seconds)) for start, end in self.silences if start < seconds)
        return replace(self, heard=heard, silences=silences)

    def to_json(self) -> list[dict[str, Any]]:
        """For the evidence: one entry a sound, and one a silence over a second."""
        sounds = [
            {
                "from": round(entry.starts_at_seconds, 2),
                "to": round(entry.ends_at_seconds, 2),
                "heard": entry.name,
                "share": round(entry.share, 2),
            }
            for entry in self.heard
        ]
        gaps = [
            {"from": round(start, 2), "to": round(end, 2), "heard": None, "share": 1.0}
            for start, end in self.silences
            if end - start > 1
        ]
        return sorted(sounds + gaps, key=lambda entry: float(str(entry["from"])))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every sound the PBX may play, by its frames."""

    frames: dict[bytes, tuple[str, ...]] = field(repr=False)
    lengths: dict[str, int]

    @classmethod
    def of(cls, files: Mapping[str, Path]) -> "Vocabulary":
        """The vocabulary of the named WAV files."""
        found: dict[bytes, set[str]] = {}
        lengths = {}
        for name, file in files.items():
            cut = frames_of(waves.read_wave(file))
            audible = [frame for frame in cut if _is_audible(frame)]
            lengths[name] = len(audible)
            for frame in audible:
                found.setdefault(frame, set()).add(name)
        return cls({frame: tuple(sorted(names)) for frame, names in found.items()}, lengths)


def frames_of(sound: waves.Sound) -> list[bytes]:
    """The sound as the PBX sends it: mu-law, 20 ms a frame, the last one left out when not whole."""
    coded = mu_law((np.clip(sound, -1, 1) * waves.FULL_SCALE).astype(np.int16))
    whole = len(coded) // FRAME_SAMPLES
    return [coded[n * FRAME_SAMPLES : (n + 1) * FRAME_SAMPLES].tobytes() for n in range(whole)]


def mu_law(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """G.711 mu-law as Asterisk 22 codes it: its table holds one entry for four samples, made of the last."""
    value = samples.astype(np.int32) | 3
    sign = np.where(value < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(value), 32635) + 132
    exponent = np.clip(np.floor(np.log2(magnitude)).astype(np.int32) - 7, 0, 7)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    coded: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return coded


def _mu_law_levels() -> NDArray[np.int32]:
    code = ~np.arange(256) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << ((code & 0x70) >> 4)) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int32)


_LEVELS = _mu_law_levels()


@lru_cache(maxsize=16_384)
def _is_audible(frame: bytes) -> bool:
    return bool(np.abs(_LEVELS[np.frombuffer(frame, np.uint8)]).max() >= AUDIBLE)


def transcribe(frames: Iterable[Frame], vocabulary: Vocabulary, begin: float, end: float) -> Transcript:
    """What was heard between two instants of the wall clock; times are seconds since `begin`."""
    utterances: list[_Utterance] = []
    silences: list[tuple[float, float]] = []
    last_sound = 0.0
    for frame in frames:
        at = frame.at - begin
        if not 0 <= at <= end - begin or not _is_audible(frame.sound):
            continue
        if at - last_sound > SAME_UTTERANCE_SECONDS:
            silences.append((last_sound, at))
        last_sound = at + FRAME_SECONDS
        _hear(utterances, vocabulary.frames.get(frame.sound, ()), at)
    if end - begin > last_sound:
        silences.append((last_sound, end - begin))
    entries = (utterance.entry(vocabulary) for utterance in utterances)
    return Transcript(tuple(_joined([entry for entry in entries if entry])), tuple(silences))


def _joined(entries: list[Heard]) -> list[Heard]:
    """The entries with a sound that pauses within itself put together again."""
    joined: list[Heard] = []
    for entry in entries:
        last = joined[-1] if joined else None
        if last and last.name == entry.name and last.share + entry.share < WHOLE:
            share = last.share + entry.share
            joined[-1] = replace(last, ends_at_seconds=entry.ends_at_seconds, share=share)
        else:
            joined.append(entry)
    return joined


@dataclass(slots=True)
class _Utterance:
    """A run of frames that one sound explains."""

    candidates: set[str]
    starts_at: float
    ends_at: float
    frames: int = 1
    votes: Counter[str] = field(default_factory=Counter)

    def entry(self, vocabulary: Vocabulary) -> Heard | None:
        if not self.candidates or self.frames < LEAST_FRAMES:
            return None
        name = min(self.candidates, key=lambda one: (abs(vocabulary.lengths[one] - self.frames), one))
        share = min(1.0, self.frames / max(1, vocabulary.lengths[name]))
        return Heard(name, self.starts_at, self.ends_at, share)


def _hear(utterances: list[_Utterance], names: tuple[str, ...], at: float) -> None:
    """Put a frame to the sound that is being heard, or begin the next."""
    current = utterances[-1] if utterances else None
    together = current is not None and at - current.ends_at < SAME_UTTERANCE_SECONDS
    if current and together:
        common = current.candidates & set(names)
        if common or current.candidates == set(names):
            current.candidates = common or current.candidates
            current.ends_at = at + FRAME_SECONDS
            current.frames += 1
            return
    utterances.append(_Utterance(set(names), at, at + FRAME_SECONDS))
