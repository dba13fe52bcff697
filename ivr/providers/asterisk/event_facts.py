"""AMI events to facts. Pure: one event in, the reports it amounts to out, whatever came before it.

Queue members carry our agent's id as their name. The PBX's own clock (microseconds) times every fact;
HoldTime, RingTime and TalkTime of Asterisk 22 are whole seconds of it and are not used for that.
"""

from collections.abc import Callable
from typing import Any

from ivr.providers.asterisk.dialplan import INBOUND
from ivr.providers.asterisk.event_reader import AmiEvent
from ticketing import facts
from ticketing.facts import CallFact, EndedBy, Report

QUEUE_EXIT = "HotlineQueueExit"
ENDED_BY = {"caller": EndedBy.CALLER, "agent": EndedBy.AGENT, "transfer": EndedBy.TRANSFER}


def reports_of(event: AmiEvent, line: str) -> tuple[Report, ...]:
    """What the event reports; `line` names the PBX. Events of calls that are not ours report nothing."""
    translate = _TRANSLATIONS.get(event.name)
    if translate is None or not _call_id(event):
        return ()
    report = translate(event, line)
    return (report,) if report else ()


def _call_id(event: AmiEvent) -> str:
    """The caller's channel: named by the inherited variable, else by Linkedid."""
    for header in ("ChanVariable", "DestChanVariable"):
        name, _, value = event.headers.get(header, "").partition("=")
        if name == "HOTLINE_CALL" and value:
            return value
    return event.headers.get("Linkedid", "")


def _report(event: AmiEvent, kind: type[CallFact], key: str, **more: Any) -> Report:
    call_id = _call_id(event)
    return Report(kind(key=f"{call_id}/{key}", occurred_at=event.at, call_id=call_id, **more))


def _stamp(event: AmiEvent) -> str:
    """Tells one coming or going of a call from the next: its instant in microseconds."""
    return event.headers.get("Timestamp") or event.at.isoformat()


def _new_channel(event: AmiEvent, line: str) -> Report | None:
    headers = event.headers
    if headers.get("Context") != INBOUND or headers.get("Uniqueid") != headers.get("Linkedid"):
        return None
    report = _report(event, facts.CallArrived, "arrived", line=line, dialed_number=headers.get("Exten", ""))
    return Report(report.fact, caller_number=headers.get("CallerIDNum"))


def _joined(event: AmiEvent, line: str) -> Report:
    return _report(
        event,
        facts.CallQueued,
        f"queued/{_stamp(event)}",
        queue=event.headers["Queue"],
        position=int(event.headers.get("Position", 1)),
    )


def _left(event: AmiEvent, line: str) -> Report:
    return _report(
        event,
        facts.CallLeftQueue,
        f"left/{_stamp(event)}",
        queue=event.headers["Queue"],
        position=int(event.headers.get("Position", 0)),
    )


def _abandoned(event: AmiEvent, line: str) -> Report:
    return _report(
        event,
        facts.CallAbandoned,
        "abandoned",
        queue=event.headers["Queue"],
        position=int(event.headers.get("Position", 0)),
    )


def _called(event: AmiEvent, line: str) -> Report:
    headers = event.headers
    leg_id = headers["DestUniqueid"]
    return _report(
        event,
        facts.AgentRang,
        f"rang/{leg_id}",
        queue=headers["Queue"],
        agent_id=headers["MemberName"],
        leg_id=leg_id,
    )


def _not_answered(event: AmiEvent, line: str) -> Report:
    headers = event.headers
    leg_id = headers["DestUniqueid"]
    return _report(
        event,
        facts.AgentDidNotAnswer,
        f"not-answered/{leg_id}",
        queue=headers["Queue"],
        agent_id=headers["MemberName"],
        leg_id=leg_id,
        # AgentRingNoAnswer sends milliseconds, AgentConnect seconds.
        ring_seconds=int(headers.get("RingTime", 0)) / 1000,
    )


def _connected(event: AmiEvent, line: str) -> Report:
    headers = event.headers
    leg_id = headers["DestUniqueid"]
    return _report(
        event,
        facts.AgentAnswered,
        f"answered/{leg_id}",
        queue=headers["Queue"],
        agent_id=headers["MemberName"],
        leg_id=leg_id,
    )


def _completed(event: AmiEvent, line: str) -> Report:
    headers = event.headers
    leg_id = headers.get("DestUniqueid", "")
    # Without the agent's leg (hung up before the bridge stood), Asterisk says "caller" whoever it was.
    ended_by = ENDED_BY.get(headers.get("Reason", ""), EndedBy.UNKNOWN) if leg_id else EndedBy.UNKNOWN
    return _report(
        event,
        facts.TalkEnded,
        f"talk-ended/{leg_id}",
        agent_id=headers["MemberName"],
        leg_id=leg_id,
        ended_by=ended_by,
    )


def _held(event: AmiEvent, line: str) -> Report:
    return _report(event, facts.CallHeld, f"held/{_stamp(event)}", leg_id=event.headers["Uniqueid"])


def _resumed(event: AmiEvent, line: str) -> Report:
    return _report(event, facts.CallResumed, f"resumed/{_stamp(event)}", leg_id=event.headers["Uniqueid"])


def _user_event(event: AmiEvent, line: str) -> Report | None:
    headers = event.headers
    if headers.get("UserEvent") != QUEUE_EXIT:
        return None
    return _report(
        event,
        facts.QueueGaveUp,
        f"gave-up/{_stamp(event)}",
        queue=headers.get("Queue", ""),
        status=headers.get("Status", ""),
    )


def _hung_up(event: AmiEvent, line: str) -> Report:
    unique_id = event.headers["Uniqueid"]
    if unique_id != _call_id(event):
        return _report(event, facts.AgentLegEnded, f"leg-ended/{unique_id}", leg_id=unique_id)
    return _report(event, facts.CallEnded, "ended", cause=int(event.headers.get("Cause", 0)))


_TRANSLATIONS: dict[str, Callable[[AmiEvent, str], Report | None]] = {
    "Newchannel": _new_channel,
    "QueueCallerJoin": _joined,
    "QueueCallerLeave": _left,
    "QueueCallerAbandon": _abandoned,
    "AgentCalled": _called,
    "AgentRingNoAnswer": _not_answered,
    "AgentConnect": _connected,
    "AgentComplete": _completed,
    "Hold": _held,
    "Unhold": _resumed,
    "UserEvent": _user_event,
    "Hangup": _hung_up,
}

WANTED = frozenset(_TRANSLATIONS) | {"FullyBooted"}
"""The events worth reading."""
