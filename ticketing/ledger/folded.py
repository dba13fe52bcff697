"""The rows that a call's facts amount to: its call, its ticket's state, its SOP steps. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from config.office import Office, Sop
from ticketing.calls.call import Call, fold
from ticketing.calls.outcome import outcome
from ticketing.facts import CallFact, EndedBy, Provenance, TalkEnded
from ticketing.sop.run import StepTiming, steps_of
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.number import from_digits
from ticketing.tickets.ticket import call_back_after, state_after

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FoldedCall:
    """A call and everything that follows from it."""

    call: Call
    steps: tuple[StepTiming, ...]
    sop: Sop


def fold_call(known: Sequence[CallFact], call_id: str, sop: Sop) -> FoldedCall:
    """The call and the steps of `sop` it went through."""
    call = fold(known, call_id)
    return FoldedCall(call, steps_of(sop, (*known, *_inferred(call, known))), sop)


def _inferred(call: Call, known: Sequence[CallFact]) -> list[CallFact]:
    """The end of a talk that only the hang-up shows: a boundary of the SOP all the same."""
    if call.talk_ended_at is None or any(isinstance(fact, TalkEnded) for fact in known):
        return []
    return [
        TalkEnded(
            key=f"{call.call_id}/talk-ended/inferred",
            occurred_at=call.talk_ended_at,
            provenance=Provenance.INFERRED,
            call_id=call.call_id,
            agent_id=call.agent_id or "",
            leg_id=call.leg_id or "",
            ended_by=EndedBy.UNKNOWN,
        )
    ]


def call_row(call: Call, office: Office) -> Row:
    """The call's row; the wrap-up it entered ends after its queue's time unless the agent asked for more."""
    wrap_up_until_at = call.wrap_up_until_at
    if call.talk_ended_at and wrap_up_until_at is None and call.queue:
        wrap_up_until_at = call.talk_ended_at + timedelta(seconds=office.wrap_up_seconds(call.queue))
    return {
        "call_id": call.call_id,
        "line": call.line,
        "dialed_number": call.dialed_number,
        "person_id": call.person_id,
        "ticket_id": call.ticket_id,
        "recognised": call.recognised,
        "phase": call.phase.value,
        "outcome": outcome(call),
        "category": call.category,
        "queue": call.queue,
        "agent_id": call.agent_id,
        "engaged_agent_id": call.engaged_agent_id,
        "rung_agent_id": call.rings[-1].agent_id if call.rings else None,
        "leg_id": call.leg_id or (call.ringing.leg_id if call.ringing else None),
        "arrived_at": call.arrived_at,
        "queued_at": call.queued_at,
        "rang_at": call.rings[-1].rang_at if call.rings else None,
        "pop_shown_at": call.pop_shown_at,
        "answered_at": call.answered_at,
        "closing_at": call.closing_at,
        "talk_ended_at": call.talk_ended_at,
        "wrap_up_until_at": wrap_up_until_at,
        "wrap_up_ended_at": call.wrap_up_ended_at,
        "ended_at": call.ended_at,
        "times_spoken": call.times_spoken,
        "wait_seconds": call.wait_seconds,
        "talk_seconds": call.talk_seconds,
        "hold_seconds": call.hold_seconds,
    }


TICKET_COLUMNS = (
    "ticket_id", "day", "serial", "registered_by_call_id", "person_id", "sop_version", "registered_at",
    "state", "category", "last_call_id", "last_call_at",
)  # fmt: skip
"""What `ticket_row` fills."""


def ticket_row(call: Call) -> Row:
    """The row of the ticket this call registered."""
    assert call.ticket_id is not None
    number = from_digits(call.ticket_id)
    return {
        "ticket_id": call.ticket_id,
        "day": number.day,
        "serial": number.serial,
        "registered_by_call_id": call.call_id,
        "person_id": call.person_id,
        "sop_version": call.sop_version,
        "registered_at": call.ticket_at,
        "state": state_after(call).value,
        "category": call.category,
        "last_call_id": call.call_id,
        "last_call_at": call.ticket_at,
    }


def ticket_state_row(call: Call, calendar: Calendar) -> Row:
    """What the call changes in its ticket, whoever registered it; names are the update's parameters."""
    call_back = call_back_after(call, calendar)
    return {
        "of_ticket": call.ticket_id,
        "by_call": call.call_id,
        "as_of": call.ticket_at,
        "new_state": state_after(call).value,
        "new_category": call.category,
        "due_at": call_back.due_at if call_back else None,
        "due_reason": call_back.reason.value if call_back else None,
    }


def step_rows(folded: FoldedCall) -> list[Row]:
    """One row for each step the call has begun."""
    return [
        {
            "call_id": folded.call.call_id,
            "step": timing.step.number,
            "ticket_id": folded.call.ticket_id,
            "sop_version": folded.sop.version,
            "started_at": timing.started_at,
            "started_by": timing.started_by,
            "ended_at": timing.ended_at,
            "ended_by": timing.ended_by,
            "seconds": timing.seconds,
            "standard_seconds": timing.step.standard_seconds,
            "within": timing.within,
        }
        for timing in folded.steps
    ]
