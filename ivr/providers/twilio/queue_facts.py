"""How a stay in Twilio's queue ended, and what that reports. Pure: the form and the call in, reports out.

QueueResult is one of bridged, bridging-in-process, error, hangup, leave, redirected, redirected-from-bridged,
queue-full and system-error (twilio.com/docs/voice/twiml/enqueue). CallStatus tells who ended a talk: a
caller whose call is in progress was left by the agent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from ivr.providers.twilio.leg_facts import OVER, call_ended, cause_of
from ivr.providers.twilio.signature import Form
from ticketing import facts
from ticketing.calls.call import Call
from ticketing.facts import CallFact, EndedBy, Provenance, Report

IN_PROGRESS = "in-progress"
MOST_STAYS = 4
"""So often a caller is put into a queue that Twilio lets them fall out of."""
FULL, FAILED = "FULL", "JOINUNAVAIL"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in the queue; `again` counts the call's stays before it."""

    call_id: str
    queue: str
    again: int = 0


class Way(Enum):
    """How a caller left the queue."""

    GONE = auto()
    """They hung up."""
    TALKED = auto()
    LET_GO = auto()
    """By us: the wait was too long, the office closed, or they chose a call-back."""
    ELSEWHERE = auto()
    """The call was led to another document."""
    FELL_OUT = auto()
    """Nobody wanted it: they are to wait on."""
    GIVEN_UP = auto()
    """They fell out too often."""


def way_out(form: Form, call: Call, stay: Stay) -> Way:
    """How the stay ended, by Twilio's word and by what the ledger has of the call."""
    result = form.get("QueueResult", "")
    if result.startswith("redirected"):
        return Way.ELSEWHERE
    if call.was_taken:
        # Whatever Twilio calls it: nobody who was taken is offered to an agent again.
        return Way.TALKED
    if form.get("CallStatus") != IN_PROGRESS:
        return Way.GONE
    if is_let_go(call):
        return Way.LET_GO
    return Way.FELL_OUT if stay.again + 1 < MOST_STAYS else Way.GIVEN_UP


def is_let_go(call: Call) -> bool:
    """Whether the queue gave the caller up, or they chose a call-back instead."""
    return call.gave_up_at is not None or call.call_back_due_at is not None


def joined(form: Form, line: str, call: Call, stay: Stay, position: int, at: datetime) -> tuple[Report, ...]:
    """The caller is in the queue; a call that is new to the ledger arrived, too."""
    reports = (Report(_queued(stay, position, at)),)
    if call.arrived_at:
        return reports
    # The key is that of the walk's own beginning, which may have been lost.
    arrived = facts.CallArrived(
        key=f"{stay.call_id}/introduced", occurred_at=at, call_id=stay.call_id,
        line=line, dialed_number=form.get("To", ""),
    )  # fmt: skip
    return (Report(arrived, form.get("From")), *reports)


def left(way: Way, form: Form, call: Call, stay: Stay, position: int, at: datetime) -> tuple[Report, ...]:
    """What leaving the queue in that way reports; a caller who is gone is owed a call from now on."""
    status = form.get("CallStatus", "")
    ended = [call_ended(stay.call_id, cause_of(status), at)] if status in OVER else []
    match way:
        case Way.GONE:
            return _reports(*_gone(form, call, stay, position, at), *ended)
        case Way.TALKED:
            return _reports(_talk_ended(form, call, at), *ended)
        case Way.GIVEN_UP:
            status = FULL if form.get("QueueResult") == "queue-full" else FAILED
            return _reports(out_of_queue(stay, position, at), gave_up(stay, status, at))
        case _:
            # Whoever fell out is put back at once: the place, and a phone that rings for it, stay theirs.
            return ()


def gave_up(stay: Stay, status: str, at: datetime) -> CallFact:
    """The queue sends the caller on without a person."""
    key = f"{stay.call_id}/gave-up/{stay.again}"
    return facts.QueueGaveUp(
        key=key, occurred_at=at, call_id=stay.call_id, queue=stay.queue, status=status
    )  # fmt: skip


def out_of_queue(stay: Stay, position: int, at: datetime) -> CallFact:
    """The caller is to be offered to nobody any more."""
    key = f"{stay.call_id}/left/{stay.again}"
    return facts.CallLeftQueue(
        key=key, occurred_at=at, call_id=stay.call_id, queue=stay.queue, position=position
    )  # fmt: skip


def _queued(
    stay: Stay, position: int, at: datetime, provenance: Provenance = Provenance.OBSERVED
) -> CallFact:
    return facts.CallQueued(
        key=f"{stay.call_id}/queued/{stay.again}", occurred_at=at, provenance=provenance,
        call_id=stay.call_id, queue=stay.queue, position=position,
    )  # fmt: skip


def _gone(form: Form, call: Call, stay: Stay, position: int, at: datetime) -> list[CallFact]:
    """Whoever chose a call-back and hangs up while it is promised has abandoned nothing."""
    if is_let_go(call):
        return []
    abandoned = facts.CallAbandoned(
        key=f"{stay.call_id}/abandoned", occurred_at=at, call_id=stay.call_id,
        queue=stay.queue, position=position,
    )  # fmt: skip
    waited = form.get("QueueTime", "")
    if call.queued_at or not waited.isdecimal():
        return [abandoned]
    # Nobody could record the beginning: the ledger, or we, were away meanwhile.
    since_at = at - timedelta(seconds=int(waited))
    return [_queued(stay, position, since_at, Provenance.RECONSTRUCTED), abandoned]


def _talk_ended(form: Form, call: Call, at: datetime) -> CallFact:
    leg_id = call.leg_id or ""
    return facts.TalkEnded(
        key=f"{call.call_id}/talk-ended/{leg_id}", occurred_at=at, call_id=call.call_id,
        agent_id=call.agent_id or "", leg_id=leg_id,
        ended_by=EndedBy.AGENT if form.get("CallStatus") == IN_PROGRESS else EndedBy.CALLER,
    )  # fmt: skip


def _reports(*made: CallFact) -> tuple[Report, ...]:
    return tuple(Report(fact) for fact in made)
