"""Music on hold, generated: slow broken chords, without a moment of silence and free of anybody's rights."""

from pathlib import Path

import numpy as np

from ivr.speech import waves
from ivr.speech.waves import RATE, Sound

CHORD_SECONDS = 4.0
ROUNDS = 3
CHORDS = (
    (261.63, 329.63, 392.00, 523.25),
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 220.00, 261.63, 349.23),
    (196.00, 246.94, 293.66, 392.00),
)
"""C, A minor, F, G: four chords that lead back to the first, so the loop has no seam."""
LEVEL = 0.11
"""About -22 dBFS: below a voice, above a doubtful line."""


def make_music(file: Path) -> None:
    """Write the music once."""
    if not file.exists():
        waves.write_wave(file, music())


def music() -> Sound:
    """Forty-eight seconds that loop."""
    once = np.concatenate([_chord(chord) for chord in CHORDS])
    return np.tile(once, ROUNDS)


def _chord(notes: tuple[float, ...]) -> Sound:
    length = round(CHORD_SECONDS * RATE)
    time = np.arange(length) / RATE
    pad = sum(np.sin(2 * np.pi * note * time) for note in notes)
    edge = np.minimum(1.0, np.minimum(time, CHORD_SECONDS - time) / 0.05)
    plucked = np.zeros(length)
    for step in range(8):
        start = round(step * CHORD_SECONDS / 8 * RATE)
        rest = time[: length - start]
        note = notes[(0, 2, 1, 3, 2, 3, 1, 2)[step]] * 2
        plucked[start:] += np.sin(2 * np.pi * note * rest) * np.exp(-3.5 * rest)
    blended: Sound = (0.5 * pad / len(notes) + 0.5 * plucked) * (0.05 + 0.95 * edge)
    return blended * (LEVEL / float(np.sqrt(np.mean(blended**2))))
