"""A case, folded from what people did to its ticket: any order or repetition of facts ends in the same."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from ticketing import case_facts as facts
from ticketing.case_facts import CITIZEN, SYSTEM, CaseFact, Contact, FollowUpResult, Track
from ticketing.tickets.case import WITH_BACK_OFFICE, Case, Recap, Solution, Stage, Told, Wait

_ENDED = (Stage.CLOSED, Stage.CANCELLED)
_EARLY = (
    Stage.UNTOUCHED, Stage.BEGUN, Stage.RECORDED, Stage.ANALYSED, Stage.SEARCHING, Stage.RETURNED,
)  # fmt: skip
_IN_PASSING = (
    facts.CitizenTold, facts.Merged, facts.Unmerged, facts.LinkedToCause, facts.UnlinkedFromCause,
)  # fmt: skip
"""Whoever does these does not work on the case by it."""
_AT_THE_PHONE = (
    facts.ComplainantFiled, facts.EntryBegun, facts.IdentityRecorded, facts.ComplaintRecorded,
    facts.OutlineWritten, facts.FaqOpened, facts.DispatchOpened, facts.CitizenConfirmed, facts.RecapWritten,
    facts.CallBackTried, facts.StepDone, facts.StepSkipped,
)  # fmt: skip
"""What agents do while dispatcher or official have the case: it moves nothing on for these."""


def fold(known: Iterable[CaseFact], ticket_id: str) -> Case:
    """The case as its facts tell it. Facts of one instant are taken in the order cases go through them."""
    case = Case(ticket_id)
    for fact in in_order(known):
        case = _touched(case, fact)
        apply = _APPLY.get(type(fact))
        if apply is not None:
            case = apply(case, fact)
    return _as_merged(case)


def in_order(known: Iterable[CaseFact]) -> list[CaseFact]:
    """Each fact once, in the order in which they happened to the case."""
    once = {fact.key: fact for fact in known}
    return sorted(once.values(), key=_order)


def _as_merged(case: Case) -> Case:
    """A merged case stands as such; beneath, it goes through its facts as if it were not."""
    if case.merged_into is None or case.stage in _ENDED:
        return case
    return replace(case, stage=Stage.MERGED, stage_before=case.stage, reason_id=case.merge_reason_id)


def _touched(case: Case, fact: CaseFact) -> Case:
    """What every fact tells: in which talk it was, who works on the case, and that it was moved on."""
    if fact.during_call_id and fact.during_call_id not in case.call_ids:
        case = replace(case, call_ids=(*case.call_ids, fact.during_call_id))
    by_agent = fact.actor_role == "agent" and fact.actor_id not in (SYSTEM, CITIZEN)
    if by_agent and not isinstance(fact, _IN_PASSING):
        case = replace(case, agent_id=fact.actor_id)
    if fact.actor_id in (SYSTEM, CITIZEN) or _moves_nothing(case, fact):
        return case
    return replace(case, acted_at=fact.occurred_at, misses=0, missed_at=None)


def _moves_nothing(case: Case, fact: CaseFact) -> bool:
    """Whether the case lies where it lay: its owner is reminded as if nothing had been done."""
    with_others = case.is_with_back_office and not case.taken_over_by
    return isinstance(fact, facts.CitizenTold) or (with_others and isinstance(fact, _AT_THE_PHONE))


def _may_go(case: Case, *after: Stage) -> bool:
    """Whether it goes on from where it stands: from early stages, and from those named."""
    return case.stage in (*_EARLY, *after)


def _may_be_sent(case: Case, *after: Stage) -> bool:
    """The same; whoever took a case over may also send it on from anywhere."""
    taken_over = case.taken_over_by is not None and not case.is_over
    return taken_over or _may_go(case, *after)


def _to(case: Case, stage: Stage, *after: Stage) -> Case:
    """On to `stage`, but never back to it from a later one unless that one is named."""
    return replace(case, stage=stage) if _may_go(case, *after) else case


def _opened(case: Case, fact: facts.CaseOpened) -> Case:
    return replace(
        _to(case, Stage.BEGUN),
        opened_at=fact.occurred_at,
        parent_ticket_id=fact.parent_ticket_id,
        person_id=case.person_id or fact.person_id,
        sop_version=fact.sop_version,
        fields=case.fields | set(fact.carried),
        district=case.district or fact.district,
    )


def _registered(case: Case, fact: facts.CaseRegistered) -> Case:
    return replace(
        _to(case, Stage.BEGUN),
        opened_at=fact.occurred_at,
        origin=fact.origin,
        person_id=case.person_id or fact.person_id,
        sop_version=fact.sop_version,
        by_mobile=fact.by_mobile,
    )


def _prefers(case: Case, fact: facts.ContactPreferred) -> Case:
    return replace(case, text_only=fact.contact is Contact.TEXT)


def _put_off(case: Case, fact: facts.CallBackPutOff) -> Case:
    return replace(case, put_off_to_at=max(fact.due_at, case.put_off_to_at or fact.due_at))


def _linked(case: Case, fact: facts.LinkedToCause) -> Case:
    return case if case.cause_id == fact.cause_id else _about(case, fact.cause_id)


def _unlinked(case: Case, fact: facts.UnlinkedFromCause) -> Case:
    return _about(case, None) if case.cause_id == fact.cause_id else case


def _about(case: Case, cause_id: str | None) -> Case:
    """A cause's answer holds while the case is about it: taken out it is open again, put back answered."""
    case = replace(case, cause_id=cause_id)
    if case.answer_is_of_another_cause:
        open_again = case.stage in (Stage.SOLVED, Stage.AWAITING_CONFIRMATION)
        return replace(case, stage=Stage.SEARCHING) if open_again else case
    if cause_id is None or case.solution is None or case.solution.cause_id is None:
        return case
    answered = Stage.AWAITING_CONFIRMATION if case.delivered else Stage.SOLVED
    return replace(case, stage=answered) if case.stage is Stage.SEARCHING else case


def _filed(case: Case, fact: facts.ComplainantFiled) -> Case:
    return replace(case, person_id=case.person_id or fact.person_id)


def _begun(case: Case, fact: facts.EntryBegun) -> Case:
    return replace(case, stage=Stage.BEGUN) if case.stage is Stage.UNTOUCHED else case


def _identified(case: Case, fact: facts.IdentityRecorded) -> Case:
    case = replace(case, stage=Stage.BEGUN) if case.stage is Stage.UNTOUCHED else case
    return replace(case, fields=case.fields | set(fact.fields), district=fact.district or case.district)


def _complained(case: Case, fact: facts.ComplaintRecorded) -> Case:
    begun = case.stage in (Stage.UNTOUCHED, Stage.BEGUN)
    return replace(
        case,
        stage=Stage.RECORDED if begun else case.stage,
        ticket_type=fact.ticket_type,
        category=fact.category,
        story_id=fact.text_id,
    )


def _outlined(case: Case, fact: facts.OutlineWritten) -> Case:
    early = case.stage in (Stage.UNTOUCHED, Stage.BEGUN, Stage.RECORDED)
    return replace(case, stage=Stage.ANALYSED if early else case.stage, outline_id=fact.text_id)


def _searching(case: Case, fact: facts.FaqOpened) -> Case:
    return _to(case, Stage.SEARCHING)


def _solved(case: Case, fact: facts.SolutionWritten) -> Case:
    if fact.cause_id is not None and fact.cause_id != case.cause_id:
        return case
    solution = Solution(
        fact.text_id,
        fact.actor_id,
        fact.actor_role,
        fact.occurred_at,
        fact.article,
        fact.article_version,
        fact.deliver_by,
        fact.cause_id,
    )
    # Who was told and content, or told at the end, is not told again of a text put right.
    told = case.delivered if case.is_over or case.stage is Stage.SETTLED else None
    later = (*WITH_BACK_OFFICE, Stage.AWAITING_CONFIRMATION)
    return replace(_to(case, Stage.SOLVED, *later), solution=solution, delivered=told)


def _delivered(case: Case, fact: facts.SolutionDelivered) -> Case:
    told = Told(fact.occurred_at, fact.actor_id, fact.channel)
    later = (Stage.SOLVED, Stage.REFERRED)
    return replace(_to(case, Stage.AWAITING_CONFIRMATION, *later), delivered=told, told_at=fact.occurred_at)


def _sent(case: Case, fact: facts.SentToDispatcher) -> Case:
    later = (
        Stage.WITH_DISPATCHER, Stage.SOLVED, Stage.AWAITING_CONFIRMATION, Stage.SETTLED, Stage.REFERRED,
    )  # fmt: skip
    if not _may_be_sent(case, *later):
        return case
    return replace(
        case,
        stage=Stage.WITH_DISPATCHER,
        track=fact.track,
        urgency=fact.urgency,
        sent_at=fact.occurred_at,
        official_id=None,
        unit=None,
        consult_until_at=None,
        taken_over_by=None,
    )


def _forwarded(case: Case, fact: facts.ForwardedToOfficial) -> Case:
    if not _may_be_sent(case, *WITH_BACK_OFFICE):
        return case
    return replace(
        case,
        stage=Stage.WITH_OFFICIAL,
        unit=fact.unit,
        official_id=fact.official_id,
        forwarded_at=fact.occurred_at,
        consult_until_at=fact.consult_until_at,
        consult_accepted=False,
        plan_made=False,
        followed_up_at=None,
        taken_over_by=None,
    )


def _accepted(case: Case, fact: facts.ConsultAccepted) -> Case:
    return replace(case, consult_accepted=True)


def _deferred(case: Case, fact: facts.ConsultDeferred) -> Case:
    return replace(case, track=Track.DEFERRED, consult_until_at=None)


def _returned(case: Case, fact: facts.Returned) -> Case:
    if case.is_over:
        return case
    case = replace(case, reason_id=fact.reason_id, taken_over_by=None, consult_until_at=None)
    if case.stage is Stage.WITH_OFFICIAL:
        again = replace(case, stage=Stage.WITH_DISPATCHER, sent_at=fact.occurred_at)
        return replace(again, official_id=None, unit=None)
    return replace(case, stage=Stage.RETURNED) if case.stage is Stage.WITH_DISPATCHER else case


def _referred(case: Case, fact: facts.ReferredElsewhere) -> Case:
    stage = case.stage if case.is_over else Stage.REFERRED
    return replace(case, stage=stage, belongs_to=fact.belongs_to, reason_id=fact.text_id)


def _confirmed(case: Case, fact: facts.CitizenConfirmed) -> Case:
    case = replace(case, confirmed_at=fact.occurred_at, satisfied=fact.satisfied)
    told = case.stage in (Stage.AWAITING_CONFIRMATION, Stage.REFERRED)
    if told and fact.satisfied:
        return replace(case, stage=Stage.SETTLED)
    return replace(case, stage=Stage.SEARCHING) if told else case


def _recapped(case: Case, fact: facts.RecapWritten) -> Case:
    return replace(case, recap=Recap(fact.problem_id, fact.solution_id, fact.told_by, fact.told_at))


def _closed(case: Case, fact: facts.CaseClosed) -> Case:
    return replace(case, stage=Stage.CLOSED, closed_at=fact.occurred_at, waits=_waits_over(case, fact))


def _cancelled(case: Case, fact: facts.CaseCancelled) -> Case:
    over = replace(case, stage=Stage.CANCELLED, closed_at=fact.occurred_at, reason_id=fact.reason_id)
    return replace(over, waits=_waits_over(case, fact))


def _reopened(case: Case, fact: facts.CaseReopened) -> Case:
    return replace(
        case,
        stage=Stage.SEARCHING,
        merged_into=None,
        merge_reason_id=None,
        closed_at=None,
        reason_id=fact.reason_id,
        recap=None,
        delivered=None,
        satisfied=None,
        confirmed_at=None,
    )


def _followed_up(case: Case, fact: facts.FollowUpDone) -> Case:
    planned = case.plan_made or fact.result is FollowUpResult.PLAN_MADE
    return replace(case, followed_up_at=fact.occurred_at, plan_made=planned)


def _waits(case: Case, fact: facts.WaitForCitizenBegun) -> Case:
    if case.waiting_since_at or case.is_over:
        return case
    return replace(case, waits=(*case.waits, Wait(fact.occurred_at)), reason_id=fact.reason_id)


def _waits_no_more(case: Case, fact: facts.WaitForCitizenEnded) -> Case:
    return replace(case, waits=_waits_over(case, fact))


def _waits_over(case: Case, fact: CaseFact) -> tuple[Wait, ...]:
    return tuple(
        wait if wait.ended_at else replace(wait, ended_at=max(wait.began_at, fact.occurred_at))
        for wait in case.waits
    )


def _missed(case: Case, fact: facts.DueMissed) -> Case:
    """A miss counts once, and only against whoever has not acted since it fell due."""
    counted = [at for at in (case.acted_at, case.missed_at) if at]
    if any(fact.due_at <= at for at in counted):
        return case
    return replace(case, misses=case.misses + 1, missed_at=fact.occurred_at)


def _taken_over(case: Case, fact: facts.TakenOver) -> Case:
    return replace(case, taken_over_by=fact.actor_id, reason_id=fact.reason_id)


def _called_back(case: Case, fact: facts.CallBackTried) -> Case:
    return replace(
        case,
        called_back_at=fact.occurred_at,
        times_called_back=case.times_called_back + 1,
        reached_at=fact.occurred_at if fact.reached else case.reached_at,
    )


def _told(case: Case, fact: facts.CitizenTold) -> Case:
    return replace(case, messages_told=case.messages_told | {fact.message}, told_at=fact.occurred_at)


def _merged(case: Case, fact: facts.Merged) -> Case:
    return replace(case, merged_into=fact.into_ticket_id, merge_reason_id=fact.reason_id)


def _unmerged(case: Case, fact: facts.Unmerged) -> Case:
    return replace(case, merged_into=None, merge_reason_id=None)


_APPLY: dict[type[CaseFact], Callable[[Case, Any], Case]] = {
    facts.CaseRegistered: _registered,
    facts.CaseOpened: _opened,
    facts.ContactPreferred: _prefers,
    facts.LinkedToCause: _linked,
    facts.UnlinkedFromCause: _unlinked,
    facts.ComplainantFiled: _filed,
    facts.EntryBegun: _begun,
    facts.IdentityRecorded: _identified,
    facts.ComplaintRecorded: _complained,
    facts.OutlineWritten: _outlined,
    facts.FaqOpened: _searching,
    facts.DispatchOpened: _touched,
    facts.SentToDispatcher: _sent,
    facts.ForwardedToOfficial: _forwarded,
    facts.ConsultAccepted: _accepted,
    facts.ConsultDeferred: _deferred,
    facts.Returned: _returned,
    facts.ReferredElsewhere: _referred,
    facts.SolutionWritten: _solved,
    facts.SolutionDelivered: _delivered,
    facts.WaitForCitizenBegun: _waits,
    facts.WaitForCitizenEnded: _waits_no_more,
    facts.FollowUpDone: _followed_up,
    facts.DueMissed: _missed,
    facts.CallBackPutOff: _put_off,
    facts.TakenOver: _taken_over,
    facts.CallBackTried: _called_back,
    facts.CitizenTold: _told,
    facts.CitizenConfirmed: _confirmed,
    facts.RecapWritten: _recapped,
    facts.Merged: _merged,
    facts.Unmerged: _unmerged,
    facts.CaseClosed: _closed,
    facts.CaseCancelled: _cancelled,
    facts.CaseReopened: _reopened,
}
"""What each fact changes, in the order a case goes through them: the order within one instant."""

_RANK = {kind: rank for rank, kind in enumerate(_APPLY)}


def _order(fact: CaseFact) -> tuple[datetime, int, str]:
    return (fact.occurred_at, _RANK.get(type(fact), len(_RANK)), fact.key)
