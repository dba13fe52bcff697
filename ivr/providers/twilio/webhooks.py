"""What Twilio asks us by HTTP: a bare ASGI application, for callers hear its every millisecond as silence.

The signature comes first. A request that is signed gets a reply whatever happens to us: a caller whose turn
cannot be told goes on to people.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from config.clock import Clock
from config.errors import Forbidden, NotFound, Refused, Unavailable
from ivr.dialogue import Caller
from ivr.providers.twilio.signature import HEADER, Form, NotFromTwilio, SignatureCheck
from ivr.providers.twilio.twiml import CONTENT_TYPE
from ivr.providers.twilio.utterances import FOLDER, Utterances
from ivr.providers.twilio.voice import VOICE, VoiceReplies
from ivr.turns import Turns

BODY_BYTES = 16 * 1024
TOLD_EVERY_SECONDS = 10.0
SIGNATURE = HEADER.lower().encode()
_TURN = re.compile(rf"{VOICE}(?:/([1-9][0-9]{{0,2}}))?")
_SOUND = re.compile(rf"{FOLDER}/([0-9]+)/([0-9a-f]+)/([^/]+(?:/[^/]+)*)\.wav")
_CALL = re.compile(r"CA[0-9a-f]{32}")
_KEYS = re.compile(r"[0-9*#]{0,20}")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = structlog.get_logger(__name__)


class TooLarge(Refused):
    """No request of Twilio's is as large."""

    def __init__(self) -> None:
        super().__init__("Permintaan terlalu besar.", "The request is too large.")


class NotThere(NotFound):
    """No address of ours."""

    def __init__(self) -> None:
        super().__init__("Alamat ini tidak ada.", "There is no such address.")


class OddForm(Refused):
    """Signed, and yet nothing a call of ours sends."""

    def __init__(self) -> None:
        super().__init__("Isi permintaan tidak dikenal.", "The form is not one of a call.")


TOO_LARGE, ODD = 413, 400


class TwilioWebhooks:
    """Answers one account's requests; `line` is its name in the ledger, `queue` where its callers wait."""

    def __init__(
        self,
        check: SignatureCheck,
        account: str,
        line: str,
        queue: Callable[[], str],
        turns: Turns,
        replies: VoiceReplies,
        utterances: Utterances,
        clock: Clock,
    ) -> None:
        self._check = check
        self._account = account
        self._line = line
        self._queue = queue
        self._turns = turns
        self._replies = replies
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
        if scope["method"] == "GET" and (asked := _SOUND.fullmatch(path)):
            until, signature, said = asked.groups()
            return "audio/wav", self._utterances.wave(until, signature, said, self._clock())
        turn = _TURN.fullmatch(path) if scope["method"] == "POST" else None
        if turn is None:
            raise NotThere
        form = await self._form(scope, receive)
        return CONTENT_TYPE, await self._turn(form, int(turn[1] or 0))

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

    async def _turn(self, form: Form, number: int) -> bytes:
        pressed = form.get("Digits", "")
        if not _KEYS.fullmatch(pressed):
            raise OddForm
        caller = Caller(form["CallSid"], self._line, form.get("To", ""), form.get("From"))
        try:
            return await self._turns.take(caller, number, pressed, self._replies.turn)
        except Exception as fault:
            # Its text may quote what was keyed in; whatever it is, the caller is not left with it.
            known = isinstance(fault, Unavailable)
            (log.warning if known else log.error)(
                "caller sent on to people", fault=type(fault).__name__, call_id=caller.call_id
            )
            return self._replies.to_people(self._queue())


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
