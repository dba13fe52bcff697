"""A line at Twilio as the hotline uses it: its requests answered, its callers handed out, its commands."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import structlog

from config.errors import Refused
from config.settings import Settings
from ivr.providers.provider import BrowserAccount, Given, Kind, Phone, Requests, Role
from ivr.providers.twilio.agent_replies import AgentReplies
from ivr.providers.twilio.agents import AgentDoor
from ivr.providers.twilio.call_backs import CallBackDoor
from ivr.providers.twilio.calls_book import CallsBook
from ivr.providers.twilio.kept_numbers import KeptNumbers
from ivr.providers.twilio.legs import Legs
from ivr.providers.twilio.phones import OfficePhones
from ivr.providers.twilio.proof import OwnProof
from ivr.providers.twilio.rest import TwilioApi
from ivr.providers.twilio.signature import SignatureCheck
from ivr.providers.twilio.statuses import StatusDoor
from ivr.providers.twilio.switchboard import TwilioSwitchboard
from ivr.providers.twilio.utterances import Utterances
from ivr.providers.twilio.voice import VoiceReplies
from ivr.providers.twilio.voice_turns import VoiceTurns
from ivr.providers.twilio.waiting import WaitingRoom
from ivr.providers.twilio.waiting_replies import WaitingReplies
from ivr.providers.twilio.webhooks import TwilioWebhooks
from ivr.queues.distributor import Distributor
from ivr.speech import prompts
from ivr.turns import Turns

LINE = "twilio"
"""The line's name in the ledger."""
PREFIX = "/twilio/"
ASKED_EVERY_SECONDS = 30.0
STALE = timedelta(seconds=100)
"""Three answers of the account's in a row did not come."""

log = structlog.get_logger(__name__)


class TwilioProvider:
    """The provider for one number of one account; agents' phones are those `phones` has."""

    def __init__(self, settings: Settings, phones: OfficePhones, given: Given, http: Any = None) -> None:
        self.line_number = settings.twilio_number
        self.connected_since: datetime | None = None
        self._settings = settings
        self._phones = phones
        self._given = given
        self._api = TwilioApi(settings.twilio_account, settings.twilio_tokens[0], http)
        self._legs = Legs(self._api, given.reader, phones)
        self._heard_at: datetime | None = None
        self._running: list[asyncio.Task[None]] = []

    # --- its parts ---

    @cached_property
    def control(self) -> TwilioSwitchboard:
        """The commands, and the phones that ring for callers."""
        return TwilioSwitchboard(
            LINE, self.line_number, self._api, self._legs, self._agent_replies, self._numbers,
            self._phones, lambda: self._given.office().call_backs.allowed, self._look,
        )  # fmt: skip

    @cached_property
    def distributor(self) -> Distributor:
        """Hands out callers, for Twilio's queues know no agents."""
        given = self._given
        return Distributor(LINE, self.control, given.journal, given.reader, given.office, given.clock)

    @cached_property
    def book(self) -> CallsBook:
        """Asks what became of calls that were not heard to end."""
        given = self._given
        record = given.registrar.record
        return CallsBook(LINE, self._api, self._legs, given.reader, record, self._look, given.clock)

    @cached_property
    def requests(self) -> Requests:
        """What Twilio asks us."""
        return Requests(PREFIX, self.webhooks)

    @cached_property
    def webhooks(self) -> TwilioWebhooks:
        """Answers its requests."""
        settings, given = self._settings, self._given
        check = SignatureCheck(settings.twilio_address, settings.twilio_tokens)
        doors = (*self._caller_doors(), *self._agent_doors(), OwnProof(given.vault))
        return TwilioWebhooks(check, settings.twilio_account, doors, self._utterances, given.clock)

    def _caller_doors(self) -> tuple[VoiceTurns, WaitingRoom]:
        given, registrar = self._given, self._given.registrar
        turns = Turns(registrar, given.journal, given.reader, given.vault, given.clock)
        waiting = WaitingReplies(self._address, self._voice, self._utterances, given.clock)
        return (
            VoiceTurns(LINE, lambda: registrar.queue, turns, self._voice),
            WaitingRoom(LINE, registrar, given.journal, given.reader, waiting, self._look, given.clock),
        )

    def _agent_doors(self) -> tuple[AgentDoor, CallBackDoor, StatusDoor]:
        legs, replies, clock = self._legs, self._agent_replies, self._given.clock
        record, missed, look = self._given.registrar.record, self.distributor.missed, self._look
        return (
            AgentDoor(legs, replies, self._phones, record, missed, look, clock),
            CallBackDoor(legs, replies, self._numbers, record, look, clock),
            StatusDoor(legs, record, missed, look, clock),
        )

    @cached_property
    def _utterances(self) -> Utterances:
        folder = self._settings.folder
        key = self._given.vault.blind("sounds", LINE).encode()
        return Utterances(self._address, key, folder / "sounds", folder / "music" / "hold.wav")

    @cached_property
    def _voice(self) -> VoiceReplies:
        return VoiceReplies(self._address, self._utterances, lambda: self._texts, self._given.clock)

    @cached_property
    def _agent_replies(self) -> AgentReplies:
        return AgentReplies(self._address, self.line_number, self._voice.said)

    @cached_property
    def _numbers(self) -> KeptNumbers:
        given = self._given
        return KeptNumbers(given.journal, given.reader, given.vault, given.clock)

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return prompts.load(self._settings.office).texts

    @property
    def _address(self) -> str:
        return self._settings.twilio_address

    def _look(self) -> None:
        self.distributor.look()

    # --- as the house asks for it ---

    async def open(self, on_login: Callable[[], Awaitable[None]]) -> None:
        """Begin to hand out callers, and to ask what became of calls."""
        self._running = [
            asyncio.create_task(self.distributor.run(), name="twilio-distributor"),
            asyncio.create_task(self.book.run(), name="twilio-calls"),
            asyncio.create_task(self._keep_asking(), name="twilio-account"),
        ]
        await on_login()

    async def close(self) -> None:
        """Let go of it; its calls go on."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._api.close()

    @property
    def is_live(self) -> bool:
        """Whether the account answered lately: without it callers wait, and no phone rings."""
        return self._heard_at is not None and self._given.clock() - self._heard_at < STALE

    def forget_sounds(self) -> None:
        """The words may be others now; sounds are read whenever they are fetched."""
        self.__dict__.pop("_texts", None)

    def phones(self, role: Role, kind: Kind) -> list[Phone]:
        """The agents' phones; no citizen practises here."""
        return self._phones.of_kind(kind) if role == "agent" else []

    def browser_socket(self, asked: str) -> str:
        """Whereto browsers' phones connect: to our own Asterisk."""
        return self._phones.browser_socket(asked)

    def browser_account(self, phone: Phone, asked: str) -> BrowserAccount:
        """What a browser needs to be that phone."""
        return self._phones.browser_account(phone, asked)

    async def _keep_asking(self) -> None:
        """Ask for the account, for ever: whether commands would be heard."""
        await self._api.prepare()
        while True:
            try:
                await self._api.account_state()
                self._heard_at = self._given.clock()
                self.connected_since = self.connected_since or self._heard_at
            except Refused as refusal:
                log.warning("the account does not answer", refusal=type(refusal).__name__)
                self.connected_since = self.connected_since if self.is_live else None
            await asyncio.sleep(ASKED_EVERY_SECONDS)
