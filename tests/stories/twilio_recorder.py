"""Has the fake Twilio live through the stories, and writes down each request as it is made."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.builders import Desk
from tests.stories.ledger import about
from tests.stories.recording import DESK, Recording
from tests.stories.scripts import CITIZEN_E164, begins_at, play
from tests.stories.twilio import (
    NUMBER,
    PHONES,
    PUBLIC,
    REST,
    STATUS_PATH,
    VOICE_PATH,
    TwilioLine,
    kind_of,
    on_twilio,
)
from tests.twilio.fake import resources
from tests.twilio.fake.citizen import Deed, HangUp, Telephone, Wait
from tests.twilio.fake.client import FakeHttp
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.edge import Sent
from tests.twilio.fake.leg import Leg
from tests.twilio.fake.twilio import FakeTwilio
from ticketing import facts
from ticketing.calls.call import CallPhase

PATIENCE = timedelta(minutes=5)
TO_THE_MENU_SECONDS = 4.0
"""The greeting and the first words of the question."""


class TwilioStage:
    """A story on the fake Twilio, and who writes it down."""

    def __init__(self, twilio: FakeTwilio, line: TwilioLine, recording: Recording) -> None:
        self._twilio = twilio
        self._clock = twilio.clock
        self._line = line
        self._recording = recording
        self._leg: Leg | None = None

    # --- who writes it down ---

    def note_request(self, request: Sent) -> Sent:
        """One of Twilio's, as it leaves."""
        parts = urlsplit(request.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        below = [f"{name}: {value}" for name, value in request.form.items()]
        if request.method == "POST":
            self._recording.note(request.at, kind_of(request.form), path, below)
        return request

    def answer(self, method: str, path: str, query: str, body: str, authorization: str) -> tuple[int, Any]:
        """One of ours, and how it is answered."""
        status, payload = type(self._twilio.rest).answer(
            self._twilio.rest, method, path, query, body, authorization
        )
        below = [f"{name}: {value}" for name, value in parse_qsl(body or query, keep_blank_values=True)]
        below.append(f"answered {status} {json.dumps(payload)}")
        self._recording.note(self._clock.now(), REST, f"{method} {path}", below)
        return status, payload

    def note_list(self) -> None:
        """The account's calls as they are now: what Twilio tells whoever asks afterwards."""
        for leg in self._twilio.legs.values():
            payload = resources.call(leg.call)
            told = [f"answered 200 {json.dumps(payload)}"]
            self._recording.note(self._clock.now(), REST, f"GET {payload['uri']}", told)

    # --- what people do ---

    async def passes(self, seconds: float) -> None:
        """Time goes on."""
        await self._clock.pass_by(seconds)

    async def does(self, deed: str) -> None:
        """An agent does something at the desk."""
        self._recording.note(self._clock.now(), DESK, deed)
        doing = self._clock.spawn(self._line.house.do(deed))
        await self._clock.go_on(doing.done)

    async def phone(self, number: int, ring_seconds: float | None, talk_seconds: float | None = None) -> str:
        """An agent's SIP phone is on."""
        name = f"meja-{number + 1}"
        self._twilio.telephones[PHONES[name]] = Telephone(ring_seconds, _talks(talk_seconds))
        return name

    async def can_be_called(self, ring_seconds: float, talk_seconds: float) -> None:
        """The citizen is reached at their number."""
        self._twilio.telephones[CITIZEN_E164] = Telephone(ring_seconds, _talks(talk_seconds))

    async def calls(self) -> None:
        """The citizen dials."""
        number = self._twilio.account.number(NUMBER)
        assert number
        self._leg = self._twilio.call(number, CITIZEN_E164)
        await self._clock.pass_by(TO_THE_MENU_SECONDS)

    async def presses(self, key: str) -> None:
        """The citizen presses a key."""
        assert self._leg
        self._leg.press(key)

    async def hangs_up(self) -> None:
        """The citizen hangs up."""
        assert self._leg
        self._leg.hang_up()

    async def until(self, kind: type[facts.CallFact], times: int = 1) -> None:
        """Until that was recorded so often."""
        committed = self._line.house.desk.committed
        await self._until(lambda: sum(isinstance(one.fact, kind) for one in committed) >= times)

    async def until_phase(self, agent_id: str, phase: CallPhase) -> None:
        """Until the agent's call has come so far."""
        await self._until(lambda: self._line.house.phase_of(agent_id) == phase)

    async def _until(self, come_true: Callable[[], bool]) -> None:
        ends_at = self._clock.now() + PATIENCE
        await self._clock.go_on(lambda: come_true() or self._clock.now() >= ends_at)
        assert come_true(), "the story does not go on"


def _talks(seconds: float | None) -> tuple[Deed, ...]:
    return () if seconds is None else (Wait(seconds), HangUp())


@asynccontextmanager
async def on_stage(desk: Desk, recording: Recording) -> AsyncIterator[TwilioStage]:
    """The fake speaks with us, and somebody writes it down."""
    lines: list[TwilioLine] = []

    async def settled() -> None:
        for line in lines:
            await line.settled()
        # The writer publishes what it took before this.
        await desk.journal.do(lambda _connection: None)

    twilio = FakeTwilio(VirtualClock(recording.played_at, settled))
    api = FakeHttp(twilio)
    async with on_twilio(desk, twilio.clock.now, twilio.account, api) as line:
        lines.append(line)
        stage = TwilioStage(twilio, line, recording)
        twilio.edge.serve(PUBLIC, line.app)
        twilio.edge.changed = stage.note_request
        twilio.rest.answer = stage.answer  # type: ignore[method-assign]
        twilio.add_number(NUMBER, voice_url=f"{PUBLIC}{VOICE_PATH}", status_callback=f"{PUBLIC}{STATUS_PATH}")
        try:
            yield stage
        finally:
            await twilio.close()


async def record(desk: Desk, story: str) -> Recording:
    """The story as the fake Twilio tells it."""
    begins = begins_at(story)
    recording = Recording(about(story), begins, begins)
    async with on_stage(desk, recording) as stage:
        await play(stage, story)
        stage.note_list()
    return recording
