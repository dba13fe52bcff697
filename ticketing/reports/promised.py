"""Whether a promise to a citizen was kept: the call owed to whoever was not served, the answer. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.follow_up import Span
from config.office import Office
from ticketing import case_facts
from ticketing.calls.call import Call
from ticketing.case_facts import CaseFact
from ticketing.tickets.calendar import Calendar
from ticketing.tickets.case import Case
from ticketing.tickets.folding import fold
from ticketing.tickets.follow_up import paused_working_days
from ticketing.tickets.ticket import TicketState, call_back_after, state_after

_RELEASING = (case_facts.CaseClosed, case_facts.CaseCancelled, case_facts.Merged)
"""After these nobody waits for a call any more: the case is over, or goes on in another."""


class Kept(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    LATE = "late"
    """Kept after its time, or past it and not kept yet."""
    PUT_OFF = "put_off"
    """Its time passed, and the citizen was given a new one; whatever came of that."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise with its first due time; `put_off_at` is when the citizen was given a later one."""

    made_at: datetime
    due_at: datetime
    kept_at: datetime | None = None
    put_off_at: datetime | None = None

    def stands(self, at: datetime) -> Kept:
        """What became of it by `at`."""
        if self.kept_at and self.kept_at <= min(self.due_at, at):
            return Kept.KEPT
        if self.due_at > at:
            return Kept.OPEN
        return Kept.PUT_OFF if self.put_off_at and self.put_off_at <= at else Kept.LATE


def calls_promised(
    calls: Iterable[Call], known: Sequence[CaseFact], calendar: Calendar
) -> tuple[Promised, ...]:
    """The calls the office came to owe one ticket's citizen; twenty redials in vain are owed one.

    A promise counts from its first due time, however often it was given a new one. Whoever wants to hear by
    text only is owed none.
    """
    if _folded(known).text_only:
        return ()
    every = list(calls)
    ended = sorted((call for call in every if call.ended_at), key=lambda one: (one.ended_at, one.call_id))
    served, released = _served(every, known), _at(known, *_RELEASING)
    found: list[Promised] = []
    for call in ended:
        owed, at = call_back_after(call, calendar), call.ended_at
        if owed is None or at is None or (found and _waits_still(found[-1], released, at)):
            continue
        kept_at = _first(served, at)
        put_off = (one for one in known if isinstance(one, case_facts.CallBackPutOff))
        put_off_at = _first([one.occurred_at for one in put_off], at)
        if put_off_at and kept_at and kept_at < put_off_at:
            put_off_at = None
        found.append(Promised(at, owed.due_at, kept_at, put_off_at))
    return tuple(one for one in found if not _released(one, released))


def answer_promised(
    registered_at: datetime,
    category: str | None,
    known: Sequence[CaseFact],
    office: Office,
    calendar: Calendar,
) -> Promised | None:
    """The answer within its class's limit, moved by what the office waited for the citizen.

    None for a case that was withdrawn or merged before the limit without an answer.
    """
    case = _folded(known)
    limit = office.follow_up_class(case.ticket_type, case.category or category).limit
    due_at = calendar.after(registered_at, limit)
    if paused := paused_working_days(case, calendar):
        due_at = calendar.after(due_at, Span(working_days=paused))
    answered = _at(known, case_facts.SolutionDelivered, case_facts.CaseClosed)
    promised = Promised(registered_at, due_at, _first(answered, registered_at))
    dropped = _at(known, case_facts.CaseCancelled, case_facts.Merged)
    return None if _released(promised, dropped) else promised


def _served(calls: Iterable[Call], known: Iterable[CaseFact]) -> list[datetime]:
    """When the citizen was talked to, on a call of theirs or the office's, or told the answer."""
    talks = [
        call.answered_at or call.talk_ended_at
        for call in calls
        if call.was_taken and state_after(call) is TicketState.WITH_AGENT
    ]
    told = [
        fact.occurred_at
        for fact in known
        if isinstance(fact, case_facts.SolutionDelivered)
        or (isinstance(fact, case_facts.CallBackTried) and fact.reached)
    ]
    return [at for at in talks if at] + told


def _waits_still(last: Promised, released: Iterable[datetime], at: datetime) -> bool:
    """Whether the citizen still waited for the call owed before when they called in vain again."""
    over = [one for one in (last.kept_at, _first(released, last.made_at)) if one]
    return not over or min(over) > at


def _released(one: Promised, released: Iterable[datetime]) -> bool:
    """Whether nobody waited for it any more before it fell due, unkept."""
    over = _first(released, one.made_at)
    return one.kept_at is None and over is not None and over <= one.due_at


def _folded(known: Sequence[CaseFact]) -> Case:
    return fold(known, known[0].ticket_id if known else "")


def _at(known: Iterable[CaseFact], *kinds: type[CaseFact]) -> list[datetime]:
    return [fact.occurred_at for fact in known if isinstance(fact, kinds)]


def _first(instants: Iterable[datetime], since: datetime) -> datetime | None:
    return min((at for at in instants if at >= since), default=None)
