"""What a telephone system must be able to do for the hotline, whatever its make."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from ivr.providers.asterisk.plan import PbxPlan
from ivr.switchboard import Switchboard


class Provider(Protocol):
    """One telephone system, opened and closed by the house."""

    plan: PbxPlan

    @property
    def control(self) -> Switchboard:
        """The one door for commands to it."""

    @property
    def connected_since(self) -> datetime | None:
        """Since when its events come; None while they do not."""

    @property
    def is_live(self) -> bool:
        """Whether it was heard of lately."""

    async def open(self, on_login: Callable[[], Awaitable[None]], *, allow_wide_rights: bool = False) -> None:
        """Begin; `on_login` runs whenever its link comes up."""

    async def close(self) -> None:
        """Let go of it; its calls go on."""

    def forget_sounds(self) -> None:
        """The sounds may be others now."""
