"""A made-up stream of manager events: what one Asterisk says while calls come in, mostly of no use to us.

Per call 81 events of some 560 bytes: 15 that matter, 15 of legs and bridges, 43 of the dialplan, 8 of RTCP.
"""

import random
from collections.abc import Iterator

_BEGIN = 1_795_500_000
_CHANNEL = (
    "Channel: {channel}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: {label}\r\n"
    "CallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\n"
    "Language: id\r\nAccountCode: \r\nContext: {context}\r\nExten: 1500\r\nPriority: 7\r\n"
    "Uniqueid: {uniqueid}\r\nLinkedid: {call}\r\nChanVariable: HOTLINE_CALL={call}\r\n"
)
_AGENT = (
    "DestChannel: PJSIP/meja01-{n:08x}\r\nDestChannelState: 6\r\nDestChannelStateDesc: Up\r\n"
    "DestCallerIDNum: 1500\r\nDestUniqueid: {leg}\r\nDestLinkedid: {call}\r\n"
    "DestChanVariable: HOTLINE_CALL={call}\r\nQueue: dukcapil\r\nMemberName: petugas{agent}\r\n"
    "Interface: PJSIP/meja01\r\n"
)
_QUEUE = "Queue: dukcapil\r\nPosition: 1\r\nCount: 1\r\n"

STORY: tuple[tuple[str, str, str], ...] = (
    ("Newchannel", "caller", ""),
    *(("Newexten", "caller", "Extension: 1500\r\nApplication: Set\r\nAppData: REG_OK=0\r\n"),) * 17,
    *(("VarSet", "caller", "Variable: REG_OK\r\nValue: 0\r\n"),) * 12,
    ("Newstate", "caller", ""),
    ("QueueCallerJoin", "caller", _QUEUE),
    ("MusicOnHoldStart", "caller", "Class: default\r\n"),
    *(("RTCPSent", "caller", "SSRC: 0x1\r\nPT: 200(SR)\r\nReportCount: 1\r\nSentPackets: 250\r\n"),) * 4,
    ("Newchannel", "agent", ""),
    ("AgentCalled", "caller", _AGENT),
    ("DialBegin", "caller", _AGENT + "DialString: meja01\r\n"),
    ("Newstate", "agent", ""),
    ("AgentRingNoAnswer", "caller", _AGENT + "RingTime: 15000\r\n"),
    ("DialEnd", "caller", _AGENT + "DialStatus: NOANSWER\r\n"),
    ("Hangup", "agent", "Cause: 0\r\nCause-txt: Unknown\r\n"),
    ("Newchannel", "second", ""),
    ("AgentCalled", "caller", _AGENT),
    ("DialBegin", "caller", _AGENT + "DialString: meja02\r\n"),
    *(("VarSet", "second", "Variable: MEMBERNAME\r\nValue: petugas\r\n"),) * 8,
    ("Newstate", "second", ""),
    ("DialEnd", "caller", _AGENT + "DialStatus: ANSWER\r\n"),
    ("MusicOnHoldStop", "caller", ""),
    ("QueueCallerLeave", "caller", _QUEUE),
    ("AgentConnect", "caller", _AGENT + "HoldTime: 12\r\nRingTime: 2\r\n"),
    ("BridgeEnter", "second", "BridgeUniqueid: b{n}\r\nBridgeType: basic\r\nBridgeNumChannels: 1\r\n"),
    ("BridgeEnter", "caller", "BridgeUniqueid: b{n}\r\nBridgeType: basic\r\nBridgeNumChannels: 2\r\n"),
    *(("RTCPReceived", "caller", "SSRC: 0x2\r\nPT: 201(RR)\r\nReportCount: 1\r\nRTT: 0.0100\r\n"),) * 4,
    ("Hold", "second", "MusicClass: default\r\n"),
    ("Unhold", "second", ""),
    ("Newexten", "caller", "Extension: T\r\nApplication: NoOp\r\nAppData: \r\n"),
    *(("VarSet", "caller", "Variable: BRIDGEPEER\r\nValue: x\r\n"),) * 5,
    ("HangupRequest", "caller", "Cause: 16\r\n"),
    ("AgentComplete", "caller", _AGENT + "HoldTime: 12\r\nTalkTime: 60\r\nReason: caller\r\n"),
    ("BridgeLeave", "second", "BridgeUniqueid: b{n}\r\nBridgeType: basic\r\nBridgeNumChannels: 1\r\n"),
    ("BridgeLeave", "caller", "BridgeUniqueid: b{n}\r\nBridgeType: basic\r\nBridgeNumChannels: 0\r\n"),
    ("BridgeDestroy", "caller", "BridgeUniqueid: b{n}\r\n"),
    ("Hangup", "second", "Cause: 16\r\nCause-txt: Normal Clearing\r\n"),
    ("Hangup", "caller", "Cause: 16\r\nCause-txt: Normal Clearing\r\n"),
)  # fmt: skip


EVENTS_A_CALL = len(STORY)


def stream(calls: int, seed: int = 7) -> bytes:
    """The events of that many calls, those of fifty of them going on at a time."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark's mixture, not a secret
    waiting = [_events(n, chance) for n in range(calls)]
    going, events = waiting[:50], []
    del waiting[:50]
    at = float(_BEGIN)
    while going:
        story = chance.choice(going)
        at += 0.001
        event = next(story, None)
        if event is None:
            going.remove(story)
            going += waiting[:1]
            del waiting[:1]
        else:
            events.append(event.format(at=f"{at:.6f}"))
    return "".join(events).encode()


def _events(n: int, chance: random.Random) -> Iterator[str]:
    call = f"hotline-bench-{_BEGIN + n}.{3 * n}"
    ids = {"caller": call, "agent": f"{call}1", "second": f"{call}2"}
    values = {"n": n, "call": call, "agent": chance.randrange(300), "label": f"{n:05d}"}
    leg = ids["agent"]
    for name, whose, more in STORY:
        leg = ids["second"] if whose == "second" else leg
        text = _CHANNEL + (more or "")
        context = "hotline-masuk" if whose == "caller" else "hotline-petugas"
        channel = f"PJSIP/trunk-{n:08x}" if whose == "caller" else f"PJSIP/meja01-{n:08x}"
        body = text.format(channel=channel, context=context, uniqueid=ids[whose], leg=leg, **values)
        head = f"Event: {name}\r\nPrivilege: call,all\r\nTimestamp: {{at}}\r\nSystemName: hotline-bench\r\n"
        yield f"{head}{body}\r\n"
