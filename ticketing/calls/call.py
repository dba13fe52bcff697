"""A call, folded from its facts: any order, repetition or gap of them ends in the same call."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ticketing import facts
from ticketing.facts import CallFact, EndedBy


class CallPhase(StrEnum):
    """Where a call stands."""

    GREETING = "greeting"
    REGISTERING = "registering"
    CALLING = "calling"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    OVER = "over"


class Ring(Struct, frozen=True, gc=False):
    """One agent's phone ringing for this call; `ended_at` is None while it rings or was answered."""

    agent_id: str
    leg_id: str
    rang_at: datetime
    ended_at: datetime | None = None


class Call(Struct, frozen=True, gc=False):
    """What is known of one call. Instants are UTC; None means it has not happened, or nobody saw it.

    A call `placed_at` was made by the office to the citizen; its own channel is the agent's.
    """

    call_id: str
    line: str = ""
    dialed_number: str = ""
    person_id: str | None = None
    by_mobile: bool | None = None
    placed_at: datetime | None = None
    not_reached: str | None = None
    not_reached_at: datetime | None = None
    arrived_at: datetime | None = None
    menu_entered_at: datetime | None = None
    ticket_id: str | None = None
    ticket_at: datetime | None = None
    registered_here: bool = False
    recognised: bool = False
    sop_version: str | None = None
    times_spoken: int = 0
    category: str | None = None
    queue: str | None = None
    position: int | None = None
    status_heard_at: datetime | None = None
    told_wait_at: datetime | None = None
    told_wait_seconds: int | None = None
    told_wait_position: int | None = None
    queued_position: int | None = None
    queued_at: datetime | None = None
    in_queue: bool = False
    gave_up_at: datetime | None = None
    queue_closed: bool = False
    abandoned_at: datetime | None = None
    rings: tuple[Ring, ...] = ()
    pop_shown_at: datetime | None = None
    agent_id: str | None = None
    leg_id: str | None = None
    answered_at: datetime | None = None
    held_since_at: datetime | None = None
    hold_seconds: float = 0.0
    closing_at: datetime | None = None
    hung_up_by_agent: bool = False
    talk_ended_at: datetime | None = None
    ended_by: EndedBy | None = None
    wrap_up_until_at: datetime | None = None
    wrap_up_ended_at: datetime | None = None
    call_back_due_at: datetime | None = None
    call_back_reason: facts.CallBackReason | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    cut_off: bool = False
    probe_at: datetime | None = None

    @property
    def ringing(self) -> Ring | None:
        """The ring going on now."""
        if self.was_taken or self.ended_at or not self.rings or self.rings[-1].ended_at:
            return None
        return self.rings[-1]

    @property
    def is_outward(self) -> bool:
        """Whether the office made the call."""
        return self.placed_at is not None

    @property
    def is_probe(self) -> bool:
        """Whether no citizen called: it was the probe."""
        return self.probe_at is not None

    @property
    def was_taken(self) -> bool:
        """Whether the two sides talked; known by the talk's end where the answer itself was missed."""
        return self.answered_at is not None or self.talk_ended_at is not None

    @property
    def number_unheard(self) -> bool:
        """Whether the caller is gone without having heard their number to its end, from us or an agent."""
        unheard = self.ended_at is not None and not self.times_spoken and not self.was_taken
        return unheard and not self.is_outward

    @property
    def engaged_agent_id(self) -> str | None:
        """The agent whom the call occupies: rung, calling, talking, or in wrap-up after it."""
        if self.was_taken:
            return self.agent_id if self.wrap_up_ended_at is None else None
        if self.is_outward:
            return None if self.ended_at else self.agent_id
        return self.ringing.agent_id if self.ringing else None

    @property
    def phase(self) -> CallPhase:
        """Where the call stands now."""
        if self.was_taken:
            return self._phase_after_answer
        if self.ended_at:
            return CallPhase.OVER
        if self.is_outward:
            return CallPhase.CALLING
        if self.ringing:
            return CallPhase.RINGING
        if self.in_queue:
            return CallPhase.WAITING
        return CallPhase.REGISTERING if self.menu_entered_at else CallPhase.GREETING

    @property
    def _phase_after_answer(self) -> CallPhase:
        if self.talk_ended_at is None:
            return CallPhase.TALKING
        return CallPhase.OVER if self.wrap_up_ended_at else CallPhase.WRAP_UP

    @property
    def wait_seconds(self) -> float | None:
        """Queued until answered or gone, over all returns to the queue; None while waiting."""
        left_at = self.answered_at or self.abandoned_at or self.gave_up_at or self.ended_at
        return _seconds(self.queued_at, left_at)

    @property
    def talk_seconds(self) -> float | None:
        """Answered until the talk ended, hold included."""
        return _seconds(self.answered_at, self.talk_ended_at)


def fold(known: Iterable[CallFact], call_id: str) -> Call:
    """The call as its facts tell it. Facts of one instant are taken in the order calls go through them."""
    once = {fact.key: fact for fact in known}
    call = Call(call_id)
    for fact in sorted(once.values(), key=_order):
        apply = _APPLY.get(type(fact))
        if apply is not None:
            call = apply(call, fact)
    return _settled(call)


def _settled(call: Call) -> Call:
    """A caller's hang-up ends whatever was still open: the hold, the talk, the place in the queue.

    An office's call that reached nobody is over at once: an agent's phone that never rang has no channel
    whose end could say so. Where it reached somebody after all, that it did not is no longer true.
    """
    if call.not_reached:
        if call.was_taken:
            call = replace(call, not_reached=None, not_reached_at=None)
        else:
            call = replace(call, ended_at=call.ended_at or call.not_reached_at)
    ended_at = call.ended_at
    if ended_at:
        call = replace(call, in_queue=False)
        if call.answered_at and call.talk_ended_at is None:
            call = _talk_over(call, ended_at, EndedBy.UNKNOWN)
    if call.hung_up_by_agent and call.ended_by in (EndedBy.CALLER, EndedBy.UNKNOWN):
        call = replace(call, ended_by=EndedBy.AGENT)
    return call


def _arrived(call: Call, fact: facts.CallArrived) -> Call:
    mobile = call.by_mobile if fact.by_mobile is None else fact.by_mobile
    call = replace(call, person_id=call.person_id or fact.person_id, by_mobile=mobile)
    if call.arrived_at:
        return call
    return replace(call, line=fact.line, dialed_number=fact.dialed_number, arrived_at=fact.occurred_at)


def _placed(call: Call, fact: facts.CallBackPlaced) -> Call:
    return replace(
        call,
        placed_at=fact.occurred_at,
        agent_id=fact.agent_id,
        ticket_id=fact.ticket_id,
        ticket_at=fact.occurred_at,
        person_id=fact.person_id,
        queue=fact.queue,
        sop_version=fact.sop_version,
    )


def _reached(call: Call, fact: facts.CitizenAnswered) -> Call:
    if call.answered_at:
        return call
    return replace(call, agent_id=fact.agent_id, leg_id=fact.leg_id, answered_at=fact.occurred_at)


def _not_reached(call: Call, fact: facts.CitizenNotReached) -> Call:
    return replace(
        call,
        not_reached=call.not_reached or fact.status,
        not_reached_at=call.not_reached_at or fact.occurred_at,
    )


def _status_heard(call: Call, fact: facts.StatusHeard) -> Call:
    return replace(call, status_heard_at=fact.occurred_at)


def _wait_told(call: Call, fact: facts.WaitTold) -> Call:
    """Whoever is told again is owed the promise that runs out first: a later one takes nothing back."""
    if call.told_wait_at and call.told_wait_seconds is not None:
        later_seconds = (fact.occurred_at - call.told_wait_at).total_seconds()
        if later_seconds + fact.at_most_seconds >= call.told_wait_seconds:
            return call
    return replace(
        call,
        queue=call.queue or fact.queue,
        told_wait_at=fact.occurred_at,
        told_wait_seconds=fact.at_most_seconds,
        told_wait_position=fact.position,
    )


def _menu_entered(call: Call, fact: facts.MenuEntered) -> Call:
    return replace(call, menu_entered_at=call.menu_entered_at or fact.occurred_at)


def _registered(call: Call, fact: facts.TicketRegistered) -> Call:
    return replace(
        call,
        ticket_id=fact.ticket_id,
        ticket_at=fact.occurred_at,
        registered_here=True,
        sop_version=fact.sop_version,
        person_id=call.person_id or fact.person_id,
    )


def _continued(call: Call, fact: facts.TicketContinued) -> Call:
    return replace(
        call,
        ticket_id=fact.ticket_id,
        ticket_at=fact.occurred_at,
        registered_here=False,
        recognised=call.recognised or fact.keyed_in,
        sop_version=fact.sop_version,
    )


def _spoken(call: Call, fact: facts.NumberSpoken) -> Call:
    return replace(call, times_spoken=max(call.times_spoken, fact.times))


def _promised(call: Call, fact: facts.CallBackPromised) -> Call:
    return replace(call, call_back_due_at=fact.due_at, call_back_reason=fact.reason)


def _queued(call: Call, fact: facts.CallQueued) -> Call:
    return replace(
        call,
        queue=fact.queue,
        position=fact.position,
        queued_position=call.queued_position or fact.position,
        queued_at=call.queued_at or fact.occurred_at,
        in_queue=True,
        rings=_rings_ended(call, fact.occurred_at),
    )


def _category(call: Call, fact: facts.CategoryChosen) -> Call:
    return replace(call, category=fact.category)


def _left_queue(call: Call, fact: facts.CallLeftQueue) -> Call:
    return replace(call, in_queue=False)


def _gave_up(call: Call, fact: facts.QueueGaveUp) -> Call:
    closed = call.queue_closed or fact.status == facts.CLOSED
    return replace(call, in_queue=False, gave_up_at=fact.occurred_at, queue_closed=closed)


def _rang(call: Call, fact: facts.AgentRang) -> Call:
    ring = Ring(fact.agent_id, fact.leg_id, fact.occurred_at)
    return replace(call, rings=(*_rings_ended(call, fact.occurred_at), ring))


def _leg_ended(call: Call, fact: facts.AgentLegEnded) -> Call:
    """The agent's channel is gone: Asterisk 22 does not always say AgentComplete before it."""
    if call.answered_at and call.leg_id == fact.leg_id and call.talk_ended_at is None:
        call = _talk_over(call, fact.occurred_at, EndedBy.UNKNOWN)
    return _ring_over(call, fact)


def _ring_over(call: Call, fact: facts.AgentDidNotAnswer | facts.AgentLegEnded) -> Call:
    rings = tuple(
        replace(ring, ended_at=ring.ended_at or fact.occurred_at) if ring.leg_id == fact.leg_id else ring
        for ring in call.rings
    )
    return replace(call, rings=rings)


def _rings_ended(call: Call, at: datetime) -> tuple[Ring, ...]:
    """Only one agent is rung at a time, so a new ring ends the one before."""
    return tuple(ring if ring.ended_at else replace(ring, ended_at=at) for ring in call.rings)


def _answered(call: Call, fact: facts.AgentAnswered) -> Call:
    if call.answered_at:
        return call
    return replace(
        call,
        queue=call.queue or fact.queue,
        agent_id=fact.agent_id,
        leg_id=fact.leg_id,
        answered_at=fact.occurred_at,
        in_queue=False,
    )


def _abandoned(call: Call, fact: facts.CallAbandoned) -> Call:
    return replace(call, in_queue=False, abandoned_at=fact.occurred_at)


def _pop_shown(call: Call, fact: facts.PopShown) -> Call:
    return replace(call, pop_shown_at=call.pop_shown_at or fact.occurred_at)


def _held(call: Call, fact: facts.CallHeld) -> Call:
    if call.talk_ended_at:
        # A colleague's phone: the caller was handed on.
        return call
    return replace(call, held_since_at=call.held_since_at or fact.occurred_at)


def _resumed(call: Call, fact: facts.CallResumed) -> Call:
    return _hold_over(call, fact.occurred_at)


def _hold_over(call: Call, at: datetime) -> Call:
    held = _seconds(call.held_since_at, at) or 0.0
    return replace(call, held_since_at=None, hold_seconds=call.hold_seconds + held)


def _closing(call: Call, fact: facts.ClosingStarted) -> Call:
    return replace(call, closing_at=call.closing_at or fact.occurred_at)


def _agent_hung_up(call: Call, fact: facts.AgentHungUp) -> Call:
    return replace(call, hung_up_by_agent=True)


def _talk_ended(call: Call, fact: facts.TalkEnded) -> Call:
    if call.talk_ended_at is not None:
        return replace(call, ended_by=_who(call.ended_by, fact.ended_by))
    seen = replace(call, agent_id=call.agent_id or fact.agent_id, leg_id=call.leg_id or fact.leg_id)
    return _talk_over(replace(seen, in_queue=False), fact.occurred_at, fact.ended_by)


def _who(known: EndedBy | None, told: EndedBy) -> EndedBy:
    """Who ended the talk, where its end was seen before anybody said who.

    Whoever sent a caller on knows better than whoever saw them leave.
    """
    return told if told is EndedBy.TRANSFER or known in (None, EndedBy.UNKNOWN) else known


def _talk_over(call: Call, at: datetime, ended_by: EndedBy) -> Call:
    return replace(_hold_over(call, at), talk_ended_at=at, ended_by=ended_by)


def _wrap_up_extended(call: Call, fact: facts.WrapUpExtended) -> Call:
    return replace(call, wrap_up_until_at=fact.until_at)


def _wrap_up_ended(call: Call, fact: facts.WrapUpEnded) -> Call:
    return replace(call, wrap_up_ended_at=call.wrap_up_ended_at or fact.occurred_at)


def _cut_off(call: Call, fact: facts.CallCutOff) -> Call:
    return replace(call, cut_off=True, ended_at=call.ended_at or fact.occurred_at)


def _made_by_probe(call: Call, fact: facts.CallMadeByProbe) -> Call:
    return replace(call, probe_at=call.probe_at or fact.occurred_at)


def _ended(call: Call, fact: facts.CallEnded) -> Call:
    return replace(call, ended_at=call.ended_at or fact.occurred_at, cause=fact.cause)


_APPLY: dict[type[CallFact], Callable[[Call, Any], Call]] = {
    facts.CallArrived: _arrived,
    facts.CallBackPlaced: _placed,
    facts.MenuEntered: _menu_entered,
    facts.TicketRegistered: _registered,
    facts.TicketContinued: _continued,
    facts.NumberSpoken: _spoken,
    facts.StatusHeard: _status_heard,
    facts.WaitTold: _wait_told,
    facts.CallBackPromised: _promised,
    facts.CallMadeByProbe: _made_by_probe,
    facts.CallQueued: _queued,
    facts.CategoryChosen: _category,
    facts.CallLeftQueue: _left_queue,
    facts.QueueGaveUp: _gave_up,
    facts.AgentRang: _rang,
    facts.AgentDidNotAnswer: _ring_over,
    facts.CallAbandoned: _abandoned,
    facts.AgentAnswered: _answered,
    facts.CitizenAnswered: _reached,
    facts.CitizenNotReached: _not_reached,
    facts.PopShown: _pop_shown,
    facts.CallHeld: _held,
    facts.CallResumed: _resumed,
    facts.ClosingStarted: _closing,
    facts.AgentHungUp: _agent_hung_up,
    facts.TalkEnded: _talk_ended,
    facts.AgentLegEnded: _leg_ended,
    facts.CallEnded: _ended,
    facts.CallCutOff: _cut_off,
    facts.WrapUpExtended: _wrap_up_extended,
    facts.WrapUpEnded: _wrap_up_ended,
}
"""What each fact changes, in the order a call goes through them: the order within one instant."""

_RANK = {kind: rank for rank, kind in enumerate(_APPLY)}


def _order(fact: CallFact) -> tuple[datetime, int, str]:
    return (fact.occurred_at, _RANK.get(type(fact), len(_RANK)), fact.key)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None
