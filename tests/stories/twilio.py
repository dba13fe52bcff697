"""A recording of Twilio's requests lived through again: each is signed and put to the product's webhooks.

What the product asks of Twilio's REST API meanwhile is answered as it was answered then.
"""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from httpx import ASGITransport, AsyncClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator

from config.office import OFFICE_FOLDER
from ivr.providers.twilio.signature import SignatureCheck
from ivr.providers.twilio.utterances import Utterances
from ivr.providers.twilio.voice import VoiceReplies
from ivr.providers.twilio.webhooks import TwilioWebhooks
from ivr.speech import prompts
from ivr.turns import Turns
from tests.builders import Desk
from tests.stories.asterisk import MutePbx
from tests.stories.house import QUEUE, House, StoryClock
from tests.stories.recording import DESK, Line, Recording
from tests.twilio.fake.account import Account
from ticketing.facts import CallEnded, Report

PUBLIC = "https://hotline.kantor"
VOICE_PATH, STATUS_PATH = "/twilio/voice", "/twilio/status"
WEB, STATUS, REST = "web", "status", "rest"
"""A request for a document, a status callback, and a request of ours with its answer."""
LINE = "twilio"
LATE_SECONDS = 5.0
NORMAL_CLEARING = 16
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
    """The product put together, for the recorder and for replays alike: the one place that knows its parts.

    Its queue, agents' legs and commands are to come; `api` is for them.
    """
    house = House(desk, lambda _: MutePbx([]), clock)
    utterances = Utterances(PUBLIC, b"kunci" * 8, Path("no-sounds"))
    turns = Turns(house.registrar, desk.journal, desk.reader, desk.vault, clock)
    replies = VoiceReplies(PUBLIC, utterances, lambda: prompts.load(OFFICE_FOLDER).texts, clock)
    check = SignatureCheck(PUBLIC, (account.primary_token,))
    webhooks = TwilioWebhooks(check, account.sid, LINE, lambda: QUEUE, turns, replies, utterances, clock)
    house.call_desk.open()
    try:
        yield TwilioLine(house, EndsOfCalls(webhooks, house), house.call_desk.drained)
    finally:
        await house.call_desk.close()


class EndsOfCalls:
    """Stands in for the door of status callbacks until the product has it: a call's end, and no more."""

    def __init__(self, app: Any, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["path"] != STATUS_PATH:
            await self._app(scope, receive, send)
            return
        form = dict(parse_qsl((await receive())["body"].decode(), keep_blank_values=True))
        if form["CallStatus"] == "completed":
            call_id, at = form["CallSid"], parsedate_to_datetime(form["Timestamp"]).astimezone(UTC)
            ended = CallEnded(key=f"{call_id}/ended", occurred_at=at, call_id=call_id, cause=NORMAL_CLEARING)
            await self._house.call_desk.receive(Report(ended))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


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
        answers = self._answers.get(asked, [(404, json.dumps({"code": 20404, "status": 404}))])
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return Response(status, body, {})


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
