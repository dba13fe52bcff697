"""What Twilio asks us by HTTP: a bare ASGI application, for callers hear its every millisecond as silence.

The signature comes first. A request that is signed gets a reply whatever happens to us.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import structlog

from config.clock import Clock
from config.errors import Forbidden, NotFound, Refused, Unavailable
from ivr.providers.twilio.doorway import Asked, Door, NotThere, OddForm
from ivr.providers.twilio.signature import HEADER, Form, NotFromTwilio, SignatureCheck
from ivr.providers.twilio.twiml import CONTENT_TYPE
from ivr.providers.twilio.utterances import FOLDER, Utterances

BODY_BYTES = 16 * 1024
SIGNATURE = HEADER.lower().encode()
_SOUND = re.compile(rf"{FOLDER}/([0-9]+)/([0-9a-f]+)/([^/]+(?:/[^/]+)*)\.wav")
_CALL = re.compile(r"CA[0-9a-f]{32}")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = structlog.get_logger(__name__)


class TooLarge(Refused):
    """No request of Twilio's is as large."""

    def __init__(self) -> None:
        super().__init__("Permintaan terlalu besar.", "The request is too large.")


TOO_LARGE, ODD = 413, 400


class TwilioWebhooks:
    """Answers one account's requests, each by the door whose path it is below."""

    def __init__(
        self,
        check: SignatureCheck,
        account: str,
        doors: Sequence[Door],
        utterances: Utterances,
        clock: Clock,
    ) -> None:
        self._check = check
        self._account = account
        self._doors = {door.path: door for door in doors}
        self._utterances = utterances
        self._clock = clock
        self.refused = 0
        """Requests that were not Twilio's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            kind, reply = await self._reply(scope, receive)
        except Refused as refusal:
            await _answer(send, _status_of(refusal), "text/plain; charset=utf-8", refusal.text.en.encode())
            return
        await _answer(send, 200, kind, reply)

    async def _reply(self, scope: Scope, receive: Receive) -> tuple[str, bytes]:
        path = scope["path"]
        if scope["method"] == "GET" and (sound := _SOUND.fullmatch(path)):
            until, signature, said = sound.groups()
            return "audio/wav", self._utterances.wave(until, signature, said, self._clock())
        door, below = self._door(path)
        if door is None or scope["method"] != "POST":
            raise NotThere
        form = await self._form(scope, receive)
        query = scope["query_string"]
        ours = dict(parse_qsl(query.decode("latin-1"))) if query else {}
        return CONTENT_TYPE, await self._document(door, Asked(below, ours, form))

    def _door(self, path: str) -> tuple[Door | None, str]:
        """The door of a path `/twilio/NAME` or below it, and what is below."""
        parts = path.split("/", 3)
        return self._doors.get("/".join(parts[:3])), parts[3] if len(parts) > 3 else ""

    async def _form(self, scope: Scope, receive: Receive) -> Form:
        body = await _body(receive)
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        signature = dict(scope["headers"]).get(SIGNATURE, b"")
        try:
            form = self._check.form(target.decode("latin-1"), body, signature)
        except NotFromTwilio:
            self.refused += 1
            log.warning("request not from Twilio", refused=self.refused)
            raise
        if form.get("AccountSid") != self._account or not _CALL.fullmatch(form.get("CallSid", "")):
            raise OddForm
        return form

    async def _document(self, door: Door, asked: Asked) -> bytes:
        try:
            return await door.answer(asked)
        except (NotThere, OddForm):
            raise
        except Exception as fault:
            # Its text may quote what was keyed in; whatever it is, the caller is not left with it.
            known = isinstance(fault, Unavailable)
            (log.warning if known else log.error)(
                "request answered in trouble",
                fault=type(fault).__name__,
                path=door.path,
                call_id=asked.call_id,
            )
            return door.in_trouble(asked)


def _status_of(refusal: Refused) -> int:
    if isinstance(refusal, NotFound):
        return 404
    if isinstance(refusal, Forbidden):
        return 403
    return TOO_LARGE if isinstance(refusal, TooLarge) else ODD


async def _body(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES:
            raise TooLarge
        more = message.get("more_body", False)
    return b"".join(parts)


async def _answer(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
