"""The wait in Twilio's markup: what is announced, music, and a key taken at any moment of both."""

from collections.abc import Sequence
from urllib.parse import urlencode

from config.clock import Clock
from ivr.providers.twilio.queue_facts import Stay
from ivr.providers.twilio.twiml import Gather, Hangup, Leave, Pause, Play, render
from ivr.providers.twilio.utterances import MOST_MUSIC_SECONDS, Utterances
from ivr.providers.twilio.voice import SORRY, WAIT, VoiceReplies
from ivr.speech.prompts import sounds
from ivr.waiting import Answer

KEY = "key"
CHORD_SECONDS = 4
"""Music ends between two chords of our own, and few lengths of it are fetched."""
IN_TROUBLE_SECONDS = 16
AFTER_MUSIC_SECONDS = 1


class WaitingReplies:
    """Writes replies for callers who wait, in the voice of the walk."""

    def __init__(self, public_url: str, voice: VoiceReplies, utterances: Utterances, clock: Clock) -> None:
        self._public_url = public_url.rstrip("/")
        self._voice = voice
        self._utterances = utterances
        self._clock = clock

    def page(
        self,
        stay: Stay,
        number: int,
        round_: int,
        said: Sequence[str],
        seconds: float,
        answer: Answer | None = None,
    ) -> bytes:
        """A round of the wait of about so many seconds; the key that ends it comes back as `number`."""
        before = self._voice.said(answer.prompts, slow=answer.slow) if answer else ()
        music = self._music(seconds - self._utterances.seconds(sounds(said)))
        action = f"{self._public_url}{WAIT}/{KEY}/{number}?{_ours(stay, round_)}"
        prompts = (*before, *self._voice.said(said), music)
        return render([Gather(action, prompts, AFTER_MUSIC_SECONDS, count=1, finish_on_key="")])

    def let_go(self, said: Sequence[str] = ()) -> bytes:
        """Out of the queue; what follows is for whoever is asked where it ended."""
        return render([*self._voice.said(said), Leave()])

    def music_only(self, *, sorry: bool) -> bytes:
        """While nothing can be told: Twilio asks again when it is over."""
        return render([*(self._voice.said(SORRY) if sorry else ()), self._music(IN_TROUBLE_SECONDS)])

    def farewell(self, *said: str) -> bytes:
        """Something to be said at the end, and the end."""
        return render([*self._voice.said(said), Hangup()])

    def again(self, stay: Stay, *, sorry: bool = False) -> bytes:
        """Back into the queue, to wait on."""
        said = self._voice.said(SORRY) if sorry else ()
        return render([*said, self._voice.enqueue(stay.call_id, stay.queue, stay.again + 1)])

    def nothing(self) -> bytes:
        """For a call that is elsewhere."""
        return render([])

    def _music(self, seconds: float) -> Play | Pause:
        most = min(int(seconds), MOST_MUSIC_SECONDS)
        whole = max(most // CHORD_SECONDS, 1) * CHORD_SECONDS
        address = self._utterances.music(whole, self._clock())
        return Play(address) if address else Pause(whole)


def _ours(stay: Stay, round_: int) -> str:
    ours = {"queue": stay.queue, "round": str(round_)}
    return urlencode(ours | ({"again": str(stay.again)} if stay.again else {}))
