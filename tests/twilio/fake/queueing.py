"""Queues, and callers who wait in them.

From twilio.com/docs/voice/twiml/enqueue: a queue is made on demand, for 1000 callers; the waitUrl's
document is asked for anew whenever it runs out, with QueuePosition, QueueSid, QueueTime, AvgQueueTime,
CurrentQueueSize and MaxQueueSize, and may hold Play, Say, Pause, Hangup, Redirect, Leave and Gather. On
leaving, the action URL is asked with QueueResult (bridged, error, hangup, leave, redirected,
redirected-from-bridged, queue-full; `bridging-in-process` and `system-error` are not produced here) and, if
they ever were in it, QueueSid and QueueTime: at once after Leave or the REST API, when the bridged parties
part after a Dial. Without an action the next verb follows.
Undocumented: what is answered to `redirected` and to a caller who is gone is not carried out; a wait
document that takes no time is asked for again after a second; a wait document that cannot be had is
`error`, without the fallback.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tests.twilio.fake.bridging import Bridge
from tests.twilio.fake.clock import Bell
from tests.twilio.fake.document import BEFORE_BRIDGING, WHILE_WAITING, Document, Verb
from tests.twilio.fake.errors import DocumentFault
from tests.twilio.fake.leg import HungUp, Interrupted, Leg, Moved, Source
from tests.twilio.fake.verbs import Left

if TYPE_CHECKING:
    from tests.twilio.fake.twilio import FakeTwilio

MOST = 1000
AT_LEAST_SECONDS = 1.0
QUEUE_FULL = {"QueueResult": "queue-full"}


class Taken(Interrupted):
    """Somebody dials the queue, and this caller is the first in it."""

    def __init__(self, bridge: Bridge, taker_sid: str, whisper: Source | None) -> None:
        self.bridge = bridge
        self.taker_sid = taker_sid
        self.whisper = whisper


@dataclass(eq=False)
class Member:
    """A caller in a queue."""

    leg: Leg
    joined_at: datetime
    bridge: Bridge | None = None
    """Where somebody waits who has taken them; they may be gone by then."""


@dataclass(eq=False)
class CallQueue:
    """A queue; the first member is the next."""

    sid: str
    name: str
    created_at: datetime
    max_size: int = MOST
    members: list[Member] = field(default_factory=list)
    watching: list[Bell] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    updated_at: datetime | None = None

    def average_wait(self, now: datetime) -> int:
        """Of those who wait, in seconds."""
        waits = [int((now - member.joined_at).total_seconds()) for member in self.members]
        return sum(waits) // len(waits) if waits else 0

    def changed(self) -> None:
        """Tell those who wait for somebody to join."""
        for bell in list(self.watching):
            bell.ring()

    def member(self, call_sid: str) -> Member | None:
        """The caller of that call, or the `Front` one."""
        if call_sid == "Front":
            return self.members[0] if self.members else None
        return next((each for each in self.members if each.leg.call.sid == call_sid), None)


class Stay:
    """One caller's stay in a queue."""

    def __init__(
        self, twilio: "FakeTwilio", queue: CallQueue, leg: Leg, document: Document, verb: Verb
    ) -> None:
        self.queue = queue
        self.leg = leg
        self._clock = twilio.clock
        self._document = document
        self._verb = verb
        self.member = Member(leg, twilio.clock.now())
        self._left_after: int | None = None

    async def pass_by(self) -> str:
        """Wait until it is over one way or another, and say how; raises HungUp, Ended, Moved."""
        self.queue.members.append(self.member)
        self.queue.changed()
        self.leg.queued = True
        try:
            result = await self._waited_out()
            # Somebody may have taken them in the very instant.
            self.leg.check()
        except Taken as taken:
            self.member.bridge = None
            self._leave()
            return await self._bridged(taken)
        finally:
            self._leave()
        return result

    async def _waited_out(self) -> str:
        try:
            await self._wait()
        except DocumentFault as fault:
            self.leg.twilio.note(fault.code, fault.what, self.leg.call.sid, fault.url)
            return "error"
        except Left:
            pass
        return "leave"

    def _leave(self) -> None:
        self.leg.queued = False
        if self.member in self.queue.members:
            self.queue.members.remove(self.member)
        if self._left_after is None:
            self._left_after = self._waited()

    def _waited(self) -> int:
        return int((self._clock.now() - self.member.joined_at).total_seconds())

    async def _wait(self) -> None:
        if "waitUrl" not in self._verb.attributes:
            await self.leg.hear("music", "default", None)
        if not (url := self._verb.get("waitUrl")):
            await self.leg.wait()
        while True:
            begun = self._clock.now()
            source = Source(
                self._document.address(url), self._verb.get("waitUrlMethod", "POST"), self._told_waiting()
            )
            await self.leg.carry_out(source, WHILE_WAITING)
            if (self._clock.now() - begun).total_seconds() < AT_LEAST_SECONDS:
                await self.leg.wait(AT_LEAST_SECONDS)

    def _told_waiting(self) -> dict[str, str]:
        members = self.queue.members
        return {
            "QueuePosition": str(members.index(self.member) + 1 if self.member in members else 0),
            "QueueSid": self.queue.sid,
            "QueueTime": str(self._waited()),
            "AvgQueueTime": str(self.queue.average_wait(self._clock.now())),
            "CurrentQueueSize": str(len(members)),
            "MaxQueueSize": str(self.queue.max_size),
        }

    async def _bridged(self, taken: Taken) -> str:
        """Hear what is said before bridging, then talk."""
        told = {
            "QueueSid": self.queue.sid,
            "QueueTime": str(self._left_after),
            "DequeingCallSid": taken.taker_sid,
        }
        try:
            if whisper := taken.whisper:
                source = Source(whisper.url, whisper.method, told)
                await self.leg.carry_out(source, BEFORE_BRIDGING)
            await taken.bridge.stay(self.leg)
        except DocumentFault as fault:
            self.leg.twilio.note(fault.code, fault.what, self.leg.call.sid, fault.url)
            return "error"
        finally:
            taken.bridge.end()
        return "bridged"

    def told(self, result: str) -> dict[str, str]:
        """What the action URL hears."""
        return {"QueueResult": result, "QueueSid": self.queue.sid, "QueueTime": str(self._left_after)}


async def enqueue(leg: Leg, document: Document, verb: Verb) -> Source | None:
    """Wait in a queue."""
    leg.answer()
    twilio = leg.twilio
    queue = twilio.queue(verb.text)
    if len(queue.members) >= queue.max_size:
        return after(document, verb, QUEUE_FULL)
    stay = Stay(twilio, queue, leg, document, verb)
    bridge_seen = len(leg.heard)
    try:
        result = await stay.pass_by()
    except Interrupted as reason:
        if stay.member.bridge:
            stay.member.bridge.end()
        talked = any(heard.kind == "talk" for heard in leg.heard[bridge_seen:])
        await _tell_and_go(leg, document, verb, stay, reason, talked)
        raise
    return after(document, verb, stay.told(result))


async def _tell_and_go(
    leg: Leg, document: Document, verb: Verb, stay: Stay, reason: Interrupted, talked: bool
) -> None:
    """The action URL hears of it, and has nothing to say: the call is over, or elsewhere."""
    if isinstance(reason, Moved):
        result = "redirected-from-bridged" if talked else "redirected"
    else:
        result = "bridged" if talked else "hangup"
        leg.end()
    if isinstance(reason, Moved | HungUp) or leg.over:
        await leg.tell(after(document, verb, stay.told(result)))


def after(document: Document, verb: Verb, told: dict[str, str]) -> Source | None:
    """The verb's action URL, to be told this; None where it has none."""
    if not (action := verb.get("action")):
        return None
    return Source(document.address(action), verb.get("method", "POST"), told)
