"""Every fact the hotline records: frozen, in the past tense, and once only by its key.

A fact names persons by reference only; what identifies them stays sealed in `ticketing.people`.
The key of a fact makes it once-only: recording it again changes nothing.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct


class Provenance(StrEnum):
    """How a boundary came to be known."""

    OBSERVED = "observed"
    """The telephone system saw it."""
    INFERRED = "inferred"
    """Read off work done in the system: a first keystroke, a page opened, an answer entered."""
    DECLARED = "declared"
    """Somebody pressed a key for no other purpose than to say so."""
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


CLOSED = "CLOSED"
"""The status of a queue given up because the office closed; Asterisk knows nothing of hours."""


class CallBackReason(StrEnum):
    """Why a caller is owed a call-back."""

    AFTER_HOURS = "after_hours"
    QUEUE_TIMEOUT = "queue_timeout"
    QUEUE_CLOSED = "queue_closed"
    ABANDONED = "abandoned"
    CUT_OFF = "cut_off"
    ASKED = "asked"
    """The caller chose it over waiting on."""


class Fact(Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened at `occurred_at` (UTC); `key` makes it once-only.

    `kind` names the fact in journals and configuration: that of `CallArrived` is `call_arrived`. Facts
    name no other facts, so the garbage collector need not look at the tens of thousands kept at hand.
    """

    version: ClassVar[int] = 1
    kind: ClassVar[str]
    key: str
    occurred_at: datetime
    provenance: Provenance = Provenance.OBSERVED

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class CallFact(Fact, frozen=True, kw_only=True):
    """A fact of one call; `call_id` is the PBX's Uniqueid of the caller's channel, unique across boots."""

    call_id: str


# --- registration: SOP steps 1 and 2 ---


class CallArrived(CallFact, frozen=True, kw_only=True):
    """A call reached the line. `person_id` is None where the caller's number was withheld.

    `by_mobile` tells whether text messages reach that number; None where it is not known.
    """

    line: str
    dialed_number: str
    person_id: str | None = None
    by_mobile: bool | None = None


class MenuEntered(CallFact, frozen=True, kw_only=True):
    """The greeting is over and the first menu speaks."""

    menu: str


class TicketRegistered(CallFact, frozen=True, kw_only=True):
    """A ticket number was issued: SOP step 2's output. `ticket_id` is the whole number, digits only."""

    ticket_id: str
    person_id: str | None
    sop_version: str


class TicketContinued(CallFact, frozen=True, kw_only=True):
    """The caller goes on with an open ticket instead of opening another.

    `keyed_in` tells a caller who typed the number from one who accepted the offer made to their line.
    """

    ticket_id: str
    keyed_in: bool
    sop_version: str


class NumberSpoken(CallFact, frozen=True, kw_only=True):
    """The ticket number was read to its end for the `times`-th time."""

    ticket_id: str
    times: int


class WaitTold(CallFact, frozen=True, kw_only=True):
    """The caller was told how long the wait is at most, standing at `position`: a promise to be graded."""

    queue: str
    position: int
    at_most_seconds: int


class CallBackPromised(CallFact, frozen=True, kw_only=True):
    """The caller was told that the office calls back, at `due_at`."""

    due_at: datetime
    reason: CallBackReason


class CallMadeByProbe(CallFact, frozen=True, kw_only=True):
    """The caller was `hotline probe`: it said so itself, in the ledger, of a call it had just made.

    The ticket of such a call is over, and owed nothing; reports leave both out.
    """


class StatusHeard(CallFact, frozen=True, kw_only=True):
    """The caller keyed in number and PIN, and was told how the ticket stands."""

    status_of: str


# --- the queue: SOP steps 3 and 4 ---


class CallQueued(CallFact, frozen=True, kw_only=True):
    """The caller entered the queue, at `position` (1 is next)."""

    queue: str
    position: int


class CategoryChosen(CallFact, frozen=True, kw_only=True):
    """The caller named the matter by one key while waiting."""

    category: str


class CallLeftQueue(CallFact, frozen=True, kw_only=True):
    """The caller is out of the queue: answered, gone, or choosing a category and about to return."""

    queue: str
    position: int


class QueueGaveUp(CallFact, frozen=True, kw_only=True):
    """The queue sent the caller on without a person; `status` is Asterisk's QUEUESTATUS, or CLOSED."""

    queue: str
    status: str


class AgentRang(CallFact, frozen=True, kw_only=True):
    """One agent's phone began to ring for the caller; `leg_id` is the Uniqueid of that phone's channel."""

    queue: str
    agent_id: str
    leg_id: str


class AgentDidNotAnswer(CallFact, frozen=True, kw_only=True):
    """The agent's phone rang for `ring_seconds` and was not taken (ring-no-answer, or busy)."""

    queue: str
    agent_id: str
    leg_id: str
    ring_seconds: float


class AgentLegEnded(CallFact, frozen=True, kw_only=True):
    """The channel to the agent's phone is gone, whatever the reason."""

    leg_id: str


class AgentAnswered(CallFact, frozen=True, kw_only=True):
    """The agent took the call: SOP step 4's output."""

    queue: str
    agent_id: str
    leg_id: str


class CallAbandoned(CallFact, frozen=True, kw_only=True):
    """The caller hung up while queued."""

    queue: str
    position: int


# --- the call owed to a citizen, made by the office ---


class CallBackPlaced(CallFact, frozen=True, kw_only=True):
    """An agent had the hotline call the citizen; `call_id` is the agent's own channel, named by us.

    It belongs to a ticket that is there already, and is never its registration.
    """

    agent_id: str
    ticket_id: str
    person_id: str
    queue: str
    sop_version: str


class CitizenAnswered(CallFact, frozen=True, kw_only=True):
    """The citizen took the office's call: the talk begins. `leg_id` is the citizen's channel."""

    agent_id: str
    leg_id: str


NOT_PICKED_UP = "AGENT"
"""The status of a call whose agent did not take up the phone; the citizen's never rang."""


class CitizenNotReached(CallFact, frozen=True, kw_only=True):
    """The office's call came to nothing; `status` is Asterisk's DIALSTATUS, or AGENT: not picked up here."""

    status: str


# --- the talk and its end: SOP steps 13 and 14 ---


class PopShown(CallFact, frozen=True, kw_only=True):
    """The agent's page showed the caller's context."""

    agent_id: str


class CallHeld(CallFact, frozen=True, kw_only=True):
    """The agent put the caller on hold."""

    leg_id: str


class CallResumed(CallFact, frozen=True, kw_only=True):
    """The agent took the caller off hold."""

    leg_id: str


class ClosingStarted(CallFact, frozen=True, kw_only=True):
    """The agent began to close the call: SOP step 13."""

    agent_id: str


class AgentHungUp(CallFact, frozen=True, kw_only=True):
    """The agent ended the call from the desk's page; Asterisk then names the caller as the one who did."""

    agent_id: str


class TalkEnded(CallFact, frozen=True, kw_only=True):
    """The talk between caller and agent is over; wrap-up (SOP step 14) begins."""

    agent_id: str
    leg_id: str
    ended_by: EndedBy


class CallEnded(CallFact, frozen=True, kw_only=True):
    """The caller's channel is gone; `cause` is the Q.850 hang-up cause (0 where Asterisk names none)."""

    cause: int


class CallCutOff(CallFact, frozen=True, kw_only=True):
    """The telephone system went away under the call, so neither side ended it; the office calls back."""


class WrapUpExtended(CallFact, frozen=True, kw_only=True):
    """The agent asked for more time; wrap-up now ends at `until_at`."""

    agent_id: str
    until_at: datetime


class WrapUpEnded(CallFact, frozen=True, kw_only=True):
    """The agent's wrap-up after this call is over."""

    agent_id: str
    ended_by: WrapUpEndedBy


# --- the agent's shift ---


class AgentFact(Fact, frozen=True, kw_only=True):
    """A fact of one agent's shift."""

    agent_id: str


class AgentSignedIn(AgentFact, frozen=True, kw_only=True):
    """The agent sat down at `phone`, an interface of the PBX such as `PJSIP/1001`."""

    phone: str


class AgentBecameReady(AgentFact, frozen=True, kw_only=True):
    """The agent may be rung."""


class AgentBecameNotReady(AgentFact, frozen=True, kw_only=True):
    """The agent may not be rung; `reason` is a code of `queues.yaml`."""

    reason: str


class AgentSignedOut(AgentFact, frozen=True, kw_only=True):
    """The agent left."""


class NumbersReserved(Fact, frozen=True, kw_only=True):
    """Numbers were taken for slips of paper: `count` of the day (ISO), from `first_serial` on."""

    day: str
    first_serial: int
    count: int
    by: str


# --- peristiwa: one cause, many tickets ---


class CauseFact(Fact, frozen=True, kw_only=True):
    """A fact of a cause; its words stand in the table of causes."""

    cause_id: str
    actor_id: str


class CauseOpened(CauseFact, frozen=True, kw_only=True):
    """Callers are told of it from now on."""


class CauseClosed(CauseFact, frozen=True, kw_only=True):
    """Callers are told of it no more."""


class CauseAnswered(CauseFact, frozen=True, kw_only=True):
    """There is an answer, or an improved one, for everybody who is linked."""


# --- the right to be forgotten ---


class PersonErased(Fact, frozen=True, kw_only=True):
    """A person's key was destroyed: nothing sealed under it can be read again (UU 27/2022 art. 8)."""

    person_id: str


class Report(Struct, frozen=True, gc=False):
    """A fact as a telephone reports it, with what must not stand in the journal beside it.

    `caller_number` is what the network said (any form, possibly withheld); the ledger seals it and
    puts the person's reference into the fact.
    """

    fact: Fact
    caller_number: str | None = None

    def __repr__(self) -> str:
        return f"Report({self.fact!r})"
