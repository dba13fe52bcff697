"""The office's phones by their names. What they are dialled by stands in no shift, no fact and no address.

An agent's own mobile may be among them. A number that is asked for is never dialled: whoever could would call
the world at the office's cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from config.errors import Unavailable
from ivr.providers.provider import BrowserAccount, Kind, Phone, Role


class NoBrowsers(Unavailable):
    """No SIP server of ours is set up for browsers."""

    def __init__(self) -> None:
        super().__init__(
            "Telepon browser belum disiapkan. Isi HOTLINE_TWILIO_SIP.",
            "Browser phones are not set up. Set HOTLINE_TWILIO_SIP.",
        )


class BrowserPhones(Protocol):
    """Our own SIP server, at which agents' browsers are phones."""

    def phones(self, role: Role, kind: Kind) -> Sequence[Phone]:
        """The phones of one role and kind."""

    def browser_socket(self, asked: str) -> str:
        """Whereto browsers connect."""

    def browser_account(self, phone: Phone, asked: str) -> BrowserAccount:
        """What a browser needs to be that phone."""


@dataclass(frozen=True, slots=True)
class OwnSip:
    """Where Twilio reaches our SIP server (`host:port`, by TLS), and what it proves itself by there."""

    host: str
    user: str
    secret: str = field(repr=False)

    def address(self, account: str) -> str:
        """What Twilio dials to ring that account."""
        return f"sip:{account}@{self.host};transport=tls"

    @property
    def proof(self) -> Mapping[str, str]:
        """User and secret by the library's names."""
        return {"sip_auth_username": self.user, "sip_auth_password": self.secret}


class OfficePhones:
    """Agents' phones: `named` are dialled as they stand (E.164 or sip:), browsers' through our SIP server."""

    def __init__(
        self, named: Mapping[str, str], browsers: BrowserPhones | None = None, own: OwnSip | None = None
    ) -> None:
        self._browsers = browsers
        self._dialled = dict(named)
        self._own = own
        self._named = [Phone(name, name, "sip", "agent") for name in named]
        self._in_browsers = list(browsers.phones("agent", "browser")) if browsers and own else []
        if own:
            self._dialled |= {phone.address: own.address(phone.account) for phone in self._in_browsers}

    def dialled(self, name: str) -> str | None:
        """What the phone of that name is dialled by, if there is one."""
        return self._dialled.get(name)

    def proof(self, name: str) -> Mapping[str, str] | None:
        """What has to be shown to ring it; None where nothing is asked for."""
        in_browser = any(phone.address == name for phone in self._in_browsers)
        return self._own.proof if self._own and in_browser else None

    def of_kind(self, kind: Kind) -> list[Phone]:
        """The phones of one kind."""
        return self._in_browsers if kind == "browser" else self._named

    def browser_socket(self, asked: str) -> str:
        """Whereto browsers connect; nowhere where there are none."""
        return self._browsers.browser_socket(asked) if self._browsers else ""

    def browser_account(self, phone: Phone, asked: str) -> BrowserAccount:
        """What a browser needs to be that phone; raises NoBrowsers."""
        if self._browsers is None:
            raise NoBrowsers
        return self._browsers.browser_account(phone, asked)
