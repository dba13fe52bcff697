"""The verbs that need nobody else: Say, Play, Pause, Gather, Redirect, Leave, Hangup, Reject.

Gather (twilio.com/docs/voice/twiml/gather): a key ends what is being said and is waited on by `timeout` for
the next one; `numDigits` keys, `finishOnKey` (default `#`, not part of `Digits`) or the time-out end it.
With keys the action URL is asked, by default the document's own; without, the next verb follows, unless
`actionOnEmptyResult`. `finishOnKey` alone is no input. Undocumented: keys pressed before a Gather are lost;
whether `Digits` comes along empty, which `blank_digits` of the fake decides.
"""

from collections.abc import Awaitable, Callable

from tests.twilio.fake.document import Document, Verb
from tests.twilio.fake.leg import Ended, Interrupted, Leg, Rejected, Source

Deed = Callable[[Leg, Document, Verb], Awaitable[Source | None]]


class Left(Interrupted):
    """The caller leaves the queue by `Leave`."""


async def say(leg: Leg, document: Document, verb: Verb) -> None:
    """Read out; `loop` times, 0 for ever."""
    await _sounded(leg, "say", verb, leg.twilio.speech_seconds(verb.text))


async def play(leg: Leg, document: Document, verb: Verb) -> None:
    """Play."""
    seconds = await leg.twilio.sounds.seconds(document.address(verb.text), leg.call.sid)
    await _sounded(leg, "play", verb, seconds)


async def _sounded(leg: Leg, kind: str, verb: Verb, seconds: float) -> None:
    leg.answer()
    times = int(verb.get("loop", "1")) or 1_000_000
    for _ in range(times):
        await leg.hear(kind, verb.text, seconds, lambda: leg.gathering and leg.keys)
        if leg.gathering and leg.keys:
            return


async def pause(leg: Leg, document: Document, verb: Verb) -> None:
    """Silence; before all other verbs, it is the call that is not answered yet."""
    await leg.hear("pause", "", float(verb.get("length", "1")), lambda: leg.gathering and leg.keys)


_PROMPTS = {"Say": say, "Play": play, "Pause": pause}


async def gather(leg: Leg, document: Document, verb: Verb) -> Source | None:
    """Take keys."""
    leg.answer()
    leg.keys.clear()
    leg.gathering = True
    try:
        for prompt in verb.inside:
            await _PROMPTS[prompt.name](leg, document, prompt)
            if leg.keys:
                break
        digits = await _digits(leg, verb)
    finally:
        leg.gathering = False
    if not digits and verb.get("actionOnEmptyResult") != "true":
        return None
    told = {"Digits": digits} if digits or leg.twilio.blank_digits else {}
    return Source(document.address(verb.get("action")), verb.get("method", "POST"), told)


async def _digits(leg: Leg, verb: Verb) -> str:
    finish, most = verb.get("finishOnKey", "#"), int(verb.get("numDigits", "0"))
    digits = ""
    while await leg.wait(float(verb.get("timeout", "5")), lambda: leg.keys):
        key = leg.keys.popleft()
        if key == finish:
            break
        digits += key
        if len(digits) == most:
            break
    return digits


async def redirect(leg: Leg, document: Document, verb: Verb) -> Source:
    """On to another document."""
    return Source(document.address(verb.text), verb.get("method", "POST"))


async def leave(leg: Leg, document: Document, verb: Verb) -> None:
    """Out of the queue; outside of one it does nothing."""
    if leg.queued:
        raise Left


async def hangup(leg: Leg, document: Document, verb: Verb) -> None:
    """End the call."""
    raise Ended


async def reject(leg: Leg, document: Document, verb: Verb) -> None:
    """Do not take it; as any other verb than the first it only ends the call."""
    if leg.call.answered_at:
        raise Ended
    raise Rejected("busy" if verb.get("reason") == "busy" else "no-answer")
