"""What a telephone system must be able to do for the hotline, whatever its make."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from ivr.switchboard import Switchboard

Role = Literal["agent", "citizen"]
Kind = Literal["sip", "browser"]


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that can be rung: a desk phone or a browser, an agent's or a practising citizen's.

    `address` is what the switchboard rings it by; a browser takes it with its account's secret.
    """

    address: str
    account: str
    kind: Kind
    role: Role
    caller_number: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BrowserAccount:
    """What a browser needs to be a phone: a SIP account, and the WebSocket it registers by."""

    ws_url: str
    uri: str
    username: str
    password: str = field(repr=False)


class Provider(Protocol):
    """One telephone system, opened and closed by the house."""

    @property
    def line_number(self) -> str:
        """The number citizens dial."""

    @property
    def control(self) -> Switchboard:
        """The one door for commands to it."""

    @property
    def connected_since(self) -> datetime | None:
        """Since when its events come; None while they do not."""

    @property
    def is_live(self) -> bool:
        """Whether it was heard of lately."""

    async def open(self, on_login: Callable[[], Awaitable[None]]) -> None:
        """Begin; `on_login` runs whenever its link comes up."""

    async def close(self) -> None:
        """Let go of it; its calls go on."""

    def forget_sounds(self) -> None:
        """The sounds may be others now."""

    def phones(self, role: Role, kind: Kind) -> Sequence[Phone]:
        """The phones of one role and kind."""

    def browser_socket(self, asked: str) -> str:
        """Whereto browsers' phones connect (`wss://host:port`), for a page reached under the name `asked`."""

    def browser_account(self, phone: Phone, asked: str) -> BrowserAccount:
        """What a browser needs to be that phone."""
