"""A recording of Twilio's requests lived through again: each is signed and put to the product's webhooks.

What the product asks of Twilio's REST API meanwhile is answered as it was answered then.
"""

import itertools
import json
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from httpx import ASGITransport, AsyncClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator

from config.settings import Settings
from ivr.providers.provider import Given
from ivr.providers.twilio.phones import OfficePhones
from ivr.providers.twilio.provider import TwilioProvider
from ivr.providers.twilio.switchboard import TwilioSwitchboard
from tests.builders import OFFICE, Desk
from tests.stories.house import House, StoryClock
from tests.stories.recording import DESK, Line, Recording
from tests.twilio.fake.account import Account

PUBLIC = "https://hotline.kantor"
VOICE_PATH, STATUS_PATH = "/twilio/voice", "/twilio/status"
WEB, STATUS, REST = "web", "status", "rest"
"""A request for a document, a status callback, and a request of ours with its answer."""
LINE = "twilio"
LATE_SECONDS = 5.0
NUMBER = "+62311500000"
PHONES = {f"meja-{number}": f"sip:meja-{number}@hotline.kantor" for number in (1, 2)}
CALLS = "/Calls.json"
_CALL = re.compile(r"GET .*/Calls/CA[0-9a-f]{32}[.]json")
ASKED_AFTER_SECONDS = (150, 3700)
"""By then the list of calls is asked for what no callback told."""
Api = Any
"""What the product's `TwilioApi` takes as `http`."""


def kept_at(story: str, folder: Path) -> Path:
    """Where the story's recording lies."""
    return folder / f"{story}.twilio.txt"


def kind_of(form: Mapping[str, str]) -> str:
    """Whether a request asks for a document or tells of a call's progress."""
    return STATUS if form.get("CallbackSource") == "call-progress-events" else WEB


@dataclass
class TwilioLine:
    """The product on Twilio. `settled` returns once it has done all it does by itself at this instant."""

    house: House
    app: Any
    settled: Callable[[], Awaitable[None]]


@asynccontextmanager
async def on_twilio(
    desk: Desk, clock: Callable[[], datetime], account: Account, api: Api
) -> AsyncIterator[TwilioLine]:
    """The product put together, for the recorder and for replays alike."""
    settings = Settings(
        home=Path(str(desk.engine.url.database)).parent, pbx="twilio", twilio_number=NUMBER,
        twilio_url=PUBLIC, twilio_account=account.sid, twilio_token=account.primary_token,
        twilio_phones=PHONES,
    )  # fmt: skip
    made: list[TwilioProvider] = []

    def telephones(house: House) -> TwilioSwitchboard:
        journal, reader, office = desk.journal, desk.reader, lambda: OFFICE
        given = Given(house.call_desk, house.registrar, journal, reader, desk.vault, office, clock)
        made.append(TwilioProvider(settings, OfficePhones(PHONES), given, api))
        # Calls of the office's have the names they had when they were recorded.
        numbers = itertools.count(1)
        made[0].control.new_call_id = lambda: f"{LINE}-balik-{next(numbers):016x}"  # type: ignore[method-assign]
        return made[0].control

    house = House(desk, telephones, clock)
    provider = made[0]

    async def settled() -> None:
        await provider.distributor.tick()
        await provider.distributor.settled()
        await provider.book.round()
        await house.call_desk.drained()

    house.call_desk.open()
    try:
        yield TwilioLine(house, provider.requests.application, settled)
    finally:
        await house.call_desk.close()
        await provider.close()


class RecordedApi:
    """Answers what the product asks of the REST API as it was answered when the story was recorded.

    Whatever is asked more often than then is answered as the last time.
    """

    is_async = False

    def __init__(self, recording: Recording) -> None:
        self.told = ""
        """All it was told, in which stands where Twilio is to ask."""
        self._answers: dict[str, list[tuple[int, str]]] = {}
        for line in recording.lines:
            if line.kind == REST:
                status, _, body = line.below[-1].removeprefix("answered ").partition(" ")
                self._answers.setdefault(line.text, []).append((int(status), body))

    def request(self, method: str, uri: str, *_args: Any, **given: Any) -> Response:
        """One request of the twilio library's; called in a thread."""
        self.told += f" {given.get('data')}"
        asked = f"{method.upper()} {urlsplit(uri).path}"
        if asked.endswith(CALLS):
            return Response(200, json.dumps(self._listed(given.get("params") or {})), {})
        answers = self._answers.get(asked, [(404, json.dumps({"code": 20404, "status": 404}))])
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return Response(status, body, {})

    def _listed(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        """Those of the account's calls, as they were in the end."""
        kept = [answers[-1][1] for asked, answers in self._answers.items() if _CALL.fullmatch(asked)]
        calls = [json.loads(body) for body in kept]
        for name, field_ in (("ParentCallSid", "parent_call_sid"), ("Status", "status")):
            if value := wanted.get(name):
                calls = [call for call in calls if call[field_] == value]
        return {"calls": calls, "next_page_uri": None}


Change = Callable[[list[Line], random.Random], list[Line]]


def twice(lines: list[Line], chance: random.Random) -> list[Line]:
    """Every request comes once more, the second time at once."""
    return [one for line in lines for one in ([line, line] if line.kind in (WEB, STATUS) else [line])]


def late(lines: list[Line], chance: random.Random) -> list[Line]:
    """Status callbacks come late, each by as much as it likes, and so in any order."""
    moved = [
        replace(line, at=line.at + chance.uniform(0, LATE_SECONDS)) if line.kind == STATUS else line
        for line in lines
    ]
    return sorted(moved, key=lambda line: line.at)


def lossy(lines: list[Line], chance: random.Random) -> list[Line]:
    """A third of the status callbacks, and one at least, never come.

    Whatever an agent waits for comes: nobody is called back before the ledger knows that they are gone.
    """
    waited_for = max((n for n, line in enumerate(lines) if line.text.endswith("calls back")), default=0)
    told = [n for n, line in enumerate(lines) if line.kind == STATUS and n > waited_for]
    lost = chance.sample(told, max(1, len(told) // 3))
    return [line for place, line in enumerate(lines) if place not in lost]


def battered(lines: list[Line], chance: random.Random) -> list[Line]:
    """All of it."""
    return twice(late(lossy(lines, chance), chance), chance)


@dataclass
class TwilioReplay:
    """Goes through a recording, line by line."""

    recording: Recording
    line: TwilioLine
    clock: StoryClock
    account: Account
    api: RecordedApi
    _told: str = f"{PUBLIC}{VOICE_PATH}"
    _client: AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = AsyncClient(transport=ASGITransport(self.line.app), base_url=PUBLIC)
        self._sign = RequestValidator(self.account.primary_token).compute_signature

    async def run(self, change: Change | None = None, seed: int = 0) -> None:
        """All of it, changed on its way; raises AssertionError where a request is refused."""
        lines = self.recording.lines
        for line in change(lines, random.Random(seed)) if change else lines:
            self.clock.go_on(self.recording.instant(line))
            # Time has come for whatever the product does by itself, before anything is said to it.
            await self.line.settled()
            if line.kind == DESK:
                await self.line.house.do(line.text)
            elif line.kind in (WEB, STATUS):
                await self._ask(line)
            await self.line.settled()
        for seconds in ASKED_AFTER_SECONDS:
            self.clock.go_on(self.recording.instant(lines[-1]) + timedelta(seconds=seconds))
            await self.line.settled()

    async def _ask(self, line: Line) -> None:
        # What it is asked must follow from what it said, else the recording is of another product.
        assert line.kind == STATUS or f"{PUBLIC}{line.text}" in self._told + self.api.told, line.text
        form = dict(_field(text) for text in line.below)
        headers = {"X-Twilio-Signature": self._sign(f"{PUBLIC}{line.text}", form)}
        reply = await self._client.post(line.text, data=form, headers=headers)
        assert reply.is_success, f"{line.text} was answered {reply.status_code}"
        self._told += f" {unescape(reply.text)}"

    async def close(self) -> None:
        """Let go of it."""
        await self._client.aclose()


def _field(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value.removeprefix(" ")


@asynccontextmanager
async def replaying(recording: Recording, desk: Desk) -> AsyncIterator[TwilioReplay]:
    """A backend at the recording's hour, on that ledger."""
    clock, account = StoryClock(recording.played_at), Account(recording.played_at)
    api = RecordedApi(recording)
    async with on_twilio(desk, clock, account, api) as line:
        replay = TwilioReplay(recording, line, clock, account, api)
        try:
            yield replay
        finally:
            await replay.close()
