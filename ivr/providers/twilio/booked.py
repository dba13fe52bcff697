"""What the account's list says of a call that is open in the ledger. Pure; all of it `reconstructed`.

Twilio books when a call began and ended, and for how long it was answered: nothing else is made of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ivr.providers.twilio.leg_facts import (
    COMPLETED,
    DIALSTATUS,
    call_ended,
    cause_of,
    citizen_answered,
    leg_ended,
    not_before,
    not_reached,
    talk_ended,
)
from ivr.providers.twilio.legs import Known
from ivr.providers.twilio.rest import CallState
from ticketing.facts import NOT_PICKED_UP, CallFact, EndedBy, Provenance

HEALED = Provenance.RECONSTRUCTED


def caller_gone(known: Known, booked: CallState) -> list[CallFact]:
    """The caller's call is over."""
    if not booked.is_over or booked.ended_at is None:
        return []
    at = not_before(booked.ended_at, known.facts)
    return [call_ended(known.call.call_id, cause_of(booked.status), at, provenance=HEALED)]


def agent_gone(known: Known, booked: CallState | None) -> list[CallFact]:
    """The agent's leg of a talk is over, and so is the talk."""
    leg_id = known.call.leg_id
    if booked is None or not booked.is_over or booked.ended_at is None or leg_id is None:
        return []
    at = not_before(booked.ended_at, known.facts, leg_id)
    return [leg_ended(known.call.call_id, leg_id, at, provenance=HEALED)]


def call_back_gone(known: Known, booked: CallState | None, legs: Sequence[CallState]) -> list[CallFact]:
    """A call of the office's is over; `booked` is the agent's leg, `legs` are the citizen's.

    One that Twilio never had was not picked up: its telephone never rang.
    """
    call = known.call
    if booked is None and call.was_taken:
        return []
    if booked is None:
        last_at = max(fact.occurred_at for fact in known.facts)
        return [not_reached(call.call_id, NOT_PICKED_UP, last_at, provenance=HEALED)]
    if not booked.is_over or booked.ended_at is None:
        return []
    made = _of_citizen(known, legs)
    if not made and not call.was_taken and not call.not_reached:
        at = not_before(booked.ended_at, known.facts)
        made = [not_reached(call.call_id, NOT_PICKED_UP, at, provenance=HEALED)]
    at = not_before(booked.ended_at, [*known.facts, *made])
    return [*made, call_ended(call.call_id, cause_of(booked.status), at, provenance=HEALED)]


def _of_citizen(known: Known, legs: Sequence[CallState]) -> list[CallFact]:
    leg = next((leg for leg in legs if leg.is_over and leg.ended_at), None)
    if leg is None or leg.ended_at is None:
        return []
    call, made = known.call, list[CallFact]()
    if leg.status != COMPLETED:
        at = not_before(leg.ended_at, known.facts)
        status = DIALSTATUS.get(leg.status, DIALSTATUS["canceled"])
        return [] if call.was_taken else [not_reached(call.call_id, status, at, provenance=HEALED)]
    answered_at = _answered_at(leg, leg.ended_at)
    if call.answered_at is None:
        made.append(citizen_answered(call, leg.sid, not_before(answered_at, known.facts), provenance=HEALED))
    if call.talk_ended_at is None:
        at = not_before(leg.ended_at, [*known.facts, *made])
        agent_id = call.agent_id or ""
        made.append(talk_ended(call, leg.sid, agent_id, EndedBy.UNKNOWN, at, provenance=HEALED))
    return made


def _answered_at(leg: CallState, ended_at: datetime) -> datetime:
    """A call's duration is counted from its answer."""
    return ended_at - timedelta(seconds=leg.duration_seconds or 0)
