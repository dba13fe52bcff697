"""Our own recordings by address, one for all that is said at once: signed, and only good for a day or two.

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
_SOUND = re.compile(r"[a-z0-9-]+/[A-Za-z0-9-]+")


class UnknownUtterance(Forbidden):
    """An address that was not made here, or is too old."""

    def __init__(self) -> None:
        super().__init__("Alamat suara tidak berlaku.", "This address of a sound does not hold.")


class SoundMissing(NotFound):
    """A sound that the office has not, or has no more."""

    def __init__(self) -> None:
        super().__init__("Suara itu tidak ada.", "There is no such sound.")


class Utterances:
    """Makes addresses of sounds below `public_url`, and gives the sound for one that holds."""

    def __init__(self, public_url: str, key: bytes, sounds: Path) -> None:
        self._public_url = public_url.rstrip("/")
        self._key = key
        self._folder = sounds / LANGUAGE_FOLDER

    def has(self, sounds: Sequence[str]) -> bool:
        """Whether all of them can be played; else the text is spoken."""
        return all((self._folder / f"{sound}.wav").exists() for sound in sounds)

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
        sounds = said.split(JOINER)
        if len(sounds) > MOST_SOUNDS or not all(_SOUND.fullmatch(sound) for sound in sounds):
            raise UnknownUtterance
        return _joined([self._folder / f"{sound}.wav" for sound in sounds])

    def _signature(self, until: int, said: str) -> str:
        return hmac.new(self._key, f"sound|{until}|{said}".encode(), hashlib.sha256).hexdigest()[:32]


def _joined(files: Sequence[Path]) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        for file in files:
            try:
                with wave.open(str(file)) as source:
                    target.writeframes(source.readframes(source.getnframes()))
            except FileNotFoundError:
                raise SoundMissing from None
    return made.getvalue()
