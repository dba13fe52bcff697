"""The one terminal outcome of a call: where the caller was when the line went dead."""

from enum import StrEnum

from ticketing.calls.call import Call
from ticketing.facts import CallBackReason

RING_ENDS_WITH_CALL_SECONDS = 1.0
"""A hang-up takes the agent's ring down within this time; Asterisk reports the two in either order."""

SHORT_ABANDON_SECONDS = 5.0
"""Who leaves the queue sooner most likely dialled wrong; no call-back is owed."""


class Outcome(StrEnum):
    """How a call ended; each ended call has exactly one."""

    ANSWERED = "answered"
    LEFT_IN_GREETING = "left_in_greeting"
    LEFT_IN_REGISTRATION = "left_in_registration"
    LEFT_HEARING_NUMBER = "left_hearing_number"
    SHORT_ABANDON = "short_abandon"
    ABANDONED = "abandoned"
    ABANDONED_RINGING = "abandoned_ringing"
    TURNED_AWAY = "turned_away"
    QUEUE_CLOSED = "queue_closed"
    AFTER_HOURS = "after_hours"
    CUT_OFF = "cut_off"
    CALL_BACK_ASKED = "call_back_asked"
    NOT_REACHED = "not_reached"
    STATUS_HEARD = "status_heard"


OWED_A_CALL_BACK = {
    Outcome.LEFT_HEARING_NUMBER: CallBackReason.ABANDONED,
    Outcome.SHORT_ABANDON: CallBackReason.ABANDONED,
    Outcome.ABANDONED: CallBackReason.ABANDONED,
    Outcome.ABANDONED_RINGING: CallBackReason.ABANDONED,
    Outcome.TURNED_AWAY: CallBackReason.QUEUE_TIMEOUT,
    Outcome.QUEUE_CLOSED: CallBackReason.QUEUE_CLOSED,
    Outcome.CUT_OFF: CallBackReason.CUT_OFF,
}
"""Outcomes that leave the office owing a call although none was promised at an hour.

Whoever has a number was told "should we be cut off, we call you back", and may have taken it at its word."""


def outcome(call: Call) -> Outcome | None:
    """The call's outcome, or None while it goes on."""
    if call.was_taken:
        return Outcome.ANSWERED if call.talk_ended_at else None
    if call.ended_at is None:
        return None
    if call.is_outward:
        return Outcome.NOT_REACHED
    if call.cut_off:
        return Outcome.CUT_OFF
    if call.call_back_reason in _PROMISED:
        return _PROMISED[call.call_back_reason]
    if call.queued_at is None:
        return _outcome_before_queue(call)
    if call.gave_up_at:
        return Outcome.QUEUE_CLOSED if call.queue_closed else Outcome.TURNED_AWAY
    return _outcome_in_queue(call)


_PROMISED = {
    CallBackReason.AFTER_HOURS: Outcome.AFTER_HOURS,
    CallBackReason.ASKED: Outcome.CALL_BACK_ASKED,
}


def _outcome_before_queue(call: Call) -> Outcome:
    if call.ticket_id:
        return Outcome.LEFT_HEARING_NUMBER
    if call.status_heard_at:
        return Outcome.STATUS_HEARD
    return Outcome.LEFT_IN_REGISTRATION if call.menu_entered_at else Outcome.LEFT_IN_GREETING


def _outcome_in_queue(call: Call) -> Outcome:
    if _was_ringing(call):
        return Outcome.ABANDONED_RINGING
    short = (call.wait_seconds or 0.0) < SHORT_ABANDON_SECONDS
    return Outcome.SHORT_ABANDON if short else Outcome.ABANDONED


def _was_ringing(call: Call) -> bool:
    left_at = call.abandoned_at or call.ended_at
    if not call.rings or left_at is None:
        return False
    rang_until = call.rings[-1].ended_at
    return rang_until is None or (left_at - rang_until).total_seconds() < RING_ENDS_WITH_CALL_SECONDS
