"""One call's telephone line: carries documents out, verb by verb.

A call begins with a request to its URL, and goes on with each document it is led to. It ends where verbs
run out (twilio.com/docs/voice/twiml). A document that cannot be had or read is asked of the fallback URL,
with `ErrorCode` and `ErrorUrl`; where that fails, too, the caller hears of an application error and the
call ends (twilio.com/docs/voice/api/incomingphonenumber-resource, VoiceFallbackUrl). A call is answered by
its first verb but Reject, Redirect, a Pause before all others, and a Dial with answerOnBridge
(twilio.com/docs/voice/twiml/pause, /reject, /dial).
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tests.twilio.fake.call import OVER, Call
from tests.twilio.fake.citizen import Deed, Heard, act
from tests.twilio.fake.clock import Bell
from tests.twilio.fake.document import Document, read
from tests.twilio.fake.errors import REFER, DocumentFault

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."


@dataclass(frozen=True)
class Source:
    """Where to get a document, and what to tell beside the usual parameters."""

    url: str
    method: str = "POST"
    more: dict[str, str] = field(default_factory=dict)


class Interrupted(Exception):
    """The document in hand is not carried out further; of two reasons at once, the stronger counts."""

    strength = 0


class HungUp(Interrupted):
    """The person at this end put the receiver down."""

    strength = 2


class Ended(Interrupted):
    """The call is ended: by a verb or by the REST API."""

    strength = 2


class Rejected(Interrupted):
    """The call is not taken; it has this status for good."""


class Moved(Interrupted):
    """The REST API leads the call to another document."""

    strength = 1

    def __init__(self, source: Source | Document) -> None:
        self.source = source


class Leg:
    """A call while it goes on."""

    def __init__(self, twilio: "FakeTwilio", call: Call, fallback: Source | None = None) -> None:
        self.twilio = twilio
        self.call = call
        self.clock = twilio.clock
        self.heard: list[Heard] = []
        self.hearing = Bell(self.clock)
        self.keys: deque[str] = deque()
        self.bell = Bell(self.clock)
        self.watchers: list[Bell] = []
        self.gathering = False
        self.queued = False
        self.takes_refer: Callable[[str], None] | None = None
        self._fallback = fallback
        self._interrupt: Interrupted | None = None

    # --- what others do to it ---

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.call.status in OVER

    @property
    def transcript(self) -> list[str]:
        """What was heard, in words and addresses."""
        return [each.what for each in self.heard]

    def press(self, key: str) -> None:
        """A key at this end; one that nobody gathers is lost."""
        self.keys.append(key)
        self.bell.ring()

    def hang_up(self) -> None:
        """The receiver at this end is put down."""
        self.interrupt(HungUp())

    def refer(self, target: str) -> None:
        """A SIP telephone's own transfer; where none is taken the call goes on."""
        if self.takes_refer:
            self.takes_refer(target)
        else:
            self._note(REFER, "REFER", "")

    def interrupt(self, reason: Interrupted) -> None:
        """Stop what is carried out now; whoever has hung up is not led on."""
        before = self._interrupt.strength if self._interrupt else 0
        if before < HungUp.strength and reason.strength >= before:
            self._interrupt = reason
        self.bell.ring()

    # --- its life ---

    async def run(self, source: Source | Document, script: Sequence[Deed] = ()) -> None:
        """From its first document to its end, with somebody at the telephone."""
        self.clock.spawn(act(script, self))
        status = "completed"
        try:
            await self._led(source)
        except Rejected as rejected:
            status = str(rejected)
        except (HungUp, Ended):
            status = "completed" if self.call.answered_at else "no-answer"
        self.end(status)

    async def _led(self, source: Source | Document) -> None:
        while True:
            try:
                await self.carry_out(source)
                self.answer()
                return
            except Moved as moved:
                source = moved.source
            except DocumentFault:
                self.answer()
                await self.hear("error", APPLICATION_ERROR, 4)
                return

    def answer(self) -> None:
        """Pick up, if nobody did before."""
        if self.call.answered_at is None and not self.over:
            self.call.answered_at = self.clock.now()
            self.call.started_at = self.call.started_at or self.clock.now()
            self.become("in-progress")

    def become(self, status: str) -> None:
        """The call has another status now, and whoever asked for it is told."""
        if self.over or self.call.status == status:
            return
        self.call.status = status
        self.call.updated_at = self.clock.now()
        if status in OVER:
            self.call.ended_at = self.clock.now()
        self.twilio.callbacks.call(self.call)

    def end(self, status: str = "completed") -> None:
        """The call is over."""
        self.become(status)
        self.hearing.ring()
        for bell in self.watchers:
            bell.ring()

    # --- carrying out ---

    async def carry_out(self, source: Source | Document | None, only: frozenset[str] | None = None) -> None:
        """Until verbs run out; raises Interrupted, DocumentFault. `only` these verbs may stand there."""
        while source is not None:
            document = (
                source if isinstance(source, Document) else await self.get(source, falls_back=only is None)
            )
            source = await self._through(document, only)

    async def _through(self, document: Document, only: frozenset[str] | None) -> Source | None:
        for verb in document.verbs:
            self.check()
            if only is not None and verb.name not in only:
                raise DocumentFault(12200, document.url, f"<{verb.name}> may not stand here")
            if source := await self.twilio.verbs[verb.name](self, document, verb):
                return source
        self.check()
        return None

    async def get(self, source: Source, *, falls_back: bool = True) -> Document:
        """A document; raises DocumentFault where the fallback URL has none either."""
        try:
            return await self._asked(source)
        except DocumentFault as fault:
            self._note(fault.code, fault.what, fault.url)
            if self._fallback is None or not falls_back:
                raise
            told = {"ErrorCode": str(fault.code), "ErrorUrl": fault.url}
        try:
            return await self._asked(Source(self._fallback.url, self._fallback.method, told))
        except DocumentFault as fault:
            self._note(fault.code, fault.what, fault.url)
            raise

    async def _asked(self, source: Source) -> Document:
        sent = await self.twilio.ask(source.url, self.call.form() | source.more, source.method)
        return read(sent, lambda code, what: self._note(code, what, source.url))

    async def tell(self, source: Source | None) -> None:
        """Ask, and do nothing with the answer: there is nobody it could be carried out for."""
        if source is None:
            return
        try:
            await self.twilio.ask(source.url, self.call.form() | source.more, source.method)
        except DocumentFault as fault:
            self._note(fault.code, fault.what, fault.url)

    def _note(self, code: int, what: str, url: str) -> None:
        self.twilio.note(code, what, self.call.sid, url)

    # --- time ---

    def check(self) -> None:
        """Raises what interrupts."""
        if self._interrupt:
            reason, self._interrupt = self._interrupt, None
            raise reason

    async def wait(self, seconds: float | None = None, until: Callable[[], object] = lambda: False) -> bool:
        """Whether that came true in that time; raises Interrupted."""
        begun = self.clock.now()
        while True:
            self.check()
            if until():
                return True
            rest = None if seconds is None else seconds - _seconds(begun, self.clock.now())
            if rest is not None and rest <= 1e-6:
                return False
            await self.bell.wait(rest)

    async def hear(
        self, kind: str, what: str, seconds: float | None, until: Callable[[], object] = lambda: False
    ) -> None:
        """Something is heard for that long, or until that comes true."""
        heard = Heard(kind, what, self.clock.now())
        self.heard.append(heard)
        self.hearing.ring()
        try:
            heard.to_its_end = not await self.wait(seconds, until)
        finally:
            heard.ended_at = self.clock.now()
            self.hearing.ring()


def _seconds(begun: datetime, now: datetime) -> float:
    return (now - begun).total_seconds()
