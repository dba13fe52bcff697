"""Status callbacks: how a call's, a leg's or a message's progress is told.

From twilio.com/docs/voice/api/call-resource (StatusCallback) and twilio.com/docs/voice/twiml/number:
`initiated` and `ringing` are told by these statuses, `answered` by `in-progress`, `completed` by the final
status, with `CallDuration` (seconds), `Duration` (minutes begun) and `SipResponseCode`. `Timestamp` is RFC
2822, `CallbackSource` `call-progress-events`, `SequenceNumber` counts from 0: "there is no guarantee they
will arrive in the same order". They are asynchronous; an answer that is not 2xx is noted (11200) and not
asked for again. A telephone number's StatusCallback hears of the end alone.
"""

from dataclasses import dataclass, field
from random import Random

from tests.twilio.fake.call import OVER, Call, rfc2822
from tests.twilio.fake.clock import VirtualClock
from tests.twilio.fake.edge import Edge
from tests.twilio.fake.errors import DocumentFault, Notification

EVENT_OF = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}


@dataclass
class Mischief:
    """What becomes of status callbacks on their way: shares of 1, and how late at most; the same for the same
    seed.
    """

    seed: int = 0
    dropped: float = 0.0
    doubled: float = 0.0
    late_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def delays(self) -> list[float]:
        """After how long each copy arrives; none for one that is lost."""
        if self._random.random() < self.dropped:
            return []
        copies = 2 if self._random.random() < self.doubled else 1
        return [self._random.uniform(0, self.late_seconds) for _ in range(copies)]


@dataclass
class Callbacks:
    """Tells what happens, each time in a request of its own."""

    clock: VirtualClock
    edge: Edge
    debugger: list[Notification]
    mischief: Mischief = field(default_factory=Mischief)

    def call(self, call: Call) -> None:
        """The call's status is a new one."""
        event = "completed" if call.status in OVER else EVENT_OF.get(call.status)
        if event is None or call.callback is None or event not in call.callback.events:
            return
        form = call.form() | {
            "Timestamp": rfc2822(self.clock.now()),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.told),
        }
        call.told += 1
        if event == "completed":
            form["CallDuration"] = str(call.seconds)
            form["Duration"] = str(-(-call.seconds // 60))
            form["SipResponseCode"] = str(call.sip_response)
        self.send(call.callback.url, form, call.callback.method, call.sid)

    def send(self, url: str, form: dict[str, str], method: str = "POST", call_sid: str = "") -> None:
        """Tell it, or do to it what the mischief says."""
        for delay in self.mischief.delays():
            self.clock.spawn(self._deliver(delay, url, form, method, call_sid))

    async def _deliver(
        self, delay: float, url: str, form: dict[str, str], method: str, call_sid: str
    ) -> None:
        if delay:
            await self.clock.sleep(delay)
        try:
            await self.edge.fetch(url, form, method)
        except DocumentFault as fault:
            note = Notification(self.clock.now(), fault.code, fault.what, call_sid, url)
            self.debugger.append(note)
