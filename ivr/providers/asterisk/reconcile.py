"""Reconciliation: the ledger held against what the PBX says now and what its books say of before. Pure.

Whatever the ledger lacks becomes a fact marked `reconstructed`. A fact that was seen is never touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ivr.providers.asterisk.ami_messages import AmiEvent
from ivr.providers.asterisk.books import BookedCall
from ivr.providers.asterisk.calling_out import is_outward
from ivr.providers.asterisk.dialplan import INBOUND, WAITING
from ivr.providers.asterisk.handing_on import COLLEAGUES
from ticketing import facts
from ticketing.facts import CallFact, Provenance

SAME_SECONDS = 3.0
"""A coming or going told twice, once in whole seconds, differs by less."""
STAMPED = (facts.CallQueued, facts.CallLeftQueue, facts.QueueGaveUp)
"""Facts a call may go through more than once: told apart by their instant."""
OUR_CONTEXTS = (INBOUND, WAITING, COLLEAGUES)
PLACING_SECONDS = 15.0
"""An office's call is on the PBX this long after it was placed, or never will be."""


def missing(known: Sequence[CallFact], told: Sequence[CallFact]) -> list[CallFact]:
    """What one witness tells and is not known yet. Each known coming or going accounts for one told."""
    keys = {fact.key for fact in known}
    accounted = {other.key for fact in known if (other := _nearest(fact, told))}
    return [fact for fact in told if fact.key not in keys and fact.key not in accounted]


def _nearest(fact: CallFact, told: Sequence[CallFact]) -> CallFact | None:
    """The told fact that is the same coming or going as `fact`, where its key names an instant."""
    if not isinstance(fact, STAMPED):
        return None
    apart = {
        abs((other.occurred_at - fact.occurred_at).total_seconds()): other
        for other in told
        if type(other) is type(fact)
    }
    closest = min(apart, default=SAME_SECONDS)
    return apart[closest] if closest < SAME_SECONDS else None


@dataclass(frozen=True, slots=True)
class Leg:
    """The other side's channel, as the snapshot has it: an agent's phone, or the citizen the office calls."""

    leg_id: str
    interface: str
    ringing_since_at: datetime
    talking: bool


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A caller's channel, as the snapshot has it. `queued_at` is None outside the queue."""

    call_id: str
    arrived_at: datetime
    caller_number: str | None
    queue: str
    queued_at: datetime | None
    position: int
    leg: Leg | None

    def facts(self, line: str, dialed_number: str, agents: Mapping[str, str]) -> list[CallFact]:
        """What must have happened for the call to stand where it stands."""
        # With a number it says what the dialogue would have said: the arrival's own event has none.
        key = "introduced" if self.caller_number else "arrived"
        told = [self._fact(facts.CallArrived, self.arrived_at, key, line=line, dialed_number=dialed_number)]
        if self.queued_at:
            key = f"queued/{self.queued_at.isoformat()}"
            told.append(
                self._fact(facts.CallQueued, self.queued_at, key, queue=self.queue, position=self.position)
            )
        if self.leg and (agent_id := agents.get(self.leg.interface)):
            told += self._of_leg(self.leg, agent_id)
        return told

    def _of_leg(self, leg: Leg, agent_id: str) -> list[CallFact]:
        more = {"queue": self.queue, "agent_id": agent_id, "leg_id": leg.leg_id}
        told = [self._fact(facts.AgentRang, leg.ringing_since_at, f"rang/{leg.leg_id}", **more)]
        if leg.talking:
            # The snapshot does not say when the phone was taken; the ring was the moment before.
            told.append(
                self._fact(facts.AgentAnswered, leg.ringing_since_at, f"answered/{leg.leg_id}", **more)
            )
        return told

    def _fact(self, kind: type[CallFact], at: datetime, key: str, **more: Any) -> CallFact:
        return _reconstructed(kind, self.call_id, at, key, **more)


@dataclass(frozen=True, slots=True)
class LiveCallBack:
    """The channel of an agent whom the office has call a citizen, as the snapshot has it."""

    call_id: str
    interface: str
    leg: Leg | None

    @property
    def caller_number(self) -> None:
        """Nobody called."""

    def facts(self, _line: str, _dialed_number: str, agents: Mapping[str, str]) -> list[CallFact]:
        """Who talks was reached, at the latest now; that it was placed the ledger alone knows."""
        agent_id = agents.get(self.interface)
        if agent_id is None or self.leg is None or not self.leg.talking:
            return []
        # The snapshot does not say when it was taken; the books do, where they can be read.
        at, leg_id = self.leg.ringing_since_at, self.leg.leg_id
        return [
            _reconstructed(
                facts.CitizenAnswered,
                self.call_id,
                at,
                "citizen-answered",
                agent_id=agent_id,
                leg_id=leg_id,
            )
        ]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The PBX at one instant: our calls by their own channels, and which agent sits at which interface."""

    taken_at: datetime
    calls: dict[str, LiveCall | LiveCallBack]
    agents: dict[str, str]


def snapshot_of(channels: Sequence[AmiEvent], queues: Sequence[AmiEvent], taken_at: datetime) -> Snapshot:
    """The snapshot that the rows of `Status` and `QueueStatus` amount to."""
    entries = {row.headers.get("Uniqueid", ""): row.headers for row in queues if row.name == "QueueEntry"}
    members = (row.headers for row in queues if row.name == "QueueMember")
    agents = {member.get("Location", ""): member.get("Name", "") for member in members}
    legs = {leg[0]: leg[1] for row in channels if (leg := _leg(row.headers, taken_at))}
    calls: dict[str, LiveCall | LiveCallBack] = {}
    for row in channels:
        headers = row.headers
        call_id = headers.get("Uniqueid", "")
        if is_outward(call_id):
            # In whatever context: while the agent's phone rings it is in none of ours.
            interface = headers.get("Channel", "").rpartition("-")[0]
            calls[call_id] = LiveCallBack(call_id, interface, legs.get(call_id))
        elif _call_of(headers) == call_id and headers.get("Context") in OUR_CONTEXTS:
            calls[call_id] = _live(headers, entries.get(call_id), legs.get(call_id), taken_at)
    return Snapshot(taken_at, calls, agents)


def _live(
    headers: Mapping[str, str], entry: Mapping[str, str] | None, leg: Leg | None, at: datetime
) -> LiveCall:
    data = headers.get("Data", "")
    return LiveCall(
        call_id=headers["Uniqueid"],
        arrived_at=at - timedelta(seconds=_number(headers.get("Seconds"))),
        caller_number=headers.get("HOTLINE_CALLER") or None,
        queue=entry["Queue"]
        if entry
        else data.split(",")[0]
        if headers.get("Application") == "Queue"
        else "",
        queued_at=at - timedelta(seconds=_number(entry.get("Wait"))) if entry else None,
        position=_number(entry.get("Position")) if entry else 0,
        leg=leg,
    )


def _leg(headers: Mapping[str, str], at: datetime) -> tuple[str, Leg] | None:
    call_id, leg_id = _call_of(headers), headers.get("Uniqueid", "")
    called_by = "AppDial" if is_outward(call_id) else "AppQueue"
    if not call_id or call_id == leg_id or headers.get("Application") != called_by:
        return None
    interface = headers.get("Channel", "").rpartition("-")[0]
    since_at = at - timedelta(seconds=_number(headers.get("Seconds")))
    return call_id, Leg(leg_id, interface, since_at, talking=bool(headers.get("BridgeID")))


def gone(known: Sequence[CallFact], snapshot: Snapshot, booted_at: datetime | None) -> list[CallFact]:
    """The end of a call that is open in the ledger and no longer on the PBX; nothing where it may still be.

    It ends when it was last heard of: the latest instant at which it is known to have been there. A call
    of the PBX's life before `booted_at` was cut off. One the office has only just placed is on its way.
    """
    call_id = known[0].call_id
    instants = [fact.occurred_at for fact in known]
    on_its_way = PLACING_SECONDS if all(isinstance(fact, facts.CallBackPlaced) for fact in known) else 0.0
    there_until = max(instants) + timedelta(seconds=on_its_way)
    if call_id in snapshot.calls or there_until > snapshot.taken_at:
        return []
    ended = [_reconstructed(facts.CallEnded, call_id, max(instants), "ended", cause=0)]
    if booted_at and min(instants) < booted_at:
        ended.append(_reconstructed(facts.CallCutOff, call_id, max(instants), "cut-off"))
    return ended


def tells_of(row: Any, live: LiveCall | LiveCallBack) -> bool:
    """Whether the ledger's row of a call says all that the snapshot says."""
    if row.ended_at:
        return True
    if isinstance(live, LiveCallBack):
        return row.answered_at is not None or live.leg is None or not live.leg.talking
    if live.leg and (row.leg_id != live.leg.leg_id or (live.leg.talking and row.answered_at is None)):
        return False
    if live.caller_number and row.person_id is None:
        return False
    return row.arrived_at is not None and (live.queued_at is None or row.queued_at is not None)


def tells_of_booked(row: Any, booked: BookedCall) -> bool:
    """Whether the ledger's row of a call says all that the books say."""
    return (
        (row.ended_at is not None or not booked.has_ended)
        and (row.queued_at is not None or not booked.was_queued)
        and (row.answered_at is not None or not booked.was_answered)
        and (row.arrived_at is not None or row.outward)
    )


def _reconstructed(kind: type[CallFact], call_id: str, at: datetime, key: str, **more: Any) -> CallFact:
    return kind(
        key=f"{call_id}/{key}", occurred_at=at, provenance=Provenance.RECONSTRUCTED, call_id=call_id, **more
    )


def _call_of(headers: Mapping[str, str]) -> str:
    return headers.get("HOTLINE_CALL") or headers.get("Linkedid", "")


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
