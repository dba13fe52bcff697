"""Twilio's REST API, as far as the hotline uses it: calls, the number's addresses, messages.

From twilio.com/docs/voice/api/call-resource, /docs/phone-numbers/api/incomingphonenumber-resource,
/docs/messaging/api/message-resource and /docs/iam/api/account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Any

from ivr.providers.twilio.asking import LIST_SECONDS, Asking, Http, TwilioRefused

OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Statuses a call has for good."""
TOLD = ("initiated", "ringing", "answered", "completed")
"""What of a call is told to its status callback."""
FAILED = frozenset({"failed", "undelivered"})
UNKNOWN = 30008
"""Twilio's own code for a message that failed for a reason nobody told."""
LEADING = ("voice_application_sid", "trunk_sid")
"""What goes before a number's own webhooks."""
NOT_FOUND = 404
NOT_IN_PROGRESS = 21220
PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class CallState:
    """A call as Twilio knows it now; `status` is its own word. A call nobody answered lasted 0 seconds."""

    sid: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int | None
    parent_sid: str | None
    direction: str
    to: str = field(repr=False)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or never came to be."""
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class AccountState:
    """`status` is active, suspended or closed; a trial account reaches numbers it has verified only."""

    status: str
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where a number's calls are answered, and their ends told; empty where nowhere."""

    voice_url: str
    voice_method: str
    voice_fallback_url: str
    status_callback: str
    status_callback_method: str


@dataclass(frozen=True, slots=True)
class NumberState:
    """A number of the account's; while it is `led_elsewhere`, Twilio passes its webhooks over."""

    sid: str
    has_voice: bool
    webhooks: Webhooks
    led_elsewhere: Mapping[str, str] = field(default_factory=dict)


class TwilioApi:
    """One account's API. Every method raises TwilioAway, and TwilioRefused with Twilio's code."""

    def __init__(self, account: str, token: str, http: Any = None) -> None:
        self._account = account
        self._token = token
        self._http = http or Http()
        self._asking = Asking()

    async def prepare(self) -> None:
        """Load the library, which takes it 0.6 s, before anybody waits for it."""
        await self._asking.ask(lambda: self._client)

    async def place_call(
        self,
        to: str,
        from_: str,
        *,
        url: str | None = None,
        twiml: bytes | None = None,
        status_url: str,
        ring_seconds: int,
        proof: Mapping[str, str] | None = None,
    ) -> str:
        """Ring `to` (E.164 or sip:), who then hears the document at `url`, or `twiml`; the call's SID.

        `proof` is what a SIP server is to be shown. After AnswerLost the telephone may ring all the same.
        """
        document = {"url": url, "method": "POST"} if url else {"twiml": (twiml or b"").decode()}
        made = await self._asking.ask(
            lambda: self._client.calls.create(
                to=to,
                from_=from_,
                status_callback=status_url,
                status_callback_method="POST",
                status_callback_event=list(TOLD),
                timeout=ring_seconds,
                **document,
                **(proof or {}),
            )
        )
        return str(made.sid)

    async def end_call(self, sid: str) -> None:
        """End a call, or stop it ringing; one that is over already, or unknown, is no error."""
        try:
            await self._asking.ask(lambda: self._client.calls(sid).update(status="completed"))
        except TwilioRefused as refused:
            if refused.status != NOT_FOUND and refused.code != NOT_IN_PROGRESS:
                raise

    async def redirect_call(self, sid: str, url: str) -> None:
        """Have a call that is in progress go on with the document at `url`."""
        await self._asking.ask(lambda: self._client.calls(sid).update(url=url, method="POST"))

    async def state_of(self, sid: str) -> CallState | None:
        """How a call stands; None where there is no such call."""
        try:
            return await self._asking.ask(lambda: _call(self._client.calls(sid).fetch()))
        except TwilioRefused as refused:
            if refused.status != NOT_FOUND:
                raise
        return None

    async def legs_of(self, parent_sid: str) -> list[CallState]:
        """The calls that were dialled from within a call."""
        return await self._calls(parent_call_sid=parent_sid)

    async def calls_since(self, at: datetime) -> list[CallState]:
        """All calls that began at `at` or later, the newest first."""
        # The documentation promises the filter for whole days (UTC) alone.
        midnight = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
        found = await self._calls(start_time_after=midnight)
        return [call for call in found if call.started_at is None or call.started_at >= at]

    async def calls_in_progress(self) -> list[CallState]:
        """All calls that were taken up and are not over."""
        return await self._calls(status="in-progress")

    async def account_state(self) -> AccountState:
        """How the account stands; where the token is wrong Twilio's code is 20003."""
        found = await self._asking.ask(lambda: self._client.api.accounts(self._account).fetch())
        return AccountState(str(found.status), found.type == "Trial")

    async def number(self, phone_number: str) -> NumberState | None:
        """The account's number (E.164), if it has it."""
        found = await self._asking.ask(
            lambda: self._client.incoming_phone_numbers.list(phone_number=phone_number, limit=1)
        )
        return _number(found[0]) if found else None

    async def set_webhooks(self, number: NumberState, webhooks: Webhooks) -> NumberState:
        """Have a number's calls answered there, and nowhere else; returns the number as it is then."""
        freed = dict.fromkeys(number.led_elsewhere, "")
        changes = {
            "voice_url": webhooks.voice_url,
            "voice_method": webhooks.voice_method,
            "voice_fallback_url": webhooks.voice_fallback_url,
            "voice_fallback_method": "POST",
            "status_callback": webhooks.status_callback,
            "status_callback_method": webhooks.status_callback_method,
        }
        return await self._asking.ask(
            lambda: _number(self._client.incoming_phone_numbers(number.sid).update(**changes, **freed))
        )

    async def send_message(self, to: str, sender: Mapping[str, str], content: Mapping[str, str]) -> str:
        """Have a message sent, by the library's names for who sends it and what it says; its SID."""
        sent = await self._asking.ask(lambda: self._client.messages.create(to=to, **sender, **content))
        return str(sent.sid)

    async def fault_of_message(self, sid: str) -> int | None:
        """Twilio's code for why a message failed; None where it has not, UNKNOWN where it says none."""
        found = await self._asking.ask(lambda: self._client.messages(sid).fetch())
        return int(found.error_code or UNKNOWN) if found.status in FAILED else None

    async def close(self) -> None:
        """Let go of connections and threads."""
        self._asking.close()
        if isinstance(self._http, Http):
            self._http.close()

    async def _calls(self, **wanted: Any) -> list[CallState]:
        def listed() -> list[CallState]:
            return [_call(one) for one in self._client.calls.stream(page_size=PAGE_SIZE, **wanted)]

        return await self._asking.ask(listed, LIST_SECONDS)

    @cached_property
    def _client(self) -> Any:
        from twilio.rest import Client  # type: ignore[import-untyped]

        return Client(self._account, self._token, http_client=self._http)


def _call(found: Any) -> CallState:
    return CallState(
        sid=found.sid,
        status=str(found.status),
        started_at=found.start_time,
        ended_at=found.end_time,
        duration_seconds=int(found.duration) if found.duration else None,
        parent_sid=found.parent_call_sid or None,
        direction=str(found.direction),
        to=found.to or "",
    )


def _number(found: Any) -> NumberState:
    elsewhere = {name: sid for name in LEADING if (sid := getattr(found, name))}
    webhooks = Webhooks(
        voice_url=found.voice_url or "",
        voice_method=found.voice_method or "",
        voice_fallback_url=found.voice_fallback_url or "",
        status_callback=found.status_callback or "",
        status_callback_method=found.status_callback_method or "",
    )
    return NumberState(found.sid, bool(found.capabilities.get("voice")), webhooks, elsewhere)
