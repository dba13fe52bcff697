"""A ticket: what its latest call and what people did make of it, and who owes what by when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from ticketing.calls.call import Call
from ticketing.calls.outcome import OWED_A_CALL_BACK, Outcome, outcome
from ticketing.case_facts import Origin
from ticketing.facts import CallBackReason
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import OVER, Case, Stage

FIRST_SECOND_SECONDS = 1.0
"""Who is gone this soon after the answer has not been spoken to."""


class TicketState(StrEnum):
    """Where a ticket stands after its latest call, as long as nobody has worked on it."""

    REGISTERED = "registered"
    WITH_AGENT = "with_agent"
    ABANDONED = "abandoned"
    CALL_BACK_OWED = "call_back_owed"


OVER_STATES = frozenset(stage.value for stage in OVER)
"""A caller with a ticket in any other state is offered to go on with it."""

_AFTER = {
    None: TicketState.REGISTERED,
    Outcome.LEFT_HEARING_NUMBER: TicketState.ABANDONED,
    Outcome.SHORT_ABANDON: TicketState.ABANDONED,
    Outcome.ABANDONED: TicketState.ABANDONED,
    Outcome.ABANDONED_RINGING: TicketState.ABANDONED,
    Outcome.TURNED_AWAY: TicketState.CALL_BACK_OWED,
    Outcome.QUEUE_CLOSED: TicketState.CALL_BACK_OWED,
    Outcome.AFTER_HOURS: TicketState.CALL_BACK_OWED,
    Outcome.CUT_OFF: TicketState.CALL_BACK_OWED,
    Outcome.CALL_BACK_ASKED: TicketState.CALL_BACK_OWED,
}


@dataclass(frozen=True, slots=True)
class CallBack:
    """A call the office owes the citizen."""

    due_at: datetime
    reason: CallBackReason


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides about a ticket: its registration, its latest call, and what people did.

    `agent_id` is who took the latest call; `number_unheard` that its caller may not know the number;
    `place_since_at` is when the citizen first joined the queue, and has not been served since; `tries_at`
    are the office's calls to them that came to nothing after that.
    """

    ticket_id: str
    registered_at: datetime
    call_state: TicketState
    call_at: datetime
    category: str | None
    queue: str | None
    agent_id: str | None
    call_back: CallBack | None
    number_unheard: bool
    case: Case
    by_mobile: bool = False
    place_since_at: datetime | None = None
    tries_at: tuple[datetime, ...] = ()

    @property
    def state(self) -> str:
        """What people did decides; before they did anything, the latest call does."""
        return self.call_state.value if self.case.stage is Stage.UNTOUCHED else self.case.stage.value

    @property
    def matter(self) -> str | None:
        """The category: the agent's, else the one the caller named by a key."""
        return self.case.category or self.category


def latest_call(calls: Iterable[Call]) -> Call | None:
    """The call that decides how its ticket stands; one of the office's that reached nobody does not."""
    deciding = (call for call in calls if call.ticket_at and (call.was_taken or not call.is_outward))
    return max(deciding, key=_taken_up, default=None)


def _taken_up(call: Call) -> tuple[datetime, str]:
    assert call.ticket_at is not None
    return call.ticket_at, call.call_id


def standing_after(
    call: Call,
    calendar: Calendar,
    case: Case,
    registered_at: datetime | None,
    calls: Sequence[Call] = (),
) -> Standing:
    """How a ticket stands after `call`, its latest; `calls` are all of the ticket's, if there are more."""
    assert call.ticket_id is not None
    assert call.ticket_at is not None
    known = calls or (call,)
    case = _left_by_probe(case, call)
    return Standing(
        ticket_id=call.ticket_id,
        registered_at=registered_at or call.ticket_at,
        call_state=state_after(call),
        call_at=call.talk_ended_at or call.ticket_at,
        category=call.category,
        queue=call.queue,
        agent_id=call.agent_id if call.was_taken else None,
        call_back=call_back_after(call, calendar),
        number_unheard=call.number_unheard,
        case=case,
        by_mobile=case.by_mobile or any(one.by_mobile for one in known),
        place_since_at=place_since(known),
        tries_at=tries_since(known, call.ticket_at),
    )


def _left_by_probe(case: Case, call: Call) -> Case:
    """A ticket that the probe registered is over as soon as it is known, unless people work on it."""
    if not (call.is_probe and call.registered_here and case.stage is Stage.UNTOUCHED):
        return case
    return replace(case, stage=Stage.CANCELLED, closed_at=call.probe_at, origin=Origin.PROBE)


def place_since(calls: Iterable[Call]) -> datetime | None:
    """When the citizen joined the queue for the first time since they were last served."""
    since: datetime | None = None
    for call in sorted((one for one in calls if one.ticket_at), key=_taken_up):
        since = None if call.was_taken else since or call.queued_at
    return since


def tries_since(calls: Iterable[Call], at: datetime) -> tuple[datetime, ...]:
    """When the office called after `at`, in vain."""
    placed = (one.placed_at for one in calls if one.ended_at and not one.was_taken)
    return tuple(sorted(tried_at for tried_at in placed if tried_at and tried_at >= at))


def state_after(call: Call) -> TicketState:
    """The state in which `call` leaves its ticket: it outlives its call, and no call closes it."""
    ended_as = _ended_as(call)
    if call.was_taken and ended_as in (None, Outcome.ANSWERED):
        return TicketState.WITH_AGENT
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
