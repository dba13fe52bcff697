"""What a call makes of its ticket: the state it is in, and whether the office owes a call."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ticketing.calls.call import Call
from ticketing.calls.outcome import OWED_A_CALL_BACK, Outcome, outcome
from ticketing.facts import CallBackReason
from ticketing.tickets.calendar import Calendar

FIRST_SECOND_SECONDS = 1.0
"""Who is gone this soon after the answer has not been spoken to."""


class TicketState(StrEnum):
    """Where a ticket stands after its latest call."""

    REGISTERED = "registered"
    WITH_AGENT = "with_agent"
    ABANDONED = "abandoned"
    CALL_BACK_OWED = "call_back_owed"
    CLOSED = "closed"


OPEN = frozenset(TicketState) - {TicketState.CLOSED}
"""A caller with a ticket in one of these states is offered to go on with it."""

_AFTER = {
    None: TicketState.REGISTERED,
    Outcome.LEFT_HEARING_NUMBER: TicketState.REGISTERED,
    Outcome.SHORT_ABANDON: TicketState.ABANDONED,
    Outcome.ABANDONED: TicketState.ABANDONED,
    Outcome.ABANDONED_RINGING: TicketState.ABANDONED,
    Outcome.TURNED_AWAY: TicketState.CALL_BACK_OWED,
    Outcome.QUEUE_CLOSED: TicketState.CALL_BACK_OWED,
    Outcome.AFTER_HOURS: TicketState.CALL_BACK_OWED,
    Outcome.CUT_OFF: TicketState.CALL_BACK_OWED,
}


@dataclass(frozen=True, slots=True)
class CallBack:
    """A call the office owes the citizen."""

    due_at: datetime
    reason: CallBackReason


def state_after(call: Call) -> TicketState:
    """The state in which `call` leaves its ticket (domain ruling: a ticket outlives its call)."""
    ended_as = _ended_as(call)
    if call.was_taken and ended_as in (None, Outcome.ANSWERED):
        return TicketState.CLOSED if call.wrap_up_ended_at else TicketState.WITH_AGENT
    return _AFTER.get(ended_as, TicketState.REGISTERED)


def call_back_after(call: Call, calendar: Calendar) -> CallBack | None:
    """The call-back owed after `call`: as promised in words, else by the end of the working day."""
    ended_as = _ended_as(call)
    if call.ended_at is None or ended_as in (None, Outcome.ANSWERED):
        return None
    if call.call_back_due_at and call.call_back_reason:
        return CallBack(call.call_back_due_at, call.call_back_reason)
    if ended_as not in OWED_A_CALL_BACK or call.person_id is None:
        return None
    return CallBack(calendar.call_back_due(call.ended_at), OWED_A_CALL_BACK[ended_as])


def _ended_as(call: Call) -> Outcome | None:
    """How the call ended for the citizen. To the PBX one gone in the talk's first second was answered."""
    if call.cut_off:
        return Outcome.CUT_OFF
    if call.talk_seconds is not None and call.talk_seconds < FIRST_SECOND_SECONDS:
        return Outcome.ABANDONED_RINGING
    return outcome(call)
