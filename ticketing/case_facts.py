"""The facts of a case: what people did to a ticket, in its calls and after them.

What citizens and staff wrote is named by `text_id` only; the words stay sealed in `ticketing.people.texts`.
"""

from datetime import datetime
from enum import StrEnum

from ticketing.facts import CallBackReason, Fact

SYSTEM = "system"
"""The actor of what nobody pressed: a window that passed, a due time that was missed."""
CITIZEN = "citizen"
"""The actor, and the role, of what the citizen did without an agent: by web, by a key."""


class Track(StrEnum):
    """Whether the caller waits for the official, or is told later."""

    LIVE = "live"
    DEFERRED = "deferred"


class Channel(StrEnum):
    """How a citizen was told."""

    LIVE_CALL = "live_call"
    CALL_BACK = "call_back"
    MESSAGE = "message"


class Origin(StrEnum):
    """How a ticket came to be."""

    CALL = "call"
    WEB = "web"
    PAPER = "paper"
    PROBE = "probe"
    """By a call of `hotline probe`: nobody's, and left out of every report."""


class Contact(StrEnum):
    """How a citizen wants to hear from the office; whoever wants text is never called."""

    CALL = "call"
    TEXT = "text"


class Urgency(StrEnum):
    """How pressing the agent finds it."""

    NORMAL = "normal"
    HIGH = "high"


class FollowUpResult(StrEnum):
    """What came of one follow-up with the official."""

    NO_ANSWER = "no_answer"
    IN_PROGRESS = "in_progress"
    PLAN_MADE = "plan_made"
    ASKED_CITIZEN = "asked_citizen"


class CaseFact(Fact, frozen=True, kw_only=True):
    """A fact of one ticket, by whom and in which role; `during_call_id` names the talk it happened in."""

    ticket_id: str
    actor_id: str
    actor_role: str
    during_call_id: str | None = None


# --- SOP steps 5 to 7: identity and complaint ---


class CaseOpened(CaseFact, frozen=True, kw_only=True):
    """A ticket was opened by hand: another complaint of the same caller (step 12).

    `carried` names the identity fields it has from its parent; nobody is asked for them again.
    """

    parent_ticket_id: str
    person_id: str | None
    sop_version: str
    carried: tuple[str, ...] = ()
    district: str | None = None


class CaseRegistered(CaseFact, frozen=True, kw_only=True):
    """A ticket was registered without a call: SOP step 2 by web form, or on paper while the power was out.

    `by_mobile` tells whether text messages reach the citizen.
    """

    origin: Origin
    person_id: str
    sop_version: str
    by_mobile: bool = False


class ContactPreferred(CaseFact, frozen=True, kw_only=True):
    """The citizen said how to be reached from now on, in whatever case of theirs."""

    person_id: str
    contact: Contact


class ComplainantFiled(CaseFact, frozen=True, kw_only=True):
    """Whoever withheld their number has a file from now on."""

    person_id: str


class EntryBegun(CaseFact, frozen=True, kw_only=True):
    """The first keystroke on the form: the answer to the agent's question is being heard (step 5)."""


class IdentityRecorded(CaseFact, frozen=True, kw_only=True):
    """Identity fields were filled in; `overridden` names those kept against a warning, for a reason."""

    fields: tuple[str, ...]
    district: str | None = None
    overridden: tuple[str, ...] = ()
    reason_id: str | None = None


class ComplaintRecorded(CaseFact, frozen=True, kw_only=True):
    """Every field this type of ticket requires is filled in (step 6)."""

    ticket_type: str
    category: str
    text_id: str


class OutlineWritten(CaseFact, frozen=True, kw_only=True):
    """The problem in outline: step 7's output."""

    text_id: str


# --- step 8: the FAQ book, and solutions ---


class FaqOpened(CaseFact, frozen=True, kw_only=True):
    """The agent looked into the FAQ book: the outline stands, the search for a solution begins."""

    article: str | None = None


class SolutionWritten(CaseFact, frozen=True, kw_only=True):
    """A solution has an author, who answers for it; `article` and version where it stands in the FAQ book.

    `deliver_by` says who is to tell the citizen, where it is not told at once. `cause_id` names the cause
    whose answer it is, of which there may be several versions.
    """

    text_id: str
    article: str | None = None
    article_version: int | None = None
    deliver_by: str | None = None
    cause_id: str | None = None
    cause_version: int | None = None


class SolutionDelivered(CaseFact, frozen=True, kw_only=True):
    """The citizen was told the solution, by the actor."""

    channel: Channel
    from_faq: bool = False


# --- steps 9 to 11: dispatcher and official ---


class DispatchOpened(CaseFact, frozen=True, kw_only=True):
    """The agent turned to the dispatcher's form: the FAQ book did not help."""


class SentToDispatcher(CaseFact, frozen=True, kw_only=True):
    """The complaint is with the dispatcher: step 9's output."""

    track: Track
    urgency: Urgency = Urgency.NORMAL


class ForwardedToOfficial(CaseFact, frozen=True, kw_only=True):
    """The complaint is with an official: step 10's output. Where it is not whom the hotline suggested: why.

    `consult_until_at` is when a caller who holds the line is no longer kept waiting.
    """

    unit: str
    official_id: str
    suggested_unit: str | None = None
    suggested_official_id: str | None = None
    reason_id: str | None = None
    consult_until_at: datetime | None = None


class ConsultAccepted(CaseFact, frozen=True, kw_only=True):
    """The official answers while the citizen holds the line."""


class ConsultDeferred(CaseFact, frozen=True, kw_only=True):
    """Nobody answered within the window; the citizen is told later."""


class Returned(CaseFact, frozen=True, kw_only=True):
    """Sent back with a reason: by the official to the dispatcher, by the dispatcher to the agent."""

    reason_id: str


class ReferredElsewhere(CaseFact, frozen=True, kw_only=True):
    """Not within this office's powers ("bukan wewenang"); `belongs_to` is the text that says where it goes.

    In old facts the words themselves stand there.
    """

    belongs_to: str
    text_id: str


# --- step 12 to 14: confirmation, recap, the end ---


class CitizenConfirmed(CaseFact, frozen=True, kw_only=True):
    """The citizen was asked whether that settles it, and whether there is anything else."""

    satisfied: bool


class RecapWritten(CaseFact, frozen=True, kw_only=True):
    """Problem, solution, who told the citizen, and when: step 14's output."""

    problem_id: str
    solution_id: str
    told_by: str | None
    told_at: datetime | None


class CaseClosed(CaseFact, frozen=True, kw_only=True):
    """The ticket has ended."""


class CaseCancelled(CaseFact, frozen=True, kw_only=True):
    """The ticket ended without an answer, for a reason: a prank, a withdrawal."""

    reason_id: str


class CaseReopened(CaseFact, frozen=True, kw_only=True):
    """It was not settled after all."""

    reason_id: str


# --- periodic follow-up (the SOP's "Peringatan") ---


class FollowUpDone(CaseFact, frozen=True, kw_only=True):
    """The owner saw to it that the case goes on, and wrote down how."""

    text_id: str
    result: FollowUpResult


class WaitForCitizenBegun(CaseFact, frozen=True, kw_only=True):
    """The office cannot go on without the citizen; its clock pauses, theirs does not."""

    reason_id: str


class WaitForCitizenEnded(CaseFact, frozen=True, kw_only=True):
    """The citizen answered, or the office no longer waits."""


class DueMissed(CaseFact, frozen=True, kw_only=True):
    """A due time passed; `level` 1 reminds, 2 and 3 call in those above. Once for each due time.

    `told` are those who hear of it, each as `role:id`.
    """

    due_at: datetime
    level: int
    told: tuple[str, ...]


class TakenOver(CaseFact, frozen=True, kw_only=True):
    """The actor owns the case from now on, for a reason."""

    reason_id: str


class CallBackTried(CaseFact, frozen=True, kw_only=True):
    """The call owed to the citizen was made, and `reached` them or not."""

    reached: bool
    reason: CallBackReason | None = None


class CallBackPutOff(CaseFact, frozen=True, kw_only=True):
    """A call-back was not made by `missed_at`; it is now owed by `due_at`, and the citizen hears of it."""

    missed_at: datetime
    due_at: datetime


# --- peristiwa: one cause, many tickets ---


class LinkedToCause(CaseFact, frozen=True, kw_only=True):
    """The ticket is about a cause that many tickets have in common, and gets its answer."""

    cause_id: str


class UnlinkedFromCause(CaseFact, frozen=True, kw_only=True):
    """It is not: "not my case". What the citizen was told by then stays told."""

    cause_id: str


# --- messages, duplicates, steps ---


class CitizenTold(CaseFact, frozen=True, kw_only=True):
    """A message owed to the citizen was given; `message` is the outbox row's key."""

    message: str
    channel: Channel


class Merged(CaseFact, frozen=True, kw_only=True):
    """The same case as another ticket, which goes on for both."""

    into_ticket_id: str
    reason_id: str


class Unmerged(CaseFact, frozen=True, kw_only=True):
    """A case of its own after all."""

    reason_id: str


class StepDone(CaseFact, frozen=True, kw_only=True):
    """Somebody pressed a key to say that a step of the SOP is over."""

    step: int


class StepSkipped(CaseFact, frozen=True, kw_only=True):
    """A step of the SOP does not apply to this case, for a reason."""

    step: int
    reason_id: str
