"""A turn of the walk in Twilio's markup: what is said, which keys are taken, and where the call goes on."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from config.clock import Clock
from ivr.providers.twilio.twiml import Enqueue, Gather, Hangup, Pause, Play, Say, render
from ivr.providers.twilio.utterances import Utterances
from ivr.speech.digits import PAUSE
from ivr.speech.greeting import greeting
from ivr.speech.prompts import sounds
from ivr.steps import AskDigits, AskKey, HangUp, Spoken, Walk
from ivr.steps import Enqueue as ToPeople

VOICE, WAIT, LEFT = "/twilio/voice", "/twilio/queue", "/twilio/queue/left"
AFTER_SPEECH_SECONDS = 1
"""How long a key may follow what asks for none: a `*` has it said again."""
SORRY = ("tetap-dilayani",)


class VoiceReplies:
    """Writes replies for calls to `public_url`; `texts` has the words of prompts that have no sound."""

    def __init__(
        self, public_url: str, utterances: Utterances, texts: Callable[[], Mapping[str, str]], clock: Clock
    ) -> None:
        self._public_url = public_url.rstrip("/")
        self._utterances = utterances
        self._texts = texts
        self._clock = clock

    def turn(self, call_id: str, walk: Walk, step: Spoken | ToPeople | HangUp, number: int) -> bytes:
        """The reply that ends a turn; the caller's answer comes back as turn `number`."""
        match step:
            case ToPeople():
                return render([self.enqueue(call_id, step.queue)])
            case HangUp():
                return render([Hangup()])
            case _:
                return render([self._gather(step, number)])

    def to_people(self, call_id: str, queue: str) -> bytes:
        """For a caller whose turn cannot be told: nobody is sent away, and no number is invented."""
        return render([*self.said(SORRY), self.enqueue(call_id, queue)])

    def enqueue(self, call_id: str, queue: str, again: int = 0) -> Enqueue:
        """Each caller waits in a queue of their own at Twilio, so that an agent is put through to this one.

        Who is next is ours to say (`ivr.queues`): a queue of Twilio's gives its first caller to whoever asks.
        `again` counts the call's stays there before this one.
        """
        ours = f"?{urlencode({'queue': queue} | ({'again': again} if again else {}))}"
        return Enqueue(call_id, f"{self._public_url}{WAIT}{ours}", f"{self._public_url}{LEFT}{ours}")

    def _gather(self, step: Spoken, number: int) -> Gather:
        action, said = f"{self._public_url}{VOICE}/{number}", self.said(step.prompts, slow=step.slow)
        if number == 1:
            said = (*self.said((greeting(self._clock()),)), *said)
        match step:
            case AskKey():
                return Gather(action, said, step.window_seconds, count=1, finish_on_key="")
            case AskDigits():
                return Gather(action, said, step.window_seconds)
            case _:
                return Gather(action, said, AFTER_SPEECH_SECONDS, count=1, finish_on_key="")

    def said(self, names: Sequence[str], *, slow: bool = False) -> tuple[Say | Play | Pause, ...]:
        """Our own recording of it all, or else Twilio's voice."""
        played = sounds(names, slow=slow)
        if played and self._utterances.has(played):
            return (Play(self._utterances.address(played, self._clock())),)
        return tuple(self._spoken(names))

    def _spoken(self, names: Sequence[str]) -> list[Say | Play | Pause]:
        """Twilio's voice; a pause stays one, so that a number's groups are heard as such."""
        texts, verbs, words = self._texts(), list[Say | Play | Pause](), list[str]()
        for name in (*names, PAUSE):
            if name != PAUSE:
                words.append(texts.get(name, ""))
                continue
            if said := " ".join(filter(None, words)):
                verbs += [Say(said), Pause(1)]
            words.clear()
        return verbs[:-1]
