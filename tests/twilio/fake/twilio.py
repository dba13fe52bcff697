"""The fake as tests use it: an account with numbers, citizens who call, telephones that can be called.

    twilio = FakeTwilio(clock)
    twilio.edge.serve("https://hotline.example", app)
    number = twilio.add_number("+6231500000", voice_url="https://hotline.example/twilio/voice")
    call = twilio.call(number, "+6281200000042", [Until("tekan 1"), Keys("1"), Wait(60), HangUp()])
    await clock.go_on(lambda: call.over)
    call.transcript

`rest` is the REST API, as a function and as an ASGI app; `client.py` has it for the twilio library's
client. Lengths of what is said and played are `speech_seconds` and `sound_seconds`; with `fetches_sounds`
each sound is asked for, and as long as it is. `twice` delivers every request for a document two times,
`callbacks.mischief` loses and shuffles status callbacks, `edge.changed` is a proxy that rewrites, `replay`
and `forge` are strangers. `unreachable` has the error code of each address that no message reaches,
`refused_messages` that of each the API refuses one to; `templates` has approved texts by their SID.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.twilio.fake.account import Account, IncomingNumber
from tests.twilio.fake.call import Call, StatusCallback
from tests.twilio.fake.callbacks import Callbacks, Mischief
from tests.twilio.fake.citizen import Deed, Telephone
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.dialing import dial
from tests.twilio.fake.document import Document
from tests.twilio.fake.edge import Edge, Sent
from tests.twilio.fake.errors import CONNECTION, RETRIEVAL, DocumentFault, Notification
from tests.twilio.fake.leg import Interrupted, Leg, Source
from tests.twilio.fake.messages import Message
from tests.twilio.fake.queueing import CallQueue, enqueue
from tests.twilio.fake.rest import RestApi
from tests.twilio.fake.ringing import ring
from tests.twilio.fake.rooms import ROOMS
from tests.twilio.fake.sounds import Sounds
from tests.twilio.fake.verbs import Deed as Verb
from tests.twilio.fake.verbs import gather, hangup, leave, pause, play, redirect, reject, say

LETTERS_A_SECOND = 14
SOUND_SECONDS = 3.0


@dataclass
class Twice:
    """Every request for a document is delivered twice, the second one to `place` (a key of `Edge.places`).

    The first answer is lost, the second is carried out; both are in `pairs`.
    """

    at_once: bool = False
    place: str | None = None
    pairs: list[tuple[Sent, Sent]] = field(default_factory=list)


class FakeTwilio:
    """One account at Twilio."""

    def __init__(self, clock: VirtualClock, mischief: Mischief | None = None) -> None:
        self.clock = clock
        self.account = Account(clock.now())
        self.edge = Edge(clock, self.account)
        self.debugger: list[Notification] = []
        self.callbacks = Callbacks(clock, self.edge, self.debugger, mischief or Mischief())
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        self.queues: dict[str, CallQueue] = {}
        self.telephones: dict[str, Telephone] = {}
        self.messages: dict[str, Message] = {}
        self.unreachable: dict[str, int] = {}
        self.refused_messages: dict[str, int] = {}
        self.templates: dict[str, str] = {}
        self.rest = RestApi(self, dict(ROOMS))
        self.twice: Twice | None = None
        self.blank_digits = False
        self.speech_seconds: Callable[[str], float] = lambda text: len(text) / LETTERS_A_SECOND
        self.fetches_sounds = False
        self.sounds = Sounds(self)
        self.sound_seconds: Callable[[str], float] = lambda _url: SOUND_SECONDS
        self.verbs: dict[str, Verb] = {
            "Say": say, "Play": play, "Pause": pause, "Gather": gather, "Redirect": redirect, "Leave": leave,
            "Hangup": hangup, "Reject": reject, "Enqueue": enqueue, "Dial": dial,
        }  # fmt: skip

    def add_number(self, phone_number: str, **more: Any) -> IncomingNumber:
        """A number of the account's, with `voice_url`, `status_callback` and the like."""
        number = IncomingNumber(phone_number, self.clock.now(), **more)
        self.account.numbers.append(number)
        return number

    def begin(self, call: Call) -> Leg:
        """A call's line."""
        fallback = None
        if call.number and call.number.voice_fallback_url:
            fallback = Source(call.number.voice_fallback_url, call.number.voice_fallback_method)
        self.calls[call.sid] = call
        self.legs[call.sid] = Leg(self, call, fallback)
        return self.legs[call.sid]

    def call(self, number: IncomingNumber, from_: str, script: Sequence[Deed] = ()) -> Leg:
        """A citizen calls the number."""
        call = Call(
            self.account.new_sid("CA"),
            self.account,
            from_,
            number.phone_number,
            "inbound",
            self.clock.now(),
            number,
        )
        call.status, call.started_at = "ringing", self.clock.now()
        if number.status_callback:
            call.callback = StatusCallback(number.status_callback, number.status_callback_method)
        leg = self.begin(call)
        self.clock.spawn(leg.run(Source(number.voice_url, number.voice_method), script))
        return leg

    def call_out(self, call: Call, source: Source | Document, fallback: Source | None, timeout: float) -> Leg:
        """The REST API's way to make a call: it rings somewhere, and whoever answers hears the document."""
        self.calls[call.sid] = call
        leg = self.legs[call.sid] = Leg(self, call, fallback)
        self.clock.spawn(self._out(leg, source, timeout))
        return leg

    async def _out(self, leg: Leg, source: Source | Document, timeout: float) -> None:
        try:
            if await ring(leg, timeout):
                await leg.run(source)
        except Interrupted:
            leg.end()

    def queue(self, name: str) -> CallQueue:
        """The queue of that name, made on demand."""
        if name not in self.queues:
            self.queues[name] = CallQueue(self.account.new_sid("QU"), name, self.clock.now())
        return self.queues[name]

    def note(self, code: int, what: str, call_sid: str = "", url: str = "") -> None:
        """A line in the debugger."""
        self.debugger.append(Notification(self.clock.now(), code, what, call_sid, url))

    # --- requests for documents, and what else may reach the web server ---

    async def ask(self, url: str, form: dict[str, str], method: str) -> Sent:
        """A request for a document; twice, if so wished. Raises DocumentFault."""
        if self.twice is None:
            return await self.edge.fetch(url, form, method)
        first, second = await self._twice(self.edge.signed(url, form, method), self.twice)
        self.twice.pairs.append((first, second))
        if second.status is None or not 200 <= second.status < 300:
            code = CONNECTION if second.status is None else RETRIEVAL
            raise DocumentFault(code, url, str(second.status or second.failure))
        return second

    async def _twice(self, request: Sent, twice: Twice) -> tuple[Sent, Sent]:
        one = self.edge.attempt(request)
        other = self.edge.attempt(request, place=twice.place)
        if not twice.at_once:
            return await one, await other
        tasks = self.clock.spawn(one), self.clock.spawn(other)
        return await tasks[0], await tasks[1]

    async def replay(self, sent: Sent) -> Sent:
        """An old request once more, byte for byte, by somebody who overheard it."""
        return await self.edge.attempt(replace(sent, status=None, failure="", answer=b""))

    async def forge(self, url: str, form: dict[str, str], token: str = "not-the-token") -> Sent:
        """A request by somebody who does not know the token."""
        return await self.edge.attempt(self.edge.signed(url, form, token=token))

    async def close(self) -> None:
        """End all calls and connections."""
        await self.clock.close()
        await self.edge.close()
