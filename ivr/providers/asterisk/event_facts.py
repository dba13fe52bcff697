"""AMI events to facts. Pure: one event in, the reports it amounts to out, whatever came before it.

Queue members carry our agent's id as their name. The PBX's own clock (microseconds) times every fact;
HoldTime, RingTime and TalkTime of Asterisk 22 are whole seconds of it and are not used for that.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.calling_out import CALL_BACK_OVER, CITIZEN_REACHED, is_outward
from ivr.providers.asterisk.dialplan import CALLER_TOLD, INBOUND
from ticketing import facts
from ticketing.facts import NOT_PICKED_UP, CallArrived, CallFact, EndedBy, Report

QUEUE_EXIT = "HotlineQueueExit"
ANSWERED, NO_STATUS = "ANSWER", "CANCEL"
"""DIALSTATUS of a call that was taken, and of one that had none: hung up before it was dialled."""
ENDED_BY = {"caller": EndedBy.CALLER, "agent": EndedBy.AGENT, "transfer": EndedBy.TRANSFER}


def reports_of(event: AmiEvent, line: str) -> tuple[Report, ...]:
    """What the event reports; `line` names the PBX. Events of calls that are not ours report nothing."""
    translate = _TRANSLATIONS.get(event.name)
    headers = event.headers
    # The caller's channel is named by a variable its legs inherit; an office's PBX carries other calls.
    call_id = (
        headers.get("HOTLINE_CALL")
        or headers.get("Dest/HOTLINE_CALL")
        or _arriving(headers)
        or _originated(headers)
    )
    if translate is None or not call_id:
        return ()
    fact = translate(headers, call_id, event.at, line)
    if type(fact) is CallArrived:
        return (Report(fact, headers.get("CallerIDNum")),)
    return (Report(fact),) if fact else ()


def _arriving(headers: Mapping[str, str]) -> str | None:
    """The id of a call at our door, which the dialplan has not named yet."""
    call_id = headers.get("Linkedid")
    return call_id if headers.get("Context") == INBOUND and headers.get("Uniqueid") == call_id else None


def _originated(headers: Mapping[str, str]) -> str | None:
    """The id of an office's call, which is that of the action: a phone that never rang had no channel."""
    action_id = headers.get("ActionID", "")
    return action_id if is_outward(action_id) else None


def _stamp(headers: Mapping[str, str], at: datetime) -> str:
    """Tells one coming or going of a call from the next: its instant in microseconds."""
    return headers.get("Timestamp") or at.isoformat()


def _new_channel(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact | None:
    return None if _arriving(headers) is None else _arrived(headers, call_id, at, line, "arrived")


def _arrived(headers: Mapping[str, str], call_id: str, at: datetime, line: str, key: str) -> CallFact:
    return facts.CallArrived(
        key=f"{call_id}/{key}", occurred_at=at, call_id=call_id,
        line=line, dialed_number=headers.get("Exten", ""),
    )  # fmt: skip


def _joined(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    return facts.CallQueued(
        key=f"{call_id}/queued/{_stamp(headers, at)}", occurred_at=at, call_id=call_id,
        queue=headers["Queue"], position=int(headers.get("Position", 1)),
    )  # fmt: skip


def _left(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    return facts.CallLeftQueue(
        key=f"{call_id}/left/{_stamp(headers, at)}", occurred_at=at, call_id=call_id,
        queue=headers["Queue"], position=int(headers.get("Position", 0)),
    )  # fmt: skip


def _abandoned(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    return facts.CallAbandoned(
        key=f"{call_id}/abandoned", occurred_at=at, call_id=call_id,
        queue=headers["Queue"], position=int(headers.get("Position", 0)),
    )  # fmt: skip


def _called(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    leg_id = headers["DestUniqueid"]
    return facts.AgentRang(
        key=f"{call_id}/rang/{leg_id}", occurred_at=at, call_id=call_id,
        queue=headers["Queue"], agent_id=headers["MemberName"], leg_id=leg_id,
    )  # fmt: skip


def _not_answered(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    leg_id = headers["DestUniqueid"]
    return facts.AgentDidNotAnswer(
        key=f"{call_id}/not-answered/{leg_id}", occurred_at=at, call_id=call_id,
        queue=headers["Queue"], agent_id=headers["MemberName"], leg_id=leg_id,
        # AgentRingNoAnswer sends milliseconds, AgentConnect seconds.
        ring_seconds=int(headers.get("RingTime", 0)) / 1000,
    )  # fmt: skip


def _connected(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    leg_id = headers["DestUniqueid"]
    return facts.AgentAnswered(
        key=f"{call_id}/answered/{leg_id}", occurred_at=at, call_id=call_id,
        queue=headers["Queue"], agent_id=headers["MemberName"], leg_id=leg_id,
    )  # fmt: skip


def _completed(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    leg_id = headers.get("DestUniqueid", "")
    # Without the agent's leg (hung up before the bridge stood), Asterisk says "caller" whoever it was.
    ended_by = ENDED_BY.get(headers.get("Reason", ""), EndedBy.UNKNOWN) if leg_id else EndedBy.UNKNOWN
    return facts.TalkEnded(
        key=f"{call_id}/talk-ended/{leg_id}", occurred_at=at, call_id=call_id,
        agent_id=headers["MemberName"], leg_id=leg_id, ended_by=ended_by,
    )  # fmt: skip


def _held(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    key = f"{call_id}/held/{_stamp(headers, at)}"
    return facts.CallHeld(key=key, occurred_at=at, call_id=call_id, leg_id=headers["Uniqueid"])


def _resumed(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    key = f"{call_id}/resumed/{_stamp(headers, at)}"
    return facts.CallResumed(key=key, occurred_at=at, call_id=call_id, leg_id=headers["Uniqueid"])


def _user_event(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact | None:
    told = headers.get("UserEvent")
    if told == CALLER_TOLD:
        return _arrived(headers, call_id, at, line, "introduced")
    if told == CITIZEN_REACHED:
        return facts.CitizenAnswered(
            key=f"{call_id}/citizen-answered", occurred_at=at, call_id=call_id,
            agent_id=headers.get("Agent", ""), leg_id=headers.get("Uniqueid", ""),
        )  # fmt: skip
    if told == CALL_BACK_OVER:
        return _call_back_over(headers, call_id, at)
    if told != QUEUE_EXIT:
        return None
    return facts.QueueGaveUp(
        key=f"{call_id}/gave-up/{_stamp(headers, at)}", occurred_at=at, call_id=call_id,
        queue=headers.get("Queue", ""), status=headers.get("Status", ""),
    )  # fmt: skip


def _originate_over(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact | None:
    """Whatever the reason, an agent's phone that was not taken; one that was goes on in the dialplan."""
    return _not_reached(call_id, at, NOT_PICKED_UP) if headers.get("Response") == "Failure" else None


def _call_back_over(headers: Mapping[str, str], call_id: str, at: datetime) -> CallFact | None:
    status, leg_id = headers.get("Status") or NO_STATUS, headers.get("Leg", "")
    if status != ANSWERED:
        return _not_reached(call_id, at, status)
    return facts.TalkEnded(
        key=f"{call_id}/talk-ended/{leg_id}", occurred_at=at, call_id=call_id, leg_id=leg_id,
        agent_id=headers.get("Agent", ""),
        ended_by=ENDED_BY.get(headers.get("Reason", ""), EndedBy.UNKNOWN),
    ) if leg_id else None  # fmt: skip


def _not_reached(call_id: str, at: datetime, status: str) -> CallFact:
    key = f"{call_id}/not-reached"
    return facts.CitizenNotReached(key=key, occurred_at=at, call_id=call_id, status=status)


def _hung_up(headers: Mapping[str, str], call_id: str, at: datetime, line: str) -> CallFact:
    leg_id = headers["Uniqueid"]
    if leg_id != call_id:
        key = f"{call_id}/leg-ended/{leg_id}"
        return facts.AgentLegEnded(key=key, occurred_at=at, call_id=call_id, leg_id=leg_id)
    cause = int(headers.get("Cause", 0))
    return facts.CallEnded(key=f"{call_id}/ended", occurred_at=at, call_id=call_id, cause=cause)


_TRANSLATIONS: dict[str, Callable[[Mapping[str, str], str, datetime, str], CallFact | None]] = {
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
    "OriginateResponse": _originate_over,
    "Hangup": _hung_up,
}

WANTED = frozenset(_TRANSLATIONS) | {"FullyBooted"}
"""The events worth reading."""
