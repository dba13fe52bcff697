"""One call of the probe: dials, listens, presses the key, and says when it has heard enough."""

import time
from dataclasses import dataclass

from agent_bridge.probe.place import Place
from ivr.probe.ears import Transcript, Vocabulary, transcribe
from ivr.probe.expected import Doing, Expected, doing, key_for
from ivr.probe.softphone import OutgoingCall, Softphone

ANSWERED_WITHIN_SECONDS = 20.0
LOOKS_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard of an answered call by `over_at_seconds` after the answer; was it cut off then."""

    answered_after_seconds: float
    transcript: Transcript
    over_at_seconds: float
    cut_off: bool


class ProbeCall:
    """One call. Blocking: it belongs in a thread, but for its end."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._phone = Softphone(place.server, (place.user, place.secret))

    def listen(self, expect: Expected, vocabulary: Vocabulary) -> Listened:
        """Call and walk until everything was heard or nothing more will be; the line is left up.

        Raises NotPickedUp, and OSError where no port can be had.
        """
        dialled = time.time()
        call = self._phone.dial(self._place.dial, ANSWERED_WITHIN_SECONDS)
        said, at_seconds = _walk(call, expect, vocabulary)
        return Listened(call.answered_at - dialled, said, at_seconds, call.is_over)

    def close(self) -> None:
        """Hang up and let go of everything."""
        self._phone.close()


def _walk(call: OutgoingCall, expect: Expected, vocabulary: Vocabulary) -> tuple[Transcript, float]:
    has_pressed = False
    while True:
        over = call.is_over
        now = time.time()
        said = transcribe(call.heard(), vocabulary, call.answered_at, now)
        at_seconds = now - call.answered_at
        next_ = doing(said, expect, at_seconds, has_pressed=has_pressed)
        if over or next_ is Doing.HANG_UP:
            return said, at_seconds
        if next_ is Doing.PRESS:
            call.press(key_for(said, expect))
            has_pressed = True
        time.sleep(LOOKS_EVERY_SECONDS)
