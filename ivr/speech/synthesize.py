"""Makes the sounds of all prompts: recordings where the office has them, else the default voice."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from config.yaml_files import fingerprint
from ivr.speech import waves
from ivr.speech.digits import DIGITS, PAUSE, spoken_count
from ivr.speech.prompts import LANGUAGE_FOLDER, NORMAL, SLOW, PromptBook
from ivr.speech.voice import Voice, the_voice
from ivr.speech.waves import Sound

MANIFEST = "manifest.json"
RECIPE = 4
"""Raised when the same text would sound different than before."""
NORMAL_WORDS_PER_MINUTE, SLOW_WORDS_PER_MINUTE = 150, 110
DIGIT_GAP_SECONDS = 0.3
"""The silence after each digit: digits at least 0.25 s apart can be written down."""
TAIL_SECONDS = 0.1
PAUSE_SECONDS = 0.35
SHORTEST_SECONDS = 0.5
"""An announcement of less says nothing."""
COUNTED = (*range(21), *range(30, 100, 10))
"""The numbers app_queue says by the English grammar: 25 is 20 and 5, which is right in Indonesian too."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One sound to be made: its file, what is said, how fast, and the silence after it."""

    file: str
    text: str
    words_per_minute: int
    gap_seconds: float

    @property
    def mark(self) -> str:
        return fingerprint(f"{RECIPE}|{self.text}|{self.words_per_minute}|{self.gap_seconds}")


def make_prompts(
    book: PromptBook,
    into: Path,
    *,
    recordings: Path | None = None,
    originals: Path | None = None,
    progress: Progress = lambda *_: None,
) -> int:
    """Make what is missing or changed below `into/id`; returns how many sounds were made.

    Each is kept once more below `originals/id`: the voice never says a text twice alike, so only a copy
    tells whether the sound that is played is still the one that was made.
    """
    folder = into / LANGUAGE_FOLDER
    manifest = _read_manifest(folder / MANIFEST)
    marks = {piece.file: _mark(piece, recordings) for piece in _pieces(book)}
    stale = [
        piece
        for piece in _pieces(book)
        if manifest.get(piece.file) != marks[piece.file]
        or not all((root / LANGUAGE_FOLDER / piece.file).exists() for root in (into, originals) if root)
    ]
    for done, piece in enumerate(stale, start=1):
        sound = _recorded(piece, recordings)
        if sound is None:
            sound = _spoken(the_voice(), piece)
        for root in filter(None, (originals, into)):
            waves.write_wave(root / LANGUAGE_FOLDER / piece.file, sound)
        progress(done, len(stale))
    if stale:
        (folder / MANIFEST).write_text(json.dumps(marks, indent=0, sort_keys=True))
    return len(stale)


def make_announcement(into: Path, name: str, text: str) -> None:
    """Make one more prompt, in both speeds; the office's words of the day, which never change.

    Raises ValueError where nothing is heard of them.
    """
    for folder, speed in _SPEEDS:
        piece = _Piece(f"{folder}/{name}.wav", text, speed, TAIL_SECONDS)
        file = into / LANGUAGE_FOLDER / piece.file
        if not file.exists():
            waves.write_wave(file, _announced(piece))


def _announced(piece: _Piece) -> Sound:
    with _ONE_AT_A_TIME:
        sound = _spoken(the_voice(), piece)
    if len(sound) < SHORTEST_SECONDS * waves.RATE:
        raise ValueError("nothing is heard of that text")
    return sound


def announcement_files(name: str) -> tuple[str, ...]:
    """Where such a prompt lies, below the folder of the language."""
    return tuple(f"{folder}/{name}.wav" for folder, _ in _SPEEDS)


def take_announcement(into: Path, name: str) -> None:
    """Take that prompt away; one that is gone already is no error."""
    for file in announcement_files(name):
        (into / LANGUAGE_FOLDER / file).unlink(missing_ok=True)


_ONE_AT_A_TIME = threading.Lock()
"""There is one voice, and it says one thing at a time."""


_SPEEDS = ((NORMAL, NORMAL_WORDS_PER_MINUTE), (SLOW, SLOW_WORDS_PER_MINUTE))


def _pieces(book: PromptBook) -> Iterator[_Piece]:
    for folder, speed in _SPEEDS:
        for name, text in book.texts.items():
            gap = DIGIT_GAP_SECONDS if name in DIGITS else TAIL_SECONDS
            yield _Piece(f"{folder}/{name}.wav", text, speed, gap)
        yield _Piece(f"{folder}/{PAUSE}.wav", "", speed, PAUSE_SECONDS)
    for number in COUNTED:
        text = " ".join(book[name] for name in spoken_count(number))
        yield _Piece(f"digits/{number}.wav", text, NORMAL_WORDS_PER_MINUTE, TAIL_SECONDS)


def _spoken(voice: Voice, piece: _Piece) -> Sound:
    if not piece.text:
        return waves.silence(piece.gap_seconds)
    sound = waves.to_telephone(voice.say(piece.text, piece.words_per_minute), voice.rate)
    body = waves.levelled(waves.trimmed(sound))
    return np.concatenate([body, waves.silence(piece.gap_seconds)])


def _recording(piece: _Piece, recordings: Path | None) -> Path | None:
    """The office's own recording of this sound; it serves both speeds unless there are two."""
    if recordings is None:
        return None
    own = recordings / piece.file
    plain = recordings / Path(piece.file).name
    return own if own.exists() else plain if plain.exists() else None


def _recorded(piece: _Piece, recordings: Path | None) -> Sound | None:
    file = _recording(piece, recordings)
    return waves.read_wave(file) if file else None


def _mark(piece: _Piece, recordings: Path | None) -> str:
    file = _recording(piece, recordings)
    return fingerprint(file.read_bytes().hex()) if file else piece.mark


def _read_manifest(file: Path) -> dict[str, str]:
    try:
        marks: dict[str, str] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return marks
