"""What a call is told to do, in Twilio's markup (TwiML). Pure: the same verbs are the same bytes.

Every text and every attribute is escaped, and characters that no XML may hold are left out, so that
nothing a person typed can become a verb.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

INDONESIAN = "id-ID"
INDONESIAN_VOICE = "Google.id-ID-Standard-A"
"""Without one it is `man`, who speaks no Indonesian, and then nothing may be said at all
(twilio.com/docs/voice/twiml/say, /say/text-speech)."""
CONTENT_TYPE = "text/xml; charset=utf-8"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?><Response>'
_SPECIAL = re.compile("[&<>\"'\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


@dataclass(frozen=True, slots=True)
class Say:
    """Read a text out."""

    text: str
    language: str = INDONESIAN
    voice: str | None = INDONESIAN_VOICE


@dataclass(frozen=True, slots=True)
class Play:
    """Play the sound at `url`."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Take keys until none comes for `timeout_seconds` after `prompts` or the last key; then ask `action`.

    It is asked where no key came, too. `count` keys end it, or `finish_on_key`; "" is no such key.
    """

    action: str
    prompts: tuple[Say | Play | Pause, ...] = ()
    timeout_seconds: int = 5
    count: int | None = None
    finish_on_key: str = "#"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the document at `url`."""

    url: str


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait in `queue`, hearing the document at `wait_url` again and again; leaving it, `action` is asked."""

    queue: str
    wait_url: str
    action: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue; in a document of a `wait_url` alone."""


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """Where the states of a dialled leg are told, and which of initiated, ringing, answered, completed."""

    url: str
    events: tuple[str, ...] = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number; whoever answers hears the document at `url` first."""

    number: str = field(repr=False)
    url: str | None = None
    status: StatusCallback | None = None


@dataclass(frozen=True, slots=True)
class Sip:
    """A SIP address; whoever answers hears the document at `url` first. Its server may want a proof."""

    address: str
    url: str | None = None
    status: StatusCallback | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Queue:
    """The longest waiting caller of a queue, who hears the document at `url` first."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Put somebody else through; `action` is asked when that is over, or was in vain.

    Without one the call ends with the talk, and the next verb follows where it was in vain.
    """

    target: Number | Sip | Queue
    action: str | None
    timeout_seconds: int = 30
    caller_id: str | None = field(default=None, repr=False)
    answer_on_bridge: bool = False


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not take the call at all: nothing is paid for it. `reason` is "rejected" or "busy"."""

    reason: str = "rejected"


Verb = Say | Play | Pause | Gather | Redirect | Enqueue | Leave | Dial | Hangup | Reject


def render(verbs: Iterable[Verb]) -> bytes:
    """The document that has a call do this, one after the other."""
    return f"{_HEAD}{''.join([_markup(verb) for verb in verbs])}</Response>".encode()


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPED.get(found[0], ""), text)


def _element(name: str, attributes: Mapping[str, str | None], inside: str = "") -> str:
    """`inside` is markup already; an attribute that is None is left out."""
    head = "".join([f' {key}="{_escaped(value)}"' for key, value in attributes.items() if value is not None])
    return f"<{name}{head}>{inside}</{name}>" if inside else f"<{name}{head}/>"


def _markup(verb: Verb | Number | Sip | Queue) -> str:
    return _MARKUP[type(verb)](verb)


def _say(say: Say) -> str:
    return _element("Say", {"language": say.language, "voice": say.voice}, _escaped(say.text))


def _gather(gather: Gather) -> str:
    attributes = {
        "input": "dtmf",
        "action": gather.action,
        "method": "POST",
        "timeout": str(gather.timeout_seconds),
        "numDigits": None if gather.count is None else str(gather.count),
        "finishOnKey": gather.finish_on_key,
        "actionOnEmptyResult": "true",
    }
    return _element("Gather", attributes, "".join([_markup(prompt) for prompt in gather.prompts]))


def _enqueue(enqueue: Enqueue) -> str:
    attributes = {
        "waitUrl": enqueue.wait_url,
        "waitUrlMethod": "POST",
        "action": enqueue.action,
        "method": "POST",
    }
    return _element("Enqueue", attributes, _escaped(enqueue.queue))


def _dial(dial: Dial) -> str:
    attributes = {
        "action": dial.action,
        "method": None if dial.action is None else "POST",
        "timeout": str(dial.timeout_seconds),
        "callerId": dial.caller_id,
        "answerOnBridge": "true" if dial.answer_on_bridge else None,
    }
    return _element("Dial", attributes, _markup(dial.target))


def _leg(name: str, address: str, url: str | None, status: StatusCallback | None, **proof: str | None) -> str:
    attributes = {
        **proof,
        "url": url,
        "statusCallback": status.url if status else None,
        "statusCallbackEvent": " ".join(status.events) if status else None,
    }
    return _element(name, attributes, _escaped(address))


_MARKUP: dict[type, Callable[..., str]] = {
    Say: _say,
    Play: lambda play: _element("Play", {}, _escaped(play.url)),
    Pause: lambda pause: _element("Pause", {"length": str(pause.seconds)}),
    Gather: _gather,
    Redirect: lambda redirect: _element("Redirect", {"method": "POST"}, _escaped(redirect.url)),
    Enqueue: _enqueue,
    Leave: lambda _leave: _element("Leave", {}),
    Dial: _dial,
    Number: lambda number: _leg("Number", number.number, number.url, number.status),
    Sip: lambda sip: _leg(
        "Sip", sip.address, sip.url, sip.status, username=sip.username, password=sip.password
    ),
    Queue: lambda queue: _element("Queue", {"url": queue.url}, _escaped(queue.name)),
    Hangup: lambda _hangup: _element("Hangup", {}),
    Reject: lambda reject: _element("Reject", {"reason": reject.reason}),
}
