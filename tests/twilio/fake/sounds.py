"""Sounds that are played, fetched as Twilio fetches them, where a test wants that.

From twilio.com/docs/voice/twiml/play: by GET, of a MIME type that is audio, and kept, as HTTP caches keep
things; another type is 13420. Undocumented: a sound that cannot be had is noted, and is silence of no
length.
"""

import io
import wave
from typing import TYPE_CHECKING

from tests.twilio.fake.errors import DocumentFault

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

PLAY_CONTENT_TYPE = 13420
PLAYED = frozenset(
    f"audio/{kind}"
    for kind in ("mpeg", "wav", "wave", "x-wav", "aiff", "x-aifc", "x-aiff", "x-gsm", "gsm", "ulaw")
)


class Sounds:
    """The sounds that were fetched so far, by their lengths."""

    def __init__(self, twilio: "FakeTwilio") -> None:
        self._twilio = twilio
        self._seconds: dict[str, float] = {}

    async def seconds(self, url: str, call_sid: str) -> float:
        """How long it is."""
        if not self._twilio.fetches_sounds:
            return self._twilio.sound_seconds(url)
        if url not in self._seconds:
            try:
                self._seconds[url] = await self._fetched(url)
            except DocumentFault as fault:
                self._twilio.note(fault.code, fault.what, call_sid, url)
                return 0.0
        return self._seconds[url]

    async def _fetched(self, url: str) -> float:
        sent = await self._twilio.edge.fetch(url, {}, "GET")
        kind = sent.content_type.partition(";")[0].strip().lower()
        if kind not in PLAYED:
            raise DocumentFault(PLAY_CONTENT_TYPE, url, kind)
        if "wav" not in kind:
            return self._twilio.sound_seconds(url)
        with wave.open(io.BytesIO(sent.answer)) as sound:
            return float(sound.getnframes() / sound.getframerate())
