"""A call as the account knows it, and what is told of it in every request.

The parameters stand in twilio.com/docs/voice/twiml ("Request parameters"). `Called`, `Caller` and the
geographic ones come along with them, blank where nothing is known. `ForwardedFrom` and `CallerName` are left
out, as they are where no carrier tells them and no look-up is paid for.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from tests.twilio.fake.account import API_VERSION, Account, IncomingNumber

OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Statuses a call has for good."""


def rfc2822(instant: datetime) -> str:
    """An instant as Twilio writes it."""
    return format_datetime(instant)


@dataclass(frozen=True)
class StatusCallback:
    """Where a call's progress is told; without events named, only that it is completed."""

    url: str
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)


@dataclass
class Call:
    """One call: `inbound`, `outbound-api` or `outbound-dial`."""

    sid: str
    account: Account
    from_: str
    to: str
    direction: str
    created_at: datetime
    number: IncomingNumber | None = None
    parent_sid: str | None = None
    status: str = "queued"
    callback: StatusCallback | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    sip_response: int = 200
    told: int = 0
    dialled_from: str = field(default="ID")
    proof: tuple[str, str] = ("", "")
    """User and password for a SIP server (twilio.com/docs/voice/twiml/sip, "Authentication")."""

    @property
    def seconds(self) -> int:
        """How long it was; whoever did not answer was not on the line."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())

    def form(self) -> dict[str, str]:
        """The parameters of every request about it."""
        form = {
            "AccountSid": self.account.sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Direction": self.direction,
        }
        for name, number in (
            ("From", self.from_),
            ("Caller", self.from_),
            ("To", self.to),
            ("Called", self.to),
        ):
            form[name] = number
            form |= {f"{name}City": "", f"{name}State": "", f"{name}Zip": ""}
            form[f"{name}Country"] = self.dialled_from if number.startswith("+62") else ""
        if self.parent_sid:
            form["ParentCallSid"] = self.parent_sid
        return form
