"""Text messages, by SMS or (`whatsapp:` before both numbers) WhatsApp.

From twilio.com/docs/messaging/api/message-resource and
/docs/messaging/guides/track-outbound-message-status: a number sends it, or a Messaging Service, and it says
its `Body`, or a template (`ContentSid`) with `ContentVariables` filled in
(twilio.com/docs/content/send-templates-created-with-the-content-template-builder). A message is `queued`,
then `sent`, then `delivered` or `undelivered`; one nobody can be reached by `failed`. Each but the first is
told to the StatusCallback with MessageSid, MessageStatus, their old names SmsSid and SmsStatus, From, To,
AccountSid and ApiVersion, and ErrorCode where it went wrong. A WhatsApp message that was read is `read`, too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tests.twilio.fake.account import API_VERSION

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

BETWEEN_SECONDS = 1.0
GSM_LETTERS, UNICODE_LETTERS = 160, 70
WHATSAPP = "whatsapp:"


@dataclass
class Message:
    """A message to one person."""

    sid: str
    from_: str
    to: str
    body: str
    created_at: datetime
    updated_at: datetime
    callback: str = ""
    service_sid: str | None = None
    status: str = "queued"
    sent_at: datetime | None = None
    meets: int | None = None
    """The error code it will end with."""

    @property
    def segments(self) -> str:
        """How many messages it takes, roughly: letters beyond ASCII halve what fits in one."""
        most = GSM_LETTERS if self.body.isascii() else UNICODE_LETTERS
        return str(max(1, -(-len(self.body) // most)))

    @property
    def error_code(self) -> int | None:
        """What went wrong, once it has."""
        return self.meets if self.status in {"failed", "undelivered"} else None

    @property
    def way(self) -> list[str]:
        """The statuses it goes through."""
        if self.meets and self.to.startswith(WHATSAPP):
            return ["failed"]
        if self.meets:
            return ["sent", "undelivered"]
        return ["sent", "delivered", *(["read"] if self.to.startswith(WHATSAPP) else [])]


async def deliver(twilio: "FakeTwilio", message: Message) -> None:
    """On its way, one status after the other."""
    for status in message.way:
        await twilio.clock.sleep(BETWEEN_SECONDS)
        message.status = status
        message.updated_at = twilio.clock.now()
        message.sent_at = message.sent_at or (twilio.clock.now() if status == "sent" else None)
        if message.callback:
            twilio.callbacks.send(message.callback, _told(twilio, message))


def _told(twilio: "FakeTwilio", message: Message) -> dict[str, str]:
    form = {
        "AccountSid": twilio.account.sid,
        "ApiVersion": API_VERSION,
        "From": message.from_,
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.error_code:
        form["ErrorCode"] = str(message.error_code)
    if message.to.startswith(WHATSAPP):
        form |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": message.to}
    return form
