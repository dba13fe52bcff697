"""What a telephone system must be able to do for the hotline, whatever its make."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from config.clock import Clock
from config.office import Office
from ivr.call_desk import CallDesk
from ivr.registration import Registrar
from ivr.switchboard import Switchboard
from ticketing.ledger.journal import Journal
from ticketing.ledger.reader import Reader
from ticketing.people.privacy import Vault

Role = Literal["agent", "citizen"]
Kind = Literal["sip", "browser"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
WebApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the house gives to whoever makes its telephone system."""

    desk: CallDesk
    registrar: Registrar
    journal: Journal
    reader: Reader
    vault: Vault
    office: Callable[[], Office]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Requests:
    """What a telephone system asks by HTTP: `application` answers the paths that begin with `prefix`."""

    prefix: str
    application: WebApplication


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

    @property
    def requests(self) -> Requests | None:
        """What it asks us by HTTP; None where it asks nothing."""

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
