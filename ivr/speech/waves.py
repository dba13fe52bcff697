"""Sound as the telephone knows it: 8 kHz, mono, 16 bits. Arrays hold -1.0 to 1.0."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.errors import Refused

RATE = 8000
FULL_SCALE = 32767.0
Sound = NDArray[np.float64]


class NotATelephoneSound(Refused):
    """A recording that is not 8 kHz, mono, 16 bits."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: rekaman harus WAV 8 kHz, mono, 16 bit.",
            f"{file}: a recording must be a WAV of 8 kHz, mono, 16 bits.",
        )


def read_wave(file: Path) -> Sound:
    """The sound in a WAV file; raises NotATelephoneSound."""
    try:
        with wave.open(str(file)) as source:
            if (source.getframerate(), source.getnchannels(), source.getsampwidth()) != (RATE, 1, 2):
                raise NotATelephoneSound(file)
            samples = np.frombuffer(source.readframes(source.getnframes()), "<i2")
    except (wave.Error, EOFError):
        raise NotATelephoneSound(file) from None
    return samples.astype(np.float64) / FULL_SCALE


def write_wave(file: Path, sound: Sound) -> None:
    """Write the sound as a WAV file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    with wave.open(str(draft), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes((np.clip(sound, -1, 1) * FULL_SCALE).astype("<i2").tobytes())
    draft.replace(file)


def length_seconds(file: Path) -> float:
    """How long the WAV file plays."""
    with wave.open(str(file)) as source:
        frames: int = source.getnframes()
        rate: int = source.getframerate()
    return frames / rate


def to_telephone(sound: Sound, rate: int) -> Sound:
    """The sound at 8 kHz, without what a telephone cannot carry (below 100 Hz, above 3.7 kHz)."""
    padded = np.concatenate([np.zeros(rate // 10), sound, np.zeros(rate // 10)])
    spectrum = np.fft.rfft(padded)
    frequencies = np.fft.rfftfreq(len(padded), 1 / rate)
    spectrum[(frequencies < 100) | (frequencies > 3700)] = 0
    length = round(len(padded) * RATE / rate)
    kept = spectrum[: length // 2 + 1]
    narrowed: Sound = np.fft.irfft(kept, length) * (length / len(padded))
    return narrowed


def trimmed(sound: Sound, threshold: float = 0.01) -> Sound:
    """The sound without the silence around it."""
    loud = np.flatnonzero(np.abs(sound) > threshold)
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound[:0]


def levelled(sound: Sound, peak: float = 0.7) -> Sound:
    """The sound with its loudest sample at `peak` (0.7 is -3 dBFS)."""
    loudest = float(np.max(np.abs(sound), initial=0.0))
    return sound * (peak / loudest) if loudest else sound


def silence(seconds: float) -> Sound:
    """Nothing, for that long."""
    return np.zeros(round(seconds * RATE))
