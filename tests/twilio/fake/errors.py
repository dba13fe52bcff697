"""Twilio's error codes, and the debugger that lists what went wrong (twilio.com/docs/api/errors)."""

from dataclasses import dataclass
from datetime import datetime

RETRIEVAL = 11200
"""HTTP retrieval failure: an answer that is not 2xx."""
CONNECTION = 11205
"""HTTP connection failure: no connection in two tries of 5 s, or no answer within 15 s in all."""
DOCUMENT = 12100
"""Document parse failure."""
NO_RESPONSE = 12102
"""The root element is not `Response`."""
SCHEMA = 12200
"""Schema validation warning: an element or attribute that TwiML does not have; the rest is carried out."""
CONTENT_TYPE = 12300
"""Invalid Content-Type."""
GATHER_FINISH_ON_KEY = 13310
GATHER_METHOD = 13312
GATHER_TIMEOUT = 13313
GATHER_NUM_DIGITS = 13314
GATHER_NESTED = 13320
SAY_TEXT = 13520
ENQUEUE_WAIT_METHOD = 14206
REFER = 13802
"""A SIP telephone sent REFER in a Dial that takes none: it has no referUrl, or dialled a queue."""


@dataclass(frozen=True)
class Notification:
    """A line of the debugger."""

    at: datetime
    code: int
    what: str
    call_sid: str = ""
    url: str = ""


class DocumentFault(Exception):
    """A document cannot be carried out."""

    def __init__(self, code: int, url: str, what: str = "") -> None:
        super().__init__(f"{code} {what} {url}")
        self.code = code
        self.url = url
        self.what = what
