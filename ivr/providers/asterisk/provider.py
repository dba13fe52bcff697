"""One Asterisk as the hotline uses it: its events up to the call desk, its dialogues, its commands."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import structlog

from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.books import Books
from ivr.providers.asterisk.configuration import CEL_FILE, CONTROL, DIALLER, READER
from ivr.providers.asterisk.control import ControlLink
from ivr.providers.asterisk.event_facts import WANTED, reports_of
from ivr.providers.asterisk.event_reader import EventReader, Manager
from ivr.providers.asterisk.fastagi import AgiSession, FastAgiServer
from ivr.providers.asterisk.handing_on import colleagues_of
from ivr.providers.asterisk.healing import Healer
from ivr.providers.asterisk.plan import LOOPBACK, PbxPlan
from ivr.providers.asterisk.rights import TooWideRights, refuse_wide_rights
from ivr.providers.provider import BrowserAccount, Given, Kind, Phone, Requests, Role
from ivr.registration import Caller
from ivr.speech.prompts import LANGUAGE_FOLDER
from ivr.speech.waves import length_seconds

STALE = timedelta(seconds=12)
"""An answer to a ping comes every five seconds; two missed ones mean the link is dead."""

log = structlog.get_logger(__name__)


User = Literal["hotline-reader", "hotline-control", "hotline-dialler"]


def manager_of(plan: PbxPlan, user: User) -> Manager:
    """The PBX's manager as one of our users sees it."""
    secrets = {READER: plan.reader_secret, CONTROL: plan.control_secret, DIALLER: plan.dialler_secret}
    return Manager(plan.host, plan.ports.ami, user, secrets[user], plan.ca)


def control_of(plan: PbxPlan) -> ControlLink:
    """The link that commands the PBX; it can call citizens where the plan says how."""
    dialler = manager_of(plan, DIALLER) if plan.outward else None
    return ControlLink(manager_of(plan, CONTROL), plan.name, dialler, colleagues_of(plan))


class PlannedPhones:
    """What a plan says of phones, as the house asks for it."""

    requests: Requests | None = None

    def __init__(self, plan: PbxPlan) -> None:
        self.plan = plan

    @property
    def line_number(self) -> str:
        """The number citizens dial."""
        return self.plan.line_number

    def phones(self, role: Role, kind: Kind) -> list[Phone]:
        """The phones of one role and kind."""
        return [
            Phone(one.interface, one.account, one.kind, one.role, one.caller_number, one.secret)
            for one in self.plan.phones_of(role, kind)
        ]

    def browser_socket(self, asked: str) -> str:
        """Whereto browsers' phones connect."""
        return self.plan.browser_socket(asked)

    def browser_account(self, phone: Phone, asked: str) -> BrowserAccount:
        """What a browser needs to be that phone."""
        uri = f"sip:{phone.account}@{LOOPBACK}"
        return BrowserAccount(f"{self.plan.browser_socket(asked)}/ws", uri, phone.account, phone.secret)


class AsteriskProvider(PlannedPhones):
    """The provider for one Asterisk, be it private or the office's own."""

    def __init__(
        self,
        plan: PbxPlan,
        given: Given,
        *,
        allow_wide_rights: bool = False,
    ) -> None:
        super().__init__(plan)
        self._allow_wide_rights = allow_wide_rights
        self._desk = given.desk
        self._registrar = given.registrar
        self._reader = given.reader
        self._clock = given.clock
        self._lengths: dict[str, float] = {}
        self.control = control_of(plan)
        handlers = {"daftar": self._register, "menunggu": self._key_while_waiting}
        self._dialogues = FastAgiServer(handlers, self._sound_seconds)
        self._events: EventReader | None = None
        self._healer: Healer | None = None
        self._running: list[asyncio.Task[None]] = []

    async def open(self, on_login: Callable[[], Awaitable[None]]) -> None:
        """Listen for dialogues and read events; `on_login` runs whenever the link comes up.

        Raises TooWideRights when the reader may do more than read.
        """
        manager = manager_of(self.plan, READER)
        if not self._allow_wide_rights:
            await self._examine(manager)
        await self._dialogues.start(LOOPBACK, self.plan.ports.agi)
        self._events = events = EventReader(manager, WANTED, self._hear, partial(self._logged_in, on_login))
        self._healer = Healer(
            self.plan.name,
            self.plan.line_number,
            events,
            self._books(),
            self._desk,
            self._reader,
            self._clock,
        )
        self._running = [
            asyncio.create_task(events.run(), name="asterisk-events"),
            asyncio.create_task(self._healer.run(), name="asterisk-healing"),
        ]

    async def _examine(self, manager: Manager) -> None:
        try:
            # A PBX that does not answer yet is no reason to stay away.
            with contextlib.suppress(OSError, EOFError):
                await refuse_wide_rights(manager)
        except TooWideRights as refusal:
            log.error("start refused", id=refusal.text.id, en=refusal.text.en)
            raise

    async def close(self) -> None:
        """Let go of the PBX; its calls go on."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._dialogues.close()
        await self.control.close()

    @property
    def connected_since(self) -> datetime | None:
        """Since when the event link is up; None while it is down."""
        return self._events.connected_since if self._events else None

    @property
    def is_live(self) -> bool:
        """Whether the PBX was heard of lately."""
        heard_at = self._events.last_heard_at if self._events else None
        return self.connected_since is not None and heard_at is not None and self._clock() - heard_at < STALE

    async def _logged_in(self, on_login: Callable[[], Awaitable[None]]) -> None:
        await on_login()
        if self._healer:
            self._healer.wake()

    def _books(self) -> Books | None:
        folder = self.plan.books
        return Books(folder / "cel-custom" / CEL_FILE, folder / "queue_log") if folder else None

    def forget_sounds(self) -> None:
        """The sounds may be others now, and as long as they are."""
        self._lengths.clear()

    def _hear(self, event: AmiEvent) -> None:
        if event.name == "FullyBooted" and self._healer:
            self._healer.on_boot(event)
        self._desk.hear(reports_of(event, self.plan.name))

    async def _register(self, session: AgiSession) -> None:
        await self._registrar.register(session, self._caller(session))

    async def _key_while_waiting(self, session: AgiSession) -> None:
        key = session.call.arguments[0] if session.call.arguments else ""
        await self._registrar.key_while_waiting(session, self._caller(session), key)

    def _caller(self, session: AgiSession) -> Caller:
        call = session.call
        return Caller(call.call_id, self.plan.name, call.dialed_number, call.caller_number)

    def _sound_seconds(self, sound: str) -> float:
        """How long a sound plays; a missing one plays not at all."""
        if sound not in self._lengths:
            file = self.plan.sounds / LANGUAGE_FOLDER / f"{sound}.wav"
            self._lengths[sound] = length_seconds(file) if file.exists() else 0.0
        return self._lengths[sound]
