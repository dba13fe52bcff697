"""Text messages by Twilio: WhatsApp where a citizen has it, else SMS.

The office writes first, so WhatsApp takes nothing but a template it has approved, with our text as its one
variable (twilio.com/docs/api/errors/63016). What Twilio took may still fail: it is looked at once, a moment
later. What fails after that is not known here.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from config.settings import Settings
from ivr.providers.twilio.asking import AnswerLost, TwilioAway, TwilioRefused
from ivr.providers.twilio.rest import TwilioApi
from ivr.texting.port import GatewayAway, NotAccepted, RefusedForGood, Unsure

LOOK_AFTER_SECONDS = 3.0
LOOK_SECONDS = 5.0
WHATSAPP = "whatsapp:"
TEMPLATE_LETTERS = 1024
"""Of a template and its variables together (twilio.com/docs/api/errors/63021)."""
_AWAY = frozenset(
    {
        *(10001, 20003, 30001, 30002),  # the account: not active, wrong token, too much at once, suspended
        *(21212, 21601, 21603, 21606, 21608, 21611, 21659, 21660, 21661, 21703, 21705),  # who sends it
        *(21655, 63001, 63007, 63008, 63017, 63018, 63038),  # the template, WhatsApp's channel and its limits
    }
)
"""Nobody's message is taken (twilio.com/docs/api/errors)."""
_FOR_GOOD = frozenset(
    {
        *(21211, 21214, 21217, 21265, 21266, 21604, 21612, 21614, 21635),  # no number that texts reach
        *(21610, 63003, 63015, 63024),  # does not want them, or has no WhatsApp
        *(21602, 21617, 21656, 63013, 63016, 63021),  # the text
    }
)
"""This message is never taken, or not to this number (twilio.com/docs/api/errors)."""
_NOT_ALLOWED = frozenset({401, 403, 404})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """Who sends, in the library's words, and how: `prefix` before a number, a `template` for the text."""

    sender: Mapping[str, str] = field(repr=False)
    prefix: str = ""
    template: str = ""

    def content(self, text: str) -> dict[str, str]:
        """The text as it goes out; raises RefusedForGood where it does not fit in."""
        if not self.template:
            return {"body": text}
        # WhatsApp takes a variable on one line alone.
        line = " ".join(text.split())
        if len(line) > TEMPLATE_LETTERS:
            raise RefusedForGood("too long")
        return {
            "content_sid": self.template,
            "content_variables": json.dumps({"1": line}, ensure_ascii=False),
        }


def ways_of(settings: Settings) -> tuple[Way, ...]:
    """How messages go here, the first that takes one."""
    ways = []
    if number := settings.twilio_whatsapp_from:
        ways.append(Way({"from_": f"{WHATSAPP}{number}"}, WHATSAPP, settings.twilio_whatsapp_template))
    if settings.twilio_sms_from:
        ways.append(Way({"from_": settings.twilio_sms_from}))
    elif settings.twilio_messaging_service:
        ways.append(Way({"messaging_service_sid": settings.twilio_messaging_service}))
    return tuple(ways)


class TwilioTexts:
    """Hands messages to Twilio; neither number nor text is ever logged. It does not know our keys."""

    knows_keys = False

    def __init__(
        self, api: TwilioApi, ways: Sequence[Way], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._api = api
        self._ways = ways
        self._pause = pause

    async def send(self, number: str, text: str, key: str) -> None:
        """Hand over, by the next way where one surely did not; raises as the last of them does."""
        *first, last = self._ways
        for way in first:
            try:
                return await self._send(way, number, text)
            except RefusedForGood as refused:
                log.info("text goes another way", why=str(refused))
        await self._send(last, number, text)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.close()

    async def _send(self, way: Way, number: str, text: str) -> None:
        try:
            sid = await self._api.send_message(f"{way.prefix}{number}", way.sender, way.content(text))
        except AnswerLost as lost:
            raise Unsure(lost.why) from None
        except TwilioAway as away:
            raise GatewayAway(away.why) from None
        except TwilioRefused as refused:
            raise refusal(refused.code, refused.status) from None
        if code := await self._fault_of(sid):
            raise failure(code)

    async def _fault_of(self, sid: str) -> int | None:
        """The code a message that was taken has failed with since; None where it has not, or nobody knows."""
        await self._pause(LOOK_AFTER_SECONDS)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._api.fault_of_message(sid)
        except (TimeoutError, TwilioAway, TwilioRefused):
            return None


def refusal(code: int, status: int) -> NotAccepted | RefusedForGood:
    """What Twilio's no to a message means; of a code nobody knows here that it may be tried again."""
    if code in _FOR_GOOD:
        return RefusedForGood(str(code))
    if code in _AWAY or status in _NOT_ALLOWED:
        return GatewayAway(str(code))
    return NotAccepted(str(code))


def failure(code: int) -> GatewayAway | RefusedForGood:
    """What it means that a message failed after it was taken: that a person has to call, as a rule."""
    return GatewayAway(str(code)) if code in _AWAY else RefusedForGood(str(code))
