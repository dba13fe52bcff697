"""Dial: somebody else is called, or the first of a queue is taken.

From twilio.com/docs/voice/twiml/dial, /number, /sip and /queue: the dialled leg is a call of its own,
`outbound-dial`, with its ParentCallSid, and never `queued`. Whoever answers hears the noun's `url` before
the two are bridged. When it is over the action URL is asked with DialCallStatus (completed, busy,
no-answer, failed, canceled), DialCallSid, DialCallDuration and DialBridged; without an action the next verb
follows. `timeout` is 30 s. A queue is waited for that long; the caller taken from it hears the noun's
`url`, asked with QueueSid, QueueTime and DequeingCallSid.
Not in the pages of today, but told by public handlers of these requests: DequeueResult, DequeuedCallSid,
DequeuedCallQueueTime and DequeuedCallDuration after dialling a queue. Undocumented: an empty queue is
`no-answer`, one that is not there `failed`; the action is asked, too, when the caller hangs up, and its
answer has no effect.

SIP REFER by the dialled telephone (twilio.com/docs/voice/api/refer-to-twilio): referUrl is asked with
ReferTransferTarget, whoever dialled goes on with its document and the telephone is let go; only without
answerOnBridge here. "REFER does not currently support Conference and Queue": the call goes on, as it does
without referUrl (13802). Undocumented: the Dial's own action is not asked then.
"""

from dataclasses import replace

from tests.twilio.fake.bridging import Bridge
from tests.twilio.fake.call import Call, StatusCallback
from tests.twilio.fake.document import Document, Verb
from tests.twilio.fake.errors import DocumentFault
from tests.twilio.fake.leg import Ended, Interrupted, Leg, Moved, Source
from tests.twilio.fake.queueing import CallQueue, Taken, after
from tests.twilio.fake.ringing import ring

DIALLED_ONLY = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Hangup"})
"""What a called party's document may hold: anything here but Dial."""


async def dial(leg: Leg, document: Document, verb: Verb) -> Source | None:
    """Put somebody through."""
    noun = verb.inside[0] if verb.inside else Verb("Number", text=verb.text)
    if verb.get("answerOnBridge") != "true":
        leg.answer()
    act = _dial_queue if noun.name == "Queue" else _dial_telephone
    told: dict[str, str] = {}
    try:
        await act(leg, document, verb, noun, told)
    except Moved:
        raise
    except Interrupted:
        leg.end()
        await leg.tell(after(document, verb, told))
        raise
    return after(document, verb, told)


async def _dial_telephone(leg: Leg, document: Document, verb: Verb, noun: Verb, told: dict[str, str]) -> None:
    child = _child(leg, document, verb, noun)
    if refer_url := verb.get("referUrl"):
        source = Source(document.address(refer_url), verb.get("referMethod", "POST"))
        child.takes_refer = lambda target: leg.interrupt(
            Moved(replace(source, more={"ReferTransferTarget": f"<{target}>"}))
        )
    bridge = Bridge()
    bridge.expect(leg)
    child.watchers.append(leg.bell)
    leg.clock.spawn(_called(child, bridge, document, noun, float(verb.get("timeout", "30"))))
    try:
        await leg.hear("ringing", noun.text, None, lambda: bridge.connected_at or child.over)
        if bridge.connected_at:
            await bridge.stay(leg)
        await leg.wait(until=lambda: child.over)
    finally:
        bridge.end()
        if not child.over:
            child.interrupt(Ended())
            await _settled(leg, child)
        told |= {
            "DialCallStatus": child.call.status,
            "DialCallSid": child.call.sid,
            "DialCallDuration": str(bridge.seconds),
            "DialBridged": "true" if bridge.connected_at else "false",
        }


async def _settled(leg: Leg, child: Leg) -> None:
    while not child.over:
        await leg.bell.wait()


def _child(leg: Leg, document: Document, verb: Verb, noun: Verb) -> Leg:
    callback = None
    if url := noun.get("statusCallback"):
        events = tuple(noun.get("statusCallbackEvent", "completed").split())
        callback = StatusCallback(document.address(url), noun.get("statusCallbackMethod", "POST"), events)
    call = Call(
        leg.call.account.new_sid("CA"),
        leg.call.account,
        verb.get("callerId", leg.call.from_),
        noun.text,
        "outbound-dial",
        leg.clock.now(),
        parent_sid=leg.call.sid,
        callback=callback,
        proof=(noun.get("username"), noun.get("password")),
    )
    return leg.twilio.begin(call)


async def _called(child: Leg, bridge: Bridge, document: Document, noun: Verb, timeout: float) -> None:
    """The dialled leg's life."""
    try:
        if not await ring(child, timeout):
            return
        if url := noun.get("url"):
            await child.carry_out(Source(document.address(url), noun.get("method", "POST")), DIALLED_ONLY)
        if not bridge.over:
            await bridge.stay(child)
    except (Interrupted, DocumentFault):
        pass
    finally:
        bridge.end()
        child.end("completed" if child.call.answered_at else "canceled")


async def _dial_queue(leg: Leg, document: Document, verb: Verb, noun: Verb, told: dict[str, str]) -> None:
    queue = leg.twilio.queues.get(noun.text)
    told |= {"DialCallStatus": "no-answer" if queue else "failed", "DialBridged": "false"}
    if queue is None:
        told["DequeueResult"] = "error"
        return
    told["QueueSid"] = queue.sid
    queue.watching.append(leg.bell)
    try:
        if not await leg.wait(float(verb.get("timeout", "30")), lambda: queue.members):
            return
    finally:
        queue.watching.remove(leg.bell)
    await _take(leg, queue, document, noun, told)


async def _take(leg: Leg, queue: CallQueue, document: Document, noun: Verb, told: dict[str, str]) -> None:
    member = queue.members.pop(0)
    bridge = Bridge()
    bridge.expect(leg)
    url = noun.get("url")
    whisper = Source(document.address(url), noun.get("method", "POST")) if url else None
    told["DequeuedCallSid"] = member.leg.call.sid
    told["DequeuedCallQueueTime"] = str(int((leg.clock.now() - member.joined_at).total_seconds()))
    member.bridge = bridge
    member.leg.interrupt(Taken(bridge, leg.call.sid, whisper))
    try:
        await bridge.stay(leg)
    finally:
        bridged = bridge.connected_at is not None
        told["DialCallStatus"] = "completed" if bridged else "no-answer"
        told["DialBridged"] = "true" if bridged else "false"
        told["DequeueResult"] = "bridged" if bridged else "hangup"
        told["DequeuedCallDuration"] = str(bridge.seconds)
