"""Our own recordings and music by address: signed, one for all that is said at once, good for a day or two.

Twilio fetches each address by itself and keeps what it got. One sound for a whole sentence has no gaps
between its words, and an address that stays the same all day is fetched once.
"""

import hashlib
import hmac
import io
import re
import wave
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.errors import Forbidden, NotFound
from ivr.speech.prompts import LANGUAGE_FOLDER
from ivr.speech.waves import RATE

FOLDER = "/twilio/sounds"
GOOD_FOR = timedelta(days=2)
"""An address is good until the midnight (UTC) before this is over, so for a day at least."""
MOST_SOUNDS = 60
JOINER = "+"
MOST_MUSIC_SECONDS = 120
_SOUND = re.compile(r"[a-z0-9-]+/[A-Za-z0-9-]+")
_MUSIC = re.compile(r"music/([1-9][0-9]{0,2})")
_FRAME_BYTES = 2


class UnknownUtterance(Forbidden):
    """An address that was not made here, or is too old."""

    def __init__(self) -> None:
        super().__init__("Alamat suara tidak berlaku.", "This address of a sound does not hold.")


class SoundMissing(NotFound):
    """A sound that the office has not, or has no more."""

    def __init__(self) -> None:
        super().__init__("Suara itu tidak ada.", "There is no such sound.")


class Utterances:
    """Makes addresses of sounds below `public_url`, and gives the sound for one that holds.

    `music` is what is played on hold, if there is any.
    """

    def __init__(self, public_url: str, key: bytes, sounds: Path, music: Path | None = None) -> None:
        self._public_url = public_url.rstrip("/")
        self._key = key
        self._folder = sounds / LANGUAGE_FOLDER
        self._music = music

    def has(self, sounds: Sequence[str]) -> bool:
        """Whether all of them can be played; else the text is spoken."""
        return all(self._file(sound).exists() for sound in sounds)

    def seconds(self, sounds: Sequence[str]) -> float:
        """How long they are; those that are missing take no time."""
        files = [self._file(sound) for sound in sounds]
        sizes = [file.stat().st_size for file in files if file.exists()]
        return sum(sizes) / _FRAME_BYTES / RATE

    def music(self, seconds: int, at: datetime) -> str | None:
        """Where so much music is fetched; None where there is none. The same length is the same address."""
        if self._music is None or not self._music.exists():
            return None
        return self.address((f"music/{min(seconds, MOST_MUSIC_SECONDS)}",), at)

    def address(self, sounds: Sequence[str], at: datetime) -> str:
        """Where the sounds are fetched as one, in order."""
        until = int((at + GOOD_FOR).astimezone(UTC).replace(hour=0, minute=0, second=0).timestamp())
        said = JOINER.join(sounds)
        return f"{self._public_url}{FOLDER}/{until}/{self._signature(until, said)}/{said}.wav"

    def wave(self, until: str, signature: str, said: str, at: datetime) -> bytes:
        """The sound of an address, as a WAV file; raises UnknownUtterance, SoundMissing."""
        if not until.isdecimal() or not until.isascii() or at.timestamp() > int(until):
            raise UnknownUtterance
        if not hmac.compare_digest(self._signature(int(until), said).encode(), signature.encode()):
            raise UnknownUtterance
        if piece := _MUSIC.fullmatch(said):
            return _looped(self._music, int(piece[1]))
        sounds = said.split(JOINER)
        if len(sounds) > MOST_SOUNDS or not all(_SOUND.fullmatch(sound) for sound in sounds):
            raise UnknownUtterance
        return _joined([self._file(sound) for sound in sounds])

    def _file(self, sound: str) -> Path:
        return self._folder / f"{sound}.wav"

    def _signature(self, until: int, said: str) -> str:
        return hmac.new(self._key, f"sound|{until}|{said}".encode(), hashlib.sha256).hexdigest()[:32]


def _joined(files: Sequence[Path]) -> bytes:
    return _wave([_frames(file) for file in files])


def _looped(music: Path | None, seconds: int) -> bytes:
    """So much of the music, from its beginning; over again where it is shorter."""
    frames = _frames(music) if music else b""
    if not frames:
        raise SoundMissing
    size = min(seconds, MOST_MUSIC_SECONDS) * RATE * _FRAME_BYTES
    return _wave([(frames * (size // len(frames) + 1))[:size]])


def _frames(file: Path) -> bytes:
    try:
        with wave.open(str(file)) as source:
            frames: bytes = source.readframes(source.getnframes())
            return frames
    except FileNotFoundError:
        raise SoundMissing from None


def _wave(parts: Sequence[bytes]) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(_FRAME_BYTES)
        target.setframerate(RATE)
        for frames in parts:
            target.writeframes(frames)
    return made.getvalue()
