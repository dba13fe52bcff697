"""Every fact the hotline records: frozen, in the past tense, and once only by its key.

A fact names persons by reference only; what identifies them stays sealed in `ticketing.people`.
The key of a fact makes it once-only: recording it again changes nothing.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Provenance(StrEnum):
    """How a boundary came to be known."""

    OBSERVED = "observed"
    """The telephone system saw it."""
    INFERRED = "inferred"
    """Read off what a person did: a first keystroke, a page opened."""
    DECLARED = "declared"
    """Somebody pressed a key to say so."""
    RECONSTRUCTED = "reconstructed"
    """Healed after a gap, from snapshots or the PBX's own files."""


class EndedBy(StrEnum):
    """Who ended a talk."""

    CALLER = "caller"
    AGENT = "agent"
    TRANSFER = "transfer"
    UNKNOWN = "unknown"


class WrapUpEndedBy(StrEnum):
    """What ended the wrap-up after a talk."""

    AGENT = "agent"
    CLOCK = "clock"
    SIGN_OUT = "sign_out"


class CallBackReason(StrEnum):
    """Why a caller is owed a call-back."""

    AFTER_HOURS = "after_hours"
    QUEUE_TIMEOUT = "queue_timeout"
    QUEUE_CLOSED = "queue_closed"
    ABANDONED = "abandoned"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened at `occurred_at` (UTC); `key` makes it once-only.

    `kind` names the fact in journals and configuration: that of `CallArrived` is `call_arrived`.
    """

    version: ClassVar[int] = 1
    kind: ClassVar[str]
    key: str
    occurred_at: datetime
    provenance: Provenance = Provenance.OBSERVED

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact(Fact):
    """A fact of one call; `call_id` is the PBX's Uniqueid of the caller's channel, unique across boots."""

    call_id: str


# --- registration: SOP steps 1 and 2 ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(CallFact):
    """A call reached the line. `person_id` is None where the caller's number was withheld."""

    line: str
    dialed_number: str
    person_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntered(CallFact):
    """The greeting is over and the first menu speaks."""

    menu: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRegistered(CallFact):
    """A ticket number was issued: SOP step 2's output. `ticket_id` is the whole number, digits only."""

    ticket_id: str
    person_id: str | None
    sop_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketContinued(CallFact):
    """The caller goes on with an open ticket instead of opening another.

    `keyed_in` tells a caller who typed the number from one who accepted the offer made to their line.
    """

    ticket_id: str
    keyed_in: bool
    sop_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSpoken(CallFact):
    """The ticket number was read to its end for the `times`-th time."""

    ticket_id: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackPromised(CallFact):
    """The caller was told that the office calls back, at `due_at`."""

    due_at: datetime
    reason: CallBackReason


# --- the queue: SOP steps 3 and 4 ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallFact):
    """The caller entered the queue, at `position` (1 is next)."""

    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryChosen(CallFact):
    """The caller named the matter by one key while waiting."""

    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeftQueue(CallFact):
    """The caller is out of the queue: answered, gone, or choosing a category and about to return."""

    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueGaveUp(CallFact):
    """The queue sent the caller on without a person; `status` is Asterisk's QUEUESTATUS."""

    queue: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRang(CallFact):
    """One agent's phone began to ring for the caller; `leg_id` is the Uniqueid of that phone's channel."""

    queue: str
    agent_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDidNotAnswer(CallFact):
    """The agent's phone rang for `ring_seconds` and was not taken (ring-no-answer, or busy)."""

    queue: str
    agent_id: str
    leg_id: str
    ring_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLegEnded(CallFact):
    """The channel to the agent's phone is gone, whatever the reason."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswered(CallFact):
    """The agent took the call: SOP step 4's output."""

    queue: str
    agent_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAbandoned(CallFact):
    """The caller hung up while queued."""

    queue: str
    position: int


# --- the talk and its end: SOP steps 13 and 14 ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PopShown(CallFact):
    """The agent's page showed the caller's context."""

    agent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallFact):
    """The agent put the caller on hold."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallFact):
    """The agent took the caller off hold."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingStarted(CallFact):
    """The agent began to close the call: SOP step 13."""

    agent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHungUp(CallFact):
    """The agent ended the call from the desk's page; Asterisk then names the caller as the one who did."""

    agent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnded(CallFact):
    """The talk between caller and agent is over; wrap-up (SOP step 14) begins."""

    agent_id: str
    leg_id: str
    ended_by: EndedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallFact):
    """The caller's channel is gone; `cause` is the Q.850 hang-up cause (0 where Asterisk names none)."""

    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCutOff(CallFact):
    """The telephone system went away under the call, so neither side ended it; the office calls back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpExtended(CallFact):
    """The agent asked for more time; wrap-up now ends at `until_at`."""

    agent_id: str
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpEnded(CallFact):
    """The agent's wrap-up after this call is over."""

    agent_id: str
    ended_by: WrapUpEndedBy


# --- the agent's shift ---


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFact(Fact):
    """A fact of one agent's shift."""

    agent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSignedIn(AgentFact):
    """The agent sat down at `phone`, an interface of the PBX such as `PJSIP/1001`."""

    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBecameReady(AgentFact):
    """The agent may be rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBecameNotReady(AgentFact):
    """The agent may not be rung; `reason` is a code of `queues.yaml`."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSignedOut(AgentFact):
    """The agent left."""


# --- the right to be forgotten ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(Fact):
    """A person's key was destroyed: nothing sealed under it can be read again (UU 27/2022 art. 8)."""

    person_id: str


@dataclass(frozen=True, slots=True)
class Report:
    """A fact as a telephone reports it, with what must not stand in the journal beside it.

    `caller_number` is what the network said (any form, possibly withheld); the ledger seals it and
    puts the person's reference into the fact.
    """

    fact: Fact
    caller_number: str | None = field(default=None, repr=False)
