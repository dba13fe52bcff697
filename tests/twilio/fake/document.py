"""An answer read as TwiML.

What may be answered (twilio.com/docs/voice/twiml, "Twilio MIME types"): XML (`text/xml`, `application/xml`,
`text/html`) is TwiML, audio is played, plain text is read out; anything else is 12300. Names of verbs and
attributes have one spelling; one that is not TwiML is warned of (12200) and passed over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.etree import ElementTree

from tests.twilio.fake import errors
from tests.twilio.fake.edge import Sent
from tests.twilio.fake.errors import DocumentFault

_MARKUP = frozenset({"text/xml", "application/xml", "text/html"})
_STATUS = "statusCallback statusCallbackEvent statusCallbackMethod"
_DETECTION = "machineDetection machineDetectionTimeout"
ATTRIBUTES = {
    "Say": "voice language loop",
    "Play": "loop digits",
    "Pause": "length",
    "Gather": "input action method timeout finishOnKey numDigits actionOnEmptyResult language hints",
    "Redirect": "method",
    "Enqueue": "action method waitUrl waitUrlMethod workflowSid",
    "Leave": "",
    "Dial": "action method timeout callerId answerOnBridge referUrl referMethod hangupOnStar timeLimit record"
    " ringTone",
    "Hangup": "",
    "Reject": "reason",
    "Number": f"url method sendDigits byoc {_STATUS} {_DETECTION}",
    "Sip": f"url method username password {_STATUS} {_DETECTION}",
    "Queue": "url method reservationSid postWorkActivitySid",
}
"""The verbs that are carried out here, and their attributes."""
NOUNS = frozenset({"Number", "Sip", "Queue"})
NESTED = {"Gather": frozenset({"Say", "Play", "Pause"}), "Dial": NOUNS}
WHILE_WAITING = frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"})
"""What a document of a waitUrl may hold (twilio.com/docs/voice/twiml/enqueue)."""
BEFORE_BRIDGING = frozenset({"Play", "Say", "Pause", "Redirect"})
"""What a document of a Queue's url may hold (twilio.com/docs/voice/twiml/queue)."""
_DIGITS = frozenset("0123456789#*")

Warn = Callable[[int, str], None]


@dataclass(frozen=True)
class Verb:
    """A verb, or a noun in one."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    inside: tuple["Verb", ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)


@dataclass(frozen=True)
class Document:
    """What to do, one after the other. `url` is where it came from: relative addresses begin there."""

    url: str
    verbs: tuple[Verb, ...]

    def address(self, relative: str) -> str:
        """An address in it."""
        return urljoin(self.url, relative)


def read(sent: Sent, warn: Warn) -> Document:
    """The answer as a document; raises DocumentFault."""
    kind = sent.content_type.partition(";")[0].strip().lower()
    if kind in _MARKUP:
        return Document(sent.url, parsed(sent.answer, sent.url, warn))
    if kind.startswith("audio/"):
        return Document(sent.url, (Verb("Play", text=sent.url),))
    if kind == "text/plain":
        return Document(sent.url, (Verb("Say", text=sent.answer.decode()),))
    raise DocumentFault(errors.CONTENT_TYPE, sent.url, sent.content_type)


def parsed(markup: bytes, url: str, warn: Warn) -> tuple[Verb, ...]:
    """The verbs; raises DocumentFault."""
    try:
        top = ElementTree.fromstring(markup)
    except ElementTree.ParseError as fault:
        raise DocumentFault(errors.DOCUMENT, url, str(fault)) from None
    if top.tag != "Response":
        raise DocumentFault(errors.NO_RESPONSE, url, top.tag)
    return tuple(_verbs(top, frozenset(ATTRIBUTES) - NOUNS, warn))


def _verbs(parent: ElementTree.Element, allowed: frozenset[str], warn: Warn) -> Iterator[Verb]:
    for element in parent:
        if element.tag not in allowed:
            warn(errors.GATHER_NESTED if parent.tag == "Gather" else errors.SCHEMA, f"<{element.tag}>")
            continue
        known = ATTRIBUTES[element.tag].split()
        for name in element.attrib.keys() - set(known):
            warn(errors.SCHEMA, f"<{element.tag} {name}>")
        inside = tuple(_verbs(element, NESTED.get(element.tag, frozenset()), warn))
        verb = Verb(element.tag, dict(element.attrib), (element.text or "").strip(), inside)
        for code, what in _faults(verb):
            warn(code, f"<{verb.name}> {what}")
        yield verb


def _faults(verb: Verb) -> Iterator[tuple[int, str]]:
    if verb.name == "Gather":
        if not set(verb.get("finishOnKey")) <= _DIGITS or len(verb.get("finishOnKey")) > 1:
            yield errors.GATHER_FINISH_ON_KEY, "finishOnKey"
        if verb.get("method", "POST") not in {"GET", "POST"}:
            yield errors.GATHER_METHOD, "method"
        if not _positive(verb.get("timeout", "5")):
            yield errors.GATHER_TIMEOUT, "timeout"
        if not _positive(verb.get("numDigits", "1")):
            yield errors.GATHER_NUM_DIGITS, "numDigits"
    if verb.name == "Enqueue" and verb.get("waitUrlMethod", "POST") not in {"GET", "POST"}:
        yield errors.ENQUEUE_WAIT_METHOD, "waitUrlMethod"
    if verb.name == "Say" and not verb.text:
        yield errors.SAY_TEXT, "text"


def _positive(written: str) -> bool:
    return written.isascii() and written.isdigit() and int(written) > 0
