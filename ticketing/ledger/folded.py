"""The rows that a call's facts amount to: its call, its ticket's state, its SOP steps. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from config.office import Office, Sop
from config.sop import FactPattern
from ticketing.calls.call import Call, fold
from ticketing.calls.outcome import outcome
from ticketing.case_facts import Origin
from ticketing.facts import CallFact, EndedBy, Fact, Provenance, TalkEnded
from ticketing.ledger.codec import KINDS
from ticketing.sop.run import StepTiming, steps_of
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.follow_up import call_back_owed, duty
from ticketing.tickets.messages import Message
from ticketing.tickets.number import from_digits
from ticketing.tickets.ticket import Standing, TicketState

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FoldedCall:
    """A call and everything that follows from it."""

    call: Call
    sop: Sop
    facts: tuple[CallFact, ...]

    @property
    def steps(self) -> tuple[StepTiming, ...]:
        """The SOP steps it went through; looked at only when they are to be written."""
        return steps_of(_of_calls(self.sop), self.facts)


def fold_call(known: Sequence[CallFact], call_id: str, sop: Sop) -> FoldedCall:
    """The call, which is carried out by `sop`."""
    call = fold(known, call_id)
    return FoldedCall(call, sop, (*known, *_inferred(call, known)))


def _of_calls(sop: Sop) -> Sop:
    """The steps that a call alone can begin and end; what people do belongs to the ticket's steps."""
    if sop.version not in _CALL_STEPS:
        mine = (s for s in sop.steps if _names_call_fact(s.starts_on) and _names_call_fact(s.ends_on))
        _CALL_STEPS[sop.version] = replace(sop, steps=tuple(mine))
    return _CALL_STEPS[sop.version]


_CALL_STEPS: dict[str, Sop] = {}
"""Worked out once for each version; versions are few."""


def _names_call_fact(patterns: tuple[FactPattern, ...]) -> bool:
    return any(issubclass(KINDS.get(pattern.fact, Fact), CallFact) for pattern in patterns)


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
        "arrived_at": call.arrived_at or call.placed_at,
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
        "outward": call.is_outward,
        "told_wait_at": call.told_wait_at,
        "told_wait_seconds": call.told_wait_seconds,
        "told_wait_position": call.told_wait_position,
        "queued_position": call.queued_position,
        "probe": call.is_probe,
    }


TICKET_COLUMNS = (
    "ticket_id", "day", "serial", "registered_by_call_id", "person_id", "sop_version", "registered_at",
    "state", "category", "last_call_id", "last_call_at", "parent_ticket_id", "restricted", "misses",
    "origin", "text_only", "call_back_tries",
)  # fmt: skip
"""What `ticket_row` fills."""


def ticket_row(
    ticket_id: str,
    *,
    person_id: str | None,
    sop_version: str | None,
    registered_at: datetime | None,
    call_id: str | None = None,
    parent_ticket_id: str | None = None,
    origin: Origin = Origin.CALL,
) -> Row:
    """The row of a ticket as it is born: by registration, or by hand beside a parent."""
    number = from_digits(ticket_id)
    return {
        "ticket_id": ticket_id,
        "day": number.day,
        "serial": number.serial,
        "registered_by_call_id": call_id,
        "person_id": person_id,
        "sop_version": sop_version,
        "registered_at": registered_at,
        "state": TicketState.REGISTERED.value,
        "category": None,
        "last_call_id": call_id,
        "last_call_at": registered_at,
        "parent_ticket_id": parent_ticket_id,
        "restricted": False,
        "misses": 0,
        "origin": origin.value,
        "text_only": False,
        "call_back_tries": 0,
    }


def ticket_row_of_call(call: Call) -> Row:
    """The row of the ticket this call registered."""
    assert call.ticket_id is not None
    return ticket_row(
        call.ticket_id,
        person_id=call.person_id,
        sop_version=call.sop_version,
        registered_at=call.ticket_at,
        call_id=call.call_id,
        origin=Origin.PROBE if call.is_probe else Origin.CALL,
    )


def ticket_state_row(
    standing: Standing, office: Office, calendar: Calendar, call_id: str | None, as_of: datetime
) -> Row:
    """Where the ticket stands, and who owes what by when; names are the update's parameters."""
    case = standing.case
    owes = duty(standing, office, calendar)
    call_back = call_back_owed(standing)
    return {
        "of_ticket": standing.ticket_id,
        "as_of": as_of,
        "new_last_call_id": call_id,
        "new_state": standing.state,
        "new_category": standing.matter,
        "new_call_back_due_at": call_back.due_at if call_back else None,
        "new_call_back_reason": call_back.reason.value if call_back else None,
        "new_queue": standing.queue,
        "new_agent_id": case.agent_id or standing.agent_id,
        "new_owner_role": owes.owner.role.value if owes else None,
        "new_owner_id": owes.owner.id if owes else None,
        "new_next_due_at": owes.due_at if owes else None,
        "new_due_kind": owes.kind.value if owes else None,
        "new_limit_at": owes.limit_at if owes else None,
        "new_calendar_version": calendar.version,
        "new_ticket_type": case.ticket_type,
        "new_district": case.district,
        "new_restricted": office.is_restricted(standing.matter),
        "new_urgency": case.urgency.value,
        "new_track": case.track.value if case.track else None,
        "new_unit": case.unit,
        "new_official_id": case.official_id,
        "new_misses": case.misses,
        "new_waiting_since_at": case.waiting_since_at,
        "new_merged_into": case.merged_into,
        "new_closed_at": case.closed_at,
        "new_text_only": case.text_only,
        "new_place_since_at": None if case.is_over else standing.place_since_at,
        "new_call_back_tries": len(standing.tries_at) if call_back else 0,
        "new_call_back_tried_at": standing.tries_at[-1] if call_back and standing.tries_at else None,
        "new_cause_id": case.cause_id,
    }


def message_row(message: Message) -> Row:
    """Something owed to the citizen, told or not."""
    return {
        "key": message.key,
        "ticket_id": message.ticket_id,
        "kind": message.kind.value,
        "owed_at": message.owed_at,
        "told_at": message.told_at,
        "by_text": message.by_text,
    }


def step_rows(folded: FoldedCall) -> list[Row]:
    """One row for each step the call has begun."""
    of_call = {"call_id": folded.call.call_id, "ticket_id": folded.call.ticket_id}
    return [of_call | _timing_row(timing, folded.sop) for timing in folded.steps]


def case_step_rows(ticket_id: str, sop: Sop, facts: Sequence[Fact]) -> list[Row]:
    """One row for each step the case has begun, each time it was taken."""
    return [
        _timing_row(timing, sop)
        | {
            "ticket_id": ticket_id,
            "round": timing.round,
            "by": timing.by,
            "skip_reason_id": timing.skip_reason_id,
        }
        for timing in steps_of(sop, facts)
    ]


def _timing_row(timing: StepTiming, sop: Sop) -> Row:
    return {
        "step": timing.step.number,
        "sop_version": sop.version,
        "started_at": timing.started_at,
        "started_by": timing.started_by,
        "ended_at": timing.ended_at,
        "ended_by": timing.ended_by,
        "seconds": timing.seconds,
        "standard_seconds": timing.step.standard_seconds,
        "within": timing.within,
    }
